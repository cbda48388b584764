"""The embedded extractor: learned from labelled talk, the same answer every time, nothing to download.

An utterance is cut into statements. Strict rules read what they know for certain: core facts, people and animals,
corrections, short answers. What they leave goes to a learned model, which says what kind of memory a statement leaves,
if any, and to another, which says which of its words are values of core facts. Precision comes first: a memory that
is missed can be told again, one that is made up is a lie about somebody.

>>> from estuary.gateway.memory.base import Exchange
>>> found = EmbeddedExtractor().extract(Exchange(text="I live in Lyon with my husband Tom, and I hate olives."))
>>> [memory.content for memory in found.memories]
['Lives in Lyon', 'Husband is called Tom', 'Hates olives']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Optional

from ...engines._smalltalk import is_farewell
from ...engines._words import KIN
from ..base import Exchange, Extraction, FactChange
from .anaphora import resolve
from .answers import answers, asks_for_value
from .corrections import read_correction
from .facts import read_facts
from .features import statement_features, statement_vector
from .learned import model
from .notes import Notes
from .people import companions, read_others
from .retell import answering, is_fragment, retell
from .statements import Statement, statements, tense_of
from .superseding import is_corrective, superseded
from .values import Told, facts_of, sentence_of
from .voice import owned, sentence_case, third_person
from .words import singular

__all__ = ["EmbeddedExtractor"]

#: a memory is left from this probability on, and one that states a core fact from that one
SURE, SURE_OF_FACT = 0.7, 0.4
#: what is asked, reported or supposed seldom is one
SURE_IN_DOUBT = 0.93
SURE_OF_OWN = 0.6
#: a number or a name
_SPECIFIC = re.compile(r"\d|(?<!^)\b[A-Z]")
_KINDS = {"family": "relationship", "pets": "relationship", "interests": "preference", "dislikes": "preference"}
#: how much the fact that a memory states says of its kind
_FIT = 0.25
#: how much a word like "any more" says of it
_CHANGE = 0.5
#: In this order, as what an earlier one knows for certain a later one would take for something vaguer.
_READERS: tuple[Callable[[Statement, Notes], bool], ...] = (read_correction, read_others, read_facts)


class EmbeddedExtractor:
    """Reads English exchanges by rules and by what it has learned. Implements ``Extractor``; any thread may use it."""

    @property
    def name(self) -> str:
        """What ``GET /health`` and the log call it."""
        return "embedded rules"

    def __repr__(self) -> str:
        return "<EmbeddedExtractor>"

    def extract(self, exchange: Exchange) -> Extraction:
        """What is worth remembering of ``exchange``. Takes time linear in its length and raises nothing."""
        notes = Notes(exchange)
        said = statements(exchange.text)
        if said:
            _read(said, notes)
        if exchange.reply:
            _read_own(exchange, notes)
        return notes.extraction()


def _read(said: Sequence[Statement], notes: Notes) -> None:
    questions = answering(said, notes.exchange.before)
    before = fragment = ""
    for index, (statement, asked, chances) in enumerate(zip(said, questions, _chances("statement", said, questions))):
        told = len(notes.memories)
        who = _who(statement.text, notes)
        if not statement.doubts - {"laughed"}:
            meant = resolve(statement, before, fragment)
            any(read(meant, notes) for read in _READERS)
            companions(meant, notes)
            if index == 0 and len(notes.memories) == told:
                _read_answer(notes)
        if len(notes.memories) == told:
            _learned(statement, asked, who, chances, notes)
        if len(notes.memories) > told:
            _family(statement, told, notes)
        before = statement.text
        fragment = before if is_fragment(before) else fragment
    notes.forget_weaker()


_KIN = re.compile(r"(?:my|our) (?:[\w-]+ )?(?P<role>[\w-]+)(?: (?!(?-i:[A-Z]))|'|,|$)", re.I)


def _family(statement: Statement, told: int, notes: Notes) -> None:
    """That there is a sister, where "my sister lives in Oslo" left a memory that states no other core fact."""
    match = _KIN.match(statement.text)
    role = singular(match["role"].lower()) if match else ""
    known = {word for value in notes.exchange.facts.get("family", ()) for word in value.lower().split()}
    if role in KIN and role not in known and not statement.doubts:
        notes.state(list(notes.memories)[told], FactChange("family", role))


def _who(text: str, notes: Notes) -> str:
    """Who "he", "she" or "it" is with which ``text`` begins, as the subject of a sentence."""
    word = text[:4].lower().replace("'", " ").split(" ", 1)[0]
    known = {"she": notes.she, "he": notes.he, "it": notes.it}.get(word)
    return sentence_case(" ".join(known).strip()) if known else ""


def _read_answer(notes: Notes) -> None:
    """Write down what the answer to the character's question tells."""
    exchange = notes.exchange
    for answer in answers(exchange.text, exchange.before):
        if exchange.facts.get("name") and answer.statement.text.startswith("my name is"):
            continue  # it is known: what is asked for is the name of something else
        told = len(notes.memories)
        known = any(read(answer.statement, notes) for read in _READERS)
        if answer.plain and not known:
            content = third_person(answer.statement.text) or owned(answer.statement.text)
            notes.remember(content, answer.memory_type, answer.statement, confidence=0.7)
        if len(notes.memories) > told:
            return


def _learned(statement: Statement, asked: str, who: str, chances: Any, notes: Notes) -> None:
    """Write down what the models take ``statement`` for."""
    if statement.doubts & {"untrue", "ironic"}:
        return
    open_ = bool(statement.doubts - {"laughed"})
    if 1 - chances[0] < (SURE_IN_DOUBT if open_ else SURE_OF_FACT):
        return
    told = [] if open_ else facts_of(statement, asked, role=(notes.she or notes.he or ("", ""))[0])
    if not told and is_fragment(statement.text) and _evades(statement.text, asked):
        return
    content = retell(statement, asked, who)
    if not (told or open_ or 1 - chances[0] >= SURE) or "\ufffc" in content:
        return
    untrue = superseded(statement, told, notes.exchange)
    if len(told) > 1 or (told and is_fragment(statement.text) and not statement.corrective):
        for item in told:
            _remember(sentence_of(item), item, statement, chances, untrue, notes)
    else:
        _remember(content, told[0] if told else None, statement, chances, untrue, notes)


def _evades(answer: str, asked: str) -> bool:
    """Whether it says nothing of what was asked: "none of your business" to "What should I call you?"."""
    return is_farewell(answer) or (asks_for_value(asked) and not _SPECIFIC.search(answer))


def _remember(
    content: str,
    told: Optional[Told],
    statement: Statement,
    chances: Any,
    untrue: Sequence[str],
    notes: Notes,
) -> None:
    kinds = model("statement").classes
    weighed = {kind: float(chance) for kind, chance in zip(kinds[1:], chances[1:])}
    if told:
        default = "preference" if told.fact.key.startswith("favourite") else _KINDS.get(told.fact.key, "fact")
        weighed[default] += _FIT
    if untrue and is_corrective(statement, notes.exchange):
        weighed["correction"] += _CHANGE
    kind = max(weighed, key=lambda name: weighed[name])
    content, dates = (
        notes.dated(content, tense=tense_of(statement.text)) if kind != "emotional_state" else (content, [])
    )
    entities = [notes.entity(told.name, "person", role=told.role or None)] if told and told.name else []
    notes.remember(
        content,
        kind,
        statement,
        confidence=round(min(0.95, max(0.3, float(1 - chances[0]))), 2),
        topic={"emotional_state": "feeling"}.get(kind),
        fact=told.fact if told else None,
        entities=[*entities, *dates],
        supersedes=untrue if kind == "correction" or told else (),
    )


def _read_own(exchange: Exchange, notes: Notes) -> None:
    """Write down the character's words about itself."""
    said = statements(exchange.reply)
    if not said:
        return
    for statement, chances in zip(said, _chances("character", said, answering(said, exchange.text))):
        content = retell(statement)
        if chances[0] <= 1 - SURE_OF_OWN and "\ufffc" not in content:
            notes.remember(content, "character_self", statement, confidence=0.8)


def _chances(name: str, said: Sequence[Statement], questions: Sequence[str]) -> Any:
    import numpy as np

    asked = list(zip(said, questions))
    rows = [statement_features(*pair, index, len(said)) for index, pair in enumerate(asked)]
    return model(name).probabilities(rows, np.array([statement_vector(*pair) for pair in asked]))
