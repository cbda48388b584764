"""Waiting for a change of what a lock guards, in such a way that Ctrl-C may come at any moment."""

from __future__ import annotations

import threading
from typing import Any, Callable, List, Optional

from .deadline import Deadline

__all__ = ["Changed"]

#: How long the main thread waits at a time. A signal that arrives after the interpreter has last looked for one and
#: before the thread sleeps in the kernel does not wake it: on a busy machine that is no rare moment, and without this
#: such a Ctrl-C would be noticed when the wait is over. Seconds.
BLIND = 0.15


class Changed:
    """What ``threading.Condition`` is for, without its weak spot.

    ``Condition.wait`` takes the lock again before it returns. A Ctrl-C that comes while it does leaves the lock not
    taken, and the ``with`` around it then releases what another thread holds. The more a waiter is woken, the likelier
    that is; one that reads a stream is woken all the time. Here nothing is held while waiting, so nothing is taken
    again.

    Args:
        lock: A ``Lock`` or ``RLock``. Take it with ``with lock:`` (in one step, as no Python code runs in between).
    """

    def __init__(self, lock: Any) -> None:
        self._lock = lock
        self._waiters: List[threading.Lock] = []

    def wait_for(self, ready: Callable[[], bool], deadline: Deadline, at_most: Optional[float] = None) -> bool:
        """Wait until ``ready()``, which is called with the lock held; ``False`` when it is not by the deadline.

        Call it without the lock. ``at_most`` is the number of seconds after which ``ready`` is asked in any case.
        """
        while True:
            with self._lock:
                if ready():
                    return True
                if deadline.expired:
                    return False
                waiter = threading.Lock()
                waiter.acquire()
                self._waiters.append(waiter)
            timeout = deadline.remaining(at_most)
            if threading.current_thread() is threading.main_thread():  # the one that signals are handled on
                timeout = BLIND if timeout is None else min(timeout, BLIND)
            if not waiter.acquire(timeout=-1 if timeout is None else timeout):
                with self._lock:
                    if waiter in self._waiters:
                        self._waiters.remove(waiter)

    def notify_all(self) -> None:
        """Wake everybody who waits. Call it with the lock held."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.release()
