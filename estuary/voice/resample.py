"""Any device's audio as mono at the rate that is wanted, block by block."""

from __future__ import annotations

from typing import Any

from ..errors import ConfigError
from .base import SAMPLE_WIDTH

__all__ = ["Resampler", "spread"]


class Resampler:
    """Converts PCM16 of any rate and number of channels to mono at another rate, as a stream.

    Blocks of any size give, put together, what one big block gives. Mono at equal rates passes through unchanged, to
    the bit. Channels are averaged, so nothing clips. It is used by one thread at a time.

    soxr's "low" quality is what speech needs: noise and aliases below -80 dB, flat up to three quarters of the band,
    and 20 ms late (40 ms from 8,000 Hz); the higher ones are 38 ms late, for the last quarter.

    Args:
        from_rate: Hz of what comes in.
        to_rate: Hz of what goes out.
        channels: How many are interleaved in what comes in.

    Raises:
        VoiceError: numpy or soxr is not installed.
    """

    def __init__(self, from_rate: int, to_rate: int, channels: int = 1) -> None:
        if min(from_rate, to_rate, channels) < 1:
            raise ConfigError(f"no audio has {channels} channels at {from_rate} Hz, or comes at {to_rate} Hz")
        self.from_rate = from_rate
        self.to_rate = to_rate
        self.channels = channels
        self._rest = b""  # of a frame that came in two parts
        self._stream = self._new_stream()

    def _new_stream(self) -> Any:
        if self.from_rate == self.to_rate:
            return None
        from ._numpy import soxr

        return soxr.ResampleStream(self.from_rate, self.to_rate, 1, dtype="float32", quality=soxr.LQ)

    def feed(self, pcm: bytes) -> bytes:
        """What can be converted by now; the rest follows with the next blocks, at the latest with ``flush``."""
        if self._rest:
            pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % (SAMPLE_WIDTH * self.channels)
        self._rest = pcm[whole:]
        return self._convert(pcm[:whole], last=False)

    def flush(self) -> bytes:
        """The end of what was fed. What is fed next begins anew."""
        self._rest = b""
        converted = self._convert(b"", last=True)
        self._stream = self._new_stream()
        return converted

    def _convert(self, pcm: bytes, last: bool) -> bytes:
        if self._stream is None and self.channels == 1:
            return pcm
        from ._numpy import numpy

        samples = numpy.frombuffer(pcm, "<i2").astype("f4")
        if self.channels > 1:
            samples = samples.reshape(-1, self.channels).mean(axis=1)
        if self._stream is not None:
            samples = self._stream.resample_chunk(samples, last=last)  # in floats, as soxr adds noise to integers
        return bytes(numpy.clip(numpy.rint(samples), -32768, 32767).astype("<i2").tobytes())


def spread(pcm: bytes, channels: int) -> bytes:
    """Mono PCM16 as so many equal, interleaved channels."""
    if channels == 1:
        return pcm
    from ._numpy import numpy

    return bytes(numpy.repeat(numpy.frombuffer(pcm, "<i2"), channels).tobytes())
