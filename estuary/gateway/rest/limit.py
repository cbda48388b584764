"""How large the body of a request may be."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["MAX_BODY", "BodyLimit"]

#: bytes in all
MAX_BODY = 20 * 1024 * 1024
#: so much more is read and thrown away: many clients look for an answer only when they have sent everything
_PATIENCE = 100 * 1024 * 1024


class BodyLimit:
    """ASGI middleware that answers 413 to a body that is too large, said so or not, without keeping it."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if _declared(scope) > self._limit:
            await _drain(receive)
            answer = JSONResponse({"detail": self._detail}, 413, {"Connection": "close"})
            return await answer(scope, receive, send)
        size = 0

        async def limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._limit:
                if message.get("more_body"):
                    await _drain(receive)
                # passes through the framework's reading of bodies, and becomes its answer
                raise HTTPException(413, self._detail, {"Connection": "close"})
            return message

        return await self._app(scope, limited, send)

    @property
    def _detail(self) -> str:
        return f"the request's body is too large: {self._limit:,} bytes are allowed"


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _drain(receive: Receive) -> None:
    size, more = 0, True
    while more and size < _PATIENCE:
        message = await receive()
        size += len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
