"""uvicorn's WebSocket protocol, changed in three things.

There is a way to reach the transport, because ASGI has no word for "cut this connection". What is sent is not logged:
at level DEBUG the websockets library writes every frame to uvicorn's log, and the first one holds the key. And older
releases of uvicorn get the flow control that newer ones have, without which a client that reads nothing fills memory.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Mapping
from typing import Any, Optional

__all__ = ["Connections", "websocket_protocol"]

_Address = tuple[str, int]

#: best first: the second is for uvicorn before 0.35
_IMPLEMENTATIONS = (
    ("uvicorn.protocols.websockets.websockets_sansio_impl", "WebSocketsSansIOProtocol"),
    ("uvicorn.protocols.websockets.websockets_impl", "WebSocketProtocol"),
)


class Connections:
    """The transports of one server's WebSocket connections, by the client's address."""

    def __init__(self) -> None:
        self._transports: dict[_Address, asyncio.Transport] = {}

    def opened(self, transport: asyncio.Transport) -> Optional[_Address]:
        """Note a connection; returns its address."""
        peer = transport.get_extra_info("peername")
        if not peer:
            return None
        address = (str(peer[0]), int(peer[1]))
        self._transports[address] = transport
        return address

    def closed(self, address: Optional[_Address]) -> None:
        """The connection is no more."""
        if address is not None:
            self._transports.pop(address, None)

    def cutter(self, scope: Mapping[str, Any]) -> Callable[[], None]:
        """What cuts the connection that this ASGI scope belongs to, and does nothing once it is gone."""
        client = scope.get("client") or ("", 0)
        address = (str(client[0]), int(client[1]))
        transport = self._transports.get(address)

        def cut() -> None:
            # the address may be another connection's by now
            if transport is not None and self._transports.get(address) is transport:
                transport.abort()

        return cut


def websocket_protocol(connections: Connections) -> type[asyncio.Protocol]:
    """The protocol class for one server, which keeps ``connections`` up to date."""
    base: Any = _implementation()

    class GatewayProtocol(base):  # type: ignore[misc]  # chosen at run time
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            # where the websockets library asks whether to log frames: its protocol object, or in older uvicorn this
            logging_one: Any = getattr(self, "conn", self)
            logging_one.debug = False

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self.gateway_address = connections.opened(transport)

        def connection_lost(self, exc: Optional[Exception]) -> None:
            connections.closed(self.gateway_address)
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
