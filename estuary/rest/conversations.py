"""``client.conversations``: who talked to a character, and what was said."""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

from .http import HTTP, path
from .models import Conversation, ConversationStats, Message
from .pages import Pages

__all__ = ["Conversations"]


class Conversations:
    """Read and delete conversations. Every method raises ``APIError`` and its subclasses."""

    def __init__(self, http: HTTP) -> None:
        self._http = http

    def stats(self, character_id: str) -> ConversationStats:
        """All conversations of a character together."""
        return ConversationStats.from_wire(self._http.get(path("characters", character_id, "players", "stats")))

    def list(
        self,
        character_id: str,
        *,
        sort_by: Optional[str] = None,
        sort_order: Optional[str] = None,
        player_search: Optional[str] = None,
        min_messages: Optional[int] = None,
        page_size: int = 50,
        progress: bool = False,
    ) -> Pages[Conversation]:
        """The conversations of a character, one for each player. Lazy: see ``Pages``.

        Args:
            sort_by: ``last_activity``, ``created_at``, ``message_count`` or ``player_id``.
            sort_order: ``asc`` or ``desc``.
            player_search: Only players whose id contains this.
            min_messages: Only conversations with as many messages.
        """

        def fetch(limit: int, offset: int) -> Tuple[Sequence[Conversation], int]:
            answer = self._http.get(
                path("characters", character_id, "players"),
                {
                    "limit": limit, "offset": offset, "sortBy": sort_by, "sortOrder": sort_order,
                    "playerSearch": player_search, "minMessages": min_messages,
                },
            )  # fmt: skip
            return [Conversation.from_wire(c) for c in answer["conversations"]], answer["total"]

        return Pages(fetch, page_size, progress)

    def get(self, character_id: str, player_id: str) -> Conversation:
        """One conversation. Raises ``NotFound``."""
        return Conversation.from_wire(self._http.get(path("characters", character_id, "players", player_id)))

    def messages(
        self, character_id: str, player_id: str, *, page_size: int = 100, progress: bool = False
    ) -> Pages[Message]:
        """What was said, oldest first. Lazy: see ``Pages``. Raises ``NotFound`` when it is read."""
        route = path("characters", character_id, "players", player_id, "messages")

        def fetch(limit: int, offset: int) -> Tuple[Sequence[Message], int]:
            # this one list of the API counts pages, not items: two pages may hold what is asked for
            number, skip = divmod(offset, limit)
            items, total = [], 0
            for page in (number + 1, number + 2):
                answer = self._http.get(route, {"limit": limit, "page": page})
                items += [Message.from_wire(m) for m in answer["messages"]]
                total = answer["pagination"]["total"]
                if not skip or not answer["pagination"].get("hasMore"):
                    break
            return items[skip : skip + limit], total

        return Pages(fetch, page_size, progress)

    def delete(self, character_id: str, player_id: str) -> None:
        """Delete a conversation for good, and all that is remembered of the player. Raises ``NotFound``."""
        self._http.call("DELETE", path("characters", character_id, "players", player_id))
