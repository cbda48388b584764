"""``estuary doctor``: what is well is said in a line, what is not is said with the way to mend it."""

from __future__ import annotations

import datetime as dt
import email.utils
import http.server
import json
import re
import threading
import time
from typing import Any, Callable

import pytest
import requests
import responses

from estuary.cli import doctor

Invoke = Callable[..., Any]


@pytest.fixture
def gateway_env(env: dict[str, str], gateway: Any, player: str) -> dict[str, str]:
    return {
        **env,
        "ESTUARY_SERVER_URL": gateway.url,
        "ESTUARY_API_KEY": gateway.api_key,
        "ESTUARY_CHARACTER_ID": gateway.character_id,
        "ESTUARY_PLAYER_ID": player,
    }


def statuses(out: str) -> dict[str, str]:
    """name → status, of the lines."""
    return {name.strip(): status for status, name in re.findall(r"^(ok|note|FAIL) +(.{16}) ", out, re.MULTILINE)}


def test_all_is_well(invoke: Invoke, gateway: Any, gateway_env: dict[str, str], player: str) -> None:
    outcome = invoke("doctor", env=gateway_env)
    assert (outcome.status, outcome.err) == (0, "")
    found = statuses(outcome.out)
    expected = ("python", "estuary-sync", "packages", "server", "clock", "round trip", "key", "character", "session")
    assert {name: found[name] for name in expected} == dict.fromkeys(expected, "ok")
    assert "extra cli" in found
    assert outcome.out.endswith("\nAll is well.\n")
    assert "chat companion" in outcome.out
    assert f"as player {player}" in outcome.out
    assert gateway.api_key not in outcome.out
    assert gateway.api_key[:8] not in outcome.out


def test_json(invoke: Invoke, gateway: Any, gateway_env: dict[str, str]) -> None:
    outcome = invoke("doctor", "--json", env=gateway_env)
    assert outcome.status == 0
    report = json.loads(outcome.out)
    assert report["ok"] is True
    checks = {check["name"]: check for check in report["checks"]}
    assert checks["session"]["status"] == "ok"
    for name in ("server", "round trip", "session"):
        assert 0 < checks[name]["ms"] < 30_000
    assert gateway.api_key not in outcome.out


def test_options_come_before_the_environment(invoke: Invoke, gateway: Any, env: dict[str, str]) -> None:
    wrong = {
        **env,
        "ESTUARY_SERVER_URL": "http://127.0.0.1:9",
        "ESTUARY_API_KEY": "est_wrong_wrong_wrong",
        "ESTUARY_CHARACTER_ID": "nobody",
    }
    args = ["--server", gateway.url + "/", "--api-key", gateway.api_key, "--character", gateway.character_id]
    assert invoke("doctor", *args, "--player", "p", env=wrong).status == 0


def test_a_wrong_key(invoke: Invoke, gateway_env: dict[str, str]) -> None:
    outcome = invoke("doctor", env={**gateway_env, "ESTUARY_API_KEY": "est_this_is_not_the_key"})
    assert outcome.status == 1
    found = statuses(outcome.out)
    assert (found["server"], found["key"]) == ("ok", "FAIL")
    assert "session" not in found
    assert "→ set ESTUARY_API_KEY to a key of" in outcome.out
    assert outcome.out.endswith("1 thing to mend: key\n")
    assert "this_is" not in outcome.out


@pytest.mark.parametrize(("key", "words"), [("", "no API key is given"), ("est_two words", "white space")])
def test_a_key_that_is_none(invoke: Invoke, gateway_env: dict[str, str], key: str, words: str) -> None:
    outcome = invoke("doctor", env={**gateway_env, "ESTUARY_API_KEY": key})
    assert outcome.status == 1
    assert statuses(outcome.out)["key"] == "FAIL"
    assert words in outcome.out
    assert "two words" not in outcome.out


def test_a_session_token(invoke: Invoke, gateway: Any, gateway_env: dict[str, str], player: str) -> None:
    token = gateway.create_session_token(gateway.character_id, player)
    outcome = invoke("doctor", env={**gateway_env, "ESTUARY_API_KEY": token})
    assert outcome.status == 0
    found = statuses(outcome.out)
    assert (found["key"], found["session"]) == ("note", "ok")
    outcome = invoke("doctor", env={**gateway_env, "ESTUARY_API_KEY": "sst_not_a_token_of_ours"})
    assert outcome.status == 1
    assert statuses(outcome.out)["session"] == "FAIL"
    assert "not_a_token" not in outcome.out


def test_a_character_that_does_not_exist(invoke: Invoke, gateway: Any, gateway_env: dict[str, str]) -> None:
    outcome = invoke("doctor", env={**gateway_env, "ESTUARY_CHARACTER_ID": "00000000-0000-0000-0000-000000000000"})
    assert outcome.status == 1
    assert statuses(outcome.out)["character"] == "FAIL"
    assert "there is no character 00000000-" in outcome.out
    assert "set ESTUARY_CHARACTER_ID to one that exists, such as" in outcome.out


def test_no_character_is_chosen(invoke: Invoke, gateway: Any, gateway_env: dict[str, str]) -> None:
    del gateway_env["ESTUARY_CHARACTER_ID"]
    outcome = invoke("doctor", env=gateway_env)
    assert outcome.status == 0
    found = statuses(outcome.out)
    assert (found["character"], found["session"]) == ("note", "ok")
    assert gateway.character_id in outcome.out


@pytest.mark.parametrize(
    ("url", "words", "fix"),
    [
        ("http://127.0.0.1:9", "nothing listens there", "start it: estuary gateway"),
        ("http://no.such.host.invalid", "can't be reached", "check the address"),
        ("gopher://x", "give it as https://host", "set ESTUARY_SERVER_URL"),
        ("http://127.0.0.1:port", "can't be read", "set ESTUARY_SERVER_URL"),
    ],
)
def test_a_server_that_is_not_there(invoke: Invoke, env: dict[str, str], url: str, words: str, fix: str) -> None:
    outcome = invoke("doctor", env={**env, "ESTUARY_SERVER_URL": url, "ESTUARY_API_KEY": "est_0123456789abc"})
    assert outcome.status == 1
    assert statuses(outcome.out)["server"] == "FAIL"
    assert words in outcome.out
    assert fix in outcome.out
    assert outcome.out.endswith("1 thing to mend: server\n")


def test_a_server_that_does_not_answer(invoke: Invoke, gateway_env: dict[str, str], gateway: Any, proxy: Any) -> None:
    silent = proxy(gateway)
    silent.blackhole_new()
    started = time.monotonic()
    outcome = invoke("doctor", "--timeout", "0.3", env={**gateway_env, "ESTUARY_SERVER_URL": silent.url})
    assert time.monotonic() - started < 10
    assert outcome.status == 1
    assert "it does not answer in time" in outcome.out


def test_a_server_that_lets_no_websocket_through(invoke: Invoke, env: dict[str, str]) -> None:
    """A plain web server: HTTP is answered, the rest is not there."""

    class NotFound(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), NotFound)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        outcome = invoke(
            "doctor",
            env={
                **env,
                "ESTUARY_SERVER_URL": f"http://127.0.0.1:{server.server_port}",
                "ESTUARY_API_KEY": "est_0123456789abc",
                "ESTUARY_CHARACTER_ID": "somebody",
            },
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert outcome.status == 1
    found = statuses(outcome.out)
    assert (found["server"], found["key"], found["session"]) == ("ok", "note", "FAIL")
    assert "a proxy or firewall may not let WebSockets through" in outcome.out


def _answer(**about: Any) -> Any:
    with responses.RequestsMock() as mock:
        mock.get("http://server/health", **about)
        return requests.get("http://server/health", timeout=1)


@pytest.mark.parametrize("offset", [-3600, -20, -3, 0, 3, 20, 3600])
@pytest.mark.parametrize("exact", [True, False])
def test_clocks(offset: float, exact: bool) -> None:
    before = time.time()
    then = dt.datetime.fromtimestamp(before + offset, dt.timezone.utc)
    if exact:
        response = _answer(json={"time": then.isoformat()})
    else:
        response = _answer(body="hello", headers={"Date": email.utils.format_datetime(then, usegmt=True)})
    examination = doctor._Examination("http://server", "est_0123456789", None, None, 1.0)
    check = examination._clock(response, before, 0.05)
    assert check.status == ("ok" if abs(offset) <= 3 else "failed")
    if check.status == "failed":
        seconds = int(re.search(r"(\d+) s", check.detail)[1])  # type: ignore[index]
        assert abs(seconds - abs(offset)) <= 1
        assert ("behind" if offset > 0 else "ahead of") in check.detail
        assert "timedatectl" in check.fix


def test_a_server_without_a_clock() -> None:
    examination = doctor._Examination("http://server", None, None, None, 1.0)
    assert examination._clock(_answer(json={}), 0.0, 0.0).status == "note"


def test_extras_are_read_from_the_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    requirements = [
        "requests>=2.31,<3",
        "python-socketio[client]<6,>=5.16",
        "no-such-package>=1; extra == 'voice'",
        "requests>=2; extra == 'voice'",
        'another-missing-one; extra == "livekit"',
        "future>=1; python_version >= \"3.99\" and extra == 'gateway'",
        "estuary-sync[cli]; extra == 'all'",
        "pytest>=8; extra == 'dev'",
    ]
    monkeypatch.setattr(doctor.importlib.metadata, "requires", lambda name: requirements)
    checks = {check.name: check for check in doctor._packages()}
    assert set(checks) == {"estuary-sync", "packages", "extra voice", "extra livekit"}
    assert checks["packages"].status == "ok"
    assert checks["extra voice"].status == "note"
    assert checks["extra voice"].detail.startswith("not installed: no-such-package (there: requests ")
    assert checks["extra livekit"].detail == "not installed"
    assert "pip install 'estuary-sync[livekit]'" in checks["extra livekit"].fix
