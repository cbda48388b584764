"""Every error that estuary raises on purpose.

::

    EstuaryError
    ├── ConfigError (ValueError)          an option is missing or can't be right; nothing was sent
    ├── ConnectError                      the session could not be opened
    │   ├── AuthenticationError           the server refused the key or token
    │   ├── SessionRejected               the server refused the session (a limit was reached)
    │   └── ConnectTimeout (TimeoutError)
    ├── NotConnected                      there is no live connection; nothing was sent
    ├── ConnectionLost                    the connection broke; what was under way may have been received
    ├── TurnTimeout (TimeoutError)        the character did not finish its answer in time
    ├── QuotaExceeded                     the account's limit is reached
    ├── ServerError                       the server reported that it could not do what was asked
    ├── ProtocolError                     the server sent something that does not fit the protocol
    ├── ActionError                       an action could not be handed to its handler
    ├── VoiceError                        voice could not start or go on; text is not concerned
    │   └── AudioDeviceError              a microphone, a speaker or another end of the audio failed
    └── APIError                          a REST call failed: ``status``, ``detail``, ``request_id``
        ├── BadRequest                    400, 422: what was sent can't be right
        ├── PermissionDenied              401, 403: the key is wrong, or may not do this
        ├── NotFound                      404
        └── RateLimited                   429: too many requests; ``retry_after`` seconds

Messages say what happened, to what, and what to do about it. No message carries a key or a token.
"""

from __future__ import annotations

import copy
from typing import Any, Optional, TypeVar

__all__ = [
    "APIError",
    "ActionError",
    "AudioDeviceError",
    "AuthenticationError",
    "BadRequest",
    "ConfigError",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionLost",
    "EstuaryError",
    "NotConnected",
    "NotFound",
    "PermissionDenied",
    "ProtocolError",
    "QuotaExceeded",
    "RateLimited",
    "ServerError",
    "SessionRejected",
    "TurnTimeout",
    "VoiceError",
]

_Error = TypeVar("_Error", bound=Exception)


class EstuaryError(Exception):
    """The root: ``except EstuaryError`` catches all that this package raises on purpose."""


def again(error: _Error) -> _Error:
    """A copy of ``error`` to raise: the same one raised on several threads would mix up their tracebacks."""
    copied = copy.copy(error)
    copied.__cause__ = error.__cause__
    return copied


class ConfigError(EstuaryError, ValueError):
    """An option is missing or has a value that can't be right. Raised before anything is sent."""


class ConnectError(EstuaryError):
    """The session could not be opened: the server can't be reached, or it refused."""


class AuthenticationError(ConnectError):
    """The server refused the API key or token."""


class SessionRejected(ConnectError):
    """The server refused to open the session, most often because too many are open (``cap``)."""

    def __init__(self, message: str, *, reason: Optional[str] = None, cap: Optional[int] = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.cap = cap


class ConnectTimeout(ConnectError, TimeoutError):
    """The server did not complete the handshake within ``connect_timeout``."""


class NotConnected(EstuaryError):
    """There is no live connection, so nothing was sent: it is safe to try again."""


class ConnectionLost(EstuaryError):
    """The connection broke while something was under way.

    The server may have received what was sent, so nothing is sent again by itself.
    """


class TurnTimeout(EstuaryError, TimeoutError):
    """The character did not finish its answer in time. ``text`` holds what had arrived by then."""

    def __init__(self, message: str, *, text: str = "") -> None:
        super().__init__(message)
        self.text = text


class QuotaExceeded(EstuaryError):
    """The account's limit is reached; the turn was not answered."""

    def __init__(
        self,
        message: str,
        *,
        current: Optional[float] = None,
        limit: Optional[float] = None,
        remaining: Optional[float] = None,
        tier: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.current = current
        self.limit = limit
        self.remaining = remaining
        self.tier = tier


class ServerError(EstuaryError):
    """The server reported an error (the wire's ``error`` event). The session goes on."""


class ProtocolError(EstuaryError):
    """The server sent something that does not fit the protocol. It costs that one event only."""

    def __init__(self, message: str, *, event: Optional[str] = None, field: Optional[str] = None) -> None:
        super().__init__(message)
        self.event = event
        self.field = field


class ActionError(EstuaryError):
    """An action could not be handed to its handler: a value of the wrong type, or one that is missing.

    Offered to ``on("error")``; the handler is not called.
    """

    def __init__(
        self,
        message: str,
        *,
        action: str,
        parameter: Optional[str] = None,
        value: Any = None,
    ) -> None:
        super().__init__(message)
        self.action = action
        self.parameter = parameter
        self.value = value


class VoiceError(EstuaryError):
    """Voice could not start, or could not go on. Text is not concerned: the session goes on."""


class AudioDeviceError(VoiceError):
    """A microphone or a speaker is missing, busy, gone or stuck, or another audio source or sink failed."""


class APIError(EstuaryError):
    """A REST call failed.

    ``status`` is the HTTP status, ``None`` where no answer came; ``detail`` what the server said of it; ``request_id``
    the server's name for the request, for asking its makers.
    """

    def __init__(
        self,
        message: str,
        *,
        status: Optional[int] = None,
        detail: Any = None,
        request_id: Optional[str] = None,
        idempotency_key: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail
        self.request_id = request_id
        #: for an upload: give it to the next call to resume, so that nothing is made twice
        self.idempotency_key = idempotency_key


class BadRequest(APIError):
    """The server found a mistake in what was sent (400, 422); ``detail`` names the field."""


class PermissionDenied(APIError):
    """The key is missing or wrong (401), or may not do this (403)."""


class NotFound(APIError):
    """There is no such thing (404)."""


class RateLimited(APIError):
    """Too many requests (429). ``retry_after`` is in seconds, where the server said it."""

    retry_after: Optional[float] = None
