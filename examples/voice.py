"""A spoken conversation with microphone and speaker: just talk, and talk over the character to interrupt it.

    export ESTUARY_API_KEY=… ESTUARY_CHARACTER_ID=…
    python examples/voice.py

Without them it starts a local gateway (``pip install 'estuary-sync[voice,gateway]'``). Ctrl-C ends.
"""

from __future__ import annotations

import contextlib
import os

from estuary import Session


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


def main() -> None:
    with open_session("alice") as session:

        @session.on("transcript")
        def heard(transcript):
            if transcript.is_final:
                print(f"you: {transcript.text}", flush=True)

        @session.on("response")
        def answered(response):
            if response.is_final:
                print(f"character: {response.text}", flush=True)

        @session.on("interrupted")
        def interrupted(event):
            print("(interrupted)", flush=True)

        # echo="auto": cancelled with the livekit extra, otherwise the microphone is off while the character speaks
        with session.voice() as voice:
            print(f"Speak (echo: {voice.echo}); Ctrl-C ends.", flush=True)
            voice.wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
