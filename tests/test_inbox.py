"""The inbox: what responses() has not read yet, bounded in messages, chunks and characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary import inbox as module
from estuary.events import BotResponse
from estuary.inbox import Inbox
from estuary.turn import Message


def messages(count, chunks=2, text="x"):
    """``chunks`` responses of each of ``count`` messages; the last of each is final."""
    for number in range(count):
        message = Message(f"m{number}")
        for index in range(chunks):
            yield message.add(BotResponse(text=text, partial=True, is_final=index == chunks - 1))


def put_all(inbox, responses):
    for response in responses:
        inbox.put(response)


def take_all(inbox):
    found = []
    while inbox:
        found.append(inbox.get())
    return found


def ids(responses):
    return [r.message_id for r in responses]


def warnings(caplog):
    return [r for r in caplog.records if r.name == "estuary.inbox"]


def test_first_in_first_out(caplog):
    inbox = Inbox(10)
    sent = list(messages(3))
    put_all(inbox, sent)
    assert len(inbox) == 6
    assert take_all(inbox) == sent
    assert not inbox
    assert not warnings(caplog)


def test_an_empty_one_has_nothing_to_give():
    with pytest.raises(IndexError):
        Inbox(1).get()


def test_too_many_messages_drop_the_oldest_whole_ones_with_one_warning(caplog):
    inbox = Inbox(3)
    put_all(inbox, messages(10))
    assert ids(take_all(inbox)) == ["m7", "m7", "m8", "m8", "m9", "m9"]
    assert len(warnings(caplog)) == 1
    put_all(inbox, messages(10))
    assert len(warnings(caplog)) == 1


def test_the_limit_counts_messages_that_are_unread():
    inbox = Inbox(2)
    for response in messages(50):
        inbox.put(response)
        assert inbox.get() is response


def test_what_is_left_of_a_dropped_message_is_dropped_too():
    inbox = Inbox(1)
    old = Message("old")
    inbox.put(old.add(BotResponse(text="a", partial=True)))
    put_all(inbox, messages(1))  # drops "old", which is not over
    inbox.put(old.add(BotResponse(text="b", partial=True)))
    inbox.put(old.add(BotResponse(text="", is_final=True, partial=False)))
    assert ids(take_all(inbox)) == ["m0", "m0"]
    assert not inbox._dropped  # its end was seen: it is forgotten


def test_messages_that_never_end_are_not_remembered_for_ever():
    inbox = Inbox(2)
    for number in range(100):
        inbox.put(Message(f"m{number}").add(BotResponse(text="a", partial=True)))
    assert len(inbox._dropped) <= 2
    assert len(inbox) == 2


def test_too_many_chunks_are_merged_not_lost(monkeypatch, caplog):
    monkeypatch.setattr(module, "MAX_CHUNKS", 10)
    inbox = Inbox(5)
    message = Message("m")
    words = [f"{n} " for n in range(500)]
    for word in words:
        inbox.put(message.add(BotResponse(text=word, partial=True)))
    inbox.put(message.add(BotResponse(text="".join(words), partial=False, is_final=True)))
    found = take_all(inbox)
    assert len(found) <= 10
    assert "".join(r.delta for r in found) == "".join(words)
    assert [r.is_final for r in found] == [False] * (len(found) - 1) + [True]
    assert found[-1].text == "".join(words)
    assert not warnings(caplog)


def test_merged_chunks_keep_their_actions_and_first_index(monkeypatch):
    monkeypatch.setattr(module, "MAX_CHUNKS", 1)
    inbox = Inbox(5)
    message = Message("m")
    for text in ("a", '<action name="go"/>', "b", '<action name="stop"/>'):
        inbox.put(message.add(BotResponse(text=text, partial=True)))
    [response] = take_all(inbox)
    assert response.delta == "ab"
    assert [a.name for a in response.actions] == ["go", "stop"]
    assert response.chunk_index == 0


def test_chunks_of_different_messages_are_not_merged(monkeypatch):
    monkeypatch.setattr(module, "MAX_CHUNKS", 1)
    inbox = Inbox(5)
    put_all(inbox, messages(3))
    assert ids(take_all(inbox)) == ["m0", "m1", "m2"]


def test_a_merged_chunk_is_not_larger_than_it_needs_to_be(monkeypatch):
    monkeypatch.setattr(module, "MAX_CHUNKS", 1)
    monkeypatch.setattr(module, "MERGED", 100)
    inbox = Inbox(5)
    message = Message("m")
    for _ in range(50):
        inbox.put(message.add(BotResponse(text="x" * 10, partial=True)))
    found = take_all(inbox)
    assert max(len(r.delta) for r in found) <= 110
    assert sum(len(r.delta) for r in found) == 500


def test_too_many_characters_drop_the_oldest(monkeypatch, caplog):
    monkeypatch.setattr(module, "MAX_CHARS", 100)
    inbox = Inbox(1000)
    put_all(inbox, messages(20, chunks=1, text="x" * 10))
    assert ids(take_all(inbox)) == [f"m{n}" for n in range(10, 20)]
    assert inbox._chars == 0
    assert len(warnings(caplog)) == 1


def test_one_message_that_is_too_long_is_dropped_whole(monkeypatch):
    monkeypatch.setattr(module, "MAX_CHARS", 100)
    inbox = Inbox(10)
    message = Message("long")
    for _ in range(30):
        inbox.put(message.add(BotResponse(text="x" * 10, partial=True)))
        assert inbox._chars <= 100
    inbox.put(message.add(BotResponse(text="", partial=False, is_final=True)))
    put_all(inbox, messages(1))
    assert ids(take_all(inbox)) == ["m0", "m0"]


STEPS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40), st.booleans()) | st.none(), max_size=60)


@given(STEPS, st.integers(1, 4))
def test_the_books_are_kept_whatever_happens(steps, limit):
    """Steps are chunks (message, length, final) or reads; order within a message holds, and the bounds do."""
    inbox = Inbox(limit)
    open_messages, serial = {}, 0
    last_seen = {}
    for step in steps:
        if step is None:
            if inbox:
                response = inbox.get()
                assert last_seen.get(response._message, -1) < response.chunk_index
                last_seen[response._message] = response.chunk_index
        else:
            slot, length, final = step
            message = open_messages.get(slot)
            if message is None:
                message = open_messages[slot] = Message(f"m{(serial := serial + 1)}")
            inbox.put(message.add(BotResponse(text="x" * length, partial=not final, is_final=final)))
            if final:
                del open_messages[slot]
        held = list(inbox._chunks)
        assert inbox._chars == sum(len(r.delta) for r in held)
        assert len({r._message for r in held}) <= limit
        counted = {}
        for response in held:
            counted[response._message] = counted.get(response._message, 0) + 1
        assert inbox._messages == counted
