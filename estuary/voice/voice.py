"""``Voice``: a spoken conversation of a session, while it lasts."""

from __future__ import annotations

import atexit
import contextlib
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Callable, Deque, Iterator, List, Optional, Type

from attrs import frozen

from ..credentials import get_logger
from ..deadline import Deadline
from ..errors import ConfigError, EstuaryError, NotConnected, VoiceError, again
from ..events import (
    AudioPlaybackComplete,
    Interrupted,
    PlaybackFinished,
    PlaybackStarted,
    StartVoice,
    StopVoice,
    StreamAudio,
    Transcript,
    VoiceTimeout,
    encode,
)
from ..waiting import Changed
from .base import AudioSink, AudioSource
from .capture import Capture
from .echo import Echo, choose_echo
from .files import as_sink, as_source
from .jitter import JitterBuffer
from .levels import SILENCE_DBFS, Levels
from .playback import Playback
from .worker import Worker

if TYPE_CHECKING:
    from types import TracebackType

    from ..session import Session

__all__ = ["BARGE_IN_GRACE", "MODES", "Voice", "VoiceStats"]

_log = get_logger("estuary.voice")

MODES = ("continuous", "push_to_talk")
#: So long the character can't be talked over after it has begun: what the microphone picks up then is most often
#: the end of the user's own words. The published web client's value (protocol.md, 6). Seconds.
BARGE_IN_GRACE = 1.5
#: What the devices are given to end when voice is over. Seconds.
CLOSING = 5.0
#: And when the interpreter ends without a stop. Seconds.
AT_EXIT = 0.5
#: Characters that may wait in the transport before audio is held back: about 0.1 s of it.
MOST_QUEUED = 8_000
#: Voice over a source that has ended is over after so long without any sign of the server; longer as long as it has
#: not said what it understood, and longest while it owes the answer. Seconds.
SETTLED, UNHEARD, UNANSWERED = 1.5, 8.0, 60.0
#: A complaint of the server's that came so shortly before it ended voice is why. Seconds.
TOLD = 1.0
#: Transcripts that wait for ``transcripts()``; the oldest are dropped.
MOST_TRANSCRIPTS = 1000


@frozen
class VoiceStats:
    """What voice has done so far."""

    #: blocks of 20 ms that were sent, and that were dropped because the connection did not take them in time
    frames_sent: int
    frames_dropped: int
    #: gaps in the middle of what the character said
    underruns: int
    #: seconds of audio gathered before a message is played, as the network needs it
    prebuffer: float
    #: seconds that the devices hold back, as they say
    input_latency: float
    output_latency: float
    #: seconds from the latest final transcript to the first sample of its answer at the ear
    response_latency: Optional[float]
    #: times that a device was lost and opened anew
    reopened: int


class Voice:
    """A spoken conversation. Made by ``Session.voice``, which tells the arguments; ``with`` starts and stops it.

    Threads: ``estuary-capture-…`` and ``estuary-playback-…`` each own one end. Handlers (``Session.on``) run on the
    session's dispatch thread. All methods may be called from any thread.
    """

    def __init__(
        self,
        session: Session,
        *,
        mode: str,
        source: Any,
        sink: Any,
        transport: str,
        echo: str,
        barge_in: bool,
        barge_in_grace: float,
        noise_suppression: bool,
        high_pass: bool,
        volume: float,
    ) -> None:
        if mode not in MODES:
            raise ConfigError(f"mode is {mode!r}: give one of {', '.join(MODES)}")
        if transport != "websocket":
            raise ConfigError(f"transport is {transport!r}: give 'websocket'")
        self._session = session
        self._mode = mode
        self._source = _source(source)
        self._sink = _sink(sink)
        self._barge_in = barge_in
        self._grace = _number("barge_in_grace", barge_in_grace, 0.0, 60.0)
        self._volume = _number("volume", volume, 0.0, 4.0)
        self._rate = session._config.audio_sample_rate
        both_devices = all(getattr(end, "live", False) for end in (self._source, self._sink))
        self._make_echo: Callable[[], Echo] = lambda: choose_echo(
            # the server, too, notices who speaks over the character: only who is not heard can't interrupt
            echo if barge_in or mode == "push_to_talk" else "suppress",
            self._rate,
            sounding_until=lambda: 0.0 if self._playback is None else self._playback.sounding_until,
            delay=self._delay,
            noise_suppression=noise_suppression,
            high_pass=high_pass,
            needed=both_devices,
        )
        self._playback: Optional[Playback] = None
        self._capture: Optional[Capture] = None
        # what can't be had is told here, before anything starts
        self._echo = self._make_echo()
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._changed = Changed(self._lock)
        #: stopped, starting, running, stopping
        self._state = "stopped"
        self._failure: Optional[EstuaryError] = None
        self._ended: Optional[str] = None
        self._heard_by_server = False
        #: what the server complained of last
        self._server_error: Optional[VoiceError] = None
        self._server_error_at = 0.0
        self._pressed = False
        self._sounding: Optional[str] = None
        self._sounding_since: Optional[float] = None
        self._buffer = JitterBuffer(self._rate)
        self._transcripts: Deque[Transcript] = deque(maxlen=MOST_TRANSCRIPTS)
        self._finals = 0
        self._final_at: Optional[float] = None
        self._awaiting = False
        self._response_latency: Optional[float] = None
        self._source_over = False
        self._active_at = 0.0

    def __repr__(self) -> str:
        return f"<Voice {self._state} {self._mode} {self._source!r} → {self._sink!r}>"

    # ── starting and stopping ──

    def start(self, timeout: float = 15.0) -> Voice:
        """Open source and sink, and have the server listen. Returns when it does.

        Raises:
            AudioDeviceError: A device is missing, busy or stuck.
            VoiceError: Voice runs already; a file can't be read or written; PyAudio is not installed; or the server
                refused it or did not answer in time.
            ConnectError: The session was not open and could not be opened.
        """
        deadline = Deadline(timeout)
        self._session._take_voice(self)
        try:
            self._session._connection.open(deadline)
            self._session._connection.hold_little()
            muted = self.muted
            self._begin_run()
            name = self._session._name
            self._echo = self._make_echo()
            # again at each start: livekit, which may just have been loaded, lets go of its module at exit, and what was
            # registered later runs earlier
            atexit.register(self._stop_at_exit)
            self._playback = Playback(self._sink, self._buffer, self._rate, self._echo, self, name)
            self._playback.volume = self._volume
            self._capture = Capture(self._source, self._rate, self._echo, self._send_audio, self._settled, self, name)
            self._capture.muted = muted
            self._playback.start()
            self._capture.start()
            self._await(lambda: self._opened(), deadline, "the audio devices did not open")
            if self._mode == "continuous":
                self._send(StartVoice())
                self._await(lambda: self._heard_by_server, deadline, "the server did not start voice")
            with self._lock:
                if self._state == "starting":
                    self._state = "running"
            self._active_at = time.monotonic()
            if self._mode == "continuous":
                self._capture.open_gate()
        except BaseException as error:
            self._end_with("error", error if isinstance(error, EstuaryError) else None)
            self._close_down(Deadline(2.0))
            self._session._give_voice_back(self)  # also where nothing had begun
            raise
        return self

    def _begin_run(self) -> None:
        """As new, but with the same lock and waiters."""
        lock, changed = self._lock, self._changed
        with lock:
            self._reset()
            self._lock, self._changed = lock, changed
            self._state = "starting"

    def _await(self, ready: Callable[[], bool], deadline: Deadline, problem: str) -> None:
        if not self._changed.wait_for(lambda: self._state != "starting" or ready(), deadline):
            raise VoiceError(f"{problem} within {deadline.timeout:g} s")
        if self._failure is not None:
            raise again(self._failure)
        if self._state != "starting":
            raise VoiceError(f"voice was over before it had begun ({self._ended})")

    def _opened(self) -> bool:
        return all(worker is not None and worker.opened.is_set() for worker in (self._capture, self._playback))

    def stop(self, timeout: float = 5.0) -> None:
        """End voice: what is being said is cut off, the devices are let go. Text goes on.

        Returns within ``timeout`` seconds, even if a device hangs. Stopping twice is fine.
        """
        self._end_with("stopped")
        self._close_down(Deadline(timeout))

    def _stop_at_exit(self) -> None:
        self.stop(AT_EXIT)

    def __enter__(self) -> Voice:
        return self if self.is_running else self.start()

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        self.stop(1.0 if kind is not None and not issubclass(kind, Exception) else 5.0)

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Wait until voice is over: stopped, timed out by the server, or its source at an end and answered.

        Args:
            timeout: Seconds; ``None`` for no limit.

        Returns:
            Whether it is over; ``False`` when the time is up. ``voice.ended`` says why.

        Raises:
            AudioDeviceError: A device is gone, and could not be opened again.
            VoiceError: The server can't go on with voice.
            ConnectionLost: The connection is lost for good.
        """
        deadline = Deadline(timeout)
        if not self._changed.wait_for(lambda: self._state in ("stopping", "stopped"), deadline):
            return False
        self._close_down(Deadline(CLOSING))
        if self._failure is not None:
            raise again(self._failure)
        return True

    @property
    def is_running(self) -> bool:
        """Whether the character is listening (with push-to-talk: would, at a press)."""
        return self._state == "running"

    @property
    def ended(self) -> Optional[str]:
        """Why voice is over (``stopped``, ``voice_timeout``, ``source_ended``, ``server``, ``error``), or ``None``."""
        return self._ended

    @property
    def mode(self) -> str:
        """``continuous`` or ``push_to_talk``."""
        return self._mode

    @property
    def echo(self) -> str:
        """The echo treatment in force: ``cancel``, ``suppress`` or ``off``."""
        return self._echo.name

    # ── the user's side ──

    @property
    def muted(self) -> bool:
        """Whether silence is sent in place of what the microphone hears."""
        return self._capture is not None and self._capture.muted

    def mute(self) -> None:
        """Send silence from now on; voice goes on."""
        if self._capture is not None:
            self._capture.muted = True

    def unmute(self) -> None:
        """Send what the microphone hears again."""
        if self._capture is not None:
            self._capture.muted = False

    @property
    def volume(self) -> float:
        """What the character's voice is multiplied with: 0 is silent, 1 as it comes, 4 the most."""
        return self._volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._volume = _number("volume", volume, 0.0, 4.0)
        if self._playback is not None:
            self._playback.volume = self._volume

    @property
    def levels(self) -> Levels:
        """How loud microphone and speaker are now, in dBFS (-96 to 0)."""
        capture, playback = self._capture, self._playback
        if capture is None or playback is None or self._state == "stopped":
            return Levels(SILENCE_DBFS, SILENCE_DBFS)
        return Levels(capture.level, playback.level)

    @property
    def is_sounding(self) -> bool:
        """Whether the character is being heard."""
        return self._sounding_since is not None

    @property
    def is_pressed(self) -> bool:
        """Whether the push-to-talk key is down."""
        return self._pressed

    @property
    def stats(self) -> VoiceStats:
        """What voice has done since it was started."""
        capture, playback, buffer = self._capture, self._playback, self._buffer
        return VoiceStats(
            frames_sent=0 if capture is None else capture.frames_sent,
            frames_dropped=0 if capture is None else capture.frames_dropped,
            underruns=buffer.underruns,
            prebuffer=buffer.prebuffer,
            input_latency=0.0 if capture is None else capture.latency,
            output_latency=0.0 if playback is None else playback.latency,
            response_latency=self._response_latency,
            reopened=sum(worker.reopened for worker in self._workers()),
        )

    def transcripts(self, timeout: Optional[float] = None) -> Iterator[Transcript]:
        """What the server understands of the user's speech, partial and final, as it comes.

        Ends when voice is over, or when nothing comes for ``timeout`` seconds (``None``: waits without limit).
        """
        while True:
            deadline = Deadline(timeout)
            if not self._changed.wait_for(lambda: bool(self._transcripts) or self._state == "stopped", deadline):
                return
            try:
                yield self._transcripts.popleft()
            except IndexError:
                if self._state == "stopped":
                    return

    # ── push-to-talk ──

    @contextlib.contextmanager
    def talking(self) -> Iterator[Voice]:
        """Push-to-talk for as long as the ``with`` block runs."""
        self.press()
        try:
            yield self
        finally:
            self.release()

    def press(self) -> None:
        """The push-to-talk key is down: what the microphone hears is sent, and a character that speaks is cut off.

        Raises ``VoiceError`` where voice does not run or the mode is another, ``NotConnected``.
        """
        with self._lock:
            if self._mode != "push_to_talk":
                raise VoiceError("voice is in continuous mode: start it with mode='push_to_talk' to press and release")
            if self._state != "running" or self._capture is None:
                raise VoiceError("voice does not run: call start(), or use 'with session.voice(…)'")
            if self._pressed:
                return
            self._pressed = True
        try:
            self._session._interrupt("press")  # whatever it is about to say, too
            self._send(StartVoice(push_to_talk=True))
        except BaseException:
            self._pressed = False
            raise
        self._capture.open_gate()

    def release(self) -> None:
        """The key is up: what was said until now is one turn. Returns at once; releasing twice is fine."""
        with self._lock:
            if not self._pressed:
                return
            self._pressed = False
            capture = self._capture
        if capture is not None:
            capture.close_gate(then=lambda: self._send_quietly(StopVoice()))

    # ── interrupting ──

    def barge_in(self, reason: str) -> None:
        """Cut the character off, if it is heard or about to be: silence here, and the server is told."""
        if self._sounding_since is not None or not self._buffer.empty:
            self._session._interrupt(reason)

    def silence(self, message_id: Optional[str], reason: str) -> None:
        """What is queued of a message (``None``: of all) is not played any more. For the session."""
        gone = list(self._buffer.interrupt(message_id))
        with self._lock:
            sounding, since = self._sounding, self._sounding_since
            if since is not None and (message_id is None or message_id == sounding):
                self._sounding, self._sounding_since = None, None
                if sounding not in gone:
                    gone.append(sounding)
                if self._playback is not None:
                    self._playback.forget()
        for name in gone:
            self._tell(Interrupted(name, reason))

    @property
    def sounding(self) -> Optional[str]:
        """The message that is heard, or will be next."""
        return self._sounding if self._sounding_since is not None else self._buffer.message_id

    # ── what the server says (on the session's read thread) ──

    def on_bot_voice(self, message_id: Optional[str], pcm: bytes, is_final: bool) -> None:
        if self._state == "running":
            self._active_at = now = time.monotonic()
            self._buffer.feed(message_id, pcm, is_final, now)

    def on_bot_response(self, is_final: bool) -> None:
        self._active_at = time.monotonic()
        self._awaiting = False

    def on_transcript(self, text: str, is_final: bool) -> None:
        now = self._active_at = time.monotonic()
        if is_final:
            self._finals += 1
            self._final_at = now
            self._awaiting = bool(text.strip())
        with self._lock:
            self._transcripts.append(Transcript(text, is_final))
            since = self._sounding_since
            self._changed.notify_all()
        self._tell(Transcript(text, is_final))
        if self._barge_in and text.strip() and since is not None and now - since >= self._grace:
            self.barge_in("barge_in")

    def on_started(self) -> None:
        with self._lock:
            self._heard_by_server = True
            self._changed.notify_all()

    def on_stopped(self) -> None:
        if self._mode == "continuous" and self._state == "running":
            self._heard_by_server = False
            told = self._server_error if time.monotonic() - self._server_error_at < TOLD else None
            self._end_with("error" if told else "server", told)

    def on_error(self, error: VoiceError) -> None:
        """One that ends voice is followed by ``voice_stopped``; any other cost one thing that was said."""
        self._server_error, self._server_error_at = error, time.monotonic()
        if self._state == "running":
            self._session._dispatcher.error(error)
        else:
            self._end_with("error", error)

    def on_timeout(self, event: VoiceTimeout) -> None:
        self._heard_by_server = False  # nothing to stop there
        self._end_with("voice_timeout")

    def on_reconnected(self) -> None:
        """The connection is back: the server has to be told that voice goes on."""
        self._session._connection.hold_little()
        if self._state == "running" and (self._mode == "continuous" or self._pressed):
            self._send_quietly(StartVoice(push_to_talk=self._mode != "continuous"))

    def on_disconnected(self, error: Optional[Exception]) -> None:
        """The connection is over for good."""
        self._heard_by_server = False
        self._end_with("error" if error else "stopped", error if isinstance(error, EstuaryError) else None)

    # ── what the workers say (on their threads) ──

    def playback_started(self, message_id: Optional[str]) -> None:
        now = time.monotonic()
        with self._lock:
            self._sounding, self._sounding_since = message_id, now
            if self._final_at is not None:
                self._response_latency, self._final_at = now - self._final_at, None
        self._tell(PlaybackStarted(message_id))

    def playback_finished(self, message_id: Optional[str]) -> None:
        with self._lock:
            self._sounding, self._sounding_since = None, None
        self._active_at = time.monotonic()
        self._send_quietly(AudioPlaybackComplete(message_id))
        self._tell(PlaybackFinished(message_id))

    def _send_audio(self, pcm: bytes) -> bool:
        connection = self._session._connection
        if connection.queued > MOST_QUEUED:
            return False
        connection.send(encode(StreamAudio(pcm)))
        return True

    def worker_opened(self) -> None:
        with self._lock:
            self._changed.notify_all()

    def worker_failed(self, error: VoiceError) -> None:
        self._end_with("error", error)

    def worker_over(self) -> None:
        with self._lock:
            if self._state != "stopping" or not all(worker.over.is_set() for worker in self._workers()):
                return
            self._state = "stopped"
            self._sounding, self._sounding_since = None, None
            self._changed.notify_all()
        atexit.unregister(self._stop_at_exit)
        self._session._give_voice_back(self)

    # ── ending ──

    def _settled(self) -> bool:
        """The source has ended: ends voice when nothing more is to be expected. On the capture thread."""
        now = time.monotonic()
        if self._mode != "continuous":
            return True
        if not self._source_over:
            self._source_over, self._active_at = True, now
        playback = self._playback
        if not self._buffer.empty or self._sounding_since is not None or self._session._conversation.speaking:
            return False
        if playback is not None and now < playback.sounding_until:
            return False
        patience = UNANSWERED if self._awaiting else SETTLED if self._finals else UNHEARD
        if now - self._active_at < patience:
            return False
        self._end_with("source_ended")
        return True

    def _end_with(self, reason: str, failure: Optional[EstuaryError] = None) -> None:
        """Voice is over. Doesn't wait: the workers end by themselves, and the last one sets the state."""
        with self._lock:
            if self._state in ("stopped", "stopping"):
                return
            was_running = self._state == "running"
            self._state = "stopping"
            self._ended = reason
            self._failure = self._failure or failure
            to_stop = self._heard_by_server or self._pressed
            self._heard_by_server = self._pressed = False
        if to_stop:
            self._send_quietly(StopVoice())
        self._buffer.interrupt()
        for worker in self._workers():
            worker.stop()
        self.worker_over()
        if failure is not None and was_running and failure is not self._server_error:
            _log.warning("voice is over: %s", failure)
            self._session._dispatcher.error(failure)

    def _close_down(self, deadline: Deadline) -> None:
        """Wait for the workers, and leave behind those that hang."""
        if any(worker.is_current for worker in self._workers()):
            return  # a source or sink that stops voice: its thread ends when it has returned
        if not self._changed.wait_for(lambda: self._state == "stopped", deadline):
            for worker in self._workers():
                if not worker.over.is_set():
                    worker.join(Deadline(0.0))
                    worker.over.set()
            self.worker_over()

    def _workers(self) -> List[Worker]:
        return [worker for worker in (self._capture, self._playback) if worker is not None]

    def fork(self) -> None:
        """In a forked child: voice does not run here, and the devices are the parent's. For the session."""
        for worker in self._workers():
            worker.abandon()
        self._capture = self._playback = None
        self._reset()

    # ── inside ──

    def _delay(self) -> float:
        capture, playback = self._capture, self._playback
        return (0.0 if capture is None else capture.latency) + (0.0 if playback is None else playback.latency)

    def _send(self, event: Any) -> None:
        self._session._connection.send(encode(event))

    def _send_quietly(self, event: Any) -> None:
        try:
            self._send(event)
        except NotConnected:
            pass  # without a connection the server has let go of voice by itself

    def _tell(self, event: Any) -> None:
        self._session._dispatcher.emit(event.event, event)


def _source(source: Any) -> AudioSource:
    if source is not None:
        return as_source(source)
    from .devices import Microphone

    microphone: AudioSource = Microphone()
    return microphone


def _sink(sink: Any) -> AudioSink:
    if sink is not None:
        return as_sink(sink)
    from .devices import Speaker

    speaker: AudioSink = Speaker()
    return speaker


def _number(name: str, value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ConfigError(f"{name} is {value!r}: give a number from {low:g} to {high:g}")
    return float(value)
