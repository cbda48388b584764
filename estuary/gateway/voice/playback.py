"""What still sounds at a client: what was sent, against the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Optional

__all__ = ["Playback"]


class Playback:
    """Follows what a client plays. It begins at once, and plays without a pause what has come.

    >>> now = 0.0
    >>> playback = Playback(lambda: now)
    >>> playback.sent("a", 1.0), playback.sent("a", 0.5)
    (None, None)
    >>> now = 1.4
    >>> playback.sounding
    'a'
    >>> now = 1.6
    >>> playback.sounding
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._message_id: Optional[str] = None
        self._until = 0.0

    def sent(self, message_id: str, seconds: float) -> None:
        """So much of this message went to the client."""
        if seconds > 0:
            self._message_id = message_id
            self._until = max(self._until, self._clock()) + seconds

    def stop(self, message_id: Optional[str] = None) -> None:
        """It has been played, or is played no more: this message, or whatever there is."""
        if message_id in (None, self._message_id):
            self._message_id = None
            self._until = 0.0

    @property
    def sounding(self) -> Optional[str]:
        """The message that sounds now."""
        return self._message_id if self._clock() < self._until else None
