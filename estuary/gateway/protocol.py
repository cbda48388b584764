"""uvicorn's WebSocket protocol, with a way to reach the transport: ASGI has no word for "cut this connection"."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import MutableMapping
from typing import Any

__all__ = ["websocket_protocol"]

#: best first: the second is for uvicorn before 0.35
_IMPLEMENTATIONS = (
    ("uvicorn.protocols.websockets.websockets_sansio_impl", "WebSocketsSansIOProtocol"),
    ("uvicorn.protocols.websockets.websockets_impl", "WebSocketProtocol"),
)


def websocket_protocol(transports: MutableMapping[Any, Any]) -> type[asyncio.Protocol]:
    """The protocol class for one server. It notes the transport of every connection under the client's address."""
    base: Any = _implementation()

    class NotingProtocol(base):  # type: ignore[misc]  # chosen at run time
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            address = transport.get_extra_info("peername")
            if address:
                # the form of scope["client"]
                transports[(str(address[0]), int(address[1]))] = transport

    return NotingProtocol


def _implementation() -> Any:
    for module, name in _IMPLEMENTATIONS:
        try:
            return getattr(importlib.import_module(module), name)
        except ImportError:
            continue
    raise ImportError("the local gateway needs the websockets package: pip install 'estuary-sync[gateway]'")
