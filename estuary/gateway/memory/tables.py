"""The memory's tables. Everything hangs on a conversation (one character and one player) and goes with it."""

from __future__ import annotations

import datetime as dt
from typing import Any, Optional

from sqlalchemy import JSON, Double, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..storage.tables import AnyText, Base, UTCDateTime, new_id, now

__all__ = ["ClusteringRow", "EntityRow", "MemoryEntityRow", "MemoryRow", "RelationRow"]


class MemoryRow(Base):
    """One memory. ``status`` is ``active``, ``superseded``, ``decayed`` or ``deleted``."""

    __tablename__ = "memories"
    __table_args__ = (
        Index("ix_memories_conversation", "conversation_id", "status", "created_at"),
        Index("ix_memories_source", "source_message_id"),
        Index("ix_memories_digest", "conversation_id", "digest"),
        Index("ix_memories_changed", "conversation_id", "changed"),
        Index("ix_memories_created", "conversation_id", "created_at", "id"),
        Index("ix_memories_fact", "conversation_id", "fact_key"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    content: Mapped[str] = mapped_column(AnyText)
    memory_type: Mapped[str] = mapped_column(String(32))
    confidence: Mapped[float] = mapped_column(Double, default=0.8)
    status: Mapped[str] = mapped_column(String(16), default="active")
    #: the memory that took its place
    superseded_by: Mapped[Optional[str]] = mapped_column(String(36), default=None)
    #: the player's message it was drawn from
    source_message_id: Mapped[Optional[int]] = mapped_column(
        ForeignKey("messages.id", ondelete="SET NULL"), default=None
    )
    source_quote: Mapped[str] = mapped_column(AnyText, default="")
    #: ``text_chat``, ``voice_chat`` or ``import``
    source: Mapped[str] = mapped_column(String(32), default="text_chat")
    topic: Mapped[str] = mapped_column(String(100), default="")
    secondary_topics: Mapped[list[str]] = mapped_column(JSON, default=list)
    #: how often it was told; a repetition raises this instead of piling up
    told: Mapped[int] = mapped_column(default=1)
    access_count: Mapped[int] = mapped_column(default=0)
    last_accessed_at: Mapped[Optional[dt.datetime]] = mapped_column(UTCDateTime, default=None)
    extracted_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
    #: the core fact that it states, under the wire's key
    fact_key: Mapped[Optional[str]] = mapped_column(String(100), default=None)
    fact_value: Mapped[Optional[str]] = mapped_column(AnyText, default=None)
    #: of the content without case and punctuation: finds repetitions
    digest: Mapped[str] = mapped_column(String(64), default="")
    #: the conversation's ``memory_version`` at the last change that an index has to know of
    changed: Mapped[int] = mapped_column(default=0)
    #: float32 little-endian, and the engine that made it
    embedding: Mapped[Optional[bytes]] = mapped_column(LargeBinary, default=None)
    embedding_engine: Mapped[Optional[str]] = mapped_column(String(100), default=None)


class EntityRow(Base):
    """Somebody or something that was named. ``key`` is the name, folded, for finding it again."""

    __tablename__ = "entities"
    __table_args__ = (UniqueConstraint("conversation_id", "key"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(AnyText)
    kind: Mapped[str] = mapped_column(String(32))
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)
    #: what it is to the user: ``sister``, ``dog``, ``employer``…
    role: Mapped[Optional[str]] = mapped_column(String(100), default=None)
    mention_count: Mapped[int] = mapped_column(default=1)
    extra: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)


class MemoryEntityRow(Base):
    """That a memory speaks of an entity."""

    __tablename__ = "memory_entities"

    memory_id: Mapped[str] = mapped_column(ForeignKey("memories.id", ondelete="CASCADE"), primary_key=True)
    entity_id: Mapped[str] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"), primary_key=True, index=True)


class RelationRow(Base):
    """How two entities stand to each other; ``source_id`` or ``target_id`` is ``None`` for the user."""

    __tablename__ = "relations"
    __table_args__ = (Index("ix_relations_conversation", "conversation_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    source_id: Mapped[Optional[str]] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"), default=None)
    target_id: Mapped[Optional[str]] = mapped_column(ForeignKey("entities.id", ondelete="CASCADE"), default=None)
    kind: Mapped[str] = mapped_column(String(100))
    confidence: Mapped[float] = mapped_column(Double, default=0.8)
    memory_id: Mapped[Optional[str]] = mapped_column(ForeignKey("memories.id", ondelete="SET NULL"), default=None)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)


class ClusteringRow(Base):
    """How the memories of a conversation fall into groups, as last worked out."""

    __tablename__ = "memory_clusterings"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    #: the ``memory_version`` that it is of
    version: Mapped[int]
    #: a list of ``{id, label, level, parent, members}``
    clusters: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
