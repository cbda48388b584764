"""The embedded extractor: learned from labelled talk, the same answer every time, nothing to download.

An utterance is cut into statements. A learned model says what kind of memory each leaves, if any; another, which of
its words are values of core facts. Precision comes first: a memory that is missed can be told again, one that is made
up is a lie about somebody.

>>> from estuary.gateway.memory.base import Exchange
>>> found = EmbeddedExtractor().extract(Exchange(text="I live in Lyon with my husband Tom, and I hate olives."))
>>> [memory.content for memory in found.memories]
['Lives in Lyon', 'Husband is called Tom', 'Hates olives']
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from ..base import Exchange, Extraction
from .company import Company
from .corrections import is_corrective, superseded
from .features import statement_features, statement_vector
from .learned import model
from .notes import Notes
from .retell import is_fragment, question_of, retell
from .statements import Statement, statements
from .values import Told, facts_of, sentence_of

__all__ = ["EmbeddedExtractor"]

#: a memory is left from this probability on, and one that states a core fact from that one
SURE, SURE_OF_FACT = 0.75, 0.35
SURE_OF_OWN = 0.6
_KINDS = {"family": "relationship", "pets": "relationship", "interests": "preference", "dislikes": "preference"}
#: how much the fact that a memory states says of its kind
_FIT = 0.25


class EmbeddedExtractor:
    """Reads English exchanges by what it has learned. Implements ``Extractor``; any thread may use it."""

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
    asked = question_of(notes.exchange.before)
    company = Company(notes)
    for index, (statement, chances) in enumerate(zip(said, _chances("statement", said, asked))):
        question = asked if index == 0 else ""
        told = facts_of(statement, question, role=company.role)
        who = company.who(statement.text)
        content = company.introduce(retell(statement, question, who))
        sure = float(1 - chances[0])
        least = SURE_OF_FACT if told else SURE
        if sure < least or "\ufffc" in content:
            company.note(statement, ())
            continue
        named = company.note(statement, told)
        untrue = superseded(statement, told, notes.exchange)
        if len(told) > 1 or (told and is_fragment(statement.text) and not statement.corrective):
            for item in told:
                _remember(sentence_of(item, statement), item, statement, chances, named, untrue, notes)
        else:
            _remember(content, told[0] if told else None, statement, chances, named, untrue, notes)


def _remember(
    content: str,
    told: Optional[Told],
    statement: Statement,
    chances: Any,
    named: Sequence[str],
    untrue: Sequence[str],
    notes: Notes,
) -> None:
    kinds = model("statement").classes
    weighed = {kind: float(chance) for kind, chance in zip(kinds[1:], chances[1:])}
    if told:
        default = "preference" if told.fact.key.startswith("favourite") else _KINDS.get(told.fact.key, "fact")
        weighed[default] += _FIT
    if untrue and is_corrective(statement):
        weighed["correction"] += _FIT
    kind = max(weighed, key=lambda name: weighed[name])
    content, dates = notes.dated(content, tense=_tense(kind))
    notes.remember(
        content,
        kind,
        statement,
        confidence=round(min(0.95, max(0.3, float(1 - chances[0]))), 2),
        topic={"emotional_state": "feeling"}.get(kind),
        fact=told.fact if told else None,
        entities=[*named, *dates],
        supersedes=untrue if kind == "correction" or told else (),
    )


def _tense(kind: str) -> str:
    return ""


def _read_own(exchange: Exchange, notes: Notes) -> None:
    """Write down the character's words about itself."""
    said = statements(exchange.reply)
    if not said:
        return
    asked = question_of(exchange.text)
    for statement, chances in zip(said, _chances("character", said, asked)):
        content = retell(statement)
        if chances[0] <= 1 - SURE_OF_OWN and "\ufffc" not in content:
            notes.remember(content, "character_self", statement, confidence=0.8)


def _chances(name: str, said: Sequence[Statement], asked: str) -> Any:
    import numpy as np

    count = len(said)
    rows = [statement_features(statement, asked, index, count) for index, statement in enumerate(said)]
    vectors = np.array([statement_vector(statement, asked, index) for index, statement in enumerate(said)])
    return model(name).probabilities(rows, vectors)
