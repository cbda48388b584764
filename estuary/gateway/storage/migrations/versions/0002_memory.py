"""Memories, entities and relations; what players said before becomes due for extraction."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: core facts went by other names
_KEYS = {"home": "location", "job": "occupation", "likes": "interests"}


def upgrade() -> None:
    for name in ("memory_version", "memory_reset", "memory_kept", "forgotten_id"):
        op.add_column("conversations", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.add_column("messages", sa.Column("extraction", sa.String(8)))
    op.add_column("messages", sa.Column("claim_id", sa.String(120)))
    op.add_column("messages", sa.Column("claimed_at", sa.DateTime))
    op.create_index("ix_messages_extraction", "messages", ["extraction", "conversation_id"])
    op.add_column("core_facts", sa.Column("source_memory_id", sa.String(36)))
    op.execute("UPDATE messages SET extraction = 'pending' WHERE role = 'user'")
    facts = sa.table("core_facts", sa.column("key"))
    for old, new in _KEYS.items():
        op.execute(facts.update().where(facts.c.key == old).values(key=new))

    op.create_table(
        "memories",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "conversation_id", sa.String(36), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("memory_type", sa.String(32), nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("superseded_by", sa.String(36)),
        sa.Column("source_message_id", sa.Integer, sa.ForeignKey("messages.id", ondelete="SET NULL")),
        sa.Column("source_quote", sa.Text, nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("topic", sa.String(100), nullable=False),
        sa.Column("secondary_topics", sa.JSON, nullable=False),
        sa.Column("told", sa.Integer, nullable=False),
        sa.Column("access_count", sa.Integer, nullable=False),
        sa.Column("last_accessed_at", sa.DateTime),
        sa.Column("extracted_at", sa.DateTime, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.Column("fact_key", sa.String(100)),
        sa.Column("fact_value", sa.Text),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("embedding", sa.LargeBinary),
        sa.Column("embedding_engine", sa.String(100)),
    )
    op.create_index("ix_memories_conversation", "memories", ["conversation_id", "status", "created_at"])
    op.create_index("ix_memories_source", "memories", ["source_message_id"])
    op.create_index("ix_memories_digest", "memories", ["conversation_id", "digest"])
    op.create_index("ix_memories_changed", "memories", ["conversation_id", "changed"])
    op.create_index("ix_memories_created", "memories", ["conversation_id", "created_at", "id"])
    op.create_index("ix_memories_fact", "memories", ["conversation_id", "fact_key"])
    op.create_table(
        "entities",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "conversation_id", sa.String(36), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("aliases", sa.JSON, nullable=False),
        sa.Column("role", sa.String(100)),
        sa.Column("mention_count", sa.Integer, nullable=False),
        sa.Column("extra", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("conversation_id", "key"),
    )
    op.create_table(
        "memory_entities",
        sa.Column("memory_id", sa.String(36), sa.ForeignKey("memories.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("entity_id", sa.String(36), sa.ForeignKey("entities.id", ondelete="CASCADE"), primary_key=True),
    )
    op.create_index("ix_memory_entities_entity_id", "memory_entities", ["entity_id"])
    op.create_table(
        "relations",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "conversation_id", sa.String(36), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("source_id", sa.String(36), sa.ForeignKey("entities.id", ondelete="CASCADE")),
        sa.Column("target_id", sa.String(36), sa.ForeignKey("entities.id", ondelete="CASCADE")),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("memory_id", sa.String(36), sa.ForeignKey("memories.id", ondelete="SET NULL")),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_relations_conversation", "relations", ["conversation_id"])
    op.create_table(
        "memory_clusterings",
        sa.Column(
            "conversation_id", sa.String(36), sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("clusters", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
