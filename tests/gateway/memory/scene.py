"""A stage for the tests of the memory."""

from __future__ import annotations

from typing import Any, Optional

from estuary.gateway.memory.base import Extraction
from estuary.gateway.memory.cache import IndexCache
from estuary.gateway.memory.claims import Claims
from estuary.gateway.memory.embedding import default_embedder
from estuary.gateway.memory.records import Records
from estuary.gateway.memory.store import MemoryStore
from estuary.gateway.storage.characters import CharacterStore
from estuary.gateway.storage.database import Database
from estuary.gateway.storage.turnlog import TurnLog


class Scene:
    """A character and a player, and what is said, with the memories that are drawn from it given by hand."""

    def __init__(self, database: Database, player: str = "alice", character: Optional[str] = None) -> None:
        self.database = database
        self.character = character or CharacterStore(database).default()
        self.player = player
        self.log = TurnLog(database)
        self.store = MemoryStore(database)
        self.claims = Claims(database, 15.0)
        self.embedder = default_embedder()
        self.cache = IndexCache(database, self.store, self.embedder)
        self.records = Records(database)
        self.conversation = self.log.open(self.character, player)

    def say(self, text: str) -> tuple[str, int]:
        """Store a message. Returns the claim on it and its number."""
        claim = self.claims.make()
        start = self.log.begin_turn(self.character, self.player, text, claim=claim)
        return claim, start.message

    def draw(self, claim: str, message: int, extraction: Any, *, vectors: bool = True) -> Any:
        """Write what was drawn from a message."""
        source = self.store.source(message)
        assert source is not None
        if not vectors:
            return self.store.apply(source, claim, extraction)
        made = self.embedder.embed([candidate.content for candidate in extraction.memories])
        pair = self.cache.refresh(self.conversation)
        return self.store.apply(
            source,
            claim,
            extraction,
            vectors=made,
            engine=self.embedder.name,
            near=lambda position: pair.near(made[position], 0.92),
            version=pair.version,
        )

    def tell(self, *candidates: Any, entities: Any = (), relations: Any = (), vectors: bool = True) -> Any:
        """Say something, and have these memories drawn from it."""
        claim, message = self.say("; ".join(candidate.quote or candidate.content for candidate in candidates) or "-")
        return self.draw(claim, message, Extraction(candidates, entities, relations), vectors=vectors)

    def memories(self, **conditions: Any) -> list[Any]:
        """All memories, oldest first."""
        page = self.records.page(self.character, self.player, limit=200, **conditions)
        return page.memories[::-1]

    def contents(self, status: Optional[str] = "active") -> list[str]:
        return [memory.content for memory in self.memories(status=status)]

    def facts(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for fact in self.records.core_facts(self.character, self.player).core_facts:
            found.setdefault(fact.fact_key, []).append(fact.fact_value)
        return found

    def find(self, query: str, limit: int = 5) -> list[str]:
        return [hit.content for hit in self.cache.search(self.cache.refresh(self.conversation), query, limit)]
