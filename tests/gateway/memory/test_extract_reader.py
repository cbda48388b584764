"""The model that reads exchanges, and what the extractor makes of what it says."""

from __future__ import annotations

import pytest

pytest.importorskip("tokenizers")

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from estuary.gateway.memory.base import MEMORY_TYPES, Exchange
from estuary.gateway.memory.extract.embedded import EmbeddedExtractor
from estuary.gateway.memory.extract.reader import TEXT, WEIGHTS, Reading, default_reader
from estuary.gateway.memory.extract.retell import answering, retell
from estuary.gateway.memory.extract.statements import statements
from estuary.gateway.memory.extract.superseding import superseded
from estuary.gateway.memory.extract.values import facts_of


def read(text: str, *, before: str = "", earlier: str = "", reply: str = "") -> Reading:
    said, own = ([(s.start, s.end) for s in statements(words)] for words in (text, reply))
    return default_reader().read(text, reply, before=before, earlier=earlier, said=said, own=own)


def best(reading: Reading) -> list[str]:
    return [reading.kinds[index] for index in reading.chances.argmax(axis=1)]


def marked(text: str, **around: str) -> set[tuple[str, str]]:
    return {(text[mark.start : mark.end], mark.tag) for mark in read(text, **around).marks if mark.probability > 0.7}


def test_the_model_knows_every_type_and_is_small() -> None:
    assert WEIGHTS.stat().st_size < 25_000_000
    assert {*default_reader().kinds, "character_self"} == {"none", *MEMORY_TYPES}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I'm so fed up today, everything goes wrong", "emotional_state"),
        ("we went to Oslo last summer", "event"),
        ("I've put the lamp under the stairs", "spatial_change"),
        ("I can't stand rollercoasters", "preference"),
        ("my brother's a plumber", "relationship"),
        ("I drive a tram", "fact"),
        ("thanks, that's kind of you", "none"),
        ("what's the weather like?", "none"),
    ],
)
def test_a_statement_is_taken_for_what_it_is(text: str, kind: str) -> None:
    assert kind in best(read(text))


@pytest.mark.parametrize(
    ("text", "before", "values"),
    [
        (
            "born in Ibadan but I've been in Manchester since uni",
            "",
            {("Ibadan", "origin"), ("Manchester", "location")},
        ),
        ("Tunde", "What's your name?", {("Tunde", "name")}),
        ("Tunde", "What's your brother's name?", {("Tunde", "fname")}),
        (
            "I'm 34 and I work as a welder at Volvo",
            "",
            {("34", "age"), ("welder", "occupation"), ("Volvo", "employer")},
        ),
        ("we've got a beagle called Biscuit", "", {("beagle", "pets"), ("Biscuit", "pname")}),
        ("I speak Tamil and I'm allergic to peanuts", "", {("Tamil", "languages"), ("peanuts", "allergies")}),
        ("lovely day, isn't it", "", set()),
    ],
)
def test_words_that_are_core_facts_are_found(text: str, before: str, values: set[tuple[str, str]]) -> None:
    assert marked(text, before=before) == values


def test_what_the_character_tells_of_itself_is_told_from_its_politeness() -> None:
    lasting = read("where are you from?", reply="I grew up in a lighthouse on the coast of Wales.").own
    polite = read("where do I pay?", reply="I'm happy to help, just follow me.").own
    assert lasting[0] > 0.5 > polite.max()


def test_a_reading_is_the_same_again_and_its_chances_are_shares() -> None:
    one, other = (read("I live in Lyon. I hate olives.", before="Hello!", reply="Noted.") for _ in range(2))
    assert np.array_equal(one.chances, other.chances)
    assert one.marks == other.marks
    assert one.chances.sum(axis=1) == pytest.approx(np.ones(2), abs=1e-5)


def test_a_long_text_is_read_to_its_end() -> None:
    filler = "The road went on and on through the fields. " * (TEXT // 5)
    text = f"{filler}I work as a welder at Volvo."
    found = {(text[mark.start : mark.end], mark.tag) for mark in read(text).marks}
    assert {("welder", "occupation"), ("Volvo", "employer")} <= found


def test_a_long_answer_is_read_to_its_end() -> None:
    reply = "The road went on and on through the fields. " * 20 + "I grew up in a lighthouse on the coast of Wales."
    own = read("tell me a story", reply=reply).own
    assert own[-1] > 0.5


@given(st.text(max_size=80), st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_read(text: str, before: str, reply: str) -> None:
    reading = read(text, before=before, earlier=reply, reply=reply)
    assert np.isfinite(reading.chances).all()
    assert np.isfinite(reading.own).all()
    assert all(0 <= mark.start < mark.end <= len(text) for mark in reading.marks)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=120))
@settings(max_examples=100, deadline=None)
def test_a_statement_knows_where_it_was_said(text: str) -> None:
    for statement in statements(text):
        assert text[statement.start : statement.end] == statement.quote


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("do you like jazz?", "asked"),
        ("if I lived in Rome I'd be happy", "if"),
        ("my brother says he lives in Rome", "reported"),
        ("it's not true that I live in Rome", "untrue"),
    ],
)
def test_what_speaks_against_a_statement_is_marked(text: str, doubt: str) -> None:
    assert any(doubt in statement.doubts for statement in statements(text))


def test_a_question_goes_with_the_fragments_that_answer_it() -> None:
    said = statements("ooh, hard. probably Jaws. I saw it twice. and Dune")
    assert answering(said, "Hm! What's your favourite film?") == ["What's your favourite film?"] * 3 + [""]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("my sister teaches maths", "Sister teaches maths"),
        ("i've been stuck in Leeds since uni", "Has been stuck in Leeds since uni"),
        ("fell off a horse when I was nine", "Fell off a horse when they were nine"),
        ("the hills are killing me", "The hills are killing them"),
    ],
)
def test_any_clause_is_retold_in_the_third_person(text: str, content: str) -> None:
    (statement,) = statements(text)
    assert retell(statement) == content


@pytest.mark.parametrize(
    ("text", "before", "facts"),
    [
        ("Biscuit", "What's your dog called?", [("pets", "dog Biscuit")]),
        ("I teach skiing in the winter", "", [("occupation", "teaches skiing")]),
        ("green. It's my favourite colour", "", [("favourite colour", "green")]),
        ("I mostly paint at weekends", "What do you do for fun?", [("interests", "painting")]),
    ],
)
def test_core_facts_are_put_together_from_what_was_found(text: str, before: str, facts: list[tuple[str, str]]) -> None:
    statement = statements(text)[0]
    told = facts_of(statement, before, read(text, before=before).marks, Exchange(text=text, before=before))
    assert [(item.fact.key, item.fact.value) for item in told] == facts


@pytest.mark.parametrize(
    ("text", "before", "old"),
    [
        ("Tuesday, not Monday", "", ["Monday"]),
        ("I don't play rugby any more", "", ["play rugby"]),
        ("actually it's the 5th", "And your flight's on the 3rd?", ["the 3rd"]),
    ],
)
def test_what_is_made_untrue_is_named(text: str, before: str, old: list[str]) -> None:
    (statement,) = statements(text)
    assert superseded(statement, [], Exchange(text=text, before=before)) == old


@pytest.mark.parametrize("before", ["Hi there! I'm Marina. What should I call you?", "How have you been?", ""])
@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "goodbye",
        "Bye!",
        "ok",
        "thanks",
        "Good morning to you",
        "haha nice",
        "see you tomorrow",
        "fine, thanks",
    ],
)
def test_pleasantries_leave_nothing_whatever_was_asked(before: str, text: str) -> None:
    assert EmbeddedExtractor().extract(Exchange(text=text, before=before)).memories == ()


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("What should I call you?", "none of your business"),
        ("What should I call you?", "take me to the kitchen"),
        ("And your name?", "a joke please"),
        ("What do you do for a living?", "this and that"),
    ],
)
def test_an_evasion_of_what_was_asked_leaves_nothing(before: str, text: str) -> None:
    assert EmbeddedExtractor().extract(Exchange(text=text, before=before)).memories == ()
