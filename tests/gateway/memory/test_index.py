"""Finding memories: by meaning, words, names; bounded by nothing but what was added."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("wordllama")

from estuary.gateway.memory.embedding import default_embedder
from estuary.gateway.memory.index import Entry, MemoryIndex
from estuary.gateway.memory.lexicon import concepts_of, stem, terms

MEMORIES = {
    "coffee": "Prefers dark roast coffee",
    "lyon": "Lives in Lyon",
    "dog": "Has a dog named Rex",
    "nurse": "Works as a nurse at the city hospital",
    "anna": "Sister Anna lives in Oslo",
    "nuts": "Is allergic to peanuts",
    "bass": "Plays the double bass",
    "heights": "Is afraid of heights",
    "born": "Was born on 3 May 1990",
    "japan": "Is flying to Japan next month",
    "tom": "Is married to Tom",
}


@pytest.fixture(scope="module")
def index():
    index = MemoryIndex(default_embedder())
    index.add(Entry(id, content, entities=["Anna"] if id == "anna" else ()) for id, content in MEMORIES.items())
    return index


@pytest.mark.parametrize(
    ("query", "id"),
    [
        ("what does she drink?", "coffee"),
        ("where does she live?", "lyon"),
        ("any pets?", "dog"),
        ("what is her job?", "nurse"),
        ("does she have siblings?", "anna"),
        ("Anna", "anna"),
        ("which instrument does she play", "bass"),
        ("phobias", "heights"),
        ("when is her birthday?", "born"),
        ("upcoming trips", "japan"),
        ("who is her husband?", "tom"),
        ("PEANUTS", "nuts"),
    ],
)
def test_questions_find_their_memory(index, query, id):
    hits = index.search(query, 3)
    assert hits[0].id == id
    assert all(0 <= hit.similarity <= 1 for hit in hits)
    assert [h.similarity for h in hits] == sorted((h.similarity for h in hits), reverse=True)


def test_limits(index):
    assert len(index.search("coffee", 5)) == 5
    assert len(index.search("coffee", 50)) == len(MEMORIES)
    assert index.search("", 5) == []
    assert index.search("   ", 5) == []
    assert MemoryIndex(default_embedder()).search("coffee") == []


def test_what_is_removed_or_replaced_is_not_found():
    index = MemoryIndex(default_embedder())
    index.add([Entry("a", "Loves jazz"), Entry("b", "Lives in Lyon")])
    index.remove(["a", "unknown"])
    assert [h.id for h in index.search("jazz", 5)] == ["b"]
    index.add([Entry("b", "Lives in Oslo")])
    assert len(index) == 1
    assert [h.id for h in index.search("Oslo", 5)] == ["b"]
    assert "a" not in index


def test_vectors_are_made_once():
    index = MemoryIndex(default_embedder())
    made = index.add([Entry("a", "Loves jazz")])
    assert set(made) == {"a"}
    again = MemoryIndex(default_embedder())
    assert again.add([Entry("a", "Loves jazz", embedding=made["a"])]) == {}
    assert again.search("music", 1)[0].id == "a"


def test_between_equals_the_fresher_and_the_surer_win():
    index = MemoryIndex(default_embedder())
    now = dt.datetime(2026, 1, 31, tzinfo=dt.timezone.utc)
    index.add(
        [
            Entry("old", "Likes tea", created_at=now - dt.timedelta(days=300)),
            Entry("new", "Likes tea", created_at=now),
            Entry("unsure", "Likes tea", created_at=now, confidence=0.1),
        ]
    )
    assert [h.id for h in index.search("tea", 3, now=now)] == ["new", "unsure", "old"]


def test_many_threads_add_and_search():
    index, failures = MemoryIndex(default_embedder()), []

    def work(number):
        try:
            for i in range(50):
                index.add([Entry(f"{number}-{i}", f"Likes thing {number} {i}")])
                index.search("thing", 5)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures
    assert len(index) == 400


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(max_size=60), max_size=8), st.text(max_size=60))
def test_any_text_can_be_indexed_and_searched(contents, query):
    index = MemoryIndex(default_embedder())
    index.add(Entry(str(n), content) for n, content in enumerate(contents))
    found = index.search(query, 50)
    assert len({h.id for h in found}) == len(found) <= len(contents)


def test_words():
    assert terms("What's my sister's favourite drink?") == [stem("sister"), stem("favourite"), "drink"]
    assert "drink" in concepts_of(terms("an espresso"))
    assert concepts_of(["xyzzy"]) == {}
