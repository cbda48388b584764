"""The life of a session's connection: opening, reconnecting, ending. One ``Link`` at a time, a fresh one each time.

Nothing here knows of turns or users. A ``Listener`` is told what happens, on the link's read thread or on the
short-lived ``connect`` thread, never with a lock held.
"""

from __future__ import annotations

import enum
import random
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Optional, Protocol, Tuple

from .config import Config
from .credentials import get_logger, mask_secrets
from .deadline import Deadline
from .errors import (
    AuthenticationError,
    ConnectError,
    ConnectionLost,
    ConnectTimeout,
    EstuaryError,
    NotConnected,
    ProtocolError,
    SessionRejected,
    again,
)
from .events import AuthError, BotResponse, SessionInfo, SessionRejectedEvent, decode
from .waiting import Changed

if TYPE_CHECKING:
    from .transport import Link, Refused

__all__ = ["Connection", "Listener", "State"]

_log = get_logger("estuary.connection")

FIRST_DELAY = 0.25
MAX_DELAY = 15.0
#: A connection that breaks sooner belongs to the same outage: its attempts are counted on. Seconds.
STEADY = 2.0


class State(str, enum.Enum):
    """What a session's connection is doing."""

    #: never opened, or over: the next call that needs it opens it
    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    #: by ``close()``: only ``connect()`` opens it again
    CLOSED = "closed"

    def __str__(self) -> str:
        return self.value


class Listener(Protocol):
    """Who is told. Every method returns soon and never raises."""

    def received(self, event: Any) -> None: ...
    def garbage(self, error: ProtocolError) -> None: ...
    def connected(self, info: SessionInfo, attempts: int) -> None: ...
    def connection_lost(self, error: ConnectionLost) -> None: ...
    def reconnecting(self, attempt: int, delay: float) -> None: ...
    def disconnected(self, reason: str, error: Optional[Exception]) -> None: ...
    def not_opened(self) -> None: ...


class Connection:
    """Opens, watches, reopens and closes. All public methods may be called from any thread."""

    def __init__(self, config: Config, listener: Listener, name: str) -> None:
        self._config = config
        # weak: a session that its user has forgotten must be collected, threads or not
        self._listener = weakref.ref(listener)
        self._name = name
        self.reset()

    def reset(self) -> None:
        """As new: for ``__init__``, and in a forked child, which has no threads and must not share the socket."""
        link: Optional[Link] = getattr(self, "_link", None)
        if link is not None:
            link.forget()
        self._lock = threading.Lock()
        self._changed = Changed(self._lock)
        self._link: Optional[Link] = None
        #: the one before, whose threads may still be ending
        self._past: Optional[Link] = None
        self._info: Optional[SessionInfo] = None
        self._state = State.DISCONNECTED
        #: why there is no connection; raised by whoever waits for one
        self._failure: Optional[Exception] = None
        #: counts what makes an attempt under way obsolete: a close, an abandoned connect
        self._epoch = 0
        #: the calls of ``open`` that wait
        self._waiting = 0
        self._thread: Optional[threading.Thread] = None
        #: the attempts of this outage so far, and when the last of them succeeded
        self._attempts = 0
        self._opened = 0.0
        #: what the server announced as the end: a reason and an error
        self._ending: Optional[Tuple[str, EstuaryError]] = None

    @property
    def state(self) -> State:
        return self._state

    @property
    def is_live(self) -> bool:
        """Whether it is connected, and its end is not just being reported."""
        link = self._link
        return self._state is State.CONNECTED and link is not None and not link.ended

    @property
    def info(self) -> Optional[SessionInfo]:
        return self._info

    @property
    def failure(self) -> Optional[Exception]:
        """Why there is no connection, where there was to be one."""
        return self._failure

    # ── opening ──

    def open(self, deadline: Deadline, *, reopen: bool = False) -> SessionInfo:
        """Wait until the session is open, starting to open it where nobody has.

        ``reopen``: also after ``close()``. Raises ``ConnectError`` and its subclasses, ``ConnectionLost`` where a
        reconnection under way is given up, ``NotConnected`` after ``close()``.
        """
        epoch, mine = self._begin_opening(deadline, reopen)
        abandoned = False
        try:
            if not self._changed.wait_for(lambda: self._decided(epoch), deadline):
                raise self._too_late(deadline)
        except BaseException:
            # Ctrl-C or time is up: an attempt that nobody else waits for goes with this call
            with self._lock:
                if mine and self._waiting == 1 and self._state is State.CONNECTING and self._epoch == epoch:
                    self._abandon_locked(State.DISCONNECTED)
                    abandoned = True
            raise
        finally:
            with self._lock:
                self._waiting -= 1
            if abandoned:
                self._tell("not_opened")
        with self._lock:
            if self._state is State.CONNECTED and self._info is not None:
                return self._info
            failure = self._failure
        if failure is None:
            raise NotConnected("the session was closed while it was being opened")
        raise again(failure)

    def _begin_opening(self, deadline: Deadline, reopen: bool) -> Tuple[int, bool]:
        """Count this call as one that waits, and start what it waits for. Returns the attempt, and if it is ours."""
        while True:
            # a link whose end is just being reported: that takes a moment only
            if not self._changed.wait_for(lambda: not self._is_ending(), deadline):
                raise self._too_late(deadline)
            with self._lock:
                if self._is_ending():
                    continue
                if self._state is State.CLOSED and not reopen:
                    raise NotConnected("the session is closed: call connect() to open it again")
                if self._state in (State.DISCONNECTED, State.CLOSED):
                    self._failure = None
                    self._state = State.CONNECTING
                    self._start_thread(reconnecting=False)
                self._waiting += 1
                return self._epoch, self._state is State.CONNECTING

    def _is_ending(self) -> bool:
        """Under the lock."""
        return self._state is State.CONNECTED and self._link is not None and self._link.ended

    def _decided(self, epoch: int) -> bool:
        """Under the lock: whether the attempt is over, or was overtaken by a close."""
        return self._state not in (State.CONNECTING, State.RECONNECTING) or self._epoch != epoch

    def _too_late(self, deadline: Deadline) -> ConnectTimeout:
        url, link = self._config.server_url, self._link
        if link is not None and link.reached:
            return ConnectTimeout(
                f"{url} accepted the connection but did not answer within {deadline.timeout:g} s: "
                "is it an Estuary server?"
            )
        return ConnectTimeout(
            f"{url} could not be reached within {deadline.timeout:g} s: is the server running, and is server_url right?"
        )

    def _start_thread(self, *, reconnecting: bool) -> None:
        self._thread = threading.Thread(
            target=self._connect,
            args=(self._epoch, reconnecting),
            # daemon: looking up a name or connecting can't be interrupted, and must not delay the interpreter's end
            daemon=True,
            name=f"estuary-connect-{self._name}",
        )
        try:
            self._thread.start()
        except RuntimeError as error:  # too many threads, or the interpreter is ending
            self._thread = None
            self._state = State.DISCONNECTED
            self._failure = ConnectError(f"no thread could be started to connect to {self._config.server_url}: {error}")

    def _abandon_locked(self, state: State) -> None:
        self._epoch += 1
        link, self._link, self._info = self._link, None, None
        self._state = state
        self._changed.notify_all()
        if link is not None:
            link.kill()

    def _connect(self, epoch: int, reconnecting: bool) -> None:
        """The body of the ``connect`` thread: one attempt, or as many as a reconnection may take."""
        config = self._config
        started = time.monotonic()
        if not reconnecting:
            self._attempts = 0
        attempt = self._attempts
        last_error: Optional[Exception] = None
        while True:
            attempt += 1
            if reconnecting:
                self._attempts = attempt
                delay = min(MAX_DELAY, FIRST_DELAY * 2 ** min(attempt - 1, 10)) * random.uniform(0.5, 1.5)
                if not self._may_retry(attempt, delay, started):
                    self._give_up(epoch, "lost", last_error)
                    return
                self._tell("reconnecting", attempt, delay)
                self._changed.wait_for(lambda: self._epoch != epoch, Deadline(delay))
            try:
                info = self._attempt(epoch, Deadline(config.connect_timeout), reconnecting)
            except _Obsolete:
                return
            except EstuaryError as error:
                _log.info("%s: connecting failed: %s", self._name, error)
                reason = "lost"
                if isinstance(error, AuthenticationError):
                    reason = "authentication"
                elif isinstance(error, SessionRejected):
                    reason = "rejected"
                last_error = error
                if not reconnecting or reason != "lost":
                    self._give_up(epoch, reason, error)
                    return
            except Exception as error:  # a bug: whoever waits must not wait for ever
                _log.exception("%s: connecting failed in an unforeseen way", self._name)
                why = f"connecting to {config.server_url} failed ({type(error).__name__}): this is a bug, see the log"
                self._give_up(epoch, "lost", ConnectError(why))
                return
            else:
                self._tell("connected", info, attempt if reconnecting else 0)
                return

    def _may_retry(self, attempt: int, delay: float, started: float) -> bool:
        config = self._config
        if config.max_reconnects is not None and attempt > config.max_reconnects:
            return False
        return config.reconnect_for is None or time.monotonic() + delay - started <= config.reconnect_for

    def _attempt(self, epoch: int, deadline: Deadline, watched: bool) -> SessionInfo:
        from .transport import Link, Refused

        attempt = _Attempt(self)
        link = Link(self._name, attempt.event, self._garbage, attempt.ended, self._config.liveness_timeout)
        with self._lock:
            if self._epoch != epoch:
                raise _Obsolete
            self._link, self._ending = link, None
        config = self._config
        auth = {
            "api_key": config.api_key,
            "character_id": config.character_id,
            "player_id": config.player_id,
            "audio_sample_rate": config.audio_sample_rate,
            "realtime_memory": config.realtime_memory,
            "capabilities": config.capabilities.to_wire(),
        }
        watch = threading.Timer(config.connect_timeout, link.kill)
        watch.name, watch.daemon = f"estuary-watch-{self._name}", True
        try:
            if watched:
                # the sockets' own timeout starts anew with every byte, and nobody may be waiting with a deadline
                watch.start()
            link.open(config.server_url, auth, deadline)
            info = attempt.wait(deadline)
        except EstuaryError as error:
            link.close(Deadline(0.5))
            with self._lock:
                if self._epoch != epoch:
                    raise _Obsolete from None
            refusal = attempt.refusal
            if refusal is not None:
                raise refusal from None
            if isinstance(error, Refused):
                raise _refusal(config.server_url, error) from None
            raise
        finally:
            watch.cancel()
            if watch.ident is not None:
                watch.join()  # at once; close() joins this thread, and then there is none left
        with self._lock:
            if self._epoch != epoch:
                link.kill()
                raise _Obsolete
            if link.ended:
                raise ConnectError(f"{config.server_url} closed the connection right after opening it: try again later")
            self._info = info
            self._opened = time.monotonic()
            self._state = State.CONNECTED
            self._failure = None
            self._changed.notify_all()
        _log.info("%s: connected, session %s", self._name, info.session_id)
        return info

    # ── what the link reports ──

    def _tell(self, what: str, *args: Any) -> None:
        listener = self._listener()
        if listener is not None:
            getattr(listener, what)(*args)

    def _garbage(self, error: ProtocolError) -> None:
        self._tell("garbage", error)

    def ends(self, reason: str, error: EstuaryError) -> None:
        """The server announced the end (``session_timeout``, ``auth_error``…): it is not to be opened again."""
        with self._lock:
            self._ending = (reason, error)

    def _link_ended(self, link: Link, reason: str, detail: str) -> None:
        with self._lock:
            if link is not self._link:
                return
            if self._state is not State.CONNECTED:
                return  # the attempt under way sees it for itself
            self._past, self._link, self._info = link, None, None
            ending, self._ending = self._ending, None
            if ending is None and reason == "server":
                ending = ("server", ConnectionLost("the server ended the session"))
            if ending is not None:
                self._failure = ending[1]
                self._state = State.DISCONNECTED
            else:
                self._failure = None
                self._state = State.RECONNECTING
                if time.monotonic() - self._opened >= STEADY:
                    self._attempts = 0
            self._changed.notify_all()
            epoch = self._epoch
        if ending is not None:
            error = ending[1]
            lost = error if isinstance(error, ConnectionLost) else ConnectionLost(str(error))
            self._tell("connection_lost", lost)
            self._tell("disconnected", ending[0], error)
            return
        _log.warning("%s: connection lost: %s", self._name, mask_secrets(detail))
        self._tell("connection_lost", ConnectionLost(f"the connection was lost: {detail}"))
        with self._lock:
            if self._epoch != epoch or self._state is not State.RECONNECTING:
                return
            self._start_thread(reconnecting=True)
            if self._state is State.RECONNECTING:
                return
            failure = self._failure
            self._changed.notify_all()
        self._tell("disconnected", "lost", failure)

    def _give_up(self, epoch: int, reason: str, error: Optional[Exception]) -> None:
        with self._lock:
            if self._epoch != epoch:
                return
            was_reconnecting = self._state is State.RECONNECTING
            if was_reconnecting and reason == "lost":
                why = f": {error}" if error else ""
                error = ConnectionLost(
                    f"the connection to {self._config.server_url} was lost and could not be opened again{why}"
                )
            failure = self._failure = error
            link, self._link, self._info = self._link, None, None
            self._state = State.DISCONNECTED
            self._changed.notify_all()
        if link is not None:
            link.kill()
        if was_reconnecting:
            self._tell("disconnected", reason, failure)
        else:
            self._tell("not_opened")

    # ── using and closing ──

    def send(self, packet: str) -> None:
        """Hand a packet to the live link. Never blocks; raises ``NotConnected``."""
        with self._lock:
            link = self._link
            if self._state is not State.CONNECTED or link is None:
                raise NotConnected(f"the session is {self._state}; nothing was sent")
        link.send(packet)

    @property
    def queued(self) -> int:
        """Characters that wait to be written to the live link; 0 where there is none."""
        link = self._link
        return 0 if link is None else link.queued

    def hold_little(self) -> None:
        """Audio is going to be sent: see ``Link.hold_little``."""
        link = self._link
        if link is not None:
            link.hold_little()

    def close(self, deadline: Deadline) -> bool:
        """End it by the deadline, whatever the peer does. Closing twice is fine.

        Returns whether there was something to end: true for one of several threads that close at once.
        """
        with self._lock:
            was = self._state
            self._epoch += 1
            link, self._link, self._info = self._link, None, None
            past, self._past = self._past, None
            thread, self._thread = self._thread, None
            self._state = State.CLOSED
            self._failure = None
            self._changed.notify_all()
        if link is not None:
            if was is State.CONNECTED:
                link.close(deadline)
            else:
                link.kill()
        if thread is not None and thread is not threading.current_thread():
            thread.join(deadline.remaining(at_most=1.0))
            if link is not None:
                link.close(deadline)  # it may have started its threads meanwhile
        if past is not None:
            past.close(deadline)
        return was not in (State.CLOSED, State.DISCONNECTED)

    def abandon(self) -> None:
        """End it now without waiting for anything: for a session that is being collected."""
        with self._lock:
            self._abandon_locked(State.CLOSED)


class _Obsolete(Exception):
    """Somebody closed or gave up while this attempt was under way."""


class _Attempt:
    """One handshake: waits for ``session_info`` or the reason why there is none, then lets events through."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._url = connection._config.server_url
        self._decided = threading.Event()
        self._info: Optional[SessionInfo] = None
        self.refusal: Optional[ConnectError] = None

    def event(self, name: str, payload: Any) -> None:
        """On the read thread, for every event of the link."""
        connection = self._connection
        try:
            event = decode(name, payload)
        except ProtocolError as error:
            connection._tell("garbage", error)
            return
        if event.__class__ is BotResponse:
            # by far the most frequent
            listener = connection._listener()
            if listener is not None:
                listener.received(event)
            return
        if isinstance(event, SessionInfo):
            self._info = event
            self._decided.set()
        elif isinstance(event, (AuthError, SessionRejectedEvent)):
            self._refuse(event)
        connection._tell("received", event)

    def ended(self, link: Link, reason: str, detail: str) -> None:
        """On the read thread, once, when the link is over."""
        self._decided.set()
        self._connection._link_ended(link, reason, detail)

    def _refuse(self, event: Any) -> None:
        if isinstance(event, AuthError):
            self.refusal = AuthenticationError(
                f"{self._url} refused the session: {mask_secrets(event.error)}; check the api key and the character id"
            )
            reason = "authentication"
        else:
            cap = f" (at most {event.cap})" if event.cap is not None else ""
            self.refusal = SessionRejected(
                f"{self._url} rejected the session: {event.reason or 'no reason given'}{cap}; "
                "close another session of this key first",
                reason=event.reason,
                cap=event.cap,
            )
            reason = "rejected"
        self._connection.ends(reason, self.refusal)
        self._decided.set()

    def wait(self, deadline: Deadline) -> SessionInfo:
        if not self._decided.wait(deadline.remaining()):
            raise ConnectTimeout(
                f"{self._url} accepted the connection but sent no session_info within {deadline.timeout:g} s: "
                "is it an Estuary server?"
            )
        if self.refusal is not None:
            raise self.refusal
        if self._info is None:
            raise ConnectError(
                f"{self._url} closed the connection without saying why: check the api key and the character id"
            )
        return self._info


def _refusal(url: str, error: Refused) -> ConnectError:
    """CONNECT was refused outright: a server that says so because of the credentials is believed."""
    told = error.told.lower()
    if any(word in told for word in ("auth", "api key", "api_key", "credential", "token", "unauthor")):
        return AuthenticationError(f"{url} refused the session: {error.told}; check the api key and the character id")
    return ConnectError(str(error))
