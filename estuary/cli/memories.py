"""``estuary memories``: what a character remembers of a player."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, List, Mapping, Optional, Tuple

import click
from rich.console import RenderableType

from .common import (
    CONTEXT,
    Failure,
    Target,
    debug_option,
    one_line,
    player_argument,
    player_id,
    plural,
    short_path,
    target_options,
)
from .graph import as_document, as_tree
from .output import (
    PICTURE,
    WHEN,
    Column,
    Rows,
    busy,
    cell,
    confirm,
    day,
    document,
    drawing,
    in_terminal,
    read_json,
    replace_file,
    say,
    show,
    stored,
    width,
)

if TYPE_CHECKING:
    from ..models import Memory
    from ..rest import Client
    from ..rest.memories import Memories

__all__ = ["memories"]

TYPES = (
    "fact", "preference", "relationship", "event", "emotional_state", "correction", "character_self", "spatial_change",
)  # fmt: skip
STATUSES = ("active", "superseded", "decayed", "deleted")
#: columns of a terminal that has room for each memory's status
WIDE = 90
NEVER = sys.maxsize


@click.group("memories", context_settings=CONTEXT)
@debug_option
def memories() -> None:
    """See, search, export and delete what a character remembers of a player.

    PLAYER comes first; where nothing else does, ESTUARY_PLAYER_ID may name it.
    """


@memories.command("list", short_help="List them, newest first.", context_settings=CONTEXT)
@player_argument
@click.option("--type", "memory_type", type=click.Choice(TYPES), help="Only memories of this type.")
@click.option("--status", type=click.Choice(STATUSES), help="Only memories of this status.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many, newest first.")
@target_options()
def listing(
    target: Target, player: Optional[str], memory_type: Optional[str], status: Optional[str], limit: Optional[int]
) -> None:
    """List the memories of PLAYER, newest first."""
    who = player_id(player)
    with target.client() as client:
        found = client.memories(target.character_id, who).list(
            memory_type=memory_type, status=status, page_size=min(limit or 200, 200), progress=busy()
        )
        listed = list(itertools.islice(found, limit))
    if target.as_json:
        document(listed)
    elif not listed:
        like_that = memory_type is not None or status is not None
        say(f"nothing {'like that ' if like_that else ''}is remembered of {who}", aside=True)
    else:
        show(_table(listed, with_status=status is None and any(m.status != "active" for m in listed)))


def _table(listed: List[Memory], *, with_status: bool) -> RenderableType:
    columns = [
        Column("WHEN", at=44),
        Column("TYPE", at=50),
        Column("SURE", right=True, at=70),
        Column("TOPIC", at=110),
        Column("STATUS", at=WIDE if with_status else NEVER),
        Column("MEMORY", wraps=True),
    ]
    rows = []
    for m in listed:
        when = day(m.created_at or m.extracted_at)
        text = cell(m.content)
        if with_status and width() < WIDE and m.status and m.status != "active":
            text.append(f" ({one_line(m.status)})", style="dim")
        rows.append((when, _words(m.memory_type), _share(m.confidence), m.topic, m.status, text))
    return Rows(columns, rows)


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def _share(part: Optional[float]) -> str:
    return "" if part is None else f"{100 * part:.0f} %"


@memories.command("search", short_help="Find them by their meaning.", context_settings=CONTEXT)
@click.argument("player")
@click.argument("query", nargs=-1, required=True)
@click.option(
    "--limit", type=click.IntRange(1, 50), default=10, show_default=True, metavar="N", help="At most so many."
)
@target_options()
def search(target: Target, player: str, query: Tuple[str, ...], limit: int) -> None:
    """Find memories of PLAYER by their meaning, best first.

    \b
        estuary memories search alice what does she drink
    """
    with target.client() as client:
        found = client.memories(target.character_id, player_id(player)).search(" ".join(query), limit)
    if target.as_json:
        document(found)
    elif not found:
        say(f"nothing that is remembered of {player} fits", aside=True)
    else:
        columns = [Column("FITS", right=True), Column("MEMORY", wraps=True)]
        show(Rows(columns, [(_share(match.similarity), match.content) for match in found]))


@memories.command("facts", short_help="Show name, home, work and the like.", context_settings=CONTEXT)
@player_argument
@target_options()
def facts(target: Target, player: Optional[str]) -> None:
    """Show what is always in the character's mind: the name of PLAYER, where they live, …"""
    who = player_id(player)
    with target.client() as client:
        found = client.memories(target.character_id, who).core_facts()
    if target.as_json:
        document(found)
    elif not found:
        say(f"no core facts are known of {who}", aside=True)
    else:
        columns = [Column("FACT", style="cyan"), Column("VALUE", wraps=True), Column("SINCE", at=60)]
        show(Rows(columns, [(_words(f.key), f.value, day(f.updated_at or f.created_at)) for f in found]))


@memories.command("graph", short_help="Show or draw the knowledge graph.", context_settings=CONTEXT)
@player_argument
@click.option("--entities/--no-entities", default=None, help="Whether people, places and things are in it.")
@click.option("--own/--not-own", default=None, help="Whether memories of the character itself are in it.")
@click.option("--all", "everything", is_flag=True, help="Show every memory, not the first few of each group.")
@click.option("--output", type=PICTURE, metavar="FILE", help="Draw it into this file (.png, .svg, .pdf, .jpg).")
@target_options()
def graph(
    target: Target,
    player: Optional[str],
    entities: Optional[bool],
    own: Optional[bool],
    everything: bool,
    output: Optional[Path],
) -> None:
    """Show the knowledge graph of PLAYER: groups of memories, people, places, things and how they belong together."""
    who = player_id(player)
    with target.client() as client:
        found = client.memories(target.character_id, who).graph(
            include_entities=entities, include_character_memories=own
        )
    if target.as_json:
        document(as_document(found))
    if output is not None:
        from .. import plots

        with drawing(output):
            plots.graph(found, output, title=f"What is remembered of {who}")
        stored(output, as_json=target.as_json)
    elif not target.as_json:
        if not any(node.type != "user" for node in found.nodes):
            say(f"nothing is remembered of {who}", aside=True)
            return
        show(as_tree(found, who, at_most=None if everything else 8))
        if found.stale:
            say("the newest memories are not sorted in yet", aside=True)


@memories.command("timeline", short_help="Show or draw what was told when.", context_settings=CONTEXT)
@player_argument
@click.option("--by", type=click.Choice(["day", "week", "month"]), default="day", show_default=True, help="Per what.")
@click.option("--since", type=WHEN, metavar="WHEN", help="Only from then on: 2026-01-31, 2026-01-31T18:30, or 7d ago.")
@click.option("--until", type=WHEN, metavar="WHEN", help="Only before.")
@click.option("--output", type=PICTURE, metavar="FILE", help="Draw it into this file (.png, .svg, .pdf, .jpg).")
@target_options()
def timeline(
    target: Target,
    player: Optional[str],
    by: str,
    since: Optional[dt.datetime],
    until: Optional[dt.datetime],
    output: Optional[Path],
) -> None:
    """Show what PLAYER told when."""
    who = player_id(player)
    with target.client() as client:
        groups = client.memories(target.character_id, who).timeline(start=since, end=until, group_by=by)
    if target.as_json:
        document(groups)
    if output is not None:
        from .. import plots

        with drawing(output):
            plots.timeline(groups, output, title=f"Memories of {who}")
        stored(output, as_json=target.as_json)
    elif not target.as_json:
        if not groups:
            say(f"nothing is remembered of {who}" + (" from then" if since or until else ""), aside=True)
            return
        columns = [Column(by.upper()), Column("TYPE", style="dim"), Column("MEMORY", wraps=True)]
        rows = [
            # in a terminal each date stands once; in a pipe a line must say all by itself
            (group.date if number == 0 or not in_terminal() else "", _words(memory.memory_type), memory.content)
            for group in groups
            for number, memory in enumerate(group.memories)
        ]
        show(Rows(columns, rows))


@memories.command("export", short_help="Write all of them into a file.", context_settings=CONTEXT)
@click.argument("player")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--messages", is_flag=True, help="What was said, too.")
@target_options()
def export(target: Target, player: str, file: Optional[Path], messages: bool) -> None:
    """Write all that the character knows of PLAYER into FILE, as JSON; without FILE, to the standard output.

    \b
        estuary memories export alice alice.json
        estuary memories import alice alice.json
    """
    with target.client() as client:
        found = client.memories(target.character_id, player_id(player)).export_all(include_messages=messages)
    if file is None or str(file) == "-":
        document(found)
        return
    replace_file(file, json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    count = len(found.get("memories") or ())
    if target.as_json:
        document({"file": str(file), "memories": count})
    else:
        say(f"{_memories(count)} of {player} written to {short_path(file)}")


@memories.command("import", short_help="Bring back what export wrote.", context_settings=CONTEXT)
@click.argument("player")
@click.argument("file")
@click.option("--yes", is_flag=True, help="Don't ask.")
@target_options()
def importing(target: Target, player: str, file: str, yes: bool) -> None:
    """Give the character what FILE holds, as memories of PLAYER; what it knows already stays.

    FILE is what export wrote; - reads the standard input. Only a gateway can do this, not the hosted platform.
    """
    exported = read_json(file)
    if not isinstance(exported, dict) or not isinstance(exported.get("memories"), list):
        raise Failure(f"{short_path(file)} is no export of memories: estuary memories export writes one")
    with target.client() as client:
        known = client.memories(target.character_id, player_id(player))
        if not yes:
            _ask_to_import(client, target, known, exported)
        imported = known.import_all(exported)
    if target.as_json:
        document(imported)
        return
    counts = [
        _memories(imported.memories),
        plural(imported.core_facts, "core fact"),
        "1 entity" if imported.entities == 1 else f"{imported.entities} entities",
        plural(imported.relations, "relation"),
        plural(imported.messages, "message"),
    ]
    new = [count for count in counts if not count.startswith("0 ")]
    say(f"{', '.join(new)} of {player} imported" if new else f"nothing of it is new: all is known of {player} already")


def _ask_to_import(client: Client, target: Target, known: Memories, exported: Mapping[str, Any]) -> None:
    """Where something is there already, or the memories are somebody else's."""
    reasons = []
    about, player = exported.get("playerId") or known.player_id, known.player_id
    if about != player:
        reasons.append(f"These are memories of {about}, not of {player}.")
    before = _total(known)
    if before:
        reasons.append(f"{_name(client, target)} already has {_memories(before)} of {player}.")
    if reasons:
        count = _memories(len(exported["memories"]))
        confirm(f"{' '.join(reasons)} Import {count}, as far as they are new?", yes=False)


@memories.command("forget", short_help="Delete all of them, for good.", context_settings=CONTEXT)
@click.argument("player")
@click.option("--yes", is_flag=True, help="Don't ask.")
@target_options()
def forget(target: Target, player: str, yes: bool) -> None:
    """Delete all that the character remembers of PLAYER, for good. The conversation stays."""
    with target.client() as client:
        known = client.memories(target.character_id, player_id(player))
        if not yes:
            confirm(
                f"Delete all {_memories(_total(known))} that {_name(client, target)} has of {player}, for good?",
                yes=yes,
            )
        count = known.delete_all(confirm=True)
    if target.as_json:
        document({"deleted": count})
    elif count:
        say(f"{_memories(count)} of {player} deleted")
    else:
        say(f"nothing was remembered of {player}")


def _total(known: Memories) -> int:
    stats = known.stats()
    return stats.total_active + stats.total_superseded + stats.total_decayed


def _memories(count: int) -> str:
    return "1 memory" if count == 1 else f"{count} memories"


def _name(client: Client, target: Target) -> str:
    return one_line(client.characters.get(target.character_id).name) or "the character"
