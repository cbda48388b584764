"""Talking: in a terminal, where everything shows as it happens, and through a pipe, line by line."""

from __future__ import annotations

import sys
import threading
from typing import Any, List, Mapping, Optional, Tuple

from attrs import frozen
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ..actions import Action
from ..errors import ConnectError, ConnectionLost, EstuaryError, NotConnected, QuotaExceeded
from ..events import Disconnected, Reconnected, Reconnecting
from ..session import Session
from ..turn import Response
from .common import clean, complain, describe_action, one_line, state_dir
from .prompt import Prompt, no_echo
from .screen import ACTION, Screen

__all__ = ["COMMANDS", "Character", "Interactive", "Piped"]

COMMANDS = {
    "/help": "this list",
    "/interrupt": "stop what the character is saying (during an answer: Ctrl-C)",
    "/actions": "what the character can do, and what it did",
    "/say": "TEXT has the character say exactly this",
    "/quit": "leave (so does Ctrl-D, and Ctrl-C at an empty line)",
}
#: seconds in which the end of an answer that has arrived must be on the screen
SHOW_TIMEOUT = 10.0
#: seconds to wait for a scripted line to be spoken; a server need not repeat it
LINE_TIMEOUT = 10.0


@frozen
class Character:
    """Whom one talks to, as far as the server tells."""

    name: str
    tagline: str = ""
    #: signature and description of each declared action
    actions: Tuple[Tuple[str, str], ...] = ()
    known: bool = True

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Character:
        """From the REST answer. Raises ``TypeError``, ``KeyError`` or ``AttributeError`` where it is something else."""
        persona = body.get("persona") or {}
        name = one_line(persona.get("name") or body.get("name") or "") or "character"
        actions = []
        for action in body.get("actions") or ():
            names = [p["name"] + ("" if p.get("required") else "?") for p in action.get("parameters") or ()]
            signature = f"{action['name']}({', '.join(names)})"
            actions.append((one_line(signature), one_line(action.get("description") or "")))
        return cls(name, one_line(persona.get("tagline") or ""), tuple(actions))


def parse(line: str) -> Tuple[str, str]:
    """A command and its argument; no command, and the text, for what is to be said. ``//`` begins a text with ``/``.

    >>> parse("/say  Hello "), parse("Hello"), parse("//bin/ls")
    (('/say', 'Hello'), ('', 'Hello'), ('', '/bin/ls'))
    """
    line = line.strip()
    if line.startswith("//"):
        return "", line[1:]
    if not line.startswith("/"):
        return "", line
    command, _, argument = line.partition(" ")
    return command.lower(), argument.strip()


def unknown(command: str) -> str:
    """What to say to a command that there is not."""
    near = [known for known in COMMANDS if len(command) > 1 and known.startswith(command)]
    hint = f"did you mean {near[0]}?" if near else "/help lists them"
    return f"there is no command {command}: {hint} (// begins a message with a slash)"


class Interactive:
    """A chat in a terminal. ``run()`` returns when the user leaves.

    Args:
        session: not yet connected.
        timeout: seconds for an answer; ``None`` is no limit.
        place: where the server is, for the heading.
    """

    def __init__(self, console: Console, session: Session, *, timeout: Optional[float], place: str) -> None:
        self._console = console
        self._session = session
        self._timeout = timeout
        self._place = place
        self._told = ""
        self._telling = threading.Lock()
        colour = console.color_system is not None and not console.no_color
        self._prompt = Prompt(
            style=("\x1b[1;32m", "\x1b[0m") if colour else ("", ""),
            history=state_dir() / "history",
            commands=tuple(COMMANDS),
        )
        self._screen = Screen(console, self._prompt)
        self._character = Character("character", known=False)
        session.on("response", self._screen.response)
        session.on_action("*", self._on_action)
        session.on("error", self._on_error)
        session.on("reconnecting", self._on_reconnecting)
        session.on("reconnected", self._on_reconnected)
        session.on("disconnected", self._on_disconnected)

    def run(self, find: Any) -> int:
        """Connect and talk.

        Args:
            find: called when the session is open; says who the character is.
        """
        # a character may speak at once: not before its name is known and the heading is there
        with self._screen.hold():
            with no_echo(), self._screen.spin("Connecting …"):
                self._session.connect()
                self._character = find()
            self._screen.name = self._character.name
            self._prompt.label = f"{'you':>{min(cell_len(self._character.name), 20)}} › "
            self._heading()
        while True:
            try:
                line = self._prompt.read()
            except EOFError:
                self._console.print()
                return 0
            except KeyboardInterrupt:
                self._console.print()
                if self._prompt.typed:
                    continue
                return 0
            if line.strip() and not self._take(line):
                return 0

    def _heading(self) -> None:
        heading = Text(self._character.name, style="bold cyan")
        if self._character.tagline:
            heading.append(f", {self._character.tagline}", style="not bold")
        self._console.print(heading)
        self._console.print(Text(self._place, style="dim"))
        about = f"You are {one_line(self._session.player_id)}. /help lists the commands; Ctrl-D leaves."
        self._console.print(Text(about, style="dim"))
        self._console.print()

    # ── the main thread ──

    def _take(self, line: str) -> bool:
        """Do what the line says. ``False`` to leave."""
        self._told = ""
        command, argument = parse(line)
        if command == "/quit":
            return False
        if not command:
            self._send(argument)
        elif command == "/help":
            self._help()
        elif command == "/actions":
            self._actions()
        elif command == "/interrupt":
            self._session.interrupt()
        elif command == "/say":
            self._say_line(argument)
        else:
            self._hint(unknown(command))
        return True

    def _send(self, text: str) -> None:
        screen = self._screen
        screen.wait()
        try:
            with no_echo():
                reply = self._session.send(text, timeout=self._timeout)
                # an interrupted answer has no last chunk where nothing of it had come
                screen.wait_for_end(reply.message_id, 1.0 if reply.interrupted else SHOW_TIMEOUT)
        except KeyboardInterrupt:
            screen.over("(interrupted; Ctrl-C again leaves)", interrupted=True)
        except EstuaryError as error:
            screen.over()
            self._tell(error)
        else:
            if reply.interrupted:
                screen.over("(interrupted)")
            else:
                screen.over("" if reply.text.strip() or reply.actions else "(an empty answer)")

    def _say_line(self, text: str) -> None:
        if not text:
            self._hint("what is to be said? /say TEXT")
            return
        screen = self._screen
        screen.wait()
        try:
            with no_echo():
                self._session.say_line(text, timeout=self._timeout)
                said = screen.wait_for_any_end(LINE_TIMEOUT)
        except KeyboardInterrupt:
            self._session.interrupt()
            screen.over("(interrupted; Ctrl-C again leaves)", interrupted=True)
        except EstuaryError as error:
            screen.over()
            self._tell(error)
        else:
            screen.over("" if said else "(the server has the line, and did not repeat it)")

    def _help(self) -> None:
        for command, about in COMMANDS.items():
            argument, text = ("TEXT", about[5:]) if about.startswith("TEXT ") else ("", about)
            line = Text("  ")
            line.append(f"{command} {argument}".ljust(12), style="bold")
            line.append(f" {text}", style="dim")
            self._console.print(line, soft_wrap=True)

    def _actions(self) -> None:
        character, console = self._character, self._console
        if character.actions:
            console.print(Text(f"{character.name} can:", style="dim"), soft_wrap=True)
            for signature, description in character.actions:
                line = Text(f"  {signature}", style="magenta")
                line.append(f"  {description}" if description else "", style="dim")
                console.print(line, soft_wrap=True)
        elif character.known:
            console.print(Text(f"{character.name} declares no actions.", style="dim"), soft_wrap=True)
        done: List[Action] = self._screen.actions[-10:]
        console.print(Text("So far:" if done else "So far it did nothing.", style="dim"))
        for action in done:
            line = Text(f"  {ACTION} {describe_action(action.name, action.arguments)}", style="magenta")
            console.print(line, soft_wrap=True)

    def _hint(self, text: str) -> None:
        self._screen.notice(text)

    # ── the dispatch thread ──

    def _on_action(self, action: Action) -> None:
        self._screen.action(action)

    def _on_error(self, error: Exception) -> None:
        self._tell(error)

    def _on_reconnecting(self, event: Reconnecting) -> None:
        if event.attempt == 1:
            self._screen.notice("The connection is lost; reconnecting …")
        else:
            self._screen.notice(f"Still no connection; attempt {event.attempt} in {event.delay:.1f} s …", "dim")

    def _on_reconnected(self, event: Reconnected) -> None:
        self._screen.notice("Connected again.", "green")

    def _on_disconnected(self, event: Disconnected) -> None:
        if event.reason == "closed":
            return
        if event.error is not None:
            self._tell(event.error)
        self._screen.notice("Disconnected. The next message connects again.")

    # ── either ──

    def _tell(self, error: Exception) -> None:
        """Show an error once, though the turn that failed and an event bring a copy of it each."""
        with self._telling:
            if str(error) == self._told:
                return
            self._told = str(error)
            # within the lock: who comes second goes on only when it is shown
            self._screen.notice(f"error: {error}", "red")


class Piped:
    """Each line of standard input is a message; the answers go to standard output as they come, without decoration.

    ``run()`` returns 1 when a message failed: on stderr is why. It goes on with the next, unless that must fail too.
    """

    def __init__(self, session: Session, *, timeout: float) -> None:
        self._session = session
        self._timeout = timeout
        self._failed = False
        self._lock = threading.Lock()
        self._unasked: List[str] = []
        session.on("response", self._on_response)
        session.on("reconnecting", self._on_reconnecting)

    def run(self) -> int:
        """Connect and talk until the input ends."""
        self._session.connect()
        # not `for line in sys.stdin`: a program at the other end may wait for the answer to each line
        for line in iter(sys.stdin.readline, ""):
            if not line.strip():
                continue
            try:
                if not self._take(line):
                    break
            except (ConnectError, ConnectionLost, NotConnected, QuotaExceeded):
                raise
            except EstuaryError as error:
                self._fail(error)
        return int(self._failed)

    def _take(self, line: str) -> bool:
        command, argument = parse(line)
        if command == "/quit":
            return False
        if not command:
            self._send(argument)
        elif command == "/say":
            self._say_line(argument)
        elif command == "/interrupt":
            self._session.interrupt()
        elif command == "/help":
            for name, about in COMMANDS.items():
                self._print(f"{name} {about}\n")
        elif command == "/actions":
            self._fail("/actions is for a chat in a terminal")
        else:
            self._fail(unknown(command))
        return True

    def _send(self, text: str) -> None:
        last = ""
        with self._session.stream(text, timeout=self._timeout) as stream:
            try:
                for chunk in stream:
                    last = chunk.delta or last
                    self._print(chunk.delta)
            finally:
                if last and not last.endswith("\n"):
                    self._print("\n")
        for action in stream.reply.actions:
            self._print(f"[{describe_action(action.name, action.arguments)}]\n")
        self._print_unasked()
        if stream.reply.interrupted:
            self._fail("the answer was interrupted")

    def _say_line(self, text: str) -> None:
        self._session.say_line(text, timeout=self._timeout)
        last = ""
        for chunk in self._session.responses(timeout=LINE_TIMEOUT):
            if chunk.is_interjection:
                continue
            last = chunk.delta or last
            self._print(chunk.delta)
            if chunk.is_final:
                break
        if last and not last.endswith("\n"):
            self._print("\n")

    def _print(self, text: str) -> None:
        sys.stdout.write(clean(text) if sys.stdout.isatty() else text)
        sys.stdout.flush()

    def _print_unasked(self) -> None:
        """What the character said unasked: after the answer, not in the middle of it."""
        with self._lock:
            messages, self._unasked = self._unasked, []
        for text in messages:
            self._print(f"[unasked] {text}\n")

    def _fail(self, error: object) -> None:
        self._failed = True
        complain(error)

    # ── the dispatch thread ──

    def _on_response(self, response: Response) -> None:
        if response.is_interjection and response.is_final:
            with self._lock:
                self._unasked.append(response.text)

    def _on_reconnecting(self, event: Reconnecting) -> None:
        if event.attempt == 1:
            print("estuary: the connection is lost; reconnecting …", file=sys.stderr)
