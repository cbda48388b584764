"""``Session``: a conversation with one character, from plain blocking code."""

from __future__ import annotations

import atexit
import itertools
import os
import warnings
import weakref
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Iterator,
    Literal,
    Optional,
    Type,
    Union,
    overload,
)

from ._receiving import Receiving
from ._turntaking import check_text
from .actions import ActionRegistry
from .config import Config
from .connection import Connection, State
from .deadline import Deadline
from .dispatch import Dispatcher
from .errors import (
    ConfigError,
    ConnectionLost,
    VoiceError,
)
from .events import (
    Capabilities,
    Disconnected,
    SayLine,
    SessionInfo,
    StartVoice,
    StopVoice,
    StreamAudio,
    UpdatePreferences,
    encode,
)
from .stream import Stream
from .turn import Reply, Response, Turn

if TYPE_CHECKING:
    from .rest.client import Client
    from .rest.memories import Memories
    from .rest.models import Message
    from .rest.pages import Pages
    from .voice.base import AudioSink, AudioSource
    from .voice.voice import Voice

__all__ = ["Session"]


#: What ``atexit`` gives all sessions together to say goodbye. Seconds.
EXIT_DEADLINE = 0.3

_numbers = itertools.count(1)
_alive: weakref.WeakSet[Session] = weakref.WeakSet()


class Session(Receiving):
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

    def say_line(self, text: str, *, text_only: Optional[bool] = None, timeout: Optional[float] = 60.0) -> None:
        """Have the character say exactly this, without a model. It interrupts what is being said.

        What it says comes through ``responses()``. ``timeout`` (seconds) bounds the wait for a connection.

        Raises ``NotConnected``, ``ConnectError``, ``ConnectTimeout``.
        """
        check_text(text)
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
            barge_in: Whether the character falls silent when the user speaks over it. ``False``: the microphone is
                muted meanwhile (``echo`` is then ``suppress``), as the server listens for itself.
            barge_in_grace: Seconds after the beginning of a message in which it does not.
            noise_suppression, high_pass: Clean the microphone (with the ``livekit`` extra).
            volume: What the character's voice is multiplied with, 0 to 4.

        Raises:
            ConfigError: An argument can't be right, or asks for what is not installed.
            VoiceError: The packages of the ``voice`` extra are not installed.
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

    def _after_fork(self) -> None:
        """In the child: no threads, no connection of its own yet, the parent's socket left alone."""
        self._dispatcher.reset()
        self._connection.reset()
        voice, self._voice = self._voice, None
        if voice is not None:
            voice.fork()
        self._reset()


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
