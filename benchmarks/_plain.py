"""python-socketio's synchronous client with its default settings: what one would write without an SDK."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any, Dict, List, Sequence

import socketio
from _measure import PATIENCE, Growth, Stopwatch, auth, check


class _Client:
    """The least that holds a conversation."""

    def __init__(self, place: Dict[str, Any]) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._open = threading.Event()
        self._done = threading.Event()
        self._expected = 0
        self._frames = 0
        self._chars = 0
        self._sio = sio = socketio.Client()
        sio.on("session_info", lambda info: self._open.set(), namespace="/sdk")
        sio.on("bot_response", self._heard, namespace="/sdk")

    def connect(self) -> None:
        place = self._place
        self._sio.connect(
            place["url"], auth=auth(place, uuid.uuid4().hex), namespaces=["/sdk"], transports=["websocket"]
        )
        self._wait(self._open)

    def _heard(self, response: Dict[str, Any]) -> None:
        # each frame on a thread of its own, in any order: it is over when all have come
        with self._lock:
            self._frames += 1
            if not response["is_final"]:
                partial = response["partial"]
                self._chars += len(partial if isinstance(partial, str) else response["text"])
            if self._frames == self._expected:
                self._done.set()

    def say(self, text: str, chunks: int = 1) -> int:
        """Say it, wait for so many chunks and the final message, return how many characters came."""
        self._done.clear()
        self._frames, self._chars, self._expected = 0, 0, chunks + 1
        self._sio.emit("text", {"text": text, "textOnly": True}, namespace="/sdk")
        self._wait(self._done)
        return self._chars

    def _wait(self, event: threading.Event) -> None:
        if not event.wait(PATIENCE):
            raise SystemExit(f"nothing within {PATIENCE:g} s")

    def close(self) -> None:
        self._sio.disconnect()


class Contestant:
    def __init__(self, place: Dict[str, Any]) -> None:
        self._place = place

    def _connected(self) -> _Client:
        client = _Client(self._place)
        client.connect()
        return client

    def connects(self, count: int) -> List[float]:
        times = []
        for _ in range(count):
            client = _Client(self._place)
            start = time.perf_counter()
            client.connect()
            times.append(time.perf_counter() - start)
            client.close()
        return times

    def turns(self, text: str, count: int, warm_up: int) -> List[float]:
        times = []
        client = self._connected()
        for _ in range(warm_up + count):
            start = time.perf_counter()
            client.say(text)
            times.append(time.perf_counter() - start)
        client.close()
        return times[warm_up:]

    def bursts(self, texts: Sequence[str]) -> List[Dict[str, float]]:
        results = []
        client = self._connected()
        for text in texts:
            client.say(f"prepare {text}")
            count, size = map(int, text.split()[1:])
            watch = Stopwatch(self._place)
            got = client.say(text, count)
            results.append(watch.read())
            check(text, got, count * size)
        client.close()
        return results

    def idle(self, count: int) -> Dict[str, Any]:
        def open_one() -> _Client:
            client = self._connected()
            client.say("Hello.")
            return client

        first = open_one()
        growth = Growth()
        clients = [open_one() for _ in range(count)]
        result = growth.per(count)
        for client in [first, *clients]:
            client.close()
        return result
