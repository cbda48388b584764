"""Servers that do what a test tells them: a chat engine for the gateway, and a Socket.IO server without manners.

``Puppet`` answers by the first word of the text; see ``reply``. ``WireServer`` is python-socketio on uvicorn, on a
thread of its own: it sends any event with any payload, and any Engine.IO message, right or wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator
from typing import Any, Callable, Optional, Union

import socketio
import uvicorn

from estuary.gateway.engines.base import ActionCall, EngineError
from estuary.gateway.memory.base import Extraction

__all__ = [
    "RAW",
    "Forgetful",
    "Log",
    "Puppet",
    "Spawned",
    "WireServer",
    "answer",
    "interrupting",
    "stored",
    "wait_until",
]

PATIENCE = 20.0  # seconds that anything here may take


class Forgetful:
    """An extractor for the gateway, for tests of so many turns that reading them for memories would be most of it."""

    name = "forgetful"

    def extract(self, exchange: Any) -> Extraction:
        return Extraction()


class Puppet:
    """A chat engine for the gateway. ``hung`` is set while an answer waits, ``stopped`` when one was cut off."""

    name = "puppet"

    def __init__(self) -> None:
        self.prompts: list[Any] = []
        self.hung = threading.Event()
        self.stopped = threading.Event()
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._gate: Optional[asyncio.Event] = None

    def open(self) -> None:
        """Let the answers that wait at the gate go on."""
        assert self._loop is not None
        assert self._gate is not None
        self._loop.call_soon_threadsafe(self._gate.set)

    async def _wait(self, gate: asyncio.Event) -> None:
        self.hung.set()
        try:
            await gate.wait()
        except BaseException:
            self.stopped.set()
            raise

    async def reply(self, prompt: Any) -> AsyncIterator[Union[str, ActionCall]]:
        """``pieces a|b|c``, ``count N``, ``hang``, ``mute``, ``gate``, ``fail``, ``crash``, ``half``, ``act JSON…``."""
        self.prompts.append(prompt)
        self._loop = asyncio.get_running_loop()
        word, _, rest = prompt.text.partition(" ")
        if word == "pieces":
            for piece in rest.split("|"):
                yield piece
        elif word == "count":
            for number in range(int(rest)):
                yield f"{number} "
        elif word == "hang":
            yield "It begins "
            await self._wait(asyncio.Event())
        elif word == "mute":
            await self._wait(asyncio.Event())
        elif word == "gate":
            yield "One "
            self._gate = asyncio.Event()
            await self._wait(self._gate)
            yield "two."
        elif word == "fail":
            raise EngineError("no model today")
        elif word == "crash":
            raise RuntimeError("a bug in the engine")
        elif word == "half":
            yield "Half of "
            raise EngineError("the model broke off")
        elif word == "act":
            yield "Sure! "
            for call in json.loads(rest):
                yield ActionCall(**call)
            yield " Done."
        elif word == "tag":
            yield 'Sure! <action name="na'
            yield 'vigate" target="kitchen" speed="2"/> Off we go.'
        else:
            yield "You said: "
            yield prompt.text


def stored(gateway: Any, player: str, *, until: Callable[[list[Any]], bool] = lambda _: True) -> list[tuple[str, str]]:
    """Role and content of the messages of *player*, through REST, once ``until`` is true of them."""
    url = "{}/api/v1/characters/{}/players/{}/messages".format(
        gateway.url, gateway.character_id, urllib.parse.quote(player, safe="")
    )
    request = urllib.request.Request(url, headers={"X-API-Key": gateway.api_key})
    deadline = time.monotonic() + PATIENCE
    while True:
        with urllib.request.urlopen(request, timeout=10) as response:
            found = [(message["role"], message["content"]) for message in json.load(response)["messages"]]
        if until(found):
            return found
        assert time.monotonic() < deadline, f"the gateway has only {found}"
        time.sleep(0.01)  # REST has nothing to wait on


def wait_until(condition: Callable[[], Any], what: str = "the condition") -> None:
    """For what no event tells, such as the end of a thread that is not ours."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about"
        time.sleep(0.005)


class Log:
    """A handler that remembers what it got, to be waited for."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.threads: set[str] = set()
        self._changed = threading.Condition()

    def __call__(self, item: Any) -> None:
        with self._changed:
            self.items.append(item)
            self.threads.add(threading.current_thread().name)
            self._changed.notify_all()

    def wait(self, count: int = 1) -> list[Any]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.items) >= count, PATIENCE), (count, self.items)
            return list(self.items)


@contextlib.contextmanager
def interrupting(session: Any, when: threading.Event) -> Iterator[None]:
    """Call ``session.interrupt()`` from another thread when the event is set."""

    def run() -> None:
        assert when.wait(PATIENCE)
        session.interrupt()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        when.set()
        thread.join(PATIENCE)


# ── a server without manners ──


def answer(text: str, message_id: str) -> list[tuple[str, Any]]:
    """One whole answer as events, in dialect B."""
    base = {"message_id": message_id, "is_interjection": False}
    return [
        ("bot_response", {**base, "text": text, "partial": True, "is_final": False, "chunk_index": 0}),
        ("bot_response", {**base, "text": text, "partial": False, "is_final": True, "chunk_index": 1}),
    ]


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._told = started

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self._told.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WireServer:
    """A python-socketio server for one client at a time. ``on_text`` gives the events that answer a text."""

    def __init__(self, on_text: Callable[[str], list[tuple[str, Any]]]) -> None:
        self.received: list[tuple[str, Any]] = []
        self._on_text = on_text
        self._changed = threading.Condition()
        self._sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[])
        self._sio.on("connect", self._connect, namespace="/sdk")
        self._sio.on("*", self._event, namespace="/sdk")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        started = threading.Event()
        config = uvicorn.Config(
            socketio.ASGIApp(self._sio), log_config=None, lifespan="off", ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = _Uvicorn(config, started)
        self._thread = threading.Thread(target=self._run, name="wire-server", daemon=True)
        self._thread.start()
        assert started.wait(PATIENCE)

    def _run(self) -> None:
        self._loop = asyncio.new_event_loop()
        try:
            self._loop.run_until_complete(self._server.serve(sockets=[self._listener]))
            rest = asyncio.all_tasks(self._loop)
            for task in rest:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        finally:
            self._loop.close()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        self._listener.close()

    def __enter__(self) -> WireServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def session(self, **options: Any) -> Any:
        from estuary import Session

        return Session(
            **{"api_key": "est_wire", "character_id": "c", "player_id": "p", "server_url": self.url, **options}
        )

    async def _connect(self, sid: str, environ: Any, auth: Any) -> None:
        self.sid = sid
        self.connections += 1
        info = {"session_id": sid, "conversation_id": "v", "character_id": "c", "player_id": "p"}
        await self._sio.emit("session_info", info, to=sid, namespace="/sdk")

    async def _event(self, event: str, sid: str, payload: Any = None) -> None:
        with self._changed:
            self.received.append((event, payload))
            self._changed.notify_all()
        if event == "text":
            await self._send(self._on_text(payload["text"]))

    async def _send(self, events: list[tuple[Any, ...]]) -> None:
        for name, *payloads in events:
            if name is RAW:
                eio_sid = self._sio.manager.eio_sid_from_sid(self.sid, "/sdk")
                await self._sio.eio.send_packet(eio_sid, _Frame(payloads[0]))
            else:
                await self._sio.emit(name, tuple(payloads), to=self.sid, namespace="/sdk")

    def send(self, *events: tuple[Any, ...]) -> None:
        """Send ``(name, payload…)``, or ``(RAW, text or bytes)`` as a WebSocket message; return when it is queued."""
        asyncio.run_coroutine_threadsafe(self._send(list(events)), self._loop).result(PATIENCE)

    def wait_for(self, event: str, count: int = 1) -> Any:
        """The payload of the *count*-th such event of the client."""

        def found() -> list[Any]:
            return [payload for name, payload in self.received if name == event]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, PATIENCE), (event, self.received)
            return found()[count - 1]


#: instead of an event's name: the payload is one WebSocket message, text or binary, as it is
RAW = object()


class _Frame:
    """Stands in for an Engine.IO packet."""

    packet_type = 4

    def __init__(self, data: Union[str, bytes]) -> None:
        self.data = data
        self.binary = isinstance(data, bytes)

    def encode(self, b64: bool = False) -> Union[str, bytes]:
        return self.data


# ── programs ──


class Spawned:
    """A Python program in a process of its own. Its lines are read as they come, ``ended_after(line)`` says how long
    after a line the process ended."""

    def __init__(self, code: str, *args: Any, options: tuple[str, ...] = ()) -> None:
        program = _PRELUDE + textwrap.dedent(code)
        self.process = subprocess.Popen(
            [sys.executable, *options, "-c", program, *map(str, args)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[tuple[str, float]] = []
        self.stderr = ""
        self._next = 0
        self._over = False
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._read_out), threading.Thread(target=self._read_err)]
        for thread in self._threads:
            thread.start()

    def _read_out(self) -> None:
        for line in self.process.stdout or ():
            with self._changed:
                self.lines.append((line.rstrip("\n"), time.monotonic()))
                self._changed.notify_all()
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _read_err(self) -> None:
        assert self.process.stderr is not None
        self.stderr = self.process.stderr.read()

    def wait_line(self, start: str, timeout: float = PATIENCE) -> str:
        """The first line that starts so."""

        def found() -> Optional[str]:
            return next((line for line, _ in self.lines if line.startswith(start)), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or self._over, timeout)
        line = found()
        if line is None:
            self.kill()
            raise AssertionError(f"no line {start!r}; stdout {self.lines}, stderr:\n{self.stderr}")
        return line

    def next_line(self) -> str:
        """The line behind the one that the last call of this gave."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.lines) > self._next or self._over, PATIENCE)
        if len(self.lines) <= self._next:
            self.kill()
            raise AssertionError(f"no further line; stdout {self.lines}, stderr:\n{self.stderr}")
        self._next += 1
        return self.lines[self._next - 1][0]

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self, timeout: float = PATIENCE) -> int:
        """The exit status; ``ended`` is the time."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the program did not end; stdout {self.lines}, stderr:\n{self.stderr}") from None
        self.ended = time.monotonic()
        self._join()
        return status

    def took(self, start: str) -> float:
        """Seconds from that line to the end of the process."""
        return self.ended - next(at for line, at in self.lines if line.startswith(start))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        self._join()

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Spawned:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        else:
            self._join()


#: what every program starts with: its arguments are the gateway's
_PRELUDE = """
import os, signal, sys, threading, time
from estuary import *
URL, KEY, CHARACTER, PLAYER = sys.argv[1:5]
def make(**options):
    options = {"server_url": URL, "api_key": KEY, "character_id": CHARACTER, "player_id": PLAYER, **options}
    return Session(**options)
def say(*words):
    print(*words, flush=True)
"""
