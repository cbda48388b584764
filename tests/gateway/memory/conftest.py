"""Databases for the tests of the memory: SQLite, and a PostgreSQL of our own where the machine has one."""

from __future__ import annotations

import contextlib
import glob
import importlib.util
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from estuary.gateway.storage.database import Database

sys.path.insert(0, os.path.dirname(__file__))  # for `scene`, in every import mode

_number = itertools.count()


def _program(name: str) -> str:
    found = shutil.which(name) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), None)
    if found is None:
        pytest.skip(f"needs PostgreSQL: there is no {name} (Debian's package is postgresql)")
    return os.path.realpath(found)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server that runs for these tests alone, without a database name at its end."""
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("needs psycopg: pip install 'psycopg[binary]'")
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    folder = tempfile.mkdtemp(prefix="estuary-postgres-")
    # the server refuses to run as root
    user: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("runuser") is None or subprocess.run(["id", "postgres"], capture_output=True).returncode:
            pytest.skip("needs a user that may run PostgreSQL: there is no runuser, or no user postgres")
        shutil.chown(folder, "postgres")
        user = ["runuser", "-u", "postgres", "--"]
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = f"{folder}/data"

    def run(*command: str) -> None:
        done = subprocess.run([*user, *command], capture_output=True, text=True, cwd=folder, timeout=50)
        if done.returncode:
            pytest.skip(f"PostgreSQL does not start here: {(done.stderr or done.stdout).strip()[-300:]}")

    run(initdb, "-D", data, "-A", "trust", "-U", "estuary", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    run(pg_ctl, "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start")
    try:
        yield f"postgresql+psycopg://estuary@127.0.0.1:{port}"
    finally:
        subprocess.run([*user, pg_ctl, "-D", data, "-m", "immediate", "stop"], capture_output=True, cwd=folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_location(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """``new_location()`` is the location of a new, empty database, of each kind in turn."""
    if request.param == "sqlite":
        return lambda: str(tmp_path / f"memory-{next(_number)}.db")
    server = request.getfixturevalue("postgres")

    def make() -> str:
        import psycopg

        name = f"test_{next(_number)}"
        with psycopg.connect(server.replace("+psycopg", "") + "/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"{server}/{name}"

    return make


@pytest.fixture
def location(new_location: Callable[[], str]) -> str:
    """The location of a new, empty database, of each kind in turn."""
    return new_location()


@pytest.fixture
def database(location: str) -> Iterator[Database]:
    with contextlib.closing(Database(location)) as opened:
        yield opened


@pytest.fixture
def scene(database: Database) -> Any:
    pytest.importorskip("wordllama")
    from scene import Scene

    return Scene(database)
