"""Everything that a character knows of a player as one document, out and in again.

Importing the same document twice changes nothing the second time. Ids are kept where they are free; where a memory of
another conversation has one already, another id follows from the old one, the same every time.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Optional

from attrs import frozen
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from sqlalchemy import Connection, func, insert, select, update

from ..storage.database import Database
from ..storage.tables import new_id, now
from ..text import clean
from .base import MEMORY_TYPES
from .keys import is_single
from .sameness import digest, fold
from .store import _COLUMNS, _LOCK, conversations, entities, facts, links, memories, messages, relations

__all__ = ["Document", "Imported", "Transfer"]

FORMAT = "estuary-memories"

_Id = Annotated[str, Field(min_length=1, max_length=64)]
_Time = AwareDatetime


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class DocumentMemory(_Camel):
    """One memory, whatever became of it."""

    id: _Id
    content: Annotated[str, Field(min_length=1, max_length=10_000)]
    memory_type: Literal[MEMORY_TYPES]  # type: ignore[valid-type]
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.8
    status: Literal["active", "superseded", "decayed"] = "active"
    superseded_by: Optional[_Id] = None
    source_quote: Annotated[str, Field(max_length=10_000)] = ""
    source: Annotated[str, Field(max_length=32)] = "import"
    topic: Annotated[str, Field(max_length=100)] = ""
    secondary_topics: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=20)] = []
    told_count: Annotated[int, Field(ge=1, le=10**6)] = 1
    access_count: Annotated[int, Field(ge=0, le=10**9)] = 0
    last_accessed_at: Optional[_Time] = None
    extracted_at: Optional[_Time] = None
    created_at: Optional[_Time] = None
    updated_at: Optional[_Time] = None
    fact_key: Annotated[Optional[str], Field(max_length=100)] = None
    fact_value: Annotated[Optional[str], Field(max_length=2000)] = None
    #: ids of entities
    entities: list[_Id] = []


class DocumentFact(_Camel):
    """One core fact."""

    fact_key: Annotated[str, Field(min_length=1, max_length=100)]
    fact_value: Annotated[str, Field(min_length=1, max_length=2000)]
    source_memory_id: Optional[_Id] = None
    created_at: Optional[_Time] = None
    updated_at: Optional[_Time] = None


class DocumentEntity(_Camel):
    """Somebody or something that was named."""

    id: _Id
    name: Annotated[str, Field(min_length=1, max_length=255)]
    entity_type: Annotated[str, Field(max_length=32)] = "thing"
    aliases: Annotated[list[Annotated[str, Field(max_length=255)]], Field(max_length=50)] = []
    role: Annotated[Optional[str], Field(max_length=100)] = None
    mention_count: Annotated[int, Field(ge=1, le=10**9)] = 1
    extra_data: dict[str, Any] = {}
    created_at: Optional[_Time] = None
    updated_at: Optional[_Time] = None


class DocumentRelation(_Camel):
    """How two entities stand to each other; an end that is `null` is the user."""

    source: Optional[_Id] = None
    target: Optional[_Id] = None
    kind: Annotated[str, Field(min_length=1, max_length=100)]
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.8
    memory_id: Optional[_Id] = None
    created_at: Optional[_Time] = None


class DocumentMessage(_Camel):
    """One message of the conversation."""

    role: Literal["user", "assistant"]
    content: Annotated[str, Field(max_length=1_000_000)]
    timestamp: _Time
    status: Literal["complete", "interrupted", "failed"] = "complete"
    image_url: Optional[str] = None


class Document(_Camel):
    """Everything that a character knows of a player."""

    format: Literal["estuary-memories"] = "estuary-memories"
    version: Literal[1] = 1
    exported_at: Optional[_Time] = None
    character_id: Annotated[str, Field(max_length=64)] = ""
    player_id: Annotated[str, Field(max_length=255)] = ""
    memories: Annotated[list[DocumentMemory], Field(max_length=500_000)] = []
    core_facts: Annotated[list[DocumentFact], Field(max_length=10_000)] = []
    entities: Annotated[list[DocumentEntity], Field(max_length=500_000)] = []
    relations: Annotated[list[DocumentRelation], Field(max_length=500_000)] = []
    messages: Optional[Annotated[list[DocumentMessage], Field(max_length=1_000_000)]] = None


class Imported(_Camel):
    """What an import added; what was there already does not count."""

    memories: int = 0
    core_facts: int = 0
    entities: int = 0
    relations: int = 0
    messages: int = 0


@frozen
class Transfer:
    """Exports and imports of one database."""

    database: Database

    def export(
        self, conversation_id: Optional[str], character_id: str, player_id: str, *, with_messages: bool = False
    ) -> Document:
        """Everything. Of a player who never talked to the character: a document without content."""
        document = Document(exported_at=now(), character_id=character_id, player_id=player_id)
        if conversation_id is None:
            return document
        with self.database.reading() as connection:

            def rows(table: Any, *order: Any) -> Any:
                return connection.execute(
                    select(*(_COLUMNS if table is memories else table.c))
                    .where(table.c.conversation_id == conversation_id)
                    .order_by(*order)
                )

            named: dict[str, list[str]] = {}
            for link in connection.execute(
                select(links)
                .join(memories, memories.c.id == links.c.memory_id)
                .where(memories.c.conversation_id == conversation_id)
                .order_by(links.c.entity_id)
            ):
                named.setdefault(link.memory_id, []).append(link.entity_id)
            document.memories = [
                DocumentMemory.model_construct(
                    id=row.id,
                    content=row.content,
                    memory_type=row.memory_type,
                    confidence=row.confidence,
                    status=row.status,
                    superseded_by=row.superseded_by,
                    source_quote=row.source_quote,
                    source=row.source,
                    topic=row.topic,
                    secondary_topics=row.secondary_topics,
                    told_count=row.told,
                    access_count=row.access_count,
                    last_accessed_at=row.last_accessed_at,
                    extracted_at=row.extracted_at,
                    created_at=row.created_at,
                    updated_at=row.updated_at,
                    fact_key=row.fact_key,
                    fact_value=row.fact_value,
                    entities=named.get(row.id, []),
                )
                for row in rows(memories, memories.c.created_at, memories.c.id)
            ]
            document.core_facts = [
                DocumentFact.model_construct(
                    fact_key=row.key,
                    fact_value=row.value,
                    source_memory_id=row.source_memory_id,
                    created_at=row.created_at,
                    updated_at=row.updated_at,
                )
                for row in rows(facts, facts.c.position)
            ]
            document.entities = [
                DocumentEntity.model_construct(
                    id=row.id,
                    name=row.name,
                    entity_type=row.kind,
                    aliases=row.aliases,
                    role=row.role,
                    mention_count=row.mention_count,
                    extra_data=row.extra,
                    created_at=row.created_at,
                    updated_at=row.updated_at,
                )
                for row in rows(entities, entities.c.created_at, entities.c.id)
            ]
            document.relations = [
                DocumentRelation.model_construct(
                    source=row.source_id,
                    target=row.target_id,
                    kind=row.kind,
                    confidence=row.confidence,
                    memory_id=row.memory_id,
                    created_at=row.created_at,
                )
                for row in rows(relations, relations.c.created_at, relations.c.id)
            ]
            if with_messages:
                document.messages = [
                    DocumentMessage.model_construct(
                        role=row.role,
                        content=row.content,
                        timestamp=row.timestamp,
                        status=row.status,
                        image_url=row.image_url,
                    )
                    for row in rows(messages, messages.c.id)
                ]
        return document

    def load(self, conversation_id: str, document: Document) -> Imported:
        """Add what the document has and the conversation has not, in one transaction.

        Messages come in only where the conversation has none but those of the document.
        """
        with self.database.transaction() as connection:
            locked = connection.execute(_LOCK, {"conversation": conversation_id}).one()
            loading = _Loading(connection, conversation_id, locked.memory_version + 1)
            loading.load(document)
            if any(loading.done.model_dump().values()):
                connection.execute(
                    update(conversations)
                    .where(conversations.c.id == conversation_id)
                    .values(memory_version=locked.memory_version + 1)
                )
        return loading.done


class _Loading:
    def __init__(self, connection: Connection, conversation_id: str, version: int) -> None:
        self._connection = connection
        self._conversation = conversation_id
        self._version = version
        self._now = now()
        self.done = Imported()

    def load(self, document: Document) -> None:
        entity_ids = self._entities(document)
        memory_ids = self._memories(document, entity_ids)
        self._relations(document, entity_ids, memory_ids)
        self._facts(document, memory_ids)
        if document.messages:
            self._messages(document.messages)

    def _ids(self, table: Any, wanted: list[str]) -> dict[str, str]:
        """For each id of the document the one to use here."""
        mine: set[str] = set()
        others: set[str] = set()
        derived = {id: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._conversation}/{id}")) for id in wanted}
        asked = [*wanted, *derived.values()]
        for start in range(0, len(asked), 500):
            for row in self._connection.execute(
                select(table.c.id, table.c.conversation_id).where(table.c.id.in_(asked[start : start + 500]))
            ):
                (mine if row.conversation_id == self._conversation else others).add(row.id)
        return {
            # ids that can't be ours, by their length, are not kept either
            id: derived[id] if derived[id] in mine or id in others or len(id) > 36 else id
            for id in wanted
        }

    def _entities(self, document: Document) -> dict[str, str]:
        ids = self._ids(entities, [entity.id for entity in document.entities])
        by_key = {
            row.key: row.id
            for row in self._connection.execute(
                select(entities.c.key, entities.c.id).where(entities.c.conversation_id == self._conversation)
            )
        }
        new: list[dict[str, Any]] = []
        for entity in document.entities:
            key = fold(clean(entity.name))[:255]
            if not key or key in by_key:
                ids[entity.id] = by_key.get(key, "")
                continue
            by_key[key] = ids[entity.id]
            new.append(
                {
                    "id": ids[entity.id],
                    "conversation_id": self._conversation,
                    "key": key,
                    "name": entity.name,
                    "kind": _short(entity.entity_type) or "thing",
                    "aliases": entity.aliases,
                    "role": None if entity.role is None else _short(entity.role),
                    "mention_count": entity.mention_count,
                    "extra": {k: v for k, v in entity.extra_data.items() if k not in ("aliases", "role")},
                    "created_at": entity.created_at or self._now,
                    "updated_at": entity.updated_at or self._now,
                }
            )
        self.done.entities = self._insert(entities, new)
        return ids

    def _memories(self, document: Document, entity_ids: Mapping[str, str]) -> dict[str, str]:
        ids = self._ids(memories, [memory.id for memory in document.memories])
        here = set()
        alike = {}
        for row in self._connection.execute(
            select(memories.c.id, memories.c.digest, memories.c.status, memories.c.memory_type).where(
                memories.c.conversation_id == self._conversation
            )
        ):
            here.add(row.id)
            alike[(row.digest, row.memory_type, row.status)] = row.id
        new: list[dict[str, Any]] = []
        linked: list[dict[str, Any]] = []
        for memory in document.memories:
            own = digest(memory.content)
            same = (own, memory.memory_type, memory.status)
            if ids[memory.id] in here:
                continue
            if same in alike:
                # it was told here too
                ids[memory.id] = alike[same]
                continue
            here.add(ids[memory.id])
            alike[same] = ids[memory.id]
            time = memory.created_at or self._now
            new.append(
                {
                    "id": ids[memory.id],
                    "conversation_id": self._conversation,
                    "content": memory.content,
                    "memory_type": memory.memory_type,
                    "confidence": memory.confidence,
                    "status": memory.status,
                    "superseded_by": memory.superseded_by,
                    "source_message_id": None,
                    "source_quote": memory.source_quote,
                    "source": _short(memory.source),
                    "topic": _short(memory.topic),
                    "secondary_topics": memory.secondary_topics,
                    "told": memory.told_count,
                    "access_count": memory.access_count,
                    "last_accessed_at": memory.last_accessed_at,
                    "extracted_at": memory.extracted_at or time,
                    "created_at": time,
                    "updated_at": memory.updated_at or time,
                    "fact_key": memory.fact_key,
                    "fact_value": memory.fact_value,
                    "digest": own,
                    "changed": self._version,
                    "embedding": None,
                    "embedding_engine": None,
                }
            )
            linked += [
                {"memory_id": ids[memory.id], "entity_id": entity_ids[entity]}
                for entity in dict.fromkeys(memory.entities)
                if entity_ids.get(entity)
            ]
        for added in new:
            if added["superseded_by"] is not None:
                added["superseded_by"] = ids.get(added["superseded_by"])
        self.done.memories = self._insert(memories, new)
        distinct = {(link["memory_id"], link["entity_id"]): link for link in linked}
        self._insert(links, list(distinct.values()))
        return ids

    def _relations(self, document: Document, entity_ids: Mapping[str, str], memory_ids: Mapping[str, str]) -> None:
        known: set[tuple[Any, ...]] = {
            (row.source_id, row.kind, row.target_id)
            for row in self._connection.execute(
                select(relations).where(relations.c.conversation_id == self._conversation)
            )
        }
        new: list[dict[str, Any]] = []
        for relation in document.relations:
            ends = [None if end is None else entity_ids.get(end, "") for end in (relation.source, relation.target)]
            triple: tuple[Any, ...] = (ends[0], _short(relation.kind), ends[1])
            if "" in ends or ends == [None, None] or triple in known:
                continue
            known.add(triple)
            new.append(
                {
                    "id": new_id(),
                    "conversation_id": self._conversation,
                    "source_id": ends[0],
                    "target_id": ends[1],
                    "kind": triple[1],
                    "confidence": relation.confidence,
                    "memory_id": None if relation.memory_id is None else memory_ids.get(relation.memory_id),
                    "created_at": relation.created_at or self._now,
                }
            )
        self.done.relations = self._insert(relations, new)

    def _facts(self, document: Document, memory_ids: Mapping[str, str]) -> None:
        rows = self._connection.execute(
            select(facts).where(facts.c.conversation_id == self._conversation).order_by(facts.c.position)
        ).all()
        known = {(row.key, row.value) for row in rows}
        keys = {row.key for row in rows}
        position = max((row.position for row in rows), default=-1)
        new: list[dict[str, Any]] = []
        for fact in document.core_facts:
            key = _short(fact.fact_key)
            # what is known here of what one has one of is left as it is
            if (key, fact.fact_value) in known or (is_single(key) and key in keys):
                continue
            known.add((key, fact.fact_value))
            position += 1
            time = fact.created_at or self._now
            new.append(
                {
                    "id": new_id(),
                    "conversation_id": self._conversation,
                    "key": key,
                    "value": fact.fact_value,
                    "position": position,
                    "source_memory_id": None
                    if fact.source_memory_id is None
                    else memory_ids.get(fact.source_memory_id),
                    "created_at": time,
                    "updated_at": fact.updated_at or time,
                }
            )
        self.done.core_facts = self._insert(facts, new)

    def _messages(self, wanted: list[DocumentMessage]) -> None:
        known = {
            (row.role, row.content, row.timestamp)
            for row in self._connection.execute(
                select(messages.c.role, messages.c.content, messages.c.timestamp).where(
                    messages.c.conversation_id == self._conversation
                )
            )
        }
        told = {(message.role, message.content, message.timestamp.astimezone(dt.timezone.utc)) for message in wanted}
        if not known <= told:
            # the conversation has gone another way: older messages can't be put between or after its own
            return
        new: list[dict[str, Any]] = []
        for message in wanted:
            if (message.role, message.content, message.timestamp.astimezone(dt.timezone.utc)) not in known:
                new.append(
                    {
                        "conversation_id": self._conversation,
                        "role": message.role,
                        "content": message.content,
                        "status": message.status,
                        "image_url": message.image_url,
                        "timestamp": message.timestamp,
                        # what is to be remembered of it is in the document
                        "extraction": "done" if message.role == "user" else None,
                    }
                )
        self.done.messages = self._insert(messages, new)
        if new:
            count = self._connection.scalar(
                select(func.count()).select_from(messages).where(messages.c.conversation_id == self._conversation)
            )
            self._connection.execute(
                update(conversations).where(conversations.c.id == self._conversation).values(message_count=count)
            )

    def _insert(self, table: Any, rows: list[dict[str, Any]]) -> int:
        for start in range(0, len(rows), 500):
            self._connection.execute(insert(table), rows[start : start + 500])
        return len(rows)


def _short(text: str) -> str:
    return clean(text).replace("\0", "")
