"""The playback thread: from the jitter buffer to the sink, and what has really been heard."""

from __future__ import annotations

import time
from collections import deque
from typing import Callable, Deque, Optional, Protocol, Tuple

from .base import SAMPLE_WIDTH, AudioSink
from .echo import Echo
from .jitter import JitterBuffer
from .levels import SILENCE_DBFS, dbfs, scale
from .resample import Resampler, spread
from .worker import Owner, Worker

__all__ = ["Heard", "Playback"]

#: What is written at a time, so the longest that an interruption waits for. Seconds.
BLOCK = 0.02
#: How long the thread sleeps where nothing is to be played and the sink needs no silence. Seconds.
NAP = 0.5


class Heard(Owner, Protocol):
    """Who is told what the user hears, besides how the worker fares. On the playback thread."""

    def playback_started(self, message_id: Optional[str]) -> None: ...

    def playback_finished(self, message_id: Optional[str]) -> None: ...


class Playback(Worker):
    """Plays what the jitter buffer gives, in blocks of 20 ms.

    A device gets silence while there is nothing to say; files and buffers get what
    is said and nothing else.
    """

    role = "playback"

    def __init__(
        self,
        sink: AudioSink,
        buffer: JitterBuffer,
        sample_rate: int,
        echo: Echo,
        heard: Heard,
        name: str,
    ) -> None:
        super().__init__(sink, heard, name)
        self._sink = sink
        self._buffer = buffer
        self._rate = sample_rate
        self._frames = max(1, int(sample_rate * BLOCK))
        self._silence = bytes(self._frames * SAMPLE_WIDTH)
        self._echo = echo
        self._heard = heard
        self._resampler: Optional[Resampler] = None
        #: what begins or ends to be heard, and when
        self._pending: Deque[Tuple[float, Callable[[Optional[str]], None], Optional[str]]] = deque()
        self.volume = 1.0
        #: dBFS of the latest block
        self.level = SILENCE_DBFS
        #: until when something is heard (``time.monotonic``)
        self.sounding_until = 0.0

    def forget(self) -> None:
        """What was announced as heard later has been interrupted."""
        self._pending.clear()
        self.sounding_until = min(self.sounding_until, time.monotonic() + self.latency)

    def stop(self) -> None:
        super().stop()
        self._buffer.close()

    def _open(self) -> None:
        self._sink.open(self._rate)
        if self._sink.sample_rate != self._rate:
            self._resampler = Resampler(self._rate, self._sink.sample_rate)

    def _loop(self) -> None:
        buffer = self._buffer
        while not self._stopping.is_set():
            now = time.monotonic()
            piece = buffer.take(self._frames, now)
            pcm = piece.pcm
            if pcm is not None:
                pcm = scale(pcm, self.volume)
                self.level = dbfs(pcm)
            else:
                self.level = SILENCE_DBFS
                if self.is_live:
                    pcm = self._silence
            for message_id in piece.started:
                self._later(now, self._heard.playback_started, message_id)
            if pcm is not None:
                self._echo.far(pcm)
                self._write(pcm, last=buffer.empty)
                if piece.pcm is not None:
                    self.sounding_until = time.monotonic() + self.latency
            for message_id in piece.finished:
                self._later(time.monotonic(), self._heard.playback_finished, message_id)
            self._report(time.monotonic())
            if pcm is None:
                buffer.wait(min(NAP, self._until_next()) if buffer.empty else BLOCK)

    def _write(self, pcm: bytes, *, last: bool) -> None:
        if self._resampler is not None:
            pcm = self._resampler.feed(pcm)
            if last and not self.is_live:
                # a file would lack what the filter still holds; the next message starts a new one
                pcm += self._resampler.flush()
                self._resampler = Resampler(self._rate, self._sink.sample_rate)
        if self._sink.channels != 1:
            pcm = spread(pcm, self._sink.channels)
        self._sink.write(pcm)

    def _later(self, now: float, tell: Callable[[Optional[str]], None], message_id: Optional[str]) -> None:
        self._pending.append((now + self.latency, tell, message_id))

    def _report(self, now: float) -> None:
        while self._pending and self._pending[0][0] <= now and not self._abandoned:
            try:
                _, tell, message_id = self._pending.popleft()
            except IndexError:  # interrupted at this very moment
                return
            tell(message_id)

    def _until_next(self) -> float:
        try:
            return max(0.001, self._pending[0][0] - time.monotonic())
        except IndexError:
            return NAP
