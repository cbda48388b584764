"""REST as the platform's published asyncio SDK, ``estuary-sdk``, asks for it, answered by the gateway."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable
from typing import Any, Callable

import pytest

sdk = pytest.importorskip("estuary_sdk")
Image = pytest.importorskip("PIL.Image")

CharactersClient = pytest.importorskip("estuary_sdk.rest.characters_client").CharactersClient
GenerateClient = pytest.importorskip("estuary_sdk.rest.generate_client").GenerateClient
MemoryClient = pytest.importorskip("estuary_sdk.rest.memory_client").MemoryClient
PlayersClient = pytest.importorskip("estuary_sdk.rest.players_client").PlayersClient
RestClient = pytest.importorskip("estuary_sdk.rest.rest_client").RestClient
SharesClient = pytest.importorskip("estuary_sdk.rest.shares_client").SharesClient


def ask(gateway: Any, work: Callable[[Any], Awaitable[None]]) -> None:
    """Run ``work`` with a connection of theirs."""

    async def main() -> None:
        rest = RestClient(gateway.url, gateway.api_key)
        try:
            await work(rest)
        finally:
            await rest.close()

    asyncio.run(main())


@pytest.fixture
def told(make_gateway: Any) -> Any:
    """A gateway on which Alice has told something."""
    gateway = make_gateway()
    with gateway.session(player_id="alice") as session:
        session.send("My name is Alice and I live in Oslo.")
        session.send("I love dark roast coffee.")
    return gateway


def test_characters(gateway: Any, player: str) -> None:
    async def work(rest: Any) -> None:
        characters = CharactersClient(rest, player)
        made = await characters.create("Ada", tagline="counts", personality="dry", llm_temperature=0.5, tts_speed=2.0)
        assert (made.name, made.tagline, made.llm_temperature, made.tts_speed) == ("Ada", "counts", 0.5, 2.0)
        assert await characters.get(made.id) == made
        changed = await characters.update(made.id, tagline="reckons")
        assert (changed.name, changed.tagline) == ("Ada", "reckons")
        listed = await characters.list(limit=5)
        assert made.id in {each.id for each in listed.characters}
        assert await characters.delete(made.id) == {}
        with pytest.raises(sdk.EstuaryError, match="404"):
            await characters.get(made.id)

    ask(gateway, work)


def test_players(told: Any) -> None:
    async def work(rest: Any) -> None:
        players = PlayersClient(rest, told.character_id)
        stats = await players.get_stats()
        assert (stats.total_conversations, stats.total_messages) == (1, 4)
        page = await players.list(limit=5, sort_by="message_count", sort_order="desc", player_search="ali")
        assert (page.total, page.conversations[0].player_id) == (1, "alice")
        assert (await players.get("alice")).message_count == 4
        messages = await players.get_messages("alice", limit=3, page=2)
        assert len(messages.messages) == 1
        assert messages.pagination.has_more is False
        await players.delete("alice")
        with pytest.raises(sdk.EstuaryError, match="404"):
            await players.get("alice")

    ask(told, work)


def test_memory(told: Any) -> None:
    async def work(rest: Any) -> None:
        memory = MemoryClient(rest, told.character_id, "alice")
        for _ in range(200):  # they are drawn after the turn
            listed = await memory.get_memories(limit=10)
            if any("coffee" in each.content for each in listed.memories):
                break
            await asyncio.sleep(0.05)
        assert listed.total == len(listed.memories) >= 2
        some = await memory.get_memories(memory_type="preference", status="active")
        assert {each.memory_type for each in some.memories} == {"preference"}
        found = await memory.search("what does she drink?", limit=3)
        assert "coffee" in found.results[0].content
        facts = {each.fact_key: each.fact_value for each in (await memory.get_core_facts()).core_facts}
        assert (facts["name"], facts["location"]) == ("Alice", "Oslo")
        timeline = await memory.get_timeline(start_date="2020-01-01", end_date="2099-01-01", group_by="week")
        assert timeline.total_memories >= 2
        stats = await memory.get_stats()
        assert stats.total_active >= 2
        graph = await memory.get_graph(include_entities=True, include_character_memories=False)
        assert {"user", "memory"} <= {node.type for node in graph.nodes}
        assert graph.edges
        deleted = await memory.delete_all()
        assert deleted.deleted_count >= 2
        assert (await memory.get_memories()).total == 0

    ask(told, work)


def test_generation(gateway: Any, player: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (30, 90, 160)).save(file, "JPEG")

    async def work(rest: Any) -> None:
        generate = GenerateClient(rest, player)
        made = await generate.image_to_character(file.getvalue(), _idempotency_key_override=f"{player}-key")
        assert made.name
        assert made.appearance
        assert made.player_id == player
        assert (made.source_image_url or "").startswith(gateway.url)
        again = await generate.image_to_character(file.getvalue(), _idempotency_key_override=f"{player}-key")
        assert again.id == made.id
        with pytest.raises(sdk.EstuaryError, match="422"):
            await generate.image_to_character(b"no picture")
        begun = await generate.generate_model(made.id, rigged=True)
        assert (begun["agentId"], begun["rigged"]) == (made.id, True)
        done = await generate.wait_for_model(made.id, poll_interval=0.05, timeout=30)
        assert (done.model_status, done.progress, done.animations) == ("completed", 100, ["idle", "wave"])
        assert done.model_url
        assert (await generate.get_model_status(made.id)).thumbnail_url

    ask(gateway, work)


def test_shares(gateway: Any) -> None:
    async def work(rest: Any) -> None:
        shares = SharesClient(rest)
        share = await shares.create_share(gateway.character_id, ttl="24h", max_exchanges=2, max_interactions=5)
        granted = await shares.exchange_share_token(share["token"], "bob")
        assert granted["sessionToken"].startswith("sst_")
        assert granted["characterId"] == gateway.character_id
        config = sdk.EstuaryConfig(
            server_url=granted["serverUrl"],
            api_key=granted["sessionToken"],
            character_id=granted["characterId"],
            player_id=granted["playerId"],
            auto_reconnect=False,
        )
        async with sdk.EstuaryClient(config) as client:
            await client.connect()
            assert (await client.send_text_and_wait("Hello", text_only=True, timeout=10)).text
            gone = asyncio.get_running_loop().create_future()
            client.on("disconnected", lambda *_: gone.done() or gone.set_result(None))
            told = await shares.revoke_share_token(share["id"])
            assert told == {"revoked": True, "killedSessions": 1, "removedSessionBlobs": 1}
            await asyncio.wait_for(gone, 10)
        permanent = await shares.create_share(gateway.character_id, permanent=True)
        # theirs does not say who opens it
        opened = await shares.open_share(permanent["anchorUrl"].rpartition("/")[2])
        assert opened["playerId"]
        await shares.revoke_share_token(permanent["id"])
        with pytest.raises(sdk.EstuaryError, match="410"):
            await shares.open_share(permanent["token"])

    ask(gateway, work)
