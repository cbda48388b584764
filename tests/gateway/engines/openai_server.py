"""A small server that speaks the OpenAI streaming form, well or badly, on a real port."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Callable, Optional

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse


class OpenAIServer:
    """Answers each request with the next of ``script``, the last one over and over.

    A step is a list of words (a proper answer), a status code, or a function from the request's body to a response.
    """

    def __init__(self) -> None:
        self.script: list[Any] = [["Hello", " there"]]
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[Optional[str]] = []
        self.headers: dict[str, str] = {}
        #: set when a stream's client has gone away before its end
        self.abandoned = threading.Event()
        self.url = ""
        self.app = FastAPI()
        self.app.post("/v1/chat/completions")(self._completions)

    async def _completions(self, request: Request) -> Response:
        self.bodies.append(await request.json())
        self.keys.append(request.headers.get("authorization"))
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, int):
            message = f"no, and your key is {request.headers.get('authorization')}"
            return JSONResponse({"error": {"message": message}}, step, headers=self.headers)
        if callable(step):
            return await step(self)  # type: ignore[no-any-return]
        return stream(words(step))


def event(data: Any) -> bytes:
    """One server-sent event."""
    return b"data: " + (data if isinstance(data, bytes) else json.dumps(data).encode()) + b"\n\n"


def chunk(text: Optional[str], finish: Optional[str] = None) -> bytes:
    """One piece of an answer."""
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return event({"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]})


async def words(texts: list[str], pause: float = 0.0) -> AsyncIterator[bytes]:
    """A whole answer, ended as it should be."""
    for text in texts:
        yield chunk(text)
        await asyncio.sleep(pause)
    yield chunk(None, "stop")
    yield event(b"[DONE]")


def stream(body: AsyncIterator[bytes]) -> StreamingResponse:
    """An answer as a stream of events."""
    return StreamingResponse(body, media_type="text/event-stream")


def raw(*parts: bytes) -> Callable[[OpenAIServer], Any]:
    """A step that sends these bytes and ends the response in good order."""

    async def answer(server: OpenAIServer) -> Response:
        async def body() -> AsyncIterator[bytes]:
            for part in parts:
                yield part

        return stream(body())

    return answer


def slow(texts: list[str], pause: float, before: float = 0.0) -> Callable[[OpenAIServer], Any]:
    """A step that waits ``before`` seconds and then ``pause`` after each piece."""

    async def answer(server: OpenAIServer) -> Response:
        await asyncio.sleep(before)

        async def body() -> AsyncIterator[bytes]:
            try:
                async for part in words(texts, pause):
                    yield part
            except asyncio.CancelledError:
                server.abandoned.set()
                raise

        return stream(body())

    return answer


def broken(*parts: bytes) -> Callable[[OpenAIServer], Any]:
    """A step that breaks the connection in the middle of the stream."""

    async def answer(server: OpenAIServer) -> Response:
        async def body() -> AsyncIterator[bytes]:
            for part in parts:
                yield part
                await asyncio.sleep(0.02)
            raise ConnectionAbortedError("on purpose")

        return stream(body())

    return answer


@contextmanager
def serving() -> Iterator[OpenAIServer]:
    """The server on a free port of this machine, until the block ends."""
    server = OpenAIServer()
    listener = socket.create_server(("127.0.0.1", 0))
    server.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    config = uvicorn.Config(server.app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    runner = uvicorn.Server(config)
    thread = threading.Thread(target=runner.run, args=([listener],), name="openai-server", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        runner.should_exit = True
        thread.join(10)
        listener.close()
        assert not thread.is_alive()
