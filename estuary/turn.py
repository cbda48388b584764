"""Turns and replies: which message answers which text, and what the user is shown of it.

Pure state: no threads, no sockets, no clock of its own. ``Conversation`` is fed with what was sent and with every
event, in the wire's order, and says where each chunk belongs. The wire ties no text to its answer, so the order does:

* the first message that is no interjection belongs to the oldest text that has no answer yet;
* a message that was interrupted, failed or was given up is closed: whatever still arrives of it is dropped;
* a text that was interrupted before anything of its answer arrived stays in the order (an *orphan*), so that its late
  answer is not taken for the next text's, until the server confirms the interruption.
"""

from __future__ import annotations

import os
from collections import OrderedDict, deque
from typing import Any, Deque, Dict, List, NamedTuple, Optional, Tuple, Union

from attrs import define, field, frozen

from .actions import Action, ActionLedger, ActionParser
from .errors import VoiceError, again
from .events import BotResponse, ClientAction, Interrupt

__all__ = ["Conversation", "Message", "Reply", "Response", "Timing", "Turn"]

#: Messages that are over but whose late chunks and late typed actions must still be recognised.
REMEMBERED = 256
#: Scripted lines that wait for their text to come back. They are optional: a server may not echo them.
MAX_LINES = 8
#: How long an answer whose text is complete is waited for to be said aloud, after the last piece of either. Seconds.
AUDIO_PATIENCE = 5.0
#: Messages whose audio came before their text and is kept for it.
MAX_EARLY = 8
#: Audio that is kept of one answer; what comes beyond is dropped. Bytes: twenty minutes at 48,000 Hz.
MAX_AUDIO = 115_200_000


@frozen
class Timing:
    """How long a turn took, in seconds from the moment the text was handed to the transport."""

    first_chunk: Optional[float]
    total: float


@frozen
class Reply:
    """One whole answer. ``str(reply)`` is its text."""

    #: what the character said, without action tags
    text: str
    #: the same as it came, tags and all
    raw_text: str = field(default="", repr=False)
    #: what the character did, in order
    actions: Tuple[Action, ...] = ()
    message_id: Optional[str] = None
    #: the answer was cut off: ``text`` is what was said until then
    interrupted: bool = False
    timing: Timing = Timing(None, 0.0)
    #: what was spoken, if it was asked for: PCM16 little-endian mono at ``sample_rate``
    audio: Optional[bytes] = field(default=None, repr=False)
    #: Hz of ``audio``
    sample_rate: Optional[int] = None
    #: what the user said, for a spoken turn
    transcript: Optional[str] = None

    def __str__(self) -> str:
        return self.text

    def save_audio(self, path: Union[str, os.PathLike[str]]) -> None:
        """Write ``audio`` as a wav file.

        Raises ``VoiceError`` where the reply has none: ask for it with ``send(…, text_only=False)`` or ``ask_aloud``.
        """
        if self.audio is None or self.sample_rate is None:
            raise VoiceError("this reply has no audio: ask for it with send(…, text_only=False), or use ask_aloud()")
        from .voice.files import write_wav

        write_wav(path, self.audio, self.sample_rate)


@frozen(eq=False)
class Response:
    """One chunk of what the character says, the same in both dialects of the wire."""

    #: the text that is new, without action tags; never half a tag. May be empty in the last chunk
    delta: str
    #: the message ends here
    is_final: bool
    message_id: Optional[str]
    #: counts the chunks of one message from 0, as they are delivered
    chunk_index: int
    #: the character speaks unasked
    is_interjection: bool
    #: the message was cut off (only in its last chunk)
    interrupted: bool
    #: the actions whose tags ended in this chunk
    actions: Tuple[Action, ...]
    _message: Message = field(repr=False)
    _end: int = field(repr=False)

    @property
    def text(self) -> str:
        """All of the message so far, without action tags."""
        return self._message.visible()[: self._end]


class Message:
    """One message while it arrives: puts the chunks of either dialect together and takes the actions out.

    Dialect A has a string in ``partial`` (this chunk's text; ``text`` is all so far), dialect B a boolean (``text`` is
    this chunk's text). In both the final ``text`` is the whole, the last piece, or empty.
    """

    __slots__ = (
        "_parser", "_raw", "_revised", "_shown", "_shown_cache", "_shown_length", "actions", "chunks", "id",
        "is_interjection", "ledger", "over", "turn",
    )  # fmt: skip

    def __init__(self, message_id: Optional[str]) -> None:
        self.id = message_id
        self.turn: Optional[Turn] = None
        self.is_interjection = False
        self.over = False
        self.chunks = 0
        self.actions: List[Action] = []
        self.ledger = ActionLedger()
        self._parser = ActionParser(message_id)
        self._raw: List[str] = []
        self._shown: List[str] = []
        self._shown_length = 0
        self._shown_cache = ""
        self._revised: Optional[str] = None

    def raw(self) -> str:
        return "".join(self._raw)

    def visible(self) -> str:
        """All text so far without tags."""
        if self._shown:
            self._shown_cache += "".join(self._shown)
            self._shown = []
        return self._shown_cache

    def final_text(self) -> str:
        return self.visible() if self._revised is None else self._revised

    def add(self, event: BotResponse) -> Response:
        text, partial = event.text, event.partial
        if event.is_final:
            piece = self._last_piece(text, partial if isinstance(partial, str) else "")
        elif partial.__class__ is bool:
            piece = text
        elif partial:
            piece = partial  # type: ignore[assignment]
        else:
            # no partial: all so far, or a piece of its own
            seen = self.raw()
            piece = text[len(seen) :] if seen and text.startswith(seen) else ("" if partial == "" else text)
        return self._show(piece, event.is_final)

    def end(self) -> Response:
        """Close the message where it is: it was cut off."""
        return self._show("", True, interrupted=True)

    def _show(self, piece: str, is_final: bool, interrupted: bool = False) -> Response:
        if piece:
            self._raw.append(piece)
        delta, found = self._parser.feed(piece)
        if is_final:
            rest = self._parser.finish()
            delta += rest.text
            found = [*found, *rest.actions]
            self.over = True
        actions = tuple(action for action in found if self.ledger.accept(action, typed=False)) if found else ()
        if actions:
            self.actions.extend(actions)
        if delta:
            self._shown.append(delta)
            self._shown_length += len(delta)
        response = Response(
            delta, is_final, self.id, self.chunks, self.is_interjection, interrupted, actions, self, self._shown_length
        )
        self.chunks += 1
        if is_final:
            # the pieces take many times the room of the text, and an unread message may be kept for long
            self._raw = [self.raw()]
            self.visible()
        return response

    def _last_piece(self, text: str, partial: str) -> str:
        """What the final ``text`` adds to the chunks before it."""
        seen = self.raw()
        if not seen:
            return text or partial
        if not text:
            return partial
        if text.startswith(seen):
            return text[len(seen) :]
        # the whole text, but tidied up: stripped, or with its tags already removed
        shown, told = "".join(self.visible().split()), "".join(_without_tags(text).split())
        if told == shown:
            return ""
        if shown and told.startswith(shown):
            return _after(text, len(shown))
        common = len(os.path.commonprefix([text, seen]))  # noqa: RUF071 - characters are meant
        if common >= 8 and common * 2 >= len(seen) and len(text) * 2 >= len(seen):
            # the whole text with a change in the middle: what was shown can't be taken back, the reply is right
            self._revised = _without_tags(text)
            return ""
        return text


def _without_tags(text: str) -> str:
    parser = ActionParser(None)
    return parser.feed(text).text + parser.finish().text


def _after(text: str, count: int) -> str:
    """``text`` from behind its first ``count`` characters that are no white space."""
    for index, char in enumerate(text):
        if count == 0:
            return text[index:]
        count -= not char.isspace()
    return ""


@define(eq=False)
class Turn:
    """One text and its answer. ``outcome`` is ``None`` while it is under way."""

    text: str
    #: when it was handed to the transport
    started: float = 0.0
    #: a ``send()`` or ``stream()`` waits for it; otherwise its answer goes to ``responses()``
    claimed: bool = True
    #: a ``stream()`` takes its chunks
    streaming: bool = False
    #: a scripted line (``say_line``), which is bound only to a message that repeats it
    is_line: bool = False
    message: Optional[Message] = None
    chunks: Deque[Response] = field(factory=deque)
    first_chunk: Optional[float] = None
    ended: Optional[float] = None
    #: ``final``, ``interrupted`` or the error that ended it
    outcome: Union[str, Exception, None] = None
    #: number of the last callback that its actions queued, for ``Dispatcher.wait_for``
    last_callback: int = 0
    #: the user spoke it: ``text`` is empty, and ``transcript`` what the server understood
    is_spoken: bool = False
    transcript: Optional[str] = None
    #: what is said aloud is kept, and belongs to the reply
    audio: Optional[bytearray] = None
    sample_rate: Optional[int] = None
    #: when something of the answer, text or audio, last came; and whether all of its audio has
    last_at: float = 0.0
    audio_over: bool = False

    def listen(self, sample_rate: int) -> None:
        """Keep what is said aloud."""
        self.audio, self.sample_rate = bytearray(), sample_rate

    def complete(self, now: float) -> bool:
        """Whether there is nothing more to wait for: also of the audio, where it is wanted and still coming."""
        if self.outcome is None:
            return False
        return self.audio is None or self.audio_over or self.outcome != "final" or now - self.last_at > AUDIO_PATIENCE

    @property
    def text_so_far(self) -> str:
        return self.message.visible() if self.message else ""

    def reply(self) -> Reply:
        """The answer. Raises the error that ended the turn, if one did."""
        if isinstance(self.outcome, Exception):
            raise again(self.outcome)
        message = self.message
        first = None if self.first_chunk is None else self.first_chunk - self.started
        timing = Timing(first, (self.ended or self.started) - self.started)
        interrupted = self.outcome == "interrupted"
        audio = bytes(self.audio) if self.audio else None
        spoken: Dict[str, Any] = {
            "audio": audio,
            "sample_rate": self.sample_rate if audio else None,
            "transcript": self.transcript,
        }
        if message is None:
            return Reply("", interrupted=interrupted, timing=timing, **spoken)
        return Reply(
            text=message.final_text(),
            raw_text=message.raw(),
            actions=tuple(message.actions),
            message_id=message.id,
            interrupted=interrupted,
            timing=timing,
            **spoken,
        )


class Delivery(NamedTuple):
    """Where a chunk goes: to a turn that is claimed, or (``turn`` is ``None``) to the inbox."""

    turn: Optional[Turn]
    response: Response


class Conversation:
    """The order of texts and messages of one session. Not thread-safe: the session locks around it."""

    def __init__(self) -> None:
        self._turns: Deque[Turn] = deque()
        self._open: Dict[Optional[str], Message] = {}
        #: messages that are over; ``None`` for those that were cut off, of which nothing counts any more
        self._closed: OrderedDict[str, Optional[ActionLedger]] = OrderedDict()
        self.turn_ended = False
        #: texts whose answers are wanted aloud, by the message that answers them
        self._aloud: Dict[str, Turn] = {}
        #: audio of messages whose text is still to come, and whether that was all of it
        self._early: OrderedDict[str, Tuple[bytearray, bool]] = OrderedDict()

    # ── what was sent ──

    def begin(self, turn: Turn) -> None:
        if turn.is_line:
            lines = [t for t in self._turns if t.is_line and t.message is None]
            for stale in lines[: max(0, len(lines) - MAX_LINES + 1)]:
                self._turns.remove(stale)
        self._turns.append(turn)
        if len(self._turns) > REMEMBERED:
            # texts handed over without waiting, to a server that never answers
            self._turns.remove(next(t for t in self._turns if not t.claimed or t.outcome is not None or t is turn))

    def forget(self, turn: Turn) -> None:
        """The text was not sent after all, or its late answer is no longer expected."""
        if turn in self._turns:
            self._turns.remove(turn)

    @property
    def active(self) -> List[Turn]:
        """The texts whose answers are under way or still to come, oldest first."""
        return [t for t in self._turns if t.outcome is None and not t.is_line]

    @property
    def orphans(self) -> List[Turn]:
        return [t for t in self._turns if t.outcome is not None]

    @property
    def speaking(self) -> Optional[str]:
        """The id of the message that is arriving, if any."""
        return next((m.id for m in reversed(list(self._open.values())) if not m.over), None)

    # ── what arrives ──

    def bot_response(self, event: BotResponse, now: float) -> Optional[Delivery]:
        """Where this chunk belongs; ``None`` for one that nobody wants any more."""
        message = self._open.get(event.message_id)
        if message is None:
            if event.message_id is not None and event.message_id in self._closed:
                return None
            message = self._new_message(event.message_id)
        if not message.chunks:
            message.is_interjection = event.is_interjection
            if not event.is_interjection:
                turn = message.turn = self._oldest_unanswered(event)
                if turn is not None:
                    turn.message = message
                    turn.first_chunk = now
                    self._listen(turn, message, now)
        response = message.add(event)
        turn = message.turn
        if turn is not None:
            turn.last_at = now
        if event.is_final:
            self._close(message)
            if turn is not None:
                self._end(turn, "final", now)
        if turn is None or (not turn.claimed and turn.outcome in (None, "final")):
            return Delivery(None, response)
        if turn.outcome not in (None, "final"):
            return None  # an orphan's late answer
        return Delivery(turn, response)

    def _listen(self, turn: Turn, message: Message, now: float) -> None:
        """The answer's message is known: what is said aloud of it belongs to the turn, if that wants it."""
        if turn.audio is None or message.id is None:
            return
        self._aloud[message.id] = turn
        early = self._early.pop(message.id, None)
        if early is not None:
            self.bot_voice(message.id, bytes(early[0]), early[1], now)

    @property
    def wants_audio(self) -> bool:
        """Whether somebody waits for audio."""
        return bool(self._aloud) or any(t.audio is not None for t in self._turns)

    def bot_voice(self, message_id: Optional[str], pcm: bytes, is_final: bool, now: float) -> None:
        """A piece of what is said aloud. It may come before its text, and most of it comes after."""
        if message_id is None or (message_id in self._closed and message_id not in self._aloud):
            return
        turn = self._aloud.get(message_id)
        if turn is None or turn.audio is None:
            audio, _ = self._early.setdefault(message_id, (bytearray(), False))
            audio += pcm[: MAX_AUDIO - len(audio)]
            self._early[message_id] = (audio, is_final)
            if len(self._early) > MAX_EARLY:
                self._early.popitem(last=False)
            return
        turn.audio += pcm[: MAX_AUDIO - len(turn.audio)]
        turn.last_at = now
        if is_final:
            turn.audio_over = True
            del self._aloud[message_id]
            self.turn_ended = True

    def stop_listening(self, turn: Turn) -> None:
        """Nobody waits for the audio of this turn any more."""
        for message_id in [key for key, aloud in self._aloud.items() if aloud is turn]:
            del self._aloud[message_id]

    def transcript(self, text: str, now: float) -> None:
        """The server has understood what the user said, or that nothing was said."""
        turn = next((t for t in self._turns if t.is_spoken and t.transcript is None), None)
        if turn is None:
            return
        turn.transcript = text
        if not text.strip() and turn.message is None:
            self._end(turn, VoiceError("no speech was heard in what was sent: is it silent, or very quiet?"), now)

    def voice_failed(self, error: Exception, now: float) -> bool:
        """Voice can't go on: ends the spoken turn that waits for its answer, if there is one."""
        turn = next((t for t in self._turns if t.is_spoken and t.message is None), None)
        if turn is None:
            return False
        self._end(turn, error, now)
        return True

    def client_action(self, event: ClientAction) -> Optional[Tuple[Action, Optional[Turn]]]:
        """The action, unless it was already noticed as a tag or belongs to a message that was cut off."""
        message_id = event.message_id
        action = Action(event.name, event.arguments, message_id)
        message = self._open.get(message_id)
        if message is None and message_id is None:
            message = next(reversed(list(self._open.values())), None)
        if message is None:
            if message_id is not None and message_id in self._closed:
                ledger = self._closed[message_id]
                return (action, None) if ledger is not None and ledger.accept(action, typed=True) else None
            message = self._new_message(message_id)
        turn = message.turn
        if turn is None and not message.chunks:
            # its text is still to come: by order, and if it is no interjection, it will be the answer to this one
            turn = next((t for t in self._turns if t.message is None and not t.is_line), None)
        if turn is not None and turn.outcome not in (None, "final"):
            return None
        if not message.ledger.accept(action, typed=True):
            return None
        message.actions.append(action)
        return action, turn

    def interrupt(self, event: Interrupt, now: float) -> List[Delivery]:
        """The server ends a message. Gives the closing chunk of what was in the inbox."""
        message_id = event.message_id
        if message_id is not None and message_id in self._closed:
            self._fall_silent(message_id, now)
            return []
        message = self._open.get(message_id)
        if message is None and message_id is None:
            message = next((m for m in reversed(list(self._open.values())) if not m.is_interjection), None)
        if message is not None and message.chunks:
            return self._cut(message, now)
        if message is not None:
            self._close(message, cut=True)  # only typed actions had come
        elif message_id is not None:
            self._remember(message_id, None)
        waiting = [t for t in self._turns if t.message is None and not t.is_line]
        orphan = next((t for t in waiting if t.outcome is not None), None)
        if orphan is not None:
            self._turns.remove(orphan)
        elif waiting and (len(waiting) > 1 or message_id is not None):
            self._end(waiting[0], "interrupted", now)
        return []

    def _fall_silent(self, message_id: str, now: float) -> None:
        """A message whose text was complete is no longer said aloud."""
        turn = self._aloud.pop(message_id, None)
        if turn is not None:
            turn.outcome, turn.ended = "interrupted", now
            self.turn_ended = True

    def failed(self, error: Exception, now: float) -> List[Delivery]:
        """The server could not answer: ends the oldest text that is not answered. Gives the message's closing chunk."""
        turn = next((t for t in self._turns if not t.is_line), None)
        if turn is None:
            return []
        if turn.message is not None:
            return self._cut(turn.message, now, error)
        self._end(turn, error, now)
        return []

    def connection_lost(self, error: Exception, now: float) -> List[Delivery]:
        """Everything under way ends. Gives the closing chunks of what was in the inbox."""
        for message_id in list(self._aloud):
            if message_id in self._closed:
                self._fall_silent(message_id, now)
        deliveries = [d for m in list(self._open.values()) for d in self._cut(m, now, error)]
        for turn in list(self._turns):
            self._end(turn, error, now)
        return deliveries

    # ── what the user gives up ──

    def give_up(self, turn: Turn, now: float) -> None:
        """Nobody waits for this turn any more: what still comes of it is dropped."""
        if turn.outcome is not None:
            return
        if turn.message is not None:
            self._close(turn.message, cut=True)
            self._end(turn, "interrupted", now)
        else:
            turn.outcome, turn.ended = "interrupted", now  # an orphan now
            self.turn_ended = True

    def interrupt_all(self, now: float) -> List[Delivery]:
        """The user interrupts: every message ends here. Gives the closing chunks of what was in the inbox."""
        for message_id in list(self._aloud):
            if message_id in self._closed:
                self._fall_silent(message_id, now)
        deliveries = [d for m in list(self._open.values()) if m.chunks for d in self._cut(m, now)]
        for turn in self.active:
            self.give_up(turn, now)
        return deliveries

    # ── inside ──

    def _new_message(self, message_id: Optional[str]) -> Message:
        message = self._open[message_id] = Message(message_id)
        if len(self._open) > REMEMBERED:
            # a server that never ends its messages
            self._close(next(iter(self._open.values())))
        return message

    def _oldest_unanswered(self, event: BotResponse) -> Optional[Turn]:
        said = event.text or (event.partial if isinstance(event.partial, str) else "")
        for turn in self._turns:
            if turn.message is None and (not turn.is_line or (said and turn.text.startswith(said))):
                return turn
        return None

    def _cut(self, message: Message, now: float, outcome: Union[str, Exception] = "interrupted") -> List[Delivery]:
        self._close(message, cut=True)
        turn = message.turn
        if turn is not None and turn.outcome is not None:
            self.forget(turn)
            return []
        response = message.end()
        if turn is not None:
            self._end(turn, outcome, now)
            if turn.claimed:
                return [Delivery(turn, response)]
        return [Delivery(None, response)]

    def _end(self, turn: Turn, outcome: Union[str, Exception], now: float) -> None:
        self.forget(turn)
        self.turn_ended = True
        if turn.outcome is None:
            turn.outcome, turn.ended = outcome, now

    def _close(self, message: Message, *, cut: bool = False) -> None:
        self._open.pop(message.id, None)
        if cut and message.id is not None:
            self._aloud.pop(message.id, None)
            self._early.pop(message.id, None)
        if message.id is not None:
            self._remember(message.id, None if cut else message.ledger)

    def _remember(self, message_id: str, ledger: Optional[ActionLedger]) -> None:
        self._closed[message_id] = ledger
        if len(self._closed) > REMEMBERED:
            self._closed.popitem(last=False)
