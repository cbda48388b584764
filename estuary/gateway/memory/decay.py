"""How memories fade, and what is done to them when a conversation has come to rest.

A memory's strength is its confidence, halved once in every half-life since it was last told or used. The half-life is
longer for what is sure, for what was told or used often; moods pass quickly. What a core fact rests on does not fade.

>>> day = dt.timedelta(days=1)
>>> then = dt.datetime(2025, 1, 1, tzinfo=dt.timezone.utc)
>>> [round(strength(0.9, then, then + days * day, half_life=60), 2) for days in (0, 60, 365)]
[0.9, 0.55, 0.05]
"""

from __future__ import annotations

import datetime as dt
import logging
import math
from typing import Any, Optional

from sqlalchemy import select, update

from ..storage.database import Database
from ..storage.tables import now
from .sameness import differ_in_substance
from .store import _LOCK, NEAR, conversations, facts, memories

__all__ = ["Keeper", "strength"]

log = logging.getLogger("estuary.gateway")

_TYPES = {"emotional_state": 0.25, "spatial_change": 0.5}
#: memories compared with each other in one go
_BLOCK = 512


def strength(
    confidence: float,
    touched: dt.datetime,
    time: dt.datetime,
    *,
    half_life: float,
    uses: int = 0,
    memory_type: str = "fact",
) -> float:
    """What is left of a memory at ``time``.

    Args:
        touched: when it was last told or used.
        half_life: days.
        uses: how often it was told again or used.
    """
    days = max(0.0, (time - touched).total_seconds() / 86400.0)
    life = half_life * (0.5 + confidence) * (1.0 + math.log2(1.0 + uses)) * _TYPES.get(memory_type, 1.0)
    return float(confidence * 2.0 ** (-days / life))


class Keeper:
    """Merges and fades the memories of one database.

    Args:
        half_life: days; ``None``: nothing fades.
        threshold: a memory whose strength is less has decayed.
    """

    def __init__(self, database: Database, half_life: Optional[float], threshold: float) -> None:
        self._db = database
        self._half_life = half_life
        self._threshold = threshold

    def keep(self, conversation_id: str, *, time: Optional[dt.datetime] = None) -> int:
        """Merge what says the same and let fade what nobody touched. Returns how many memories changed."""
        changed = self._merge(conversation_id)
        return changed + self._fade(conversation_id, time or now())

    def conversations(self) -> list[str]:
        """All that have memories."""
        with self._db.reading() as connection:
            return list(
                connection.scalars(select(conversations.c.id).where(conversations.c.memory_version > 0))
            )

    def _fade(self, conversation_id: str, time: dt.datetime) -> int:
        if self._half_life is None:
            return 0
        with self._db.reading() as connection:
            rows = connection.execute(
                select(
                    memories.c.id,
                    memories.c.confidence,
                    memories.c.memory_type,
                    memories.c.told,
                    memories.c.access_count,
                    memories.c.created_at,
                    memories.c.updated_at,
                    memories.c.last_accessed_at,
                ).where(
                    memories.c.conversation_id == conversation_id,
                    memories.c.status == "active",
                    memories.c.id.not_in(
                        select(facts.c.source_memory_id).where(
                            facts.c.conversation_id == conversation_id, facts.c.source_memory_id.is_not(None)
                        )
                    ),
                )
            ).all()
        faded = []
        for row in rows:
            touched = max(row.created_at, row.last_accessed_at or row.created_at)
            if row.told > 1:
                touched = max(touched, row.updated_at)
            left = strength(
                row.confidence,
                touched,
                time,
                half_life=self._half_life,
                uses=row.told - 1 + row.access_count,
                memory_type=row.memory_type,
            )
            if left < self._threshold:
                faded.append(row)
        if not faded:
            return 0
        with self._db.transaction() as connection:
            locked = connection.execute(_LOCK, {"conversation": conversation_id}).first()
            if locked is None:
                return 0
            count = 0
            for row in faded:
                # unless it was touched in between
                same = (
                    memories.c.last_accessed_at.is_(None)
                    if row.last_accessed_at is None
                    else memories.c.last_accessed_at == row.last_accessed_at
                )
                count += connection.execute(
                    update(memories)
                    .where(memories.c.id == row.id, memories.c.status == "active", memories.c.told == row.told, same)
                    .values(status="decayed", changed=locked.memory_version + 1)
                ).rowcount
            _raise_version(connection, locked, count)
            return count

    def _merge(self, conversation_id: str) -> int:
        """Let the older of two that say the same stand for both."""
        import numpy as np

        with self._db.reading() as connection:
            rows = connection.execute(
                select(
                    memories.c.id,
                    memories.c.content,
                    memories.c.memory_type,
                    memories.c.topic,
                    memories.c.digest,
                    memories.c.embedding,
                    memories.c.embedding_engine,
                )
                .where(memories.c.conversation_id == conversation_id, memories.c.status == "active")
                .order_by(memories.c.created_at, memories.c.id)
            ).all()
        groups: dict[tuple[Any, ...], list[Any]] = {}
        for row in rows:
            # what happens again is not the same again
            if row.memory_type not in ("event", "emotional_state", "spatial_change") and row.embedding is not None:
                groups.setdefault((row.memory_type, row.topic, row.embedding_engine), []).append(row)
        pairs: list[tuple[str, str]] = []
        gone: set[str] = set()
        for group in groups.values():
            if len(group) < 2:
                continue
            matrix = np.stack([np.frombuffer(row.embedding, dtype="<f4") for row in group])
            for start in range(0, len(group), _BLOCK):
                near = np.argwhere(matrix[start : start + _BLOCK] @ matrix.T >= NEAR)
                for left, right in near:
                    one, other = int(left) + start, int(right)
                    if one >= other or group[one].id in gone or group[other].id in gone:
                        continue
                    if not differ_in_substance(group[one].content, group[other].content):
                        pairs.append((group[one].id, group[other].id))
                        gone.add(group[other].id)
        if not pairs:
            return 0
        with self._db.transaction() as connection:
            locked = connection.execute(_LOCK, {"conversation": conversation_id}).first()
            if locked is None:
                return 0
            version = locked.memory_version + 1
            count = 0
            for keep, drop in pairs:
                both = {
                    row.id: row
                    for row in connection.execute(
                        select(memories.c.id, memories.c.told, memories.c.confidence, memories.c.access_count).where(
                            memories.c.id.in_((keep, drop)), memories.c.status == "active"
                        )
                    )
                }
                if len(both) < 2:
                    continue
                sure = 1.0 - (1.0 - both[keep].confidence) * (1.0 - 0.5 * both[drop].confidence)
                connection.execute(
                    update(memories)
                    .where(memories.c.id == keep)
                    .values(
                        told=both[keep].told + both[drop].told,
                        access_count=both[keep].access_count + both[drop].access_count,
                        confidence=max(both[keep].confidence, min(0.99, sure)),
                        updated_at=now(),
                        changed=version,
                    )
                )
                connection.execute(
                    update(memories)
                    .where(memories.c.id == drop)
                    .values(status="superseded", superseded_by=keep, updated_at=now(), changed=version)
                )
                connection.execute(
                    update(facts).where(facts.c.source_memory_id == drop).values(source_memory_id=keep)
                )
                count += 1
            _raise_version(connection, locked, count)
            return count


def _raise_version(connection: Any, locked: Any, count: int) -> None:
    if count:
        connection.execute(
            update(conversations)
            .where(conversations.c.id == locked.id)
            .values(memory_version=locked.memory_version + 1)
        )
