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
from .schema import prepare

__all__ = ["Database", "Location"]

#: a path, an SQLAlchemy URL, or ``None`` for a temporary database
Location = Union[str, "os.PathLike[str]", None]

T = TypeVar("T")

#: the execution option of a connection that is to write
_WRITES = "estuary_writes"


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
            # on SQLite a transaction that begins with the right to write: one that reads first, as another process
            # writes, could not be finished
            self._writer = self._engine.execution_options(**{_WRITES: True})
            with self._writer.begin() as connection:
                prepare(connection)
        except GatewayError:
            self._give_up()
            raise
        except (SQLAlchemyError, ImportError, OSError) as error:
            self._give_up()
            reason = getattr(error, "orig", None) or error
            raise GatewayError(f"the database {self.name} can't be opened: {reason}") from error
        self._session = sessionmaker(self._engine, expire_on_commit=False)
        self._write_session = sessionmaker(self._writer, expire_on_commit=False)
        self._write_lock = threading.Lock()
        self._executor = ThreadPoolExecutor(max_workers=4, thread_name_prefix="estuary-gateway-db")

    def _give_up(self) -> None:
        engine = getattr(self, "_engine", None)
        if engine is not None:
            engine.dispose()
        if self._remove:
            self._remove()

    def _url(self, location: Location) -> URL:
        if location is None:
            folder = tempfile.mkdtemp(prefix="estuary-gateway-")
            # a finalizer, so that the folder goes even when nobody calls close()
            self._remove = weakref.finalize(self, _remove, folder, os.getpid())
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
        with self._write_lock, self._write_session.begin() as session:
            yield session

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """As ``write()``, for plain statements: a third of the cost, for what every turn does."""
        with self._write_lock, self._writer.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """As ``read()``, for plain statements: all of them see the database as it was at the first."""
        with self._engine.begin() as connection:
            yield connection

    def scrub(self) -> None:
        """Overwrite what was deleted. Called after a deletion that is to be for good.

        SQLite: deleted content is zeroed where it lay (``secure_delete``), but the write-ahead log still has it until
        its pages are moved to the file and it is cut off, which is done here; no ``VACUUM`` is needed. PostgreSQL
        gives the space free when it vacuums, by itself after a while.
        """
        if self._engine.dialect.name != "sqlite":
            return
        with self._write_lock:
            raw = self._engine.raw_connection()
            try:
                cursor = raw.cursor()
                # somebody who reads just now keeps it from being cut off: not waited for long, as the next deletion,
                # or the end of the last process, does it too
                cursor.execute("PRAGMA busy_timeout = 1000")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                cursor.execute("PRAGMA busy_timeout = 10000")
                cursor.close()
            finally:
                raw.close()

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


def _remove(folder: str, owner: int) -> None:
    # a forked child has a copy of the finalizer, but not of the database
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


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
            # what is deleted is overwritten with zeros
            cursor.execute("PRAGMA secure_delete = ON")
            cursor.close()
            # the driver begins no transactions by itself: see below
            connection.isolation_level = None

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            writes = connection.get_execution_options().get(_WRITES)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
