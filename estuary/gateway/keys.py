"""API keys of a database, for the command line: ``estuary gateway keys create``, ``list`` and ``revoke``.

Each call opens the database and closes it again; a gateway that runs on the same one sees the change at once.
"""

from __future__ import annotations

from .storage.database import Database, Location
from .storage.keys import Key, KeyStore

__all__ = ["Key", "create_key", "list_keys", "revoke_key"]


def create_key(db: Location, name: str) -> str:
    """Make an API key and return it: the only time that it can be seen.

    Raises:
        ConfigError: the name can't be used, or is taken.
        GatewayError: the database can't be opened.
    """
    database = Database(db)
    try:
        return KeyStore(database).create(name)
    finally:
        database.close()


def list_keys(db: Location) -> list[Key]:
    """All keys, oldest first, without the keys themselves."""
    database = Database(db)
    try:
        return KeyStore(database).list()
    finally:
        database.close()


def revoke_key(db: Location, name_or_id: str) -> bool:
    """Remove a key by its name or id. Returns whether there was one."""
    database = Database(db)
    try:
        return KeyStore(database).revoke(name_or_id)
    finally:
        database.close()
