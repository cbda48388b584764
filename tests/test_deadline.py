"""One deadline for all the steps of a call."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.deadline import Deadline
from estuary.errors import ConfigError


def test_none_never_expires():
    deadline = Deadline(None)
    assert deadline.remaining() is None
    assert deadline.remaining(at_most=3) == 3
    assert not deadline.expired


def test_zero_is_over_at_once():
    deadline = Deadline(0)
    assert deadline.expired
    assert deadline.remaining() == 0.0


def test_what_is_left_shrinks_and_stops_at_zero():
    deadline = Deadline(0.05)
    first = deadline.remaining()
    assert 0 < first <= 0.05
    threading.Event().wait(deadline.remaining())
    while not deadline.expired:  # the clock of a wait may be a little coarser than ours
        threading.Event().wait(0.001)
    assert deadline.remaining() == 0.0
    assert deadline.remaining(at_most=5) == 0.0


def test_a_cap_holds_where_more_is_left():
    assert Deadline(100).remaining(at_most=2) == 2


@pytest.mark.parametrize("wrong", [-1, -0.001, float("nan"), float("-inf"), "5", True, False, [], object()])
def test_what_can_not_be_a_timeout_is_named(wrong):
    with pytest.raises(ConfigError, match="timeout is"):
        Deadline(wrong)


@given(st.floats(min_value=0, allow_nan=False) | st.integers(min_value=0))
def test_any_timeout_can_be_waited_for(timeout):
    """Locks refuse long waits with an OverflowError: no timeout that a user gives may lead there."""
    deadline = Deadline(timeout)
    left = deadline.remaining()
    assert 0 <= left <= threading.TIMEOUT_MAX
    lock = threading.Lock()
    assert lock.acquire(timeout=left)  # free, so it takes no time, but the number is checked


def test_infinity_is_as_good_as_no_limit():
    deadline = Deadline(float("inf"))
    assert not deadline.expired
    assert deadline.remaining() > 86_400
    assert deadline.when > time.monotonic()
