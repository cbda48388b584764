"""Audio between the wire and the engines: decoding, resampling, cutting. PCM16 mono little-endian throughout."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Optional

from .base import HEARING_RATE, WINDOW, Audio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MAX_FRAME", "BadAudio", "Chunker", "Inflow", "decode", "frame", "samples"]

#: characters in the base64 of one frame
MAX_FRAME = 2_000_000

#: seconds of audio in one ``bot_voice``
_CHUNK = 0.15
_WINDOW_BYTES = 2 * WINDOW


class BadAudio(ValueError):
    """A frame can't be used. ``kind`` is the same for all frames that are bad in the same way."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def frame(payload: Any) -> str:
    """The base64 in a ``stream_audio`` payload.

    Raises:
        BadAudio: there is none, or too much.
    """
    text = payload.get("audio") if isinstance(payload, dict) else None
    if not isinstance(text, str):
        raise BadAudio("type", "stream_audio: the payload must be an object whose audio is a string: base64 of PCM16")
    if len(text) > MAX_FRAME:
        raise BadAudio("size", f"stream_audio: audio has {len(text):,} characters; a frame may have {MAX_FRAME:,}")
    return text


def decode(text: str) -> bytes:
    """The PCM16 in a frame.

    Raises:
        BadAudio: there is none.
    """
    try:
        pcm = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadAudio("base64", "stream_audio: audio is not valid base64") from None
    if len(pcm) % 2:
        raise BadAudio("odd", "stream_audio: audio has an odd number of bytes; PCM16 has two for each sample")
    return pcm


def samples(pcm: bytes) -> NDArray[np.float32]:
    """PCM16 as numbers from -1 to 1."""
    import numpy as np

    return np.frombuffer(pcm, "<i2").astype(np.float32) / 32768.0


class Inflow:
    """From a client's audio to whole windows at 16,000 Hz. Used on one thread at a time."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._convert: Any = None
        self._rest = b""

    def feed(self, pcm: bytes) -> bytes:
        """Take audio; give the whole windows that are there now."""
        if self._convert is None:
            self._convert = _resampler(self._rate, HEARING_RATE)
        data = self._rest + _resample(self._convert, pcm)
        whole = len(data) // _WINDOW_BYTES * _WINDOW_BYTES
        self._rest = data[whole:]
        return data[:whole]

    def finish(self) -> bytes:
        """No more comes: the last window, filled up with silence."""
        data = self._rest + _resample(self._convert, b"", last=True)
        self._rest = b""
        return data + bytes(-len(data) % _WINDOW_BYTES)


class Chunker:
    """From an engine's audio for one sentence to chunks of about 150 ms at the client's rate."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._size = 2 * int(_CHUNK * sample_rate)
        self._from: Optional[int] = None
        self._convert: Any = None
        self._buffer = bytearray()

    def feed(self, audio: Audio) -> list[bytes]:
        """Take audio; give the chunks that are full. What is left is at least a tenth of a second, or nothing."""
        if audio.sample_rate != self._from:
            self._from = audio.sample_rate
            self._convert = _resampler(audio.sample_rate, self._rate)
        self._buffer += _resample(self._convert, audio.pcm[: len(audio.pcm) // 2 * 2])
        return self._cut(self._size * 5 // 3)

    def finish(self) -> list[bytes]:
        """The sentence is over: all that is left."""
        if self._from is not None:
            self._buffer += _resample(self._convert, b"", last=True)
        chunks = self._cut(self._size * 5 // 3)
        if self._buffer:
            chunks.append(bytes(self._buffer))
            self._buffer.clear()
        self._from = None
        return chunks

    def _cut(self, least: int) -> list[bytes]:
        chunks = []
        start = 0
        while len(self._buffer) - start >= least:
            chunks.append(bytes(self._buffer[start : start + self._size]))
            start += self._size
        del self._buffer[:start]
        return chunks


def _resampler(source: int, target: int) -> Any:
    if source == target:
        return None
    import soxr

    return soxr.ResampleStream(source, target, 1, dtype="int16")


def _resample(convert: Any, pcm: bytes, *, last: bool = False) -> bytes:
    if convert is None:
        return pcm
    import numpy as np

    return bytes(convert.resample_chunk(np.frombuffer(pcm, "<i2"), last=last).astype("<i2").tobytes())
