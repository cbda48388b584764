"""A program in a pseudo-terminal: types into it, and waits for what it shows."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Optional

import psutil

__all__ = ["ESTUARY", "Terminal", "environment", "no_signals_ignored"]

ESTUARY = [sys.executable, "-m", "estuary.cli"]

PATIENCE = 30.0  # seconds for anything to show up
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]")


def environment(home: Any, **more: str) -> dict[str, str]:
    """What a user's program finds, with a home of its own and nothing set for estuary."""
    keep = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "COVERAGE_PROCESS_START") if name in os.environ}
    return {
        **keep,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "PYTHONUNBUFFERED": "",
        "LOGNAME": "alice",
        **more,
    }


class Terminal:
    """``estuary`` with these arguments in a terminal; a context manager that kills what is left.

    ``raw`` is all that came, ``screen`` the same without escape codes and carriage returns.
    """

    def __init__(self, *args: str, env: Mapping[str, str], columns: int = 80, rows: int = 24) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            [*ESTUARY, *args],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(env),
            # a session of its own, with this terminal as the controlling one: so that Ctrl-C is a signal
            preexec_fn=_control_terminal,
            close_fds=True,
        )
        self._slave = slave  # kept open: the last words of a program must be readable after its end
        self.raw = b""
        self._seen = 0

    @property
    def screen(self) -> str:
        return _ESCAPES.sub("", self.raw.decode("utf-8", "replace")).replace("\r\n", "\n").replace("\r", "")

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed by itself."""
        return bool(termios.tcgetattr(self._slave)[3] & termios.ECHO)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def line(self, text: str) -> None:
        self.type(text + "\r")

    def wait_until_idle(self) -> None:
        """Wait until the program waits for a key: a signal before that is noticed by Python at the next key only."""
        deadline = time.monotonic() + PATIENCE
        while psutil.Process(self.process.pid).status() != psutil.STATUS_SLEEPING:
            assert time.monotonic() < deadline, "the program is never idle"

    def wait_for(self, pattern: str, timeout: float = PATIENCE) -> re.Match[str]:
        """Wait until *pattern* shows up behind what the last call found."""
        deadline = time.monotonic() + timeout
        while True:
            match = re.compile(pattern, re.MULTILINE).search(self.screen, self._seen)
            if match is not None:
                self._seen = match.end()
                return match
            # short looks, as nothing comes from a program that has ended
            if self._read(min(deadline, time.monotonic() + 0.1)):
                continue
            if self.process.poll() is not None or time.monotonic() >= deadline:
                if self._read(time.monotonic()):
                    continue
                rest = self.screen[self._seen :]
                raise AssertionError(f"{pattern!r} did not show up within {timeout:g} s, but {rest!r}\n{self.screen}")

    def wait_for_all(self, *patterns: str) -> None:
        """The same for several, in whatever order they show up."""
        start, ends = self._seen, []
        for pattern in patterns:
            self._seen = start
            ends.append(self.wait_for(pattern).end())
        self._seen = max(ends)

    def wait_for_end(self, timeout: float = PATIENCE) -> int:
        """Wait until the program ends; its exit status."""
        deadline = time.monotonic() + timeout
        while self.process.poll() is None:
            # a program that ends closes nothing here, as we hold the terminal too: short looks
            self._read(min(deadline, time.monotonic() + 0.05))
            assert time.monotonic() < deadline, f"the program did not end\n{self.screen}"
        while self._read(time.monotonic()):
            pass
        return self.process.returncode

    def _read(self, deadline: float) -> bool:
        """Take what there is, waiting until the deadline for the first of it."""
        if not select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return False
        with contextlib.suppress(OSError):
            self.raw += os.read(self._master, 65536)
        return True

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        os.close(self._master)
        os.close(self._slave)


def no_signals_ignored() -> None:
    """In the child: as in a terminal, even where the tests run in the background of a script, which ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _control_terminal() -> None:
    no_signals_ignored()
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
