"""``estuary memories``: seen, searched, drawn, taken out, forgotten, brought back."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import stat
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
import responses
from terminal import ESTUARY, Terminal

from estuary import APIError, Client, NotFound

Invoke = Callable[..., Any]
BASE = "http://estuary.test/api/v1/characters/c/players/ann/memories"

#: what is known of Ann; the wire's form
DOCUMENT: dict[str, Any] = {
    "format": "estuary-memories",
    "version": 1,
    "playerId": "ann",
    "memories": [
        {
            "id": "ann-home", "content": "Lives in Lyon, near the river, in a flat that she shares with her sister",
            "memoryType": "fact", "topic": "home", "confidence": 0.95, "createdAt": "2026-03-02T10:00:00+00:00",
            "entities": ["ann-lyon", "ann-marie"],
        },
        {
            "id": "ann-old-home", "content": "Lives in Paris", "memoryType": "fact", "topic": "home",
            "status": "superseded", "supersededBy": "ann-home", "createdAt": "2026-03-01T10:00:00+00:00",
        },
        {
            "id": "ann-coffee", "content": "Prefers dark roast coffee", "memoryType": "preference", "topic": "drink",
            "createdAt": "2026-03-02T11:00:00+00:00",
        },
    ],
    "coreFacts": [{"factKey": "location", "factValue": "Lyon"}, {"factKey": "name", "factValue": "Ann"}],
    "entities": [
        {"id": "ann-lyon", "name": "Lyon", "entityType": "place", "mentionCount": 3},
        {"id": "ann-marie", "name": "Marie", "entityType": "person"},
    ],
    "relations": [
        {"source": None, "target": "ann-lyon", "kind": "lives_in"},
        {"source": "ann-marie", "target": "ann-lyon", "kind": "lives_in"},
    ],
}  # fmt: skip


@pytest.fixture
def client(gateway: Any) -> Iterator[Client]:
    with Client(api_key=gateway.api_key, server_url=gateway.url) as client:
        yield client


@pytest.fixture
def ann(client: Client, character: str) -> Any:
    """What the character remembers of Ann: the document."""
    known = client.memories(character, "ann")
    assert known.import_all(DOCUMENT).memories == 3
    return known


@pytest.fixture
def ann_env(ann: Any, character_env: dict[str, str]) -> dict[str, str]:
    return {**character_env, "ESTUARY_PLAYER_ID": "ann"}


def test_list(invoke: Invoke, ann_env: dict[str, str]) -> None:
    outcome = invoke("memories", "list", env=ann_env)
    assert (outcome.status, outcome.err) == (0, "")
    heading, *lines = outcome.out.splitlines()
    assert heading.split() == ["WHEN", "TYPE", "SURE", "TOPIC", "STATUS", "MEMORY"]
    assert [line.split()[1] for line in lines] == ["preference", "fact", "fact"]  # newest first
    assert re.match(r"2026-03-0\d  fact +95 %  home +active +Lives in Lyon, near the river, in a flat that", lines[1])
    assert "superseded" in lines[2]
    assert len(invoke("memories", "list", "ann", "--limit", "1", env=ann_env).out.splitlines()) == 2
    by_status = invoke("memories", "list", "--status", "superseded", env=ann_env).out
    assert "Paris" in by_status
    assert "Lyon" not in by_status
    [only] = json.loads(invoke("memories", "list", "--type", "preference", "--json", env=ann_env).out)
    assert (only["id"], only["content"]) == ("ann-coffee", "Prefers dark roast coffee")
    assert only["created_at"] == "2026-03-02T11:00:00+00:00"
    assert "raw" not in only


def test_search(invoke: Invoke, ann_env: dict[str, str]) -> None:
    outcome = invoke("memories", "search", "ann", "what", "does", "she", "drink", "--limit", "2", env=ann_env)
    assert re.match(r"FITS +MEMORY\n *\d+ %  Prefers dark roast coffee\n", outcome.out)
    best = json.loads(invoke("memories", "search", "ann", "coffee", "--json", env=ann_env).out)[0]
    assert set(best) == {"memory_id", "similarity", "content"}
    assert best["memory_id"] == "ann-coffee"


def test_facts(invoke: Invoke, ann_env: dict[str, str]) -> None:
    outcome = invoke("memories", "facts", env=ann_env)
    assert re.search(r"^location  Lyon ", outcome.out, re.MULTILINE)
    facts = json.loads(invoke("memories", "facts", "--json", env=ann_env).out)
    assert {fact["key"]: fact["value"] for fact in facts} == {"location": "Lyon", "name": "Ann"}


def test_graph_as_a_tree(invoke: Invoke, ann_env: dict[str, str]) -> None:
    outcome = invoke("memories", "graph", env=ann_env)
    assert outcome.status == 0
    assert outcome.out.startswith("ann\n├── lives in Lyon\n")
    for lines in (
        "│   └── Prefers dark roast coffee\n",
        "├── people\n│   └── Marie\n│       └── lives in Lyon\n",
        "└── places\n    └── Lyon  3 mentions\n",
    ):
        assert lines in outcome.out
    assert "Paris" not in outcome.out  # it is not so any more
    assert "people" not in invoke("memories", "graph", "--no-entities", env=ann_env).out


def test_graph_as_json(invoke: Invoke, ann_env: dict[str, str]) -> None:
    found = json.loads(invoke("memories", "graph", "--json", env=ann_env).out)
    assert set(found) == {"nodes", "edges", "stats", "stale"}
    nodes = {node["id"]: node for node in found["nodes"]}
    assert nodes["ann-lyon"]["data"]["entityType"] == "place"
    assert set(nodes["ann-lyon"]) == {"id", "type", "label", "name", "data"}
    assert any(edge["type"] == "relationship" and edge["target"] == "ann-lyon" for edge in found["edges"])
    assert found["stats"]["total_entities"] == 2


@responses.activate
def test_large_groups_are_cut_and_strange_graphs_end(invoke: Invoke, fake_env: dict[str, str]) -> None:
    nodes = [{"id": "u", "type": "user"}, {"id": "a", "type": "cluster", "label": "a", "memoryCount": 30}]
    nodes += [{"id": "b", "type": "cluster", "pendingLabel": True}, {"id": "lost", "type": "memory", "content": "lost"}]
    nodes += [{"id": f"m{n}", "type": "memory", "content": f"memory {n}"} for n in range(30)]
    edges = [{"source": "a", "target": f"m{n}", "type": "contains"} for n in range(30)]
    # a cluster in itself by a detour, and edges from and to nowhere
    edges += [{"source": "u", "target": "a"}, {"source": "b", "target": "b"}, {"source": "?", "target": "u"}]
    responses.get(f"{BASE}/graph", json={"nodes": nodes, "edges": edges, "stats": {}, "stale": True})
    outcome = invoke("memories", "graph", "ann", env=fake_env)
    assert outcome.out.count("memory ") == 8
    assert "… and 22 more (--all)" in outcome.out
    assert "lost" in outcome.out
    assert outcome.err == "the newest memories are not sorted in yet\n"
    assert invoke("memories", "graph", "ann", "--all", env=fake_env).out.count("memory ") == 30


def test_timeline(invoke: Invoke, ann_env: dict[str, str]) -> None:
    lines = invoke("memories", "timeline", env=ann_env).out.splitlines()
    assert lines[0].split() == ["DAY", "TYPE", "MEMORY"]
    assert [line.split()[:2] for line in lines[1:]] == [
        ["2026-03-01", "fact"],
        ["2026-03-02", "fact"],
        ["2026-03-02", "preference"],
    ]
    [month] = json.loads(invoke("memories", "timeline", "--by", "month", "--json", env=ann_env).out)
    assert (month["date"], len(month["memories"])) == ("2026-03", 3)
    later = invoke("memories", "timeline", "--since", "2026-03-01T12:00:00Z", "--json", env=ann_env)
    assert [len(group["memories"]) for group in json.loads(later.out)] == [2]
    nothing = invoke("memories", "timeline", "--until", "2020-01-01", env=ann_env)
    assert (nothing.status, nothing.out) == (0, "")
    assert nothing.err == "nothing is remembered of ann from then\n"


@pytest.mark.parametrize("command", ["graph", "timeline"])
@pytest.mark.parametrize("more", [[], ["--json"]], ids=["people", "json"])
def test_pictures(invoke: Invoke, ann_env: dict[str, str], tmp_path: Path, command: str, more: list[str]) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("networkx")
    file = tmp_path / "picture.png"
    outcome = invoke("memories", command, "--output", str(file), *more, env=ann_env)
    assert outcome.status == 0
    assert file.read_bytes().startswith(b"\x89PNG")
    # where it was put is told, and in nobody's way
    assert (outcome.err if more else outcome.out) == f"written to {file}\n"
    if more:
        json.loads(outcome.out)


@pytest.mark.parametrize(
    ("file", "words"),
    [("picture.bmp", "must end in .png, .svg, .pdf or .jpg"), ("none/picture.png", "can't be written: No such file")],
)
def test_pictures_that_can_not_be(
    invoke: Invoke, ann_env: dict[str, str], tmp_path: Path, file: str, words: str
) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("networkx")
    outcome = invoke("memories", "graph", "--output", str(tmp_path / file), env=ann_env)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert words in outcome.err


@pytest.mark.parametrize("command", ["list", "facts", "graph", "timeline"])
def test_nothing_is_said_kindly(invoke: Invoke, character_env: dict[str, str], command: str) -> None:
    outcome = invoke("memories", command, "nobody", env=character_env)
    assert (outcome.status, outcome.out) == (0, "")
    assert re.fullmatch(r"(nothing is remembered|no core facts are known) of nobody\n", outcome.err)


def test_nothing_found(invoke: Invoke, character_env: dict[str, str]) -> None:
    outcome = invoke("memories", "search", "nobody", "coffee", env=character_env)
    assert (outcome.status, outcome.err) == (0, "nothing that is remembered of nobody fits\n")


def test_mistakes_are_one_line(invoke: Invoke, ann_env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"memories": 1}')
    (tmp_path / "wrong.json").write_text('{"memories": [{"id": "x"}]}')
    without_player = {name: value for name, value in ann_env.items() if name != "ESTUARY_PLAYER_ID"}
    for args, words in (
        (["list", "--character", "none"], "character not found"),
        (["forget", "ann", "--character", "none", "--yes"], "character not found"),
        (["export", "ann", "--character", "none"], "character"),
        (["import", "ann", str(tmp_path / "wrong.json"), "--character", "none", "--yes"], "character"),
        (["list", "--type", "rumour"], "rumour"),
        (["list", ".."], "can't be part of an address"),
        (["search", "ann"], "QUERY"),
        (["search", "ann", " "], "the query is empty"),
        (["search", "ann", "x", "--limit", "51"], "--limit"),
        (["forget"], "PLAYER"),  # never whom the environment names
        (["import", "ann", str(tmp_path / "none.json")], "can't be read"),
        (["import", "ann", str(tmp_path / "other.json")], "is no export of memories"),
        (["import", "ann", str(tmp_path / "wrong.json"), "--yes"], "content"),
        (["export", "ann", str(tmp_path / "none" / "ann.json")], "can't be written"),
    ):
        outcome = invoke("memories", *args, env=ann_env)
        assert (outcome.status, outcome.out) == (1, ""), args
        assert outcome.err.startswith("estuary: error: "), args
        assert outcome.err.count("\n") == 1, args
        assert words in outcome.err, args
    assert "missing: a player" in invoke("memories", "list", env=without_player).err


# ── out and in ──


def test_what_is_exported_and_forgotten_can_be_brought_back(
    invoke: Invoke, ann_env: dict[str, str], ann: Any, tmp_path: Path
) -> None:
    file = tmp_path / "ann.json"
    out = invoke("memories", "export", "ann", str(file), env=ann_env)
    assert (out.status, out.out) == (0, f"3 memories of ann written to {file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(os.listdir(tmp_path)) == {"ann.json", "home"}

    forgotten = invoke("memories", "forget", "ann", "--yes", env=ann_env)
    assert (forgotten.status, forgotten.out) == (0, "3 memories of ann deleted\n")
    assert "nothing that is remembered" in invoke("memories", "search", "ann", "coffee", env=ann_env).err
    again = invoke("memories", "forget", "ann", "--yes", env=ann_env)
    assert (again.status, again.out) == (0, "nothing was remembered of ann\n")

    # nothing is there any more, so there is nothing to ask
    back = invoke("memories", "import", "ann", str(file), env=ann_env)
    assert (back.status, back.err) == (0, "")
    assert back.out == "3 memories, 2 core facts, 2 entities, 2 relations of ann imported\n"
    assert "Prefers dark roast coffee" in invoke("memories", "search", "ann", "coffee", env=ann_env).out
    assert invoke("memories", "graph", env=ann_env).out.startswith("ann\n├── lives in Lyon\n")
    twice = invoke("memories", "import", "ann", str(file), "--yes", env=ann_env)
    assert twice.out == "nothing of it is new: all is known of ann already\n"
    assert ann.list().total == 3


def test_what_a_talk_leaves_can_be_taken_to_another_gateway(
    invoke: Invoke, character_env: dict[str, str], gateway: Any, character: str, make_gateway: Any
) -> None:
    learned = threading.Event()
    with gateway.session(player_id="eve", character_id=character, realtime_memory=True) as session:
        session.on("memory_updated", lambda event: learned.set())
        session.send("My name is Eve and I live in Lyon.")
        assert learned.wait(20)
    out = invoke("memories", "export", "eve", "--messages", env=character_env)
    exported = json.loads(out.out)
    assert [message["role"] for message in exported["messages"]] == ["user", "assistant"]

    other = make_gateway()
    other_env = {
        **character_env,
        "ESTUARY_SERVER_URL": other.url,
        "ESTUARY_API_KEY": other.api_key,
        "ESTUARY_CHARACTER_ID": other.character_id,
    }
    back = invoke("memories", "import", "eve", "-", "--json", input=out.out, env=other_env)
    assert back.status == 0
    counts = json.loads(back.out)
    assert (counts["memories"], counts["messages"]) == (len(exported["memories"]), 2)
    assert counts["memories"] >= 1
    assert "Lyon" in invoke("memories", "search", "eve", "where does she live", env=other_env).out


def test_export_to_the_standard_output(invoke: Invoke, ann_env: dict[str, str]) -> None:
    exported = json.loads(invoke("memories", "export", "ann", env=ann_env).out)
    assert [memory["id"] for memory in exported["memories"]] == ["ann-old-home", "ann-home", "ann-coffee"]
    assert "messages" not in exported or exported["messages"] is None


def test_an_export_that_fails_leaves_the_last_one(invoke: Invoke, fake_env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "ann.json"
    file.write_text("the last one")
    with responses.RequestsMock() as server:
        server.get(f"{BASE}/export", status=500)
        assert invoke("memories", "export", "ann", str(file), env=fake_env).status == 1
    assert file.read_text() == "the last one"


def test_without_the_routes_the_documented_ones_do(invoke: Invoke, ann_env: dict[str, str], client: Client) -> None:
    """A gateway behind a server that doesn't know the routes of its own: the rest is passed on."""

    def pass_on(request: Any) -> tuple[int, dict[str, str], bytes]:
        url = request.url.replace("http://estuary.test", ann_env["ESTUARY_SERVER_URL"])
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(request.headers))) as answer:
            return answer.status, {}, answer.read()

    with responses.RequestsMock() as server:
        server.get(re.compile(".*/export"), status=404, json={"detail": "Not Found"})
        server.post(re.compile(".*/import"), status=405, json={"detail": "Method Not Allowed"})
        server.add_callback(
            responses.GET, re.compile("http://estuary.test/.*"), pass_on, content_type="application/json"
        )
        env = {**ann_env, "ESTUARY_SERVER_URL": "http://estuary.test"}
        out = invoke("memories", "export", "ann", env=env)
        assert (out.status, out.err) == (0, "")
        refused = invoke("memories", "import", "bob", "-", "--yes", input=out.out, env=env)
        assert (refused.status, refused.err.count("\n")) == (1, 1)
        assert "only the gateway that comes with estuary can" in refused.err
    exported = json.loads(out.out)
    assert {memory["content"] for memory in exported["memories"]} == {m["content"] for m in DOCUMENT["memories"]}

    # and it is a document for a gateway
    back = invoke("memories", "import", "bob", "-", "--yes", "--json", input=out.out, env=ann_env)
    assert json.loads(back.out) == {
        "memories": 3, "core_facts": 2, "entities": 2, "relations": 2, "messages": 0,
    }  # fmt: skip
    tree = invoke("memories", "graph", "bob", env=ann_env).out
    assert tree == invoke("memories", "graph", "ann", env=ann_env).out.replace("ann\n", "bob\n", 1)


@responses.activate
def test_a_document_is_made_of_whatever_a_server_tells(fake_env: dict[str, str], client: Client) -> None:
    """Times without an offset, nulls, statuses and nodes that a gateway would not take."""
    memory = {
        "id": "m", "content": "Likes tea", "memoryType": "preference", "confidence": None, "topic": None,
        "status": "active", "createdAt": "2026-01-02T03:04:05", "secondaryTopics": None, "accessCount": None,
    }  # fmt: skip
    responses.get(f"{BASE}/export", status=404, json={"detail": "Not Found"})
    responses.get(BASE, json={"memories": [memory, {**memory, "id": "n", "status": "deleted"}], "total": 2})
    responses.get(f"{BASE}/core-facts", json={"coreFacts": []})
    responses.get(
        f"{BASE}/graph",
        json={
            "nodes": [
                {"id": "u", "type": "user"},
                {"id": "e", "type": "entity", "name": "Lyon", "mentionCount": 0},
                {"id": "c", "type": "cluster"},
            ],
            "edges": [
                {"source": "u", "target": "e", "type": "relationship", "relationshipType": "lives_in"},
                {"source": "c", "target": "e", "type": "relationship", "label": "about"},
                {"source": "m", "target": "e", "type": "mentions"},
            ],
        },
    )
    responses.add_passthru(re.compile(r"http://127\.0\.0\.1"))
    with Client(api_key="est_secret0123456", server_url="http://estuary.test") as other:
        document = other.memories("c", "ann").export_all()
    assert dt.datetime.fromisoformat(document.pop("exportedAt")).tzinfo is not None
    assert document == {
        "format": "estuary-memories",
        "version": 1,
        "characterId": "c",
        "playerId": "ann",
        "memories": [
            {
                "id": "m", "content": "Likes tea", "memoryType": "preference", "status": "active",
                "createdAt": "2026-01-02T03:04:05+00:00", "secondaryTopics": [], "accessCount": 0, "entities": ["e"],
            }
        ],
        "coreFacts": [],
        "entities": [{"id": "e", "name": "Lyon"}],
        "relations": [{"source": None, "target": "e", "kind": "lives_in"}],
    }  # fmt: skip
    made = client.characters.create("Tess").id
    try:
        assert client.memories(made, "ann").import_all(document).memories == 1
    finally:
        client.characters.delete(made)


def test_import_all_of_the_client(client: Client, character: str) -> None:
    with pytest.raises(NotFound, match="none"):
        client.memories("none", "ann").import_all(DOCUMENT)
    with pytest.raises(APIError, match="version"):
        client.memories(character, "ann").import_all({**DOCUMENT, "version": 99})
    imported = client.memories(character, "ann").import_all(DOCUMENT)
    assert (imported.memories, imported.core_facts, imported.entities, imported.relations) == (3, 2, 2, 2)
    assert client.memories(character, "ann").export_all()["memories"][1]["content"].startswith("Lives in Lyon")


# ── questions ──


def test_forget_does_as_it_is_told(terminal: Callable[..., Terminal], ann_env: dict[str, str], ann: Any) -> None:
    shell = terminal("memories", "forget", "ann", env=ann_env)
    shell.wait_for(r"Delete all 3 memories that Tess has of ann, for good\? \[y/N\]: ")
    shell.line("")
    assert shell.wait_for_end() == 1
    assert "nothing was changed" in shell.screen
    assert ann.list().total == 3
    shell = terminal("memories", "forget", "ann", env=ann_env)
    shell.wait_for(r"\[y/N\]: ")
    shell.line("y")
    assert shell.wait_for_end() == 0
    assert ann.list().total == 0


def test_import_asks_where_something_is_there(
    terminal: Callable[..., Terminal], ann_env: dict[str, str], ann: Any, tmp_path: Path
) -> None:
    more = {**DOCUMENT, "memories": [{"id": "ann-dog", "content": "Has a dog called Rex", "memoryType": "fact"}]}
    file = tmp_path / "ann.json"
    file.write_text(json.dumps(more))
    for answer, status, total in (("n", 1, 3), ("y", 0, 4)):
        shell = terminal("memories", "import", "ann", str(file), env=ann_env)
        shell.wait_for(r"Tess already has 3 memories of ann\. Import 1 memory, as far as they\s+are\s+new\? \[y/N\]: ")
        shell.line(answer)
        assert shell.wait_for_end() == status
        assert ann.list().total == total


def test_import_asks_where_it_is_of_somebody_else(
    invoke: Invoke, ann_env: dict[str, str], client: Client, character: str
) -> None:
    outcome = invoke("memories", "import", "bob", "-", input=json.dumps(DOCUMENT), env=ann_env)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert "These are memories of ann, not of bob." in outcome.err
    assert "--yes" in outcome.err
    assert client.memories(character, "bob").list().total == 0
    assert invoke("memories", "import", "bob", "-", "--yes", input=json.dumps(DOCUMENT), env=ann_env).status == 0
    assert client.memories(character, "bob").list().total == 3


def test_forget_without_a_terminal_needs_yes(invoke: Invoke, ann_env: dict[str, str], ann: Any) -> None:
    outcome = invoke("memories", "forget", "ann", input="y\n", env=ann_env)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert "--yes" in outcome.err
    assert ann.list().total == 3
    assert json.loads(invoke("memories", "forget", "ann", "--yes", "--json", env=ann_env).out) == {"deleted": 3}


# ── where it is shown ──


@pytest.mark.parametrize("columns", [40, 80])
def test_it_fits_the_terminal(terminal: Callable[..., Terminal], ann_env: dict[str, str], columns: int) -> None:
    for command in ("list", "graph", "timeline", "facts"):
        shell = terminal("memories", command, env=ann_env, columns=columns, rows=60)
        assert shell.wait_for_end() == 0
        assert max(len(line) for line in shell.screen.splitlines()) <= columns
        assert "…" not in shell.screen
        assert "Lyon" in shell.screen


def test_a_broken_pipe_is_no_matter(ann_env: dict[str, str]) -> None:
    for args in (["list"], ["list", "--json"], ["graph"]):
        read, write = os.pipe()
        os.close(read)
        try:
            run = subprocess.run(
                [*ESTUARY, "memories", *args], stdout=write, stderr=subprocess.PIPE, env=ann_env, text=True, check=False
            )
        finally:
            os.close(write)
        assert (run.returncode, run.stderr) == (141, "")
