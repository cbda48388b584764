"""Wrapping while streaming: whatever the chunks, the screen is the same, and no line is longer than the window."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from estuary.cli.flow import Flow


class Paper:
    """As much of a terminal as a Flow needs: cells, newline, cursor left, erase to the end of the line."""

    def __init__(self, start: str = "") -> None:
        self.lines: list[list[str]] = [[*start]]
        self.column = len(start)

    def write(self, text: str) -> None:
        for token in re.findall(r"\x1b\[\d+D|\x1b\[K|.", text, re.DOTALL):
            line = self.lines[-1]
            if token.endswith("D") and token[0] == "\x1b":
                self.column -= int(token[2:-1])
                assert self.column >= 0
            elif token == "\x1b[K":
                del line[self.column :]
            elif token == "\n":
                self.lines.append([])
                self.column = 0
            else:
                # a wide character takes two cells; one without width joins the cell before it
                cells = [token, *[""] * (cell_len(token) - 1)] if cell_len(token) else []
                if not cells:
                    continue
                line[self.column : self.column + len(cells)] = cells
                self.column += len(cells)

    @property
    def text(self) -> str:
        return "\n".join("".join(line).rstrip() for line in self.lines)


def flow(*chunks: str, width: int = 20, label: str = "Ada: ", movable: bool = True) -> str:
    paper = Paper(label)
    running = Flow(paper.write, lambda: width, indent=len(label), column=len(label), movable=movable)
    for chunk in chunks:
        running.feed(chunk)
    running.pause()
    for line in paper.lines:
        assert len(line) <= width
    return paper.text


def test_words_are_wrapped_below_the_first() -> None:
    assert flow("The quick brown fox jumps.") == "Ada: The quick brown\n     fox jumps.\n"


def test_a_word_that_grows_moves_to_the_next_line() -> None:
    assert flow("The quick bro", "wn", "ish fox") == "Ada: The quick\n     brownish fox\n"


def test_it_is_written_at_once() -> None:
    written: list[str] = []
    running = Flow(written.append, lambda: 40, indent=0, column=0)
    running.feed("Hel")
    running.feed("lo")
    assert written == ["Hel", "lo"]


def test_a_word_longer_than_a_line_is_broken() -> None:
    assert flow("see https://example.org/a/long/path now") == (
        "Ada: see\n     https://example\n     .org/a/long/pat\n     h now\n"
    )


def test_newlines_and_the_space_behind_them_stay() -> None:
    assert flow("List:\n  - one\n  - two\n\nEnd.") == "Ada: List:\n       - one\n       - two\n\n     End.\n"


def test_blank_space_at_both_ends_goes() -> None:
    assert flow("\n  Hello. ", "\n\n", " \n") == "Ada: Hello.\n"


def test_a_pause_begins_a_new_line() -> None:
    paper = Paper("Ada: ")
    running = Flow(paper.write, lambda: 40, indent=5, column=5)
    running.feed("Here I go. ")
    running.pause()
    paper.write("* walk()\n")
    running.feed("\n And here I am.\n\nYes.")
    running.pause()
    assert paper.text == "Ada: Here I go.\n* walk()\n     And here I am.\n\n     Yes.\n"


def test_wide_characters_are_wrapped_anywhere() -> None:
    assert flow("日本語のテキストは空白がない") == "Ada: 日本語のテキス\n     トは空白がない\n"


def test_control_characters_do_nothing() -> None:
    assert flow("a\x1b[2Jb\x07\x9b31mc\r\nd", width=40) == "Ada: a[2Jb31mc\n     d\n"


def test_without_a_cursor_to_move_words_are_broken() -> None:
    assert flow("The quick bro", "wn", "ish fox", movable=False) == "Ada: The quick brown\n     ish fox\n"


_texts = st.text(
    st.one_of(st.sampled_from(" \n\tabcde.,-/日本é\u0301👩\u200d"), st.characters(codec="utf-8")), max_size=120
)


@given(text=_texts, cuts=st.lists(st.integers(0, 120), max_size=8), width=st.integers(16, 60))
def test_the_chunks_do_not_matter(text: str, cuts: list[int], width: int) -> None:
    edges = [0, *sorted(cuts), len(text)]
    # tabs are expanded from the column of their chunk's beginning, so they are left out here
    text = text.replace("\t", " ")
    chunks = [text[a:b] for a, b in zip(edges, edges[1:])]
    assert flow(*chunks, width=width) == flow(text, width=width)


@given(_texts)
def test_nothing_is_lost(text: str) -> None:
    shown = flow(text, width=30, label="")
    visible = [char for char in text if cell_len(char) and not char.isspace()]
    assert [char for char in shown if not char.isspace()] == visible


@pytest.mark.parametrize("width", [1, 5, 9])
def test_a_window_narrower_than_the_label(width: int) -> None:
    paper = Paper()
    running = Flow(paper.write, lambda: width, indent=10, column=10)
    running.feed("some words in a narrow place")
    running.pause()
    assert paper.text.split() == ["some", "words", "in", "a", "narrow", "place"]
