"""Who draws the memories from which message: one process at a time, one process in the end.

A player's message is ``claimed`` from the moment it is stored by whoever answers it, and ``done`` in the transaction
that writes what was drawn from it. A claim lives as long as it is renewed; one that is not is taken over. So a process
may die at any moment: its messages are drawn from later by another, and if it was only asleep, it finds that its
claim is gone and writes nothing.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import secrets
import socket
import threading
from collections.abc import Sequence
from typing import Optional

from sqlalchemy import bindparam, func, select, update

from ..storage.database import Database
from ..storage.tables import Base, now

__all__ = ["Claims"]

_messages = Base.metadata.tables["messages"]
_conversations = Base.metadata.tables["conversations"]

_FIRST = (
    select(func.min(_messages.c.id))
    .where(_messages.c.conversation_id == bindparam("conversation"), _messages.c.extraction == "pending")
    .scalar_subquery()
)
_TAKE = (
    update(_messages)
    .where(_messages.c.id == _FIRST, _messages.c.extraction == "pending")
    .values(extraction="claimed", claim_id=bindparam("claim"), claimed_at=bindparam("time"))
    .returning(_messages.c.id)
)
_RELEASE = (
    update(_messages)
    .where(_messages.c.claim_id == bindparam("claim"), _messages.c.extraction == "claimed")
    .values(extraction="pending", claim_id=None, claimed_at=None)
)
_RENEW = (
    update(_messages)
    .where(_messages.c.claim_id.in_(bindparam("claims", expanding=True)), _messages.c.extraction == "claimed")
    .values(claimed_at=bindparam("time"))
)
_CLAIMED = select(_messages.c.id, _messages.c.claim_id, _messages.c.claimed_at).where(
    _messages.c.extraction == "claimed"
)
_TAKE_AWAY = (
    update(_messages)
    .where(
        _messages.c.id == bindparam("message"),
        _messages.c.claim_id == bindparam("claim"),
        _messages.c.claimed_at == bindparam("seen"),
        _messages.c.extraction == "claimed",
    )
    .values(extraction="pending", claim_id=None, claimed_at=None)
)
_PENDING = (
    select(_messages.c.conversation_id, _conversations.c.character_id, _conversations.c.player_id)
    .join(_conversations, _conversations.c.id == _messages.c.conversation_id)
    .where(_messages.c.extraction == "pending")
    .distinct()
    .limit(bindparam("limit"))
)


class Claims:
    """The claims of one process. Thread-safe.

    Args:
        lease: seconds for which a claim holds after it was last renewed.
    """

    def __init__(self, database: Database, lease: float) -> None:
        self._db = database
        self._lease = lease
        self._host = socket.gethostname().replace(":", "-")[:40]
        self._name = f"{self._host}:{os.getpid()}:{secrets.token_hex(6)}"
        self._number = itertools.count(1)
        self._lock = threading.Lock()
        self._held: set[str] = set()

    def make(self) -> str:
        """The name of a new claim, which is renewed from now on."""
        claim = f"{self._name}:{next(self._number)}"
        with self._lock:
            self._held.add(claim)
        return claim

    def forget(self, claim: str) -> None:
        """The claim has served, or was never used."""
        with self._lock:
            self._held.discard(claim)

    def take(self, conversation_id: str) -> Optional[tuple[str, int]]:
        """Claim the oldest message that is due. Returns the claim and the message, or ``None`` if there is none."""
        claim = self.make()
        try:
            with self._db.transaction() as connection:
                row = connection.execute(
                    _TAKE, {"conversation": conversation_id, "claim": claim, "time": now()}
                ).first()
        except BaseException:
            self.forget(claim)
            raise
        if row is None:
            self.forget(claim)
            return None
        return claim, row.id

    def release(self, claim: str) -> None:
        """Leave the message to whoever comes next."""
        self.forget(claim)
        with self._db.transaction() as connection:
            connection.execute(_RELEASE, {"claim": claim})

    def release_all(self) -> None:
        """Leave everything, because this process ends."""
        with self._lock:
            held, self._held = self._held, set()
        if held:
            with self._db.transaction() as connection:
                for claim in held:
                    connection.execute(_RELEASE, {"claim": claim})

    def renew(self) -> None:
        """Say that what is claimed is still being worked on."""
        with self._lock:
            held = sorted(self._held)
        if held:
            with self._db.transaction() as connection:
                for start in range(0, len(held), 500):
                    connection.execute(_RENEW, {"claims": held[start : start + 500], "time": now()})

    def due(self, limit: int = 100) -> Sequence[tuple[str, str, str]]:
        """Conversations with messages that nobody is at: their ids, characters and players.

        Claims that have run out are ended first, and those of processes of this machine that are no more.
        """
        with self._db.reading() as connection:
            claimed = connection.execute(_CLAIMED).all()
        limit_time = now() - dt.timedelta(seconds=self._lease)
        with self._lock:
            held = set(self._held)
        lost = [
            row
            for row in claimed
            if row.claim_id not in held
            and (row.claimed_at is None or row.claimed_at < limit_time or self._is_dead(row.claim_id))
        ]
        if lost:
            with self._db.transaction() as connection:
                for row in lost:
                    connection.execute(_TAKE_AWAY, {"message": row.id, "claim": row.claim_id, "seen": row.claimed_at})
        with self._db.reading() as connection:
            return [tuple(row) for row in connection.execute(_PENDING, {"limit": limit})]

    def _is_dead(self, claim: str) -> bool:
        """Whether the claim is of a process of this machine that has ended. Only ever a short cut: claims run out."""
        host, _, rest = claim.partition(":")
        pid = rest.partition(":")[0]
        if host != self._host or not pid.isdigit() or os.name != "posix":
            return False
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            return False
        return False
