"""uvicorn's WebSocket protocol, changed in three things.

There is a way to reach the transport, because ASGI has no word for "cut this connection". What is sent is not logged:
at level DEBUG the websockets library writes every frame to uvicorn's log, and the first one holds the key. And older
releases of uvicorn get the flow control that newer ones have, without which a client that reads nothing fills memory.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import MutableMapping
from typing import Any, Optional

__all__ = ["websocket_protocol"]

#: best first: the second is for uvicorn before 0.35
_IMPLEMENTATIONS = (
    ("uvicorn.protocols.websockets.websockets_sansio_impl", "WebSocketsSansIOProtocol"),
    ("uvicorn.protocols.websockets.websockets_impl", "WebSocketProtocol"),
)


def websocket_protocol(transports: MutableMapping[Any, Any]) -> type[asyncio.Protocol]:
    """The protocol class for one server.

    Args:
        transports: gets the transport of every connection under the client's address, as ``scope["client"]`` has it.
    """
    base: Any = _implementation()

    class GatewayProtocol(base):  # type: ignore[misc]  # chosen at run time
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            # where the websockets library asks whether to log frames: its protocol object, or in older uvicorn this
            logging_one: Any = getattr(self, "conn", self)
            logging_one.debug = False

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            address = transport.get_extra_info("peername")
            self.gateway_address = (str(address[0]), int(address[1])) if address else None
            if address:
                transports[self.gateway_address] = transport

        def connection_lost(self, exc: Optional[Exception]) -> None:
            transports.pop(self.gateway_address, None)
            super().connection_lost(exc)
            # newer releases do this themselves; without it, whoever waits to send waits for ever
            writable = getattr(self, "writable", None)
            if isinstance(writable, asyncio.Event):
                writable.set()

        if base.pause_writing is asyncio.BaseProtocol.pause_writing:

            def pause_writing(self) -> None:
                self.writable.clear()

            def resume_writing(self) -> None:
                self.writable.set()

    return GatewayProtocol


def _implementation() -> Any:
    for module, name in _IMPLEMENTATIONS:
        try:
            return getattr(importlib.import_module(module), name)
        except ImportError:
            continue
    raise ImportError("the local gateway needs the websockets package: pip install 'estuary-sync[gateway]'")
