"""Sessions that came in by a share link, and are to end when the link does.

A link can be revoked here, by another gateway process on the same database, or by removing its character, and its
time can be over. The first is acted upon at once; for the others the database is asked every few seconds while guests
are in.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Optional

from attrs import frozen

from .storage.database import Database
from .storage.keys import Token
from .storage.shares import ShareStore

__all__ = ["LAPSED", "REVOKED", "Guests"]

log = logging.getLogger("estuary.gateway")

REVOKED = "the share link that this session came from was revoked"
LAPSED = "the session token is no longer valid: its share link was revoked, or its time is over"

#: seconds between two looks at the database
_INTERVAL = 5.0


@frozen
class _Guest:
    token: Token
    end: Callable[[str], None]


class Guests:
    """The open sessions of share links. Used on the event loop only."""

    def __init__(self, database: Database, *, interval: float = _INTERVAL) -> None:
        self._db = database
        self._store = ShareStore(database)
        self._interval = interval
        self._guests: dict[str, _Guest] = {}
        #: links that were revoked here: who is just coming in by one of them must not
        self._revoked: set[str] = set()
        self._task: Optional[asyncio.Task[None]] = None

    def refused(self, token: Optional[Token]) -> bool:
        """Whether the link of this token was revoked while its owner was coming in."""
        return token is not None and token.share_id in self._revoked

    def enter(self, sid: str, token: Optional[Token], end: Callable[[str], None]) -> None:
        """A session begins; ``end(reason)`` ends it. Those without a link are none of our business."""
        if token is None or token.share_id is None:
            return
        self._guests[sid] = _Guest(token, end)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._watch())

    def leave(self, sid: str) -> None:
        """A session has ended."""
        self._guests.pop(sid, None)

    def revoked(self, share_id: str) -> int:
        """The link was revoked: end its sessions. Returns how many."""
        self._revoked.add(share_id)
        return self._end([sid for sid, guest in self._guests.items() if guest.token.share_id == share_id], REVOKED)

    def close(self) -> None:
        """The gateway ends."""
        self._guests.clear()
        if self._task is not None:
            self._task.cancel()

    def _end(self, sids: Collection[str], reason: str) -> int:
        for sid in sids:
            self._guests.pop(sid).end(reason)
        return len(sids)

    async def _watch(self) -> None:
        while self._guests:
            await asyncio.sleep(self._interval)
            tokens = {guest.token.id for guest in self._guests.values()}
            try:
                lapsed = await self._db.run(self._store.lapsed, tokens)
            except Exception:
                log.exception("the session tokens of share links could not be checked")
                continue
            self._end([sid for sid, guest in self._guests.items() if guest.token.id in lapsed], LAPSED)
