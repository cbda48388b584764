"""The model that reads talk, for training: all-MiniLM-L6-v2 with three heads, in PyTorch, and how it is stored.

``estuary.gateway.memory.extract.reader`` is the same network in numpy.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

import numpy as np
import torch
from _extractor_examples import KINDS, TAGS, Example, Value
from attrs import frozen
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

from estuary.gateway.memory.extract.reader import BEFORE, EARLIER, REPLY, TEXT, Place, inside, make_tokenizer

__all__ = ["RATE", "RATE_AGAIN", "Net", "fit", "stored"]

#: of the published weights, whoever packaged them
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WIDTH, WIDER, HEADS, LAYERS = 384, 1536, 12, 6
#: how often the answer, and what the player said before, are left out
WITHOUT_REPLY, WITHOUT_EARLIER = 0.25, 0.2
BATCH, RATE, RATE_AGAIN, HEADS_FASTER = 24, 2.5e-4, 1.5e-4, 5.0
#: what a tag and a statement of the character's count beside one of the player's
TAG_SHARE, OWN_SHARE = 0.4, 0.5
_OLD = {
    "qkv": ("attention.self.query", "attention.self.key", "attention.self.value"),
    "o": ("attention.output.dense",),
    "ln1": ("attention.output.LayerNorm",),
    "up": ("intermediate.dense",),
    "down": ("output.dense",),
    "ln2": ("output.LayerNorm",),
}


class Layer(nn.Module):
    """One layer of the encoder."""

    def __init__(self, drop: float) -> None:
        super().__init__()
        self.qkv, self.o = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, WIDER), nn.Linear(WIDER, WIDTH)
        self.ln1, self.ln2 = nn.LayerNorm(WIDTH, 1e-12), nn.LayerNorm(WIDTH, 1e-12)
        self.drop = nn.Dropout(drop)

    def forward(self, rows: Any, mask: Any) -> Any:
        count, length, _ = rows.shape
        mixed = self.qkv(rows).view(count, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        drop = self.drop.p if self.training else 0.0
        seen = functional.scaled_dot_product_attention(*mixed, attn_mask=mask, dropout_p=drop)
        rows = self.ln1(rows + self.drop(self.o(seen.transpose(1, 2).reshape(count, length, WIDTH))))
        wide = functional.gelu(self.up(rows), approximate="tanh")
        return self.ln2(rows + self.drop(self.down(wide)))


class Net(nn.Module):
    """The encoder and its heads: kinds of a player's statement, whether one is the character's own, tags of pieces."""

    def __init__(self, pieces: int, drop: float = 0.1) -> None:
        super().__init__()
        self.word, self.pos, self.typ = nn.Embedding(pieces, WIDTH), nn.Embedding(512, WIDTH), nn.Embedding(2, WIDTH)
        self.ln, self.drop = nn.LayerNorm(WIDTH, 1e-12), nn.Dropout(drop)
        self.layers = nn.ModuleList(Layer(drop) for _ in range(LAYERS))
        self.kind, self.own = nn.Linear(2 * WIDTH, len(KINDS)), nn.Linear(2 * WIDTH, 2)
        self.tag = nn.Linear(WIDTH, 2 * len(TAGS) + 1)
        for head in self.heads:
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    @property
    def heads(self) -> Sequence[nn.Linear]:
        return self.kind, self.own, self.tag

    @classmethod
    def pretrained(cls, folder: Path) -> tuple[Net, list[str]]:
        """The network with the published weights of ``folder``, and its vocabulary."""
        path = folder / "model.safetensors"
        if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
            raise SystemExit(f"{path} is not all-MiniLM-L6-v2 as it was published")
        old = {name: torch.from_numpy(array) for name, array in load_file(path).items()}
        known = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
        vocabulary = sorted(known, key=lambda piece: known[piece])
        kept = [index for index, piece in enumerate(vocabulary) if _kept(piece)]
        net = cls(len(kept))
        for name, whole in {"word": "word", "pos": "position", "typ": "token_type"}.items():
            getattr(net, name).weight.data = old[f"embeddings.{whole}_embeddings.weight"]
        net.word.weight.data = net.word.weight.data[kept]
        for what in ("weight", "bias"):
            getattr(net.ln, what).data = old[f"embeddings.LayerNorm.{what}"]
            for index, layer in enumerate(net.layers):
                for name, parts in _OLD.items():
                    whole = torch.cat([old[f"encoder.layer.{index}.{part}.{what}"] for part in parts])
                    getattr(getattr(layer, name), what).data = whole
        return net, [vocabulary[index] for index in kept]

    @classmethod
    def again(cls, path: Path) -> tuple[Net, list[str]]:
        """The network with the weights that were stored at ``path``, and its vocabulary."""
        with np.load(path) as file:
            arrays = dict(file)
        vocabulary = str(arrays["vocabulary"]).split("\n")
        net = cls(len(vocabulary))
        whole = {}
        for key in net.state_dict():
            name = key.replace("word.weight", "word")
            scale = arrays.get(f"{name}.scale")
            array = arrays[name].astype(np.float32)
            whole[key] = torch.from_numpy(array if scale is None else array * scale[:, None])
        net.load_state_dict(whole)
        return net, vocabulary

    def meet(self, other: Net) -> None:
        """Go halfway to ``other``: the mean of two models that came of one another is better than either."""
        with torch.no_grad():
            for mine, others in zip(self.parameters(), other.parameters()):
                mine.lerp_(others, 0.5)

    def forward(self, ids: Any, sorts: Any, mask: Any) -> Any:
        rows = self.drop(self.ln(self.word(ids) + self.pos.weight[: ids.shape[1]] + self.typ(sorts)))
        for layer in self.layers:
            rows = layer(rows, mask[:, None, None, :])
        return self.drop(rows)


def _kept(piece: str) -> bool:
    """Whether English talk may have it."""
    return not piece.startswith("[unused") and all(ord(char) < 0x250 or char in "’‘“”–—…€" for char in piece)


@frozen
class _Row:
    """An example in pieces: for each head the places and what is right there."""

    ids: Sequence[int]
    sorts: Sequence[int]
    kinds: Sequence[tuple[int, int, Mapping[int, float]]]
    own: Sequence[tuple[int, int, Mapping[int, float]]]
    tags: Sequence[tuple[int, Mapping[int, float]]]
    weight: float


class _Encoder:
    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._tokenizer = make_tokenizer(vocabulary)
        self._start, self._stop = vocabulary.index("[CLS]"), vocabulary.index("[SEP]")

    def row(self, example: Example, chance: random.Random) -> _Row:
        silent = chance.random() < WITHOUT_REPLY
        earlier = "" if chance.random() < WITHOUT_EARLIER else example.earlier
        ids = [self._start, *self._pieces(earlier)[0][-EARLIER:], self._stop]
        asked, asked_places = (part[-BEFORE:] for part in self._pieces(example.before))
        question = len(ids)
        ids += [*asked, self._stop]
        words, places = (part[:TEXT] for part in self._pieces(example.text))
        answer, answer_places = (part[:REPLY] for part in self._pieces("" if silent else example.reply))
        first, second = len(ids), len(ids) + len(words) + 1
        sorts = [0] * first + [1] * (len(words) + 1) + [0] * (len(answer) + 1)
        ids += [*words, self._stop, *answer, self._stop]
        return _Row(
            ids,
            sorts,
            [(first + a, first + b, right) for label in example.said for a, b, right in _at(places, label)],
            [(second + a, second + b, right) for label in example.own for a, b, right in _at(answer_places, label)],
            [
                *_tags(example.values, places, first),
                *_tags(None if example.values is None else example.confirmed, asked_places, question),
            ],
            example.weight,
        )

    def _pieces(self, text: str) -> tuple[list[int], list[Place]]:
        found = self._tokenizer.encode(text, add_special_tokens=False)
        return found.ids, found.offsets


def _at(places: Sequence[Place], label: Any) -> Iterator[tuple[int, int, Mapping[int, float]]]:
    found = inside(places, label.place)
    if found:
        yield found[0], found[-1] + 1, label.right


def _tags(
    values: Optional[Sequence[Value]], places: Sequence[Place], first: int
) -> list[tuple[int, Mapping[int, float]]]:
    """For each piece, the first of which is piece ``first``, the tags that are right: 0 for none, then for each tag one
    where it begins and one inside."""
    if values is None:
        return []
    right = [{0} for _ in places]
    for value in sorted(values, key=lambda value: value.optional):
        for nth, index in enumerate(inside(places, value.place)):
            tag = 1 + 2 * TAGS.index(value.tag) + (nth > 0)
            if not value.optional:
                right[index] = {tag}
            elif 0 in right[index]:
                right[index].add(tag)
    return [(first + index, dict.fromkeys(tags, 1.0)) for index, tags in enumerate(right)]


def fit(
    net: Net,
    vocabulary: Sequence[str],
    examples: Callable[[int], Sequence[Example]],
    epochs: int,
    *,
    rate: float = RATE,
    seed: int = 0,
    say: Callable[[str], None] = print,
) -> None:
    """Train ``net`` on ``examples``, which may be others in each epoch. The vectors of pieces stay as they are.

    Args:
        rate: how far the weights go at a step, at most; it falls to almost nothing until the end
    """
    torch.manual_seed(seed)
    chance = random.Random(seed)
    encoder = _Encoder(vocabulary)
    for frozen_part in (net.word, net.pos):
        frozen_part.weight.requires_grad_(False)
    heads = [part for head in net.heads for part in head.parameters()]
    body = [part for part in net.parameters() if part.requires_grad and all(part is not other for other in heads)]
    groups = [
        {"params": [part for part in body if part.dim() > 1], "weight_decay": 0.01, "faster": 1.0},
        {"params": [part for part in body if part.dim() <= 1], "weight_decay": 0.0, "faster": 1.0},
        {"params": heads, "weight_decay": 0.01, "faster": HEADS_FASTER},
    ]
    steps = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))
    done, started = 0, time.monotonic()
    for epoch in range(epochs):
        rows = [encoder.row(example, chance) for example in examples(epoch)]
        batches = list(_batches(rows, chance))
        total = epochs * len(batches)
        net.train()
        for batch in batches:
            share = min(1.0, (done + 1) / (0.06 * total)) * max(0.02, 1 - done / total)
            for group in steps.param_groups:
                group["lr"] = rate * share * group["faster"]
            loss = _loss(net, batch)
            steps.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            steps.step()
            done += 1
            if done % 100 == 0:
                say(f"step {done} of {total}, {time.monotonic() - started:.0f} s, loss {loss.item():.3f}")


def _batches(rows: Sequence[_Row], chance: random.Random) -> Iterator[list[_Row]]:
    """Batches of rows of about one length, in any order."""
    order = [row for row in rows if row.kinds or row.own or row.tags]
    chance.shuffle(order)
    sorted_ = [sorted(order[at : at + 20 * BATCH], key=lambda r: len(r.ids)) for at in range(0, len(order), 20 * BATCH)]
    found = [part[at : at + BATCH] for part in sorted_ for at in range(0, len(part), BATCH)]
    chance.shuffle(found)
    yield from found


def _loss(net: Net, rows: Sequence[_Row]) -> Any:
    length = max(len(row.ids) for row in rows)
    ids, sorts = torch.zeros(len(rows), length, dtype=torch.long), torch.zeros(len(rows), length, dtype=torch.long)
    mask = torch.zeros(len(rows), length, dtype=torch.bool)
    for index, row in enumerate(rows):
        count = len(row.ids)
        ids[index, :count], sorts[index, :count] = torch.tensor(row.ids), torch.tensor(row.sorts)
        mask[index, :count] = True
    seen = net(ids, sorts, mask)
    loss = seen.new_zeros(())
    for head, name, share in ((net.kind, "kinds", 1.0), (net.own, "own", OWN_SHARE)):
        told = [(seen[i, a:b], right, row.weight) for i, row in enumerate(rows) for a, b, right in getattr(row, name)]
        if told:
            pooled = torch.stack([torch.cat([part.mean(0), part.amax(0)]) for part, _, _ in told])
            loss = loss + share * _surprise(head(pooled), [(right, weight) for _, right, weight in told])
    pieces = [(i, place, right, row.weight) for i, row in enumerate(rows) for place, right in row.tags]
    if pieces:
        found = seen[[piece[0] for piece in pieces], [piece[1] for piece in pieces]]
        loss = loss + TAG_SHARE * _surprise(net.tag(found), [(right, weight) for _, _, right, weight in pieces])
    return loss / len(rows)


def _surprise(scores: Any, wanted: Sequence[tuple[Mapping[int, float], float]]) -> Any:
    """How improbable all of what would be right is, summed up."""
    worth = torch.zeros(scores.shape)
    for index, (right, _) in enumerate(wanted):
        worth[index, list(right)] = torch.tensor(list(right.values()), dtype=torch.float32)
    shares = functional.log_softmax(scores, -1) + worth.log().clamp(min=-1e9)
    return -(torch.logsumexp(shares, -1) * torch.tensor([weight for _, weight in wanted])).sum()


def stored(net: Net, vocabulary: Sequence[str]) -> Mapping[str, Any]:
    """What ``Reader`` loads: large matrices in bytes, with a scale for each row."""
    arrays: dict[str, Any] = {
        "kinds": np.array(" ".join(KINDS)),
        "tags": np.array(" ".join(TAGS)),
        "heads": np.array(HEADS),
        "vocabulary": np.array("\n".join(vocabulary)),
    }
    for key, tensor in net.state_dict().items():
        name, array = key.replace("word.weight", "word"), tensor.numpy()
        if array.ndim == 2 and array.size > 100_000:
            scale = np.maximum(np.abs(array).max(axis=1), 1e-8) / 127
            arrays[name], arrays[f"{name}.scale"] = np.round(array / scale[:, None]).astype(np.int8), scale
        else:
            arrays[name] = array.astype(np.float32)
    return arrays
