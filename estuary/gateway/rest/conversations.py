"""``/api/v1/characters/{id}/players``: the conversations of a character."""

from __future__ import annotations

from typing import Annotated, Literal, Optional

from fastapi import APIRouter, Depends, Query

from ..schemas import ConversationList, ConversationOut, MessageList, Pagination, PlayerStats
from .deps import ERRORS, MAX_OFFSET, NO_NUL, CharacterId, PlayerId, Services, ServicesDep, not_found, require_key

__all__ = ["router"]

router = APIRouter(
    prefix="/api/v1/characters/{character_id}/players",
    tags=["conversations"],
    dependencies=[Depends(require_key)],
    responses=ERRORS,
)


async def _existing(services: Services, character_id: str) -> None:
    if not await services.database.run(services.characters.exists, character_id):
        raise not_found("character", character_id)


@router.get("/stats", summary="Statistics of all conversations")
async def stats(character_id: CharacterId, services: ServicesDep) -> PlayerStats:
    """All conversations of the character in four figures."""
    await _existing(services, character_id)
    return await services.database.run(services.conversations.stats, character_id)


@router.get("", summary="List conversations")
async def listing(
    character_id: CharacterId,
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    sort_by: Annotated[
        Literal["last_activity", "created_at", "message_count", "player_id"], Query(alias="sortBy")
    ] = "last_activity",
    sort_order: Annotated[Literal["asc", "desc"], Query(alias="sortOrder")] = "desc",
    player_search: Annotated[
        Optional[str],
        Query(alias="playerSearch", max_length=255, pattern=NO_NUL, description="part of the player's id"),
    ] = None,
    min_messages: Annotated[Optional[int], Query(alias="minMessages", ge=0, le=MAX_OFFSET)] = None,
) -> ConversationList:
    """One conversation for each player who has ever opened a session."""
    await _existing(services, character_id)
    page, total = await services.database.run(
        services.conversations.page,
        character_id,
        limit=limit,
        offset=offset,
        sort_by=sort_by,
        descending=sort_order == "desc",
        player_search=player_search,
        min_messages=min_messages,
    )
    return ConversationList(
        conversations=page, total=total, limit=limit, offset=offset, sort_by=sort_by, sort_order=sort_order
    )


# Players' ids are chosen by applications and may hold slashes, hence ":path"; the longer route comes first.
@router.get("/{player_id:path}/messages", summary="Read messages")
async def messages(
    character_id: CharacterId,
    player_id: PlayerId,
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> MessageList:
    """Oldest first. `page` counts from 1."""
    found = await services.database.run(
        services.conversations.messages, character_id, player_id, limit=limit, page=page
    )
    if found is None:
        raise not_found("conversation with player", player_id)
    items, total = found
    return MessageList(
        messages=items, pagination=Pagination(page=page, limit=limit, total=total, has_more=page * limit < total)
    )


@router.get("/{player_id:path}", summary="Read a conversation")
async def read(character_id: CharacterId, player_id: PlayerId, services: ServicesDep) -> ConversationOut:
    """The conversation of one player."""
    found = await services.database.run(services.conversations.get, character_id, player_id)
    if found is None:
        raise not_found("conversation with player", player_id)
    return found


@router.delete("/{player_id:path}", status_code=204, response_model=None, summary="Remove a conversation")
async def remove(character_id: CharacterId, player_id: PlayerId, services: ServicesDep) -> None:
    """Its messages and all that the character knows of the player go with it."""
    conversation = await services.database.run(services.memory.conversation, character_id, player_id)
    if not await services.database.run(services.conversations.delete, character_id, player_id):
        raise not_found("conversation with player", player_id)
    if conversation is not None:
        services.memory.cache.drop(conversation)
