"""One deadline for all the steps of a blocking call."""

from __future__ import annotations

import time
from typing import Optional

from .errors import ConfigError

__all__ = ["Deadline"]


class Deadline:
    """A point in time, made once from a timeout and handed through every step of a call.

    ``timeout`` is in seconds; ``None`` never expires.

    >>> Deadline(None).remaining() is None
    True
    >>> Deadline(0).expired
    True
    """

    __slots__ = ("timeout", "when")

    def __init__(self, timeout: Optional[float]) -> None:
        if timeout is not None:
            if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout >= 0:
                raise ConfigError(f"timeout is {timeout!r}: give seconds, 0 or more, or None to wait without limit")
            # threading's own limit: beyond it, lock waits raise OverflowError
            timeout = min(float(timeout), 4_000_000.0)
        self.timeout = timeout
        self.when = None if timeout is None else time.monotonic() + timeout

    def remaining(self, at_most: Optional[float] = None) -> Optional[float]:
        """Seconds left (0.0 at the least), capped by ``at_most``; ``None`` where there is no limit at all."""
        if self.when is None:
            return at_most
        left = max(0.0, self.when - time.monotonic())
        return left if at_most is None else min(left, at_most)

    @property
    def expired(self) -> bool:
        return self.when is not None and time.monotonic() >= self.when
