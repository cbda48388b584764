"""Who may open a session or use REST, and the reasons given to those who may not."""

from __future__ import annotations

import hmac
from typing import Any, Optional

from attrs import frozen

from .storage.characters import CharacterStore
from .storage.database import Database
from .storage.keys import KeyStore, Token, digest
from .text import has_controls

__all__ = ["MAX_PLAYER_ID", "RUNTIME_KEY", "Access", "Refused", "Visitor"]

#: stands for the key that is valid only while this gateway runs
RUNTIME_KEY = "runtime"
MAX_PLAYER_ID = 255


class Refused(Exception):
    """The session is refused with this event. Nothing in it repeats the credential."""

    def __init__(self, event: str, payload: dict[str, Any]) -> None:
        super().__init__(payload.get("error") or payload.get("reason"))
        self.event = event
        self.payload = payload


@frozen
class Visitor:
    """Somebody who may open a session.

    Attributes:
        key_id: what the messages are counted under.
        token: the session token, for those who came with one.
    """

    key_id: str
    character_id: str
    player_id: str
    audio_sample_rate: int
    realtime_memory: bool
    client_action: bool
    #: what it can hear with, and be heard by
    speaker: bool = True
    microphone: bool = True
    token: Optional[Token] = None


class Access:
    """Checks credentials.

    Args:
        runtime_key: a key that is valid besides the stored ones.
    """

    def __init__(
        self,
        database: Database,
        keys: KeyStore,
        characters: CharacterStore,
        runtime_key: Optional[str],
    ) -> None:
        self._db = database
        self._keys = keys
        self._characters = characters
        self._runtime_hash = None if runtime_key is None else digest(runtime_key)

    async def key(self, secret: str) -> Optional[str]:
        """The id of this API key, or ``None`` when it is not valid."""
        if self._runtime_hash is not None and hmac.compare_digest(digest(secret), self._runtime_hash):
            return RUNTIME_KEY
        return await self._db.run(self._keys.find, secret)

    async def admit(self, auth: Any) -> Visitor:
        """Check what came with CONNECT.

        Raises:
            Refused: with the event to answer.
        """
        if not isinstance(auth, dict):
            raise _no("the connection carries no auth object: api_key, character_id and player_id are needed")
        character_id = _required(auth, "character_id")
        player_id = _required(auth, "player_id")
        if len(player_id) > MAX_PLAYER_ID or has_controls(player_id):
            raise _no(f"player_id must have at most {MAX_PLAYER_ID} characters, none of them a control character")
        rate = auth.get("audio_sample_rate", 24000)
        if isinstance(rate, bool) or not isinstance(rate, int) or not 16000 <= rate <= 48000:
            raise _no("audio_sample_rate must be a whole number from 16000 to 48000 (Hz)")
        capabilities = auth.get("capabilities")
        if capabilities is None:
            capabilities = {}
        if not isinstance(capabilities, dict):
            raise _no("capabilities must be an object")
        key_id, token = await self._credential(auth, character_id, player_id)
        if not await self._db.run(self._characters.exists, character_id):
            raise _no(f"character not found: there is no character {character_id[:64]!r} on this gateway")
        return Visitor(
            key_id=key_id,
            character_id=character_id,
            player_id=player_id,
            audio_sample_rate=rate,
            realtime_memory=auth.get("realtime_memory") is True,
            client_action=capabilities.get("client_action") is True,
            speaker=capabilities.get("speaker") is not False,
            microphone=capabilities.get("microphone") is not False,
            token=token,
        )

    async def _credential(self, auth: dict[str, Any], character_id: str, player_id: str) -> tuple[str, Optional[Token]]:
        secret = auth.get("api_key")
        if not secret and auth.get("client_token"):
            raise _no("this gateway takes API keys and session tokens, not restricted client tokens")
        if not isinstance(secret, str) or not secret:
            raise _no("no API key was given (api_key)")
        if secret.startswith("sst_"):
            token = await self._db.run(self._keys.find_token, secret)
            if token is None or token.expired:
                raise _no("the session token is not valid, or its time is over")
            if (token.character_id, token.player_id) != (character_id, player_id):
                raise _no("the session token is for another character or player")
            # a recipient who opens the link again goes on counting
            return token.recipient_id or token.id, token
        key_id = await self.key(secret)
        if key_id is None:
            raise _no("the API key is not valid")
        return key_id, None


def _no(reason: str) -> Refused:
    return Refused("auth_error", {"error": reason})


def _required(auth: dict[str, Any], name: str) -> str:
    value = auth.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _no(f"{name} is missing" if value in (None, "") else f"{name} must be a string that is not empty")
    return value
