"""The document of everything that a character knows of a player, where the server has no route for it.

The form is the gateway's own (``estuary-memories``, version 1), so that what another server remembers can be taken to a
gateway. What the documented routes don't tell, such as other names of a person, is not in it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any, Dict, Iterable, List, Mapping, Optional

from ..models import Memory
from .models import CoreFact, Graph, Message

__all__ = ["assemble"]


def assemble(
    character_id: str,
    player_id: str,
    memories: Iterable[Memory],
    facts: Iterable[CoreFact],
    graph: Graph,
    messages: Optional[Iterable[Message]] = None,
) -> Dict[str, Any]:
    """The document. Memories that the server calls deleted are left out."""
    entities = {node.id: node for node in graph.nodes if node.type == "entity"}
    users = {node.id for node in graph.nodes if node.type == "user"}
    named: Dict[str, List[str]] = defaultdict(list)
    relations = []
    for edge in graph.edges:
        if edge.type == "mentions" and edge.target in entities:
            named[edge.source].append(edge.target)
        elif edge.type == "relationship" and all(end in entities or end in users for end in (edge.source, edge.target)):
            relations.append(
                _given(
                    {
                        # an end that is null is the user
                        "source": None if edge.source in users else edge.source,
                        "target": None if edge.target in users else edge.target,
                    },
                    kind=edge.relationship_type or edge.label or "related to",
                    confidence=edge.confidence,
                )
            )
    document: Dict[str, Any] = {
        "format": "estuary-memories",
        "version": 1,
        "exportedAt": _time(dt.datetime.now(dt.timezone.utc)),
        "characterId": character_id,
        "playerId": player_id,
        "memories": [_memory(memory, named[memory.id]) for memory in memories if memory.status != "deleted"],
        "coreFacts": [_fact(fact) for fact in facts],
        "entities": [
            _given(
                {"id": node.id, "name": node.name or node.label or node.id},
                entityType=node.raw.get("entityType"),
                mentionCount=node.raw.get("mentionCount") or None,
                extraData=node.raw.get("extraData"),
            )
            for node in entities.values()
        ],
        "relations": relations,
    }
    if messages is not None:
        document["messages"] = [
            _given(
                {"role": message.role, "content": message.content},
                timestamp=_time(message.timestamp),
                imageUrl=message.image_url,
            )
            for message in messages
        ]
    return document


def _memory(memory: Memory, entities: List[str]) -> Dict[str, Any]:
    return _given(
        {"id": memory.id, "content": memory.content, "memoryType": memory.memory_type},
        confidence=memory.confidence,
        status=memory.status,
        supersededBy=memory.raw.get("supersededBy"),
        sourceQuote=memory.source_quote,
        source=memory.source,
        topic=memory.topic,
        secondaryTopics=list(memory.secondary_topics),
        accessCount=memory.access_count,
        lastAccessedAt=_time(memory.last_accessed_at),
        extractedAt=_time(memory.extracted_at),
        createdAt=_time(memory.created_at),
        updatedAt=_time(memory.updated_at),
        entities=entities,
    )


def _fact(fact: CoreFact) -> Dict[str, Any]:
    return _given(
        {"factKey": fact.key, "factValue": fact.value},
        sourceMemoryId=fact.source_memory_id,
        createdAt=_time(fact.created_at),
        updatedAt=_time(fact.updated_at),
    )


def _given(always: Mapping[str, Any], **others: Any) -> Dict[str, Any]:
    """A null would be a wrong value in most places: what is not known is left out."""
    return {**always, **{name: value for name, value in others.items() if value is not None}}


def _time(when: Optional[dt.datetime]) -> Optional[str]:
    return None if when is None else when.isoformat()
