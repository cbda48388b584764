"""Single keys in a terminal, and what the space bar means there as a push-to-talk key."""

from __future__ import annotations

import os
import re
import select
import sys
from typing import Any, List

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

__all__ = ["ESCAPE", "Keys", "TalkKey"]

ESCAPE = "\x1b"
#: keys that send several characters (arrows, Alt with a letter), or one
_KEY = re.compile(r"\x1b\[[0-9;?]*[@-~]|\x1bO.|\x1b.|.", re.DOTALL)


class Keys:
    """While in the ``with`` block, keys come one by one, and don't show. For the main thread of a real terminal."""

    #: whether this system has them
    possible = termios is not None

    def __enter__(self) -> Keys:
        self._fd = sys.stdin.fileno()
        self._before: List[Any] = termios.tcgetattr(self._fd)
        single = [*self._before[:6], [*self._before[6]]]
        single[3] &= ~(termios.ECHO | termios.ICANON)
        # a conversation can't be suspended: its devices and its connection would be gone
        single[6][termios.VSUSP] = b"\0"
        single[6][termios.VMIN], single[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self._fd, termios.TCSADRAIN, single)
        return self

    def __exit__(self, *error: object) -> None:
        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    def read(self, timeout: float) -> List[str]:
        """The keys that were pressed, waiting at most ``timeout`` seconds for the first. Raises ``EOFError``."""
        if not select.select([self._fd], [], [], timeout)[0]:
            return []
        data = os.read(self._fd, 1024)
        if not data:
            raise EOFError
        return [key for key in _KEY.findall(data.decode("utf-8", "replace")) if len(key) == 1]


class TalkKey:
    """A push-to-talk key for terminals, which tell when a key goes down and repeat it, but never when it goes up.

    So both ways work: press it to begin and again to end; or hold it, and the end of the repetition is the end. All
    times are seconds of one clock.
    """

    #: the repetition of a key that is held begins within this time on all usual systems …
    BEGINS = 1.0
    #: … and goes on at intervals shorter than this
    EVERY = 0.2
    #: a key that was not repeated for so long is up
    UP = 0.4

    def __init__(self) -> None:
        self.is_down = False
        #: whether it is known to be held, and so ends by itself
        self.is_held = False
        self._since = 0.0
        self._last = float("-inf")

    def hit(self, now: float) -> None:
        """The terminal sent the key."""
        is_repeated = now - self._last < self.EVERY
        self._last = now
        if not self.is_down:
            # what is repeated after the end is a key that was held longer than it was understood to be
            self.is_down, self.is_held, self._since = not is_repeated, False, now
        elif not self.is_held and now - self._since < self.BEGINS:
            self.is_held = True
        elif not self.is_held:
            self.is_down = False

    def look(self, now: float) -> None:
        """Time has passed."""
        if self.is_held and now - self._last > self.UP:
            self.release()

    def release(self) -> None:
        """It counts as up, whatever it is."""
        self.is_down = self.is_held = False
