"""Sources and sinks that need no sound card: wav files, buffers, silence, nothing."""

from __future__ import annotations

import os
import threading
import time
from typing import IO, Any, Optional

from ..errors import ConfigError, VoiceError
from .base import SAMPLE_WIDTH, AudioSink, AudioSource
from .wav import Path, WavReader, read_wav, wav_header, write_wav

__all__ = ["NullSink", "PCMBuffer", "Silence", "WavFile", "as_sink", "as_source", "read_wav", "write_wav"]

_AHEAD = 0.06  # seconds that a paced sink takes in advance, as the buffer of a device does
_LATE = 0.2  # seconds after which a pace starts anew, rather than rush to catch up
_HEADER_EVERY = 1.0  # seconds of audio between two updates of the header of a wav file being written


class _Pace:
    """Makes audio take its time: ``wait(frames)`` returns when that much more has passed since the first call."""

    def __init__(self, sample_rate: int, ahead: float = 0.0) -> None:
        self._rate = sample_rate
        self._ahead = ahead
        self._start: Optional[float] = None
        self._frames = 0

    def wait(self, frames: int) -> None:
        now = time.monotonic()
        if self._start is None or now > self._start + self._frames / self._rate + _LATE:
            self._start, self._frames = now, 0
        self._frames += frames
        early = self._start + self._frames / self._rate - self._ahead - now
        if early > 0:
            time.sleep(early)


class WavFile:
    """A wav file to speak from (``source=WavFile("question.wav")``) or to record to (``sink=WavFile("answer.wav")``).

    As a source: PCM of 8, 16, 24 or 32 bits or float, any rate, any number of channels. As a sink: 16 bits, mono, at
    the session's rate; what was there is overwritten. The file is a valid one at least once a second, if the program
    dies while it is written.

    Args:
        path: Where it is.
        pace: In real time, as from a microphone or to a speaker. ``False``: as fast as the other side goes.
        mode: ``"r"`` or ``"w"``; without it, the first use decides.
    """

    sample_rate = 0
    channels = 0
    latency = 0.0

    def __init__(self, path: Path, pace: bool = True, mode: Optional[str] = None) -> None:
        if mode not in (None, "r", "w"):
            raise ConfigError(f"mode must be 'r' or 'w', not {mode!r}")
        self.path = os.fspath(path)
        self.pace = pace
        self.mode = mode
        self._wav: Optional[WavReader] = None
        self._file: Optional[IO[bytes]] = None

    def __repr__(self) -> str:
        return f"WavFile({self.path!r})"

    def open(self, sample_rate: int) -> None:
        """Get ready.

        Raises:
            VoiceError: the file can't be read or written.
        """
        self.sample_rate, self.channels = sample_rate, 1
        self.latency = _AHEAD if self.pace else 0.0
        if self.mode == "w":
            self._create()
        elif self.mode == "r" or os.path.exists(self.path):
            self._wav = WavReader(self.path)
            self.sample_rate, self.channels = self._wav.sample_rate, self._wav.channels
        self._reading = _Pace(self.sample_rate)
        self._writing = _Pace(self.sample_rate, _AHEAD)

    def read(self, frames: int) -> bytes:
        """The next samples of the file; ``b""`` at its end."""
        if self._wav is None:
            raise VoiceError(f"there is no wav file {self.path} to read from")
        pcm = self._wav.read(frames)
        if self.pace and pcm:
            self._reading.wait(len(pcm) // (SAMPLE_WIDTH * self.channels))
        return pcm

    def write(self, pcm: bytes) -> None:
        """Add to the end of the file."""
        if self._file is None:
            self._create()
        assert self._file is not None
        self._file.write(pcm)
        self._size += len(pcm)
        stride = SAMPLE_WIDTH * self.channels
        if self._size - self._flushed >= _HEADER_EVERY * self.sample_rate * stride:
            self.flush()
        if self.pace:
            self._writing.wait(len(pcm) // stride)

    def _create(self) -> None:
        try:
            self._file = open(self.path, "wb")  # noqa: SIM115
        except OSError as error:
            raise VoiceError(f"{self.path} can't be written: {error.strerror or error}") from error
        self._size = self._flushed = 0
        self.flush()

    def flush(self) -> None:
        """Make the file on disk a valid one that holds all that was written so far."""
        if self._file is not None:
            self._file.flush()  # the sound first: a header must not promise what isn't there
            self._file.seek(0)
            self._file.write(wav_header(self.sample_rate, self.channels, self._size))
            self._file.flush()
            self._file.seek(0, os.SEEK_END)
            self._flushed = self._size

    def close(self) -> None:
        """Finish the file. Nothing happens the second time."""
        if self._wav is not None:
            self._wav.close()
            self._wav = None
        if self._file is not None:
            try:
                self.flush()
            finally:
                self._file.close()
                self._file = None


# Memory


class PCMBuffer:
    """Audio in memory, first in, first out: a source of what is in it, a sink for what is to be got out of it.

    ``PCMBuffer(pcm, 16_000)`` is a source that ends. ``PCMBuffer(sample_rate=16_000)`` is one that is fed, from any
    thread: ``feed(pcm)``, ``end()``; while it is empty it gives silence, as a microphone does. ``PCMBuffer()`` is a
    sink: ``getvalue()``, ``sample_rate``.

    Args:
        data: Interleaved PCM16.
        sample_rate: Hz. Without it, what the session has.
        channels: How many are interleaved.
        pace: In real time. ``False``: as fast as the other side goes, for audio that comes live, too.
        max_seconds: How much is kept, at least as much as ``data``; beyond it the oldest is dropped, and counted in
            ``dropped`` (bytes).
    """

    latency = 0.0

    def __init__(
        self,
        data: Optional[bytes] = None,
        sample_rate: Optional[int] = None,
        channels: int = 1,
        *,
        pace: bool = True,
        max_seconds: float = 600.0,
    ) -> None:
        if sample_rate is None and data is not None:
            raise ConfigError("PCMBuffer(data) needs the sample_rate of the data")
        if data is not None and len(data) % (SAMPLE_WIDTH * channels):
            raise ConfigError(f"{len(data)} bytes are no whole number of samples of 16 bits and {channels} channel(s)")
        self._own_rate = sample_rate
        self.sample_rate = sample_rate or 0
        self.channels = channels
        self.pace = pace
        self.max_seconds = max_seconds
        self.dropped = 0
        self._data = bytearray(data or b"")
        self._at_least = len(self._data)
        self._ended = data is not None
        self._changed = threading.Condition()

    def open(self, sample_rate: int) -> None:
        """Get ready: take the session's rate, unless it has one of its own."""
        self.sample_rate = self._own_rate or sample_rate
        self.latency = _AHEAD if self.pace else 0.0
        self._reading = _Pace(self.sample_rate)
        self._writing = _Pace(self.sample_rate, _AHEAD)

    def feed(self, pcm: bytes) -> None:
        """Add interleaved PCM16 to the end. From any thread; never waits.

        Raises:
            VoiceError: it has ended.
        """
        with self._changed:
            if self._ended:
                raise VoiceError("this PCMBuffer has ended; one that is to be fed is made without data")
            self._data += pcm
            rate = self.sample_rate or 48_000
            limit = max(self._at_least, int(self.max_seconds * rate) * SAMPLE_WIDTH * self.channels)
            excess = max(0, len(self._data) - limit)
            excess += -excess % (SAMPLE_WIDTH * self.channels)
            del self._data[:excess]
            self.dropped += excess
            self._changed.notify_all()

    def end(self) -> None:
        """No more will come: ``read`` gives what is left and then ``b""``. From any thread."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def read(self, frames: int) -> bytes:
        """The next samples, with silence for what was not fed in time; ``b""`` at the end."""
        size = frames * SAMPLE_WIDTH * self.channels
        if self.pace:
            self._reading.wait(frames)
        with self._changed:
            if not self.pace:
                self._changed.wait_for(lambda: self._ended or len(self._data) >= size, frames / self.sample_rate)
            pcm = bytes(self._data[:size])
            del self._data[:size]
            return pcm if self._ended else pcm.ljust(size, b"\0")

    def write(self, pcm: bytes) -> None:
        """Add to the end, taking as long as it sounds if paced."""
        self.feed(pcm)
        if self.pace:
            self._writing.wait(len(pcm) // (SAMPLE_WIDTH * self.channels))

    def getvalue(self) -> bytes:
        """All that is in it, interleaved PCM16. From any thread."""
        with self._changed:
            return bytes(self._data)

    def close(self) -> None:
        """Nothing: what is in it stays."""


# Nothing


class Silence:
    """A source that says nothing, for so many ``seconds`` or for ever."""

    channels = 1
    sample_rate = 0

    def __init__(self, seconds: Optional[float] = None, pace: bool = True) -> None:
        self.seconds = seconds
        self.pace = pace

    def open(self, sample_rate: int) -> None:
        """Begin."""
        self.sample_rate = sample_rate
        self._pace = _Pace(sample_rate)
        self._left = None if self.seconds is None else round(self.seconds * sample_rate)

    def read(self, frames: int) -> bytes:
        """Zeros; ``b""`` when the time is over."""
        if self._left is not None:
            frames = min(frames, self._left)
            self._left -= frames
        if self.pace and frames:
            self._pace.wait(frames)
        return bytes(frames * SAMPLE_WIDTH)

    def close(self) -> None:
        """Nothing to let go of."""


class NullSink:
    """A sink that nobody hears; ``pace=False`` takes everything at once."""

    channels = 1
    sample_rate = 0
    latency = 0.0

    def __init__(self, pace: bool = True) -> None:
        self.pace = pace

    def open(self, sample_rate: int) -> None:
        """Begin."""
        self.sample_rate = sample_rate
        self.latency = _AHEAD if self.pace else 0.0
        self._pace = _Pace(sample_rate, _AHEAD)

    def write(self, pcm: bytes) -> None:
        """Take it, and the time that it sounds if paced."""
        if self.pace:
            self._pace.wait(len(pcm) // SAMPLE_WIDTH)

    def close(self) -> None:
        """Nothing to let go of."""


# What users may give


def as_source(value: Any) -> AudioSource:
    """``value`` as a source: the path of a wav file, or anything with the methods of ``AudioSource``.

    Raises:
        ConfigError: it is neither.
    """
    return _as(value, AudioSource, "r", "source")  # type: ignore[no-any-return]


def as_sink(value: Any) -> AudioSink:
    """``value`` as a sink: the path of a wav file to write, or anything with the methods of ``AudioSink``.

    Raises:
        ConfigError: it is neither.
    """
    return _as(value, AudioSink, "w", "sink")  # type: ignore[no-any-return]


def _as(value: Any, protocol: Any, mode: str, what: str) -> Any:
    if isinstance(value, (str, os.PathLike)):
        return WavFile(value, mode=mode)
    if isinstance(value, WavFile) and value.mode is None:
        return WavFile(value.path, value.pace, mode)
    missing = [name for name in ("open", "read" if mode == "r" else "write", "close") if not hasattr(value, name)]
    if missing:
        raise ConfigError(f"a {what} needs the method {missing[0]}(); {type(value).__name__} has none")
    return value
