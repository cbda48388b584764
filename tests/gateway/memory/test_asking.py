"""The form of questions and of memories."""

from __future__ import annotations

import doctest

import pytest

pytest.importorskip("fastapi")

from estuary.gateway.memory import asking
from estuary.gateway.memory.lexicon import meanings_of


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("what does she do?", "occupation"),
        ("What does my brother do for a living", "occupation"),
        ("how do I make my living?", "occupation"),
        ("where did I park?", "#place"),
        ("since when has he had it?", "#time"),
        ("how many cousins do I have?", "#number"),
        ("what is the parrot called?", "name"),
    ],
)
def test_what_a_question_asks_for(query, kind):
    assert kind in asking.asked_for(query)


@pytest.mark.parametrize("query", ["", "pizza", "what does she do on Sundays?", "living well"])
def test_what_asks_for_no_occupation(query):
    assert "occupation" not in asking.asked_for(query)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("Is an apprentice plumber", "occupation"),
        ("Husband Paul is a fisherman", "occupation"),
        ("Moved to Split", "#place"),
        ("Met Joan two years ago", "#time"),
        ("Has nine hens", "#number"),
        ("Has a parrot called Loro", "name"),
    ],
)
def test_what_a_memory_can_answer(content, kind):
    assert kind in asking.told_of(content)


def test_whom_it_is_about():
    assert asking.about_another("The user's younger sister is a welder")
    assert asking.about_another("Best friend Joan moved to Split")
    assert not asking.about_another("Has children")
    assert not asking.about_another("Is a mother")
    assert asking.mentions_another("what does my wife's sister do?")
    assert not asking.mentions_another("what do I do?")


def test_phrases_and_words_of_many_senses():
    assert "name" in meanings_of("Goes by Bo")
    assert "name" not in meanings_of("Goes there by bus")
    assert meanings_of("") == {}
    assert meanings_of("xyzzy") == {}


def test_examples():
    assert doctest.testmod(asking).failed == 0
