"""``estuary history``: what was said, by whom and when."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, List, Optional

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ..errors import NotFound
from .common import CONTEXT, Failure, Target, clean, one_line, player_argument, player_id, target_options
from .output import WHEN, busy, document, in_terminal, say, show

if TYPE_CHECKING:
    from ..rest.models import Message
    from ..rest.pages import Pages

__all__ = ["history"]

PAGE = 100


@click.command("history", context_settings=CONTEXT)
@player_argument
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the last N messages.")
@click.option("--since", type=WHEN, metavar="WHEN", help="Only from then on: 2026-01-31, 2026-01-31T18:30, or 7d ago.")
@target_options()
def history(target: Target, player: Optional[str], limit: Optional[int], since: Optional[dt.datetime]) -> None:
    """Read the conversation of PLAYER (else ESTUARY_PLAYER_ID) with a character, oldest message first.

    In a pipe each message is one line:

    \b
        estuary history alice --since 7d | grep -i lyon
    """
    who, character_id = player_id(player), target.character_id
    with target.client() as client:
        pages = client.conversations.messages(character_id, who, page_size=PAGE, progress=busy())
        try:
            messages = list(pages) if limit is None and since is None else _latest(pages, limit, since)
        except NotFound as error:
            name = client.characters.get(character_id).name  # raises where that is what is missing
            raise Failure(
                f"{who} has never talked to {name or 'this character'}: estuary analytics players shows who has"
            ) from error
        name = "" if target.as_json or not messages else client.characters.get(character_id).name
    if target.as_json:
        document(messages)
    elif not messages:
        say("nothing was said" + (" since then" if since is not None else " yet"), aside=True)
    elif in_terminal():
        show(*_days(messages, who, name or "character"))
    else:
        for message in messages:
            when = "" if message.timestamp is None else message.timestamp.astimezone().isoformat(timespec="seconds")
            click.echo(f"{when}  {_speaker(message, who, name or 'character')}: {one_line(message.content)}")


def _latest(pages: Pages[Message], limit: Optional[int], since: Optional[dt.datetime]) -> List[Message]:
    """The end of a list that is read from its end, as a long one need not be read to the beginning."""
    offset = pages.total
    found: List[Message] = []
    while offset > 0:
        size = offset % PAGE or PAGE  # so that each is one page of the server's
        offset -= size
        page = list(pages.page(size, offset))
        new = [m for m in page if since is None or m.timestamp is None or m.timestamp >= since]
        found[:0] = new
        if len(new) < len(page) or (limit is not None and len(found) >= limit):
            break
    return found if limit is None else found[-limit:]


def _speaker(message: Message, player: str, character: str) -> str:
    return one_line({"user": player, "assistant": character}.get(message.role, message.role))


def _days(messages: List[Message], player: str, character: str) -> List[RenderableType]:
    parts: List[RenderableType] = []
    today = None
    for message in messages:
        when = None if message.timestamp is None else message.timestamp.astimezone()
        if when is not None and when.date() != today:
            parts.append(Text(("\n" if parts else "") + when.strftime("%A, %Y-%m-%d"), style="bold"))
            today = when.date()
            parts.append(_grid())
        if not parts:
            parts.append(_grid())
        grid = parts[-1]
        assert isinstance(grid, Table)
        text = Text(clean(message.content).strip())
        if message.image_url:
            text.append(" [with a picture]" if text else "[a picture]", style="dim")
        grid.add_row(
            Text("" if when is None else when.strftime("%H:%M"), style="dim"),
            Text(_speaker(message, player, character), style="green" if message.role == "user" else "bold cyan"),
            text,
        )
    return parts


def _grid() -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(max_width=20)
    grid.add_column(ratio=1)
    return grid
