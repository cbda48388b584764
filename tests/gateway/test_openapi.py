"""The gateway does what its OpenAPI description says, whatever it is asked: generated requests, none of them a 500."""

from __future__ import annotations

import io
import os
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

import estuary

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed (the dev extra has it)")

pytestmark = pytest.mark.leaks_ok(reason="the gateway of this module starts its threads when they are needed")

#: requests to each route
EXAMPLES = int(os.environ.get("ESTUARY_EXAMPLES", "10"))

PATHS = (
    "/health",
    "/api/v1/characters",
    "/api/v1/characters/{character_id}",
    "/api/v1/characters/from-image",
    "/api/v1/characters/{character_id}/model",
    "/api/v1/characters/{character_id}/players",
    "/api/v1/characters/{character_id}/players/stats",
    "/api/v1/characters/{character_id}/players/{player_id}",
    "/api/v1/characters/{character_id}/players/{player_id}/messages",
    "/api/v1/characters/{character_id}/players/{player_id}/memories",
    "/api/v1/characters/{character_id}/players/{player_id}/memories/core-facts",
    "/api/v1/characters/{character_id}/players/{player_id}/memories/export",
    "/api/v1/characters/{character_id}/players/{player_id}/memories/graph",
    "/api/v1/characters/{character_id}/players/{player_id}/memories/import",
    "/api/v1/characters/{character_id}/players/{player_id}/memories/search",
    "/api/v1/characters/{character_id}/players/{player_id}/memories/stats",
    "/api/v1/characters/{character_id}/players/{player_id}/memories/timeline",
    "/api/v1/files/{name}",
    "/api/v1/share",
    "/api/v1/share/{share_id}",
    "/api/v1/share/{token}/exchange",
    "/api/v1/share/{share_id}/open",
)


@pytest.fixture(scope="module")
def served() -> Any:
    from estuary.gateway import serve

    with serve() as gateway:
        with gateway.session(player_id="alice") as session:
            session.send("My name is Alice and I live in Oslo.")
        yield gateway


@pytest.fixture(scope="module")
def schema(served: Any) -> Any:
    return schemathesis.openapi.from_url(f"{served.url}/openapi.json", wait_for_schema=10)


def operations(schema: Any) -> list[Any]:
    return [found.ok() for found in schema.get_all_operations()]


def test_all_routes_are_tried(schema: Any) -> None:
    assert {operation.path.replace(":path", "") for operation in operations(schema)} == set(PATHS)


@pytest.mark.limit(120)
@pytest.mark.parametrize("path", PATHS)
def test_no_request_is_too_much(served: Any, schema: Any, path: str) -> None:
    """With the right key, so that it comes to more than 401, and mostly for things that there are."""
    headers = {"X-API-Key": served.api_key, "Authorization": f"Bearer {served.api_key}"}
    schemathesis.checks.load_all_checks()
    names = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
    checks = [schemathesis.checks.CHECKS.get_one(name) for name in names]
    known = there_is(served)
    with requests.Session() as session:
        for operation in operations(schema):
            if operation.path.replace(":path", "") != path:
                continue

            @seeded(20250801)
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=cases(operation), real=st.sampled_from((True, True, True, False)))
            def ask(case: Any, real: bool) -> None:
                if real:
                    names = case.path_parameters or {}
                    if case.method == "DELETE" and set(names) == {"character_id"}:
                        return  # the others need it
                    names.update({name: known[name] for name in names if name in known})
                    if isinstance(case.body, dict) and "characterId" in case.body:
                        case.body["characterId"] = served.character_id
                response = case.call(headers=headers, session=session, timeout=20)
                case.validate_response(response, checks=checks, headers=headers)

            ask()


def there_is(served: Any) -> dict[str, str]:
    """Parameters of paths that lead to something."""
    with estuary.Client(api_key=served.api_key, server_url=served.url) as client:
        share = client.shares.create(served.character_id, permanent=True)
        made = client.generation.character_from_image(small_picture(), player_id="alice", idempotency_key="x")
    return {
        "character_id": served.character_id,
        "player_id": "alice",
        "share_id": share.raw["id"],
        "token": share.token,
        "name": str(made.source_image_url).rpartition("/")[2],
    }


def small_picture() -> bytes:
    Image = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    Image.effect_mandelbrot((24, 24), (-2, -1.5, 1, 1.5), 20).save(file, "PNG")
    return file.getvalue()


def cases(operation: Any) -> Any:
    modes = schemathesis.GenerationMode
    return st.one_of(operation.as_strategy(generation_mode=mode) for mode in (modes.POSITIVE, modes.NEGATIVE))


def test_pictures_of_any_kind(served: Any) -> None:
    """What schemathesis can't think of: files that begin as pictures do."""
    good = small_picture()
    headers = {"X-API-Key": served.api_key}
    with requests.Session() as session:

        @seeded(20250801)
        @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(at=st.integers(8, len(good) - 1), value=st.binary(max_size=6), cut=st.booleans())
        def ask(at: int, value: bytes, cut: bool) -> None:
            data = good[:at] + value + (b"" if cut else good[at + len(value) :])
            answer = session.post(
                f"{served.url}/api/v1/characters/from-image",
                files={"image": ("x.png", data, "image/png")},
                headers=headers,
                timeout=20,
            )
            assert answer.status_code in (201, 413, 422), answer.text

        ask()
