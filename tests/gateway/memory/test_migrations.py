"""Databases of every age become databases of today."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any, Callable

import pytest

pytest.importorskip("alembic")

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from estuary.gateway import GatewayError, serve
from estuary.gateway.storage import migrations
from estuary.gateway.storage.database import Database
from estuary.gateway.storage.migrations import FIRST, HEAD
from estuary.gateway.storage.schema import metadata
from estuary.gateway.storage.turnlog import TurnLog


def config(connection: Any = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config


@contextlib.contextmanager
def connected(location: str) -> Any:
    engine = create_engine(location if "://" in location else f"sqlite:///{location}")
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def differences(location: str) -> list[Any]:
    with connected(location) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return compare_metadata(context, metadata)


def revision(location: str) -> str:
    with connected(location) as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def make_old(location: str) -> None:
    """A database as the first release made it, with something in it and without a revision."""
    with connected(location) as connection:
        command.upgrade(config(connection), FIRST)
        connection.execute(text("DROP TABLE alembic_version"))
        time = "'2025-01-02 03:04:05'"
        body = (
            '{"persona": {"name": "Marina", "tagline": "", "personality": "", "background": "", "system_prompt": ""}, '
            '"actions": [], "llm": {"model": null, "temperature": 0.7, "max_tokens": 100}}'
        )
        connection.execute(
            text("INSERT INTO characters (id, body, created_at, updated_at) VALUES ('c', :body, " + f"{time}, {time})"),
            {"body": body},
        )
        connection.execute(
            text(
                "INSERT INTO conversations (id, character_id, player_id, message_count, created_at, last_activity)"
                f" VALUES ('v', 'c', 'alice', 2, {time}, {time})"
            )
        )
        for role, said in (("user", "I live in Lyon and I love jazz."), ("assistant", "How nice!")):
            connection.execute(
                text(
                    "INSERT INTO messages (conversation_id, role, content, status, timestamp)"
                    f" VALUES ('v', :role, :said, 'complete', {time})"
                ),
                {"role": role, "said": said},
            )
        for position, (key, value) in enumerate([("home", "Lyon"), ("likes", "jazz"), ("pets", "dog Rex")]):
            connection.execute(
                text(
                    "INSERT INTO core_facts (id, conversation_id, key, value, position, created_at, updated_at)"
                    f" VALUES (:key, 'v', :key, :value, :position, {time}, {time})"
                ),
                {"key": key, "value": value, "position": position},
            )


def test_the_newest_step_is_the_one_we_say() -> None:
    assert ScriptDirectory.from_config(config()).get_current_head() == HEAD


def test_a_new_database_is_stamped(location: str) -> None:
    Database(location).close()
    assert revision(location) == HEAD
    assert differences(location) == []
    Database(location).close()


def test_every_step_leads_to_the_tables_of_today(location: str) -> None:
    with connected(location) as connection:
        command.upgrade(config(connection), "head")
    assert differences(location) == []


def test_a_database_from_before_there_were_steps(location: str) -> None:
    make_old(location)
    with contextlib.closing(Database(location)) as database:
        assert revision(location) == HEAD
        log = TurnLog(database)
        assert log.facts("c", "alice") == {"home": ["Lyon"], "likes": ["jazz"], "pets": ["dog Rex"]}
        start = log.begin_turn("c", "alice", "hello")
        assert start.conversation_id == "v"
        assert [said.content for said in start.history] == ["I live in Lyon and I love jazz.", "How nice!"]
    assert differences(location) == []


@pytest.mark.limit(60)
def test_what_was_said_before_is_remembered_after_the_upgrade(new_location: Callable[[], str]) -> None:
    pytest.importorskip("wordllama")
    location = new_location()
    make_old(location)
    with serve(db=location) as gateway:
        memory = gateway._app.memory
        told = threading.Event()
        memory.listen(lambda _: told.set())
        import requests

        base = f"{gateway.url}/api/v1/characters/c/players/alice/memories"
        headers = {"X-API-Key": gateway.api_key}
        if not requests.get(base, headers=headers, timeout=10).json()["total"]:
            assert told.wait(20)
        found = requests.get(base, headers=headers, timeout=10).json()["memories"]
        assert "Lives in Lyon" in [memory["content"] for memory in found]
        # at the time at which it was said
        assert {memory["createdAt"][:19] for memory in found} == {"2025-01-02T03:04:05"}
        facts = requests.get(f"{base}/core-facts", headers=headers, timeout=10).json()["coreFacts"]
        by_key = {fact["factKey"]: fact for fact in facts}
        assert by_key["location"]["factValue"] == "Lyon"
        assert by_key["location"]["sourceMemoryId"] is not None


def test_a_database_of_a_later_release(location: str) -> None:
    Database(location).close()
    with connected(location) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(GatewayError, match=r"release .* does not know \(revision 9999\)"):
        Database(location)


def test_many_open_a_new_database_at_once(location: str) -> None:
    start = threading.Barrier(4)
    problems: list[BaseException] = []

    def open_it() -> None:
        start.wait(10)
        try:
            Database(location).close()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with connected(location) as connection:
        assert set(inspect(connection).get_table_names()) >= set(metadata.tables)
