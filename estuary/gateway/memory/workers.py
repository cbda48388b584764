"""A few threads that work off what they are given."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Optional, TypeVar

__all__ = ["Workers"]

T = TypeVar("T")
log = logging.getLogger("estuary.gateway")


class Workers:
    """Daemon threads, started when they are first needed: a model that never answers must not hold up the exit, as the
    threads of ``ThreadPoolExecutor`` would."""

    def __init__(self, name: str, count: int) -> None:
        self._name = name
        self._count = count
        self._jobs: queue.SimpleQueue[Optional[tuple[Future[Any], Callable[[], Any]]]] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Have ``work`` done. Once closed, the future is cancelled at once."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                future.cancel()
                return future
            self._jobs.put((future, work))
            if self._idle > 0:
                self._idle -= 1
            elif len(self._threads) < self._count:
                thread = threading.Thread(target=self._run, name=f"{self._name}-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def close(self, timeout: float) -> bool:
        """Cancel what has not begun and wait for the rest. Returns whether it ended in time."""
        with self._lock:
            self._closed = True
            threads = list(self._threads)
        try:
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    job[0].cancel()
        except queue.Empty:
            pass
        for _ in threads:
            self._jobs.put(None)
        deadline = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            future, work = job
            if future.set_running_or_notify_cancel():
                try:
                    result = work()
                except BaseException as error:
                    future.set_exception(error)
                else:
                    future.set_result(result)
                    del result
            del job, future, work
            with self._lock:
                self._idle += 1
