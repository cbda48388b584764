"""A Flask application that streams a character's answer to the browser as server-sent events.

    flask --app examples/flask_app.py run
    curl -N 'http://127.0.0.1:5000/ask?player=alice&text=Hello'

Each request opens a session of its own, which is the simplest thing that is right: a session belongs to one player, and
opening one takes a few milliseconds next to the server. Works under any WSGI server, threaded or forking, because
nothing is connected before the first request.
"""

from __future__ import annotations

import json

from flask import Flask, Response, request

from estuary import EstuaryError, Session

app = Flask(__name__)


def options() -> dict:
    """Where sessions connect to: ``ESTUARY_API_KEY`` and its like, unless the application is told otherwise."""
    return app.config.get("ESTUARY", {})


def events(player: str, text: str):
    try:
        with Session(player_id=player, **options()) as session:
            # a browser that goes away closes this generator, which leaves the loop, which interrupts the answer
            for chunk in session.stream(text):
                yield f"data: {json.dumps({'delta': chunk.delta, 'final': chunk.is_final})}\n\n"
    except EstuaryError as error:
        yield f"event: error\ndata: {json.dumps({'error': str(error)})}\n\n"


@app.get("/ask")
def ask():
    player, text = request.args.get("player"), request.args.get("text")
    if not player or not text:
        return {"error": "give player and text"}, 400
    return Response(events(player, text), mimetype="text/event-stream", headers={"Cache-Control": "no-cache"})
