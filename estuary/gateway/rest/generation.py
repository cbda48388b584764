"""``/api/v1/characters/from-image`` and ``/{id}/model``: characters from pictures, their 3D models, and the files."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Optional

from fastapi import APIRouter, Body, Depends, File, Header, HTTPException, Path, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from ..generation.maker import ModelMaker
from ..generation.persona import Described, describe
from ..generation.picture import BadPicture, Picture, PictureTooLarge, measure
from ..schemas import CharacterBody, CharacterOut, Problem
from ..storage import generation as kept
from ..storage.characters import FILES
from .deps import (
    BAD_BODY,
    ERRORS,
    NO_NUL,
    BaseUrl,
    CharacterId,
    OwnPlayer,
    ServicesDep,
    absolute,
    not_found,
    require_key,
)
from .problems import invalid

__all__ = ["MAX_IMAGE", "router"]

router = APIRouter(tags=["generation"])

#: bytes of a picture
MAX_IMAGE = 10 * 1024 * 1024


class ModelBody(BaseModel):
    """What kind of model: ``rigged`` has a skeleton and animations."""

    rigged: bool = False


class ModelOut(BaseModel):
    """How far a model is. ``modelStatus`` is ``pending``, ``in_progress``, ``completed`` or ``failed``."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, protected_namespaces=())

    character_id: str
    model_status: str
    model_url: Optional[str]
    model_preview_url: Optional[str]
    thumbnail_url: Optional[str]
    progress: int
    rigged: bool
    animations: list[str]


def _maker(request: Request) -> ModelMaker:
    maker: ModelMaker = request.app.state.models
    return maker


MakerDep = Annotated[ModelMaker, Depends(_maker)]


@router.post(
    "/api/v1/characters/from-image",
    status_code=201,
    summary="Make a character from a picture",
    responses={**BAD_BODY, 401: ERRORS[401]},
)
async def from_image(
    services: ServicesDep,
    maker: MakerDep,
    base: BaseUrl,
    key_id: Annotated[str, Depends(require_key)],
    image: Annotated[UploadFile, File(description="JPEG, PNG or WebP")],
    idempotency_key: Annotated[
        Optional[str], Header(max_length=255, description="The same key gives the same character again")
    ] = None,
    player: OwnPlayer = None,
) -> CharacterOut:
    """No model looks at the picture: its size, colours, brightness, contrast, warmth and detail are measured, and the
    character is derived from them by fixed rules. The picture is kept."""
    if image.size is not None and image.size > MAX_IMAGE:
        raise HTTPException(413, f"the image has {image.size:,} bytes; {MAX_IMAGE:,} are allowed")
    data = await image.read()
    if not data:
        raise invalid("the image is empty", "body", "image")
    key = None if idempotency_key is None else f"{key_id}:{idempotency_key}"
    request = f"{player or ''}:{hashlib.sha256(data).hexdigest()}"
    run = services.database.run
    try:
        made = None if key is None else await run(maker.store.made, key, request)
        if made is None:
            picture, described = await run(_derive, data)
            made = await run(
                maker.store.make,
                _body(described),
                _look(picture, described, data),
                player_id=player,
                key=key,
                request=request,
            )
    except BadPicture as error:
        raise invalid(str(error), "body", "image") from None
    except PictureTooLarge as error:
        raise HTTPException(413, str(error)) from None
    except kept.OtherRequest:
        detail = "this Idempotency-Key was used for another picture or player: use another key"
        raise invalid(detail, "header", "Idempotency-Key") from None
    return absolute(base, made)


def _derive(data: bytes) -> tuple[Picture, Described]:
    picture = measure(data)
    return picture, describe(picture, data)


def _body(described: Described) -> CharacterBody:
    persona = {name: getattr(described, name) for name in ("name", "tagline", "personality", "background")}
    return CharacterBody.model_validate({"persona": persona})


def _look(picture: Picture, described: Described, data: bytes) -> kept.Look:
    return kept.Look(
        appearance=described.appearance,
        palette=picture.colors,
        source=kept.File(picture.media_type, data),
        avatar=kept.File("image/png", picture.avatar),
    )


_MODEL = "/api/v1/characters/{character_id}/model"
_CONFLICT: dict[int | str, dict[str, Any]] = {
    **ERRORS,
    **BAD_BODY,
    409: {"model": Problem, "description": "One is being made just now"},
}


@router.post(_MODEL, summary="Make a 3D model", dependencies=[Depends(require_key)], responses=_CONFLICT)
async def make_model(
    character_id: CharacterId,
    services: ServicesDep,
    maker: MakerDep,
    base: BaseUrl,
    body: Annotated[Optional[ModelBody], Body()] = None,
) -> ModelOut:
    """A small figure in the colours of the character's picture, or of its name; made in the background as binary glTF.

    It takes the place of an earlier one when it is ready."""
    try:
        model = await maker.start(character_id, rigged=body is not None and body.rigged)
    except kept.StillRunning:
        raise HTTPException(409, "a 3D model of this character is being made just now") from None
    if model is None:
        raise not_found("character", character_id)
    return _shown(model, base)


@router.get(_MODEL, summary="State of the 3D model", dependencies=[Depends(require_key)], responses=ERRORS)
async def model_status(character_id: CharacterId, services: ServicesDep, maker: MakerDep, base: BaseUrl) -> ModelOut:
    """Ask until it is `completed` or `failed`. 404 too when none was ever asked for."""
    model = await services.database.run(maker.store.model, character_id)
    if model is None:
        if await services.database.run(services.characters.exists, character_id):
            raise HTTPException(404, "no 3D model was asked for: POST here to have one made")
        raise not_found("character", character_id)
    return _shown(model, base)


def _shown(model: kept.Model, base: str) -> ModelOut:
    def complete(url: Optional[str]) -> Optional[str]:
        return None if url is None else base + url

    return ModelOut(
        character_id=model.character_id,
        model_status=model.status,
        model_url=complete(model.url),
        model_preview_url=complete(model.preview_url),
        thumbnail_url=complete(model.thumbnail_url),
        progress=model.progress,
        rigged=model.rigged,
        animations=list(model.animations),
    )


@router.get(
    FILES + "{name}",
    summary="Read a file",
    response_class=Response,
    responses={
        200: {"description": "A picture or a 3D model", "content": {kind: {} for kind in kept.MEDIA_TYPES}},
        404: ERRORS[404],
    },
)
async def file(
    name: Annotated[str, Path(max_length=64, pattern=NO_NUL, description="As in the addresses given out here")],
    services: ServicesDep,
    maker: MakerDep,
) -> Response:
    """Needs no key, since browsers send none for a picture or a model: the name can't be guessed."""
    found = await services.database.run(maker.store.file, name)
    if found is None:
        raise HTTPException(404, "there is no such file")
    headers = {
        # a file never changes under its name
        "Cache-Control": "private, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        # viewers of 3D models load them by script
        "Access-Control-Allow-Origin": "*",
    }
    return Response(found.data, media_type=found.media_type, headers=headers)
