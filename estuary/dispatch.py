"""The one thread of a session that runs user callbacks, in order."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Optional, Tuple

from .credentials import get_logger
from .deadline import Deadline
from .waiting import Changed

__all__ = ["Dispatcher"]

_log = get_logger("estuary.dispatch")

#: Callbacks that wait to be run, at most. Beyond it the newest are dropped, with one warning.
MAX_WAITING = 10_000


class Dispatcher:
    """Runs callbacks one after the other on a thread that starts with the first of them.

    A callback that raises is logged with its traceback and offered to ``on("error")``; the next one runs all the
    same. The queue holds 10,000 callbacks; while it is full, new ones are dropped, counted and warned of once.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.reset()

    def reset(self) -> None:
        """Start anew, without the thread (which a forked child doesn't have)."""
        self._handlers: Dict[str, List[Callable[[Any], Any]]] = getattr(self, "_handlers", {})
        self._queue: Deque[Tuple[int, Callable[..., Any], Tuple[Any, ...]]] = deque()
        # reentrant: a finalizer may call stop() in the middle of anything
        self._lock = threading.RLock()
        self._changed = Changed(self._lock)
        self._thread: Optional[threading.Thread] = None
        self._stopping = False
        self._put = 0
        self._done = 0
        self.dropped = 0

    # ── handlers ──

    def on(self, event: str, handler: Callable[[Any], Any]) -> Callable[[], None]:
        """Register; the returned function takes this registration away again, and may be called twice."""
        # replaced, never changed: the read thread looks without a lock
        with self._lock:
            self._handlers = {**self._handlers, event: [*self._handlers.get(event, []), handler]}
        registered = [handler]

        def off() -> None:
            with self._lock:
                left = list(self._handlers.get(event, []))
                if registered and handler in left:
                    registered.clear()
                    left.remove(handler)
                    self._handlers = {k: v for k, v in {**self._handlers, event: left}.items() if v}

        return off

    def wants(self, event: str) -> bool:
        """Whether anybody listens. Cheap: called for every event on the read thread."""
        handlers = self._handlers
        return bool(handlers) and (event in handlers or "*" in handlers)

    def emit(self, event: str, value: Any) -> None:
        """Queue ``value`` for all handlers of ``event`` and of ``"*"``."""
        if self.wants(event):
            self.submit(self._run_handlers, event, value)

    def error(self, error: Exception) -> None:
        """Offer ``error`` to ``on("error")``."""
        self.emit("error", error)

    def _run_handlers(self, event: str, value: Any) -> None:
        for handler in [*self._handlers.get(event, []), *self._handlers.get("*", [])]:
            try:
                handler(value)
            except Exception as error:  # the user's code may raise anything
                _log.exception("a handler of %r raised", event)
                if event != "error":  # an error handler that fails must not be called for its own failure
                    self.error(error)

    # ── the queue ──

    def submit(self, function: Callable[..., Any], *args: Any) -> int:
        """Queue a call; returns its number, for ``wait_for``. Never blocks."""
        with self._lock:
            if len(self._queue) >= MAX_WAITING:
                self.dropped += 1
                if self.dropped == 1:
                    _log.warning(
                        "%s: %d callbacks are waiting: a handler blocks; events are dropped until it returns",
                        self._name, MAX_WAITING,
                    )  # fmt: skip
                return self._put
            self._put += 1
            self._queue.append((self._put, function, args))
            if self._thread is None:
                self._stopping = False
                # daemon: a handler that never returns must not keep the interpreter from ending
                thread = threading.Thread(target=self._run, daemon=True, name=f"estuary-dispatch-{self._name}")
                try:
                    thread.start()
                except RuntimeError:
                    self._queue.clear()  # the interpreter is ending: nothing can be run any more
                    return self._done
                self._thread = thread
            else:
                self._changed.notify_all()
            return self._put

    def wait_for(self, number: int, deadline: Deadline) -> bool:
        """Wait until the call with this number has returned. ``True`` at once on the dispatch thread itself."""
        if threading.current_thread() is self._thread:
            return True
        self._changed.wait_for(lambda: self._done >= number or self._thread is None, deadline)
        return self._done >= number

    def stop(self) -> None:
        """Have the thread end when it has run what is queued. Doesn't wait."""
        with self._lock:
            self._stopping = True
            self._changed.notify_all()

    def close(self, deadline: Deadline) -> bool:
        """Let what is queued run, then end the thread, by the deadline. ``False`` where that did not suffice."""
        thread = self._thread
        if thread is None:
            return True
        self.stop()
        if thread is threading.current_thread():
            return True  # it ends when the callback that closes has returned
        thread.join(deadline.remaining())
        if thread.is_alive():
            with self._lock:
                left = len(self._queue)
                self._queue.clear()
            _log.warning("%s: a handler did not return in time; %d callbacks were not run", self._name, left)
            return False
        return True

    def _run(self) -> None:
        forever = Deadline(None)
        while True:
            self._changed.wait_for(lambda: bool(self._queue) or self._stopping, forever)
            with self._lock:
                if not self._queue:
                    if not self._stopping:
                        continue  # thrown away meanwhile
                    self._thread = None
                    self._changed.notify_all()
                    return
                number, function, args = self._queue.popleft()
            try:
                function(*args)
            except BaseException:  # even sys.exit() in a callback must not end the thread
                _log.exception("a callback raised")
            finally:
                # a traceback or a value kept here would live until the next callback
                del function, args
                with self._lock:
                    # not counted: calls that close() threw away are never done, but those behind them are
                    self._done = number
                    self._changed.notify_all()
