"""A table of figures with their ratios, and whether each reaches what it should."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from attrs import asdict, define

_NOTHING = "–"


@define
class Row:
    """One figure of the three contestants. Marks are for the ratio of ours to another's, or for ours itself."""

    what: str
    unit: str
    ours: Optional[float]
    peer: Optional[float]
    plain: Optional[float]
    #: ours / peer at least
    least: Optional[float] = None
    #: ours / plain at least
    least_plain: Optional[float] = None
    #: ours / peer at most
    most: Optional[float] = None
    #: ours at most
    limit: Optional[float] = None
    note: str = ""

    @property
    def to_peer(self) -> Optional[float]:
        return _ratio(self.ours, self.peer)

    @property
    def to_plain(self) -> Optional[float]:
        return _ratio(self.ours, self.plain)

    def verdicts(self) -> Dict[str, bool]:
        """Each mark that could be judged, and whether it is reached."""
        found: Dict[str, bool] = {}
        if self.least is not None and self.to_peer is not None:
            found[f"≥{self.least:g}× peer"] = self.to_peer >= self.least
        if self.least_plain is not None and self.to_plain is not None:
            found[f"≥{self.least_plain:g}× plain"] = self.to_plain >= self.least_plain
        if self.most is not None and self.to_peer is not None:
            found[f"≤{self.most:g}× peer"] = self.to_peer <= self.most
        if self.limit is not None and self.ours is not None:
            found[f"≤{self.limit:g} {self.unit}".rstrip()] = self.ours <= self.limit
        return found

    def as_dict(self) -> Dict[str, Any]:
        return {**asdict(self), "to_peer": self.to_peer, "to_plain": self.to_plain, "verdicts": self.verdicts()}


@define
class Table:
    title: str
    rows: List[Row]
    #: heading of the notes
    notes: str = ""

    def verdicts(self) -> List[bool]:
        return [verdict for row in self.rows for verdict in row.verdicts().values()]

    def render(self) -> str:
        head = ["", "", "ours", "peer", "plain", "ours/peer", "ours/plain", self.notes, "mark"]
        lines = [head] + [
            [
                row.what,
                row.unit,
                _figure(row.ours),
                _figure(row.peer),
                _figure(row.plain),
                _NOTHING if row.to_peer is None else f"{row.to_peer:.2f}",
                _NOTHING if row.to_plain is None else f"{row.to_plain:.2f}",
                row.note,
                "   ".join(f"{mark} {'ok' if good else 'SHORT'}" for mark, good in row.verdicts().items()),
            ]
            for row in self.rows
        ]
        widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
        left = {0, 1, len(head) - 1}
        rendered = [
            "  ".join(
                cell.ljust(width) if at in left else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(line, widths))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([self.title, "─" * len(self.title), *rendered])


def _ratio(ours: Optional[float], other: Optional[float]) -> Optional[float]:
    return ours / other if ours is not None and other else None


def _figure(value: Optional[float]) -> str:
    if value is None:
        return _NOTHING
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
