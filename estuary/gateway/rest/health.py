"""``GET /health``: is it there, what answers, what time is it."""

from __future__ import annotations

from fastapi import APIRouter, Request

from ... import _version
from ..schemas import Engines, Health
from ..storage.tables import now

__all__ = ["router"]

router = APIRouter(tags=["health"])


@router.get("/health", summary="State of the gateway")
async def health(request: Request) -> Health:
    """Needs no key. `engines` names what answers for each capability; `none` means that it is not available."""
    memory = request.app.state.services.memory
    engines = Engines(
        chat=request.app.state.chat.name,
        **request.app.state.voice.names(),
        vlm="none",
        memory=memory.extractor.name if memory.enabled else "none",
        embeddings=memory.embedder.name,
    )
    sessions = request.app.state.sessions()
    return Health(version=_version.__version__, time=now(), engines=engines, sessions=sessions)
