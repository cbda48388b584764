"""A connection that breaks and comes back, or does not: events, limits, and what happens to calls meanwhile."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest
from remote import Recorder, RemoteGateway, Scripted, in_thread

from estuary import (
    AuthenticationError,
    ConnectError,
    ConnectionLost,
    ConnectTimeout,
    NotConnected,
    Session,
    SessionRejected,
)

SOON = 5.0  # seconds for what takes a fraction of one unless the machine is busy


@pytest.fixture(scope="module")
def server():
    with RemoteGateway() as gateway:
        yield gateway


@pytest.fixture
def line(server, proxy):
    return proxy(server)


@pytest.fixture
def session_of(server, line, player):
    """``session_of(**options)``: a session behind the proxy with a recorder, closed with the test."""
    with contextlib.ExitStack() as stack:

        def make(**options):
            session = server.session(player, server_url=line.url, **options)
            told = Recorder(session)
            stack.enter_context(session)
            return session, told

        yield make


def cut(line):
    """Break the connection, with nobody there to come back to."""
    line.refuse()
    line.reset()


# ── coming back ──


def test_events_of_an_outage(line, session_of):
    session, told = session_of()
    opened = told.wait_named("connected").info
    assert opened == session.info
    line.reset()
    back = told.wait_named("reconnected")
    assert told.names == ["connected", "reconnecting", "reconnected"]
    assert told.named("reconnecting")[0].attempt == 1 == back.attempts
    assert back.info == session.info
    assert back.info.session_id != opened.session_id
    assert back.info.conversation_id == opened.conversation_id
    assert session.is_connected
    session.close()
    assert told.names == ["connected", "reconnecting", "reconnected", "disconnected"]
    assert told.named("disconnected")[0].reason == "closed"
    assert told.named("disconnected")[0].error is None


def test_backoff_grows_with_jitter_up_to_a_cap(line, session_of, monkeypatch):
    from estuary import connection

    monkeypatch.setattr(connection, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(connection, "MAX_DELAY", 0.08)
    _, told = session_of(max_reconnects=10)
    cut(line)
    assert told.wait_named("disconnected").reason == "lost"
    attempts = told.named("reconnecting")
    assert [event.attempt for event in attempts] == list(range(1, 11))
    full = [min(0.08, 0.01 * 2**n) for n in range(10)]
    assert all(half * 0.5 <= event.delay <= half * 1.5 for event, half in zip(attempts, full))
    assert len({round(event.delay / half, 6) for event, half in zip(attempts, full)}) > 5, "no jitter"


def test_the_real_backoff_stays_short_enough():
    from estuary import connection

    assert connection.FIRST_DELAY <= 0.5
    assert connection.MAX_DELAY <= 30


def test_max_reconnects(line, session_of):
    session, told = session_of(max_reconnects=2)
    before = line.connections
    cut(line)
    event = told.wait_named("disconnected")
    assert event.reason == "lost"
    assert isinstance(event.error, ConnectionLost)
    assert line.url in str(event.error)
    assert [e.attempt for e in told.named("reconnecting")] == [1, 2]
    assert str(session.state) == "disconnected"
    assert session.info is None
    with pytest.raises(ConnectError, match="refused"):
        session.send("hello")
    line.accept()
    assert session.send("hello").text == "You said: hello"
    assert line.connections == before + 1


def test_no_reconnects(line, session_of):
    session, told = session_of(max_reconnects=0)
    line.reset()
    assert told.wait_named("disconnected").reason == "lost"
    assert told.names == ["connected", "disconnected"]
    assert session.send("hello").text == "You said: hello"  # the next call that needs it


def test_reconnect_for(line, session_of):
    _, told = session_of(max_reconnects=None, reconnect_for=1.0)
    started = time.monotonic()
    cut(line)
    assert told.wait_named("disconnected").reason == "lost"
    assert time.monotonic() - started < 1.0 + SOON
    assert 1 <= len(told.named("reconnecting")) <= 4


def test_reconnecting_into_a_black_hole_ends(line, session_of):
    _, told = session_of(max_reconnects=2, connect_timeout=0.3)
    line.blackhole_new()
    line.reset()
    event = told.wait_named("disconnected")
    assert event.reason == "lost"
    assert "0.3 s" in str(event.error)


def test_a_server_that_accepts_and_drops_is_not_retried_for_ever(line, session_of, monkeypatch):
    """Each attempt succeeds, each connection breaks at once: that is still one outage."""
    monkeypatch.setattr("estuary.connection.FIRST_DELAY", 0.05)
    session, told = session_of(max_reconnects=4)

    def drop(event):
        line.reset()

    session.on("reconnected", drop)
    line.reset()
    assert told.wait_named("disconnected", timeout=30).reason == "lost"
    assert [e.attempt for e in told.named("reconnecting")] == [1, 2, 3, 4]
    # what the user asks for is a beginning
    session.connect()
    line.reset()
    assert told.wait_named("reconnecting", count=5).attempt == 1


def test_a_connection_that_held_begins_a_new_count(line, session_of, monkeypatch):
    monkeypatch.setattr("estuary.connection.STEADY", 0.0)
    _, told = session_of(max_reconnects=1)
    for number in range(1, 4):
        line.reset()
        assert told.wait_named("reconnected", count=number).attempts == 1


# ── never after these ──


def stays_away(told, line, reason):
    event = told.wait_named("disconnected")
    assert event.reason == reason
    connections, names = line.connections, told.names
    # longer than the first delay
    assert not told.wait(lambda r: r.names != names, timeout=0.6)
    assert line.connections == connections
    return event


def test_not_after_auth_error(make_gateway, proxy, player, tmp_path):
    """The key is revoked while the session is open; the connection breaks."""
    from estuary.gateway.keys import revoke_key

    db = str(tmp_path / "gateway.db")
    gateway = make_gateway(db=db, chat=Scripted())
    line = proxy(gateway)
    with gateway.session(player, server_url=line.url) as session:
        told = Recorder(session)
        assert revoke_key(db, "development")
        line.reset()
        event = told.wait_named("disconnected")
        assert isinstance(event.error, AuthenticationError)
        assert "not valid" in str(event.error)
        stays_away(told, line, "authentication")
        assert len(told.named("reconnecting")) == 1
        with pytest.raises(AuthenticationError):
            session.send("hello")


def test_not_after_session_rejected(make_gateway, proxy, player):
    """Another session takes the only place meanwhile."""
    gateway = make_gateway(max_sessions=1, chat=Scripted())
    line = proxy(gateway)
    with gateway.session(player, server_url=line.url, max_reconnects=None) as session:
        told = Recorder(session)
        cut(line)
        told.wait_named("reconnecting")
        with gateway.session(player):
            line.accept()
            event = told.wait_named("disconnected")
            assert isinstance(event.error, SessionRejected)
            stays_away(told, line, "rejected")


def test_session_rejected(make_gateway, player):
    gateway = make_gateway(max_sessions=1, chat=Scripted())
    with gateway.session(player):
        second = gateway.session(player)
        with pytest.raises(SessionRejected, match="concurrent_limit") as caught:
            second.connect()
        assert caught.value.reason == "concurrent_limit"
        assert caught.value.cap == 1
        assert gateway.url in str(caught.value)


def test_not_after_session_timeout(make_gateway, proxy, player):
    gateway = make_gateway(session_timeout=0.5, chat=Scripted())
    line = proxy(gateway)
    with gateway.session(player, server_url=line.url) as session:
        told = Recorder(session)
        assert session.send("hello").text == "You said: hello"
        event = stays_away(told, line, "session_timeout")
        assert "idle" in str(event.error)
        assert told.named("session_timeout")[0].reason == "inactivity"
        assert str(session.state) == "disconnected"
        # the user's wish opens it again
        assert session.send("hello again").text == "You said: hello again"


def test_responses_end_with_session_timeout(make_gateway, player):
    gateway = make_gateway(session_timeout=0.5, chat=Scripted())
    with gateway.session(player) as session:
        session.send("hello", wait=False)
        got = []
        with pytest.raises(ConnectionLost, match="idle"):  # noqa: PT012
            for response in session.responses():
                got.append(response.delta)
        assert "".join(got) == "You said: hello"


@pytest.mark.parametrize("goodbye", ["41/sdk,", "1"])
def test_not_after_a_server_disconnect(scripted, proxy, goodbye):
    line = proxy(scripted(goodbye))
    session = Session(character_id="c", player_id="p", api_key="est_0123456789", server_url=line.url)
    told = Recorder(session)
    with session:
        waiting = in_thread(session.send, "hang")
        with pytest.raises(ConnectionLost, match="ended the session"):
            waiting.result()
        stays_away(told, line, "server")


def test_a_graceful_restart_is_no_goodbye(make_gateway, proxy, player):
    """A server that goes away takes its transport with it and says nothing to the session: it will be back."""
    gateway = make_gateway(chat=Scripted())
    line = proxy(gateway)
    with gateway.session(player, server_url=line.url, max_reconnects=1) as session:
        told = Recorder(session)
        gateway.close()
        assert told.wait_named("disconnected").reason == "lost"
        assert told.named("reconnecting")


@pytest.fixture
def scripted():
    """``scripted(*frames)``: the URL of a server that opens a session and says these when the first text has come."""
    from websockets.sync.server import serve

    servers = []

    def make(*frames):
        def talk(connection):
            connection.send('0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}')
            connection.recv()
            connection.send('40/sdk,{"sid":"y"}')
            connection.send('42/sdk,["session_info",{"session_id":"s","conversation_id":"c"}]')
            connection.recv()
            for frame in frames:
                connection.send(frame)
            for _ in connection:
                pass

        running = serve(talk, "127.0.0.1", 0)
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        servers.append((running, thread))
        return f"http://127.0.0.1:{running.socket.getsockname()[1]}"

    yield make
    for running, thread in servers:
        running.shutdown()
        thread.join(10)


def test_not_after_close(line, session_of):
    session, told = session_of()
    session.close()
    stays_away(told, line, "closed")
    with pytest.raises(NotConnected, match=r"connect\(\)"):
        session.send("hello")
    with pytest.raises(NotConnected):
        session.send("hello", wait=False)
    assert list(session.responses()) == []


# ── calls meanwhile ──


def test_send_waits_for_the_reconnection(line, session_of):
    session, told = session_of(max_reconnects=None)
    cut(line)
    told.wait_named("reconnecting")
    waiting = in_thread(session.send, "hello", timeout=20)
    told.wait_named("reconnecting", count=2)
    line.accept()
    assert waiting.result(20).text == "You said: hello"


def test_stream_waits_for_the_reconnection(line, session_of):
    session, told = session_of()
    line.reset()
    told.wait_named("reconnecting")
    assert "".join(chunk.delta for chunk in session.stream("hello", timeout=20)) == "You said: hello"


def test_send_waits_no_longer_than_it_may(line, session_of):
    session, told = session_of(max_reconnects=None)
    cut(line)
    told.wait_named("reconnecting")
    started = time.monotonic()
    with pytest.raises(ConnectTimeout) as caught:
        session.send("hello", timeout=0.4)
    assert 0.4 <= time.monotonic() - started < 0.4 + SOON
    assert line.url in str(caught.value)
    # and that ends the call only
    assert str(session.state) == "reconnecting"
    line.accept()
    assert session.send("hello", timeout=20).text == "You said: hello"


def test_send_raises_when_the_reconnection_is_given_up(line, session_of):
    session, told = session_of(max_reconnects=2)
    cut(line)
    told.wait_named("reconnecting")
    with pytest.raises(ConnectionLost, match="could not be opened again"):
        session.send("hello")


def test_without_waiting_it_raises_at_once(line, session_of):
    session, told = session_of(max_reconnects=None)
    cut(line)
    told.wait_named("reconnecting")
    started = time.monotonic()
    with pytest.raises(NotConnected, match="reconnecting"):
        session.send("hello", wait=False)
    assert time.monotonic() - started < 0.2


def test_connect_while_reconnecting_waits_for_it(line, session_of):
    session, told = session_of(max_reconnects=None)
    cut(line)
    told.wait_named("reconnecting")
    waiting = in_thread(session.connect, timeout=20)
    line.accept()
    assert waiting.result(20) == told.wait_named("reconnected").info


def test_a_turn_in_flight_is_never_sent_again(server, line, session_of, player):
    session, told = session_of()
    waiting = in_thread(session.send, "hang on")
    told.wait_named("bot_response")
    line.reset()
    with pytest.raises(ConnectionLost):
        waiting.result()
    assert session.send("and now").text == "You said: and now"
    session.close()
    assert [content for role, content in server.messages(player) if role == "user"] == ["hang on", "and now"]


def test_a_call_at_the_very_moment_of_the_break(line, session_of, monkeypatch):
    """The link has ended, and the connection is just being told: send() waits for what comes of it."""
    from estuary.connection import Connection

    entered, go_on = threading.Event(), threading.Event()
    original = Connection._link_ended

    def hesitate(self, *args):
        entered.set()
        assert go_on.wait(10)
        original(self, *args)

    session, told = session_of()
    monkeypatch.setattr(Connection, "_link_ended", hesitate)
    line.reset()
    assert entered.wait(SOON)
    assert not session._connection.is_live
    with pytest.raises(NotConnected):
        session.send("hello", wait=False)
    waiting = in_thread(session.send, "hello")
    assert not told.wait(lambda r: r.named("reconnecting"), timeout=0.1)
    go_on.set()
    assert waiting.result().text == "You said: hello"


def test_no_thread_for_connecting(line, server, player, monkeypatch):
    """The machine has no more threads: that is an error, not a wait without end."""
    original = threading.Thread.start

    def start(thread):
        if thread.name.startswith("estuary-connect"):
            raise RuntimeError("can't start new thread")
        original(thread)

    session = server.session(player, server_url=line.url)
    told = Recorder(session)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(ConnectError, match="can't start new thread"):
            session.connect()
    session.connect()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        line.reset()
        assert "can't start new thread" in str(told.wait_named("disconnected").error)
    assert session.send("hello").text == "You said: hello"
    session.close()


def test_any_call_at_any_moment_of_an_outage(line, session_of, server, player, monkeypatch):
    """One thread sends without pause while the connection breaks again and again.

    A blocking send() gives the answer, or says that it was lost under way: never that there is no connection.
    """
    monkeypatch.setattr("estuary.connection.STEADY", 0.0)  # each break an outage of its own
    session, told = session_of(max_reconnects=None)
    done = threading.Event()
    answered, lost = [], []

    def talk():
        number = 0
        while not done.is_set():
            number += 1
            try:
                assert session.send(f"text {number}", timeout=30).text == f"You said: text {number}"
                answered.append(number)
            except ConnectionLost:
                lost.append(number)

    talking = in_thread(talk)
    try:
        for round in range(1, 13):
            line.reset() if round % 2 else line.close_all()
            told.wait_named("reconnected", count=round)
    finally:
        done.set()
    talking.result(30)
    assert len(lost) <= 12
    session.close()
    stored = [content for role, content in server.messages(player) if role == "user"]
    said = [int(content.split()[1]) for content in stored]
    assert said == sorted(set(said)), "a text was sent twice"
    assert set(answered[-20:]) <= set(said)


def test_each_thread_raises_an_error_of_its_own(line, session_of):
    session, told = session_of(max_reconnects=1)
    cut(line)
    told.wait_named("reconnecting")
    waiting = [in_thread(session.connect) for _ in range(5)]
    errors = []
    for thread in waiting:
        with pytest.raises(ConnectionLost) as caught:
            thread.result()
        errors.append(caught.value)
    assert len({id(error) for error in errors}) == 5
    assert {str(error) for error in errors} == {str(told.wait_named("disconnected").error)}


# ── responses() ──


def test_responses_go_on_across_a_reconnection(line, session_of):
    session, told = session_of()
    session.send("count 3", wait=False)
    responses = session.responses(timeout=20)
    first = next(responses)
    assert first.delta.startswith("0")
    told.wait(lambda r: any(e.is_final for e in r.named("bot_response")))
    line.reset()
    told.wait_named("reconnected")
    session.send("hello", wait=False)
    rest = []
    for response in responses:
        rest.append(response)
        if response.is_final and response.text.startswith("You"):
            break
    assert first.delta + "".join(response.delta for response in rest) == "0 1 2 You said: hello"
    assert not any(response.interrupted for response in rest)


def test_a_message_cut_by_the_outage_is_closed(line, session_of):
    session, told = session_of()
    session.send("hang", wait=False)
    responses = session.responses(timeout=20)
    assert next(responses).delta == "It begins "
    line.reset()
    end = next(responses)
    assert (end.delta, end.is_final, end.interrupted, end.text) == ("", True, True, "It begins ")
    told.wait_named("reconnected")
    session.send("hello", wait=False)
    assert next(responses).text.startswith("You said")


def test_lost_for_good_delivers_first_and_raises_then(line, session_of):
    session, told = session_of(max_reconnects=1)
    session.send("count 5", wait=False)
    told.wait(lambda r: any(e.is_final for e in r.named("bot_response")))
    cut(line)
    told.wait_named("disconnected")
    got = []
    with pytest.raises(ConnectionLost, match="could not be opened again"):  # noqa: PT012
        for response in session.responses():
            got.append(response.delta)
    assert "".join(got) == "0 1 2 3 4 "


def test_responses_that_wait_raise_when_it_is_lost_for_good(line, session_of):
    session, _ = session_of(max_reconnects=1)
    waiting = in_thread(list, session.responses())
    cut(line)
    with pytest.raises(ConnectionLost):
        waiting.result()


def test_responses_of_a_session_that_fails_to_open(server, line, player):
    """Another thread opens it, in vain."""
    line.freeze()
    session = server.session(player, server_url=line.url, connect_timeout=1.5)
    opening = in_thread(session.connect)
    assert line.wait_for_connections(1)
    reading = in_thread(list, session.responses())
    with pytest.raises(ConnectTimeout):
        opening.result()
    with pytest.raises(ConnectError):
        reading.result()
    session.close()


def test_responses_time_out_while_reconnecting(line, session_of):
    session, told = session_of(max_reconnects=None)
    cut(line)
    told.wait_named("reconnecting")
    started = time.monotonic()
    assert list(session.responses(timeout=0.3)) == []
    assert time.monotonic() - started < 0.3 + SOON


# ── opening by several threads ──


def test_an_impatient_caller_does_not_spoil_the_attempt_of_a_patient_one(server, line, player):
    line.freeze()
    session = server.session(player, server_url=line.url)
    patient = in_thread(session.connect, timeout=20)
    assert line.wait_for_connections(1)
    with pytest.raises(ConnectTimeout):
        session.send("hello", timeout=0.3)
    assert str(session.state) == "connecting"
    line.thaw()
    assert patient.result(20) == session.info
    assert line.connections == 1
    session.close()


def test_many_threads_open_it_once(line, server, player):
    session = server.session(player, server_url=line.url)
    threads = [in_thread(session.connect) for _ in range(20)]
    assert len({thread.result().session_id for thread in threads}) == 1
    assert line.connections == 1
    session.close()


# ── another process on the same port ──


def test_a_server_that_is_restarted(player, tmp_path):
    """It is killed in the middle of an answer; the session finds the new process, and what was said."""
    with RemoteGateway(db=str(tmp_path / "gateway.db")) as gateway:
        with gateway.session(player, max_reconnects=None) as session:
            told = Recorder(session)
            conversation = session.info.conversation_id
            assert session.send("remember me").text == "You said: remember me"
            waiting = in_thread(session.send, "hang")
            told.wait(lambda r: any("begins" in e.text for e in r.named("bot_response")))
            gateway.restart()
            with pytest.raises(ConnectionLost):
                waiting.result()
            assert session.send("hello", timeout=30).text == "You said: hello"
            assert session.info.conversation_id == conversation
            assert told.named("reconnected")
        stored = gateway.messages(player)
        assert [content for role, content in stored if role == "user"] == ["remember me", "hang", "hello"]
        assert ("assistant", "You said: remember me") in stored
