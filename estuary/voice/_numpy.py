"""numpy and soxr, or one clear error that says how to get them. Imported when the first sound is converted."""

from __future__ import annotations

from ..errors import VoiceError

__all__ = ["numpy", "soxr"]

try:
    import numpy
    import soxr
except ImportError as error:
    raise VoiceError(f"voice needs {error.name}: pip install 'estuary-sync[voice]'") from error
