"""What memory adds to a turn, through a real gateway and a real session, and what it adds to the database."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _memory_dialogues import load
from _memory_scale import contents
from attrs import define, field, frozen
from sqlalchemy import insert, select, update

from estuary import Session
from estuary.gateway import serve
from estuary.gateway.memory.embedding import default_embedder
from estuary.gateway.memory.sameness import digest
from estuary.gateway.memory.tables import MemoryRow
from estuary.gateway.storage.database import Database
from estuary.gateway.storage.tables import Conversation

GATEWAY = Path(__file__).with_name("_memory_gateway.py")
#: between two turns, so that what is drawn from one is not in the way of the next. Seconds
PAUSE = 0.05

Place = dict[str, Any]


@frozen
class Latency:
    """Milliseconds of turns: one player's, next to the same turns without memory."""

    what: str
    memories: int
    median_ms: float
    p95_ms: float
    #: median of the differences to the turn without memory just before
    added_ms: float | None
    #: the first turn after the gateway's start, from ``send()`` on
    first_ms: float


@frozen
class Size:
    turns: int
    memories: int
    #: bytes per 1,000 turns, all of it and without memory
    all: float
    plain: float


@define
class _Player:
    what: str
    memories: int
    session: Session
    first_ms: float = 0.0
    times: list[float] = field(factory=list)


def latencies(sizes: tuple[int, ...], turns: int) -> list[Latency]:
    """Turns of players with so many memories each, taking turns with one whose gateway remembers nothing."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        remembering, forgetful = Path(folder, "a.db"), Path(folder, "b.db")
        for size in sizes:
            seed(remembering, f"player-{size}", size)
        places = stack.enter_context(gateways(remembering, forgetful))
        players = [_Player("no memory at all", 0, stack.enter_context(session(places["forgetful"], "player")))]
        for size in sizes:
            opened = stack.enter_context(session(places["remembering"], f"player-{size}"))
            players.append(_Player(f"{size:,} memories", size, opened))
        for player in players:
            player.first_ms = turn(player.session, "Good morning! What do you know about my sister?")
        for player in players:  # the index of the largest may still be in the making
            until = time.monotonic() + 30
            while turn(player.session, "Hello again, how are you?") > 100 and time.monotonic() < until:
                time.sleep(0.5)
        said = utterances()
        for text in itertools.islice(said, turns):
            for player in players:
                player.times.append(turn(player.session, text))
                time.sleep(PAUSE)
        plain = players[0].times
        return [
            Latency(
                player.what,
                player.memories,
                statistics.median(player.times),
                sorted(player.times)[int(len(player.times) * 0.95)],
                statistics.median(b - a for a, b in zip(plain, player.times)) if number else None,
                player.first_ms,
            )
            for number, player in enumerate(players)
        ]


def size(turns: int) -> Size:
    """How the database grows: the dev dialogues' utterances, told by as many players as that takes."""
    with tempfile.TemporaryDirectory() as folder:
        remembering, forgetful = Path(folder, "a.db"), Path(folder, "b.db")
        for path in (remembering, forgetful):
            seed(path, "nobody", 0)
        before = [bytes_of(path) for path in (remembering, forgetful)]
        each = [utterance.user for dialogue in load("dev") for utterance in dialogue.utterances]
        with gateways(remembering, forgetful) as places:
            for kind in ("remembering", "forgetful"):
                for number, start in enumerate(range(0, turns, len(each))):
                    with session(places[kind], f"player-{number}") as opened:
                        for text in each[: turns - start]:
                            turn(opened, text)
        grown = [bytes_of(path) - old for path, old in zip((remembering, forgetful), before)]
        database = Database(remembering)
        with database.reading() as connection:
            memories = len(connection.execute(select(MemoryRow.id)).all())
        database.close()
        return Size(turns, memories, grown[0] * 1000 / turns, grown[1] * 1000 / turns)


@contextlib.contextmanager
def gateways(remembering: Path, forgetful: Path) -> Iterator[Place]:
    command = [sys.executable, str(GATEWAY), str(remembering), str(forgetful)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise SystemExit("the gateway did not start")
            yield json.loads(line)
        finally:
            process.stdin.close()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def session(place: Place, player: str) -> Session:
    return Session(
        server_url=place["url"], api_key=place["api_key"], character_id=place["character_id"], player_id=player
    )


def turn(opened: Session, text: str) -> float:
    started = time.perf_counter()
    opened.send(text)
    return (time.perf_counter() - started) * 1000


def seed(path: Path, player: str, count: int) -> None:
    """Give a player so many memories, as if they had been drawn from messages long ago."""
    with serve(db=path, memory=False) as gateway, gateway.session(player_id=player) as opened:
        opened.send("Hello!")
    if not count:
        return
    # all different: a repetition would have been merged
    texts = [f"{text} ({number})" for number, text in enumerate(contents(count))]
    engine = default_embedder()
    vectors = engine.embed(texts)
    database = Database(path)
    with database.transaction() as connection:
        conversation = connection.scalar(select(Conversation.id).where(Conversation.player_id == player))
        rows = [
            {
                "conversation_id": conversation,
                "content": text,
                "memory_type": "fact",
                "source_quote": text,
                "digest": digest(text),
                "changed": 1,
                "embedding": vector.astype("<f4").tobytes(),
                "embedding_engine": engine.name,
            }
            for text, vector in zip(texts, vectors)
        ]
        connection.execute(insert(MemoryRow), rows)
        connection.execute(update(Conversation).where(Conversation.id == conversation).values(memory_version=1))
    database.close()


def utterances() -> Iterator[str]:
    """What people say: the dev dialogues' utterances, mixed, over and over."""
    texts = [utterance.user for dialogue in load("dev") for utterance in dialogue.utterances]
    random.Random(11).shuffle(texts)
    return itertools.cycle(texts)


def bytes_of(path: Path) -> int:
    """The database's size once everything is in the main file."""
    database = Database(path)
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return sum(file.stat().st_size for file in path.parent.glob(path.name + "*"))
