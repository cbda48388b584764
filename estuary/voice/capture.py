"""The capture thread: from the source, without echo, to the connection."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Callable, Deque, Optional

from ..errors import NotConnected
from .base import SAMPLE_WIDTH, AudioSource
from .echo import Echo
from .levels import SILENCE_DBFS, dbfs
from .resample import Resampler
from .worker import Owner, Worker

__all__ = ["Capture"]

#: What is read and sent at a time. Seconds.
BLOCK = 0.02
#: What waits for a connection that is stalled or gone, at most; of a device the oldest is dropped then. Seconds.
MOST_WAITING = 1.0
#: Silence after the end of a source, so that the server notices the end of the speech. Seconds.
TAIL = 1.0


class Capture(Worker):
    """Reads blocks of 20 ms and sends them while the gate is open.

    A device is read all the time, and what nobody wants is thrown away. A file or a buffer is read only while it can
    be sent: nothing of it is lost.

    Args:
        send: Sends PCM16 mono at ``sample_rate``; ``False`` where the connection takes no more now. Raises
            ``NotConnected``.
        on_end: Called again and again from when the source has ended and all of it is sent, until it returns ``True``
            (voice is over with it).
    """

    role = "capture"

    def __init__(
        self,
        source: AudioSource,
        sample_rate: int,
        echo: Echo,
        send: Callable[[bytes], bool],
        on_end: Callable[[], bool],
        owner: Owner,
        name: str,
    ) -> None:
        super().__init__(source, owner, name)
        self._source = source
        self._rate = sample_rate
        self._echo = echo
        self._send = send
        self._on_end = on_end
        self._waiting: Deque[bytes] = deque()
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self._gate = threading.Event()
        self._flushed: Optional[Callable[[], None]] = None
        self.muted = False
        self.frames_sent = 0
        self.frames_dropped = 0
        #: dBFS of the latest block, as it is sent
        self.level = SILENCE_DBFS

    @property
    def waiting(self) -> float:
        """Seconds of audio that wait to be sent."""
        return self._waiting_bytes / (self._rate * SAMPLE_WIDTH)

    def open_gate(self) -> None:
        """From now on what is read is sent."""
        self._gate.set()

    def close_gate(self, then: Optional[Callable[[], None]] = None) -> None:
        """What is read from now on is not sent. ``then`` is called on the capture thread when what was read is."""
        with self._lock:
            self._flushed = then
            self._gate.clear()

    def stop(self) -> None:
        super().stop()
        self._gate.set()  # whoever waits for it

    def _open(self) -> None:
        self._source.open(self._rate)
        rate, channels = self._source.sample_rate, self._source.channels
        self._resampler = Resampler(rate, self._rate, channels)
        self._frames = max(1, int(rate * BLOCK))

    def _loop(self) -> None:
        while not self._stopping.is_set():
            if not self.is_live and not self._gate.is_set():
                self._flush()
                self._gate.wait(BLOCK if self._flushed is not None or self._waiting else None)
                continue
            data = self._source.read(self._frames)
            if not data:
                self._finish()
                return
            self._handle(self._resampler.feed(data))

    def _handle(self, pcm: bytes) -> None:
        pcm = self._echo.near(pcm, time.monotonic())
        if self.muted:
            pcm = bytes(len(pcm))
        self.level = dbfs(pcm)
        if pcm and self._gate.is_set() and not self._stopping.is_set():
            self._waiting.append(pcm)
            self._waiting_bytes += len(pcm)
        self._flush()
        limit = MOST_WAITING * self._rate * SAMPLE_WIDTH
        if self.is_live:
            while self._waiting_bytes > limit:
                self._waiting_bytes -= len(self._waiting.popleft())
                self.frames_dropped += 1
        else:
            while self._waiting and not self._stopping.wait(BLOCK / 4):
                self._flush()

    def _flush(self) -> None:
        try:
            while self._waiting and self._send(self._waiting[0]):
                self._waiting_bytes -= len(self._waiting.popleft())
                self.frames_sent += 1
        except NotConnected:
            pass  # reconnecting: what is said meanwhile waits, within its bound
        with self._lock:
            if self._waiting or self._gate.is_set():
                return
            then, self._flushed = self._flushed, None
        if then is not None:
            then()

    def _finish(self) -> None:
        """The source has ended: send what the filter holds, and a silence that ends the speech."""
        self._handle(self._resampler.flush())
        block = bytes(int(self._rate * BLOCK) * SAMPLE_WIDTH)
        for _ in range(int(TAIL / BLOCK)):
            if self._stopping.is_set():
                return
            self._handle(block)
        over = False
        while not self._stopping.wait(BLOCK):
            self._flush()  # a push-to-talk release may still have to be carried out
            over = over or self._on_end()
