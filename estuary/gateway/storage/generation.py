"""Characters made from pictures, 3D models, and the files of both."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from typing import Optional

from attrs import frozen
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..schemas import CharacterBody, CharacterOut
from .characters import FILES, show, stored
from .database import Database
from .keys import digest
from .tables import Character, CharacterLook, CharacterModel, FromImage, StoredFile, new_id, now

__all__ = [
    "MEDIA_TYPES",
    "File",
    "GenerationStore",
    "Look",
    "Model",
    "ModelFiles",
    "OtherRequest",
    "StillRunning",
]

#: what files there are, and how their names end
MEDIA_TYPES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "model/gltf-binary": ".glb",
}
#: whoever makes a model and has not been heard of for so long has died
_DEAD = dt.timedelta(seconds=60)
_RUNNING = ("pending", "in_progress")


class StillRunning(Exception):
    """A model of this character is being made just now."""


class OtherRequest(Exception):
    """The ``Idempotency-Key`` was used for something else."""


@frozen
class File:
    """A file, with what it is."""

    media_type: str
    data: bytes


@frozen
class Look:
    """What a picture says about a character's looks; colours are ``#rrggbb``."""

    appearance: str
    palette: Sequence[str]
    source: File
    avatar: File


@frozen
class Model:
    """The 3D model of a character, or how far it is. Addresses begin with ``FILES``; ``progress`` is per cent."""

    character_id: str
    status: str
    progress: int
    rigged: bool
    animations: Sequence[str]
    url: Optional[str]
    preview_url: Optional[str]
    thumbnail_url: Optional[str]


@frozen
class ModelFiles:
    """What a finished model consists of."""

    model: File
    preview: File
    thumbnail: File
    animations: Sequence[str]


class GenerationStore:
    """Pictures, models and files of one database."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def file(self, name: str) -> Optional[File]:
        """A file by its name."""
        with self._db.read() as session:
            row = session.get(StoredFile, name)
            return None if row is None else File(row.media_type, row.data)

    # --- from pictures

    def made(self, key: str, request: str) -> Optional[CharacterOut]:
        """What was made under this key before.

        Args:
            key: the API key's id and the ``Idempotency-Key``.
            request: what tells this request from others.

        Raises:
            OtherRequest: that was for another request.
        """
        with self._db.read() as session:
            return _made(session, digest(key), digest(request))

    def make(
        self, body: CharacterBody, look: Look, *, player_id: Optional[str], key: Optional[str], request: str
    ) -> CharacterOut:
        """Store a character that was made from a picture, once for each key.

        Raises:
            OtherRequest: the key was used for another request.
        """
        try:
            with self._db.write() as session:
                # looked for again, as somebody may have made it meanwhile
                before = None if key is None else _made(session, digest(key), digest(request))
                return before or _make(session, body, look, player_id, key, request)
        except IntegrityError:
            # on a database that does not lock everything another process was faster
            before = None if key is None else self.made(key, request)
            if before is None:
                raise
            return before

    # --- models

    def model(self, character_id: str) -> Optional[Model]:
        """The character's model, if one was ever asked for."""
        with self._db.read() as session:
            row = session.get(CharacterModel, character_id)
            return None if row is None else _model(row)

    def begin_model(self, character_id: str, *, rigged: bool) -> Optional[tuple[str, Model]]:
        """A model is to be made: the id of the job. ``None`` when there is no such character.

        Raises:
            StillRunning: one is being made just now.
        """
        job = new_id()
        with self._db.write() as session:
            if session.get(Character, character_id, with_for_update=True) is None:
                return None
            row = session.get(CharacterModel, character_id)
            if row is None:
                row = CharacterModel(character_id=character_id, animations=[])
                session.add(row)
            elif row.status in _RUNNING and not _dead(row):
                raise StillRunning
            row.job_id, row.status, row.progress, row.rigged = job, "pending", 0, rigged
            row.updated_at = now()
            return job, _model(row)

    def report(self, character_id: str, job: str, status: str, progress: int) -> bool:
        """How far it is. Returns whether anybody still wants it."""
        with self._db.write() as session:
            row = session.get(CharacterModel, character_id)
            if row is None or row.job_id != job:
                return False
            row.status, row.progress, row.updated_at = status, progress, now()
            return True

    def finish_model(self, character_id: str, job: str, files: ModelFiles) -> bool:
        """It is made: it takes the place of the one before. Returns whether anybody still wanted it."""
        with self._db.write() as session:
            row = session.get(CharacterModel, character_id)
            if row is None or row.job_id != job:
                return False
            before = [name for name in (row.model_file, row.preview_file, row.thumbnail_file) if name]
            session.execute(delete(StoredFile).where(StoredFile.name.in_(before)))
            row.model_file = _keep(session, character_id, files.model)
            row.preview_file = _keep(session, character_id, files.preview)
            row.thumbnail_file = _keep(session, character_id, files.thumbnail)
            row.animations = list(files.animations)
            row.status, row.progress, row.updated_at = "completed", 100, now()
            return True

    def colors(self, character_id: str) -> Optional[tuple[str, Sequence[str]]]:
        """The character's name and the colours of its picture (none if it has no picture)."""
        with self._db.read() as session:
            row = session.get(Character, character_id)
            if row is None:
                return None
            look = session.get(CharacterLook, character_id)
            return CharacterBody.model_validate(row.body).persona.name, [] if look is None else look.palette


def _made(session: Session, key: str, request: str) -> Optional[CharacterOut]:
    found = session.get(FromImage, key)
    if found is None:
        return None
    if found.request != request:
        raise OtherRequest
    row = session.get(Character, found.character_id)
    return None if row is None else show(session, [row])[0]


def _make(
    session: Session, body: CharacterBody, look: Look, player_id: Optional[str], key: Optional[str], request: str
) -> CharacterOut:
    row = Character(id=new_id(), player_id=player_id)
    avatar = _name(look.avatar)
    row.body = stored(body.model_copy(update={"avatar": FILES + avatar}))
    session.add(row)
    session.flush()
    if key is not None:
        session.add(FromImage(digest=digest(key), request=digest(request), character_id=row.id))
    _keep(session, row.id, look.avatar, avatar)
    source = _keep(session, row.id, look.source)
    session.add(
        CharacterLook(character_id=row.id, appearance=look.appearance, palette=list(look.palette), source_file=source)
    )
    session.flush()
    return show(session, [row])[0]


def _name(file: File) -> str:
    return secrets.token_urlsafe(24) + MEDIA_TYPES[file.media_type]


def _keep(session: Session, character_id: str, file: File, name: Optional[str] = None) -> str:
    name = name or _name(file)
    session.add(StoredFile(name=name, character_id=character_id, media_type=file.media_type, data=file.data))
    return name


def _dead(row: CharacterModel) -> bool:
    return row.updated_at < now() - _DEAD


def _model(row: CharacterModel) -> Model:
    files: Mapping[str, Optional[str]] = {
        name: None if file is None else FILES + file
        for name, file in (
            ("url", row.model_file),
            ("preview_url", row.preview_file),
            ("thumbnail_url", row.thumbnail_file),
        )
    }
    broken = row.status in _RUNNING and _dead(row)
    return Model(
        character_id=row.character_id,
        status="failed" if broken else row.status,
        progress=row.progress,
        rigged=row.rigged,
        animations=tuple(row.animations),
        **files,
    )
