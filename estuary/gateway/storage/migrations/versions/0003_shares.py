"""Share links, files of characters (pictures, 3D models), and what was made under an ``Idempotency-Key``."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _character(**options: Any) -> sa.Column[str]:
    return sa.Column(
        "character_id", sa.String(36), sa.ForeignKey("characters.id", ondelete="CASCADE"), nullable=False, **options
    )


def upgrade() -> None:
    op.create_table(
        "shares",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        _character(index=True),
        sa.Column("permanent", sa.Boolean, nullable=False),
        sa.Column("memory_sharing", sa.String(16), nullable=False),
        sa.Column("max_exchanges", sa.Integer),
        sa.Column("max_interactions", sa.Integer),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
        sa.Column("revoked_at", sa.DateTime),
    )
    op.create_table(
        "share_recipients",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("share_id", sa.String(36), sa.ForeignKey("shares.id", ondelete="CASCADE"), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("player_id", sa.String(255), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("share_id", "digest"),
    )
    op.create_table(
        "share_sessions",
        sa.Column("token_id", sa.String(36), sa.ForeignKey("session_tokens.id", ondelete="CASCADE"), primary_key=True),
        sa.Column(
            "recipient_id",
            sa.String(36),
            sa.ForeignKey("share_recipients.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
    )
    op.create_table(
        "files",
        sa.Column("name", sa.String(64), primary_key=True),
        _character(index=True),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "character_looks",
        _character(primary_key=True),
        sa.Column("appearance", sa.Text, nullable=False),
        sa.Column("palette", sa.JSON, nullable=False),
        sa.Column("source_file", sa.String(64), nullable=False),
    )
    op.create_table(
        "character_models",
        _character(primary_key=True),
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("rigged", sa.Boolean, nullable=False),
        sa.Column("animations", sa.JSON, nullable=False),
        sa.Column("model_file", sa.String(64)),
        sa.Column("preview_file", sa.String(64)),
        sa.Column("thumbnail_file", sa.String(64)),
        sa.Column("updated_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "from_images",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("request", sa.String(64), nullable=False),
        _character(index=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
