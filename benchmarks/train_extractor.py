"""Make the embedded extractor's weights: ``python benchmarks/train_extractor.py``. Some minutes, always the same.

Learns from the dialogues that may be tuned on (``dev`` to ``dev4``) and from ``data/extractor_text.txt``; never from
``unseen`` or ``held``. ``--cross N`` writes nothing: it judges each of N parts of the dialogues by what was learned
from the others.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from typing import Any, Optional

import numpy as np
from _extractor_fit import Example, Fitted, fit
from _extractor_text import Line, lines
from _memory_dialogues import TUNING, Dialogue, Expected, ExpectedFact, Utterance, fact_key, fold, is_core, load
from _memory_extraction import Score, evaluate
from _memory_table import Sheet

from estuary.gateway.memory.base import MEMORY_TYPES
from estuary.gateway.memory.extract import EmbeddedExtractor, learned
from estuary.gateway.memory.extract.features import statement_features, statement_vector
from estuary.gateway.memory.extract.retell import answering, retell
from estuary.gateway.memory.extract.spans import Span, is_kin, is_pet, spans, tokens
from estuary.gateway.memory.extract.statements import statements

TRAINING = TUNING
KINDS = ("none", *(name for name in MEMORY_TYPES if name != "character_self"))
OWN = ("none", "character_self")
TAGS = (
    *("none", "name", "location", "origin", "occupation", "employer", "age", "birthday", "interests", "dislikes"),
    *("family", "fname", "pets", "pname", "languages", "allergies", "favourite"),
)
NONE = frozenset([0])
#: how often a line of the text is spelled out, and what one sentence of it counts beside one of a dialogue
EACH, WEIGHT = 20, 0.5


def learn(dialogues: Sequence[Dialogue], text: Sequence[Line]) -> dict[str, Fitted]:
    """The three models."""
    said, own, places = [], [], []
    for dialogue in dialogues:
        before = dialogue.opening
        for utterance in dialogue.utterances:
            said += _statements(utterance, before)
            own += _own(utterance)
            places += _spans(utterance, before)
            before = utterance.character
    for line in text:
        (own if line.own else said).extend(_line(line))
        if line.marked and not line.own:
            places += _line_spans(line)
    return {
        "statement": fit(said, KINDS),
        "character": fit(own, OWN),
        "span": fit(places, TAGS, decay=2e-6, dense_decay=2e-6, steps=100, rate=0.1),
    }


def _statements(utterance: Utterance, before: str) -> Iterator[Example]:
    said = statements(utterance.user)
    expected = [item for item in utterance.memories if item.type != "character_self"]
    taken: set[int] = set()
    for index, (statement, asked) in enumerate(zip(said, answering(said, before))):
        content = retell(statement, asked)
        kinds = _kinds(expected, content, taken)
        features = statement_features(statement, asked, index, len(said))
        vague = 0 in kinds and len(kinds) > 1
        yield Example(features, statement_vector(statement, asked), kinds, 0.5 if vague else 1.0)


def _kinds(expected: Sequence[Expected], content: str, taken: set[int]) -> frozenset[int]:
    """The kinds of memory that ``content`` may be left as."""
    wanted: set[str] = set()
    allowed: set[str] = set()
    for place, item in enumerate(expected):
        if item.optional or place in taken:
            allowed.update(item.types if item.fits(item.type, content) else ())
        elif any(item.fits(kind, content) for kind in item.types):
            wanted.update(item.types)
            taken.add(place)
    kinds = wanted or allowed | {"none"}
    return frozenset(KINDS.index(kind) for kind in kinds if kind in KINDS)


def _own(utterance: Utterance) -> Iterator[Example]:
    expected = [item for item in utterance.memories if item.type == "character_self"]
    said = statements(utterance.character)
    for index, (statement, asked) in enumerate(zip(said, answering(said, utterance.user))):
        content = retell(statement)
        fitting = [item for item in expected if item.fits("character_self", content)]
        wanted = any(not item.optional for item in fitting)
        right = frozenset([1]) if wanted else frozenset([0, 1]) if fitting else NONE
        features = statement_features(statement, asked, index, len(said))
        yield Example(features, statement_vector(statement, asked), right)


def _line(line: Line) -> Iterator[Example]:
    said = statements(line.text)
    classes = OWN if line.own else KINDS
    kinds = frozenset(classes.index(kind) for kind in line.types)
    for index, (statement, asked) in enumerate(zip(said, answering(said, line.asked))):
        features = statement_features(statement, asked, index, len(said))
        right = kinds | NONE if len(said) > 1 else kinds
        yield Example(features, statement_vector(statement, asked), right, WEIGHT)


def _spans(utterance: Utterance, before: str) -> Iterator[Example]:
    said = statements(utterance.user)
    found = [span for pair in zip(said, answering(said, before)) for span in spans(*pair)]
    facts = [(e.fact, e.optional or e.fact.optional) for e in utterance.memories if e.fact and is_core(e.fact.key)]
    for span, tags in zip(found, _tags(found, [(f, o) for f, o in facts if f])):
        yield Example(span.features, span.vector, tags)


def _tags(found: Sequence[Span], facts: Sequence[tuple[ExpectedFact, bool]]) -> list[frozenset[int]]:
    """For each span the tags that it may have."""
    tags = [set(NONE) for _ in found]
    for fact, optional in sorted(facts, key=lambda item: not item[1]):
        ranked: dict[str, list[tuple[float, int]]] = {}
        for index, span in enumerate(found):
            tag_cost = _worth(fact, span)
            if tag_cost:
                ranked.setdefault(tag_cost[0], []).append((tag_cost[1], index))
        for tag, places in ranked.items():
            best = min(places)
            for cost, index in places:
                first = (cost, index) == best or (tag in {"fname", "pname"} and cost == best[0])
                if first and not optional:
                    tags[index] = {TAGS.index(tag)}
                elif 0 in tags[index]:
                    tags[index].add(TAGS.index(tag))
    keys = {fact_key(fact.key) for fact, _ in facts}
    for index, span in enumerate(found):
        for key, kind in (("family", "kin"), ("pets", "pet")):
            if key in keys and span.kind == kind and 0 in tags[index]:
                tags[index].add(TAGS.index(key))
    return [frozenset(right) for right in tags]


def _worth(fact: ExpectedFact, span: Span) -> Optional[tuple[str, float]]:
    """The tag under which ``span`` would tell ``fact``, and how badly."""
    key = fact_key(fact.key)
    if key in {"family", "pets"}:
        named = "fname" if key == "family" else "pname"
        if span.kind in {"kin", "pet"}:
            right = span.kind == ("kin" if key == "family" else "pet")
            told = any(_like(_stem(span.text), word) for value in fact.values for word in _words(value))
            return (key, 0) if right and told else None
        names = [" ".join(w for w in _words(v) if not (is_kin(w) or is_pet(w) or w in _COUNTS)) for v in fact.values]
        costs = [cost for name in names for cost in [_cost(name, span.text)] if cost is not None]
        return (named, min(costs)) if costs and span.kind != "number" else None
    if key in {"birthday", "age"}:
        return (key, 0) if span.kind == ("date" if key == "birthday" else "number") else None
    costs = [cost for value in fact.values for cost in [_cost(value, span.text)] if cost is not None]
    return ("favourite" if key.startswith("favourite") else key, min(costs)) if costs else None


_COUNTS = frozenset(["two", "three", "four", "five", "six", "seven"])


def _cost(value: str, text: str) -> Optional[float]:
    """How many words ``text`` has besides those of ``value``; nothing if it lacks one or has too many."""
    wanted, got = _words(value), _words(text)
    if not wanted or not all(any(_like(one, other) for one in got) for other in wanted):
        return None
    extra = len(got) - len(wanted)
    exact = all(word in got for word in wanted)
    return None if extra > 3 else extra + (0 if exact else 0.5) - 0.3 * len(wanted)


def _words(value: str) -> list[str]:
    return [
        _stem(token.text) for token in tokens(value) if token.text.lower() not in ("a", "an", "the", "of", "'s", ",")
    ]


def _stem(word: str) -> str:
    word = fold(word).replace("'", "")
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _like(one: str, other: str) -> bool:
    """Whether two words are forms of one: "paint" and "painting"."""
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= 4 and short[:4] == long[:4]) or (len(short) == 3 and long.startswith(short))


def _line_spans(line: Line) -> Iterator[Example]:
    said = statements(line.text)
    for pair in zip(said, answering(said, line.asked)):
        found = spans(*pair)
        tags = [set(NONE) for _ in found]
        for key, value in line.facts:
            costs = [(c, i) for i, span in enumerate(found) for c in [_cost(value, span.text)] if c is not None]
            for cost, place in costs:
                if (cost, place) == min(costs):
                    tags[place] = {TAGS.index(key)}
                elif 0 in tags[place]:
                    tags[place].add(TAGS.index(key))
        for span, right in zip(found, tags):
            yield Example(span.features, span.vector, frozenset(right), 0.4)


def _use(fitted: dict[str, Fitted]) -> None:
    """Have the extractor of this process use what was just learned."""
    models = {
        name: learned.Model(part.classes, part.known, part.weights, part.scale, part.dense.astype(np.float32))
        for name, part in fitted.items()
    }
    learned.use(models)


def cross(parts: int) -> Sheet:
    """Judge each part of the dialogues by what was learned from the others."""
    dialogues = [(half, dialogue) for half in TRAINING for dialogue in load(half)]
    order = list(range(len(dialogues)))
    random.Random(0).shuffle(order)
    scores = {half: Score() for half in TRAINING}
    text = lines(EACH)
    for part in range(parts):
        chosen = set(order[part::parts])
        _use(learn([dialogue for index, (_, dialogue) in enumerate(dialogues) if index not in chosen], text))
        for half in TRAINING:
            judged = [dialogue for i, (of, dialogue) in enumerate(dialogues) if i in chosen and of == half]
            _add(scores[half], evaluate(EmbeddedExtractor(), judged))
    sheet = Sheet("Cross-validated", [f"{half} {what}" for half in scores for what in ("precision", "recall", "n")])
    rows: list[tuple[str, Any]] = [(name, lambda score, name=name: score.types[name]) for name in MEMORY_TYPES]
    for what, of in [*rows, ("all memories", lambda score: score.overall), ("core facts", lambda score: score.facts)]:
        tallies = [of(score) for score in scores.values()]
        sheet.add(what, *[cell for t in tallies for cell in (t.precision, t.recall, t.found + t.missed)])
    return sheet


def _add(score: Score, more: Score) -> None:
    for tally, other in [(score.facts, more.facts), *[(score.types[name], more.types[name]) for name in MEMORY_TYPES]]:
        for name in ("right", "wrong", "found", "missed"):
            setattr(tally, name, getattr(tally, name) + getattr(other, name))
    score.mistakes += more.mistakes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cross", type=int, metavar="N", help="cross-validate in N parts, write nothing")
    options = parser.parse_args()
    if options.cross:
        print(cross(options.cross).render())
        return
    fitted = learn([dialogue for half in TRAINING for dialogue in load(half)], lines(EACH))
    arrays = {key: array for name, part in fitted.items() for key, array in part.arrays(name).items()}
    np.savez_compressed(learned.WEIGHTS, **arrays)
    print(f"{learned.WEIGHTS}: {learned.WEIGHTS.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
