"""The embedded extractor on whatever is said: the same answer every time, well-formed memories, in time."""

from __future__ import annotations

import time

from everyday import NOTHING, TOLD, read
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from estuary.gateway.memory.base import MEMORY_TYPES, Exchange, Extraction
from estuary.gateway.memory.extract import EmbeddedExtractor


def test_the_same_words_give_the_same_memories() -> None:
    texts = [text for text, _ in TOLD[::3]]
    assert [read(text) for text in texts] == [read(text) for text in texts]


_TALK = """
    I i I'm I’m My my our name is was live lives in Lyon love hate don't not no to and but because since when ,
    . ? ! " ' : ; - — ( ) if really also a the dog cat Rex Anna called sister mother's favourite food work as at
    for nurse 34 years old call me longer any more speak French had got went been have 've tomorrow yesterday on
    Monday so happy about she he it it's actually sorry moved sofa kitchen born ing gave up said * lol
"""
_WORDS = st.sampled_from(_TALK.split())


@given(st.lists(_WORDS, max_size=80).map(" ".join), st.lists(_WORDS, max_size=20).map(" ".join))
@settings(max_examples=150, deadline=None)
def test_any_words_in_any_order_are_read(text: str, before: str) -> None:
    check(read(text, before + "?", reply=before))


@given(st.text(max_size=300), st.text(max_size=100))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read(text: str, before: str) -> None:
    check(read(text, before + "?", reply=before, facts={"family": [before], "name": [text[:5]]}))


def check(found: Extraction) -> None:
    contents = [memory.content.casefold() for memory in found.memories]
    assert len(set(contents)) == len(contents)
    for memory in found.memories:
        assert memory.memory_type in MEMORY_TYPES
        assert 0 < memory.confidence <= 1
        assert memory.content.strip() == memory.content
        assert 0 < len(memory.content) < 400
        assert memory.fact is None or (memory.fact.key and memory.fact.value)


@given(
    st.text(min_size=1, max_size=12) | st.lists(_WORDS, min_size=1, max_size=6).map(lambda words: " ".join(words) + " ")
)
@settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_ten_thousand_characters_do_not_take_long(seed: str) -> None:
    text = (seed * 10_000)[:10_000]
    assert any(seconds(text) < 4 for _ in range(3))  # about 0.1 on an idle machine; a quadratic pattern takes a minute


def seconds(text: str) -> float:
    started = time.perf_counter()
    EmbeddedExtractor().extract(Exchange(text=text))
    return time.perf_counter() - started


def test_an_ordinary_utterance_takes_milliseconds() -> None:
    texts = NOTHING[:50]
    started = time.perf_counter()
    for text in texts:
        read(text)
    assert (time.perf_counter() - started) / len(texts) < 0.25  # about 0.01 where the machine is idle


def test_it_says_who_it_is() -> None:
    assert EmbeddedExtractor().name == "embedded"
