"""The voice side of one session: starting, hearing, being interrupted, stopping, and the limit to how many may."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Optional

from ..storage.database import Database
from ..storage.turnlog import NoSuchCharacter, TurnLog
from ..wire import Wire
from .base import EngineError, VoiceSettings
from .engines import VoiceEngines
from .hearing import Hearing, Listener
from .speaking import Mouth

__all__ = ["Voice", "VoiceService"]

log = logging.getLogger("estuary.gateway")


class VoiceService:
    """What the voice sides of all sessions share.

    Args:
        most: voice conversations that may go on at once.
        timeout: seconds without speech after which one is ended; ``None``: never.
    """

    def __init__(
        self, *, engines: VoiceEngines, database: Database, turn_log: TurnLog, most: int, timeout: Optional[float]
    ) -> None:
        self.engines = engines
        self.most = most
        self.timeout = timeout
        self.running: set[Voice] = set()
        self._db = database
        self._turn_log = turn_log

    async def settings(self, character_id: str) -> VoiceSettings:
        """The character's settings, as they are now."""
        try:
            return await self._db.run(self._turn_log.voice, character_id)
        except NoSuchCharacter:
            return VoiceSettings()

    async def prepare(self, character_id: str) -> VoiceSettings:
        """Get ready for a conversation, which takes a second or two the first time. Raises ``EngineError``."""
        mouth, settings, _ = await asyncio.gather(
            self.engines.load_mouth(), self.settings(character_id), self.engines.load_ears(), return_exceptions=True
        )
        if isinstance(mouth, EngineError):
            log.warning("voice conversations are answered in writing only: %s", mouth)
        for result in (settings, _):
            if isinstance(result, BaseException):
                raise result
        assert isinstance(settings, VoiceSettings)
        return settings


class Voice:
    """The voice side of one session. Belongs on the event loop; methods return at once.

    A press of push-to-talk is a voice conversation of its own: it takes a place among the ``most`` that may go on at
    once, and lets go of it when the button is released, which ``voice_stopped`` confirms at once. What was said is
    transcribed and answered after that.

    Args:
        rate: Hz of the client's audio, both ways.
        microphone: the client has one.
        heard: takes what the user said, as a turn.
        barge_in: speech has begun: whatever the character is saying should end. Called for each utterance.
        busy: whether the character is at it, or still to be heard.
    """

    def __init__(
        self,
        service: VoiceService,
        *,
        wire: Wire,
        character_id: str,
        rate: int,
        microphone: bool,
        heard: Callable[[str], None],
        barge_in: Callable[[], None],
        busy: Callable[[], bool],
    ) -> None:
        self._service = service
        self._wire = wire
        self._character_id = character_id
        self._rate = rate
        self._microphone = microphone
        self._heard = heard
        self._barge_in = barge_in
        self._busy = busy
        self.mouth = Mouth(wire, service.engines, rate, lambda: service.settings(character_id))
        self._press = False
        self._hearing: Optional[Hearing] = None
        #: those that transcribe what was said before they were stopped
        self._finishing: set[Hearing] = set()
        self._ran = False
        self._timer: Optional[asyncio.TimerHandle] = None

    # --- events of the client

    def start(self, *, press: bool) -> None:
        """``start_voice``. While one goes on: the same again, another mode, or another press, which begins anew."""
        if not self._microphone:
            return self._refuse("start_voice: this client has declared that it has no microphone (capabilities)")
        running = self._service.running
        if self not in running and len(running) >= self._service.most:
            return self._refuse(
                f"start_voice: {self._service.most} voice conversations are going on, as many as this gateway allows "
                "(max_voice_sessions): try again later, or go on in writing"
            )
        if self._hearing is not None and not press and not self._press:
            if self._hearing.ready:
                self._wire.send("voice_started", {})
            return
        self._release()
        self._press = press
        self._ran = True
        running.add(self)
        self._hearing = self._listen(press)
        self._watch(self._hearing)

    def audio(self, payload: Any) -> None:
        """``stream_audio``."""
        if self._hearing is not None:
            self._hearing.feed(payload)
        elif not self._ran:
            # after that the client knows, and what was on its way when voice ended is no mistake
            self._ran = True
            self._refuse("stream_audio: voice has not been started: send start_voice first")

    def stop(self) -> None:
        """``stop_voice``: what was said up to now is transcribed and answered."""
        hearing = self._hearing
        if hearing is not None:
            self._hearing = None
            hearing.finish()
            self._finishing.add(hearing)
        self._release()
        self._wire.send("voice_stopped", {})

    def played(self, message_id: Optional[str]) -> None:
        """``audio_playback_complete``."""
        self.mouth.playback.stop(message_id)

    @property
    def congested(self) -> bool:
        """Whether the client sends faster than it can be heard: see ``room()``."""
        return self._hearing is not None and self._hearing.congested

    async def room(self) -> None:
        """Wait until more can be heard."""
        if self._hearing is not None:
            await self._hearing.room()

    def close(self) -> None:
        """The client is gone."""
        self._release()
        for hearing in self._finishing:
            hearing.cancel()
        self._finishing.clear()

    # --- inside

    def _listen(self, press: bool) -> Hearing:
        def started() -> None:
            if self._hearing is hearing:
                self._wire.send("voice_started", {})

        def ended(problem: Optional[str]) -> None:
            self._finishing.discard(hearing)
            if problem is not None:
                self._wire.send("voice_error", {"error": problem})
            if self._hearing is hearing:
                self._release()
                self._wire.send("voice_stopped", {})

        def transcript(text: str, final: bool) -> None:
            self._wire.send("stt_response", {"text": text, "is_final": final})
            if final and text:
                self._heard(text)

        hearing = Hearing(
            engines=self._service.engines,
            prepare=lambda: self._service.prepare(self._character_id),
            rate=self._rate,
            press=press,
            listener=Listener(
                started=started, speech=self._barge_in, transcript=transcript, problem=self._refuse, ended=ended
            ),
        )
        return hearing

    def _refuse(self, problem: str) -> None:
        self._wire.send("voice_error", {"error": problem})

    def _release(self) -> None:
        """Stop hearing, and give the place to somebody else."""
        self._service.running.discard(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        hearing, self._hearing = self._hearing, None
        if hearing is not None:
            hearing.cancel()

    def _watch(self, hearing: Hearing) -> None:
        """End it when nobody has spoken for too long."""
        timeout = self._service.timeout
        if timeout is None:
            return
        loop = asyncio.get_running_loop()
        active_at = loop.time()

        def look() -> None:
            nonlocal active_at
            active_at = max(active_at, loop.time() if self._busy() else hearing.last_speech)
            idle = loop.time() - active_at
            if idle < timeout:
                self._timer = loop.call_later(timeout - idle, look)
                return
            log.info("a voice conversation ends after %.1f s without speech", idle)
            self._release()
            payload = {"reason": "voice_inactivity", "idle_seconds": round(idle, 3), "timeout_seconds": timeout}
            self._wire.send("voice_timeout", payload)

        self._timer = loop.call_later(timeout, look)
