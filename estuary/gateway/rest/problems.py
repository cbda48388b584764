"""Answers to requests that are wrong, and to those that the gateway failed at."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse

__all__ = ["install", "invalid"]

log = logging.getLogger("estuary.gateway")

#: where share links' tokens are in an address
_TOKENS = re.compile(r"(?<=/share/)[^/]+")


class _Ascii(JSONResponse):
    """JSON that can hold half characters, which requests may."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def invalid(message: str, *where: str) -> RequestValidationError:
    """422, in the form that every other mistake of a request has."""
    return RequestValidationError([{"type": "value_error", "loc": where, "msg": message}])


def install(app: FastAPI) -> None:
    """Have the application answer so."""

    @app.exception_handler(RequestValidationError)
    async def wrong(request: Request, error: RequestValidationError) -> JSONResponse:
        # without the input itself: it may be a secret, and may not even be JSON (NaN)
        problems = [
            {"type": str(each["type"]), "loc": list(each["loc"]), "msg": str(each["msg"])} for each in error.errors()
        ]
        return _Ascii({"detail": problems}, 422)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, _TOKENS.sub("…", request.url.path), exc_info=error)
        return JSONResponse({"detail": "the gateway failed to handle the request"}, status_code=500)
