"""The dialogues with the memories that they should leave, and whether an extracted one is one of those."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from attrs import evolve, frozen

from estuary.gateway.memory.base import MEMORY_TYPES

DATA = Path(__file__).resolve().parent / "data" / "dialogues"
#: when every dialogue begins
AT = dt.datetime(2026, 3, 12, 18, 30, tzinfo=dt.timezone.utc)
HALVES = ("dev", "unseen")
#: what the extractor may be tuned and trained on, and whose mistakes may be seen; all but ``dev`` have no questions for
#: recall
TUNING = ("dev", *(f"dev{number}" for number in range(2, 66)))
#: for measuring only
UNSEEN = ("unseen", "held")
#: a content with more words than this is a copy of what was said, not a memory
MOST_WORDS = 30
#: the keys whose facts are judged; ``favourite …`` besides
CORE_FACTS = frozenset(
    {"name", "location", "origin", "occupation", "employer", "age", "birthday"}
    | {"interests", "dislikes", "family", "pets", "languages", "allergies"}
)

_NOT = r"not|no longer|never|used to|stopped|former\w*|dislik\w*|hat(?:e|es|ed)|loath\w*|detest\w*|(?:\w+n't)"
_NEGATED = re.compile(rf"\b(?:{_NOT})\b")
#: what says of itself that something is not so
_NEGATIVE = re.compile(
    rf"\b(?:{_NOT}|no|without|avoid\w*|gave up|given up|quit|cannot|ex|ended|left|refus\w*|rather not|unable)\b"
)


@frozen
class ExpectedFact:
    key: str
    values: Sequence[str]
    negated: bool = False
    #: right if it comes, no loss if it doesn't; any value of the key is then right
    optional: bool = False

    def fits(self, key: str, value: str, negated: bool) -> bool:
        if fact_key(self.key) != fact_key(key) or negated != self.negated:
            return False
        got = _tokens(value)
        return any(wanted <= got and len(got) <= len(wanted) + 3 for wanted in map(_tokens, self.values))


@frozen
class Expected:
    """One memory that an utterance should leave (or may, if ``optional``)."""

    type: str
    types: Sequence[str]
    #: each is a list of alternatives of which the content must have one, as the beginning of a word
    about: Sequence[Sequence[str]]
    fact: Optional[ExpectedFact] = None
    optional: bool = False
    #: ``positive``, ``negative`` or ``any``: whether the content must say that it is so, or that it is not
    polarity: str = "positive"
    supersedes: Sequence[str] = ()

    def fits(self, memory_type: str, content: str) -> bool:
        if not self.optional and memory_type not in self.types:
            return False
        text = fold(content)
        if len(text.split()) > MOST_WORDS:
            return False
        if self.polarity == "positive" and _NEGATED.search(text):
            return False
        if self.polarity == "negative" and not _NEGATIVE.search(text):
            return False
        return all(
            any(re.search(rf"(?<!\w){re.escape(fold(word))}", text) for word in alternatives)
            for alternatives in self.about
        )


@frozen
class Utterance:
    user: str
    character: str
    memories: list[Expected]


@frozen
class Dialogue:
    id: str
    title: str
    character: str
    opening: str
    at: dt.datetime
    utterances: Sequence[Utterance]


def load(half: str) -> list[Dialogue]:
    """The dialogues of one of ``TUNING`` or ``UNSEEN``."""
    return parse((DATA / f"{half}.txt").read_text(encoding="utf-8"))


def parse(text: str) -> list[Dialogue]:
    """The dialogues written down in ``text`` (see README.md). Raises ``ValueError`` with the line's number."""
    found: list[Dialogue] = []
    exchanges: list[Utterance] = []
    for number, line in enumerate(text.splitlines(), 1):
        mark, _, rest = line.strip().partition(" ")
        try:
            if mark == "##":
                title = [part.strip() for part in rest.split("|")]
                exchanges = []
                found.append(Dialogue(*title, opening="", at=AT, utterances=exchanges))
            elif mark == "C:" and not exchanges:
                found[-1] = evolve(found[-1], opening=rest.strip())
            elif mark == "C:":
                exchanges[-1] = evolve(exchanges[-1], character=rest.strip())
            elif mark == "P:":
                exchanges.append(Utterance(rest.strip(), "", []))
            elif mark in _MARKS:
                exchanges[-1].memories.append(_expected(mark, rest))
            elif mark and mark != "//":
                raise ValueError("begins with none of ##, C:, P:, =, ?")
        except (ValueError, IndexError, TypeError) as exc:
            raise ValueError(f"line {number}: {exc}: {line}") from None
    return found


_MARKS = {
    f"{optional}{polarity}": (optional == "?", meaning)
    for optional in "=?"
    for polarity, meaning in {"": "positive", "-": "negative", "~": "any"}.items()
}
_FACT = re.compile(r"(?P<optional>\?)?(?P<negated>not )?(?P<key>[^\W\d][\w -]*): (?P<values>.+)")


def _expected(mark: str, rest: str) -> Expected:
    optional, polarity = _MARKS[mark]
    kinds, about, *more = [part.strip() for part in rest.split(" | ")]
    types = [kind.strip() for kind in kinds.split("/")]
    unknown = set(types) - set(MEMORY_TYPES)
    if unknown:
        raise ValueError(f"no such type: {unknown.pop()}")
    fact, supersedes = None, ()
    for part in more:
        match = _FACT.fullmatch(part)
        if part.startswith("> "):
            supersedes = _alternatives(part[2:])
        elif match and is_core(match["key"]):
            fact = ExpectedFact(
                match["key"], _alternatives(match["values"]), bool(match["negated"]), bool(match["optional"])
            )
        else:
            raise ValueError(f"neither '> word' nor 'key: value' of a core fact: {part}")
    words = [_alternatives(group) for group in about.split(" & ")]
    return Expected(types[0], types, words, fact, optional, polarity, supersedes)


def _alternatives(text: str) -> Sequence[str]:
    return tuple(word.strip() for word in text.split(" / "))


def fold(text: str) -> str:
    """``text`` in lower case, without accents and with straight apostrophes."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


def fact_key(key: str) -> str:
    return fold(key).replace("_", " ").replace("favorite", "favourite").replace("color", "colour").strip()


def is_core(key: str) -> bool:
    return fact_key(key) in CORE_FACTS or fact_key(key).startswith("favourite ")


def _tokens(value: str) -> frozenset[str]:
    words = re.findall(r"\w+", fold(value).replace("'", ""))
    return frozenset(
        word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words if word not in ("a", "an", "the")
    )
