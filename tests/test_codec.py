"""The codec: strict about types, tolerant of everything else."""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, Mapping, Optional, Tuple, Union

import pytest
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

from estuary.codec import RENAME, parse_time, structure
from estuary.errors import ProtocolError
from estuary.models import Memory

UTC = dt.timezone.utc


@frozen
class Inner:
    size: int = 0


@frozen
class Thing:
    text: str = ""
    count: int = 0
    ratio: float = 0.0
    flag: bool = False
    note: Optional[str] = None
    either: Union[str, bool, None] = None
    when: Optional[dt.datetime] = None
    words: Tuple[str, ...] = ()
    inner: Optional[Inner] = None
    many: Tuple[Inner, ...] = ()
    table: Dict[str, Any] = field(factory=dict)
    anything: Any = None
    ours: str = field(default="", metadata={RENAME: "theirName"})
    raw: Mapping[str, Any] = field(factory=dict, eq=False)


def thing(**payload):
    return structure(Thing, payload, "thing")


# ── tolerance ──


def test_an_empty_payload_gives_the_defaults():
    assert thing() == Thing()


def test_null_counts_as_missing_in_every_field():
    names = ["text", "count", "ratio", "flag", "note", "when", "words", "inner", "many", "table", "theirName"]
    assert thing(**dict.fromkeys(names)) == Thing()


def test_unknown_fields_are_kept_in_raw():
    payload = {"text": "a", "new": {"deep": [1]}}
    assert structure(Thing, payload, "thing").raw == payload


def test_a_field_that_is_called_raw_on_the_wire_is_no_problem():
    assert thing(raw=5, text="a").raw == {"raw": 5, "text": "a"}


def test_a_renamed_field_is_read_under_its_name_on_the_wire():
    assert thing(theirName="a").ours == "a"
    assert thing(ours="a").ours == ""


@pytest.mark.parametrize(
    ("payload", "name", "value"),
    [
        ({"count": 3.0}, "count", 3),
        ({"ratio": 3}, "ratio", 3.0),
        ({"either": "x"}, "either", "x"),
        ({"either": True}, "either", True),
        ({"words": ["a", "b"]}, "words", ("a", "b")),
        ({"inner": {"size": 2}}, "inner", Inner(2)),
        ({"many": [{"size": 1}, {}]}, "many", (Inner(1), Inner(0))),
        ({"table": {"k": [1, None]}}, "table", {"k": [1, None]}),
        ({"anything": [{}]}, "anything", [{}]),
        ({"count": 10**30}, "count", 10**30),
    ],
)
def test_what_fits_is_taken(payload, name, value):
    got = getattr(thing(**payload), name)
    assert got == value
    assert type(got) is type(value)


# ── strictness ──


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("text", 5, "the number 5, not a string"),
        ("text", True, "a boolean, not a string"),
        ("text", ["a"], "a list, not a string"),
        ("text", {}, "an object, not a string"),
        ("count", "5", "the string '5', not a whole number"),
        ("count", 1.5, "the number 1.5, not a whole number"),
        ("count", True, "a boolean, not a whole number"),
        ("count", float("nan"), "the number nan, not a whole number"),
        ("count", float("inf"), "the number inf, not a whole number"),
        ("ratio", "1", "not a number"),
        ("ratio", True, "not a number"),
        ("flag", 0, "not a boolean"),
        ("flag", 1, "not a boolean"),
        ("flag", "true", "not a boolean"),
        ("note", 1, "the number 1"),
        ("either", 1, "the number 1"),
        ("either", [], "a list"),
        ("when", "yesterday", "'yesterday'"),
        ("when", True, "a boolean"),
        ("words", "abc", "not a list"),
        ("words", [1], "a list"),
        ("inner", [], "inner"),
        ("inner", {"size": "big"}, "size"),
        ("many", {}, "not a list"),
        ("many", [{"size": "big"}], "size"),
        ("table", [], "not an object"),
        ("theirName", 5, "not a string"),
    ],
)
def test_a_wrong_type_names_event_and_field(name, wrong, words):
    with pytest.raises(ProtocolError) as caught:
        thing(**{"text": "fine", name: wrong})
    assert caught.value.event == "thing"
    assert caught.value.field == name
    assert f"thing.{name}" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize("payload", [None, [], "text", 5, 1.5, True, b"bytes"])
def test_a_payload_that_is_no_object_names_the_event(payload):
    with pytest.raises(ProtocolError, match="thing: the payload is") as caught:
        structure(Thing, payload, "thing")
    assert caught.value.event == "thing"
    assert caught.value.field is None


def test_the_first_wrong_field_is_named_even_beside_nulls():
    with pytest.raises(ProtocolError) as caught:
        thing(text=None, count="x")
    assert caught.value.field == "count"


def test_a_message_does_not_repeat_a_huge_value():
    with pytest.raises(ProtocolError) as caught:
        thing(count="x" * 1_000_000)
    assert len(str(caught.value)) < 200
    with pytest.raises(ProtocolError) as caught:
        thing(text=10**4000)
    assert len(str(caught.value)) < 200


def test_a_number_too_large_for_a_float_is_a_protocol_error():
    with pytest.raises(ProtocolError) as caught:
        thing(ratio=10**400)
    assert caught.value.field == "ratio"


def test_a_number_too_large_to_be_printed_is_a_protocol_error():
    with pytest.raises(ProtocolError) as caught:
        thing(text=10**6000)
    assert caught.value.field == "text"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = [f.metadata.get(RENAME) or f.name for f in Thing.__attrs_attrs__]


@given(st.dictionaries(st.sampled_from(NAMES), JSON) | JSON)
def test_nothing_but_a_protocol_error_whatever_comes(payload):
    error = None
    try:
        result = structure(Thing, payload, "thing")
    except ProtocolError as caught:
        error = caught
    if error is None:
        assert result.raw is payload
        repr(result)
    else:
        assert error.event == "thing"
        assert error.field in NAMES if isinstance(payload, dict) else error.field is None


# ── times ──


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T03:04:05Z", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05z", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02 03:04:05", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (" 2026-01-02T03:04:05Z\n", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.5Z", dt.datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)),
        ("2026-01-02T03:04:05.123Z", dt.datetime(2026, 1, 2, 3, 4, 5, 123_000, tzinfo=UTC)),
        ("2026-01-02T03:04:05.123456", dt.datetime(2026, 1, 2, 3, 4, 5, 123_456, tzinfo=UTC)),
        ("2026-01-02T03:04:05.123456789Z", dt.datetime(2026, 1, 2, 3, 4, 5, 123_456, tzinfo=UTC)),
        ("2026-01-02T03:04:05+02:00", dt.datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05+0200", dt.datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05+02", dt.datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.25-05:30", dt.datetime(2026, 1, 2, 8, 34, 5, 250_000, tzinfo=UTC)),
        ("2026-01-02T03:04", dt.datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        ("2026-01-02", dt.datetime(2026, 1, 2, tzinfo=UTC)),
        (0, dt.datetime(1970, 1, 1, tzinfo=UTC)),
        (1.5, dt.datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)),
    ],
)
def test_times(text, expected):
    got = parse_time(text)
    assert got == expected
    assert got.tzinfo is not None


@pytest.mark.parametrize(
    "wrong",
    ["", ":+11" * 100_000, "now", "2026-13-01", "2026-01-02T25:00:00", "2026-01-02TZ", float("nan"), 1e300],
)
def test_what_is_no_time(wrong):
    with pytest.raises(ProtocolError) as caught:
        thing(when=wrong)
    assert caught.value.field == "when"


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))


@given(st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9000, 1, 1), timezones=OFFSETS | st.none()))
def test_what_python_writes_is_read_back(when):
    assert parse_time(when.isoformat()) == (when if when.tzinfo else when.replace(tzinfo=UTC))


# ── a model of both channels ──


def test_a_memory_as_the_wire_has_it():
    memory = Memory.from_wire(
        {
            "id": "m1", "userId": "u", "agentId": "c", "playerId": "alice", "content": "likes tea",
            "memoryType": "preference", "confidence": 0.9, "status": "active", "secondaryTopics": ["drinks"],
            "accessCount": 3, "createdAt": "2026-01-02T03:04:05.123Z", "updatedAt": None, "later": 1,
        }
    )  # fmt: skip
    assert (memory.character_id, memory.player_id, memory.memory_type) == ("c", "alice", "preference")
    assert memory.secondary_topics == ("drinks",)
    assert memory.created_at == dt.datetime(2026, 1, 2, 3, 4, 5, 123_000, tzinfo=UTC)
    assert memory.updated_at is None
    assert memory.raw["later"] == 1


def test_a_memory_with_a_wrong_field_names_it():
    with pytest.raises(ProtocolError, match="accessCount") as caught:
        Memory.from_wire({"accessCount": "often"})
    assert (caught.value.event, caught.value.field) == ("memory", "accessCount")
