"""Wraps text at words while it streams. No terminal in here: text in, text to write out."""

from __future__ import annotations

import re
from typing import Callable, Iterator, List, Tuple

from rich.cells import get_character_cell_size

from .common import clean

__all__ = ["Flow"]

_TOKEN = re.compile(r"\n|[^\S\n]+|\S+")
_JOINER = "\u200d"


class Flow:
    """One message, from its first character to its last.

    What is fed is written at once, whatever the chunks. A word that turns out too long for its line is taken back and
    written on the next one. Blank lines at the end are never written, as newlines wait for the text behind them.

    Args:
        write: takes what is to be written; called once for each ``feed``.
        width: gives the cells of a line; asked each time, as the window may change.
        indent: cells before each line but the first.
        column: where the cursor is.
        movable: whether the terminal can move the cursor back. Otherwise words are broken where the line ends.
    """

    def __init__(
        self, write: Callable[[str], None], width: Callable[[], int], *, indent: int, column: int, movable: bool = True
    ) -> None:
        self._write = write
        self._width = width
        self._indent = indent
        self._column = column
        self._movable = movable
        self._out: List[str] = []
        self._newlines = 0
        self._space = ""
        self._word = ""
        self._word_at = column
        #: nothing of this line is written yet …
        self._at_start = True
        #: … and what leads to it does not count: the line was broken by us
        self._soft = True
        self._swallow = True

    def feed(self, text: str) -> None:
        """Write ``text``."""
        for token in _TOKEN.findall(clean(text).expandtabs(4)):
            if token == "\n":
                self._word = ""
                self._space = ""
                if not self._swallow:
                    self._newlines += 1
                    self._at_start, self._soft = True, False
                self._swallow = False
            elif token.isspace():
                self._word = ""
                self._space += token
            else:
                self._swallow = False
                for piece, cells in _pieces(token):
                    self._put(piece, cells)
        self._flush()

    def pause(self) -> None:
        """Leave the line, for something else to be written between. What follows begins a new one."""
        if self._column:
            self._out.append("\n")
        self._column = self._newlines = 0
        self._space = self._word = ""
        self._at_start = self._soft = self._swallow = True
        self._flush()

    def _put(self, piece: str, cells: int) -> None:
        width = max(self._width(), self._indent + 8)
        if not self._word:
            self._begin_word(cells, width)
        elif self._column + cells > width and self._word_at > self._indent and self._movable:
            back = self._column - self._word_at
            self._out.append(f"\x1b[{back}D\x1b[K")
            self._break()
            self._word_at = self._column
            self._out.append(self._word)
            self._column += back
        for char, size in [(piece, cells)] if self._column + cells <= width else _pieces(piece, each=True):
            if self._column + size > width and self._column > self._indent:
                self._break()
                self._word_at = self._column
            self._out.append(char)
            self._column += size
        # a wide character is a word of its own: scripts that have them do without spaces
        self._word = "" if get_character_cell_size(piece[0]) == 2 else self._word + piece

    def _begin_word(self, cells: int, width: int) -> None:
        if self._newlines:
            self._out.append("\n" * self._newlines)
            self._newlines = self._column = 0
        if self._at_start:
            if not self._column:
                self._out.append(" " * self._indent)
                self._column = self._indent
            if not self._soft:
                lead = self._space[: max(0, width - self._indent - 8)]
                self._out.append(lead)
                self._column += len(lead)
        elif self._column + len(self._space) + cells > width:
            self._break()
        else:
            self._out.append(self._space)
            self._column += len(self._space)
        self._space = ""
        self._at_start = False
        self._word_at = self._column

    def _break(self) -> None:
        self._out.append("\n" + " " * self._indent)
        self._column = self._indent

    def _flush(self) -> None:
        if self._out:
            self._write("".join(self._out))
            self._out = []


def _pieces(token: str, *, each: bool = False) -> Iterator[Tuple[str, int]]:
    """Parts of a word between which no line may be broken, with the cells each takes."""
    if token.isascii() and not each:
        yield token, len(token)
        return
    piece, cells, was_wide = "", 0, False
    for char in token:
        size = get_character_cell_size(char)
        joined = not size or piece.endswith(_JOINER)
        if piece and not joined and (each or size == 2 or was_wide):
            yield piece, cells
            piece, cells = "", 0
        if not joined or not piece:
            cells += size
            was_wide = size == 2
        piece += char
    if piece:
        yield piece, cells
