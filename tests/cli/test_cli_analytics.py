"""``estuary analytics``: figures in tables, JSON, CSV and pictures."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any, Callable

import pytest
import responses
from terminal import Terminal

Invoke = Callable[..., Any]
BASE = "http://estuary.test/api/v1/characters/c"

COMMANDS: list[tuple[str, list[str]]] = [
    ("activity", []),
    ("players", []),
    ("retention", []),
    ("memories", []),
    ("growth", ["ann"]),
]


@pytest.fixture
def talked(talk: Any, character: str, gateway: Any) -> str:
    """Today, in UTC: that Ann and Bob talked to the character, which remembers one thing of Ann."""
    from estuary import Client

    talk("ann", "hello", "goodbye")
    talk("bob", "hello")
    memory = {"id": f"{character}-x", "content": "Likes tea", "memoryType": "preference"}
    with Client(api_key=gateway.api_key, server_url=gateway.url) as client:
        client.memories(character, "ann").import_all({"format": "estuary-memories", "version": 1, "memories": [memory]})
    return dt.datetime.now(dt.timezone.utc).date().isoformat()


def test_the_overview(invoke: Invoke, character_env: dict[str, str], talked: str, character: str) -> None:
    outcome = invoke("analytics", env=character_env)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith("Tess  2 conversations, 6 messages\n")
    assert re.search(r"^ann +4  \d{4}-.*\nbob +2  \d{4}-", outcome.out, re.MULTILINE)
    found = json.loads(invoke("analytics", "--json", env=character_env).out)
    assert (found["character_id"], found["conversations"], found["messages"]) == (character, 2, 6)
    assert found["top_players"] == [{"player_id": "ann", "messages": 4}, {"player_id": "bob", "messages": 2}]
    assert dt.datetime.fromisoformat(found["last_activity"]).tzinfo is not None


def test_tables(invoke: Invoke, character_env: dict[str, str], talked: str) -> None:
    activity = invoke("analytics", "activity", env=character_env).out.splitlines()
    assert activity[0] == "DAY         MESSAGES  PLAYERS' OWN  CHARACTER'S  PLAYERS"
    assert activity[1].split() == [talked, "6", "3", "3", "2"]
    assert invoke("analytics", "activity", "--player", "bob", env=character_env).out.split()[-4:] == [
        "2",
        "1",
        "1",
        "1",
    ]
    assert invoke("analytics", "players", env=character_env).out.splitlines()[1].split()[:2] == ["ann", "4"]
    retention = invoke("analytics", "retention", "--by", "day", env=character_env).out.splitlines()
    assert retention == ["FIRST CAME  PLAYERS     +0", f"{talked}        2  100 %"]
    assert re.search(r"^ann +1 +0 +0 +0$", invoke("analytics", "memories", env=character_env).out, re.MULTILINE)
    growth = invoke("analytics", "growth", "ann", "--by", "month", env=character_env).out.splitlines()
    assert growth[1].split() == [talked[:8] + "01", "1", "1"]


def test_json(invoke: Invoke, character_env: dict[str, str], talked: str) -> None:
    found = {
        name: json.loads(invoke("analytics", name, *args, "--json", env=character_env).out) for name, args in COMMANDS
    }
    assert found["activity"] == [
        {"start": talked, "messages": 6, "from_players": 3, "from_character": 3, "players": 2}
    ]  # fmt: skip
    assert found["players"][0]["player_id"] == "ann"
    assert found["retention"][0]["rate"] == 1.0
    assert {row["player_id"]: row["active"] for row in found["memories"]} == {"ann": 1, "bob": 0}
    assert found["growth"] == [{"start": talked, "added": 1, "total": 1}]


@pytest.mark.parametrize(("name", "args"), COMMANDS, ids=lambda value: value if isinstance(value, str) else "")
def test_files(
    invoke: Invoke, character_env: dict[str, str], talked: str, tmp_path: Path, name: str, args: list[str]
) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("networkx")
    table, picture = tmp_path / "table.csv", tmp_path / "picture.svg"
    places = ["--csv", str(table), "--output", str(picture)]
    outcome = invoke("analytics", name, *args, *places, env=character_env)
    assert outcome.status == 0
    assert outcome.out == f"written to {table}\nwritten to {picture}\n"
    with open(table, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    both = invoke("analytics", name, *args, *places, "--json", env=character_env)
    assert both.err == f"written to {table}\nwritten to {picture}\n"
    assert [set(row) for row in rows] == [set(row) for row in json.loads(both.out)]
    assert "<svg" in picture.read_text()


@pytest.mark.parametrize(("name", "args"), [("", []), *COMMANDS])
def test_nothing_is_said_kindly(invoke: Invoke, character_env: dict[str, str], name: str, args: list[str]) -> None:
    command = ["analytics", name, *args] if name else ["analytics"]
    outcome = invoke(*command, env=character_env)
    assert outcome.status == 0
    if name:
        assert outcome.out == ""
        assert re.fullmatch(
            r"(nothing was said yet|nobody talked to it yet|nothing is remembered of ann)\n", outcome.err
        )
        assert invoke(*command, "--json", env=character_env).out == "[]\n"
    else:
        assert outcome.out == "Tess  0 conversations, 0 messages\n"


def test_empty_pictures(invoke: Invoke, character_env: dict[str, str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("networkx")
    for name, args in COMMANDS:
        file = tmp_path / f"{name}.png"
        assert invoke("analytics", name, *args, "--output", str(file), env=character_env).status == 0
        assert file.stat().st_size > 1000


def test_options_may_stand_before_the_command_too(
    invoke: Invoke, character_env: dict[str, str], talked: str, character: str
) -> None:
    elsewhere = {**character_env, "ESTUARY_CHARACTER_ID": "none"}
    outcome = invoke("analytics", "--character", character, "--json", "players", env=elsewhere)
    assert [row["player_id"] for row in json.loads(outcome.out)] == ["ann", "bob"]
    # and what stands behind it counts more
    outcome = invoke("analytics", "--character", "no", "players", "--character", character, env=elsewhere)
    assert outcome.status == 0


def test_mistakes_are_one_line(invoke: Invoke, character_env: dict[str, str], tmp_path: Path) -> None:
    for args, words in (
        (["--character", "none"], "character not found"),
        (["players", "--character", "none"], "character not found"),
        (["activity", "--by", "year"], "year"),
        (["players", "--by", "day"], "--by"),
        (["fly"], "fly"),
        (["growth"], "missing: a player"),
        (["players", "--csv", str(tmp_path / "none" / "x.csv")], "can't be written"),
        (["players", "--output", "x.exe"], "must end in"),
    ):
        outcome = invoke("analytics", *args, env=character_env)
        assert (outcome.status, outcome.out) == (1, ""), args
        assert outcome.err.startswith("estuary: error: "), args
        assert outcome.err.count("\n") == 1, args
        assert words in outcome.err, args


@responses.activate
def test_a_long_retention_is_cut_to_the_terminal_alone(invoke: Invoke, fake_env: dict[str, str]) -> None:
    players = [{"id": "v", "characterId": "c", "playerId": "ann", "messageCount": 60}]
    responses.get(f"{BASE}/players", json={"conversations": players, "total": 1, "limit": 50, "offset": 0})
    messages = [
        {"id": n, "role": "user", "content": "x", "timestamp": f"2026-{1 + n // 28:02}-{1 + n % 28:02}T10:00:00Z"}
        for n in range(60)
    ]
    pagination = {"page": 1, "limit": 100, "total": 60, "hasMore": False}
    responses.get(f"{BASE}/players/ann/messages", json={"messages": messages, "pagination": pagination})
    heading, line = invoke("analytics", "retention", "--by", "day", env=fake_env).out.splitlines()
    assert heading.split()[-1] == "+62"  # January and February have days without a message
    assert line.split()[:5] == ["2026-01-01", "1", "100", "%", "100"]


@pytest.mark.parametrize("columns", [40, 80])
def test_it_fits_the_terminal(
    terminal: Callable[..., Terminal], character_env: dict[str, str], talked: str, columns: int
) -> None:
    for name, args in COMMANDS:
        shell = terminal("analytics", name, *args, env=character_env, columns=columns, rows=60)
        assert shell.wait_for_end() == 0
        assert max(len(line) for line in shell.screen.splitlines()) <= columns, name
        assert "…" not in shell.screen, name
