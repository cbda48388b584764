"""Memories in groups: by what they are about, and where that is much, by how near their vectors are.

Deterministic: the same memories always fall into the same groups, which keep their ids while their labels stay.
"""

from __future__ import annotations

import math
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any, Optional

from attrs import frozen

from .lexicon import STOPWORDS, stem
from .sameness import fold

__all__ = ["Cluster", "Item", "group"]

#: a topic with more memories than this is divided
_LARGE = 10
#: into groups of about so many, and so many groups at most
_GROUP, _MOST = 6, 12
_ROUNDS = 8
_NAMESPACE = uuid.UUID("5ad9ad31-7a4e-4a0e-9d51-0d3f6f0c1f6e")


@frozen
class Item:
    """A memory to be grouped."""

    id: str
    content: str
    topic: str
    memory_type: str
    vector: Any = None


@frozen
class Cluster:
    """A group. ``members`` are the memories that are in it directly; those of a divided group are in its parts."""

    id: str
    label: str
    level: int
    parent: Optional[str]
    members: Sequence[str]


def group(conversation_id: str, items: Sequence[Item]) -> list[Cluster]:
    """The clusters, each after its parent, the largest first."""
    topics: dict[str, list[Item]] = {}
    for item in items:
        topics.setdefault(label_of(item.topic, item.memory_type), []).append(item)
    clusters: list[Cluster] = []
    for label, members in sorted(topics.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        id = _id(conversation_id, label)
        parts = _divide(members) if len(members) > _LARGE else []
        if len(parts) < 2:
            clusters.append(Cluster(id, label, 0, None, [item.id for item in members]))
            continue
        clusters.append(Cluster(id, label, 0, None, []))
        labels = _labels(parts)
        for part, name in sorted(zip(parts, labels), key=lambda pair: (-len(pair[0]), pair[1])):
            clusters.append(Cluster(_id(conversation_id, label, name), name, 1, id, [item.id for item in part]))
    return clusters


def label_of(topic: str, memory_type: str) -> str:
    """The label of the group for a topic; what has none is grouped by its type."""
    return topic or memory_type.replace("_", " ")


def _id(*parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def _divide(items: Sequence[Item]) -> list[list[Item]]:
    """Spherical k-means from seeds that are far from each other."""
    import numpy as np

    size = max((len(item.vector) for item in items if item.vector is not None), default=0)
    known = [item for item in items if item.vector is not None and len(item.vector) == size]
    if len(known) <= _LARGE:
        return []
    vectors = np.stack([np.asarray(item.vector, dtype=np.float32) for item in known])
    count = min(_MOST, math.ceil(len(known) / _GROUP))
    middle = vectors.mean(axis=0)
    seeds = [int(np.argmax(vectors @ middle))]
    nearest = vectors @ vectors[seeds[0]]
    while len(seeds) < count:
        seeds.append(int(np.argmin(nearest)))
        nearest = np.maximum(nearest, vectors @ vectors[seeds[-1]])
    centres = vectors[seeds]
    of = np.zeros(len(known), dtype=int)
    for turn in range(_ROUNDS):
        now = np.argmax(vectors @ centres.T, axis=1)
        if turn and (now == of).all():
            break
        of = now
        for number in range(count):
            mine = vectors[of == number]
            if len(mine):
                centre = mine.sum(axis=0)
                centres[number] = centre / (float(np.linalg.norm(centre)) or 1.0)
    parts = [[item for item, number in zip(known, of) if number == wanted] for wanted in range(count)]
    parts = [part for part in parts if part]
    strays = [item for item in items if item.vector is None or len(item.vector) != size]
    if strays:
        max(parts, key=len).extend(strays)
    return parts


def _labels(parts: Sequence[Sequence[Item]]) -> list[str]:
    """For each part the words that are common in it and rare in the others."""
    counts = [Counter(word for item in part for word in _words(item.content)) for part in parts]
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count.keys())
    labels: list[str] = []
    for count, part in zip(counts, parts):
        best = sorted(count, key=lambda word: (-count[word] / len(part) / total[word], word))
        shown = [_spelling(word, part) for word in best[:2]]
        label = ", ".join(shown) or "other"
        taken = label
        number = 2
        while taken in labels:
            taken = f"{label} ({number})"
            number += 1
        labels.append(taken)
    return labels


def _words(content: str) -> set[str]:
    return {stem(word) for word in fold(content).split() if word not in STOPWORDS and len(word) > 2}


def _spelling(wanted: str, part: Sequence[Item]) -> str:
    words = (word.strip(".,;:!?\"'()") for item in part for word in item.content.split())
    found: Counter[str] = Counter(word for word in words if stem(word) == wanted)
    return max(sorted(found), key=lambda word: found[word]) if found else wanted
