"""Sentences as vectors, so that search is by meaning."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional, Protocol

from ..errors import GatewayError
from ..text import clean

__all__ = ["Embedder", "OpenAIEmbedder", "WordLlamaEmbedder", "default_embedder"]


class Embedder(Protocol):
    """Turns texts into vectors of length 1. Called on worker threads."""

    @property
    def name(self) -> str:
        """What ``GET /health`` and the database call it: vectors of another name are made anew."""

    def embed(self, texts: Sequence[str]) -> Any:
        """A float32 array, one row for each text, every row of length 1 (or 0 for a text without any known word)."""


class WordLlamaEmbedder:
    """The embedded engine: 256 dimensions, 0.07 ms a sentence, nothing downloaded. Weak at paraphrase by itself.

    The model is loaded by the first text (about 1 s).
    """

    name = "wordllama-256"

    def __init__(self) -> None:
        self._model: Any = None
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Any:
        import numpy as np

        if not texts:
            return np.zeros((0, 256), dtype=np.float32)
        vectors = self._load().embed([clean(text) for text in texts], norm=False)
        return _normalised(np.asarray(vectors, dtype=np.float32))

    def _load(self) -> Any:
        with self._lock:
            if self._model is None:
                wordllama = _wordllama()
                # the weights lie in the wheel; without these two arguments they would be fetched
                self._model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
            return self._model


class OpenAIEmbedder:
    """Any OpenAI-compatible ``/v1/embeddings`` endpoint."""

    def __init__(self, base_url: str, model: str, *, api_key: Optional[str] = None, timeout: float = 20.0) -> None:
        self.name = f"openai-compatible:{model}"[:100]
        self._model = model
        self._options = {"base_url": base_url, "api_key": api_key or "none", "timeout": timeout, "max_retries": 2}
        self._client: Any = None
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Any:
        import numpy as np
        import openai

        with self._lock:
            if self._client is None:
                self._client = openai.OpenAI(**self._options)  # type: ignore[arg-type]
        try:
            rows = []
            for start in range(0, len(texts), 64):
                answer = self._client.embeddings.create(model=self._model, input=list(texts[start : start + 64]))
                rows += [item.embedding for item in sorted(answer.data, key=lambda item: item.index)]
        except openai.OpenAIError as error:
            raise GatewayError(f"the embeddings endpoint failed: {type(error).__name__}") from error
        return _normalised(np.asarray(rows, dtype=np.float32).reshape(len(texts), -1))


def default_embedder() -> WordLlamaEmbedder:
    """The embedded engine, shared by all gateways of the process."""
    return _shared


_shared = WordLlamaEmbedder()


def _wordllama() -> Any:
    """The package, without what its import does to the root logger: it has it write everything to stderr."""
    root, guard = logging.getLogger(), logging.NullHandler()
    # basicConfig() leaves a root logger that has a handler alone. To undo it afterwards would be too late: importing
    # takes a second, in which other threads log
    root.addHandler(guard)
    try:
        import wordllama
    except ImportError as error:
        raise GatewayError("search by meaning needs wordllama: pip install 'estuary-sync[gateway]'") from error
    finally:
        root.removeHandler(guard)
    return wordllama


def _normalised(vectors: Any) -> Any:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-9)
