"""Sources and sinks that need no sound card: wav files, buffers, silence, nothing."""

from __future__ import annotations

import os
import struct
import threading
import time
from typing import IO, Any, Optional, Tuple, Union

from ..errors import ConfigError, VoiceError
from .base import SAMPLE_WIDTH, AudioSink, AudioSource

__all__ = ["NullSink", "PCMBuffer", "Silence", "WavFile", "as_sink", "as_source", "read_wav", "write_wav"]

Path = Union[str, "os.PathLike[str]"]

_AHEAD = 0.06  # seconds that a paced sink takes in advance, as the buffer of a device does
_LATE = 0.2  # seconds after which a pace starts anew, rather than rush to catch up
_HEADER_EVERY = 1.0  # seconds of audio between two updates of the header of a wav file being written
_OPEN_ENDED = 0xFFFFFFFF  # the length that programs write which did not know it beforehand


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


# Wav files


class _Wav:
    """A wav file being read: ``read(frames)`` gives PCM16 whatever the file holds."""

    def __init__(self, path: Path) -> None:
        try:
            self._file: IO[bytes] = open(path, "rb")  # noqa: SIM115
        except OSError as error:
            raise VoiceError(f"{os.fspath(path)} can't be read: {error.strerror or error}") from error
        try:
            self._parse(os.fspath(path))
        except BaseException:
            self._file.close()
            raise

    def _parse(self, path: str) -> None:
        riff = self._file.read(12)
        if len(riff) < 12 or riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
            raise VoiceError(f"{path} is not a wav file; convert it first, with sox {path} out.wav for example")
        end = self._file.seek(0, os.SEEK_END)
        position, form = 12, b""
        while True:
            self._file.seek(position)
            head = self._file.read(8)
            if len(head) < 8:
                raise VoiceError(f"the wav file {path} is truncated: it ends before its sound begins")
            name, size = struct.unpack("<4sI", head)
            if name == b"data":
                break
            if name == b"fmt ":
                form = self._file.read(min(size, 40))
            position += 8 + size + size % 2
        if len(form) < 16:
            raise VoiceError(f"the wav file {path} does not say what its sound is like")
        kind, self.channels, self.sample_rate, _, self._stride, bits = struct.unpack("<HHIIHH", form[:16])
        if kind == 0xFFFE and len(form) >= 26:  # WAVE_FORMAT_EXTENSIBLE: the kind is in the first bytes of a GUID
            kind = struct.unpack("<H", form[24:26])[0]
        self._width = self._stride // self.channels if self.channels else 0
        self._float = kind == 3
        if kind not in (1, 3) or self._width not in ((4, 8) if self._float else (1, 2, 3, 4)):
            raise VoiceError(
                f"the wav file {path} holds compressed or unusual sound (format {kind}, {bits} bits); "
                "PCM of 8, 16, 24 or 32 bits and float can be read"
            )
        if not self.sample_rate or self._width * self.channels != self._stride:
            raise VoiceError(f"the wav file {path} contradicts itself about its rate or channels")
        begin = position + 8
        if size == _OPEN_ENDED:
            size = end - begin
        elif begin + size > end:
            raise VoiceError(f"the wav file {path} is truncated: {end - begin} of {size} bytes of sound are there")
        self._left = size // self._stride
        self._file.seek(begin)

    def read(self, frames: int = -1) -> bytes:
        frames = self._left if frames < 0 else min(frames, self._left)
        raw = self._file.read(frames * self._stride)
        self._left -= frames
        return _float_to_pcm16(raw, self._width) if self._float else _to_pcm16(raw, self._width)

    def close(self) -> None:
        self._file.close()


_UNSIGNED = bytes(value ^ 0x80 for value in range(256))


def _to_pcm16(raw: bytes, width: int) -> bytes:
    """The two highest bytes of each sample; those of 8 bits are unsigned in wav files."""
    if width == 2:
        return raw
    pcm = bytearray(len(raw) // width * 2)
    if width == 1:
        pcm[1::2] = raw.translate(_UNSIGNED)
    else:
        pcm[0::2] = raw[width - 2 :: width]
        pcm[1::2] = raw[width - 1 :: width]
    return bytes(pcm)


def _float_to_pcm16(raw: bytes, width: int) -> bytes:
    from ._numpy import numpy

    values = numpy.nan_to_num(numpy.frombuffer(raw, f"<f{width}").astype("f8"), posinf=1.0, neginf=-1.0)
    return bytes(numpy.clip(numpy.rint(values * 32768), -32768, 32767).astype("<i2").tobytes())


def _header(sample_rate: int, channels: int, size: int) -> bytes:
    stride = channels * SAMPLE_WIDTH
    size = min(size, _OPEN_ENDED - 36)
    form = struct.pack("<HHIIHH", 1, channels, sample_rate, sample_rate * stride, stride, 8 * SAMPLE_WIDTH)
    return b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", size)


def read_wav(path: Path) -> Tuple[bytes, int, int]:
    """All of a wav file: interleaved PCM16, its rate in Hz, its number of channels.

    PCM of 8, 16, 24 and 32 bits and float, any rate, any number of channels.

    Raises:
        VoiceError: it can't be opened, is no wav file, is truncated, or holds compressed sound.
    """
    wav = _Wav(path)
    try:
        return wav.read(), wav.sample_rate, wav.channels
    finally:
        wav.close()


def write_wav(path: Path, pcm: bytes, sample_rate: int, channels: int = 1) -> None:
    """Write interleaved PCM16 as a wav file.

    Raises:
        OSError: it can't be written.
    """
    with open(path, "wb") as file:
        file.write(_header(sample_rate, channels, len(pcm)) + pcm)


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
        self._wav: Optional[_Wav] = None
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
            self._wav = _Wav(self.path)
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
            self._file.write(_header(self.sample_rate, self.channels, self._size))
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
