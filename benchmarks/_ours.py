"""Our client, as its users write it."""

from __future__ import annotations

import time
import uuid
from typing import Any, Dict, List, Sequence

from _measure import PATIENCE, Growth, Stopwatch, check

from estuary import Session


class Contestant:
    def __init__(self, place: Dict[str, Any], way: str = "send") -> None:
        self._place = place
        self._say = {"send": self._send, "stream": self._stream, "responses": self._responses}[way]

    def _session(self) -> Session:
        place = self._place
        return Session(
            server_url=place["url"],
            api_key=place["api_key"],
            character_id=place["character_id"],
            player_id=uuid.uuid4().hex,
        )

    def connects(self, count: int) -> List[float]:
        times = []
        for _ in range(count):
            session = self._session()
            start = time.perf_counter()
            session.connect()
            times.append(time.perf_counter() - start)
            session.close()
        return times

    def turns(self, text: str, count: int, warm_up: int) -> List[float]:
        times = []
        with self._session() as session:
            for _ in range(warm_up + count):
                start = time.perf_counter()
                session.send(text)
                times.append(time.perf_counter() - start)
        return times[warm_up:]

    def bursts(self, texts: Sequence[str]) -> List[Dict[str, float]]:
        results = []
        with self._session() as session:
            for text in texts:
                session.send(f"prepare {text}")
                _, count, size = text.split()
                watch = Stopwatch(self._place)
                got = self._say(session, text)
                results.append(watch.read())
                check(text, got, int(count) * int(size))
        return results

    def _send(self, session: Session, text: str) -> int:
        return len(session.send(text, timeout=PATIENCE).text)

    def _stream(self, session: Session, text: str) -> int:
        return len("".join([chunk.delta for chunk in session.stream(text, timeout=PATIENCE)]))

    def _responses(self, session: Session, text: str) -> int:
        session.send(text, wait=False)
        deltas = []
        for chunk in session.responses(timeout=PATIENCE):
            deltas.append(chunk.delta)
            if chunk.is_final:
                break
        return len("".join(deltas))

    def idle(self, count: int) -> Dict[str, Any]:
        def open_one() -> Session:
            session = self._session()
            # with a handler the dispatch thread runs, too
            session.on("response", lambda response: None)
            session.send("Hello.")
            return session

        first = open_one()
        growth = Growth()
        sessions = [open_one() for _ in range(count)]
        result = growth.per(count)
        for session in [first, *sessions]:
            session.close()
        return result
