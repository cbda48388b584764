"""Talking to a character through the real gateway: whole answers, streams, lines, interruptions, failures, actions."""

from __future__ import annotations

import threading

import pytest
from puppet import Log, Puppet, WireServer, answer, interrupting, stored

from estuary import (
    ActionRegistry,
    Capabilities,
    ConfigError,
    NotConnected,
    QuotaExceeded,
    ServerError,
    State,
    TurnTimeout,
)


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


# ── both dialects, all final texts ──


@pytest.mark.parametrize("final_text", ["whole", "last", "empty"])
@pytest.mark.parametrize("dialect", ["cumulative", "delta"])
def test_every_form_of_the_wire_gives_the_same(make_gateway, player, dialect, final_text):
    gateway = make_gateway(chat=Puppet(), dialect=dialect, final_text=final_text)
    with gateway.session(player) as session:
        chunks = Log()
        session.on("response", chunks)
        session.connect()

        reply = session.send("pieces Hel|lo, |Alice|!")
        assert reply.text == reply.raw_text == str(reply) == "Hello, Alice!"
        assert (reply.actions, reply.interrupted) == ((), False)
        assert reply.message_id

        stream = session.stream("pieces Once |upon |a |time.")
        seen = list(stream)
        assert "".join(c.delta for c in seen) == "Once upon a time." == seen[-1].text == stream.reply.text
        assert [c.is_final for c in seen] == [False] * (len(seen) - 1) + [True]
        assert [c.chunk_index for c in seen] == list(range(len(seen)))
        assert seen[1].text == "Once upon "
        assert {c.message_id for c in seen} == {stream.reply.message_id} != {reply.message_id}

        assert session.send("pieces one| two", wait=False) is None
        loose = take_message(session)
        assert "".join(c.delta for c in loose) == loose[-1].text == "one two"

        session.say_line("Welcome aboard.")
        line = take_message(session)
        assert line[-1].text == "Welcome aboard."
        assert not line[-1].is_interjection

        session.update_preferences(enable_vision_acknowledgment=False)
        assert session.send("hello").text == "You said: hello"
        assert session.send("tag").text == "Sure! Off we go."

        session.close()
        finals = [c.text for c in chunks.items if c.is_final]
        assert finals == [
            "Hello, Alice!", "Once upon a time.", "one two", "Welcome aboard.", "You said: hello", "Sure! Off we go.",
        ]  # fmt: skip
        assert chunks.threads == {f"estuary-dispatch-{session._name}"}


def take_message(session):
    """One whole message from responses()."""
    found = []
    for response in session.responses(timeout=10):
        found.append(response)
        if response.is_final:
            return found
    raise AssertionError(f"the message did not end: {found}")


@pytest.mark.parametrize("final_text", ["whole", "last", "empty"])
@pytest.mark.parametrize("dialect", ["cumulative", "delta"])
@pytest.mark.parametrize("typed", [True, False])
def test_actions_come_once_in_every_form(make_gateway, player, dialect, final_text, typed):
    gateway = make_gateway(chat=Puppet(), dialect=dialect, final_text=final_text)
    with gateway.session(player, capabilities=Capabilities(client_action=typed)) as session:
        calls = []

        @session.on_action("navigate")
        def navigate(target: str, speed: float = 1.0) -> None:
            calls.append((target, speed))

        everything = Log()
        session.on_action("*", everything)
        shown = Log()
        session.on("response", shown)

        reply = session.send('act [{"name": "navigate", "arguments": {"target": "kitchen", "speed": 2}}]')
        assert calls == [("kitchen", 2.0)]  # the handler has run when send() returns
        assert reply.text == "Sure! Done."
        [action] = reply.actions
        assert (action.name, action.arguments["target"], action.message_id) == ("navigate", "kitchen", reply.message_id)
        assert action.arguments["speed"] == (2 if typed else "2")
        assert ("<action" in reply.raw_text) is not typed

        reply = session.send("tag me")  # the model wrote a tag, cut in the middle
        assert (reply.text, calls) == ("Sure! Off we go.", [("kitchen", 2.0)] * 2)

        # the same thing twice in one message is two things
        twice = '{"name": "navigate", "arguments": {"target": "attic"}}'
        reply = session.send(f"act [{twice}, {twice}]")
        assert [a.name for a in reply.actions] == ["navigate"] * 2
        assert calls[2:] == [("attic", 1.0)] * 2

        assert len(everything.items) == 4
        session.close()
        assert not any("<" in chunk.delta for chunk in shown.items)


def test_actions_of_a_stream_come_with_their_chunk(gateway, player):
    with gateway.session(player, capabilities=Capabilities(client_action=False)) as session:
        done = Log()
        session.on_action("navigate", lambda target: done(target))
        stream = session.stream("tag")
        named = [a.name for chunk in stream for a in chunk.actions]
        assert named == ["navigate"]
        assert done.items == ["kitchen"]  # the loop ends when the handlers have run
        assert [a.name for a in stream.reply.actions] == ["navigate"]


def test_an_action_that_does_not_fit_its_handler_is_an_error_and_no_call(session):
    errors, calls = Log(), Log()
    session.on("error", errors)
    session.on_action("navigate", lambda target, speed: calls(target))
    session.send('act [{"name": "navigate", "arguments": {"target": "kitchen"}}]')
    [error] = errors.wait()
    assert (error.action, error.parameter) == ("navigate", "speed")
    assert calls.items == []
    assert session.send("hello").text == "You said: hello"


def test_a_strict_registry_reports_what_nobody_handles(gateway, player):
    errors = Log()
    with gateway.session(player, actions=ActionRegistry(strict=True)) as session:
        session.on("error", errors)
        session.send('act [{"name": "wave"}]')
        assert errors.wait()[0].action == "wave"


# ── what can be said ──

TEXTS = {
    "long": "0123456789" * 1000,
    "emoji": "👩‍👩‍👧‍👦 and 🏳️‍🌈, 😀",
    "right to left": "שלום, مرحبا \u202eabc\u202c",
    "combining": "e\u0301 \u200bzero\u200d \ufeff",
    "control": "a\x00b\x01\x07\x1b[31m\x7f\x85\u2028\u2029c\ttab\nline\r\nend",
    "looks like json": '{"a": [1, "\\u0041", null]} \\ \\" </script> &amp; 2 < 3 <b>',
    "looks like a packet": '42/sdk,["bot_response",{"text":"x"}]',
}


@pytest.mark.parametrize("name", list(TEXTS))
@pytest.mark.parametrize("dialect", ["cumulative", "delta"])
def test_any_text_goes_there_and_back(make_gateway, player, dialect, name):
    puppet, text = Puppet(), TEXTS[name]
    gateway = make_gateway(chat=puppet, dialect=dialect)
    with gateway.session(player) as session:
        assert session.send(text).text == f"You said: {text}"
        assert "".join(c.delta for c in session.stream(text)) == f"You said: {text}"
    assert puppet.prompts[0].text == text
    assert stored(gateway, player)[:2] == [("user", text), ("assistant", f"You said: {text}")]


def test_half_a_character_does_not_end_the_session(session):
    assert session.send("cut here: \ud83d").text == "You said: cut here: \N{REPLACEMENT CHARACTER}"
    assert session.send("hello").text == "You said: hello"


def test_five_megabytes_are_refused_clearly_and_the_session_goes_on(session):
    lost = Log()
    session.on("disconnected", lost)
    session.on("reconnecting", lost)
    with pytest.raises(ServerError, match="5,000,000 characters; 100,000 are allowed"):
        session.send("x" * 5_000_000)
    assert session.send("hello").text == "You said: hello"
    assert lost.items == []


@pytest.mark.parametrize("nothing", ["", "  \n\t"])
def test_nothing_can_not_be_said(session, nothing):
    for call in (session.send, session.stream, session.say_line):
        with pytest.raises(ConfigError, match="empty"):
            call(nothing)


@pytest.mark.parametrize("wrong", [None, 5, b"bytes", ["a"]])
def test_only_text_can_be_said(session, wrong):
    with pytest.raises(ConfigError, match="not a string"):
        session.send(wrong)


def test_what_can_not_be_waited_for_is_refused_before_it_is_sent(session, puppet):
    for call in (session.send, session.stream):
        with pytest.raises(ConfigError, match="timeout"):
            call("hello", timeout=-1)
    assert session.send("again").text == "You said: again"
    assert [p.text for p in puppet.prompts] == ["again"]


# ── leaving, interrupting, replacing ──


def test_leaving_a_stream_interrupts_it(session, gateway, player, puppet):
    for chunk in session.stream("hang"):
        assert chunk.delta == "It begins "
        break
    assert puppet.stopped.wait(20)  # the server has heard of it
    assert session.send("hello").text == "You said: hello"
    assert stored(gateway, player) == [
        ("user", "hang"), ("assistant", "It begins "), ("user", "hello"), ("assistant", "You said: hello"),
    ]  # fmt: skip


def test_an_exception_in_the_loop_interrupts_the_stream(session, puppet):
    stream = session.stream("hang")

    def read():
        with stream:
            for _ in stream:
                raise LookupError

    with pytest.raises(LookupError):
        read()
    assert puppet.stopped.wait(20)
    assert stream.reply.interrupted
    assert stream.reply.text == "It begins "
    assert list(stream) == []
    assert session.send("hello").text == "You said: hello"


def test_a_stream_that_nobody_reads_is_interrupted_when_it_is_dropped(session, puppet):
    stream = session.stream("hang")
    assert puppet.hung.wait(20)
    del stream
    assert puppet.stopped.wait(20)
    assert session.send("hello").text == "You said: hello"


def test_a_stream_that_is_only_collected_later_is_interrupted_too(session, puppet):
    """In a reference cycle it is found by the collector, which may run on any thread, in the middle of anything."""
    import gc

    stream = session.stream("hang")
    cycle = [stream]
    cycle.append(cycle)
    assert puppet.hung.wait(20)
    with session._lock:  # as when the read thread, which holds it, sets off the collection
        del stream, cycle
        gc.collect()
    assert session.send("hello", timeout=20).text == "You said: hello"
    assert puppet.stopped.wait(20)


def test_a_stream_whose_answer_is_complete_is_not_interrupted(session, puppet, gateway, player):
    interrupts = Log()
    session.on("interrupt", interrupts)
    stream = session.stream("pieces a|b|c")
    assert [c.delta for c in stream][:3] == ["a", "b", "c"]
    stream.close()
    del stream
    assert session.send("hello").text == "You said: hello"
    assert interrupts.items == []


def test_interrupt_from_another_thread_ends_send_with_what_was_said(session, puppet):
    begun = threading.Event()
    session.on("response", lambda chunk: begun.set())
    with interrupting(session, begun):
        reply = session.send("hang")
    assert reply.interrupted
    assert reply.text == "It begins "
    assert reply.timing.first_chunk is not None
    assert puppet.stopped.wait(20)
    assert session.send("hello").text == "You said: hello"


def test_interrupt_before_the_first_chunk(session, puppet):
    with interrupting(session, puppet.hung):
        reply = session.send("mute")
    assert reply.interrupted
    assert reply.text == ""
    assert reply.message_id is None
    assert reply.timing.first_chunk is None
    assert session.send("hello").text == "You said: hello"


def test_interrupt_ends_a_stream_with_a_last_chunk(session, puppet):
    chunks = []
    stream = session.stream("hang")
    with interrupting(session, threading.Event()) as _:
        for chunk in stream:
            chunks.append(chunk)
            if len(chunks) == 1:
                session.interrupt()
    assert [(c.delta, c.is_final, c.interrupted) for c in chunks] == [("It begins ", False, False), ("", True, True)]
    assert stream.reply.interrupted


def test_interrupt_where_nothing_is_said_is_nothing(session, gateway, player):
    session.interrupt()
    assert session.send("hello").text == "You said: hello"
    session.close()
    session.interrupt()
    gateway.session(player).interrupt()  # never connected


def test_many_interruptions_never_mix_up_the_answers(session):
    for number in range(30):
        stream = session.stream(f"pieces {number}|a|b|c|d|e|f|g|h")
        next(stream)
        stream.close()
        reply = session.send(f"number {number}")
        assert reply.text == f"You said: number {number}"
        assert not reply.interrupted


def test_a_text_handed_over_replaces_the_one_before(session, puppet):
    session.send("hang", wait=False)
    assert puppet.hung.wait(20)
    session.send("second", wait=False)
    first, second = take_message(session), take_message(session)
    assert (first[-1].text, first[-1].interrupted) == ("It begins ", True)
    assert (second[-1].text, second[-1].interrupted) == ("You said: second", False)


def test_say_line_interrupts_what_is_being_said(session, puppet, gateway, player):
    begun = threading.Event()
    session.on("response", lambda chunk: begun.set())

    def line():
        assert begun.wait(20)
        session.say_line("Enough of that.")

    thread = threading.Thread(target=line)
    thread.start()
    reply = session.send("hang")
    thread.join(20)
    assert (reply.text, reply.interrupted) == ("It begins ", True)
    assert take_message(session)[-1].text == "Enough of that."
    assert session.send("hello").text == "You said: hello"
    assert ("assistant", "Enough of that.") in stored(gateway, player)


def test_a_turn_that_takes_too_long_is_interrupted(session, puppet):
    with pytest.raises(TurnTimeout, match=r"not complete within 0.3 s; 10 characters of it had arrived") as caught:
        session.send("hang", timeout=0.3)
    assert caught.value.text == "It begins "
    assert isinstance(caught.value, TimeoutError)
    assert puppet.stopped.wait(20)
    with pytest.raises(TurnTimeout, match="nothing of it had arrived"):
        session.send("mute", timeout=0.2)
    stream = session.stream("hang", timeout=0.3)
    with pytest.raises(TurnTimeout):
        list(stream)
    assert session.send("hello").text == "You said: hello"


# ── responses ──


def test_nothing_is_lost_between_two_calls_of_responses(session):
    session.send("pieces a|b|c", wait=False)
    first = next(iter(session.responses(timeout=10)))
    rest = take_message(session)
    assert "".join(c.delta for c in [first, *rest]) == "abc"
    session.send("pieces d|e", wait=False)
    assert "".join(c.delta for c in take_message(session)) == "de"


def test_responses_end_after_a_silence(session):
    assert list(session.responses(timeout=0.05)) == []
    assert list(session.responses(timeout=0)) == []


def test_what_has_arrived_can_be_read_after_close(session):
    arrived = threading.Event()
    session.on("response", lambda chunk: arrived.set() if chunk.is_final else None)
    session.send("pieces a|b", wait=False)
    assert arrived.wait(20)
    session.close()
    assert "".join(c.delta for c in session.responses()) == "ab"
    assert list(session.responses()) == []


def test_close_ends_responses_that_wait(session):
    waiting = threading.Event()
    found = []

    def read():
        waiting.set()
        found.append(list(session.responses()))

    reader = threading.Thread(target=read)
    reader.start()
    assert waiting.wait(20)
    session.close()
    reader.join(20)
    assert found == [[]]


def test_answers_of_send_and_stream_never_show_in_responses(session):
    session.send("hello")
    list(session.stream("hello"))
    assert list(session.responses(timeout=0)) == []


# ── interjections ──


def test_an_interjection_is_never_the_answer():
    def unasked(text, final, **more):
        return ("bot_response", {"text": text, "partial": not final, "is_final": final, "message_id": "aside",
                                 "is_interjection": True, "chunk_index": int(final), **more})  # fmt: skip

    def on_text(text):
        first, last = answer(f"Answer to {text}", f"id-{text}")
        return [unasked("By the ", False), first, unasked("way!", False), last, unasked("By the way!", True)]

    with WireServer(on_text) as server, server.session() as session:
        assert session.send("one").text == "Answer to one"
        aside = take_message(session)
        assert "".join(c.delta for c in aside) == "By the way!" == aside[-1].text
        assert all(c.is_interjection for c in aside)
        server.send(unasked("By the way!", True))  # long over: its id is known
        assert [c.delta for c in session.stream("two")] == ["Answer to two", ""]


# ── what goes wrong ──


def test_a_quota_ends_the_turn_and_says_so(make_gateway, player):
    gateway = make_gateway(chat=Puppet(), quota=2)
    with gateway.session(player) as session:
        events = Log()
        session.on("quota_exceeded", events)
        session.send("one")
        session.send("two")
        with pytest.raises(QuotaExceeded) as caught:
            session.send("three")
        assert (caught.value.limit, caught.value.remaining, caught.value.tier) == (2, 0, "local")
        with pytest.raises(QuotaExceeded):
            list(session.stream("four"))
        assert events.wait(2)[0].limit == 2
        assert session.is_connected


@pytest.mark.parametrize(
    ("text", "told"), [("fail", "no model today"), ("crash", "could not answer"), ("half", "the model broke off")]
)
def test_a_failing_engine_is_an_error_and_the_conversation_goes_on(session, text, told):
    errors = Log()
    session.on("error", errors)
    with pytest.raises(ServerError, match=told):
        session.send(text)
    assert isinstance(errors.wait()[0], ServerError)
    stream = session.stream(text)
    with pytest.raises(ServerError, match=told):
        list(stream)
    with pytest.raises(ServerError, match=told):
        _ = stream.reply
    assert session.send("hello").text == "You said: hello"
    assert len(errors.wait(2)) == 2


def test_a_failing_engine_ends_a_message_of_responses(session):
    session.send("half", wait=False)
    message = take_message(session)
    assert message[0].delta == "Half of "
    assert message[-1].interrupted
    assert session.send("hello").text == "You said: hello"


# ── the session itself ──


def test_states_and_info(gateway, player):
    session = gateway.session(player)
    assert (session.state, session.is_connected, session.info) == (State.DISCONNECTED, False, None)
    assert session.send("hello").text == "You said: hello"  # the first call connects
    assert (session.state, session.is_connected) == (State.CONNECTED, True)
    assert (session.info.player_id, session.info.character_id) == (player, gateway.character_id)
    conversation = session.info.conversation_id
    assert session.connect() is session.info
    session.close()
    session.close()
    assert (session.state, session.info) == (State.CLOSED, None)
    for call in (session.send, session.stream, session.say_line):
        with pytest.raises(NotConnected, match="connect"):
            call("hello")
    with pytest.raises(NotConnected):
        session.send("hello", wait=False)
    with session:  # a closed session can be opened again, and goes on with the same conversation
        assert session.info.conversation_id == conversation
        assert session.send("again").text == "You said: again"
    assert player in repr(session)
    assert gateway.api_key not in repr(session)


def test_two_sessions_of_one_player_at_once(gateway, player, puppet):
    with gateway.session(player) as one, gateway.session(player) as other:
        assert one.info.conversation_id == other.info.conversation_id
        assert one.info.session_id != other.info.session_id
        stream = one.stream("gate")
        assert next(stream).delta == "One "
        assert puppet.hung.wait(20)
        assert other.send("hello").text == "You said: hello"  # the answer goes to who asked
        puppet.open()
        assert "".join(c.delta for c in stream) == "two."
        assert list(one.responses(timeout=0)) == list(other.responses(timeout=0)) == []
    contents = stored(gateway, player)
    assert sorted(contents) == sorted(
        [("user", "gate"), ("assistant", "One two."), ("user", "hello"), ("assistant", "You said: hello")]
    )


def test_timing(session, puppet):
    begun = threading.Event()
    session.on("response", lambda chunk: begun.set())

    def later():
        assert begun.wait(20)
        assert not threading.Event().wait(0.1)  # the time that is measured
        puppet.open()

    thread = threading.Thread(target=later)
    thread.start()
    timing = session.send("gate").timing
    thread.join(20)
    assert 0 < timing.first_chunk < timing.total
    assert timing.total - timing.first_chunk >= 0.09
    assert timing.total < 10


def test_five_thousand_chunks_come_in_order(gateway, player):
    expected = [f"{n} " for n in range(5000)]
    with gateway.session(player) as session:
        heard = Log()
        session.on("response", heard)
        assert [c.delta for c in session.stream("count 5000") if c.delta] == expected
        session.send("count 5000", wait=False)
        assert [c.delta for c in take_message(session) if c.delta] == expected
    # close() has drained the callbacks
    deltas = [c.delta for c in heard.items if c.delta]
    assert deltas == expected * 2
