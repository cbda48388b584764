"""Share links: made, redeemed, revoked. Their tokens, and the session tokens they give out, are stored as hashes."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from collections.abc import Collection
from typing import Optional

from attrs import frozen
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from .database import Database
from .keys import digest
from .tables import Character, SessionToken, Share, ShareRecipient, ShareSession, new_id, now

__all__ = ["TTLS", "Gone", "Grant", "MadeShare", "NoShare", "RecipientNeeded", "Revoked", "ShareStore", "Used"]

#: how long a link may live
TTLS = {
    "24h": dt.timedelta(hours=24),
    "7d": dt.timedelta(days=7),
    "30d": dt.timedelta(days=30),
    "90d": dt.timedelta(days=90),
}


class NoShare(LookupError):
    """There is no such link, or it can't be opened this way."""


class Gone(Exception):
    """The link was revoked, or its time is over. The message says which."""


class Used(Exception):
    """The link has all the recipients it may have."""


class RecipientNeeded(Exception):
    """Each recipient of the link is a player of their own, and nobody said who this one is."""


@frozen
class MadeShare:
    """A new link. The only time that its token can be seen."""

    id: str
    token: str
    permanent: bool
    expires_at: Optional[dt.datetime]


@frozen
class Grant:
    """What a link was redeemed for."""

    session_token: str
    character_id: str
    player_id: str


@frozen
class Revoked:
    """What a revocation removed: the ids are those of session tokens."""

    tokens: Collection[str]


class ShareStore:
    """The share links of one database."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def create(
        self,
        character_id: str,
        *,
        permanent: bool,
        ttl: str,
        memory_sharing: str,
        max_exchanges: int,
        max_interactions: Optional[int],
    ) -> Optional[MadeShare]:
        """Make a link; ``None`` when there is no such character. A permanent one has no ``ttl`` and no
        ``max_exchanges``."""
        token = "sht_" + secrets.token_urlsafe(32)
        time = now()
        row = Share(
            hash=digest(token),
            character_id=character_id,
            permanent=permanent,
            memory_sharing=memory_sharing,
            max_exchanges=None if permanent else max_exchanges,
            max_interactions=max_interactions,
            created_at=time,
            expires_at=None if permanent else time + TTLS[ttl],
        )
        with self._db.write() as session:
            if session.get(Character, character_id) is None:
                return None
            session.add(row)
        return MadeShare(row.id, token, permanent, row.expires_at)

    def redeem(self, name: str, recipient: Optional[str], *, opened: bool = False) -> Grant:
        """Give a recipient a session token.

        Args:
            name: the link's token, or the id of a permanent link.
            recipient: who it is, in the recipient's own words. The same one again is the same player, and not counted
                again.
            opened: as a permanent link is: by its id too, and by people who don't say who they are. Each of those is
                somebody new.

        Raises:
            NoShare, Gone, Used, RecipientNeeded: see there.
        """
        token = "sst_" + secrets.token_urlsafe(32)
        with self._db.write() as session:
            share = _find(session, name, opened)
            _check(share)
            if recipient is None and share.memory_sharing == "isolated" and not opened:
                raise RecipientNeeded
            person = _recipient(session, share, recipient)
            row = SessionToken(
                id=new_id(),
                hash=digest(token),
                character_id=share.character_id,
                player_id=person.player_id,
                expires_at=share.expires_at,
            )
            session.add(row)
            session.flush()
            session.add(ShareSession(token_id=row.id, recipient_id=person.id))
            return Grant(token, share.character_id, person.player_id)

    def look(self, name: str) -> Optional[str]:
        """The character that this link, given by token or id, leads to at present."""
        with self._db.read() as session:
            try:
                share = _find(session, name, None)
                _check(share)
            except (NoShare, Gone):
                return None
            return share.character_id

    def revoke(self, share_id: str) -> Optional[Revoked]:
        """End a link and take back its session tokens; ``None`` when there is none. May be done again."""
        with self._db.write() as session:
            share = session.get(Share, share_id)
            if share is None:
                return None
            if share.revoked_at is None:
                share.revoked_at = now()
            tokens = session.scalars(
                select(ShareSession.token_id)
                .join(ShareRecipient, ShareRecipient.id == ShareSession.recipient_id)
                .where(ShareRecipient.share_id == share_id)
            ).all()
            for start in range(0, len(tokens), 500):
                session.execute(delete(SessionToken).where(SessionToken.id.in_(tokens[start : start + 500])))
            return Revoked(tokens)

    def lapsed(self, tokens: Collection[str]) -> set[str]:
        """Which of these session tokens (ids) are no longer valid."""
        wanted = list(tokens)
        alive: set[str] = set()
        with self._db.read() as session:
            for start in range(0, len(wanted), 500):
                rows = session.execute(
                    select(SessionToken.id, SessionToken.expires_at).where(
                        SessionToken.id.in_(wanted[start : start + 500])
                    )
                )
                alive.update(row.id for row in rows if row.expires_at is None or row.expires_at > now())
        return set(wanted) - alive


def _find(session: Session, name: str, opened: Optional[bool]) -> Share:
    """``opened``: only permanent links, by id too; ``False``: by token; ``None``: any."""
    wanted = digest(name)
    # held until the end of the transaction, so that two processes don't count past the limit (SQLite locks it all)
    share = session.scalar(select(Share).where(Share.hash == wanted).with_for_update())
    if share is not None and not hmac.compare_digest(share.hash, wanted):
        share = None
    if share is None and opened is not False:
        share = session.scalar(select(Share).where(Share.id == name, Share.permanent).with_for_update())
    if share is None or (opened and not share.permanent):
        raise NoShare
    return share


def _check(share: Share) -> None:
    if share.revoked_at is not None:
        raise Gone("the share link was revoked")
    if share.expires_at is not None and share.expires_at <= now():
        raise Gone("the share link has expired")


def _recipient(session: Session, share: Share, name: Optional[str]) -> ShareRecipient:
    mine = digest(f"{share.id}:{name}" if name is not None else f"{share.id}::{secrets.token_hex(16)}")
    found = session.scalar(
        select(ShareRecipient).where(ShareRecipient.share_id == share.id, ShareRecipient.digest == mine)
    )
    if found is not None:
        return found
    if share.max_exchanges is not None:
        count = session.scalar(
            select(func.count()).select_from(ShareRecipient).where(ShareRecipient.share_id == share.id)
        )
        if (count or 0) >= share.max_exchanges:
            raise Used
    identifier = new_id()
    whose = share.id if share.memory_sharing == "shared" else identifier
    row = ShareRecipient(id=identifier, share_id=share.id, digest=mine, player_id=f"share-{whose}")
    session.add(row)
    session.flush()
    return row
