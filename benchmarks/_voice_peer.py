"""estuary-sdk's ``VoiceSession``, as its documentation says to use it, told what to do by lines on standard input."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from typing import Any

from estuary_sdk import EstuaryClient, EstuaryConfig, VoiceMode, VoiceSession


def tell(event: str, **what: Any) -> None:
    print(json.dumps({"event": event, "at": time.monotonic(), **what}), flush=True)


async def run(place: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, "")

    config = EstuaryConfig(
        server_url=place["url"], api_key=place["api_key"], character_id=place["character_id"], player_id="alice"
    )
    async with EstuaryClient(config) as client:
        client.on("stt_response", lambda heard: tell("transcript", text=heard.text, final=heard.is_final))
        await client.connect()
        async with VoiceSession(client, mode=VoiceMode.CONTINUOUS) as voice:
            tell("ready", echo="none")
            threading.Thread(target=read, daemon=True).start()
            while line := await lines.get():
                command, _, argument = line.strip().partition(" ")
                if command == "say":
                    client.send_text(argument)
                elif command == "interrupt":
                    at = time.monotonic()
                    client.interrupt()
                    tell("interrupting", since=at)
                elif command == "hush":
                    # what interrupt() does not do, so that the next measurement can begin
                    client.interrupt()
                    assert voice._player is not None
                    voice._player.clear()
                    tell("interrupting")


if __name__ == "__main__":
    asyncio.run(run(json.loads(sys.argv[1])))
