"""What capture and playback have in common: a thread that owns one end of the audio."""

from __future__ import annotations

import threading
import time
from typing import Any, Optional, Protocol

from ..credentials import get_logger
from ..deadline import Deadline
from ..errors import AudioDeviceError, VoiceError

__all__ = ["Owner", "Worker"]

_log = get_logger("estuary.voice")

#: What a device is given before it is opened anew: a sound server that restarts needs it. Seconds.
REOPEN_AFTER = 0.5
#: A device that fails again so soon after it was opened anew is given up. Seconds.
STEADY = 10.0


class Owner(Protocol):
    """Who is told how a worker fares. On the worker's thread."""

    def worker_opened(self) -> None: ...

    def worker_failed(self, error: VoiceError) -> None: ...

    def worker_over(self) -> None: ...


class Worker:
    """Opens, uses and closes one source or sink, all on a thread of its own.

    A device (an end whose ``live`` is true) that fails is opened anew, once. Devices time out by themselves; another
    end may hang in a call for ever, and then its thread is left behind: it is daemon, and ``abandon`` makes all that it
    still does without effect.
    """

    role = ""

    def __init__(self, end: Any, owner: Owner, name: str) -> None:
        self.end = end
        self.opened = threading.Event()
        self.over = threading.Event()
        #: times that the device was opened anew
        self.reopened = 0
        self._owner = owner
        self._stopping = threading.Event()
        self._abandoned = False
        # daemon: an end that hangs must not keep the interpreter from ending
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"estuary-{self.role}-{name}")

    def start(self) -> None:
        try:
            self._thread.start()
        except RuntimeError:  # too many threads, or the interpreter is ending
            self.over.set()
            raise

    @property
    def is_live(self) -> bool:
        """Whether its end is a device, which goes on whether anybody reads or not."""
        return bool(getattr(self.end, "live", False))

    @property
    def latency(self) -> float:
        """Seconds between its end and the air, as the end estimates it."""
        return float(getattr(self.end, "latency", 0.0)) if self.opened.is_set() else 0.0

    @property
    def is_current(self) -> bool:
        """Whether it is its thread that asks."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """Have it end. Doesn't wait."""
        self._stopping.set()

    def abandon(self) -> None:
        """It hangs, or belongs to another process: nothing that it does from now on counts."""
        self._abandoned = True
        self.stop()

    def join(self, deadline: Deadline) -> bool:
        """Wait until it is over; left behind where it is not in time."""
        if self._thread.ident is None:
            return True
        self._thread.join(deadline.remaining())
        if self._thread.is_alive():
            _log.warning("%r does not return: its thread is left behind", self.end)
            self.abandon()
            return False
        return True

    def _run(self) -> None:
        tried = -STEADY
        problem: Optional[VoiceError] = None
        try:
            while True:
                problem = self._use_once(problem)
                if problem is None or self._stopping.is_set():
                    return
                now = time.monotonic()
                if not (self.is_live and self.opened.is_set()) or now - tried < STEADY:
                    if not self._abandoned:
                        self._owner.worker_failed(problem)
                    return
                _log.warning("%s; it is opened anew", problem)
                tried = now
                self.reopened += 1
                if self._stopping.wait(REOPEN_AFTER):
                    return
        finally:
            self.over.set()
            if not self._abandoned:
                self._owner.worker_over()

    def _use_once(self, before: Optional[VoiceError]) -> Optional[VoiceError]:
        """Open, use, close. Returns what went wrong, with what went wrong ``before`` if it did not even open."""
        opened = False
        problem: Optional[VoiceError] = None
        try:
            self._open()
            opened = True
            self.opened.set()
            if not self._abandoned:
                self._owner.worker_opened()
                self._loop()
        except Exception as error:  # a device, a file, the user's own class: anything may be raised
            problem = self._problem(error)
        finally:
            try:
                self.end.close()
            except Exception as error:
                problem = problem or self._problem(error)
        if problem is not None and before is not None and not opened:
            return AudioDeviceError(f"{before}; it could not be opened anew: {problem}")
        return problem

    def _problem(self, error: Exception) -> VoiceError:
        if isinstance(error, VoiceError):
            return error
        if not isinstance(error, OSError):
            _log.error("%r failed", self.end, exc_info=error)
        problem = AudioDeviceError(f"{self.role} with {self.end!r} failed: {error or type(error).__name__}")
        problem.__cause__ = error
        return problem

    def _open(self) -> None:
        raise NotImplementedError

    def _loop(self) -> None:
        raise NotImplementedError
