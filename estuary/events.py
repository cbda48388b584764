"""Every event on the wire, both ways, as frozen attrs classes, and the codec between them and JSON.

Names and fields are those of the wire protocol. ``decode`` never fails for an event that it doesn't know: that one
becomes a ``RawEvent``. Each received event keeps its whole payload in ``.raw``.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from typing import Any, ClassVar, Dict, Mapping, Optional, Tuple, Type, Union

from attrs import field, frozen

from .codec import RENAME, structure
from .errors import ProtocolError
from .models import Memory

__all__ = [
    "AgentConversationComplete",
    "AgentTurnComplete",
    "AgentTurnText",
    "AgentTurnVoice",
    "AudioPlaybackComplete",
    "AuthError",
    "BotResponse",
    "BotVoice",
    "CameraCapture",
    "Capabilities",
    "ClientAction",
    "ClientInterrupt",
    "Connected",
    "Disconnected",
    "ErrorEvent",
    "Event",
    "Interrupt",
    "Interrupted",
    "LiveKitError",
    "LiveKitReady",
    "LiveKitToken",
    "MemoryUpdated",
    "MotiveUpdated",
    "PlaybackFinished",
    "PlaybackStarted",
    "QuotaExceededEvent",
    "RawEvent",
    "Reconnected",
    "Reconnecting",
    "SayLine",
    "SessionInfo",
    "SessionRejectedEvent",
    "SessionTimeout",
    "StartVoice",
    "StopVoice",
    "StreamAudio",
    "SttResponse",
    "Text",
    "Transcript",
    "UpdatePreferences",
    "VoiceErrorEvent",
    "VoiceStarted",
    "VoiceStopped",
    "VoiceTimeout",
    "decode",
]


def _raw() -> Any:
    return field(factory=dict, repr=False, eq=False)


@frozen
class Event:
    """What all events share: ``event`` is the name that ``Session.on`` knows it by."""

    event: ClassVar[str] = ""


# ── from the server ──


@frozen
class SessionInfo(Event):
    """The session is open. ``conversation_id`` is the one conversation of this character and player, for ever."""

    event: ClassVar[str] = "session_info"
    session_id: str = ""
    conversation_id: str = ""
    character_id: str = ""
    player_id: str = ""
    livekit_token: Optional[str] = field(default=None, repr=False, metadata={RENAME: "livekitToken"})
    livekit_url: Optional[str] = field(default=None, metadata={RENAME: "livekitUrl"})
    livekit_room: Optional[str] = field(default=None, metadata={RENAME: "livekitRoom"})
    # the payload may hold a LiveKit token, so it is not shown
    raw: Mapping[str, Any] = _raw()


@frozen
class AuthError(Event):
    """The server refused the credentials; it disconnects right after."""

    event: ClassVar[str] = "auth_error"
    error: str = "authentication failed"
    raw: Mapping[str, Any] = _raw()


@frozen
class SessionRejectedEvent(Event):
    """The server refused the session, for example because too many are open; it disconnects right after."""

    event: ClassVar[str] = "session_rejected"
    reason: str = ""
    cap: Optional[int] = None
    share_token_id: Optional[str] = None
    raw: Mapping[str, Any] = _raw()


@frozen
class BotResponse(Event):
    """One message of the wire's text stream, in either of its dialects (see ``turn.Message``).

    Most users want ``Response`` (the ``"response"`` event) instead, which is the same in both dialects.
    """

    event: ClassVar[str] = "bot_response"
    text: str = ""
    partial: Union[str, bool, None] = None
    is_final: bool = False
    message_id: Optional[str] = None
    chunk_index: int = 0
    is_interjection: bool = False
    token_stream: Optional[bool] = None
    raw: Mapping[str, Any] = _raw()


@frozen
class BotVoice(Event):
    """One piece of speech: base64 PCM16 little-endian mono at the session's sample rate."""

    event: ClassVar[str] = "bot_voice"
    audio: Optional[str] = field(default=None, repr=False)
    message_id: Optional[str] = None
    chunk_index: int = 0
    is_final: bool = False
    is_livekit: bool = False
    raw: Mapping[str, Any] = _raw()

    def pcm(self) -> bytes:
        """The audio, decoded; empty where there is none. Raises ``ProtocolError`` for what is no PCM16 in base64."""
        if not self.audio:
            return b""
        try:
            pcm = b64decode(self.audio, validate=True)
        except ValueError as error:
            raise ProtocolError(f"bot_voice.audio is no base64: {error}", event="bot_voice", field="audio") from None
        if len(pcm) % 2:
            raise ProtocolError("bot_voice.audio has half a sample", event="bot_voice", field="audio")
        return pcm


@frozen
class SttResponse(Event):
    """What the server heard so far (``is_final`` false) or for good."""

    event: ClassVar[str] = "stt_response"
    text: str = ""
    is_final: bool = False
    raw: Mapping[str, Any] = _raw()


@frozen
class Interrupt(Event):
    """The message ends here. ``interrupted_at`` is as the server sent it, a time or a position."""

    event: ClassVar[str] = "interrupt"
    message_id: Optional[str] = None
    reason: Optional[str] = None
    interrupted_at: Any = None
    raw: Mapping[str, Any] = _raw()


@frozen
class ClientAction(Event):
    """A typed action. Most users want ``Session.on_action`` instead, which also knows the XML form."""

    event: ClassVar[str] = "client_action"
    name: str = ""
    arguments: Dict[str, Any] = field(factory=dict)
    message_id: Optional[str] = None
    chunk_index: int = 0
    timestamp: Any = None
    raw: Mapping[str, Any] = _raw()


@frozen
class CameraCapture(Event):
    """The character wants to see: answer with an image and the same ``request_id``."""

    event: ClassVar[str] = "camera_capture"
    request_id: Optional[str] = None
    text: Optional[str] = None
    raw: Mapping[str, Any] = _raw()


@frozen
class MemoryUpdated(Event):
    """Something new is remembered (pushed when the session was opened with ``realtime_memory``)."""

    event: ClassVar[str] = "memory_updated"
    agent_id: Optional[str] = None
    player_id: Optional[str] = None
    memories_extracted: int = 0
    facts_extracted: int = 0
    conversation_id: Optional[str] = None
    new_memories: Tuple[Memory, ...] = ()
    timestamp: Any = None
    raw: Mapping[str, Any] = _raw()


@frozen
class MotiveUpdated(Event):
    """What drives the character has changed."""

    event: ClassVar[str] = "motive_updated"
    agent_id: Optional[str] = None
    player_id: Optional[str] = None
    motive: Any = None
    conversation_id: Optional[str] = None
    timestamp: Any = None
    raw: Mapping[str, Any] = _raw()


@frozen
class QuotaExceededEvent(Event):
    """The account's limit is reached; the pending turn ends."""

    event: ClassVar[str] = "quota_exceeded"
    message: str = ""
    current: Optional[float] = None
    limit: Optional[float] = None
    remaining: Optional[float] = None
    tier: Optional[str] = None
    raw: Mapping[str, Any] = _raw()


@frozen
class ErrorEvent(Event):
    """The server could not do something. Handlers of ``"error"`` get it as a ``ServerError``."""

    event: ClassVar[str] = "error"
    message: str = ""
    raw: Mapping[str, Any] = _raw()


@frozen
class VoiceStarted(Event):
    event: ClassVar[str] = "voice_started"
    raw: Mapping[str, Any] = _raw()


@frozen
class VoiceStopped(Event):
    event: ClassVar[str] = "voice_stopped"
    raw: Mapping[str, Any] = _raw()


@frozen
class VoiceErrorEvent(Event):
    """The server can't hear or speak; text goes on."""

    event: ClassVar[str] = "voice_error"
    error: str = ""
    raw: Mapping[str, Any] = _raw()


@frozen
class VoiceTimeout(Event):
    """Voice was released after a silence; the socket stays and text goes on. Times are seconds."""

    event: ClassVar[str] = "voice_timeout"
    reason: Optional[str] = None
    idle_seconds: Optional[float] = None
    timeout_seconds: Optional[float] = None
    raw: Mapping[str, Any] = _raw()


@frozen
class SessionTimeout(Event):
    """The server ends an idle session and disconnects; it is not opened again by itself. Times are seconds."""

    event: ClassVar[str] = "session_timeout"
    reason: Optional[str] = None
    idle_seconds: Optional[float] = None
    timeout_seconds: Optional[float] = None
    raw: Mapping[str, Any] = _raw()


@frozen
class LiveKitToken(Event):
    event: ClassVar[str] = "livekit_token"
    token: str = field(default="", repr=False)
    url: str = ""
    room: str = ""
    raw: Mapping[str, Any] = _raw()


@frozen
class LiveKitReady(Event):
    event: ClassVar[str] = "livekit_ready"
    room: Optional[str] = None
    raw: Mapping[str, Any] = _raw()


@frozen
class LiveKitError(Event):
    event: ClassVar[str] = "livekit_error"
    error: str = ""
    raw: Mapping[str, Any] = _raw()


@frozen
class AgentTurnText(Event):
    """Agent to agent: one piece of what an agent says."""

    event: ClassVar[str] = "agent_turn_text"
    agent_id: Optional[str] = None
    text: str = ""
    chunk_index: int = 0
    turn_number: int = 0
    is_final: bool = False
    raw: Mapping[str, Any] = _raw()


@frozen
class AgentTurnVoice(Event):
    """Agent to agent: one piece of speech, base64 PCM16."""

    event: ClassVar[str] = "agent_turn_voice"
    agent_id: Optional[str] = None
    audio: Optional[str] = field(default=None, repr=False)
    chunk_index: int = 0
    turn_number: int = 0
    is_final: bool = False
    raw: Mapping[str, Any] = _raw()


@frozen
class AgentTurnComplete(Event):
    """Agent to agent: one turn is over."""

    event: ClassVar[str] = "agent_turn_complete"
    agent_id: Optional[str] = None
    text: str = ""
    turn_number: int = 0
    raw: Mapping[str, Any] = _raw()


@frozen
class AgentConversationComplete(Event):
    """Agent to agent: the conversation is over."""

    event: ClassVar[str] = "agent_conversation_complete"
    winner_agent_id: Optional[str] = None
    reason: Optional[str] = None
    total_turns: int = 0
    raw: Mapping[str, Any] = _raw()


@frozen
class RawEvent:
    """An event that this version has no class for, as it came. ``event`` is its name, ``raw`` its payload."""

    event: str
    raw: Any = None


# ── of the session itself ──


@frozen
class Connected(Event):
    """The session is open (also after ``close()`` and a second ``connect()``)."""

    event: ClassVar[str] = "connected"
    info: SessionInfo


@frozen
class Reconnecting(Event):
    """The connection broke; attempt ``attempt`` (from 1) starts in ``delay`` seconds."""

    event: ClassVar[str] = "reconnecting"
    attempt: int
    delay: float


@frozen
class Reconnected(Event):
    """The connection is back. The turn that was under way when it broke has failed; nothing was sent again."""

    event: ClassVar[str] = "reconnected"
    info: SessionInfo
    attempts: int


@frozen
class Disconnected(Event):
    """The session is over until ``connect()`` or the next call that needs it.

    ``reason`` is one of ``closed`` (by ``close()``), ``server`` (the server disconnected), ``session_timeout``,
    ``authentication``, ``rejected``, ``lost`` (and could not be opened again).
    """

    event: ClassVar[str] = "disconnected"
    reason: str
    error: Optional[Exception] = None


# ── of the session's voice ──


@frozen
class Transcript(Event):
    """What the server has understood of the user's speech, so far or for good. ``transcript``."""

    event: ClassVar[str] = "transcript"
    text: str
    is_final: bool


@frozen
class PlaybackStarted(Event):
    """The first sample of a message is being heard. ``playback_started``."""

    event: ClassVar[str] = "playback_started"
    message_id: Optional[str]


@frozen
class PlaybackFinished(Event):
    """The last sample of a message has been heard; not told of one that was interrupted. ``playback_finished``."""

    event: ClassVar[str] = "playback_finished"
    message_id: Optional[str]


@frozen
class Interrupted(Event):
    """What the character was saying aloud has been cut off and is silent. ``interrupted``.

    ``reason``: ``barge_in`` (the user spoke), ``interrupt`` (``Session.interrupt``), or what the server said.
    """

    event: ClassVar[str] = "interrupted"
    message_id: Optional[str]
    reason: str


# ── to the server ──


@frozen
class Capabilities:
    """What this client can do, declared when it connects.

    The server takes a missing device for a present one, so all four are always sent. ``microphone`` and ``speaker``
    say that voice *may* be used: nothing is opened before ``Session.voice``. ``client_action`` asks for typed actions;
    without it they come as XML tags in the text (the SDK reads both).
    """

    camera: bool = False
    microphone: bool = True
    speaker: bool = True
    client_action: bool = True

    def to_wire(self) -> Dict[str, Any]:
        return {
            "version": "1",
            "camera": self.camera,
            "microphone": self.microphone,
            "speaker": self.speaker,
            "client_action": self.client_action,
        }


@frozen
class Text(Event):
    event: ClassVar[str] = "text"
    text: str
    text_only: bool = True

    def to_wire(self) -> Dict[str, Any]:
        return {"text": self.text, "textOnly": self.text_only}


@frozen
class SayLine(Event):
    event: ClassVar[str] = "say_line"
    text: str
    text_only: bool = True

    def to_wire(self) -> Dict[str, Any]:
        return {"text": self.text, "text_only": self.text_only}


@frozen
class ClientInterrupt(Event):
    event: ClassVar[str] = "client_interrupt"
    message_id: Optional[str] = None

    def to_wire(self) -> Dict[str, Any]:
        return {"message_id": self.message_id} if self.message_id else {}


@frozen
class StartVoice(Event):
    event: ClassVar[str] = "start_voice"
    push_to_talk: bool = False

    def to_wire(self) -> Dict[str, Any]:
        return {"turn_mode": "push_to_talk"} if self.push_to_talk else {}


@frozen
class StopVoice(Event):
    event: ClassVar[str] = "stop_voice"

    def to_wire(self) -> Dict[str, Any]:
        return {}


@frozen
class StreamAudio(Event):
    """PCM16 little-endian mono at the session's sample rate."""

    event: ClassVar[str] = "stream_audio"
    pcm: bytes = field(repr=False)

    def to_wire(self) -> Dict[str, Any]:
        return {"audio": b64encode(self.pcm).decode()}


@frozen
class AudioPlaybackComplete(Event):
    event: ClassVar[str] = "audio_playback_complete"
    message_id: Optional[str] = None

    def to_wire(self) -> Dict[str, Any]:
        return {"message_id": self.message_id} if self.message_id else {}


@frozen
class UpdatePreferences(Event):
    event: ClassVar[str] = "update_preferences"
    enable_vision_acknowledgment: Optional[bool] = None

    def to_wire(self) -> Dict[str, Any]:
        if self.enable_vision_acknowledgment is None:
            return {}
        return {"enableVisionAcknowledgment": self.enable_vision_acknowledgment}


# ── the codec ──

_RECEIVED: Dict[str, Type[Event]] = {
    cls.event: cls
    for cls in (
        SessionInfo, AuthError, SessionRejectedEvent, BotResponse, BotVoice, SttResponse, Interrupt, ClientAction,
        CameraCapture, MemoryUpdated, MotiveUpdated, QuotaExceededEvent, ErrorEvent, VoiceStarted, VoiceStopped,
        VoiceErrorEvent, VoiceTimeout, SessionTimeout, LiveKitToken, LiveKitReady, LiveKitError, AgentTurnText,
        AgentTurnVoice, AgentTurnComplete, AgentConversationComplete,
    )
}  # fmt: skip

#: half of a character beyond the Basic Multilingual Plane: left over when a text was cut in the wrong place
_HALF = re.compile("[\ud800-\udfff]")

_ONE_TEXT = {"auth_error": "error", "error": "message", "voice_error": "error", "livekit_error": "error"}


def _plain_bot_response(data: Dict[str, Any]) -> Optional[BotResponse]:
    """What ``structure`` would build, at half the cost; ``None`` where anything needs a closer look."""
    get = data.get
    text, partial, is_final = get("text", ""), get("partial"), get("is_final", False)
    message_id, index = get("message_id"), get("chunk_index", 0)
    is_interjection, token_stream = get("is_interjection", False), get("token_stream")
    if (
        text.__class__ is str
        and (partial.__class__ is str or partial.__class__ is bool or partial is None)
        and is_final.__class__ is bool
        and (message_id.__class__ is str or message_id is None)
        and index.__class__ is int
        and is_interjection.__class__ is bool
        and (token_stream is None or token_stream.__class__ is bool)
    ):
        return BotResponse(text, partial, is_final, message_id, index, is_interjection, token_stream, data)
    return None


def decode(name: str, payload: Any) -> Union[Event, RawEvent]:
    """The event ``name`` with its JSON ``payload``, as its class; a ``RawEvent`` where there is none.

    Raises ``ProtocolError`` that names event and field where the payload does not fit.
    """
    if name == "bot_response" and payload.__class__ is dict:
        chunk = _plain_bot_response(payload)
        if chunk is not None:
            return chunk
    cls = _RECEIVED.get(name)
    if cls is None:
        return RawEvent(name, payload)
    if payload is None:
        payload = {}
    elif isinstance(payload, str) and name in _ONE_TEXT:
        # errors are also seen as a bare string
        payload = {_ONE_TEXT[name]: payload}
    return structure(cls, payload, name)


def encode(event: Any) -> str:
    """The Socket.IO EVENT packet of ``event`` for the ``/sdk`` namespace, as text."""
    message = [event.event, event.to_wire()]
    packet = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    if _HALF.search(packet):
        # UTF-8 has no bytes for half a character, but JSON has an escape
        packet = json.dumps(message, separators=(",", ":"))
    return f"2/sdk,{packet}"
