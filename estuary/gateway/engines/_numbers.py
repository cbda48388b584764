"""Reading numbers, ages and dates."""

from __future__ import annotations

import re
from typing import Optional

from ._text import EDGE
from ._words import MONTHS

__all__ = ["NUMBER_WORDS", "TENS", "number_of", "read_age", "read_birthday"]

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_UNITS = dict(zip(_SMALL.split(" "), range(20)))
TENS = dict(zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10)))
#: Numbers in words: "zero" to "ninety-nine" and "hundred".
NUMBER_WORDS = {**_UNITS, **TENS}
NUMBER_WORDS.update({f"{t}-{u}": tv + uv for t, tv in TENS.items() for u, uv in _UNITS.items() if 0 < uv < 10})
NUMBER_WORDS["hundred"] = 100


def number_of(word: str) -> Optional[int]:
    """The number that a word is: "34" and "thirty-four" are 34."""
    word = word.lower().strip(EDGE)
    return int(word) if word.isdecimal() and len(word) < 10 else NUMBER_WORDS.get(word)


def read_age(text: str, *, sure: bool = False) -> Optional[str]:
    """Years, in digits. ``sure``: after "my age is", where a bare number can be nothing else."""
    words = text.split()
    if not words:
        return None
    years, used = number_of(words[0]), 1
    if years is not None and len(words) > 1 and words[0].lower() in TENS:
        unit = _UNITS.get(words[1].lower().strip(EDGE))
        if unit and unit < 10:
            years, used = years + unit, 2
    if years is None or not 3 <= years <= 120 or words[0][-1] in "%.:":
        return None
    rest = " ".join(words[used:]).lower().strip(EDGE)
    ended = not rest or words[used - 1][-1] == ","
    if (
        ended
        or sure
        or re.match(
            r"(?:years?[- ]old|y/?o\b|years of age|and |but |now\b|today\b|last |this |old\b|years young)", rest
        )
    ):
        return str(years)
    return None


_DAY = re.compile(
    r"(?:on |the )*(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?P<m1>[a-z]{3,9})|(?P<m2>[a-z]{3,9})\.? "
    r"(?:the )?(?P<d2>\d{1,2})"
    r"(?:st|nd|rd|th)?)(?:,? (?:in )?(?P<year>(?:19|20)\d\d))?(?![\d])",
    re.I,
)
_ISO = re.compile(r"(?:on )?(?P<year>(?:19|20)\d\d)-(?P<m>\d\d)-(?P<d>\d\d)\b")
_MONTH = re.compile(r"in (?P<m>[a-z]{3,9})\b", re.I)
_MONTH_NAMES = [name.capitalize() for name in list(MONTHS)[:12]]


def read_birthday(text: str) -> Optional[str]:
    """A date as "5 May", "5 May 1990" or, when no day is told, "May"."""
    iso = _ISO.match(text)
    if iso:
        month, day, year = int(iso["m"]), int(iso["d"]), iso["year"]
        return f"{day} {_MONTH_NAMES[month - 1]} {year}" if 1 <= month <= 12 and 1 <= day <= 31 else None
    match = _DAY.match(text)
    if match:
        name = (match["m1"] or match["m2"]).lower()
        day = int(match["d1"] or match["d2"])
        if name not in MONTHS or not 1 <= day <= 31:
            return None
        return f"{day} {_MONTH_NAMES[MONTHS[name] - 1]}" + (f" {match['year']}" if match["year"] else "")
    month_only = _MONTH.match(text)
    if month_only and month_only["m"].lower() in MONTHS:
        return _MONTH_NAMES[MONTHS[month_only["m"].lower()] - 1]
    return None
