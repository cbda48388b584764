"""Bringing a database's tables up to date: made if it is new, migrated if it is of an older release."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from ..errors import GatewayError
from ..memory import tables as _memory_tables
from . import tables as _tables
from .migrations import FIRST, HEAD

__all__ = ["metadata", "prepare"]

#: every table there is; the memory's are among them because their module is imported here
metadata: MetaData = _tables.Base.metadata
assert _memory_tables.MemoryRow.__tablename__ in metadata.tables

#: alembic's own table
_revision = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def prepare(connection: Connection) -> None:
    """Make or migrate the tables. Runs in one transaction that no other process can be in at the same time.

    Raises:
        GatewayError: the database was made by a newer release.
    """
    if connection.dialect.name == "postgresql":
        # any number that nobody else uses; SQLite has locked the whole file by now
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7238716450123)")
    tables = set(inspect(connection).get_table_names())
    if _revision.name in tables:
        found = connection.scalar(select(_revision.c.version_num))
    elif "conversations" in tables:
        # made before there were migrations
        found = FIRST
        _stamp(connection, FIRST)
    else:
        metadata.create_all(connection)
        _stamp(connection, HEAD)
        return
    if found != HEAD:
        _upgrade(connection, found)


def _stamp(connection: Connection, revision: str) -> None:
    _revision.create(connection, checkfirst=True)
    connection.execute(_revision.insert().values(version_num=revision))


def _upgrade(connection: Connection, found: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        if found is not None:
            ScriptDirectory.from_config(config).get_revision(found)
        command.upgrade(config, HEAD)
    except CommandError as error:
        raise GatewayError(
            f"the database is of a release of the gateway that this one does not know (revision {found}): "
            "use that release, or another database"
        ) from error
