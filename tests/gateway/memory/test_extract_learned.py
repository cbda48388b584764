"""The learned part of the embedded extractor: what it looks at, and what it makes of it."""

from __future__ import annotations

import pytest

pytest.importorskip("wordllama")

import numpy as np

from estuary.gateway.memory.base import MEMORY_TYPES, Exchange
from estuary.gateway.memory.extract.embedded import EmbeddedExtractor
from estuary.gateway.memory.extract.features import VECTOR, statement_features, statement_vector
from estuary.gateway.memory.extract.learned import WEIGHTS, model
from estuary.gateway.memory.extract.retell import answering, retell
from estuary.gateway.memory.extract.spans import spans
from estuary.gateway.memory.extract.statements import statements
from estuary.gateway.memory.extract.superseding import superseded
from estuary.gateway.memory.extract.values import facts_of


def test_the_weights_are_small_and_know_every_type() -> None:
    assert WEIGHTS.stat().st_size < 1_000_000
    assert {*model("statement").classes, *model("character").classes} == {"none", *MEMORY_TYPES}


def test_probabilities_are_shares_whatever_is_unknown() -> None:
    rows = model("statement").probabilities([["bias"], ["bias", "w zyzzyva"]], np.zeros((2, 2 * VECTOR)))
    assert rows.sum(axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert rows[0] == pytest.approx(rows[1])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I'm so fed up today", "emotional_state"),
        ("we went to Oslo last summer", "event"),
        ("I've put the lamp under the stairs", "spatial_change"),
        ("I can't stand rollercoasters", "preference"),
        ("thanks, that's kind of you", "none"),
    ],
)
def test_a_statement_is_taken_for_what_it_is(text: str, kind: str) -> None:
    (statement,) = statements(text)[-1:]
    learned = model("statement")
    (chances,) = learned.probabilities([statement_features(statement, "", 0, 1)], [statement_vector(statement, "")])
    assert learned.classes[int(chances.argmax())] == kind


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


def test_spans_are_names_numbers_relatives_and_what_lies_between() -> None:
    (statement,) = statements("my sister Ingrid sells old maps in Tromsø")
    found = {(span.text, span.kind) for span in spans(statement, "")}
    assert {("sister", "kin"), ("Ingrid", "name"), ("Tromsø", "Name")} <= found


def test_a_name_that_answers_a_question_belongs_to_whom_was_asked_for() -> None:
    (statement,) = statements("Biscuit")
    (told,) = facts_of(statement, "What's your dog called?")
    assert (told.fact.key, told.fact.value) == ("pets", "dog Biscuit")


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
