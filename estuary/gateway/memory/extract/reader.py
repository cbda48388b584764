"""A small language model that reads one exchange: what each statement leaves, and which words are core facts.

A transformer encoder (six layers of all-MiniLM-L6-v2, Apache-2.0, trained on labelled talk by
``benchmarks/train_extractor.py``) in numpy, with its weights in ``reader.npz``: nothing is downloaded. It reads what
was said before, the player's words and the character's answer together, so it knows who "he" is and what "yes" means.
"""

from __future__ import annotations

import functools
import itertools
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from attrs import evolve, frozen

from .statements import MAX_CHARS

__all__ = [
    "BEFORE",
    "EARLIER",
    "REPLY",
    "TEXT",
    "WEIGHTS",
    "Mark",
    "Place",
    "Reader",
    "Reading",
    "default_reader",
    "inside",
    "make_tokenizer",
]

WEIGHTS = Path(__file__).with_name("reader.npz")
#: as many pieces of words are read, at most, of what the player said before, of what the character said before, and in
#: one go of what the player and the character say
EARLIER, BEFORE, TEXT, REPLY = 32, 48, 160, 64
#: longer texts are read in so many goes, and no further
MOST = 8

Place = tuple[int, int]


@frozen
class Mark:
    """Words that are the value of a core fact: where they are in the text, its tag, and how sure that is."""

    start: int
    end: int
    tag: str
    probability: float


@frozen
class Reading:
    """What was read of one exchange."""

    #: what a statement may leave; the first is ``none``
    kinds: Sequence[str]
    #: for each statement of the player's, how probable each of ``kinds`` is; together they are 1
    chances: Any
    #: for each statement of the character's, how probable it is that it tells something lasting of itself
    own: Any
    marks: Sequence[Mark]
    #: values in what the character said before, which the player confirms: "Still in Ghent?" "Yep"
    confirmed: Sequence[Mark]


class Reader:
    """The model. Any thread may use it; they take turns, on one core."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        import numpy as np
        from threadpoolctl import ThreadpoolController

        # on a busy machine, BLAS threads that wait for one another make a product take a hundred times as long
        self._blas = ThreadpoolController()
        self._turn = threading.Lock()

        self.kinds: Sequence[str] = str(stored["kinds"]).split()
        self.tags: Sequence[str] = str(stored["tags"]).split()
        self._heads = int(stored["heads"])
        self._parts = {
            name: _whole(array, stored.get(f"{name}.scale"))
            for name, array in stored.items()
            if array.ndim and not name.endswith(".scale") and name != "word"
        }
        self._words, self._scales = stored["word"], stored["word.scale"].astype(np.float32)
        self._layers = sum(name.endswith(".qkv.weight") for name in stored)
        self._tokenizer = make_tokenizer(str(stored["vocabulary"]).split("\n"))
        self._start, self._stop = (self._tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]"))

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Reader:
        """The model stored at ``path``. About 0.1 s."""
        import numpy as np

        with np.load(path) as stored:
            return cls(dict(stored))

    def read(
        self, text: str, reply: str, *, before: str, earlier: str, said: Sequence[Place], own: Sequence[Place]
    ) -> Reading:
        """``said`` are the places of the statements in ``text``, ``own`` those in ``reply``."""
        import numpy as np

        text, reply = text[:MAX_CHARS], reply[:MAX_CHARS]
        earlier, asked = earlier[-MAX_CHARS // 10 :], before[-MAX_CHARS // 10 :]
        question, question_places = self._pieces(asked)
        question, question_places = question[-BEFORE:], question_places[-BEFORE:]
        context = [*self._pieces(earlier)[0][-EARLIER:], self._stop, *question]
        chances = np.zeros((len(said), len(self.kinds)), np.float32)
        chances[:, 0] = 1
        tells = np.zeros(len(own), np.float32)
        marks: list[Mark] = []
        confirmed: list[Mark] = []
        words, places = self._pieces(text)
        answer, answer_places = self._pieces(reply)
        windows = itertools.zip_longest(
            _windows(places, said, TEXT), _windows(answer_places, own, REPLY), fillvalue=slice(0)
        )
        for here, there in itertools.islice(windows, MOST):
            head = [self._start, *context, self._stop]
            ids = [*head, *words[here], self._stop, *answer[there], self._stop]
            first, second = len(head), len(ids) - len(answer[there]) - 1
            with self._turn, self._blas.limit(limits=1, user_api="blas"):
                rows = self._encode(ids, [0] * first + [1] * (second - first) + [0] * (len(ids) - second))
            for index, found in _overlaps(places[here], said):
                chances[index] = self._judge("kind", rows[first:][found])
            for index, found in _overlaps(answer_places[there], own):
                tells[index] = max(tells[index], self._judge("own", rows[second:][found])[1])
            marks += self._marks(rows[first : second - 1], places[here], text)
            if len(context) > 1:
                cut = len(before) - len(asked)
                told = self._marks(rows[first - 1 - len(question) : first - 1], question_places, asked)
                confirmed = [evolve(mark, start=mark.start + cut, end=mark.end + cut) for mark in told]
            context = [self._stop]  # what was said before goes with the beginning
        return Reading(self.kinds, chances, tells, marks, confirmed)

    def _judge(self, name: str, rows: Any) -> Any:
        import numpy as np

        return _shares(self._linear(name, np.concatenate([rows.mean(axis=0), rows.max(axis=0)])))

    def _marks(self, rows: Any, places: Sequence[Place], text: str) -> Iterator[Mark]:
        """Runs of words that have a tag."""
        import numpy as np

        words = list(_words(places, text))
        if not words:
            return
        shares = _shares(self._linear("tag", rows))
        # of every word: how probable each tag is, and whether it begins something
        chances = np.array([(shares[a:b, 1::2] + shares[a:b, 2::2]).mean(axis=0) for a, b in words])
        best = chances.argmax(axis=1)
        begins = [shares[a, 1 + 2 * tag] > shares[a, 2 + 2 * tag] for (a, _), tag in zip(words, best)]
        sure = chances.sum(axis=1) > 0.5
        index = 0
        while index < len(words):
            stop = index + 1
            if sure[index]:
                while stop < len(words) and sure[stop] and best[stop] == best[index] and not begins[stop]:
                    stop += 1
                start, end = places[words[index][0]][0], places[words[stop - 1][1] - 1][1]
                chance = float(chances[index:stop].sum(axis=1).mean())
                yield Mark(start, end, self.tags[best[index]], chance)
            index = stop

    def _encode(self, ids: Sequence[int], sorts: Sequence[int]) -> Any:
        """A row for each piece: what it means where it stands."""
        import numpy as np

        part, count = self._parts, len(ids)
        places = np.asarray(ids)
        rows = self._words[places].astype(np.float32) * self._scales[places, None]
        rows = self._norm("ln", rows + part["pos.weight"][:count] + part["typ.weight"][np.asarray(sorts)])
        width = rows.shape[1]
        size = width // self._heads
        for layer in (f"layers.{index}." for index in range(self._layers)):
            mixed = self._linear(f"{layer}qkv", rows).reshape(count, 3, self._heads, size).transpose(1, 2, 0, 3)
            looks = _shares(mixed[0] @ mixed[1].transpose(0, 2, 1) / np.float32(size**0.5))
            seen = (looks @ mixed[2]).transpose(1, 0, 2).reshape(count, width)
            rows = self._norm(f"{layer}ln1", rows + self._linear(f"{layer}o", seen))
            wide = self._linear(f"{layer}up", rows)
            # (wide**3 takes thirty times as long)
            wide *= 1 + np.tanh(np.float32(0.7978845608) * (wide + np.float32(0.044715) * wide * wide * wide))
            rows = self._norm(f"{layer}ln2", rows + self._linear(f"{layer}down", np.float32(0.5) * wide))
        return rows

    def _linear(self, name: str, rows: Any) -> Any:
        return rows @ self._parts[f"{name}.weight"].T + self._parts[f"{name}.bias"]

    def _norm(self, name: str, rows: Any) -> Any:
        import numpy as np

        rows = rows - rows.mean(axis=-1, keepdims=True)
        rows /= np.sqrt((rows * rows).mean(axis=-1, keepdims=True) + 1e-12)
        return rows * self._parts[f"{name}.weight"] + self._parts[f"{name}.bias"]

    def _pieces(self, text: str) -> tuple[list[int], list[Place]]:
        found = self._tokenizer.encode(text, add_special_tokens=False)
        return found.ids, found.offsets


def _whole(array: Any, scale: Optional[Any]) -> Any:
    import numpy as np

    whole = array.astype(np.float32)
    return whole if scale is None else whole * scale.astype(np.float32)[:, None]


def _shares(scores: Any) -> Any:
    import numpy as np

    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def inside(places: Sequence[Place], span: Place) -> list[int]:
    """Which of ``places`` overlap with ``span``."""
    return [index for index, (a, b) in enumerate(places) if a < span[1] and b > span[0] and b > a]


def _overlaps(places: Sequence[Place], spans: Sequence[Place]) -> Iterator[tuple[int, slice]]:
    """Which of ``spans`` are in ``places``, and where."""
    for index, span in enumerate(spans):
        found = inside(places, span)
        if found:
            yield index, slice(found[0], found[-1] + 1)


def _windows(places: Sequence[Place], said: Sequence[Place], most: int) -> Iterator[slice]:
    """The first part of a text and those that have statements: ``most`` pieces at most, up to a statement's end."""
    first = 0
    while first < len(places):
        stop = min(first + most, len(places))
        if stop < len(places):
            ends = [i + 1 for i in range(first + most // 2, stop) if any(places[i][1] == end for _, end in said)]
            stop = ends[-1] if ends else stop
        if not first or any(inside(places[first:stop], span) for span in said):
            yield slice(first, stop)
        first = stop


_CLITIC = re.compile(r"(?:s|m|re|ve|d|ll|t)$", re.I)


def _words(places: Sequence[Place], text: str) -> Iterator[tuple[int, int]]:
    """The pieces of each word, the first and after the last: "Anna's" is two words, "Gerrit-Jan" and "A&E" are one."""
    first = 0
    for index in range(1, len(places) + 1):
        if index < len(places) and places[index][0] == places[index - 1][1]:
            before, here = text[places[index - 1][0]], text[places[index][0]]
            if before.isalnum() and here.isalnum():
                continue
            following = index + 1 < len(places) and places[index + 1][0] == places[index][1]
            after = text[slice(*places[index + 1])] if following else ""
            if (
                before.isalnum()
                and here in _JOINTS
                and after[:1].isalnum()
                and not (here in "'’" and _CLITIC.match(after))
            ):
                continue
            if (
                before in _JOINTS
                and here.isalnum()
                and index - first >= 2
                and not (before in "'’" and _CLITIC.match(text[slice(*places[index])]))
            ):
                continue
        yield first, index
        first = index


_JOINTS = "-&'’"


def make_tokenizer(vocabulary: Sequence[str]) -> Any:
    """What cuts a text into pieces of words, each of ``vocabulary``."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    numbers = {piece: number for number, piece in enumerate(vocabulary)}
    made = Tokenizer(models.WordPiece(numbers, unk_token="[UNK]", max_input_chars_per_word=100))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


_loading = threading.Lock()


def default_reader() -> Reader:
    """The model that comes with the gateway, loaded once."""
    with _loading:
        return _default()


@functools.lru_cache(maxsize=1)
def _default() -> Reader:
    return Reader.load()
