"""``client.memories(character, player)``: what a character remembers of a player."""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from ..errors import APIError, ConfigError, NotFound
from ..models import Memory
from .conversations import Conversations
from .export import assemble
from .http import HTTP, path
from .models import CoreFact, Graph, Imported, MemoryMatch, MemoryStats, TimelineGroup
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

    def export_all(self, *, include_messages: bool = False) -> Dict[str, Any]:
        """Everything that the character knows of the player, as JSON can hold it, for ``import_all``.

        A gateway has a route for this. Elsewhere the same is put together from the documented routes. Times are
        ISO 8601 with an offset; the names of the fields are those of the wire.

        Args:
            include_messages: What was said, too.
        """
        try:
            answer: Dict[str, Any] = self._http.get(
                f"{self._base}/export", {"includeMessages": True if include_messages else None}
            )
            return answer
        except APIError as error:
            if error.status not in _NO_ROUTE:
                raise
        said = Conversations(self._http).messages(self.character_id, self.player_id) if include_messages else None
        return assemble(
            self.character_id,
            self.player_id,
            self.list(page_size=200),
            self.core_facts(),
            self.graph(include_entities=True, include_character_memories=True),
            said,
        )

    def import_all(self, exported: Mapping[str, Any]) -> Imported:
        """Give the character what ``export_all`` gave, of this or another server, character or player.

        What it knows already stays as it is. Only a gateway can do this.

        Returns:
            How much of it is new.

        Raises:
            NotFound: There is no such character.
            BadRequest: It is no such document.
            APIError: The server has no route for it.
        """
        try:
            # a second time it changes nothing, so it may be repeated although it is a POST
            answer = self._http.call("POST", f"{self._base}/import", json=dict(exported), repeat=True)
            return Imported.from_wire(answer)
        except APIError as error:
            if error.status not in _NO_ROUTE:
                raise
            if isinstance(error, NotFound):
                self._http.get(path("characters", self.character_id))  # raises where that is what is missing
            raise APIError(
                f"{self._http.base_url} can't import memories: only the gateway that comes with estuary can",
                status=error.status,
                detail=error.detail,
                request_id=error.request_id,
            ) from error


#: what servers say of a route that they don't have
_NO_ROUTE = (404, 405, 501)
