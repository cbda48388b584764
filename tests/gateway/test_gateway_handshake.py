"""Coming in: what a client is told when it may, and when it may not."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
import requests
import socketio
from rawclient import Closed, RawClient


def test_session_info(gateway: Any, connect: Any, player: str) -> None:
    first = connect(gateway, player)
    assert [event for event, _ in first.seen] == ["connect", "session_info"]
    assert first.session["character_id"] == gateway.character_id
    assert first.session["player_id"] == player
    second = connect(gateway, player)
    assert second.session["conversation_id"] == first.session["conversation_id"]
    assert second.session["session_id"] != first.session["session_id"]
    other = connect(gateway, player + "-other")
    assert other.session["conversation_id"] != first.session["conversation_id"]


@pytest.mark.parametrize(
    ("auth", "reason"),
    [
        ({"api_key": "est_wrong_but_long_enough_to_be_one"}, "API key is not valid"),
        ({"api_key": ""}, "no API key"),
        ({"api_key": None}, "no API key"),
        ({"api_key": 17}, "no API key"),
        ({"api_key": None, "client_token": "ect_something"}, "not restricted client tokens"),
        ({"api_key": "sst_nobody_knows_this"}, "session token is not valid"),
        ({"character_id": str(uuid.uuid4())}, "character not found"),
        ({"character_id": "no such thing"}, "character not found"),
        ({"character_id": None}, "character_id is missing"),
        ({"character_id": 5}, "character_id must be a string"),
        ({"player_id": ""}, "player_id is missing"),
        ({"player_id": "a\x00b"}, "player_id must"),
        ({"player_id": "\ud800"}, "player_id must"),
        ({"player_id": "x" * 256}, "player_id must"),
        ({"audio_sample_rate": 8000}, "audio_sample_rate"),
        ({"audio_sample_rate": 48001}, "audio_sample_rate"),
        ({"audio_sample_rate": "24000"}, "audio_sample_rate"),
        ({"audio_sample_rate": True}, "audio_sample_rate"),
        ({"capabilities": ["client_action"]}, "capabilities must be an object"),
    ],
)
def test_refusals_say_why(gateway: Any, connect: Any, player: str, auth: dict[str, Any], reason: str) -> None:
    client = connect(gateway, player, expect_session=False, **auth)
    assert client.next() == ("connect", None)
    event, payload = client.next()
    assert event == "auth_error"
    assert reason in payload["error"]
    assert client.next() == ("disconnect", None)
    if auth.get("api_key"):
        assert str(auth["api_key"]) not in payload["error"]


@pytest.mark.parametrize("auth", [None, [], "est_key", 3])
def test_an_auth_that_is_no_object(gateway: Any, auth: Any) -> None:
    with RawClient(gateway.url) as client:
        client.open(auth)
        assert client.next() == ("connect", None)
        event, payload = client.next()
        assert (event, "auth object" in payload["error"]) == ("auth_error", True)
        assert client.next() == ("disconnect", None)


def test_who_was_sent_away_can_say_nothing(gateway: Any, connect: Any, player: str) -> None:
    client = connect(gateway, player, expect_session=False, api_key="est_wrong_key")
    client.until("disconnect")
    client.send("text", {"text": "let me in"})
    # and the connection ends, although this client does not end it
    assert client.closed(timeout=15) == []


def test_socketio_client_hears_the_reason(gateway: Any, player: str) -> None:
    heard: list[Any] = []
    gone = threading.Event()
    client = socketio.Client(reconnection=False, handle_sigint=False)
    client.on("auth_error", heard.append, namespace="/sdk")
    client.on("disconnect", lambda reason: gone.set(), namespace="/sdk")
    auth = {"api_key": "est_wrong_key", "character_id": gateway.character_id, "player_id": player}
    client.connect(gateway.url, namespaces=["/sdk"], transports=["websocket"], auth=auth)
    assert gone.wait(10)
    client.wait()
    assert heard == [{"error": "the API key is not valid"}]


def test_session_token(gateway: Any, connect: Any, player: str) -> None:
    token = gateway.create_session_token(gateway.character_id, player)
    assert token.startswith("sst_")
    client = connect(gateway, player, api_key=token)
    assert client.session["player_id"] == player
    other = connect(gateway, player + "2", api_key=token, expect_session=False)
    assert "another character or player" in other.until("auth_error")["error"]
    expired = gateway.create_session_token(gateway.character_id, player, expires_in=-1)
    late = connect(gateway, player, api_key=expired, expect_session=False)
    assert "its time is over" in late.until("auth_error")["error"]
    answer = requests.get(f"{gateway.url}/api/v1/characters", headers={"X-API-Key": token}, timeout=10)
    assert answer.status_code == 401
    assert "session token" in answer.json()["detail"]


def test_too_many_sessions(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(max_sessions=2)
    first = connect(gateway, "a")
    connect(gateway, "b")
    third = connect(gateway, "c", expect_session=False)
    assert third.next() == ("connect", None)
    assert third.next() == ("session_rejected", {"reason": "concurrent_limit", "cap": 2, "share_token_id": None})
    assert third.next() == ("disconnect", None)
    # another key has its own sessions
    connect(gateway, "c", api_key=gateway.create_key("other"))
    first.raw("41/sdk,")
    first.send("text", {"text": "an event of a session that has ended"})
    with pytest.raises(Closed):
        first.next(timeout=15)
    connect(gateway, "d")


def test_only_websocket(gateway: Any) -> None:
    answer = requests.get(f"{gateway.url}/socket.io/?EIO=4&transport=polling", timeout=10)
    assert answer.status_code == 400


def test_other_namespaces_are_refused(gateway: Any) -> None:
    with RawClient(gateway.url) as client:
        client.raw("40/elsewhere,{}")
        with pytest.raises(AssertionError, match="44/elsewhere"):
            client.next()
