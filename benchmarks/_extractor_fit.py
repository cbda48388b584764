"""Fitting log-linear models to labels that leave a choice: full-batch gradient descent (Adam), numpy only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen

from estuary.gateway.memory.extract.features import number

Array = Any


@frozen
class Example:
    """Features, a vector, and which classes are right (any of them will do)."""

    features: Sequence[str]
    vector: Array
    right: frozenset[int]
    weight: float = 1.0


@frozen
class Fitted:
    """``known`` are the numbers of features, in the order of the rows of ``weights``."""

    classes: Sequence[str]
    known: Array
    weights: Array
    scale: Array
    dense: Array

    def arrays(self, name: str) -> dict[str, Array]:
        """What ``learned.model`` loads."""
        return {
            f"{name}_classes": np.array(" ".join(self.classes)),
            f"{name}_known": self.known,
            f"{name}_weights": self.weights,
            f"{name}_scale": self.scale,
            f"{name}_dense": self.dense.astype(np.float16),
        }


class _Rows:
    """Rows of features as a sparse matrix that can be multiplied from either side."""

    def __init__(self, rows: Sequence[Sequence[int]], width: int) -> None:
        lengths = np.array([len(row) for row in rows])
        self._width = width
        self._places = np.array([place for row in rows for place in row], dtype=np.int64)
        self._starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        self._scale = (1 / np.sqrt(lengths))[:, None].astype(np.float32)
        owner = np.repeat(np.arange(len(rows)), lengths)
        order = np.argsort(self._places, kind="stable")
        self._owners = owner[order]
        self._columns, self._column_starts = np.unique(self._places[order], return_index=True)

    def times(self, weights: Array) -> Array:
        return np.add.reduceat(weights[self._places], self._starts, axis=0) * self._scale

    def gradient(self, errors: Array) -> Array:
        found = np.zeros((self._width, errors.shape[1]), np.float32)
        found[self._columns] = np.add.reduceat((errors * self._scale)[self._owners], self._column_starts, axis=0)
        return found


def fit(
    examples: Sequence[Example],
    classes: Sequence[str],
    *,
    least: int = 2,
    decay: float = 1e-5,
    dense_decay: float = 1e-4,
    steps: int = 120,
    rate: float = 0.08,
) -> Fitted:
    """Weights under which the right classes are probable. Features seen less than ``least`` times are left out."""
    counts = Counter(name for example in examples for name in set(example.features))
    names = sorted((name for name, count in counts.items() if count >= least or name == "bias"), key=number)
    place = {name: index for index, name in enumerate(names)}
    rows = _Rows([sorted({place[n] for n in e.features if n in place}) for e in examples], len(names))
    vectors = np.array([example.vector for example in examples], np.float32)
    right = np.zeros((len(examples), len(classes)), np.float32)
    for index, example in enumerate(examples):
        right[index, list(example.right)] = 1
    share = np.array([example.weight for example in examples], np.float32)[:, None]
    share /= share.sum()
    parts = [np.zeros((len(names), len(classes)), np.float32), np.zeros((vectors.shape[1], len(classes)), np.float32)]
    means, squares = [np.zeros_like(p) for p in parts], [np.zeros_like(p) for p in parts]
    for step in range(1, steps + 1):
        found = _softmax(rows.times(parts[0]) + vectors @ parts[1])
        wanted = found * right
        wanted /= np.maximum(wanted.sum(axis=1, keepdims=True), 1e-9)
        errors = (found - wanted) * share
        slopes = [rows.gradient(errors) + decay * parts[0], vectors.T @ errors + dense_decay * parts[1]]
        for part, mean, square, slope in zip(parts, means, squares, slopes):
            mean *= 0.9
            mean += 0.1 * slope
            square *= 0.99
            square += 0.01 * slope * slope
            size = rate * (1 - step / (steps + 1)) / (1 - 0.9**step)
            part -= size * mean / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    scale = np.abs(parts[0]).max(axis=0) / 127
    whole = np.round(parts[0] / scale).astype(np.int8)
    kept = np.flatnonzero(np.abs(whole).max(axis=1) > 1)
    known = np.array([number(names[index]) for index in kept], dtype=np.uint32)
    return Fitted(classes, known, whole[kept], scale.astype(np.float32), parts[1])


def _softmax(scores: Array) -> Array:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
