"""What a statement makes untrue: "Tuesday, not Monday", "I don't live in Leeds any more", news of what is known."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..base import Exchange
from ..keys import is_single
from .statements import Statement
from .values import Told

__all__ = ["is_corrective", "superseded"]

_NOT = re.compile(
    r",? (?:and |but )?not (?P<old>[^\s,.;:!?][^,.;:!?]{0,40}?)(?: any ?more)?$"
    r"|^(?:it's |i'm |that's )?not (?P<early>[^,.;:!?]{2,40}),",
    re.I,
)
_ENDED = re.compile(
    r"\b(?:don't|do not|doesn't|no longer|can't|stopped|quit|gave up|given up|gone off|used to)\b "
    r"(?:really |actually |to )?(?P<what>.{2,60}?)(?: any ?more| any longer| these days| now)?(?:,|$)",
    re.I,
)
_OVER = re.compile(
    r"\b(?:any ?more|any longer|no longer|stopped|quit|gave up|given up|gone off|used to|instead)\b", re.I
)
_DATED = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|july|august|september|october|"
    r"november|december|\d{1,2}(?::\d\d)? ?(?:am|pm|o'clock)|noon|midnight|(?:the )?\d{1,2}(?:st|nd|rd|th)|\d{1,4})\b",
    re.I,
)
_NAMED = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]+\b")


def is_corrective(statement: Statement, exchange: Exchange) -> bool:
    """Whether something was wrong or has changed: the words say so, or name what was said or is known."""
    instead = _NOT.search(statement.text)
    old = (instead["old"] or instead["early"]).strip().casefold() if instead else ""
    said = " ".join([exchange.before, *(value for values in exchange.facts.values() for value in values)]).casefold()
    return statement.corrective or _OVER.search(statement.text) is not None or bool(old and old in said)


def superseded(statement: Statement, told: Sequence[Told], exchange: Exchange) -> list[str]:
    """Values and words of memories that ``statement`` makes untrue."""
    found: list[str] = []
    for item in told:
        known = exchange.facts.get(item.fact.key, ())
        if item.fact.negated:
            found.append(item.fact.value)
        elif is_single(item.fact.key):
            found += [value for value in known if value.casefold() != item.fact.value.casefold()]
    instead = _NOT.search(statement.text)
    if instead:
        found.append((instead["old"] or instead["early"]).strip())
    elif _OVER.search(statement.text):
        ended = _ENDED.search(statement.text)
        if ended and not found:
            found.append(ended["what"].strip())
    elif statement.corrective and not found:
        found += _said_before(statement.text, exchange.before)
    return [word for word in dict.fromkeys(found) if word]


def _said_before(text: str, before: str) -> list[str]:
    """A day, an hour, a number or a name of the character's, where the statement has another one."""
    for sort in (_DATED, _NAMED):
        new = sort.search(text) or (re.match(r"[A-Z]\w+", text) if sort is _NAMED else None)
        if new:
            old = [match[0] for match in sort.finditer(before) if match[0].casefold() != new[0].casefold()]
            if old:
                return old[-1:]
    return []
