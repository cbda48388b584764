"""Share links: made, redeemed, used in a session, revoked."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from typing import Any

import pytest
import requests
from rawclient import Scripted

import estuary
from estuary.errors import AuthenticationError, QuotaExceeded
from estuary.gateway.storage import shares as storage

SHARE = "/api/v1/share"


class Api:
    def __init__(self, gateway: Any) -> None:
        self._url = gateway.url
        self._key = gateway.api_key
        self._character = gateway.character_id

    def __call__(self, method: str, path: str, status: int = 200, *, key: bool = True, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._key}"} if key else {}
        answer = requests.request(method, self._url + path, timeout=10, headers=headers, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def share(self, **body: Any) -> Any:
        return self("POST", SHARE, json={"characterId": self._character, **body})

    def exchange(self, share: Any, recipient: Any = None, status: int = 200) -> Any:
        body = {} if recipient is None else {"recipientId": recipient}
        return self("POST", f"{SHARE}/{share['token']}/exchange", status, key=False, json=body)

    def open(self, name: str, status: int = 200, **options: Any) -> Any:
        return self("POST", f"{SHARE}/{name}/open", status, key=False, **options)


@pytest.fixture
def api(gateway: Any) -> Api:
    return Api(gateway)


def session_of(granted: Any, **options: Any) -> estuary.Session:
    return estuary.Session(
        api_key=granted["sessionToken"],
        character_id=granted["characterId"],
        player_id=granted["playerId"],
        server_url=granted["serverUrl"],
        **options,
    )


def test_from_the_link_to_its_end(make_gateway: Any) -> None:
    gateway = make_gateway(chat=Scripted("Hello there."))
    ended = threading.Event()
    with estuary.Client(api_key=gateway.api_key, server_url=gateway.url) as owner:
        share = owner.shares.create(gateway.character_id, ttl="24h")
        # the recipient has no key, only the link
        with estuary.Client(server_url=gateway.url, api_key="") as recipient:
            granted = recipient.shares.exchange(share.token, "bob")
        assert granted.session_token.startswith("sst_")
        session = estuary.Session(
            api_key=granted.session_token,
            character_id=granted.character_id,
            player_id=granted.player_id,
            server_url=granted.server_url,
        )
        session.on("disconnected", lambda _: ended.set())
        try:
            assert session.send("Hi!").text == "Hello there."
            said = owner.conversations.messages(gateway.character_id, granted.player_id)
            assert [message.content for message in said] == ["Hi!", "Hello there."]

            told = owner.shares.revoke(share.raw["id"])
            assert told == {"revoked": True, "killedSessions": 1, "removedSessionBlobs": 1}
            assert ended.wait(10)
            with pytest.raises(AuthenticationError, match="session token is not valid"):
                session.send("Still there?")
        finally:
            session.close()
        with pytest.raises(estuary.errors.APIError, match="revoked") as caught:
            owner.shares.exchange(share.token, "bob")
        assert caught.value.status == 410
        # what was said stays
        assert owner.conversations.get(gateway.character_id, granted.player_id).message_count == 2


def test_what_a_link_is(api: Api, gateway: Any) -> None:
    before = dt.datetime.now(dt.timezone.utc)
    for ttl, days in (("24h", 1), ("7d", 7), ("30d", 30), ("90d", 90)):
        share = api.share(ttl=ttl)
        assert set(share) == {"id", "token", "shareUrl", "expiresAt"}
        assert share["token"] not in share["id"]
        assert share["shareUrl"] == f"{gateway.url}/share/{share['token']}"
        expires = dt.datetime.fromisoformat(share["expiresAt"].replace("Z", "+00:00"))
        assert dt.timedelta() <= expires - before - dt.timedelta(days=days) < dt.timedelta(minutes=1)
    share = api.share(permanent=True)
    assert share["expiresAt"] is None
    assert share["anchorUrl"] == f"{gateway.url}/share/{share['id']}"


@pytest.mark.parametrize(
    "body",
    [
        {"ttl": "1y"},
        {"memorySharing": "some"},
        {"maxExchanges": 0},
        {"maxExchanges": 101},
        {"maxInteractions": 0},
        {"permanent": "perhaps"},
        {"characterId": 5},
    ],
)
def test_links_that_can_not_be(api: Api, gateway: Any, body: Any) -> None:
    api("POST", SHARE, 422, json={"characterId": gateway.character_id, **body})


def test_of_whom(api: Api) -> None:
    assert "character not found" in api("POST", SHARE, 404, json={"characterId": "nobody"})["detail"]
    api("POST", SHARE, 422, json={})


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer est_wrong"}, {"Authorization": "Basic eDp5"}, {"X-API-Key": "right"}]
)
def test_the_key_is_a_bearer_token(gateway: Any, headers: dict[str, str]) -> None:
    headers = {name: gateway.api_key if value == "right" else value for name, value in headers.items()}
    for method, path in (("POST", ""), ("DELETE", "/x")):
        answer = requests.request(
            method, gateway.url + SHARE + path, headers=headers, json={"characterId": gateway.character_id}, timeout=10
        )
        assert answer.status_code == 401
        assert "API key" in answer.json()["detail"]


def test_isolated_recipients_are_players_of_their_own(api: Api, gateway: Any) -> None:
    share = api.share(maxExchanges=2)
    assert "recipientId" in str(api.exchange(share, status=422)["detail"])
    alice, bob = api.exchange(share, "alice"), api.exchange(share, "bob")
    assert alice["playerId"] != bob["playerId"]
    assert alice["sessionToken"] != bob["sessionToken"]
    assert alice["serverUrl"] == gateway.url
    assert alice["characterId"] == gateway.character_id == alice["character"]["id"]
    assert "system_prompt" not in alice["character"]
    # the same one again is the same player, and does not count; a third one is too many
    again = api.exchange(share, "alice")
    assert again["playerId"] == alice["playerId"]
    assert "recipients" in api.exchange(share, "carol", 403)["detail"]
    assert api.exchange(share, "bob")["playerId"] == bob["playerId"]


def test_shared_recipients_are_one_player(api: Api) -> None:
    share = api.share(memorySharing="shared", maxExchanges=3)
    players = {api.exchange(share, name)["playerId"] for name in ("alice", "bob", None)}
    assert len(players) == 1
    api.exchange(share, None, 403)
    api.exchange(share, "alice")


def test_many_at_once_do_not_count_past_the_limit(api: Api) -> None:
    share = api.share(maxExchanges=3)
    barrier = threading.Barrier(8)
    answers: list[int] = []

    def redeem(name: str) -> None:
        barrier.wait(10)
        url = f"{api._url}{SHARE}/{share['token']}/exchange"
        answers.append(requests.post(url, json={"recipientId": name}, timeout=10).status_code)

    threads = [threading.Thread(target=redeem, args=(f"p{number % 6}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {200, 403}
    redeemed = {name for name in (f"p{number}" for number in range(6)) if _status(api, share, name) == 200}
    assert len(redeemed) == 3


def _status(api: Api, share: Any, name: str) -> int:
    url = f"{api._url}{SHARE}/{share['token']}/exchange"
    return requests.post(url, json={"recipientId": name}, timeout=10).status_code


def test_permanent_links_are_opened(api: Api) -> None:
    share = api.share(permanent=True, maxExchanges=1)
    # by its id and by its token; without a body too; whoever does not say who they are is somebody new
    first, second = api.open(share["id"]), api.open(share["token"], json={})
    assert first["playerId"] != second["playerId"]
    known = [api.open(share["id"], json={"recipientId": "alice"})["playerId"] for _ in range(2)]
    assert known[0] == known[1]
    assert api.exchange(share, "alice")["playerId"] == known[0]
    # one that expires is not opened, by whatever name
    other = api.share()
    for name in (other["id"], other["token"], "nothing"):
        assert "permanent" in api.open(name, 404, json={"recipientId": "x"})["detail"]


def test_a_link_that_has_expired(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    share = api.share(ttl="24h")
    granted = api.exchange(share, "alice")
    later = dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=25)
    monkeypatch.setattr(storage, "now", lambda: later)
    assert "expired" in api.exchange(share, "alice", 410)["detail"]
    monkeypatch.setattr("estuary.gateway.storage.keys.now", lambda: later)
    session = session_of(granted)
    try:
        with pytest.raises(AuthenticationError, match="time is over"):
            session.connect()
    finally:
        session.close()


def test_tokens_that_are_none(api: Api) -> None:
    for token in ("sht_nothing", "x", "sst_" + "a" * 40):
        detail = api("POST", f"{SHARE}/{token}/exchange", 404, key=False, json={"recipientId": "x"})["detail"]
        assert token not in detail
    share = api.share()
    api("POST", f"{SHARE}/{share['id']}/exchange", 404, key=False, json={"recipientId": "x"})
    # neither is one good for REST
    granted = api.exchange(share, "x")
    headers = {"X-API-Key": granted["sessionToken"]}
    assert requests.get(f"{api._url}/api/v1/characters", headers=headers, timeout=10).status_code == 401


def test_so_many_messages_and_no_more(make_gateway: Any) -> None:
    gateway = make_gateway(chat=Scripted("Yes."))
    api = Api(gateway)
    share = api.share(maxInteractions=2)
    with session_of(api.exchange(share, "alice")) as session:
        assert [session.send(text).text for text in ("one", "two")] == ["Yes.", "Yes."]
        with pytest.raises(QuotaExceeded) as caught:
            session.send("three")
        assert (caught.value.current, caught.value.limit) == (2, 2)
    # another token for the same recipient does not begin at nought; another recipient does
    with session_of(api.exchange(share, "alice")) as session, pytest.raises(QuotaExceeded):
        session.send("three")
    with session_of(api.exchange(share, "bob")) as session:
        assert session.send("one").text == "Yes."


def test_the_quota_of_the_gateway_holds_for_guests_too(make_gateway: Any) -> None:
    gateway = make_gateway(chat=Scripted("Yes."), quota=1)
    api = Api(gateway)
    with session_of(api.exchange(api.share(maxInteractions=5), "alice")) as session:
        session.send("one")
        with pytest.raises(QuotaExceeded):
            session.send("two")


def test_a_revocation_ends_its_own_sessions_only(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted("Yes."))
    api = Api(gateway)
    one, other = api.share(), api.share()
    granted = [api.exchange(one, "alice"), api.exchange(one, "bob"), api.exchange(other, "alice")]
    clients = [connect(gateway, each["playerId"], api_key=each["sessionToken"]) for each in granted]
    owner = connect(gateway, "owner")
    assert api("DELETE", f"{SHARE}/{one['id']}") == {
        "revoked": True, "killedSessions": 2, "removedSessionBlobs": 2
    }  # fmt: skip
    for client in clients[:2]:
        assert "revoked" in client.until("auth_error")["error"]
        client.closed()
    assert clients[2].says("hi") == owner.says("hi") == "Yes."
    # again is allowed, and changes nothing
    assert api("DELETE", f"{SHARE}/{one['id']}") == {"revoked": True, "killedSessions": 0, "removedSessionBlobs": 0}
    api("DELETE", f"{SHARE}/{one['token']}", 404)
    api("DELETE", f"{SHARE}/nothing", 404)


def test_guests_go_when_their_token_does(make_gateway: Any, connect: Any, tmp_path: Any) -> None:
    """A revocation by another process, seen when the tokens are looked at."""
    gateway = make_gateway(db=tmp_path / "g.db", chat=Scripted("Yes."))
    gateway._app.namespace.guests._interval = 0.05
    api = Api(gateway)
    share = api.share()
    granted = api.exchange(share, "alice")
    client = connect(gateway, granted["playerId"], api_key=granted["sessionToken"])
    from estuary.gateway.storage.database import Database

    elsewhere = Database(tmp_path / "g.db")
    try:
        revoked = storage.ShareStore(elsewhere).revoke(share["id"])
        assert revoked is not None
        assert len(revoked.tokens) == 1
    finally:
        elsewhere.close()
    assert "no longer valid" in client.until("auth_error")["error"]
    client.closed()


def test_tokens_are_stored_as_hashes_only(make_gateway: Any, tmp_path: Any) -> None:
    with make_gateway(db=tmp_path / "g.db") as gateway:
        api = Api(gateway)
        share = api.share()
        secrets = [share["token"], api.exchange(share, "alice@example.org")["sessionToken"], "alice@example.org"]
    with sqlite3.connect(tmp_path / "g.db") as database:
        dump = "\n".join(database.iterdump())
    database.close()
    for secret in secrets:
        assert secret not in dump


def test_removing_the_character_removes_its_links(api: Api, gateway: Any) -> None:
    character = gateway.create_character(persona={"name": "Ada"})
    share = api.share(characterId=character)
    headers = {"X-API-Key": gateway.api_key}
    requests.delete(f"{gateway.url}/api/v1/characters/{character}", headers=headers, timeout=10).raise_for_status()
    api.exchange(share, "alice", 404)


def test_where_the_link_leads(api: Api, gateway: Any) -> None:
    character = gateway.create_character(persona={"name": "<b>Ada</b>", "tagline": "counts & reckons"})
    share = api.share(characterId=character, permanent=True)
    for url in (share["shareUrl"], share["anchorUrl"]):
        answer = requests.get(url, timeout=10)
        assert answer.status_code == 200
        assert "&lt;b&gt;Ada&lt;/b&gt;" in answer.text
        assert "counts &amp; reckons" in answer.text
        assert share["token"] not in answer.text
        assert "no-referrer" in answer.headers["Referrer-Policy"]
    api("DELETE", f"{SHARE}/{share['id']}")
    assert requests.get(share["shareUrl"], timeout=10).status_code == 404
