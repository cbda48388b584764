"""``estuary characters``: made, listed, shown, changed, and deleted after a question."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
import responses
from terminal import Terminal

from estuary import Client, NotFound
from estuary.cli.characters import characters
from estuary.rest.characters import Characters

Invoke = Callable[..., Any]
URL = "http://estuary.test/api/v1/characters"

ACTIONS = [{"name": "wave", "description": "Wave a hand.", "parameters": [{"name": "times", "type": "number"}]}]


@pytest.fixture
def client(gateway: Any) -> Iterator[Client]:
    with Client(api_key=gateway.api_key, server_url=gateway.url) as client:
        yield client


@pytest.mark.parametrize("command", ["create", "edit"])
def test_there_is_an_option_for_each_argument_of_the_client(command: str) -> None:
    taken = {parameter.name for parameter in characters.commands[command].params}
    wanted = set(inspect.signature(Characters.create).parameters) - {"self"}
    assert wanted - taken == set()


def test_from_birth_to_death(invoke: Invoke, character_env: dict[str, str], client: Client, tmp_path: Path) -> None:
    (tmp_path / "actions.json").write_text(json.dumps(ACTIONS))
    options = ["--personality", "precise", "--llm-temperature", "0.3", "--actions", str(tmp_path / "actions.json")]
    made = invoke("characters", "create", "Ada", *options, "--text-only", "--json", env=character_env)
    assert (made.status, made.err) == (0, "")
    ada = json.loads(made.out)
    assert (ada["name"], ada["personality"], ada["llm_temperature"], ada["text_only"]) == ("Ada", "precise", 0.3, True)
    assert ada["actions"][0]["name"] == "wave"
    assert ada["created_at"].endswith("+00:00")
    assert "raw" not in ada

    listed = invoke("characters", "list", env=character_env)
    assert any(line.split()[:2] == [ada["id"], "Ada"] for line in listed.out.splitlines())
    as_json = json.loads(invoke("characters", "list", "--json", env=character_env).out)
    assert ada in as_json
    assert len(json.loads(invoke("characters", "list", "--limit", "1", "--json", env=character_env).out)) == 1

    changed = invoke("characters", "edit", ada["id"], "--name", "Grace", "--spoken", env=character_env)
    assert changed.out == "Grace was changed: name, text_only\n"
    kept = client.characters.get(ada["id"])
    assert (kept.name, kept.personality, kept.text_only) == ("Grace", "precise", False)

    shown = invoke("characters", "show", ada["id"], env=character_env).out
    assert shown.startswith(f"Grace  {ada['id']}\n")
    for words in ("personality  precise", "temperature  0.3", "text only  no", "wave(times)  Wave a hand."):
        assert words in shown
    assert json.loads(invoke("characters", "show", ada["id"], "--json", env=character_env).out)["name"] == "Grace"

    deleted = invoke("characters", "delete", ada["id"], "--yes", env=character_env)
    assert (deleted.status, deleted.out) == (0, "Grace was deleted\n")
    with pytest.raises(NotFound):
        client.characters.get(ada["id"])


def test_create_tells_how_to_talk_to_it(invoke: Invoke, character_env: dict[str, str], client: Client) -> None:
    made = invoke("characters", "create", "Ada", env=character_env)
    identity = made.out.removeprefix("Ada was made: ").strip()
    assert client.characters.get(identity).name == "Ada"
    assert made.err == f"to talk to it: estuary chat --character {identity}\n"
    client.characters.delete(identity)


def test_show_takes_the_character_of_the_environment(
    invoke: Invoke, character_env: dict[str, str], character: str
) -> None:
    assert invoke("characters", "show", env=character_env).out.startswith(f"Tess  {character}\n")


@responses.activate
def test_edit_sends_what_is_given_alone(invoke: Invoke, fake_env: dict[str, str]) -> None:
    responses.put(f"{URL}/x", json={"id": "x", "name": "Ada"})
    assert invoke("characters", "edit", "x", "--tagline", "", "--private", env=fake_env).status == 0
    assert json.loads(responses.calls[0].request.body) == {"persona": {"tagline": ""}, "is_public": False}


@responses.activate
def test_actions_from_a_pipe(invoke: Invoke, fake_env: dict[str, str]) -> None:
    responses.put(f"{URL}/x", json={"id": "x", "name": "Ada"})
    outcome = invoke("characters", "edit", "x", "--actions", "-", input=json.dumps(ACTIONS), env=fake_env)
    assert outcome.status == 0
    assert json.loads(responses.calls[0].request.body) == {"actions": ACTIONS}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "can't be read: No such file"),
        (b"[", "is not JSON"),
        (b"\xff\xfe", "is not text in UTF-8"),
        (b'{"name": "wave"}', "must hold a list of actions"),
        (b'[{"description": "no name"}]', "must hold a list of actions"),
    ],
)
def test_actions_that_can_not_be(
    invoke: Invoke, fake_env: dict[str, str], tmp_path: Path, content: Any, words: str
) -> None:
    file = tmp_path / "actions.json"
    if content is not None:
        file.write_bytes(content)
    outcome = invoke("characters", "create", "Ada", "--actions", str(file), env=fake_env)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.count("\n") == 1
    assert words in outcome.err


def test_mistakes_are_one_line(invoke: Invoke, character_env: dict[str, str], character: str) -> None:
    for args, words in (
        (["show", "nobody"], "nobody"),
        (["edit", "nobody", "--name", "x"], "nobody"),
        (["delete", "nobody", "--yes"], "nobody"),
        (["edit", character], "nothing to change"),
        (["edit", character, "--llm-temperature", "9"], "temperature"),
        (["create", ""], "name"),
        (["list", "--limit", "0"], "--limit"),
    ):
        outcome = invoke("characters", *args, env=character_env)
        assert (outcome.status, outcome.out) == (1, ""), args
        assert outcome.err.startswith("estuary: error: ")
        assert outcome.err.count("\n") == 1
        assert words in outcome.err


def test_what_is_missing_is_named(invoke: Invoke, env: dict[str, str]) -> None:
    assert "missing: an API key" in invoke("characters", "list", env=env).err
    outcome = invoke("characters", "show", env={**env, "ESTUARY_API_KEY": "est_secret0123456"})
    assert "missing: a character" in outcome.err
    assert "estuary characters list" in outcome.err


@responses.activate
def test_none_is_said_kindly(invoke: Invoke, fake_env: dict[str, str]) -> None:
    responses.get(URL, json={"characters": [], "total": 0, "limit": 50, "offset": 0})
    outcome = invoke("characters", "list", env=fake_env)
    assert (outcome.status, outcome.out) == (0, "")
    assert outcome.err == "there are no characters yet: estuary characters create NAME\n"
    assert invoke("characters", "list", "--json", env=fake_env).out == "[]\n"


@responses.activate
def test_nothing_of_a_server_reaches_the_terminal_as_a_command(invoke: Invoke, fake_env: dict[str, str]) -> None:
    hostile = "\x1b[2Jgone\x07\x9b31m\u2029\nnext"
    responses.get(
        URL,
        json={"characters": [{"id": "x", "name": hostile, "tagline": hostile}], "total": 1, "limit": 50, "offset": 0},
    )
    responses.get(f"{URL}/x", json={"id": "x", "name": hostile, "personality": hostile})
    for args in (["list"], ["list", "--json"], ["show", "x"], ["show", "x", "--json"]):
        outcome = invoke("characters", *args, env=fake_env)
        assert outcome.status == 0
        assert not set(outcome.out) & {"\x1b", "\x07", "\x9b"}
        if "--json" in args:
            found = json.loads(outcome.out)
            assert (found[0] if args[0] == "list" else found)["name"] == hostile


# ── the question ──


def test_delete_does_as_it_is_told(
    terminal: Callable[..., Terminal], character_env: dict[str, str], client: Client, character: str, talk: Any
) -> None:
    talk("alice", "hello")
    shell = terminal("characters", "delete", character, env=character_env)
    shell.wait_for(rf"Delete Tess \({character}\) for good, with 1 conversation and\s+2\s+messages\? \[y/N\]: ")
    shell.line("n")
    assert shell.wait_for_end() == 1
    assert "estuary: error: nothing was changed" in shell.screen
    assert client.characters.get(character).name == "Tess"

    shell = terminal("characters", "delete", character, env=character_env)
    shell.wait_for(r"\[y/N\]: ")
    shell.line("y")
    assert shell.wait_for_end() == 0
    shell.wait_for("Tess was deleted")
    with pytest.raises(NotFound):
        client.characters.get(character)


def test_ctrl_c_at_the_question_deletes_nothing(
    terminal: Callable[..., Terminal], character_env: dict[str, str], client: Client, character: str
) -> None:
    shell = terminal("characters", "delete", character, env=character_env)
    shell.wait_for(r"\[y/N\]: ")
    shell.wait_until_idle()
    shell.type("\x03")
    assert shell.wait_for_end() == 130
    assert client.characters.get(character).name == "Tess"


def test_where_nobody_can_be_asked_nothing_is_deleted(
    invoke: Invoke, character_env: dict[str, str], client: Client, character: str
) -> None:
    outcome = invoke("characters", "delete", character, input="y\n", env=character_env)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.count("\n") == 1
    assert "--yes" in outcome.err
    assert client.characters.get(character).name == "Tess"


# ── in a terminal ──


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_a_table_fits_the_terminal(
    terminal: Callable[..., Terminal], character_env: dict[str, str], client: Client, character: str, columns: int
) -> None:
    client.characters.update(character, name="A name that is rather long " * 2, tagline="日本語 and the piano " * 5)
    shell = terminal("characters", "list", env={**character_env, "PAGER": "cat"}, columns=columns)
    assert shell.wait_for_end() == 0
    from rich.cells import cell_len

    assert character[:8] in shell.screen
    assert max(cell_len(line) for line in shell.screen.splitlines()) <= columns


@responses.activate
def test_long_texts_keep_their_lines_in_a_terminal_alone(
    invoke: Invoke, fake_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from estuary.cli import output

    responses.get(f"{URL}/x", json={"id": "x", "name": "Ada", "personality": "precise\nand kind " + "very " * 20})
    piped = invoke("characters", "show", "x", env=fake_env).out
    assert re.search(r"^  personality  precise and kind (very ?){20}$", piped, re.MULTILINE)
    monkeypatch.setattr(output, "in_terminal", lambda: True)
    shown = invoke("characters", "show", "x", env={**fake_env, "COLUMNS": "50"}).out
    assert re.search(r"^  personality  precise\n {15}and kind very", shown, re.MULTILINE)
    assert max(map(len, shown.splitlines())) <= 50
