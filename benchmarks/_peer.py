"""estuary-sdk, the published asyncio client, as its documentation says to use it."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any, Dict, List, Sequence

from _measure import PATIENCE, Growth, Stopwatch, check
from estuary_sdk import BotResponse, EstuaryClient, EstuaryConfig


class Contestant:
    def __init__(self, place: Dict[str, Any]) -> None:
        self._place = place

    def _client(self) -> EstuaryClient:
        place = self._place
        config = EstuaryConfig(
            server_url=place["url"],
            api_key=place["api_key"],
            character_id=place["character_id"],
            player_id=uuid.uuid4().hex,
        )
        return EstuaryClient(config)

    def connects(self, count: int) -> List[float]:
        async def run() -> List[float]:
            times = []
            for _ in range(count):
                client = self._client()
                start = time.perf_counter()
                await client.connect()
                times.append(time.perf_counter() - start)
                await client.disconnect()
            return times

        return asyncio.run(run())

    def turns(self, text: str, count: int, warm_up: int) -> List[float]:
        async def run() -> List[float]:
            times = []
            async with self._client() as client:
                await client.connect()
                for _ in range(warm_up + count):
                    start = time.perf_counter()
                    await client.send_text_and_wait(text, text_only=True)
                    times.append(time.perf_counter() - start)
            return times[warm_up:]

        return asyncio.run(run())

    def bursts(self, texts: Sequence[str]) -> List[Dict[str, float]]:
        async def run() -> List[Dict[str, float]]:
            results = []
            async with self._client() as client:
                await client.connect()
                for text in texts:
                    await client.send_text_and_wait(f"prepare {text}", text_only=True, timeout=PATIENCE)
                    results.append(await self._burst(client, text))
            return results

        return asyncio.run(run())

    async def _burst(self, client: EstuaryClient, text: str) -> Dict[str, float]:
        _, count, size = text.split()
        done = asyncio.get_running_loop().create_future()
        deltas: List[str] = []

        def heard(response: BotResponse) -> None:
            if response.is_final:
                done.set_result(None)
            else:
                deltas.append(response.partial if isinstance(response.partial, str) else response.text)

        client.on("bot_response", heard)
        watch = Stopwatch(self._place)
        client.send_text(text, text_only=True)
        await asyncio.wait_for(done, PATIENCE)
        whole = "".join(deltas)
        result = watch.read()
        client.off("bot_response", heard)
        check(text, len(whole), int(count) * int(size))
        return result

    def idle(self, count: int) -> Dict[str, Any]:
        async def open_one() -> EstuaryClient:
            client = self._client()
            client.on("bot_response", lambda response: None)
            await client.connect()
            await client.send_text_and_wait("Hello.", text_only=True)
            return client

        async def run() -> Dict[str, Any]:
            first = await open_one()
            growth = Growth()
            clients = [await open_one() for _ in range(count)]
            result = growth.per(count)
            for client in [first, *clients]:
                await client.disconnect()
            return result

        return asyncio.run(run())
