"""The outgoing half of one client: Socket.IO frames, in order, with a limit to what may wait.

python-socketio queues without bound and costs two tasks for every event. Here the finished frame goes straight into the
client's Engine.IO queue, and says when the writer has taken it out again: so a turn can wait for a slow reader, and a
client that reads nothing at all can be cut off.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from json.encoder import encode_basestring_ascii
from typing import Any, Protocol

__all__ = ["HIGH_BYTES", "HIGH_FRAMES", "NAMESPACE", "Wire", "escape"]

log = logging.getLogger("estuary.gateway")

NAMESPACE = "/sdk"

#: so much may wait for a client before a turn pauses; half of it lets the turn go on
HIGH_FRAMES = 1024
HIGH_BYTES = 4_000_000

#: Engine.IO message, Socket.IO event, namespace
_PREFIX = f"42{NAMESPACE},"


def escape(text: str) -> str:
    """The inside of a JSON string. Concatenating two of them escapes the concatenated text."""
    return encode_basestring_ascii(text)[1:-1]


class _Queue(Protocol):
    def put_nowait(self, item: Any, /) -> None: ...


class Socket(Protocol):
    """What is needed of an ``engineio`` socket."""

    @property
    def queue(self) -> _Queue:
        """What its writer sends from."""

    @property
    def closed(self) -> bool:
        """Whether it is closed."""


class _Frame:
    """Stands in for an ``engineio`` packet: its writer asks for nothing but ``encode()``, right before it sends."""

    __slots__ = ("_text", "_wire")

    def __init__(self, wire: Wire, text: str) -> None:
        self._wire = wire
        self._text = text

    def encode(self, b64: bool = False) -> str:
        if self._wire.cut:
            raise ConnectionAbortedError("the client was cut off")  # ends the writer
        self._wire.taken(len(self._text))
        return self._text


class Wire:
    """Sends events to one client. Used on the event loop only.

    Args:
        socket: the client's Engine.IO socket.
        stall_timeout: seconds after which a client that takes nothing is cut off.
        abort: cuts it off.
    """

    def __init__(self, socket: Socket, *, stall_timeout: float, abort: Callable[[], None]) -> None:
        self._socket = socket
        self._queue = socket.queue
        self._stall_timeout = stall_timeout
        self._abort = abort
        self._frames = 0
        self._bytes = 0
        self._room = asyncio.Event()
        self._room.set()
        self._taken = 0
        self.closed = False
        #: the client was cut off: what still waits for it is not sent either
        self.cut = False

    @property
    def congested(self) -> bool:
        """Whether so much waits for the client that a turn should pause: see ``room()``."""
        return not self._room.is_set()

    def send(self, event: str, payload: Any) -> None:
        """Queue an event."""
        self.put(json.dumps([event, payload], separators=(",", ":")))

    def put(self, data: str) -> None:
        """Queue an event that is JSON already: ``["event",payload]``."""
        if self.closed or self._socket.closed:
            self.close()
            return
        text = _PREFIX + data
        self._frames += 1
        self._bytes += len(text)
        if self._frames >= HIGH_FRAMES or self._bytes >= HIGH_BYTES:
            self._room.clear()
        self._queue.put_nowait(_Frame(self, text))

    def taken(self, size: int) -> None:
        """The writer sends a frame now."""
        self._taken += 1
        self._frames -= 1
        self._bytes -= size
        if self._frames <= HIGH_FRAMES // 2 and self._bytes <= HIGH_BYTES // 2:
            self._room.set()

    async def room(self) -> None:
        """Wait until the client has read enough, or cut it off when it reads nothing for too long."""
        while self.congested and not self.closed:
            before = self._taken
            try:
                await asyncio.wait_for(self._room.wait(), self._stall_timeout)
            except asyncio.TimeoutError:
                if self._taken == before and not self.closed:
                    log.warning(
                        "a client has read nothing for %g s while %d frames wait for it: it is cut off",
                        self._stall_timeout,
                        self._frames,
                    )
                    self.cut = True
                    self.close()
                    self._abort()

    def close(self) -> None:
        """Nothing more can be sent; whoever waits for room goes on."""
        self.closed = True
        self._room.set()
