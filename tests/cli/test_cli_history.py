"""``estuary history``: who said what and when, in a terminal, in a pipe, for a program."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
from typing import Any, Callable

import pytest
import responses
from terminal import ESTUARY, Terminal

Invoke = Callable[..., Any]
MESSAGES = re.compile(r"http://estuary\.test/api/v1/characters/c/players/ann/messages")


def serve_messages(count: int) -> None:
    """A conversation of so many messages, one a day until now, as pages."""
    now = dt.datetime.now(dt.timezone.utc)
    messages = [
        {
            "id": number,
            "conversationId": "v",
            "role": ("user", "assistant")[number % 2],
            "content": f"text {number}\nsecond line",
            "timestamp": (now - dt.timedelta(days=count - 1 - number)).isoformat(),
        }
        for number in range(count)
    ]

    def page(request: Any) -> tuple[int, dict[str, str], str]:
        limit, number = int(request.params["limit"]), int(request.params["page"])
        pagination = {"page": number, "limit": limit, "total": count, "hasMore": number * limit < count}
        body = {"messages": messages[(number - 1) * limit : number * limit], "pagination": pagination}
        return 200, {}, json.dumps(body)

    responses.add_callback(responses.GET, MESSAGES, page, content_type="application/json")
    responses.get("http://estuary.test/api/v1/characters/c", json={"id": "c", "name": "Tess"})


def test_in_a_pipe_each_message_is_a_line(invoke: Invoke, character_env: dict[str, str], talk: Any) -> None:
    [answer] = talk("ann/b", "hello there")
    outcome = invoke("history", "ann/b", env=character_env)
    assert (outcome.status, outcome.err) == (0, "")
    said, answered = outcome.out.splitlines()
    when, _, text = said.partition("  ")
    assert text == "ann/b: hello there"
    assert dt.datetime.fromisoformat(when).tzinfo is not None
    assert answered.partition("  ")[2] == f"Tess: {' '.join(answer.split())}"


def test_json(invoke: Invoke, character_env: dict[str, str], talk: Any, character: str) -> None:
    talk("ann", "hello")
    found = json.loads(invoke("history", "ann", "--json", env=character_env).out)
    assert [message["role"] for message in found] == ["user", "assistant"]
    assert set(found[0]) == {"id", "conversation_id", "role", "content", "timestamp", "image_url"}
    assert dt.datetime.fromisoformat(found[0]["timestamp"]).utcoffset() == dt.timedelta(0)


def test_the_environment_may_name_the_player(invoke: Invoke, character_env: dict[str, str], talk: Any) -> None:
    talk("ann", "hello")
    assert "ann: hello" in invoke("history", env={**character_env, "ESTUARY_PLAYER_ID": "ann"}).out
    outcome = invoke("history", env=character_env)
    assert outcome.status == 1
    assert "missing: a player (PLAYER or ESTUARY_PLAYER_ID)" in outcome.err


@responses.activate
@pytest.mark.parametrize("count", [1, 99, 100, 101, 250])
@pytest.mark.parametrize("limit", [1, 60, 100, 1000])
def test_limit_takes_the_last(invoke: Invoke, fake_env: dict[str, str], count: int, limit: int) -> None:
    serve_messages(count)
    found = json.loads(invoke("history", "ann", "--limit", str(limit), "--json", env=fake_env).out)
    assert [message["id"] for message in found] == list(range(max(0, count - limit), count))


@responses.activate
def test_since(invoke: Invoke, fake_env: dict[str, str]) -> None:
    serve_messages(250)
    for since, count in (("7d", 7), ("2w", 14), ("36h", 2), ("2000-01-01", 250), ("2000-01-01T10:00:00Z", 250)):
        found = json.loads(invoke("history", "ann", "--since", since, "--json", env=fake_env).out)
        assert [message["id"] for message in found] == list(range(250 - count, 250)), since
    day = (dt.datetime.now().astimezone() - dt.timedelta(days=3)).date().isoformat()
    assert len(json.loads(invoke("history", "ann", "--since", day, "--json", env=fake_env).out)) == 4
    both = invoke("history", "ann", "--since", "7d", "--limit", "2", "--json", env=fake_env)
    assert [message["id"] for message in json.loads(both.out)] == [248, 249]


@responses.activate
def test_the_end_of_a_long_conversation_is_read_alone(invoke: Invoke, fake_env: dict[str, str]) -> None:
    serve_messages(950)
    invoke("history", "ann", "--limit", "3", "--json", env=fake_env)
    assert len(responses.calls) == 2  # how long it is, and its last page


@responses.activate
def test_nothing_yet_is_said_kindly(invoke: Invoke, fake_env: dict[str, str]) -> None:
    serve_messages(0)
    outcome = invoke("history", "ann", env=fake_env)
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "nothing was said yet\n")
    assert invoke("history", "ann", "--json", env=fake_env).out == "[]\n"


@pytest.mark.parametrize("since", ["yesteryear", "2026-13-01", "", "99999999999d"])
def test_a_time_that_can_not_be(invoke: Invoke, fake_env: dict[str, str], since: str) -> None:
    outcome = invoke("history", "ann", "--since", since, env=fake_env)
    assert (outcome.status, outcome.err.count("\n")) == (1, 1)
    assert "7d" in outcome.err


def test_wrong_ids_are_one_line(invoke: Invoke, character_env: dict[str, str], talk: Any) -> None:
    talk("ann", "hello")
    nobody = invoke("history", "bob", env=character_env)
    assert (nobody.status, nobody.out) == (1, "")
    assert nobody.err == (
        "estuary: error: bob has never talked to Tess: estuary analytics players shows who has\n"
    )  # fmt: skip
    nowhere = invoke("history", "ann", "--character", "none", env=character_env)
    assert (nowhere.status, nowhere.out, nowhere.err.count("\n")) == (1, "", 1)
    assert "character not found" in nowhere.err


def test_in_a_terminal(terminal: Callable[..., Terminal], character_env: dict[str, str], talk: Any) -> None:
    talk("ann", "hello", "Tell me a story.")
    shell = terminal("history", "ann", env=character_env, columns=60, rows=50)
    assert shell.wait_for_end() == 0
    lines = shell.screen.splitlines()
    assert re.fullmatch(r"\w+day, \d{4}-\d\d-\d\d", lines[0])
    assert re.fullmatch(r"\d\d:\d\d ann  hello", lines[1])
    assert re.match(r"\d\d:\d\d Tess \w", lines[2])
    assert max(len(line) for line in lines) <= 60
    # a long text goes on below its beginning
    assert any(re.match(r" {11}\w", line) for line in lines)


def test_what_is_higher_than_the_terminal_goes_through_the_pager(
    terminal: Callable[..., Terminal], character_env: dict[str, str], talk: Any
) -> None:
    talk("ann", *["hello"] * 6)
    env = {**character_env, "PAGER": "sed s/^/paged:/"}
    high = terminal("history", "ann", env=env, rows=60)
    assert high.wait_for_end() == 0
    assert "paged:" not in high.screen
    low = terminal("history", "ann", env=env, rows=6)
    assert low.wait_for_end() == 0
    assert "paged:" in low.screen


def test_a_broken_pipe_is_no_matter(character_env: dict[str, str], talk: Any) -> None:
    talk("ann", "hello")
    read, write = os.pipe()
    os.close(read)
    try:
        run = subprocess.run(
            [*ESTUARY, "history", "ann"],
            stdout=write,
            stderr=subprocess.PIPE,
            env=character_env,
            text=True,
            check=False,
        )
    finally:
        os.close(write)
    assert (run.returncode, run.stderr) == (141, "")
