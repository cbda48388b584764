"""Speaking: in a terminal, where levels, transcripts and answers show as they come, and elsewhere, line by line."""

from __future__ import annotations

import queue
import sys
import time
from typing import TYPE_CHECKING, Any, List, Mapping, Optional, Set

from rich.console import Console
from rich.text import Text

from ..actions import Action
from ..errors import AudioDeviceError, NotConnected, VoiceError
from ..events import Disconnected, Interrupted, Reconnected, Reconnecting, Transcript
from ..turn import Response
from .common import Failure, complain, describe_action, one_line, short_path
from .keys import ESCAPE, Keys, TalkKey
from .opening import Opened
from .prompt import no_echo
from .stage import Meter, Stage, bar

if TYPE_CHECKING:
    from ..voice.voice import Voice

__all__ = ["Plain", "Spoken"]

#: seconds between two looks at keys, levels and what was said
TICK = 0.08
#: what + and - change the volume by
STEP = 0.1

_ECHO = {
    "cancel": "; echo is cancelled",
    "suppress": "; the microphone is off while the character speaks",
    "off": "",
}


class Spoken:
    """A spoken conversation in a terminal. ``run()`` returns when it is over.

    Everything is shown by the main thread; handlers, on the session's own thread, only hand over what they are given.

    Args:
        opened: not yet connected.
        options: for ``Session.voice``; ``source`` and ``sink`` among them.
    """

    def __init__(self, console: Console, opened: Opened, options: Mapping[str, Any]) -> None:
        self._console = console
        self._opened = opened
        self._session = session = opened.session
        self._options = options
        self._news: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stage = Stage(console)
        self._microphone, self._speaker = Meter(), Meter()
        self._talk = TalkKey()
        self._name = "character"
        self._connected = True
        #: messages of which it was said that they were interrupted
        self._interrupted: Set[Optional[str]] = set()
        for event in ("transcript", "response", "interrupted", "error", "reconnecting", "reconnected", "disconnected"):
            session.on(event, self._news.put)
        session.on_action("*", self._news.put)

    def run(self) -> int:
        """Connect, listen and speak until the user or the server ends it, or what is heard is at an end."""
        with no_echo(), self._wait("Connecting …"):
            self._session.connect()
            character = self._opened.character()
        self._name = character.name
        heading = Text(character.name, style="bold cyan")
        if character.tagline:
            heading.append(f", {character.tagline}", style="not bold")
        self._console.print(heading)
        self._console.print(Text(self._opened.place, style="dim"))
        while True:
            voice = self._session.voice(**self._options)
            with no_echo(), self._wait("Starting voice …"):
                voice.start()
            try:
                if not self._converse(voice):
                    return 0
            finally:
                voice.stop()

    def _wait(self, text: str) -> Any:
        return self._console.status(Text(text, style="dim"), spinner="dots", spinner_style="cyan")

    def _converse(self, voice: Voice) -> bool:
        """Until voice is over. Whether it is to be started again."""
        microphone, speaker = (
            one_line(getattr(end, "device_name", None) or short_path(getattr(end, "path", "?")))
            for end in (self._options["source"], self._options["sink"])
        )
        about = f"You are {one_line(self._session.player_id)}. From {microphone} to {speaker}{_ECHO[voice.echo]}."
        self._console.print(Text(about, style="dim"))
        self._console.print()
        with Keys() as keys, self._stage:
            try:
                while voice.ended is None:
                    for key in keys.read(TICK):
                        if not self._press(key, voice):
                            return False
                    self._follow(voice)
                while not voice.wait(TICK):
                    self._follow(voice)
                self._show_news()
                return voice.ended == "voice_timeout" and self._again(keys)
            except (KeyboardInterrupt, EOFError):
                return False

    def _again(self, keys: Keys) -> bool:
        self._stage.note("Nobody spoke for a long time, so the server has stopped listening.", "yellow")
        self._stage.status = [Text("enter goes on  q quits", style="dim")]
        self._stage.draw()
        while True:
            for key in keys.read(60.0):
                if key in "\r\n ":
                    return True
                if key in "qQ\x04":
                    return False

    # ── keys ──

    def _press(self, key: str, voice: Voice) -> bool:
        """Do what the key says. ``False`` to leave."""
        if key in "qQ\x04":
            return False
        if key == " " and voice.mode == "push_to_talk":
            self._talk.hit(time.monotonic())
        elif key in "mM":
            (voice.unmute if voice.muted else voice.mute)()
        elif key in ("i", "I", ESCAPE):
            self._session.interrupt()
        elif key in "+=":
            voice.volume = min(4.0, voice.volume + STEP)
        elif key in "-_":
            voice.volume = max(0.0, voice.volume - STEP)
        return True

    def _follow(self, voice: Voice) -> None:
        """Bring voice and screen to where things are."""
        now = time.monotonic()
        self._talk.look(now)
        if self._talk.is_down != voice.is_pressed:
            try:
                (voice.press if self._talk.is_down else voice.release)()
            except (NotConnected, VoiceError) as error:
                self._talk.release()
                self._stage.note(f"error: {error}", "red")
        self._show_news()
        self._stage.status = self._status(voice, now)
        self._stage.draw()

    # ── what it shows ──

    def _status(self, voice: Voice, now: float) -> List[Text]:
        levels = voice.levels
        cells = max(4, min(16, (self._console.width - 59) // 2))
        line = Text(no_wrap=True, overflow="ellipsis")
        state = self._state(voice)
        state.pad_right(max(0, (17 if voice.mode == "push_to_talk" else 15) - state.cell_len))
        line.append_text(state)
        microphone = ("off", "bold red") if voice.muted else ("mic", "dim")
        for name, meter, level in (
            (microphone, self._microphone, levels.input),
            (("voice", "dim"), self._speaker, levels.output),
        ):
            shown = meter.show(level, now)
            line.append(*name).append(" ").append_text(bar(shown, cells)).append(f" {shown:3.0f} dB  ", style="dim")
        line.append(f"volume {100 * voice.volume:.0f} %", style="dim")
        keys = "m unmute" if voice.muted else "m mute"
        if voice.mode == "push_to_talk":
            keys = f"space talk (hold, or press twice)  {keys}"
        return [
            line,
            Text(f"{keys}  i interrupt  +/- volume  q quit", style="dim", no_wrap=True, overflow="ellipsis"),
        ]

    def _state(self, voice: Voice) -> Text:
        if not self._connected:
            return Text("no connection", style="bold red")
        if voice.is_pressed:
            return Text("● let go to end" if self._talk.is_held else "● space to end", style="bold green")
        if voice.is_sounding:
            return Text("♪ speaking", style="bold cyan")
        if voice.muted:
            return Text("✕ muted", style="bold red")
        if voice.mode == "push_to_talk":
            return Text("○ space to talk", style="dim")
        return Text("● listening", style="green")

    def _show_news(self) -> None:
        while True:
            try:
                news = self._news.get_nowait()
            except queue.Empty:
                return
            self._show(news)

    def _show(self, news: Any) -> None:
        stage = self._stage
        if isinstance(news, Transcript):
            stage.partial = "" if news.is_final else news.text
            if news.is_final and news.text.strip():
                stage.user(news.text, "you")
        elif isinstance(news, Response):
            self._say(news)
        elif isinstance(news, Action):
            stage.action(describe_action(news.name, news.arguments))
        elif isinstance(news, Interrupted):
            self._note_interruption(news.message_id)
        elif isinstance(news, Reconnecting):
            self._connected = False
            if news.attempt == 1:
                stage.note("The connection is lost; reconnecting …", "yellow")
        elif isinstance(news, Reconnected):
            self._connected = True
            stage.note("Connected again.", "green")
        elif isinstance(news, Disconnected):
            self._connected = False
        elif isinstance(news, Exception) and not isinstance(news, AudioDeviceError):  # which ends it, and is told then
            stage.note(f"error: {news}", "red")

    def _say(self, response: Response) -> None:
        if not response.is_interjection:
            self._stage.character(response.text, response.message_id, self._name)
        elif response.is_final:  # whole, as it may come in the middle of an answer
            self._stage.character(response.text, response.message_id, self._name, unasked=True)
        else:
            return
        if response.is_final:
            self._stage.end_message()
        if response.interrupted:
            self._note_interruption(response.message_id)

    def _note_interruption(self, message_id: Optional[str]) -> None:
        if message_id not in self._interrupted:
            self._interrupted.add(message_id)
            self._stage.note("(interrupted)")


class Plain:
    """A spoken conversation elsewhere than in a terminal: a line for each utterance, on standard output.

    ``run()`` returns 1 when something failed: on stderr is why.

    Args:
        opened: not yet connected.
        options: for ``Session.voice``.
        heard: what is heard, as the user knows it, where it has an end: then the user must have said something in it.
    """

    def __init__(self, opened: Opened, options: Mapping[str, Any], heard: Optional[str]) -> None:
        self._opened = opened
        self._session = session = opened.session
        self._options = options
        self._heard = heard
        self._name = "character"
        self._understood = False
        self._failed = False
        session.on("transcript", self._on_transcript)
        session.on("response", self._on_response)
        session.on("interrupted", self._on_interrupted)
        session.on_action("*", self._on_action)
        session.on("error", self._on_error)
        session.on("reconnecting", self._on_reconnecting)

    def run(self) -> int:
        """Connect, listen and speak until what is heard is at an end, or Ctrl-C."""
        self._session.connect()
        self._name = self._opened.character().name
        voice = self._session.voice(**self._options)
        try:
            with voice:
                voice.wait()
        except KeyboardInterrupt:
            if self._heard is not None:
                raise
        self._session.close()  # what has come is printed
        if voice.ended == "voice_timeout":
            raise Failure("the server has stopped listening, as nobody spoke for a long time")
        if self._heard is not None and not self._understood:
            raise Failure(f"no speech was understood in {self._heard}")
        return int(self._failed)

    # ── the dispatch thread ──

    def _print(self, text: str) -> None:
        sys.stdout.write(f"{one_line(text)}\n")
        sys.stdout.flush()

    def _on_transcript(self, transcript: Transcript) -> None:
        if transcript.is_final and transcript.text.strip():
            self._understood = True
            self._print(f"you: {transcript.text}")

    def _on_response(self, response: Response) -> None:
        if response.is_final and response.text.strip():
            self._print(f"{self._name}: {response.text}")

    def _on_interrupted(self, event: Interrupted) -> None:
        self._print("(interrupted)")

    def _on_action(self, action: Action) -> None:
        self._print(f"[{describe_action(action.name, action.arguments)}]")

    def _on_error(self, error: Exception) -> None:
        if not isinstance(error, AudioDeviceError):  # that one ends voice, and is raised
            self._failed = True
            complain(error)

    def _on_reconnecting(self, event: Reconnecting) -> None:
        if event.attempt == 1:
            print("estuary: the connection is lost; reconnecting …", file=sys.stderr)
