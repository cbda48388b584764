"""The jitter buffer on a clock of the test's own: a simulated network feeds it, a simulated speaker takes from it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numpy")

from estuary.voice.jitter import FIRST_PREBUFFER, LEAST_PREBUFFER, MOST_PREBUFFER, JitterBuffer

RATE = 24000
BLOCK = RATE // 100


def tone(seconds, start=1):
    """Samples that are all different and none of them zero, so that what is played can be told apart."""
    count = int(seconds * RATE)
    return b"".join((1 + (start + n) % 30000).to_bytes(2, "little") for n in range(count))


def play(buffer, arrivals, until):
    """Feed ``arrivals`` (time, id, pcm, final), take a block every 10 ms; returns what was played, block by block."""
    arrivals = sorted(arrivals, key=lambda a: a[0])
    played = []
    for tick in range(int(until * 100)):
        now = tick / 100
        while arrivals and arrivals[0][0] <= now:
            at, message_id, pcm, final = arrivals.pop(0)
            buffer.feed(message_id, pcm, final, at)
        piece = buffer.take(BLOCK, now)
        assert piece.pcm is None or len(piece.pcm) == 2 * BLOCK
        played.append((now, piece))
    return played


def sound(played):
    return b"".join(piece.pcm for _, piece in played if piece.pcm is not None)


def heard(played, pcm):
    """Whether exactly ``pcm`` was played, with nothing but silence after it."""
    out = sound(played)
    return out[: len(pcm)] == pcm and not any(out[len(pcm) :])


def chunks(message_id, pcm, size, delays, interval=None):
    """``pcm`` cut up, each chunk sent at the pace of speech (or every ``interval``) and late by its delay."""
    step = size * 2
    parts = [pcm[at : at + step] for at in range(0, len(pcm), step)]
    arrivals, latest = [], 0.0
    for number, part in enumerate(parts):
        due = number * (size / RATE if interval is None else interval)
        latest = max(latest, due + delays[number % len(delays)])  # a stream keeps its order
        arrivals.append((latest, message_id, part, number == len(parts) - 1))
    return arrivals


def test_a_message_is_played_to_the_last_sample():
    pcm = tone(1.234)
    buffer = JitterBuffer(RATE)
    played = play(buffer, chunks("a", pcm, 2400, [0.0]), 3.0)
    assert heard(played, pcm)
    assert [p.started for _, p in played if p.started] == [("a",)]
    assert [p.finished for _, p in played if p.finished] == [("a",)]
    assert buffer.empty
    assert buffer.underruns == 0


def test_it_begins_when_enough_is_there_and_not_before():
    buffer = JitterBuffer(RATE)
    buffer.feed("a", tone(0.05), False, 0.0)
    assert buffer.take(BLOCK, 0.0).pcm is None
    assert buffer.take(BLOCK, FIRST_PREBUFFER - 0.01).pcm is None
    assert buffer.take(BLOCK, FIRST_PREBUFFER).pcm is not None


def test_it_begins_at_once_when_so_much_is_there_that_late_chunks_do_no_harm():
    buffer = JitterBuffer(RATE)
    for _ in range(3):
        buffer.feed("a", tone(0.05), False, 0.0)
    assert buffer.take(BLOCK, 0.0).pcm is not None


def test_a_short_message_does_not_wait_for_more():
    buffer = JitterBuffer(RATE)
    buffer.feed("a", tone(0.02), True, 0.0)
    assert buffer.take(BLOCK, 0.0).started == ("a",)


def test_it_learns_to_wait_less_on_a_steady_network():
    buffer = JitterBuffer(RATE)
    assert buffer.prebuffer == pytest.approx(FIRST_PREBUFFER)
    play(buffer, chunks("a", tone(8), 2400, [0.0]), 9.0)
    assert buffer.prebuffer == pytest.approx(LEAST_PREBUFFER)


def test_it_learns_to_wait_longer_on_a_bad_one():
    buffer = JitterBuffer(RATE)
    play(buffer, chunks("a", tone(8), 2400, [0.0, 0.2, 0.05, 0.15]), 9.0)
    assert 0.2 <= buffer.prebuffer <= MOST_PREBUFFER
    gaps = buffer.underruns
    played = play(buffer, [(t, "b", p, f) for t, _, p, f in chunks("b", tone(8), 2400, [0.0, 0.2, 0.05, 0.15])], 9.5)
    assert buffer.underruns == gaps  # having learnt, no gap
    assert heard(played, tone(8))


@pytest.mark.parametrize("jitter", [0.0, 0.05, 0.1, 0.2])
def test_a_server_that_speaks_faster_than_it_is_heard_leaves_no_gap(jitter):
    """Ours synthesises a sentence in a fraction of its length, so chunks come early unless the network holds them."""
    delays = [jitter * n / 7 for n in (0, 7, 3, 5, 1, 6, 2, 4)]
    buffer = JitterBuffer(RATE)
    pcm = tone(5)
    played = play(buffer, chunks("a", pcm, 4800, delays, interval=0.06), 7.0)
    assert buffer.underruns == 0
    assert heard(played, pcm)


def test_a_gap_is_counted_and_nothing_is_lost():
    pcm = tone(1)
    buffer = JitterBuffer(RATE)
    half = len(pcm) // 2
    played = play(buffer, [(0.0, "a", pcm[:half], False), (1.5, "a", pcm[half:], True)], 3.0)
    assert buffer.underruns == 1
    assert sound(played).replace(b"\0\0", b"") == pcm.replace(b"\0\0", b"")


def test_messages_follow_each_other_without_a_block_of_silence():
    a, b = tone(0.505), tone(0.5, start=9000)
    buffer = JitterBuffer(RATE)
    played = play(buffer, [(0.0, "a", a, True), (0.0, "b", b, True)], 2.0)
    assert heard(played, a + b)
    assert [m for _, p in played for m in p.finished] == ["a", "b"]


def test_an_interruption_is_silent_at_once_and_late_audio_is_dropped():
    buffer = JitterBuffer(RATE)
    buffer.feed("a", tone(2), False, 0.0)
    assert buffer.take(BLOCK, 0.1).pcm is not None
    assert buffer.interrupt("a") == ("a",)
    assert buffer.take(BLOCK, 0.11) == (None, (), ())
    buffer.feed("a", tone(0.5), True, 0.12)
    assert buffer.empty
    assert buffer.late == int(0.5 * RATE) * 2
    fresh = tone(0.3, start=500)
    buffer.feed("b", fresh, True, 0.13)
    assert buffer.take(BLOCK, 0.13).pcm == fresh[: 2 * BLOCK]  # the next message from its first sample


def test_an_interruption_of_what_has_not_come_yet():
    buffer = JitterBuffer(RATE)
    assert buffer.interrupt("a") == ()
    buffer.feed("a", tone(1), True, 0.0)
    assert buffer.empty


def test_an_interruption_of_everything_and_of_one_only():
    buffer = JitterBuffer(RATE)
    for name in "abc":
        buffer.feed(name, tone(0.2), True, 0.0)
    assert buffer.interrupt("b") == ("b",)
    assert buffer.message_id == "a"
    assert buffer.interrupt() == ("a", "c")
    assert buffer.empty


def test_a_message_that_never_ends_does_not_hold_up_the_next():
    buffer = JitterBuffer(RATE)
    played = play(buffer, [(0.0, "a", tone(1), False), (2.0, "b", tone(1, start=77), True)], 12.0)
    assert [m for _, p in played for m in p.finished] == ["a", "b"]
    # and one that only paused is heard again
    buffer.feed("a", tone(0.2), True, 12.0)
    assert buffer.take(BLOCK, 12.0).started == ("a",)


def test_a_pause_of_the_server_is_no_jitter():
    """The model may think for seconds between two sentences; what follows need not be held back for it."""
    buffer = JitterBuffer(RATE)
    arrivals = [*chunks("a", tone(1), 2400, [0.0])[:-1], (4.0, "a", tone(0.1), False)]
    play(buffer, arrivals, 5.0)
    assert buffer.prebuffer < 0.15


def test_a_message_without_audio_is_nothing():
    buffer = JitterBuffer(RATE)
    buffer.feed("a", b"", True, 0.0)
    assert buffer.empty
    assert buffer.take(BLOCK, 1.0) == (None, (), ())


def test_what_waits_is_bounded_and_what_is_heard_is_its_beginning(monkeypatch):
    monkeypatch.setattr("estuary.voice.jitter.MOST_QUEUED", 1.0)
    buffer = JitterBuffer(RATE)
    pcm = tone(1.5)
    for at in range(0, len(pcm), 4800):
        buffer.feed("a", pcm[at : at + 4800], at + 4800 >= len(pcm), 0.0)
    assert buffer.seconds == 1.0
    assert buffer.dropped == RATE
    assert heard(play(buffer, [], 2.0), pcm[: 2 * RATE])
    assert buffer.empty


def test_messages_without_audio_do_not_pile_up():
    buffer = JitterBuffer(RATE)
    for number in range(1000):
        buffer.feed(str(number), b"", False, 0.0)
    assert buffer.empty


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", None]),
            st.integers(0, 4000),
            st.booleans(),
            st.sampled_from(["feed", "feed", "feed", "take", "take", "interrupt"]),
        ),
        max_size=60,
    )
)
def test_whatever_happens_each_sample_is_played_once_or_dropped(events):
    buffer = JitterBuffer(RATE)
    fed = played = 0
    dropped = 0
    now = 0.0
    for message_id, size, final, what in events:
        now += 0.01
        if what == "feed":
            late = buffer.late
            buffer.feed(message_id, b"\1\1" * size, final, now)
            fed += size * 2 - (buffer.late - late)
        elif what == "take":
            pcm = buffer.take(BLOCK, now).pcm
            played += 0 if pcm is None else pcm.count(1)
        else:
            waiting = round(buffer.seconds * RATE) * 2
            gone = buffer.interrupt(message_id)
            dropped += waiting - round(buffer.seconds * RATE) * 2
            assert message_id is None or all(name == message_id for name in gone)
    for _ in range(3000):
        now += 0.01
        pcm = buffer.take(BLOCK, now).pcm
        played += 0 if pcm is None else pcm.count(1)
    assert played + dropped == fed
    assert buffer.empty
