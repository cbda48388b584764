"""What a chat engine is given and what it gives back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Optional, Protocol, Union

from attrs import field, frozen

__all__ = ["ActionCall", "ActionSpec", "ChatEngine", "ChatPrompt", "EngineError", "ParameterSpec", "Persona", "Said"]


class EngineError(Exception):
    """The engine could not answer. Its message is shown to the client, so it holds no secret."""


@frozen
class ParameterSpec:
    """One parameter of a declared action."""

    name: str
    type: str = "string"
    required: bool = False
    description: str = ""


@frozen
class ActionSpec:
    """An action that the character may perform, as declared on it."""

    name: str
    description: str = ""
    parameters: Sequence[ParameterSpec] = ()


@frozen
class Persona:
    """Who speaks."""

    name: str
    tagline: str = ""
    personality: str = ""
    background: str = ""
    system_prompt: str = ""


@frozen
class Said:
    """One message of the past. ``role`` is ``user`` or ``assistant``."""

    role: str
    content: str


@frozen
class ChatPrompt:
    """Everything an engine may use to answer one text."""

    persona: Persona
    text: str
    #: oldest first, without ``text`` itself; ends with the latest exchange of this or an earlier session
    history: Sequence[Said] = ()
    #: what is known of the user: ``name``, ``home``, ``job``, ``likes``, ``dislikes``… → values, newest last
    facts: Mapping[str, Sequence[str]] = field(factory=dict)
    actions: Sequence[ActionSpec] = ()
    #: the character's own model settings, where it has any
    model: Optional[str] = None
    temperature: Optional[float] = None
    max_tokens: Optional[int] = None
    #: what else is remembered of the user and may matter for ``text``, best first: "Has a sister who is a doctor"
    memories: Sequence[str] = ()


@frozen
class ActionCall:
    """The engine performs a declared action at this point of its answer."""

    name: str
    arguments: Mapping[str, Any] = field(factory=dict)


class ChatEngine(Protocol):
    """Answers one text. Runs on the gateway's event loop, so long CPU work belongs on a thread."""

    @property
    def name(self) -> str:
        """What ``GET /health`` and the log call it."""

    def reply(self, prompt: ChatPrompt) -> AsyncIterator[Union[str, ActionCall]]:
        """Yield the answer in pieces: text (which may hold ``<action …/>`` tags) and action calls.

        Raises ``EngineError`` when it can't answer. Closing the iterator stops the work.
        """
