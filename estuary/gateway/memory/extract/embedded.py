"""The embedded extractor: learned from labelled talk, the same answer every time, nothing to download.

An utterance is cut into statements. A small language model reads them with what was said before and after: it says
what kind of memory each leaves, if any, and which of its words are values of core facts. Strict rules word what they
know for certain (core facts, people and animals, corrections, short answers) and how it hangs together; what they leave
is told as it was said. Precision comes first: a memory that is missed can be told again, one that is made up is a lie
about somebody.

>>> from estuary.gateway.memory.base import Exchange
>>> found = EmbeddedExtractor().extract(Exchange(text="I live in Lyon with my husband Tom, and I hate olives."))
>>> [memory.content for memory in found.memories]
['Lives in Lyon', 'Husband is called Tom', 'Hates olives']
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Optional

from ...engines._smalltalk import is_farewell
from ..base import Exchange, Extraction
from ..keys import is_single
from .anaphora import resolve
from .corrections import read_correction
from .facts import entities_of, read_facts
from .notes import Notes
from .people import acquaint, companions, read_others
from .reader import Reader, Reading, default_reader
from .retell import agrees, answering, asks_for_value, is_fragment, retell
from .statements import Statement, statements, tense_of
from .superseding import is_corrective, superseded
from .values import Told, confirmed_facts, facts_of, sentence_of
from .voice import sentence_case

__all__ = ["EmbeddedExtractor"]

#: a memory is left from this probability on; one that states a core fact from that one, unless it is asked, reported or
#: supposed; one of the character's from the last
SURE, SURE_OF_FACT, SURE_OF_OWN = 0.9, 0.4, 0.35
#: below this only what the rules know for a core fact is left
LEAST = 0.03
#: the character speaks of itself in the first person or in an answer without a verb; the rest is of others, in a story
_FIRST = re.compile(r"\b(?:i|me|my|mine|myself|we|us|our|ours)\b", re.I)
#: a number or a name
_SPECIFIC = re.compile(r"\d|(?<!^)\b[A-Z]")
#: an answer of more words says more than that it is so
SHORT = 3
_KINDS = {"family": "relationship", "pets": "relationship", "interests": "preference", "dislikes": "preference"}
#: how much the fact that a memory states says of its kind
_FIT = 0.25
#: how much a word like "any more" says of it
_CHANGE = 0.5
#: In this order, as what an earlier one knows for certain a later one would take for something vaguer.
_READERS: tuple[Callable[[Statement, Notes], bool], ...] = (read_others, read_facts)


class EmbeddedExtractor:
    """Reads English exchanges by what it has learned and by rules. Implements ``Extractor``; any thread may use it.

    Args:
        reader: another model than the one that comes with the gateway, for judging one
    """

    def __init__(self, reader: Optional[Reader] = None) -> None:
        self._reader = reader

    @property
    def name(self) -> str:
        """What ``GET /health`` and the log call it."""
        return "embedded"

    def __repr__(self) -> str:
        return "<EmbeddedExtractor>"

    def extract(self, exchange: Exchange) -> Extraction:
        """What is worth remembering of ``exchange``. Takes time linear in its length and raises nothing."""
        said, own = statements(exchange.text), statements(exchange.reply)
        if not said and not own:
            return Extraction()
        reading = (self._reader or default_reader()).read(
            exchange.text,
            exchange.reply,
            before=exchange.before,
            earlier=exchange.earlier,
            said=[(statement.start, statement.end) for statement in said],
            own=[(statement.start, statement.end) for statement in own],
        )
        notes = Notes(exchange)
        _read(said, reading, notes)
        clauses = Counter(statement.sentence for statement in own)
        for statement, chance in zip(own, reading.own):
            content = retell(statement)
            bare = is_fragment(statement.text) and clauses[statement.sentence] == 1
            if chance >= SURE_OF_OWN and (bare or _FIRST.search(statement.text)) and "\ufffc" not in content:
                notes.remember(content, "character_self", statement, confidence=0.8)
        return notes.extraction()


def _read(said: Sequence[Statement], reading: Reading, notes: Notes) -> None:
    before = fragment = ""
    questions = answering(said, notes.exchange.before)
    confirmed: Sequence[Told] = confirmed_facts(notes.exchange, reading.confirmed)
    for statement, asked, row in zip(said, questions, reading.chances):
        chances = dict(zip(reading.kinds, row.tolist()))
        marks = [mark for mark in reading.marks if mark.start < statement.end and mark.end > statement.start]
        known = set(notes.memories)
        who = _who(statement.text, notes)
        if not statement.doubts - {"laughed"}:
            meant = resolve(statement, before, fragment)
            if not read_correction(meant, notes):
                if 1 - chances["none"] < LEAST:
                    read_facts(meant, notes)
                else:
                    any(read(meant, notes) for read in _READERS)
                    companions(meant, notes)
        if len(notes.memories) == len(known):
            role = (notes.she or notes.he or ("", ""))[0]
            told = _news(facts_of(statement, asked, marks, notes.exchange, role=role), statement, confirmed, notes)
            _remember_as_said(statement, asked, who, chances, confirmed, told, notes)
        else:
            told = _news(facts_of(statement, asked, marks, notes.exchange), statement, confirmed, notes)
            _complete(known, statement, [*confirmed, *told], chances, notes)
        confirmed = ()
        before = statement.text
        fragment = before if is_fragment(before) else fragment
    notes.forget_weaker()


def _news(found: Sequence[Told], statement: Statement, confirmed: Sequence[Told], notes: Notes) -> list[Told]:
    """Those of ``found`` that were not told a moment ago: by a ``confirmed`` name, or of what one has but one of."""
    named = {item.role for item in confirmed if item.name}
    facts = [memory.fact for memory in notes.memories.values() if memory.fact]
    settled = set() if statement.corrective else {fact.key for fact in facts if fact.replaces}
    return [item for item in found if (item.name or item.role not in named) and item.fact.key not in settled]


def _complete(
    known: Container[str],
    statement: Statement,
    told: Sequence[Told],
    chances: Mapping[str, float],
    notes: Notes,
) -> None:
    """Add what the model saw in ``statement`` beside what the rules have made of it, which are not among ``known``."""
    made = {key: memory for key, memory in notes.memories.items() if key not in known}
    facts = [memory.fact for memory in made.values() if memory.fact]
    words = {word for fact in facts for word in fact.value.casefold().split()}
    single = {fact.key for fact in facts if is_single(fact.key)}
    for item in told:
        value = item.fact.value.casefold()
        bare = next((m for m in made.values() if m.fact and item.name and m.fact.value.casefold() == item.role), None)
        if bare:
            _linked(item, notes)
            notes.amend(bare.content, sentence_of(item), item.fact)
        if item.fact.key in single or words & set(value.split()) or (item.role in words and not item.name):
            continue
        saying = [key for key in made if (item.role or value) in key and notes.memories[key].fact is None]
        if saying:
            notes.state(saying[0], item.fact)
        else:
            _remember(sentence_of(item), item, statement, chances, (), notes)


def _who(text: str, notes: Notes) -> str:
    """Who "he", "she" or "it" is with which ``text`` begins, as the subject of a sentence."""
    word = text[:4].lower().replace("'", " ").split(" ", 1)[0]
    known = {"she": notes.she, "he": notes.he, "it": notes.it}.get(word)
    return sentence_case(" ".join(known).strip()) if known else ""


def _remember_as_said(
    statement: Statement,
    asked: str,
    who: str,
    chances: Mapping[str, float],
    confirmed: Sequence[Told],
    told: Sequence[Told],
    notes: Notes,
) -> None:
    """Write down what the model takes ``statement`` for, which has ``told`` facts and ``confirmed`` others."""
    chance = 1 - chances["none"]
    if statement.doubts - {"laughed"}:
        least = SURE
    elif asks_for_value(asked) and is_fragment(statement.text):
        least = LEAST
    else:
        least = SURE_OF_FACT
    if chance < least:
        return
    said = f" (said: {statement.quote})" if len(statement.text.split()) > SHORT else ""
    for item in confirmed:
        _remember(sentence_of(item) + said, item, statement, chances, (), notes)
    if confirmed and not told:
        return
    if not told and (chance < SURE or (is_fragment(statement.text) and _evades(statement.text, asked))):
        return
    content = retell(statement, asked, who)
    if "\ufffc" in content:
        return
    untrue = superseded(statement, told, notes.exchange)
    mere = len(told) == 1 and told[0].role and not told[0].name and len(statement.text.split()) > 3
    bare = is_fragment(statement.text) and not statement.corrective and not mere
    if not told or not (bare or told[0].fact.key == "name"):
        _remember(content, told[0] if told else None, statement, chances, untrue, notes)
        told = told[1:]
    for item in told:
        _remember(sentence_of(item), item, statement, chances, untrue, notes)


def _evades(answer: str, asked: str) -> bool:
    """Whether it says nothing of what was asked: "none of your business" to "What should I call you?", or agrees where
    nothing was asked."""
    if agrees(answer) and not asked.endswith("?"):
        return True
    return is_farewell(answer) or (asks_for_value(asked) and not _SPECIFIC.search(answer))


def _remember(
    content: str,
    told: Optional[Told],
    statement: Statement,
    chances: Mapping[str, float],
    untrue: Sequence[str],
    notes: Notes,
) -> None:
    weighed = {kind: chance for kind, chance in chances.items() if kind != "none"}
    if told:
        default = "preference" if told.fact.key.startswith("favourite") else _KINDS.get(told.fact.key, "fact")
        weighed[default] += _FIT
    if untrue and is_corrective(statement, notes.exchange):
        weighed["correction"] += _CHANGE
    kind = max(weighed, key=lambda name: weighed[name])
    content, dates = (
        notes.dated(content, tense=tense_of(statement.text)) if kind != "emotional_state" else (content, [])
    )
    entities = _linked(told, notes) if told else []
    notes.remember(
        content,
        kind,
        statement,
        confidence=round(min(0.95, max(0.3, 1 - chances["none"])), 2),
        topic={"emotional_state": "feeling"}.get(kind),
        fact=told.fact if told else None,
        entities=[*entities, *dates],
        supersedes=untrue if kind == "correction" or told else (),
    )


def _linked(told: Told, notes: Notes) -> Sequence[str]:
    """The names of what a core fact speaks of, noted as entities."""
    if told.name:
        acquaint(told.role, told.name, "animal" if told.fact.key == "pets" else "person", notes)
        return [told.name]
    return [] if told.fact.negated else entities_of(told.fact.key, told.fact.value, notes)
