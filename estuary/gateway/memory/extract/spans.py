"""Spans: the words of a statement that may be the value of a core fact, and what the learned part looks at in them.

A statement is cut where words stand that no value has (pronouns, prepositions, auxiliaries…). What lies between is a
span; so are a name, a number, a trade or a relative inside of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from ...engines._fact_rules import read_clause
from ...engines._words import JOBS, KIN, LANGUAGES, MONTHS, PETS, word_set
from .features import PERSON, VECTOR, pieces, unit, word_classes
from .retell import is_fragment
from .statements import Statement, is_past
from .words import BREEDS, PLURAL_ROLES, singular

__all__ = ["Span", "Token", "is_kin", "is_pet", "spans", "tokens"]

MOST_TOKENS = 45
MOST_SPANS = 60
_TOKEN = re.compile(r"[^\W_]+(?:[.'’&+/-][^\W_]+)*|[^\w\s]")
_CLITIC = re.compile(r"(?:'(?:s|m|re|ve|d|ll)|n't)$", re.I)
_OUTSIDE = word_set("""
    i you he she it we they me him her us them my your his its our their mine yours myself a an the this that these
    those some any no all both every each another in on at to for with from by about near outside since until till
    into onto over under after before between through during off out up down back as than like of and or but so
    because cause cos though although while when where who which what why how if whether then is are was were am be
    been being 's 'm 're 've 'd 'll n't not has have had do does did done can could will would should may might must
    just really very also too only still already always never ever even quite pretty mostly usually sometimes often
    currently now again here there actually honestly probably maybe definitely anyway yes no yeah nope well oh ok
    lol haha tbh please thanks got get getting gets called named i'm i've ago more most much many lot lots bit kind
    im ive dont today tomorrow yesterday enough other same such rather else
""")
_DATE = re.compile(
    r"(?:(?:the )?\d{1,2}(?:st|nd|rd|th)?(?: of)? (?P<m1>[a-z]{3,9})|"
    r"(?P<m2>[a-z]{3,9})\.? (?:the )?\d{1,2}(?:st|nd|rd|th)?|(?P<m3>[a-z]{3,9}))\b",
    re.I,
)
_NUMBER = re.compile(r"\d{1,3}$")
_TENS = word_set("""
    twenty thirty forty fifty sixty seventy eighty ninety ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen six seven eight nine
""")
_SUBJECT = word_set("i we 've 'm 'd 'll to i've i'm i'll n't not never")


@frozen
class Token:
    """A word, a clitic ("'s") or a mark, and where it stands."""

    text: str
    start: int
    end: int


@frozen
class Span:
    """Tokens ``first`` to before ``stop``; ``features`` are for the learned part, as is ``vector``."""

    first: int
    stop: int
    kind: str
    text: str
    features: Sequence[str] = ()
    vector: Any = None


def tokens(text: str) -> list[Token]:
    """The tokens of ``text``: "Anna's a vet" is Anna, 's, a, vet."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        word = match[0].replace("’", "'")
        clitic = _CLITIC.search(word)
        cut = match.start() + clitic.start() if clitic and clitic.start() else match.end()
        found.append(Token(text[match.start() : cut], match.start(), cut))
        if cut < match.end():
            found.append(Token(text[cut : match.end()], cut, match.end()))
    return found[:MOST_TOKENS]


def is_kin(word: str) -> bool:
    """Whether ``word``, in lower case, is a relative: "sister", "nans"."""
    role = singular(word)
    return role in KIN or role.rstrip("s") in KIN or word in _MORE_KIN


def is_pet(word: str) -> bool:
    """Whether ``word``, in lower case, is an animal that people keep: "beagle", "cats"."""
    role = PLURAL_ROLES.get(word, word)
    return role in PETS or role in BREEDS or role.rstrip("s") in PETS or role.rstrip("s") in BREEDS


_MORE_KIN = word_set("""
    parents grandparents siblings sibling folks family in-laws stepdad stepmum nana nanna grandchildren grandchild
    toddler twins triplets babies missus hubby spouse gran gramps abuela babcia oma opa ma pa bro sis
""")


def spans(statement: Statement, asked: str) -> list[Span]:
    """The spans of ``statement``, which answers the question ``asked`` (or none)."""
    said = tokens(statement.text)
    if not said:
        return []
    low = [token.text.lower().replace("’", "'") for token in said]
    places = dict.fromkeys(_places(statement.text, said, low))
    look = _Look(statement, asked, said, low)
    return [
        Span(first, stop, kind, statement.text[said[first].start : said[stop - 1].end], *look.at(first, stop, kind))
        for first, stop, kind in list(places)[:MOST_SPANS]
    ]


def _places(text: str, said: Sequence[Token], low: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    for match in _DATE.finditer(text):
        month = (match["m1"] or match["m2"] or match["m3"]).lower()
        if month in MONTHS and not (month == "may" and match["m3"]):
            inside = [i for i, t in enumerate(said) if match.start() <= t.start and t.end <= match.end()]
            if inside:
                yield inside[0], inside[-1] + 1, "date"
    first = 0
    for index in range(len(low) + 1):
        if index < len(low) and low[index] not in _OUTSIDE and (low[index][0].isalnum() or low[index] == "-"):
            continue
        if index > first:
            yield from _within(first, index, said, low)
        first = index + 1


def _within(first: int, stop: int, said: Sequence[Token], low: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """The spans within one run of words."""
    verbal = first > 0 and low[first - 1] in _SUBJECT
    capital = [said[i].text[:1].isupper() and (i > 0 or stop - first == 1) for i in range(first, stop)]
    used: set[int] = set()
    for i in range(first, stop):
        word = low[i]
        if is_kin(word):
            yield i, i + 1, "kin"
            used.add(i)
        elif is_pet(word) or f"{word} {low[i + 1] if i + 1 < stop else ''}".rstrip("s") == "guinea pig":
            wide = i + 2 if word == "guinea" else i + 1
            yield i, wide, "pet"
            used.add(i)
        elif word in LANGUAGES:
            yield i, i + 1, "language"
        elif _NUMBER.match(word) or word in _TENS or word.split("-")[0] in _TENS:
            yield i, i + 1, "number"
            used.add(i)
        if (word in JOBS or (word.endswith("s") and word[:-1] in JOBS)) and stop - first > 1:
            start = first + 1 if verbal and i > first else first
            yield start, i + 1, "job"
    i = first
    while i < stop:
        end = i
        while end < stop and capital[end - first] and end not in used:
            end += 1
        if end > i and (i, end) != (first, stop):
            yield i, end, "name"
        i = max(end, i + 1)
    if stop - first <= 6:
        shape = "Name" if all(capital) else "verb" if verbal else "run"
        yield first, stop, shape
    if verbal and stop - first > 1:
        yield first + 1, min(stop, first + 6), "object"
    if used and stop - first > 1:
        rest = [i for i in range(first, stop) if i not in used]
        if rest and rest[-1] - rest[0] + 1 == len(rest):
            yield rest[0], rest[-1] + 1, "rest"


class _Look:
    """Features of the spans of one statement."""

    def __init__(self, statement: Statement, asked: str, said: Sequence[Token], low: Sequence[str]) -> None:
        self._said, self._low = said, low
        self._bare = is_fragment(statement.text)
        words = [word.lower() for word in re.findall(r"[^\W_]+(?:'[^\W_]+)?", asked)][-14:]
        self._asked = words if self._bare else []
        self._asked_before = [] if self._bare else words
        person = PERSON.match(statement.text.lower())
        self._who = person.lastgroup if person else "-"
        self._doubts = [f"doubt {doubt}" for doubt in sorted(statement.doubts)]
        self._verbs = [i for i, word in enumerate(low) if word in _COMMON or is_past(word)]
        self._rows = _vectors(statement.text, said)
        self._rules = [
            (fact.key, frozenset(fact.value.lower().replace("'", " '").split()), fact.negated)
            for fact in read_clause(statement.text)
        ]

    def at(self, first: int, stop: int, kind: str) -> tuple[list[str], Any]:
        low, said = self._low, self._said
        words = ["^^", "^", *low, "$", "$$"]
        a, b = first + 2, stop + 2
        head = low[stop - 1]
        named = next(word_classes(head), "")
        cap = "A" if said[first].text[:1].isupper() else "a"
        before = [place for place in self._verbs if place < first]
        verb = low[before[-1]] if before else "-"
        left, left2 = words[a - 1], words[a - 2]
        whole = f"{first == 0}{stop == len(low)}"
        found = [
            "bias",
            f"k {kind}",
            f"k {kind} {cap}",
            f"k {kind} {named}",
            f"n {min(stop - first, 4)} {kind}",
            f"w {head}",
            f"w1 {low[first]}",
            f"s {head[-3:]}",
            f"s4 {head[-4:]}",
            f"-1 {left}",
            f"-1k {left} {kind}",
            f"-1c {left} {cap} {named}",
            f"-2 {left2}",
            f"-2k {left2} {kind}",
            f"-21 {left2} {left}",
            f"-21k {left2} {left} {kind}",
            f"-321 {words[a - 3] if a > 2 else '^'} {left2} {left}",
            f"+1 {words[b]}",
            f"+1k {words[b]} {kind}",
            f"+2 {words[b]} {words[b + 1] if b + 1 < len(words) else '$'}",
            f"v {verb}",
            f"vk {verb} {kind}",
            f"vc {verb} {cap} {named}",
            f"vd {verb} {min(first - before[-1], 4) if before else '-'}",
            f"h {low[0]} {low[1] if len(low) > 1 else ''}",
            f"hk {low[0]} {kind}",
            f"whole {whole} {kind} {self._bare}",
            f"at {min(first, 4)} {kind}",
            f"p {self._who} {kind}",
            f"p {self._who} {verb}",
            f"pv {self._who} {verb} {kind}",
        ]
        found += [f"L {word}" for word in low[max(0, first - 6) : first]]
        found += [f"Lk {word} {kind}" for word in low[max(0, first - 5) : first]]
        found += [f"R {word}" for word in low[stop : stop + 4]]
        if self._asked:
            spot = f"{kind} {first == 0}"
            found += [f"q {word}" for word in self._asked]
            found += [f"qk {word} {kind}" for word in self._asked]
            found += [f"qq {one} {two}" for one, two in zip(["^", *self._asked], self._asked)]
            found += [f"qs {word} {spot}" for word in self._asked]
        else:
            found += [f"q? {word}" for word in self._asked_before]
        found += self._doubts
        own = {low[i] for i in range(first, stop)}
        for key, value, negated in self._rules:
            if value & own:
                fit = "all" if value == own else "part"
                found += [f"rule {key} {fit} {negated}", f"rule {key} {fit} {kind}"]
            else:
                found.append(f"rule other {key}")
        return found, self._rows[first:stop].sum(axis=0) / (stop - first)


def _vectors(text: str, said: Sequence[Token]) -> Any:
    """A row for each token: its meaning."""
    import numpy as np

    rows = np.zeros((len(said), VECTOR), dtype=np.float32)
    offsets, parts = pieces(text)
    place = 0
    for index, token in enumerate(said):
        while place < len(offsets) and offsets[place][1] <= token.start:
            place += 1
        stop = place
        while stop < len(offsets) and offsets[stop][0] < token.end:
            stop += 1
        if stop > place:
            rows[index] = unit(parts[place:stop].sum(axis=0))
    return rows


_COMMON = word_set("""
    live work love like hate enjoy play have has had got get is am are 'm 's 're was were called named speak do
    go come from study teach run own keep collect prefer need want born been be makes lives works loves adore drive sell
    fix build paint married allergic into fan stand move in at for as with
""")
