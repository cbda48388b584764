"""A spoken turn without microphone and speaker: a wav file in, the answer as a wav file out.

    python examples/voice_file.py [QUESTION.WAV [ANSWER.WAV]]

The same works in a web server or a notebook, where there is no sound card. It uses the platform where
``ESTUARY_API_KEY`` is set, otherwise a local gateway (``pip install 'estuary-sync[gateway]'``).
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from estuary import Session

QUESTION = Path(__file__).with_name("question.wav")  # "What do you remember about me?"
ANSWER = Path(tempfile.gettempdir(), "estuary-answer.wav")


@contextlib.contextmanager
def open_session(player_id: str):
    """A session with the platform where a key is set, otherwise with a local gateway."""
    if os.environ.get("ESTUARY_API_KEY"):
        with Session(player_id=player_id) as session:
            yield session
    else:
        import estuary.gateway

        with estuary.gateway.serve() as gateway, gateway.session(player_id=player_id) as session:
            yield session


def main(question: str = str(QUESTION), answer: str = str(ANSWER)) -> None:
    with open_session("alice") as session:
        session.send("Hello, my name is Alice.")
        reply = session.ask_aloud(question)
        print(f"heard:    {reply.transcript}")
        print(f"answered: {reply.text}")
        reply.save_audio(answer)
        print(f"spoken:   {answer}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
