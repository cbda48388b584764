"""When two memories say the same thing.

>>> digest("Lives in Lyon.") == digest("lives in  LYON")
True
>>> differ_in_substance("Likes strong black coffee", "Loves strong black coffee")
False
>>> differ_in_substance("Has a sister called Anna", "Has a sister called Emma")
True
>>> differ_in_substance("Likes olives", "Doesn't like olives")
True
>>> differ_in_substance("Is 30 years old", "Is 31 years old")
True
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Optional

from .lexicon import stem

__all__ = ["differ_in_substance", "digest", "fold"]

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

#: words that turn a sentence around or set its time: where only one of two sentences has one, they differ
_TURNS = frozenset(
    stem(word)
    for word in """
        no not never none nothing without stop stopped quit quits used former formerly ex was were had did dislike
        dislikes hate hates detest loathe avoid avoids cannot can't don't doesn't didn't isn't wasn't won't no-longer
        today tomorrow yesterday monday tuesday wednesday thursday friday saturday sunday january february march april
        may june july august september october november december morning evening night week month year last next left
        right north south east west before after more less mother father mom mum dad sister brother son daughter wife
        husband aunt uncle cousin grandmother grandfather friend boss one two three four five six seven eight nine ten
        first second third old new happy sad angry
    """.split()  # noqa: SIM905  # a list of words
)


def fold(text: str) -> str:
    """The text without case, accents' encoding, punctuation and spacing, for comparing."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return " ".join(_WORD.findall(text))


#: words that may stand for each other without the sense being another; ``None``: or be left out
_SYNONYMS: Mapping[str, Optional[str]] = {
    **dict.fromkeys(("loves", "enjoys", "adores"), "likes"),
    **dict.fromkeys(("loathes", "detests", "dislikes"), "hates"),
    "named": "called",
    **dict.fromkeys(("a", "an", "the", "really", "very", "also"), None),
}


def digest(content: str) -> str:
    """Equal for contents that differ in case, punctuation, spacing, articles and the like only.

    >>> digest("Loves hiking in the mountains") == digest("Enjoys hiking in mountains.")
    True
    """
    words = (_SYNONYMS.get(word, word) for word in fold(content).split())
    same = " ".join(word for word in words if word is not None) or fold(content)
    return hashlib.sha256(same.encode("utf-8", "surrogatepass")).hexdigest()


def differ_in_substance(one: str, other: str) -> bool:
    """Whether a name, a number, a negation or the like stands in one text only."""
    return bool(_substance(one) ^ _substance(other))


def _substance(text: str) -> set[str]:
    found = set()
    for index, word in enumerate(_WORD.findall(text)):
        folded = word.casefold().replace("’", "'")
        named = (word[:1].isupper() and index > 0) or any(ch.isdigit() for ch in word)
        if named or stem(folded) in _TURNS or folded in _TURNS or folded.endswith("n't"):
            found.add(stem(folded))
    return found
