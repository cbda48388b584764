"""Turns and what is remembered of them: through a real gateway."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any, Callable

import pytest

pytest.importorskip("wordllama")

import numpy as np
import requests
from rawclient import Hanging, RawClient, Scripted

from estuary.gateway.memory.base import Candidate, Exchange, Extraction, FactChange


class Noted:
    """An extractor that makes one memory of each text, and keeps the exchanges."""

    name = "noted"

    def __init__(self, *, wait: float = 0.0, fail: bool = False) -> None:
        self.exchanges: list[Exchange] = []
        self.gate = threading.Event()
        self.gate.set()
        self._wait = wait
        self._fail = fail

    def extract(self, exchange: Exchange) -> Extraction:
        self.exchanges.append(exchange)
        self.gate.wait(20)
        time.sleep(self._wait)
        if self._fail:
            raise RuntimeError("the model is away")
        return Extraction([Candidate(f"Said {exchange.text}", "fact", 0.9, "talk")])


def get(gateway: Any, player: str, path: str = "", **params: Any) -> Any:
    url = f"{gateway.url}/api/v1/characters/{gateway.character_id}/players/{player}/memories{path}"
    answer = requests.get(url, params=params, headers={"X-API-Key": gateway.api_key}, timeout=10)
    answer.raise_for_status()
    return answer.json()


def contents(gateway: Any, player: str, **params: Any) -> list[str]:
    return [memory["content"] for memory in get(gateway, player, **params)["memories"]][::-1]


def eventually(wanted: Callable[[], Any], expected: Any, timeout: float = 10.0) -> None:
    deadline = time.monotonic() + timeout
    while (found := wanted()) != expected:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def warm(gateway: Any) -> None:
    assert gateway._app.memory._warm.wait(20)


def test_it_is_pushed_to_the_sessions_that_want_it(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted("I see."))
    wants = connect(gateway, "alice", realtime_memory=True)
    also = connect(gateway, "alice", realtime_memory=True)
    plain = connect(gateway, "alice")
    other = connect(gateway, "bob", realtime_memory=True)
    events = wants.turn("I live in Lyon and I love jazz.")
    assert events[-1][0] == "bot_response"
    told = wants.until("memory_updated")
    assert also.until("memory_updated") == told
    assert set(told) == {
        "agent_id", "player_id", "memories_extracted", "facts_extracted", "conversation_id", "new_memories",
        "timestamp",
    }  # fmt: skip
    assert (told["agent_id"], told["player_id"]) == (gateway.character_id, "alice")
    assert told["conversation_id"] == wants.session["conversation_id"]
    assert (told["memories_extracted"], told["facts_extracted"]) == (2, 2)
    assert [memory["content"] for memory in told["new_memories"]] == ["Lives in Lyon", "Loves jazz"]
    assert set(told["new_memories"][0]) >= {
        "id", "userId", "agentId", "playerId", "content", "memoryType", "confidence", "status", "sourceConversationId",
        "sourceQuote", "source", "topic", "secondaryTopics", "lastAccessedAt", "accessCount", "extractedAt",
        "createdAt", "updatedAt",
    }  # fmt: skip
    # nothing to remember: nothing is said
    wants.turn("Hm.")
    assert all(event != "memory_updated" for event, _ in wants.quiet())
    for client in (plain, other):
        assert all(event != "memory_updated" for event, _ in client.quiet())


def test_the_next_turn_knows(make_gateway: Any, connect: Any) -> None:
    engine = Scripted("I see.")
    gateway = make_gateway(chat=engine)
    warm(gateway)
    client = connect(gateway, "alice")
    client.says("My sister Anna is a doctor in Berlin.")
    client.says("What does my sister do?")
    assert list(engine.prompts[-1].memories) == ["Sister Anna is a doctor in Berlin"]
    # in another session too, and never by another player
    connect(gateway, "alice").says("Tell me about Anna.")
    assert list(engine.prompts[-1].memories) == ["Sister Anna is a doctor in Berlin"]
    connect(gateway, "bob").says("What does my sister do?")
    assert list(engine.prompts[-1].memories) == []


def test_core_facts_are_always_there_whatever_is_asked(make_gateway: Any, connect: Any) -> None:
    engine = Scripted("I see.")
    gateway = make_gateway(chat=engine, memory_tokens=0)
    client = connect(gateway, "alice")
    client.says("I'm Alice, I live in Lyon and I work as a nurse.")
    client.says("Tell me a story.")
    assert {key: list(values) for key, values in engine.prompts[-1].facts.items()} == {
        "name": ["Alice"], "home": ["Lyon"], "job": ["nurse"],
    }  # fmt: skip
    assert list(engine.prompts[-1].memories) == []
    facts = {fact["factKey"]: fact["factValue"] for fact in get(gateway, "alice", "/core-facts")["coreFacts"]}
    assert facts == {"name": "Alice", "location": "Lyon", "occupation": "nurse"}


def test_what_is_used_is_counted(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted("I see."), extractor=Noted())
    warm(gateway)
    client = connect(gateway, "alice")
    client.says("my boat is blue")
    client.says("which colour is my boat?")

    def used() -> list[tuple[str, int]]:
        return [(memory["content"], memory["accessCount"]) for memory in get(gateway, "alice")["memories"]][::-1]

    eventually(used, [("Said my boat is blue", 1), ("Said which colour is my boat?", 0)])
    assert get(gateway, "alice")["memories"][1]["lastAccessedAt"] is not None


def test_the_budget_is_kept(make_gateway: Any, connect: Any) -> None:
    engine = Scripted("I see.")
    gateway = make_gateway(chat=engine, memory_tokens=20, extractor=Noted())
    warm(gateway)
    client = connect(gateway, "alice")
    for number in range(5):
        client.says(f"the boat number {number} is a blue boat")
    client.says("boat?")
    assert 1 <= len(engine.prompts[-1].memories) <= 2
    assert sum(len(memory) for memory in engine.prompts[-1].memories) <= 80


def test_interrupted_and_failed_turns_are_remembered(make_gateway: Any, connect: Any) -> None:
    extractor = Noted()
    gateway = make_gateway(chat=Hanging("Well, "), extractor=extractor)
    client = connect(gateway, "alice")
    client.send("text", {"text": "hang"})
    client.until("bot_response")
    client.send("client_interrupt", {})
    client.until("interrupt")
    eventually(lambda: contents(gateway, "alice"), ["Said hang"])
    assert (extractor.exchanges[0].text, extractor.exchanges[0].reply) == ("hang", "Well, ")
    failing = make_gateway(chat=Scripted(RuntimeError("no")), extractor=Noted())
    connect(failing, "alice").turn("remember this")
    eventually(lambda: contents(failing, "alice"), ["Said remember this"])


def test_what_an_extractor_is_given(make_gateway: Any, connect: Any) -> None:
    extractor = Noted()
    gateway = make_gateway(chat=Scripted("What's your name?"), extractor=extractor)
    client = connect(gateway, "alice")
    client.says("hi")
    client.says("Alice")
    eventually(lambda: len(extractor.exchanges), 2)
    first, second = extractor.exchanges
    assert (first.text, first.reply, first.before, first.character_name) == ("hi", "What's your name?", "", "Marina")
    assert (second.text, second.before) == ("Alice", "What's your name?")
    assert second.at is not None
    assert second.at.tzinfo is not None


def test_an_extractor_that_fails_is_stood_in_for(make_gateway: Any, connect: Any, caplog: Any) -> None:
    gateway = make_gateway(chat=Scripted("I see."), extractor=Noted(fail=True))
    connect(gateway, "alice").says("I live in Lyon.")
    eventually(lambda: contents(gateway, "alice"), ["Lives in Lyon"])
    assert "the extractor noted failed" in caplog.text


def test_nobody_waits_for_a_slow_extractor(make_gateway: Any, connect: Any) -> None:
    extractor = Noted()
    gateway = make_gateway(chat=Scripted("I see."), extractor=extractor, memory_wait=0.1)
    client = connect(gateway, "alice")
    extractor.gate.clear()
    started = time.monotonic()
    client.says("one")
    client.says("two")
    client.says("three")
    assert time.monotonic() - started < 3
    # one after the other, in the order in which they were said
    extractor.gate.set()
    eventually(lambda: contents(gateway, "alice"), ["Said one", "Said two", "Said three"])


class Loading:
    """An embedder whose model is loaded when ``gate`` is set, or never if it fails."""

    name = "loading"

    def __init__(self, *, fail: bool = False) -> None:
        self.gate = threading.Event()
        self._fail = fail

    def embed(self, texts: Sequence[str]) -> Any:
        self.gate.wait(20)
        if self._fail:
            raise RuntimeError("the model is away")
        return np.zeros((len(texts), 4), np.float32)


class Slow:
    """An extractor that takes its time to understand a name."""

    name = "slow"

    def extract(self, exchange: Exchange) -> Extraction:
        time.sleep(0.6)
        return Extraction([Candidate("Is called Alice", "fact", 0.9, "name", fact=FactChange("name", "Alice"))])


@pytest.mark.parametrize("state", ["loading", "loaded", "failed"])
def test_while_models_load_a_turn_waits_longer_for_what_was_just_said(
    make_gateway: Any, connect: Any, state: str
) -> None:
    engine, embedder = Scripted("I see."), Loading(fail=state == "failed")
    gateway = make_gateway(chat=engine, extractor=Slow(), embedder=embedder, memory_wait=0.15)
    if state != "loading":
        embedder.gate.set()
        assert gateway._app.memory._loaded.wait(20)
    client = connect(gateway, "alice")
    client.says("I'm Alice.")
    client.says("What's my name?")
    embedder.gate.set()
    assert dict(engine.prompts[-1].facts) == ({"name": ["Alice"]} if state == "loading" else {})


def test_a_frozen_endpoint_for_vectors_holds_up_nobody(make_gateway: Any, connect: Any, monkeypatch: Any) -> None:
    from estuary.gateway.memory import service

    monkeypatch.setattr(service, "_FINDING", 0.2)
    engine, embedder = Scripted("I see."), Loading()
    embedder.gate.set()
    gateway = make_gateway(chat=engine, extractor=Noted(), embedder=embedder, memory_wait=0.05)
    warm(gateway)
    client = connect(gateway, "alice")
    client.says("one")
    eventually(lambda: contents(gateway, "alice"), ["Said one"])
    embedder.gate.clear()
    started = time.monotonic()
    for number in range(8):  # more than there are threads of any kind
        client.says(f"again {number}")
    connect(gateway, "bob").says("hello")
    assert time.monotonic() - started < 8
    assert list(engine.prompts[-2].memories) == []
    embedder.gate.set()


def test_what_is_left_undone_is_done_at_the_next_start(make_gateway: Any, connect: Any, tmp_path: Any) -> None:
    extractor = Noted()
    first = make_gateway(db=tmp_path / "g.db", chat=Scripted("I see."), extractor=extractor, memory_wait=0.1)
    extractor.gate.clear()
    client = connect(first, "alice")
    client.says("one")
    client.says("two")
    client.close()
    first.close(timeout=1)
    extractor.gate.set()
    second = make_gateway(db=tmp_path / "g.db", chat=Scripted("I see."), extractor=Noted())
    eventually(lambda: contents(second, "alice"), ["Said one", "Said two"])


def test_without_memory(make_gateway: Any, connect: Any) -> None:
    engine = Scripted("I see.")
    gateway = make_gateway(chat=engine, memory=False)
    client = connect(gateway, "alice", realtime_memory=True)
    client.says("I live in Lyon.")
    client.says("Where do I live?")
    assert dict(engine.prompts[-1].facts) == {}
    assert contents(gateway, "alice") == []
    assert requests.get(f"{gateway.url}/health", timeout=10).json()["engines"]["memory"] == "none"


def test_a_conversation_that_has_ended_is_put_in_order(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted("I see."))
    memory = gateway._app.memory
    kept: list[str] = []
    keep = memory._keep
    memory._keep = lambda conversation: (kept.append(conversation), keep(conversation))[1]
    client = connect(gateway, "alice")
    client.says("I live in Lyon.")
    assert kept == []
    client.close()
    eventually(lambda: kept, [client.session["conversation_id"]])
    idle = make_gateway(chat=Scripted("I see."), memory_idle=0.2)
    memory = idle._app.memory
    rested = threading.Event()
    memory._keep = lambda conversation: rested.set()
    connect(idle, "alice").says("I live in Lyon.")
    assert rested.wait(10)


def test_forgetting_while_it_talks(make_gateway: Any, connect: Any) -> None:
    engine = Scripted("I see.")
    gateway = make_gateway(chat=engine)
    warm(gateway)
    client = connect(gateway, "alice")
    client.says("I live in Lyon. My sister Anna is a doctor.")
    url = f"{gateway.url}/api/v1/characters/{gateway.character_id}/players/alice/memories"
    eventually(lambda: len(contents(gateway, "alice")), 2)
    headers = {"X-API-Key": gateway.api_key}
    refused = requests.delete(url, headers=headers, timeout=10)
    assert refused.status_code == 400
    assert "confirm=true" in refused.json()["detail"]
    assert requests.delete(url, params={"confirm": "false"}, headers=headers, timeout=10).status_code == 400
    deleted = requests.delete(url, params={"confirm": "true"}, headers=headers, timeout=10)
    assert (deleted.status_code, deleted.json()) == (200, {"deletedCount": 2})
    client.says("Where do I live, and what does my sister do?")
    prompt = engine.prompts[-1]
    assert (dict(prompt.facts), list(prompt.memories), list(prompt.history)) == ({}, [], [])
    client.says("I live in Paris.")
    client.says("Where?")
    assert list(engine.prompts[-1].facts["home"]) == ["Paris"]


def test_a_conversation_that_is_removed_takes_everything_along(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted("I see."))
    client = connect(gateway, "alice")
    client.says("I live in Lyon.")
    eventually(lambda: contents(gateway, "alice"), ["Lives in Lyon"])
    url = f"{gateway.url}/api/v1/characters/{gateway.character_id}/players/alice"
    assert requests.delete(url, headers={"X-API-Key": gateway.api_key}, timeout=10).status_code == 204
    assert contents(gateway, "alice") == []
    assert get(gateway, "alice", "/core-facts") == {"coreFacts": []}
    client.says("I live in Oslo.")
    eventually(lambda: contents(gateway, "alice"), ["Lives in Oslo"])


# --- the built-in companion


@pytest.mark.parametrize(
    ("told", "asked", "answer"),
    [
        ("My sister Anna is a doctor in Berlin.", "What does my sister do?", "Your sister Anna is a doctor in Berlin."),
        ("My sister Anna is a doctor in Berlin.", "What do you know about my sister?", "Your sister Anna is a doctor"),
        ("I have an exam on Friday.", "Do you remember when my exam is?", "You have an exam on"),
        ("I'm afraid of heights.", "What am I afraid of?", "You are afraid of heights."),
    ],
)
def test_the_companion_remembers(make_gateway: Any, connect: Any, told: str, asked: str, answer: str) -> None:
    gateway = make_gateway()
    warm(gateway)
    connect(gateway, "alice").says(told)
    assert answer in connect(gateway, "alice").says(asked)
    assert answer not in connect(gateway, "bob").says(asked)


def test_a_correction_takes_effect(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway()
    connect(gateway, "alice").says("Hello! My name is Alice and I live in Lyon.")
    client: RawClient = connect(gateway, "alice")
    assert "Lyon" in client.says("Where do I live?")
    client.says("Actually, I moved to Paris.")
    answer = connect(gateway, "alice").says("Where do I live?")
    assert "Paris" in answer
    assert "Lyon" not in answer
    assert contents(gateway, "alice", status="superseded") == ["Lives in Lyon"]


def test_facts_of_the_wire(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(extractor=_Fixed())
    client = connect(gateway, "alice")
    client.says("…")
    eventually(lambda: len(get(gateway, "alice", "/core-facts")["coreFacts"]), 2)
    assert "a nurse" in client.says("What do you know about me?")


class _Fixed:
    name = "fixed"

    def extract(self, exchange: Exchange) -> Extraction:
        return Extraction(
            [
                Candidate("Works as a nurse", "fact", 0.9, fact=FactChange("occupation", "nurse")),
                Candidate("Likes jazz", "preference", 0.9, fact=FactChange("interests", "jazz")),
            ]
        )
