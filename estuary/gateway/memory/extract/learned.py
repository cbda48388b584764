"""What was learned from labelled talk: the weights in ``weights.npz``, made by ``benchmarks/train_extractor.py``.

Three log-linear models: what kind of memory a statement of the player's leaves, whether one of the character's tells
something of itself, and which core fact a span is the value of. Loaded at first use.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .features import number

__all__ = ["WEIGHTS", "Model", "model", "use"]

WEIGHTS = Path(__file__).with_name("weights.npz")


class Model:
    """Names of classes, and for each row of features how probable each class is. Thread-safe, as it never changes."""

    def __init__(self, classes: Sequence[str], known: Any, weights: Any, scale: Any, dense: Any) -> None:
        #: the first is ``none``
        self.classes = list(classes)
        self._places = {int(name): place for place, name in enumerate(known)}
        self._weights = weights
        self._scale = scale
        self._dense = dense

    def probabilities(self, rows: Sequence[Sequence[str]], vectors: Any) -> Any:
        """A row for each of ``rows``, none of which is without "bias"; a column for each class; together they are 1."""
        import numpy as np

        scores = np.asarray(vectors, dtype=np.float32) @ self._dense
        get = self._places.get
        found = [[place for place in map(get, map(number, names)) if place is not None] for names in rows]
        counts = np.array([len(places) for places in found])
        if counts.all():
            starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
            chosen = self._weights[[place for places in found for place in places]]
            totals = np.add.reduceat(chosen, starts, axis=0, dtype=np.float32)
            scores += totals * self._scale / np.sqrt(counts)[:, None]
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)


_models: dict[str, Model] = {}
_loading = threading.Lock()


def model(name: str) -> Model:
    """The model ``statement``, ``character`` or ``span``."""
    with _loading:
        if name not in _models:
            _models[name] = _loaded(name)
        return _models[name]


def use(models: Mapping[str, Model]) -> None:
    """Have this process use other models than the stored ones: for judging what was just learned."""
    with _loading:
        _models.update(models)


def _loaded(name: str) -> Model:
    import numpy as np

    with np.load(WEIGHTS) as stored:
        return Model(
            str(stored[f"{name}_classes"]).split(),
            stored[f"{name}_known"],
            stored[f"{name}_weights"],
            stored[f"{name}_scale"],
            stored[f"{name}_dense"].astype(np.float32),
        )
