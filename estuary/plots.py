"""Pictures of conversations and memories: activity, players, retention, growth, memory timeline, knowledge graph.

Needs the ``notebook`` extra (matplotlib, networkx). Each function returns a matplotlib ``Figure``, which a notebook
shows by itself, and writes a file where ``path`` is given (its ending says the format: .png, .svg, .pdf). No window is
opened and matplotlib's global state is left alone, so they work in servers and threads.
"""

from __future__ import annotations

import datetime as dt
import math
import os
from collections import Counter
from typing import TYPE_CHECKING, Any, Dict, Iterable, Mapping, Sequence, Tuple, Union

from .errors import ConfigError

if TYPE_CHECKING:
    from .rest.analytics import Activity, MemoryGrowth, MemoryTotals, PlayerActivity, Retention, Table
    from .rest.models import Graph, TimelineGroup

__all__ = ["activity", "graph", "growth", "memories", "players", "retention", "timeline"]

Path = Union[str, "os.PathLike[str]", None]

_INK, _QUIET = "#1f2933", "#9aa5b1"
#: colour-blind safe (Okabe and Ito)
_PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#f0e442", "#999999")
#: days that a picture shows at least
_FEWEST = 8
_NODE_COLOURS = {"user": "#d55e00", "cluster": "#e69f00", "memory": "#0072b2", "entity": "#009e73"}


def activity(table: Table[Activity], path: Path = None, *, title: str = "Messages") -> Any:
    """Messages over time, those of the players below those of the character. Give it ``analytics.activity(…)``."""
    figure, axes = _figure(title)
    starts = [row.start for row in table]
    if starts:
        width = 0.8 * _shortest_step(starts)
        players = [row.from_players for row in table]
        axes.bar(starts, players, width, color=_PALETTE[0], label="players")
        axes.bar(
            starts, [row.from_character for row in table], width, bottom=players, color=_PALETTE[1], label="character"
        )
        axes.legend(frameon=False)
    _dates(figure, axes, starts)
    axes.set_ylabel("messages")
    return _finish(figure, path)


def players(table: Table[PlayerActivity], path: Path = None, *, title: str = "Messages of each player") -> Any:
    """Who talks most; the 30 who do, in a long table. Give it ``analytics.players(…)``."""
    rows = table.rows[:30]
    return _ranking(
        [row.player_id for row in rows], {"messages": [row.messages for row in rows]}, path, title, "messages"
    )


def memories(table: Table[MemoryTotals], path: Path = None, *, title: str = "Memories of each player") -> Any:
    """Of whom most is remembered; the 30 of whom it is, in a long table. Give it ``analytics.memories(…)``."""
    rows = sorted(table.rows, key=lambda row: -(row.active + row.superseded + row.decayed))[:30]
    counts = {kind: [getattr(row, kind) for row in rows] for kind in ("active", "superseded", "decayed")}
    return _ranking([row.player_id for row in rows], counts, path, title, "memories")


def retention(table: Table[Retention], path: Path = None, *, title: str = "Players who come back") -> Any:
    """A line for each cohort: which part of it came again after so many periods. Give it ``analytics.retention(…)``."""
    ticker = _import("matplotlib.ticker")
    figure, axes = _figure(title)
    cohorts: Dict[dt.date, Dict[int, float]] = {}
    for row in table:
        cohorts.setdefault(row.cohort, {})[row.after] = 100 * row.rate
    shown = sorted(cohorts)[-len(_PALETTE) :]
    for number, cohort in enumerate(shown):
        rates = cohorts[cohort]
        axes.plot(list(rates), list(rates.values()), "o-", color=_PALETTE[number], label=cohort.isoformat())
    if shown:
        axes.legend(frameon=False, title="first came")
    axes.set_ylim(0, 105)
    axes.set_xlim(-0.5, max((row.after for row in table), default=0) + 0.5)
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    axes.set_xlabel("periods later")
    axes.set_ylabel("of the players, %")
    return _finish(figure, path)


def growth(table: Table[MemoryGrowth], path: Path = None, *, title: str = "Memories in all") -> Any:
    """How many memories there are by and by. Give it ``analytics.memory_growth(…)``."""
    figure, axes = _figure(title)
    starts = [row.start for row in table]
    totals = [row.total for row in table]
    if starts:
        axes.step(starts, totals, where="post", color=_PALETTE[0])
        axes.plot(starts, totals, "o", color=_PALETTE[0])
        axes.set_ylim(bottom=0)
    _dates(figure, axes, starts)
    axes.set_ylabel("memories")
    return _finish(figure, path)


def timeline(groups: Iterable[TimelineGroup], path: Path = None, *, title: str = "Memories") -> Any:
    """New memories over time, by type. Give it ``memories.timeline(…)``."""
    figure, axes = _figure(title)
    counts: Dict[str, Counter[dt.date]] = {}
    for group in groups:
        for memory in group.memories:
            when = memory.created_at or memory.extracted_at
            if when is not None:
                counts.setdefault(memory.memory_type or "other", Counter())[when.date()] += 1
    days = sorted({day for by_day in counts.values() for day in by_day})
    below = [0] * len(days)
    for number, (kind, by_day) in enumerate(sorted(counts.items())):
        heights = [by_day[day] for day in days]
        axes.bar(days, heights, 0.8, bottom=below, label=kind.replace("_", " "), color=_PALETTE[number % len(_PALETTE)])
        below = [a + b for a, b in zip(below, heights)]
    if counts:
        axes.legend(frameon=False)
    _dates(figure, axes, days)
    axes.set_ylabel("new memories")
    return _finish(figure, path)


def graph(graph: Graph, path: Path = None, *, title: str = "What is remembered", labels: int = 60) -> Any:
    """The knowledge graph. Give it ``memories.graph()``; ``labels`` nodes at most get their names, the best linked."""
    networkx = _import("networkx")
    figure, axes = _figure(title, size=(11, 8))
    axes.axis("off")
    drawn = networkx.Graph()
    for node in graph.nodes:
        drawn.add_node(node.id, kind=node.type, label=_node_label(node))
    for edge in graph.edges:
        if edge.source in drawn and edge.target in drawn:
            drawn.add_edge(edge.source, edge.target, label=edge.label or edge.relationship_type or "")
    if not drawn:
        axes.text(
            0.5, 0.5, "nothing is remembered yet", ha="center", va="center", color=_QUIET, transform=axes.transAxes
        )
        return _finish(figure, path)
    # seeded: the same graph looks the same every time
    places = networkx.spring_layout(drawn, seed=7, k=2.2 / math.sqrt(len(drawn)), iterations=100)
    networkx.draw_networkx_edges(drawn, places, ax=axes, edge_color=_QUIET, width=0.8, alpha=0.7)
    degree = dict(drawn.degree())
    for kind, colour in _NODE_COLOURS.items():
        members = [n for n, data in drawn.nodes(data=True) if data["kind"] == kind]
        if members:
            sizes = [900 if kind == "user" else 90 + 60 * min(degree[n], 10) for n in members]
            networkx.draw_networkx_nodes(
                drawn, places, members, ax=axes, node_color=colour, node_size=sizes, label=kind, edgecolors="white"
            )
    named = sorted(drawn, key=lambda n: (drawn.nodes[n]["kind"] != "user", -degree[n]))[:labels]
    for node in named:
        x, y = places[node]
        above = 18 if drawn.nodes[node]["kind"] == "user" else 9
        axes.annotate(
            drawn.nodes[node]["label"], (x, y), xytext=(0, above), textcoords="offset points", ha="center",
            fontsize=8, color=_INK, bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75},
        )  # fmt: skip
    axes.legend(frameon=False, loc="lower left", markerscale=0.5)
    axes.margins(0.12)
    return _finish(figure, path)


def _ranking(names: Sequence[str], counts: Mapping[str, Sequence[int]], path: Path, title: str, what: str) -> Any:
    ticker = _import("matplotlib.ticker")
    figure, axes = _figure(title, size=(9, max(2.0, 1.2 + 0.28 * len(names))))
    places, left = range(len(names)), [0] * len(names)
    for number, (kind, values) in enumerate(counts.items()):
        axes.barh(places, values, 0.7, left=left, label=kind, color=_PALETTE[number])
        left = [a + b for a, b in zip(left, values)]
    axes.set_yticks(places, [_short(name, 30) for name in names])
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    if len(counts) > 1 and names:
        axes.legend(frameon=False)
    axes.set_xlabel(what)
    return _finish(figure, path)


def _node_label(node: Any) -> str:
    text = node.label or node.name or str(node.raw.get("content") or node.type)
    return _short(text, 34)


def _short(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _import(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        raise ConfigError("plots need matplotlib and networkx: pip install 'estuary-sync[notebook]'") from None


def _figure(title: str, size: Tuple[float, float] = (9, 4.2)) -> Tuple[Any, Any]:
    figure = _import("matplotlib.figure").Figure(figsize=size, dpi=120, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", color=_INK, fontweight="bold")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(colors=_INK)
    return figure, axes


def _dates(figure: Any, axes: Any, days: Sequence[dt.date]) -> None:
    ticker, dates = _import("matplotlib.ticker"), _import("matplotlib.dates")
    axes.yaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    if days:
        locator = dates.AutoDateLocator(minticks=4, maxticks=10)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
        # a few days by themselves would fill the picture, and have hours below
        beside = (_FEWEST - (max(days) - min(days)).days) / 2
        if beside > 0:
            axes.set_xlim(dates.date2num(min(days)) - beside, dates.date2num(max(days)) + beside)
    else:
        axes.set_xticks([])


def _shortest_step(days: Any) -> float:
    return min(((b - a).days for a, b in zip(days, days[1:])), default=1)


def _finish(figure: Any, path: Path) -> Any:
    if path is not None:
        figure.savefig(os.fspath(path))
    return figure
