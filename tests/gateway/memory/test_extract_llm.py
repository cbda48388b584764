"""The extractor that asks a model, against a real server that answers well, badly, late or not at all."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional

import pytest

from estuary.gateway.memory.base import Exchange, Extraction, FactChange, Relation
from estuary.gateway.memory.extract import EmbeddedExtractor, LLMExtractor

pytest.importorskip("openai")

KEY = "sk-very-secret-1234"
SAID = Exchange(text="Hi, I live in Lyon and I love jazz.", reply="I grew up by the sea.", before="Where do you live?")

GOOD = {
    "memories": [
        {
            "content": "Lives in Lyon",
            "type": "fact",
            "confidence": 0.9,
            "topic": "Home",
            "secondary_topics": ["travel"],
            "quote": "I live in Lyon",
            "fact": {"key": "home", "value": "Lyon", "negated": False, "replaces": True},
            "entities": ["Lyon"],
            "supersedes": [],
        },
        {"content": "Grew up by the sea", "type": "character_self", "confidence": 1, "quote": "I grew up by the sea"},
    ],
    "entities": [{"name": "Lyon", "kind": "place", "aliases": [], "role": None}],
    "relations": [{"source": "user", "kind": "lives in", "target": "Lyon", "confidence": 0.9}],
}

Step = Callable[["Model", dict[str, Any]], "tuple[int, bytes]"]


def chat(content: Any, **message: Any) -> bytes:
    """An answer in the OpenAI form."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content, **message}}
    return json.dumps(
        {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
    ).encode()


def says(content: Any, **message: Any) -> Step:
    """A step that answers with ``content``."""
    return lambda model, body: (200, chat(content if isinstance(content, str) else json.dumps(content), **message))


def fails(status: int) -> Step:
    """A step that answers with a status, and a message that gives the key away."""
    return lambda model, body: (status, json.dumps({"error": {"message": f"bad key {KEY}"}}).encode())


class Model:
    """A server on a real port; ``step`` says how it answers."""

    def __init__(self) -> None:
        self.step: Step = says(GOOD)
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[Optional[str]] = []
        self.released = threading.Event()
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                model.bodies.append(body)
                model.keys.append(self.headers.get("authorization"))
                status, answer = model.step(model, body)
                try:
                    self.send_response(status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    pass  # the client has given up waiting

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = False
        self.server.block_on_close = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), name="memory-model")

    def forms(self) -> list[Optional[str]]:
        """The ``response_format`` of every request."""
        return [(body.get("response_format") or {}).get("type") for body in self.bodies]


@pytest.fixture
def model() -> Iterator[Model]:
    model = Model()
    model.thread.start()
    yield model
    model.released.set()
    model.server.shutdown()
    model.server.server_close()
    model.thread.join(10)
    assert not model.thread.is_alive()


@pytest.fixture
def extractor(model: Model) -> Iterator[LLMExtractor]:
    extractor = LLMExtractor(model.url, "m", api_key=KEY, timeout=5)
    yield extractor
    extractor.close()


def by_rules(exchange: Exchange) -> Extraction:
    return EmbeddedExtractor().extract(exchange)


def test_a_good_answer_is_taken(model: Model, extractor: LLMExtractor, caplog: pytest.LogCaptureFixture) -> None:
    found = extractor.extract(SAID)
    assert [memory.content for memory in found.memories] == ["Lives in Lyon", "Grew up by the sea"]
    lives, grew = found.memories
    assert lives.fact == FactChange("location", "Lyon", replaces=True)
    assert lives.topic == "home"
    assert lives.quote == "I live in Lyon"
    assert grew.fact is None
    assert grew.quote == "I grew up by the sea"
    assert found.entities[0].name == "Lyon"
    assert found.relations == (Relation("user", "lives in", "Lyon", 0.9),)
    assert model.forms() == ["json_schema"]
    assert model.keys == [f"Bearer {KEY}"]
    assert not caplog.records


def test_the_model_gets_the_exchange_and_what_is_known(model: Model, extractor: LLMExtractor) -> None:
    extractor.extract(Exchange(text="Actually Paris", before="Lyon, right?", facts={"location": ["Lyon"]}))
    told = json.loads(model.bodies[0]["messages"][1]["content"])
    assert told["user"] == "Actually Paris"
    assert told["character said before"] == "Lyon, right?"
    assert told["known core facts"] == {"location": ["Lyon"]}
    assert model.bodies[0]["model"] == "m"


@pytest.mark.parametrize("refused", [1, 2])
def test_a_server_that_refuses_the_schema_is_asked_for_less_and_not_again(
    model: Model, extractor: LLMExtractor, refused: int
) -> None:
    known = ["json_schema", "json_object", None][refused:]

    def step(model: Model, body: dict[str, Any]) -> tuple[int, bytes]:
        form = (body.get("response_format") or {}).get("type")
        return (200, chat(json.dumps(GOOD))) if form in known else fails(400)(model, body)

    model.step = step
    assert len(extractor.extract(SAID).memories) == 2
    assert len(extractor.extract(SAID).memories) == 2
    assert model.forms() == [*["json_schema", "json_object", None][: refused + 1], known[0]]


def test_json_in_a_code_fence_or_among_words_is_found(model: Model, extractor: LLMExtractor) -> None:
    for wrapped in (f"```json\n{json.dumps(GOOD)}\n```", f"Here you are: {json.dumps(GOOD)} Anything else?"):
        model.step = says(wrapped)
        assert len(extractor.extract(SAID).memories) == 2


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (says("I'm afraid I can't do that."), "no valid list of memories"),
        (says('{"memories": [{"content": "Lives in'), "no valid list of memories"),
        (says({"memories": "none"}), "no valid list of memories"),
        (says({"memories": [{"content": "x", "type": "gossip", "confidence": 1}]}), "no valid list of memories"),
        (says("[" * 100_000), "no valid list of memories"),
        (says('{"memories": ' + "[" * 90_000 + "]}"), "no valid list of memories"),
        (says("", refusal="no"), "refused to answer"),
        (says("   "), "empty answer"),
        (lambda model, body: (200, b'{"choices": []}'), "no chat answer"),
        (lambda model, body: (200, b"<html>hello</html>"), ""),
        (fails(401), "refused the key (HTTP 401)"),
        (fails(404), "HTTP 404"),
        (fails(429), "HTTP 429"),
        (fails(500), "HTTP 500"),
        (fails(503), "HTTP 503"),
    ],
)
def test_whatever_goes_wrong_the_rules_read_instead(
    model: Model, extractor: LLMExtractor, caplog: pytest.LogCaptureFixture, step: Step, reason: str
) -> None:
    model.step = step
    with caplog.at_level(logging.DEBUG, "estuary.gateway"):
        found = extractor.extract(SAID)
    assert found == by_rules(SAID)
    (record,) = [record for record in caplog.records if record.name == "estuary.gateway"]
    assert reason in record.getMessage()
    assert "reading by rules" in record.getMessage()
    assert KEY not in caplog.text


def test_a_slow_model_is_not_waited_for(model: Model, caplog: pytest.LogCaptureFixture) -> None:
    def slow(model: Model, body: dict[str, Any]) -> tuple[int, bytes]:
        model.released.wait(10)
        return 200, chat(json.dumps(GOOD))

    model.step = slow
    extractor = LLMExtractor(model.url, "m", timeout=0.3)
    started = time.monotonic()
    found = extractor.extract(SAID)
    assert time.monotonic() - started < 4
    assert found == by_rules(SAID)
    assert "in time" in caplog.text
    extractor.close()


def test_a_server_that_is_not_there(model: Model, caplog: pytest.LogCaptureFixture) -> None:
    extractor = LLMExtractor("http://127.0.0.1:9/v1", "m", timeout=5)
    assert extractor.extract(SAID) == by_rules(SAID)
    assert "can't be reached" in caplog.text
    extractor.close()


def test_the_fallback_can_be_chosen(model: Model) -> None:
    class Nothing:
        name = "nothing"

        def extract(self, exchange: Exchange) -> Extraction:
            return Extraction()

    model.step = fails(500)
    extractor = LLMExtractor(model.url, "m", fallback=Nothing())
    assert extractor.extract(SAID) == Extraction()
    extractor.close()


def test_entries_of_the_wrong_form_are_left_out_and_the_rest_is_cleaned(model: Model, extractor: LLMExtractor) -> None:
    model.step = says(
        {
            "memories": [
                {"content": "  Loves\njazz ", "type": "preference", "confidence": 7, "quote": "I adore blues"},
                {"content": "Loves jazz", "type": "preference", "confidence": 0.1},
                {"content": "x" * 5000, "type": "fact", "confidence": -1, "fact": {"key": "Age!", "value": "3"}},
                {"content": "No type", "confidence": 1},
                {"content": "Unsure", "type": "fact", "confidence": "high"},
                {"content": 3, "type": "fact", "confidence": 1},
                {"content": "True?", "type": "fact", "confidence": True},
                "a memory",
            ],
            "entities": [
                {"name": "Lyon", "kind": "town"},
                {"name": "", "kind": "place"},
                {"name": "Ada", "kind": "person"},
            ],
            "relations": [
                {"source": "user", "kind": "knows", "target": "Ada"},
                {"source": "user", "kind": "", "target": "x"},
            ],
        }
    )
    found = extractor.extract(SAID)
    first, second = found.memories
    assert (first.content, first.confidence, first.quote) == ("Loves jazz", 1.0, "")
    assert len(second.content) == 300
    assert (second.confidence, second.fact) == (0.0, None)
    assert [entity.name for entity in found.entities] == ["Ada"]
    assert found.relations == (Relation("user", "knows", "Ada", 0.8),)


def test_an_empty_list_is_an_answer(model: Model, extractor: LLMExtractor) -> None:
    model.step = says({"memories": [], "entities": [], "relations": []})
    assert extractor.extract(SAID) == Extraction()


def test_credentials_show_nowhere() -> None:
    extractor = LLMExtractor("https://user:pass@example.org:8443/v1?token=abc", "m", api_key=KEY)
    for shown in (repr(extractor), extractor.name):
        assert "example.org:8443" in shown
        assert not any(secret in shown for secret in (KEY, "pass", "abc", "user:"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "ftp://x", "model": "m"},
        {"base_url": "nowhere", "model": "m"},
        {"base_url": "http://x/v1", "model": ""},
        {"base_url": "http://x/v1", "model": "m", "timeout": 0},
        {"base_url": "http://x/v1", "model": "m", "timeout": float("nan")},
    ],
)
def test_wrong_arguments_are_told_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        LLMExtractor(**wrong)


def test_without_the_openai_package_the_rules_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    assert LLMExtractor("http://127.0.0.1:9/v1", "m").extract(SAID) == by_rules(SAID)
    assert "needs the openai package" in caplog.text
