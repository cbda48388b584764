"""Handlers that raise, block, talk, interrupt and close: on one thread, in order, and never the session's end."""

from __future__ import annotations

import logging
import threading
import time

import pytest
from puppet import Log, Puppet, WireServer, answer

from estuary import ActionError, ConfigError, ConnectionLost, RawEvent, State


@pytest.fixture
def puppet():
    return Puppet()


@pytest.fixture
def gateway(make_gateway, puppet):
    return make_gateway(chat=puppet)


@pytest.fixture
def session(gateway, player):
    with gateway.session(player) as session:
        yield session


WAVE = 'act [{"name": "wave"}]'


def test_handlers_run_in_order_on_the_dispatch_thread(session):
    log = Log()
    for name in ("response", "bot_response", "client_action"):
        session.on(name, lambda event, name=name: log((name, event)))
    session.on_action("wave", lambda: log(("wave", None)))
    session.send(WAVE)
    session.close()
    assert log.threads == {f"estuary-dispatch-{session._name}"}
    order = [name for name, _ in log.items]
    # an action runs before the chunk that follows it, and the wire's order holds
    assert order == [
        "response", "bot_response", "wave", "client_action", "response", "bot_response", "response", "bot_response",
    ]  # fmt: skip


def test_on_as_a_decorator_and_as_a_call(session):
    decorated, called = Log(), Log()

    @session.on("response")
    def handler(chunk):
        decorated(chunk)

    assert callable(handler)
    off = session.on("response", called)
    session.send("one")
    called.wait(3)  # send() waits for the handlers of actions only
    off()
    off()
    session.send("two")
    session.close()
    assert decorated.items[-1].text == "You said: two"
    assert called.items[-1].text == "You said: one"


def test_what_can_not_be_a_handler(session):
    for wrong in (5, "text", object()):
        with pytest.raises(ConfigError, match="can't be called"):
            session.on("response", wrong)
    for wrong in ("", None, print):
        with pytest.raises(ConfigError, match="name of an event"):
            session.on(wrong, print)


def test_a_star_takes_everything_and_unknown_events_as_they_came():
    with WireServer(lambda text: answer("Hi!", text)) as server:
        everything, scene = Log(), Log()
        session = server.session()
        session.on("*", everything)
        session.on("scene_graph_update", scene)
        with session:
            server.send(("scene_graph_update", {"nodes": [1]}), ("of_the_future", 5), ("empty",))
            session.send("one")
        assert scene.items == [RawEvent("scene_graph_update", {"nodes": [1]})]
        raw = [e for e in everything.items if isinstance(e, RawEvent)]
        assert raw == [*scene.items, RawEvent("of_the_future", 5), RawEvent("empty", None)]
        names = [getattr(e, "event", type(e).__name__) for e in everything.items]
        # session_info may come before or after "connected": the two are told by different threads
        assert sorted(names[:2]) == ["connected", "session_info"]
        assert names[2:] == [
            "scene_graph_update", "of_the_future", "empty",
            "Response", "bot_response", "Response", "bot_response", "disconnected",
        ]  # fmt: skip


# ── raising ──


def test_a_handler_that_raises_is_logged_and_reported_and_all_goes_on(session, caplog):
    errors, others = Log(), Log()
    session.on("error", errors)

    @session.on("bot_response")
    def fail(event):
        raise LookupError("a bug in the handler")

    session.on("bot_response", others)
    assert session.send("one").text == "You said: one"
    session.close()
    assert len(errors.items) == len(others.items) == 3
    assert all(isinstance(e, LookupError) for e in errors.items)
    logged = [r for r in caplog.records if r.exc_info and r.exc_info[0] is LookupError]
    assert len(logged) == 3
    assert all(r.name.startswith("estuary") and r.levelno == logging.ERROR for r in logged)
    assert "in fail" in logged[0].exc_text


def test_an_action_handler_that_raises_is_logged_and_reported(session, caplog):
    errors, after = Log(), Log()
    session.on("error", errors)

    @session.on_action("wave")
    def wave():
        raise LookupError("no arms")

    session.on_action("*", after)
    assert session.send(WAVE).text == "Sure! Done."
    assert isinstance(errors.wait()[0], LookupError)
    assert len(after.items) == 1
    assert [r for r in caplog.records if r.exc_info and r.exc_info[0] is LookupError]


def test_a_wrong_argument_is_reported_with_its_name_and_value(session):
    errors = Log()
    session.on("error", errors)
    session.on_action("navigate", _navigate)
    session.send('act [{"name": "navigate", "arguments": {"target": "x", "speed": "fast"}}]')
    [error] = errors.wait()
    assert isinstance(error, ActionError)
    assert (error.action, error.parameter, error.value) == ("navigate", "speed", "fast")


def _navigate(target: str, speed: float) -> None:
    raise AssertionError("not to be called")


def test_an_error_handler_that_raises_is_logged_and_that_is_all(session, caplog):
    calls = Log()

    @session.on("error")
    def fail(error):
        calls(error)
        raise RuntimeError("the error handler fails too")

    session.on_action("wave", lambda: 1 / 0)
    session.send(WAVE)
    calls.wait()
    assert session.send("hello").text == "You said: hello"
    session.close()
    assert len(calls.items) == 1
    assert [r for r in caplog.records if r.exc_info and r.exc_info[0] is RuntimeError]


def test_sys_exit_in_a_handler_ends_nothing(session, caplog):
    def leave():
        raise SystemExit(3)

    session.on_action("wave", leave)
    assert session.send(WAVE).text == "Sure! Done."
    later = Log()
    session.on_action("wave", lambda: later(1))
    session.send(WAVE)
    assert caplog.records
    session.close()


# ── blocking ──


def test_while_a_handler_blocks_the_others_wait_and_reading_goes_on(session, caplog):
    """Five seconds in a handler, as far as the session can see: until the test lets it go."""
    started, let_go, later = threading.Event(), threading.Event(), Log()

    def block():
        started.set()
        assert let_go.wait(20)

    session.on_action("wave", block)
    session.on("bot_response", later)
    session.send(WAVE, wait=False)
    assert started.wait(20)
    before = len(later.items)
    for number in range(5):
        assert session.send(f"{number}").text == f"You said: {number}"  # is read although nothing is dispatched
    assert [c.delta for c in session.stream("pieces a|b")][:2] == ["a", "b"]
    assert len(later.items) == before
    let_go.set()
    session.close()
    assert later.items[-1].text.endswith("ab")


def test_send_does_not_wait_for_a_handler_beyond_its_own_timeout(session, caplog):
    let_go = threading.Event()
    session.on_action("wave", lambda: let_go.wait(20))
    began = time.monotonic()
    reply = session.send(WAVE, timeout=0.5)
    assert 0.4 < time.monotonic() - began < 5
    assert reply.text == "Sure! Done."
    assert not reply.interrupted
    assert "did not return in time" in caplog.text
    let_go.set()


def test_send_waits_for_the_handlers_of_its_own_actions(session):
    done = []

    def slow():
        assert not threading.Event().wait(0.2)  # work
        done.append(True)

    session.on_action("wave", slow)
    session.send(WAVE)
    assert done == [True]
    list(session.stream(WAVE))
    assert done == [True, True]


def test_close_has_a_deadline_although_a_handler_blocks(session, caplog):
    started, let_go, never = threading.Event(), threading.Event(), Log()

    def block():
        started.set()
        assert let_go.wait(30)

    session.on_action("wave", block)
    session.on("bot_response", never)
    session.send("one")  # something before, something behind
    never.wait(3)
    session.send(WAVE, wait=False)
    assert started.wait(20)
    before = len(never.items)
    began = time.monotonic()
    session.close(timeout=0.5)
    assert 0.4 < time.monotonic() - began < 2
    assert session.state is State.CLOSED
    assert "did not return in time" in caplog.text
    let_go.set()
    # and the session can be opened again: what was thrown away does not come back, what is new does
    assert len(never.items) == before
    with session:
        session.on_action("nod", lambda: never("nod"))
        assert session.send('act [{"name": "nod"}]', timeout=20).text == "Sure! Done."
        assert "nod" in never.items


def test_close_runs_the_callbacks_that_are_queued(gateway, player):
    ran = Log()
    with gateway.session(player) as session:
        first = threading.Event()

        def slow(chunk):
            if not first.is_set():
                first.set()
                assert not threading.Event().wait(0.2)  # so that the others are still queued at close()
            ran(chunk.delta)

        session.on("response", slow)
        session.send("count 200")
    assert [d for d in ran.items if d] == [f"{n} " for n in range(200)]


# ── calling back ──


def test_a_handler_may_send(session):
    replies = Log()

    @session.on_action("wave")
    def wave():
        replies(session.send("from the handler").text)
        replies("".join(c.delta for c in session.stream("once more")))
        session.say_line("A line.")

    assert session.send(WAVE, timeout=30).text == "Sure! Done."
    assert replies.items == ["You said: from the handler", "You said: once more"]
    assert next(r for r in session.responses(timeout=20) if r.is_final).text == "A line."


def test_a_handler_that_sends_does_not_wait_for_the_handlers_of_its_answer(session):
    """They could not run: the thread is its own."""
    calls = []

    @session.on_action("wave")
    def wave():
        calls.append("wave")
        if len(calls) == 1:
            session.send(WAVE, timeout=30)
            calls.append("sent")

    session.send(WAVE, timeout=30)
    session.close()
    assert calls == ["wave", "sent", "wave"]


def test_a_handler_of_a_chunk_may_interrupt_the_answer(session, puppet):
    session.on("response", lambda chunk: session.interrupt() if not chunk.is_final else None)
    reply = session.send("hang")
    assert (reply.interrupted, reply.text) == (True, "It begins ")
    assert puppet.stopped.wait(20)


def test_a_handler_may_send_while_another_thread_waits_for_its_answer(session, puppet):
    """A text handed over by a handler replaces the answer, as the server does it."""
    done = threading.Event()

    @session.on("response")
    def chunk(response):
        if not done.is_set():
            done.set()
            session.send("instead", wait=False)

    assert session.send("hang").interrupted
    assert "".join(r.delta for r in session.responses(timeout=1)) == "You said: instead"


def test_a_handler_may_close(gateway, player):
    ended = Log()
    session = gateway.session(player)
    session.on("disconnected", ended)
    states = Log()

    @session.on_action("wave")
    def wave():
        session.close()
        states(session.state)

    session.connect()
    try:
        assert session.send(WAVE, timeout=30).text == "Sure! Done."
    except ConnectionLost:
        pass  # the handler was faster than the rest of the answer
    assert states.wait() == [State.CLOSED]
    assert [e.reason for e in ended.wait()] == ["closed"]
    dispatch = [t for t in threading.enumerate() if t.name == f"estuary-dispatch-{session._name}"]
    for thread in dispatch:
        thread.join(20)
        assert not thread.is_alive()
    with session:  # and it can be opened again
        assert session.send("hello").text == "You said: hello"


def test_a_handler_may_close_while_another_thread_waits_for_its_answer(gateway, player):
    session = gateway.session(player)
    session.on("response", lambda chunk: session.close())
    session.connect()
    with pytest.raises(ConnectionLost, match="closed"):
        session.send("hang")
    session.close()


def test_a_handler_may_register_and_take_away_handlers(session):
    log = Log()

    @session.on("bot_response")
    def first(event):
        if not log.items:
            session.on("bot_response", log)
        log("first")

    session.send("one")
    session.send("two")
    session.close()
    assert "first" in log.items
    assert any(item != "first" for item in log.items)


def test_a_report_that_comes_after_close_starts_no_thread(gateway, player):
    """A busy machine may hold up the thread that tells of a connection until it is gone again."""
    session = gateway.session(player)
    log = Log()
    session.on("*", log)
    session.connect()
    info = session.info
    session.close()
    before = list(log.items)
    session.connected(info, 0)
    session.connected(info, 2)
    session.reconnecting(1, 0.1)
    session.disconnected("lost", None)
    assert session._dispatcher._thread is None
    assert log.items == before


def test_handlers_survive_closing_and_opening_again(session):
    log = Log()
    session.on("connected", log)
    session.on("disconnected", log)
    for _ in range(2):
        session.close()
        session.connect()
    session.close()
    assert [e.event for e in log.items] == ["disconnected", "connected"] * 2 + ["disconnected"]
