"""The ASGI application: Socket.IO and REST on one port."""

from __future__ import annotations

import asyncio
import logging
from typing import Optional

import socketio
from fastapi import FastAPI

from .. import _version
from ..credentials import get_logger
from .access import Access
from .engines.base import ChatEngine
from .generation.maker import ModelMaker
from .memory.service import MemoryService
from .namespace import SdkNamespace
from .protocol import Connections
from .rest import characters, conversations, health, memories
from .rest import generation as generation_routes
from .rest import shares as share_routes
from .rest.deps import Services
from .rest.limit import BodyLimit
from .rest.problems import install as install_problems
from .settings import GatewayOptions
from .storage.characters import CharacterStore
from .storage.conversations import ConversationStore
from .storage.database import Database
from .storage.keys import KeyStore
from .storage.turnlog import TurnLog
from .voice.engines import VoiceEngines
from .voice.session import VoiceService

__all__ = ["MAX_FRAME", "App"]

log = logging.getLogger("estuary.gateway")

#: bytes in one frame: well above any allowed message, so that a message that is too long gets a clear answer
MAX_FRAME = 16 * 1024 * 1024

_DESCRIPTION = """The REST side of a local Estuary server. Send an API key in the `X-API-Key` header.

Conversations themselves run over Socket.IO (namespace `/sdk`) on the same port."""


class App:
    """The parts, put together. ``asgi`` is the application to serve.

    Args:
        database: where everything is kept; not closed here.
        chat: what answers.
        runtime_key: an API key that is valid besides the stored ones.
        connections: the server's connections, so that one can be cut.
    """

    def __init__(
        self,
        database: Database,
        options: GatewayOptions,
        *,
        chat: ChatEngine,
        runtime_key: Optional[str] = None,
        connections: Connections,
    ) -> None:
        self.database = database
        self.keys = KeyStore(database)
        self.characters = CharacterStore(database)
        self.memory = MemoryService(database, options)
        access = Access(database, self.keys, self.characters, runtime_key)
        self.voice = VoiceEngines(options)
        turn_log = TurnLog(database)
        self.namespace = SdkNamespace(
            database=database,
            turn_log=turn_log,
            memory=self.memory,
            access=access,
            engine=chat,
            options=options,
            connections=connections,
            voice=VoiceService(
                engines=self.voice,
                database=database,
                turn_log=turn_log,
                most=options.max_voice_sessions,
                timeout=options.voice_timeout,
            ),
        )
        self._socketio = socketio.AsyncServer(
            async_mode="asgi",
            # handlers run in the task that reads the client's socket: in order, and holding back a flood
            async_handlers=False,
            # CONNECT is answered before our handler runs, so that what it sends comes after that
            always_connect=True,
            namespaces=[self.namespace.namespace],
            transports=["websocket"],
            ping_interval=options.ping_interval,
            ping_timeout=options.ping_timeout,
            max_http_buffer_size=MAX_FRAME,
            # access is by key alone, never by cookie, so any page may ask
            cors_allowed_origins="*",
            logger=_quiet("socketio"),
            engineio_logger=_quiet("engineio"),
        )
        self._socketio.register_namespace(self.namespace)
        services = Services(database, self.characters, ConversationStore(database), access, self.memory)
        self.rest = _rest(services, chat, self.namespace)
        self.rest.state.voice = self.voice
        self._models = ModelMaker(database)
        self.rest.state.models = self._models
        self.rest.state.guests = self.namespace.guests
        self.asgi = socketio.ASGIApp(self._socketio, BodyLimit(self.rest))

    async def close(self, timeout: float) -> None:
        """End every session and wait until what was said is stored."""
        await asyncio.gather(self.namespace.close(timeout), self._models.close(timeout))
        await self.voice.close()
        await self._socketio.shutdown()

    def finish(self, timeout: float) -> None:
        """Finish what is left to remember. After ``close()``, on any thread but the event loop's."""
        self.memory.close(timeout)
        self.voice.finish(timeout)


def _rest(services: Services, chat: ChatEngine, namespace: SdkNamespace) -> FastAPI:
    app = FastAPI(title="Estuary gateway", version=_version.__version__, description=_DESCRIPTION)
    app.state.services = services
    app.state.chat = chat
    app.state.sessions = lambda: namespace.sessions
    app.include_router(health.router)
    # players' ids may hold slashes, so the longer paths come first
    app.include_router(memories.router)
    app.include_router(conversations.router)
    app.include_router(generation_routes.router)
    app.include_router(characters.router)
    app.include_router(share_routes.router)

    install_problems(app)
    return app


def _quiet(name: str) -> logging.Logger:
    """A logger for a library that writes whole packets to its log from level INFO down; keys in them are masked."""
    logger = get_logger(f"estuary.gateway.{name}")
    logger.setLevel(logging.WARNING)
    return logger
