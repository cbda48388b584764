"""The gateway as an object: a thread of its own, with its own event loop, that serves until it is closed."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional

import uvicorn

from ..errors import ConfigError
from .app import MAX_FRAME, App
from .engines import base as engines
from .errors import GatewayError
from .protocol import Connections, websocket_protocol
from .schemas import CharacterBody
from .settings import GatewayOptions
from .storage.database import Database, Location

if TYPE_CHECKING:
    from ..session import Session

__all__ = ["DEVELOPMENT_KEY", "Gateway", "serve"]

log = logging.getLogger("estuary.gateway")

#: the name of the key that a new database starts with
DEVELOPMENT_KEY = "development"

_START_SECONDS = 30.0
#: seconds for clients to take note of the end
_FAREWELL_SECONDS = 0.5


def serve(port: int = 0, db: Location = None, *, host: str = "127.0.0.1", **options: Any) -> Gateway:
    """Start a local Estuary server on a thread of its own and return when it answers.

    Works in scripts, in notebooks (where an event loop runs already) and in tests. It installs no signal handler and
    does not touch the root logger. Without ``close()`` it ends with the interpreter.

    Args:
        port: TCP port; 0 takes a free one.
        db: a path or an SQLAlchemy URL; ``None`` is a temporary database that is removed at the end.
        host: address to listen on.
        options: see ``GatewayOptions``.

    Raises:
        ConfigError: an option can't be right.
        GatewayError: it could not start: the port is taken, the database can't be opened.

    >>> with serve() as gateway:
    ...     gateway.url.startswith("http://127.0.0.1:"), gateway.api_key.startswith("est_")
    (True, True)
    """
    return Gateway(port, db, host=host, **options)


class Gateway:
    """A running gateway. Made by ``serve()``; a context manager that closes it.

    All attributes and methods may be used from any thread.

    Attributes:
        url: where it is.
        api_key: a key for it. On a new database this is the stored development key, otherwise one that is valid while
            this gateway runs.
        development_key: the stored development key if this start made it (it can't be seen again), else ``None``.
        character_id: the default character.
        options: what it runs with.
    """

    def __init__(self, port: int = 0, db: Location = None, *, host: str = "127.0.0.1", **options: Any) -> None:
        self.options = GatewayOptions.of(**options)
        if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
            raise ConfigError(f"port must be a whole number from 0 to 65535, not {port!r}")
        if self.options.log_level is not None:
            level = self.options.log_level
            log.setLevel(level.upper() if isinstance(level, str) else level)
        chat = _chat_engine(self.options)
        listener = _listen(host, port)
        try:
            self._database = Database(db)
        except BaseException:
            listener.close()
            raise
        try:
            self.api_key, runtime_key, self.development_key = _keys(self._database, self.options)
            connections = Connections()
            self._app = App(
                self._database,
                self.options,
                chat=chat,
                runtime_key=runtime_key,
                connections=connections,
            )
            self.character_id = self._app.characters.default()
            self.url = _url(host, listener)
            self._closing = threading.Lock()
            self._closed = False
            self._thread = _ServerThread(listener, self._app, connections, self.url)
            self._thread.start_and_wait()
            self._app.memory.start()
        except BaseException:
            listener.close()
            self._database.close()
            raise
        engines = ", ".join(f"{kind} {name}" for kind, name in {"chat": chat.name, **self._app.voice.names()}.items())
        log.info("the gateway listens on %s, database %s, engines: %s", self.url, self._database.name, engines)

    def __repr__(self) -> str:
        state = "closed" if self._closed else f"on {self.url}"
        return f"<Gateway {state}>"

    def __enter__(self) -> Gateway:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self, timeout: float = 5.0) -> None:
        """Stop serving: sessions are closed, what was said is stored, a temporary database is removed.

        Returns within about ``timeout`` seconds, whatever the clients do. May be called again, from any thread.
        """
        with self._closing:
            if self._closed:
                return
            self._closed = True
            deadline = time.monotonic() + timeout
            ended = self._thread.stop(timeout)
            if not ended:
                log.warning("the gateway did not end within %g s", timeout)
            self._app.finish(max(0.5, deadline - time.monotonic()))
            self._database.close()

    def session(self, player_id: str, **options: Any) -> Session:
        """A session of this player with the default character, or with ``character_id=…``. Not yet connected.

        Args:
            options: see ``estuary.Session``.
        """
        from ..session import Session

        options = {"character_id": self.character_id, "api_key": self.api_key, "server_url": self.url, **options}
        return Session(player_id=player_id, **options)

    def create_character(self, body: Optional[Mapping[str, Any]] = None, **sections: Any) -> str:
        """Store a character and return its id, without the way through REST.

        >>> with serve() as gateway:                                                # doctest: +SKIP
        ...     gateway.create_character(persona={"name": "Ada"}, actions=[{"name": "wave"}])

        Raises:
            pydantic.ValidationError: the body is not allowed.
        """
        return self._app.characters.create(CharacterBody.model_validate({**(body or {}), **sections})).id

    def create_key(self, name: str) -> str:
        """Make another API key and return it: the only time that it can be seen."""
        return self._app.keys.create(name)

    def create_session_token(self, character_id: str, player_id: str, *, expires_in: Optional[float] = None) -> str:
        """Make a session token (``sst_…``), as share links give out, for one player with one character.

        Args:
            expires_in: seconds until it is no longer valid; ``None`` is never.

        Raises:
            ConfigError: there is no such character.
        """
        return self._app.keys.create_token(character_id, player_id, expires_in=expires_in)


class _Uvicorn(uvicorn.Server):
    """uvicorn, told from outside when to stop, and telling when it has started."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started
        self._stop = asyncio.Event()

    async def startup(self, sockets: Optional[list[socket.socket]] = None) -> None:
        await super().startup(sockets)
        self._tell()

    async def main_loop(self) -> None:
        # the original wakes up ten times a second to look whether it should exit
        counter = 0
        while not await self.on_tick(counter):
            counter += 10
            try:
                await asyncio.wait_for(self._stop.wait(), 1.0)
            except asyncio.TimeoutError:
                continue

    def stop(self) -> None:
        self.should_exit = True
        self._stop.set()


class _ServerThread:
    """The thread and its loop. A daemon, because a gateway that nobody closes must not keep the interpreter alive."""

    def __init__(self, listener: socket.socket, app: App, connections: Connections, url: str) -> None:
        self._listener = listener
        self._app = app
        self._connections = connections
        self._ready = threading.Event()
        self._error: Optional[BaseException] = None
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._server: Optional[_Uvicorn] = None
        self._timeout = 5.0
        self._thread = threading.Thread(target=self._run, name=f"estuary-gateway-{url.rsplit(':', 1)[-1]}", daemon=True)

    def start_and_wait(self) -> None:
        """Start and return when it answers, or raise what kept it from that."""
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise GatewayError(f"the gateway did not start within {_START_SECONDS:g} s")
        if self._error is not None:
            raise GatewayError(f"the gateway could not start: {self._error}") from self._error

    def stop(self, timeout: float) -> bool:
        """Stop and join. Returns whether it ended in time."""
        self._timeout = timeout
        if self._loop is not None and self._server is not None and self._thread.is_alive():
            try:
                self._loop.call_soon_threadsafe(self._server.stop)
            except RuntimeError:  # the loop has just ended by itself
                log.debug("the gateway's loop had ended already")
        self._thread.join(timeout + 2.0)
        return not self._thread.is_alive()

    def _run(self) -> None:
        loop = asyncio.new_event_loop()
        try:
            self._loop = loop
            loop.run_until_complete(self._main())
        except BaseException as error:
            self._error = error
            if self._ready.is_set():
                log.exception("the gateway broke off")
        finally:
            try:
                _finish(loop)
            finally:
                self._listener.close()
                self._ready.set()

    async def _main(self) -> None:
        config = uvicorn.Config(
            self._app.asgi,
            http="h11",
            ws=websocket_protocol(self._connections),
            ws_max_size=MAX_FRAME,
            # costs more than it saves on a local link, and a frame a chunk is too small to gain
            ws_per_message_deflate=False,
            # Engine.IO has its own ping
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            # requests in progress may end; the clients of the socket are cut off before
            timeout_graceful_shutdown=1,
        )
        self._server = _Uvicorn(config, self._ready.set)
        serving = asyncio.ensure_future(self._server.serve(sockets=[self._listener]))
        stopped = asyncio.ensure_future(self._server._stop.wait())
        await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not serving.done():
            await self._app.close(self._timeout)
            await asyncio.wait({serving}, timeout=min(_FAREWELL_SECONDS, self._timeout))
        # whoever has not gone by now does not read what we send, or does not send what we wait for
        for connection in list(self._server.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        await asyncio.wait({serving}, timeout=2 * _FAREWELL_SECONDS)
        if serving.done():
            serving.result()


def _finish(loop: asyncio.AbstractEventLoop) -> None:
    """End what still runs on the loop, and the loop."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=1.0))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Bound here, so that no other process can take the port in between."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except socket.gaierror as error:
        raise GatewayError(f"the gateway can't listen on {host!r}: there is no such address") from error
    # the protocol by name: asyncio sets TCP_NODELAY only where the socket says that it is TCP, and without it every
    # second small message waits for the peer's delayed acknowledgement, 40 ms
    listener = socket.socket(family[0], socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(family[4])
        listener.listen(512)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise GatewayError(
                f"the gateway can't listen on {host}:{port}: the port is in use; choose another, or 0 for a free one"
            ) from error
        raise GatewayError(f"the gateway can't listen on {host}:{port}: {error.strerror or error}") from error
    return listener


def _url(host: str, listener: socket.socket) -> str:
    address, port = listener.getsockname()[:2]
    # one can listen on every address, but not connect to it
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(address) or (f"[{address}]" if ":" in address else host)
    return f"http://{name}:{port}"


def _keys(database: Database, options: GatewayOptions) -> tuple[str, Optional[str], Optional[str]]:
    """The key to use, the key that only this process knows, and the development key if it was made just now."""
    from .access import RUNTIME_KEY
    from .storage.keys import KeyStore

    keys = KeyStore(database)
    development = keys.create(DEVELOPMENT_KEY) if keys.count() == 0 else None
    if options.api_key is None and development is not None:
        return development, None, development
    keys.forget_usage(RUNTIME_KEY)
    runtime = options.api_key or "est_" + secrets.token_urlsafe(32)
    return runtime, runtime, development


def _chat_engine(options: GatewayOptions) -> engines.ChatEngine:
    if options.chat is not None:
        return options.chat
    if options.llm_url is not None and options.llm_model is not None:
        from .engines.openai_chat import OpenAIChat

        try:
            return OpenAIChat(options.llm_url, options.llm_model, api_key=options.llm_api_key)
        except ValueError as error:
            raise ConfigError(f"llm_url: {error}") from error
    from .engines.companion import Companion

    return Companion(chunk_delay=options.chunk_delay)
