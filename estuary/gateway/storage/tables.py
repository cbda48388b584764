"""The tables."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Optional

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from ..text import clean

__all__ = [
    "ApiKey",
    "Base",
    "Character",
    "CharacterLook",
    "CharacterModel",
    "Conversation",
    "CoreFact",
    "FromImage",
    "Message",
    "Meta",
    "SessionToken",
    "Share",
    "ShareRecipient",
    "ShareSession",
    "StoredFile",
    "Usage",
    "new_id",
    "now",
]


def now() -> dt.datetime:
    """The time, aware, in UTC."""
    return dt.datetime.now(dt.timezone.utc)


def new_id() -> str:
    """A fresh identifier."""
    return str(uuid.uuid4())


class UTCDateTime(TypeDecorator[dt.datetime]):
    """Aware datetimes in and out; naive UTC in the database, which SQLite can't do otherwise."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: Optional[dt.datetime], dialect: Dialect) -> Optional[dt.datetime]:
        return None if value is None else value.astimezone(dt.timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: Optional[dt.datetime], dialect: Dialect) -> Optional[dt.datetime]:
        return None if value is None else value.replace(tzinfo=dt.timezone.utc)


class AnyText(TypeDecorator[str]):
    """Text of any length from anywhere. Half characters are replaced, and NUL where it can't be stored (by ``␀``)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Optional[str], dialect: Dialect) -> Optional[str]:
        if value is None:
            return None
        value = clean(value)
        return value if dialect.name == "sqlite" else value.replace("\0", "\N{SYMBOL FOR NULL}")


class Base(DeclarativeBase):
    """The declarative base of all tables."""


class Meta(Base):
    """Small facts about the database itself, such as the default character."""

    __tablename__ = "meta"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class ApiKey(Base):
    """An API key. The key itself is not here, only its SHA-256: keys are random, so nothing slower is needed."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: its first characters, to tell keys apart
    hint: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)


class SessionToken(Base):
    """A share link's token: good for sessions of one player with one character, not for REST."""

    __tablename__ = "session_tokens"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"))
    player_id: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[Optional[dt.datetime]] = mapped_column(UTCDateTime, default=None)


class Usage(Base):
    """How many messages a key or token has sent."""

    __tablename__ = "usage"

    key_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    messages: Mapped[int] = mapped_column(default=0)


class Character(Base):
    """A character. ``body`` is the complete body of REST, defaults filled in."""

    __tablename__ = "characters"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    #: the player it was made for (``X-Player-Id``), or nobody in particular
    player_id: Mapped[Optional[str]] = mapped_column(String(255), default=None)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now, index=True)
    updated_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)


class Conversation(Base):
    """The one conversation of a character and a player."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("character_id", "player_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"))
    player_id: Mapped[str] = mapped_column(String(255))
    message_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
    last_activity: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
    last_memory_extraction_at: Mapped[Optional[dt.datetime]] = mapped_column(UTCDateTime, default=None)
    #: raised by every change of its memories, so that what other processes keep of them knows that it is old
    memory_version: Mapped[int] = mapped_column(default=0, server_default="0")
    #: the version at which memories were last removed for good
    memory_reset: Mapped[int] = mapped_column(default=0, server_default="0")
    #: the version that was last looked through for duplicates
    memory_kept: Mapped[int] = mapped_column(default=0, server_default="0")
    #: everything was to be forgotten when this was the latest message: the character hears no more of what is older
    forgotten_id: Mapped[int] = mapped_column(default=0, server_default="0")


class Message(Base):
    """One message. Its number gives the order; ``message_id`` is the wire's, for those that were streamed."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_conversation", "conversation_id", "id"),
        Index("ix_messages_extraction", "extraction", "conversation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(16))
    content: Mapped[str] = mapped_column(AnyText)
    #: ``complete``, ``interrupted`` (the rest was never said) or ``failed`` (the engine broke off)
    status: Mapped[str] = mapped_column(String(16), default="complete")
    message_id: Mapped[Optional[str]] = mapped_column(String(64), default=None)
    image_url: Mapped[Optional[str]] = mapped_column(Text, default=None)
    timestamp: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
    #: what became of a player's message: ``pending`` (memories are still to be drawn from it), ``claimed`` (somebody
    #: is at it) or ``done``; ``None`` where there is nothing to draw
    extraction: Mapped[Optional[str]] = mapped_column(String(8), default=None)
    #: who is at it, and when they last said so
    claim_id: Mapped[Optional[str]] = mapped_column(String(120), default=None)
    claimed_at: Mapped[Optional[dt.datetime]] = mapped_column(UTCDateTime, default=None)


class CoreFact(Base):
    """One thing known of a player by a character: a key may have several values, in order.

    Keys are those of the wire (``name``, ``location``, ``occupation``, ``interests``…).
    """

    __tablename__ = "core_facts"
    __table_args__ = (Index("ix_core_facts_conversation", "conversation_id", "position"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(100))
    value: Mapped[str] = mapped_column(AnyText)
    position: Mapped[int] = mapped_column(default=0)
    #: the memory that says so; not a foreign key, because the memories' tables come after this one
    source_memory_id: Mapped[Optional[str]] = mapped_column(String(36), default=None)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)


class Share(Base):
    """A link that lets others talk to a character. Its token is here as a hash only.

    ``ttl`` and the number of recipients don't bind a permanent one, which can be opened by its id as well.
    """

    __tablename__ = "shares"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"), index=True)
    permanent: Mapped[bool] = mapped_column(default=False)
    #: ``isolated`` (each recipient is a player) or ``shared`` (all are the same one)
    memory_sharing: Mapped[str] = mapped_column(String(16))
    #: recipients it may have, ``None`` for any number
    max_exchanges: Mapped[Optional[int]] = mapped_column(default=None)
    #: messages that each recipient may send, ``None`` for any number
    max_interactions: Mapped[Optional[int]] = mapped_column(default=None)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[Optional[dt.datetime]] = mapped_column(UTCDateTime, default=None)
    revoked_at: Mapped[Optional[dt.datetime]] = mapped_column(UTCDateTime, default=None)


class ShareRecipient(Base):
    """Somebody who has opened a share link. Messages are counted (``usage``) under this row's id."""

    __tablename__ = "share_recipients"
    __table_args__ = (UniqueConstraint("share_id", "digest"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    share_id: Mapped[str] = mapped_column(ForeignKey("shares.id", ondelete="CASCADE"))
    #: of the recipient's own name for itself, or of nothing that is known to anybody
    digest: Mapped[str] = mapped_column(String(64))
    player_id: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)


class ShareSession(Base):
    """That a session token was given to a recipient of a share link."""

    __tablename__ = "share_sessions"

    token_id: Mapped[str] = mapped_column(ForeignKey("session_tokens.id", ondelete="CASCADE"), primary_key=True)
    recipient_id: Mapped[str] = mapped_column(ForeignKey("share_recipients.id", ondelete="CASCADE"), index=True)


class StoredFile(Base):
    """A picture or a 3D model of a character. Its name can't be guessed: who knows it may read it."""

    __tablename__ = "files"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"), index=True)
    media_type: Mapped[str] = mapped_column(String(64))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)


class CharacterLook(Base):
    """What a character looks like, where it was made from a picture."""

    __tablename__ = "character_looks"

    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"), primary_key=True)
    #: in words
    appearance: Mapped[str] = mapped_column(AnyText)
    #: the picture's main colours (``#rrggbb``), the one with the largest share first
    palette: Mapped[list[str]] = mapped_column(JSON)
    #: the picture as it came, among the files
    source_file: Mapped[str] = mapped_column(String(64))


class CharacterModel(Base):
    """The 3D model of a character, or how far it is. File names are those of ``files``."""

    __tablename__ = "character_models"

    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"), primary_key=True)
    #: the making of it: a later one takes the place of an earlier one
    job_id: Mapped[str] = mapped_column(String(36))
    #: ``pending``, ``in_progress``, ``completed`` or ``failed``
    status: Mapped[str] = mapped_column(String(24))
    #: per cent
    progress: Mapped[int] = mapped_column(default=0)
    rigged: Mapped[bool] = mapped_column(default=False)
    animations: Mapped[list[str]] = mapped_column(JSON, default=list)
    model_file: Mapped[Optional[str]] = mapped_column(String(64), default=None)
    preview_file: Mapped[Optional[str]] = mapped_column(String(64), default=None)
    thumbnail_file: Mapped[Optional[str]] = mapped_column(String(64), default=None)
    updated_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)


class FromImage(Base):
    """A character that was made under an ``Idempotency-Key``: the same key gives it again."""

    __tablename__ = "from_images"

    #: of the API key's id and the ``Idempotency-Key``
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: of what was asked for
    request: Mapped[str] = mapped_column(String(64))
    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
