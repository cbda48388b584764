"""Audio between the wire and the engines: decoding, resampling, cutting. PCM16 mono little-endian throughout."""

from __future__ import annotations

import atexit
import base64
import binascii
import weakref
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
        self._converter: Optional[_Converter] = None
        self._rest = b""

    def feed(self, pcm: bytes) -> bytes:
        """Take audio; give the whole windows that are there now."""
        if self._converter is None:
            self._converter = _Converter(self._rate, HEARING_RATE)
        data = self._rest + self._converter.convert(pcm)
        whole = len(data) // _WINDOW_BYTES * _WINDOW_BYTES
        self._rest = data[whole:]
        return data[:whole]

    def finish(self) -> bytes:
        """No more comes: the last window, filled up with silence."""
        data = self._rest
        if self._converter is not None:
            data += self._converter.convert(b"", last=True)
        self._rest = b""
        return data + bytes(-len(data) % _WINDOW_BYTES)


class Chunker:
    """From an engine's audio for one sentence to chunks of about 150 ms at the client's rate."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._size = 2 * int(_CHUNK * sample_rate)
        self._from: Optional[int] = None
        self._converter: Optional[_Converter] = None
        self._buffer = bytearray()

    def feed(self, audio: Audio) -> list[bytes]:
        """Take audio; give the chunks that are full. What is left is at least a tenth of a second, or nothing."""
        if self._converter is None or audio.sample_rate != self._from:
            self._from = audio.sample_rate
            self._converter = _Converter(audio.sample_rate, self._rate)
        self._buffer += self._converter.convert(audio.pcm[: len(audio.pcm) // 2 * 2])
        return self._cut(self._size * 5 // 3)

    def finish(self) -> list[bytes]:
        """The sentence is over: all that is left."""
        if self._converter is not None:
            self._buffer += self._converter.convert(b"", last=True)
            self._converter = None
        chunks = self._cut(self._size * 5 // 3)
        if self._buffer:
            chunks.append(bytes(self._buffer))
            self._buffer.clear()
        return chunks

    def _cut(self, least: int) -> list[bytes]:
        chunks = []
        start = 0
        while len(self._buffer) - start >= least:
            chunks.append(bytes(self._buffer[start : start + self._size]))
            start += self._size
        del self._buffer[:start]
        return chunks


class _Converter:
    """From one rate to another, in a stream."""

    def __init__(self, source: int, target: int) -> None:
        self._stream: Any = None
        if source != target:
            import soxr

            self._stream = soxr.ResampleStream(source, target, 1, dtype="int16")
            _converters.add(self)

    def convert(self, pcm: bytes, *, last: bool = False) -> bytes:
        if self._stream is None:
            return pcm
        import numpy as np

        return bytes(self._stream.resample_chunk(np.frombuffer(pcm, "<i2"), last=last).astype("<i2").tobytes())

    def drop(self) -> None:
        self._stream = None


_converters: weakref.WeakSet[_Converter] = weakref.WeakSet()


@atexit.register
def _drop_all() -> None:
    """soxr's extension writes a page of complaints to stderr about each stream that outlives the interpreter."""
    for converter in list(_converters):
        converter.drop()
