"""REST: characters, conversations, keys, health, and the description of it all."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from urllib.parse import quote

import pytest
import requests
from rawclient import Scripted


class Api:
    def __init__(self, gateway: Any, key: Any = None) -> None:
        self._url = gateway.url
        self._headers = {"X-API-Key": key or gateway.api_key}

    def __call__(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        options["headers"] = {**self._headers, **options.get("headers", {})}
        answer = requests.request(method, self._url + path, timeout=10, **options)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def api(gateway: Any) -> Api:
    return Api(gateway)


CHARACTERS = "/api/v1/characters"


# --- keys


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": ""}, {"X-API-Key": "est_wrong"}, {"Authorization": "Bearer x"}])
@pytest.mark.parametrize("path", ["", "/x", "/x/players", "/x/players/y"])
def test_a_key_is_needed(gateway: Any, path: str, headers: dict[str, str]) -> None:
    answer = requests.get(gateway.url + CHARACTERS + path, headers=headers, timeout=10)
    assert answer.status_code == 401
    assert "API key" in answer.json()["detail"]
    assert "est_wrong" not in answer.text


def test_a_revoked_key_is_no_key(make_gateway: Any, tmp_path: Any) -> None:
    from estuary.gateway.keys import revoke_key

    gateway = make_gateway(db=tmp_path / "g.db")
    key = gateway.create_key("for a while")
    Api(gateway, key)("GET", CHARACTERS)
    assert revoke_key(tmp_path / "g.db", "for a while")
    Api(gateway, key)("GET", CHARACTERS, 401)


# --- characters


def test_a_character_lives(api: Api) -> None:
    made = api("POST", CHARACTERS, json={"persona": {"name": "Ada", "tagline": "counts"}, "llm": {"temperature": 0}})
    assert made["persona"]["name"] == made["name"] == "Ada"
    assert made["llm"]["temperature"] == made["llm_temperature"] == 0
    assert made["llm"]["verbosity"] == made["llm_verbosity"] == "medium"
    assert (made["text_only"], made["verbose"], made["is_public"], made["actions"]) == (True, False, False, [])
    path = f"{CHARACTERS}/{made['id']}"
    assert api("GET", path) == made
    assert made in api("GET", f"{CHARACTERS}?limit=100")["characters"]
    changed = api("PUT", path, json={"persona": {"tagline": "reckons"}, "tts": {"voice": "low"}, "is_public": True})
    assert changed["persona"] == {**made["persona"], "tagline": "reckons"}
    assert changed["llm"] == made["llm"]
    assert (changed["tts_voice"], changed["is_public"]) == ("low", True)
    assert changed["created_at"] == made["created_at"]
    assert changed["updated_at"] > made["updated_at"]
    assert api("GET", path) == changed
    assert api("DELETE", path, 204) is None
    api("GET", path, 404)
    api("PUT", path, 404, json={})
    assert "character not found" in api("DELETE", path, 404)["detail"]


def test_nothing_at_all_is_a_character(api: Api) -> None:
    made = api("POST", CHARACTERS, json={})
    assert made["name"] == "Character"
    api("POST", CHARACTERS, 422)
    api("POST", CHARACTERS, 422, data="{", headers={"Content-Type": "application/json"})


def test_null_goes_back_to_the_default(api: Api) -> None:
    made = api("POST", CHARACTERS, json={"llm": {"temperature": 0.1, "model": "m"}, "avatar": "https://a/b.png"})
    changed = api("PUT", f"{CHARACTERS}/{made['id']}", json={"llm": {"temperature": None}, "avatar": None})
    assert (changed["llm_temperature"], changed["llm_model"], changed["avatar"]) == (0.7, "m", None)


def test_actions_are_kept_and_replaced(api: Api) -> None:
    action = {
        "name": "navigate",
        "description": "Go",
        "parameters": [{"name": "target", "type": "string", "required": True, "description": "where"}],
    }
    made = api("POST", CHARACTERS, json={"actions": [action, {"name": "wave"}]})
    assert made["actions"] == [action, {"name": "wave", "description": "", "parameters": []}]
    changed = api("PUT", f"{CHARACTERS}/{made['id']}", json={"actions": [{"name": "bow"}]})
    assert [action["name"] for action in changed["actions"]] == ["bow"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"persona": {"name": ""}}, "name"),
        ({"persona": {"name": "x" * 101}}, "name"),
        ({"persona": {"name": 5}}, "name"),
        ({"persona": {"personality": "x" * 10_001}}, "personality"),
        ({"persona": {"system_prompt": "x" * 50_001}}, "system_prompt"),
        ({"persona": "Ada"}, "persona"),
        ({"llm": {"temperature": 2.1}}, "temperature"),
        ({"llm": {"temperature": "hot"}}, "temperature"),
        ({"llm": {"max_tokens": 0}}, "max_tokens"),
        ({"llm": {"verbosity": "extreme"}}, "verbosity"),
        ({"tts": {"speed": 5}}, "speed"),
        ({"stt": {"language": "x"}}, "language"),
        ({"vad": {"sensitivity": -0.1}}, "sensitivity"),
        ({"vad": {"min_speech_duration_ms": 10_001}}, "min_speech_duration_ms"),
        ({"vlm": {"model": 3}}, "model"),
        ({"avatar": "x" * 100_001}, "avatar"),
        ({"text_only": "perhaps"}, "text_only"),
        ({"actions": {}}, "actions"),
        ({"actions": [{}]}, "name"),
        ({"actions": [{"name": "has space"}]}, "name"),
        ({"actions": [{"name": "a"}, {"name": "a"}]}, "actions"),
        ({"actions": [{"name": f"a{number}"} for number in range(65)]}, "actions"),
        ({"actions": [{"name": "a", "parameters": [{"name": "p"}, {"name": "p"}]}]}, "parameters"),
        ({"actions": [{"name": "a", "parameters": [{"name": "p", "type": "Not A Type"}]}]}, "type"),
    ],
)
def test_limits_name_the_field(api: Api, gateway: Any, body: dict[str, Any], field: str) -> None:
    made = api("POST", CHARACTERS, json={})
    for method, path in (("POST", CHARACTERS), ("PUT", f"{CHARACTERS}/{made['id']}")):
        [problem] = api(method, path, 422, json=body)["detail"]
        assert problem["loc"][0] == "body"
        assert field in problem["loc"]
        assert problem["msg"]
    assert api("GET", f"{CHARACTERS}/{made['id']}") == made


def test_unknown_fields_are_tolerated(api: Api) -> None:
    made = api("POST", CHARACTERS, json={"persona": {"name": "Ada", "mood": "good"}, "weather": 1})
    assert "weather" not in made
    assert "mood" not in made["persona"]


def test_listing(make_gateway: Any) -> None:
    gateway = make_gateway()
    api = Api(gateway)
    ids = [gateway.character_id]
    for number in range(5):
        ids.append(api("POST", CHARACTERS, json={"persona": {"name": f"c{number}"}})["id"])
    page = api("GET", f"{CHARACTERS}?limit=4&offset=1")
    assert (page["total"], page["limit"], page["offset"]) == (6, 4, 1)
    assert [character["id"] for character in page["characters"]] == list(reversed(ids))[1:5]
    assert api("GET", CHARACTERS)["limit"] == 20
    hers = api("POST", CHARACTERS, json={}, headers={"X-Player-Id": "alice"})
    assert hers["player_id"] == "alice"
    assert api("GET", CHARACTERS, headers={"X-Player-Id": "bob"})["total"] == 6
    assert api("GET", CHARACTERS, headers={"X-Player-Id": "alice"})["total"] == 7
    for query in ("limit=0", "limit=101", "offset=-1", "limit=x"):
        name = query.split("=")[0]
        assert api("GET", f"{CHARACTERS}?{query}", 422)["detail"][0]["loc"] == ["query", name]


# --- conversations


def test_conversations(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted("Hello."))
    api = Api(gateway)
    base = f"{CHARACTERS}/{gateway.character_id}/players"
    assert api("GET", f"{base}/stats") == {
        "totalConversations": 0,
        "totalMessages": 0,
        "firstActivity": None,
        "lastActivity": None,
    }
    for player, texts in (("alice", 1), ("bob", 3), ("carol_1", 2), ("carolx1", 0)):
        client = connect(gateway, player)
        for number in range(texts):
            client.says(f"text {number}")
    stats = api("GET", f"{base}/stats")
    assert (stats["totalConversations"], stats["totalMessages"]) == (4, 12)
    first, last = (
        dt.datetime.fromisoformat(stats[name].replace("Z", "+00:00")) for name in ("firstActivity", "lastActivity")
    )
    assert first < last <= dt.datetime.now(dt.timezone.utc)
    assert first.tzinfo is not None

    def players(query: str) -> list[str]:
        return [item["playerId"] for item in api("GET", f"{base}?{query}")["conversations"]]

    assert players("sortBy=message_count") == ["bob", "carol_1", "alice", "carolx1"]
    assert players("sortBy=player_id&sortOrder=asc") == ["alice", "bob", "carol_1", "carolx1"]
    assert players("sortBy=created_at&sortOrder=asc&limit=2&offset=1") == ["bob", "carol_1"]
    assert players("playerSearch=AROL_") == ["carol_1"]
    assert players("minMessages=4&sortBy=player_id") == ["carol_1", "bob"]
    page = api("GET", base)
    assert (page["total"], page["limit"], page["offset"]) == (4, 50, 0)
    assert (page["sortBy"], page["sortOrder"]) == ("last_activity", "desc")
    assert set(page["conversations"][0]) == {
        "id",
        "characterId",
        "playerId",
        "messageCount",
        "createdAt",
        "lastActivity",
        "lastMemoryExtractionAt",
    }
    assert api("GET", f"{base}?sortBy=mood", 422)["detail"][0]["loc"] == ["query", "sortBy"]

    conversation = api("GET", f"{base}/bob")
    assert (conversation["messageCount"], conversation["characterId"]) == (6, gateway.character_id)
    answer = api("GET", f"{base}/bob/messages?limit=4&page=2")
    assert answer["pagination"] == {"page": 2, "limit": 4, "total": 6, "hasMore": False}
    assert [(message["role"], message["content"]) for message in answer["messages"]] == [
        ("user", "text 2"),
        ("assistant", "Hello."),
    ]
    assert {message["conversationId"] for message in answer["messages"]} == {conversation["id"]}
    assert set(answer["messages"][0]) >= {"id", "conversationId", "role", "content", "timestamp", "imageUrl"}
    assert api("GET", f"{base}/bob/messages?limit=4")["pagination"]["hasMore"] is True
    assert api("GET", f"{base}/bob/messages")["pagination"]["limit"] == 100

    assert api("DELETE", f"{base}/bob", 204) is None
    for method, path in (("GET", "bob"), ("DELETE", "bob"), ("GET", "bob/messages")):
        assert "not found" in api(method, f"{base}/{path}", 404)["detail"]
    assert connect(gateway, "bob").session["conversation_id"] != conversation["id"]
    assert api("GET", f"{base}/bob")["messageCount"] == 0


def test_a_conversation_that_is_removed_while_a_session_is_open(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted("Hello."))
    client = connect(gateway, "p")
    client.says("one")
    path = f"{CHARACTERS}/{gateway.character_id}/players/p"
    Api(gateway)("DELETE", path, 204)
    assert client.says("two") == "Hello."
    assert [message["content"] for message in Api(gateway)("GET", path + "/messages")["messages"]] == ["two", "Hello."]


@pytest.mark.parametrize("player", ["a b", "a/b", "ü/ñ", "100%", "a?b#c", "..", "a/messages/b", "@+&=;"])
def test_players_with_any_name(make_gateway: Any, connect: Any, player: str) -> None:
    gateway = make_gateway(chat=Scripted("Hello."))
    connect(gateway, player).says("hi")
    base = f"{gateway.url}{CHARACTERS}/{gateway.character_id}/players/"
    # requests would take dots out of the path
    request = requests.Request("GET", base, headers={"X-API-Key": gateway.api_key}).prepare()
    for path, key in ((quote(player, safe=""), "playerId"), (quote(player, safe="") + "/messages", "messages")):
        request.url = base + path
        with requests.Session() as session:
            answer = session.send(request, timeout=10)
        assert answer.status_code == 200, answer.text
        assert answer.json()[key] if key == "messages" else answer.json()[key] == player


@pytest.mark.parametrize("path", ["", "/stats", "/p", "/p/messages"])
def test_conversations_of_nobody(api: Api, path: str) -> None:
    assert "not found" in api("GET", f"{CHARACTERS}/{uuid.uuid4()}/players{path}", 404)["detail"]


def test_removing_a_character_removes_its_conversations(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted("Hello."))
    connect(gateway, "p").says("My name is Alice.")
    api = Api(gateway)
    api("DELETE", f"{CHARACTERS}/{gateway.character_id}", 204)
    api("GET", f"{CHARACTERS}/{gateway.character_id}/players/p", 404)


# --- the rest


def test_health(gateway: Any) -> None:
    answer = requests.get(f"{gateway.url}/health", timeout=10)
    body = answer.json()
    assert body["status"] == "ok"
    assert set(body["engines"]) == {"chat", "stt", "tts", "vad", "vlm", "memory", "embeddings"}
    assert body["engines"]["chat"] not in ("", "none")
    assert body["engines"]["vlm"] == "none"
    clock = dt.datetime.fromisoformat(body["time"].replace("Z", "+00:00"))
    assert abs((dt.datetime.now(dt.timezone.utc) - clock).total_seconds()) < 5


def test_the_description(gateway: Any) -> None:
    description = requests.get(f"{gateway.url}/openapi.json", timeout=10).json()
    paths = description["paths"]
    assert set(paths[f"{CHARACTERS}/{{character_id}}"]) == {"get", "put", "delete"}
    assert f"{CHARACTERS}/{{character_id}}/players/{{player_id}}/messages" in {
        path.replace(":path", "") for path in paths
    }
    for path, operations in paths.items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation["description"], path
    references = [word for word in str(description).split("'") if word.startswith("#/components/schemas/")]
    assert references
    for reference in references:
        assert reference.rsplit("/", 1)[-1] in description["components"]["schemas"]
    assert "swagger" in requests.get(f"{gateway.url}/docs", timeout=10).text


def test_no_such_route(gateway: Any) -> None:
    answer = requests.get(f"{gateway.url}/nowhere", timeout=10)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})
