"""Bodies that are too large, and others that nobody should send."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from estuary.gateway.rest.limit import MAX_BODY

CHARACTERS = "/api/v1/characters"


def post(gateway: Any, data: Any, **headers: str) -> requests.Response:
    headers = {"X-API-Key": gateway.api_key, "Content-Type": "application/json", **headers}
    return requests.post(gateway.url + CHARACTERS, data=data, headers=headers, timeout=20)


def test_a_body_that_is_too_large(gateway: Any) -> None:
    answer = post(gateway, b'"' + bytes(MAX_BODY) + b'"')
    assert answer.status_code == 413
    assert answer.json() == {"detail": f"the request's body is too large: {MAX_BODY:,} bytes are allowed"}
    # without telling beforehand how much it is
    answer = post(gateway, pieces(MAX_BODY + 1))
    assert answer.status_code == 413
    assert "too large" in answer.json()["detail"]
    assert post(gateway, b"{}").status_code == 200


def pieces(size: int) -> Iterator[bytes]:
    while size > 0:
        yield b" " * min(size, 1 << 20)
        size -= 1 << 20


def test_a_body_that_is_large_enough(gateway: Any) -> None:
    answer = post(gateway, b" " * (MAX_BODY - 2) + b"{}")
    assert answer.status_code == 200
    answer = post(gateway, pieces(5 << 20))
    assert answer.status_code == 422  # it is all blanks


def test_a_body_without_end_is_not_read_for_ever(gateway: Any) -> None:
    host, port = gateway.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as sock:
        head = f"POST {CHARACTERS} HTTP/1.1\r\nHost: x\r\nX-API-Key: {gateway.api_key}\r\n"
        sock.sendall(f"{head}Content-Length: {10**12}\r\n\r\n".encode())
        piece = bytes(1 << 20)
        sent = 0
        with contextlib.suppress(OSError):
            for _ in range(200):
                sock.sendall(piece)
                sent += 1
        assert sent < 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"llm": {"temperature": NaN}}',
        b'{"llm": {"temperature": Infinity}}',
        b'{"llm": {"temperature": 1e999}}',
        b'{"llm": {"max_tokens": ' + b"9" * 400 + b"}}",
        b'{"llm": {"max_tokens": ' + b"9" * 5000 + b"}}",
        b'{"persona": {"name": "\\ud800"}}',
        b'{"persona": 5, "\\udfff": NaN}',
        b'{"tts": {"speed": "\\ud800"}}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b'"text"',
        b"null",
        b"",
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
def test_bodies_that_make_no_sense(gateway: Any, body: bytes) -> None:
    paths = [CHARACTERS, f"{CHARACTERS}/{gateway.character_id}", f"{CHARACTERS}/{gateway.character_id}/model"]
    for method, path in zip(("POST", "PUT", "POST"), paths):
        headers = {"X-API-Key": gateway.api_key, "Content-Type": "application/json"}
        answer = requests.request(method, gateway.url + path, data=body, headers=headers, timeout=20)
        if path.endswith("/model") and answer.status_code in (200, 409):
            continue  # it takes no body too, and what is not its own
        assert answer.status_code in (400, 422), (method, path, answer.text)
        assert answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        f"?offset={10**30}",
        f"?offset={2**63}",
        "?limit=1e3",
        "/%00",
        "/%ff%fe",
        "/x/players/%00",
        f"/x/players?minMessages={10**30}&playerSearch=%00",
        f"/x/players?offset={10**20}",
        f"/x/players/y/messages?page={10**30}",
    ],
)
def test_addresses_that_make_no_sense(gateway: Any, path: str) -> None:
    path = path.replace("/x/", f"/{gateway.character_id}/")
    answer = requests.get(gateway.url + CHARACTERS + path, headers={"X-API-Key": gateway.api_key}, timeout=20)
    assert answer.status_code in (404, 422), answer.text
