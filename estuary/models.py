"""What both channels speak of: the things that REST lists and the socket pushes."""

from __future__ import annotations

import datetime as dt
from typing import Any, Mapping, Optional, Tuple

from attrs import field, frozen

from .codec import RENAME, structure

__all__ = ["Memory"]


def _camel(name: str, **options: Any) -> Any:
    return field(metadata={RENAME: name}, **options)


@frozen
class Memory:
    """One thing that a character remembers of a player (or, ``character_self``, of itself).

    ``memory_type`` is one of ``fact``, ``preference``, ``relationship``, ``event``, ``emotional_state``,
    ``correction``, ``character_self``, ``spatial_change``; ``status`` one of ``active``, ``superseded``, ``decayed``,
    ``deleted``; ``confidence`` lies between 0 and 1. Times are aware datetimes.
    """

    id: str = ""
    content: str = ""
    memory_type: str = _camel("memoryType", default="")
    confidence: Optional[float] = None
    status: Optional[str] = None
    user_id: Optional[str] = _camel("userId", default=None)
    character_id: Optional[str] = _camel("agentId", default=None)
    player_id: Optional[str] = _camel("playerId", default=None)
    source_conversation_id: Optional[str] = _camel("sourceConversationId", default=None)
    source_quote: Optional[str] = _camel("sourceQuote", default=None)
    source: Optional[str] = None
    topic: Optional[str] = None
    secondary_topics: Tuple[str, ...] = _camel("secondaryTopics", default=())
    last_accessed_at: Optional[dt.datetime] = _camel("lastAccessedAt", default=None)
    access_count: int = _camel("accessCount", default=0)
    extracted_at: Optional[dt.datetime] = _camel("extractedAt", default=None)
    created_at: Optional[dt.datetime] = _camel("createdAt", default=None)
    updated_at: Optional[dt.datetime] = _camel("updatedAt", default=None)
    raw: Mapping[str, Any] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_wire(cls, data: Any) -> Memory:
        """Read what the server sent. Raises ``ProtocolError`` where a field has a wrong type."""
        return structure(cls, data, "memory")
