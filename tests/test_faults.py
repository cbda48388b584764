"""The fault proxy does what it says, against a server that echoes."""

from __future__ import annotations

import contextlib
import errno
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from faults import FaultProxy

SILENCE = 0.2  # seconds in which nothing may arrive


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            while data := self.request.recv(65536):
                self.request.sendall(data)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128  # a full queue costs the client a second

    def __init__(self) -> None:
        self.ended: list[str] = []
        super().__init__(("127.0.0.1", 0), _Echo)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def echo() -> Iterator[_Server]:
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def through(echo: _Server, proxy: Callable[[Any], FaultProxy]) -> FaultProxy:
    return proxy(echo)


@contextlib.contextmanager
def connected(proxy: FaultProxy, timeout: float = 5.0) -> Iterator[socket.socket]:
    with socket.create_connection((proxy.host, proxy.port), timeout) as sock:
        yield sock


def receive(sock: socket.socket, n: int) -> bytes:
    data = b""
    while len(data) < n and (more := sock.recv(n - len(data))):
        data += more
    return data


def roundtrip(sock: socket.socket, data: bytes) -> bytes:
    sock.sendall(data)
    return receive(sock, len(data))


def assert_silent(sock: socket.socket) -> None:
    sock.settimeout(SILENCE)
    with pytest.raises(socket.timeout):
        sock.recv(1)
    sock.settimeout(5)


def test_it_forwards_and_counts(through: FaultProxy) -> None:
    with connected(through) as one, connected(through) as two:
        assert roundtrip(one, b"hello") == b"hello"
        assert roundtrip(two, b"you") == b"you"
        assert through.wait_for(lambda proxy: proxy.bytes_down == 8)
        assert (through.connections, through.active, through.bytes_up) == (2, 2, 8)
    assert through.wait_for(lambda proxy: proxy.active == 0)
    assert through.connections == 2


def test_more_than_the_buffers_hold_arrives_whole(through: FaultProxy) -> None:
    data = bytes(range(256)) * 20_000
    with connected(through) as sock:
        sender = threading.Thread(target=sock.sendall, args=(data,))
        sender.start()
        assert receive(sock, len(data)) == data
        sender.join()


def test_a_half_close_passes(through: FaultProxy) -> None:
    with connected(through) as sock:
        sock.sendall(b"last words")
        sock.shutdown(socket.SHUT_WR)
        assert receive(sock, 100) == b"last words"


def test_freeze_is_silent_both_ways_and_thaw_delivers(through: FaultProxy) -> None:
    with connected(through) as old:
        assert roundtrip(old, b"before") == b"before"
        through.freeze()
        old.sendall(b"held")
        with connected(through) as new:
            new.sendall(b"also held")
            assert through.wait_for_connections(2)
            assert_silent(old)
            assert_silent(new)
            assert (through.bytes_up, through.bytes_down) == (6, 6)
            through.thaw()
            assert receive(old, 4) == b"held"
            assert receive(new, 9) == b"also held"


def test_a_frozen_proxy_hides_the_end_of_a_peer(through: FaultProxy) -> None:
    with connected(through) as sock:
        roundtrip(sock, b"x")
        through.freeze()
        sock.shutdown(socket.SHUT_WR)
        assert_silent(sock)
        through.thaw()
        assert sock.recv(1) == b""


def test_a_frozen_proxy_pushes_back(through: FaultProxy) -> None:
    with connected(through, timeout=SILENCE) as sock:
        through.freeze()
        with pytest.raises(socket.timeout):
            sock.sendall(bytes(50_000_000))


def test_blackhole_new_spares_the_open_ones(through: FaultProxy) -> None:
    with connected(through) as old:
        roundtrip(old, b"x")
        through.blackhole_new()
        with connected(through) as new:
            new.sendall(b"y")
            assert_silent(new)
            assert roundtrip(old, b"still here") == b"still here"
            through.thaw()
            assert receive(new, 1) == b"y"


@pytest.mark.parametrize("frozen", [False, True])
def test_reset(through: FaultProxy, frozen: bool) -> None:
    with connected(through) as sock:
        roundtrip(sock, b"x")
        if frozen:
            through.freeze()
            sock.sendall(b"held")
        through.reset()
        assert through.active == 0
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    through.thaw()
    with connected(through) as sock:
        assert roundtrip(sock, b"again") == b"again"


@pytest.mark.parametrize("frozen", [False, True])
def test_close_all_is_clean(through: FaultProxy, frozen: bool) -> None:
    with connected(through) as sock:
        roundtrip(sock, b"x")
        if frozen:
            through.freeze()
            sock.sendall(b"held")
        through.close_all()
        assert sock.recv(1) == b""
    through.thaw()
    with connected(through) as sock:
        assert roundtrip(sock, b"again") == b"again"


def test_refuse_keeps_the_port_and_the_open_ones(through: FaultProxy) -> None:
    with connected(through) as sock:
        roundtrip(sock, b"x")
        port = through.port
        through.refuse()
        through.refuse()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((through.host, port), 5)
        with socket.socket() as rival, pytest.raises(OSError) as caught:
            rival.bind((through.host, port))
        assert caught.value.errno == errno.EADDRINUSE
        assert roundtrip(sock, b"still here") == b"still here"
        through.accept()
        through.accept()
        assert through.port == port
        with connected(through) as new:
            assert roundtrip(new, b"new") == b"new"


def test_slow_and_fast(through: FaultProxy) -> None:
    with connected(through) as sock:
        through.slow(1, 0.002)
        began = time.monotonic()
        sock.sendall(b"0123456789" * 5)
        first = sock.recv(50)
        assert first == b"0"
        assert receive(sock, 49) == (b"0123456789" * 5)[1:]
        assert time.monotonic() - began >= 49 * 0.002

        through.slow(1, 3600)
        sock.sendall(b"whole")
        assert sock.recv(50) == b"w"
        through.fast()
        assert receive(sock, 4) == b"hole"


def test_slow_reaches_half_a_millisecond(through: FaultProxy) -> None:
    def once() -> float:
        began = time.monotonic()
        assert roundtrip(sock, bytes(400)) == bytes(400)
        return time.monotonic() - began

    with connected(through) as sock:
        through.slow()
        # epoll's own timeouts would take 0.4 s at least; several tries, as the machine may be busy
        assert any(0.2 <= once() < 0.39 for _ in range(20))


def test_delay_is_latency_each_way_not_throughput(through: FaultProxy) -> None:
    with connected(through) as sock:
        roundtrip(sock, b"x")
        through.delay(0.1)
        began = time.monotonic()
        assert roundtrip(sock, bytes(8_000_000)) == bytes(8_000_000)
        took = time.monotonic() - began
        assert 0.2 <= took < 2
        through.fast()
        began = time.monotonic()
        roundtrip(sock, b"x")
        assert time.monotonic() - began < 0.1


@pytest.mark.parametrize("direction", ["up", "down"])
def test_drop_after_is_exact_and_happens_once(through: FaultProxy, direction: str) -> None:
    with connected(through) as sock:
        roundtrip(sock, b"x")
        assert through.wait_for(lambda proxy: proxy.bytes_down == 1)
        through.drop_after(7, direction)
        assert roundtrip(sock, b"abc") == b"abc"
        sock.sendall(b"defghij")
        with pytest.raises(ConnectionResetError):
            receive(sock, 100)
        assert (through.bytes_up if direction == "up" else through.bytes_down) == 1 + 7
    with connected(through) as sock:
        assert roundtrip(sock, b"more than seven bytes") == b"more than seven bytes"


def test_drop_after_can_close_or_freeze(through: FaultProxy) -> None:
    with connected(through) as sock:
        through.drop_after(2, "down", then="close")
        sock.sendall(b"abcd")
        assert receive(sock, 10) == b"ab"
    with connected(through) as sock:
        through.drop_after(2, "down", then="freeze")
        sock.sendall(b"abcd")
        assert receive(sock, 2) == b"ab"
        assert_silent(sock)
        through.thaw()
        assert receive(sock, 2) == b"cd"


def test_drop_after_checks_what_it_is_told(through: FaultProxy) -> None:
    with pytest.raises(ValueError, match="sideways"):
        through.drop_after(1, "sideways")


def test_a_server_that_is_not_there_resets(proxy: Callable[[Any], FaultProxy]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound, not listening: refused, and nobody else's
        through = proxy(f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(ConnectionResetError), connected(through) as sock:  # connect() itself may see it
            sock.recv(1)


def test_the_servers_end_reaches_the_client(echo: _Server, through: FaultProxy) -> None:
    with connected(through) as sock:
        roundtrip(sock, b"x")
        sock.shutdown(socket.SHUT_WR)  # the echo server closes in answer
        assert sock.recv(1) == b""
    assert through.wait_for(lambda proxy: proxy.active == 0)


def test_wait_for_connections_times_out(through: FaultProxy) -> None:
    began = time.monotonic()
    assert not through.wait_for_connections(1, timeout=0.05)
    assert 0.05 <= time.monotonic() - began < 1


def test_close_ends_thread_and_sockets_under_load(echo: _Server) -> None:
    proxy = FaultProxy.to(echo.url)
    with proxy, contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connected(proxy)) for _ in range(100)]
        for sock in socks:
            sock.sendall(b"x")
        assert [receive(sock, 1) for sock in socks] == [b"x"] * 100
        proxy.freeze()
        for sock in socks:
            sock.sendall(bytes(1000))
        proxy.close()
        assert [sock.recv(1) for sock in socks] == [b""] * 100
    assert not proxy._thread.is_alive()
    with pytest.raises(RuntimeError, match="not running"):
        proxy.freeze()


def test_a_proxy_that_was_never_started_can_be_closed(echo: _Server) -> None:
    FaultProxy.to(echo.url).close()


def test_an_idle_proxy_uses_no_cpu(through: FaultProxy) -> None:
    with connected(through) as sock:
        roundtrip(sock, b"x")
        through.freeze()
        sock.sendall(b"y")
        began = time.process_time()
        assert_silent(sock)
        assert time.process_time() - began < SILENCE / 4
