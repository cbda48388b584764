"""Core facts from spans: which spans are values, and what the fact, its sentence and its entities are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Optional

from attrs import evolve, frozen

from ...engines._fact_rules import favourite_key, read_clause
from ...engines._numbers import number_of, read_birthday
from ...engines._text import capitalise, gerund
from ...engines._words import LANGUAGES, word_set
from ..base import FactChange
from ..keys import is_single, wire_key
from .learned import model
from .spans import Span, is_pet, spans
from .statements import Statement
from .voice import others, sentence_case
from .words import BREEDS, ROLES, singular

__all__ = ["Told", "facts_of", "sentence_of"]

#: a span is a value when it is this probable
SURE = 0.8
_ENDED = re.compile(
    r"\b(?:any ?more|any longer|no longer|used to|stopped|gone off|quit|gave up|given up|former|ex-?)\b|"
    r"\b(?:don't|do not|doesn't|didn't|isn't|not|never)\b (?:really |actually )?(?:live|work|from|have|own|speak|"
    r"called|a|an|in|allergic)\b",
    re.I,
)
_NEVER = re.compile(r"\b(?:don't|do not|am not|'m not|isn't|no longer|never|not)\b", re.I)
_FAVOURITE = re.compile(
    r"\bfav(?:ou?rite|e)?s? (?P<thing>[a-z]+(?: [a-z]+)??)(?=\?|$|,| (?:is|are|was|of|ever|at|then)\b|'s)", re.I
)
_COUNT = re.compile(r"\b(?P<count>two|three|four|five|six|seven|\d)\W+(?:\w+ ){0,2}$", re.I)
_ROLE_ASKED = re.compile(r"\byour (?:\w+ ){0,2}?(?P<role>[\w-]+?)(?:'s|s'|\b)", re.I)


@frozen
class Told:
    """A fact that a statement tells. ``role`` and ``name`` are of a relative or an animal."""

    fact: FactChange
    role: str = ""
    name: str = ""
    probability: float = 1.0


def facts_of(statement: Statement, asked: str, *, role: str = "") -> list[Told]:
    """The core facts of ``statement``. ``role`` is whose name may be told: "sister" after "What's her name?"."""
    sure = list(_by_rule(statement))
    found = spans(statement, asked)
    if not found:
        return sure
    import numpy as np

    spotter = model("span")
    chances = spotter.probabilities([span.features for span in found], np.array([span.vector for span in found]))
    picked: list[tuple[float, Span, str]] = []
    taken = {word for told in sure for word in told.fact.value.lower().split()}
    ranked = sorted(range(len(found)), key=lambda index: (chances[index][0], index))
    for index in ranked:
        span, row = found[index], chances[index]
        if row[0] > 1 - SURE:
            break
        if any(span.first < other.stop and other.first < span.stop for _, other, _ in picked):
            continue
        if set(span.text.lower().split()) & taken:
            continue
        picked.append((float(1 - row[0]), span, spotter.classes[int(row[1:].argmax()) + 1]))
    picked.sort(key=lambda item: item[1].first)
    return [*sure, *_told(picked, statement, asked, role)]


def _by_rule(statement: Statement) -> Iterator[Told]:
    """The facts that the companion's rules, which are strict, find where nothing speaks against the statement."""
    if statement.doubts:
        return
    for fact in read_clause(statement.text):
        key = wire_key(fact.key)
        if key in {"family", "pets"}:
            role, _, name = fact.value.partition(" ")
            named = name[:1].isupper()
            yield Told(
                FactChange(key, fact.value, negated=fact.negated), role if named else fact.value, name if named else ""
            )
        else:
            yield Told(FactChange(key, fact.value, negated=fact.negated, replaces=is_single(key) and not fact.negated))


def _told(picked: Sequence[tuple[float, Span, str]], statement: Statement, asked: str, role: str) -> Iterator[Told]:
    ended = _ENDED.search(statement.text) is not None
    named: set[int] = set()
    roles = {"fname": "family", "pname": "pets"}
    last: Optional[int] = None
    for place, (chance, span, tag) in enumerate(picked):
        if tag in {"family", "pets"}:
            last = place
        elif tag in roles:
            whose, own = _whose(picked, place, last, roles[tag]), ""
            if whose is not None:
                named.add(whose)
                own = _role(picked[whose][1].text)
            own = own or _asked_role(asked, role, tag)
            name = span.text if span.text[:1].isupper() else " ".join(map(capitalise, span.text.split()))
            yield Told(FactChange(roles[tag], f"{own} {name}".strip()), own, name, chance)
    for place, (chance, span, tag) in enumerate(picked):
        if tag in {"family", "pets"} and place not in named:
            count = _COUNT.search(statement.text[: _at(statement, span)])
            value = f"{count['count'].lower()} {span.text.lower()}" if count else _role(span.text)
            gone = ended and _NEVER.search(statement.text) is not None
            yield Told(FactChange(tag, value, negated=gone), _role(span.text), "", chance)
        elif tag not in {"family", "pets", *roles}:
            fact = _fact(tag, span, statement, asked)
            if fact is not None:
                gone = ended and tag not in {"dislikes", "allergies", "age", "birthday", "favourite"}
                replaces = is_single(fact.key) and not gone
                yield Told(evolve(fact, negated=gone, replaces=replaces), probability=chance)


def _at(statement: Statement, span: Span) -> int:
    return max(0, statement.text.find(span.text))


def _whose(picked: Sequence[tuple[float, Span, str]], place: int, last: Optional[int], key: str) -> Optional[int]:
    """The role that a name belongs to: the nearest before it, else one right after."""
    if last is not None and picked[last][2] == key:
        return last
    after = [other for other in range(place + 1, len(picked)) if picked[other][2] == key]
    return after[0] if after and picked[after[0]][1].first - picked[place][1].stop < 5 else None


def _role(text: str) -> str:
    role = singular(text.lower())
    role = role[:-1] if role not in ROLES and role[:-1] in ROLES else role
    return BREEDS.get(role, role) if not is_pet(role) or role in BREEDS else role


def _asked_role(asked: str, role: str, tag: str) -> str:
    match = _ROLE_ASKED.search(asked)
    word = match["role"].lower() if match else ""
    fits = (is_pet(word) if tag == "pname" else False) or (tag == "fname" and singular(word) in _KIN_ROLES)
    return singular(word) if fits else role


_KIN_ROLES = word_set("""
    sister brother son daughter wife husband partner mother father mum mom dad aunt uncle cousin niece nephew twin
    grandmother grandfather gran nan grandad grandma grandpa girlfriend boyfriend fiancé fiancée child kid baby
    grandson granddaughter
""")


def _fact(tag: str, span: Span, statement: Statement, asked: str) -> Optional[FactChange]:
    value = span.text.strip(" .,'-")
    if tag == "age":
        years = number_of(value) or number_of(value.split()[0])
        return FactChange("age", str(years)) if years and 3 <= years <= 120 else None
    if tag == "birthday":
        told = read_birthday(re.sub(r"^the ", "", value)) if any(c.isdigit() for c in value) else value.capitalize()
        return FactChange("birthday", told) if told else None
    if tag == "favourite":
        match = _FAVOURITE.search(statement.text) or _FAVOURITE.search(asked)
        return FactChange(favourite_key(match["thing"]), value) if match else FactChange("interests", value)
    if tag in {"name", "location", "origin"} and value == value.lower():
        value = " ".join(word if word in {"of", "on", "the", "de"} else capitalise(word) for word in value.split())
    if tag == "languages":
        named = [word.capitalize() for word in value.lower().split() if word in LANGUAGES]
        return FactChange("languages", named[0] if named else value)
    if tag == "interests" and span.kind in {"verb", "run"} and " " not in value and _bare_verb(statement, span):
        value = gerund(value.lower())
    return FactChange(tag, value) if value else None


def _bare_verb(statement: Statement, span: Span) -> bool:
    """Whether the span is what the user does, not a thing: "I **paint** a bit"."""
    before = statement.text[: _at(statement, span)].lower().split()[-2:]
    return bool(before) and not {"i", "we", "to", "and"}.isdisjoint(before)


def sentence_of(told: Told) -> str:
    """The fact as a sentence of its own.

    >>> sentence_of(Told(FactChange("location", "Lyon")))
    'Lives in Lyon'
    """
    key, value, gone = told.fact.key, told.fact.value, told.fact.negated
    if told.name:
        if told.role:
            has = key == "pets"
            return (
                f"Has a {told.role} called {told.name}" if has else f"{sentence_case(told.role)} is called {told.name}"
            )
        return f"{told.name} is {'their pet' if key == 'pets' else 'family'}"
    if key == "name":
        return f"Is {'not ' if gone else ''}called {value}"
    if key.startswith("favourite "):
        return f"{sentence_case(key)} is {others(value)}"
    if key in {"family", "pets"}:
        return f"{'Does not have' if gone else 'Has'} {value if value.split()[0] in _COUNTS else _with_article(value)}"
    if key == "occupation":
        verb = "No longer works" if gone else "Works"
        plain = value.lower() in {"retired", "unemployed", "self-employed", "freelance"}
        return f"Is {value}" if plain else f"{verb} as {_with_article(value)}"
    positive, negative = _SENTENCES[key]
    return f"{negative if gone else positive} {others(value)}{' years old' if key == 'age' else ''}"


_COUNTS = word_set("two three four five six seven 2 3 4 5 6 7")
_SENTENCES = {
    "location": ("Lives in", "No longer lives in"),
    "origin": ("Comes from", "Does not come from"),
    "employer": ("Works at", "No longer works at"),
    "age": ("Is", "Is not"),
    "birthday": ("Birthday is", "Birthday is not"),
    "interests": ("Likes", "No longer likes"),
    "dislikes": ("Dislikes", "Does not dislike"),
    "languages": ("Speaks", "Does not speak"),
    "allergies": ("Is allergic to", "Is not allergic to"),
}


def _with_article(noun: str) -> str:
    if noun.split()[0].lower() in {"a", "an", "the", "my", "their"} or noun.endswith("s"):
        return noun
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
