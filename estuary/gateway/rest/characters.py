"""``/api/v1/characters``: create, list, read, change, remove."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from ..schemas import CharacterBody, CharacterList, CharacterOut
from .deps import (
    BAD_BODY,
    ERRORS,
    MAX_OFFSET,
    BaseUrl,
    CharacterId,
    OwnPlayer,
    ServicesDep,
    absolute,
    not_found,
    require_key,
)

__all__ = ["router"]

router = APIRouter(
    prefix="/api/v1/characters", tags=["characters"], dependencies=[Depends(require_key)], responses=ERRORS
)


@router.post("", summary="Create a character", responses=BAD_BODY)
async def create(body: CharacterBody, services: ServicesDep, base: BaseUrl, player: OwnPlayer = None) -> CharacterOut:
    """Every section may be left out. With `X-Player-Id` the character belongs to that player's list."""
    return absolute(base, await services.database.run(services.characters.create, body, player))


@router.get("", summary="List characters")
async def listing(
    services: ServicesDep,
    base: BaseUrl,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    player: OwnPlayer = None,
) -> CharacterList:
    """Newest first. With `X-Player-Id`, without those that were made for other players."""
    page, total = await services.database.run(services.characters.page, limit, offset, player)
    page = [absolute(base, character) for character in page]
    return CharacterList(characters=page, total=total, limit=limit, offset=offset)


@router.get("/{character_id}", summary="Read a character")
async def read(character_id: CharacterId, services: ServicesDep, base: BaseUrl) -> CharacterOut:
    """One character."""
    found = await services.database.run(services.characters.get, character_id)
    if found is None:
        raise not_found("character", character_id)
    return absolute(base, found)


_PATCH = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CharacterBody"}}},
    }
}


@router.put("/{character_id}", summary="Change a character", openapi_extra=_PATCH, responses=BAD_BODY)
async def change(
    character_id: CharacterId, services: ServicesDep, base: BaseUrl, body: Annotated[dict[str, Any], Body()]
) -> CharacterOut:
    """What is left out stays as it is, inside sections too; `null` goes back to the default; `actions` are replaced."""
    try:
        changed = await services.database.run(services.characters.update, character_id, body)
    except ValidationError as error:
        problems = [{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors(include_url=False)]
        raise RequestValidationError(problems) from error
    if changed is None:
        raise not_found("character", character_id)
    return absolute(base, changed)


@router.delete("/{character_id}", status_code=204, response_model=None, summary="Remove a character")
async def remove(character_id: CharacterId, services: ServicesDep) -> None:
    """Its conversations and all that it knows of its players go with it."""
    if not await services.database.run(services.characters.delete, character_id):
        raise not_found("character", character_id)
    services.memory.cache.clear()
