"""A Socket.IO client in a few lines, without threads: what it reads is what was on the wire, in the wire's order."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any, Callable, Optional, Union

import websocket

from estuary.gateway.engines.base import ActionCall, ChatPrompt

TURN_ENDS = ("error", "quota_exceeded", "interrupt")


class Closed(Exception):
    """The server closed the connection."""


class RawClient:
    """Speaks Engine.IO and Socket.IO by hand. ``next()`` gives one event; all that came are in ``seen``."""

    def __init__(self, url: str, *, receive_buffer: Optional[int] = None) -> None:
        address = url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        sockopt = [] if receive_buffer is None else [(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)]
        self._ws = websocket.create_connection(address, timeout=10, skip_utf8_validation=True, sockopt=sockopt)
        self.handshake = json.loads(self._ws.recv()[1:])
        self.seen: list[tuple[str, Any]] = []
        self.session: dict[str, Any] = {}

    def __enter__(self) -> RawClient:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    @property
    def sock(self) -> Any:
        return self._ws.sock

    def open(self, auth: Any) -> None:
        self.raw("40/sdk," + ("" if auth is None else json.dumps(auth)))

    def raw(self, frame: str) -> None:
        self._ws.send(frame)

    def send(self, event: str, *args: Any) -> None:
        self.raw("42/sdk," + json.dumps([event, *args]))

    def next(self, timeout: float = 10.0) -> tuple[str, Any]:
        """The next event: ``connect``, ``disconnect`` and ``ack`` are events too."""
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"nothing came within {timeout} s; before: {self.seen[-5:]}")
            self._ws.settimeout(left)
            try:
                frame = self._ws.recv()
            except websocket.WebSocketTimeoutException:
                continue
            except (websocket.WebSocketConnectionClosedException, ConnectionError) as error:
                raise Closed from error
            if frame == "2":
                self.raw("3")
            elif frame == "1" or not frame:
                raise Closed
            elif frame.startswith("42/sdk,"):
                event, *args = json.loads(frame[7:])
                return self._note(event, args[0] if args else None)
            elif frame.startswith("43/sdk,"):
                return self._note("ack", json.loads(frame[frame.index("[") :]))
            elif frame.startswith("40/sdk"):
                return self._note("connect", None)
            elif frame.startswith("41/sdk"):
                return self._note("disconnect", None)
            else:
                raise AssertionError(f"unexpected frame {frame[:100]!r}")

    def _note(self, event: str, payload: Any) -> tuple[str, Any]:
        self.seen.append((event, payload))
        return event, payload

    def until(self, event: str, timeout: float = 10.0) -> Any:
        """The payload of the next such event; others are passed over."""
        deadline = time.monotonic() + timeout
        while True:
            name, payload = self.next(max(0.01, deadline - time.monotonic()))
            if name == event:
                return payload

    def turn(self, text: Optional[str] = None, timeout: float = 10.0) -> list[tuple[str, Any]]:
        """Say something and give all events up to the end of a turn."""
        if text is not None:
            self.send("text", {"text": text})
        events = []
        deadline = time.monotonic() + timeout
        while True:
            events.append(self.next(max(0.01, deadline - time.monotonic())))
            name, payload = events[-1]
            if name in TURN_ENDS or (name == "bot_response" and payload["is_final"]):
                return events

    def says(self, text: str) -> str:
        """Say something and give the whole answer."""
        event, payload = self.turn(text)[-1]
        assert event == "bot_response", (event, payload)
        return str(payload["text"])

    def closed(self, timeout: float = 10.0) -> list[tuple[str, Any]]:
        """The events until the server closes the connection."""
        events = []
        deadline = time.monotonic() + timeout
        try:
            while True:
                events.append(self.next(max(0.01, deadline - time.monotonic())))
        except Closed:
            return events

    def quiet(self, event: str = "say_line") -> list[tuple[str, Any]]:
        """The events that had been sent up to now. Asks for something that is answered, and reads up to that."""
        self.send("client_interrupt", {"message_id": "a-marker"})
        events = []
        while True:
            name, payload = self.next()
            if name == "interrupt" and payload.get("message_id") == "a-marker":
                return events
            events.append((name, payload))

    def close(self) -> None:
        sock = self._ws.sock
        self._ws.close(timeout=1)
        if sock is not None:
            sock.close()  # the library forgets to, when the peer has reset the connection


class Scripted:
    """Answers with these pieces; a callable makes them from the prompt; an exception is raised in its place."""

    name = "scripted"

    def __init__(self, *pieces: Any, script: Optional[Callable[[ChatPrompt], Sequence[Any]]] = None) -> None:
        self._pieces = pieces
        self._script = script
        self.prompts: list[ChatPrompt] = []

    async def reply(self, prompt: ChatPrompt) -> AsyncIterator[Union[str, ActionCall]]:
        self.prompts.append(prompt)
        for piece in self._pieces if self._script is None else self._script(prompt):
            if isinstance(piece, BaseException):
                raise piece
            yield piece


class Hanging:
    """Says these pieces and then goes on thinking until it is stopped. Other texts than ``hang`` get an echo."""

    name = "hanging"

    def __init__(self, *pieces: str) -> None:
        self._pieces = pieces
        self.stopped = threading.Event()
        self.started = threading.Event()

    async def reply(self, prompt: ChatPrompt) -> AsyncIterator[str]:
        if prompt.text != "hang":
            yield f"echo: {prompt.text}"
            return
        try:
            for piece in self._pieces:
                yield piece
            self.started.set()
            await asyncio.Event().wait()
        finally:
            self.stopped.set()


def whole(events: list[tuple[str, Any]]) -> str:
    """The text that a client puts together from chunks of the cumulative dialect."""
    return "".join(payload["partial"] for event, payload in events if event == "bot_response")
