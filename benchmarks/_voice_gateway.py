"""A gateway in a process of its own that ends when its standard input does: ``_voice_gateway.py KIND``.

``default`` is what users get. The others answer ``story 30`` with a story of at least 30 seconds, and all else shortly.
``tale`` tells it in the embedded voice. ``hum`` and ``paced`` hum for exactly so long, so that every silence that is
heard was made on the way: ``hum`` sends as fast as it is taken, as the embedded voice does, ``paced`` at the pace of
speech.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import numpy as np

from estuary.gateway import serve
from estuary.gateway.engines.base import ChatPrompt
from estuary.gateway.voice.base import Audio

RATE = 24_000
#: seconds of a hummed sentence, and of one piece of it that the paced voice makes
SENTENCE, PIECE = 2.0, 0.05
#: longer than that when it is spoken, with hardly a pause
TALE = "Once upon a time there was a clever young fox who lived with an old dragon at the end of a long valley. "
#: Hz: a whole number of waves in every piece, so that they join
TONE = 200


class Storyteller:
    """Tells a story of as many sentences as it takes."""

    name = "benchmark"

    async def reply(self, prompt: ChatPrompt) -> AsyncIterator[str]:
        word, _, seconds = prompt.text.partition(" ")
        if word != "story":
            yield "All right."
            return
        for _ in range(round(float(seconds) / SENTENCE)):
            yield TALE


class Hum:
    """Every sentence is the same tone."""

    name = "benchmark"

    def __init__(self, paced: bool) -> None:
        self._paced = paced
        wave = np.sin(2 * np.pi * TONE * np.arange(int(PIECE * RATE)) / RATE)
        self._piece = (6000 * wave).astype("<i2").tobytes()
        self._next = 0.0

    async def load(self) -> None:
        pass

    async def speak(self, text: str, *, voice: str | None, speed: float, first: bool) -> AsyncIterator[Audio]:
        pieces = round(SENTENCE / PIECE)
        if not self._paced:
            yield Audio(self._piece * pieces, RATE)
            return
        now = asyncio.get_running_loop().time
        if first:
            self._next = now()
        for _ in range(pieces):
            self._next += PIECE
            await asyncio.sleep(self._next - now())
            yield Audio(self._piece, RATE)


def main() -> None:
    kind = sys.argv[1]
    options: dict[str, Any] = {}
    if kind != "default":
        options = {"chat": Storyteller(), "memory": False, "history": 0}
    if kind in ("hum", "paced"):
        options["tts"] = Hum(paced=kind == "paced")
    with serve(**options) as gateway:
        place = {"url": gateway.url, "api_key": gateway.api_key, "character_id": gateway.character_id}
        print(json.dumps({"pid": os.getpid(), **place}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
