"""The threads that the models run on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from estuary.gateway.voice.pool import Pool, Urgency

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_what_is_waited_for_goes_first(gate: threading.Event) -> None:
    done: list[Any] = []

    async def main() -> None:
        pool = Pool(1, "test-pool")
        first = asyncio.create_task(pool.run(Urgency.NOW, gate.wait, 10))
        await asyncio.sleep(0)
        order = [Urgency.SPARE, Urgency.SOON, Urgency.NOW, Urgency.SPARE, Urgency.NOW]
        rest = [asyncio.create_task(pool.run(u, done.append, (u.name, n))) for n, u in enumerate(order)]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, *rest)
        pool.close(5)

    asyncio.run(main())
    assert done == [("NOW", 2), ("NOW", 4), ("SOON", 1), ("SPARE", 0), ("SPARE", 3)]


def test_work_that_can_wait_never_takes_every_thread(gate: threading.Event) -> None:
    async def main() -> None:
        pool = Pool(2, "test-pool")
        spare = [asyncio.create_task(pool.run(Urgency.SPARE, gate.wait, 10)) for _ in range(4)]
        await asyncio.sleep(0)
        assert await asyncio.wait_for(pool.run(Urgency.NOW, lambda: 1), 5) == 1
        assert not any(task.done() for task in spare)
        gate.set()
        await asyncio.gather(*spare)
        pool.close(5)

    asyncio.run(main())


def test_cancelled_work_is_not_begun_and_errors_come_back(gate: threading.Event) -> None:
    done: list[int] = []

    async def main() -> None:
        pool = Pool(1, "test-pool")
        first = asyncio.create_task(pool.run(Urgency.NOW, gate.wait, 10))
        second = asyncio.create_task(pool.run(Urgency.NOW, done.append, 2))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        gate.set()
        await first
        with pytest.raises(ZeroDivisionError):
            await pool.run(Urgency.NOW, lambda: 1 // 0)
        assert await pool.run(Urgency.SPARE, lambda: 3) == 3, "the thread survives"
        pool.close(5)
        with pytest.raises(asyncio.CancelledError):
            await pool.run(Urgency.NOW, done.append, 4)

    asyncio.run(main())
    assert done == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test-pool")]


EXIT = """
from ears import Talker, speech
from estuary.gateway import serve
gateway = serve()
client = Talker(gateway.url)
client.open({"api_key": gateway.api_key, "character_id": gateway.character_id, "player_id": "p"})
client.until("session_info")
client.press()
client.stream(speech("Hello there, how are you doing today?"))
client.send("text", {"text": "Tell me a story."})
client.until("bot_voice", 20)
print("the end", flush=True)
"""


@pytest.mark.thorough
def test_the_end_of_a_process_that_is_speaking_and_listening() -> None:
    path = [str(ROOT), str(ROOT / "tests" / "gateway"), str(ROOT / "tests" / "gateway" / "voice")]
    code = f"import sys; sys.path[:0] = {path!r}\n{EXIT}"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50)
    assert (result.returncode, result.stdout, result.stderr) == (0, "the end\n", "")
