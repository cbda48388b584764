"""The engines behind any OpenAI-compatible ``/v1/audio/transcriptions`` and ``/v1/audio/speech``."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Optional
from urllib.parse import urlsplit

from .base import HEARING_RATE, Audio, EngineError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["OpenAIStt", "OpenAITts", "WavReader"]

#: seconds for an answer, and for its first byte
_TIMEOUT = 30.0
#: seconds for the connection
_CONNECT_TIMEOUT = 10.0
#: the voice of an endpoint that was given none: every compatible server knows it
_DEFAULT_VOICE = "alloy"
#: what the endpoint may be asked for
_SLOWEST, _FASTEST = 0.25, 4.0
#: bytes that the beginning of a wav may take before its samples
_MAX_HEADER = 65_536


class _Endpoint:
    """An engine at an endpoint: its connection is made on first use, on the loop that uses it."""

    #: how messages call it
    _kind = ""

    def __init__(self, base_url: str, model: str, *, api_key: Optional[str] = None) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("it must look like http://host:port/v1")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.host = host if parts.port is None else f"{host}:{parts.port}"
        self.model = model
        self._what = f"{self._kind} at {self.host}"
        self._url = base_url
        self._api_key = api_key
        self._secrets = [secret for secret in (api_key, parts.password, parts.query) if secret]
        self._client: Optional[AsyncOpenAI] = None
        self._loop: Optional[asyncio.AbstractEventLoop] = None

    @property
    def name(self) -> str:
        """Without credentials."""
        return f"openai-compatible: {self.model} at {self.host}"

    async def load(self) -> None:
        """Nothing to do: the endpoint is asked when there is something to ask."""

    def client(self) -> AsyncOpenAI:
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            from openai import AsyncOpenAI, Timeout

            self._client = AsyncOpenAI(
                base_url=self._url,
                api_key=self._api_key or "none",  # no key goes to a server that it wasn't meant for
                timeout=Timeout(_TIMEOUT, connect=_CONNECT_TIMEOUT),
                max_retries=1,
            )
            self._loop = loop
        return self._client

    async def aclose(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.close()

    def error(self, error: Exception) -> EngineError:
        """What the client library raised, in words that hold no secret."""
        import openai

        if isinstance(error, openai.APITimeoutError):
            return EngineError(f"{self._what} did not answer within {_TIMEOUT:g} s")
        if isinstance(error, openai.APIStatusError):
            status = error.status_code
            hint = {401: ": check its API key", 403: ": check its API key", 404: ": check its URL and model"}
            text = f"{self._what} refused the request (HTTP {status}){hint.get(status, '')}"
            return EngineError(text if status in hint else f"{text}: {self._brief(error.message)}")
        if isinstance(error, openai.APIConnectionError):
            return EngineError(f"{self._what} can't be reached: is the server running?")
        return EngineError(f"{self._what} gave no usable answer ({type(error).__name__})")

    def _brief(self, message: str) -> str:
        for secret in self._secrets:
            message = message.replace(secret, "***")
        return " ".join(message.split())[:200]


class OpenAIStt(_Endpoint):
    """Transcribes at ``base_url`` (``http://localhost:8000/v1``). Implements ``SttEngine``.

    Partial transcripts are requests too, one at a time and session, about two a second while somebody speaks.
    """

    _kind = "the transcription endpoint"

    async def transcribe(self, pcm: bytes, *, language: str, final: bool) -> str:
        """One request."""
        file = io.BytesIO()
        with wave.open(file, "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(HEARING_RATE)
            wav.writeframes(pcm)
        try:
            answer: Any = await self.client().audio.transcriptions.create(
                file=("speech.wav", file.getvalue(), "audio/wav"),
                model=self.model,
                # "en-GB" is not known to them, "en" is
                language=language.split("-")[0].lower(),
                response_format="json",
            )
            text = answer.text
        except Exception as error:  # the one edge where everything the client library raises is given a name
            raise self.error(error) from error
        return text.strip() if isinstance(text, str) else ""


class OpenAITts(_Endpoint):
    """Speaks by ``base_url`` (``http://localhost:8000/v1``). Implements ``TtsEngine``.

    A character's own voice goes before the one given here. Asked for wav, which says its own rate.
    """

    _kind = "the speech endpoint"

    def __init__(
        self, base_url: str, model: str, *, api_key: Optional[str] = None, voice: Optional[str] = None
    ) -> None:
        super().__init__(base_url, model, api_key=api_key)
        self._voice = voice

    async def speak(self, text: str, *, voice: Optional[str], speed: float, first: bool) -> AsyncIterator[Audio]:
        """One request, its answer passed on as it comes."""
        request = self.client().audio.speech.with_streaming_response.create(
            model=self.model,
            voice=voice or self._voice or _DEFAULT_VOICE,
            input=text,
            response_format="wav",
            speed=min(_FASTEST, max(_SLOWEST, speed)),
        )
        reader = WavReader()
        try:
            async with request as response:
                async for data in response.iter_bytes(8192):
                    for audio in reader.feed(data):
                        yield audio
            reader.finish()
        except GeneratorExit:
            raise
        except Exception as error:  # as above
            raise self.error(error) from error


class WavReader:
    """Reads a wav of 16-bit samples as it arrives, whatever its header says of its length. Channels are mixed.

    Raises ``ValueError`` for anything else.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._rate = 0
        self._channels = 0

    def feed(self, data: bytes) -> list[Audio]:
        """Take bytes; give the audio that is complete."""
        self._buffer += data
        if not self._channels and not self._header():
            return []
        frame = 2 * self._channels
        whole = len(self._buffer) // frame * frame
        pcm, self._buffer = self._buffer[:whole], self._buffer[whole:]
        return [Audio(self._mono(pcm), self._rate)] if pcm else []

    def finish(self) -> None:
        """No more comes. Raises when there was no wav."""
        if not self._channels:
            raise ValueError("no wav")

    def _header(self) -> bool:
        """Find where the samples begin. Returns whether they do."""
        data = self._buffer
        if len(data) < 12:
            return False
        if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
            raise ValueError("no wav")
        at, rate, channels = 12, 0, 0
        while len(data) >= at + 8:
            kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
            at += 8
            if kind == b"data":
                if not channels:
                    raise ValueError("a wav without a format")
                self._rate, self._channels = rate, channels
                self._buffer = data[at:]
                return True
            if kind == b"fmt ":
                if len(data) < at + 16:
                    return False
                coding = int.from_bytes(data[at : at + 2], "little")
                channels = int.from_bytes(data[at + 2 : at + 4], "little")
                rate = int.from_bytes(data[at + 4 : at + 8], "little")
                bits = int.from_bytes(data[at + 14 : at + 16], "little")
                # 0xFFFE: the same with more about the channels
                if coding not in (1, 0xFFFE) or bits != 16 or not 1 <= channels <= 8 or not 4000 <= rate <= 192_000:
                    raise ValueError("not a wav of 16-bit samples")
            at += size + size % 2
        if len(data) > _MAX_HEADER:
            raise ValueError("a wav without samples")
        return False

    def _mono(self, pcm: bytes) -> bytes:
        if self._channels == 1:
            return pcm
        import numpy as np

        mixed = np.frombuffer(pcm, "<i2").reshape(-1, self._channels).mean(axis=1)
        return bytes(mixed.astype("<i2").tobytes())
