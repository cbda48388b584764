"""``estuary gateway``: a process of its own, started, talked to, stopped by signals; and its keys."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Optional

import pytest
from terminal import ESTUARY, no_signals_ignored

from estuary import AuthenticationError, QuotaExceeded, Session

pytest.importorskip("estuary.gateway", reason="needs the gateway extra", exc_type=ImportError)

pytestmark = pytest.mark.gateway

KEY = re.compile(r"\best_[A-Za-z0-9_-]{20,}")


class Server:
    """``estuary gateway`` with these arguments; a context manager that kills what is left."""

    def __init__(self, *args: str, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [*ESTUARY, "gateway", *args],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=no_signals_ignored,
        )
        assert self.process.stdout is not None
        lines = []
        # its last line ends what it has to say
        for line in self.process.stdout:
            lines.append(line)
            if "ESTUARY_PLAYER_ID" in line:
                break
        self.said = "".join(lines)
        self.exports = dict(re.findall(r"^  export (\w+)=(\S+)", self.said, re.MULTILINE))
        self.url = self.exports.get("ESTUARY_SERVER_URL", "")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Its exit status and what it wrote to stderr."""
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=20)
        return self.process.returncode, err

    def session(self, **options: Any) -> Session:
        return Session(
            server_url=self.url,
            api_key=self.exports["ESTUARY_API_KEY"],
            character_id=self.exports["ESTUARY_CHARACTER_ID"],
            player_id=self.exports["ESTUARY_PLAYER_ID"],
            **options,
        )

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def start(env: dict[str, str]) -> Iterator[Callable[..., Server]]:
    with ExitStack() as stack:
        yield lambda *args, env=env: stack.enter_context(Server(*args, env=env))


@pytest.mark.slow
@pytest.mark.limit(180)
def test_it_serves_until_it_is_told_to_stop_and_keeps_everything(
    start: Callable[..., Server], env: dict[str, str], home: Path
) -> None:
    first = start("--port", "0")
    assert f"{first.url}/docs" in first.said
    assert "~/.local/share/estuary/gateway.db" in first.said
    assert "engines   chat companion" in first.said
    assert first.exports["ESTUARY_PLAYER_ID"] == "alice"
    assert len(set(KEY.findall(first.said))) == 1
    # what it prints can be pasted
    script = "".join(line for line in first.said.splitlines(keepends=True) if line.startswith("  export "))
    command = f"{script}{' '.join(ESTUARY)} doctor"
    doctor = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, check=False)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    with first.session() as session:
        session.send("My name is Zelda.")
        # with a session open
        status, err = first.stop(signal.SIGTERM)
    assert (status, err) == (0, "stopping …\n")
    assert (home / ".local/share/estuary/gateway.db").exists()

    second = start("--port", "0")
    # the key is shown once, and still good
    assert not KEY.search(second.said)
    assert "the key shown at the first start" in second.said
    second.exports["ESTUARY_API_KEY"] = first.exports["ESTUARY_API_KEY"]
    assert second.exports["ESTUARY_CHARACTER_ID"] == first.exports["ESTUARY_CHARACTER_ID"]
    with second.session() as session:
        assert "Zelda" in session.send("What is my name?").text
    assert second.stop(signal.SIGINT) == (0, "stopping …\n")


def test_options_log_and_keys(start: Callable[..., Server], invoke: Callable[..., Any], tmp_path: Path) -> None:
    db = str(tmp_path / "gateway.db")
    server = start("--port", "0", "--db", db, "--quota", "1", "--dialect", "delta", "--log-level", "info")
    # while it runs, and both ways to say where
    made = invoke("gateway", "keys", "create", "laptop", "--db", db)
    assert made.status == 0
    server.exports["ESTUARY_API_KEY"] = made.out.strip()
    with server.session() as session:
        seen: list[Any] = []
        session.on("bot_response", seen.append)
        session.send("Hello!")
        with pytest.raises(QuotaExceeded):
            session.send("Hello again!")
    assert {type(event.partial) for event in seen} == {bool}
    listed = invoke("gateway", "--db", db, "keys", "list")
    assert re.search(r"^development +est_....…  \d{4}-\d\d-\d\d \d\d:\d\d  0 messages$", listed.out, re.MULTILINE)
    assert re.search(r"^laptop +est_....…  .*  1 message$", listed.out, re.MULTILINE)
    assert not KEY.search(listed.out)
    again = invoke("gateway", "keys", "create", "laptop", "--db", db)
    assert (again.status, again.out) == (1, "")
    assert "there is a key named 'laptop' already" in again.err
    gone = invoke("gateway", "keys", "revoke", "laptop", "--db", db)
    assert (gone.status, gone.out) == (0, "the key laptop is revoked\n")
    with pytest.raises(AuthenticationError):
        server.session().connect()
    twice = invoke("gateway", "keys", "revoke", "laptop", "--db", db)
    assert twice.status == 1
    assert twice.err == "estuary: error: there is no key named 'laptop': estuary gateway keys list shows them\n"
    status, err = server.stop()
    assert status == 0
    assert f"INFO the gateway listens on {server.url}" in err
    assert not KEY.search(err)


def test_no_keys_yet(invoke: Callable[..., Any], home: Path) -> None:
    listed = invoke("gateway", "keys", "list")
    assert (listed.status, listed.out) == (0, "")
    assert "there are no keys" in listed.err
    assert (home / ".local/share/estuary").stat().st_mode & 0o777 == 0o700


def test_a_port_that_is_taken(invoke: Callable[..., Any], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = invoke("gateway", "--port", str(port), "--db", str(tmp_path / "db"))
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.count("\n") == 1
    assert f"127.0.0.1:{port}: the port is in use" in outcome.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--db", "/proc/no/such.db"], "can't be opened"),
        (["--db", ""], "--db is empty"),
        (["--db", "nonsense://"], ""),
        (["--host", "no.such.host.invalid"], "no such address"),
        (["--session-timeout", "-1"], "session_timeout"),
        (["--quota", "-1"], "quota"),
        (["--llm-url", "http://127.0.0.1:9/v1"], "llm_model"),
    ],
)
def test_what_cannot_be_is_one_line(invoke: Callable[..., Any], tmp_path: Path, args: list[str], words: str) -> None:
    where = [] if "--db" in args else ["--db", str(tmp_path / "db")]
    outcome = invoke("gateway", "--port", "0", *where, *args)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith("estuary: error: ")
    assert outcome.err.count("\n") == 1
    assert words in outcome.err


def test_a_data_directory_that_cannot_be_made(invoke: Callable[..., Any], env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outcome = invoke("gateway", "--port", "0", env={**env, "XDG_DATA_HOME": str(tmp_path / "file")})
    assert outcome.status == 1
    assert outcome.err.count("\n") == 1
    assert "choose a place with --db" in outcome.err
