"""Where the readers write down what they find in one exchange."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Optional

from attrs import evolve

from ..base import Candidate, Entity, Exchange, Extraction, FactChange, Relation
from .statements import Statement
from .topics import topics_of
from .voice import sentence_case
from .when import find_when

__all__ = ["USER", "Notes"]

USER = "user"
MAX_MEMORIES = 40


class Notes:
    """Memories, entities and relations so far; each once, in the order found."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.memories: dict[str, Candidate] = {}
        self.entities: dict[str, Entity] = {}
        self.relations: dict[tuple[str, str, str], Relation] = {}
        #: sentences that have left something
        self.sentences: set[int] = set()
        #: who "she", "he" and "it" are: (role, name) last spoken of
        self.she: Optional[tuple[str, str]] = None
        self.he: Optional[tuple[str, str]] = None
        self.it: Optional[tuple[str, str]] = None
        #: a name whose bearer hasn't been told yet: "that's Biscuit, …"
        self.shown: Optional[str] = None
        #: a piece of furniture and the like, last spoken of
        self.thing: Optional[str] = None
        #: a role whose name may follow, and the memory that told of it: "we had a baby! …"
        self.pending: Optional[str] = None
        self.pending_memory: Optional[str] = None

    def remember(
        self,
        content: str,
        memory_type: str,
        statement: Statement,
        *,
        confidence: float = 0.85,
        topic: Optional[str] = None,
        fact: Optional[FactChange] = None,
        entities: Sequence[str] = (),
        supersedes: Sequence[str] = (),
    ) -> None:
        """Write a memory down, unless it is there already."""
        content = sentence_case(content.strip())
        if fact is not None and not fact.negated and self._told(fact):
            return
        if not content or len(self.memories) >= MAX_MEMORIES or "\ufffc" in content:
            return
        known = self.memories.get(content.casefold())
        if known is not None:
            if fact is not None and known.fact is None:
                self.memories[content.casefold()] = evolve(known, fact=fact)
            return
        self.sentences.add(statement.sentence)
        first, rest = topics_of(content, key=fact.key if fact else None, first=topic)
        self.memories[content.casefold()] = Candidate(
            content=content,
            memory_type=memory_type,
            confidence=confidence,
            topic=first,
            secondary_topics=rest,
            quote=statement.quote,
            fact=fact,
            entities=tuple(dict.fromkeys(entities)),
            supersedes=tuple(dict.fromkeys(word for word in supersedes if word)),
        )

    def _told(self, fact: FactChange) -> bool:
        """Whether one of the memories states the fact already, and it is all that this one could add."""
        if fact.key not in {"interests", "dislikes", "allergies", "languages"}:
            return False
        facts = [memory.fact for memory in self.memories.values() if memory.fact]
        return any(told.key == fact.key and told.value.casefold() == fact.value.casefold() for told in facts)

    def amend(self, content: str, better: str, fact: FactChange) -> None:
        """Say a memory again, now that more is known."""
        old = self.memories.pop(content.casefold(), None)
        if old is not None:
            self.memories[better.casefold()] = evolve(old, content=better, fact=fact)

    def state(self, key: str, fact: FactChange) -> None:
        """Have the memory under ``key``, which states no core fact, state ``fact``."""
        self.memories[key] = evolve(self.memories[key], fact=fact)

    def forget_weaker(self) -> None:
        """Leave out "Tuppence is their pet" where another memory says that it is a dog."""
        facts = [memory.fact for memory in self.memories.values() if memory.fact]
        for key, memory in list(self.memories.items()):
            fact = memory.fact
            if fact and any(o.key == fact.key and o.value.endswith(f" {fact.value}") for o in facts):
                del self.memories[key]

    def entity(self, name: str, kind: str, *, role: Optional[str] = None, aliases: Sequence[str] = ()) -> str:
        """Note somebody or something named; returns the name."""
        key = name.casefold()
        known = self.entities.get(key)
        if known is None:
            self.entities[key] = Entity(name=name, kind=kind, aliases=tuple(aliases), role=role)
        elif role and not known.role:
            self.entities[key] = evolve(known, role=role, kind=kind)
        return known.name if known else name

    def dated(self, content: str, *, tense: str = "") -> tuple[str, list[str]]:
        """``content`` with the date that its words of time mean, and that date as an entity."""
        when = find_when(content, self.exchange.at, tense)
        if when is None or when.iso is None:
            return content, []
        self.entity(when.iso, "date", aliases=[when.phrase] if when.phrase != when.iso else [])
        short = when.spoken.rpartition(" ")[0]
        if short and re.search(rf"\b(?:in|on) {re.escape(short)}\b", content):
            # "in May" → "in May 2024"
            return content.replace(short, when.spoken, 1), [when.iso]
        if when.spoken in content or (len(when.iso) == 4 and when.iso in content):
            return content, [when.iso]
        return f"{content} ({when.spoken})", [when.iso]

    def relate(self, source: str, kind: str, target: str, confidence: float = 0.8) -> None:
        """Note how two of them hang together."""
        self.relations.setdefault(
            (source.casefold(), kind, target.casefold()), Relation(source, kind, target, confidence)
        )

    def extraction(self) -> Extraction:
        """Everything found."""
        return Extraction(
            memories=tuple(self.memories.values()),
            entities=tuple(self.entities.values()),
            relations=tuple(self.relations.values()),
        )
