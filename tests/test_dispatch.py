"""The dispatcher: one thread, in order, bounded, and nothing that a callback does can stop it."""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
import weakref

import pytest

from estuary import dispatch
from estuary.deadline import Deadline
from estuary.dispatch import Dispatcher


@pytest.fixture
def dispatcher():
    dispatcher = Dispatcher("test")
    yield dispatcher
    assert dispatcher.close(Deadline(5)), "a callback of the test still runs"


@pytest.fixture
def gate():
    """A callback that blocks: ``started`` is set when it runs, and it returns when ``opened`` is."""

    class Gate:
        def __init__(self):
            self.started, self.opened = threading.Event(), threading.Event()

        def __call__(self, *_):
            self.started.set()
            assert self.opened.wait(20)

    gate = Gate()
    yield gate
    gate.opened.set()


def run_all(dispatcher):
    """Wait until everything that is queued has run."""
    done = threading.Event()
    dispatcher.submit(done.set)
    assert done.wait(10)


# ── handlers ──


def test_handlers_get_their_event_in_the_order_of_registration(dispatcher):
    calls = []
    dispatcher.on("a", lambda value: calls.append(("first", value)))
    dispatcher.on("a", lambda value: calls.append(("second", value)))
    dispatcher.on("b", lambda value: calls.append(("other", value)))
    dispatcher.emit("a", 1)
    run_all(dispatcher)
    assert calls == [("first", 1), ("second", 1)]


def test_a_star_takes_every_event_after_its_own_handlers(dispatcher):
    calls = []
    dispatcher.on("*", lambda value: calls.append(("*", value)))
    dispatcher.on("a", lambda value: calls.append(("a", value)))
    dispatcher.emit("a", 1)
    dispatcher.emit("b", 2)
    run_all(dispatcher)
    assert calls == [("a", 1), ("*", 1), ("*", 2)]


def test_what_nobody_listens_to_starts_no_thread():
    dispatcher = Dispatcher("test")
    dispatcher.on("a", print)
    assert dispatcher.wants("a")
    assert not dispatcher.wants("b")
    dispatcher.emit("b", 1)
    assert dispatcher._thread is None
    assert dispatcher.close(Deadline(0))


def test_off_takes_away_one_registration_and_may_be_called_again(dispatcher):
    calls = []
    handler = calls.append
    first = dispatcher.on("a", handler)
    dispatcher.on("a", handler)
    first()
    first()
    dispatcher.emit("a", 1)
    run_all(dispatcher)
    assert calls == [1]


def test_off_of_the_last_handler_leaves_nothing(dispatcher):
    off = dispatcher.on("a", print)
    off()
    assert not dispatcher.wants("a")
    assert dispatcher._handlers == {}


def test_a_handler_may_take_itself_away(dispatcher):
    calls = []

    def once(value):
        calls.append(value)
        off()

    off = dispatcher.on("a", once)
    dispatcher.emit("a", 1)
    dispatcher.emit("a", 2)
    run_all(dispatcher)
    assert calls == [1]


def test_handlers_registered_by_many_threads_are_all_kept(dispatcher):
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        start = threading.Barrier(8)

        def register():
            start.wait(10)
            for number in range(50):
                dispatcher.on(f"event-{number}", print)
                dispatcher.on("gone", print)()

        threads = [threading.Thread(target=register) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    finally:
        sys.setswitchinterval(interval)
    assert {len(dispatcher._handlers[f"event-{n}"]) for n in range(50)} == {8}
    assert not dispatcher.wants("gone")


# ── failing ones ──


def test_a_handler_that_raises_is_logged_and_offered_to_the_error_handlers(dispatcher, caplog):
    errors, after = [], []
    dispatcher.on("error", errors.append)

    def fail(value):
        raise LookupError(f"no {value}")

    dispatcher.on("a", fail)
    dispatcher.on("a", after.append)
    dispatcher.emit("a", 1)
    run_all(dispatcher)
    run_all(dispatcher)  # the error is queued behind
    assert [repr(e) for e in errors] == ["LookupError('no 1')"]
    assert after == [1]
    [record] = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert record.exc_info[0] is LookupError
    assert "'a'" in record.getMessage()


def test_an_error_handler_that_raises_is_not_called_for_its_own_failure(dispatcher, caplog):
    calls = []

    def fail(error):
        calls.append(error)
        raise RuntimeError("the error handler fails")

    dispatcher.on("error", fail)
    dispatcher.on("*", fail)
    dispatcher.error(ValueError("first"))
    run_all(dispatcher)
    run_all(dispatcher)
    assert len(calls) == 2  # once for each registration
    assert sum("the error handler fails" in str(r.exc_info[1]) for r in caplog.records) == 2


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_not_even_sys_exit_in_a_callback_ends_the_thread(dispatcher, caplog, error):
    def leave(_):
        raise error

    dispatcher.on("a", leave)
    dispatcher.emit("a", 1)
    run_all(dispatcher)
    assert caplog.records


# ── waiting ──


def test_waiting_for_a_call(dispatcher, gate):
    number = dispatcher.submit(gate)
    assert gate.started.wait(10)
    assert not dispatcher.wait_for(number, Deadline(0.02))
    gate.opened.set()
    assert dispatcher.wait_for(number, Deadline(10))


def test_waiting_for_a_later_call_waits_for_all_before_it(dispatcher, gate):
    done = []
    dispatcher.submit(gate)
    for number in range(100):
        last = dispatcher.submit(done.append, number)
    threading.Timer(0.02, gate.opened.set).start()
    assert dispatcher.wait_for(last, Deadline(10))
    assert done == list(range(100))


def test_a_callback_does_not_wait_for_itself(dispatcher):
    answers = []
    number = dispatcher.submit(lambda: answers.append(dispatcher.wait_for(10**9, Deadline(10))))
    assert dispatcher.wait_for(number, Deadline(10))
    assert answers == [True]


def test_a_call_that_raises_counts_as_returned(dispatcher, caplog):
    def fail():
        raise ValueError

    assert dispatcher.wait_for(dispatcher.submit(fail), Deadline(10))


# ── closing ──


def test_close_runs_what_is_queued_first(gate):
    dispatcher = Dispatcher("test")
    done = []
    dispatcher.submit(gate)
    for number in range(1000):
        dispatcher.submit(done.append, number)
    threading.Timer(0.02, gate.opened.set).start()
    assert dispatcher.close(Deadline(10))
    assert done == list(range(1000))
    assert not any(t.name == "estuary-dispatch-test" for t in threading.enumerate())


def test_close_does_not_wait_beyond_its_deadline(gate, caplog):
    dispatcher = Dispatcher("test")
    done = []
    dispatcher.submit(gate)
    dispatcher.submit(done.append, 1)
    dispatcher.submit(done.append, 2)
    assert gate.started.wait(10)
    began = time.monotonic()
    assert not dispatcher.close(Deadline(0.1))
    assert time.monotonic() - began < 2
    assert "2 callbacks were not run" in caplog.text
    gate.opened.set()
    assert dispatcher.close(Deadline(10))
    assert done == []


def test_it_can_be_waited_on_again_after_a_close_that_gave_up(gate, caplog):
    """The calls that were thrown away must not be waited for."""
    dispatcher = Dispatcher("test")
    dispatcher.submit(gate)
    dispatcher.submit(print, "never")
    assert gate.started.wait(10)
    assert not dispatcher.close(Deadline(0.01))
    done = []
    number = dispatcher.submit(done.append, 1)
    gate.opened.set()
    assert dispatcher.wait_for(number, Deadline(10))
    assert done == [1]
    assert dispatcher.close(Deadline(10))


def test_who_waits_for_a_call_that_close_throws_away_is_told(gate, caplog):
    dispatcher = Dispatcher("test")
    dispatcher.submit(gate)
    number = dispatcher.submit(print, "never")
    assert gate.started.wait(10)
    answers = []
    waiter = threading.Thread(target=lambda: answers.append(dispatcher.wait_for(number, Deadline(30))))
    waiter.start()
    assert not dispatcher.close(Deadline(0.05))
    gate.opened.set()
    waiter.join(10)
    assert answers == [False]
    assert dispatcher.close(Deadline(10))


def test_a_callback_may_close(gate):
    dispatcher = Dispatcher("test")
    answers = []
    dispatcher.submit(gate)
    dispatcher.submit(lambda: answers.append(dispatcher.close(Deadline(10))))
    dispatcher.submit(answers.append, "the rest")
    thread = dispatcher._thread
    gate.opened.set()
    thread.join(10)
    assert not thread.is_alive()
    assert answers == [True, "the rest"]


def test_it_can_be_used_again_after_close(dispatcher):
    for number in range(3):
        done = []
        dispatcher.submit(done.append, number)
        assert dispatcher.close(Deadline(10))
        assert done == [number]


def test_closing_what_never_ran_is_nothing():
    assert Dispatcher("test").close(Deadline(0))


def test_stop_does_not_wait(gate):
    dispatcher = Dispatcher("test")
    dispatcher.submit(gate)
    thread = dispatcher._thread
    dispatcher.stop()
    assert thread.is_alive()
    gate.opened.set()
    thread.join(10)
    assert not thread.is_alive()


# ── bounds ──


def test_beyond_the_limit_new_calls_are_dropped_with_one_warning(dispatcher, gate, caplog, monkeypatch):
    monkeypatch.setattr(dispatch, "MAX_WAITING", 100)
    done = []
    dispatcher.submit(gate)
    assert gate.started.wait(10)
    for number in range(150):
        last = dispatcher.submit(done.append, number)
    assert dispatcher.dropped == 50
    assert len([r for r in caplog.records if "dropped" in r.getMessage()]) == 1
    gate.opened.set()
    # whoever waits for a call that was dropped waits for those before it
    assert dispatcher.wait_for(last, Deadline(10))
    assert done == list(range(100))
    dispatcher.submit(done.append, "again")
    run_all(dispatcher)
    assert done[-1] == "again"


def test_order_holds_from_many_threads(dispatcher):
    seen = []
    start = threading.Barrier(4)

    def put(name):
        start.wait(10)
        for number in range(500):
            dispatcher.submit(seen.append, (name, number))

    threads = [threading.Thread(target=put, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    run_all(dispatcher)
    assert len(seen) == 2000
    for name in "abcd":
        assert [n for who, n in seen if who == name] == list(range(500))


def test_values_are_let_go_once_they_are_handled(dispatcher):
    class Value:
        pass

    dispatcher.on("a", lambda value: None)
    value = Value()
    gone = weakref.ref(value)
    dispatcher.emit("a", value)
    del value
    run_all(dispatcher)
    gc.collect()
    assert gone() is None


def test_after_a_fork_the_handlers_are_there_and_the_thread_is_not(dispatcher):
    calls = []
    dispatcher.on("a", calls.append)
    run_all(dispatcher)
    dispatcher.close(Deadline(10))
    dispatcher.reset()  # what the child does
    assert dispatcher._thread is None
    dispatcher.emit("a", 1)
    run_all(dispatcher)
    assert calls == [1]
