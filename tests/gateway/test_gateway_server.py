"""Starting, stopping, and what the gateway does to the process it lives in."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from rawclient import Hanging, RawClient, Scripted

from estuary.errors import ConfigError, EstuaryError
from estuary.gateway import Gateway, GatewayError, GatewayOptions, serve

ROOT = Path(__file__).parents[2]


def python(code: str, **options: Any) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=env, **options)


def test_it_is_a_plain_object_and_a_context_manager() -> None:
    gateway = serve()
    try:
        assert isinstance(gateway, Gateway)
        assert requests.get(f"{gateway.url}/health", timeout=10).status_code == 200
        assert gateway.url in repr(gateway)
        assert gateway.api_key not in repr(gateway)
    finally:
        gateway.close()
        gateway.close()
    assert repr(gateway) == "<Gateway closed>"
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{gateway.url}/health", timeout=10)
    with serve() as second:
        assert requests.get(f"{second.url}/health", timeout=10).status_code == 200


def test_many_at_once() -> None:
    gateways = [serve() for _ in range(5)]
    try:
        assert len({gateway.url for gateway in gateways}) == 5
        assert len({gateway.api_key for gateway in gateways}) == 5
    finally:
        for gateway in gateways:
            gateway.close()


def test_a_port_that_is_taken() -> None:
    with serve() as gateway:
        port = int(gateway.url.rsplit(":", 1)[1])
        threads = set(threading.enumerate())
        with pytest.raises(GatewayError, match=rf"127\.0\.0\.1:{port}: the port is in use") as caught:
            serve(port)
        assert isinstance(caught.value, EstuaryError)
        assert set(threading.enumerate()) == threads
    # and it is free again
    with serve(port) as gateway:
        assert gateway.url == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("port", [-1, 65536, "80", True, 1.5])
def test_what_is_no_port(port: Any) -> None:
    with pytest.raises(ConfigError, match="port must be a whole number"):
        serve(port)


def test_a_host_that_is_none() -> None:
    with pytest.raises(GatewayError, match="can't listen on 'no such host'"):
        serve(host="no such host")
    with pytest.raises(GatewayError, match=r"can't listen on 192\.0\.2\.1"):
        serve(host="192.0.2.1")


def test_every_address() -> None:
    with serve(host="0.0.0.0") as gateway:
        assert gateway.url.startswith("http://127.0.0.1:")
        assert requests.get(f"{gateway.url}/health", timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dialect": "morse"}, "dialect must be one of cumulative, delta"),
        ({"final_text": "some"}, "final_text must be one of whole, last, empty"),
        ({"session_timeout": 0}, "session_timeout must be a number above 0 or None"),
        ({"session_timeout": "5"}, "session_timeout must be a number"),
        ({"quota": -1}, "quota must be a whole number of at least 0 or None"),
        ({"quota": 1.5}, "quota must be a whole number"),
        ({"max_sessions": 0}, "max_sessions must be"),
        ({"max_text": 0}, "max_text must be"),
        ({"max_text": None}, "max_text must be"),
        ({"chunk_delay": -1}, "chunk_delay must be"),
        ({"ping_interval": float("nan")}, "ping_interval must be"),
        ({"chat": object()}, "chat must have a name and a reply"),
        ({"llm_url": "localhost:1234", "llm_model": "m"}, "llm_url must be an http"),
        ({"llm_url": "http://localhost:1234"}, "llm_url needs llm_model"),
        ({"llm_model": "m"}, "llm_model needs llm_url"),
        ({"llm_url": "http://x", "llm_model": "m", "chat": Scripted()}, "either chat or llm_url"),
        ({"api_key": "secret"}, "api_key must start with 'est_'"),
        ({"log_level": "LOUD"}, "log_level must be a level"),
        ({"dialct": "delta"}, "no option 'dialct'; it has .*dialect"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        serve(**options)


def test_options_hide_secrets() -> None:
    options = GatewayOptions(api_key="est_abcdefgh", llm_url="http://x", llm_model="m", llm_api_key="sk-1")
    assert "est_abcdefgh" not in repr(options)
    assert "sk-1" not in repr(options)
    with pytest.raises(AttributeError):
        options.quota = 5  # type: ignore[misc]


def test_inside_a_running_loop() -> None:
    async def main() -> int:
        with serve() as gateway:
            return await asyncio.to_thread(lambda: requests.get(f"{gateway.url}/health", timeout=10).status_code)

    assert asyncio.run(main()) == 200


def test_the_process_stays_as_it_was() -> None:
    root = logging.getLogger()
    before = (
        signal.getsignal(signal.SIGINT),
        signal.getsignal(signal.SIGTERM),
        root.level,
        list(root.handlers),
        logging.getLogger("engineio.server").handlers[:],
        logging.getLogger("socketio.server").handlers[:],
        logging.getLogger("uvicorn").handlers[:],
        asyncio.get_event_loop_policy() if sys.version_info < (3, 14) else 0,
    )
    with serve():
        during = (
            signal.getsignal(signal.SIGINT),
            signal.getsignal(signal.SIGTERM),
            root.level,
            list(root.handlers),
            logging.getLogger("engineio.server").handlers[:],
            logging.getLogger("socketio.server").handlers[:],
            logging.getLogger("uvicorn").handlers[:],
            asyncio.get_event_loop_policy() if sys.version_info < (3, 14) else 0,
        )
    assert during == before


def test_keys_are_never_logged(make_gateway: Any, connect: Any, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        gateway = make_gateway(log_level="debug")
        token = gateway.create_session_token(gateway.character_id, "p")
        connect(gateway, "p").says("hello")
        connect(gateway, "p", api_key=token).says("hello")
        connect(gateway, "p", api_key="est_a_wrong_key", expect_session=False).until("auth_error")
        url = f"{gateway.url}/api/v1/characters"
        requests.get(url, headers={"X-API-Key": gateway.api_key}, timeout=10)
        gateway.close()
    ours = [record for record in caplog.records if not record.name.startswith(("urllib3", "asyncio"))]
    assert any(gateway.url in record.getMessage() for record in ours)
    for secret in (gateway.api_key, token, "est_a_wrong_key"):
        assert secret not in caplog.text
    logging.getLogger("estuary.gateway").setLevel(logging.NOTSET)


def test_an_interpreter_that_just_ends() -> None:
    started = time.monotonic()
    done = python(
        "import sys, requests\n"
        "from estuary.gateway import serve\n"
        "gateway = serve()\n"
        "print(gateway._database.name)\n"
        "assert requests.get(gateway.url + '/health').status_code == 200\n"
        "import time; ended = time.time(); import atexit\n"
        "print(ended)\n"
        "sys.exit(7)\n"
    )
    assert (done.returncode, done.stderr) == (7, "")
    name, ended = done.stdout.split()
    assert time.time() - float(ended) < 3
    assert time.monotonic() - started < 30
    assert not Path(name.removeprefix("sqlite:///")).exists()


def test_an_exception_ends_the_script_too() -> None:
    done = python("from estuary.gateway import serve\nwith serve() as gateway:\n    raise ValueError('mine')\n")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("ValueError: mine")


@pytest.mark.parametrize("package", ["fastapi", "uvicorn", "sqlalchemy", "websockets"])
def test_without_the_extra(package: str) -> None:
    done = python(
        "import importlib.util, sys\n"
        "real = importlib.util.find_spec\n"
        f"importlib.util.find_spec = lambda name, *rest: None if name == {package!r} else real(name, *rest)\n"
        "try:\n"
        "    import estuary.gateway\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    assert "the local gateway needs the gateway extra: pip install 'estuary-sync[gateway]'" in done.stdout
    assert done.stderr == ""


def test_closing_in_the_middle_of_a_turn(tmp_path: Path) -> None:
    engine = Hanging("So far ", "so good")
    with serve(db=tmp_path / "g.db", chat=engine) as gateway, RawClient(gateway.url) as client:
        client.open({"api_key": gateway.api_key, "character_id": gateway.character_id, "player_id": "p"})
        client.until("session_info")
        client.send("text", {"text": "hang"})
        client.until("bot_response")
        started = time.monotonic()
        gateway.close()
        assert time.monotonic() - started < 2
        client.closed()
    assert engine.stopped.is_set()
    with serve(db=tmp_path / "g.db") as gateway:
        url = f"{gateway.url}/api/v1/characters/{gateway.character_id}/players/p/messages"
        found = requests.get(url, headers={"X-API-Key": gateway.api_key}, timeout=10).json()["messages"]
    assert [(message["content"], message["status"]) for message in found] == [
        ("hang", "complete"),
        ("So far so good", "interrupted"),
    ]


class Flood:
    name = "flood"

    async def reply(self, prompt: Any) -> Any:
        while True:
            yield "x" * 10_000


def test_closing_while_a_client_reads_nothing(caplog: Any) -> None:
    with serve(chat=Flood(), dialect="delta") as gateway, RawClient(gateway.url) as client:
        client.open({"api_key": gateway.api_key, "character_id": gateway.character_id, "player_id": "p"})
        client.until("session_info")
        client.send("text", {"text": "go"})
        client.until("bot_response")
        half_open = socket.create_connection(("127.0.0.1", int(gateway.url.rsplit(":", 1)[1])))
        key = gateway.api_key.encode()
        half_open.sendall(
            b"POST /api/v1/characters HTTP/1.1\r\nHost: x\r\nX-API-Key: " + key + b"\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
        )
        assert half_open.recv(100).startswith(b"HTTP/1.1 100 ")
        started = time.monotonic()
        gateway.close(timeout=2)
        assert time.monotonic() - started < 3.5
        half_open.close()


def test_closing_from_several_threads() -> None:
    gateway = serve()
    threads = [threading.Thread(target=gateway.close) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)


def test_a_session_of_the_sdk(gateway: Any, player: str) -> None:
    session_module = pytest.importorskip("estuary.session")
    session = gateway.session(player)
    assert isinstance(session, session_module.Session)


def test_no_log_at_any_level_shows_the_key(caplog):
    with serve() as gateway:
        with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "estuary.gateway.engineio"):
            with gateway.session(player_id="somebody") as session:
                session.send("Hello")
        key = gateway.api_key
    assert "est_…" in caplog.text
    assert key not in caplog.text
