"""Word error rate: what was understood against what was said, whatever way either is spelled."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

from attrs import define

ONES = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}
NUMBERS = {*ONES, *TENS[2:], "hundred", "thousand", "million"}

#: in this order
SPELLINGS = [
    (r"[’`]", "'"),
    (r"\bwon't\b", "will not"),
    (r"\b(?:can't|cannot)\b", "can not"),
    (r"n't\b", " not"),
    (r"'re\b", " are"),
    (r"'ll\b", " will"),
    (r"'ve\b", " have"),
    (r"'m\b", " am"),
    (r"'d\b", " would"),
    (r"\blet's\b", "let us"),
    (r"\b(he|she|it|that|there|here|what|where|who|how|when|why)'s\b", r"\1 is"),
    (r"'", ""),
    (r"\bmr\b\.?", "mister"),
    (r"\bmrs\b\.?", "missus"),
    (r"\bdr\b\.?", "doctor"),
    (r"\bok\b", "okay"),
    (r"\bto-(day|night|morrow)\b", r"to\1"),
    (r"(?<=\d),(?=\d{3}\b)", ""),
    (r"\$(\d+)\.(\d\d)\b", r"\1 dollars \2"),
    (r"\$(\d+)", r"\1 dollars"),
    (r"%", " percent "),
    (r"&", " and "),
    (r"(\d):00\b", r"\1"),
    (r"(\d):(\d\d)", r"\1 \2"),
    (r"(\d)\.(?=\d)", r"\1 point "),
    (r"[^a-z0-9]+", " "),
]
#: more readings of one text are not tried
MOST_READINGS = 500


def cardinal(number: int) -> list[str]:
    """
    >>> " ".join(cardinal(1_234_056))
    'one million two hundred thirty four thousand fifty six'
    """
    for size, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = cardinal(number % size) if number % size else []
            return [*cardinal(number // size), name, *rest]
    if number >= 20:
        return [TENS[number // 10], *([ONES[number % 10]] if number % 10 else [])]
    return [ONES[number]]


def _spoken(word: str) -> list[list[str]]:
    """The ways to read one word out: several for digits."""
    ordinal = re.fullmatch(r"(\d{1,4})(?:st|nd|rd|th)", word)
    if ordinal:
        *before, last = cardinal(int(ordinal[1]))
        last = ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last.rstrip("e") + "th")
        return [[*before, "twelfth" if last == "twelvth" else last]]
    if not word.isdigit():
        return [[word]]
    ways = [[ONES[int(digit)] for digit in word]]
    if len(word) < 8:
        ways.append(cardinal(int(word)))
    if len(word) in (3, 4):  # a year, a time of day, a number of a house
        ways.append(cardinal(int(word[:-2])) + (cardinal(int(word[-2:])) if word[-2:] != "00" else ["hundred"]))
    return ways


def readings(text: str) -> list[list[str]]:
    """The words of a text, in every way in which its digits can be read.

    >>> [" ".join(words) for words in readings("It's $5, isn't it?")]
    ['it is five dollars is not it']
    >>> " ".join(readings("four hundred and fifty")[0])
    'four hundred fifty'
    """
    text = text.lower()
    for pattern, spelling in SPELLINGS:
        text = re.sub(pattern, spelling, text)
    ways = {"_".join(way): None for way in map(_plain, itertools.islice(_all(text.split()), MOST_READINGS))}
    return [way.split("_") if way else [] for way in ways]


def _all(words: Sequence[str]) -> Iterable[list[str]]:
    return (list(itertools.chain(*ways)) for ways in itertools.product(*map(_spoken, words)))


def _plain(words: list[str]) -> list[str]:
    """Without the "and" in numbers."""
    return [
        word
        for at, word in enumerate(words)
        if not (
            word == "and"
            and words[at - 1] in ("hundred", "thousand")
            and words[at + 1 : at + 2]
            and words[at + 1] in NUMBERS
        )
    ]


def distance(said: Sequence[str], understood: Sequence[str]) -> int:
    """Words to replace, to leave out and to put in."""
    row = list(range(len(understood) + 1))
    for i, a in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(understood, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


@define
class WordErrors:
    """Of any number of sentences."""

    words: int = 0
    errors: int = 0
    sentences: int = 0
    #: without an error
    right: int = 0

    def add(self, said: str, understood: str) -> int:
        """Count one sentence. Returns its errors."""
        errors, words = min((distance(a, b), len(a)) for a in readings(said) for b in readings(understood))
        self.words += words
        self.errors += errors
        self.sentences += 1
        self.right += not errors
        return errors

    @property
    def percent(self) -> float | None:
        return 100 * self.errors / self.words if self.words else None
