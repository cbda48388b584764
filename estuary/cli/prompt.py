"""The line the user types: editing, history, completion (readline, where Python has it), and the terminal's echo."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

from rich.cells import cell_len

from ..credentials import get_logger, mask_secrets

__all__ = ["Prompt", "no_echo"]

HISTORY_LINES = 1000

_log = get_logger("estuary.cli")

readline: Any
try:
    import readline
except ImportError:  # Windows
    readline = None


class Prompt:
    """Reads lines on the main thread; ``above`` shows something over the line that is being typed, from any thread.

    Args:
        style: escape codes before and after the label, or none.
        history: the file that keeps what was typed; ``None`` keeps nothing.
        commands: what Tab completes at the start of a line.
    """

    def __init__(
        self,
        *,
        style: Sequence[str] = ("", ""),
        history: Optional[Path] = None,
        commands: Sequence[str] = (),
    ) -> None:
        #: what stands before the line
        self.label = "› "
        self._before, self._after = style
        self._history = history
        self._lock = threading.RLock()
        self._reading = False
        if readline is None:
            return
        _complete(commands)
        readline.set_auto_history(False)
        readline.set_history_length(HISTORY_LINES)
        if history is not None:
            with _unimportant("the history can't be read"):
                if history.exists():
                    readline.read_history_file(str(history))

    def read(self) -> str:
        """The next line. Raises ``EOFError`` at Ctrl-D and ``KeyboardInterrupt`` at Ctrl-C."""
        with self._lock:
            self._reading = True
        try:
            line = input(self._dressed())
        finally:
            with self._lock:
                self._reading = False
        self._remember(line)
        return line

    @property
    def typed(self) -> str:
        """What was typed of the line that Ctrl-C ended."""
        return "" if readline is None else str(readline.get_line_buffer())

    def above(self, show: Callable[[], None]) -> None:
        """Call ``show`` with the cursor on a free line, and have the line being typed come back below."""
        with self._lock:
            if not self._reading:
                show()
                return
            columns = max(1, _columns())
            buffer, point = _line()
            whole, before = cell_len(self.label + buffer), cell_len(self.label + buffer[:point])
            row, column = divmod(before, columns)
            write = sys.stdout.write
            write((f"\x1b[{row}A" if row else "") + "\r\x1b[J")
            sys.stdout.flush()
            show()
            # as readline believes it to be, with the cursor where it was
            write(f"{self._before}{self.label}{self._after}{buffer}")
            if whole and whole % columns == 0:
                write(" \r")  # a full line: on to the next one, as readline does
            up = whole // columns - row
            if up or before != whole:
                write((f"\x1b[{up}A" if up else "") + "\r" + (f"\x1b[{column}C" if column else ""))
            sys.stdout.flush()

    def _dressed(self) -> str:
        if readline is None or not self._before:
            return f"{self._before}{self.label}{self._after}"
        # readline must know which characters take no room
        return f"\x01{self._before}\x02{self.label}\x01{self._after}\x02"

    def _remember(self, line: str) -> None:
        """Keep it in the history, unless it holds a key: those are typed or pasted by mistake."""
        line = " ".join(line.split())
        if readline is None or not line or mask_secrets(line) != line:
            return
        last = readline.get_current_history_length()
        if last and readline.get_history_item(last) == line:
            return
        readline.add_history(line)
        if self._history is None:
            return
        with _unimportant("the history can't be written"):
            self._history.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._history, os.O_WRONLY | os.O_CREAT, 0o600))
            if hasattr(readline, "append_history_file"):
                readline.append_history_file(1, str(self._history))
            else:
                readline.write_history_file(str(self._history))


def _line() -> Tuple[str, int]:
    """The line as it is being typed, and the index of the cursor in it."""
    if readline is None:
        return "", 0
    line = str(readline.get_line_buffer())
    try:
        # Python's module does not tell; the library it is linked with does, in bytes
        point = ctypes.c_int.in_dll(ctypes.CDLL(readline.__file__), "rl_point").value
    except (AttributeError, OSError, ValueError, TypeError):  # built in, or another library
        return line, len(line)
    return line, len(line.encode("utf-8", "replace")[:point].decode("utf-8", "ignore"))


def _backend() -> str:
    """``readline`` or ``editline`` (which some systems give out as readline)."""
    return "editline" if "libedit" in (readline.__doc__ or "") else "readline"


def _complete(commands: Sequence[str]) -> None:
    def complete(text: str, state: int) -> Optional[str]:
        found: List[str] = []
        if text.startswith("/") and readline.get_begidx() == 0:
            found = [f"{command} " for command in commands if command.startswith(text)]
        return found[state] if state < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" \t\n")
    readline.parse_and_bind("bind ^I rl_complete" if _backend() == "editline" else "tab: complete")


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        return 80


@contextlib.contextmanager
def _unimportant(what: str) -> Iterator[None]:
    """A chat without its history is still a chat."""
    try:
        yield
    except OSError as error:
        _log.info("%s: %s", what, error)


@contextlib.contextmanager
def no_echo() -> Iterator[None]:
    """What is typed meanwhile does not show up in the middle of an answer; it waits for the next line."""
    try:
        import termios

        fd = sys.stdin.fileno()
        before = termios.tcgetattr(fd)
    except (ImportError, OSError, ValueError):
        yield
        return
    except Exception as error:  # termios.error is no OSError
        _log.debug("no terminal to silence: %s", error)
        yield
        return
    quiet = [*before]
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(fd, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
