"""What the learned part of the extractor looks at in a statement: names of features, and a vector.

Words and pieces of words carry most; besides them who it is about, when it is, what speaks against it, and the
question that it answers.
"""

from __future__ import annotations

import functools
import math
import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from ...engines._words import COUNTRIES, GIVEN_NAMES, JOBS, LANGUAGES, MONTHS, word_set
from ..embedding import default_embedder
from .retell import is_fragment
from .statements import Statement, is_past
from .when import find_when
from .words import BREEDS, EMOTIONS, ROLES, ROOMS

__all__ = [
    "PERSON",
    "VECTOR",
    "context_features",
    "number",
    "pieces",
    "statement_features",
    "statement_vector",
    "unit",
    "vector",
    "word_classes",
]

#: The embedding is read up to here: its first dimensions were trained to serve alone.
VECTOR = 64
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[!?]")
#: who a statement is about, by its first word
PERSON = re.compile(
    r"(?P<i>i|we)\b|(?P<my>my|our)\b|(?P<you>you|your)\b|(?P<they>he|she|they)\b|(?P<it>it|that|this)\b"
)
_NEGATED = re.compile(r"\b(?:not|never|no|nothing|nobody|without|hardly)\b|n't\b")
_MODAL = re.compile(r"\b(?:would|could|should|might|may|must|can|will|maybe|probably|hope|want|wish|need)\b|'ll\b|'d\b")
_DAYS = word_set("monday tuesday wednesday thursday friday saturday sunday")


def number(name: str) -> int:
    """A feature's number, the same in every process."""
    return zlib.crc32(name.encode())


def word_classes(word: str) -> Iterator[str]:
    """What kinds of word it may be, by the lists: ``word`` is in lower case."""
    bare = word[:-2] if word.endswith("'s") else word
    stem = bare[:-1] if bare.endswith("s") and len(bare) > 3 else bare
    if bare in ROLES or stem in ROLES:
        yield "breed" if bare in BREEDS or stem in BREEDS else "role"
    if bare in EMOTIONS:
        yield "mood"
    if stem in JOBS:
        yield "job"
    if bare in LANGUAGES:
        yield "language"
    if bare in COUNTRIES:
        yield "country"
    if bare in GIVEN_NAMES:
        yield "given"
    if bare in MONTHS:
        yield "month"
    if stem in _DAYS:
        yield "day"
    if bare in ROOMS:
        yield "room"
    if bare[:1].isdigit():
        yield "number"


def statement_features(statement: Statement, asked: str, index: int, count: int) -> list[str]:
    """The features of ``statement``, the ``index``-th of ``count``, said after the question ``asked``."""
    text = statement.text
    cased = _WORD.findall(text)[:45]
    words = [word.lower().replace("’", "'") for word in cased]
    found = {"bias"}
    for place, word in enumerate(words):
        found.add(f"w {word}")
        if place < 4:
            found.add(f"{place} {word}")
        if len(word) > 5:
            found.update((f"< {word[:4]}", f"> {word[-4:]}"))
        found.update(f"c {kind}" for kind in word_classes(word))
        if place and cased[place][:1].isupper():
            found.add("capital")
    kinds = [next(word_classes(word), word) for word in words]
    for left, right in zip(["^", *kinds], [*kinds, "$"]):
        found.add(f"2 {left} {right}")
    for left, middle, right in zip(["^", *words], words, words[1:]):
        found.add(f"3 {left} {middle} {right}")
    person = PERSON.match(text.lower())
    who = person.lastgroup if person else "-"
    verb = _tense(words)
    found.update((f"p {who}", f"v {verb}", f"pv {who} {verb}", f"n {min(len(words), 12) // 2}"))
    if _NEGATED.search(text.lower()):
        found.update(("not", f"not {who}"))
    if _MODAL.search(text.lower()):
        found.update(("modal", f"modal {who}"))
    when = find_when(text, None)
    if when:
        found.update(("time", f"time {when.tense}", f"time {who} {verb}"))
    found.update(f"d {doubt}" for doubt in statement.doubts)
    if statement.doubts:
        found.add(f"d {who}")
    if statement.corrective:
        found.update(("corrective", f"corrective {who}"))
    if "\ufffc" in text:
        found.add("quoted")
    found.add(f"at {min(index, 2)} {min(count, 3)}")
    bare = is_fragment(text)
    found.add(f"bare {bare}")
    found.update(context_features(asked, bare))
    return sorted(found)


def context_features(asked: str, bare: bool) -> Iterator[str]:
    """What was asked; it says most where the answer is ``bare``."""
    words = [word.lower() for word in _WORD.findall(asked)][:20]
    yield f"q {bool(words)} {bare}"
    for word in words:
        yield f"q {word}"
        if bare:
            yield f"qb {word}"
    if bare:
        for left, right in zip(["^", *words], words):
            yield f"qb {left} {right}"


def _tense(words: Sequence[str]) -> str:
    """What the first verb that can be told looks like."""
    for word in words[:6]:
        if word in {"is", "am", "are", "i'm", "we're", "he's", "she's", "it's", "they're"}:
            return "be"
        if word in {"was", "were"}:
            return "was"
        if word in {"i've", "we've", "have", "has"}:
            return "have"
        if is_past(word):
            return "past"
        if word in {"will", "i'll", "we'll", "going"}:
            return "will"
    return "-"


def statement_vector(statement: Statement, asked: str) -> Any:
    """The meaning of ``statement``, and that of the question if it is but an answer to it: ``2 * VECTOR`` numbers."""
    import numpy as np

    bare = is_fragment(statement.text)
    return np.concatenate([vector(statement.text), vector(asked if bare else "")])


def vector(text: str) -> Any:
    """``text`` by its meaning: ``VECTOR`` numbers."""
    import numpy as np

    rows = pieces(text)[1]
    return unit(rows.sum(axis=0)) if len(rows) else np.zeros(VECTOR, dtype=np.float32)


def unit(row: Any) -> Any:
    """``row`` at length 1, if it has a length."""
    length = math.sqrt(float(row @ row))
    return row / length if length > 1e-6 else row


@functools.lru_cache(maxsize=32)
def pieces(text: str) -> tuple[Sequence[tuple[int, int]], Any]:
    """The pieces of words of ``text``: where they are, and a row of ``VECTOR`` numbers for each."""
    places, rows = default_embedder().pieces(text)
    return places, rows[:, :VECTOR]
