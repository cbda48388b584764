"""Reading memories as REST shows them, and deleting them for good."""

from __future__ import annotations

import datetime as dt
from typing import Any, Optional

from attrs import frozen
from sqlalchemy import ColumnElement, delete, func, select, update

from ..storage.database import Database
from .schemas import (
    CoreFactList,
    CoreFactOut,
    MemoryList,
    MemoryOut,
    MemoryStats,
    Timeline,
    TimelineGroup,
    memory_out,
)
from .store import _COLUMNS, _LOCK, conversations, entities, facts, memories, messages, relations
from .tables import ClusteringRow

__all__ = ["Records"]

clusterings: Any = ClusteringRow.__table__


@frozen
class Records:
    """The memories of one database, by character and player. A pair without a conversation has none."""

    database: Database

    def page(
        self,
        character_id: str,
        player_id: str,
        *,
        memory_type: Optional[str] = None,
        status: Optional[str] = None,
        limit: int = 50,
        offset: int = 0,
    ) -> MemoryList:
        """A page, newest first, and the number of all that fit."""
        conditions = [_mine(memories, character_id, player_id)]
        if memory_type is not None:
            conditions.append(memories.c.memory_type == memory_type)
        if status is not None:
            conditions.append(memories.c.status == status)
        with self.database.reading() as connection:
            total = connection.scalar(select(func.count()).select_from(memories).where(*conditions)) or 0
            rows = connection.execute(
                select(*_COLUMNS)
                .where(*conditions)
                .order_by(memories.c.created_at.desc(), memories.c.id.desc())
                .limit(limit)
                .offset(offset)
            ).all()
        found = [memory_out(row._asdict(), character_id, player_id) for row in rows]
        return MemoryList(memories=found, total=total, limit=limit, offset=offset)

    def timeline(
        self,
        character_id: str,
        player_id: str,
        *,
        start: Optional[dt.datetime] = None,
        end: Optional[dt.datetime] = None,
        group_by: str = "day",
        zone: dt.tzinfo = dt.timezone.utc,
    ) -> Timeline:
        """All memories, whatever became of them, by when they were told.

        Args:
            start: from this time on.
            end: before this time.
            zone: where days begin.
        """
        conditions = [_mine(memories, character_id, player_id)]
        if start is not None:
            conditions.append(memories.c.created_at >= start)
        if end is not None:
            conditions.append(memories.c.created_at < end)
        with self.database.reading() as connection:
            rows = connection.execute(
                select(*_COLUMNS).where(*conditions).order_by(memories.c.created_at, memories.c.id)
            ).all()
        groups: dict[str, list[MemoryOut]] = {}
        for row in rows:
            label = _label(row.created_at.astimezone(zone).date(), group_by)
            groups.setdefault(label, []).append(memory_out(row._asdict(), character_id, player_id))
        return Timeline(
            timeline=[TimelineGroup(date=label, memories=found) for label, found in groups.items()],
            total_memories=len(rows),
            group_by=group_by,
        )

    def stats(self, character_id: str, player_id: str) -> MemoryStats:
        """The memories in figures."""
        with self.database.reading() as connection:
            rows = connection.execute(
                select(memories.c.status, memories.c.memory_type, func.count())
                .where(_mine(memories, character_id, player_id))
                .group_by(memories.c.status, memories.c.memory_type)
            ).all()
            known = connection.scalar(
                select(func.count()).select_from(facts).where(_mine(facts, character_id, player_id))
            )
        totals: dict[str, int] = {}
        by_type: dict[str, int] = {}
        for status, memory_type, count in rows:
            totals[status] = totals.get(status, 0) + count
            if status == "active":
                by_type[memory_type] = count
        return MemoryStats(
            total_active=totals.get("active", 0),
            total_superseded=totals.get("superseded", 0),
            total_decayed=totals.get("decayed", 0),
            by_type=dict(sorted(by_type.items())),
            core_facts=known or 0,
        )

    def core_facts(self, character_id: str, player_id: str) -> CoreFactList:
        """What is always in the character's mind."""
        with self.database.reading() as connection:
            rows = connection.execute(
                select(facts).where(_mine(facts, character_id, player_id)).order_by(facts.c.position)
            ).all()
        return CoreFactList(
            core_facts=[
                CoreFactOut(
                    id=row.id,
                    agent_id=character_id,
                    player_id=player_id,
                    fact_key=row.key,
                    fact_value=row.value,
                    source_memory_id=row.source_memory_id,
                    created_at=row.created_at,
                    updated_at=row.updated_at,
                )
                for row in rows
            ]
        )

    def forget(self, conversation_id: str) -> int:
        """Delete all that is known of the player, for good. Returns how many memories that were.

        The messages stay (they go with the conversation), but the character hears no more of those that are older, and
        nothing is drawn from them any more, even if somebody is at it just now.
        """
        with self.database.transaction() as connection:
            locked = connection.execute(_LOCK, {"conversation": conversation_id}).first()
            if locked is None:
                return 0
            mine = {table: table.c.conversation_id == conversation_id for table in (relations, entities, facts)}
            for table, condition in mine.items():
                connection.execute(delete(table).where(condition))
            connection.execute(delete(clusterings).where(clusterings.c.conversation_id == conversation_id))
            count = connection.execute(delete(memories).where(memories.c.conversation_id == conversation_id)).rowcount
            connection.execute(
                update(messages)
                .where(messages.c.conversation_id == conversation_id, messages.c.extraction.in_(("pending", "claimed")))
                .values(extraction="done", claim_id=None, claimed_at=None)
            )
            latest = connection.scalar(
                select(func.max(messages.c.id)).where(messages.c.conversation_id == conversation_id)
            )
            version = locked.memory_version + 1
            connection.execute(
                update(conversations)
                .where(conversations.c.id == conversation_id)
                .values(memory_version=version, memory_reset=version, forgotten_id=latest or 0)
            )
        self.database.scrub()
        return count


def _mine(table: Any, character_id: str, player_id: str) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = (
        table.c.conversation_id
        == select(conversations.c.id)
        .where(conversations.c.character_id == character_id, conversations.c.player_id == player_id)
        .scalar_subquery()
    )
    return condition


def _label(day: dt.date, group_by: str) -> str:
    if group_by == "week":
        return (day - dt.timedelta(days=day.weekday())).isoformat()
    return day.isoformat()[:7] if group_by == "month" else day.isoformat()
