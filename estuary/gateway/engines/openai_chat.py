"""The chat engine that asks a model behind an OpenAI-compatible endpoint (Ollama, llama.cpp, vLLM, OpenAI…)."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from typing import TYPE_CHECKING, Any, Optional, TypeVar, Union
from urllib.parse import urlsplit, urlunsplit

from .base import ActionCall, ChatPrompt, EngineError
from .prompt import build_messages

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["OpenAIChat"]

log = logging.getLogger("estuary.gateway")

_T = TypeVar("_T")

#: Seconds between attempts: doubled each time from the first to the last of these, unless the server says how long.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 8.0
#: Statuses that another attempt may mend.
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class OpenAIChat:
    """Streams a model's answers from ``base_url`` (``http://localhost:11434/v1``). Implements ``ChatEngine``.

    ``api_key`` may be left out for servers that need none; the environment is not searched for one, so that no key goes
    to a server it wasn't meant for. ``timeout`` is the longest wait, in seconds, for the first token and between two
    tokens; ``connect_timeout`` for the connection. Failures before the first token are tried again up to
    ``max_retries`` times; later ones never, as half an answer has been heard. A character's own ``temperature`` and
    ``max_tokens`` go before those given here; its model name doesn't, as this endpoint serves ``model``.

    Every failure is an ``EngineError`` whose message names the endpoint without credentials. The connections belong to
    the event loop on which ``reply`` runs; ``aclose`` releases them.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: Optional[str] = None,
        timeout: float = 60.0,
        connect_timeout: float = 10.0,
        max_retries: int = 2,
        temperature: Optional[float] = None,
        max_tokens: Optional[int] = None,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("base_url must look like http://host:port/v1")
        if not model:
            raise ValueError("model must not be empty")
        for label, seconds in (("timeout", timeout), ("connect_timeout", connect_timeout)):
            if not (seconds > 0 and math.isfinite(seconds)):
                raise ValueError(f"{label} must be a positive number of seconds")
        if max_retries < 0:
            raise ValueError("max_retries must not be negative")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self._host = host if parts.port is None else f"{host}:{parts.port}"
        # user:password@ in the URL is for the server, and stays out of everything that is shown
        self._url = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), parts.query, ""))
        self._secrets = [secret for secret in (api_key, parts.password, parts.query) if secret]
        self._api_key = api_key
        self._model = model
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._max_retries = max_retries
        self._temperature = temperature
        self._max_tokens = max_tokens
        self._completion_tokens = parts.hostname == "api.openai.com"
        self._client: Optional[AsyncOpenAI] = None
        self._loop: Optional[asyncio.AbstractEventLoop] = None

    def __repr__(self) -> str:
        return f"<OpenAIChat {self._model} at {self._host}>"

    @property
    def name(self) -> str:
        """What ``GET /health`` and the log call it; holds no credentials."""
        return f"openai-compatible: {self._model} at {self._host}"

    async def aclose(self) -> None:
        """Close the connections. The engine can be used again afterwards."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.close()

    async def reply(self, prompt: ChatPrompt) -> AsyncIterator[Union[str, ActionCall]]:
        """Yield the model's answer as it comes. Actions are tags in the text, as the model was told to write them."""
        attempt = 0
        while True:
            started = False
            try:
                stream = self._stream(prompt)
                try:
                    async for text in stream:
                        started = True
                        yield text
                finally:
                    await stream.aclose()
                return
            except _Failure as failure:
                pause = failure.pause if failure.pause is not None else min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE)
                if started or not failure.passing or attempt >= self._max_retries or pause > _LONGEST_PAUSE:
                    raise EngineError(self._clean(failure.message)) from failure.__cause__
                attempt += 1
                log.info("%s; trying again (%d of %d)", self._clean(failure.message), attempt, self._max_retries)
            await asyncio.sleep(pause)

    async def _stream(self, prompt: ChatPrompt) -> AsyncGenerator[str, None]:
        """One attempt. Raises ``_Failure`` and nothing else; closing it closes the HTTP stream."""
        stream: Any = None
        spoken = finished = False
        try:
            stream = await self._within(self._open(prompt))
            chunks = stream.__aiter__()
            while True:
                try:
                    chunk = await self._within(chunks.__anext__())
                except StopAsyncIteration:
                    break
                text, ended = _read(chunk)
                finished = finished or ended
                if text:
                    spoken = True
                    yield text
        except (_Failure, GeneratorExit, asyncio.CancelledError):
            raise
        except Exception as error:  # the one edge where everything the client library raises is given a name
            raise self._failure(error, spoken) from error
        finally:
            if stream is not None:
                await _shut(stream)
        if not finished:
            raise _Failure(f"the chat model at {self._host} broke off its answer", passing=True)
        if not spoken:
            raise _Failure(f"the chat model at {self._host} gave an empty answer", passing=True)

    async def _open(self, prompt: ChatPrompt) -> Any:
        options: dict[str, Any] = {}
        temperature = self._temperature if prompt.temperature is None else prompt.temperature
        if temperature is not None:
            options["temperature"] = temperature
        max_tokens = self._max_tokens if prompt.max_tokens is None else prompt.max_tokens
        if max_tokens is not None:
            options["max_completion_tokens" if self._completion_tokens else "max_tokens"] = max_tokens
        messages: Any = build_messages(prompt)
        return await self._connected().chat.completions.create(
            model=self._model, messages=messages, stream=True, **options
        )

    def _connected(self) -> AsyncOpenAI:
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            from openai import AsyncOpenAI, Timeout

            # Retries are ours, as the library's end with the response's headers; "none" is a key that nobody issued.
            # The time limits are ours too: the library's count bytes, and a server may send comments to keep alive.
            self._client = AsyncOpenAI(
                base_url=self._url,
                api_key=self._api_key or "none",
                timeout=Timeout(2 * self._timeout, connect=self._connect_timeout),
                max_retries=0,
            )
            self._loop = loop
        return self._client

    async def _within(self, step: Awaitable[_T]) -> _T:
        try:
            return await asyncio.wait_for(step, self._timeout)
        except asyncio.TimeoutError as error:
            raise _Failure(
                f"the chat model at {self._host} said nothing for {self._timeout:g} s", passing=True
            ) from error

    def _failure(self, error: Exception, spoken: bool) -> _Failure:
        import openai

        where = f"the chat model at {self._host}"
        if isinstance(error, openai.APITimeoutError):
            return _Failure(f"{where} did not answer within its time limit", passing=True)
        if isinstance(error, openai.APIStatusError):
            return self._refusal(error, where)
        if isinstance(error, openai.APIConnectionError):
            return _Failure(f"{where} can't be reached: is the server running?", passing=True)
        if isinstance(error, openai.APIError):  # an error sent inside the stream
            return _Failure(f"{where} reported an error: {_brief(error.message)}", passing=not spoken)
        if isinstance(error, ValueError):
            return _Failure(f"{where} sent something that is no chat answer", passing=True)
        # the HTTP library's own errors come through bare once the stream runs
        return _Failure(f"{where} broke off its answer ({type(error).__name__})", passing=True)

    def _refusal(self, error: Any, where: str) -> _Failure:
        status: int = error.status_code
        if status in {401, 403}:
            return _Failure(f"{where} refused the key (HTTP {status}): check the API key of the chat endpoint")
        if status == 404:
            return _Failure(f"{where} knows no model {self._model!r}, or its URL is wrong (HTTP 404)")
        if status == 429:
            return _Failure(f"{where} is busy or its quota is used up (HTTP 429)", passing=True, pause=_pause(error))
        passing = status in _PASSING
        if status >= 500:
            return _Failure(f"{where} failed (HTTP {status})", passing=passing, pause=_pause(error))
        return _Failure(f"{where} refused the request (HTTP {status}): {_brief(error.message)}", passing=passing)

    def _clean(self, message: str) -> str:
        for secret in self._secrets:
            message = message.replace(secret, "***")
        return message


class _Failure(Exception):
    """An attempt that failed. ``passing``: another may do better, after ``pause`` seconds if given."""

    def __init__(self, message: str, *, passing: bool = False, pause: Optional[float] = None) -> None:
        super().__init__(message)
        self.message = message
        self.passing = passing
        self.pause = pause


def _read(chunk: Any) -> tuple[str, bool]:
    """The text of a chunk and whether it ends the answer. The library doesn't check a chunk's form, so this does."""
    choices = getattr(chunk, "choices", None)
    if choices is None:
        raise ValueError("a chunk without choices")
    if not choices:
        return "", False  # usage, sent by some servers at the end
    delta = getattr(choices[0], "delta", None)
    text = getattr(delta, "content", None)
    if text is not None and not isinstance(text, str):
        raise ValueError("a chunk whose content is no text")
    return text or "", getattr(choices[0], "finish_reason", None) is not None


def _pause(error: Any) -> Optional[float]:
    """The seconds of a Retry-After header, where there are any."""
    try:
        seconds = float(error.response.headers.get("retry-after", ""))
    except (AttributeError, ValueError):
        return None
    return seconds if 0 <= seconds < math.inf else None


def _brief(message: str) -> str:
    message = " ".join(str(message).split())
    return message if len(message) <= 200 else f"{message[:199]}…"


async def _shut(stream: Any) -> None:
    try:
        await stream.close()
    except Exception as error:
        log.debug("closing a chat stream failed: %s", type(error).__name__)
