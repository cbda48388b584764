"""The bodies of REST: what each field may hold, and what it is when nobody says.

Character bodies are snake_case; those of players and messages are camelCase. The limits are this gateway's own.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Optional

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from .engines.base import ActionSpec, ParameterSpec, Persona
from .voice.base import VoiceSettings

__all__ = [
    "CharacterBody",
    "CharacterList",
    "CharacterOut",
    "ConversationList",
    "ConversationOut",
    "Health",
    "MessageList",
    "MessageOut",
    "Pagination",
    "PlayerStats",
    "Problem",
    "action_specs",
    "merge",
    "persona_of",
    "voice_settings",
]

_Word = Annotated[str, Field(max_length=100)]


class _Section(BaseModel):
    """A part of a character. Unknown fields are tolerated and not kept."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())


class PersonaBody(_Section):
    """Who the character is."""

    name: Annotated[str, Field(min_length=1, max_length=100)] = "Character"
    tagline: Annotated[str, Field(max_length=500)] = ""
    personality: Annotated[str, Field(max_length=10_000)] = ""
    background: Annotated[str, Field(max_length=20_000)] = ""
    system_prompt: Annotated[str, Field(max_length=50_000)] = ""


class LlmBody(_Section):
    """The chat model. ``model`` is asked for at an endpoint; the built-in companion needs none."""

    provider: _Word = "local"
    model: Annotated[Optional[str], Field(max_length=200)] = None
    temperature: Annotated[Optional[float], Field(ge=0, le=2, allow_inf_nan=False)] = 0.7
    max_tokens: Annotated[Optional[int], Field(ge=1, le=131_072)] = 2048
    verbosity: Literal["low", "medium", "high"] = "medium"


class TtsBody(_Section):
    """The voice."""

    provider: _Word = "local"
    model: Annotated[Optional[str], Field(max_length=200)] = None
    voice: Annotated[Optional[str], Field(max_length=200)] = None
    voice_preset: Annotated[Optional[str], Field(max_length=200)] = None
    speed: Annotated[float, Field(ge=0.25, le=4, allow_inf_nan=False)] = 1.0
    delivery_mode: Annotated[Optional[str], Field(max_length=50)] = None


class SttBody(_Section):
    """The recognition of speech."""

    provider: _Word = "local"
    language: Annotated[str, Field(min_length=2, max_length=35)] = "en"


class VadBody(_Section):
    """The finding of turns in speech."""

    sensitivity: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.5
    min_speech_duration_ms: Annotated[int, Field(ge=0, le=10_000)] = 250


class VlmBody(_Section):
    """The model that looks at pictures."""

    model: Annotated[Optional[str], Field(max_length=200)] = None


class ParameterBody(_Section):
    """One parameter of an action."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.\-]{0,63}$")]
    type: Annotated[str, Field(pattern=r"^[a-z]{1,20}$", description="string, integer, number, boolean…")] = "string"
    required: bool = False
    description: Annotated[Optional[str], Field(max_length=2000)] = ""


class ActionBody(_Section):
    """Something the character can do in the client's world."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.\-]{0,63}$")]
    description: Annotated[Optional[str], Field(max_length=2000)] = ""
    parameters: Annotated[list[ParameterBody], Field(max_length=32)] = []

    @field_validator("parameters")
    @classmethod
    def _distinct(cls, value: list[ParameterBody]) -> list[ParameterBody]:
        return _distinct(value, "parameter")


class CharacterBody(_Section):
    """A character as it is created: every section and field may be left out."""

    persona: PersonaBody = PersonaBody()
    llm: LlmBody = LlmBody()
    tts: TtsBody = TtsBody()
    stt: SttBody = SttBody()
    vad: VadBody = VadBody()
    vlm: VlmBody = VlmBody()
    avatar: Annotated[Optional[str], Field(max_length=100_000, description="a URL, or a small data: URL")] = None
    text_only: bool = True
    verbose: bool = False
    actions: Annotated[list[ActionBody], Field(max_length=64)] = []
    is_public: bool = False

    @field_validator("actions")
    @classmethod
    def _distinct(cls, value: list[ActionBody]) -> list[ActionBody]:
        return _distinct(value, "action")


def _distinct(value: list[Any], noun: str) -> list[Any]:
    seen: set[str] = set()
    for item in value:
        if item.name in seen:
            raise ValueError(f"two {noun}s are named {item.name!r}")
        seen.add(item.name)
    return value


def merge(stored: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """The stored body with a change laid over it, sections deep. ``None`` takes a field out: it gets its default.

    >>> merge({"llm": {"model": "a", "temperature": 1}, "verbose": True}, {"llm": {"model": "b"}, "verbose": None})
    {'llm': {'model': 'b', 'temperature': 1}}
    """
    result = dict(stored)
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merge(result[name], value)
        else:
            result[name] = value
    return result


def persona_of(body: dict[str, Any]) -> Persona:
    """What a chat engine needs to know of a character."""
    persona = body["persona"]
    return Persona(
        name=persona["name"],
        tagline=persona["tagline"],
        personality=persona["personality"],
        background=persona["background"],
        system_prompt=persona["system_prompt"],
    )


def voice_settings(body: dict[str, Any]) -> VoiceSettings:
    """How a character is to be heard and to hear."""
    return VoiceSettings(
        voice=body["tts"]["voice"] or body["tts"]["voice_preset"],
        speed=body["tts"]["speed"],
        language=body["stt"]["language"],
        sensitivity=body["vad"]["sensitivity"],
        min_speech_seconds=body["vad"]["min_speech_duration_ms"] / 1000,
    )


def action_specs(body: dict[str, Any]) -> tuple[ActionSpec, ...]:
    """The actions declared on a character."""
    return tuple(
        ActionSpec(
            name=action["name"],
            description=action["description"] or "",
            parameters=tuple(
                ParameterSpec(
                    name=parameter["name"],
                    type=parameter["type"],
                    required=parameter["required"],
                    description=parameter["description"] or "",
                )
                for parameter in action["parameters"]
            ),
        )
        for action in body["actions"]
    )


class CharacterOut(CharacterBody):
    """A character. The fields of its sections come a second time without them, as published clients read them."""

    id: str
    name: str
    tagline: str
    personality: str
    background: str
    system_prompt: str
    llm_provider: str
    llm_model: Optional[str]
    llm_temperature: Optional[float]
    llm_max_tokens: Optional[int]
    llm_verbosity: str
    tts_provider: str
    tts_model: Optional[str]
    tts_voice: Optional[str]
    tts_voice_preset: Optional[str]
    tts_speed: float
    tts_delivery_mode: Optional[str]
    stt_provider: str
    stt_language: str
    vad_sensitivity: float
    vad_min_speech_duration_ms: int
    vlm_model: Optional[str]
    player_id: Optional[str]
    is_active: bool = True
    launch_status: str = "running"
    created_at: dt.datetime
    updated_at: dt.datetime
    # of those that were made from a picture, or have a 3D model
    appearance: Optional[str] = None
    source_image_url: Optional[str] = None
    model_status: Optional[str] = None
    model_url: Optional[str] = None
    model_preview_url: Optional[str] = None

    @classmethod
    def of(
        cls,
        id: str,
        body: dict[str, Any],
        *,
        player_id: Optional[str],
        created_at: dt.datetime,
        updated_at: dt.datetime,
        **look: Optional[str],
    ) -> CharacterOut:
        """From what is stored. ``look`` is what there may be of pictures and models."""
        flat: dict[str, Any] = dict(body["persona"])
        for section in ("llm", "tts", "stt", "vad", "vlm"):
            flat.update({f"{section}_{name}": value for name, value in body[section].items()})
        return cls(**{**flat, **body, **look}, id=id, player_id=player_id, created_at=created_at, updated_at=updated_at)


class CharacterList(BaseModel):
    """A page of characters, newest first."""

    characters: list[CharacterOut]
    total: int
    limit: int
    offset: int


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ConversationOut(_Camel):
    """The conversation of one player with the character."""

    id: str
    character_id: str
    player_id: str
    message_count: int
    created_at: dt.datetime
    last_activity: dt.datetime
    last_memory_extraction_at: Optional[dt.datetime]


class ConversationList(_Camel):
    """A page of conversations."""

    conversations: list[ConversationOut]
    total: int
    limit: int
    offset: int
    sort_by: str
    sort_order: str


class PlayerStats(_Camel):
    """All conversations of a character in four figures."""

    total_conversations: int
    total_messages: int
    first_activity: Optional[dt.datetime]
    last_activity: Optional[dt.datetime]


class MessageOut(_Camel):
    """One message. ``status`` is ``complete``, ``interrupted`` or ``failed``."""

    id: int
    conversation_id: str
    role: Literal["user", "assistant"]
    content: str
    timestamp: dt.datetime
    image_url: Optional[str]
    status: str


class Pagination(_Camel):
    """Where a page stands."""

    page: int
    limit: int
    total: int
    has_more: bool


class MessageList(_Camel):
    """A page of messages, oldest first."""

    messages: list[MessageOut]
    pagination: Pagination


class Engines(BaseModel):
    """What answers, by capability."""

    chat: str
    stt: str
    tts: str
    vad: str
    vlm: str
    memory: str
    embeddings: str


class Health(BaseModel):
    """The state of the gateway. ``time`` is its clock, in UTC."""

    status: Literal["ok"] = "ok"
    version: str
    time: dt.datetime
    engines: Engines
    sessions: int


class Problem(BaseModel):
    """What went wrong."""

    detail: str
