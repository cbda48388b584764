"""Labelled dialogues as what the model learns from: places in an exchange, and what is right there."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Optional

from _extractor_text import Line
from _memory_dialogues import Dialogue, Expected, ExpectedFact, fact_key, fold, is_core
from attrs import evolve, frozen

from estuary.gateway.engines._numbers import number_of
from estuary.gateway.engines._words import KIN, MONTHS, word_set
from estuary.gateway.memory.base import MEMORY_TYPES
from estuary.gateway.memory.extract.reader import Place
from estuary.gateway.memory.extract.retell import answering, retell
from estuary.gateway.memory.extract.statements import Statement, statements
from estuary.gateway.memory.extract.words import is_pet, singular

__all__ = ["KINDS", "TAGS", "Example", "Swaps", "from_dialogues", "from_text"]

KINDS = ("none", *(name for name in MEMORY_TYPES if name != "character_self"))
TAGS = (
    *("name", "location", "origin", "occupation", "employer", "age", "birthday", "interests", "dislikes"),
    *("family", "fname", "pets", "pname", "languages", "allergies", "favourite"),
)
#: what one sentence of the text counts beside one of a dialogue
WEIGHT = 0.5
#: how well a kind of memory does that is not the one that is named first
SECOND = 0.4
#: the most words that a value may have besides those that were labelled
MORE, MORE_OF_DATES = 2, 3


@frozen
class Label:
    """``right``: the classes that will do at ``place``, and how well."""

    place: Place
    right: Mapping[int, float]


@frozen
class Value:
    """Words that are a value of a core fact. ``optional``: it is no loss if they are not found."""

    place: Place
    tag: str
    optional: bool


@frozen
class Example:
    """One exchange."""

    earlier: str
    before: str
    text: str
    reply: str
    said: Sequence[Label]
    own: Sequence[Label]
    #: nothing where the values are not marked
    values: Optional[Sequence[Value]]
    #: those in ``before`` which the player confirms
    confirmed: Sequence[Value] = ()
    weight: float = 1.0


def from_dialogues(dialogues: Iterable[Dialogue]) -> Iterator[Example]:
    """An example for every exchange."""
    for dialogue in dialogues:
        before, earlier = dialogue.opening, ""
        for utterance in dialogue.utterances:
            expected = [item for item in utterance.memories if item.type != "character_self"]
            own = [item for item in utterance.memories if item.type == "character_self"]
            facts = [
                (item.fact, item.optional or item.fact.optional)
                for item in utterance.memories
                if item.fact and is_core(item.fact.key) and not item.fact.negated
            ]
            said_again = [(fact, optional or any(_values(utterance.user, [(fact, True)]))) for fact, optional in facts]
            yield Example(
                earlier,
                before,
                utterance.user,
                utterance.character,
                list(_said(utterance.user, before, expected)),
                list(_own(utterance.character, own)),
                list(_values(utterance.user, facts)),
                list(_values(before, said_again)),
            )
            earlier, before = utterance.user, utterance.character


def from_text(lines: Iterable[Line]) -> Iterator[Example]:
    """An example for every line."""
    for line in lines:
        said = statements(line.text)
        if line.own:
            right = [int(kind == "character_self") for kind in line.types]
            labels = [Label(_place(s), _alike({*right, 0} if len(said) > 1 else right)) for s in said]
            yield Example("", "", line.asked, line.text, [], labels, None, weight=WEIGHT)
        else:
            kinds = [KINDS.index(kind) for kind in line.types]
            labels = [Label(_place(s), _alike({*kinds, 0} if len(said) > 1 else kinds)) for s in said]
            keys = {"fname": "family", "pname": "pets"}
            facts = [(ExpectedFact(keys.get(key, key), [value]), False) for key, value in line.facts]
            values = list(_values(line.text, facts)) if line.marked else None
            yield Example("", line.asked, line.text, "", labels, [], values, weight=WEIGHT)


def _place(statement: Statement) -> Place:
    return statement.start, statement.end


def _said(text: str, before: str, expected: Sequence[Expected]) -> Iterator[Label]:
    said = statements(text)
    taken: set[int] = set()
    for statement, asked in zip(said, answering(said, before)):
        yield Label(_place(statement), _kinds(expected, retell(statement, asked), taken))


def _alike(classes: Iterable[int]) -> dict[int, float]:
    return dict.fromkeys(classes, 1.0)


def _kinds(expected: Sequence[Expected], content: str, taken: set[int]) -> dict[int, float]:
    """The kinds of memory that ``content`` may be left as."""
    wanted: dict[int, float] = {}
    allowed = {KINDS.index("none")}
    for index, item in enumerate(expected):
        kinds = [KINDS.index(kind) for kind in item.types if kind in KINDS]
        if item.optional or index in taken:
            allowed.update(kinds if item.fits(item.type, content) else ())
        elif any(item.fits(kind, content) for kind in item.types):
            wanted |= {kind: max(wanted.get(kind, 0), SECOND if place else 1) for place, kind in enumerate(kinds)}
            taken.add(index)
    return wanted or _alike(allowed)


def _own(reply: str, expected: Sequence[Expected]) -> Iterator[Label]:
    for statement in statements(reply):
        fitting = [item for item in expected if item.fits("character_self", retell(statement))]
        wanted = any(not item.optional for item in fitting)
        yield Label(_place(statement), _alike([1] if wanted else [0, 1] if fitting else [0]))


@frozen
class _Token:
    text: str
    start: int
    end: int

    @property
    def stem(self) -> str:
        return _stem(self.text)

    @property
    def small(self) -> bool:
        return self.text.lower() in {"a", "an", "the", "of", "'s", ","}


_TOKEN = re.compile(r"[^\W_]+(?:[.'’&+/-][^\W_]+)*|[^\w\s]")
_CLITIC = re.compile(r"(?:'(?:s|m|re|ve|d|ll)|n't)$", re.I)


def _tokens(text: str) -> list[_Token]:
    """The words, clitics and marks of ``text``: "Anna's a vet" is Anna, 's, a, vet."""
    found: list[_Token] = []
    for match in _TOKEN.finditer(text):
        clitic = _CLITIC.search(match[0].replace("’", "'"))
        cut = match.start() + clitic.start() if clitic and clitic.start() else match.end()
        found.append(_Token(text[match.start() : cut], match.start(), cut))
        if cut < match.end():
            found.append(_Token(text[cut : match.end()], cut, match.end()))
    return found


def _values(text: str, facts: Iterable[tuple[ExpectedFact, bool]]) -> Iterator[Value]:
    """Where in ``text`` the values of ``facts`` are, as far as they are there."""
    said = _tokens(text)
    for fact, optional in sorted(facts, key=lambda item: item[1]):
        key = fact_key(fact.key)
        if key in {"family", "pets"}:
            yield from _companion(fact, said, optional)
        elif key == "age":
            ages = {value.lower() for value in fact.values}
            told = [t for t in said if t.text.lower() in ages] or [t for t in said if str(number_of(t.text)) in ages]
            places = [(token.start, token.end) for token in told] or _find(ages, said, 0)
            yield from (Value(place, key, optional) for place in places[:1])
        else:
            tag = "favourite" if key.startswith("favourite") else key
            places = _find(fact.values, said, MORE_OF_DATES if key == "birthday" else MORE)
            if not places and key == "birthday":
                places = [match.span() for match in _DATE.finditer(text) if _month(match) in MONTHS][:1]
            for place in places[:1]:
                yield Value(place, tag, optional)
            # what is said twice may be found twice
            apart = [place for place in places[1:] if place[1] <= places[0][0] or place[0] >= places[0][1]]
            yield from (Value(place, tag, True) for place in apart[:1])


_DATE = re.compile(
    r"(?:(?:the )?\d{1,2}(?:st|nd|rd|th)?(?: of)? (?P<first>[a-z]{3,9})|"
    r"(?P<second>[a-z]{3,9})\.? (?:the )?\d{1,2}(?:st|nd|rd|th)?)\b",
    re.I,
)


def _month(match: re.Match[str]) -> str:
    return (match["first"] or match["second"]).lower()


def _companion(fact: ExpectedFact, said: Sequence[_Token], optional: bool) -> Iterator[Value]:
    """A relative or an animal: the word for what it is to the user, and its name."""
    key = fact_key(fact.key)
    is_role, name_tag = (_is_kin, "fname") if key == "family" else (is_pet, "pname")

    def role(index: int) -> bool:
        pair = f"{said[index].text} {said[index + 1].text if index + 1 < len(said) else ''}".lower()
        return is_role(said[index].text.lower()) or pair in {"guinea pig", "guinea pigs"}

    def bare(value: str) -> str:
        words = [token.text for token in _tokens(value) if not token.small]
        return " ".join(word for word in words if not is_role(word.lower()) and number_of(word) is None)

    roles = [token for index, token in enumerate(said) if role(index)]
    words = [token.stem for value in fact.values for token in _tokens(value)]
    told = [token for token in roles if any(_like(token.stem, word) for word in words)]
    yield from (Value((t.start, t.end), key, optional or index > 0) for index, t in enumerate(told))
    if not told:  # one that the lists lack
        plain = [value for value in fact.values if value[:1].islower() and number_of(value) is None]
        yield from (Value(place, key, optional) for place in _find(plain, said, MORE)[:1])
    found = _find([name for name in map(bare, fact.values) if name[:1].isupper()], said, 0)
    yield from (Value(place, name_tag, optional) for place in found)


_MORE_KIN = word_set("""
    parents grandparents siblings sibling folks family in-laws stepdad stepmum nana nanna grandchildren grandchild
    toddler twins triplets babies missus hubby spouse gran gramps abuela babcia oma opa ma pa bro sis
""")


def _is_kin(word: str) -> bool:
    role = singular(word)
    return role in KIN or role.rstrip("s") in KIN or word in _MORE_KIN


def _find(values: Iterable[str], said: Sequence[_Token], more: int) -> list[Place]:
    """Runs of words that hold all those of a value and at most ``more`` others; the best first."""
    found: list[tuple[float, int, int]] = []
    for value in values:
        wanted = [token.stem for token in _tokens(value) if not token.small]
        for first, token in enumerate(said if wanted else ()):
            if token.small or not any(_like(token.stem, word) for word in wanted):
                continue
            for stop in range(first + 1, min(len(said), first + len(wanted) + more + 3) + 1):
                got = [t.stem for t in said[first:stop] if not t.small]
                ends = any(_like(said[stop - 1].stem, word) for word in wanted)
                if ends and all(any(_like(one, word) for one in got) for word in wanted):
                    cost = len(got) - len(wanted)
                    if cost <= more:
                        inexact = 0 if all(word in got for word in wanted) else 0.5
                        found.append((cost + inexact - 0.3 * len(wanted), first, stop))
                    break
    return [(said[first].start, said[stop - 1].end) for _, first, stop in sorted(found)]


def _stem(word: str) -> str:
    word = fold(word).replace("'", "")
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _like(one: str, other: str) -> bool:
    """Whether two words are forms of one: "paint" and "painting"."""
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= 4 and short[:4] == long[:4]) or (len(short) == 3 and long.startswith(short))


class Swaps:
    """Puts other names in the place of those in examples, so that what a name is like counts for little.

    "I live in Paris" is as good as "I live in Porto", and the answer then speaks of Porto too.
    """

    def __init__(self, examples: Iterable[Example], share: float = 0.5) -> None:
        self._share = share
        self._kinds: dict[str, str] = {}
        for example in examples:
            for value in example.values or ():
                name = example.text[slice(*value.place)]
                kind = _NAMED.get(value.tag)
                if kind and not value.optional and _NAME.fullmatch(name):
                    self._kinds[name] = kind
        self._names = {
            kind: [name for name, other in self._kinds.items() if other == kind] for kind in set(_NAMED.values())
        }

    def __call__(self, example: Example, chance: random.Random) -> Example:
        """``example`` with other names, more or less often."""
        if chance.random() > self._share:
            return example
        named: dict[str, str] = {}
        for value in example.values or ():
            if value.tag in _NAMED:
                named[example.text[slice(*value.place)]] = _NAMED[value.tag]
        for text in (example.text, example.before, example.earlier, example.reply):
            for match in _INSIDE.finditer(text):
                if match[0] in self._kinds:
                    named.setdefault(match[0], self._kinds[match[0]])
        others = {name: chance.choice(self._names[kind]) for name, kind in named.items() if self._names[kind]}
        if not others:
            return example
        texts, maps = zip(*(_swap(text, others) for text in (example.text, example.reply, example.before)))

        def moved(values: Sequence[Value], place: Callable[[int], int]) -> Sequence[Value]:
            return [evolve(value, place=(place(value.place[0]), place(value.place[1]))) for value in values]

        return evolve(
            example,
            text=texts[0],
            reply=texts[1],
            before=texts[2],
            earlier=_swap(example.earlier, others)[0],
            said=[evolve(label, place=(maps[0](label.place[0]), maps[0](label.place[1]))) for label in example.said],
            own=[evolve(label, place=(maps[1](label.place[0]), maps[1](label.place[1]))) for label in example.own],
            values=example.values and moved(example.values, maps[0]),
            confirmed=moved(example.confirmed, maps[2]),
        )


_NAMED = {"location": "place", "origin": "place", "name": "person", "fname": "person", "pname": "animal"}
_NAME = re.compile(r"[A-ZÀ-Þ][^\W\d_]+(?:[ -][A-ZÀ-Þ][^\W\d_]+){0,2}")
#: a name that does not begin a sentence
_INSIDE = re.compile(r"(?<=[a-zà-ÿ,] )[A-ZÀ-Þ][^\W\d_]+")


def _swap(text: str, others: Mapping[str, str]) -> tuple[str, Callable[[int], int]]:
    """``text`` with other names, and where a place in it has come to be."""
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(others, key=len, reverse=True)))})(?!\w)")
    parts: list[str] = []
    shifts: list[tuple[int, int]] = [(0, 0)]
    end = shift = 0
    for match in pattern.finditer(text):
        other = others[match[0]].lower() if match[0].islower() else others[match[0]]
        parts += [text[end : match.start()], other]
        end = match.end()
        shift += len(other) - len(match[0])
        shifts.append((end, shift))
    return "".join([*parts, text[end:]]), lambda place: place + next(s for at, s in reversed(shifts) if at <= place)
