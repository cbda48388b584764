"""What a character says, aloud: text in as it is written, ``bot_voice`` out sentence by sentence."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Optional

from ...actions import ActionParser
from ..wire import Wire
from .audio import Chunker
from .base import EngineError, TtsEngine, VoiceSettings
from .engines import VoiceEngines
from .playback import Playback
from .pool import Urgency
from .sentences import Sentences
from .spoken import spoken

__all__ = ["Mouth", "Speaking"]

log = logging.getLogger("estuary.gateway")


class Mouth:
    """Speaks to one client.

    Args:
        rate: Hz of what it sends.
        settings: reads the character's settings, anew for each message, as they may be changed.
    """

    def __init__(
        self, wire: Wire, engines: VoiceEngines, rate: int, settings: Callable[[], Awaitable[VoiceSettings]]
    ) -> None:
        self.wire = wire
        self.engines = engines
        self.rate = rate
        self.settings = settings
        self.playback = Playback()
        self._complained = False

    def message(self, message_id: str) -> Speaking:
        """Begin a message."""
        return Speaking(self, message_id)

    def complain(self, problem: str) -> None:
        """It can't be spoken: say so, once a session, as the text goes on."""
        log.warning("a message could not be spoken: %s", problem)
        if not self._complained:
            self._complained = True
            self.wire.send("voice_error", {"error": problem})


class Speaking:
    """One message: ``say()`` any number of times, then ``finish()``; or ``cancel()``, after which nothing is sent.

    The first sentence is on its way while the rest is being written. The last chunk says ``is_final``, once, whatever
    happens but ``cancel()``.
    """

    def __init__(self, mouth: Mouth, message_id: str) -> None:
        self._mouth = mouth
        self._wire = mouth.wire
        self._message_id = message_id
        self._parser = ActionParser()
        self._sentences = Sentences()
        self._waiting: deque[str] = deque()
        self._more = asyncio.Event()
        self._written = False
        self._cancelled = False
        self._index = 0
        self._chunker = Chunker(mouth.rate)
        self._task: Optional[asyncio.Task[None]] = None

    def say(self, text: str) -> None:
        """A piece of the message, tags and all."""
        self._queue(self._sentences.feed(self._parser.feed(text).text))

    def finish(self) -> None:
        """The message is written."""
        self._queue(self._sentences.feed(self._parser.finish().text) + self._sentences.finish())
        self._written = True
        self._start()
        self._more.set()

    def cancel(self) -> None:
        """Be silent now."""
        self._cancelled = True
        if self._task is not None:
            self._task.cancel()

    @property
    def busy(self) -> bool:
        """Whether there is something to send yet."""
        return self._task is not None and not self._task.done()

    async def sent(self) -> None:
        """Wait until all of it is sent, or nothing more will be."""
        if self._task is not None:
            await asyncio.wait({self._task})

    # --- inside

    def _queue(self, sentences: list[str]) -> None:
        words = [words for sentence in sentences if (words := spoken(sentence))]
        if words:
            self._waiting.extend(words)
            self._start()
            self._more.set()

    def _start(self) -> None:
        if self._task is None and not self._cancelled:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            await self._speak()
        except EngineError as error:
            self._mouth.complain(str(error))
        except Exception:
            log.exception("a message could not be spoken")
            self._mouth.complain("the character could not speak: its speech engine failed")
        if not self._cancelled:
            self._send(b"", final=True)

    async def _speak(self) -> None:
        if not await self._next():
            return
        settings, engine = await asyncio.gather(self._mouth.settings(), self._mouth.engines.load_mouth())
        while await self._next():
            await self._sentence(engine, settings, self._waiting.popleft())

    async def _next(self) -> bool:
        """Wait for a sentence. Returns whether there is one."""
        while not self._waiting and not self._written:
            self._more.clear()
            await self._more.wait()
        return bool(self._waiting)

    async def _sentence(self, engine: TtsEngine, settings: VoiceSettings, text: str) -> None:
        ear = self._mouth.engines.ear
        pieces = engine.speak(text, voice=settings.voice, speed=settings.speed, first=not self._index)
        try:
            async for audio in pieces:
                await self._pass_on(await ear.run(Urgency.NOW, self._chunker.feed, audio))
        finally:
            close = getattr(pieces, "aclose", None)
            if close is not None:
                await close()
        await self._pass_on(await ear.run(Urgency.NOW, self._chunker.finish))

    async def _pass_on(self, chunks: list[bytes]) -> None:
        for chunk in chunks:
            if self._wire.congested:
                await self._wire.room()
            if self._wire.closed:
                raise asyncio.CancelledError
            self._send(chunk)

    def _send(self, pcm: bytes, *, final: bool = False) -> None:
        payload = {
            "audio": base64.b64encode(pcm).decode("ascii"),
            "message_id": self._message_id,
            "chunk_index": self._index,
            "is_final": final,
        }
        self._index += 1
        self._mouth.playback.sent(self._message_id, len(pcm) / 2 / self._mouth.rate)
        self._wire.send("bot_voice", payload)
