"""The memory's bodies on the wire: camelCase, as published clients read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Optional

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from ..speech import timestamp
from .store import Outcome

__all__ = [
    "CoreFactList",
    "CoreFactOut",
    "Deleted",
    "GraphEdge",
    "GraphNode",
    "GraphOut",
    "GraphStats",
    "Match",
    "MemoryList",
    "MemoryOut",
    "MemoryStats",
    "SearchBody",
    "SearchOut",
    "Timeline",
    "TimelineGroup",
    "memory_out",
    "memory_updated",
]

#: whose account it is: there is only one here
USER = "local"

MemoryType = Literal[
    "fact", "preference", "relationship", "event", "emotional_state", "correction", "character_self", "spatial_change"
]
Status = Literal["active", "superseded", "decayed", "deleted"]


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class MemoryOut(_Camel):
    """One thing that a character remembers of a player, or of itself (`character_self`)."""

    id: str
    user_id: str = USER
    agent_id: str
    player_id: str
    content: str
    memory_type: str
    confidence: float
    status: str
    source_conversation_id: str
    source_quote: str
    source: str
    topic: str
    secondary_topics: list[str]
    last_accessed_at: Optional[dt.datetime]
    access_count: int
    extracted_at: dt.datetime
    created_at: dt.datetime
    updated_at: dt.datetime
    #: this gateway's own: how often it was told, and what took its place
    told_count: int = 1
    superseded_by: Optional[str] = None


class MemoryList(_Camel):
    """A page of memories, newest first."""

    memories: list[MemoryOut]
    total: int
    limit: int
    offset: int


class TimelineGroup(_Camel):
    """The memories of a day (`2025-01-31`), a week (its Monday) or a month (`2025-01`)."""

    date: str
    memories: list[MemoryOut]


class Timeline(_Camel):
    """Memories by the time at which they were told, oldest first."""

    timeline: list[TimelineGroup]
    total_memories: int
    group_by: str


class MemoryStats(_Camel):
    """How much is remembered. `byType` counts what is active."""

    total_active: int
    total_superseded: int
    total_decayed: int
    by_type: dict[str, int]
    core_facts: int


class CoreFactOut(_Camel):
    """One thing that is always in the character's mind."""

    id: str
    user_id: str = USER
    agent_id: str
    player_id: str
    fact_key: str
    fact_value: str
    source_memory_id: Optional[str]
    created_at: dt.datetime
    updated_at: dt.datetime


class CoreFactList(_Camel):
    """All core facts. A key may come several times."""

    core_facts: list[CoreFactOut]


class SearchBody(_Camel):
    """What to look for."""

    query: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
    limit: Annotated[int, Field(ge=1, le=50)] = 10


class Match(_Camel):
    """One memory that was found. `similarity` lies between 0 and 1."""

    memory_id: str
    similarity: float
    content: str


class SearchOut(_Camel):
    """What was found, best first."""

    results: list[Match]
    query: str
    total: int


class Deleted(_Camel):
    """How many memories were deleted."""

    deleted_count: int


class GraphNode(_Camel):
    """A node of type `user`, `cluster`, `memory` or `entity`; what a type does not have is `null`."""

    id: str
    type: Literal["user", "cluster", "memory", "entity"]
    label: Optional[str] = None
    memory_count: Optional[int] = None
    level: Optional[int] = None
    parent_cluster_id: Optional[str] = None
    child_cluster_ids: list[str] = []
    pending_label: bool = False
    content: Optional[str] = None
    memory_type: Optional[str] = None
    confidence: Optional[float] = None
    created_at: Optional[dt.datetime] = None
    topic: Optional[str] = None
    entity_type: Optional[str] = None
    name: Optional[str] = None
    mention_count: Optional[int] = None
    extra_data: dict[str, Any] = {}


class GraphEdge(_Camel):
    """An edge: `has_cluster`, `subcluster`, `contains`, `mentions` or `relationship`."""

    source: str
    target: str
    type: str
    relationship_type: Optional[str] = None
    label: Optional[str] = None
    confidence: Optional[float] = None


class GraphStats(_Camel):
    """How large the graph is; `clusters` has the number of memories of each top cluster by its label."""

    total_memories: int
    total_entities: int
    cluster_count: int
    clusters: dict[str, int]


class GraphOut(_Camel):
    """What a character knows of a player. `stale`: the newest memories are not grouped with the others yet."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]
    stats: GraphStats
    stale: bool

    @classmethod
    def empty(cls, player_id: str) -> GraphOut:
        """Of a player who never talked to the character."""
        stats = GraphStats(total_memories=0, total_entities=0, cluster_count=0, clusters={})
        user = GraphNode(id=f"user:{player_id}", type="user", label=player_id)
        return cls(nodes=[user], edges=[], stats=stats, stale=False)


def memory_out(row: Mapping[str, Any], character_id: str, player_id: str) -> MemoryOut:
    """A row of the database as the wire has it."""
    return MemoryOut(
        id=row["id"],
        agent_id=character_id,
        player_id=player_id,
        content=row["content"],
        memory_type=row["memory_type"],
        confidence=round(row["confidence"], 4),
        status=row["status"],
        source_conversation_id=row["conversation_id"],
        source_quote=row["source_quote"],
        source=row["source"],
        topic=row["topic"],
        secondary_topics=row["secondary_topics"],
        last_accessed_at=row["last_accessed_at"],
        access_count=row["access_count"],
        extracted_at=row["extracted_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        told_count=row["told"],
        superseded_by=row["superseded_by"],
    )


def memory_updated(outcome: Outcome) -> dict[str, Any]:
    """The payload of the event that tells a session what was remembered."""
    new = [memory_out(row, outcome.character_id, outcome.player_id) for row in outcome.new]
    return {
        "agent_id": outcome.character_id,
        "player_id": outcome.player_id,
        "memories_extracted": len(new),
        "facts_extracted": outcome.facts,
        "conversation_id": outcome.conversation_id,
        "new_memories": [memory.model_dump(mode="json", by_alias=True) for memory in new],
        "timestamp": timestamp(),
    }
