"""Every message is drawn from once: by two processes, after kill -9 at any moment, after a claim has run out."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("wordllama")

import requests
from rawclient import Closed, RawClient
from scene import Scene
from sqlalchemy import select, update

from estuary.gateway.memory.base import Candidate, Extraction
from estuary.gateway.memory.claims import Claims
from estuary.gateway.memory.store import ClaimLost, memories, messages
from estuary.gateway.storage.database import Database

_SERVER = """
import sys, threading, time
from estuary.gateway import serve
from estuary.gateway.memory.base import Candidate, Entity, Extraction, FactChange

class Echo:
    name = "echo"
    async def reply(self, prompt):
        yield "echo " + prompt.text

class Numbers:
    "Three memories and a core fact for each message, which it takes its time for."
    name = "numbers"
    def extract(self, exchange):
        word = exchange.text.split()[-1]
        with open(sys.argv[2], "a") as file:
            file.write(word + "\\n")
        time.sleep(0.003)
        return Extraction(
            [
                Candidate(f"Said {word} {part}", "fact", 0.9, "numbers", entities=[word],
                          fact=FactChange("numbers", f"{word}{part}"))
                for part in ("one", "two", "three")
            ],
            [Entity(word, "thing")],
        )

gateway = serve(db=sys.argv[1], chat=Echo(), api_key="est_for_this_test", extractor=Numbers(), memory_lease=2.0)
print(gateway.url, gateway.character_id, flush=True)
sys.stdin.readline()
gateway.close()
"""


@contextlib.contextmanager
def server(database: str, log: Path) -> Any:
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER, database, str(log)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        url, character = process.stdout.readline().split()
        yield process, url, {"api_key": "est_for_this_test", "character_id": character, "player_id": "p"}
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stdin.close()


def rest(url: str, auth: dict[str, str], path: str, **params: Any) -> Any:
    base = f"{url}/api/v1/characters/{auth['character_id']}/players/{auth['player_id']}/{path}"
    answer = requests.get(base, params=params, headers={"X-API-Key": auth["api_key"]}, timeout=10)
    answer.raise_for_status()
    return answer.json()


def settled(database: Database, timeout: float = 20.0) -> None:
    """Wait until no message is left to be drawn from."""
    deadline = time.monotonic() + timeout
    while True:
        with database.reading() as connection:
            unfinished = messages.c.extraction.in_(("pending", "claimed"))
            left = connection.execute(select(messages.c.content, messages.c.extraction).where(unfinished)).all()
        if not left:
            return
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def check(database: Database, expected: set[str]) -> None:
    """Each message gave its three memories, once, and its three core facts."""
    with database.reading() as connection:
        told = connection.execute(select(messages.c.content).where(messages.c.role == "user"))
        said = {row.content.split()[-1] for row in told}
        rows = connection.execute(select(memories.c.content, memories.c.told)).all()
    assert expected <= said
    counts = Counter(row.content for row in rows)
    assert counts == {f"Said {word} {part}": 1 for word in said for part in ("one", "two", "three")}
    assert {row.told for row in rows} == {1}


@pytest.mark.limit(120)
def test_kill_9_at_many_moments(tmp_path: Path) -> None:
    """Killed while messages come in, at moments from right after the first to well into the extraction of the last."""
    path = str(tmp_path / "gateway.db")
    sure: set[str] = set()
    for round_number in range(5):
        with server(path, tmp_path / "log") as (process, url, auth), RawClient(url) as client:
            client.open({**auth, "capabilities": {"speaker": False}})
            client.until("session_info")
            moment = random.Random(round_number).uniform(0.0, 0.15)
            timer = threading.Timer(moment, process.send_signal, [signal.SIGKILL])
            with contextlib.suppress(Closed, OSError):
                for number in range(1000):
                    if number == (round_number > 0):
                        timer.start()
                    word = f"r{round_number}n{number}"
                    client.says(f"word {word}")
                    # it was answered, so it is stored
                    sure.add(word)
            timer.join()
            process.wait()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            # no half memories: all of a message's, or none
            counts = Counter(content.split()[1] for (content,) in connection.execute("SELECT content FROM memories"))
            assert set(counts.values()) <= {3}
            done = {
                content.split()[-1]
                for (content,) in connection.execute("SELECT content FROM messages WHERE extraction = 'done'")
            }
            assert set(counts) == done
    assert len(sure) > 4
    with server(path, tmp_path / "log") as (_, url, auth), contextlib.closing(Database(path)) as database:
        settled(database)
        check(database, sure)
        assert rest(url, auth, "memories/stats")["totalActive"] == 3 * len(
            {line for line in (tmp_path / "log").read_text().split()}
        )


@pytest.mark.limit(90)
def test_two_processes_share_the_work(tmp_path: Path, location: str) -> None:
    logs = [tmp_path / "log-a", tmp_path / "log-b"]
    with contextlib.closing(Database(location)) as database, contextlib.ExitStack() as stack:
        # work that was left behind, for both to find at the same time
        scene = Scene(database, "p")
        for number in range(30):
            claim, _ = scene.say(f"word left{number}")
            scene.claims.release(claim)
        servers = [stack.enter_context(server(location, log)) for log in logs]
        errors: list[BaseException] = []

        def talk(index: int) -> None:
            try:
                _, url, auth = servers[index]
                with RawClient(url) as client:
                    client.open({**auth, "capabilities": {"speaker": False}})
                    client.until("session_info")
                    for number in range(15):
                        client.says(f"word s{index}n{number}")
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=talk, args=(index,)) for index in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        settled(database)
        expected = {f"left{n}" for n in range(30)} | {f"s{i}n{n}" for i in range(2) for n in range(15)}
        check(database, expected)
        drawn = Counter(word for log in logs if log.exists() for word in log.read_text().split())
        assert drawn == dict.fromkeys(expected, 1)
        for process, url, auth in servers:
            assert len(rest(url, auth, "memories", limit=200)["memories"]) == 180
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.wait(10) == 0


# --- the claims by themselves


def test_a_claim_is_good_for_one_transaction(scene: Scene) -> None:
    claim, message = scene.say("hello")
    extraction = Extraction([Candidate("Said hello", "fact", 0.9)])
    scene.draw(claim, message, extraction)
    with pytest.raises(ClaimLost):
        scene.draw(claim, message, extraction)
    assert scene.memories()[0].told_count == 1


def test_many_threads_want_one_message(scene: Scene) -> None:
    for number in range(20):
        scene.claims.release(scene.say(f"text {number}")[0])
    taken: list[int] = []
    start = threading.Barrier(4)

    def take() -> None:
        claims = Claims(scene.database, 15.0)
        start.wait(10)
        while (found := claims.take(scene.conversation)) is not None:
            taken.append(found[1])

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 20


def test_a_claim_that_is_not_renewed_runs_out(scene: Scene) -> None:
    claim, message = scene.say("hello")
    other = Claims(scene.database, 0.2)
    assert other.due() == []
    time.sleep(0.15)
    scene.claims.renew()
    time.sleep(0.1)
    assert other.due() == []
    time.sleep(0.2)
    assert other.due() == [(scene.conversation, scene.character, "alice")]
    taken = other.take(scene.conversation)
    assert taken is not None
    assert taken[1] == message
    # the first was only asleep: it finds out and writes nothing
    with pytest.raises(ClaimLost):
        scene.draw(claim, message, Extraction([Candidate("Said hello", "fact", 0.9)]))
    assert scene.memories() == []
    scene.draw(*taken, Extraction([Candidate("Said hello", "fact", 0.9)]))
    assert scene.contents() == ["Said hello"]


def test_nobody_takes_away_its_own_claims(scene: Scene) -> None:
    claims = Claims(scene.database, 0.01)
    scene.claims = claims
    scene.say("hello")
    time.sleep(0.05)
    assert claims.due() == []


@pytest.mark.skipif(os.name != "posix", reason="asks the system whether a process lives")
def test_the_claims_of_a_dead_process_are_taken_at_once(scene: Scene) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    claim, message = scene.say("hello")
    host, _, _ = claim.partition(":")
    with scene.database.transaction() as connection:
        connection.execute(update(messages).where(messages.c.id == message).values(claim_id=f"{host}:{gone.pid}:x:1"))
    assert Claims(scene.database, 1000.0).due() == [(scene.conversation, scene.character, "alice")]


def test_claims_that_end_with_the_process_are_left_to_others(scene: Scene) -> None:
    scene.say("hello")
    unused = scene.claims.make()
    scene.claims.release_all()
    assert Claims(scene.database, 1000.0).due() == [(scene.conversation, scene.character, "alice")]
    scene.claims.forget(unused)
