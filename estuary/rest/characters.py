"""``client.characters``: who can be talked to."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Sequence, Tuple, Union

from ..actions import ActionRegistry
from .http import HTTP, path
from .models import Character
from .pages import Pages

__all__ = ["Characters"]

Actions = Union[ActionRegistry, Sequence[Mapping[str, Any]]]

#: flat argument → section and name in the body
_SECTIONS: Dict[str, Tuple[str, str]] = {
    "name": ("persona", "name"),
    "tagline": ("persona", "tagline"),
    "personality": ("persona", "personality"),
    "background": ("persona", "background"),
    "system_prompt": ("persona", "system_prompt"),
    "llm_provider": ("llm", "provider"),
    "llm_model": ("llm", "model"),
    "llm_temperature": ("llm", "temperature"),
    "llm_max_tokens": ("llm", "max_tokens"),
    "llm_verbosity": ("llm", "verbosity"),
    "tts_provider": ("tts", "provider"),
    "tts_model": ("tts", "model"),
    "tts_voice": ("tts", "voice"),
    "tts_voice_preset": ("tts", "voice_preset"),
    "tts_speed": ("tts", "speed"),
    "tts_delivery_mode": ("tts", "delivery_mode"),
    "stt_provider": ("stt", "provider"),
    "stt_language": ("stt", "language"),
    "vad_sensitivity": ("vad", "sensitivity"),
    "vad_min_speech_duration_ms": ("vad", "min_speech_duration_ms"),
    "vlm_model": ("vlm", "model"),
}


def _body(given: Mapping[str, Any]) -> Dict[str, Any]:
    """The nested body of what is given; what is ``None`` was not."""
    body: Dict[str, Any] = {}
    for argument, value in given.items():
        if value is None:
            continue
        if argument == "actions" and isinstance(value, ActionRegistry):
            value = value.declarations()
        if argument in _SECTIONS:
            section, name = _SECTIONS[argument]
            body.setdefault(section, {})[name] = value
        else:
            body[argument] = list(value) if argument == "actions" else value
    return body


class Characters:
    """Make, find, change and delete characters. Every method raises ``APIError`` and its subclasses."""

    def __init__(self, http: HTTP) -> None:
        self._http = http

    def create(
        self,
        name: str,
        *,
        tagline: Optional[str] = None,
        personality: Optional[str] = None,
        background: Optional[str] = None,
        system_prompt: Optional[str] = None,
        llm_provider: Optional[str] = None,
        llm_model: Optional[str] = None,
        llm_temperature: Optional[float] = None,
        llm_max_tokens: Optional[int] = None,
        llm_verbosity: Optional[str] = None,
        tts_provider: Optional[str] = None,
        tts_model: Optional[str] = None,
        tts_voice: Optional[str] = None,
        tts_voice_preset: Optional[str] = None,
        tts_speed: Optional[float] = None,
        tts_delivery_mode: Optional[str] = None,
        stt_provider: Optional[str] = None,
        stt_language: Optional[str] = None,
        vad_sensitivity: Optional[float] = None,
        vad_min_speech_duration_ms: Optional[int] = None,
        vlm_model: Optional[str] = None,
        avatar: Optional[str] = None,
        text_only: Optional[bool] = None,
        verbose: Optional[bool] = None,
        actions: Optional[Actions] = None,
        is_public: Optional[bool] = None,
    ) -> Character:
        """Make a character. What is not given is up to the server.

        Args:
            name: What it is called.
            tagline, personality, background, system_prompt: Who it is, in words.
            llm_model, llm_provider, llm_temperature (0 to 2), llm_max_tokens, llm_verbosity: What thinks for it.
            tts_voice, tts_voice_preset, tts_provider, tts_model, tts_speed, tts_delivery_mode: How it speaks.
            stt_provider, stt_language: How it hears.
            vad_sensitivity (0 to 1), vad_min_speech_duration_ms: When it takes sound for speech.
            vlm_model: How it sees.
            avatar: The address of a picture.
            text_only: It never speaks aloud.
            actions: What it can do: an ``ActionRegistry``, or a list of declarations.

        Raises:
            BadRequest: The server found a mistake; ``error.detail`` names the field.
        """
        given = {k: v for k, v in locals().items() if k != "self"}
        return Character.from_wire(self._http.call("POST", path("characters"), json=_body(given)))

    def update(
        self,
        character_id: str,
        *,
        name: Optional[str] = None,
        tagline: Optional[str] = None,
        personality: Optional[str] = None,
        background: Optional[str] = None,
        system_prompt: Optional[str] = None,
        llm_provider: Optional[str] = None,
        llm_model: Optional[str] = None,
        llm_temperature: Optional[float] = None,
        llm_max_tokens: Optional[int] = None,
        llm_verbosity: Optional[str] = None,
        tts_provider: Optional[str] = None,
        tts_model: Optional[str] = None,
        tts_voice: Optional[str] = None,
        tts_voice_preset: Optional[str] = None,
        tts_speed: Optional[float] = None,
        tts_delivery_mode: Optional[str] = None,
        stt_provider: Optional[str] = None,
        stt_language: Optional[str] = None,
        vad_sensitivity: Optional[float] = None,
        vad_min_speech_duration_ms: Optional[int] = None,
        vlm_model: Optional[str] = None,
        avatar: Optional[str] = None,
        text_only: Optional[bool] = None,
        verbose: Optional[bool] = None,
        actions: Optional[Actions] = None,
        is_public: Optional[bool] = None,
    ) -> Character:
        """Change what is given, leave the rest; arguments as for ``create``. Returns the whole character.

        Raises ``NotFound``, ``BadRequest``.
        """
        given = {k: v for k, v in locals().items() if k not in ("self", "character_id")}
        answer = self._http.call("PUT", path("characters", character_id), json=_body(given), repeat=True)
        return Character.from_wire(answer)

    def get(self, character_id: str) -> Character:
        """One character. Raises ``NotFound``."""
        return Character.from_wire(self._http.get(path("characters", character_id)))

    def list(self, *, player_id: Optional[str] = None, page_size: int = 20, progress: bool = False) -> Pages[Character]:
        """All characters, or those that ``player_id`` may see. Lazy: see ``Pages``."""
        headers = {"X-Player-Id": player_id} if player_id else None

        def fetch(limit: int, offset: int) -> Tuple[Sequence[Character], int]:
            answer = self._http.get(path("characters"), {"limit": limit, "offset": offset}, headers=headers)
            return [Character.from_wire(c) for c in answer["characters"]], answer["total"]

        return Pages(fetch, page_size, progress)

    def delete(self, character_id: str) -> None:
        """Delete a character for good, with all its conversations. Raises ``NotFound``."""
        self._http.call("DELETE", path("characters", character_id))
