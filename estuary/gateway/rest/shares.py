"""``/api/v1/share``: links that let others talk to a character."""

from __future__ import annotations

import datetime as dt
import html
from typing import Annotated, Any, Literal, Optional

from fastapi import APIRouter, Body, Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from ..guests import Guests
from ..schemas import Problem
from ..storage.shares import Gone, Grant, NoShare, RecipientNeeded, ShareStore, Used
from .deps import BAD_BODY, ERRORS, NO_NUL, BaseUrl, Services, ServicesDep, absolute, not_found, require_bearer
from .problems import invalid

__all__ = ["router"]

router = APIRouter(tags=["shares"])

_UNKNOWN: dict[int | str, dict[str, Any]] = {
    **BAD_BODY,
    403: {"model": Problem, "description": "It has all the recipients it may have"},
    404: {"model": Problem, "description": "There is no such link"},
    410: {"model": Problem, "description": "It was revoked, or its time is over"},
}


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ShareBody(_Camel):
    """A link to make. ``ttl`` and ``maxExchanges`` don't count for a permanent one."""

    character_id: Annotated[str, Field(max_length=64, pattern=NO_NUL)]
    permanent: bool = False
    ttl: Literal["24h", "7d", "30d", "90d"] = "7d"
    memory_sharing: Annotated[
        Literal["isolated", "shared"], Field(description="isolated: each recipient is a player of their own")
    ] = "isolated"
    max_exchanges: Annotated[int, Field(ge=1, le=100, description="recipients it may have")] = 5
    max_interactions: Annotated[
        Optional[int], Field(ge=1, le=1_000_000, description="messages that each recipient may send")
    ] = None


class ShareOut(_Camel):
    """A link. ``token`` can't be seen again; ``id`` is what revokes it, and opens it if it is permanent."""

    id: str
    token: str
    share_url: str
    expires_at: Optional[dt.datetime]
    anchor_url: Optional[str] = None


class RecipientBody(_Camel):
    """Who redeems a link: any name that the recipient will give again next time."""

    recipient_id: Annotated[Optional[str], Field(min_length=1, max_length=255)] = None


class SharedCharacter(BaseModel):
    """What a recipient may know of the character."""

    id: str
    name: str
    tagline: str
    avatar: Optional[str]
    text_only: bool
    model_status: Optional[str]
    model_url: Optional[str]


class ShareSessionOut(_Camel):
    """What a session needs. ``sessionToken`` stands in the place of an API key; it has no access to REST."""

    session_token: str
    character_id: str
    player_id: str
    server_url: str
    character: SharedCharacter


class RevokedOut(_Camel):
    """What the end of a link brought to an end: sessions of this gateway, and session tokens."""

    revoked: bool
    killed_sessions: int
    removed_session_blobs: int


def _store(services: ServicesDep) -> ShareStore:
    return ShareStore(services.database)


StoreDep = Annotated[ShareStore, Depends(_store)]
_Name = Annotated[str, Path(max_length=200, pattern=NO_NUL)]
_Recipient = Annotated[Optional[RecipientBody], Body()]


@router.post(
    "/api/v1/share",
    summary="Make a share link",
    dependencies=[Depends(require_bearer)],
    responses={**BAD_BODY, **ERRORS},
    response_model_exclude_unset=True,
)
async def create(body: ShareBody, services: ServicesDep, store: StoreDep, base: BaseUrl) -> ShareOut:
    """The key goes into the `Authorization` header (`Bearer est_…`)."""
    made = await services.database.run(
        store.create,
        body.character_id,
        permanent=body.permanent,
        ttl=body.ttl,
        memory_sharing=body.memory_sharing,
        max_exchanges=body.max_exchanges,
        max_interactions=body.max_interactions,
    )
    if made is None:
        raise not_found("character", body.character_id)
    fields: dict[str, Any] = {"anchor_url": f"{base}/share/{made.id}"} if made.permanent else {}
    return ShareOut(
        id=made.id, token=made.token, share_url=f"{base}/share/{made.token}", expires_at=made.expires_at, **fields
    )


@router.post("/api/v1/share/{token}/exchange", summary="Redeem a share link", responses=_UNKNOWN)
async def exchange(
    token: _Name, services: ServicesDep, store: StoreDep, base: BaseUrl, body: _Recipient = None
) -> ShareSessionOut:
    """Needs no key. `recipientId` is required where memories are isolated; the same one again is the same player."""
    return await _redeem(services, store, base, token, body, opened=False)


@router.post("/api/v1/share/{share_id}/open", summary="Open a permanent share link", responses=_UNKNOWN)
async def open_(
    share_id: _Name, services: ServicesDep, store: StoreDep, base: BaseUrl, body: _Recipient = None
) -> ShareSessionOut:
    """Needs no key. By the link's id or its token. Without `recipientId`, whoever opens it is somebody new."""
    return await _redeem(services, store, base, share_id, body, opened=True)


async def _redeem(
    services: Services, store: ShareStore, base: str, name: str, body: Optional[RecipientBody], *, opened: bool
) -> ShareSessionOut:
    recipient = None if body is None else body.recipient_id
    try:
        grant: Grant = await services.database.run(store.redeem, name, recipient, opened=opened)
    except NoShare:
        # not even the beginning of what was asked for: it may be a token with a typing error
        raise HTTPException(404, f"there is no such {'permanent ' if opened else ''}share link") from None
    except Gone as gone:
        raise HTTPException(410, str(gone)) from None
    except Used:
        raise HTTPException(403, "the share link has all the recipients it may have (maxExchanges)") from None
    except RecipientNeeded:
        detail = "memories are isolated by recipient with this link: say who you are (recipientId)"
        raise invalid(detail, "body", "recipientId") from None
    character = await services.database.run(services.characters.get, grant.character_id)
    if character is None:  # removed in between
        raise HTTPException(404, "there is no such share link")
    return ShareSessionOut(
        session_token=grant.session_token,
        character_id=grant.character_id,
        player_id=grant.player_id,
        server_url=base,
        character=SharedCharacter.model_validate(absolute(base, character), from_attributes=True),
    )


@router.delete(
    "/api/v1/share/{share_id}",
    summary="Revoke a share link",
    dependencies=[Depends(require_bearer)],
    responses=ERRORS,
)
async def revoke(
    request: Request,
    share_id: Annotated[str, Path(max_length=64, pattern=NO_NUL, description="The link's id, not its token")],
    services: ServicesDep,
    store: StoreDep,
) -> RevokedOut:
    """Its sessions end, and their session tokens are no longer valid. May be repeated."""
    revoked = await services.database.run(store.revoke, share_id)
    if revoked is None:
        raise HTTPException(404, "there is no share link with this id (the id of its row, not its token)")
    guests: Guests = request.app.state.guests
    return RevokedOut(revoked=True, killed_sessions=guests.revoked(share_id), removed_session_blobs=len(revoked.tokens))


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em}}</style></head>
<body><h1>{title}</h1>{text}</body></html>
"""


@router.get("/share/{name}", include_in_schema=False)
async def page(name: _Name, services: ServicesDep, store: StoreDep) -> HTMLResponse:
    """Where a link leads in a browser: to how it is redeemed."""
    character_id = await services.database.run(store.look, name)
    character = None
    if character_id is not None:
        character = await services.database.run(services.characters.get, character_id)
    if character is None:
        title, text, status = "There is no such share link", "<p>It may have been revoked, or have expired.</p>", 404
    else:
        title, status = html.escape(character.name), 200
        text = (
            f"<p>{html.escape(character.tagline)}</p><p>This link lets you talk to {title} on a local Estuary gateway. "
            "An application redeems it with <code>POST /api/v1/share/…/exchange</code>; in Python that is "
            "<code>estuary.Client(server_url=…).shares.exchange(token, recipient_id=…)</code>, where the token is the "
            "last part of this page's address.</p>"
        )
    headers = {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    return HTMLResponse(_PAGE.format(title=title, text=text), status, headers)
