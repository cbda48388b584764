"""``estuary chat``: the options, opening the session, and the two ways to talk: a terminal or a pipe."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, Dict, Iterator, Optional, Tuple

import click
from rich.console import Console

from ..config import Config
from ..errors import ConfigError
from ..events import Capabilities
from ..session import Session
from .common import (
    CONTEXT,
    Failure,
    clean,
    debug_option,
    get_json,
    llm_options,
    plain_streams,
    secret_from_env,
    short_path,
    user_name,
)
from .conversation import Character, Interactive, Piped
from .prompt import no_echo

__all__ = ["chat"]

#: seconds between two chunks of the built-in companion: about as fast as one reads
CHUNK_DELAY = 0.02
#: seconds for an answer when nobody sits there to press Ctrl-C
PIPED_TIMEOUT = 120.0


@click.command("chat", short_help="Talk to a character in the terminal.", context_settings=CONTEXT)
@click.option("--character", metavar="ID", help="Whom to talk to (else ESTUARY_CHARACTER_ID).")
@click.option(
    "--player", metavar="ID", help="Who you are; each player has a conversation of their own (else ESTUARY_PLAYER_ID)."
)
@click.option("--server", metavar="URL", help="Which server (else ESTUARY_SERVER_URL, else the hosted platform).")
@click.option(
    "--api-key",
    metavar="KEY",
    help="API key. Better set ESTUARY_API_KEY: a command line can be seen by other users of the machine.",
)
@click.option("--local", is_flag=True, help="Start a server on this machine, for this chat only. Needs no account.")
@click.option(
    "--db",
    metavar="PATH",
    help="With --local: where the server keeps its memory (default: it forgets all when you leave).",
)
@llm_options
@click.option("--no-client-action", is_flag=True, help="Ask for actions as tags in the text, not as typed events.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help=f"How long to wait for an answer (default: without limit in a terminal, else {PIPED_TIMEOUT:g}).",
)
@debug_option
def chat(
    character: Optional[str],
    player: Optional[str],
    server: Optional[str],
    api_key: Optional[str],
    local: bool,
    db: Optional[str],
    llm_url: Optional[str],
    llm_model: Optional[str],
    llm_api_key_env: Optional[str],
    no_client_action: bool,
    timeout: Optional[float],
) -> int:
    """Talk to a character.

    In a terminal, answers stream in as they are made, and what the character does is shown as it happens. Ctrl-C
    interrupts an answer; at an empty line it leaves, as Ctrl-D does. /help tells the rest.

    With a pipe, each line is one message, and the answers are printed plainly:

    \b
        echo "What is my name?" | estuary chat --local --db memory.db
    """
    plain_streams()
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    if local:
        for option, value in (("--server", server), ("--api-key", api_key)):
            if value is not None:
                raise click.UsageError(f"{option} and --local exclude each other: --local brings its own server.")
    else:
        for option, value in (("--db", db), ("--llm-url", llm_url), ("--llm-model", llm_model)):
            if value is not None:
                raise click.UsageError(f"{option} is for the server that --local starts.")
    console = Console(highlight=False, markup=False, emoji=False)
    options: Dict[str, Any] = {"capabilities": Capabilities(client_action=not no_client_action)}
    with contextlib.ExitStack() as stack:
        if local:
            with _starting(console, interactive):
                gateway, who = _local(db, character, llm_url, llm_model, secret_from_env(llm_api_key_env))
                stack.enter_context(gateway)
            key, url = gateway.api_key, gateway.url
            session = gateway.session(
                player or os.environ.get("ESTUARY_PLAYER_ID") or user_name(), character_id=who, **options
            )
            kept = "Nothing is kept after this chat (--db PATH keeps it)" if db is None else f"Kept in {short_path(db)}"
            place = f"On this machine; {_engine(gateway)}.\n{kept}."
        else:
            config = _config(server, api_key, character, player)
            key, url = config.api_key, config.server_url
            session = Session(
                api_key=key,
                server_url=url,
                character_id=config.character_id,
                player_id=config.player_id,
                **options,
            )
            place = f"At {url}."
        stack.callback(session.close, 2.0)
        if not interactive:
            return Piped(session, timeout=PIPED_TIMEOUT if timeout is None else timeout).run()
        talk = Interactive(console, session, timeout=timeout, place=place)
        return talk.run(lambda: _character(url, key, session.character_id))


@contextlib.contextmanager
def _starting(console: Console, interactive: bool) -> Iterator[None]:
    if not interactive:
        yield
        return
    with no_echo(), console.status("Starting a server on this machine …", spinner="dots", spinner_style="cyan"):
        yield


def _local(
    db: Optional[str], character: Optional[str], llm_url: Optional[str], llm_model: Optional[str], key: Optional[str]
) -> Tuple[Any, str]:
    from ..gateway import serve

    gateway = serve(db=db, chunk_delay=CHUNK_DELAY, llm_url=llm_url, llm_model=llm_model, llm_api_key=key)
    return gateway, character or gateway.character_id


def _engine(gateway: Any) -> str:
    health = get_json(gateway.url, "/health")
    return f"chat engine: {health['engines']['chat']}"


def _config(server: Optional[str], api_key: Optional[str], character: Optional[str], player: Optional[str]) -> Config:
    """The session's options, with what is missing named as the command line calls it."""
    missing = [
        f"{what} ({option}{variable})"
        for what, option, variable, value in (
            ("an API key", "", "ESTUARY_API_KEY", api_key),
            ("a character", "--character or ", "ESTUARY_CHARACTER_ID", character),
            ("a player", "--player or ", "ESTUARY_PLAYER_ID", player),
        )
        if not value and not os.environ.get(variable)
    ]
    if missing:
        raise Failure(
            f"missing: {', '.join(missing)}. To talk to a character on this machine without an account: "
            "estuary chat --local"
        )
    try:
        return Config.load(server_url=server, api_key=api_key, character_id=character, player_id=player)
    except ConfigError as error:
        raise Failure(str(error)) from error


def _character(url: str, key: str, character_id: str) -> Character:
    """Who that is. A server that does not tell is no reason not to talk."""
    import requests

    try:
        body = get_json(url, f"/api/v1/characters/{character_id}", key, timeout=3.0)
        return Character.read(body)
    except (requests.RequestException, TypeError, AttributeError, KeyError):
        return Character(clean("character"), known=False)
