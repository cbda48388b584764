"""``estuary chat``: its options, and the two ways to talk: a terminal or a pipe."""

from __future__ import annotations

import sys
from typing import Optional

import click
from rich.console import Console

from .common import CONTEXT, debug_option, plain_streams
from .conversation import Interactive, Piped
from .opening import Partner, partner_options

__all__ = ["chat"]

#: seconds for an answer when nobody sits there to press Ctrl-C
PIPED_TIMEOUT = 120.0


@click.command("chat", short_help="Talk to a character in the terminal.", context_settings=CONTEXT)
@partner_options("chat")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help=f"How long to wait for an answer (default: without limit in a terminal, else {PIPED_TIMEOUT:g}).",
)
@debug_option
def chat(partner: Partner, timeout: Optional[float]) -> int:
    """Talk to a character.

    In a terminal, answers stream in as they are made, and what the character does is shown as it happens. Ctrl-C
    interrupts an answer; at an empty line it leaves, as Ctrl-D does. /help tells the rest.

    With a pipe, each line is one message, and the answers are printed plainly:

    \b
        echo "What is my name?" | estuary chat --local --db memory.db
    """
    plain_streams()
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    console = Console(highlight=False, markup=False, emoji=False)
    with partner.open(console, interactive=interactive) as opened:
        if not interactive:
            return Piped(opened.session, timeout=PIPED_TIMEOUT if timeout is None else timeout).run()
        talk = Interactive(console, opened.session, timeout=timeout, place=opened.place)
        return talk.run(opened.character)
