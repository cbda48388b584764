"""Recorded speech for ``Session.ask_aloud``: read whole, converted, in packets."""

from __future__ import annotations

from typing import Any, List

from ..errors import ConfigError
from .base import SAMPLE_WIDTH
from .files import as_source
from .resample import Resampler

__all__ = ["MOST_SPEECH", "read_speech"]

#: The longest speech that is sent at once. Seconds.
MOST_SPEECH = 300
#: What goes into one packet. Seconds.
PACKET = 0.5


def read_speech(speech: Any, sample_rate: int) -> List[bytes]:
    """PCM16 mono at ``sample_rate``, in packets of half a second.

    Raises ``ConfigError`` where it is empty, too long or no audio.
    """
    pcm = speech if isinstance(speech, bytes) else _read(speech, sample_rate)
    if len(pcm) % SAMPLE_WIDTH:
        raise ConfigError(f"the speech has {len(pcm)} bytes, half a sample too much: give PCM16")
    if not pcm:
        raise ConfigError("the speech is empty: there is no sample in it")
    if len(pcm) > MOST_SPEECH * sample_rate * SAMPLE_WIDTH:
        raise _too_long()
    size = int(sample_rate * PACKET) * SAMPLE_WIDTH
    return [pcm[at : at + size] for at in range(0, len(pcm), size)]


def _read(speech: Any, sample_rate: int) -> bytes:
    if speech is None:
        raise ConfigError("speech is None: give a path, a source, or PCM16 as bytes")
    source = as_source(speech)
    if getattr(source, "live", False):
        raise ConfigError(f"{source!r} never ends: use session.voice() to speak into a device")
    # what sets a pace for listeners has no reason to here
    pace = getattr(source, "pace", None)
    if pace:
        source.pace = False  # type: ignore[attr-defined]
    try:
        source.open(sample_rate)
        try:
            resampler = Resampler(source.sample_rate, sample_rate, source.channels)
            parts: List[bytes] = []
            size = 0
            while True:
                data = source.read(source.sample_rate // 10)
                if not data:
                    break
                parts.append(resampler.feed(data))
                size += len(parts[-1])
                if size > MOST_SPEECH * sample_rate * SAMPLE_WIDTH:
                    raise _too_long()
            parts.append(resampler.flush())
        finally:
            source.close()
    finally:
        if pace:
            source.pace = pace  # type: ignore[attr-defined]
    return b"".join(parts)


def _too_long() -> ConfigError:
    return ConfigError(f"the speech is longer than {MOST_SPEECH} s: cut it into parts, or use session.voice()")
