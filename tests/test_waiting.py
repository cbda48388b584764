"""Waiting without holding anything."""

from __future__ import annotations

import threading
import time

import pytest

from estuary.deadline import Deadline
from estuary.waiting import Changed


@pytest.fixture(params=[threading.Lock, threading.RLock])
def lock(request):
    return request.param()


def test_what_is_ready_is_not_waited_for(lock):
    assert Changed(lock).wait_for(lambda: True, Deadline(0))


def test_the_lock_is_held_while_it_is_asked_and_free_while_it_waits(lock):
    changed, asked = Changed(lock), []

    def free():
        """Asked by another thread, as a lock may be reentrant."""
        answer = []
        thread = threading.Thread(target=lambda: answer.append(lock.acquire(blocking=False) and not lock.release()))
        thread.start()
        thread.join()
        return answer[0]

    def ready():
        asked.append(free())
        return len(asked) > 1

    def change():
        while not changed._waiters:
            pass
        assert free()
        with lock:
            changed.notify_all()

    thread = threading.Thread(target=change)
    thread.start()
    assert changed.wait_for(ready, Deadline(10))
    thread.join()
    assert asked == [False, False]
    assert free()


def test_time_is_up(lock):
    changed = Changed(lock)
    assert not changed.wait_for(lambda: False, Deadline(0.02))
    assert not changed.wait_for(lambda: False, Deadline(0))
    assert changed._waiters == []  # nobody is left behind, however often one asks


def test_it_asks_again_after_a_while_although_nobody_tells(lock):
    asked = []
    assert Changed(lock).wait_for(lambda: asked.append(1) or len(asked) == 3, Deadline(None), at_most=0.01)
    assert len(asked) == 3


def test_the_main_thread_looks_for_signals_now_and_then(lock):
    """One may have come in the moment before it fell asleep, which then did not wake it."""
    began, asked = time.monotonic(), []
    assert Changed(lock).wait_for(lambda: asked.append(1) or len(asked) == 3, Deadline(None))
    assert 0.2 < time.monotonic() - began < 5


def test_everybody_is_woken(lock):
    changed, go, woken = Changed(lock), [], []
    threads = [
        threading.Thread(target=lambda: woken.append(changed.wait_for(lambda: bool(go), Deadline(20))))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    while len(changed._waiters) < 20:
        pass
    with lock:
        go.append(1)
        changed.notify_all()
    for thread in threads:
        thread.join(20)
    assert woken == [True] * 20


def test_an_error_in_the_question_leaves_the_lock_free(lock):
    with pytest.raises(ZeroDivisionError):
        Changed(lock).wait_for(lambda: 1 / 0, Deadline(1))
    assert lock.acquire(blocking=False)
    lock.release()
