"""A character that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Union

__all__ = ["Obedient"]


class Obedient:
    """A chat engine. The first word of a text says what to do; ``release()`` lets ``hold`` go on."""

    name = "obedient"

    def __init__(self) -> None:
        self._held: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self.stopped: list[str] = []

    def release(self) -> None:
        held, self._held = self._held, []
        for loop, event in held:
            loop.call_soon_threadsafe(event.set)

    async def reply(self, prompt: Any) -> AsyncIterator[Union[str, Any]]:
        from estuary.gateway.engines.base import ActionCall, EngineError

        word, _, rest = prompt.text.partition(" ")
        if word == "hold":
            event = asyncio.Event()
            yield "It begins "
            self._held.append((asyncio.get_running_loop(), event))
            try:
                await event.wait()
            except (asyncio.CancelledError, GeneratorExit):
                self.stopped.append(prompt.text)
                raise
            yield "and ends."
        elif word == "act":
            yield "Sure, "
            yield "I will. "
            yield ActionCall("navigate", {"target": rest, "speed": 2, "fast": True})
            yield "Here "
            yield "we are."
        elif word == "fail":
            raise EngineError("the model is asleep")
        elif word == "nothing":
            return
        elif word == "escape":
            yield "red \x1b[31m title \x1b]0;owned\x07 end"
        else:
            yield "You said: "
            for piece in prompt.text.split(" "):
                yield piece + " "
