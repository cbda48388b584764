"""A TCP proxy on loopback that misbehaves on demand, for tests of what happens when the network does.

One thread owns every socket and all the state; the methods below hand it a command and return once it has
been carried out, so that after ``proxy.reset()`` the resets are on the wire. ``up`` is from the client to the
server, ``down`` the way back. Every fault works on the connections that are open as well as on those still to
come, unless its description says otherwise::

    with FaultProxy("127.0.0.1", server_port) as proxy:
        client.connect(proxy.url)
        proxy.freeze()
"""

from __future__ import annotations

import collections
import contextlib
import errno
import select
import selectors
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Any, Callable, Optional
from urllib.parse import urlsplit

__all__ = ["FaultProxy"]

_READ_SIZE = 65536
_BUFFERED = 4 * _READ_SIZE  # what one direction may hold: beyond it the sender feels the receiver's slowness
_IN_FLIGHT = 64 * 1024 * 1024  # the same while there is latency, which must not limit the throughput
_PATIENCE = 10.0  # seconds that a command may take: more is a bug of the proxy
_DIRECTIONS = ("up", "down")


class _Pipe:
    """One direction of one connection."""

    def __init__(self, direction: str, source: socket.socket, target: socket.socket) -> None:
        self.direction = direction
        self.source = source
        self.target = target
        # When each piece may go, and the piece; None is the end of file.
        self.pieces: collections.deque[tuple[float, Optional[memoryview]]] = collections.deque()
        self.size = 0
        self.not_before = 0.0  # when a slow pipe may send again
        self.blocked = False  # the target's buffer is full
        self.ended = False  # the source has sent its FIN
        self.finished = False  # … and it was passed on

    def due(self) -> Optional[float]:
        """When the next piece may go; None if there is none, or if only the target is waited for."""
        return max(self.pieces[0][0], self.not_before) if self.pieces and not self.blocked else None


class _Connection:
    """A client's socket, the server's, and the two pipes between them."""

    def __init__(self, client: socket.socket, frozen: bool) -> None:
        self.client = client
        self.server = socket.socket()
        self.server.setblocking(False)
        self.frozen = frozen
        self.state = "new"  # -> connecting -> open -> closed
        self.up = _Pipe("up", client, self.server)
        self.down = _Pipe("down", self.server, client)


class FaultProxy:
    """Forwards ``.url`` to ``upstream_host:upstream_port``; a context manager, usable once.

    A connection that can't be made upstream is reset. Counters, to be read from any thread: ``connections``
    accepted since the start, ``active`` ones, ``bytes_up`` and ``bytes_down`` forwarded. They follow what
    they count by an instant: wait for them with :meth:`wait_for`.
    """

    def __init__(self, upstream_host: str, upstream_port: int) -> None:
        self.upstream = (upstream_host, upstream_port)
        self.host = "127.0.0.1"
        self.port = 0
        self.connections = 0
        self.active = 0
        self.bytes_up = 0
        self.bytes_down = 0
        self._changed = threading.Condition()
        self._selector = selectors.DefaultSelector()
        self._commands: collections.deque[Callable[[], None]] = collections.deque()
        self._wake_read, self._wake_write = socket.socketpair()
        self._listener: Optional[socket.socket] = None
        self._open: set[_Connection] = set()
        self._stopping = False
        self._failure: Optional[BaseException] = None
        self._freeze_new = False
        self._slow: Optional[tuple[int, float]] = None
        self._latency = 0.0
        self._drop: dict[str, tuple[int, str]] = {}
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)

    @classmethod
    def to(cls, url: str) -> FaultProxy:
        """A proxy in front of the server at *url* (http or ws)."""
        parts = urlsplit(url)
        if parts.hostname is None or parts.port is None:
            raise ValueError(f"a proxy needs a URL with a host and a port, not {url!r}")
        return cls(parts.hostname, parts.port)

    # What a test says

    @property
    def url(self) -> str:
        """What the client connects to instead of the server."""
        return f"http://{self.host}:{self.port}"

    def freeze(self) -> None:
        """Forward nothing, either way, and close nothing: a black hole. It accepts new connections too."""
        self._call(lambda: self._set_frozen(True))

    def thaw(self) -> None:
        """End :meth:`freeze` and :meth:`blackhole_new`: what was held back is delivered, as TCP would."""
        self._call(lambda: self._set_frozen(False))

    def blackhole_new(self) -> None:
        """Accept new connections and never forward them; those that are open go on."""
        self._call(lambda: setattr(self, "_freeze_new", True))

    def reset(self) -> None:
        """Break all open connections with an RST, on both sides. New ones are served."""
        self._call(lambda: self._close_all(abort=True))

    def close_all(self) -> None:
        """End all open connections with a FIN, on both sides. New ones are served."""
        self._call(lambda: self._close_all(abort=False))

    def refuse(self) -> None:
        """Refuse new connections (the port is kept); those that are open go on."""
        self._call(self._stop_listening)

    def accept(self) -> None:
        """End :meth:`refuse`."""
        self._call(self._listen)

    def slow(self, bytes_per_chunk: int = 1, delay: float = 0.0005) -> None:
        """Forward at most *bytes_per_chunk* bytes at a time, *delay* seconds apart, each way."""
        self._call(lambda: setattr(self, "_slow", (bytes_per_chunk, delay)))

    def fast(self) -> None:
        """End :meth:`slow` and :meth:`delay`, for what is still held back too."""

        def command() -> None:
            self._slow, self._latency = None, 0.0
            for connection in self._open:
                for pipe in (connection.up, connection.down):
                    pipe.not_before = 0.0
                    pipe.pieces = collections.deque((0.0, piece) for _, piece in pipe.pieces)

        self._call(command)

    def delay(self, seconds: float) -> None:
        """Deliver everything that arrives from now on *seconds* later, each way, at full throughput."""
        self._call(lambda: setattr(self, "_latency", seconds))

    def drop_after(self, n_bytes: int, direction: str, then: str = "reset") -> None:
        """Forward exactly *n_bytes* more in *direction* (all connections together), then, once, do *then*.

        *direction* is ``up`` or ``down``; *then* is ``reset``, ``close`` or ``freeze``, for all connections.
        """
        if direction not in _DIRECTIONS or then not in ("reset", "close", "freeze") or n_bytes < 1:
            raise ValueError(f"drop_after({n_bytes!r}, {direction!r}, {then!r})")
        self._call(lambda: self._drop.__setitem__(direction, (n_bytes, then)))

    def wait_for(self, condition: Callable[[FaultProxy], bool], timeout: float = 5.0) -> bool:
        """Wait until *condition* of the counters holds; False if it doesn't within *timeout* seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), timeout)

    def wait_for_connections(self, n: int, timeout: float = 5.0) -> bool:
        """Wait until *n* connections were accepted since the start; False if not within *timeout* seconds."""
        return self.wait_for(lambda proxy: proxy.connections >= n, timeout)

    def __enter__(self) -> FaultProxy:
        self._wake_read.setblocking(False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._on_wake)
        self._listen()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every socket and end the thread. Harmless when repeated."""
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # raised below, with its cause
                self._call(lambda: setattr(self, "_stopping", True))
        if self._thread.ident is not None:
            self._thread.join(_PATIENCE)
        # Not by the thread: it may carry out the last command before this thread has written its wake-up.
        self._wake_read.close()
        self._wake_write.close()
        self._selector.close()
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise RuntimeError("the fault proxy's thread failed") from failure

    # From here on: the thread

    def _call(self, command: Callable[[], None]) -> None:
        done = threading.Event()

        def run() -> None:
            command()
            done.set()

        if not self._thread.is_alive():
            raise RuntimeError("the fault proxy is not running") from self._failure
        self._commands.append(run)
        self._wake_write.send(b"\0")
        if not done.wait(_PATIENCE):
            raise RuntimeError("the fault proxy did not answer") from self._failure

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._wait(self._work())
                while self._commands:
                    self._commands.popleft()()
        except BaseException as error:  # raised by close(), on the thread of the test
            self._failure = error
        finally:
            self._close_all(abort=False)
            self._stop_listening(keep_port=False)

    def _wait(self, timeout: Optional[float]) -> None:
        """Handle what the sockets have. Through select(), as epoll's own timeout is in whole milliseconds."""
        select.select([self._selector], [], [], timeout)
        for key, events in self._selector.select(0):
            if key.fileobj.fileno() >= 0:  # type: ignore[union-attr]  # not closed by an earlier event of this round
                key.data(events)

    def _on_wake(self, events: int) -> None:
        self._wake_read.recv(_READ_SIZE)

    def _work(self) -> Optional[float]:
        """Send what is due, say what each socket is waiting for, return the seconds until more is due."""
        now = time.monotonic()
        nearest: Optional[float] = None
        for connection in list(self._open):
            if connection.state == "new" and not connection.frozen:
                self._connect(connection)
            for pipe in (connection.up, connection.down):
                if connection.state == "open" and not connection.frozen:
                    due = pipe.due()
                    if due is not None and due <= now:
                        self._flush(connection, pipe)
                        due = pipe.due()
                    if due is not None and connection.state == "open":
                        nearest = due if nearest is None else min(nearest, due)
        for connection in self._open:
            self._watch(connection)
        return None if nearest is None else max(0.0, nearest - time.monotonic())

    def _watch(self, connection: _Connection) -> None:
        up, down = connection.up, connection.down
        client = server = 0
        if not connection.frozen and connection.state == "connecting":
            server = selectors.EVENT_WRITE
        elif not connection.frozen and connection.state == "open":
            client = self._interest(reads=up, writes=down)
            server = self._interest(reads=down, writes=up)
        self._register(connection.client, client, lambda ready: self._on_events(connection, up, down, ready))
        self._register(connection.server, server, lambda ready: self._on_events(connection, down, up, ready))

    def _interest(self, reads: _Pipe, writes: _Pipe) -> int:
        room = _IN_FLIGHT if self._latency else _BUFFERED
        read = selectors.EVENT_READ if not reads.ended and reads.size < room else 0
        return read | (selectors.EVENT_WRITE if writes.blocked else 0)

    def _register(self, sock: socket.socket, events: int, handler: Callable[[int], None]) -> None:
        registered = self._selector.get_map().get(sock)
        if registered is None and events:
            self._selector.register(sock, events, handler)
        elif registered is not None and not events:
            self._selector.unregister(sock)
        elif registered is not None and registered.events != events:
            self._selector.modify(sock, events, handler)

    def _on_accept(self, events: int) -> None:
        assert self._listener is not None
        try:
            client, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):  # it went away again
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open.add(_Connection(client, self._freeze_new))
        with self._changed:
            self.connections += 1
            self.active = len(self._open)
            self._changed.notify_all()

    def _connect(self, connection: _Connection) -> None:
        connection.server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.state = "connecting"
        if connection.server.connect_ex(self.upstream) not in (0, errno.EINPROGRESS):
            self._close(connection, abort=True)

    def _on_events(self, connection: _Connection, reads: _Pipe, writes: _Pipe, events: int) -> None:
        if connection.state == "connecting":
            if connection.server.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._close(connection, abort=True)
            else:
                connection.state = "open"
            return
        if events & selectors.EVENT_WRITE:
            writes.blocked = False  # and _work() sends
        if events & selectors.EVENT_READ:
            try:
                data = reads.source.recv(_READ_SIZE)
            except BlockingIOError:
                return
            except OSError:
                self._close(connection, abort=True)
                return
            reads.ended = not data
            reads.size += len(data)
            reads.pieces.append((time.monotonic() + self._latency, memoryview(data) if data else None))

    def _flush(self, connection: _Connection, pipe: _Pipe) -> None:
        """Send what is due of one pipe, as far as the target, slowness and drop_after() let it."""
        while (due := pipe.due()) is not None and due <= time.monotonic():
            since, piece = pipe.pieces[0]
            if piece is None:
                pipe.pieces.clear()
                pipe.finished = True
                with contextlib.suppress(OSError):  # the target may be gone already
                    pipe.target.shutdown(socket.SHUT_WR)
                if connection.up.finished and connection.down.finished:
                    self._close(connection, abort=False)
                return
            allowed = len(piece) if self._slow is None else self._slow[0]
            left, then = self._drop.get(pipe.direction, (allowed, ""))
            try:
                sent = pipe.target.send(piece[: min(allowed, left)])
            except BlockingIOError:
                pipe.blocked = True
                return
            except OSError:
                self._close(connection, abort=True)
                return
            pipe.size -= sent
            if sent == len(piece):
                pipe.pieces.popleft()
            else:
                pipe.pieces[0] = (since, piece[sent:])
            if self._slow is not None:
                pipe.not_before = time.monotonic() + self._slow[1]
            self._count(pipe.direction, sent)
            if then:
                self._drop[pipe.direction] = (left - sent, then)
                if left == sent:
                    del self._drop[pipe.direction]
                    if then == "freeze":
                        self._set_frozen(True)
                    else:
                        self._close_all(abort=then == "reset")
                    return

    def _count(self, direction: str, n: int) -> None:
        with self._changed:
            if direction == "up":
                self.bytes_up += n
            else:
                self.bytes_down += n
            self._changed.notify_all()

    def _set_frozen(self, frozen: bool) -> None:
        self._freeze_new = frozen
        for connection in self._open:
            connection.frozen = frozen
            self._watch(connection)

    def _close_all(self, abort: bool) -> None:
        for connection in list(self._open):
            self._close(connection, abort)

    def _close(self, connection: _Connection, abort: bool) -> None:
        connection.state = "closed"
        for sock in (connection.client, connection.server):
            self._register(sock, 0, self._on_wake)
            if abort:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                with contextlib.suppress(OSError):  # closing with unread data would send an RST, not a FIN
                    while sock.recv(_READ_SIZE):
                        pass
            sock.close()
        self._open.discard(connection)
        with self._changed:
            self.active = len(self._open)
            self._changed.notify_all()

    def _listen(self) -> None:
        if self._listener is None:
            self._listener = self._bound()
            self.port = self._listener.getsockname()[1]
        if self._selector.get_map().get(self._listener) is None:
            self._listener.listen(256)
            self._selector.register(self._listener, selectors.EVENT_READ, self._on_accept)

    def _stop_listening(self, keep_port: bool = True) -> None:
        if self._listener is not None:
            self._register(self._listener, 0, self._on_accept)
            self._listener.close()
            # Bound but not listening: connections are refused and nobody else gets the port.
            self._listener = self._bound() if keep_port else None

    def _bound(self) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        listener.setblocking(False)
        return listener

    def __repr__(self) -> str:
        facts: dict[str, Any] = {"active": self.active, "up": self.bytes_up, "down": self.bytes_down}
        return f"<FaultProxy {self.url} {facts}>"
