"""API keys and session tokens: made once, stored as hashes, found again by hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from typing import Optional

from attrs import frozen
from sqlalchemy import func, or_, select

from ...errors import ConfigError
from .database import Database
from .tables import ApiKey, Character, SessionToken, Share, ShareRecipient, ShareSession, Usage, now

__all__ = ["Key", "KeyStore", "Token", "digest"]


def digest(secret: str) -> str:
    """What is stored in place of a key. Keys hold 256 random bits, so a plain hash can't be searched backwards."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@frozen
class Key:
    """An API key as it may be shown: without the key."""

    id: str
    name: str
    hint: str
    created_at: dt.datetime
    messages: int = 0


@frozen
class Token:
    """A session token as it may be shown: without the token.

    ``share_id``, ``recipient_id`` and ``quota`` (the messages its recipient may send) are those of the share link that
    it came from, if it did.
    """

    id: str
    character_id: str
    player_id: str
    expires_at: Optional[dt.datetime]
    share_id: Optional[str] = None
    recipient_id: Optional[str] = None
    quota: Optional[int] = None

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now()


class KeyStore:
    """The keys and tokens of one database."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def create(self, name: str) -> str:
        """Make a key and return it: the only time that it can be seen.

        Raises:
            ConfigError: the name is empty, longer than 100 characters, or taken.
        """
        name = name.strip()
        if not name or len(name) > 100:
            raise ConfigError("a key's name has 1 to 100 characters")
        key = "est_" + secrets.token_urlsafe(32)
        with self._db.write() as session:
            if session.scalar(select(ApiKey.id).where(ApiKey.name == name)):
                raise ConfigError(f"there is a key named {name!r} already: revoke it first, or choose another name")
            session.add(ApiKey(name=name, hash=digest(key), hint=key[:8]))
        return key

    def list(self) -> list[Key]:
        """All keys, oldest first."""
        with self._db.read() as session:
            rows = session.execute(
                select(ApiKey, Usage.messages).outerjoin(Usage, Usage.key_id == ApiKey.id).order_by(ApiKey.created_at)
            )
            return [Key(key.id, key.name, key.hint, key.created_at, used or 0) for key, used in rows]

    def count(self) -> int:
        """How many keys there are."""
        with self._db.read() as session:
            return session.scalar(select(func.count()).select_from(ApiKey)) or 0

    def revoke(self, name_or_id: str) -> bool:
        """Remove a key. Returns whether there was one. Open sessions of it go on until they end."""
        with self._db.write() as session:
            key = session.scalar(select(ApiKey).where(or_(ApiKey.name == name_or_id, ApiKey.id == name_or_id)))
            if key is None:
                return False
            usage = session.get(Usage, key.id)
            if usage is not None:
                session.delete(usage)
            session.delete(key)
            return True

    def find(self, secret: str) -> Optional[str]:
        """The id of this key, or ``None``."""
        wanted = digest(secret)
        with self._db.read() as session:
            row = session.execute(select(ApiKey.id, ApiKey.hash).where(ApiKey.hash == wanted)).first()
        return row.id if row is not None and hmac.compare_digest(row.hash, wanted) else None

    def create_token(self, character_id: str, player_id: str, *, expires_in: Optional[float] = None) -> str:
        """Make a session token for one player with one character and return it.

        Raises:
            ConfigError: there is no such character.
        """
        token = "sst_" + secrets.token_urlsafe(32)
        expires_at = None if expires_in is None else now() + dt.timedelta(seconds=expires_in)
        with self._db.write() as session:
            if session.get(Character, character_id) is None:
                raise ConfigError(f"there is no character {character_id}")
            row = SessionToken(
                hash=digest(token), character_id=character_id, player_id=player_id, expires_at=expires_at
            )
            session.add(row)
        return token

    def find_token(self, secret: str) -> Optional[Token]:
        """What this session token is good for, or ``None``."""
        wanted = digest(secret)
        with self._db.read() as session:
            found = session.execute(
                select(SessionToken, ShareRecipient.id, Share.id, Share.max_interactions)
                .outerjoin(ShareSession, ShareSession.token_id == SessionToken.id)
                .outerjoin(ShareRecipient, ShareRecipient.id == ShareSession.recipient_id)
                .outerjoin(Share, Share.id == ShareRecipient.share_id)
                .where(SessionToken.hash == wanted)
            ).first()
        if found is None:
            return None
        row, recipient_id, share_id, quota = found
        if not hmac.compare_digest(row.hash, wanted):
            return None
        return Token(row.id, row.character_id, row.player_id, row.expires_at, share_id, recipient_id, quota)

    def usage(self, key_id: str) -> int:
        """How many messages this key or token has sent."""
        with self._db.read() as session:
            return session.scalar(select(Usage.messages).where(Usage.key_id == key_id)) or 0

    def forget_usage(self, key_id: str) -> None:
        """Count this key's messages from nought again."""
        with self._db.write() as session:
            row = session.get(Usage, key_id)
            if row is not None:
                session.delete(row)
