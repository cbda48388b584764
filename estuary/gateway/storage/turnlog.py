"""What a turn needs of the database: the conversation, its latest messages, the core facts of the player.

Plain statements, made once, rather than mapped objects: this runs for every message, and costs a third so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

from attrs import frozen
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from ..engines.base import ActionSpec, Persona, Said
from ..memory.keys import for_engines
from ..schemas import action_specs, persona_of, voice_settings
from ..voice.base import VoiceSettings
from .database import Database
from .tables import Base, new_id, now

__all__ = ["Facts", "NoSuchCharacter", "QuotaReached", "TurnLog", "TurnStart", "read_facts"]

#: key to values, newest last
Facts = Mapping[str, Sequence[str]]

_messages = Base.metadata.tables["messages"]
_conversations = Base.metadata.tables["conversations"]
_facts = Base.metadata.tables["core_facts"]
_usage = Base.metadata.tables["usage"]
_characters = Base.metadata.tables["characters"]

_FIND = select(
    _conversations.c.id, _conversations.c.memory_version, _conversations.c.forgotten_id, _characters.c.body
).where(
    _conversations.c.character_id == bindparam("character"),
    _conversations.c.player_id == bindparam("player"),
    _characters.c.id == _conversations.c.character_id,
)
_HISTORY = (
    select(_messages.c.role, _messages.c.content)
    .where(_messages.c.conversation_id == bindparam("conversation"), _messages.c.id > bindparam("forgotten"))
    .order_by(_messages.c.id.desc())
    .limit(bindparam("limit"))
)
_FACTS = (
    select(_facts.c.key, _facts.c.value)
    .where(_facts.c.conversation_id == bindparam("conversation"))
    .order_by(_facts.c.position)
)
_TOUCH = (
    update(_conversations)
    .where(_conversations.c.id == bindparam("conversation"))
    .values(message_count=_conversations.c.message_count + 1, last_activity=bindparam("time"))
)
_USED = select(_usage.c.messages).where(_usage.c.key_id == bindparam("key"))
_USE = update(_usage).where(_usage.c.key_id == bindparam("key")).values(messages=_usage.c.messages + 1)
_BODY = select(_characters.c.body).where(_characters.c.id == bindparam("character"))


class NoSuchCharacter(LookupError):
    """The character does not exist, or no longer."""


class QuotaReached(Exception):
    """The key has sent all the messages it may. Nothing was stored."""

    def __init__(self, current: int, limit: int) -> None:
        super().__init__(f"{current} of {limit} messages are used")
        self.current = current
        self.limit = limit


@frozen
class TurnStart:
    """What a turn begins with."""

    conversation_id: str
    #: the number of the message that starts the turn
    message: int
    #: the state of the character's memories of the player
    memory_version: int
    persona: Persona
    actions: Sequence[ActionSpec]
    #: oldest first, without the message that starts the turn
    history: Sequence[Said]
    facts: Facts
    model: Optional[str]
    temperature: Optional[float]
    max_tokens: Optional[int]


class TurnLog:
    """Reads and writes the conversations of one database. There is one for each character and player, for ever."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def open(self, character_id: str, player_id: str) -> str:
        """The id of the conversation, which begins here if it did not exist.

        Raises:
            NoSuchCharacter: there is no such character.
        """
        with self._db.transaction() as connection:
            return str(_conversation(connection, character_id, player_id).id)

    def begin_turn(
        self,
        character_id: str,
        player_id: str,
        text: str,
        *,
        history: int = 40,
        key_id: Optional[str] = None,
        quota: Optional[int] = None,
        claim: Optional[str] = None,
    ) -> TurnStart:
        """Store the user's message, count it for the key, and fetch what the answer needs, in one transaction.

        Args:
            claim: who draws memories from the message (see ``memory.claims``); ``None`` means that nobody does.

        Raises:
            NoSuchCharacter: the character is gone.
            QuotaReached: the key may send no more messages.
        """
        with self._db.transaction() as connection:
            if key_id is not None:
                _count(connection, key_id, quota)
            found = _conversation(connection, character_id, player_id)
            past = connection.execute(
                _HISTORY, {"conversation": found.id, "forgotten": found.forgotten_id, "limit": history}
            ).all()
            facts = read_facts(connection, found.id)
            number = _append(connection, found.id, "user", text, claim=claim)
        body = found.body
        return TurnStart(
            conversation_id=found.id,
            message=number,
            memory_version=found.memory_version,
            persona=persona_of(body),
            actions=action_specs(body),
            history=[Said(role, content) for role, content in reversed(past)],
            facts=for_engines(facts),
            model=body["llm"]["model"],
            temperature=body["llm"]["temperature"],
            max_tokens=body["llm"]["max_tokens"],
        )

    def end_turn(
        self,
        character_id: str,
        player_id: str,
        text: str,
        *,
        message_id: str,
        status: str = "complete",
    ) -> None:
        """Store what the character said, unless that is nothing.

        Raises:
            NoSuchCharacter: the character is gone.
        """
        with self._db.transaction() as connection:
            found = _conversation(connection, character_id, player_id)
            if text:
                _append(connection, found.id, "assistant", text, status=status, message_id=message_id)

    def voice(self, character_id: str) -> VoiceSettings:
        """How the character is to be heard and to hear.

        Raises:
            NoSuchCharacter: the character is gone.
        """
        with self._db.reading() as connection:
            body = connection.execute(_BODY, {"character": character_id}).scalar()
        if body is None:
            raise NoSuchCharacter(character_id)
        return voice_settings(body)

    def facts(self, character_id: str, player_id: str) -> dict[str, list[str]]:
        """The core facts of the player, as chat engines name them: key to values, newest last."""
        with self._db.reading() as connection:
            found = connection.execute(_FIND, {"character": character_id, "player": player_id}).first()
            return {} if found is None else for_engines(read_facts(connection, found.id))


@frozen
class _Found:
    id: str
    memory_version: int
    forgotten_id: int
    body: dict[str, Any]


def _conversation(connection: Connection, character_id: str, player_id: str) -> Any:
    """The conversation, which begins here if it did not exist, with the character's body."""
    names = {"character": character_id, "player": player_id}
    found = connection.execute(_FIND, names).first()
    if found is None:
        body = connection.execute(_BODY, {"character": character_id}).scalar()
        if body is None:
            raise NoSuchCharacter(character_id)
        time = now()
        row = {"id": new_id(), "character_id": character_id, "player_id": player_id, "message_count": 0}
        try:
            with connection.begin_nested():
                connection.execute(insert(_conversations), {**row, "created_at": time, "last_activity": time})
            return _Found(str(row["id"]), 0, 0, body)
        except IntegrityError:  # another process was faster
            found = connection.execute(_FIND, names).first()
            if found is None:
                raise NoSuchCharacter(character_id) from None
    return found


def _count(connection: Connection, key_id: str, quota: Optional[int]) -> None:
    used = connection.execute(_USED, {"key": key_id}).scalar()
    if quota is not None and (used or 0) >= quota:
        raise QuotaReached(used or 0, quota)
    if used is None:
        connection.execute(insert(_usage), {"key_id": key_id, "messages": 1})
    else:
        connection.execute(_USE, {"key": key_id})


def _append(
    connection: Connection,
    conversation_id: str,
    role: str,
    text: str,
    *,
    status: str = "complete",
    message_id: Optional[str] = None,
    claim: Optional[str] = None,
) -> int:
    time = now()
    message = {
        "conversation_id": conversation_id,
        "role": role,
        "content": text,
        "status": status,
        "message_id": message_id,
        "timestamp": time,
        "extraction": None if role != "user" else "claimed" if claim else "done",
        "claim_id": claim,
        "claimed_at": time if claim else None,
    }
    number = connection.execute(insert(_messages), message).inserted_primary_key
    connection.execute(_TOUCH, {"conversation": conversation_id, "time": time})
    assert number is not None
    return int(number[0])


def read_facts(connection: Connection, conversation_id: str) -> dict[str, list[str]]:
    """The core facts under the names of the wire."""
    facts: dict[str, list[str]] = {}
    for row in connection.execute(_FACTS, {"conversation": conversation_id}):
        facts.setdefault(row.key, []).append(row.value)
    return facts
