"""The database: opening it, transactions, and the few threads on which they run."""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional, TypeVar, Union

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from ...errors import ConfigError
from ..errors import GatewayError
from .tables import Base

__all__ = ["Database", "Location"]

#: a path, an SQLAlchemy URL, or ``None`` for a temporary database
Location = Union[str, "os.PathLike[str]", None]

T = TypeVar("T")


class Database:
    """One database, opened. ``with database.read() as session`` and ``with database.write() as session``.

    SQLite runs in WAL mode: what is committed survives the death of the process, and readers don't wait for
    writers. Writers of this process queue on a lock, those of other processes on SQLite's busy timeout.

    Args:
        location: a path, an SQLAlchemy URL, or ``None`` for a temporary database that ``close()`` removes.

    Raises:
        ConfigError: the URL can't be read.
        GatewayError: the database can't be opened.
    """

    def __init__(self, location: Location = None) -> None:
        self._remove: Optional[Callable[[], Any]] = None
        self.temporary = location is None
        url = self._url(location)
        #: where it is, with any password hidden
        self.name = url.render_as_string(hide_password=True)
        try:
            self._engine = _engine(url)
            Base.metadata.create_all(self._engine)
        except (SQLAlchemyError, ImportError, OSError) as error:
            if self._remove:
                self._remove()
            reason = getattr(error, "orig", None) or error
            raise GatewayError(f"the database {self.name} can't be opened: {reason}") from error
        self._session = sessionmaker(self._engine, expire_on_commit=False)
        self._write_lock = threading.Lock()
        self._executor = ThreadPoolExecutor(max_workers=4, thread_name_prefix="estuary-gateway-db")

    def _url(self, location: Location) -> URL:
        if location is None:
            folder = tempfile.mkdtemp(prefix="estuary-gateway-")
            # a finalizer, so that the folder goes even when nobody calls close()
            self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            return URL.create("sqlite", database=str(Path(folder, "gateway.db")))
        if isinstance(location, str) and "://" in location:
            try:
                url = make_url(location)
            except ArgumentError as error:
                raise ConfigError("db is neither a path nor an SQLAlchemy URL") from error
            if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
                raise ConfigError("db can't be SQLite in memory, which every thread would see differently: use None")
            return url
        if not isinstance(location, (str, os.PathLike)) or not os.fspath(location):
            raise ConfigError(f"db must be a path, an SQLAlchemy URL or None, not {location!r}")
        return URL.create("sqlite", database=str(Path(location).expanduser().absolute()))

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading."""
        with self._session() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that is committed at the end of the block, or rolled back when it raises."""
        with self._write_lock, self._session.begin() as session:
            yield session

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """As ``write()``, for plain statements: a third of the cost, for what every turn does."""
        with self._write_lock, self._engine.begin() as connection:
            yield connection

    async def run(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run a synchronous operation on a thread of the database and wait for it."""
        call = functools.partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    def close(self) -> None:
        """Let go of every connection and thread; a temporary database is removed. May be called twice."""
        self._executor.shutdown(wait=True)
        self._engine.dispose()
        if self._remove:
            self._remove()


def _engine(url: URL) -> Engine:
    engine = create_engine(url, pool_pre_ping=url.get_backend_name() != "sqlite")
    if url.get_backend_name() == "sqlite":

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            # the timeout first: switching to WAL takes a lock
            cursor.execute("PRAGMA busy_timeout = 10000")
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = NORMAL")
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.close()

    return engine
