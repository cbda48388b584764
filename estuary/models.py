"""What both channels speak of, and what all that comes from the wire has in common."""

from __future__ import annotations

import datetime as dt
from typing import Any, Mapping, Optional, Tuple, Type, TypeVar

from attrs import field, frozen

from .codec import RENAME, in_words, structure

__all__ = ["Memory", "Model"]


def camel(name: str, **options: Any) -> Any:
    """A field that has another name on the wire."""
    return field(metadata={RENAME: name}, **options)


def raw() -> Any:
    """The field that keeps the whole payload."""
    return field(factory=dict, repr=False, eq=False)


M = TypeVar("M", bound="Model")


class Model:
    """What all of these share: they are made from what the server sent."""

    __slots__ = ()

    @classmethod
    def from_wire(cls: Type[M], data: Any) -> M:
        """Read what the server sent. Raises ``ProtocolError`` where a field has a wrong type."""
        return structure(cls, data, in_words(cls))


@frozen
class Memory(Model):
    """One thing that a character remembers of a player (or, ``character_self``, of itself).

    ``memory_type`` is one of ``fact``, ``preference``, ``relationship``, ``event``, ``emotional_state``,
    ``correction``, ``character_self``, ``spatial_change``; ``status`` one of ``active``, ``superseded``, ``decayed``,
    ``deleted``; ``confidence`` lies between 0 and 1. Times are aware datetimes.
    """

    id: str = ""
    content: str = ""
    memory_type: str = camel("memoryType", default="")
    confidence: Optional[float] = None
    status: Optional[str] = None
    user_id: Optional[str] = camel("userId", default=None)
    character_id: Optional[str] = camel("agentId", default=None)
    player_id: Optional[str] = camel("playerId", default=None)
    source_conversation_id: Optional[str] = camel("sourceConversationId", default=None)
    source_quote: Optional[str] = camel("sourceQuote", default=None)
    source: Optional[str] = None
    topic: Optional[str] = None
    secondary_topics: Tuple[str, ...] = camel("secondaryTopics", default=())
    last_accessed_at: Optional[dt.datetime] = camel("lastAccessedAt", default=None)
    access_count: int = camel("accessCount", default=0)
    extracted_at: Optional[dt.datetime] = camel("extractedAt", default=None)
    created_at: Optional[dt.datetime] = camel("createdAt", default=None)
    updated_at: Optional[dt.datetime] = camel("updatedAt", default=None)
    raw: Mapping[str, Any] = raw()
