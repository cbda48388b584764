"""How commands answer: tables and trees for people, JSON for programs, pictures to files, questions before deleting.

In a terminal, what is shown fits its width and goes through the pager when it is higher. In a pipe it is plain: a line
for each row, nothing cut off. All text that comes from a server is cleaned of what a terminal takes for a command.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.util
import io
import itertools
import json
import os
import re
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Iterable, Iterator, List, Optional, Sequence, Union

import attrs
import click
from attrs import frozen
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from ..codec import parse_time
from .common import Failure, one_line, short_path

if TYPE_CHECKING:
    _Param = click.ParamType[Any]
else:  # older releases of click have no brackets there
    _Param = click.ParamType

__all__ = [
    "PICTURE",
    "WHEN",
    "Column",
    "Rows",
    "busy",
    "cell",
    "confirm",
    "day",
    "document",
    "drawing",
    "in_terminal",
    "minute",
    "plain",
    "read_json",
    "replace_file",
    "say",
    "show",
    "stored",
    "width",
    "writing",
]

#: columns of "a terminal" that has no right edge: nothing is wrapped or cut off there
ENDLESS = 1_000_000
PICTURES = (".png", ".svg", ".pdf", ".jpg")

#: controls that JSON may hold as they are, but a terminal may take for commands
_C1 = re.compile("[\x7f-\x9f]")

#: rich fills cells up with spaces
_RAGGED = re.compile(r" +\n")


# ── for people ──


@frozen
class Column:
    """A column of a table. ``at`` is the terminal's width from which on there is room for it."""

    title: str
    right: bool = False
    #: its cells wrap, and it takes what the others leave
    wraps: bool = False
    style: str = ""
    at: int = 0


def in_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int:
    """The terminal's, or that of a line in a pipe, which may be as long as it likes."""
    return _console().width if in_terminal() else ENDLESS


def cell(value: Union[str, float, Text, None]) -> Text:
    """A cell: text on one line without anything for the terminal; nothing where there is none."""
    if isinstance(value, Text):
        return value
    return Text("" if value is None else one_line(value))


class Rows:
    """A table. rich has one, but takes milliseconds for a row, and there may be many thousand.

    Args:
        columns: shown where there is room for them; those that wrap give way first, the widest before the others.
        rows: a value for each column.
        heading: whether the columns' titles are shown.
    """

    _GAP = 2
    #: cells that a column which wraps keeps, as long as others can give way
    _LEAST = 12

    def __init__(self, columns: Sequence[Column], rows: Iterable[Sequence[Any]], *, heading: bool = True) -> None:
        room = width()
        shown = [number for number, column in enumerate(columns) if room >= column.at]
        self._columns = [columns[number] for number in shown]
        self._rows = [[cell(row[number]) for number in shown] for row in rows]
        if not in_terminal():  # a line for each row, even of a text that has several
            self._rows = [[Text(text.plain.replace("\n", " ")) for text in row] for row in self._rows]
        if heading:
            self._rows.insert(0, [Text(column.title, style="bold") for column in self._columns])
        self._heading = heading

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        widths = self._widths(options.max_width)
        styles = [console.get_style(column.style) for column in self._columns]
        for number, row in enumerate(self._rows):
            heading = self._heading and number == 0
            pieces = [_fitted(*each, console) for each in zip(row, self._columns, widths)]
            for line in itertools.zip_longest(*pieces, fillvalue=Text()):
                for place, text in enumerate(line):
                    fill = " " * (widths[place] - text.cell_len)
                    if place:
                        yield Segment(" " * self._GAP)
                    if fill and self._columns[place].right:
                        yield Segment(fill)
                    style = Style() if heading else styles[place]
                    yield from Segment.apply_style(text.render(console), style)
                    if fill and not self._columns[place].right:
                        yield Segment(fill)
                yield Segment.line()

    def plain(self) -> Iterator[str]:
        """The lines for a pipe, without an end to the right."""
        widths = self._widths(ENDLESS)
        for row in self._rows:
            padded = []
            for text, column, size in zip(row, self._columns, widths):
                fill = " " * (size - text.cell_len)
                padded.append(f"{fill}{text.plain}" if column.right else f"{text.plain}{fill}")
            yield (" " * self._GAP).join(padded).rstrip()

    def _widths(self, room: int) -> List[int]:
        widths = [0] * len(self._columns)
        for row in self._rows:
            for n, text in enumerate(row):
                widths[n] = max(widths[n], *map(cell_len, text.plain.split("\n")))
        excess = sum(widths) + self._GAP * (len(widths) - 1) - room
        for least, wraps in ((self._LEAST, True), (4, False), (4, True)):
            which = [n for n, column in enumerate(self._columns) if column.wraps is wraps and widths[n] > least]
            while excess > 0 and which:
                widest = max(which, key=lambda n: widths[n])
                others = max((widths[n] for n in which if n != widest), default=least)
                # down to the next one, then all of them by turns
                take = min(excess, max(1, widths[widest] - max(others, least)))
                widths[widest] -= take
                excess -= take
                which = [n for n in which if widths[n] > least]
        return widths


def _fitted(text: Text, column: Column, size: int, console: Console) -> List[Text]:
    """The lines of a cell."""
    if text.cell_len <= size and "\n" not in text.plain:
        return [text]
    if column.wraps:
        lines = list(text.wrap(console, max(1, size), overflow="fold"))
        for line in lines:
            line.rstrip()
        return lines
    text = text.copy()
    text.truncate(size, overflow="ellipsis")
    return [text]


def show(*parts: Union[RenderableType, Rows]) -> None:
    """Print, through the pager what is higher than the terminal."""
    if not in_terminal():
        click.echo("\n".join(line for part in parts for line in _plain_lines(part)))
        return
    console = _console()
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    text = _RAGGED.sub("\n", capture.get())
    if text.count("\n") < console.height or not sys.stdin.isatty():
        click.echo(text, nl=False)
    else:
        click.echo_via_pager(text, color=console.color_system is not None)


def _plain_lines(part: Union[RenderableType, Rows]) -> Iterable[str]:
    if isinstance(part, Rows):
        return part.plain()
    console = Console(file=io.StringIO(), width=ENDLESS, color_system=None)
    console.print(part)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return [line.rstrip() for line in text[:-1].split("\n")]


def say(text: str, *, aside: bool = False) -> None:
    """A sentence for people; ``aside`` where the standard output belongs to data."""
    click.echo(one_line(text), err=aside)


def minute(when: Optional[dt.datetime]) -> str:
    """A time as the clock on the wall shows it."""
    return "" if when is None else when.astimezone().strftime("%Y-%m-%d %H:%M")


def day(when: Optional[dt.datetime]) -> str:
    return "" if when is None else when.astimezone().strftime("%Y-%m-%d")


def _console() -> Console:
    return Console(highlight=False, markup=False, emoji=False)


# ── for programs ──


def document(value: Any) -> None:
    """Print ``value`` as the one JSON document of this command."""
    text = json.dumps(plain(value), indent=2, ensure_ascii=not _can_say_all())
    click.echo(_C1.sub(lambda found: f"\\u{ord(found.group()):04x}", text))


def plain(value: Any) -> Any:
    """What JSON can hold of it: models by their Python names without what they were read from, times in ISO 8601.

    >>> plain((dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc), dt.date(2026, 1, 2)))
    ['2026-01-02T00:00:00+00:00', '2026-01-02']
    """
    if attrs.has(type(value)):
        return {f.name: plain(getattr(value, f.name)) for f in attrs.fields(type(value)) if f.name != "raw"}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _can_say_all() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "").startswith("utf")


# ── while it lasts ──


def busy() -> bool:
    """Whether a long walk shows how far it is: where somebody watches."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


# ── questions ──


def confirm(question: str, *, yes: bool) -> None:
    """Go on where the answer is yes. Raises ``Failure`` where it is not, or where there is nobody to ask."""
    if yes:
        return
    question = one_line(question)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Failure(f"{question} There is no terminal to ask in: --yes says yes")
    if not click.confirm(question, err=True):
        raise Failure("nothing was changed")


# ── options ──


class _When(_Param):
    """A day, a time, or how long ago: aware, without an offset in this machine's time zone."""

    name = "when"
    _AGO = re.compile(r"(\d+) ?([mhdw])", re.IGNORECASE)
    _UNITS: ClassVar[Dict[str, str]] = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

    def convert(self, value: Any, param: Optional[click.Parameter], ctx: Optional[click.Context]) -> dt.datetime:
        if isinstance(value, dt.datetime):
            return value
        text = str(value).strip()
        now = dt.datetime.now().astimezone()
        try:
            ago = self._AGO.fullmatch(text)
            if ago is not None:
                return now - dt.timedelta(**{self._UNITS[ago.group(2).lower()]: int(ago.group(1))})
            try:
                return dt.datetime.fromisoformat(text).astimezone()
            except ValueError:
                return parse_time(text)
        except Exception:  # whatever a text can be
            self.fail(f"{text!r} is no time: give a day (2026-01-31), a time (2026-01-31T18:30), or how long ago (7d)")


class _Picture(_Param):
    """A file to draw into. What can be known to fail is said before anything is asked for."""

    name = "file"

    def convert(self, value: Any, param: Optional[click.Parameter], ctx: Optional[click.Context]) -> Path:
        path = Path(value)
        if path.suffix.lower() not in PICTURES:
            self.fail(f"{str(value)!r} must end in {', '.join(PICTURES[:-1])} or {PICTURES[-1]}")
        if any(importlib.util.find_spec(package) is None for package in ("matplotlib", "networkx")):
            raise Failure("drawing needs matplotlib and networkx: pip install 'estuary-sync[notebook]'")
        return path


WHEN = _When()
PICTURE = _Picture()


# ── files ──


def stored(path: object, *, as_json: bool) -> None:
    """Say where something was written."""
    say(f"written to {short_path(path)}", aside=as_json)


@contextlib.contextmanager
def writing(path: object) -> Iterator[None]:
    """Around what writes a file: that it can't be written is one line."""
    try:
        yield
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise Failure(f"{short_path(path)} can't be written: {error.strerror or error}") from error


@contextlib.contextmanager
def drawing(path: Path) -> Iterator[None]:
    """The same for a picture; that a font lacks a sign is no matter for the terminal."""
    with writing(path), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def replace_file(path: Path, text: str) -> None:
    """Write ``text``, all of it or nothing; whoever else uses this machine can't read it."""
    with writing(path):
        if path.exists() and not path.is_file():  # a device, a pipe
            path.write_text(text, encoding="utf-8")
            return
        path = path.resolve()
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with open(number, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise


def read_json(source: str) -> Any:
    """The JSON of a file, or of the standard input where it is called ``-``."""
    name = "the standard input" if source == "-" else short_path(source)
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Failure(f"{name} can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{name} is not text in UTF-8") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Failure(f"{name} is not JSON: {error}") from error
