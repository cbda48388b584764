"""A few threads for the CPU work of voice: what somebody waits for goes first, what can wait never takes them all."""

from __future__ import annotations

import asyncio
import atexit
import enum
import heapq
import itertools
import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Optional, TypeVar

from attrs import define, field

__all__ = ["Pool", "Urgency", "workers"]

T = TypeVar("T")

#: how long the interpreter's exit waits for what a thread is at
_EXIT_SECONDS = 5.0


class Urgency(enum.IntEnum):
    """What goes before what."""

    #: somebody waits in silence: a final transcript, the first sentence of an answer
    NOW = 0
    #: the rest of an answer
    SOON = 1
    #: a partial transcript: worth doing when nothing else is to be done
    SPARE = 2


def workers() -> int:
    """How many threads suit this machine: the native libraries let go of the GIL and use one core each."""
    return max(2, min(4, os.cpu_count() or 2))


@define(order=True)
class _Job:
    urgency: Urgency
    number: int
    work: Callable[[], Any] = field(order=False)
    future: Future[Any] = field(order=False)


class Pool:
    """Runs functions on up to ``size`` daemon threads, which start when first needed.

    ``SPARE`` work is begun only while at most all threads but two are at work, or none: what somebody waits for neither
    waits for it nor shares its core with it. Used from one event loop; ``close()`` from any thread.

    At the interpreter's exit what runs is waited for: a thread that is taken away while it is inside one of the native
    libraries aborts the process.
    """

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._jobs: list[_Job] = []
        self._spare: list[_Job] = []
        self._running = 0
        self._idle = 0
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._closed = False
        _open.add(self)

    async def run(self, urgency: Urgency, work: Callable[..., T], *args: Any) -> T:
        """Run ``work(*args)`` on a thread and wait for it. Cancelled before it begins, it is not begun.

        Raises what it raises, and ``CancelledError`` when the pool is closed.
        """
        job = _Job(urgency, next(self._numbers), lambda: work(*args), Future())
        with self._changed:
            if self._closed:
                raise asyncio.CancelledError("the pool is closed")
            heapq.heappush(self._spare if urgency is Urgency.SPARE else self._jobs, job)
            if not self._idle and len(self._threads) < self._size:
                name = f"{self._name}-{len(self._threads)}"
                thread = threading.Thread(target=self._serve, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()
        result: T = await asyncio.wrap_future(job.future)
        return result

    def close(self, timeout: float) -> None:
        """Begin nothing more, and wait for what runs. May be called twice."""
        with self._changed:
            self._closed = True
            for job in self._jobs + self._spare:
                job.future.cancel()
            self._jobs.clear()
            self._spare.clear()
            self._changed.notify_all()
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout)

    def _serve(self) -> None:
        while (job := self._take()) is not None:
            self._do(job)
            del job  # and with it what it was given

    def _do(self, job: _Job) -> None:
        begun = job.future.set_running_or_notify_cancel()
        try:
            result = job.work() if begun else None
        except BaseException as error:
            self._done()
            job.future.set_exception(error)
        else:
            self._done()
            if begun:
                job.future.set_result(result)

    def _take(self) -> Optional[_Job]:
        with self._changed:
            while not self._closed:
                jobs = self._jobs or (self._spare if self._running < max(1, self._size - 1) else [])
                if jobs:
                    self._running += 1
                    return heapq.heappop(jobs)
                self._idle += 1
                self._changed.wait()
                self._idle -= 1
            return None

    def _done(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify()


_open: weakref.WeakSet[Pool] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for pool in list(_open):
        pool.close(_EXIT_SECONDS)
