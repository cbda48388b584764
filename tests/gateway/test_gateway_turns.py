"""Turns over the socket: chunks, actions, interruption, failures, limits."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import requests
from rawclient import Hanging, RawClient, Scripted, whole

from estuary.gateway.engines.base import ActionCall, ChatPrompt, EngineError

ACTIONS = [
    {
        "name": "turn",
        "description": "Turn round",
        "parameters": [
            {"name": "degrees", "type": "number", "required": True},
            {"name": "times", "type": "integer"},
            {"name": "fast", "type": "boolean"},
        ],
    }
]


def messages(gateway: Any, player: str, character: Any = None) -> list[tuple[str, str, str]]:
    url = f"{gateway.url}/api/v1/characters/{character or gateway.character_id}/players/{player}/messages"
    answer = requests.get(url, headers={"X-API-Key": gateway.api_key}, timeout=10)
    answer.raise_for_status()
    return [(message["role"], message["content"], message["status"]) for message in answer.json()["messages"]]


def until_stored(gateway: Any, player: str, number: int) -> list[tuple[str, str, str]]:
    deadline = time.monotonic() + 10
    while len(found := messages(gateway, player)) < number:
        assert time.monotonic() < deadline, found
    return found


# --- chunks


@pytest.mark.parametrize(
    ("dialect", "final_text", "expected"),
    [
        ("cumulative", "whole", [("Hé", "Hé"), ('Hé\n"x"', '\n"x"'), ('Hé\n"x" 🌊', " 🌊"), ('Hé\n"x" 🌊', "")]),
        ("cumulative", "empty", [("Hé", "Hé"), ('Hé\n"x"', '\n"x"'), ('Hé\n"x" 🌊', " 🌊"), ("", "")]),
        ("cumulative", "last", [("Hé", "Hé"), ('Hé\n"x"', '\n"x"'), (" 🌊", " 🌊")]),
        ("delta", "whole", [("Hé", True), ('\n"x"', True), (" 🌊", True), ('Hé\n"x" 🌊', False)]),
        ("delta", "empty", [("Hé", True), ('\n"x"', True), (" 🌊", True), ("", False)]),
        ("delta", "last", [("Hé", True), ('\n"x"', True), (" 🌊", False)]),
    ],
)
def test_dialects(make_gateway: Any, connect: Any, dialect: str, final_text: str, expected: list[Any]) -> None:
    engine = Scripted("Hé", "", '\n"x"', " 🌊")
    gateway = make_gateway(chat=engine, dialect=dialect, final_text=final_text)
    client = connect(gateway, "p")
    events = client.turn("hello")
    assert {event for event, _ in events} == {"bot_response"}
    payloads = [payload for _, payload in events]
    assert [(payload["text"], payload["partial"]) for payload in payloads] == expected
    assert [payload["chunk_index"] for payload in payloads] == list(range(len(expected)))
    assert [payload["is_final"] for payload in payloads] == [False] * (len(expected) - 1) + [True]
    assert [payload["is_interjection"] for payload in payloads] == [False] * len(expected)
    assert len({payload["message_id"] for payload in payloads}) == 1
    assert client.turn("again")[0][1]["message_id"] != payloads[0]["message_id"]
    assert messages(gateway, "p")[:2] == [("user", "hello", "complete"), ("assistant", 'Hé\n"x" 🌊', "complete")]


@pytest.mark.parametrize("dialect", ["cumulative", "delta"])
def test_five_thousand_chunks_in_order(make_gateway: Any, connect: Any, dialect: str) -> None:
    pieces = [f"{number} " for number in range(5000)]
    gateway = make_gateway(chat=Scripted(*pieces), dialect=dialect)
    client = connect(gateway, "p", capabilities={"client_action": True})
    events = client.turn("go", timeout=30)
    assert [payload["chunk_index"] for _, payload in events] == list(range(5001))
    key = "partial" if dialect == "cumulative" else "text"
    assert [payload[key] for _, payload in events[:-1]] == pieces
    assert events[-1][1]["text"] == "".join(pieces)


def test_an_answer_of_nothing(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted())
    client = connect(gateway, "p")
    [(event, payload)] = client.turn("hello")
    assert (event, payload["text"], payload["is_final"], payload["chunk_index"]) == ("bot_response", "", True, 0)
    assert messages(gateway, "p") == [("user", "hello", "complete")]


def test_what_the_engine_is_given(make_gateway: Any, connect: Any) -> None:
    engine = Scripted(script=lambda prompt: [f"heard {prompt.text}"])
    gateway = make_gateway(chat=engine, history=4)
    character = gateway.create_character(
        persona={"name": "Ada", "personality": "curt"},
        llm={"model": "m-1", "temperature": 0.1, "max_tokens": 50},
        actions=ACTIONS,
    )
    client = connect(gateway, "p", character_id=character)
    for text in ("one", "two", "three"):
        client.says(text)
    # another session of the same player goes on where this one was
    connect(gateway, "p", character_id=character).says("four")
    connect(gateway, "q", character_id=character).says("five")
    prompt = engine.prompts[3]
    assert (prompt.persona.name, prompt.persona.personality) == ("Ada", "curt")
    assert (prompt.model, prompt.temperature, prompt.max_tokens) == ("m-1", 0.1, 50)
    assert [action.name for action in prompt.actions] == ["turn"]
    assert [parameter.type for parameter in prompt.actions[0].parameters] == ["number", "integer", "boolean"]
    assert [(said.role, said.content) for said in prompt.history] == [
        ("user", "two"),
        ("assistant", "heard two"),
        ("user", "three"),
        ("assistant", "heard three"),
    ]
    assert list(engine.prompts[4].history) == []


def test_facts_are_known_in_the_next_session(make_gateway: Any, connect: Any) -> None:
    engine = Scripted("I see.")
    gateway = make_gateway(chat=engine)
    connect(gateway, "p").says("My name is Alice and I live in Lyon.")
    connect(gateway, "p").says("Do you know me?")
    connect(gateway, "q").says("And me?")
    facts = engine.prompts[1].facts
    assert list(facts["name"]) == ["Alice"]
    assert list(facts["home"]) == ["Lyon"]
    assert dict(engine.prompts[2].facts) == {}


# --- actions


def test_actions_as_events(make_gateway: Any, connect: Any) -> None:
    engine = Scripted("Sure! ", ActionCall("turn", {"degrees": 1.5, "fast": True}), " Done.")
    gateway = make_gateway(chat=engine)
    events = connect(gateway, "p", capabilities={"client_action": True}).turn("turn!")
    assert [event for event, _ in events] == ["bot_response", "client_action", "bot_response", "bot_response"]
    action = events[1][1]
    assert (action["name"], action["arguments"]) == ("turn", {"degrees": 1.5, "fast": True})
    assert action["message_id"] == events[0][1]["message_id"]
    assert (action["chunk_index"], isinstance(action["timestamp"], str)) == (1, True)
    assert whole(events) == events[-1][1]["text"] == "Sure! Done."
    assert messages(gateway, "p")[1] == ("assistant", "Sure! Done.", "complete")


@pytest.mark.parametrize("capabilities", [None, {}, {"client_action": False}, {"version": "1", "camera": True}])
def test_actions_as_tags(make_gateway: Any, connect: Any, capabilities: Any) -> None:
    call = ActionCall("turn", {"degrees": 1.5, "fast": True, "why": 'a "b" & <c>\n\x00', "bad key": 1, "name": "x"})
    gateway = make_gateway(chat=Scripted("Sure! ", call, " Done."))
    events = connect(gateway, "p", capabilities=capabilities).turn("turn!")
    assert {event for event, _ in events} == {"bot_response"}
    tag = '<action name="turn" degrees="1.5" fast="true" why="a &quot;b&quot; &amp; &lt;c&gt;&#10;�" />'
    assert whole(events) == events[-1][1]["text"] == f"Sure! {tag} Done."
    assert messages(gateway, "p")[1] == ("assistant", "Sure! Done.", "complete")


def test_tags_of_the_model_become_events(make_gateway: Any, connect: Any) -> None:
    turn = '<action name="turn" degrees="90" times="2" fast="true" why="fun"/>'
    text = f'Look: 2 < 3. {turn} Now <action name="bow"/>bye.'
    pieces = [text[start : start + 3] for start in range(0, len(text), 3)]
    gateway = make_gateway(chat=Scripted(*pieces))
    character = gateway.create_character(actions=ACTIONS)
    client = connect(gateway, "p", character_id=character, capabilities={"client_action": True})
    events = client.turn("go")
    actions = [(payload["name"], payload["arguments"]) for event, payload in events if event == "client_action"]
    assert actions == [("turn", {"degrees": 90, "times": 2, "fast": True, "why": "fun"}), ("bow", {})]
    assert whole(events) == events[-1][1]["text"] == "Look: 2 < 3. Now bye."
    assert events[-1][0] == "bot_response"
    # without the capability the text goes out as it is
    events = connect(gateway, "q", character_id=character).turn("go")
    assert events[-1][1]["text"] == text
    assert messages(gateway, "q", character)[1][1] == "Look: 2 < 3. Now bye."


# --- interruption


@pytest.mark.parametrize("said", [(), ("So far ", "so good")], ids=["before the first chunk", "in the middle"])
@pytest.mark.parametrize("way", ["client_interrupt", "new_message", "say_line"])
def test_interruption(make_gateway: Any, connect: Any, said: tuple[str, ...], way: str) -> None:
    engine = Hanging(*said)
    gateway = make_gateway(chat=engine)
    client = connect(gateway, "p")
    client.send("text", {"text": "hang"})
    for _ in said:
        client.next()
    assert engine.started.wait(10)
    if way == "client_interrupt":
        client.send("client_interrupt")
    elif way == "say_line":
        client.send("say_line", {"text": "A line.", "text_only": True})
    else:
        client.send("text", {"text": "next"})
    event, payload = client.next()
    assert (event, payload["reason"]) == ("interrupt", way)
    assert payload["message_id"]
    assert re.match(r"\d{4}-\d\d-\d\dT", payload["interrupted_at"])
    if said:
        assert payload["message_id"] == client.seen[-2][1]["message_id"]
    assert engine.stopped.wait(10)
    if way == "client_interrupt":
        assert client.quiet() == []
        client.send("text", {"text": "next"})
    following = client.turn()
    assert payload["message_id"] not in {payload["message_id"] for _, payload in following}
    assert following[-1][1]["text"] == ("A line." if way == "say_line" else "echo: next")
    stored = [("user", "hang", "complete")]
    if said:
        stored.append(("assistant", "So far so good", "interrupted"))
    if way == "say_line":
        stored.append(("assistant", "A line.", "complete"))
    else:
        stored += [("user", "next", "complete"), ("assistant", "echo: next", "complete")]
    assert messages(gateway, "p") == stored


def test_interrupting_silence(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted("Hello."))
    client = connect(gateway, "p")
    client.send("client_interrupt", {})
    event, payload = client.next()
    assert (event, payload["reason"], "message_id" in payload) == ("interrupt", "client_interrupt", False)
    last = client.turn("hi")[-1][1]["message_id"]
    client.send("client_interrupt", None)
    assert client.until("interrupt")["message_id"] == last
    assert client.says("hi") == "Hello."


def test_interrupting_an_older_message_leaves_this_one_alone(make_gateway: Any, connect: Any) -> None:
    engine = Hanging("now")
    gateway = make_gateway(chat=engine)
    client = connect(gateway, "p")
    client.send("text", {"text": "hang"})
    current = client.until("bot_response")["message_id"]
    client.send("client_interrupt", {"message_id": "older"})
    assert client.until("interrupt")["message_id"] == "older"
    assert not engine.stopped.is_set()
    client.send("client_interrupt", {"message_id": current})
    assert client.until("interrupt")["message_id"] == current
    assert engine.stopped.wait(10)


def test_a_burst_of_texts(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted(script=lambda prompt: [f"echo {prompt.text}"]))
    client = connect(gateway, "p")
    texts = [f"text {number}" for number in range(50)]
    for text in texts:
        client.send("text", {"text": text})
    answers: list[str] = []
    ended: set[str] = set()
    while len(ended) < len(texts):
        event, payload = client.next()
        if event == "interrupt":
            assert payload["reason"] == "new_message"
            ended.add(payload["message_id"])
        else:
            assert payload["message_id"] not in ended, "a chunk of a message that has ended"
            if payload["is_final"]:
                answers.append(payload["text"])
                ended.add(payload["message_id"])
    assert answers[-1] == "echo text 49"
    assert [content for role, content, _ in messages(gateway, "p") if role == "user"] == texts


class Stubborn:
    """Can't be stopped."""

    name = "stubborn"

    async def reply(self, prompt: ChatPrompt) -> AsyncIterator[str]:
        yield f"{prompt.text} "
        while prompt.text == "hang":
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                yield "more "


def test_an_engine_that_does_not_stop_is_left_behind(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Stubborn())
    client = connect(gateway, "p")
    client.send("text", {"text": "hang"})
    first = client.until("bot_response")["message_id"]
    client.send("text", {"text": "next"})
    assert client.until("interrupt")["message_id"] == first
    assert client.turn()[-1][1]["text"] == "next "


def test_say_line(make_gateway: Any, connect: Any) -> None:
    engine = Scripted("never asked")
    gateway = make_gateway(chat=engine)
    client = connect(gateway, "p")
    line = "To be, or not to be, that is the question: " * 10
    client.send("say_line", {"text": line, "text_only": False})
    events = client.turn()
    assert len(events) > 2
    assert whole(events) == events[-1][1]["text"] == line
    assert len({payload["message_id"] for _, payload in events}) == 1
    assert engine.prompts == []
    assert messages(gateway, "p") == [("assistant", line, "complete")]


# --- failures


def test_a_failing_engine(make_gateway: Any, connect: Any, caplog: Any) -> None:
    def script(prompt: ChatPrompt) -> list[Any]:
        return {
            "clear": ["some ", EngineError("the model is asleep")],
            "secret": ["more ", RuntimeError("sk-secret")],
            "wrong": [17],
            "strange": [ActionCall("act", {"value": object()})],
        }.get(prompt.text, ["fine"])

    gateway = make_gateway(chat=Scripted(script=script))
    client = connect(gateway, "p", capabilities={"client_action": True})
    assert client.turn("clear")[-1] == ("error", {"message": "the model is asleep"})
    assert client.says("hello") == "fine"
    hidden = ("error", {"message": "the character could not answer: its chat engine failed"})
    for text in ("secret", "wrong", "strange"):
        assert client.turn(text)[-1] == hidden
        assert client.says("hello") == "fine"
    assert "sk-secret" in caplog.text
    assert messages(gateway, "p")[:4] == [
        ("user", "clear", "complete"),
        ("assistant", "some ", "failed"),
        ("user", "hello", "complete"),
        ("assistant", "fine", "complete"),
    ]


def test_a_character_that_is_removed_meanwhile(make_gateway: Any, connect: Any) -> None:
    engine = Hanging("so ")
    gateway = make_gateway(chat=engine)
    character = gateway.create_character()
    client = connect(gateway, "p", character_id=character)
    client.send("text", {"text": "hang"})
    client.until("bot_response")
    url = f"{gateway.url}/api/v1/characters/{character}"
    assert requests.delete(url, headers={"X-API-Key": gateway.api_key}, timeout=10).status_code == 204
    client.send("client_interrupt")
    client.until("interrupt")
    assert client.turn("hello") == [("error", {"message": "the character no longer exists"})]


@pytest.mark.parametrize(
    ("event", "args", "problem"),
    [
        ("text", [], "must be an object, not null"),
        ("text", ["hello"], "must be an object, not a string"),
        ("text", [[1]], "must be an object, not a list"),
        ("text", [7], "must be an object, not a number"),
        ("text", [{}], "text is missing"),
        ("text", [{"text": None}], "text must be a string, not null"),
        ("text", [{"text": {"a": 1}}], "text must be a string, not an object"),
        ("text", [{"text": ""}], "text is empty"),
        ("text", [{"text": " \n\t "}], "text is empty"),
        ("text", [{"text": "hi", "textOnly": "yes"}], "textOnly must be true or false"),
        ("say_line", [{"text": 1}], "text must be a string, not a number"),
        ("say_line", [{"text": "x", "text_only": 1}], "text_only must be true or false"),
        ("say_line", [{"text": "  "}], "text is empty"),
        ("client_interrupt", [5], "must be an object"),
        ("client_interrupt", [{"message_id": 5}], "message_id must be a string"),
        ("update_preferences", ["x"], "must be an object"),
        ("update_preferences", [{"enableVisionAcknowledgment": "x"}], "enableVisionAcknowledgment must be"),
    ],
)
def test_malformed_payloads(gateway: Any, connect: Any, player: str, event: str, args: Any, problem: str) -> None:
    client = connect(gateway, player)
    client.send(event, *args)
    name, payload = client.next()
    assert name == "error"
    assert payload["message"].startswith(f"{event}: ")
    assert problem in payload["message"]
    assert client.says("hello")


def test_a_malformed_event_does_not_end_the_answer(make_gateway: Any, connect: Any) -> None:
    engine = Hanging("so ")
    gateway = make_gateway(chat=engine)
    client = connect(gateway, "p")
    client.send("text", {"text": "hang"})
    client.until("bot_response")
    client.send("text", {"text": ""})
    client.until("error")
    assert not engine.stopped.is_set()


@pytest.mark.parametrize(
    "frame",
    [
        "42/sdk,",
        "42/sdk,[]",
        "42/sdk,{}",
        "42/sdk,[1]",
        '42/sdk,[null,{"text":"x"}]',
        '42/sdk,["text"',
        "42/sdk,[[]]",
        "4",
        "49",
        "4x",
        "42/sdk,5",
        '42/sdk,["connect",{}]',
        '42/sdk,["disconnect",{}]',
        "43/sdk,7[]",
        "46/sdk,1[]",
        '451-/sdk,["text",{"_placeholder":true,"num":3}]',
        "9",
        "bAAAA",
    ],
)
def test_broken_frames(gateway: Any, connect: Any, player: str, frame: str) -> None:
    # the connection may end, but the gateway goes on, and a session whose connection lives goes on too
    client = connect(gateway, player)
    client.raw(frame)
    other = connect(gateway, player + "-other")
    assert other.says("hello")


def test_unknown_and_unavailable_events(gateway: Any, connect: Any, player: str) -> None:
    client = connect(gateway, player)
    client.send("something_new", {"a": 1})
    client.send("update_preferences", {"enableVisionAcknowledgment": True, "more": 1})
    client.send("audio_playback_complete", {"message_id": "x"})
    client.send("camera_image", {"image": "AAAA", "mime_type": "image/png"})
    assert "not available in this version" in client.next()[1]["message"]
    client.send("livekit_token")
    assert [name for name, _ in client.seen[-1:]] + [client.next()[0]] == ["error", "livekit_error"]
    client.raw('42/sdk,7["renew_authentication",{"client_token":"ect_x"}]')
    assert client.next()[1][0]["ok"] is False
    client.raw('42/sdk,8["text",{"text":"with an acknowledgement"}]')
    assert client.until("ack") == []


# --- limits


def test_a_message_that_is_too_long(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted("Hello."), max_text=1000)
    client = connect(gateway, "p")
    for size in (1001, 5_000_000, 15_000_000):
        client.send("text", {"text": "x" * size})
        message = client.until("error")["message"]
        assert f"{size:,} characters" in message
        assert "1,000 are allowed" in message
    assert client.says("x" * 1000) == "Hello."


TEXTS = {
    "ten thousand": "0123456789" * 1000,
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 🇫🇷 \U0001f30a",
    "right to left": "שלום עולם \u202eمرحبا\u202c",
    "controls": "a\x00b\x01\x1f\x7f\x85\u2028\u2029\ufeff\ufffe\r\n\t",
    "xml": "<a href='x'>&amp;</a> \\ \" '",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_every_text_survives(make_gateway: Any, connect: Any, text: str) -> None:
    gateway = make_gateway(chat=Scripted(script=lambda prompt: [prompt.text[:7], prompt.text[7:]]))
    client = connect(gateway, "p")
    assert client.says(text) == text
    assert messages(gateway, "p") == [("user", text, "complete"), ("assistant", text, "complete")]


def test_half_characters_are_replaced(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted(script=lambda prompt: [prompt.text, " \udc00"]))
    client = connect(gateway, "p")
    client.raw('42/sdk,["text",{"text":"half \\ud83d and whole \\ud83c\\udf0a"}]')
    client.turn()
    assert messages(gateway, "p")[0][1] == "half \ufffd and whole \U0001f30a"
    assert messages(gateway, "p")[1][1] == "half \ufffd and whole \U0001f30a \ufffd"


def test_quota(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted("Hello."), quota=2)
    client = connect(gateway, "p")
    assert client.says("one") == "Hello."
    assert connect(gateway, "q").says("two") == "Hello."
    [(event, payload)] = client.turn("three")
    assert event == "quota_exceeded"
    assert "quota of 2 messages" in payload.pop("message")
    assert payload == {"current": 2, "limit": 2, "remaining": 0, "tier": "local"}
    assert [event for event, _ in client.turn("four")] == ["quota_exceeded"]
    client.send("say_line", {"text": "A line costs nothing."})
    assert client.turn()[-1][1]["text"] == "A line costs nothing."
    assert connect(gateway, "r", api_key=gateway.create_key("other")).says("five") == "Hello."
    assert [role for role, _, _ in messages(gateway, "p")] == ["user", "assistant", "assistant"]


def test_session_timeout(make_gateway: Any, connect: Any) -> None:
    gateway = make_gateway(chat=Scripted("Hello."), session_timeout=0.3)
    client = connect(gateway, "p")
    started = time.monotonic()
    client.says("hi")
    event, payload = client.next()
    assert time.monotonic() - started >= 0.3
    assert event == "session_timeout"
    assert payload["reason"] == "inactivity"
    assert payload["timeout_seconds"] == 0.3
    assert payload["idle_seconds"] >= 0.3
    assert client.next() == ("disconnect", None)
    assert client.closed() == []


def test_a_turn_is_not_idleness(make_gateway: Any, connect: Any) -> None:
    engine = Hanging("so ")
    gateway = make_gateway(chat=engine, session_timeout=0.2)
    client = connect(gateway, "p")
    client.send("text", {"text": "hang"})
    client.until("bot_response")
    with pytest.raises(TimeoutError):
        client.next(timeout=0.7)
    client.send("client_interrupt")
    client.until("interrupt")
    client.until("session_timeout")


def test_two_clients_of_one_player(make_gateway: Any, connect: Any) -> None:
    engine = Scripted(script=lambda prompt: [f"{prompt.text} {len(prompt.history)} ", *("x" * 100)])
    gateway = make_gateway(chat=engine)
    one, two = connect(gateway, "p"), connect(gateway, "p")
    one.send("text", {"text": "from one"})
    two.send("text", {"text": "from two"})
    first, second = one.turn(), two.turn()
    assert first[0][1]["text"].startswith("from one")
    assert second[0][1]["text"].startswith("from two")
    assert {payload["message_id"] for _, payload in first}.isdisjoint({payload["message_id"] for _, payload in second})
    assert len(messages(gateway, "p")) == 4
    # an interruption stops one's own turn only
    one.send("client_interrupt")
    one.until("interrupt")
    assert two.quiet() == []


def test_what_was_said_is_kept_when_the_client_vanishes(make_gateway: Any, connect: Any) -> None:
    engine = Hanging("So far ", "so good")
    gateway = make_gateway(chat=engine)
    client = connect(gateway, "p")
    client.send("text", {"text": "hang"})
    client.until("bot_response")
    client.sock.close()
    assert engine.stopped.wait(10)
    assert until_stored(gateway, "p", 2) == [
        ("user", "hang", "complete"),
        ("assistant", "So far so good", "interrupted"),
    ]


class Flood:
    """Never ends, and counts what it has said."""

    name = "flood"

    def __init__(self) -> None:
        self.pieces = 0

    async def reply(self, prompt: ChatPrompt) -> AsyncIterator[str]:
        while True:
            self.pieces += 1
            yield "x" * 1000


def test_a_client_that_reads_nothing_is_cut_off(make_gateway: Any) -> None:
    engine = Flood()
    gateway = make_gateway(chat=engine, dialect="delta", stall_timeout=0.5)
    auth = {"api_key": gateway.api_key, "character_id": gateway.character_id, "player_id": "p"}
    with RawClient(gateway.url) as client:
        client.open(auth)
        client.until("session_info")
        client.send("text", {"text": "go"})
        client.next()
        deadline = time.monotonic() + 20
        while requests.get(f"{gateway.url}/health", timeout=10).json()["sessions"]:
            assert time.monotonic() < deadline
        # what fits into the kernel's buffers and our own, and no more
        assert 100 < engine.pieces < 20_000


def test_a_slow_reader_gets_everything(make_gateway: Any, connect: Any) -> None:
    pieces = [f"{number:06d} " + "y" * 1000 for number in range(8000)]
    gateway = make_gateway(chat=Scripted(*pieces), dialect="delta", final_text="empty", stall_timeout=5.0)
    client = connect(gateway, "p")
    client.send("text", {"text": "go"})
    client.next()
    time.sleep(0.5)  # slowness itself, not waiting for something
    rest = client.turn(timeout=40)
    assert [payload["text"] for _, payload in rest[:-1]] == pieces[1:]


def test_the_chunks_are_json_as_others_write_it(make_gateway: Any, connect: Any) -> None:
    text = "".join(chr(code) for code in [*range(0x20), 0x22, 0x5C, 0x7F, 0x2028, 0xE9, 0x1F30A])
    gateway = make_gateway(chat=Scripted(text), dialect="cumulative")
    client = connect(gateway, "p")
    client.send("text", {"text": "go"})
    client._ws.settimeout(10)
    frame = client._ws.recv()
    payload = json.loads(frame[len("42/sdk,") :])[1]
    assert payload["text"] == payload["partial"] == text
    assert frame.isascii()


class Mouthful:
    """Says more than the kernel takes for a client that does not read, but less than makes a turn pause."""

    name = "mouthful"

    async def reply(self, prompt: ChatPrompt) -> AsyncIterator[str]:
        for _ in range(30):
            yield "x" * 100_000


def test_a_client_that_went_silent_does_not_hold_its_connection(make_gateway: Any) -> None:
    gateway = make_gateway(chat=Mouthful(), dialect="delta", final_text="empty", ping_interval=0.3, ping_timeout=0.3)
    auth = {"api_key": gateway.api_key, "character_id": gateway.character_id, "player_id": "p"}
    with RawClient(gateway.url, receive_buffer=4096) as client:
        client.open(auth)
        client.until("session_info")
        client.send("text", {"text": "go"})
        deadline = time.monotonic() + 20
        while gateway._thread._connections._transports:
            assert time.monotonic() < deadline
            time.sleep(0.05)  # nothing tells from outside that the server has let go


def test_a_password_in_the_models_address_is_not_shown(make_gateway: Any, caplog: Any) -> None:
    with caplog.at_level("DEBUG"):
        gateway = make_gateway(llm_url="http://me:hunter2@127.0.0.1:9/v1", llm_model="m")
    health = requests.get(f"{gateway.url}/health", timeout=10).text
    assert "hunter2" not in repr(gateway.options) + caplog.text + health
