"""``/api/v1/characters/{id}/players/{player}/memories``: what a character remembers of a player."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Optional
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Depends, HTTPException, Query

from ..access import MAX_PLAYER_ID
from ..memory.records import Records
from ..memory.schemas import (
    CoreFactList,
    Deleted,
    GraphOut,
    Match,
    MemoryList,
    MemoryStats,
    MemoryType,
    SearchBody,
    SearchOut,
    Status,
    Timeline,
)
from ..memory.transfer import Document, Imported, Transfer
from ..schemas import Problem
from ..storage.turnlog import NoSuchCharacter, TurnLog
from ..text import has_controls
from .deps import ERRORS, CharacterId, PlayerId, Services, ServicesDep, not_found, require_key

__all__ = ["router"]

router = APIRouter(
    prefix="/api/v1/characters/{character_id}/players/{player_id:path}/memories",
    tags=["memories"],
    dependencies=[Depends(require_key)],
    responses=ERRORS,
)

_BAD: dict[Any, dict[str, Any]] = {400: {"model": Problem, "description": "The request can't be right"}}


async def _records(character_id: CharacterId, services: ServicesDep) -> Records:
    if not await services.database.run(services.characters.exists, character_id):
        raise not_found("character", character_id)
    return Records(services.database)


#: the memories, of a character that exists; a player who never talked to it is no error: nothing is remembered
RecordsDep = Annotated[Records, Depends(_records)]


async def _conversation(services: Services, character_id: str, player_id: str) -> Optional[str]:
    return await services.database.run(services.memory.conversation, character_id, player_id)


@router.get("", summary="List memories")
async def listing(
    character_id: CharacterId,
    player_id: PlayerId,
    services: ServicesDep,
    records: RecordsDep,
    memory_type: Annotated[Optional[MemoryType], Query(alias="memoryType")] = None,
    status: Annotated[Optional[Status], Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> MemoryList:
    """Newest first, whatever became of them, unless `status` says otherwise."""
    return await services.database.run(
        records.page, character_id, player_id, memory_type=memory_type, status=status, limit=limit, offset=offset
    )


_When = Annotated[Optional[str], Query(max_length=40, description="ISO 8601, a date or a time; UTC without an offset")]


@router.get("/timeline", summary="Memories over time", responses=_BAD)
async def timeline(
    character_id: CharacterId,
    player_id: PlayerId,
    services: ServicesDep,
    records: RecordsDep,
    start_date: Annotated[_When, Query(alias="startDate")] = None,
    end_date: Annotated[_When, Query(alias="endDate", description="a date counts as a whole")] = None,
    group_by: Annotated[Literal["day", "week", "month"], Query(alias="groupBy")] = "day",
    time_zone: Annotated[
        Optional[str],
        Query(
            alias="timeZone",
            max_length=64,
            description="where days begin, such as `Europe/Paris`; otherwise the offset of `startDate`, or UTC",
        ),
    ] = None,
) -> Timeline:
    """By when they were told, oldest first. `timeZone` is this gateway's own."""
    zone = _zone(time_zone)
    start, start_zone = _time("startDate", start_date, zone, last=False)
    end, end_zone = _time("endDate", end_date, zone, last=True)
    return await services.database.run(
        records.timeline,
        character_id,
        player_id,
        start=start,
        end=end,
        group_by=group_by,
        zone=zone or start_zone or end_zone or dt.timezone.utc,
    )


@router.get("/stats", summary="Statistics")
async def stats(
    character_id: CharacterId, player_id: PlayerId, services: ServicesDep, records: RecordsDep
) -> MemoryStats:
    """The memories in figures."""
    return await services.database.run(records.stats, character_id, player_id)


@router.get("/core-facts", summary="Core facts")
async def core_facts(
    character_id: CharacterId, player_id: PlayerId, services: ServicesDep, records: RecordsDep
) -> CoreFactList:
    """What is always in the character's mind: `name`, `location`, `occupation`, `interests`…"""
    return await services.database.run(records.core_facts, character_id, player_id)


@router.get("/graph", summary="Knowledge graph")
async def graph(
    character_id: CharacterId,
    player_id: PlayerId,
    services: ServicesDep,
    records: RecordsDep,
    include_entities: Annotated[bool, Query(alias="includeEntities")] = True,
    include_character_memories: Annotated[
        bool, Query(alias="includeCharacterMemories", description="also what the character remembers of itself")
    ] = False,
) -> GraphOut:
    """The user, clusters, active memories and the entities they speak of, and how they hang together."""
    conversation = await _conversation(services, character_id, player_id)
    if conversation is None:
        return GraphOut.empty(player_id)
    found = await services.database.run(
        services.memory.graphs.graph,
        conversation,
        player_id,
        include_entities=include_entities,
        include_character_memories=include_character_memories,
    )
    if found.stale:
        services.memory.regroup(conversation)
    return found


@router.get("/export", summary="Export everything")
async def export(
    character_id: CharacterId,
    player_id: PlayerId,
    services: ServicesDep,
    records: RecordsDep,
    include_messages: Annotated[bool, Query(alias="includeMessages")] = False,
) -> Document:
    """All that the character knows of the player, as one document. A route of this gateway, not of the platform."""
    conversation = await _conversation(services, character_id, player_id)
    return await services.database.run(
        Transfer(services.database).export, conversation, character_id, player_id, with_messages=include_messages
    )


@router.post("/import", summary="Import a document", responses=_BAD)
async def load(
    character_id: CharacterId, player_id: PlayerId, services: ServicesDep, records: RecordsDep, body: Document
) -> Imported:
    """Add what was exported, here or elsewhere; a second time it changes nothing.

    The answer counts what was added. What is known here already is left as it is, and messages come in only where the
    conversation has no others. A route of this gateway, not of the platform.
    """
    if len(player_id) > MAX_PLAYER_ID or has_controls(player_id) or not player_id.strip():
        raise HTTPException(400, "no player can have this id")
    try:
        conversation = await services.database.run(TurnLog(services.database).open, character_id, player_id)
    except NoSuchCharacter:
        raise not_found("character", character_id) from None
    imported = await services.database.run(Transfer(services.database).load, conversation, body)
    services.memory.prepare(conversation)
    return imported


@router.post("/search", summary="Search by meaning")
async def search(
    character_id: CharacterId, player_id: PlayerId, services: ServicesDep, records: RecordsDep, body: SearchBody
) -> SearchOut:
    """The active memories that fit best, best first. A search changes nothing."""
    conversation = await _conversation(services, character_id, player_id)
    found = [] if conversation is None else await services.memory.search(conversation, body.query, body.limit)
    results = [Match(memory_id=hit.id, similarity=hit.similarity, content=hit.content) for hit in found]
    return SearchOut(results=results, query=body.query, total=len(results))


@router.delete("", summary="Forget everything", responses=_BAD)
async def forget(
    character_id: CharacterId,
    player_id: PlayerId,
    services: ServicesDep,
    records: RecordsDep,
    confirm: Annotated[bool, Query(description="must be true")] = False,
) -> Deleted:
    """For good: memories, core facts, entities, relations. The messages stay, but the character heeds them no more."""
    if not confirm:
        raise HTTPException(400, "this deletes all memories of the player for good: ask for it with confirm=true")
    conversation = await _conversation(services, character_id, player_id)
    if conversation is None:
        return Deleted(deleted_count=0)
    count = await services.database.run(records.forget, conversation)
    services.memory.cache.drop(conversation)
    return Deleted(deleted_count=count)


def _zone(name: Optional[str]) -> Optional[dt.tzinfo]:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise HTTPException(400, f"timeZone: there is no time zone {name[:64]!r}") from None


def _time(
    name: str, text: Optional[str], zone: Optional[dt.tzinfo], *, last: bool
) -> tuple[Optional[dt.datetime], Optional[dt.tzinfo]]:
    """The time that is meant, in UTC, and the zone that it was given with. The end of a day is its last moment."""
    if not text:
        return None, None
    # "+" in a query is a space where it was not escaped
    text = text.strip().replace(" ", "+") if "T" in text else text.strip()
    try:
        moment = dt.datetime.fromisoformat(text[:-1] + "+00:00" if text[-1:] in "zZ" else text)
        if len(text) == 10 and last:
            moment += dt.timedelta(days=1)
        given = moment.tzinfo
        if given is None:
            moment = moment.replace(tzinfo=zone or dt.timezone.utc)
        elif last and len(text) > 10:
            moment += dt.timedelta(microseconds=1)
        return moment.astimezone(dt.timezone.utc), given
    except (ValueError, OverflowError):
        raise HTTPException(400, f"{name} must be a date or a time in ISO 8601, not {text[:40]!r}") from None
