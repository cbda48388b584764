"""What a spoken conversation shows, apart from the terminal: the lines that stay, and the levels."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from estuary.cli.stage import Meter, Stage

STORY = "Once upon a time there was an extraordinarilyimpossiblylongwordthatfitsnoline.\n\nThe end, \u6771\u4eac."


class Shown:
    """A stage without a terminal: what stays of what it shows. Levels and partial transcripts don't."""

    def __init__(self, width: int) -> None:
        self.file = io.StringIO()
        self.stage = Stage(Console(file=self.file, width=width, highlight=False, markup=False, emoji=False))

    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.file.getvalue().splitlines()]


def say(text: str, cuts: list[int], width: int) -> list[str]:
    shown = Shown(width)
    with shown.stage as stage:
        for end in sorted(cuts):
            stage.character(text[:end], "m", "Marina")
            stage.draw()
        stage.character(text, "m", "Marina")
    return shown.lines()


@given(
    st.text(st.sampled_from("ab \n\u6771"), max_size=60) | st.just(STORY),
    st.lists(st.integers(0, 80), max_size=20),
    st.integers(20, 40),
)
def test_streamed_or_whole_it_looks_the_same(text: str, cuts: list[int], width: int) -> None:
    assert say(text, cuts, width) == say(text, [], width)


def test_lines_hang_beside_the_name() -> None:
    assert say("It was a dark and stormy night at sea.", [10, 20], 30) == [
        "Marina › It was a dark and",
        "         stormy night at sea.",
    ]


def test_what_comes_between_does_not_repeat_what_was_said() -> None:
    shown = Shown(40)
    with shown.stage as stage:
        stage.character("With pleasure. ", "m", "Marina")
        stage.action("navigate()")
        stage.character("With pleasure. Here we are.", "m", "Marina")
        stage.user("thanks", "you")
        stage.character("Hm?", None, "Marina", unasked=True)
    assert shown.lines() == [
        "Marina › With pleasure.",
        "▸ navigate()",
        "         Here we are.",
        "you › thanks",
        "Marina » Hm?",
    ]


def test_nothing_that_is_said_moves_the_cursor() -> None:
    assert say("a\x1b[2J\x07b", [], 40) == ["Marina › a[2Jb"]


@pytest.mark.parametrize("partial", ["", "short", "a long one that has no room in a line", "\u6771" * 40])
def test_what_is_drawn_anew_fits_the_terminal(partial: str) -> None:
    file = io.StringIO()
    console = Console(file=file, width=20, height=10, force_terminal=True, color_system=None, legacy_windows=False)
    with Stage(console) as stage:
        stage.partial = partial
        stage.draw()
        drawn = file.getvalue()
    assert ("…" in drawn) is bool(partial)
    # one line, so that nothing has to be taken back from a line above
    assert "\n" not in drawn.replace("\r\n", "")


def test_a_meter_rises_at_once_and_falls_slowly() -> None:
    meter = Meter()
    assert meter.show(-20.0, 1.0) == -20.0
    assert meter.show(-96.0, 1.1) == pytest.approx(-24.0)
    assert meter.show(-10.0, 1.2) == -10.0
    assert meter.show(-96.0, 60.0) == -60.0
