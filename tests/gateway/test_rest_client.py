"""Our own client against the gateway: every route of the REST API, and what comes of it."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from rawclient import Scripted

import estuary
from estuary.errors import APIError, BadRequest, ConfigError, NotFound, PermissionDenied
from estuary.rest import http

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def client(gateway: Any) -> Iterator[estuary.Client]:
    with estuary.Client(api_key=gateway.api_key, server_url=gateway.url) as made:
        yield made


@pytest.fixture
def settled(make_gateway: Any) -> Any:
    """A gateway on which Alice has said what is worth remembering, and the pair's client."""
    gateway = make_gateway(chat=Scripted("I see."))
    with gateway.session(player_id="alice") as session:
        for text in ("My name is Alice and I live in Oslo.", "I love dark roast coffee.", "My sister Eva has a dog."):
            session.send(text)
    return gateway


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 32), (180, 40, 60)).save(file, "PNG")
    return file.getvalue()


def test_characters(client: estuary.Client, player: str) -> None:
    actions = [{"name": "go", "parameters": [{"name": "to", "type": "string", "required": True}]}]
    made = client.characters.create(
        "Ada", tagline="counts", llm_temperature=0.25, tts_speed=1.5, vad_sensitivity=0.75, actions=actions
    )
    assert (made.name, made.tagline, made.llm_temperature, made.tts_speed) == ("Ada", "counts", 0.25, 1.5)
    assert made.actions[0].parameters[0]["required"] is True
    changed = client.characters.update(made.id, tagline="reckons", llm_max_tokens=5)
    assert (changed.name, changed.tagline) == ("Ada", "reckons")
    assert (changed.llm_temperature, changed.llm_max_tokens) == (0.25, 5)
    assert client.characters.get(made.id) == changed
    assert made.id in {each.id for each in client.characters.list(player_id=player, page_size=3)}
    client.characters.delete(made.id)
    for call in (client.characters.get, client.characters.delete):
        with pytest.raises(NotFound, match="character not found"):
            call(made.id)
    with pytest.raises(BadRequest, match=r"llm\.temperature"):
        client.characters.create("Ada", llm_temperature=5.0)


def test_conversations(settled: Any) -> None:
    with estuary.Client(api_key=settled.api_key, server_url=settled.url) as client:
        stats = client.conversations.stats(settled.character_id)
        assert (stats.total_conversations, stats.total_messages) == (1, 6)
        listed = client.conversations.list(
            settled.character_id, sort_by="message_count", sort_order="asc", player_search="lic", min_messages=2
        )
        (conversation,) = listed
        assert (conversation.player_id, conversation.message_count, listed.total) == ("alice", 6, 1)
        assert client.conversations.get(settled.character_id, "alice").id == conversation.id
        messages = list(client.conversations.messages(settled.character_id, "alice", page_size=4))
        assert [message.role for message in messages] == ["user", "assistant"] * 3
        assert messages[0].content.startswith("My name")
        assert messages[0].timestamp is not None
        assert messages[0].timestamp.tzinfo is not None
        client.conversations.delete(settled.character_id, "alice")
        with pytest.raises(NotFound):
            client.conversations.get(settled.character_id, "alice")


def test_memories(settled: Any) -> None:
    with estuary.Client(api_key=settled.api_key, server_url=settled.url) as client:
        memories = client.memories(settled.character_id, "alice")
        found = remembered(memories, "Eva")  # what was said last
        assert any("coffee" in memory.content for memory in found)
        assert all(memory.player_id == "alice" and memory.created_at is not None for memory in found)
        active = memories.list(status="active", page_size=2)
        assert {memory.id for memory in active} == {memory.id for memory in found if memory.status == "active"}
        preferences = memories.list(memory_type="preference")
        assert {memory.memory_type for memory in preferences} == {"preference"}
        best = memories.search("what does she drink?", limit=3)
        assert "coffee" in best[0].content
        assert {match.memory_id for match in best} <= {memory.id for memory in found}
        facts = {fact.key: fact.value for fact in memories.core_facts()}
        assert (facts["name"], facts["location"]) == ("Alice", "Oslo")
        today = dt.datetime.now(dt.timezone.utc).date()
        start = today - dt.timedelta(days=1)
        groups = memories.timeline(start=start, end=today + dt.timedelta(days=1), group_by="month")
        assert sum(len(group.memories) for group in groups) >= len(list(active))
        stats = memories.stats()
        assert stats.total_active == memories.list(status="active").total
        assert stats.core_facts == len(memories.core_facts())
        graph = memories.graph(include_entities=True, include_character_memories=True)
        assert {"user", "memory", "entity"} <= {node.type for node in graph.nodes}
        known = {node.id for node in graph.nodes}
        assert all(edge.source in known and edge.target in known for edge in graph.edges)
        assert not any(node.type == "entity" for node in memories.graph(include_entities=False).nodes)
        with pytest.raises(ConfigError, match="confirm"):
            memories.delete_all()
        assert memories.delete_all(confirm=True) >= len(list(active))
        assert list(memories.list()) == []


def remembered(memories: Any, word: str) -> list[Any]:
    """The memories, when the one with this word is among them. They are drawn after the turn."""
    once_more = threading.Event()
    for _ in range(200):
        found = list(memories.list(page_size=2))
        if any(word in memory.content for memory in found) and memories.core_facts():
            return found
        once_more.wait(0.05)
    raise AssertionError(f"nothing of {word!r} is remembered")


def test_the_session_s_own(settled: Any) -> None:
    with settled.session(player_id="alice") as session:
        remembered(session.memories, "coffee")
        assert "coffee" in session.memories.search("coffee")[0].content
        assert next(iter(session.history())).content.startswith("My name")


def test_analytics(settled: Any) -> None:
    with estuary.Client(api_key=settled.api_key, server_url=settled.url) as client:
        activity = client.analytics.activity(settled.character_id)
        assert sum(day["messages"] for day in activity.to_dicts()) == 6
        assert client.analytics.conversations(settled.character_id).total_messages == 6
        assert [row.player_id for row in client.analytics.players(settled.character_id)] == ["alice"]
        assert len(client.analytics.retention(settled.character_id)) == 1
        remembered(client.memories(settled.character_id, "alice"), "coffee")
        assert len(client.analytics.memory_growth(settled.character_id, "alice")) == 1
        assert len(client.analytics.memories(settled.character_id)) == 1


def test_generation(client: estuary.Client, player: str) -> None:
    made = client.generation.character_from_image(picture(), player_id=player, idempotency_key=f"{player}-1")
    assert made.player_id == player
    assert made.source_image_url is not None
    assert made.source_image_url.startswith(client._http.base_url)
    again = client.generation.character_from_image(picture(), player_id=player, idempotency_key=f"{player}-1")
    assert again == made
    with pytest.raises(BadRequest, match="image") as caught:
        client.generation.character_from_image(b"\xff\xd8\xff and so on", player_id=player)
    assert caught.value.idempotency_key
    with pytest.raises(NotFound, match="no 3D model"):
        client.generation.model_status(made.id)
    begun = client.generation.start_model(made.id, rigged=True, player_id=player)
    assert (begun.status, begun.is_over) == ("pending", False)
    done = client.generation.wait_for_model(made.id, timeout=30, interval=0.05)
    assert (done.status, done.progress, done.animations) == ("completed", 100, ["idle", "wave"])
    for url in (done.url, done.preview_url, done.thumbnail_url):
        assert requests.get(str(url), timeout=10).status_code == 200
    shown = client.characters.get(made.id)
    assert (shown.model_status, shown.model_url) == ("completed", done.url)


def test_shares(client: estuary.Client, gateway: Any) -> None:
    share = client.shares.create(gateway.character_id, ttl="30d", memory_sharing="shared", max_interactions=3)
    assert share.expires_at is not None
    assert share.anchor_url is None
    assert share.token in share.url
    granted = client.shares.exchange(share.token)
    assert granted.player_id == client.shares.exchange(share.token, "somebody").player_id
    assert granted.character["id"] == gateway.character_id
    told = client.shares.revoke(share.raw["id"])
    assert told == {"revoked": True, "killedSessions": 0, "removedSessionBlobs": 2}
    for_ever = client.shares.create(gateway.character_id, permanent=True)
    assert for_ever.expires_at is None
    name = str(for_ever.anchor_url).rpartition("/")[2]
    assert client.shares.open(name, "x").player_id == client.shares.open(for_ever.token, "x").player_id
    with pytest.raises(APIError, match="no share link"):
        client.shares.revoke("nothing")


def test_a_wrong_key(gateway: Any) -> None:
    with estuary.Client(api_key="est_certainly-not-one", server_url=gateway.url) as client:
        for call in (
            lambda: client.characters.get("x"),
            lambda: client.shares.create(gateway.character_id),
            lambda: client.memories("x", "y").stats(),
            lambda: client.generation.character_from_image(picture(), player_id="x"),
        ):
            with pytest.raises(PermissionDenied, match="not valid") as caught:
                call()
            assert "certainly" not in str(caught.value)


def test_every_route_was_asked_for(gateway: Any, player: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the gateway describes is what our client can call, but for what only this gateway has."""
    called: set[tuple[str, str]] = set()

    class Told(Exception):
        pass

    def note(self: Any, method: str, route: str, **options: Any) -> Any:
        called.add((method.lower(), route))
        raise Told

    monkeypatch.setattr(http.HTTP, "call", note)
    client = estuary.Client(api_key=gateway.api_key, server_url=gateway.url)
    memories = client.memories("C", "P")
    calls: list[Any] = [
        lambda: client.characters.create("x"),
        lambda: list(client.characters.list()),
        lambda: client.characters.get("C"),
        lambda: client.characters.update("C", name="x"),
        lambda: client.characters.delete("C"),
        lambda: client.conversations.stats("C"),
        lambda: list(client.conversations.list("C")),
        lambda: client.conversations.get("C", "P"),
        lambda: list(client.conversations.messages("C", "P")),
        lambda: client.conversations.delete("C", "P"),
        lambda: list(memories.list()),
        memories.timeline,
        memories.stats,
        memories.core_facts,
        memories.graph,
        lambda: memories.search("x"),
        lambda: memories.delete_all(confirm=True),
        lambda: client.generation.character_from_image(picture(), player_id="P"),
        lambda: client.generation.start_model("C"),
        lambda: client.generation.model_status("C"),
        lambda: client.shares.create("C"),
        lambda: client.shares.exchange("T"),
        lambda: client.shares.open("S"),
        lambda: client.shares.revoke("S"),
    ]
    for call in calls:
        with contextlib.suppress(Told):
            call()
    names = {"C": "{character_id}", "P": "{player_id}", "T": "{token}", "S": "{share_id}"}
    asked = {(method, re.sub(r"(?<=/)[CPTS](?=/|$)", lambda m: names[m[0]], route)) for method, route in called}
    description = requests.get(f"{gateway.url}/openapi.json", timeout=10).json()
    offered = {
        (method, path.replace(":path", ""))
        for path, operations in description["paths"].items()
        for method in operations
        if path.startswith("/api/v1/")
    }
    memory = "/api/v1/characters/{character_id}/players/{player_id}/memories"
    own = {("get", "/api/v1/files/{name}"), ("get", f"{memory}/export"), ("post", f"{memory}/import")}
    assert asked == offered - own
