"""What is kept, where, and what it survives."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from rawclient import RawClient, Scripted

from estuary.errors import ConfigError
from estuary.gateway import GatewayError
from estuary.gateway.keys import create_key, list_keys, revoke_key
from estuary.gateway.storage.characters import CharacterStore
from estuary.gateway.storage.database import Database
from estuary.gateway.storage.turnlog import NoSuchCharacter, TurnLog


def contents(gateway: Any, player: str) -> list[str]:
    url = f"{gateway.url}/api/v1/characters/{gateway.character_id}/players/{player}/messages"
    answer = requests.get(url, headers={"X-API-Key": gateway.api_key}, timeout=10)
    return [message["content"] for message in answer.json()["messages"]]


def test_a_restart_forgets_nothing(make_gateway: Any, connect: Any, tmp_path: Path) -> None:
    engine = Scripted(script=lambda prompt: [f"echo {prompt.text}"])
    database = tmp_path / "gateway.db"
    with make_gateway(db=database, chat=engine) as first:
        assert first.development_key == first.api_key
        old = connect(first, "p")
        old.says("I live in Lyon.")
        old.close()
        character, key = first.character_id, first.api_key
    with make_gateway(db=database, chat=engine) as second:
        assert second.character_id == character
        assert second.development_key is None
        assert second.api_key != key
        client = connect(second, "p", api_key=key)
        assert client.session["conversation_id"] == old.session["conversation_id"]
        client.says("again")
        assert [said.content for said in engine.prompts[-1].history] == ["I live in Lyon.", "echo I live in Lyon."]
        assert list(engine.prompts[-1].facts["home"]) == ["Lyon"]
        assert contents(second, "p") == ["I live in Lyon.", "echo I live in Lyon.", "again", "echo again"]
        runtime_key = second.api_key
    # the key that a gateway makes for itself ends with it
    third = make_gateway(db=database)
    refused = connect(third, "p", api_key=runtime_key, expect_session=False)
    assert "not valid" in refused.until("auth_error")["error"]


def test_a_key_of_ones_own(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(api_key="est_my_very_own_key", chat=Scripted("Hello."))
    assert gateway.api_key == "est_my_very_own_key"
    assert connect(gateway, "p").says("hi") == "Hello."
    assert connect(gateway, "p", api_key=gateway.development_key).says("hi") == "Hello."


_SERVER = """
import asyncio, sys, threading
from estuary.gateway import serve

class Slow:
    name = "slow"
    async def reply(self, prompt):
        if prompt.text != "hang":
            yield "echo " + prompt.text
            return
        while True:
            yield "more "
            await asyncio.sleep(0.01)

gateway = serve(db=sys.argv[1], chat=Slow(), api_key="est_for_this_test")
print(gateway.url, gateway.character_id, flush=True)
threading.Event().wait()
"""


@contextlib.contextmanager
def server_process(database: Path) -> Any:
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(database)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    try:
        url, character = process.stdout.readline().split()
        auth = {"api_key": "est_for_this_test", "character_id": character, "player_id": "p"}
        yield process, url, {**auth, "capabilities": {"speaker": False}}
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_kill_9_in_the_middle_of_a_turn(tmp_path: Path) -> None:
    database = tmp_path / "gateway.db"
    with server_process(database) as (process, url, auth):
        with RawClient(url) as client:
            client.open(auth)
            conversation = client.until("session_info")["conversation_id"]
            for number in range(20):
                assert client.says(f"text {number}") == f"echo text {number}"
            client.send("text", {"text": "hang"})
            for _ in range(5):
                client.until("bot_response")
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with server_process(database) as (process, url, auth):
        with RawClient(url) as client:
            client.open(auth)
            assert client.until("session_info")["conversation_id"] == conversation
            assert client.says("after") == "echo after"
        path = f"{url}/api/v1/characters/{auth['character_id']}/players/p/messages"
        answer = requests.get(path, headers={"X-API-Key": "est_for_this_test"}, timeout=10).json()
    expected = [said for number in range(20) for said in (f"text {number}", f"echo text {number}")]
    assert [message["content"] for message in answer["messages"]] == [*expected, "hang", "after", "echo after"]


def test_keys(tmp_path: Path) -> None:
    database = tmp_path / "gateway.db"
    assert list_keys(database) == []
    key = create_key(database, "laptop")
    other = create_key(database, "phone")
    assert key.startswith("est_")
    assert len(key) > 40
    assert key != other
    with pytest.raises(ConfigError, match="a key named 'laptop' already"):
        create_key(database, "laptop")
    for name in ("", "  ", "x" * 101):
        with pytest.raises(ConfigError, match="1 to 100"):
            create_key(database, name)
    keys = list_keys(database)
    assert [item.name for item in keys] == ["laptop", "phone"]
    assert keys[0].hint == key[:8]
    assert key not in repr(keys)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert key.encode() not in stored
    assert revoke_key(database, "laptop")
    assert not revoke_key(database, "laptop")
    assert revoke_key(database, keys[1].id)
    assert list_keys(database) == []


def test_a_key_made_while_the_gateway_runs(make_gateway: Any, connect: Any, tmp_path: Path) -> None:
    gateway = make_gateway(db=tmp_path / "g.db", chat=Scripted("Hello."))
    key = create_key(tmp_path / "g.db", "new")
    assert connect(gateway, "p", api_key=key).says("hi") == "Hello."
    assert [(item.name, item.messages) for item in list_keys(tmp_path / "g.db")] == [("development", 0), ("new", 1)]


def test_a_temporary_database_is_removed(make_gateway: Any) -> None:
    gateway = make_gateway()
    path = Path(gateway._database.name.removeprefix("sqlite:///"))
    assert path.exists()
    gateway.close()
    assert not path.parent.exists()


def test_a_url_is_a_database_too(make_gateway: Any, tmp_path: Path) -> None:
    make_gateway(db=f"sqlite:///{tmp_path}/by-url.db").close()
    assert (tmp_path / "by-url.db").exists()


@pytest.mark.parametrize("location", ["nonsense://x", "not a url://", "sqlite://", "sqlite:///:memory:", "", 5, b""])
def test_what_is_no_database(location: Any) -> None:
    with pytest.raises((ConfigError, GatewayError)):
        Database(location)


def test_databases_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is no database. " * 100)
    with pytest.raises(GatewayError, match=r"text\.db can't be opened: file is not a database"):
        Database(tmp_path / "text.db")
    with pytest.raises(GatewayError, match="can't be opened"):
        Database(tmp_path / "missing" / "folder.db")
    with pytest.raises(GatewayError, match="can't be opened") as caught:
        Database("postgresql+nosuchdriver://user:hunter2@localhost/db")
    assert "hunter2" not in str(caught.value)


# --- the operations by themselves


@pytest.fixture
def database() -> Any:
    with contextlib.closing(Database()) as opened:
        yield opened


def test_one_conversation_whoever_asks_first(database: Database) -> None:
    character = CharacterStore(database).default()
    log = TurnLog(database)
    ids: list[str] = []
    all_of_them = threading.Barrier(8)

    def ask() -> None:
        all_of_them.wait(10)
        ids.append(log.open(character, "p"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1
    with pytest.raises(NoSuchCharacter):
        log.open("nobody", "p")


def test_the_default_character_is_made_again(database: Database) -> None:
    characters = CharacterStore(database)
    first = characters.default()
    assert characters.default() == first
    assert characters.delete(first)
    second = characters.default()
    assert second != first
    assert characters.default() == second


def test_another_process_may_write_meanwhile(database: Database, tmp_path: Path) -> None:
    """A lock that somebody else holds is waited for."""
    path = database.name.removeprefix("sqlite:///")
    character = CharacterStore(database).default()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.5, other.execute, args=("COMMIT",))
    timer.start()
    started = time.monotonic()
    TurnLog(database).open(character, "p")
    assert time.monotonic() - started > 0.3
    timer.join()
    other.close()
