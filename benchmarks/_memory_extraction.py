"""How right an extractor is: precision and recall of memories and of core facts over dialogues."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from _memory_dialogues import Dialogue, Expected, ExpectedFact, Utterance, fact_key, fold, is_core
from _memory_table import Reach, Sheet
from attrs import define, field, frozen

from estuary.gateway.memory.base import MEMORY_TYPES, Candidate, Exchange, Extractor, FactChange

W = TypeVar("W")
G = TypeVar("G")


@define
class Tally:
    """What was right, what was too much, what was missed."""

    right: int = 0
    wrong: int = 0
    found: int = 0
    missed: int = 0

    @property
    def precision(self) -> float | None:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        return self.found / (self.found + self.missed) if self.found + self.missed else None


@frozen
class Mistake:
    dialogue: str
    said: str
    #: ``missed``, ``wrong``, ``fact missed`` or ``fact wrong``
    kind: str
    what: str


@define
class Score:
    """The result over one half."""

    utterances: int = 0
    #: by type: of the extracted memory for precision, of the expected one for recall
    types: dict[str, Tally] = field(factory=lambda: {name: Tally() for name in MEMORY_TYPES})
    facts: Tally = field(factory=Tally)
    #: of the utterances that may leave nothing: how many there are, how many left nothing
    silent: Counter[str] = field(factory=Counter)
    #: of the corrections found: how many there are, how many say what they supersede
    corrections: Counter[str] = field(factory=Counter)
    milliseconds: list[float] = field(factory=list)
    mistakes: list[Mistake] = field(factory=list)

    @property
    def overall(self) -> Tally:
        sums = [sum(getattr(tally, name) for tally in self.types.values()) for name in Tally.__annotations__]
        return Tally(*sums)

    @property
    def median_ms(self) -> float:
        return statistics.median(self.milliseconds)


def evaluate(extractor: Extractor, dialogues: Sequence[Dialogue]) -> Score:
    """Lead the extractor through each dialogue, with what it has learnt so far, and judge every turn."""
    score = Score()
    for dialogue in dialogues:
        known: dict[str, list[str]] = {}
        before, earlier, at = dialogue.opening, "", dialogue.at
        for utterance in dialogue.utterances:
            exchange = Exchange(
                text=utterance.user,
                reply=utterance.character,
                before=before,
                earlier=earlier,
                character_name=dialogue.character,
                facts={key: tuple(values) for key, values in known.items()},
                at=at,
            )
            started = time.perf_counter()
            memories = extractor.extract(exchange).memories
            score.milliseconds.append((time.perf_counter() - started) * 1000)
            score.utterances += 1
            _judge(score, dialogue.id, utterance, memories, exchange.facts)
            for candidate in memories:
                if candidate.fact is not None:
                    _learn(known, candidate.fact)
            before, earlier, at = utterance.character, utterance.user, at + dt.timedelta(minutes=1)
    return score


def _learn(known: dict[str, list[str]], fact: FactChange) -> None:
    values = known.setdefault(fact.key, [])
    if fact.replaces:
        values.clear()
    same = [value for value in values if fold(value) == fold(fact.value)]
    if fact.negated:
        for value in same:
            values.remove(value)
    elif not same:
        values.append(fact.value)


def _judge(
    score: Score,
    dialogue: str,
    utterance: Utterance,
    memories: Sequence[Candidate],
    known: Mapping[str, Sequence[str]],
) -> None:
    def mistake(kind: str, what: str) -> None:
        score.mistakes.append(Mistake(dialogue, utterance.user, kind, what))

    wanted = [item for item in utterance.memories if not item.optional]
    allowed = [item for item in utterance.memories if item.optional]
    # those that are wanted come first: what is placed stays placed
    every = _pair([*wanted, *allowed], memories, _fits)
    pairs = [(item, candidate) for item, candidate in every if not item.optional]
    spared = {id(candidate) for item, candidate in every if item.optional}
    rest = [candidate for candidate in memories if id(candidate) not in {id(c) for _, c in pairs}]

    for _, candidate in pairs:
        _tally(score, candidate.memory_type).right += 1
    for candidate in rest:
        if id(candidate) not in spared:
            _tally(score, candidate.memory_type).wrong += 1
            mistake("wrong", f"[{candidate.memory_type}] {candidate.content}")
    taken = {id(item) for item, _ in pairs}
    for item in wanted:
        # one sentence may hold two memories that were told together
        holder = next((c for i, c in pairs if i is item), None) or next((c for c in memories if _fits(item, c)), None)
        if id(item) in taken or holder is not None:
            score.types[item.type].found += 1
        else:
            score.types[item.type].missed += 1
            mistake("missed", f"[{'/'.join(item.types)}] {' + '.join('|'.join(a) for a in item.about)}")
        if item.supersedes and holder is not None:
            score.corrections["all"] += 1
            named = fold(" ".join(holder.supersedes))
            replaced = holder.fact is not None and holder.fact.replaces
            score.corrections["said"] += replaced or any(fold(word) in named for word in item.supersedes)
    if not utterance.memories:
        score.silent["all"] += 1
        score.silent["kept"] += not memories

    told = [candidate.fact for candidate in memories if candidate.fact is not None and is_core(candidate.fact.key)]
    # what is known already and told again is no mistake
    stale = {(fact_key(key), fold(value), False) for key, values in known.items() for value in values}
    _judge_facts(score, utterance.memories, told, stale, mistake)


def _judge_facts(
    score: Score,
    expected: Sequence[Expected],
    facts: Sequence[FactChange],
    stale: Collection[tuple[str, str, bool]],
    mistake: Callable[[str, str], None],
) -> None:
    wanted = [item.fact for item in expected if item.fact and not item.fact.optional and not item.optional]
    allowed = [item.fact for item in expected if item.fact and (item.fact.optional or item.optional)]
    # a fact that several memories state is one
    distinct = {(fact_key(fact.key), fold(fact.value), fact.negated): fact for fact in facts}
    told = list(distinct.values())
    spared = {id(distinct[name]) for name in distinct if name in stale}
    pairs = _pair(wanted, told, _fact_fits)
    paired = {id(fact) for _, fact in pairs}
    score.facts.right += len(pairs)
    for fact in told:
        allowing = any(fact_key(a.key) == fact_key(fact.key) and a.negated == fact.negated for a in allowed)
        if id(fact) not in paired and id(fact) not in spared and not allowing:
            score.facts.wrong += 1
            mistake("fact wrong", f"{'not ' if fact.negated else ''}{fact.key} = {fact.value}")
    taken = {id(item) for item, _ in pairs}
    for item in wanted:
        if id(item) in taken or any(_fact_fits(item, fact) for fact in told):
            score.facts.found += 1
        else:
            score.facts.missed += 1
            mistake("fact missed", f"{item.key} = {' | '.join(item.values)}")


def _tally(score: Score, memory_type: str) -> Tally:
    return score.types.setdefault(memory_type, Tally())


def _fits(item: Expected, candidate: Candidate) -> bool:
    return item.fits(candidate.memory_type, candidate.content)


def _fact_fits(item: ExpectedFact, fact: FactChange) -> bool:
    return item.fits(fact.key, fact.value, fact.negated)


def _pair(wanted: Sequence[W], given: Sequence[G], fits: Callable[[Any, Any], bool]) -> list[tuple[W, G]]:
    """As many pairs that fit as there can be, each item in one at most (augmenting paths)."""
    holder: dict[int, int] = {}

    def place(at: int, tried: set[int]) -> bool:
        for other in range(len(given)):
            if other not in tried and fits(wanted[at], given[other]):
                tried.add(other)
                if other not in holder or place(holder[other], tried):
                    holder[other] = at
                    return True
        return False

    for at in range(len(wanted)):
        place(at, set())
    return [(wanted[at], given[other]) for other, at in sorted(holder.items(), key=lambda item: item[1])]


def extraction_sheet(scores: Mapping[str, Score]) -> Sheet:
    """The table of ``scores``, by half."""
    columns = [f"{half} {what}" for half in scores for what in ("precision", "recall", "n")]
    sheet = Sheet("Extraction", columns)

    def line(what: str, tallies: list[Tally], precision: float | None = None, recalled: float | None = None) -> None:
        cells = [cell for t in tallies for cell in (t.precision, t.recall, t.found + t.missed)]
        reach = []
        if precision is not None:
            reach = [Reach("unseen precision", precision), Reach("unseen recall", recalled)]
        sheet.add(what, *cells, reach=reach)

    for name in MEMORY_TYPES:
        line(name, [score.types[name] for score in scores.values()])
    line("all memories", [score.overall for score in scores.values()], 0.9, 0.75)
    line("core facts", [score.facts for score in scores.values()], 0.95, 0.9)
    for half, score in scores.items():
        sheet.notes.append(
            f"{half}: {score.utterances} utterances; {score.silent['kept']} of {score.silent['all']} with nothing to "
            f"remember left nothing; {score.corrections['said']} of {score.corrections['all']} corrections found say "
            "what they take the place of"
        )
    return sheet
