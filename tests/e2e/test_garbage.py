"""A server that sends anything: every malformed payload and packet costs itself, is reported once, and nothing else."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from puppet import RAW, Log, WireServer, answer

from estuary import ProtocolError, ServerError, VoiceError
from estuary.events import _RECEIVED, decode

#: Ends the session or refuses it, if well-formed: these the server may say, so they are no garbage.
ENDS = {"session_info", "auth_error", "session_rejected", "session_timeout"}


class Garbage:
    """A session with a server that answers texts, and what the session's error handlers were told."""

    def __init__(self, server, session):
        self.server, self.session = server, session
        self.errors, self.markers, self.life = Log(), Log(), Log()
        session.on("error", self.errors)
        session.on("marker", self.markers)
        for name in ("disconnected", "reconnecting", "reconnected"):
            session.on(name, self.life)
        self._rounds = 0

    def send(self, *events):
        """Send them; what ``on("error")`` was told of them, once all have been handled."""
        before = len(self.errors.items)
        self._rounds += 1
        self.server.send(*events, ("marker", self._rounds))
        self.markers.wait(self._rounds)
        assert self.markers.items[-1].raw == self._rounds
        return self.errors.items[before:]

    def check(self):
        """The session goes on as if nothing had been."""
        text = f"after round {self._rounds}"
        assert self.session.send(text, timeout=20).text == f"Answer to {text}"
        assert self.session.is_connected
        assert self.life.items == []
        assert self.server.connections == 1


@pytest.fixture
def garbage():
    numbers = iter(range(10**9))
    with WireServer(lambda text: answer(f"Answer to {text}", f"id-{next(numbers)}")) as server:
        with server.session(liveness_timeout=60) as session:
            yield Garbage(server, session)


def expected(name, payload):
    """What on("error") must be told of this event: class, event and field."""
    try:
        event = decode(name, payload)
    except ProtocolError as error:
        return [(ProtocolError, error.event, error.field)]
    told_to_the_user = {"error": ServerError, "voice_error": VoiceError}
    return [(told_to_the_user[name], None, None)] if event and name in told_to_the_user else []


def told(errors):
    return [(type(e), getattr(e, "event", None), getattr(e, "field", None)) for e in errors]


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8)
    | st.sampled_from([10**4000, -(10**400), 2**63, "\ud800", "\udfff\ud800", "\x00", "", "true", "<action", "id-0"])
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def wire_names(cls):
    return [a.metadata.get("wire_name") or a.name for a in cls.__attrs_attrs__ if a.name != "raw"]


def events_of(name):
    fields = st.sampled_from([*wire_names(_RECEIVED[name]), "raw", "unknown"])
    return st.tuples(st.just(name), JSON | st.dictionaries(fields, JSON, max_size=6))


EVENTS = st.one_of([events_of(name) for name in sorted(_RECEIVED)])
UNKNOWN = st.tuples(st.text(st.characters(), max_size=10).filter(lambda n: n not in {*_RECEIVED, "marker"}), JSON)


def as_json(payload):
    """As it arrives: JSON has no tuples, and joins two halves of a character."""
    return json.loads(json.dumps(payload))


@pytest.mark.limit(120)
def test_every_payload_of_every_event(garbage):
    """Each example is a batch of events over the one connection."""

    @settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink]
    )
    @given(st.lists(EVENTS | UNKNOWN, min_size=1, max_size=40))
    def run(events):
        errors = garbage.send(*events)
        assert told(errors) == [e for name, payload in events for e in expected(name, as_json(payload))]
        assert all(str(e) for e in errors)
        garbage.check()

    run()


@pytest.mark.parametrize("name", sorted(_RECEIVED))
def test_an_event_with_none_or_several_payloads(garbage, name):
    assert told(garbage.send((name,))) == expected(name, None)
    assert told(garbage.send((name, None, 1, {"a": 1}))) == expected(name, None)
    assert told(garbage.send((name, 5, {}))) == [(ProtocolError, name, None)]
    garbage.check()


@pytest.mark.parametrize("name", sorted(_RECEIVED))
def test_every_field_with_every_wrong_type(garbage, name):
    values = [None, True, 1, 1.5, math.nan, math.inf, "x", "", [], [[]], {}, {"a": {"b": []}}, [{}], 10**3000, "\ud800"]
    events = [(name, {field: value}) for field in wire_names(_RECEIVED[name]) for value in values]
    errors = garbage.send(*events)
    assert told(errors) == [e for n, payload in events for e in expected(n, payload)]
    for error in errors:
        if isinstance(error, ProtocolError):
            assert f"{error.event}.{error.field}" in str(error)
    garbage.check()


def test_binary_data_inside_an_event(garbage):
    """Announced and delivered as the protocol has it: then it is a wrong type like others."""
    assert told(garbage.send(("bot_response", {"text": b"\x00\xff"}))) == [(ProtocolError, "bot_response", "text")]
    assert told(garbage.send(("bot_voice", b"\x00" * 1000))) == [(ProtocolError, "bot_voice", None)]
    assert garbage.send(("of_the_future", {"data": [b"a", b"b"]})) == []
    assert told(garbage.send(("client_action", {"name": "x", "arguments": {"a": b"1"}}))) == []
    garbage.check()


BROKEN = {
    "cut json": '42/sdk,["bot_response",{bad',
    "no json": "42/sdk,[",
    "nothing": "42/sdk,",
    "nothing at all": "42",
    "empty array": "42/sdk,[]",
    "a number as name": "42/sdk,[5,{}]",
    "null as name": "42/sdk,[null]",
    "an object as name": '42/sdk,[{"a":1}]',
    "no array": "42/sdk,5",
    "an object": '42/sdk,{"a":1}',
    "a string": '42/sdk,"bot_response"',
    "trailing": '42/sdk,["bot_response",{}] and more',
    "deep": '42/sdk,["bot_response",' + "[" * 100_000,
    "too many digits": '42/sdk,["bot_response",{"chunk_index":' + "9" * 10_000 + "}]",
    "unknown type": "49/sdk,[]",
    "no type": "4",
    "not a type": "4x/sdk,[]",
    "ack without data": "43/sdk,",
    "ack of nothing": "43/sdk,77[1]",
    "an event that wants an ack": '42/sdk,12["of_the_future",1]',
    "binary without attachment count": '45/sdk,["x",{"_placeholder":true,"num":0}]',
    "binary that never comes": '451-/sdk,["x",{"_placeholder":true,"num":0}]',
    "binary without data": "451-/sdk,",
    "no attachments": '450-/sdk,["x",{"_placeholder":true,"num":0}]',
    "too many attachments": '4599999999999-/sdk,["x"]',
    "binary ack": "461-/sdk,1[]",
    "another namespace": '42/other,["bot_response",{"text":5}]',
    "the main namespace": '42["bot_response",{"text":5}]',
    "connected twice": '40/sdk,{"sid":"again"}',
    "engine: open twice": '0{"sid":"x"}',
    "engine: pong": "3probe",
    "engine: upgrade": "5",
    "engine: noop": "6",
    "engine: unknown": "9",
    "engine: empty": "",
}
#: no error: they concern somebody else, say what we know, or may still become whole
QUIET = {
    "unknown type", "no type", "binary without attachment count", "binary without data", "no attachments",
    "ack without data", "ack of nothing", "an event that wants an ack", "binary that never comes", "binary ack",
    "another namespace", "the main namespace", "connected twice", "engine: open twice", "engine: pong",
    "engine: upgrade", "engine: noop", "engine: unknown", "engine: empty", "nothing at all",
}  # fmt: skip


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_packet_costs_itself(garbage, name):
    errors = garbage.send((RAW, BROKEN[name]))
    assert all(type(e) is ProtocolError for e in errors)
    assert len(errors) <= 1
    if name not in QUIET:
        assert len(errors) == 1
    garbage.check()


def test_binary_frames_that_fit_nothing(garbage):
    assert told(garbage.send((RAW, b"\x00\x01"))) == [(ProtocolError, None, None)]
    placeholder = '["of_the_future",{"_placeholder":true,"num":%s}]'
    for number in ("7", "-9", '"x"', "null", "1e99", "[]"):
        packet = "451-/sdk," + placeholder % number
        assert len(garbage.send((RAW, packet), (RAW, b"a"))) <= 1
        garbage.check()
    # one that is announced after another that never came
    garbage.send((RAW, "452-/sdk," + placeholder % "0"), (RAW, b"one"))
    assert garbage.send((RAW, "451-/sdk," + placeholder % "0"), (RAW, b"a")) == []
    garbage.check()


@pytest.mark.limit(120)
def test_any_text_as_a_packet(garbage):
    prefixes = ["", "4", "42", "42/sdk,", '42/sdk,["bot_response",', "45", "451-/sdk,", "43/sdk,", "44/other,", "40/x,"]
    # "41" and "1" are the goodbyes, "44/sdk," a refusal: they may end a session
    tails = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    texts = st.builds(str.__add__, st.sampled_from(prefixes), tails | JSON.map(json.dumps))
    harmless = texts.filter(lambda t: not t.startswith(("41", "1", "44/sdk")))

    @settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink]
    )
    @given(st.lists(harmless, min_size=1, max_size=40))
    def run(packets):
        errors = garbage.send(*((RAW, packet) for packet in packets))
        assert len(errors) <= len(packets)
        garbage.check()

    run()


def test_garbage_in_the_middle_of_an_answer_costs_only_itself():
    def on_text(text):
        first, last = answer("The whole answer", "m")
        return [first, ("bot_response", {"text": 5, "message_id": "m"}), (RAW, "42/sdk,["), last]

    with WireServer(on_text) as server, server.session() as session:
        errors = Log()
        session.on("error", errors)
        assert session.send("one").text == "The whole answer"
        assert told(errors.wait(2)) == [(ProtocolError, "bot_response", "text"), (ProtocolError, None, None)]


def test_garbage_is_logged_without_the_payload(garbage, caplog):
    secret = "est_0123456789abcdef"
    garbage.send(
        ("stt_response", {"text": {"key": secret}}), ("stt_response", {"text": 5}), ("error", {"message": secret})
    )
    lines = [r.getMessage() for r in caplog.records if r.name.startswith("estuary")]
    assert sum("stt_response.text" in line for line in lines) == 2
    assert not any(secret in line for line in lines)


def test_a_deep_action_argument_is_no_danger(garbage):
    """As deep as the JSON reader lets through, and deeper."""
    for depth in (50, 400, 800, 900, 950, 990, 5000):
        arguments = '{"a":' * depth + "1" + "}" * depth
        packet = f'42/sdk,["client_action",{{"name":"x","arguments":{arguments},"message_id":"m{depth}"}}]'
        assert len(garbage.send((RAW, packet))) <= 1
        garbage.check()


def test_garbage_instead_of_the_handshakes_answer():
    """A session_info that can't be read is reported, and a good one that follows opens the session."""

    class Rude(WireServer):
        async def _connect(self, sid, environ, auth):
            for payload in ({"session_id": 5}, [], "x"):
                await self._sio.emit("session_info", payload, to=sid, namespace="/sdk")
            await super()._connect(sid, environ, auth)

    with Rude(lambda text: answer("Hi!", text)) as server:
        session = server.session()
        errors = Log()
        session.on("error", errors)
        with session:
            assert session.send("one").text == "Hi!"
            assert [(e.event, e.field) for e in errors.wait(3)] == [
                ("session_info", "session_id"), ("session_info", None), ("session_info", None),
            ]  # fmt: skip
