"""``estuary gateway``: the local server in the foreground, and its API keys."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import sys
import threading
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional

import click

from .common import (
    CONTEXT,
    Failure,
    MaskedFormatter,
    data_dir,
    debug_option,
    get_json,
    llm_options,
    plural,
    secret_from_env,
    short_path,
    speech_options,
    user_name,
)

__all__ = ["gateway"]

DEFAULT_PORT = 8642

_db_option = click.option(
    "--db",
    metavar="PATH",
    help="Where everything is kept: a file or an SQLAlchemy URL "
    "(default: estuary/gateway.db in the XDG data directory, ~/.local/share).",
)


@click.group(
    "gateway",
    short_help="Run an Estuary server on this machine.",
    invoke_without_command=True,
    context_settings=CONTEXT,
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="TCP port; 0 takes a free one.",
)
@_db_option
@llm_options
@speech_options
@click.option(
    "--max-voice-sessions",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    metavar="N",
    help="Voice conversations that may go on at once.",
)
@click.option(
    "--dialect",
    type=click.Choice(["cumulative", "delta"]),
    default="cumulative",
    show_default=True,
    help="Form of the answers' chunks.",
)
@click.option("--session-timeout", type=float, metavar="SECONDS", help="End a session after so long without activity.")
@click.option("--quota", type=int, metavar="N", help="Messages that one API key may send in all.")
@click.option("--max-sessions", type=int, metavar="N", help="Sessions that one API key may have open at once.")
@click.option(
    "--chunk-delay",
    type=float,
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="Pause of the built-in companion between two chunks.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="warning",
    show_default=True,
    help="What is logged to stderr.",
)
@debug_option
@click.pass_context
def gateway(
    ctx: click.Context,
    host: str,
    port: int,
    db: Optional[str],
    llm_url: Optional[str],
    llm_model: Optional[str],
    llm_api_key_env: Optional[str],
    stt_url: Optional[str],
    stt_model: Optional[str],
    stt_api_key_env: Optional[str],
    tts_url: Optional[str],
    tts_model: Optional[str],
    tts_api_key_env: Optional[str],
    tts_voice: Optional[str],
    max_voice_sessions: int,
    dialect: str,
    session_timeout: Optional[float],
    quota: Optional[int],
    max_sessions: Optional[int],
    chunk_delay: float,
    log_level: str,
) -> int:
    """Run an Estuary server on this machine, until Ctrl-C or SIGTERM.

    It speaks the platform's protocol, so programs need only another server URL. It prints the lines that tell them.
    """
    ctx.obj = {"db": db}
    if ctx.invoked_subcommand is not None:
        return 0
    options: Dict[str, Any] = {
        "llm_url": llm_url,
        "llm_model": llm_model,
        "llm_api_key": secret_from_env(llm_api_key_env),
        "stt_url": stt_url,
        "stt_model": stt_model,
        "stt_api_key": secret_from_env(stt_api_key_env),
        "tts_url": tts_url,
        "tts_model": tts_model,
        "tts_api_key": secret_from_env(tts_api_key_env),
        "tts_voice": tts_voice,
        "max_voice_sessions": max_voice_sessions,
        "dialect": dialect,
        "session_timeout": session_timeout,
        "quota": quota,
        "max_sessions": max_sessions,
        "chunk_delay": chunk_delay,
    }
    from ..gateway import serve

    with _log_to_stderr(log_level), _until_told() as stop:
        with serve(port, db=_location(db), host=host, **options) as running:
            _announce(running, db)
            # a bare wait: the signals set it
            stop.wait()
            click.echo("stopping …", err=True)
    return 0


@gateway.group("keys", context_settings=CONTEXT)
@debug_option
def keys() -> None:
    """Make, list and revoke API keys. A gateway that runs takes note at once."""


@keys.command("create", context_settings=CONTEXT)
@click.argument("name")
@_db_option
@debug_option
@click.pass_obj
def create(obj: Dict[str, Any], name: str, db: Optional[str]) -> None:
    """Make a key called NAME and print it: the only time that it can be seen."""
    from ..gateway.keys import create_key

    click.echo(create_key(_location(db or obj["db"]), name))


@keys.command("list", context_settings=CONTEXT)
@_db_option
@debug_option
@click.pass_obj
def listing(obj: Dict[str, Any], db: Optional[str]) -> None:
    """List the keys: name, beginning, when it was made, messages sent with it."""
    from ..gateway.keys import list_keys

    found = list_keys(_location(db or obj["db"]))
    if not found:
        click.echo("there are no keys: estuary gateway keys create NAME", err=True)
    width = max((len(key.name) for key in found), default=0)
    for key in found:
        made = key.created_at.strftime("%Y-%m-%d %H:%M")
        click.echo(f"{key.name:<{width}}  {key.hint}…  {made}  {plural(key.messages, 'message')}")


@keys.command("revoke", context_settings=CONTEXT)
@click.argument("name")
@_db_option
@debug_option
@click.pass_obj
def revoke(obj: Dict[str, Any], name: str, db: Optional[str]) -> None:
    """Remove the key called NAME (or with that id)."""
    from ..gateway.keys import revoke_key

    if not revoke_key(_location(db or obj["db"]), name):
        raise Failure(f"there is no key named {name!r}: estuary gateway keys list shows them")
    click.echo(f"the key {name} is revoked")


def _location(db: Optional[str]) -> str:
    """The database, with a directory to be in."""
    if db is not None:
        if not db.strip():
            raise Failure("--db is empty: give a path or an SQLAlchemy URL")
        return db
    directory = data_dir()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(
            f"the directory {short_path(directory)} can't be made ({error.strerror}): choose a place with --db"
        ) from error
    return str(directory / "gateway.db")


def _announce(running: Any, db: Optional[str]) -> None:
    health = get_json(running.url, "/health")
    engines = health["engines"]
    others = ", ".join(f"{name} {engine}" for name, engine in engines.items() if name != "chat")
    url, key = running.url, running.development_key
    lines = [
        f"{click.style('Estuary gateway', bold=True)} on {click.style(url, bold=True)} (Ctrl-C stops it)",
        f"  docs      {url}/docs",
        f"  database  {short_path(_location(db))}",
        f"  engines   chat {engines['chat']}; {others}",
        "",
    ]
    if key is not None:
        lines += [
            click.style("A development key was made. It is shown this once:", fg="yellow"),
            f"  {key}",
            "",
        ]
    told = "" if db is None else f" --db {shlex.quote(db)}"
    placeholder = f"est_…   # the key shown at the first start; another: estuary gateway keys create NAME{told}"
    lines += [
        "For your programs:",
        f"  export ESTUARY_SERVER_URL={url}",
        f"  export ESTUARY_API_KEY={key or placeholder}",
        f"  export ESTUARY_CHARACTER_ID={running.character_id}",
        f"  export ESTUARY_PLAYER_ID={shlex.quote(user_name())}",
        "",
    ]
    click.echo("\n".join(lines))
    sys.stdout.flush()


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM and a closed terminal set; a second one of them ends the process at once."""
    stop = threading.Event()

    def told(number: int, frame: Any) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # nohup and the like have signals ignored: they stay so
    before = {number: signal.getsignal(number) for number in numbers if signal.getsignal(number) != signal.SIG_IGN}
    try:
        for number in before:
            signal.signal(number, told)
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _log_to_stderr(level: str) -> Iterator[None]:
    logger = logging.getLogger("estuary.gateway")
    handler = logging.StreamHandler()
    handler.setFormatter(MaskedFormatter("%(asctime)s %(levelname)s %(message)s"))
    handler.setLevel(level.upper())
    before = logger.level
    logger.setLevel(min(logging.getLogger("estuary").getEffectiveLevel(), getattr(logging, level.upper())))
    propagate, debug = logger.propagate, logging.getLogger("estuary").level == logging.DEBUG
    if not debug:  # with --debug everything is logged already
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        logger.propagate = propagate
