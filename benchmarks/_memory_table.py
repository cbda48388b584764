"""Tables whose rows know whether they reach what they should."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional, Union

from attrs import define, field

Cell = Union[str, int, float, None]


@define
class Reach:
    """What one column's figure should be: ``at_least`` or ``at_most``."""

    column: str
    at_least: Optional[float] = None
    at_most: Optional[float] = None

    def good(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        return f"{self.column} " + (f"≥{self.at_least:g}" if self.at_least is not None else f"≤{self.at_most:g}")


@define
class Line:
    what: str
    cells: dict[str, Cell]
    reach: Sequence[Reach] = ()

    def verdicts(self) -> dict[str, bool]:
        """Each reach that could be judged."""
        found = {}
        for reach in self.reach:
            value = self.cells.get(reach.column)
            if isinstance(value, (int, float)):
                found[str(reach)] = reach.good(value)
        return found


@define
class Sheet:
    title: str
    columns: Sequence[str]
    lines: list[Line] = field(factory=list)
    notes: list[str] = field(factory=list)

    def add(self, what: str, *cells: Cell, reach: Sequence[Reach] = ()) -> None:
        self.lines.append(Line(what, dict(zip(self.columns, cells)), reach))

    def as_dict(self) -> dict[str, Any]:
        lines = [{"what": line.what, **line.cells, "verdicts": line.verdicts()} for line in self.lines]
        return {"title": self.title, "lines": lines, "notes": self.notes}

    def render(self) -> str:
        grid = [["", *self.columns, ""]]
        for line in self.lines:
            verdicts = "   ".join(f"{mark} {'ok' if good else 'falls short'}" for mark, good in line.verdicts().items())
            grid.append([line.what, *(_text(line.cells.get(column)) for column in self.columns), verdicts])
        widths = [max(len(row[at]) for row in grid) for at in range(len(grid[0]))]
        last = len(widths) - 1
        rows = [
            "  ".join(
                cell.ljust(width) if at in (0, last) else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(row, widths))
            ).rstrip()
            for row in grid
        ]
        return "\n".join([self.title, "─" * len(self.title), *rows, *(f"  {note}" for note in self.notes)])


def _text(value: Cell) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}" if abs(value) <= 1 else f"{value:.2f}"
