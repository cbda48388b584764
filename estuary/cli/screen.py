"""What an interactive chat shows: one writer for answers, actions, interjections and notices.

All that comes from the character is handed over by the session's dispatch thread, in the wire's order, so an action
stands where it was performed. The main thread says when an answer is waited for, and when that is over.
"""

from __future__ import annotations

import threading
from typing import Any, Callable, ContextManager, Dict, List, Optional, Set

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.status import Status
from rich.text import Text

from ..actions import Action
from ..deadline import Deadline
from ..turn import Response
from .common import clean, describe_action, one_line
from .flow import Flow
from .prompt import Prompt

__all__ = ["ACTION", "Screen"]

#: marks an action
ACTION = "▸"
#: cells of a name that still stands beside its text
_BESIDE = 20
#: messages whose end is remembered until somebody asks for it
_ENDED = 64


class Screen:
    """Owns the terminal. Every method may be called from any thread."""

    def __init__(self, console: Console, prompt: Prompt) -> None:
        self._console = console
        self._prompt = prompt
        #: whose texts these are
        self.name = "character"
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._answering = False
        #: after an interruption: what still comes of the answer is not wanted
        self._deaf = False
        self._status: Optional[Status] = None
        self._flow: Optional[Flow] = None
        self._speaking: Optional[str] = None
        self._ended: Set[Optional[str]] = set()
        #: message id → its text so far, of messages that come while the user types
        self._asides: Dict[Optional[str], List[str]] = {}
        self.actions: List[Action] = []

    # ── the main thread ──

    def hold(self) -> ContextManager[Any]:
        """Have everything that arrives wait meanwhile."""
        return self._lock

    def wait(self) -> None:
        """An answer is to come: show that until its first text does."""
        with self._lock:
            self._answering, self._deaf = True, False
            self._ended.clear()
            self._spin()

    def spin(self, text: str) -> Status:
        """A spinner with a text, as a context manager."""
        return self._console.status(Text(text, style="dim"), spinner="dots", spinner_style="cyan")

    def wait_for_end(self, message_id: Optional[str], timeout: Optional[float]) -> bool:
        """Wait until the message's last chunk is shown. ``False`` when it was not, within ``timeout`` seconds."""
        deadline = Deadline(timeout)
        with self._lock:
            while message_id not in self._ended:
                if not self._changed.wait(deadline.remaining()) and deadline.expired:
                    return False
        return True

    def wait_for_any_end(self, timeout: Optional[float]) -> bool:
        """The same for the next message, whichever it is."""
        with self._lock:
            return self._changed.wait_for(lambda: bool(self._ended), timeout)

    def over(self, note: str = "", *, interrupted: bool = False) -> None:
        """Nothing more is to come. ``interrupted``: and what comes all the same is not to be shown."""
        with self._lock:
            self._answering = False
            self._deaf = interrupted
            self._still()
            self._end_flow()
            if note:
                self._line(Text(note, style="dim italic"))

    # ── the dispatch thread ──

    def response(self, response: Response) -> None:
        """A chunk of whatever the character says."""
        with self._lock:
            if self._deaf and not response.is_interjection:
                return
            if self._answering:
                self._stream(response)
            else:
                self._aside(response)
            if response.is_final and not response.is_interjection:
                if len(self._ended) < _ENDED:
                    self._ended.add(response.message_id)
                self._changed.notify_all()

    def action(self, action: Action) -> None:
        """The character does something."""
        with self._lock:
            self.actions.append(action)
            if self._deaf:
                return
            if self._flow is not None:
                self._flow.pause()
            line = Text(f"{ACTION} ", style="bold magenta")
            line.append(describe_action(action.name, action.arguments), style="not bold magenta")
            self._line(Padding(line, (0, 0, 0, self._indent), expand=False))

    def notice(self, text: str, style: str = "yellow") -> None:
        """Something about the connection, or an error."""
        with self._lock:
            if self._flow is not None:
                self._flow.pause()
            self._line(Text(one_line(text), style=style))

    # ── inside, all under the lock ──

    @property
    def _beside(self) -> bool:
        return cell_len(self.name) <= _BESIDE

    @property
    def _indent(self) -> int:
        return cell_len(self.name) + 3 if self._beside else 2

    def _line(self, text: RenderableType) -> None:
        """Lines of their own. While a spinner turns they go above that, while the user types above what is typed."""
        self._prompt.above(lambda: self._console.print(text))

    def _spin(self) -> None:
        if self._status is None:
            name = Text(self.name if self._beside else "…", style="bold cyan")
            self._status = self._console.status(name, spinner="dots", spinner_style="cyan")
            self._status.start()

    def _still(self) -> None:
        status, self._status = self._status, None
        if status is not None:
            status.stop()

    def _stream(self, response: Response) -> None:
        if self._flow is not None and response.message_id != self._speaking:
            self._end_flow()
        if self._flow is None and response.delta.strip():
            self._still()
            self._flow = self._new_flow(response)
        if self._flow is not None:
            self._flow.feed(response.delta)
        if response.is_final:
            self._end_flow()
            if response.is_interjection and self._answering:
                self._spin()

    def _new_flow(self, response: Response) -> Flow:
        console = self._console
        self._speaking = response.message_id
        self._label(response.is_interjection)
        return Flow(
            self._write,
            lambda: console.width - 1,
            indent=self._indent,
            column=self._indent if self._beside else 0,
            movable=not console.is_dumb_terminal,
        )

    def _label(self, unasked: bool) -> None:
        style = "bold blue" if unasked else "bold cyan"
        mark = "»" if unasked else "›"
        self._console.print(Text(f"{self.name} {mark} ", style=style), end="" if self._beside else "\n")

    def _end_flow(self) -> None:
        flow, self._flow = self._flow, None
        if flow is not None:
            flow.pause()

    def _write(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()

    def _aside(self, response: Response) -> None:
        """While the user types, a message is shown when it is whole: half of one would tear the line."""
        pieces = self._asides.setdefault(response.message_id, [])
        pieces.append(response.delta)
        if not response.is_final:
            return
        del self._asides[response.message_id]
        text = clean("".join(pieces)).strip()
        if text:
            show: Callable[[], Any] = lambda: self._whole(response, text)  # noqa: E731
            self._prompt.above(show)

    def _whole(self, response: Response, text: str) -> None:
        flow = self._new_flow(response)
        flow.feed(text)
        flow.pause()
