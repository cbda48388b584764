"""The indexes of the pairs that talk at present, kept in step with the database whoever writes to it."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Optional

from attrs import define, field, frozen
from sqlalchemy import bindparam, select

from ..storage.database import Database
from .embedding import Embedder
from .index import Entry, MemoryIndex
from .store import MemoryStore, conversations, entities, links, memories

__all__ = ["IndexCache", "PairIndex", "Recalled"]

log = logging.getLogger("estuary.gateway")

#: memories that are indexed before the other threads get a chance
_CHUNK = 16
#: how long they get
_BREATH = 0.001

_STATE = select(conversations.c.memory_version, conversations.c.memory_reset).where(
    conversations.c.id == bindparam("conversation")
)
_CHANGED = (
    select(
        memories.c.id,
        memories.c.content,
        memories.c.status,
        memories.c.topic,
        memories.c.secondary_topics,
        memories.c.source_quote,
        memories.c.confidence,
        memories.c.created_at,
        memories.c.embedding,
        memories.c.embedding_engine,
    )
    .where(memories.c.conversation_id == bindparam("conversation"), memories.c.changed > bindparam("version"))
    .order_by(memories.c.created_at)
)
_NAMES = (
    select(links.c.memory_id, entities.c.name, entities.c.role, entities.c.aliases)
    .join(entities, entities.c.id == links.c.entity_id)
    .join(memories, memories.c.id == links.c.memory_id)
    .where(memories.c.conversation_id == bindparam("conversation"), memories.c.changed > bindparam("version"))
)
#: by their ids alone, or SQLite would walk through all of the conversation's
_CONTENTS = select(
    memories.c.id, memories.c.conversation_id, memories.c.content, memories.c.memory_type, memories.c.status
).where(memories.c.id.in_(bindparam("ids", expanding=True)))


@frozen
class Recalled:
    """A memory that was found."""

    id: str
    similarity: float
    content: str
    memory_type: str
    status: str


@define(eq=False)
class PairIndex:
    """What one character remembers of one player."""

    conversation_id: str
    active: MemoryIndex
    faded: MemoryIndex
    #: the conversation's ``memory_version`` that it knows; -1: nothing was read yet
    version: int = -1
    lock: threading.Lock = field(factory=threading.Lock)

    def near(self, vector: Any, least: float) -> Sequence[str]:
        """Memories, also faded ones, whose vectors are so near."""
        return [*self.active.near(vector, least), *self.faded.near(vector, least)]


class IndexCache:
    """The indexes that are in use. Thread-safe.

    Args:
        most: memories that are kept in all; the pairs that were not heard of for longest go first.
    """

    def __init__(self, database: Database, store: MemoryStore, embedder: Embedder, *, most: int = 250_000) -> None:
        self._db = database
        self._store = store
        self._embedder = embedder
        self._most = most
        self._pairs: OrderedDict[str, PairIndex] = OrderedDict()
        self._lock = threading.Lock()

    def pair(self, conversation_id: str) -> PairIndex:
        """The index of a conversation, which may know nothing yet: see ``refresh()``."""
        with self._lock:
            pair = self._pairs.get(conversation_id)
            if pair is None:
                pair = self._pairs[conversation_id] = PairIndex(
                    conversation_id, MemoryIndex(self._embedder), MemoryIndex(self._embedder)
                )
            self._pairs.move_to_end(conversation_id)
            total = sum(len(other.active) + len(other.faded) for other in self._pairs.values())
            while total > self._most and len(self._pairs) > 1:
                _, old = self._pairs.popitem(last=False)
                total -= len(old.active) + len(old.faded)
            return pair

    def drop(self, conversation_id: str) -> None:
        """Forget a conversation's index."""
        with self._lock:
            self._pairs.pop(conversation_id, None)

    def clear(self) -> None:
        """Forget all indexes; those that are needed are built again."""
        with self._lock:
            self._pairs.clear()

    def refresh(self, conversation_id: str) -> PairIndex:
        """Bring the index of a conversation in step with the database. Takes long if there is much to read."""
        pair = self.pair(conversation_id)
        with pair.lock:
            with self._db.reading() as connection:
                state = connection.execute(_STATE, {"conversation": conversation_id}).first()
                if state is None:
                    self.drop(conversation_id)
                    return pair
                if state.memory_version == pair.version:
                    return pair
                if pair.version < state.memory_reset:
                    pair.active, pair.faded = MemoryIndex(self._embedder), MemoryIndex(self._embedder)
                    pair.version = -1
                wanted = {"conversation": conversation_id, "version": pair.version}
                rows = connection.execute(_CHANGED, wanted).all()
                names: dict[str, list[str]] = {}
                roles: dict[str, list[str]] = {}
                for row in connection.execute(_NAMES, wanted):
                    names.setdefault(row.memory_id, []).extend([row.name, *row.aliases])
                    if row.role:
                        roles.setdefault(row.memory_id, []).append(row.role)
            made: dict[str, Any] = {}
            for start in range(0, len(rows), _CHUNK):
                if start:
                    time.sleep(_BREATH)
                made.update(self._take_in(pair, rows[start : start + _CHUNK], names, roles))
            pair.version = state.memory_version
        if made:
            self._store.keep_vectors(made, self._embedder.name)
        return pair

    def _take_in(
        self,
        pair: PairIndex,
        rows: Sequence[Any],
        names: dict[str, list[str]],
        roles: dict[str, list[str]],
    ) -> dict[str, Any]:
        import numpy as np

        made: dict[str, Any] = {}
        for index, status, other in ((pair.active, "active", pair.faded), (pair.faded, "decayed", pair.active)):
            entries = [
                Entry(
                    row.id,
                    row.content,
                    row.topic,
                    (*row.secondary_topics, row.source_quote, *roles.get(row.id, ())),
                    tuple(names.get(row.id, ())),
                    row.confidence,
                    row.created_at,
                    np.frombuffer(row.embedding, dtype="<f4")
                    if row.embedding is not None and row.embedding_engine == self._embedder.name
                    else None,
                )
                for row in rows
                if row.status == status
            ]
            if entries:
                other.remove(entry.id for entry in entries)
                made.update(index.add(entries))
        gone = [row.id for row in rows if row.status not in ("active", "decayed")]
        if gone:
            pair.active.remove(gone)
            pair.faded.remove(gone)
        return made

    def search(
        self,
        pair: PairIndex,
        query: str,
        limit: int,
        *,
        least: float = 0.0,
        least_faded: Optional[float] = None,
    ) -> list[Recalled]:
        """The best memories for a text.

        Args:
            least: similarity below which nothing is returned.
            least_faded: the same for decayed memories; ``None`` leaves them out.
        """
        hits = [hit for hit in pair.active.search(query, limit) if hit.similarity >= least]
        if least_faded is not None and len(pair.faded):
            hits += [hit for hit in pair.faded.search(query, limit) if hit.similarity >= least_faded]
        hits = sorted(hits, key=lambda hit: -hit.similarity)[:limit]
        if not hits:
            return []
        with self._db.reading() as connection:
            rows = connection.execute(_CONTENTS, {"ids": [hit.id for hit in hits]})
            # whatever happens to the index, no memory gets to another player, and none that is no more is shown
            found = {
                row.id: row
                for row in rows
                if row.conversation_id == pair.conversation_id and row.status in ("active", "decayed")
            }
        return [
            Recalled(hit.id, hit.similarity, found[hit.id].content, found[hit.id].memory_type, found[hit.id].status)
            for hit in hits
            if hit.id in found and (least_faded is not None or found[hit.id].status == "active")
        ]
