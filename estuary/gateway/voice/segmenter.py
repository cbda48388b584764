"""Where speech begins, pauses and ends, from the probability of each window. Pure state: no audio, no clock."""

from __future__ import annotations

import enum
import math
from typing import Optional

from .base import HEARING_RATE, WINDOW

__all__ = ["WINDOW_SECONDS", "Segmenter", "Sign"]

#: seconds in one window
WINDOW_SECONDS = WINDOW / HEARING_RATE

#: windows without speech that end the beginning of what might become speech
_ONSET_GAP = 3
#: a click can't last so many windows
_LEAST_ONSET = 3


class Sign(enum.Enum):
    """What a window has brought about."""

    #: speech has gone on for long enough to be speech; it began at window ``start``
    STARTED = "started"
    #: a pause within speech, or its end: it is not known yet
    PAUSED = "paused"
    #: speech goes on after a pause
    RESUMED = "resumed"
    #: speech is over; or it was too long
    ENDED = "ended"


class Segmenter:
    """Feed it one probability a window; what each brings about comes back.

    Args:
        sensitivity: 0 takes only what is surely speech, 1 nearly everything.
        min_speech: seconds of speech below which nothing was said.
        pause: seconds without speech that are a pause.
        hangover: seconds without speech that end it; ``None``: only ``reset()`` does (push-to-talk).
        longest: seconds of speech after which it is ended by force.

    >>> segmenter = Segmenter(hangover=0.1, pause=0.05)
    >>> signs = [segmenter.feed(p) for p in [0.0] * 5 + [0.9] * 10 + [0.0] * 5]
    >>> [(index, sign.value) for index, sign in enumerate(signs) if sign]
    [(12, 'started'), (16, 'paused'), (18, 'ended')]
    """

    def __init__(
        self,
        *,
        sensitivity: float = 0.5,
        min_speech: float = 0.25,
        pause: float = 0.16,
        hangover: Optional[float] = 0.5,
        longest: float = 60.0,
    ) -> None:
        #: what is speech, and what is none any more: two thresholds, so that it does not flutter
        self._enter = 0.8 - 0.6 * sensitivity
        self._leave = max(0.05, self._enter - 0.15)
        self._onset = max(_LEAST_ONSET, math.ceil(min_speech / WINDOW_SECONDS))
        self._pause = max(1, math.ceil(pause / WINDOW_SECONDS))
        self._hangover = None if hangover is None else max(self._pause + 1, math.ceil(hangover / WINDOW_SECONDS))
        self._longest = max(self._onset + 1, int(longest / WINDOW_SECONDS))
        self._index = 0
        self.reset()

    def reset(self) -> None:
        """Nothing is being said, as at the beginning. Windows are counted on."""
        self._count = 0
        self._silent = 0
        #: speech is going on
        self.speaking = False
        #: speech might be beginning
        self.stirring = False
        #: window in which the present or latest speech began
        self.start = self._index
        #: the window after the latest one with speech
        self.end = self._index

    @property
    def windows(self) -> int:
        """How many windows there have been."""
        return self._index

    @property
    def silent(self) -> int:
        """How many windows without speech there have been since the latest one with it."""
        return self._index - self.end

    def feed(self, probability: float) -> Optional[Sign]:
        """The next window."""
        index = self._index
        self._index += 1
        if self.speaking:
            return self._go_on(probability, index)
        if probability >= self._enter:
            if not self.stirring:
                self.stirring = True
                self.start = index
                self._count = 0
            self._count += 1
            self._silent = 0
            self.end = index + 1
            if self._count >= self._onset:
                self.stirring = False
                self.speaking = True
                return Sign.STARTED
        elif self.stirring:
            self._silent += 1
            if self._silent >= _ONSET_GAP:
                self.stirring = False
        return None

    def _go_on(self, probability: float, index: int) -> Optional[Sign]:
        sign = None
        if probability >= self._leave:
            if self._silent >= self._pause:
                sign = Sign.RESUMED
            self._silent = 0
            self.end = index + 1
        else:
            self._silent += 1
            if self._silent == self._pause:
                sign = Sign.PAUSED
        if (self._hangover is not None and self._silent >= self._hangover) or index - self.start >= self._longest:
            self.speaking = False
            self._silent = 0
            return Sign.ENDED
        return sign
