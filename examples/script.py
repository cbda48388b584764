"""The smallest useful program: a conversation, a streamed answer, and an action, in plain blocking code.

    export ESTUARY_API_KEY=… ESTUARY_CHARACTER_ID=…
    python examples/script.py

Without them it starts a local gateway, which needs no account (``pip install 'estuary-sync[gateway]'``).
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

        @session.on_action("*")
        def performed(action):
            print(f"[{action.name} {action.arguments}]")

        reply = session.send("Hello, my name is Alice.")
        print(reply.text)

        for chunk in session.stream("Tell me a story."):
            print(chunk.delta, end="", flush=True)
        print()

        reply = session.send("What is my name?")
        print(reply.text)


if __name__ == "__main__":
    main()
