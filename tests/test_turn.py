"""Turn correlation: which message answers which text. Pure state, so pure tests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.errors import ConnectionLost, ServerError
from estuary.events import BotResponse, ClientAction, Interrupt
from estuary.turn import Conversation, Message, Turn


def text(conversation, said="hello", **options):
    turn = Turn(said, 0.0, **options)
    conversation.begin(turn)
    return turn


def chunk(text, message_id="m1", *, final=False, partial=False, **more):
    return BotResponse(text=text, partial=partial, is_final=final, message_id=message_id, **more)


def feed(conversation, *events, now=1.0):
    return [conversation.bot_response(event, now) for event in events]


def assemble(*events):
    message = Message("m1")
    responses = [message.add(event) for event in events]
    return "".join(r.delta for r in responses), message, responses


def test_a_turn_that_somebody_waits_for_is_not_forgotten_over_many_that_nobody_does():
    conversation = Conversation()
    waited = text(conversation)
    for number in range(1000):
        text(conversation, str(number), claimed=False)
    assert len(conversation.active) <= 256
    assert waited in conversation.active
    error = ConnectionLost("gone")
    conversation.connection_lost(error, 1.0)
    assert waited.outcome is error


# ── both dialects ──


@pytest.mark.parametrize("final", ["whole", "last", "empty"])
@pytest.mark.parametrize("dialect", ["A", "B"])
def test_dialects_give_the_same_responses(dialect, final):
    pieces = ["Hel", "lo, ", "Alice", "!"]
    events, so_far = [], ""
    for piece in pieces[:-1]:
        so_far += piece
        events.append(chunk(so_far, partial=piece) if dialect == "A" else chunk(piece, partial=True))
    last = {"whole": "Hello, Alice!", "last": "!", "empty": ""}[final]
    if final == "empty":  # then nothing may be missing before it
        so_far += pieces[-1]
        events.append(chunk(so_far, partial="!") if dialect == "A" else chunk("!", partial=True))
    partial = ("" if final == "empty" else "!") if dialect == "A" else False
    events.append(chunk(last, final=True, partial=partial))
    said, message, responses = assemble(*events)
    assert said == "Hello, Alice!" == message.final_text()
    assert [r.chunk_index for r in responses] == list(range(len(events)))
    assert [r.is_final for r in responses] == [False] * (len(events) - 1) + [True]
    assert responses[1].text == "Hello, "


def test_dialects_are_told_apart_per_message():
    conversation = Conversation()
    first, second = text(conversation, "one"), text(conversation, "two")
    feed(
        conversation,
        chunk("a", "m1", partial="a"),
        chunk("x", "m2", partial=True),
        chunk("ab", "m1", partial="b"),
        chunk("y", "m2", partial=True),
        chunk("abc", "m1", partial="c", final=True),
        chunk("xyz", "m2", partial=False, final=True),
    )
    assert (first.reply().text, second.reply().text) == ("abc", "xyz")


def test_a_final_text_that_was_tidied_up_is_not_said_twice():
    said, message, _ = assemble(
        chunk("Sure! ", partial=True), chunk('<action name="go"/> Off we go. ', partial=True),
        chunk("Sure! Off we go.", final=True),
    )  # fmt: skip
    assert said.strip() == "Sure! Off we go."
    assert [a.name for a in message.actions] == ["go"]


def test_a_tidied_final_text_with_more_at_its_end_gives_the_rest():
    said, _, _ = assemble(chunk('Hi <action name="go"/> ', partial=True), chunk("Hi there", final=True))
    assert said == "Hi there"


def test_a_final_text_that_was_changed_in_the_middle_is_the_reply():
    said, message, _ = assemble(
        chunk("The answer is certainly forty one", partial=True), chunk("The answer is certainly forty two", final=True)
    )
    assert said == "The answer is certainly forty one"
    assert message.final_text() == "The answer is certainly forty two"


@given(st.lists(st.text(min_size=1), min_size=1), st.sampled_from(["A", "B"]))
def test_any_pieces_make_the_whole(pieces, dialect):
    pieces = [p.replace("<", "") or "x" for p in pieces]
    whole, so_far, events = "".join(pieces), "", []
    for piece in pieces:
        so_far += piece
        events.append(chunk(so_far, partial=piece) if dialect == "A" else chunk(piece, partial=True))
    events.append(chunk(whole, final=True, partial="" if dialect == "A" else False))
    said, message, responses = assemble(*events)
    assert said == whole == message.final_text() == message.raw()
    assert responses[-1].text == whole


# ── which message answers which text ──


def test_answers_come_in_order():
    conversation = Conversation()
    first, second = text(conversation), text(conversation)
    feed(conversation, chunk("one", "a", final=True), chunk("two", "b", final=True))
    assert (first.reply().text, second.reply().text) == ("one", "two")


def test_an_interjection_is_never_the_answer():
    conversation = Conversation()
    turn = text(conversation)
    [aside] = feed(conversation, chunk("By the way", "i", is_interjection=True))
    assert aside.turn is None
    assert turn.message is None
    feed(conversation, chunk("yes", "m", final=True), chunk("By the way!", "i", final=True, is_interjection=True))
    assert turn.reply().text == "yes"


def test_what_nobody_asked_for_goes_to_the_inbox():
    [delivery] = feed(Conversation(), chunk("Hello?", "m", final=True))
    assert delivery.turn is None
    assert delivery.response.is_final


def test_a_second_message_after_the_answer_goes_to_the_inbox():
    conversation = Conversation()
    text(conversation)
    _, extra = feed(conversation, chunk("one", "a", final=True), chunk("more", "b", final=True))
    assert extra.turn is None


def test_late_chunks_of_an_interrupted_message_never_reach_the_next_turn():
    conversation = Conversation()
    first = text(conversation)
    feed(conversation, chunk("once upon", "a"))
    conversation.interrupt(Interrupt(message_id="a"), 2.0)
    assert first.reply().interrupted
    assert first.reply().text == "once upon"
    second = text(conversation)
    late, final = feed(conversation, chunk(" a time", "a"), chunk("", "a", final=True))
    assert late is None
    assert final is None
    feed(conversation, chunk("fresh", "b", final=True))
    assert second.reply().text == "fresh"


def test_an_interrupted_text_without_a_chunk_waits_for_the_servers_word():
    conversation = Conversation()
    first = text(conversation)
    conversation.give_up(first, 1.0)
    assert first.reply().interrupted
    assert conversation.orphans == [first]
    second = text(conversation)
    assert feed(conversation, chunk("late", "a")) == [None]  # the late answer to the first
    assert second.message is None
    conversation.interrupt(Interrupt(message_id="a"), 2.0)
    feed(conversation, chunk("fresh", "b", final=True))
    assert second.reply().text == "fresh"


@pytest.mark.parametrize("message_id", ["never-seen", None])
def test_the_servers_interrupt_settles_an_orphan(message_id):
    conversation = Conversation()
    conversation.give_up(first := text(conversation), 1.0)
    conversation.interrupt(Interrupt(message_id=message_id), 2.0)
    assert not conversation.orphans
    second = text(conversation)
    feed(conversation, chunk("fresh", "b", final=True))
    assert second.reply().text == "fresh"
    assert first.reply().text == ""


def test_an_interrupt_of_a_message_that_is_over_does_not_end_the_next_turn():
    conversation = Conversation()
    text(conversation)
    feed(conversation, chunk("spoken", "a", final=True))
    second = text(conversation)
    conversation.interrupt(Interrupt(message_id="a"), 2.0)  # its audio was still sounding
    conversation.interrupt(Interrupt(), 2.0)
    assert second.outcome is None


def test_a_text_that_replaces_another_on_the_server():
    conversation = Conversation()
    first, second = text(conversation, claimed=False), text(conversation, claimed=False)
    conversation.interrupt(Interrupt(message_id="a"), 1.0)
    assert first.outcome == "interrupted"
    feed(conversation, chunk("two", "b", final=True))
    assert second.reply().text == "two"


def test_a_scripted_line_is_no_answer():
    conversation = Conversation()
    line = text(conversation, "Welcome aboard.", claimed=False, is_line=True)
    turn = text(conversation, "hello")
    feed(conversation, chunk("Welcome ", "l"), chunk("Hi!", "m", final=True), chunk("Welcome aboard.", "l", final=True))
    assert turn.reply().text == "Hi!"
    assert line.outcome == "final"


def test_a_line_that_the_server_does_not_repeat_is_no_obstacle():
    conversation = Conversation()
    for number in range(20):
        text(conversation, f"line {number}", claimed=False, is_line=True)
    turn = text(conversation)
    feed(conversation, chunk("Hi!", "m", final=True))
    assert turn.reply().text == "Hi!"


# ── how a turn ends ──


def test_an_error_ends_the_oldest_turn():
    conversation = Conversation()
    first, second = text(conversation), text(conversation)
    feed(conversation, chunk("half", "a"))
    [end] = conversation.failed(ServerError("no model"), 2.0)
    assert (end.turn, end.response.is_final, end.response.interrupted) == (first, True, True)
    with pytest.raises(ServerError, match="no model"):
        first.reply()
    assert feed(conversation, chunk("way", "a")) == [None]
    feed(conversation, chunk("fine", "b", final=True))
    assert second.reply().text == "fine"


def test_an_error_without_a_turn_ends_nothing():
    assert Conversation().failed(ServerError("x"), 0.0) == []


def test_an_error_ends_a_message_that_responses_reads():
    conversation = Conversation()
    text(conversation, claimed=False)
    feed(conversation, chunk("half", "a"))
    [end] = conversation.failed(ServerError("no model"), 2.0)
    assert (end.turn, end.response.is_final, end.response.text) == (None, True, "half")


def test_an_error_for_an_interrupted_text_is_not_the_next_ones():
    conversation = Conversation()
    conversation.give_up(text(conversation), 1.0)
    second = text(conversation)
    feed(conversation, chunk("late", "a"))
    assert conversation.failed(ServerError("no model"), 2.0) == []
    assert second.outcome is None
    assert not conversation.orphans


def test_a_lost_connection_ends_everything():
    conversation = Conversation()
    claimed, free = text(conversation), text(conversation, claimed=False)
    feed(conversation, chunk("aside", "i", is_interjection=True), chunk("half", "a"))
    deliveries = conversation.connection_lost(ConnectionLost("gone"), 2.0)
    assert {d.response.message_id for d in deliveries} == {"i", "a"}
    assert all(d.response.is_final and d.response.interrupted for d in deliveries)
    for turn in (claimed, free):
        with pytest.raises(ConnectionLost):
            turn.reply()
    assert not conversation.active


def test_timing_counts_from_the_sending():
    conversation = Conversation()
    turn = text(conversation)
    conversation.bot_response(chunk("a", "m"), 0.25)
    conversation.bot_response(chunk("ab", "m", final=True), 1.5)
    assert turn.reply().timing.first_chunk == 0.25
    assert turn.reply().timing.total == 1.5


# ── actions ──


def test_an_action_sent_both_ways_is_noticed_once():
    conversation = Conversation()
    turn = text(conversation)
    typed = ClientAction(name="go", arguments={"speed": 2}, message_id="m")
    assert conversation.client_action(typed)[0].arguments == {"speed": 2}
    _, final = feed(conversation, chunk('Off! <action name="go" speed="2"/>', "m"), chunk("", "m", final=True))
    assert final.response.actions == ()
    assert [a.name for a in turn.reply().actions] == ["go"]


def test_a_typed_action_after_the_end_is_still_compared():
    conversation = Conversation()
    text(conversation)
    feed(conversation, chunk('<action name="go"/>', "m", final=True))
    assert conversation.client_action(ClientAction(name="go", message_id="m")) is None
    assert conversation.client_action(ClientAction(name="stop", message_id="m")) is not None


def test_an_action_before_the_first_chunk_belongs_to_the_turn():
    conversation = Conversation()
    turn = text(conversation)
    conversation.client_action(ClientAction(name="go", message_id="m"))
    feed(conversation, chunk("done", "m", final=True))
    assert [a.name for a in turn.reply().actions] == ["go"]


def test_an_action_before_the_first_chunk_names_its_turn():
    """So that send() can wait for its handler."""
    conversation = Conversation()
    turn = text(conversation)
    assert conversation.client_action(ClientAction(name="go", message_id="m"))[1] is turn


@pytest.mark.parametrize("end", ["interrupt", "interrupt without a chunk", "give up", "error", "interrupt unseen"])
def test_an_action_of_a_message_that_was_cut_off_is_not_performed(end):
    conversation = Conversation()
    turn = text(conversation)
    if end not in ("interrupt without a chunk", "interrupt unseen"):
        feed(conversation, chunk("I will now ", "m"))
    elif end == "interrupt without a chunk":
        conversation.client_action(ClientAction(name="first", message_id="m"))
    if end == "give up":
        conversation.give_up(turn, 2.0)
    elif end == "error":
        conversation.failed(ServerError("no model"), 2.0)
    else:
        conversation.interrupt(Interrupt(message_id="m"), 2.0)
    assert conversation.client_action(ClientAction(name="go", message_id="m")) is None


def test_an_action_that_answers_an_interrupted_text_is_not_performed():
    conversation = Conversation()
    conversation.give_up(text(conversation), 1.0)
    assert conversation.client_action(ClientAction(name="go", message_id="late")) is None
    feed(conversation, chunk("late", "late"))
    assert conversation.client_action(ClientAction(name="go", message_id="late")) is None


# ── bounds ──


def test_what_is_remembered_is_bounded():
    conversation = Conversation()
    for number in range(2000):
        text(conversation, claimed=False)
        conversation.bot_response(chunk("never ends", f"m{number}"), 1.0)
        conversation.bot_response(chunk("x", f"f{number}", final=True), 1.0)
    assert len(conversation._open) <= 256
    assert len(conversation._closed) <= 256
    assert len(conversation._turns) <= 256
