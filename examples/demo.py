"""What estuary is for, in one run against a local gateway: streaming, an action, memories in a second conversation, and
a question that is spoken and answered aloud, for which no sound card is needed.

Run it with ``make demo``. Nothing leaves this machine.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import requests

import estuary.gateway
from estuary import ActionRegistry, Client, Session, VoiceError, plots

WIDTH = 78
QUESTION = Path(__file__).with_name("question.wav")  # "What do you remember about me?"


def say(who: str, text: str) -> None:
    print(f"\n  {who:>9} │ {text}", end="", flush=True)


def listen(session: Session, text: str) -> None:
    """Send ``text`` and print the answer while it arrives."""
    say("you", text)
    say("character", "")
    for chunk in session.stream(text):
        print(chunk.delta, end="", flush=True)


def ask_aloud(session: Session) -> None:
    """A recorded question, and the answer as a wav file."""
    say("you", f"(speaking: {QUESTION.name})")
    answer = Path(tempfile.gettempdir(), "estuary-demo-answer.wav")
    try:
        reply = session.ask_aloud(QUESTION)
        say("heard", reply.transcript or "")
        say("character", reply.text)
        reply.save_audio(answer)
        say("spoken", f"listen to it in {answer}")
    except VoiceError as error:
        say("", f"(this can't be done here: {error})")


def title(text: str) -> None:
    print(f"\n\n── {text} " + "─" * (WIDTH - len(text) - 4), end="")


def main() -> None:
    actions = ActionRegistry()

    @actions.on("navigate")
    def navigate(target: str, speed: float = 1.0) -> None:
        """Move the user to a room of the house.

        Args:
            target: Where to go, for example kitchen.
            speed: How fast, 1.0 being a walk.
        """
        say("action", f"navigate(target={target!r}, speed={speed})")
        say("", "")  # what the character goes on to say stands below

    with estuary.gateway.serve(chunk_delay=0.02) as gateway:
        engine = requests.get(f"{gateway.url}/health", timeout=10).json()["engines"]["chat"]
        print(f"A local Estuary gateway runs at {gateway.url}; its chat engine: {engine}.")

        # what the character can do is what the program can do: declared from the handlers themselves
        with Client(api_key=gateway.api_key, server_url=gateway.url) as client:
            client.characters.update(gateway.character_id, actions=actions)

        title("the first conversation")
        with gateway.session(player_id="alice", actions=actions) as session:
            listen(session, "Hello! My name is Alice, I live in Lyon and I love jazz.")
            listen(session, "Tell me a story.")
            listen(session, "Take me to the kitchen, please.")
            reply = session.send("Thank you, goodbye!")
            say("you", "Thank you, goodbye!")
            say("character", reply.text)
            say("", f"(first words after {1000 * (reply.timing.first_chunk or 0):.0f} ms)")

        title("a second conversation, later")
        with gateway.session(player_id="alice", actions=actions) as session:
            listen(session, "Hello again!")
            listen(session, "What do you remember about me?")
            listen(session, "Actually, I moved to Bergen last month. My sister Anna is a doctor.")
            listen(session, "Where do I live?")
            title("what is remembered of Alice")
            say("facts", ", ".join(f"{fact.key}: {fact.value}" for fact in session.memories.core_facts()))
            for memory in session.memories.list():
                say("memory", f"{memory.content} ({memory.memory_type}, {memory.status})")
            [best, *_] = session.memories.search("does she have siblings?")
            say("search", f"does she have siblings? → {best.content} ({best.similarity:.2f})")
            picture = Path(tempfile.gettempdir(), "estuary-demo-graph.png")
            plots.graph(session.memories.graph(), picture, title="What Marina knows of Alice")
            say("graph", f"drawn in {picture}")
            title("the same, spoken")
            ask_aloud(session)

        title("somebody else")
        with gateway.session(player_id="bob") as session:
            listen(session, "What is my name?")
    print("\n\nEverything is stopped.")


if __name__ == "__main__":
    main()
