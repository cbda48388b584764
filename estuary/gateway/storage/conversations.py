"""Conversations and their messages, as REST shows them. Turns go by ``turnlog``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from sqlalchemy import ColumnElement, func, select

from ..schemas import ConversationOut, MessageOut, PlayerStats
from .database import Database
from .tables import Conversation, Message

__all__ = ["SORT_KEYS", "ConversationStore"]

#: what ``GET …/players`` can sort by
SORT_KEYS: Mapping[str, Any] = {
    "last_activity": Conversation.last_activity,
    "created_at": Conversation.created_at,
    "message_count": Conversation.message_count,
    "player_id": Conversation.player_id,
}


class ConversationStore:
    """The conversations of one database."""

    def __init__(self, database: Database) -> None:
        self._db = database

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
        """Remove a conversation, its messages and all that is known of the player, for good.

        Returns whether there was one.
        """
        with self._db.write() as session:
            row = session.scalar(_where(character_id, player_id))
            if row is None:
                return False
            session.delete(row)
        self._db.scrub()
        return True


def _where(character_id: str, player_id: str) -> Any:
    return select(Conversation).where(Conversation.character_id == character_id, Conversation.player_id == player_id)


def _out(row: Conversation) -> ConversationOut:
    return ConversationOut.model_validate(row, from_attributes=True)
