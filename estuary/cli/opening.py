"""Whom to talk to, and where: the options of the commands that talk, and the session that comes of them."""

from __future__ import annotations

import contextlib
import functools
import os
from typing import Any, Callable, Dict, Iterator, Optional, TypeVar

import click
from attrs import field, frozen
from rich.console import Console

from ..config import Config
from ..credentials import mask
from ..errors import ConfigError
from ..events import Capabilities
from ..session import Session
from .common import Failure, clean, get_json, llm_options, secret_from_env, short_path, speech_options, user_name
from .conversation import Character
from .prompt import no_echo

__all__ = ["Opened", "Partner", "partner_options"]

#: seconds between two chunks of the built-in companion: about as fast as one reads
CHUNK_DELAY = 0.02

#: how the options begin that say what a local server thinks, hears and speaks with
_ENGINES = ("llm_", "stt_", "tts_")

_F = TypeVar("_F", bound=Callable[..., Any])


@frozen
class Opened:
    """A session, not yet connected."""

    session: Session
    #: where the server is, for the heading
    place: str
    url: str
    api_key: str = field(repr=mask)

    def character(self) -> Character:
        """Who that is; asks the server. One that does not tell is no reason not to talk."""
        import requests

        try:
            path = f"/api/v1/characters/{self.session.character_id}"
            return Character.read(get_json(self.url, path, self.api_key, timeout=3.0))
        except (requests.RequestException, TypeError, AttributeError, KeyError):
            return Character(clean("character"), known=False)


@frozen
class Partner:
    """What the options say about whom to talk to."""

    character: Optional[str]
    player: Optional[str]
    server: Optional[str]
    api_key: Optional[str] = field(repr=lambda key: mask(key) if key else "None")
    local: bool
    db: Optional[str]
    #: what answers, with ``local``
    engines: Dict[str, Any] = field(repr=False)
    client_action: bool
    #: the command's name, for what to do instead
    command: str

    @contextlib.contextmanager
    def open(self, console: Console, *, interactive: bool) -> Iterator[Opened]:
        """The session, and with ``--local`` the server, for the block.

        Raises ``Failure`` or ``click.UsageError`` where the options don't say enough, or contradict each other.
        """
        self._check()
        options: Dict[str, Any] = {"capabilities": Capabilities(client_action=self.client_action)}
        with contextlib.ExitStack() as stack:
            if self.local:
                with _starting(console) if interactive else contextlib.nullcontext():
                    gateway = stack.enter_context(self._serve())
                    health = get_json(gateway.url, "/health")
                session = gateway.session(
                    self.player or os.environ.get("ESTUARY_PLAYER_ID") or user_name(),
                    character_id=self.character or gateway.character_id,
                    **options,
                )
                kept = f"Kept in {short_path(self.db)}"
                if self.db is None:
                    kept = f"Nothing is kept after this {_what(self.command)} (--db PATH keeps it)"
                engines = health["engines"]
                place = f"On this machine; chat engine: {engines['chat']}.\n{kept}."
                if self.command == "voice":
                    place += f"\nIt hears with {engines['stt']}, and speaks with {engines['tts']}."
                opened = Opened(session, place, gateway.url, gateway.api_key)
            else:
                config = self._config()
                session = Session(
                    api_key=config.api_key,
                    server_url=config.server_url,
                    character_id=config.character_id,
                    player_id=config.player_id,
                    **options,
                )
                opened = Opened(session, f"At {config.server_url}.", config.server_url, config.api_key)
            stack.callback(session.close, 2.0)
            yield opened

    def _check(self) -> None:
        if self.local:
            for option, value in (("--server", self.server), ("--api-key", self.api_key)):
                if value is not None:
                    raise click.UsageError(f"{option} and --local exclude each other: --local brings its own server.")
            return
        for name, value in {"db": self.db, **self.engines}.items():
            if value is not None:
                raise click.UsageError(f"--{name.replace('_', '-')} is for the server that --local starts.")

    def _serve(self) -> Any:
        from ..gateway import serve

        engines: Dict[str, Any] = {
            name.replace("_key_env", "_key"): secret_from_env(value) if name.endswith("_key_env") else value
            for name, value in self.engines.items()
        }
        return serve(db=self.db, chunk_delay=CHUNK_DELAY, **engines)

    def _config(self) -> Config:
        """The session's options, with what is missing named as the command line calls it."""
        missing = [
            f"{what} ({option}{variable})"
            for what, option, variable, value in (
                ("an API key", "", "ESTUARY_API_KEY", self.api_key),
                ("a character", "--character or ", "ESTUARY_CHARACTER_ID", self.character),
                ("a player", "--player or ", "ESTUARY_PLAYER_ID", self.player),
            )
            if not value and not os.environ.get(variable)
        ]
        if missing:
            raise Failure(
                f"missing: {', '.join(missing)}. To talk to a character on this machine without an account: "
                f"estuary {self.command} --local"
            )
        try:
            return Config.load(
                server_url=self.server, api_key=self.api_key, character_id=self.character, player_id=self.player
            )
        except ConfigError as error:
            raise Failure(str(error)) from error


def partner_options(command: str) -> Callable[[_F], Callable[..., Any]]:
    """``--character``, ``--player``, ``--local`` and the like, for this command: the argument ``partner``."""

    def decorate(function: _F) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(
            *args: Any,
            character: Optional[str],
            player: Optional[str],
            server: Optional[str],
            api_key: Optional[str],
            local: bool,
            db: Optional[str],
            no_client_action: bool,
            **options: Any,
        ) -> Any:
            engines = {name: options.pop(name) for name in [*options] if name.startswith(_ENGINES)}
            partner = Partner(
                character,
                player,
                server,
                api_key,
                local,
                db,
                engines,
                client_action=not no_client_action,
                command=command,
            )
            return function(*args, partner=partner, **options)

        wanted = [
            click.option("--character", metavar="ID", help="Whom to talk to (else ESTUARY_CHARACTER_ID)."),
            click.option(
                "--player",
                metavar="ID",
                help="Who you are; each player has a conversation of their own (else ESTUARY_PLAYER_ID).",
            ),
            click.option(
                "--server", metavar="URL", help="Which server (else ESTUARY_SERVER_URL, else the hosted platform)."
            ),
            click.option(
                "--api-key",
                metavar="KEY",
                help="API key. Better set ESTUARY_API_KEY: a command line can be seen by other users of the machine.",
            ),
            click.option(
                "--local",
                is_flag=True,
                help=f"Start a server on this machine, for this {_what(command)} only. Needs no account.",
            ),
            click.option(
                "--db",
                metavar="PATH",
                help="With --local: where the server keeps its memory (default: it forgets all when you leave).",
            ),
            llm_options,
            *([speech_options] if command == "voice" else []),
            click.option(
                "--no-client-action", is_flag=True, help="Ask for actions as tags in the text, not as typed events."
            ),
        ]
        decorated: Callable[..., Any] = run
        for option in reversed(wanted):
            decorated = option(decorated)
        return decorated

    return decorate


def _what(command: str) -> str:
    return "chat" if command == "chat" else "conversation"


@contextlib.contextmanager
def _starting(console: Console) -> Iterator[None]:
    with no_echo(), console.status("Starting a server on this machine …", spinner="dots", spinner_style="cyan"):
        yield
