"""How the search grows with the memories of one pair."""

from __future__ import annotations

import itertools
import random
import statistics
import time
from collections.abc import Iterator

from attrs import frozen

from estuary.gateway.memory.embedding import default_embedder
from estuary.gateway.memory.index import Entry, MemoryIndex


def _list(text: str) -> list[str]:
    return [item.strip() for item in text.split(",")]


_PEOPLE = _list(
    "Anna, Ben, Chidi, Dora, Emre, Fatou, Goran, Hana, Ivo, June, Karim, Lena, Milo, Nadia, Omar, Priya, Sven"
)
_ROLES = _list("sister, brother, mother, father, friend, neighbour, boss, cousin, flatmate, uncle, teacher, colleague")
_PLACES = _list("Oslo, Lyon, Leeds, Quito, Porto, Accra, Osaka, Boston, Ghent, Hanoi, Perth, Cork, Lima, Turin, Riga")
_THINGS = _list(
    "dark chocolate, black coffee, jazz records, old bicycles, crime novels, long walks, board games, spicy noodles, "
    "rainy mornings, garden roses, silent films, cheap wine, sea swimming, fountain pens, street markets"
)
_JOBS = _list("nurse, baker, plumber, lawyer, pilot, teacher, farmer, cook, dentist, welder, librarian, driver")
_WHEN = _list("in March, last winter, on Fridays, in 2019, next summer, every morning, at night, since school")
_FORMS = (
    "Prefers {thing} {when}",
    "{role} {person} lives in {place}",
    "Worked as a {job} in {place} {when}",
    "Met {person} the {job} in {place}",
    "Is going to {place} with {person} {when}",
    "{role} {person} gave the user {thing}",
    "Was happy about {thing} {when}",
    "Doesn't like {thing} any more",
)
QUERIES = (
    "what does she drink?",
    "where does my sister live?",
    "who did I meet in Oslo?",
    "Do you remember what Priya gave me?",
    "I'm thinking of going away again this summer, any ideas?",
    "what did I do for work?",
)


@frozen
class Scale:
    memories: int
    build_seconds: float
    search_ms: float
    search_p95_ms: float


def contents(count: int) -> Iterator[str]:
    """So many sentences as a memory holds them, the same ones every time."""
    chance = random.Random(7)
    for form in itertools.islice(itertools.cycle(_FORMS), count):
        text = form.format(
            thing=chance.choice(_THINGS),
            when=chance.choice(_WHEN),
            role=chance.choice(_ROLES),
            person=chance.choice(_PEOPLE),
            place=chance.choice(_PLACES),
            job=chance.choice(_JOBS),
        )
        yield text[0].upper() + text[1:]


def measure(count: int, searches: int) -> Scale:
    entries = [Entry(id=str(at), content=content) for at, content in enumerate(contents(count))]
    embedder = default_embedder()
    embedder.embed(["the model is loaded by its first text"])
    index = MemoryIndex(embedder)
    started = time.perf_counter()
    index.add(entries)
    built = time.perf_counter() - started
    for query in QUERIES:
        index.search(query)
    times = []
    for query in itertools.islice(itertools.cycle(QUERIES), searches):
        started = time.perf_counter()
        index.search(query)
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    return Scale(count, built, statistics.median(times), times[int(len(times) * 0.95)])
