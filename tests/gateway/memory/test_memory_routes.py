"""The routes of protocol.md, section 8, read by our client, by the published SDK, and by hand."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import Any

import pytest

pytest.importorskip("wordllama")

import requests
from attrs import frozen
from scene import Scene
from sqlalchemy import insert, update

from estuary import Client
from estuary.errors import BadRequest, NotFound
from estuary.gateway.memory.base import Candidate, Entity, FactChange, Relation
from estuary.gateway.memory.graph import Graphs
from estuary.gateway.memory.store import memories
from estuary.gateway.memory.transfer import Document, Transfer
from estuary.gateway.storage.database import Database

UTC = dt.timezone.utc
MEMORY_FIELDS = {
    "id", "userId", "agentId", "playerId", "content", "memoryType", "confidence", "status", "sourceConversationId",
    "sourceQuote", "source", "topic", "secondaryTopics", "lastAccessedAt", "accessCount", "extractedAt", "createdAt",
    "updatedAt",
}  # fmt: skip


def single(key: str, value: str) -> FactChange:
    return FactChange(key, value, replaces=True)


def fill(scene: Scene) -> None:
    """Things that a player told, one of them corrected."""
    coffee = "Prefers dark roast coffee"
    scene.tell(
        Candidate("Is called Alice", "fact", 0.95, "name", quote="I'm Alice", fact=single("name", "Alice")),
        Candidate("Lives in Lyon", "fact", 0.9, "home", entities=["Lyon"], fact=single("location", "Lyon")),
        entities=[Entity("Lyon", "place")],
        relations=[Relation("user", "lives in", "Lyon", 0.9)],
    )  # fmt: skip
    scene.tell(
        Candidate("Sister Anna is a doctor in Berlin", "relationship", 0.85, "family", entities=["Anna", "Berlin"]),
        Candidate(coffee, "preference", 0.8, "drink", fact=FactChange("interests", "dark roast coffee")),
        entities=[Entity("Anna", "person", ["Annie"], "sister"), Entity("Berlin", "place")],
        relations=[Relation("user", "sister", "Anna"), Relation("Anna", "lives in", "Berlin")],
    )
    scene.tell(
        Candidate(
            "Lives in Paris", "correction", 0.95, "home", entities=["Paris"],
            fact=single("location", "Paris"), supersedes=["Lyon"],
        ),
        Candidate("I keep the lighthouse", "character_self", 0.7, "work"),
        entities=[Entity("Paris", "place")],
        relations=[Relation("user", "lives in", "Paris")],
    )  # fmt: skip


@frozen
class Place:
    """The shared gateway, with a character of these tests' own."""

    url: str
    api_key: str
    character_id: str
    _database: Database


@pytest.fixture(scope="module")
def filled(gateway: Any) -> Any:
    """A character that knows something of alice."""
    character = gateway.create_character(persona={"name": "Ada"})
    scene = Scene(gateway._database, "alice", character)
    fill(scene)
    return Place(gateway.url, gateway.api_key, character, gateway._database), scene


class Rest:
    def __init__(self, gateway: Any, player: str = "alice", character: str = "") -> None:
        self.base = f"{gateway.url}/api/v1/characters/{character or gateway.character_id}/players/{player}/memories"
        self.headers = {"X-API-Key": gateway.api_key}

    def __call__(self, path: str = "", **params: Any) -> Any:
        return requests.get(self.base + path, params=params, headers=self.headers, timeout=10)

    def post(self, path: str, body: Any, **more: Any) -> Any:
        return requests.post(self.base + path, json=body, headers=self.headers, timeout=10, **more)


# --- shapes


def test_list(filled: Any) -> None:
    gateway, _ = filled
    body = Rest(gateway)().json()
    assert set(body) == {"memories", "total", "limit", "offset"}
    assert (body["total"], body["limit"], body["offset"]) == (6, 50, 0)
    assert all(set(memory) >= MEMORY_FIELDS for memory in body["memories"])
    newest = [memory["content"] for memory in body["memories"]]
    assert set(newest[:2]) == {"Lives in Paris", "I keep the lighthouse"}
    page = Rest(gateway)(limit=2, offset=2).json()
    assert [memory["content"] for memory in page["memories"]] == newest[2:4]
    assert Rest(gateway)(offset=1000).json()["memories"] == []
    assert [m["content"] for m in Rest(gateway)(status="superseded").json()["memories"]] == ["Lives in Lyon"]
    assert Rest(gateway)(memoryType="fact").json()["total"] == 2
    assert Rest(gateway)(memoryType="fact", status="active").json()["total"] == 1


@pytest.mark.parametrize(
    "params",
    [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"offset": -1}, {"memoryType": "nonsense"}, {"status": "gone"}],
)
def test_questions_that_cannot_be_right(filled: Any, params: dict[str, Any]) -> None:
    assert Rest(filled[0])(**params).status_code == 422


def test_stats_and_core_facts(filled: Any) -> None:
    gateway, scene = filled
    assert Rest(gateway)("/stats").json() == {
        "totalActive": 5,
        "totalSuperseded": 1,
        "totalDecayed": 0,
        "byType": {"character_self": 1, "correction": 1, "fact": 1, "preference": 1, "relationship": 1},
        "coreFacts": 3,
    }
    facts = Rest(gateway)("/core-facts").json()["coreFacts"]
    assert {fact["factKey"]: fact["factValue"] for fact in facts} == {
        "name": "Alice", "interests": "dark roast coffee", "location": "Paris",
    }  # fmt: skip
    by_content = {memory.content: memory.id for memory in scene.memories()}
    assert {fact["sourceMemoryId"] for fact in facts} == {
        by_content[content] for content in ("Is called Alice", "Prefers dark roast coffee", "Lives in Paris")
    }
    assert all({"id", "createdAt", "updatedAt"} <= set(fact) for fact in facts)


def test_search(filled: Any) -> None:
    gateway, _ = filled
    answer = Rest(gateway).post("/search", {"query": "what does she drink?", "limit": 3}).json()
    assert set(answer) == {"results", "query", "total"}
    assert answer["query"] == "what does she drink?"
    assert answer["total"] == len(answer["results"]) == 3
    assert answer["results"][0]["content"] == "Prefers dark roast coffee"
    assert all(set(result) == {"memoryId", "similarity", "content"} for result in answer["results"])
    similarities = [result["similarity"] for result in answer["results"]]
    assert similarities == sorted(similarities, reverse=True)
    assert all(0 <= similarity <= 1 for similarity in similarities)
    found = Rest(gateway).post("/search", {"query": "where does she live?"}).json()["results"]
    assert "Lives in Lyon" not in [result["content"] for result in found]
    assert Rest(gateway)(memoryType="preference").json()["memories"][0]["accessCount"] == 0
    wrong = [{}, {"query": ""}, {"query": "  "}, {"query": "x", "limit": 0}, {"query": "x", "limit": 51}, {"query": 5}]
    for body in wrong:
        assert Rest(gateway).post("/search", body).status_code == 422
    odd = requests.post(
        Rest(gateway).base + "/search", data=b'{"query": "half \\ud800 pair"}',
        headers={**Rest(gateway).headers, "Content-Type": "application/json"}, timeout=10,
    )  # fmt: skip
    assert odd.status_code == 422


def test_graph(filled: Any) -> None:
    gateway, _ = filled
    graph = Rest(gateway)("/graph").json()
    assert set(graph) == {"nodes", "edges", "stats", "stale"}
    assert graph["stale"] is False
    nodes = {node["id"]: node for node in graph["nodes"]}
    assert len(nodes) == len(graph["nodes"])
    by_type: dict[str, list[Any]] = {}
    for node in graph["nodes"]:
        by_type.setdefault(node["type"], []).append(node)
    (user,) = by_type["user"]
    assert user["label"] == "Alice"
    assert {node["content"] for node in by_type["memory"]} == {
        "Is called Alice", "Lives in Paris", "Sister Anna is a doctor in Berlin", "Prefers dark roast coffee",
    }  # fmt: skip
    assert {node["name"]: node["entityType"] for node in by_type["entity"]} == {
        "Anna": "person", "Berlin": "place", "Paris": "place",
    }  # fmt: skip
    anna = next(node for node in by_type["entity"] if node["name"] == "Anna")
    assert anna["extraData"] == {"aliases": ["Annie"], "role": "sister"}
    assert anna["mentionCount"] == 1
    assert {node["label"]: node["memoryCount"] for node in by_type["cluster"]} == graph["stats"]["clusters"]
    assert {"memoryCount", "level", "parentClusterId", "childClusterIds", "pendingLabel"} <= set(by_type["cluster"][0])
    assert (graph["stats"]["totalMemories"], graph["stats"]["totalEntities"]) == (4, 3)
    assert graph["stats"]["clusterCount"] == len(by_type["cluster"])
    for edge in graph["edges"]:
        assert {edge["source"], edge["target"]} <= set(nodes)
    told = {
        (nodes[edge["source"]]["label"], edge["relationshipType"], nodes[edge["target"]]["label"])
        for edge in graph["edges"]
        if edge["type"] == "relationship"
    }
    assert told == {("Alice", "lives in", "Paris"), ("Alice", "sister", "Anna"), ("Anna", "lives in", "Berlin")}
    # everything hangs together
    reached, todo = {user["id"]}, [user["id"]]
    while todo:
        here = todo.pop()
        for edge in graph["edges"]:
            for one, other in ((edge["source"], edge["target"]), (edge["target"], edge["source"])):
                if one == here and other not in reached:
                    reached.add(other)
                    todo.append(other)
    assert reached == set(nodes)
    bare = Rest(gateway)("/graph", includeEntities="false").json()
    assert {node["type"] for node in bare["nodes"]} == {"user", "cluster", "memory"}
    whole = Rest(gateway)("/graph", includeCharacterMemories="true").json()
    assert whole["stats"]["totalMemories"] == 5


def test_a_large_topic_is_divided(scene: Scene) -> None:
    things = {
        "coffee": ["espresso at breakfast", "filter coffee at work", "cappuccino on Sundays", "iced latte in summer"],
        "music": ["jazz concerts", "the double bass", "old blues records", "piano sonatas"],
        "sport": ["running marathons", "swimming in the lake", "climbing indoors", "cycling to work"],
    }
    liked = [thing for group in things.values() for thing in group]
    scene.tell(*(Candidate(f"Likes {thing}", "preference", 0.8, "taste") for thing in liked))
    graph = Graphs(scene.database).graph(scene.conversation, "alice")
    clusters = [node for node in graph.nodes if node.type == "cluster"]
    (top,) = (cluster for cluster in clusters if cluster.level == 0)
    parts = [cluster for cluster in clusters if cluster.level == 1]
    assert top.label == "taste"
    assert top.memory_count == 12 == sum(part.memory_count or 0 for part in parts)
    assert len(parts) > 1
    assert {part.id for part in parts} == set(top.child_cluster_ids)
    assert {part.parent_cluster_id for part in parts} == {top.id}
    assert len({part.label for part in parts}) == len(parts)
    again = Graphs(scene.database).graph(scene.conversation, "alice")
    assert [node.id for node in again.nodes] == [node.id for node in graph.nodes]


def test_a_large_graph_is_stale_for_a_while(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from estuary.gateway.memory import graph as module

    scene.tell(Candidate("Likes tea", "preference", 0.8, "taste"))
    graphs = Graphs(scene.database)
    assert not graphs.graph(scene.conversation, "alice").stale
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    scene.tell(Candidate("Likes rain", "preference", 0.8, "taste"))
    scene.tell(Candidate("Has a boat", "fact", 0.8, "things"))
    graph = graphs.graph(scene.conversation, "alice")
    assert graph.stale
    assert graph.stats.total_memories == 3
    assert graph.stats.clusters == {"taste": 2}
    assert graphs.cluster(scene.conversation)
    graph = graphs.graph(scene.conversation, "alice")
    assert not graph.stale
    assert graph.stats.clusters == {"taste": 2, "things": 1}
    assert not graphs.cluster(scene.conversation)


# --- time


def at(scene: Scene, content: str, when: str) -> None:
    id = scene.tell(Candidate(content, "fact", 0.9, content)).new[0]["id"]
    with scene.database.transaction() as connection:
        moment = dt.datetime.fromisoformat(when)
        connection.execute(update(memories).where(memories.c.id == id).values(created_at=moment))


def test_timeline(make_gateway: Any) -> None:
    gateway = make_gateway()
    scene = Scene(gateway._database, "alice", gateway.character_id)
    for content, when in (
        ("a", "2025-01-05T23:30:00+00:00"),
        ("b", "2025-01-06T00:30:00+00:00"),
        ("c", "2025-01-31T12:00:00+00:00"),
        ("d", "2025-02-01T00:00:00+00:00"),
        ("e", "2024-12-30T00:00:00+00:00"),
    ):
        at(scene, content, when)

    def groups(**params: Any) -> dict[str, list[str]]:
        body = Rest(gateway)("/timeline", **params).json()
        assert set(body) == {"timeline", "totalMemories", "groupBy"}
        assert body["totalMemories"] == sum(len(group["memories"]) for group in body["timeline"])
        return {group["date"]: [memory["content"] for memory in group["memories"]] for group in body["timeline"]}

    days = {"2024-12-30": ["e"], "2025-01-05": ["a"], "2025-01-06": ["b"], "2025-01-31": ["c"], "2025-02-01": ["d"]}
    assert groups() == days
    assert list(groups()) == sorted(days)
    assert groups(groupBy="week") == {"2024-12-30": ["e", "a"], "2025-01-06": ["b"], "2025-01-27": ["c", "d"]}
    assert groups(groupBy="month") == {"2024-12": ["e"], "2025-01": ["a", "b", "c"], "2025-02": ["d"]}
    # a day counts as a whole
    assert groups(startDate="2025-01-05", endDate="2025-01-31") == {d: days[d] for d in list(days)[1:4]}
    assert groups(startDate="2025-01-06T00:30:00Z", endDate="2025-01-06T00:30:00Z") == {"2025-01-06": ["b"]}
    assert groups(endDate="2025-01-05T23:29:59") == {"2024-12-30": ["e"]}
    # where days begin
    assert groups(timeZone="Europe/Paris", endDate="2025-01-06") == {"2024-12-30": ["e"], "2025-01-06": ["a", "b"]}
    west = groups(startDate="2025-01-05T19:30:00-04:00", endDate="2025-01-06T00:00:00-04:00")
    assert west == {"2025-01-05": ["a", "b"]}
    assert groups(startDate="2030-01-01") == {}
    for wrong in ({"startDate": "yesterday"}, {"endDate": "2025-13-01"}, {"timeZone": "Mars/Olympus"},
                  {"startDate": "0001-01-01T00:00:00+14:00"}, {"timeZone": "../../etc/passwd"}):  # fmt: skip
        assert Rest(gateway)("/timeline", **wrong).status_code == 400, wrong
    assert Rest(gateway)("/timeline", groupBy="year").status_code == 422


# --- nobody and nothing


def test_who_is_not_there(filled: Any) -> None:
    gateway, _ = filled
    for path in ("", "/timeline", "/stats", "/core-facts", "/graph", "/export"):
        assert Rest(gateway, character="nobody")(path).status_code == 404
        assert requests.get(Rest(gateway).base + path, timeout=10).status_code == 401
    nobody = Rest(gateway, "nobody")
    assert nobody().json() == {"memories": [], "total": 0, "limit": 50, "offset": 0}
    assert nobody("/timeline").json() == {"timeline": [], "totalMemories": 0, "groupBy": "day"}
    assert nobody("/stats").json()["totalActive"] == 0
    assert nobody("/core-facts").json() == {"coreFacts": []}
    assert [node["type"] for node in nobody("/graph").json()["nodes"]] == ["user"]
    assert nobody.post("/search", {"query": "x"}).json() == {"results": [], "query": "x", "total": 0}
    gone = requests.delete(nobody.base, params={"confirm": "true"}, headers=nobody.headers, timeout=10)
    assert gone.json() == {"deletedCount": 0}
    # asking made no conversation
    url = f"{gateway.url}/api/v1/characters/{gateway.character_id}/players/nobody"
    assert requests.get(url, headers=nobody.headers, timeout=10).status_code == 404


def test_players_with_difficult_names(make_gateway: Any) -> None:
    gateway = make_gateway()
    names = {"a/b": "a/b", "ü ?#%": "%C3%BC%20%3F%23%25", "memories": "memories", "x/memories": "x/memories"}
    for name, path in names.items():
        Scene(gateway._database, name, gateway.character_id).tell(Candidate(f"Is {name}", "fact", 0.9))
        found = Rest(gateway, path)().json()["memories"]
        assert [memory["content"] for memory in found] == [f"Is {name}"]
        assert Rest(gateway, path)("/stats").json()["totalActive"] == 1


# --- clients


def test_our_client(filled: Any) -> None:
    gateway, _ = filled
    with Client(api_key=gateway.api_key, server_url=gateway.url) as client:
        mine = client.memories(gateway.character_id, "alice")
        listed = list(mine.list(page_size=2))
        assert len(listed) == 6
        assert {memory.memory_type for memory in listed} == {
            "fact", "correction", "preference", "relationship", "character_self",
        }  # fmt: skip
        assert listed[0].created_at is not None
        assert listed[0].created_at.tzinfo is not None
        assert [m.content for m in mine.list(status="superseded")] == ["Lives in Lyon"]
        assert mine.search("what does she drink?", limit=1)[0].content == "Prefers dark roast coffee"
        assert {fact.key for fact in mine.core_facts()} == {"name", "location", "interests"}
        graph = mine.graph()
        assert graph.stats.total_memories == 4
        assert {edge.type for edge in graph.edges} == {"has_cluster", "contains", "mentions", "relationship"}
        assert sum(len(group.memories) for group in mine.timeline(start=dt.date(2020, 1, 1), group_by="month")) == 6
        assert mine.stats().total_active == 5
        with pytest.raises(NotFound):
            list(client.memories("nobody", "alice").list())
        with pytest.raises(BadRequest):
            client.memories(gateway.character_id, "alice")._http.call(
                "DELETE", client.memories(gateway.character_id, "alice")._base
            )
        other = Scene(gateway._database, "carol", gateway.character_id)
        other.tell(Candidate("Has a boat", "fact", 0.9))
        assert client.memories(gateway.character_id, "carol").delete_all(confirm=True) == 1
        assert list(client.memories(gateway.character_id, "carol").list()) == []


def test_the_published_sdk(filled: Any) -> None:
    pytest.importorskip("estuary_sdk")
    from estuary_sdk.rest.memory_client import MemoryClient
    from estuary_sdk.rest.rest_client import RestClient

    gateway, _ = filled
    other = Scene(gateway._database, "dora", gateway.character_id)
    other.tell(Candidate("Has a boat", "fact", 0.9))

    async def talk() -> None:
        rest = RestClient(gateway.url, gateway.api_key)
        try:
            client = MemoryClient(rest, gateway.character_id, "alice")
            listed = await client.get_memories(memory_type="fact", status="active", limit=10)
            assert [(m.content, m.memory_type, m.agent_id) for m in listed.memories] == [
                ("Is called Alice", "fact", gateway.character_id)
            ]
            assert (await client.get_timeline(group_by="week")).total_memories == 6
            assert (await client.get_stats()).by_type["fact"] == 1
            facts = await client.get_core_facts()
            assert {fact.fact_key: fact.fact_value for fact in facts.core_facts}["location"] == "Paris"
            graph = await client.get_graph(include_entities=True, include_character_memories=True)
            assert graph.stats.clusters
            assert {node.type for node in graph.nodes} == {"user", "cluster", "memory", "entity"}
            assert any(edge.relationship_type == "sister" for edge in graph.edges)
            found = await client.search("what does she drink?", limit=1)
            assert found.results[0].content == "Prefers dark roast coffee"
            deleted = await MemoryClient(rest, gateway.character_id, "dora").delete_all()
            assert deleted.deleted_count == 1
        finally:
            await rest.close()

    asyncio.run(talk())


# --- export and import


def without_ids(document: Any) -> Any:
    """The document with names in place of ids, and without the times of the export and of the pair."""
    document = json.loads(document.model_dump_json(by_alias=True))
    names = {memory["id"]: memory["content"] for memory in document["memories"]}
    names.update({entity["id"]: entity["name"] for entity in document["entities"]})
    text = json.dumps({k: v for k, v in document.items() if k not in ("exportedAt", "characterId", "playerId")})
    for id, name in names.items():
        text = text.replace(id, name)
    data = json.loads(text)
    for memory in data["memories"]:
        memory["entities"].sort()
    for key in ("memories", "entities", "relations", "coreFacts"):
        data[key].sort(key=lambda item: json.dumps(item, sort_keys=True))
    return data


@pytest.mark.parametrize("where", ["another player", "another database", "the same player, after forgetting"])
def test_out_and_in_again(scene: Scene, where: str, new_location: Any) -> None:
    fill(scene)
    out = Transfer(scene.database).export(scene.conversation, scene.character, "alice", with_messages=True)
    assert out.messages is not None
    assert len(out.messages) == 3
    document = Document.model_validate_json(out.model_dump_json(by_alias=True))
    target = scene
    database = None
    if where == "another player":
        target = Scene(scene.database, "bob")
    elif where == "another database":
        database = Database(new_location())
        target = Scene(database, "alice")
    else:
        assert scene.records.forget(scene.conversation) == 6
    try:
        transfer = Transfer(target.database)
        done = transfer.load(target.conversation, document)
        assert (done.memories, done.core_facts, done.entities, done.relations) == (6, 3, 4, 4)
        assert done.messages == (0 if target is scene else 3)
        again = transfer.load(target.conversation, document)
        assert not any(again.model_dump().values())
        back = transfer.export(target.conversation, target.character, target.player, with_messages=True)
        assert without_ids(back) == without_ids(out)
        assert target.find("what does she drink?")[0] == "Prefers dark roast coffee"
        if where == "another player":
            ids = {memory.id for memory in out.memories}
            assert not ids & {memory.id for memory in back.memories}
            assert len(scene.memories()) == 6
    finally:
        if database is not None:
            database.close()


def test_import_leaves_what_is_known_as_it_is(scene: Scene) -> None:
    fill(scene)
    document = Transfer(scene.database).export(scene.conversation, scene.character, "alice")
    document = Document.model_validate_json(document.model_dump_json(by_alias=True))
    bob = Scene(scene.database, "bob")
    bob.tell(
        Candidate("Lives in Rome", "fact", 0.9, "home", fact=FactChange("location", "Rome", replaces=True)),
        Candidate("Prefers dark roast coffee", "preference", 0.8, "drink"),
    )
    done = Transfer(scene.database).load(bob.conversation, document)
    assert (done.memories, done.core_facts) == (5, 2)
    assert bob.facts()["location"] == ["Rome"]
    assert bob.contents().count("Prefers dark roast coffee") == 1


def test_export_and_import_by_rest(filled: Any) -> None:
    gateway, _ = filled
    document = Rest(gateway)("/export").json()
    assert document["format"] == "estuary-memories"
    assert (document["characterId"], document["playerId"]) == (gateway.character_id, "alice")
    assert document["messages"] is None
    assert len(Rest(gateway)("/export", includeMessages="true").json()["messages"]) == 3
    erin = Rest(gateway, "erin")
    done = erin.post("/import", document)
    assert done.status_code == 200
    assert done.json() == {"memories": 6, "coreFacts": 3, "entities": 4, "relations": 4, "messages": 0}
    assert not any(erin.post("/import", document).json().values())
    assert erin("/stats").json() == Rest(gateway)("/stats").json()
    found = erin.post("/search", {"query": "what does she drink?", "limit": 1}).json()
    assert found["results"][0]["content"] == "Prefers dark roast coffee"
    assert Rest(gateway, character="nobody").post("/import", document).status_code == 404
    assert erin.post("/import", {**document, "version": 2}).status_code == 422
    nonsense = {"memories": [{"id": "x", "content": "y", "memoryType": "nonsense"}]}
    assert erin.post("/import", nonsense).status_code == 422
    empty = Rest(gateway, "nobody-at-all")("/export").json()
    assert (empty["memories"], empty["coreFacts"]) == ([], [])


def test_many_memories_in_pages(scene: Scene) -> None:
    rows = [
        {
            "id": f"m{number:04}", "conversation_id": scene.conversation, "content": f"memory {number}",
            "memory_type": "fact", "confidence": 0.5, "status": "active", "source_quote": "", "source": "import",
            "topic": "", "secondary_topics": [], "told": 1, "access_count": 0, "digest": "", "changed": 1,
            "extracted_at": dt.datetime.now(UTC), "updated_at": dt.datetime.now(UTC),
            "created_at": dt.datetime(2025, 1, 1, tzinfo=UTC) + dt.timedelta(seconds=number // 3),
        }
        for number in range(500)
    ]  # fmt: skip
    with scene.database.transaction() as connection:
        connection.execute(insert(memories), rows)
    seen = [
        memory.id
        for offset in range(0, 600, 200)
        for memory in scene.records.page(scene.character, "alice", limit=200, offset=offset).memories
    ]
    assert sorted(seen) == [row["id"] for row in rows]
