"""What passes between the parts of the memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Optional, Protocol

from attrs import field, frozen

__all__ = ["MEMORY_TYPES", "Candidate", "Entity", "Exchange", "Extraction", "Extractor", "FactChange", "Relation"]

MEMORY_TYPES = (
    "fact",
    "preference",
    "relationship",
    "event",
    "emotional_state",
    "correction",
    "character_self",
    "spatial_change",
)


@frozen
class Exchange:
    """One text of the player and what the character answered, with what an extractor needs to understand them."""

    #: what the player said
    text: str
    #: what the character answered; the source of ``character_self`` memories
    reply: str = ""
    #: what the character had said just before, so that "Alice" after "What's your name?" is a name
    before: str = ""
    #: what the player had said before that, so that "he" after "What's his name?" is somebody
    earlier: str = ""
    character_name: str = ""
    #: what is known already: core fact key → values, for telling a correction from news
    facts: Mapping[str, Sequence[str]] = field(factory=dict)
    #: when it was said (aware), for "tomorrow" and "last week"
    at: Optional[dt.datetime] = None


@frozen
class Entity:
    """Somebody or something that was named. ``kind``: ``person``, ``place``, ``thing``, ``organisation``, ``date``,
    ``animal``."""

    name: str
    kind: str
    aliases: Sequence[str] = ()
    #: what it is to the user, such as ``sister`` or ``dog``
    role: Optional[str] = None


@frozen
class Relation:
    """``source`` —``kind``→ ``target``, both names of entities; the user is ``user``."""

    source: str
    kind: str
    target: str
    confidence: float = 0.8


@frozen
class FactChange:
    """A core fact that was told: ``key`` is ``name``, ``location``, ``occupation``, ``age``, ``birthday``,
    ``interests``, ``family``, ``pets``, ``languages``, …"""

    key: str
    value: str
    #: it is no longer so
    negated: bool = False
    #: it takes the place of what was known under the key
    replaces: bool = False


@frozen
class Candidate:
    """One thing worth remembering, as a plain sentence about the user ("Lives in Lyon")."""

    content: str
    memory_type: str
    #: 0 to 1
    confidence: float
    topic: str = ""
    secondary_topics: Sequence[str] = ()
    #: the words it was drawn from
    quote: str = ""
    #: the core fact that this memory states, if it states one
    fact: Optional[FactChange] = None
    #: names of the entities it speaks of
    entities: Sequence[str] = ()
    #: what it makes untrue: contents of memories, or words of them, that it corrects
    supersedes: Sequence[str] = ()


@frozen
class Extraction:
    """What one exchange gave."""

    memories: Sequence[Candidate] = ()
    entities: Sequence[Entity] = ()
    relations: Sequence[Relation] = ()


class Extractor(Protocol):
    """Reads exchanges. Deterministic or a model; called on a worker thread, never on the event loop."""

    @property
    def name(self) -> str:
        """What ``GET /health`` and the log call it."""

    def extract(self, exchange: Exchange) -> Extraction:
        """What is worth remembering. Raises whatever goes wrong; the caller falls back to the embedded extractor."""
