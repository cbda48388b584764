"""Finding memories: one index for each character and player, kept in memory, rebuilt from the database when it is new.

A memory's score blends six things, none of which is enough alone: how near the vectors are, which words it shares with
the query (BM25), whether both speak of the same thing (``lexicon``) and it holds the kind of answer that is asked for
(``asking``), whether it names an entity that the query names, whether it is about somebody else than whom the query is
about, and, a little, how sure and how fresh it is.
"""

from __future__ import annotations

import datetime as dt
import math
import threading
from collections.abc import Iterable, Sequence
from typing import Any, Optional

from attrs import frozen

from .asking import about_another, asked_for, mentions_another, told_of
from .embedding import Embedder
from .lexicon import meanings_of, stem, terms

__all__ = ["Entry", "Hit", "MemoryIndex"]

#: what counts how much; found on the development half of the recall benchmark
VECTOR, WORDS, CONCEPT, ENTITY, OTHERS, CONFIDENCE, RECENCY = 1.0, 0.7, 0.9, 0.4, 0.1, 0.05, 0.05
#: what of a query's words is asked ("what", "where") tells the concept that is meant
_ASKED = {"where": ("home",), "who": ("family", "friend", "partner"), "when": ("birthday", "plan")}
_K1, _B = 1.2, 0.5


@frozen
class Entry:
    """One memory, as the index needs it."""

    id: str
    content: str
    topic: str = ""
    #: secondary topics, the source quote, names and roles of entities: what may be asked for with other words
    more: Sequence[str] = ()
    entities: Sequence[str] = ()
    confidence: float = 0.8
    created_at: Optional[dt.datetime] = None
    #: a row of the embedder's, where the database has one
    embedding: Any = None


@frozen
class Hit:
    """One memory that was found. ``similarity`` lies between 0 and 1."""

    id: str
    similarity: float


class MemoryIndex:
    """Thread-safe. Adding is cheap; searching takes a matrix product and a few array operations, whatever the size."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._lock = threading.RLock()
        self._ids: list[str] = []
        self._row: dict[str, int] = {}
        self._vectors: Any = None
        self._count = 0
        self._alive: Any = None
        self._confidence: Any = None
        self._created: Any = None
        self._length: Any = None
        self._words: dict[str, _Postings] = {}
        self._concepts: dict[str, _Postings] = {}
        self._others = _Postings()
        self._entities: dict[str, _Postings] = {}

    def __len__(self) -> int:
        return len(self._row)

    def __contains__(self, id: str) -> bool:
        return id in self._row

    def add(self, entries: Iterable[Entry]) -> dict[str, Any]:
        """Add memories, in place of those with the same id. Returns the vectors that had to be made, by id."""
        import numpy as np

        entries = list(entries)
        missing = [entry for entry in entries if entry.embedding is None]
        made = self._embedder.embed([entry.content for entry in missing]) if missing else []
        new = {entry.id: vector for entry, vector in zip(missing, made)}
        with self._lock:
            for entry in entries:
                self.remove([entry.id])
                vector = new[entry.id] if entry.id in new else np.asarray(entry.embedding, dtype=np.float32)
                self._append(entry, vector)
        return new

    def remove(self, ids: Iterable[str]) -> None:
        """Forget these; unknown ids are no error."""
        with self._lock:
            for id in ids:
                row = self._row.pop(id, None)
                if row is not None:
                    self._alive[row] = False

    def _append(self, entry: Entry, vector: Any) -> None:
        import numpy as np

        row = self._count
        if self._vectors is None:
            self._vectors = np.zeros((64, len(vector)), dtype=np.float32)
            self._alive = np.zeros(64, dtype=bool)
            self._confidence, self._created, self._length = (np.zeros(64, dtype=np.float32) for _ in range(3))
        elif row == len(self._vectors):
            # doubled, so that adding costs the same however many there are
            for name in ("_vectors", "_alive", "_confidence", "_created", "_length"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.zeros_like(old)]))
        self._vectors[row] = vector
        self._alive[row] = True
        self._confidence[row] = entry.confidence
        self._created[row] = (entry.created_at or dt.datetime.now(dt.timezone.utc)).timestamp() / 86400.0
        said = terms(entry.content)
        around = [word for text in (entry.topic, *entry.more) for word in terms(text)]
        counts: dict[str, float] = {}
        for word in said:
            counts[word] = counts.get(word, 0.0) + 1.0
        for word in around:
            counts.setdefault(word, 0.5)
        self._length[row] = sum(counts.values())
        for word, count in counts.items():
            self._words.setdefault(word, _Postings()).append(row, count)
        meant = {**told_of(entry.content), **meanings_of(" ".join((entry.topic, *entry.more)))}
        for concept, weight in meanings_of(entry.content).items():
            meant[concept] = max(meant.get(concept, 0.0), weight)
        for concept, weight in meant.items():
            self._concepts.setdefault(concept, _Postings()).append(row, weight)
        if about_another(entry.content):
            self._others.append(row, 1.0)
        for name in {stem(part) for entity in entry.entities for part in entity.split()}:
            self._entities.setdefault(name, _Postings()).append(row, 1.0)
        self._ids.append(entry.id)
        self._row[entry.id] = row
        self._count += 1

    def search(self, query: str, limit: int = 10, *, now: Optional[dt.datetime] = None) -> list[Hit]:
        """The best ``limit`` memories for ``query``, best first."""
        import numpy as np

        if not query.strip():
            return []
        vector = self._embedder.embed([query])[0]
        with self._lock:
            count = self._count
            if not self._row:
                return []
            nearness = _nearness(self._vectors[:count], vector)
            scores = VECTOR * np.maximum(nearness, 0.0)
            asked = terms(query)
            words = self._match_words(asked, count)
            scores += WORDS * words
            scores += CONCEPT * self._match_concepts(query, count)
            for name in set(asked):
                postings = self._entities.get(name)
                if postings is not None:
                    rows, _ = postings.arrays()
                    scores[rows] += ENTITY
            if len(self._others) and not mentions_another(query):
                rows, _ = self._others.arrays()
                scores[rows] -= OTHERS
            today = (now or dt.datetime.now(dt.timezone.utc)).timestamp() / 86400.0
            age = np.maximum(0.0, today - self._created[:count])
            scores += CONFIDENCE * self._confidence[:count] + RECENCY * np.exp2(-age / 30.0)
            scores[~self._alive[:count]] = -np.inf
            limit = min(limit, len(self._row))
            best = np.argpartition(-scores, limit - 1)[:limit] if limit < count else np.arange(count)
            best = best[np.argsort(-scores[best], kind="stable")][:limit]
            return [Hit(self._ids[row], _similarity(float(scores[row]))) for row in best if np.isfinite(scores[row])]

    def near(self, vector: Any, least: float) -> list[str]:
        """The ids of the memories whose vectors are at least so near to ``vector`` (cosine), nearest first."""
        import numpy as np

        with self._lock:
            if not self._row or len(vector) != self._vectors.shape[1]:
                return []
            nearness = _nearness(self._vectors[: self._count], np.asarray(vector, dtype=np.float32))
            nearness[~self._alive[: self._count]] = -1.0
            rows = np.flatnonzero(nearness >= least)
            return [self._ids[row] for row in rows[np.argsort(-nearness[rows], kind="stable")]]

    def _match_words(self, asked: Sequence[str], count: int) -> Any:
        """BM25, scaled so that a memory with all the query's words has about 1."""
        import numpy as np

        scores = np.zeros(count, dtype=np.float32)
        if not asked:
            return scores
        average = float(self._length[:count].mean()) or 1.0
        most = 0.0
        for word in set(asked):
            postings = self._words.get(word)
            holders = len(postings) if postings is not None else 0
            rarity = math.log(1.0 + (count - holders + 0.5) / (holders + 0.5))
            most += rarity * 1.2
            if postings is not None:
                rows, counts = postings.arrays()
                norm = _K1 * (1.0 - _B + _B * self._length[rows] / average)
                scores[rows] += rarity * counts * (_K1 + 1.0) / (counts + norm)
        return scores / most if most else scores

    def _match_concepts(self, query: str, count: int) -> Any:
        import numpy as np

        wanted = meanings_of(query)
        first = query.split()[0].casefold().strip("'’s,") if query.split() else ""
        if not wanted:
            wanted = {concept: 0.5 for concept in _ASKED.get(first, ())}
        for kind, weight in asked_for(query).items():
            wanted[kind] = max(wanted.get(kind, 0.0), weight)
        scores = np.zeros(count, dtype=np.float32)
        total = sum(wanted.values()) ** 0.5
        for concept, weight in wanted.items():
            postings = self._concepts.get(concept)
            if postings is not None:
                rows, weights = postings.arrays()
                # what most memories speak of tells little
                rarity = 1.0 - 0.7 * len(postings) / count
                scores[rows] += weight * weights * rarity
        return scores / total if total else scores


class _Postings:
    """Rows and weights that one word leads to, in arrays that grow by doubling."""

    __slots__ = ("_count", "_rows", "_weights")

    def __init__(self) -> None:
        self._count = 0
        self._rows: Any = None
        self._weights: Any = None

    def __len__(self) -> int:
        return self._count

    def append(self, row: int, weight: float) -> None:
        import numpy as np

        if self._rows is None:
            self._rows, self._weights = np.empty(4, dtype=np.intp), np.empty(4, dtype=np.float32)
        elif self._count == len(self._rows):
            self._rows, self._weights = (np.concatenate([old, old]) for old in (self._rows, self._weights))
        self._rows[self._count] = row
        self._weights[self._count] = weight
        self._count += 1

    def arrays(self) -> Any:
        if self._rows is None:
            return (), ()
        return self._rows[: self._count], self._weights[: self._count]


def _nearness(vectors: Any, vector: Any) -> Any:
    """The cosines, on this thread alone.

    The product (``@``) would be shared out among BLAS threads, which wait for each other: with 10,000 memories half a
    millisecond less where every core is idle, twenty more where one is busy.
    """
    import numpy as np

    return np.einsum("ij,j->i", vectors, vector)


def _similarity(score: float) -> float:
    """The blended score as a number between 0 and 1 that keeps the order."""
    return round(max(0.0, 1.0 - math.exp(-1.2 * score)), 4)
