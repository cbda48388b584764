"""``Client``: the whole REST API, without any socket."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Optional, Tuple, Type

from ..config import DEFAULT_SERVER_URL, check_url
from ..credentials import check_key, remember_secret
from ..errors import ConfigError
from .analytics import Analytics
from .characters import Characters
from .conversations import Conversations
from .generation import Generation
from .http import HTTP, Retries
from .memories import Memories
from .shares import Shares

__all__ = ["Client"]


class Client:
    """The REST API of the platform, or of a local gateway: blocking, typed, thread-safe.

    ::

        with Client() as client:
            for character in client.characters.list():
                print(character.name)
            client.memories(character.id, "alice").search("what does she drink?")

    What is not given comes from ``ESTUARY_API_KEY`` and ``ESTUARY_SERVER_URL``. The constructor connects to nothing.

    Args:
        api_key: An API key (``est_…``). Only redeeming share links works without one.
        server_url: ``https://api.estuary-ai.com`` unless told otherwise.
        timeout: Seconds to connect, and between two pieces of an answer.
        retries: How calls that may be repeated are repeated after 429, 502, 503, 504 and lost connections.

    Raises:
        ConfigError: An option can't be right.
    """

    def __init__(
        self,
        *,
        api_key: Optional[str] = None,
        server_url: Optional[str] = None,
        timeout: Tuple[float, float] = (10.0, 60.0),
        retries: Optional[Retries] = None,
    ) -> None:
        key = api_key if api_key is not None else os.environ.get("ESTUARY_API_KEY")
        if key:
            key = check_key(key)
            remember_secret(key)
        if not (isinstance(timeout, tuple) and len(timeout) == 2 and all(t > 0 for t in timeout)):
            raise ConfigError(f"timeout is {timeout!r}: give seconds to connect and to read, such as (10.0, 60.0)")
        url = check_url(server_url or os.environ.get("ESTUARY_SERVER_URL") or DEFAULT_SERVER_URL)
        self._http = HTTP(url, key or None, timeout, retries or Retries())
        self.characters = Characters(self._http)
        self.conversations = Conversations(self._http)
        self.analytics = Analytics(self._http)
        self.shares = Shares(self._http)
        self.generation = Generation(self._http)

    def memories(self, character_id: str, player_id: str) -> Memories:
        """What this character remembers of this player."""
        return Memories(self._http, character_id, player_id)

    def close(self) -> None:
        """Close the connections. A later call opens new ones."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client {self._http.base_url}>"
