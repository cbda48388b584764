"""One HTTP call and everything that can go wrong with it. ``responses`` stands in for servers that misbehave."""

from __future__ import annotations

import datetime as dt
import email.utils
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
import responses

from estuary.errors import APIError, BadRequest, ConfigError, NotFound, PermissionDenied, RateLimited
from estuary.rest import http as http_module
from estuary.rest.http import HTTP, Retries, path

KEY = "est_secret_secret"
URL = "http://estuary.test"


@pytest.fixture
def pauses(monkeypatch):
    """The pauses between attempts, which are not waited for."""
    waited = []
    monkeypatch.setattr(http_module.time, "sleep", waited.append)
    return waited


@pytest.fixture
def http():
    client = HTTP(URL, KEY, retries=Retries(attempts=3))
    yield client
    client.close()


@pytest.fixture
def server():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


# ── what is sent ──


def test_credentials_and_name(http, server):
    server.get(f"{URL}/api/v1/x", json={})
    http.get("/api/v1/x", {"flag": True, "nothing": None, "when": dt.datetime(2026, 1, 2)})
    request = server.calls[0].request
    assert request.headers["X-API-Key"] == KEY
    assert request.headers["X-Estuary-Client"].startswith("estuary-sync/")
    assert request.params == {"flag": "true", "when": "2026-01-02T00:00:00+00:00"}


def test_bearer_and_none(http, server):
    server.post(f"{URL}/api/v1/x", json={})
    http.call("POST", "/api/v1/x", auth="bearer")
    http.call("POST", "/api/v1/x", auth="none")
    bearer, none = (call.request.headers for call in server.calls)
    assert bearer["Authorization"] == f"Bearer {KEY}"
    assert "X-API-Key" not in bearer
    assert "Authorization" not in none
    assert "X-API-Key" not in none


@pytest.mark.parametrize(("key", "told"), [(None, "needs an API key"), ("sst_abcdefgh", "no REST access")])
def test_calls_without_a_usable_key_are_not_made(key, told):
    with pytest.raises(ConfigError, match=told):
        HTTP(URL, key).get("/api/v1/x")


@pytest.mark.parametrize("part", ["", ".", "..", None, 5])
def test_a_path_is_made_of_ids(part):
    with pytest.raises(ConfigError):
        path("characters", part)


def test_ids_are_quoted():
    assert path("characters", "a/../b?c") == "/api/v1/characters/a%2F..%2Fb%3Fc"


# ── errors ──


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, BadRequest), (401, PermissionDenied), (403, PermissionDenied), (404, NotFound), (409, APIError),
     (413, APIError), (422, BadRequest), (429, RateLimited), (500, APIError), (503, APIError)],
)  # fmt: skip
def test_every_status_is_mapped(http, server, pauses, status, kind):
    server.post(f"{URL}/api/v1/x", json={"detail": f"about {KEY}"}, status=status, headers={"X-Request-Id": "r-1"})
    with pytest.raises(kind) as raised:
        http.call("POST", "/api/v1/x")
    error = raised.value
    assert type(error) is kind
    assert (error.status, error.request_id) == (status, "r-1")
    assert "POST /api/v1/x" in str(error)
    assert "r-1" in str(error)
    assert KEY not in str(error)


def test_details_in_words(http, server):
    mistake = {"loc": ["body", "persona", "name"], "msg": "too long"}
    server.get(f"{URL}/api/v1/a", status=422, json={"detail": [mistake]})
    scope = {"error": "insufficient_scope", "requiredScope": "memory"}
    server.get(f"{URL}/api/v1/b", status=403, json={"detail": scope})
    server.get(f"{URL}/api/v1/c", status=404, body="<html>no</html>", content_type="text/html")
    with pytest.raises(BadRequest, match=r"persona\.name: too long"):
        http.get("/api/v1/a")
    with pytest.raises(PermissionDenied, match="insufficient_scope: the key needs the scope 'memory'"):
        http.get("/api/v1/b")
    with pytest.raises(NotFound, match="there is no such thing"):
        http.get("/api/v1/c")


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        ("<!doctype html><html>", "text/html", "HTML where JSON should be"),
        ("<html>", "application/octet-stream", "HTML where JSON should be"),
        ('{"a": ', "application/json", "cut off or broken"),
        ("\xff\xfe", "application/json", "cut off or broken"),
        ("plain", "text/plain", "text/plain where JSON should be"),
    ],
)
def test_what_is_no_json_is_an_error(http, server, body, kind, told):
    server.get(f"{URL}/api/v1/x", body=body.encode("latin-1"), content_type=kind)
    with pytest.raises(APIError, match=told):
        http.get("/api/v1/x")


def test_no_content(http, server):
    server.delete(f"{URL}/api/v1/x", status=204)
    assert http.call("DELETE", "/api/v1/x") is None


# ── repeating ──


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_calls_that_may_be_repeated_are(http, server, pauses, status):
    server.get(f"{URL}/api/v1/x", status=status, json={})
    server.get(f"{URL}/api/v1/x", json={"ok": 1})
    assert http.get("/api/v1/x") == {"ok": 1}
    assert 0.375 <= pauses[0] <= 0.625


def test_other_calls_are_not(http, server, pauses):
    server.post(f"{URL}/api/v1/x", status=503, json={})
    with pytest.raises(APIError):
        http.call("POST", "/api/v1/x")
    assert len(server.calls) == 1
    assert pauses == []


def test_repeating_ends(http, server, pauses):
    server.get(f"{URL}/api/v1/x", status=503, json={"detail": "busy"})
    with pytest.raises(APIError, match="busy"):
        http.get("/api/v1/x")
    assert len(server.calls) == 3
    assert pauses[1] > pauses[0]


def test_retry_after_in_seconds_and_capped(http, server, pauses):
    server.get(f"{URL}/api/v1/x", status=429, json={}, headers={"Retry-After": "7"})
    server.get(f"{URL}/api/v1/x", status=429, json={}, headers={"Retry-After": "86400"})
    server.get(f"{URL}/api/v1/x", json={})
    http.get("/api/v1/x")
    assert pauses == [7.0, 30.0]
    assert http.last_limit.retry_after == 86400.0


def test_retry_after_as_a_date(http, server, pauses):
    when = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=20)
    server.get(f"{URL}/api/v1/x", status=503, json={}, headers={"Retry-After": email.utils.format_datetime(when, True)})
    server.get(f"{URL}/api/v1/x", json={})
    http.get("/api/v1/x")
    assert 15 <= pauses[0] <= 21


def test_retry_after_that_is_garbage_is_ignored(http, server, pauses):
    server.get(f"{URL}/api/v1/x", status=503, json={}, headers={"Retry-After": "soon"})
    server.get(f"{URL}/api/v1/x", json={})
    http.get("/api/v1/x")
    assert pauses[0] < 1


@pytest.mark.parametrize("failure", [requests.exceptions.ConnectionError("x"), requests.exceptions.ReadTimeout("x")])
def test_lost_connections_are_repeated(http, server, pauses, failure):
    server.get(f"{URL}/api/v1/x", body=failure)
    server.get(f"{URL}/api/v1/x", json={"ok": 1})
    assert http.get("/api/v1/x") == {"ok": 1}


def test_an_upload_keeps_its_key_and_gives_it_back(http, server, pauses):
    server.post(f"{URL}/api/v1/u", status=503, json={})
    with pytest.raises(APIError) as raised:
        http.upload("/api/v1/u", {"image": ("a.png", b"x", "image/png")}, {})
    keys = {call.request.headers["Idempotency-Key"] for call in server.calls}
    assert len(server.calls) == 3
    assert keys == {raised.value.idempotency_key}
    server.replace("POST", f"{URL}/api/v1/u", json={"ok": 1})
    http.upload("/api/v1/u", {"image": ("a.png", b"x", "image/png")}, {}, raised.value.idempotency_key)
    assert server.calls[-1].request.headers["Idempotency-Key"] in keys


# ── redirects ──


def test_a_redirect_to_another_host_does_not_get_the_key(http, server):
    server.get(f"{URL}/api/v1/x", status=302, headers={"Location": "http://elsewhere.test/steal"})
    server.get("http://elsewhere.test/steal", json={})
    with pytest.raises(APIError, match=r"redirected to another host \(elsewhere\.test\)"):
        http.get("/api/v1/x")
    assert len(server.calls) == 1


def test_a_redirect_on_the_same_host_is_followed(http, server):
    server.get(f"{URL}/api/v1/x", status=307, headers={"Location": "/api/v1/y"})
    server.get(f"{URL}/api/v1/y", json={"ok": 1})
    assert http.get("/api/v1/x") == {"ok": 1}


def test_a_redirect_of_a_change_is_refused(http, server):
    server.post(f"{URL}/api/v1/x", status=302, headers={"Location": "/api/v1/y"})
    with pytest.raises(APIError, match="check server_url"):
        http.call("POST", "/api/v1/x")


def test_redirects_in_a_circle_end(http, server):
    server.get(f"{URL}/api/v1/x", status=302, headers={"Location": "/api/v1/x"})
    with pytest.raises(APIError, match="in a circle"):
        http.get("/api/v1/x")


# ── over real sockets ──


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b'{"half": ')
            return
        if self.path == "/silent":
            self.server.release.wait(10)
        body = b'{"thread": "%s"}' % self.path.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", f"who={self.path}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.server.cookies.append(self.headers.get("Cookie"))
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def real():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.release, server.cookies = threading.Event(), []
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def real_http(real):
    client = HTTP(f"http://127.0.0.1:{real.server_port}", KEY, timeout=(2.0, 0.3), retries=Retries(2, 0.01))
    yield client
    client.close()


def test_an_answer_that_is_cut_off(real_http):
    with pytest.raises(APIError, match="no connection"):
        real_http.get("/cut")


def test_a_silent_server(real_http):
    with pytest.raises(APIError, match="did not answer in time"):
        real_http.get("/silent")


def test_threads_share_a_pool_and_no_cookies(real, real_http):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: real_http.get(f"/{n}"), range(200)))
    assert [a["thread"] for a in answers] == [f"/{n}" for n in range(200)]
    assert set(real.cookies) == {None}


def test_the_key_is_in_no_repr(http):
    assert "secret" not in repr(http)
