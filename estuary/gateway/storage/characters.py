"""Characters: created, listed, changed, removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ..schemas import CharacterBody, CharacterOut, merge
from .database import Database
from .tables import Character, CharacterLook, CharacterModel, Meta, now

__all__ = ["DEFAULT_CHARACTER", "FILES", "CharacterStore", "show", "stored"]

#: where files are, seen from the gateway's address
FILES = "/api/v1/files/"

_DEFAULT = "default_character"

#: the character that a new database starts with
DEFAULT_CHARACTER = CharacterBody.model_validate(
    {
        "persona": {
            "name": "Marina",
            "tagline": "keeper of a small lighthouse",
            "personality": "warm, curious, a little wry; she remembers what people tell her",
            "background": "Marina looks after a lighthouse at the mouth of an estuary, and the visitors it gets.",
        },
        "actions": [
            {
                "name": "navigate",
                "description": "Go to a place",
                "parameters": [
                    {"name": "target", "type": "string", "required": True, "description": "where to go"},
                ],
            },
            {
                "name": "set_light",
                "description": "Set the lighthouse's light",
                "parameters": [
                    {"name": "color", "type": "string", "required": True, "description": "its colour"},
                    {"name": "brightness", "type": "integer", "description": "per cent, 0 to 100"},
                ],
            },
            {"name": "wave", "description": "Wave a hand"},
        ],
    }
)


class CharacterStore:
    """The characters of one database."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def create(self, body: CharacterBody, player_id: Optional[str] = None) -> CharacterOut:
        """Store a new character."""
        row = Character(body=stored(body), player_id=player_id)
        with self._db.write() as session:
            session.add(row)
        return _out(row, {})

    def get(self, character_id: str) -> Optional[CharacterOut]:
        """The character with this id, or ``None``."""
        with self._db.read() as session:
            row = session.get(Character, character_id)
            return None if row is None else show(session, [row])[0]

    def exists(self, character_id: str) -> bool:
        """Whether there is such a character."""
        with self._db.read() as session:
            return session.scalar(select(Character.id).where(Character.id == character_id)) is not None

    def page(self, limit: int, offset: int, player_id: Optional[str] = None) -> tuple[list[CharacterOut], int]:
        """A page, newest first, and the number of all. ``player_id`` leaves out those made for other players."""
        with self._db.read() as session:
            rows = select(Character)
            if player_id is not None:
                rows = rows.where(or_(Character.player_id.is_(None), Character.player_id == player_id))
            total = session.scalar(select(func.count()).select_from(rows.subquery())) or 0
            page = rows.order_by(Character.created_at.desc(), Character.id).limit(limit).offset(offset)
            return show(session, session.scalars(page).all()), total

    def update(self, character_id: str, change: dict[str, Any]) -> Optional[CharacterOut]:
        """Lay a change over a character. ``None`` when there is no such character.

        Raises:
            pydantic.ValidationError: the changed character would not be allowed.
        """
        with self._db.write() as session:
            row = session.get(Character, character_id)
            if row is None:
                return None
            row.body = stored(CharacterBody.model_validate(merge(row.body, change)))
            row.updated_at = now()
            return show(session, [row])[0]

    def delete(self, character_id: str) -> bool:
        """Remove a character with its conversations, facts and tokens. Returns whether there was one."""
        with self._db.write() as session:
            row = session.get(Character, character_id)
            if row is None:
                return False
            session.delete(row)
        self._db.scrub()
        return True

    def default(self) -> str:
        """The id of the default character: made on first use, and made again if somebody removed it."""
        with self._db.write() as session:
            known = session.get(Meta, _DEFAULT)
            if known is not None and session.get(Character, known.value) is not None:
                return known.value
            row = Character(body=stored(DEFAULT_CHARACTER))
            session.add(row)
            session.flush()
            session.merge(Meta(key=_DEFAULT, value=row.id))
            return row.id


def stored(body: CharacterBody) -> dict[str, Any]:
    """What is kept of a body."""
    return {name: value for name, value in body.model_dump(mode="json").items() if name in CharacterBody.model_fields}


def show(session: Session, rows: Sequence[Character]) -> list[CharacterOut]:
    """Characters as they are shown, with what there is of pictures and 3D models. Addresses of files begin with
    ``FILES``."""
    ids = [row.id for row in rows]
    looks: dict[str, dict[str, Optional[str]]] = {}
    for look in session.scalars(select(CharacterLook).where(CharacterLook.character_id.in_(ids))):
        looks.setdefault(look.character_id, {}).update(
            appearance=look.appearance, source_image_url=FILES + look.source_file
        )
    for model in session.scalars(select(CharacterModel).where(CharacterModel.character_id.in_(ids))):
        looks.setdefault(model.character_id, {}).update(
            model_status=model.status,
            model_url=model.model_file and FILES + model.model_file,
            model_preview_url=model.preview_file and FILES + model.preview_file,
        )
    return [_out(row, looks.get(row.id, {})) for row in rows]


def _out(row: Character, look: dict[str, Optional[str]]) -> CharacterOut:
    # stored bodies may be older than a field of today: its default is filled in
    body = CharacterBody.model_validate(row.body).model_dump(mode="json")
    return CharacterOut.of(
        row.id, body, player_id=row.player_id, created_at=row.created_at, updated_at=row.updated_at, **look
    )
