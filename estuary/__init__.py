"""Estuary: conversations with characters that remember, hear, speak, see and act, from plain blocking Python.

The public names. Each is loaded when it is first used, so that ``import estuary`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, List

from ._lazy import lazy
from ._version import __version__

if TYPE_CHECKING:
    from .actions import Action, ActionRegistry
    from .connection import State
    from .errors import (
        ActionError,
        APIError,
        AudioDeviceError,
        AuthenticationError,
        BadRequest,
        ConfigError,
        ConnectError,
        ConnectionLost,
        ConnectTimeout,
        EstuaryError,
        NotConnected,
        NotFound,
        PermissionDenied,
        ProtocolError,
        QuotaExceeded,
        RateLimited,
        ServerError,
        SessionRejected,
        TurnTimeout,
        VoiceError,
    )
    from .events import Capabilities, RawEvent
    from .models import Memory
    from .rest.client import Client
    from .session import Session
    from .stream import Stream
    from .turn import Reply, Response, Timing

__all__ = [
    "APIError",
    "Action",
    "ActionError",
    "ActionRegistry",
    "AudioDeviceError",
    "AuthenticationError",
    "BadRequest",
    "Capabilities",
    "Client",
    "ConfigError",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionLost",
    "EstuaryError",
    "Memory",
    "NotConnected",
    "NotFound",
    "PermissionDenied",
    "ProtocolError",
    "QuotaExceeded",
    "RateLimited",
    "RawEvent",
    "Reply",
    "Response",
    "ServerError",
    "Session",
    "SessionRejected",
    "State",
    "Stream",
    "Timing",
    "TurnTimeout",
    "VoiceError",
    "__version__",
]

_HOME = {
    "Action": ".actions",
    "ActionRegistry": ".actions",
    "Capabilities": ".events",
    "Client": ".rest.client",
    "Memory": ".models",
    "RawEvent": ".events",
    "Reply": ".turn",
    "Response": ".turn",
    "Session": ".session",
    "State": ".connection",
    "Stream": ".stream",
    "Timing": ".turn",
}


__getattr__ = lazy(__name__, __all__, _HOME, ".errors")


def __dir__() -> List[str]:
    return sorted(__all__)
