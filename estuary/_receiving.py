"""What arrives on a session's connection: every event to its turn, its handlers, its voice."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Optional, Union

from ._turntaking import TurnTaking
from .connection import State
from .credentials import get_logger
from .errors import ConnectionLost, EstuaryError, ProtocolError, QuotaExceeded, ServerError, VoiceError
from .events import (
    BotResponse,
    BotVoice,
    ClientAction,
    Connected,
    Disconnected,
    ErrorEvent,
    Interrupt,
    QuotaExceededEvent,
    Reconnected,
    Reconnecting,
    SessionInfo,
    SessionTimeout,
    SttResponse,
    VoiceErrorEvent,
    VoiceStarted,
    VoiceStopped,
    VoiceTimeout,
)

__all__ = ["Receiving"]

_log = get_logger("estuary.session")


class Receiving(TurnTaking):
    """The listener of a session's ``Connection``: called on its read and connect threads. Not for users."""

    def received(self, event: Any) -> None:
        """An event from the server, decoded. On the read thread."""
        handle = _HANDLERS.get(event.__class__)
        try:
            if handle is not None:
                handle(self, event)
            elif self._dispatcher.wants(event.event):
                self._dispatcher.emit(event.event, event)
        except Exception as error:  # whatever a payload may provoke costs this one event, not the connection
            _log.debug("an event could not be handled", exc_info=True)
            self.garbage(ProtocolError(f"{event.event} could not be handled: {error!r:.200}", event=event.event))

    def _on_bot_response(self, event: BotResponse) -> None:
        with self._lock:
            conversation = self._conversation
            delivery = conversation.bot_response(event, time.monotonic())
            if delivery is not None:
                self._deliver(delivery)
            if conversation.turn_ended:
                self._notify_turns()
            if self._abandoned:
                self._end_abandoned()
        if self._voice is not None:
            self._voice.on_bot_response(event.is_final)
        self._dispatcher.emit("bot_response", event)

    def _on_bot_voice(self, event: BotVoice) -> None:
        voice = self._voice
        with self._lock:
            wanted = self._conversation.wants_audio
        if voice is not None or wanted:
            pcm = event.pcm()
            if wanted:
                with self._lock:
                    self._conversation.bot_voice(event.message_id, pcm, event.is_final, time.monotonic())
                    if self._conversation.turn_ended:
                        self._notify_turns()
            if voice is not None:
                voice.on_bot_voice(event.message_id, pcm, event.is_final)
        self._dispatcher.emit("bot_voice", event)

    def _on_stt_response(self, event: SttResponse) -> None:
        if event.is_final:
            with self._lock:
                self._conversation.transcript(event.text, time.monotonic())
                if self._conversation.turn_ended:
                    self._notify_turns()
        self._dispatcher.emit("stt_response", event)
        if self._voice is not None:
            self._voice.on_transcript(event.text, event.is_final)

    def _on_voice_started(self, event: VoiceStarted) -> None:
        self._dispatcher.emit("voice_started", event)
        if self._voice is not None:
            self._voice.on_started()

    def _on_voice_stopped(self, event: VoiceStopped) -> None:
        self._dispatcher.emit("voice_stopped", event)
        if self._voice is not None:
            self._voice.on_stopped()

    def _on_voice_error(self, event: VoiceErrorEvent) -> None:
        self._dispatcher.emit("voice_error", event)
        self._voice_failed(VoiceError(f"the server can't go on with voice: {event.error or 'it does not say why'}"))

    def _voice_failed(self, error: VoiceError) -> None:
        with self._lock:
            waited_for = self._conversation.voice_failed(error, time.monotonic())
            self._notify_turns()
        if self._voice is not None:
            self._voice.on_error(error)
        elif not waited_for:
            self._dispatcher.error(error)

    def _on_voice_timeout(self, event: VoiceTimeout) -> None:
        self._dispatcher.emit("voice_timeout", event)
        with self._lock:
            error = VoiceError("the server ended voice, as it heard nothing for too long")
            self._conversation.voice_failed(error, time.monotonic())
            self._notify_turns()
        if self._voice is not None:
            self._voice.on_timeout(event)

    def _on_client_action(self, event: ClientAction) -> None:
        with self._lock:
            noticed = self._conversation.client_action(event)
            if noticed is not None:
                self._run_action(*noticed)
        self._dispatcher.emit("client_action", event)

    def _on_interrupt(self, event: Interrupt) -> None:
        with self._lock:
            for delivery in self._conversation.interrupt(event, time.monotonic()):
                self._deliver(delivery)
            self._notify_turns()
        if self._voice is not None:
            self._voice.silence(event.message_id, event.reason or "server")
        self._dispatcher.emit("interrupt", event)

    def _on_error(self, event: ErrorEvent) -> None:
        error = ServerError(event.message or "the server reported an error without a message")
        with self._lock:
            self._fail(error)
        self._dispatcher.error(error)

    def _fail(self, error: Exception) -> None:
        """Under the lock: the server could not answer."""
        for delivery in self._conversation.failed(error, time.monotonic()):
            self._deliver(delivery)
        self._notify_turns()

    def _on_quota(self, event: QuotaExceededEvent) -> None:
        error = QuotaExceeded(
            event.message or "the account's limit is reached",
            current=event.current, limit=event.limit, remaining=event.remaining, tier=event.tier,
        )  # fmt: skip
        with self._lock:
            self._fail(error)
        self._dispatcher.emit("quota_exceeded", event)

    def _on_session_timeout(self, event: SessionTimeout) -> None:
        idle = "" if event.idle_seconds is None else f" after {event.idle_seconds:g} s"
        self._connection.ends(
            "session_timeout", ConnectionLost(f"the server ended the idle session{idle}; the next call opens it again")
        )
        self._dispatcher.emit("session_timeout", event)

    def garbage(self, error: ProtocolError) -> None:
        """Something from the server can't be read. On the read thread."""
        _log.warning("%s", error)
        self._dispatcher.error(error)

    def connected(self, info: SessionInfo, attempts: int) -> None:
        """The session is open. On the connect thread."""
        with self._lock:
            if self._connection.info is info:  # and not lost or closed meanwhile
                event = Reconnected(info, attempts) if attempts else Connected(info)
                self._dispatcher.emit(event.event, event)
        if attempts and self._voice is not None:
            self._voice.on_reconnected()

    def connection_lost(self, error: ConnectionLost) -> None:
        """What was under way fails. On the read thread."""
        self._end_everything(error)

    def reconnecting(self, attempt: int, delay: float) -> None:
        """On the connect thread."""
        self._report(Reconnecting(attempt, delay))

    def disconnected(self, reason: str, error: Optional[Exception]) -> None:
        """The connection is over for good. On the read or the connect thread."""
        with self._lock:
            self._inbox_changed.notify_all()
            self._turn_changed.notify_all()
        if self._voice is not None:
            self._voice.on_disconnected(self._lost())
        self._report(Disconnected(reason, error))

    def _report(self, event: Union[Reconnecting, Disconnected]) -> None:
        """Unless the session was closed meanwhile: then a thread for handlers would start that nobody ends.

        Under the lock: ``close()`` takes it once between its mark on the connection and the end of the dispatcher, so
        what is reported before that is run, and nothing is after.
        """
        with self._lock:
            if self._connection.state is not State.CLOSED:
                self._dispatcher.emit(event.event, event)

    def not_opened(self) -> None:
        """An attempt to open the connection failed. On the connect thread, or the one that gave it up."""
        with self._lock:
            self._inbox_changed.notify_all()
            self._turn_changed.notify_all()

    def _end_everything(self, error: ConnectionLost) -> None:
        with self._lock:
            for delivery in self._conversation.connection_lost(error, time.monotonic()):
                self._deliver(delivery)
            self._notify_turns()
            self._inbox_changed.notify_all()

    def _lost(self) -> Exception:
        failure = self._connection.failure
        return failure if isinstance(failure, EstuaryError) else ConnectionLost("the connection is lost")


_HANDLERS: Dict[type, Callable[[Receiving, Any], None]] = {
    BotResponse: Receiving._on_bot_response,
    ClientAction: Receiving._on_client_action,
    Interrupt: Receiving._on_interrupt,
    ErrorEvent: Receiving._on_error,
    QuotaExceededEvent: Receiving._on_quota,
    SessionTimeout: Receiving._on_session_timeout,
    BotVoice: Receiving._on_bot_voice,
    SttResponse: Receiving._on_stt_response,
    VoiceStarted: Receiving._on_voice_started,
    VoiceStopped: Receiving._on_voice_stopped,
    VoiceErrorEvent: Receiving._on_voice_error,
    VoiceTimeout: Receiving._on_voice_timeout,
}
