"""``Session``: a conversation with one character, from plain blocking code."""

from __future__ import annotations

import atexit
import itertools
import os
import threading
import time
import warnings
import weakref
from collections import deque
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Deque,
    Dict,
    Iterator,
    Literal,
    Optional,
    Sequence,
    Type,
    Union,
    overload,
)

from .actions import Action, ActionRegistry
from .config import Config
from .connection import Connection, State
from .credentials import get_logger
from .deadline import Deadline
from .dispatch import Dispatcher
from .errors import (
    ConfigError,
    ConnectionLost,
    EstuaryError,
    NotConnected,
    ProtocolError,
    QuotaExceeded,
    ServerError,
    TurnTimeout,
    VoiceError,
)
from .events import (
    AudioPlaybackComplete,
    BotResponse,
    BotVoice,
    Capabilities,
    ClientAction,
    ClientInterrupt,
    Connected,
    Disconnected,
    ErrorEvent,
    Interrupt,
    QuotaExceededEvent,
    Reconnected,
    Reconnecting,
    SayLine,
    SessionInfo,
    SessionTimeout,
    StartVoice,
    StopVoice,
    StreamAudio,
    SttResponse,
    Text,
    UpdatePreferences,
    VoiceErrorEvent,
    VoiceStarted,
    VoiceStopped,
    VoiceTimeout,
    encode,
)
from .inbox import Inbox
from .stream import Stream, too_late
from .turn import Conversation, Delivery, Reply, Response, Turn
from .waiting import Changed

if TYPE_CHECKING:
    from .rest.client import Client
    from .rest.memories import Memories
    from .rest.models import Message
    from .rest.pages import Pages
    from .voice.base import AudioSink, AudioSource
    from .voice.voice import Voice

__all__ = ["Session"]

_log = get_logger("estuary.session")

#: How long a text waits for the server to confirm that the one before it was interrupted. Seconds.
SETTLE = 1.0
#: How long a text that was handed over with ``wait=False`` and never answered holds up a later one. Seconds.
STALE = 60.0
#: How often it is looked whether audio is still coming. Seconds.
LISTENING = 0.5
#: What ``atexit`` gives all sessions together to say goodbye. Seconds.
EXIT_DEADLINE = 0.3

_numbers = itertools.count(1)
_alive: weakref.WeakSet[Session] = weakref.WeakSet()


class _Ticket:
    """A place in the queue of the calls that want to say something."""

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = False


class Session:
    """A conversation with one character, as one player.

    ::

        with Session(character_id="…", player_id="alice") as session:
            print(session.send("Hello!").text)

    Arguments that are not given come from the environment (``ESTUARY_API_KEY``, ``ESTUARY_SERVER_URL``,
    ``ESTUARY_CHARACTER_ID``, ``ESTUARY_PLAYER_ID``). The constructor connects to nothing: ``with`` does, or
    ``connect()``, or the first call that needs the connection. A session may be used from any number of threads; its
    turns queue in order. Handlers given to ``on`` and ``on_action`` run one after the other on the session's
    ``dispatch`` thread.

    Args:
        character_id: Who answers (a UUID).
        player_id: Who speaks: the application's own id of its user. One conversation per character and player
            exists, for ever.
        api_key: An API key (``est_…``) or a share link's session token (``sst_…``).
        server_url: ``https://api.estuary-ai.com`` unless told otherwise; a local gateway gives its own.
        audio_sample_rate: Hz, 16000 to 48000, of the audio both ways.
        realtime_memory: Have ``memory_updated`` pushed during the conversation.
        capabilities: What this client can do; typed actions unless ``Capabilities(client_action=False)``.
        connect_timeout: Seconds for one attempt to open the session.
        max_reconnects: Attempts to reopen a connection that broke; 0 for none, ``None`` for no limit. One that breaks
            again within two seconds is the same outage: its attempts are counted on.
        reconnect_for: Seconds after which it is not tried again; ``None`` for no limit.
        liveness_timeout: Seconds of silence after which the server counts as gone (an idle one is pinged in time).
        inbox_size: Messages that ``responses()`` holds unread at most; beyond it the oldest whole one is dropped.
        actions: A registry to share between sessions, or one made with ``strict=True``.

    Raises:
        ConfigError: Something is missing or can't be right; the message names it.
    """

    def __init__(
        self,
        *,
        character_id: Optional[str] = None,
        player_id: Optional[str] = None,
        api_key: Optional[str] = None,
        server_url: Optional[str] = None,
        audio_sample_rate: int = 24000,
        realtime_memory: bool = False,
        capabilities: Optional[Capabilities] = None,
        connect_timeout: float = 15.0,
        max_reconnects: Optional[int] = 5,
        reconnect_for: Optional[float] = None,
        liveness_timeout: float = 20.0,
        inbox_size: int = 256,
        actions: Optional[ActionRegistry] = None,
    ) -> None:
        self._config = Config.load(
            api_key=api_key,
            server_url=server_url,
            character_id=character_id,
            player_id=player_id,
            audio_sample_rate=audio_sample_rate,
            realtime_memory=realtime_memory,
            capabilities=capabilities or Capabilities(),
            connect_timeout=connect_timeout,
            max_reconnects=max_reconnects,
            reconnect_for=reconnect_for,
            liveness_timeout=liveness_timeout,
            inbox_size=inbox_size,
        )
        name = str(next(_numbers))
        self._name = name
        self._rest: Optional[Client] = None
        self._voice: Optional[Voice] = None
        #: the registry that ``on_action`` fills; ``actions.declarations()`` is what a character declares
        self.actions = actions if actions is not None else ActionRegistry()
        self._dispatcher = Dispatcher(name)
        self._connection = Connection(self._config, self, name)
        self._reset()
        _alive.add(self)

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

    # ── opening and closing ──

    def connect(self, timeout: Optional[float] = None) -> SessionInfo:
        """Open the session and wait until it is open. Does nothing where it is.

        Args:
            timeout: Seconds; ``connect_timeout`` where it is not given.

        Raises:
            AuthenticationError: The server refused the key, or does not know the character.
            SessionRejected: Too many sessions are open.
            ConnectTimeout: The server did not answer in time.
            ConnectError: It can't be reached, or it is not an Estuary server.
        """
        deadline = Deadline(self._config.connect_timeout if timeout is None else timeout)
        return self._connection.open(deadline, reopen=True)

    def close(self, timeout: float = 5.0) -> None:
        """End the session: run the callbacks that are queued, say goodbye, end all threads.

        It never fails for the network, and returns within ``timeout`` seconds, whatever the peer does. What waits in
        ``responses()`` can still be read. Closing twice is fine; ``connect()`` opens a closed session again.
        """
        deadline = Deadline(timeout)
        voice = self._voice
        if voice is not None:
            voice.stop(deadline.remaining() or 0.0)
        # actions of replies that have arrived: their handlers may still talk to the server
        self._dispatcher.close(deadline)
        was_open = self._connection.close(deadline)
        if self._rest is not None:
            self._rest.close()
        self._end_everything(ConnectionLost("the session was closed"))
        if was_open:
            self._dispatcher.emit("disconnected", Disconnected("closed"))
        self._dispatcher.close(Deadline(deadline.remaining()))

    def __enter__(self) -> Session:
        self.connect()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        # after Ctrl-C nobody wants to wait for handlers
        self.close(0.5 if kind is not None and not issubclass(kind, Exception) else 5.0)

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is None or connection.state in (State.CLOSED, State.DISCONNECTED):
            return
        try:
            warnings.warn(f"unclosed {self!r}: use 'with' or call close()", ResourceWarning, source=self, stacklevel=2)
        finally:  # a warning may be an error
            connection.abandon()
            self._dispatcher.stop()

    def __repr__(self) -> str:
        config = self._config
        return f"<Session {self.state} character_id={config.character_id!r} player_id={config.player_id!r}>"

    @property
    def is_connected(self) -> bool:
        """Whether a text would be handed to a live connection now."""
        return self._connection.state is State.CONNECTED

    @property
    def state(self) -> State:
        """``disconnected``, ``connecting``, ``connected``, ``reconnecting`` or ``closed``."""
        return self._connection.state

    @property
    def info(self) -> Optional[SessionInfo]:
        """What the server said when the session was opened; ``None`` while it is not open."""
        return self._connection.info

    @property
    def character_id(self) -> str:
        return self._config.character_id

    @property
    def player_id(self) -> str:
        return self._config.player_id

    # ── remembering ──

    @property
    def memories(self) -> Memories:
        """What the character remembers of this player: search, list, core facts, graph… Over REST, no socket needed.

        >>> session.memories.search("what does she drink?")       # doctest: +SKIP
        """
        return self._client.memories(self.character_id, self.player_id)

    def history(self, *, page_size: int = 100) -> Pages[Message]:
        """All that this player and the character ever said, oldest first: a lazy list, see ``Pages``. Over REST."""
        return self._client.conversations.messages(self.character_id, self.player_id, page_size=page_size)

    @property
    def _client(self) -> Client:
        if self._rest is None:
            from .rest.client import Client

            self._rest = Client(api_key=self._config.api_key, server_url=self._config.server_url)
        return self._rest

    # ── talking ──

    @overload
    def send(
        self,
        text: str,
        *,
        text_only: Optional[bool] = None,
        wait: Literal[True] = True,
        timeout: Optional[float] = 60.0,
    ) -> Reply: ...

    @overload
    def send(
        self, text: str, *, text_only: Optional[bool] = None, wait: bool, timeout: Optional[float] = 60.0
    ) -> Optional[Reply]: ...

    def send(
        self,
        text: str,
        *,
        text_only: Optional[bool] = None,
        wait: bool = True,
        timeout: Optional[float] = 60.0,
    ) -> Optional[Reply]:
        """Say something and wait for the whole answer.

        It returns when the answer is complete and the handlers of its actions have run. Calls from several threads
        queue in order. An interrupted answer is returned with ``reply.interrupted`` set. Ctrl-C interrupts the answer,
        and the session stays usable.

        Args:
            text: What the player says.
            text_only: Whether the answer is not to be spoken; true while voice is not running. With ``False`` it waits
                for the audio too, and ``reply.audio`` holds it (but a server that does not speak is given five
                seconds only).
            wait: ``False`` hands the text over and returns ``None`` at once; the answer comes through
                ``responses()``. It does not queue: the server stops what it is saying for it.
            timeout: Seconds for all of it, connecting and queueing included; ``None`` for no limit.

        Raises:
            TurnTimeout: The answer was not complete in time. It is interrupted; ``error.text`` is what had come.
            ConnectionLost: The connection broke meanwhile. The text may have been received; it is not sent again.
            QuotaExceeded, ServerError: The server did not answer; the session goes on.
            NotConnected: With ``wait=False``, or after ``close()``: nothing was sent.
            ConnectError: The session was not open and could not be opened.
        """
        if not wait:
            self._hand_over(text, text_only, Deadline(timeout))
            return None
        deadline = Deadline(timeout)
        return self._whole_answer(self._begin(text, text_only, deadline, streaming=False), deadline)

    def stream(self, text: str, *, text_only: Optional[bool] = None, timeout: Optional[float] = 60.0) -> Stream:
        """Say something and read the answer as it arrives.

        The text is sent by this call; iterate over what it returns. Leaving the loop (``break``, an exception,
        Ctrl-C) interrupts the answer. ``stream.reply`` is the whole answer afterwards. Errors are those of ``send``.

        >>> for chunk in session.stream("Tell me a story."):     # doctest: +SKIP
        ...     print(chunk.delta, end="", flush=True)
        """
        deadline = Deadline(timeout)
        turn = self._begin(text, text_only, deadline, streaming=True)
        try:
            return Stream(self, turn, deadline)
        except BaseException:  # Ctrl-C in between
            self._finish(turn)
            raise

    def responses(self, timeout: Optional[float] = None) -> Iterator[Response]:
        """Everything the character says that no ``send()`` or ``stream()`` has claimed, chunk by chunk, oldest first.

        Nothing that arrives between two calls is lost (up to ``inbox_size`` messages). The iterator ends when the
        session is closed, or when nothing arrives for ``timeout`` seconds (``None``: waits without limit). It goes on
        across a reconnection.

        Raises:
            ConnectionLost: The connection is lost for good, or the server ended the session; what had arrived
                before is delivered first.
            ConnectError: The session was not open and could not be opened.
        """
        if self._connection.state in (State.DISCONNECTED, State.CONNECTING) and not self._inbox:
            self._connection.open(Deadline(self._config.connect_timeout))
        ended = (State.CLOSED, State.DISCONNECTED)
        while True:
            deadline = Deadline(timeout)
            if not self._inbox_changed.wait_for(lambda: bool(self._inbox) or self._connection.state in ended, deadline):
                return
            with self._lock:
                response = self._inbox.get() if self._inbox else None
            if response is not None:
                yield response
                continue
            state = self._connection.state
            if state is State.CLOSED:
                return
            if state is State.DISCONNECTED:
                raise self._lost()

    def interrupt(self) -> None:
        """Stop what the character is saying. Turns that wait for it return at once, with ``reply.interrupted`` set.

        Does nothing where the session is not connected: then nothing is being said.
        """
        self._interrupt("interrupt")

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

    def say_line(self, text: str, *, text_only: Optional[bool] = None, timeout: Optional[float] = 60.0) -> None:
        """Have the character say exactly this, without a model. It interrupts what is being said.

        What it says comes through ``responses()``. ``timeout`` (seconds) bounds the wait for a connection.

        Raises ``NotConnected``, ``ConnectError``, ``ConnectTimeout``.
        """
        _check_text(text)
        self._connection.open(Deadline(timeout))
        turn = Turn(text, claimed=False, is_line=True)
        with self._lock:
            self._send_turn(turn, SayLine(text, self._text_only(text_only)))

    def update_preferences(
        self, *, enable_vision_acknowledgment: Optional[bool] = None, timeout: Optional[float] = 60.0
    ) -> None:
        """Change how the server behaves in this session; what is not given stays as it is."""
        self._connection.open(Deadline(timeout))
        self._connection.send(encode(UpdatePreferences(enable_vision_acknowledgment)))

    # ── speaking ──

    def voice(
        self,
        *,
        mode: str = "continuous",
        source: Union[AudioSource, str, os.PathLike[str], None] = None,
        sink: Union[AudioSink, str, os.PathLike[str], None] = None,
        transport: str = "websocket",
        echo: str = "auto",
        barge_in: bool = True,
        barge_in_grace: float = 1.5,
        noise_suppression: bool = False,
        high_pass: bool = False,
        volume: float = 1.0,
    ) -> Voice:
        """A spoken conversation: ``with`` or ``start()`` begins it. Needs ``pip install 'estuary-sync[voice]'``.

        What the character says comes through ``responses()`` too. Handlers of the events ``voice_started``,
        ``voice_stopped``, ``transcript``, ``playback_started``, ``playback_finished``, ``interrupted`` and
        ``voice_timeout`` run on the session's dispatch thread.

        >>> with session.voice() as voice:                        # doctest: +SKIP
        ...     voice.wait()                                      # until Ctrl-C, stop() or the server's timeout

        Args:
            mode: ``continuous`` (the server finds the ends of what is said) or ``push_to_talk`` (``voice.talking()``,
                ``press()`` and ``release()``).
            source: What is heard: ``Microphone(…)``, ``WavFile(…)`` (or a path), ``PCMBuffer(…)``, or anything with
                the methods of ``AudioSource``. The default microphone where it is not given.
            sink: Where the character speaks: ``Speaker(…)``, a path of a wav file to write, ``PCMBuffer()``,
                ``NullSink()``, or an ``AudioSink``. The default speaker where it is not given.
            transport: ``websocket``.
            echo: ``cancel`` (with the ``livekit`` extra), ``suppress`` (the microphone is muted while the character
                is heard, so it can't be talked over), ``off`` (for headphones), or ``auto``: the first of these that
                can be had where both ends are devices. ``voice.echo`` says which is in force.
            barge_in: Whether the character falls silent when the user speaks over it.
            barge_in_grace: Seconds after the beginning of a message in which it does not.
            noise_suppression, high_pass: Clean the microphone (with the ``livekit`` extra).
            volume: What the character's voice is multiplied with, 0 to 4.

        Raises:
            ConfigError: An argument can't be right, or asks for what is not installed.
            AudioDeviceError: The packages or libraries for devices are not installed.
        """
        from .voice.voice import Voice

        return Voice(
            self,
            mode=mode,
            source=source,
            sink=sink,
            transport=transport,
            echo=echo,
            barge_in=barge_in,
            barge_in_grace=barge_in_grace,
            noise_suppression=noise_suppression,
            high_pass=high_pass,
            volume=volume,
        )

    def ask_aloud(
        self, speech: Union[AudioSource, str, os.PathLike[str], bytes], *, timeout: Optional[float] = 60.0
    ) -> Reply:
        """Ask with recorded speech, and wait for the whole answer with its audio. No sound card is needed.

        >>> reply = session.ask_aloud("question.wav")             # doctest: +SKIP
        >>> print(reply.transcript, "→", reply.text)              # doctest: +SKIP
        >>> reply.save_audio("answer.wav")                        # doctest: +SKIP

        Args:
            speech: A path of a wav file, any source that ends by itself, or PCM16 mono at the session's sample rate.
                At most five minutes.
            timeout: Seconds for all of it, connecting and queueing included; ``None`` for no limit.

        Returns:
            A ``Reply`` with ``transcript`` (what the server understood), ``text`` and ``audio``.

        Raises:
            VoiceError: There is no speech in it, the server can't hear, or voice is running; or the file can't be
                read.
            ConfigError: It is empty, too long, or a device, which never ends.
            TurnTimeout, ConnectionLost, QuotaExceeded, ServerError, ConnectError: As for ``send``.
        """
        from .voice.aloud import read_speech

        deadline = Deadline(timeout)
        rate = self._config.audio_sample_rate
        packets = [encode(StreamAudio(pcm)) for pcm in read_speech(speech, rate)]
        if self._voice is not None:
            raise VoiceError("voice is running: stop it first, or say it to the microphone")
        turn = Turn("", is_spoken=True)
        turn.listen(rate)
        self._take_turn(turn, StopVoice(), deadline, before=[encode(StartVoice(push_to_talk=True)), *packets])
        return self._whole_answer(turn, deadline)

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

    # ── listening ──

    def on(self, event: str, handler: Optional[Callable[[Any], Any]] = None) -> Any:
        """Call ``handler`` with every ``event``, on the session's dispatch thread, in order.

        Names are those of the wire (``stt_response``, ``memory_updated``, …), plus ``response`` (each chunk, a
        ``Response``), ``connected``, ``disconnected``, ``reconnecting``, ``reconnected``, and ``error`` (an exception:
        ``ServerError``, ``ProtocolError``, ``ActionError``, or what a handler raised). ``"*"`` takes all.

        Returns a function that takes the handler away again; as a decorator, the handler itself.

        >>> @session.on("reconnecting")                           # doctest: +SKIP
        ... def warn(event): print("the connection is gone, attempt", event.attempt)
        """
        if not isinstance(event, str) or not event:
            raise ConfigError(f"on() takes the name of an event first, not {event!r}")
        if handler is None:

            def decorate(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
                self._dispatcher.on(event, function)
                return function

            return decorate
        if not callable(handler):
            raise ConfigError(f"the handler of {event!r} can't be called: {handler!r}")
        return self._dispatcher.on(event, handler)

    def on_action(self, name: str, handler: Optional[Callable[..., Any]] = None) -> Any:
        """Call ``handler`` when the character performs the action ``name``: see ``ActionRegistry.on``.

        >>> @session.on_action("navigate")                        # doctest: +SKIP
        ... def navigate(target: str, speed: float = 1.0): ...
        """
        return self.actions.on(name, handler)

    # ── a turn ──

    def _begin(self, text: str, text_only: Optional[bool], deadline: Deadline, *, streaming: bool) -> Turn:
        """Queue for the turn, have a connection, send."""
        _check_text(text)
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
        _check_text(text)
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

    def _emit_quietly(self, event: Union[ClientInterrupt, AudioPlaybackComplete]) -> None:
        try:
            self._connection.send(encode(event))
        except NotConnected:
            pass  # without a connection nothing is being said or heard

    def _wait_for_handlers(self, turn: Turn, deadline: Deadline) -> None:
        if turn.last_callback and not self._dispatcher.wait_for(turn.last_callback, deadline):
            _log.warning(
                "the handlers of an answer's actions did not return in time; the answer is returned without them"
            )

    # ── what the connection reports (on its threads) ──

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

    def _notify_turns(self) -> None:
        self._conversation.turn_ended = False
        self._turn_changed.notify_all()

    def _lost(self) -> Exception:
        failure = self._connection.failure
        return failure if isinstance(failure, EstuaryError) else ConnectionLost("the connection is lost")

    def _after_fork(self) -> None:
        """In the child: no threads, no connection of its own yet, the parent's socket left alone."""
        self._dispatcher.reset()
        self._connection.reset()
        voice, self._voice = self._voice, None
        if voice is not None:
            voice.fork()
        self._reset()


def _check_text(text: str) -> None:
    if not isinstance(text, str):
        raise ConfigError(f"the text is {type(text).__name__}, not a string")
    if not text.strip():
        raise ConfigError("the text is empty: nothing was sent")


_HANDLERS: Dict[type, Callable[[Session, Any], None]] = {
    BotResponse: Session._on_bot_response,
    ClientAction: Session._on_client_action,
    Interrupt: Session._on_interrupt,
    ErrorEvent: Session._on_error,
    QuotaExceededEvent: Session._on_quota,
    SessionTimeout: Session._on_session_timeout,
    BotVoice: Session._on_bot_voice,
    SttResponse: Session._on_stt_response,
    VoiceStarted: Session._on_voice_started,
    VoiceStopped: Session._on_voice_stopped,
    VoiceErrorEvent: Session._on_voice_error,
    VoiceTimeout: Session._on_voice_timeout,
}


@atexit.register
def _close_all() -> None:
    """Say goodbye for whoever did not, without delaying the interpreter's end."""
    deadline = Deadline(EXIT_DEADLINE)
    for session in list(_alive):
        session.close(deadline.remaining() or 0.0)


def _after_fork() -> None:
    for session in list(_alive):
        session._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
