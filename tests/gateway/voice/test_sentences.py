"""Text in, sentences for the ear out."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.gateway.voice.sentences import MAX_SENTENCE, Sentences
from estuary.gateway.voice.spoken import spoken


def split(*pieces: str) -> list[str]:
    sentences = Sentences()
    return [sentence for piece in pieces for sentence in sentences.feed(piece)] + sentences.finish()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("   \n \n", []),
        ("Hello", ["Hello"]),
        ("Hello. How are you? Fine!", ["Hello.", "How are you?", "Fine!"]),
        ('He said "Stop!" Then he left.', ['He said "Stop!"', "Then he left."]),
        ("Dr. Smith lives at 3.5 Main St. nearby. Yes.", ["Dr. Smith lives at 3.5 Main St. nearby.", "Yes."]),
        ("J. R. Tolkien wrote it. So did I. Really.", ["J. R. Tolkien wrote it.", "So did I.", "Really."]),
        ("No. I won't.", ["No.", "I won't."]),
        ("See example.com for more. Bye", ["See example.com for more.", "Bye"]),
        ("Wait... what?! No", ["Wait...", "what?!", "No"]),
        ("1. Eggs\n2. Milk", ["1. Eggs", "2. Milk"]),
        ("*waves.* Hello", ["*waves.*", "Hello"]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == expected
    assert split(*text) == expected, "one character at a time"


def test_a_sentence_is_given_as_soon_as_it_is_complete() -> None:
    sentences = Sentences()
    assert sentences.feed("One thing") == []
    assert sentences.feed(". And") == ["One thing."]
    assert sentences.feed(" another. ") == ["And another."]


def test_long_sentences_are_cut_at_clauses_or_words() -> None:
    clause = "and then we walked on along the river, "
    parts = split(clause * 30)
    assert all(len(part) <= MAX_SENTENCE for part in parts)
    assert all(part.endswith(",") for part in parts)
    parts = split("word " * 300)
    assert all(part.split() == ["word"] * len(part.split()) for part in parts)
    assert max(map(len, split("x" * 5000))) <= MAX_SENTENCE


@given(st.lists(st.text(st.sampled_from('ab .,!?\n"*…0') | st.characters(), max_size=400), max_size=8))
def test_nothing_is_lost_or_said_twice(pieces: list[str]) -> None:
    def bare(text: str) -> str:
        return re.sub(r"\s", "", text)

    parts = split(*pieces)
    assert bare("".join(parts)) == bare("".join(pieces))
    assert all(len(part) <= MAX_SENTENCE + 40 for part in parts)
    assert parts == split("".join(pieces)), "the pieces don't matter"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello.", "Hello."),
        ("*smiles* Hello.", "Hello."),
        ("I *really* like it.", "I really like it."),
        ("That is good. *laughs softly*", "That is good."),
        ("**Bold** and _slanted_ and `code`.", "Bold and slanted and code."),
        ("# A title", "A title"),
        ("- an item", "an item"),
        ("> quoted", "quoted"),
        ("```python", ""),
        ("---", ""),
        ("[laughs] Well.", "Well."),
        ("See [the map](https://example.com/a?b=c).", "See the map."),
        ("It is at https://www.example-site.org/a/b?c=d.", "It is at example dash site dot org."),
        ('Going. <action name="go" target="kitchen" />', "Going."),
        ("<b>Hi</b> there", "Hi there"),
        ("Great 🎉👩🏽‍🚀🇫🇷1️⃣ day", "Great 1 day"),
        ("Fish & chips, 50%", "Fish and chips, 50 percent"),
        ("It costs $5.", "It costs $5."),
        (":-)", ""),
        ("...", ""),
        ("🎉", ""),
        ("\ud83d", ""),
        ("Café, naïve, Łódź", "Café, naïve, Łódź"),
        ("2 < 3", "2 3"),
    ],
)
def test_text_for_the_ear(text: str, expected: str) -> None:
    assert spoken(text) == expected


@given(st.text(st.sampled_from("ab *_`[]()<>#-:/.~|\n") | st.characters(), max_size=300))
def test_any_text_can_be_made_speakable(text: str) -> None:
    result = spoken(text)
    assert result == " ".join(result.split())
    assert not set(result) & set("*_`<>#|[]{}")
    assert result == "" or re.search(r"\w", result)


def test_hostile_text_takes_no_time() -> None:
    for text in ("*", "[", "<a", "`", "a*", "**a", "https://", "word ", "A. ", "~~", "_", "\n"):
        begin = time.process_time()
        for sentence in split(text * (100_000 // len(text))):
            spoken(sentence)
        assert time.process_time() - begin < 5, repr(text)
