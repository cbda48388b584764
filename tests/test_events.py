"""Events both ways: every payload becomes its class or a ProtocolError that says where, and nothing else."""

from __future__ import annotations

import json
import math

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from estuary import events
from estuary.errors import ProtocolError
from estuary.events import (
    BotResponse,
    Capabilities,
    ClientAction,
    ClientInterrupt,
    ErrorEvent,
    MemoryUpdated,
    QuotaExceededEvent,
    RawEvent,
    SayLine,
    SessionInfo,
    Text,
    UpdatePreferences,
    VoiceTimeout,
    decode,
    encode,
)

RECEIVED = dict(events._RECEIVED)
#: protocol.md section 4, and the handshake's three of section 2, as this file's own list
OF_THE_WIRE = {
    "bot_response", "bot_voice", "stt_response", "interrupt", "client_action", "camera_capture", "memory_updated",
    "motive_updated", "quota_exceeded", "error", "voice_started", "voice_stopped", "voice_error", "voice_timeout",
    "session_timeout", "livekit_token", "livekit_ready", "livekit_error", "agent_turn_text", "agent_turn_voice",
    "agent_turn_complete", "agent_conversation_complete", "session_info", "auth_error", "session_rejected",
}  # fmt: skip

#: all that JSON can say, and what Python's reader lets through besides: NaN, infinities, halves of characters
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8)
    | st.sampled_from([10**4000, -(10**400), 2**63, "\ud800", "\udfff\ud800", "\x00", "", "true", "0", "2026-01-02"])
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def wire_names(cls):
    return [f.metadata.get("wire_name") or f.name for f in attrs.fields(cls) if f.name != "raw"]


def payloads_for(name):
    fields = st.sampled_from([*wire_names(RECEIVED[name]), "raw", "unknown"])
    return JSON | st.dictionaries(fields, JSON, max_size=6)


def test_every_event_of_the_protocol_has_a_class():
    assert set(RECEIVED) == OF_THE_WIRE


@pytest.mark.parametrize("name", sorted(OF_THE_WIRE))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_nothing_but_a_protocol_error_whatever_comes(name, data):
    payload = data.draw(payloads_for(name))
    error = None
    try:
        event = decode(name, payload)
    except ProtocolError as caught:
        error = caught
    if error is None:
        assert type(event) is RECEIVED[name]
        assert event.event == name
        repr(event)
    else:
        assert error.event == name
        assert name in str(error)
        assert len(str(error)) < 1000
        if isinstance(payload, dict):
            assert error.field in wire_names(RECEIVED[name])
            assert payload[error.field] is not None


@given(st.text(max_size=20).filter(lambda name: name not in RECEIVED), JSON)
@example("bot_animation", {"frames": [1]})
@example("", None)
def test_an_unknown_event_is_kept_as_it_came(name, payload):
    event = decode(name, payload)
    assert type(event) is RawEvent
    assert event.event == name
    assert event.raw is payload


@pytest.mark.parametrize("name", sorted(OF_THE_WIRE))
def test_an_event_without_a_payload_has_the_defaults(name):
    assert decode(name, None) == RECEIVED[name]() == decode(name, {})


@pytest.mark.parametrize("name", sorted(OF_THE_WIRE))
def test_nulls_count_as_missing(name):
    assert decode(name, dict.fromkeys(wire_names(RECEIVED[name]))) == RECEIVED[name]()


@pytest.mark.parametrize("name", sorted(OF_THE_WIRE))
@pytest.mark.parametrize("payload", [[], "text", 5, 1.5, True, b"bytes", math.nan])
def test_a_payload_that_is_no_object_is_named(name, payload):
    if isinstance(payload, str) and name in ("error", "auth_error", "voice_error", "livekit_error"):
        return  # errors are also seen as a bare string: below
    with pytest.raises(ProtocolError, match=name) as caught:
        decode(name, payload)
    assert (caught.value.event, caught.value.field) == (name, None)


def test_events_are_frozen():
    for cls in RECEIVED.values():
        with pytest.raises(AttributeError):
            cls().raw = {}


# ── particular ones ──


def test_both_dialects_of_a_bot_response():
    a = decode("bot_response", {"text": "Hello", "partial": "lo", "is_final": False, "message_id": "m"})
    b = decode("bot_response", {"text": "lo", "partial": True, "is_final": False, "message_id": "m"})
    assert (a.partial, b.partial) == ("lo", True)
    with pytest.raises(ProtocolError) as caught:
        decode("bot_response", {"text": "lo", "partial": 1})
    assert caught.value.field == "partial"


def test_an_error_may_be_a_bare_string():
    assert decode("error", "no model") == ErrorEvent("no model")
    assert decode("auth_error", "bad key").error == "bad key"
    assert decode("voice_error", "no voice").error == "no voice"
    assert decode("livekit_error", "no room").error == "no room"


def test_the_handshakes_answer():
    info = decode(
        "session_info", {"session_id": "s", "livekitToken": "secret-token", "livekitUrl": "wss://l", "new": 1}
    )
    assert (info.session_id, info.livekit_token, info.livekit_url) == ("s", "secret-token", "wss://l")
    assert info.raw["new"] == 1
    assert "secret-token" not in repr(info)
    assert "secret-token" not in repr(decode("livekit_token", {"token": "secret-token"}))


def test_numbers_of_a_quota_may_be_whole_or_not():
    event = decode("quota_exceeded", {"message": "full", "current": 5, "limit": 5.0, "remaining": 0, "tier": "free"})
    assert event == QuotaExceededEvent("full", 5.0, 5.0, 0.0, "free")


def test_an_action_keeps_its_json_types():
    arguments = {"a": 1, "b": 1.5, "c": True, "d": "x", "e": None, "f": [1]}
    assert decode("client_action", {"name": "go", "arguments": arguments}) == ClientAction("go", arguments)


def test_memories_are_read_inside_their_event():
    event = decode("memory_updated", {"memories_extracted": 1, "new_memories": [{"id": "m", "memoryType": "fact"}]})
    assert isinstance(event, MemoryUpdated)
    assert event.new_memories[0].memory_type == "fact"
    with pytest.raises(ProtocolError, match="confidence") as caught:
        decode("memory_updated", {"new_memories": [{"id": "m"}, {"confidence": "high"}]})
    assert (caught.value.event, caught.value.field) == ("memory_updated", "new_memories")


def test_times_of_silence():
    assert decode("voice_timeout", {"idle_seconds": 30, "timeout_seconds": 30.5}) == VoiceTimeout(None, 30.0, 30.5)


def test_the_payload_is_no_part_of_what_is_equal_or_shown():
    one, other = decode("stt_response", {"text": "a"}), decode("stt_response", {"text": "a", "unknown": "secret"})
    assert one == other
    assert "secret" not in repr(other)


# ── to the server ──


def packet(event):
    text = encode(event)
    assert text.startswith("2/sdk,")
    return json.loads(text[len("2/sdk,") :])


@pytest.mark.parametrize(
    ("event", "sent"),
    [
        (Text("hi"), ["text", {"text": "hi", "textOnly": True}]),
        (Text("hi", False), ["text", {"text": "hi", "textOnly": False}]),
        (SayLine("hi"), ["say_line", {"text": "hi", "text_only": True}]),
        (ClientInterrupt(), ["client_interrupt", {}]),
        (ClientInterrupt("m"), ["client_interrupt", {"message_id": "m"}]),
        (UpdatePreferences(), ["update_preferences", {}]),
        (UpdatePreferences(False), ["update_preferences", {"enableVisionAcknowledgment": False}]),
    ],
)
def test_what_is_sent(event, sent):
    assert packet(event) == sent


@given(st.text(st.characters()))
@example("\ud83d")
@example("a\udc80b \u202e العربية 😀 \x00\x1f\u2028")
def test_any_text_can_be_put_on_the_wire_and_read_back(text):
    """Also with half a character in it, which UTF-8 has no bytes for: such a text must not end the connection."""
    encoded = encode(Text(text))
    received = json.loads(encoded.encode()[len("2/sdk,") :])[1]["text"]
    # two halves that belong together may arrive as the one character that they are
    assert received.encode("utf-16", "surrogatepass") == text.encode("utf-16", "surrogatepass")


def test_text_is_sent_as_it_is_where_that_can_be():
    assert "é😀" in encode(Text("é😀"))


def test_capabilities_name_every_device():
    assert Capabilities().to_wire() == {
        "version": "1", "camera": False, "microphone": True, "speaker": True, "client_action": True,
    }  # fmt: skip


def test_the_events_of_the_session_itself_have_names_of_their_own():
    own = [events.Connected, events.Disconnected, events.Reconnecting, events.Reconnected]
    names = {cls.event for cls in own}
    assert names == {"connected", "disconnected", "reconnecting", "reconnected"}
    assert not names & OF_THE_WIRE
    assert events.Connected(SessionInfo("s")).info.session_id == "s"
    assert BotResponse.event == "bot_response"


def test_all_is_sorted_and_complete():
    assert sorted(events.__all__) == events.__all__
    public = {n for n, v in vars(events).items() if isinstance(v, type) and v.__module__ == events.__name__}
    assert public - set(events.__all__) == set()
