"""The Socket.IO namespace ``/sdk``: who may come in, and what each event of a client means."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Optional

import socketio
from attrs import define, evolve, field

from .access import Access, Refused, Visitor
from .engines.base import ChatEngine
from .guests import REVOKED, Guests
from .memory.schemas import memory_updated
from .memory.service import MemoryService, Pair
from .memory.store import Outcome
from .protocol import Connections
from .settings import GatewayOptions
from .storage.database import Database
from .storage.tables import new_id
from .storage.turnlog import NoSuchCharacter, TurnLog
from .text import clean
from .turns import Turns
from .voice.session import Voice, VoiceService
from .wire import NAMESPACE, Wire

__all__ = ["SdkNamespace"]

log = logging.getLogger("estuary.gateway")

#: rooms, vision and talks of characters are not there yet: the event that says so, and its field for the reason
_NOT_AVAILABLE = {
    "livekit_token": ("livekit_error", "error"),
    "livekit_join": ("livekit_error", "error"),
    "camera_image": ("error", "message"),
    "start_agent_conversation": ("error", "message"),
}
#: events that need no answer: they end or report what never began
_NOTHING_TO_DO = {
    "livekit_leave",
    "livekit_mute",
    "stop_agent_conversation",
}
#: turns of one session that may wait to be stored before its next event is read
_BACKLOG = 16
#: seconds that a client which was told to go has to close its socket itself
_LINGER = 2.0


class _Malformed(Exception):
    """An event's payload can't be used. The message says why."""


@define(eq=False)
class _Client:
    """One open session."""

    sid: str
    eio_sid: str
    session_id: str
    key_id: str
    wire: Wire
    turns: Turns
    voice: Voice
    cut: Callable[[], None]
    #: character and player
    pair: Pair
    conversation_id: str
    #: it wants to be told what is remembered
    realtime_memory: bool = False
    preferences: dict[str, Any] = field(factory=dict)
    last_activity: float = 0.0
    idle_timer: Optional[asyncio.TimerHandle] = None


class SdkNamespace(socketio.AsyncNamespace):  # type: ignore[misc]  # python-socketio has no types
    """Holds the sessions. Events of one client are handled in order, by the task that reads its socket."""

    def __init__(
        self,
        *,
        database: Database,
        turn_log: TurnLog,
        memory: MemoryService,
        access: Access,
        engine: ChatEngine,
        options: GatewayOptions,
        connections: Connections,
        voice: VoiceService,
    ) -> None:
        super().__init__(NAMESPACE)
        self._db = database
        self._turn_log = turn_log
        self._memory = memory
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        memory.listen(self._remembered)
        self._access = access
        self._engine = engine
        self._options = options
        self._connections = connections
        self._voice = voice
        self._clients: dict[str, _Client] = {}
        #: those who came by a share link
        self.guests = Guests(database)
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def sessions(self) -> int:
        """How many sessions are open."""
        return len(self._clients)

    async def close(self, timeout: float) -> None:
        """End every turn and wait until it is stored."""
        self.guests.close()
        clients = list(self._clients.values())
        self._clients.clear()
        await asyncio.gather(*(self._leave(client, timeout) for client in clients))

    # --- coming and going

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Called by python-socketio for everything that comes in."""
        if event == "connect":
            # older versions leave out an auth that is empty
            return await self._connect(args[0], args[1], args[2] if len(args) > 2 else None)
        if event == "disconnect":
            return await self._disconnect(args[0])
        return await self._receive(args[0], event, args[1:])

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: Any) -> Optional[bool]:
        eio_sid = self.server.manager.eio_sid_from_sid(sid, NAMESPACE)
        cut = self._connections.cutter(environ["asgi.scope"])
        wire = Wire(self.server.eio.sockets[eio_sid], stall_timeout=self._options.stall_timeout, abort=cut)
        try:
            client = await self._admit(sid, eio_sid, wire, cut, auth)
        except Refused as refusal:
            log.info("a session was refused: %s", refusal)
            # The published way: the client is let in, told why it can't stay, and sent away. An answer to CONNECT
            # itself (CONNECT_ERROR) would reach the error handlers of some clients only as "connection refused".
            wire.send(refusal.event, refusal.payload)
            self._linger(eio_sid, cut)
            return False
        self._watch(client)
        return None

    async def _admit(self, sid: str, eio_sid: str, wire: Wire, cut: Callable[[], None], auth: Any) -> _Client:
        try:
            visitor = await self._access.admit(auth)
            conversation_id = await self._db.run(self._turn_log.open, visitor.character_id, visitor.player_id)
        except NoSuchCharacter:
            raise Refused("auth_error", {"error": "character not found"}) from None
        except Refused:
            raise
        except Exception:
            log.exception("a session could not be opened")
            raise Refused("auth_error", {"error": "the gateway could not open the session"}) from None
        # from here to the end without waiting, so that nobody comes or goes in between
        if self.guests.refused(visitor.token):
            raise Refused("auth_error", {"error": REVOKED})
        cap = self._options.max_sessions
        if cap is not None and self._open_sessions(visitor.key_id) >= cap:
            raise Refused("session_rejected", {"reason": "concurrent_limit", "cap": cap, "share_token_id": None})
        if not self.server.manager.is_connected(sid, NAMESPACE):
            raise Refused("auth_error", {"error": "the client has left"})
        voice = Voice(
            self._voice,
            wire=wire,
            character_id=visitor.character_id,
            rate=visitor.audio_sample_rate,
            microphone=visitor.microphone,
            heard=lambda text: turns.text(clean(text), aloud=True),
            barge_in=lambda: turns.barge_in(),
            busy=lambda: turns.busy or turns.sounding,
        )
        turns = Turns(
            wire=wire,
            database=self._db,
            turn_log=self._turn_log,
            memory=self._memory,
            engine=self._engine,
            options=_limited(self._options, visitor),
            character_id=visitor.character_id,
            player_id=visitor.player_id,
            key_id=visitor.key_id,
            typed_actions=visitor.client_action,
            mouth=voice.mouth if visitor.speaker else None,
        )
        client = _Client(
            sid,
            eio_sid,
            new_id(),
            visitor.key_id,
            wire,
            turns,
            voice,
            cut,
            (visitor.character_id, visitor.player_id),
            conversation_id,
            visitor.realtime_memory,
        )
        self._clients[sid] = client
        self._loop = asyncio.get_running_loop()
        self._memory.prepare(conversation_id)
        self.guests.enter(sid, visitor.token, lambda reason: self._dismiss(client, "auth_error", {"error": reason}))
        payload = {
            "session_id": client.session_id,
            "conversation_id": conversation_id,
            "character_id": visitor.character_id,
            "player_id": visitor.player_id,
        }
        wire.send("session_info", payload)
        return client

    async def _disconnect(self, sid: str) -> None:
        client = self._clients.pop(sid, None)
        self.guests.leave(sid)
        if client is not None:
            self._linger(client.eio_sid, client.cut)
            # not awaited here: the transport's clean-up need not wait for the database
            self._spawn(self._leave(client, 30.0))

    async def _leave(self, client: _Client, timeout: float) -> None:
        if client.idle_timer is not None:
            client.idle_timer.cancel()
        client.wire.close()
        client.voice.close()
        await client.turns.close(timeout)
        if not any(other.pair == client.pair for other in self._clients.values()):
            self._memory.conversation_over(client.pair, client.conversation_id)

    def _remembered(self, outcome: Outcome) -> None:
        """Memories have changed: tell the sessions of the pair that want to know. On a thread of the memory."""
        loop = self._loop
        if loop is None or not (outcome.new or outcome.facts or outcome.superseded):
            return
        pair = (outcome.character_id, outcome.player_id)

        def tell() -> None:
            clients = [client for client in self._clients.values() if client.realtime_memory and client.pair == pair]
            if clients:
                payload = memory_updated(outcome)
                for client in clients:
                    client.wire.send("memory_updated", payload)

        try:
            loop.call_soon_threadsafe(tell)
        except RuntimeError:  # the gateway has ended meanwhile
            log.debug("nobody is left to be told of new memories")

    def _open_sessions(self, key_id: str) -> int:
        return sum(client.key_id == key_id for client in self._clients.values())

    def _linger(self, eio_sid: str, cut: Callable[[], None]) -> None:
        """The client has left or was sent away: close its connection too if it does not, and cut it if it can't."""
        loop = asyncio.get_running_loop()

        def close() -> None:
            if any(client.eio_sid == eio_sid for client in self._clients.values()):
                return  # it came back on the same connection
            loop.call_later(_LINGER, cut)
            if eio_sid in self.server.eio.sockets:
                self._spawn(self.server.eio.disconnect(eio_sid))

        loop.call_later(_LINGER, close)

    def _dismiss(self, client: _Client, event: str, payload: Mapping[str, Any]) -> None:
        """Send a client away with this event."""
        client.wire.send(event, payload)
        self._spawn(self.server.disconnect(client.sid, namespace=NAMESPACE))

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- idle sessions

    def _watch(self, client: _Client) -> None:
        timeout = self._options.session_timeout
        if timeout is None:
            return
        loop = asyncio.get_running_loop()
        client.last_activity = loop.time()

        def look() -> None:
            if client.sid not in self._clients:
                return
            if client.turns.busy:
                client.last_activity = loop.time()
            idle = loop.time() - client.last_activity
            if idle < timeout:
                client.idle_timer = loop.call_later(timeout - idle, look)
                return
            log.info("session %s ends after %.1f s without activity", client.session_id, idle)
            payload = {"reason": "inactivity", "idle_seconds": round(idle, 3), "timeout_seconds": timeout}
            self._dismiss(client, "session_timeout", payload)

        client.idle_timer = loop.call_later(timeout, look)

    # --- events

    async def _receive(self, sid: str, event: str, args: tuple[Any, ...]) -> Any:
        client = self._clients.get(sid)
        if client is None:
            return None
        client.last_activity = asyncio.get_running_loop().time()
        answer = None
        try:
            answer = self._handle(client, event, args[0] if args else None)
        except _Malformed as problem:
            client.wire.send("error", {"message": f"{event}: {problem}"})
        except Exception:
            log.exception("the event %r of a client could not be handled", event)
            client.wire.send("error", {"message": f"{event}: the gateway failed to handle it"})
        # Not reading on is what holds back a client that sends faster than it reads or than we can store.
        if client.wire.congested and event != "client_interrupt":
            await client.wire.room()
        if client.voice.congested:
            await client.voice.room()
        while client.turns.backlog >= _BACKLOG:
            await client.turns.settle()
        return answer

    def _handle(self, client: _Client, event: str, payload: Any) -> Any:
        if event == "text":
            fields = _object(payload)
            text = self._text(fields)
            client.turns.text(text, aloud=not _flag(fields, "textOnly"))
        elif event == "say_line":
            fields = _object(payload)
            text = self._text(fields)
            client.turns.say_line(text, aloud=not _flag(fields, "text_only"))
        elif event == "client_interrupt":
            client.turns.interrupt(_string(_object(payload, optional=True), "message_id"))
        elif event == "stream_audio":
            client.voice.audio(payload)
        elif event == "start_voice":
            mode = _string(_object(payload, optional=True), "turn_mode")
            client.voice.start(press=mode == "push_to_talk")
        elif event == "stop_voice":
            client.voice.stop()
        elif event == "audio_playback_complete":
            client.voice.played(_string(_object(payload, optional=True), "message_id"))
        elif event == "update_preferences":
            fields = _object(payload)
            _flag(fields, "enableVisionAcknowledgment")
            client.preferences.update(fields)
        elif event == "renew_authentication":
            return {"ok": False, "error": "this gateway takes API keys, not client tokens"}
        elif event in _NOT_AVAILABLE:
            name, key = _NOT_AVAILABLE[event]
            client.wire.send(name, {key: f"{event} is not available in this version of the gateway"})
        elif event not in _NOTHING_TO_DO:
            log.debug("the unknown event %r of a client is ignored", event)
        return None

    def _text(self, fields: Mapping[str, Any]) -> str:
        if "text" not in fields:
            raise _Malformed("text is missing")
        text = fields["text"]
        if not isinstance(text, str):
            raise _Malformed(f"text must be a string, not {_kind(text)}")
        if len(text) > self._options.max_text:
            raise _Malformed(
                f"the text has {len(text):,} characters; {self._options.max_text:,} are allowed in one message"
            )
        if not text.strip():
            raise _Malformed("text is empty")
        return clean(text)


def _limited(options: GatewayOptions, visitor: Visitor) -> GatewayOptions:
    """The options for a session: a share link may allow fewer messages than the gateway does."""
    if visitor.token is None or visitor.token.quota is None:
        return options
    quota = visitor.token.quota
    return evolve(options, quota=quota if options.quota is None else min(quota, options.quota))


def _object(payload: Any, *, optional: bool = False) -> Mapping[str, Any]:
    if payload is None and optional:
        return {}
    if not isinstance(payload, dict):
        raise _Malformed(f"the payload must be an object, not {_kind(payload)}")
    return payload


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name)
    if value is not None and not isinstance(value, bool):
        raise _Malformed(f"{name} must be true or false, not {_kind(value)}")
    return value is True


def _string(fields: Mapping[str, Any], name: str) -> Optional[str]:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise _Malformed(f"{name} must be a string, not {_kind(value)}")
    return value or None


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    kind = kinds.get(type(value))
    return kind or ("a number" if isinstance(value, (int, float)) else f"{type(value).__name__} data")
