"""An OpenAI-compatible server with the two audio routes: the embedded engines behind them, or a script of mistakes."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Optional

import numpy as np
from ears import at_rate, transcribe
from fastapi import Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from openai_server import serving

from estuary.gateway.voice import embedded


class AudioServer:
    """``mistake`` makes every answer this status, or these bytes."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[dict[str, Any]] = []
        self.keys: set[Optional[str]] = set()
        self.rate = 22050
        self.channels = 1
        self.mistake: Any = None

    async def _transcribe(self, request: Request) -> Response:
        async with request.form() as form:
            file: Any = form["file"]
            data = await file.read()
            self.requests.append({key: value for key, value in form.items() if isinstance(value, str)})
        self.keys.add(request.headers.get("authorization"))
        if self.mistake is not None:
            return self._wrong(request)
        with wave.open(io.BytesIO(data)) as wav:
            assert (wav.getnchannels(), wav.getsampwidth()) == (1, 2)
            text = transcribe(wav.readframes(wav.getnframes()), wav.getframerate())
        return JSONResponse({"text": text})

    async def _speak(self, request: Request) -> Response:
        body = await request.json()
        self.keys.add(request.headers.get("authorization"))
        self.requests.append(body)
        if self.mistake is not None:
            return self._wrong(request)
        pcm = at_rate(embedded.synthesise(body["input"], None, body["speed"]), 24000, self.rate)
        data = np.repeat(np.frombuffer(pcm, "<i2"), self.channels).tobytes()
        return StreamingResponse(self._wav(data), media_type="audio/wav")

    def _wav(self, data: bytes) -> Iterator[bytes]:
        file = io.BytesIO()
        with wave.open(file, "wb") as wav:
            wav.setnchannels(self.channels)
            wav.setsampwidth(2)
            wav.setframerate(self.rate)
        header = file.getvalue()
        # as servers that stream do: the length is not known yet
        yield header[:40] + b"\xff\xff\xff\xff"
        for start in range(0, len(data), 4095):  # samples cut in two
            yield data[start : start + 4095]

    def _wrong(self, request: Request) -> Response:
        if isinstance(self.mistake, int):
            message = f"no, and your key is {request.headers.get('authorization')}"
            return JSONResponse({"error": {"message": message}}, self.mistake)
        return Response(self.mistake, media_type="application/octet-stream")


@contextmanager
def audio_server() -> Iterator[AudioServer]:
    server = AudioServer()
    with serving() as base:
        base.app.post("/v1/audio/transcriptions")(server._transcribe)
        base.app.post("/v1/audio/speech")(server._speak)
        server.url = base.url
        yield server
