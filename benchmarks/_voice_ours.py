"""Our voice, as its users write it, told what to do by lines on standard input."""

from __future__ import annotations

import base64
import json
import sys
import time
from typing import Any

from estuary import Session
from estuary.voice.devices import Microphone


def tell(event: str, **what: Any) -> None:
    # one write, so that lines of several threads don't mix
    sys.stdout.write(json.dumps({"event": event, "at": time.monotonic(), **what}) + "\n")
    sys.stdout.flush()


class NotedMicrophone(Microphone):
    """Notes when each block was read."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[tuple[float, bytes]] = []

    def read(self, frames: int) -> bytes:
        pcm = super().read(frames)
        self.notes.append((time.monotonic(), pcm))
        return pcm


def main() -> None:
    place, options = json.loads(sys.argv[1]), json.loads(sys.argv[2])
    microphone = NotedMicrophone() if options.pop("note", False) else None
    session = Session(
        server_url=place["url"], api_key=place["api_key"], character_id=place["character_id"], player_id="alice"
    )
    session.on("transcript", lambda event: tell("transcript", text=event.text, final=event.is_final))
    session.on("error", lambda error: tell("problem", text=repr(error)))
    with session, session.voice(source=microphone, **options) as voice:
        tell("ready", echo=voice.echo)
        for line in sys.stdin:
            command, _, argument = line.strip().partition(" ")
            if command == "say":
                session.send(argument, wait=False)
            elif command in ("interrupt", "hush"):
                at = time.monotonic()
                session.interrupt()
                tell("interrupting", since=at)
            elif command == "stats":
                stats = voice.stats
                tell("stats", underruns=stats.underruns, dropped=stats.frames_dropped, prebuffer=stats.prebuffer)
            elif command == "notes" and microphone is not None:
                notes = [(at, base64.b64encode(pcm).decode()) for at, pcm in microphone.notes]
                tell("notes", notes=notes)


if __name__ == "__main__":
    main()
