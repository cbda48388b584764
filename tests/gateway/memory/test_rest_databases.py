"""Share links and pictures on SQLite and PostgreSQL, with two gateways on one database. Here for the databases."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Union

import pytest
import requests

import estuary
from estuary.errors import APIError, QuotaExceeded

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def gateways(make_gateway: Any, location: str) -> list[Any]:
    return [make_gateway(db=location) for _ in range(2)]


@pytest.fixture
def clients(gateways: list[Any]) -> Iterator[list[estuary.Client]]:
    key = gateways[0].create_key("both")
    made = [estuary.Client(api_key=key, server_url=gateway.url) for gateway in gateways]
    yield made
    for client in made:
        client.close()


def test_both_count_recipients_together(gateways: list[Any], clients: list[estuary.Client]) -> None:
    share = clients[0].shares.create(gateways[0].character_id, max_exchanges=3)

    def redeem(number: int) -> Union[str, int]:
        try:
            return clients[number % 2].shares.exchange(share.token, f"recipient-{number % 5}").player_id
        except APIError as error:
            return error.status or 0

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(redeem, range(20)))
    assert len(answers) == 4
    assert 403 in answers


def test_a_link_that_the_other_revokes(gateways: list[Any], clients: list[estuary.Client]) -> None:
    gateways[1]._app.namespace.guests._interval = 0.05
    share = clients[0].shares.create(gateways[0].character_id, max_interactions=1)
    granted = clients[1].shares.exchange(share.token, "alice")
    ended = threading.Event()
    session = estuary.Session(
        api_key=granted.session_token,
        character_id=granted.character_id,
        player_id=granted.player_id,
        server_url=granted.server_url,
    )
    session.on("disconnected", lambda _: ended.set())
    try:
        session.send("Hello.")
        with pytest.raises(QuotaExceeded):
            session.send("Hello?")
        assert clients[0].shares.revoke(share.raw["id"])["removedSessionBlobs"] == 1
        assert ended.wait(10)
    finally:
        session.close()


def test_one_character_for_one_key(gateways: list[Any], clients: list[estuary.Client]) -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 40), (200, 10, 10)).save(file, "PNG")

    def make(number: int) -> str:
        generation = clients[number % 2].generation
        return generation.character_from_image(file.getvalue(), player_id="alice", idempotency_key="k").id

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(make, range(12)))
    (character,) = ids
    clients[0].generation.start_model(character, rigged=True)
    done = clients[1].generation.wait_for_model(character, timeout=30, interval=0.05)
    assert done.status == "completed"
    assert requests.get(str(done.url), timeout=10).content.startswith(b"glTF")
    clients[0].characters.delete(character)
    assert requests.get(str(done.url), timeout=10).status_code == 404


def test_names_that_can_not_be_stored(gateways: list[Any], clients: list[estuary.Client]) -> None:
    for client in clients:
        with pytest.raises(APIError) as caught:
            client.characters.get("\0")
        assert caught.value.status == 422
        with pytest.raises(APIError) as caught:
            client.shares.exchange("\0", "a\0b")
        assert caught.value.status == 422
    assert clients[0].characters.create("a\0b").name == "a\0b"
