"""One Socket.IO connection to the ``/sdk`` namespace, from its handshake to its end; never used twice.

Built on python-engineio's client (handshake, URLs, TLS, proxies), python-socketio's packet codec and websocket-client.
Three things are done here instead of there, all for reasons measured:

* **Reading in line.** The engine client starts a thread for every message, which loses their order. Here the read
  thread decodes and hands over by itself.
* **Reading from a buffer.** websocket-client asks the kernel three times for every frame and builds several objects
  around it; most of the time of a burst went there.
* **Ending with a deadline.** The libraries' ``disconnect()`` can wait a minute for a peer that is gone.

Two threads live as long as the link does: ``read`` and ``write``.
"""

from __future__ import annotations

import json
import os
import queue
import socket
import ssl
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Tuple, Union
from urllib.parse import urlsplit

import engineio
import websocket
from engineio import base_client
from socketio import packet as sio_packet

from .credentials import get_logger, mask_secrets
from .deadline import Deadline
from .errors import ConnectError, ConnectTimeout, NotConnected, ProtocolError

__all__ = ["NAMESPACE", "Link", "Refused"]

NAMESPACE = "/sdk"

#: What waits to be written, at most: beyond it the link is stalled, and sending raises.
MAX_QUEUED_PACKETS = 1000
MAX_QUEUED_CHARS = 32_000_000
#: What the kernel may hold of what it can't send yet, while voice runs. Bytes: a quarter of a second of audio.
NOT_SENT = 16_384
#: A message from the server larger than this is garbage. Bytes.
MAX_MESSAGE = 64 * 1024 * 1024

#: How much of what a stranger says an error repeats. Characters.
MAX_TOLD = 150

_EVENT = f"42{NAMESPACE},["
_AT = len(_EVENT) - 1
_decode = json.JSONDecoder().raw_decode
_log = get_logger("estuary.transport")
_engine_log = get_logger("estuary.engineio")
# websocket-client prints what it sends when its tracing is switched on
get_logger("websocket")


class Refused(ConnectError):
    """The server refused the namespace. ``told`` is what it said about that, most often why."""

    def __init__(self, url: str, told: str) -> None:
        super().__init__(f"{url} refused the session ({told or 'without saying why'}): is it an Estuary server?")
        self.told = told


class _WebSocket(websocket.WebSocket):
    """A WebSocket that reads many frames with one system call."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._buffer = bytearray()
        self._start = 0
        self.last_received = time.monotonic()

    def _need(self, count: int) -> int:
        """Have ``count`` unread bytes in the buffer; return where they start."""
        buffer = self._buffer
        if len(buffer) - self._start < count:
            if self._start:
                del buffer[: self._start]
                self._start = 0
            while len(buffer) < count:
                sock = self.sock
                data = sock.recv(min(1 << 20, max(65536, count - len(buffer)))) if sock is not None else b""
                if not data:
                    raise websocket.WebSocketConnectionClosedException("the server closed the connection")
                self.last_received = time.monotonic()
                buffer += data
        return self._start

    def read(self) -> Union[str, bytes, None]:
        """The next message: text, binary, or ``None`` when the peer closes."""
        # nearly every frame: one whole text message, and all of it in the buffer
        buffer, at = self._buffer, self._start
        if len(buffer) - at > 3 and buffer[at] == 0x81:
            length, at = buffer[at + 1], at + 2
            if length == 126:
                length, at = buffer[at] << 8 | buffer[at + 1], at + 2
            elif length > 126:
                length = len(buffer)  # larger, or masked: the long way
            if at + length <= len(buffer):
                self._start = at + length
                return buffer[at : at + length].decode()
        parts: List[bytes] = []
        size = 0
        text = True
        while True:
            at = self._need(2)
            buffer = self._buffer
            first, length = buffer[at], buffer[at + 1]
            head = 2
            if length >= 126:
                if length > 127:
                    raise websocket.WebSocketProtocolException("a masked frame from the server")
                head = 4 if length == 126 else 10
                at = self._need(head)
                length = int.from_bytes(buffer[at + 2 : at + head], "big")
                size += length
                if size > MAX_MESSAGE:
                    raise websocket.WebSocketProtocolException(f"a message of more than {MAX_MESSAGE} bytes")
            at = self._need(head + length)
            payload = bytes(buffer[at + head : at + head + length])
            self._start = at + head + length
            if first == 0x81 and not parts:
                return payload.decode()
            opcode = first & 0x0F
            if first & 0x70:
                raise websocket.WebSocketProtocolException("reserved bits are set")
            if opcode == 0x8:
                return None
            if opcode == 0x9:
                self.pong(payload)
            elif opcode in (0x0, 0x1, 0x2):
                if bool(opcode) == bool(parts):
                    raise websocket.WebSocketProtocolException("frames out of order")
                text = text if parts else opcode == 0x1
                parts.append(payload)
                if first & 0x80:
                    whole = b"".join(parts)
                    return whole.decode() if text else whole
            elif opcode != 0xA:
                raise websocket.WebSocketProtocolException(f"unknown opcode {opcode}")


class _Engine(engineio.Client):  # type: ignore[misc]
    """The engine client with its two loops, its queue and its threads' names replaced by the link's own."""

    def __init__(self, link: Link, **options: Any) -> None:
        self._link = link
        super().__init__(**options)

    def create_queue(self, *args: Any, **kwargs: Any) -> Any:
        return queue.Queue(MAX_QUEUED_PACKETS)

    def start_background_task(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> threading.Thread:
        role = "read" if target == self._read_loop_websocket else "write"
        if role == "read":
            # whatever is silent for longer is dead; the write loop's pings keep a live one from being silent
            self._link.watch_silence()
        # daemon: a link that nobody closed must not keep the interpreter from ending
        thread = threading.Thread(
            target=target, args=args, kwargs=kwargs, daemon=True, name=f"estuary-{role}-{self._link.name}"
        )
        thread.start()
        self._link.threads.append(thread)
        return thread

    def _read_loop_websocket(self) -> None:
        self._link.read_loop()

    def _write_loop(self) -> None:
        self._link.write_loop()


class Link:
    """One connection. ``open`` it once; ``on_packet`` and ``on_end`` are called on its read thread.

    ``on_event(name, payload)`` gets every event in the wire's order; ``on_garbage(error)`` each packet that can't be
    read; ``on_end(reason, detail)`` is called exactly once after ``open`` succeeded, with the reason ``server`` (the
    server disconnected us), ``lost`` or ``closed`` (by ``close``).
    """

    def __init__(
        self,
        name: str,
        on_event: Callable[[str, Any], None],
        on_garbage: Callable[[ProtocolError], None],
        on_end: Callable[[Link, str, str], None],
        liveness_timeout: float,
    ) -> None:
        self.name = name
        self.threads: List[threading.Thread] = []
        self.ended = False
        self._on_event = on_event
        self._on_garbage = on_garbage
        self._on_end = on_end
        self._liveness = liveness_timeout
        self._closing = False
        self._queued_chars = 0
        self._lock = threading.Lock()
        self._namespace = threading.Event()
        self._refused: Optional[str] = None
        self._broken: Optional[str] = None
        #: whether somebody has accepted the connection
        self.reached = False
        self._sock: Optional[socket.socket] = None
        self._attachments: Optional[sio_packet.Packet] = None
        self._ws: Optional[_WebSocket] = None
        self._engine: Optional[_Engine] = None

    # ── opening ──

    def open(self, url: str, auth: Dict[str, Any], deadline: Deadline) -> None:
        """Connect the transport and the namespace. Blocks; ``kill`` from another thread ends it.

        Raises ``ConnectError`` or ``ConnectTimeout``.
        """
        base, path = _split_path(url)

        def make_socket(**options: Any) -> _WebSocket:
            self._ws = _WebSocket(**options)
            return self._ws

        # no redirects: the key goes to the server that was named, or nowhere
        options: Dict[str, Any] = {"class_": make_socket, "skip_utf8_validation": True, "redirect_limit": 0}
        engine = self._engine = _Engine(
            self,
            logger=_engine_log,
            handle_sigint=False,
            request_timeout=deadline.remaining(at_most=60.0),
            websocket_extra_options=options,
        )
        engine.on("connect", lambda: self._send_connect(auth))
        try:
            if not _through_proxy(url):  # else the library knows how to
                options["socket"] = self._dial(url, deadline)
            engine.connect(base, transports=["websocket"], engineio_path=f"{path}/socket.io")
        except Exception as error:  # the library raises its own, the sockets' and, on garbage, whatever happens
            # there is no read thread that would close the socket
            self.ended = True
            self.kill()
            response = self._ws.handshake_response if self._ws is not None else None
            raise _explain(error, url, deadline, response) from error
        finally:
            if engine in base_client.connected_clients:
                base_client.connected_clients.remove(
                    engine
                )  # a process-wide list that only the library's close empties
        if not self._namespace.wait(deadline.remaining()):
            self.kill()
            raise ConnectTimeout(
                f"{url} accepted the connection but did not answer within {deadline.timeout:g} s: "
                "is it an Estuary server?"
            )
        if self._refused is not None:
            self.kill()
            raise Refused(url, self._refused)
        if self._broken is not None:
            raise ConnectError(f"{url} ended the handshake ({self._broken}): is it an Estuary server?")

    def _dial(self, url: str, deadline: Deadline) -> Any:
        """Connect, with TLS where the URL says so. Not by the library, whose sockets ``kill`` could not reach yet."""
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        failure: Optional[OSError] = None
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, parts.port or (443 if secure else 80), type=socket.SOCK_STREAM
        ):
            sock = self._adopt(socket.socket(family, kind, protocol), deadline)
            try:
                sock.connect(address)
            except OSError as error:
                sock.close()
                failure = error
            else:
                break
        else:
            raise failure or OSError(f"{host} has no address")
        self.reached = True
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if secure:
            context = ssl.create_default_context()
            sock = self._adopt(context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False), deadline)
            sock.do_handshake()
        return sock

    def _adopt(self, sock: Any, deadline: Deadline) -> Any:
        """Make it the socket that ``kill`` shuts down."""
        with self._lock:
            self._sock = sock
            if self._closing or deadline.expired:
                sock.close()
                raise ConnectionAbortedError("given up")
        sock.settimeout(deadline.remaining())
        return sock

    def watch_silence(self) -> None:
        """From now on, reading and writing fail after ``liveness_timeout`` seconds without progress."""
        assert self._ws is not None
        self._ws.settimeout(self._liveness)

    def _send_connect(self, auth: Dict[str, Any]) -> None:
        self._put(f"0{NAMESPACE},{json.dumps(auth, separators=(',', ':'))}")

    # ── sending ──

    def send(self, packet: str) -> None:
        """Hand a Socket.IO packet to the transport. Never blocks; raises ``NotConnected``."""
        with self._lock:
            if self.ended or self._closing:
                raise NotConnected("the connection is closed; nothing was sent")
            self._put(packet)

    @property
    def queued(self) -> int:
        """Characters that wait to be written."""
        return self._queued_chars

    def hold_little(self) -> None:
        """Have the kernel take no more than it can send soon, so that audio waits here, where it can be dropped.

        Linux and macOS; elsewhere a stalled connection swallows some seconds of it.
        """
        option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
        sock = self._socket()
        if option is not None and sock is not None:
            try:
                sock.setsockopt(socket.IPPROTO_TCP, option, NOT_SENT)
            except OSError:
                pass  # it is closed already, or not TCP (a proxy's tunnel): audio may then be late, and nothing else

    def _put(self, packet: str) -> None:
        engine = self._engine
        assert engine is not None
        if self._queued_chars + len(packet) > MAX_QUEUED_CHARS and self._queued_chars:
            raise NotConnected("the connection is stalled: too much waits to be sent; nothing was added")
        try:
            engine.queue.put_nowait("4" + packet)
        except queue.Full:
            raise NotConnected("the connection is stalled: too much waits to be sent; nothing was added") from None
        self._queued_chars += len(packet)

    def write_loop(self) -> None:
        """The body of the ``write`` thread: what is queued, and a ping whenever the server has long been silent."""
        engine, ws = self._engine, self._ws
        assert engine is not None
        assert ws is not None
        ping_after = self._liveness / 2
        next_ping = time.monotonic() + ping_after
        try:
            while True:
                try:
                    item = engine.queue.get(timeout=max(0.0, next_ping - time.monotonic()))
                except queue.Empty:
                    item = ""
                if item is None:
                    ws.send_close()
                    return
                if item:
                    ws.send(item)
                    with self._lock:
                        self._queued_chars -= len(item) - 1
                now = time.monotonic()
                if now >= next_ping:
                    # counted from the last sign of life, so that the answer always has the other half of the time
                    next_ping = ws.last_received + ping_after
                    if now >= next_ping:
                        ws.ping()
                        next_ping = now + ping_after
        except Exception as error:  # any failure to write means that the link is dead
            _log.debug("%s: writing failed: %s", self.name, mask_secrets(str(error)))
            self._shut()

    # ── receiving ──

    def read_loop(self) -> None:
        """The body of the ``read`` thread: decode, hand over, and say how it ended."""
        engine, ws = self._engine, self._ws
        assert engine is not None
        assert ws is not None
        reason, detail = "lost", "the connection was closed by the server or the network"
        try:
            while True:
                message = ws.read()
                if message is None:
                    break
                if isinstance(message, str) and message.startswith(_EVENT):
                    self._event(message)
                elif message == "2":
                    engine.queue.put_nowait("3")
                elif message == "1" or message == f"41{NAMESPACE},":
                    reason, detail = "server", "the server ended the session"
                    break
                else:
                    self._other(message)
                    if self._refused is not None:
                        break
        except (TimeoutError, socket.timeout):
            detail = f"the server has been silent for {self._liveness:g} s"
        except Exception as error:  # sockets, TLS and the peer's garbage: all end the link
            detail = mask_secrets(str(error)) or type(error).__name__
        with self._lock:
            self.ended = True
            if self._closing:
                reason, detail = "closed", "closed"
        self._stop_writing()
        self._shut()
        opened = self._namespace.is_set() and self._refused is None
        if not opened:
            self._broken = detail
            self._namespace.set()
        _log.debug("%s: link ended (%s): %s", self.name, reason, detail)
        # no longer needed by anyone, and a cycle through the engine client
        self._engine = None
        if opened:
            self._on_end(self, reason, detail)

    def _event(self, message: str) -> None:
        try:
            # json.loads() without the copy and the two searches for white space around it
            data, end = _decode(message, _AT)
            if end != len(message):
                data = json.loads(message[_AT:])
            name = data[0]
            if not isinstance(name, str):
                raise TypeError("its name is no string")
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            self._on_garbage(ProtocolError(f"an event from the server can't be read: {str(error)[:200]}"))
            return
        self._on_event(name, data[1] if len(data) > 1 else None)

    def _other(self, message: Union[str, bytes]) -> None:
        """Everything but a plain event of ours: the handshake's answers, acknowledgements, binary, other namespaces."""
        try:
            if isinstance(message, bytes):
                packet = self._attachments
                if packet is None:
                    raise ValueError("binary data that nothing announced")
                if not packet.add_attachment(message):
                    return
                self._attachments = None
            elif not message.startswith("4"):
                return  # engine packets of no concern here
            else:
                packet = sio_packet.Packet(encoded_packet=message[1:])
                if packet.packet_type in (sio_packet.BINARY_EVENT, sio_packet.BINARY_ACK):
                    self._attachments = packet
                    return
            if (packet.namespace or "/") != NAMESPACE:
                return
            kind, data = packet.packet_type, packet.data
            if kind == sio_packet.CONNECT:
                self._namespace.set()
            elif kind == sio_packet.CONNECT_ERROR:
                told = data.get("message") if isinstance(data, dict) else data
                self._refused = mask_secrets(str(told or ""))[:MAX_TOLD]
                self._namespace.set()
            elif kind in (sio_packet.EVENT, sio_packet.BINARY_EVENT):
                if not (isinstance(data, list) and data and isinstance(data[0], str)):
                    raise ValueError("an event without a name")
                if packet.id is not None:
                    self.send(f"3{NAMESPACE},{packet.id}[]")
                self._on_event(data[0], data[1] if len(data) > 1 else None)
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            self._on_garbage(ProtocolError(f"a packet from the server can't be read: {str(error)[:200]}"))

    # ── ending ──

    def close(self, deadline: Deadline) -> None:
        """Say goodbye if the peer still listens, and end both threads by the deadline in any case."""
        with self._lock:
            already = self._closing
            self._closing = True
        if not already and not self.ended and self._engine is not None:
            try:
                self._engine.queue.put_nowait(f"41{NAMESPACE},")
                self._engine.queue.put_nowait("1")
            except (queue.Full, AttributeError):
                pass  # the goodbye is a courtesy; the link may also end at this very moment
            self._stop_writing()
            self._join("write", deadline.remaining(at_most=1.0))
        self._shut()
        self._join("read", deadline.remaining())
        self._join("write", deadline.remaining())

    def kill(self) -> None:
        """End it now, without a word. Never blocks; callable from any thread, during ``open`` too."""
        with self._lock:
            self._closing = True
        self._stop_writing()
        self._shut()

    def forget(self) -> None:
        """In a forked child: let go of the shared socket without a word on it."""
        self.ended = True
        sock = self._socket()
        if sock is not None:
            sock.close()

    def _stop_writing(self) -> None:
        engine = self._engine
        if engine is not None:
            try:
                engine.queue.put_nowait(None)
            except queue.Full:
                pass  # then the writer is stuck in a write, which _shut() ends

    def _shut(self) -> None:
        sock = self._socket()
        if sock is None:
            return
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # already gone
        if self.ended:
            sock.close()

    def _socket(self) -> Optional[socket.socket]:
        return self._sock or (self._ws.sock if self._ws is not None else None)

    def _join(self, role: str, timeout: Optional[float]) -> None:
        for thread in self.threads:
            if thread.name.startswith(f"estuary-{role}-") and thread is not threading.current_thread():
                thread.join(timeout)


def _split_path(url: str) -> Tuple[str, str]:
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    return f"{scheme}://{host}", path


def _through_proxy(url: str) -> bool:
    """Whether the environment may name an HTTP proxy for it; none can lead to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host == "::1" or host.startswith("127."):
        return False
    return any(os.environ.get(name) or os.environ.get(name.upper()) for name in ("http_proxy", "https_proxy"))


def _explain(error: BaseException, url: str, deadline: Deadline, response: Any) -> ConnectError:
    """The library's "Connection error" as what really happened and what to do about it."""
    if deadline.expired:
        return _no_answer(url, deadline)
    if response is not None and response.status in (301, 302, 303, 307, 308):
        where = mask_secrets(str(response.headers.get("location")))[:MAX_TOLD]
        return ConnectError(f"{url} redirects to {where}, which is not followed: check server_url")
    cause: Optional[BaseException] = error
    while cause is not None:
        if isinstance(cause, (TimeoutError, socket.timeout, websocket.WebSocketTimeoutException)):
            return _no_answer(url, deadline)
        if isinstance(cause, ConnectionRefusedError):
            return ConnectError(f"{url} refused the connection: is the server running, and is the port right?")
        if isinstance(cause, (socket.gaierror, websocket.WebSocketAddressException)):
            return ConnectError(f"the host name of {url} can't be resolved: check server_url and the network")
        if isinstance(cause, websocket.WebSocketProxyException):
            return ConnectError(f"the HTTP proxy does not lead to {url}: check http_proxy, https_proxy and no_proxy")
        if isinstance(cause, websocket.WebSocketBadStatusException):
            if not cause.status_code:
                break
            if cause.status_code >= 500:
                return ConnectError(
                    f"{url} answered HTTP {cause.status_code}: the server has a problem, try again later"
                )
            return ConnectError(f"{url} answered HTTP {cause.status_code}: is it an Estuary server?")
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ConnectError(
                f"the certificate of {url} can't be verified ({cause.verify_message}): check server_url"
            )
        if isinstance(cause, ssl.SSLError):
            told = cause.reason or "no reason given"
            return ConnectError(f"TLS with {url} failed ({told}): check server_url; without TLS it begins with http://")
        if isinstance(cause, (ConnectionError, websocket.WebSocketConnectionClosedException)):
            return ConnectError(f"{url} closed the connection during the handshake: is it an Estuary server?")
        if isinstance(cause, OSError):
            return ConnectError(f"{url} can't be reached ({cause.strerror or cause}): check server_url and the network")
        cause = cause.__cause__ or cause.__context__
    # what else the library stumbles over is not the user's business: it is the cause of this error
    return ConnectError(f"{url} does not answer like an Estuary server: check server_url")


def _no_answer(url: str, deadline: Deadline) -> ConnectTimeout:
    return ConnectTimeout(
        f"{url} did not answer within {deadline.timeout:g} s: is the server running, and is server_url right?"
    )
