"""Fixtures for the tests of the command line: a home of one's own, a character that does as it is told."""

from __future__ import annotations

import importlib.util
import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Callable, NamedTuple

import pytest

_missing = [name for name in ("click", "rich", "psutil") if importlib.util.find_spec(name) is None]

# They import the command when they are collected.
collect_ignore_glob = ["test_*.py"] if _missing else []

sys.path.insert(0, os.path.dirname(__file__))  # for the helpers, in every import mode

if not _missing:
    from obedient import Obedient
    from terminal import Terminal, environment


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    path.mkdir()
    return path


@pytest.fixture
def env(home: Path) -> dict[str, str]:
    return environment(home)


@pytest.fixture
def gateway_extra() -> None:
    pytest.importorskip("estuary.gateway", reason="needs the gateway extra", exc_type=ImportError)


@pytest.fixture
def engine() -> Obedient:
    return Obedient()


@pytest.fixture
def served(make_gateway: Callable[..., Any], engine: Obedient) -> Any:
    """A gateway with that engine."""
    return make_gateway(chat=engine)


@pytest.fixture
def served_env(env: dict[str, str], served: Any) -> dict[str, str]:
    """The environment that ``estuary gateway`` prints."""
    return {
        **env,
        "ESTUARY_SERVER_URL": served.url,
        "ESTUARY_API_KEY": served.api_key,
        "ESTUARY_CHARACTER_ID": served.character_id,
        "ESTUARY_PLAYER_ID": "alice",
    }


@pytest.fixture
def character(gateway: Any) -> Iterator[str]:
    """The id of a character of the test's own, called Tess, on the gateway that the whole run shares."""
    from estuary import Client, NotFound

    with Client(api_key=gateway.api_key, server_url=gateway.url) as client:
        made = client.characters.create("Tess").id
        yield made
        with suppress(NotFound):
            client.characters.delete(made)


@pytest.fixture
def character_env(env: dict[str, str], gateway: Any, character: str) -> dict[str, str]:
    """What a program needs to use that character."""
    return {
        **env,
        "ESTUARY_SERVER_URL": gateway.url,
        "ESTUARY_API_KEY": gateway.api_key,
        "ESTUARY_CHARACTER_ID": character,
    }


@pytest.fixture
def talk(gateway: Any, character: str) -> Callable[..., list[str]]:
    """``talk("alice", "hello")`` says that to the character, and gives its answers."""

    def say(player: str, *texts: str) -> list[str]:
        with gateway.session(player_id=player, character_id=character) as session:
            return [session.send(text).text for text in texts]

    return say


@pytest.fixture
def fake_env(env: dict[str, str]) -> dict[str, str]:
    """For a server that is made of ``responses``."""
    return {
        **env,
        "ESTUARY_SERVER_URL": "http://estuary.test",
        "ESTUARY_API_KEY": "est_secret0123456",
        "ESTUARY_CHARACTER_ID": "c",
    }


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """``terminal("chat", env=…)`` runs the command in a pseudo-terminal, which ends with the test."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(Terminal(*args, **options))


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def invoke(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Run the command in this process, which takes no time to start: ``invoke("doctor", input=…, env=…)``."""

    def run(*args: str, input: str = "", env: dict[str, str] = env) -> Outcome:
        from estuary.cli.app import run as run_in_process

        with monkeypatch.context() as patch:
            for name in [name for name in os.environ if name.startswith(("ESTUARY_", "XDG_"))]:
                patch.delenv(name)
            for name, value in env.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.StringIO(input))
            capsys.readouterr()
            status = run_in_process(args)
        return Outcome(status, *capsys.readouterr())

    return run
