"""What the routes share: the state they work on, the check of the key, the players' names."""

from __future__ import annotations

from typing import Annotated, Any, Optional

from attrs import frozen
from fastapi import Depends, Header, HTTPException, Path, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from ..access import MAX_PLAYER_ID, Access
from ..memory.service import MemoryService
from ..schemas import CharacterOut, Problem
from ..storage.characters import FILES, CharacterStore
from ..storage.conversations import ConversationStore
from ..storage.database import Database

__all__ = [
    "BAD_BODY",
    "ERRORS",
    "MAX_OFFSET",
    "NO_NUL",
    "BaseUrl",
    "CharacterId",
    "OwnPlayer",
    "PlayerId",
    "Services",
    "ServicesDep",
    "absolute",
    "not_found",
    "require_bearer",
    "require_key",
]

#: the answers that every route may give
ERRORS: dict[Any, dict[str, Any]] = {
    401: {"model": Problem, "description": "The API key is missing or not valid"},
    404: {"model": Problem, "description": "There is no such thing"},
}

#: the answers that every route with a body may give besides
BAD_BODY: dict[Any, dict[str, Any]] = {
    400: {"model": Problem, "description": "The body can't be read"},
    413: {"model": Problem, "description": "The body is too large"},
}

_bearer = HTTPBearer(auto_error=False, description="An API key of this gateway (`est_…`)")
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
    return await _valid(services, key, "X-API-Key header")


async def require_bearer(
    services: ServicesDep, given: Annotated[Optional[HTTPAuthorizationCredentials], Security(_bearer)] = None
) -> str:
    """As ``require_key``, for the routes that take the key as a bearer token."""
    key = given.credentials if given is not None else None
    return await _valid(services, key, "Authorization header (Bearer est_…)")


async def _valid(services: Services, key: Optional[str], place: str) -> str:
    if not key:
        raise HTTPException(401, f"the API key is missing: send it in the {place}")
    if key.startswith("sst_"):
        raise HTTPException(401, "session tokens of share links are not accepted by REST: use an API key")
    key_id = await services.access.key(key)
    if key_id is None:
        raise HTTPException(401, "the API key is not valid")
    return key_id


def not_found(what: str, name: str) -> HTTPException:
    """404."""
    return HTTPException(404, f"{what} not found: {name[:64]!r}")


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


#: where the client sees this gateway, without a slash at the end
BaseUrl = Annotated[str, Depends(_base)]


def absolute(base: str, character: CharacterOut) -> CharacterOut:
    """The character with the addresses of files made complete."""
    names = ("avatar", "source_image_url", "model_url", "model_preview_url")
    found = {name: getattr(character, name) for name in names}
    change = {name: base + url for name, url in found.items() if url is not None and url.startswith(FILES)}
    return character.model_copy(update=change) if change else character


#: what PostgreSQL can't hold is in no name
NO_NUL = r"^[^\x00]*$"
#: more than anybody has; what is larger does not fit into the database's integers
MAX_OFFSET = 2**31

CharacterId = Annotated[str, Path(description="The character's id", max_length=64, pattern=NO_NUL)]
PlayerId = Annotated[
    str, Path(description="The player's id, as the application chose it", max_length=MAX_PLAYER_ID, pattern=NO_NUL)
]
OwnPlayer = Annotated[
    Optional[str],
    Header(alias="X-Player-Id", max_length=MAX_PLAYER_ID, description="The player on whose behalf the request is made"),
]
