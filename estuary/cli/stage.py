"""What a spoken conversation shows: what was said runs upwards, what is being said and the levels stay below it."""

from __future__ import annotations

from types import TracebackType
from typing import List, Optional, Tuple, Type

from attrs import define
from rich.cells import cell_len
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from .common import clean, one_line

__all__ = ["Meter", "Stage", "bar"]

#: what a meter's bar spans, dBFS
_QUIET, _LOUD = -60.0, 0.0
#: from here on it is loud, and too loud
_YELLOW, _RED = -12.0, -3.0


def bar(level: float, cells: int) -> Text:
    """A level in dBFS as a bar.

    >>> str(bar(-30, 10)), str(bar(-96, 4)), str(bar(0, 4))
    ('█████░░░░░', '░░░░', '████')
    """
    full = round(cells * min(1.0, max(0.0, (level - _QUIET) / (_LOUD - _QUIET))))
    style = "red" if level >= _RED else "yellow" if level >= _YELLOW else "green"
    return Text.assemble(("█" * full, style), ("░" * (cells - full), "dim"))


class Meter:
    """A level that can be read: it rises at once and falls slowly."""

    #: dB a second
    FALL = 40.0

    def __init__(self) -> None:
        self.level = _QUIET
        self._at = float("-inf")

    def show(self, level: float, now: float) -> float:
        """The level to show at this time (seconds of any clock)."""
        fallen = max(_QUIET, self.level - self.FALL * min(10.0, now - self._at))
        self.level, self._at = max(level, fallen), now
        return self.level


@define
class _Message:
    """What somebody is saying, its first lines shown for good already."""

    message_id: Optional[str]
    label: Text
    #: of a line; as it was at the beginning, so that the lines stay the same
    width: int
    #: where in the text this part of it begins
    begin: int = 0
    text: str = ""
    lines_shown: int = 0


class Stage:
    """Owns the terminal from ``with`` on. For the main thread alone.

    A message's lines that are full go up and stay; the last one, what the user is just saying and the status below it
    are drawn anew each time.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)
        self._message: Optional[_Message] = None
        #: the message that was interrupted by something else, and how much of its text was shown
        self._before: Tuple[Optional[str], int] = None, 0
        #: what is understood so far of what the user is saying
        self.partial = ""
        self.status: List[Text] = []

    def __enter__(self) -> Stage:
        self._live.start()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        self.end_message()
        self.partial, self.status = "", []
        self._live.stop()

    def user(self, text: str, name: str) -> None:
        """What the user said, for good."""
        self.end_message()
        self.partial = ""
        self._say(self._new(None, Text(f"{name} › ", style="bold green")), text)
        self.end_message()

    def character(self, text: str, message_id: Optional[str], name: str, *, unasked: bool = False) -> None:
        """What the character has said so far in this message."""
        message = self._message
        if message is None or message.message_id != message_id:
            self.end_message()
            style = "bold blue" if unasked else "bold cyan"
            message = self._new(message_id, Text(f"{name} {'»' if unasked else '›'} ", style=style))
            if message_id is not None and self._before[0] == message_id:
                message.begin = self._before[1]
                message.label = Text(" " * cell_len(message.label.plain))
        self._say(message, text)

    def note(self, text: str, style: str = "dim italic") -> None:
        """A line of its own."""
        self.end_message()
        self._live.console.print(Text(one_line(text), style=style))

    def action(self, text: str) -> None:
        """What the character does."""
        self.end_message()
        self._live.console.print(Text.assemble(("▸ ", "bold magenta"), (text, "magenta")))

    def draw(self) -> None:
        """Show how things are now."""
        parts: List[Text] = []
        if self._message is not None:
            parts += self._lines(self._message)[-1:]
        if self.partial:
            room = self._console.width - 3
            partial = one_line(self.partial)[-room:]
            while cell_len(partial) > room:  # the end of it is what is new
                partial = partial[1:]
            parts.append(Text(f"… {partial}", style="dim"))
        self._live.update(Group(*parts, *self.status), refresh=True)

    def end_message(self) -> None:
        """The message that is being said is over, or something else comes between."""
        message, self._message = self._message, None
        if message is not None:
            self._show(self._lines(message)[message.lines_shown :])
            self._before = message.message_id, message.begin + len(message.text)

    def _new(self, message_id: Optional[str], label: Text) -> _Message:
        return _Message(message_id, label, max(8, self._console.width - 1 - label.cell_len))

    def _say(self, message: _Message, text: str) -> None:
        message.text = text[message.begin :]
        if not message.text.strip():
            return
        self._message = message
        lines = self._lines(message)
        self._show(lines[message.lines_shown : -1])
        message.lines_shown = max(message.lines_shown, len(lines) - 1)

    def _show(self, lines: List[Text]) -> None:
        for line in lines:
            self._live.console.print(line)

    def _lines(self, message: _Message) -> List[Text]:
        """Its lines. Those before the last stay as they are when text is added at the end."""
        text = Text(clean(message.text).expandtabs(4).strip())
        first, *rest = text.wrap(self._console, message.width, overflow="fold")
        return [message.label + first, *(Text(" " * message.label.cell_len) + line for line in rest)]
