"""The gateway seen by a client that we did not write: ``estuary-sdk``, the platform's published asyncio SDK."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rawclient import Hanging, Scripted

from estuary.gateway.engines.base import ActionCall, EngineError

sdk = pytest.importorskip("estuary_sdk")


def config(gateway: Any, player: str, **options: Any) -> Any:
    defaults = {
        "server_url": gateway.url,
        "api_key": gateway.api_key,
        "character_id": gateway.character_id,
        "player_id": player,
        "auto_reconnect": False,
    }
    return sdk.EstuaryConfig(**{**defaults, **options})


async def heard(client: Any, event: str, timeout: float = 10.0) -> Any:
    """The next event of this name."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def take(payload: Any) -> None:
        if not future.done():
            future.set_result(payload)

    client.on(event, take)
    try:
        return await asyncio.wait_for(future, timeout)
    finally:
        client.off(event, take)


@pytest.mark.parametrize("dialect", ["cumulative", "delta"])
def test_a_conversation(make_gateway: Any, dialect: str) -> None:
    engine = Scripted(
        script=lambda prompt: [
            "Hello ",
            f"{prompt.text}. ",
            ActionCall("wave", {"times": 2, "hard": True}),
            f"{len(prompt.history)}",
        ]
    )
    gateway = make_gateway(chat=engine, dialect=dialect)

    async def converse() -> None:
        client = sdk.EstuaryClient(config(gateway, "p"))
        chunks: list[Any] = []
        actions: list[Any] = []
        client.on("bot_response", chunks.append)
        client.on("client_action", actions.append)
        session = await client.connect()
        try:
            assert session.character_id == gateway.character_id
            assert session.player_id == "p"
            answer = await client.send_text_and_wait("one", text_only=True, timeout=10)
            assert (answer.text, answer.is_final) == ("Hello one. 0", True)
            answer = await client.send_text_and_wait("two", timeout=10)
            assert answer.text == "Hello two. 2"
            assert [chunk.chunk_index for chunk in chunks] == [0, 1, 2, 3] * 2
            assert [(action.name, action.arguments) for action in actions] == [("wave", {"times": 2, "hard": True})] * 2
            assert actions[0].message_id == chunks[0].message_id
            assert actions[0].timestamp
        finally:
            await client.disconnect()

    asyncio.run(converse())


def test_a_line_and_an_interruption(make_gateway: Any) -> None:
    engine = Hanging("Well, ")
    gateway = make_gateway(chat=engine)

    async def converse() -> None:
        async with sdk.EstuaryClient(config(gateway, "p")) as client:
            await client.connect()
            chunk = asyncio.ensure_future(heard(client, "bot_response"))
            client.send_text("hang")
            message_id = (await chunk).message_id
            interrupted = asyncio.ensure_future(heard(client, "interrupt"))
            client.say_line("A scripted line.", text_only=True)
            assert (await interrupted).message_id == message_id
            while True:
                response = await heard(client, "bot_response")
                if response.is_final:
                    break
            assert response.text == "A scripted line."

    asyncio.run(converse())
    assert engine.stopped.wait(10)


def test_refusals_and_errors(make_gateway: Any) -> None:
    gateway = make_gateway(chat=Scripted(EngineError("the model is asleep")), quota=1)

    async def converse() -> None:
        stranger = sdk.EstuaryClient(config(gateway, "p", api_key="est_wrong_key"))
        with pytest.raises(sdk.EstuaryError, match="the API key is not valid"):
            await stranger.connect()
        await stranger.disconnect()
        async with sdk.EstuaryClient(config(gateway, "p")) as client:
            await client.connect()
            error = asyncio.ensure_future(heard(client, "error"))
            client.send_text("hello")
            assert "the model is asleep" in str(await error)
            quota = asyncio.ensure_future(heard(client, "quota_exceeded"))
            client.send_text("hello")
            assert (await quota).limit == 1

    asyncio.run(converse())


def test_session_timeout(make_gateway: Any) -> None:
    gateway = make_gateway(session_timeout=0.2)

    async def wait() -> None:
        async with sdk.EstuaryClient(config(gateway, "p", auto_reconnect=True)) as client:
            await client.connect()
            gone = asyncio.ensure_future(heard(client, "disconnected"))
            timeout = await heard(client, "session_timeout")
            assert (timeout.reason, timeout.timeout_seconds) == ("inactivity", 0.2)
            await gone
            assert not client.is_connected

    asyncio.run(wait())


def test_rest(make_gateway: Any) -> None:
    gateway = make_gateway(chat=Scripted("Hello."))

    async def use() -> None:
        async with sdk.EstuaryClient(config(gateway, "p")) as client:
            await client.connect()
            await client.send_text_and_wait("hi", timeout=10)
            made = await client.characters.create(
                "Ada",
                tagline="counts",
                llm_temperature=0.25,
                tts_speed=1.5,
                vad_sensitivity=0.75,
                vlm_model="v",
                actions=[{"name": "go", "parameters": [{"name": "to", "type": "string", "required": True}]}],
            )
            assert (made.name, made.tagline, made.llm_temperature, made.tts_speed) == ("Ada", "counts", 0.25, 1.5)
            assert (made.vad_sensitivity, made.vlm_model) == (0.75, "v")
            assert (made.actions[0].name, made.actions[0].parameters[0].required) == ("go", True)
            changed = await client.characters.update(made.id, name="Bea", llm_max_tokens=5)
            assert (changed.name, changed.tagline, changed.llm_max_tokens) == ("Bea", "counts", 5)
            assert await client.characters.get(made.id) == changed
            listed = await client.characters.list()
            assert (listed.total, listed.characters[0].id) == (2, made.id)
            assert await client.characters.delete(made.id) == {}
            with pytest.raises(sdk.EstuaryError, match="404"):
                await client.characters.get(made.id)

            stats = await client.players.get_stats()
            assert (stats.total_conversations, stats.total_messages) == (1, 2)
            page = await client.players.list(player_search="p", min_messages=1)
            assert (page.total, page.conversations[0].player_id, page.conversations[0].message_count) == (1, "p", 2)
            assert (await client.players.get("p")).id == client.session.conversation_id
            messages = await client.players.get_messages("p", limit=1, page=2)
            assert [message.content for message in messages.messages] == ["Hello."]
            assert isinstance(messages.messages[0].id, int)
            assert (messages.pagination.total, messages.pagination.has_more) == (2, False)
            await client.players.delete("p")

    asyncio.run(use())
