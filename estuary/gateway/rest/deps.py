"""What the routes share: the state they work on, the check of the key, the players' names."""

from __future__ import annotations

from typing import Annotated, Any, Optional

from attrs import frozen
from fastapi import Depends, Header, HTTPException, Path, Request, Security
from fastapi.security import APIKeyHeader

from ..access import MAX_PLAYER_ID, Access
from ..memory.service import MemoryService
from ..schemas import Problem
from ..storage.characters import CharacterStore
from ..storage.conversations import ConversationStore
from ..storage.database import Database

__all__ = ["ERRORS", "CharacterId", "OwnPlayer", "PlayerId", "Services", "ServicesDep", "not_found", "require_key"]

#: the answers that every route may give
ERRORS: dict[Any, dict[str, Any]] = {
    401: {"model": Problem, "description": "The API key is missing or not valid"},
    404: {"model": Problem, "description": "There is no such thing"},
}

_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key of this gateway (`est_…`)")


@frozen
class Services:
    """What the routes work on."""

    database: Database
    characters: CharacterStore
    conversations: ConversationStore
    access: Access
    memory: MemoryService


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]


async def require_key(services: ServicesDep, key: Annotated[Optional[str], Security(_header)] = None) -> str:
    """The id of the key that the request carries.

    Raises:
        HTTPException: 401, there is none or it is not valid.
    """
    if not key:
        raise HTTPException(401, "the API key is missing: send it in the X-API-Key header")
    if key.startswith("sst_"):
        raise HTTPException(401, "session tokens of share links are not accepted by REST: use an API key")
    key_id = await services.access.key(key)
    if key_id is None:
        raise HTTPException(401, "the API key is not valid")
    return key_id


def not_found(what: str, name: str) -> HTTPException:
    """404."""
    return HTTPException(404, f"{what} not found: {name[:64]!r}")


CharacterId = Annotated[str, Path(description="The character's id", max_length=64)]
PlayerId = Annotated[str, Path(description="The player's id, as the application chose it", max_length=MAX_PLAYER_ID)]
OwnPlayer = Annotated[
    Optional[str],
    Header(alias="X-Player-Id", max_length=MAX_PLAYER_ID, description="The player on whose behalf the request is made"),
]
