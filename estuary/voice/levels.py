"""How loud audio is, and making it louder or quieter."""

from __future__ import annotations

import math
from typing import NamedTuple

from ._numpy import numpy as np

__all__ = ["SILENCE_DBFS", "Levels", "dbfs", "scale"]

#: What digital silence reads as: the least that 16 bits can say is about -90.
SILENCE_DBFS = -96.0


class Levels(NamedTuple):
    """How loud it is now, in dBFS: 0 is the loudest possible, -96 silence. Speech is around -30 to -15."""

    #: the microphone, as it is sent
    input: float
    #: the speaker
    output: float


def dbfs(pcm: bytes) -> float:
    """The level (root mean square) of PCM16, in dBFS from -96 to 0.

    >>> dbfs(bytes(320))
    -96.0
    >>> import numpy as np
    >>> round(dbfs(np.full(160, 16384, "<i2").tobytes()), 1)
    -6.0
    """
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    power = float(np.dot(samples, samples)) / max(1, samples.size)
    if power < 0.3:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 10 * math.log10(power / 32768.0**2))


def scale(pcm: bytes, factor: float) -> bytes:
    """PCM16 with every sample multiplied, clipped rather than wrapped around.

    >>> scale(b"\\x00\\x40\\x00\\xc0", 4.0)
    b'\\xff\\x7f\\x00\\x80'
    """
    if factor == 1.0:
        return pcm
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) * factor
    scaled: bytes = np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes()
    return scaled
