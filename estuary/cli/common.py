"""What the commands share: options, places for files, clean text, one-line errors, small REST questions."""

from __future__ import annotations

import functools
import getpass
import logging
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, TypeVar, Union

import click
from attrs import field, frozen

from .. import __version__
from ..credentials import mask, mask_secrets

if TYPE_CHECKING:
    from ..rest import Client

__all__ = [
    "CONTEXT",
    "Failure",
    "MaskedFormatter",
    "Target",
    "clean",
    "complain",
    "data_dir",
    "debug_option",
    "describe_action",
    "device",
    "get_json",
    "llm_options",
    "one_line",
    "plain_streams",
    "player_argument",
    "player_id",
    "plural",
    "secret_from_env",
    "short_path",
    "speech_options",
    "state_dir",
    "target_options",
    "user_name",
]

CONTEXT: Dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

_F = TypeVar("_F", bound=Callable[..., Any])

#: what a terminal takes for a command: everything of C0 and C1 but newline and tab
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Failure(Exception):
    """Ends the command with this one line."""


class MaskedFormatter(logging.Formatter):
    """The last line of defence: whatever is logged, no key leaves this process."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_secrets(super().format(record))


def one_line(text: object) -> str:
    return " ".join(clean(str(text)).split())


def complain(message: object) -> None:
    """One line on stderr, without any secret."""
    click.echo(f"estuary: error: {mask_secrets(one_line(message))}", err=True)


def clean(text: str) -> str:
    """``text`` without what could move the cursor, change colours or set the window's title.

    >>> clean("a\\x1b[31mb\\r\\nc")
    'a[31mb\\nc'
    """
    return _CONTROLS.sub("", text)


def plural(count: int, noun: str) -> str:
    """
    >>> plural(1, "key"), plural(2, "key")
    ('1 key', '2 keys')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """``run()`` looks for it in the arguments, before anything can fail."""


def debug_option(function: _F) -> _F:
    """``--debug``, which may stand before or after the command's name."""
    return click.option(
        "--debug", is_flag=True, expose_value=False, callback=_debug, help="Show tracebacks and what is going on."
    )(function)


def llm_options(function: _F) -> _F:
    """What answers in a gateway."""
    for decorate in (
        click.option(
            "--llm-api-key-env",
            metavar="NAME",
            help="Environment variable that holds the endpoint's key, if it wants one.",
        ),
        click.option("--llm-model", metavar="NAME", help="Which of its models answers."),
        click.option(
            "--llm-url",
            metavar="URL",
            help="OpenAI-compatible endpoint that answers, such as http://127.0.0.1:11434/v1 "
            "(default: the built-in companion, which needs no model).",
        ),
    ):
        function = decorate(function)
    return function


def speech_options(function: _F) -> _F:
    """What hears and what speaks in a gateway."""
    options = []
    for kind, does, route in (("stt", "understands speech", "transcriptions"), ("tts", "speaks", "speech")):
        options += [
            click.option(
                f"--{kind}-url",
                metavar="URL",
                help=f"OpenAI-compatible endpoint with /audio/{route} that {does} (default: an embedded model).",
            ),
            click.option(f"--{kind}-model", metavar="NAME", help=f"Which of its models {does}."),
            click.option(
                f"--{kind}-api-key-env",
                metavar="NAME",
                help="Environment variable that holds the endpoint's key, if it wants one.",
            ),
        ]
    options.append(click.option("--tts-voice", metavar="NAME", help="The voice of characters that name none."))
    for decorate in reversed(options):
        function = decorate(function)
    return function


@frozen
class Target:
    """What the options of a command that uses REST say: which server, whose key, which character, what form."""

    server: Optional[str] = None
    api_key: Optional[str] = field(default=None, repr=lambda key: mask(key) if key else "None")
    character: Optional[str] = None
    #: print one JSON document for programs, instead of what people read
    as_json: bool = False

    def client(self) -> Client:
        """The REST client. Raises ``Failure`` that says what is missing, ``ConfigError`` for what can't be right."""
        if not (self.api_key or os.environ.get("ESTUARY_API_KEY")):
            raise Failure("missing: an API key. Set ESTUARY_API_KEY; estuary doctor checks the rest")
        from ..rest import Client

        plain_streams()
        return Client(api_key=self.api_key or None, server_url=self.server)

    @property
    def character_id(self) -> str:
        """Raises ``Failure`` where neither the command line nor the environment names a character."""
        given = (self.character or os.environ.get("ESTUARY_CHARACTER_ID") or "").strip()
        if not given:
            raise Failure(
                "missing: a character (--character or ESTUARY_CHARACTER_ID). estuary characters list shows them"
            )
        return given


def target_options(*, character: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--server``, ``--api-key``, ``--json`` and, where it needs one, ``--character``: the argument ``target``."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def command(*args: Any, server: Optional[str], api_key: Optional[str], as_json: bool, **options: Any) -> Any:
            whom = options.pop("character") if character else None
            return function(*args, target=Target(server, api_key, whom, as_json), **options)

        wanted = [
            click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs."),
            click.option(
                "--server", metavar="URL", help="Which server (else ESTUARY_SERVER_URL, else the hosted platform)."
            ),
            click.option("--api-key", metavar="KEY", help="API key. Better set ESTUARY_API_KEY."),
        ]
        if character:
            wanted.insert(
                0, click.option("--character", metavar="ID", help="Which character (else ESTUARY_CHARACTER_ID).")
            )
        decorated: Callable[..., Any] = debug_option(command)
        for option in reversed(wanted):
            decorated = option(decorated)
        return decorated

    return decorate


def player_argument(function: _F) -> _F:
    """PLAYER, which comes first; where nothing else does, the environment may name it: see ``player_id``."""
    return click.argument("player", metavar="[PLAYER]", required=False)(function)


def player_id(given: Optional[str]) -> str:
    """Raises ``Failure`` where neither the command line nor the environment names a player."""
    found = os.environ.get("ESTUARY_PLAYER_ID", "") if given is None else given
    if not found.strip():
        raise Failure("missing: a player (PLAYER or ESTUARY_PLAYER_ID). estuary analytics players shows them")
    return found


def plain_streams() -> None:
    """Whatever the locale, a character that it does not have is no reason to fail."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def secret_from_env(name: Optional[str]) -> Optional[str]:
    """The value of the environment variable that an option names."""
    if name is None:
        return None
    value = os.environ.get(name, "").strip()
    if not value:
        raise Failure(f"the environment variable {name} is not set, so there is no key to take from it")
    return value


def user_name() -> str:
    """The name of the user of this machine, as a player id."""
    try:
        return clean(getpass.getuser()).strip() or "player"
    except (KeyError, OSError, ImportError):  # a user id that has no name, as in containers
        return "player"


def _xdg(variable: str, default: str) -> Path:
    given = os.environ.get(variable, "")
    if os.path.isabs(given):
        base = Path(given)
    elif sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        base = Path(os.environ["LOCALAPPDATA"])
    else:
        base = Path.home() / default
    return base / "estuary"


def data_dir() -> Path:
    """Where the gateway keeps its database (XDG data directory). Not made by this call."""
    return _xdg("XDG_DATA_HOME", ".local/share")


def state_dir() -> Path:
    """Where the history of the chat is kept (XDG state directory). Not made by this call."""
    return _xdg("XDG_STATE_HOME", ".local/state")


def short_path(path: object) -> str:
    """A path or database URL to show: ``~`` for the home directory, no password."""
    text = str(path)
    if "://" in text:
        return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:…@", text)
    home = str(Path.home())
    return f"~{text[len(home) :]}" if text.startswith(home + os.sep) else text


def device(given: Optional[str]) -> Union[int, str, None]:
    """What an option names a microphone or a speaker by: its index, or a part of its name.

    >>> device("2"), device("USB"), device(None)
    (2, 'USB', None)
    """
    return int(given) if given is not None and given.isdecimal() else given


def describe_action(name: str, arguments: Dict[str, Any]) -> str:
    """An action as a call, its strings quoted.

    >>> describe_action("navigate", {"target": "kitchen", "speed": 2})
    'navigate(target="kitchen", speed=2)'
    """
    import json

    given = ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in arguments.items())
    return one_line(f"{name}({given})")


def get_json(server_url: str, path: str, api_key: Optional[str] = None, timeout: float = 5.0) -> Any:
    """``GET`` on the REST side; its JSON.

    Raises ``requests.RequestException``: it can't be reached, or answers with an error or without JSON.
    """
    import requests

    headers = {"X-Estuary-Client": f"estuary-sync/{__version__}"}
    if api_key:
        headers["X-API-Key"] = api_key
    # the key is for this server, not for wherever it sends us
    response = requests.get(f"{server_url}{path}", headers=headers, timeout=timeout, allow_redirects=False)
    response.raise_for_status()
    return response.json()
