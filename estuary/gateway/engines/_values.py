"""Reading a name, a place, a trade, an employer, languages.

Each reader takes the words that follow the verb and returns the value, or ``None`` when in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Optional

from ._text import EDGE, capitalise, cut, proper
from ._words import (
    COUNTRIES,
    GIVEN_NAMES,
    JOBS,
    LANGUAGES,
    MONTHS,
    NOT_NAMES,
    NOT_PLACES,
    PLACE_NOUNS,
    TITLES,
    word_set,
)

__all__ = ["read_employer", "read_job", "read_languages", "read_name", "read_place"]

_PARTICLES = word_set("""
    de van von der den da del della la le di du dos bin ibn al el ter y
""")
_AFTER_NAME = word_set("""
    and but from by btw here i'm i nice speaking although though so not or because please too who which
""")
_PARTICIPLE = re.compile(r"(?:ing|ed|ly|ful|less|ous|able|ible|ish)$", re.I)


def read_name(text: str, *, strict: bool = False, loose: bool = False) -> Optional[str]:
    """A person's name at the start of ``text``.

    ``strict``: after "I'm", where it might be anything, a name needs a capital (or to be a common one) and nothing
    but the end or a conjunction after it. ``loose``: any single word will do that isn't known to be something else.
    """
    found: list[str] = []
    words = text.split()
    position = 0
    for position, word in enumerate(words[:6]):
        bare = word.strip(EDGE)
        lower = bare.lower()
        if not bare or lower.endswith("'s") or not all(c.isalnum() or c in "-'.·" for c in bare):
            break
        if lower in TITLES and not found:
            found.append(bare if proper(bare) else bare.capitalize())
            continue
        if not bare[0].isalpha() or bare.isdigit():
            break
        first = not any(part.lower() not in TITLES for part in found)
        if first:
            known = lower in GIVEN_NAMES
            if lower in NOT_NAMES or lower in LANGUAGES or lower in JOBS:
                return None
            if lower in COUNTRIES and len(lower) > 3 and not known:
                return None
            if strict and not known and (not proper(bare) or _PARTICIPLE.search(bare)):
                return None
            if not known and not proper(bare) and not loose:
                return None
            found.append(capitalise(bare))
        elif (
            lower in _PARTICLES
            and position + 1 < len(words)
            and (proper(words[position + 1]) or words[position + 1].lower() in _PARTICLES)
        ):
            found.append(bare)
        elif lower in _AFTER_NAME or lower in NOT_NAMES:
            break
        elif (
            proper(bare)
            or (position == len(words) - 1 and not proper(found[0]) and not strict)
            or (position == len(words) - 1 and words[0].islower() and lower.isalpha() and lower not in _AFTER_NAME)
        ):
            found.append(capitalise(bare))
        else:
            break
        if word[-1] in ",:;)–—":
            position += 1
            break
    else:
        position = len(words)
    name = [part for part in found if part.lower() not in TITLES]
    if not name or len(" ".join(found)) > 60:
        return None
    rest = words[position:] if position < len(words) else []
    if rest and rest[0].strip(EDGE).lower() not in _AFTER_NAME:
        ended = words[position - 1][-1] in ",:;)–—" or rest[0][0] in "-–—("
        if strict and not ended:
            return None
        if not ended and rest[0].strip(EDGE).lower().endswith("'s"):
            return None
    return " ".join(found)


#: "new york", "north wales"
_PLACE_STARTS = frozenset({"new", "north", "south", "east", "west", "old", "great"})


def _title(words: Iterable[str]) -> str:
    small = {"of", "the", "on", "upon", "and", "near", "sur", "de", "la", "le", "am", "in", "outside", "by"}
    return " ".join(word if word.lower() in small else capitalise(word) for word in words)


def read_place(text: str, *, loose: bool = True) -> Optional[str]:
    """A place where one can live. ``loose`` also takes an unknown word without a capital ("lyon")."""
    head, comma, after = text.partition(",")
    value = cut(head)
    if comma and value == head.strip(EDGE):
        country = cut(after, re.compile(r"[,:;(]| (?:and|but|with|since|for|now|so) ", re.I))
        if country.lower() in COUNTRIES and (len(country) > 2 or country.isupper()):
            value = f"{value}, {country if country != country.lower() else _title(country.split())}"
    words = value.split()
    for index, word in enumerate(words):
        if word.lower() in {"and", "or"} and not (index + 1 < len(words) and proper(words[index + 1])):
            words = words[:index]
            break
    if not words or len(words) > 9:
        return None
    first = words[0].lower()
    if first in {"a", "an", "the"}:
        lowered = {word.lower() for word in words}
        if first == "the" and len(words) > 1 and (proper(words[1]) or " ".join(words).lower() in COUNTRIES):
            return " ".join(words) if proper(words[1]) else "the " + _title(words[1:])
        return " ".join(words) if lowered & PLACE_NOUNS else None
    if first in {"downtown", "central", "northern", "southern", "eastern", "western", "rural", "inner", "greater"}:
        return " ".join(words) if len(words) > 1 else None
    if not proper(words[0]):
        if not loose or len(words) > 3 or first in NOT_PLACES or not words[0].replace("-", "").isalpha():
            return None
        if first in MONTHS or first in JOBS or (first in NOT_NAMES and first not in _PLACE_STARTS):
            return None
        return _title(words)
    if first in NOT_PLACES or (first in MONTHS and len(words) == 1):
        return None
    return _title(words) if value.isupper() and len(value) > 3 else " ".join(words)


_JOB_TAIL = re.compile(
    r"[,:;(]| (?:-|–|—) |\b(?:at|in|for|by|from|with|since|because|when|where|which|who|that|while|although|"
    r"though|but|so|"
    r"if|unless|too|now|currently|these days|anymore|any more|any longer|here|and|or|on|to|please|as|who's|lol|not|"
    r"working|living|turned|about|like|than|again|then|once)\b",
    re.I,
)


def read_job(text: str, *, named: bool = False) -> Optional[str]:
    """A trade: "software engineer", "retired nurse", "professor of physics".

    ``named``: after "I work as", where whatever follows an article is one.
    """
    match = re.match(r"(?:an?|the|your)\s+", text, re.I)
    article = bool(match)
    if match:
        text = text[match.end() :]
    value = cut(text, _JOB_TAIL)
    words = value.split()
    if not words or len(words) > 5 or any("'s" in word for word in words):
        return None
    head = [word.lower() for word in words]
    core = head[: head.index("of")] if "of" in head else head
    if not core or core[0] in {
        "big",
        "huge",
        "bit",
        "lot",
        "fan",
        "good",
        "bad",
        "great",
        "terrible",
        "better",
        "real",
    }:
        return None
    known = core[-1] in JOBS or core[-1].endswith(("ologist", "-driver", "ographer"))
    if not known and not (named and article):
        return None
    if (
        named
        and not known
        and core[-1] in {"team", "group", "kid", "child", "couple", "result", "rule", "favour", "favor"}
    ):
        return None
    return " ".join(
        word if (proper(word) and not word.istitle()) or not word.istitle() else word.lower() for word in words
    )


def read_employer(text: str) -> Optional[str]:
    """Whom one works for: "Airbus", "a bakery", "the city hospital"."""
    value = cut(
        text,
        re.compile(
            r"[,:;(]| (?:-|–|—) |\b(?:as|and|in|since|because|when|where|which|who|that|but|so|now|"
            r"currently|these days|any ?more|any longer|if|too|for|with|on|from|to|until|not|near|again|about)\b",
            re.I,
        ),
    )
    words = value.split()
    if not words or len(words) > 6:
        return None
    first = words[0].lower()
    if first in {"a", "an", "the"} and len(words) > 1:
        if words[1].lower() in {
            "moment",
            "time",
            "while",
            "living",
            "weekend",
            "weekends",
            "same",
            "best",
            "night",
            "computer",
            "desk",
            "job",
            "future",
            "money",
            "fun",
            "minute",
            "long",
            "few",
            "lot",
            "bit",
            "office",
        }:
            return None
        return " ".join(words)
    if proper(words[0]) and first not in MONTHS and first not in NOT_NAMES and first not in {"myself", "i"}:
        return " ".join(words)
    return None


def read_languages(text: str) -> list[str]:
    """The languages named before anything that isn't one."""
    found: list[str] = []
    for word in re.findall(r"[^\s,.;:!?()]+", text)[:24]:
        lower = word.lower()
        if lower in LANGUAGES:
            found.append(lower.capitalize())
        elif lower not in {
            "and",
            "or",
            "a",
            "little",
            "bit",
            "of",
            "some",
            "fluent",
            "fluently",
            "both",
            "also",
            "in",
            "as",
            "well",
            "good",
            "basic",
            "perfect",
            "native",
            "only",
            "broken",
            "decent",
            "but",
            "&",
            "not",
            "very",
            "much",
            "any",
        } or lower in {"but", "not"}:
            break
    return found
