"""The space bar as a push-to-talk key, by what terminals send: presses and repetitions, never the release."""

from __future__ import annotations

import pytest

from estuary.cli.keys import TalkKey


def held(start: float, end: float, *, delay: float = 0.5, every: float = 0.033) -> list[float]:
    """When a terminal sends a key that is held from ``start`` to ``end``."""
    times, at = [start], start + delay
    while at < end:
        times.append(at)
        at += every
    return times


def spans(hits: list[float], until: float) -> list[tuple[float, float]]:
    """From when to when the key counts as down, looking every 80 ms."""
    key, found, hits = TalkKey(), [], sorted(hits)
    down = None
    for tick in range(int(until / 0.08)):
        now = tick * 0.08
        while hits and hits[0] <= now:
            key.hit(hits.pop(0))
        key.look(now)
        if key.is_down and down is None:
            down = now
        if not key.is_down and down is not None:
            found.append((down, now))
            down = None
    return found if down is None else [*found, (down, until)]


def near(*expected: tuple[float, float]) -> list[tuple[float, float]]:
    return [(pytest.approx(begin, abs=0.09), pytest.approx(end, abs=0.09)) for begin, end in expected]


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        # pressed, and pressed again
        ([1.0, 4.0], [(1.0, 4.0)]),
        ([1.0, 4.0, 6.0, 9.0], [(1.0, 4.0), (6.0, 9.0)]),
        # held, at the delays and rates of usual systems: it ends 0.4 s after the last repetition
        (held(1.0, 4.0), [(1.0, 4.4)]),
        (held(1.0, 4.0, delay=0.25), [(1.0, 4.4)]),
        (held(1.0, 4.0, delay=0.66, every=0.04), [(1.0, 4.4)]),
        (held(1.0, 3.0) + held(5.0, 7.0), [(1.0, 3.4), (5.0, 7.4)]),
        # held through a line that stalls for a moment
        ([t for t in held(1.0, 5.0) if not 2.0 < t < 2.3], [(1.0, 5.4)]),
        # pressed twice quickly: the second one ends it, a moment later
        ([1.0, 1.5], [(1.0, 1.9)]),
        # repeated so late that the first repetition is taken for a second press: the others begin nothing
        (held(1.0, 4.0, delay=1.5), [(1.0, 2.5)]),
    ],
)
def test_what_terminals_send(hits: list[float], expected: list[tuple[float, float]]) -> None:
    assert spans(hits, 12.0) == near(*expected)


def test_it_stays_down_until_it_is_pressed_again() -> None:
    assert spans([1.0], 100.0) == near((1.0, 100.0))


def test_it_is_known_whether_it_is_held() -> None:
    key = TalkKey()
    key.hit(1.0)
    assert (key.is_down, key.is_held) == (True, False)
    key.hit(1.5)
    assert (key.is_down, key.is_held) == (True, True)
    key.release()
    assert (key.is_down, key.is_held) == (False, False)
