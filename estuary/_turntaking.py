"""Whose turn it is: texts queue, are sent in order, and are interrupted when nobody waits for them any more.

The state of a session that its calls and its events share is made here, too.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Deque, Optional, Sequence, Union

from .actions import Action, ActionRegistry
from .config import Config
from .connection import Connection, State
from .credentials import get_logger
from .deadline import Deadline
from .dispatch import Dispatcher
from .errors import ConfigError, EstuaryError, NotConnected, TurnTimeout, VoiceError
from .events import AudioPlaybackComplete, ClientInterrupt, SayLine, StartVoice, StopVoice, Text, encode
from .inbox import Inbox
from .stream import too_late
from .turn import Conversation, Delivery, Reply, Turn
from .waiting import Changed

if TYPE_CHECKING:
    from .voice.voice import Voice

__all__ = ["TurnTaking", "check_text"]

_log = get_logger("estuary.session")

#: How long a text waits for the server to confirm that the one before it was interrupted. Seconds.
SETTLE = 1.0
#: How long a text that was handed over with ``wait=False`` and never answered holds up a later one. Seconds.
STALE = 60.0
#: How often it is looked whether audio is still coming. Seconds.
LISTENING = 0.5


class _Ticket:
    """A place in the queue of the calls that want to say something."""

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = False


class TurnTaking:
    """The turns of one session. Not for users: ``Session`` is."""

    #: set before ``_reset``
    _config: Config
    _name: str
    _connection: Connection
    _dispatcher: Dispatcher
    actions: ActionRegistry
    #: the voice that runs, if one does
    _voice: Optional[Voice] = None

    def _reset(self) -> None:
        """The state of a session that has no connection yet."""
        self._lock = threading.Lock()
        self._turn_changed = Changed(self._lock)
        self._inbox_changed = Changed(self._lock)
        self._conversation = Conversation()
        self._tickets: Deque[_Ticket] = deque()
        #: turns that nobody waits for any more, and that whoever has the lock next interrupts
        self._abandoned: Deque[Turn] = deque()
        self._inbox = Inbox(self._config.inbox_size)

    def _begin(self, text: str, text_only: Optional[bool], deadline: Deadline, *, streaming: bool) -> Turn:
        """Queue for the turn, have a connection, send."""
        check_text(text)
        text_only = self._text_only(text_only)
        turn = Turn(text, streaming=streaming)
        if not text_only and not self._speaks:
            turn.listen(self._config.audio_sample_rate)
        self._take_turn(turn, Text(text, text_only), deadline)
        return turn

    def _take_turn(self, turn: Turn, event: Any, deadline: Deadline, before: Sequence[Any] = ()) -> None:
        """Queue for ``turn``, have a connection, send ``before`` and then the ``event`` that is to be answered."""
        sent = False
        try:
            ticket = _Ticket()
            try:
                with self._lock:
                    self._tickets.append(ticket)
                self._connection.open(deadline)
                if not self._turn_changed.wait_for(lambda: self._may_begin(ticket), deadline, at_most=STALE):
                    raise TurnTimeout(
                        f"an earlier turn of this session was not over within {deadline.timeout:g} s; "
                        "this text was not sent"
                    )
                while not sent:
                    self._connection.open(deadline)
                    self._settle(deadline)
                    try:
                        for packet in before:
                            self._connection.send(packet)
                        with self._lock:
                            sent = True  # first: a Ctrl-C leaves it open whether it was
                            self._send_turn(turn, event)
                    except NotConnected:
                        sent = False
                        if self._connection.is_live:
                            raise  # it is stalled
                        turn.outcome = None  # it has broken just now, and nothing was sent
            finally:
                ticket.done = True  # first, as a Ctrl-C may come before the rest
                with self._lock:
                    if ticket in self._tickets:
                        self._tickets.remove(ticket)
                    self._turn_changed.notify_all()
        except BaseException:
            if sent:
                self._finish(turn)
            elif before:
                # speech without its end: a press that begins anew and ends at once is nothing said
                for last in (StartVoice(push_to_talk=True), StopVoice()):
                    self._emit_quietly(last)
            raise

    def _whole_answer(self, turn: Turn, deadline: Deadline) -> Reply:
        """Wait until ``turn`` is over and the handlers of its actions have run."""
        try:
            wait_for, over = self._turn_changed.wait_for, turn.complete
            if not wait_for(lambda: over(time.monotonic()), deadline, None if turn.audio is None else LISTENING):
                raise too_late(turn, deadline)
        finally:
            # an answer that is complete is not interrupted; any other end of the wait interrupts it
            self._finish(turn)
            if turn.audio is not None:
                with self._lock:
                    self._conversation.stop_listening(turn)
                if turn.audio_over and turn.message is not None and self._voice is None:
                    # nothing is played here: else the server takes what the user says next for an interruption
                    self._emit_quietly(AudioPlaybackComplete(turn.message.id))
        reply = turn.reply()
        self._wait_for_handlers(turn, deadline)
        return reply

    @property
    def _speaks(self) -> bool:
        """Whether voice runs, so that what the character says is heard."""
        voice = self._voice
        return voice is not None and voice.is_running

    def _text_only(self, text_only: Optional[bool]) -> bool:
        return not self._speaks if text_only is None else text_only

    def _may_begin(self, ticket: _Ticket) -> bool:
        """Under the lock: whether it is this one's turn."""
        while self._tickets[0].done:
            self._tickets.popleft()
        return self._tickets[0] is ticket and not self._busy()

    def _busy(self) -> bool:
        self._end_abandoned()
        stale = time.monotonic() - STALE
        return any(turn.claimed or turn.started > stale for turn in self._conversation.active)

    def _hand_over(self, text: str, text_only: Optional[bool], deadline: Deadline) -> None:
        check_text(text)
        if self._connection.state in (State.DISCONNECTED, State.CONNECTING):
            self._connection.open(deadline)
        self._settle(deadline)
        with self._lock:
            self._send_turn(Turn(text, claimed=False), Text(text, self._text_only(text_only)))

    def _send_turn(self, turn: Turn, event: Union[Text, SayLine, StopVoice]) -> None:
        """Under the lock, so that the order of turns is the order on the wire."""
        try:
            turn.started = time.monotonic()
            self._conversation.begin(turn)
            self._connection.send(encode(event))
        except Exception as error:
            self._conversation.forget(turn)
            turn.outcome = error
            raise
        except BaseException:
            # Ctrl-C: it may have been sent, so it is interrupted and its answer is looked out for
            self._interrupt_turn(turn)
            raise

    def _settle(self, deadline: Deadline) -> None:
        """Wait until no answer to an interrupted text can come any more, or long enough."""
        patience = Deadline(deadline.remaining(at_most=SETTLE))
        if not self._turn_changed.wait_for(lambda: not self._conversation.orphans, patience):
            with self._lock:
                for orphan in self._conversation.orphans:
                    self._conversation.forget(orphan)

    def _finish(self, turn: Turn) -> None:
        """The wait for ``turn`` is over. Where its answer is not, it is interrupted."""
        if turn.outcome is None:
            self._abandoned.append(turn)  # first: if a Ctrl-C cuts the rest short, the next call does it
            with self._lock:
                self._end_abandoned()

    def _interrupt_turn(self, turn: Turn) -> None:
        """Under the lock."""
        if turn.outcome is None:
            self._conversation.give_up(turn, time.monotonic())
            self._emit_quietly(ClientInterrupt(turn.message.id if turn.message else None))
            self._notify_turns()

    def _abandon(self, turn: Turn) -> None:
        """A stream was dropped. Called by a finalizer, so in the middle of anything, maybe with our lock held.

        Another thread lets go of the lock at once; this one can't, and then whoever holds it next sees to the turn.
        """
        self._abandoned.append(turn)
        if self._lock.acquire(timeout=0.1):
            try:
                self._end_abandoned()
            finally:
                self._lock.release()

    def _end_abandoned(self) -> None:
        """Under the lock."""
        while self._abandoned:
            self._interrupt_turn(self._abandoned[0])
            self._abandoned.popleft()

    def _emit_quietly(self, event: Union[ClientInterrupt, AudioPlaybackComplete, StartVoice, StopVoice]) -> None:
        try:
            self._connection.send(encode(event))
        except NotConnected:
            pass  # without a connection nothing is being said or heard

    def _wait_for_handlers(self, turn: Turn, deadline: Deadline) -> None:
        if turn.last_callback and not self._dispatcher.wait_for(turn.last_callback, deadline):
            _log.warning(
                "the handlers of an answer's actions did not return in time; the answer is returned without them"
            )

    # ── interrupting ──

    def _interrupt(self, reason: str) -> None:
        voice = self._voice
        sounding = None if voice is None else voice.sounding
        with self._lock:
            message_id = self._conversation.speaking or sounding
            deliveries = self._conversation.interrupt_all(time.monotonic())
            for delivery in deliveries:
                self._deliver(delivery)
            self._notify_turns()
            self._emit_quietly(ClientInterrupt(message_id))
        if voice is not None:
            voice.silence(None, reason)

    # ── delivering ──

    def _deliver(self, delivery: Delivery) -> None:
        """Under the lock: to the turn or the inbox, its handlers queued first."""
        turn, response = delivery
        dispatcher = self._dispatcher
        if response.actions:
            for action in response.actions:
                self._run_action(action, turn)
        if dispatcher.wants("response"):
            dispatcher.emit("response", response)
        if turn is None:
            self._inbox.put(response)
            if len(self._inbox) == 1:
                self._inbox_changed.notify_all()  # nobody waits while there is something
        elif turn.streaming:
            turn.chunks.append(response)
            if len(turn.chunks) == 1:
                self._turn_changed.notify_all()

    def _run_action(self, action: Action, turn: Optional[Turn]) -> None:
        if self.actions.handles(action.name):
            number = self._dispatcher.submit(self.actions.run, action, self._action_failed)
            if turn is not None:
                turn.last_callback = number

    def _action_failed(self, error: Exception) -> None:
        _log.error("an action failed: %s", error, exc_info=None if isinstance(error, EstuaryError) else error)
        self._dispatcher.error(error)

    def _notify_turns(self) -> None:
        self._conversation.turn_ended = False
        self._turn_changed.notify_all()

    # ── voice ──

    def _take_voice(self, voice: Voice) -> None:
        """``voice`` starts: one at a time."""
        with self._lock:
            if self._voice is not None:
                raise VoiceError("voice is running already in this session: stop it first")
            self._voice = voice

    def _give_voice_back(self, voice: Voice) -> None:
        with self._lock:
            if self._voice is voice:
                self._voice = None


def check_text(text: str) -> None:
    if not isinstance(text, str):
        raise ConfigError(f"the text is {type(text).__name__}, not a string")
    if not text.strip():
        raise ConfigError("the text is empty: nothing was sent")
