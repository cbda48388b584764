"""Whether the right memory is found for a question."""

from __future__ import annotations

import json
from typing import Any

from _memory_dialogues import DATA
from attrs import define, field, frozen

from estuary.gateway.memory.embedding import default_embedder
from estuary.gateway.memory.index import Entry, MemoryIndex


@frozen
class Question:
    half: str
    player: str
    memory: str
    text: str
    #: no content word of the question is in the memory
    foreign: bool


@define
class Recall:
    """Ranks of the right memory, from 0; ``None`` if it was not among the first ten."""

    ranks: list[int | None] = field(factory=list)

    def share(self, within: int) -> float | None:
        if not self.ranks:
            return None
        return sum(rank is not None and rank < within for rank in self.ranks) / len(self.ranks)


@frozen
class Answered:
    question: Question
    rank: int | None
    #: what was found, best first
    contents: list[str]
    right: str


def questions() -> list[Question]:
    return [
        Question(item["half"], item["player"], item["memory"], item["question"], item["shares_no_word"])
        for item in _data()["questions"]
    ]


def ask(half: str, *, together: bool = False) -> list[Answered]:
    """Search for every question of ``half`` among the player's 20 memories, or all 200 ``together``."""
    players = {item["player"]: item["memories"] for item in _data()["players"]}
    contents = {memory["id"]: memory["content"] for memories in players.values() for memory in memories}
    indexes: dict[str, MemoryIndex] = {}
    for player, memories in players.items():
        index = indexes.setdefault("" if together else player, MemoryIndex(default_embedder()))
        index.add([Entry(id=memory["id"], content=memory["content"]) for memory in memories])
    answers = []
    for question in questions():
        if question.half == half:
            found = [hit.id for hit in indexes["" if together else question.player].search(question.text, 10)]
            rank = found.index(question.memory) if question.memory in found else None
            answers.append(Answered(question, rank, [contents[id] for id in found], contents[question.memory]))
    return answers


def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((DATA.parent / "recall.json").read_text(encoding="utf-8"))
    return data
