"""The group of commands, and the one place where errors and signals become a line and an exit status."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import signal
import sys
import threading
import traceback
from typing import Any, Dict, Iterator, List, NoReturn, Optional, Sequence, Tuple

import click

from .. import __version__
from ..credentials import mask_secrets
from ..errors import EstuaryError
from .common import CONTEXT, Failure, MaskedFormatter, complain, debug_option, one_line

__all__ = ["estuary", "run"]

BROKEN_PIPE = 141  # what a shell reports of a program that SIGPIPE ended

#: command → module and attribute, and what the list of commands says of it: a module is loaded when it is needed
COMMANDS: Dict[str, Tuple[str, str, str]] = {
    "analytics": ("analytics", "analytics", "Figures: activity, players, retention, memories."),
    "characters": ("characters", "characters", "List, make, show, change and delete characters."),
    "chat": ("chat", "chat", "Talk to a character in the terminal."),
    "doctor": ("doctor", "doctor", "Check this machine, the server and the key."),
    "gateway": ("gateway", "gateway", "Run an Estuary server on this machine."),
    "history": ("history", "history", "Read what was said."),
    "memories": ("memories", "memories", "See, search, export and delete what a character remembers."),
    "voice": ("voice", "voice", "Speak with a character."),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> List[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> Optional[click.Command]:
        if name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[name]
        command = getattr(importlib.import_module(f".{module}", __package__), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][2]) for name in self.list_commands(ctx)])


@click.group(cls=_Commands, invoke_without_command=True, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="estuary", message="%(prog)s %(version)s")
@debug_option
@click.pass_context
def estuary(ctx: click.Context) -> None:
    """Conversations with Estuary characters, from the terminal.

    To try it without an account: estuary chat --local
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(args: Sequence[str]) -> int:
    """Run the command line ``args`` and return its exit status. Nothing but that comes out."""
    debug = "--debug" in args
    with _signals(), _logging(debug):
        try:
            if "_ESTUARY_COMPLETE" in os.environ:
                estuary.main(list(args), prog_name="estuary")
            # what click's own main() does, without its several lines for one error
            with estuary.make_context("estuary", list(args)) as ctx:
                result = estuary.invoke(ctx)
            sys.stdout.flush()
            return result if isinstance(result, int) else 0
        except click.exceptions.Exit as end:
            return end.exit_code
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
        except (KeyboardInterrupt, click.Abort):
            return 130
        except BrokenPipeError:
            # the interpreter flushes once more at its end, and must not fail again
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return BROKEN_PIPE
        except Exception as error:
            if debug:
                sys.stderr.write(mask_secrets(traceback.format_exc()))
            complain(_explain(error, args))
            return 1


def _explain(error: Exception, args: Sequence[str]) -> str:
    if isinstance(error, click.UsageError):
        command = next((f"estuary {arg}" for arg in args if arg in COMMANDS), "estuary")
        where = error.ctx.command_path if error.ctx is not None else command
        return f"{error.format_message()} See '{where} --help'."
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, (EstuaryError, Failure)):
        return str(error)
    if isinstance(error, ImportError):
        return str(error)
    return f"internal error: {one_line(f'{type(error).__name__}: {error}')} (--debug shows where)"


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Have a polite kill run the ``finally`` blocks: the terminal must be as it was, the gateway's data stored."""
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        names = []
    before = {number: signal.getsignal(number) for number in (getattr(signal, name) for name in names)}

    def end(number: int, frame: Any) -> NoReturn:
        raise SystemExit(128 + number)

    try:
        for number, handler in before.items():
            if handler is signal.SIG_DFL:
                signal.signal(number, end)
        yield
    finally:
        for number, handler in before.items():
            if handler is signal.SIG_DFL:
                signal.signal(number, handler)


@contextlib.contextmanager
def _logging(debug: bool) -> Iterator[None]:
    """Logs on stderr with ``--debug``; otherwise none: what a user needs to know is said by the commands."""
    logger = logging.getLogger("estuary")
    level = logger.level
    handler: logging.Handler = logging.NullHandler()
    if debug:
        handler = logging.StreamHandler()
        handler.setFormatter(MaskedFormatter("%(relativeCreated)7.0f ms %(levelname)-7s %(name)s: %(message)s"))
        logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
