"""A Django view that answers with a character's whole reply, and one that streams it.

In a project, copy the two views and the two URL patterns; here they stand in a file that runs by itself:

    python examples/django_view.py runserver
"""

from __future__ import annotations

import json
import sys

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponseBadRequest, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.http import require_GET

from estuary import EstuaryError, Session

if not settings.configured:
    settings.configure(
        DEBUG=False,
        ALLOWED_HOSTS=["127.0.0.1", "localhost", "testserver"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="only for this example",
        ESTUARY={},
    )
    django.setup()


@require_GET
def reply(request: HttpRequest):
    """The whole answer as JSON."""
    player, text = request.GET.get("player"), request.GET.get("text")
    if not player or not text:
        return HttpResponseBadRequest("give player and text")
    try:
        with Session(player_id=player, **settings.ESTUARY) as session:
            answer = session.send(text, timeout=30)
    except EstuaryError as error:
        return JsonResponse({"error": str(error)}, status=502)
    return JsonResponse({"text": answer.text, "actions": [action.name for action in answer.actions]})


@require_GET
def stream(request: HttpRequest):
    """The answer as server-sent events."""
    player, text = request.GET.get("player"), request.GET.get("text")
    if not player or not text:
        return HttpResponseBadRequest("give player and text")

    def events():
        with Session(player_id=player, **settings.ESTUARY) as session:
            for chunk in session.stream(text):
                yield f"data: {json.dumps({'delta': chunk.delta, 'final': chunk.is_final})}\n\n"

    return StreamingHttpResponse(events(), content_type="text/event-stream")


urlpatterns = [path("reply", reply), path("stream", stream)]

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
