"""The options of a session: from arguments, then from the environment, checked before anything connects."""

from __future__ import annotations

import os
from typing import Any, List, Optional
from urllib.parse import urlsplit, urlunsplit

from attrs import field, frozen

from .credentials import check_key, mask, remember_secret
from .errors import ConfigError
from .events import Capabilities

__all__ = ["DEFAULT_SERVER_URL", "Config", "check_url"]

DEFAULT_SERVER_URL = "https://api.estuary-ai.com"


@frozen
class Config:
    """What a session was asked to be. Made by ``Config.load``; frozen afterwards. Times are seconds."""

    api_key: str = field(repr=mask)
    server_url: str
    character_id: str
    player_id: str
    audio_sample_rate: int = 24000
    realtime_memory: bool = False
    capabilities: Capabilities = field(factory=Capabilities)
    connect_timeout: float = 15.0
    max_reconnects: Optional[int] = 5
    reconnect_for: Optional[float] = None
    liveness_timeout: float = 20.0
    inbox_size: int = 256

    @classmethod
    def load(
        cls,
        *,
        api_key: Optional[str] = None,
        server_url: Optional[str] = None,
        character_id: Optional[str] = None,
        player_id: Optional[str] = None,
        **options: Any,
    ) -> Config:
        """Fill in from the environment what no argument gives, and check it all.

        Raises ``ConfigError`` that names everything that is missing, or the first option that can't be right.
        """
        given = {
            # an argument that is empty is a mistake: to talk as whoever the environment names would hide it
            "api_key": os.environ.get("ESTUARY_API_KEY") if api_key is None else api_key,
            "character_id": os.environ.get("ESTUARY_CHARACTER_ID") if character_id is None else character_id,
            "player_id": os.environ.get("ESTUARY_PLAYER_ID") if player_id is None else player_id,
        }
        missing: List[str] = [
            f"{name} (pass {name}=… or set ESTUARY_{name.upper()})"
            for name, value in given.items()
            if value is None or (isinstance(value, str) and not value.strip())
        ]
        if missing:
            raise ConfigError(f"missing: {', '.join(missing)}")
        for name, value in given.items():
            if not isinstance(value, str):
                raise ConfigError(f"{name} is {type(value).__name__}, not a string")
        key = check_key(str(given["api_key"]))
        remember_secret(key)
        config = cls(
            api_key=key,
            server_url=check_url(server_url or os.environ.get("ESTUARY_SERVER_URL") or DEFAULT_SERVER_URL),
            character_id=str(given["character_id"]),
            player_id=str(given["player_id"]),
            **options,
        )
        config._check()
        return config

    def _check(self) -> None:
        rate = self.audio_sample_rate
        if not isinstance(rate, int) or not 16000 <= rate <= 48000:
            raise ConfigError(f"audio_sample_rate is {rate!r}: give Hz from 16000 to 48000")
        if not isinstance(self.capabilities, Capabilities):
            raise ConfigError(f"capabilities is {self.capabilities!r}: give estuary.Capabilities(…)")
        for name in ("connect_timeout", "liveness_timeout"):
            _check_number(name, getattr(self, name), low=0.1)
        if self.reconnect_for is not None:
            _check_number("reconnect_for", self.reconnect_for, low=0)
        if self.max_reconnects is not None:
            _check_number("max_reconnects", self.max_reconnects, low=0)
        _check_number("inbox_size", self.inbox_size, low=1)


def _check_number(name: str, value: Any, *, low: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= low:
        raise ConfigError(f"{name} is {value!r}: give a number, {low:g} or more")


def check_url(url: Any) -> str:
    example = "give it as https://host or http://host:port"
    if not isinstance(url, str):
        raise ConfigError(f"server_url is {type(url).__name__}, not a string: {example}")
    try:
        parts = urlsplit(url.strip())
        with_user = "@" in parts.netloc
        _ = parts.port
    except ValueError as error:
        # no word of the URL itself where a password may be in it
        why = "" if "@" in url else f" ({error})"
        raise ConfigError(f"server_url can't be read{why}: {example}") from None
    if with_user:
        raise ConfigError("server_url holds a user name or password: the api key goes into api_key")
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    if scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"server_url is {url!r}: {example}")
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
