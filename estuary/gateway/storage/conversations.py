"""Conversations: messages, what is known of the player, and the two steps that frame a turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Optional

from attrs import frozen
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..engines.base import ActionSpec, Persona, Said
from ..schemas import CharacterBody, ConversationOut, MessageOut, PlayerStats, action_specs, persona_of
from .database import Database
from .tables import Character, Conversation, CoreFact, Message, Usage, now

__all__ = ["SORT_KEYS", "ConversationStore", "Facts", "NoSuchCharacter", "QuotaReached", "TurnStart"]

#: key to values, newest last
Facts = Mapping[str, Sequence[str]]

#: what ``GET …/players`` can sort by
SORT_KEYS: Mapping[str, Any] = {
    "last_activity": Conversation.last_activity,
    "created_at": Conversation.created_at,
    "message_count": Conversation.message_count,
    "player_id": Conversation.player_id,
}


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
    persona: Persona
    actions: Sequence[ActionSpec]
    #: oldest first, without the message that starts the turn
    history: Sequence[Said]
    facts: Facts
    model: Optional[str]
    temperature: Optional[float]
    max_tokens: Optional[int]


class ConversationStore:
    """The conversations of one database. There is one for each character and player, for ever."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # --- turns

    def open(self, character_id: str, player_id: str) -> str:
        """The id of the conversation, which begins here if it did not exist.

        Raises:
            NoSuchCharacter: there is no such character.
        """
        with self._db.write() as session:
            return _conversation(session, character_id, player_id).id

    def begin_turn(
        self,
        character_id: str,
        player_id: str,
        text: str,
        *,
        history: int = 40,
        key_id: Optional[str] = None,
        quota: Optional[int] = None,
    ) -> TurnStart:
        """Store the user's message, count it for the key, and fetch what the answer needs, in one transaction.

        Raises:
            NoSuchCharacter: the character is gone.
            QuotaReached: the key may send no more messages.
        """
        with self._db.write() as session:
            if key_id is not None:
                _count(session, key_id, quota)
            conversation = _conversation(session, character_id, player_id)
            character = session.get_one(Character, character_id)
            past = session.execute(
                select(Message.role, Message.content)
                .where(Message.conversation_id == conversation.id)
                .order_by(Message.id.desc())
                .limit(history)
            ).all()
            facts = _facts(session, conversation.id)
            _append(session, conversation, "user", text)
            body = CharacterBody.model_validate(character.body).model_dump(mode="json")
            return TurnStart(
                conversation_id=conversation.id,
                persona=persona_of(body),
                actions=action_specs(body),
                history=[Said(role, content) for role, content in reversed(past)],
                facts=facts,
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
        learn: Optional[Callable[[Facts], Facts]] = None,
    ) -> None:
        """Store what the character said, unless that is nothing, and what was learnt of the player.

        ``learn`` is given the facts as they are now (two sessions of one player may learn at the same time) and
        returns them as they shall be.

        Raises:
            NoSuchCharacter: the character is gone.
        """
        with self._db.write() as session:
            conversation = _conversation(session, character_id, player_id)
            if text:
                _append(session, conversation, "assistant", text, status=status, message_id=message_id)
            if learn is not None:
                old = _facts(session, conversation.id)
                new = learn(old)
                if new != old:
                    _store_facts(session, conversation, new)

    def facts(self, character_id: str, player_id: str) -> dict[str, list[str]]:
        """What the character knows of the player: key to values, newest last."""
        with self._db.read() as session:
            row = session.scalar(_where(character_id, player_id))
            return {} if row is None else _facts(session, row.id)

    # --- lists

    def page(
        self,
        character_id: str,
        *,
        limit: int = 50,
        offset: int = 0,
        sort_by: str = "last_activity",
        descending: bool = True,
        player_search: Optional[str] = None,
        min_messages: Optional[int] = None,
    ) -> tuple[list[ConversationOut], int]:
        """A page of a character's conversations and the number of all that fit."""
        conditions: list[ColumnElement[bool]] = [Conversation.character_id == character_id]
        if player_search:
            conditions.append(Conversation.player_id.icontains(player_search, autoescape=True))
        if min_messages is not None:
            conditions.append(Conversation.message_count >= min_messages)
        column = SORT_KEYS[sort_by]
        with self._db.read() as session:
            total = session.scalar(select(func.count()).select_from(Conversation).where(*conditions)) or 0
            rows = session.scalars(
                select(Conversation)
                .where(*conditions)
                .order_by(column.desc() if descending else column.asc(), Conversation.id)
                .limit(limit)
                .offset(offset)
            )
            return [_out(row) for row in rows], total

    def stats(self, character_id: str) -> PlayerStats:
        """All conversations of a character in four figures."""
        with self._db.read() as session:
            row = session.execute(
                select(
                    func.count(),
                    func.coalesce(func.sum(Conversation.message_count), 0),
                    func.min(Conversation.created_at),
                    func.max(Conversation.last_activity),
                ).where(Conversation.character_id == character_id)
            ).one()
            return PlayerStats(
                total_conversations=row[0], total_messages=row[1], first_activity=row[2], last_activity=row[3]
            )

    def get(self, character_id: str, player_id: str) -> Optional[ConversationOut]:
        """One conversation, or ``None``."""
        with self._db.read() as session:
            row = session.scalar(_where(character_id, player_id))
            return None if row is None else _out(row)

    def messages(
        self, character_id: str, player_id: str, *, limit: int = 100, page: int = 1
    ) -> Optional[tuple[list[MessageOut], int]]:
        """A page of messages, oldest first, and the number of all. ``None`` when there is no conversation."""
        with self._db.read() as session:
            conversation = session.scalar(_where(character_id, player_id))
            if conversation is None:
                return None
            mine = Message.conversation_id == conversation.id
            total = session.scalar(select(func.count()).select_from(Message).where(mine)) or 0
            rows = session.scalars(
                select(Message).where(mine).order_by(Message.id).limit(limit).offset((page - 1) * limit)
            )
            return [MessageOut.model_validate(row, from_attributes=True) for row in rows], total

    def delete(self, character_id: str, player_id: str) -> bool:
        """Remove a conversation, its messages and all that is known of the player. Returns whether there was one."""
        with self._db.write() as session:
            row = session.scalar(_where(character_id, player_id))
            if row is None:
                return False
            session.delete(row)
            return True


def _where(character_id: str, player_id: str) -> Any:
    return select(Conversation).where(
        Conversation.character_id == character_id, Conversation.player_id == player_id
    )


def _conversation(session: Session, character_id: str, player_id: str) -> Conversation:
    row: Optional[Conversation] = session.scalar(_where(character_id, player_id))
    if row is not None:
        return row
    if session.get(Character, character_id) is None:
        raise NoSuchCharacter(character_id)
    row = Conversation(character_id=character_id, player_id=player_id)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another process was faster
        row = session.scalar(_where(character_id, player_id))
        if row is None:
            raise
    return row


def _count(session: Session, key_id: str, quota: Optional[int]) -> None:
    usage = session.get(Usage, key_id)
    used = 0 if usage is None else usage.messages
    if quota is not None and used >= quota:
        raise QuotaReached(used, quota)
    if usage is None:
        session.add(Usage(key_id=key_id, messages=1))
    else:
        usage.messages = used + 1


def _append(session: Session, conversation: Conversation, role: str, text: str, **more: Any) -> None:
    session.add(Message(conversation_id=conversation.id, role=role, content=text, **more))
    conversation.message_count = Conversation.message_count + 1  # counted by the database
    conversation.last_activity = now()


def _facts(session: Session, conversation_id: str) -> dict[str, list[str]]:
    rows = session.execute(
        select(CoreFact.key, CoreFact.value)
        .where(CoreFact.conversation_id == conversation_id)
        .order_by(CoreFact.position)
    )
    facts: dict[str, list[str]] = {}
    for key, value in rows:
        facts.setdefault(key, []).append(value)
    return facts


def _store_facts(session: Session, conversation: Conversation, facts: Facts) -> None:
    """Bring the rows in line, keeping those that stay as they were."""
    rows = session.scalars(select(CoreFact).where(CoreFact.conversation_id == conversation.id))
    old = {(row.key, row.value): row for row in rows}
    wanted = dict.fromkeys((key, value) for key, values in facts.items() for value in values)
    for pair, row in old.items():
        if pair not in wanted:
            session.delete(row)
    for position, (key, value) in enumerate(wanted):
        kept = old.get((key, value))
        if kept is None:
            session.add(CoreFact(conversation_id=conversation.id, key=key, value=value, position=position))
        elif kept.position != position:
            kept.position = position
    conversation.last_memory_extraction_at = now()


def _out(row: Conversation) -> ConversationOut:
    return ConversationOut.model_validate(row, from_attributes=True)
