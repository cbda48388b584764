"""What a user says: audio in, transcripts out. One ``Hearing`` for each voice conversation, or press of the button.

The way of a frame: ``feed()`` queues it; on the ear's thread it is decoded, resampled and judged window by window; here
the ``Segmenter`` finds speech in it, and what is speech is transcribed.

Transcription begins anew at each short pause, and in between now and then: what comes of it is a partial transcript,
and when nothing was said after the pause it is the final one, which so is there when the end of the speech is certain.
What has become long is closed at a pause: it is not transcribed again, because the cost grows faster than the length.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Optional

from attrs import define, field, frozen

from .audio import MAX_FRAME, BadAudio, Inflow, decode, frame
from .base import WINDOW, EngineError, SttEngine, VadStream, VoiceSettings
from .engines import VoiceEngines
from .pool import Urgency
from .segmenter import WINDOW_SECONDS, Segmenter, Sign

__all__ = ["Hearing", "Listener"]

log = logging.getLogger("estuary.gateway")

#: seconds without speech after which it is over: about half a second of silence, as the VAD notices it 0.1 s late
HANGOVER = 0.42
#: seconds of speech that are ended by force
LONGEST, LONGEST_PRESS = 60.0, 180.0

_WINDOW_BYTES = 2 * WINDOW
#: windows kept from before speech was noticed
_LEAD = 10
#: windows between two partial transcripts: 0.35 s, for one every half second with the time it takes
_PARTIAL = 11
#: windows after which a part of what is said is closed at the next pause, and without one
_LONG, _TOO_LONG = int(8.0 / WINDOW_SECONDS), int(20.0 / WINDOW_SECONDS)
#: windows without speech, while the button is pressed, after which a part is closed however short it is
_REST = int(1.0 / WINDOW_SECONDS)
#: windows without speech that are transcribed after speech
_TAIL = 1
#: windows with speech below which a part needs no transcription
_LEAST = 3
#: base64 that may wait to be heard; who sends more is not read from until there is room
_BACKLOG = 2 * MAX_FRAME
#: and so many frames
_FRAMES = 4096
#: base64 that the ear takes at once
_PORTION = 200_000
#: seconds of audio that it takes at least: each trip there costs as much as judging a window
_LEAST_PORTION = 0.04
#: parts of one utterance that may wait to be transcribed before more is listened to
_PARTS = 3


@frozen
class Listener:
    """Whom a ``Hearing`` tells. All are called on the event loop."""

    #: it is ready to hear
    started: Callable[[], None]
    #: speech has begun
    speech: Callable[[], None]
    #: a transcript, and whether it is final. A final one is all that was said from the beginning of speech to its end
    transcript: Callable[[str, bool], None]
    #: a frame was bad in a way that no frame was before, or an engine failed
    problem: Callable[[str], None]
    #: it has told all, or has broken off for this reason
    ended: Callable[[Optional[str]], None]


@define
class _Part:
    """A stretch of what is said that is transcribed by itself."""

    #: windows of it that hold speech
    speech: int = 0
    #: windows of it that the latest transcription saw
    seen: int = 0
    task: Optional[asyncio.Task[str]] = None
    #: the latest transcript
    text: str = ""


@define
class _Utterance:
    """What is being said; before that, what may become its beginning."""

    #: the open part's audio
    audio: bytearray = field(factory=bytearray)
    #: windows in it
    length: int = 0
    part: _Part = field(factory=_Part)
    #: the parts before it
    closed: list[_Part] = field(factory=list)
    #: the latest partial transcript
    shown: str = ""


class Hearing:
    """Listens to one client until ``finish()`` or ``cancel()``.

    What comes in before it is ready is heard then.

    Args:
        prepare: gets the engines ready and gives the character's settings. Raises ``EngineError``.
        rate: Hz of what comes in.
        press: push-to-talk: all that is said until ``finish()`` is one utterance, however many pauses it has.
    """

    def __init__(
        self,
        *,
        engines: VoiceEngines,
        prepare: Callable[[], Awaitable[VoiceSettings]],
        rate: int,
        press: bool,
        listener: Listener,
    ) -> None:
        self._engines = engines
        self._prepare = prepare
        self._press = press
        self._listener = listener
        #: it hears what comes
        self.ready = False
        self._inflow = Inflow(rate)
        #: base64 that is worth a trip to the ear's thread
        self._enough = int(_LEAST_PORTION * rate * 2 * 4 / 3)
        self._vad: Optional[VadStream] = None
        self._frames: deque[str] = deque()
        self._waiting = 0
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._over = False
        self._told: set[str] = set()
        #: loop time at which speech was last heard
        self.last_speech = asyncio.get_running_loop().time()
        #: tells the latest utterance when it is transcribed
        self._ending: Optional[asyncio.Task[None]] = None
        #: a final transcript was told
        self._concluded = False
        self._said = _Utterance()
        self._task = asyncio.get_running_loop().create_task(self._run())

    # --- from outside

    def feed(self, payload: Any) -> None:
        """A ``stream_audio`` payload, good or bad."""
        if self._over:
            return
        try:
            text = frame(payload)
        except BadAudio as bad:
            self._complain(bad.kind, str(bad))
            return
        self._frames.append(text)
        self._waiting += len(text)
        if self._waiting >= _BACKLOG or len(self._frames) >= _FRAMES:
            self._room.clear()
        self._changed.set()

    @property
    def congested(self) -> bool:
        """Whether so much waits to be heard that no more should be read."""
        return not self._room.is_set()

    async def room(self) -> None:
        """Wait until more can be heard."""
        await self._room.wait()

    def finish(self) -> None:
        """No more audio comes; what has come is heard to its end."""
        self._over = True
        self._changed.set()

    def cancel(self) -> None:
        """Forget everything at once."""
        self._over = True
        self._task.cancel()
        self._drop()
        self._room.set()

    # --- inside

    async def _run(self) -> None:
        problem: Optional[str] = None
        try:
            self._begin(await self._prepare())
            await self._listen()
        except EngineError as error:
            problem = str(error)
        except Exception:
            log.exception("a voice conversation broke off")
            problem = "the gateway failed to listen"
        self._over = True
        self._room.set()
        self._listener.ended(problem)

    def _begin(self, settings: VoiceSettings) -> None:
        assert self._engines.stt is not None
        self._stt: SttEngine = self._engines.stt
        self._language = settings.language
        self._segmenter = Segmenter(
            sensitivity=settings.sensitivity,
            min_speech=settings.min_speech_seconds,
            hangover=None if self._press else HANGOVER,
            longest=LONGEST_PRESS if self._press else LONGEST,
        )
        self.ready = True
        self._listener.started()

    async def _listen(self) -> None:
        while self._frames or not self._over:
            if self._waiting >= self._enough or self._over:
                await self._hear(self._portion())
            else:
                self._changed.clear()
                await self._changed.wait()
        await self._windows(*await self._engines.ear.run(Urgency.NOW, self._last))
        await self._end()
        if self._ending is not None:
            await asyncio.wait({self._ending})
        if self._press and not self._concluded:
            self._listener.transcript("", True)

    def _portion(self) -> list[str]:
        frames, size = [], 0
        while self._frames and size < _PORTION:
            frames.append(self._frames.popleft())
            size += len(frames[-1])
        self._waiting -= size
        if self._waiting <= _BACKLOG // 2 and len(self._frames) <= _FRAMES // 2:
            self._room.set()
        return frames

    async def _hear(self, frames: list[str]) -> None:
        pcm, probabilities, bad = await self._engines.ear.run(Urgency.NOW, self._judge, frames)
        for problem in bad:
            self._complain(problem.kind, str(problem))
        await self._windows(pcm, probabilities)

    def _judge(self, frames: list[str]) -> tuple[bytes, list[float], list[BadAudio]]:
        """On the ear's thread."""
        heard: list[bytes] = []
        bad: list[BadAudio] = []
        for text in frames:
            try:
                heard.append(self._inflow.feed(decode(text)))
            except BadAudio as problem:
                bad.append(problem)
        pcm = b"".join(heard)
        return pcm, self._probabilities(pcm), bad

    def _last(self) -> tuple[bytes, list[float]]:
        pcm = self._inflow.finish()
        return pcm, self._probabilities(pcm)

    def _probabilities(self, pcm: bytes) -> list[float]:
        if self._vad is None:
            assert self._engines.vad is not None
            self._vad = self._engines.vad.stream()
        return list(self._vad.probabilities(pcm)) if pcm else []

    async def _windows(self, pcm: bytes, probabilities: list[float]) -> None:
        segmenter = self._segmenter
        for number, probability in enumerate(probabilities):
            self._said.audio += pcm[number * _WINDOW_BYTES : (number + 1) * _WINDOW_BYTES]
            self._said.length += 1
            end = segmenter.end
            sign = segmenter.feed(probability)
            if sign is Sign.STARTED:
                # what led to the decision is speech as well
                self._said.part.speech = segmenter.end - segmenter.start
                self._listener.speech()
            elif segmenter.end != end:
                self._said.part.speech += segmenter.speaking
            if segmenter.speaking and not segmenter.silent:
                self.last_speech = asyncio.get_running_loop().time()
            if sign is Sign.ENDED:
                await self._end()
            elif segmenter.speaking:
                await self._follow(sign)
            if not self._said.part.speech and not segmenter.stirring and self._said.length > _LEAD:
                # nothing yet: only what may turn out to be the beginning is kept
                del self._said.audio[: (self._said.length - _LEAD) * _WINDOW_BYTES]
                self._said.length = _LEAD

    async def _follow(self, sign: Optional[Sign]) -> None:
        """Speech goes on: transcribe what there is when it is worth it, close what has become long."""
        part = self._said.part
        paused = sign is Sign.PAUSED
        if (paused and self._said.length >= _LONG) or self._said.length >= _TOO_LONG or self._segmenter.silent == _REST:
            await self._close()
        elif paused and part.speech >= _LEAST:
            self._transcribe(final=True)
        elif not self._segmenter.silent and self._said.length - part.seen >= _PARTIAL and _idle(part.task):
            # not in a silence: it may be the pause for which the threads should be free
            self._transcribe(final=False)

    async def _close(self) -> None:
        """The open part is complete; a new one begins."""
        said = self._said
        if said.part.speech >= _LEAST:
            self._transcribe(final=True)
            said.closed.append(said.part)
        said.part = _Part()
        said.audio = bytearray()
        said.length = 0
        waiting = [part.task for part in said.closed if part.task is not None and not part.task.done()]
        if len(waiting) >= _PARTS:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)

    def _transcribe(self, *, final: bool) -> None:
        part = self._said.part
        if part.task is not None and not part.task.done():
            part.task.cancel()
        part.seen = self._said.length
        # of the silence at the end next to nothing: moonshine hears "Thank you" in it
        heard = part.seen - max(0, self._segmenter.silent - _TAIL)
        pcm = bytes(self._said.audio[: heard * _WINDOW_BYTES])
        work = self._recognise(self._said, part, pcm, final)
        part.task = asyncio.get_running_loop().create_task(work)

    async def _recognise(self, said: _Utterance, part: _Part, pcm: bytes, final: bool) -> str:
        try:
            part.text = await self._stt.transcribe(pcm, language=self._language, final=final)
        except EngineError as error:
            self._complain(str(error), str(error))
        except Exception:
            log.exception("the speech recognition %s failed", self._stt.name)
            self._complain("engine", "the speech could not be recognised: its engine failed")
        if said is self._said:
            self._show(said)
        return part.text

    def _complain(self, kind: str, problem: str) -> None:
        """Once for each kind."""
        if kind not in self._told:
            self._told.add(kind)
            self._listener.problem(problem)

    def _show(self, said: _Utterance) -> None:
        """Tell the partial transcript, unless what was said before it is still being transcribed."""
        text = _join([part.text for part in (*said.closed, said.part)])
        if text and text != said.shown and _idle(self._ending):
            said.shown = text
            self._listener.transcript(text, False)

    async def _end(self) -> None:
        """What was being said is over: tell it when it is transcribed, and listen on meanwhile."""
        part, ending = self._said.part, self._ending
        if part.speech >= _LEAST:
            if part.task is None or part.seen < self._said.length - self._segmenter.silent:
                self._transcribe(final=True)  # there was speech that the latest one has not seen
            self._said.closed.append(part)
        if self._said.closed:
            tasks = [part.task for part in self._said.closed if part.task is not None]
            tell = self._press or bool(self._said.shown)
            self._ending = asyncio.get_running_loop().create_task(self._conclude(ending, tasks, tell))
            if not _idle(ending):
                assert ending is not None
                await asyncio.wait({ending})
        self._said = _Utterance()
        self._segmenter.reset()

    async def _conclude(
        self, before: Optional[asyncio.Task[None]], parts: list[asyncio.Task[str]], tell_nothing: bool
    ) -> None:
        if before is not None:
            await asyncio.wait({before})
        text = _closed(_join(await asyncio.gather(*parts)))
        if text or tell_nothing:
            self._concluded = True
            self._listener.transcript(text, True)

    def _drop(self) -> None:
        """Stop everything that runs for it."""
        self._frames.clear()
        self._waiting = 0
        for task in (self._ending, *(part.task for part in (*self._said.closed, self._said.part))):
            if task is not None:
                task.cancel()


def _idle(task: Optional[asyncio.Task[Any]]) -> bool:
    return task is None or task.done()


def _closed(text: str) -> str:
    """The text with a full stop where it ends as if it went on: that is known only now.

    >>> _closed("Hello, my name is Alice,")
    'Hello, my name is Alice.'
    """
    words = text.rstrip(" ,;:-")
    return text if words == text or not words else f"{words}."


def _join(texts: list[str]) -> str:
    return " ".join(text for text in texts if text)
