"""``client.shares``: links that let somebody else talk to a character."""

from __future__ import annotations

from typing import Any, Dict, Optional

from ..errors import ConfigError
from .http import HTTP, path
from .models import Share, ShareSession

__all__ = ["Shares"]


class Shares:
    """Make, redeem and revoke share links. Every method raises ``APIError`` and its subclasses."""

    def __init__(self, http: HTTP) -> None:
        self._http = http

    def create(
        self,
        character_id: str,
        *,
        permanent: bool = False,
        ttl: str = "7d",
        memory_sharing: str = "isolated",
        max_exchanges: int = 5,
        max_interactions: Optional[int] = None,
    ) -> Share:
        """Make a link.

        Args:
            permanent: It never expires; ``ttl`` and ``max_exchanges`` then don't count.
            ttl: How long it lives: ``24h``, ``7d``, ``30d`` or ``90d``.
            memory_sharing: ``isolated`` (each recipient is a player of their own) or ``shared``.
            max_exchanges: How many recipients it takes, 1 to 100.
            max_interactions: How many turns each of them has.
        """
        body: Dict[str, Any] = {"characterId": character_id, "permanent": permanent, "memorySharing": memory_sharing}
        if not permanent:
            body.update(ttl=ttl, maxExchanges=max_exchanges)
        if max_interactions is not None:
            body["maxInteractions"] = max_interactions
        return Share.from_wire(self._http.call("POST", path("share"), json=body, auth="bearer"))

    def exchange(self, token: str, recipient_id: Optional[str] = None) -> ShareSession:
        """Redeem a link that expires. ``recipient_id`` is needed where the memories are isolated. Needs no key."""
        body = {} if recipient_id is None else {"recipientId": recipient_id}
        return ShareSession.from_wire(self._http.call("POST", path("share", token, "exchange"), json=body, auth="none"))

    def open(self, share_id: str, recipient_id: Optional[str] = None) -> ShareSession:
        """Redeem a permanent link. Needs no key."""
        body = {} if recipient_id is None else {"recipientId": recipient_id}
        return ShareSession.from_wire(self._http.call("POST", path("share", share_id, "open"), json=body, auth="none"))

    def revoke(self, share_row_id: str) -> Dict[str, Any]:
        """End a link and the sessions that came of it. It takes the row's id, not the token.

        Returns ``revoked``, ``killedSessions`` and ``removedSessionBlobs``.
        """
        if share_row_id.startswith(("sht_", "http")):
            raise ConfigError("revoke() takes the id of the share, not its token or address")
        answer: Dict[str, Any] = self._http.call("DELETE", path("share", share_row_id), auth="bearer")
        return answer
