"""The command as such: help, versions, one-line errors, pipes that break, the extra that it needs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from click.testing import CliRunner
from terminal import ESTUARY, Terminal

import estuary as package
from estuary.cli import app, common


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize(
    "command",
    [
        *([], ["chat"], ["doctor"], ["gateway"], ["gateway", "keys"], ["history"], ["characters"], ["memories"]),
        *(["characters", name] for name in ("list", "show", "create", "edit", "delete")),
        *(["memories", n] for n in ["list", "search", "facts", "graph", "timeline", "export", "import", "forget"]),
        ["analytics"],
        *(["analytics", name] for name in ("activity", "players", "retention", "memories", "growth")),
    ],
    ids=" ".join,
)
def test_help(command: list[str], option: str) -> None:
    result = CliRunner().invoke(app.estuary, [*command, option])
    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")
    assert "--debug" in result.output
    # no option without a word about it
    assert not re.findall(r"^  (--[\w-]+)\s*\n  -", result.output, re.MULTILINE)


def test_no_command_is_a_call_for_help() -> None:
    result = CliRunner().invoke(app.estuary, [])
    assert result.exit_code == 0
    for command in ("analytics", "characters", "chat", "doctor", "gateway", "history", "memories"):
        assert re.search(rf"^  {command}  +\w", result.output, re.MULTILINE)


def test_version() -> None:
    result = CliRunner().invoke(app.estuary, ["--version"])
    assert (result.exit_code, result.output) == (0, f"estuary {package.__version__}\n")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["fly"], "No such command 'fly'. See 'estuary --help'."),
        (["--fly"], "No such option"),
        (["chat", "--fly"], "See 'estuary chat --help'."),
        (["chat", "--server"], "See 'estuary chat --help'."),
        (["chat", "word"], "unexpected extra argument"),
        (["chat", "--timeout", "-1"], "--timeout"),
        (["chat", "--local", "--server", "http://127.0.0.1:1"], "exclude each other"),
        (["chat", "--db", "x.db"], "--db is for the server that --local starts"),
        (["gateway", "--port", "70000"], "--port"),
        (["gateway", "--dialect", "morse"], "morse"),
        (
            ["chat"],
            "missing: an API key (ESTUARY_API_KEY), a character (--character or ESTUARY_CHARACTER_ID), a player",
        ),
        (["chat"], "estuary chat --local"),
        (
            ["chat", "--api-key", "est_secret0123", "--player", "p", "--character", "c", "--server", "gopher://x"],
            "gopher",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_are_one_line(
    args: list[str], words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("ESTUARY_")]:
        monkeypatch.delenv(name)
    assert app.run(args) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("estuary: error: ")
    assert err.count("\n") == 1
    assert words in err
    assert "est_secret0123" not in err


def test_a_bug_is_one_line_too_and_a_traceback_with_debug(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **options: Any) -> None:
        raise RuntimeError("no\nidea, est_secret0123456")

    from estuary.cli import doctor

    monkeypatch.setattr(doctor, "_python", broken)
    assert app.run(["doctor"]) == 1
    assert capsys.readouterr().err == (
        "estuary: error: internal error: RuntimeError: no idea, est_… (--debug shows where)\n"
    )
    for args in (["--debug", "doctor"], ["doctor", "--debug"]):
        assert app.run(args) == 1
        err = capsys.readouterr().err
        assert "Traceback" in err
        assert "in broken" in err
        assert "secret" not in err


def test_signal_handlers_are_as_before() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert app.run(["--version"]) == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


@pytest.mark.parametrize("absent", ["click", "rich"])
def test_without_the_extra_it_says_what_to_install(absent: str, env: dict[str, str], tmp_path: Path) -> None:
    program = (
        "import importlib.abc, sys\n"
        "class Absent(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] == {absent!r}: raise ModuleNotFoundError(name=name)\n"
        "import importlib.util\n"
        "found = importlib.util.find_spec\n"
        f"importlib.util.find_spec = lambda name, *a: None if name == {absent!r} else found(name, *a)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from estuary.cli import main\n"
        "main()\n"
    )
    run = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert "pip install 'estuary-sync[cli]'" in run.stderr


def test_the_command_is_light_until_it_has_to_do_something(env: dict[str, str]) -> None:
    program = (
        "import sys\nfrom estuary.cli.app import run\nrun(['--help'])\n"
        "print([m for m in ('rich', 'requests', 'socketio', 'fastapi', 'estuary.session') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_a_broken_pipe_is_no_matter(env: dict[str, str]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        run = subprocess.run(
            [*ESTUARY, "--help"], stdout=write, stderr=subprocess.PIPE, env=env, text=True, check=False
        )
    finally:
        os.close(write)
    assert run.stderr == ""
    assert run.returncode == 141


def test_ctrl_c_is_quiet(terminal: Callable[..., Terminal], env: dict[str, str], proxy: Any) -> None:
    # a server that accepts and never answers
    nowhere = proxy("http://127.0.0.1:9")
    nowhere.blackhole_new()
    shell = terminal("doctor", "--server", nowhere.url, env=env)
    shell.wait_for("extra cli")
    assert nowhere.wait_for_connections(1)
    shell.type("\x03")
    assert shell.wait_for_end() == 130
    assert "Traceback" not in shell.screen
    assert "error" not in shell.screen


def test_the_home_directory_is_written_short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert common.short_path(tmp_path / "a" / "b.db") == "~/a/b.db"
    assert common.short_path(f"{tmp_path}else/b.db") == f"{tmp_path}else/b.db"
    assert common.short_path("postgresql://alice:secret@host/db") == "postgresql://alice:…@host/db"


def test_xdg_directories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "relative/paths/do/not/count")
    assert common.data_dir() == tmp_path / ".local/share/estuary"
    assert common.state_dir() == tmp_path / ".local/state/estuary"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert common.data_dir() == tmp_path / "data/estuary"
