"""What a user tells of themselves, by deterministic rules over English.

Precision first: a fact that is missed can be told again, one that is made up is a lie about someone. Questions,
hypotheses, quotations, stories, jokes and other people's lives yield nothing.

>>> [(fact.key, fact.value) for fact in extract_facts("Hi, I'm Alice and I live in Lyon.")]
[('name', 'Alice'), ('home', 'Lyon')]
>>> merge_facts({"likes": ["olives"]}, extract_facts("I don't like olives any more."))
{}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Optional

from ._clauses import clauses, plain, sentences, strip_leads
from ._fact import Fact
from ._fact_rules import read_clause
from ._things import read_value
from ._values import read_job, read_name, read_place

__all__ = ["Fact", "extract_facts", "merge_facts"]

_OPPOSITES = {"likes": "dislikes", "dislikes": "likes"}


def extract_facts(text: str, answering: str = "") -> list[Fact]:
    """The facts in ``text``, in the order told.

    ``answering`` is what the character said just before: with it a bare "Alice" after "What's your name?" is a name.
    Linear in the text; at most the first 20,000 characters are read.
    """
    found: list[Fact] = []
    denied: Optional[Fact] = None
    for clause in clauses(text):
        if clause.isupper():
            clause = clause.lower()
        new = list(read_clause(clause))
        if not new and denied is not None:
            new = list(_instead(clause, denied))
        denied = next((fact for fact in new if fact.negated), None)
        for fact in new:
            if fact not in found:
                found.append(fact)
    if not found and answering:
        found.extend(_bare_answer(text, answering))
    return found


def merge_facts(facts: Mapping[str, Sequence[str]], new: Iterable[Fact]) -> dict[str, list[str]]:
    """What is known after ``new``: a copy, newest values last, keys without values left out.

    Liking what was disliked moves it over. Merging the same facts twice changes nothing.
    """
    merged = {key: list(values) for key, values in facts.items()}
    for fact in new:
        values = merged.setdefault(fact.key, [])
        same = [value for value in values if _same(fact.key, value, fact.value)]
        if fact.negated:
            merged[fact.key] = [value for value in values if value not in same]
            continue
        opposite = _OPPOSITES.get(fact.key)
        if opposite in merged:
            merged[opposite] = [value for value in merged[opposite] if value.casefold() != fact.value.casefold()]
        if fact.replaces:
            merged[fact.key] = [fact.value]
            continue
        # "a dog" told after "my dog Rex" says nothing new; the other way round it does
        if any(len(value) > len(fact.value) for value in same):
            continue
        merged[fact.key] = [value for value in values if value not in same] + [fact.value]
    return {key: values for key, values in merged.items() if values}


def _same(key: str, old: str, new: str) -> bool:
    old, new = old.casefold(), new.casefold()
    if old == new:
        return True
    if key in {"pets", "family"}:
        return old.startswith(new + " ") or new.startswith(old + " ")
    return False


def _one(key: str, value: Optional[str]) -> Iterator[Fact]:
    if value:
        yield Fact(key, value, replaces=True)


# --- answers that lean on what was said before --------------------------------------------------------------------


def _instead(clause: str, denied: Fact) -> Iterator[Fact]:
    """The second half of "my name isn't Bob, it's Alice"."""
    match = re.match(r"(?:it's|it is|but|rather|i'm|that's) ", clause, re.I)
    if not match:
        return
    rest = clause[match.end() :]
    if denied.key == "name":
        yield from _one("name", read_name(rest))
    elif denied.key.startswith("favourite"):
        yield from _one(denied.key, read_value(rest))
    elif denied.key == "home":
        yield from _one("home", read_place(rest, loose=False))


_ASKED = (
    (re.compile(r"\b(?:your name|(?:should|shall|can|may) i call you|who (?:are you|am i talking))\b", re.I), "name"),
    (re.compile(r"\bwhere (?:do you|are you) (?:live|living)\b", re.I), "home"),
    (re.compile(r"\b(?:do you do for a living|is your job|do you work as)\b", re.I), "job"),
)


def _bare_answer(text: str, answering: str) -> Iterator[Fact]:
    questions = [body for body, mark in sentences(plain(answering)) if "?" in mark]
    told = [body for body, mark in sentences(plain(text[:200])) if "?" not in mark]
    if not questions or not told or text.strip().endswith("?"):
        return
    answer = re.sub(r"^(?:it's|it is|that's|that would be|just|in) ", "", strip_leads(told[0]), flags=re.I)
    if len(answer.split()) > 4:
        return
    for pattern, key in _ASKED:
        if not pattern.search(questions[-1]):
            continue
        if key == "name":
            yield from _one("name", read_name(answer, loose=len(answer.split()) == 1))
        elif key == "home":
            yield from _one("home", read_place(answer, loose=len(answer.split()) == 1))
        else:
            yield from _one("job", read_job(answer))
        return
