"""The embedded extractor: rules of our own over English, the same answer every time, nothing to download.

Each clause goes to one reader after the other until one knows what it says. Precision comes first: a memory that is
missed can be told again, one that is made up is a lie about somebody.

>>> from estuary.gateway.memory.base import Exchange
>>> found = EmbeddedExtractor().extract(Exchange(text="I live in Lyon with my husband Tom, and I hate olives."))
>>> [memory.content for memory in found.memories]
['Lives in Lyon', 'Husband is called Tom', 'Hates olives']
"""

from __future__ import annotations

from collections.abc import Callable

from ..base import Exchange, Extraction
from .anaphora import is_fragment, resolve
from .answers import answers
from .character import read_character
from .corrections import read_correction
from .events import read_events
from .facts import read_facts
from .feelings import read_feelings
from .habits import read_habits
from .notes import Notes
from .people import companions, read_others
from .places import read_places
from .spoken import read_spoken
from .statements import Statement, statements
from .voice import owned, third_person

__all__ = ["EmbeddedExtractor"]

#: In this order, as what an earlier one knows for certain a later one would take for something vaguer.
_READERS: tuple[Callable[[Statement, Notes], bool], ...] = (
    read_correction,
    read_places,
    read_others,
    read_facts,
    read_feelings,
    read_events,
    read_habits,
)


class EmbeddedExtractor:
    """Reads English exchanges by rules. Implements ``Extractor``; has no state, so any thread may use it."""

    @property
    def name(self) -> str:
        """What ``GET /health`` and the log call it."""
        return "embedded rules"

    def __repr__(self) -> str:
        return "<EmbeddedExtractor>"

    def extract(self, exchange: Exchange) -> Extraction:
        """What is worth remembering of ``exchange``. Takes time linear in its length and raises nothing."""
        notes = Notes(exchange)
        said = fragment = ""
        answered = False
        told: list[Statement] = []
        for statement in statements(exchange.text):
            meant = resolve(statement, said, fragment)
            for read in _READERS:
                if read(meant, notes):
                    break
            companions(meant, notes)
            told.append(meant)
            answered = answered or (not said and bool(notes.memories))
            said = statement.text
            fragment = said if is_fragment(said) else fragment
        if exchange.before and not answered:
            _read_answer(exchange, notes)
        for statement in told:
            read_spoken(statement, notes)  # last, as it adds only what nothing else has told
        if exchange.reply:
            read_character(exchange, notes)
        return notes.extraction()


def _read_answer(exchange: Exchange, notes: Notes) -> None:
    """Write down what the answer to the character's question tells, as far as the sentence itself has not."""
    for answer in answers(exchange.text, exchange.before):
        if exchange.facts.get("name") and answer.statement.text.startswith("my name is"):
            continue  # it is known: what is asked for is the name of something else
        said = list(notes.memories)
        known = any(read(answer.statement, notes) for read in _READERS)
        if answer.plain and not known:
            content = third_person(answer.statement.text) or owned(answer.statement.text)
            notes.remember(content, answer.memory_type, answer.statement, confidence=0.7)
        new = [key for key in notes.memories if key not in said]
        for key in new:
            told = " ".join(key.split()[2:])
            if told and any(told in old for old in said):
                del notes.memories[key]  # "flat white, I always have it with oat milk" has said more
        if new:
            return
