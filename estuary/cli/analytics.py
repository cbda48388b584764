"""``estuary analytics``: figures over conversations and memories."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence

import click
from rich.text import Text

from .common import CONTEXT, Target, one_line, player_argument, player_id, plural, target_options
from .output import (
    PICTURE,
    Column,
    Rows,
    busy,
    document,
    drawing,
    in_terminal,
    minute,
    say,
    show,
    stored,
    width,
    writing,
)

if TYPE_CHECKING:
    from ..rest.analytics import Activity, MemoryGrowth, MemoryTotals, PlayerActivity, Retention, Table

__all__ = ["analytics"]

#: players that the overview shows
TOP = 10
#: cells of the longest bar
BAR = 18


def _by(default: str) -> Callable[..., Any]:
    return click.option(
        "--by", type=click.Choice(["day", "week", "month"]), default=default, show_default=True, help="Per what."
    )


def _figures(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every table: where it goes."""

    @functools.wraps(function)
    def command(*args: Any, csv: Optional[Path], output: Optional[Path], **options: Any) -> Any:
        return function(*args, places=_Places(csv, output), **options)

    decorated: Callable[..., Any] = target_options()(command)
    decorated = click.option(
        "--output", type=PICTURE, metavar="FILE", help="Draw it into this file (.png, .svg, .pdf, .jpg)."
    )(decorated)
    return click.option(
        "--csv", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it as CSV into this file."
    )(decorated)


class _Places:
    """Where a table goes: files, standard output for programs, the terminal."""

    def __init__(self, csv: Optional[Path], picture: Optional[Path]) -> None:
        self._csv = csv
        self._picture = picture

    def put(
        self,
        target: Target,
        figures: Table[Any],
        columns: Sequence[Column],
        rows: Sequence[Sequence[Any]],
        draw: Callable[[Path], Any],
        nothing: str,
    ) -> None:
        """``nothing`` is what is said when there are no rows, ``draw`` draws them into a file."""
        if target.as_json:
            document(figures.to_dicts())
        if self._csv is not None:
            with writing(self._csv):
                figures.to_csv(self._csv)
            stored(self._csv, as_json=target.as_json)
        if self._picture is not None:
            with drawing(self._picture):
                draw(self._picture)
            stored(self._picture, as_json=target.as_json)
        if target.as_json or self._csv is not None or self._picture is not None:
            return
        if rows:
            show(Rows(columns, rows))
        else:
            say(nothing, aside=True)


class _Group(click.Group):
    """A group whose own options hold for its commands too, wherever they stand."""

    def invoke(self, ctx: click.Context) -> Any:
        given = {k: v for k, v in ctx.params.items() if v}
        ctx.default_map = {name: given for name in self.commands}
        return super().invoke(ctx)


@click.group("analytics", cls=_Group, invoke_without_command=True, context_settings=CONTEXT)
@target_options()
@click.pass_context
def analytics(ctx: click.Context, target: Target) -> None:
    """Figures of a character: without a command, all its conversations together and who talks most.

    They are worked out from the conversations, which takes a while where there are many.
    """
    if ctx.invoked_subcommand is not None:
        return
    character_id = target.character_id
    with target.client() as client:
        name = client.characters.get(character_id).name
        totals = client.conversations.stats(character_id)
        players = list(client.conversations.list(character_id, sort_by="message_count", sort_order="desc").page(TOP))
    if target.as_json:
        document(
            {
                "character_id": character_id,
                "conversations": totals.total_conversations,
                "messages": totals.total_messages,
                "first_activity": totals.first_activity,
                "last_activity": totals.last_activity,
                "top_players": [{"player_id": p.player_id, "messages": p.message_count} for p in players],
            }
        )
        return
    head = Text(one_line(name), style="bold")
    head.append(
        f"  {plural(totals.total_conversations, 'conversation')}, {plural(totals.total_messages, 'message')}",
        style="not bold",
    )
    if not totals.total_conversations:
        show(head)
        return
    lines = [head]
    if totals.first_activity is not None and totals.last_activity is not None:
        lines.append(Text(f"from {minute(totals.first_activity)} to {minute(totals.last_activity)}", style="dim"))
    rows = [(p.player_id, p.message_count, minute(p.last_activity)) for p in players]
    rest = totals.total_conversations - len(players)
    more = [Text(f"… and {plural(rest, 'more player')}: estuary analytics players", style="dim")] if rest > 0 else []
    show(*lines, Text(""), Rows(_PLAYERS[:2] + _PLAYERS[3:], rows), *more)


_PLAYERS = [
    Column("PLAYER", wraps=True),
    Column("MESSAGES", right=True),
    Column("FIRST", at=70),
    Column("LAST", at=44),
]


@analytics.command("activity", short_help="Messages over time.", context_settings=CONTEXT)
@_by("day")
@click.option("--player", metavar="ID", help="Only of this player.")
@_figures
def activity(target: Target, places: _Places, by: str, player: Optional[str]) -> None:
    """Messages per day, week or month, and how many players said them."""
    with target.client() as client:
        figures: Table[Activity] = client.analytics.activity(
            target.character_id, by=by, player_id=player, progress=busy()
        )
    columns = [
        Column(by.upper()),
        Column("MESSAGES", right=True),
        Column("PLAYERS' OWN", right=True, at=60),
        Column("CHARACTER'S", right=True, at=60),
        Column("PLAYERS", right=True),
        Column("", at=80),
    ]
    most = max((row.messages for row in figures), default=0)
    rows = [
        (row.start, row.messages, row.from_players, row.from_character, row.players, _bar(row.messages, most))
        for row in figures
    ]
    places.put(target, figures, columns, rows, _drawn("activity", figures), "nothing was said yet")


@analytics.command("players", short_help="Who says most.", context_settings=CONTEXT)
@_figures
def players(target: Target, places: _Places) -> None:
    """The players, those who said most first."""
    with target.client() as client:
        figures: Table[PlayerActivity] = client.analytics.players(target.character_id, progress=busy())
    rows = [(row.player_id, row.messages, minute(row.first_activity), minute(row.last_activity)) for row in figures]
    places.put(target, figures, _PLAYERS, rows, _drawn("players", figures), "nobody talked to it yet")


@analytics.command("retention", short_help="Who comes back.", context_settings=CONTEXT)
@_by("week")
@_figures
def retention(target: Target, places: _Places, by: str) -> None:
    """Of those who first came in a day, week or month, which part came again so many of them later."""
    with target.client() as client:
        figures: Table[Retention] = client.analytics.retention(target.character_id, by=by, progress=busy())
    cohorts: Dict[Any, List[Retention]] = {}
    for row in figures:
        cohorts.setdefault(row.cohort, []).append(row)
    longest = max((len(line) for line in cohorts.values()), default=0)
    shown = min(longest, max(1, (width() - 24) // 7))
    columns = [Column("FIRST CAME"), Column("PLAYERS", right=True)]
    columns += [Column(f"+{after}", right=True) for after in range(shown)]
    rows = []
    for cohort, line in sorted(cohorts.items()):
        rates = [f"{100 * row.rate:.0f} %" for row in line[:shown]]
        rows.append([cohort, line[0].players, *rates, *[""] * (shown - len(rates))])
    places.put(target, figures, columns, rows, _drawn("retention", figures), "nobody talked to it yet")
    if shown < longest and in_terminal() and not target.as_json:
        say(f"{plural(longest - shown, by)} more than fit here: --csv or --json has them", aside=True)


@analytics.command("memories", short_help="What is remembered of whom.", context_settings=CONTEXT)
@_figures
def memories(target: Target, places: _Places) -> None:
    """What is remembered of each player."""
    with target.client() as client:
        figures: Table[MemoryTotals] = client.analytics.memories(target.character_id, progress=busy())
    columns = [
        Column("PLAYER", wraps=True),
        Column("ACTIVE", right=True),
        Column("SUPERSEDED", right=True, at=60),
        Column("DECAYED", right=True, at=60),
        Column("CORE FACTS", right=True),
    ]
    rows = [(row.player_id, row.active, row.superseded, row.decayed, row.core_facts) for row in figures]
    places.put(target, figures, columns, rows, _drawn("memories", figures), "nobody talked to it yet")


@analytics.command("growth", short_help="Memories of one player over time.", context_settings=CONTEXT)
@player_argument
@_by("day")
@_figures
def growth(target: Target, places: _Places, player: Optional[str], by: str) -> None:
    """How the memories of PLAYER (else ESTUARY_PLAYER_ID) became more."""
    who = player_id(player)
    with target.client() as client:
        figures: Table[MemoryGrowth] = client.analytics.memory_growth(target.character_id, who, by=by)
    columns = [Column(by.upper()), Column("NEW", right=True), Column("IN ALL", right=True), Column("", at=50)]
    most = max((row.total for row in figures), default=0)
    rows = [(row.start, row.added, row.total, _bar(row.total, most)) for row in figures]
    places.put(target, figures, columns, rows, _drawn("growth", figures), f"nothing is remembered of {who}")


def _drawn(what: str, figures: Table[Any]) -> Callable[[Path], Any]:
    def draw(path: Path) -> Any:
        from .. import plots

        return getattr(plots, what)(figures, path)

    return draw


def _bar(count: int, most: int) -> Text:
    """For the eye; a pipe has none."""
    return Text("▇" * max(1, round(BAR * count / most)) if in_terminal() and count else "", style="cyan")
