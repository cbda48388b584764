"""``client.memories(character, player)``: what a character remembers of a player."""

from __future__ import annotations

import datetime as dt
from typing import Dict, List, Optional, Sequence, Tuple, Union

from ..errors import ConfigError
from ..models import Memory
from .http import HTTP, path
from .models import CoreFact, Graph, MemoryMatch, MemoryStats, TimelineGroup
from .pages import Pages

__all__ = ["Memories"]

When = Union[dt.datetime, dt.date, str]


class Memories:
    """The memories of one character about one player. Every method raises ``APIError`` and its subclasses."""

    def __init__(self, http: HTTP, character_id: str, player_id: str) -> None:
        self._http = http
        self.character_id = character_id
        self.player_id = player_id
        self._base = path("characters", character_id, "players", player_id, "memories")

    def list(
        self,
        *,
        memory_type: Optional[str] = None,
        status: Optional[str] = None,
        page_size: int = 50,
        progress: bool = False,
    ) -> Pages[Memory]:
        """All memories, newest first. Lazy: see ``Pages``.

        Args:
            memory_type: Only ``fact``, ``preference``, ``relationship``, ``event``, ``emotional_state``,
                ``correction``, ``character_self`` or ``spatial_change``.
            status: Only ``active``, ``superseded``, ``decayed`` or ``deleted``.
            page_size: Asked for at a time, 1 to 200.
        """

        def fetch(limit: int, offset: int) -> Tuple[Sequence[Memory], int]:
            answer = self._http.get(
                self._base, {"memoryType": memory_type, "status": status, "limit": limit, "offset": offset}
            )
            return [Memory.from_wire(m) for m in answer["memories"]], answer["total"]

        return Pages(fetch, page_size, progress)

    def search(self, query: str, limit: int = 10) -> List[MemoryMatch]:
        """What fits the query by its meaning, best first; ``limit`` is 1 to 50.

        >>> client.memories(character, "alice").search("what does she drink?")      # doctest: +SKIP
        """
        if not isinstance(query, str) or not query.strip():
            raise ConfigError("the query is empty")
        if not 1 <= limit <= 50:
            raise ConfigError(f"limit is {limit}: give 1 to 50")
        # a search changes nothing, so it may be repeated although it is a POST
        answer = self._http.call("POST", f"{self._base}/search", json={"query": query, "limit": limit}, repeat=True)
        return [MemoryMatch.from_wire(m) for m in answer["results"]]

    def core_facts(self) -> List[CoreFact]:
        """What is always in the character's mind: name, location, interests, …"""
        return [CoreFact.from_wire(f) for f in self._http.get(f"{self._base}/core-facts")["coreFacts"]]

    def graph(
        self, *, include_entities: Optional[bool] = None, include_character_memories: Optional[bool] = None
    ) -> Graph:
        """Everything as a graph of the user, clusters, memories and (unless told otherwise) entities."""
        params = {"includeEntities": include_entities, "includeCharacterMemories": include_character_memories}
        return Graph.from_wire(self._http.get(f"{self._base}/graph", params))

    def timeline(
        self, *, start: Optional[When] = None, end: Optional[When] = None, group_by: str = "day"
    ) -> List[TimelineGroup]:
        """Memories by ``day``, ``week`` or ``month``. Times without an offset are UTC."""
        params = {"startDate": start, "endDate": end, "groupBy": group_by}
        answer = self._http.get(f"{self._base}/timeline", params)
        return [TimelineGroup.from_wire(group) for group in answer["timeline"]]

    def stats(self) -> MemoryStats:
        """How many memories there are, by status and by type."""
        return MemoryStats.from_wire(self._http.get(f"{self._base}/stats"))

    def delete_all(self, *, confirm: bool = False) -> int:
        """Forget everything, for good; returns how many memories that were. Only with ``confirm=True``."""
        if confirm is not True:
            raise ConfigError("this deletes every memory for good: call delete_all(confirm=True)")
        answer: Dict[str, int] = self._http.call("DELETE", self._base, params={"confirm": True})
        return int(answer["deletedCount"])
