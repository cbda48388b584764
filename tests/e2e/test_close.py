"""Ending a session: in time whatever the peer does, with nothing left behind, from any thread, at any moment."""

from __future__ import annotations

import gc
import os
import threading
import time

import pytest
from remote import Recorder, RemoteGateway, in_thread, not_our_server

from estuary import ConnectionLost, EstuaryError, NotConnected, Session
from estuary.transport import Link

SOON = 3.0  # seconds for what takes a fraction of one unless the machine is busy


@pytest.fixture(scope="module")
def server():
    with RemoteGateway() as gateway:
        yield gateway


def threads_of(session):
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith("estuary-") and name.endswith(f"-{session._name}")]


def closes(session, timeout, within):
    started = time.monotonic()
    session.close(timeout=timeout)
    took = time.monotonic() - started
    assert took < within, f"close(timeout={timeout}) took {took:.1f} s"
    assert str(session.state) == "closed"
    assert threads_of(session) == []


# ── while the peer is gone ──


@pytest.mark.parametrize("busy", ["idle", "in a turn", "with texts queued"])
def test_close_while_the_server_is_frozen(server, player, busy):
    session = server.session(player)
    told = Recorder(session)
    session.connect()
    if busy == "in a turn":
        waiting = in_thread(session.send, "hang")
        told.wait_named("bot_response")
    server.freeze()
    try:
        if busy == "with texts queued":
            for _ in range(30):
                session.send("x" * 500_000, wait=False)
        closes(session, 2.0, 3.0)
    finally:
        server.thaw()
    if busy == "in a turn":
        with pytest.raises(ConnectionLost, match="closed"):
            waiting.result()
    assert told.named("disconnected")[-1].reason == "closed"


def test_close_in_a_black_hole(server, proxy, player):
    line = proxy(server)
    session = server.session(player, server_url=line.url)
    session.connect()
    line.freeze()
    closes(session, 2.0, 3.0)


@pytest.mark.parametrize("timeout", [0, 0.01])
def test_close_without_patience(server, proxy, player, timeout):
    line = proxy(server)
    session = server.session(player, server_url=line.url)
    session.connect()
    line.freeze()
    started = time.monotonic()
    session.close(timeout=timeout)
    assert time.monotonic() - started < 1.0
    assert str(session.state) == "closed"
    # the leak check waits for the threads


def test_close_of_a_dead_connection(server, proxy, player):
    line = proxy(server)
    session = server.session(player, server_url=line.url, max_reconnects=0)
    told = Recorder(session)
    session.connect()
    line.reset()
    told.wait_named("disconnected")
    closes(session, 2.0, 3.0)
    assert [event.reason for event in told.named("disconnected")] == ["lost"]


def test_close_waits_for_what_the_dead_connection_still_does(server, proxy, player, monkeypatch):
    write_loop = Link.write_loop

    def slow(link):
        write_loop(link)
        time.sleep(0.5)

    monkeypatch.setattr(Link, "write_loop", slow)
    line = proxy(server)
    session = server.session(player, server_url=line.url, max_reconnects=0)
    told = Recorder(session)
    session.connect()
    line.reset()
    told.wait_named("disconnected")
    closes(session, 5.0, 4.0)


# ── while something is under way ──


def test_close_while_send_waits(server, player):
    session = server.session(player)
    told = Recorder(session)
    session.connect()
    waiting = in_thread(session.send, "hang", timeout=60)
    told.wait_named("bot_response")
    queued = in_thread(session.send, "hello", timeout=60)
    closes(session, 5.0, SOON)
    with pytest.raises(ConnectionLost, match="closed"):
        waiting.result(SOON)
    with pytest.raises(NotConnected):
        queued.result(SOON)


def test_close_while_streaming(server, player):
    session = server.session(player)
    session.connect()
    stream = session.stream("hang")
    assert next(stream).delta == "It begins "
    waiting = in_thread(list, stream)
    closes(session, 5.0, SOON)
    with pytest.raises(ConnectionLost):
        waiting.result(SOON)


def test_close_while_responses_wait(server, player):
    session = server.session(player)
    session.connect()
    waiting = in_thread(list, session.responses())
    closes(session, 5.0, SOON)
    assert waiting.result(SOON) == []


def test_what_had_come_can_be_read_after_close(server, player):
    session = server.session(player)
    told = Recorder(session)
    session.connect()
    session.send("count 3", wait=False)
    told.wait(lambda r: any(e.is_final for e in r.named("bot_response")))
    session.close()
    assert "".join(response.delta for response in session.responses()) == "0 1 2 "


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_close_during_connect(scheme):
    with not_our_server(None) as hole:
        url = hole.url.replace("http", scheme)
        session = Session(character_id="c", player_id="p", api_key="est_0123456789", server_url=url)
        waiting = in_thread(session.connect, timeout=30)
        hole.accepted.wait(5)
        closes(session, 2.0, 1.0)
        with pytest.raises(NotConnected, match="closed"):
            waiting.result(SOON)


def test_close_during_connect_to_a_port_that_does_not_accept(full_port):
    session = Session(character_id="c", player_id="p", api_key="est_0123456789", server_url=full_port)
    waiting = in_thread(session.connect, timeout=30)
    deadline = time.monotonic() + 5
    while session._connection._link is None or session._connection._link._sock is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)  # nothing tells
    closes(session, 2.0, 1.0)
    with pytest.raises(NotConnected):
        waiting.result(SOON)


@pytest.fixture
def full_port():
    """The URL of a port whose queue is full: connecting to it hangs."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}"
        for filler in fillers:
            filler.close()


@pytest.mark.parametrize("phase", ["waiting", "connecting"])
def test_close_during_a_reconnection(server, proxy, player, phase):
    line = proxy(server)
    session = server.session(player, server_url=line.url, max_reconnects=None)
    told = Recorder(session)
    session.connect()
    if phase == "waiting":
        line.refuse()
    else:
        line.blackhole_new()
    before = line.connections
    line.reset()
    told.wait_named("reconnecting", count=3 if phase == "waiting" else 1)
    if phase == "connecting":
        assert line.wait_for_connections(before + 1)
    waiting = in_thread(session.send, "hello", timeout=60)
    closes(session, 2.0, 1.0)
    with pytest.raises(NotConnected):
        waiting.result(SOON)
    assert told.named("disconnected")[-1].reason == "closed"


def test_close_at_any_moment_of_connecting(server, player):
    session = server.session(player)
    for delay in [0, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.008, 0.012, 0.02, 0.05]:
        waiting = in_thread(session.connect)
        threading.Event().wait(delay)
        closes(session, 5.0, SOON)
        try:
            waiting.result(SOON)
        except EstuaryError as error:
            assert isinstance(error, NotConnected), error  # noqa: PT017
        if str(session.state) != "closed":  # connect() began after close()
            closes(session, 5.0, SOON)


# ── again and again ──


def test_close_twice_and_unopened(server, player):
    session = server.session(player)
    told = Recorder(session)
    session.close()
    session.close()
    assert told.events == []
    with session:
        assert session.send("hello").text == "You said: hello"
        closes(session, 5.0, SOON)
        closes(session, 5.0, SOON)
    assert [event.reason for event in told.named("disconnected")] == ["closed"]


def test_close_by_many_threads(server, player):
    session = server.session(player)
    told = Recorder(session)
    session.connect()
    for thread in [in_thread(session.close) for _ in range(8)]:
        thread.result()
    assert threads_of(session) == []
    assert [event.reason for event in told.named("disconnected")] == ["closed"]


def test_open_again_after_close(server, player):
    session = server.session(player)
    told = Recorder(session)
    conversation = set()
    for number in range(3):
        info = session.connect()
        conversation.add(info.conversation_id)
        assert session.send(f"hello {number}").text == f"You said: hello {number}"
        session.close()
        with pytest.raises(NotConnected, match=r"connect\(\)"):
            session.send("hello")
    assert len(conversation) == 1
    assert told.names == ["connected", "disconnected"] * 3
    assert [text for role, text in server.messages(player) if role == "user"] == [f"hello {n}" for n in range(3)]


def test_the_server_sees_the_goodbye(make_gateway, player):
    """A place of a limited number is free again as soon as close() has returned."""
    gateway = make_gateway(max_sessions=1)
    for _ in range(5):
        with gateway.session(player) as session:
            assert session.is_connected


@pytest.mark.thorough
@pytest.mark.limit(180)
@pytest.mark.parametrize("way", ["a new session", "the same session"])
def test_a_thousand_cycles_leave_nothing(server, player, way):
    psutil = pytest.importorskip("psutil")
    process = psutil.Process()
    one = server.session(player)

    def cycle(count):
        for number in range(count):
            session = one if way == "the same session" else server.session(player)
            session.connect()
            if number % 10 == 0:
                session.send("hello")
            session.close()

    def measure():
        gc.collect()
        return process.memory_info().rss, len(os.listdir("/dev/fd")), threading.active_count()

    cycle(100)
    memory, files, threads = measure()
    cycle(1000)
    more = measure()
    print(f"\n1,000 cycles, {way}: {(more[0] - memory) / 1024:+.0f} kB")
    assert more[1] <= files
    assert more[2] <= threads
    assert more[0] - memory < 1_000_000
