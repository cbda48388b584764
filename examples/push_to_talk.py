"""Push-to-talk with microphone and speaker: Enter begins what you say, Enter again ends it, and the character answers.

    export ESTUARY_API_KEY=… ESTUARY_CHARACTER_ID=…
    python examples/push_to_talk.py

Without them it starts a local gateway (``pip install 'estuary-sync[voice,gateway]'``). Ctrl-D or Ctrl-C ends.
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
    with open_session("alice") as session, session.voice(mode="push_to_talk") as voice:
        while True:
            input("Enter to talk … ")
            with voice.talking():  # cuts off what the character is saying
                input("talking; Enter to end … ")

            for transcript in voice.transcripts(timeout=30):
                if transcript.is_final:
                    break
            else:
                print("(the server does not say what it understood)")
                continue
            if not transcript.text.strip():
                print("(nothing was said)")
                continue
            print(f"you: {transcript.text}")
            print("character: ", end="")
            for response in session.responses(timeout=30):
                print(response.delta, end="", flush=True)
                if response.is_final:
                    break
            print()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, EOFError):
        main()
