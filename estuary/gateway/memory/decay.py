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
import math
from collections.abc import Callable, Sequence
from typing import Any, Optional

from sqlalchemy import Connection, select, update

from ..storage.database import Database
from ..storage.tables import now
from .sameness import differ_in_substance
from .store import _LOCK, NEAR, conversations, facts, memories

__all__ = ["Keeper", "strength"]

_TYPES = {"emotional_state": 0.25, "spatial_change": 0.5}
_HAPPENS = ("event", "emotional_state", "spatial_change")
#: memories compared with the others in one go, and changed in one transaction
_BLOCK, _BATCH = 256, 100


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

    What takes long is done outside of transactions, and what is written in many small ones: turns go on meanwhile.

    Args:
        half_life: days; ``None``: nothing fades.
        threshold: a memory whose strength is less has decayed.
    """

    def __init__(self, database: Database, half_life: Optional[float], threshold: float) -> None:
        self._db = database
        self._half_life = half_life
        self._threshold = threshold

    def conversations(self) -> list[str]:
        """All that have memories."""
        with self._db.reading() as connection:
            return list(connection.scalars(select(conversations.c.id).where(conversations.c.memory_version > 0)))

    def merge(self, conversation_id: str, stop: Callable[[], bool] = lambda: False) -> int:
        """Let the older of two that say the same stand for both. Returns how many were merged.

        Only what has changed since the last time is compared, with everything.
        """
        with self._db.reading() as connection:
            state = connection.execute(
                select(conversations.c.memory_version, conversations.c.memory_kept).where(
                    conversations.c.id == conversation_id
                )
            ).first()
            if state is None or state.memory_version == state.memory_kept:
                return 0
            rows = connection.execute(
                select(
                    memories.c.id,
                    memories.c.content,
                    memories.c.memory_type,
                    memories.c.topic,
                    memories.c.changed,
                    memories.c.embedding,
                    memories.c.embedding_engine,
                )
                .where(memories.c.conversation_id == conversation_id, memories.c.status == "active")
                .order_by(memories.c.created_at, memories.c.id)
            ).all()
        count = 0
        pairs = _alike(rows, state.memory_kept)
        for start in range(0, len(pairs), _BATCH):
            if stop():
                return count
            with self._db.transaction() as connection:
                count += _merge(connection, conversation_id, pairs[start : start + _BATCH])
        # a memory without a vector can't be compared yet
        if all(row.embedding is not None for row in rows):
            with self._db.transaction() as connection:
                connection.execute(
                    update(conversations)
                    .where(conversations.c.id == conversation_id)
                    .values(memory_kept=state.memory_version)
                )
        return count

    def fade(
        self, conversation_id: str, *, time: Optional[dt.datetime] = None, stop: Callable[[], bool] = lambda: False
    ) -> int:
        """Let decay what nobody touched. Returns how many memories that were."""
        if self._half_life is None:
            return 0
        time = time or now()
        seen = max(time, now())
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
                ).where(memories.c.conversation_id == conversation_id, memories.c.status == "active")
            ).all()
            kept = set(
                connection.scalars(select(facts.c.source_memory_id).where(facts.c.conversation_id == conversation_id))
            )
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
            if left < self._threshold and row.id not in kept:
                faded.append(row.id)
        count = 0
        for start in range(0, len(faded), _BATCH):
            if stop():
                break
            with self._db.transaction() as connection:
                locked = connection.execute(_LOCK, {"conversation": conversation_id}).first()
                if locked is None:
                    break
                done = connection.execute(
                    update(memories)
                    .where(
                        memories.c.id.in_(faded[start : start + _BATCH]),
                        memories.c.status == "active",
                        # unless it was touched in between
                        memories.c.updated_at <= seen,
                        memories.c.last_accessed_at.is_(None) | (memories.c.last_accessed_at <= seen),
                    )
                    .values(status="decayed", changed=locked.memory_version + 1)
                ).rowcount
                _raise_version(connection, locked, done)
                count += done
        return count


def _alike(rows: Sequence[Any], since: int) -> list[tuple[str, str]]:
    """Pairs that say the same, the older first; one of each pair has changed after the version ``since``."""
    import numpy as np

    groups: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        # what happens again is not the same again
        if row.memory_type not in _HAPPENS and row.embedding is not None:
            groups.setdefault((row.memory_type, row.topic, row.embedding_engine), []).append(row)
    pairs: list[tuple[str, str]] = []
    gone: set[str] = set()
    for group in groups.values():
        new = [position for position, row in enumerate(group) if row.changed > since]
        if len(group) < 2 or not new:
            continue
        matrix = np.stack([np.frombuffer(row.embedding, dtype="<f4") for row in group])
        for start in range(0, len(new), _BLOCK):
            block = new[start : start + _BLOCK]
            for left, right in np.argwhere(matrix[block] @ matrix.T >= NEAR):
                older, newer = sorted((block[int(left)], int(right)))
                one, other = group[older], group[newer]
                if older == newer or one.id in gone or other.id in gone:
                    continue
                if not differ_in_substance(one.content, other.content):
                    pairs.append((one.id, other.id))
                    gone.add(other.id)
    return pairs


def _merge(connection: Connection, conversation_id: str, pairs: Sequence[tuple[str, str]]) -> int:
    locked = connection.execute(_LOCK, {"conversation": conversation_id}).first()
    if locked is None:
        return 0
    version = locked.memory_version + 1
    count = 0
    for keep, drop in pairs:
        found = connection.execute(
            select(memories.c.id, memories.c.told, memories.c.confidence, memories.c.access_count).where(
                memories.c.id.in_((keep, drop)), memories.c.status == "active"
            )
        )
        both = {row.id: row for row in found}
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
        connection.execute(update(facts).where(facts.c.source_memory_id == drop).values(source_memory_id=keep))
        count += 1
    _raise_version(connection, locked, count)
    return count


def _raise_version(connection: Connection, locked: Any, count: int) -> None:
    if count:
        connection.execute(
            update(conversations)
            .where(conversations.c.id == locked.id)
            .values(memory_version=locked.memory_version + 1)
        )
