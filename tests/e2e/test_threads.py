"""One session from many threads, inside an event loop, and with a consumer that never reads."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import warnings

import pytest
from puppet import PATIENCE, Forgetful, Log, Puppet, Spawned, wait_until

from estuary import ConnectionLost, NotConnected, ServerError, TurnTimeout


@pytest.fixture
def puppet():
    return Puppet()


@pytest.fixture
def gateway(make_gateway, puppet):
    return make_gateway(chat=puppet)


def in_threads(count, function):
    """Run ``function(number)`` on so many threads at once; what they returned, by number."""
    results, errors = {}, []
    start = threading.Barrier(count)

    def run(number):
        try:
            start.wait(PATIENCE)
            results[number] = function(number)
        except BaseException as error:  # raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE * 2)
        assert not thread.is_alive(), "a call did not return"
    if errors:
        raise errors[0]
    return results


# ── many threads ──


def test_fifty_threads_on_one_session_get_each_its_own_answer(gateway, player, puppet):
    with gateway.session(player) as session:
        replies = in_threads(50, lambda number: session.send(f"from {number}").text)
        assert replies == {n: f"You said: from {n}" for n in range(50)}
        assert sorted(p.text for p in puppet.prompts) == sorted(f"from {n}" for n in range(50))
        assert list(session.responses(timeout=0)) == []
        assert sum(t.name.endswith(f"-{session._name}") for t in threading.enumerate()) <= 3


def test_fifty_threads_may_also_be_the_first_to_connect(gateway, player):
    session = gateway.session(player)
    connected = Log()
    session.on("connected", connected)
    try:
        replies = in_threads(50, lambda number: session.send(f"from {number}").text)
    finally:
        session.close()
    assert replies == {n: f"You said: from {n}" for n in range(50)}
    assert len(connected.items) == 1


def test_threads_mix_all_ways_of_talking(gateway, player):
    with gateway.session(player) as session:

        def talk(number):
            if number % 3 == 0:
                return session.send(f"from {number}").text
            if number % 3 == 1:
                return "".join(c.delta for c in session.stream(f"from {number}"))
            for _ in session.stream(f"pieces {number}|b|c|d"):
                break  # leaves it
            return session.send(f"from {number}").text

        assert in_threads(30, talk) == {n: f"You said: from {n}" for n in range(30)}


def test_turns_are_taken_in_the_order_of_queueing(gateway, player, puppet):
    with gateway.session(player) as session:
        stream = session.stream("gate")
        assert puppet.hung.wait(PATIENCE)
        threads = []
        for number in range(10):
            thread = threading.Thread(target=session.send, args=(f"number {number}",))
            thread.start()
            threads.append(thread)
            wait_until(lambda number=number: len(session._tickets) == number + 1, "queueing")
        assert len(puppet.prompts) == 1  # nobody overtakes the turn that is under way
        puppet.open()
        assert "".join(c.delta for c in stream) == "One two."
        for thread in threads:
            thread.join(PATIENCE)
        assert [p.text for p in puppet.prompts] == ["gate", *(f"number {n}" for n in range(10))]


def test_whoever_queues_too_long_is_told_that_nothing_was_sent(gateway, player, puppet):
    with gateway.session(player) as session:
        stream = session.stream("hang")
        next(stream)
        with pytest.raises(TurnTimeout, match="was not sent"):
            session.send("too late", timeout=0.2)
        stream.close()
        assert session.send("hello").text == "You said: hello"
        assert [p.text for p in puppet.prompts] == ["hang", "hello"]


def test_interrupt_ends_the_turn_under_way_and_the_next_one_begins(gateway, player, puppet):
    with gateway.session(player) as session:
        replies = {}
        first = threading.Thread(target=lambda: replies.update(first=session.send("hang")))
        first.start()
        assert puppet.hung.wait(PATIENCE)
        second = threading.Thread(target=lambda: replies.update(second=session.send("second")))
        second.start()
        wait_until(lambda: len(session._tickets) == 1, "queueing")
        session.interrupt()
        first.join(PATIENCE)
        second.join(PATIENCE)
        assert (replies["first"].interrupted, replies["second"].interrupted) == (True, False)
        assert replies["second"].text == "You said: second"


def test_close_ends_the_waiting_of_every_thread(gateway, player, puppet):
    session = gateway.session(player)
    session.connect()
    outcomes = Log()

    def send(text):
        try:
            outcomes(session.send(text))
        except (ConnectionLost, NotConnected) as error:
            outcomes(type(error))

    threads = [threading.Thread(target=send, args=("hang",)) for _ in range(10)]
    for thread in threads:
        thread.start()
    assert puppet.hung.wait(PATIENCE)
    wait_until(lambda: len(session._tickets) == 9, "queueing")
    session.close()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert sorted(o.__name__ for o in outcomes.items) == ["ConnectionLost"] + ["NotConnected"] * 9


def test_opening_and_closing_from_many_threads(gateway, player):
    session = gateway.session(player, connect_timeout=20)

    def churn(number):
        for _ in range(5):
            try:
                if number % 2:
                    session.connect()
                    session.send("hello", timeout=20)
                else:
                    session.close()
            except (NotConnected, ConnectionLost):
                pass

    in_threads(8, churn)
    session.connect()
    assert session.send("hello").text == "You said: hello"
    session.close()


def test_many_readers_share_the_responses(gateway, player):
    with gateway.session(player) as session:
        session.connect()
        found = Log()

        def read():
            for response in session.responses():
                found(response.delta)

        readers = [threading.Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        session.send("count 300", wait=False)
        wait_until(lambda: len([d for d in found.items if d]) == 300, "reading it all")
        session.close()
        for reader in readers:
            reader.join(PATIENCE)
            assert not reader.is_alive()
        assert sorted(int(d) for d in found.items if d) == list(range(300))


# ── an event loop ──


def test_a_session_works_inside_a_running_event_loop(gateway, player):
    async def main():
        assert asyncio.get_running_loop()
        with gateway.session(player) as session:
            first = session.send("one").text
            streamed = "".join(c.delta for c in session.stream("two"))
            session.send("three", wait=False)
            loose = next(r.text for r in session.responses(timeout=20) if r.is_final)
            # as one would do it where the loop must go on meanwhile
            on_thread = await asyncio.to_thread(session.send, "four")
            return first, streamed, loose, on_thread.text

    assert asyncio.run(main()) == ("You said: one", "You said: two", "You said: three", "You said: four")


# ── nobody reads ──

FLOOD = """
import gc, resource
import psutil
process = psutil.Process()
session = make()
session.connect()
got = [0, 0]
finals = threading.Condition()
def count(event):
    with finals:
        got[0] += 1
        got[1] += bool(event.is_final)
        finals.notify_all()
session._dispatcher.emit = lambda name, value: count(value) if name == "bot_response" else None   # no queue in between
def flood(texts):
    for text in texts:
        goal = got[1] + 1
        session.send(text, wait=False)
        with finals:
            assert finals.wait_for(lambda: got[1] >= goal, 60), got
    gc.collect()
    return process.memory_info().rss
before = flood(FIRST)
after = flood(SECOND)
held = sum(1 for _ in session.responses(timeout=0))
say("grown", (after - before) // 1024, "KiB;", got[0], "chunks;", held, "held")
session.close()
"""


def _flood(gateway, player, first, second):
    code = FLOOD.replace("FIRST", repr(first)).replace("SECOND", repr(second))
    with Spawned(code, gateway.url, gateway.api_key, gateway.character_id, player) as program:
        line = program.wait_line("grown", 150)
        assert program.wait() == 0, program.stderr
    words = line.split()
    return int(words[1]), int(words[3]), int(words[5])


def test_messages_that_nobody_reads_take_bounded_memory(make_gateway, player):
    gateway = make_gateway(chat=Puppet(), dialect="delta", extractor=Forgetful())
    grown, chunks, held = _flood(gateway, player, ["count 20"] * 280, ["count 20"] * 280)
    assert chunks == 560 * 21
    assert held <= 256 * 21
    assert grown < 4_000  # KiB: the 256 messages that are kept had arrived before


@pytest.mark.thorough
@pytest.mark.limit(180)
def test_two_hundred_thousand_chunks_that_nobody_reads_take_bounded_memory(make_gateway, player):
    gateway = make_gateway(chat=Puppet(), dialect="delta", final_text="empty")
    grown, chunks, held = _flood(gateway, player, ["count 5000"] * 10, ["count 5000"] * 30)
    assert chunks >= 40 * 5000
    assert held < 30_000
    assert grown < 20_000  # KiB: there is less than 1 MB of text in them


def test_a_slow_handler_does_not_let_the_queue_grow_without_bound(gateway, player, caplog):
    from estuary.dispatch import MAX_WAITING

    let_go, seen = threading.Event(), []
    with gateway.session(player) as session:

        @session.on("bot_response")
        def slow(event):
            assert let_go.wait(PATIENCE)
            seen.append(event)

        for _ in range(3):
            assert len(session.send("count 5000").text) > 5000
        assert len(session._dispatcher._queue) <= MAX_WAITING
        let_go.set()
    assert len(seen) == MAX_WAITING + 1  # the one that blocked, and those that had waited
    assert len([r for r in caplog.records if "dropped" in r.getMessage()]) == 1


# ── forgotten sessions ──


def test_a_forgotten_session_warns_and_its_threads_end(gateway, player):
    session = gateway.session(player)
    session.on("response", lambda chunk: None)
    session.send("hello")
    name = session._name

    def threads():
        return [t for t in threading.enumerate() if t.name.startswith("estuary-") and t.name.endswith(f"-{name}")]

    assert {t.name.split("-")[1] for t in threads()} == {"read", "write", "dispatch"}
    with pytest.warns(ResourceWarning, match="unclosed <Session connected"):
        del session
    for thread in threads():
        thread.join(PATIENCE)
    assert threads() == []


def test_a_forgotten_session_in_a_cycle_is_found_too(gateway, player):
    session = gateway.session(player)
    session.connect()
    session.myself = session
    name = session._name
    del session
    with pytest.warns(ResourceWarning):
        gc.collect()
    wait_until(lambda: not _alive(name), "the end of its threads")


def test_its_threads_end_even_where_warnings_are_errors(gateway, player):
    session = gateway.session(player)
    session.connect()
    name = session._name
    hook, raised = sys.unraisablehook, []
    sys.unraisablehook = lambda unraisable: raised.append(unraisable.exc_type)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            del session
            gc.collect()
    finally:
        sys.unraisablehook = hook
    assert raised == [ResourceWarning]
    wait_until(lambda: not _alive(name), "the end of its threads")


def test_sessions_that_are_closed_or_never_opened_do_not_warn(gateway, player):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session = gateway.session(player)
        del session
        session = gateway.session(player)
        session.send("hello")
        session.close()
        del session
        gc.collect()


def _alive(name):
    return [t for t in threading.enumerate() if t.name.startswith("estuary-") and t.name.endswith(f"-{name}")]


# ── errors on the way ──


def test_a_failing_turn_does_not_hold_up_the_queue(gateway, player):
    with gateway.session(player) as session:

        def talk(number):
            if number % 2:
                with pytest.raises(ServerError):
                    session.send("fail")
                return None
            return session.send(f"from {number}").text

        replies = in_threads(20, talk)
    assert {n: r for n, r in replies.items() if r} == {n: f"You said: from {n}" for n in range(0, 20, 2)}
