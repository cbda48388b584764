"""The extractor that asks a model behind an OpenAI-compatible endpoint (Ollama, llama.cpp, vLLM, OpenAI…)."""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import TYPE_CHECKING, Any, Optional
from urllib.parse import urlsplit, urlunsplit

from ..base import Exchange, Extraction, Extractor
from .embedded import EmbeddedExtractor
from .prompt import RESPONSE_SCHEMA, build_messages
from .validate import parse_extraction

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["LLMExtractor"]

log = logging.getLogger("estuary.gateway")

#: How the answer's form is asked for, the surest first. A server that refuses one is asked for the next.
_FORMS: tuple[Optional[dict[str, Any]], ...] = (
    {"type": "json_schema", "json_schema": {"name": "memories", "strict": True, "schema": RESPONSE_SCHEMA}},
    {"type": "json_object"},
    None,
)
#: Statuses with which servers refuse a ``response_format`` that they don't know.
_REFUSES_FORM = frozenset({400, 415, 422, 500, 501})
_MAX_TOKENS = 2000


class LLMExtractor:
    """Lets ``model`` at ``base_url`` (``http://localhost:11434/v1``) read exchanges. Implements ``Extractor``.

    The answer is asked for by JSON schema, or less strictly where the server can't, and checked field by field.
    Whatever goes wrong (no connection, ``timeout`` seconds gone, a refusal, something that is no valid JSON),
    ``fallback`` reads the exchange instead, and one line in the log says why; ``extract`` raises only what ``fallback``
    raises.

    ``api_key`` may be left out for servers that need none; the environment is not searched for one. Keys and what the
    server says about them never reach the log. Any thread may call ``extract``; the client is made at the first call.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: Optional[str] = None,
        timeout: float = 30.0,
        fallback: Optional[Extractor] = None,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("base_url must look like http://host:port/v1")
        if not model:
            raise ValueError("model must not be empty")
        if not (timeout > 0 and math.isfinite(timeout)):
            raise ValueError("timeout must be a positive number of seconds")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self._host = host if parts.port is None else f"{host}:{parts.port}"
        self._url = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), parts.query, ""))
        self._api_key = api_key
        self._model = model
        self._timeout = timeout
        self._fallback: Extractor = EmbeddedExtractor() if fallback is None else fallback
        self._lock = threading.Lock()
        self._client: Optional[OpenAI] = None
        #: the first of ``_FORMS`` that the server has not refused
        self._form = 0

    def __repr__(self) -> str:
        return f"<LLMExtractor {self._model} at {self._host}>"

    @property
    def name(self) -> str:
        """What ``GET /health`` and the log call it; holds no credentials."""
        return f"openai-compatible: {self._model} at {self._host}"

    def close(self) -> None:
        """Close the connections. The extractor can be used again afterwards."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def extract(self, exchange: Exchange) -> Extraction:
        """What the model finds worth remembering, or what ``fallback`` does where the model fails."""
        try:
            return parse_extraction(self._ask(exchange), exchange)
        except Exception as error:  # the one edge where everything the client library raises is given a name
            log.warning("the memory model at %s %s; reading by rules instead", self._host, _reason(error))
        return self._fallback.extract(exchange)

    def _ask(self, exchange: Exchange) -> str:
        """The model's answer, in the strictest form that the server takes. Raises whatever goes wrong."""
        import openai

        ends = time.monotonic() + self._timeout
        form = self._form
        while True:
            try:
                answer = self._request(exchange, form, ends)
            except openai.APIStatusError as error:
                if error.status_code not in _REFUSES_FORM or form + 1 >= len(_FORMS):
                    raise
                form += 1
                continue
            self._form = form
            return answer

    def _request(self, exchange: Exchange, form: int, ends: float) -> str:
        left = ends - time.monotonic()
        if left <= 0:
            raise _Failure(f"did not answer within {self._timeout:g} s")
        options: dict[str, Any] = {} if _FORMS[form] is None else {"response_format": _FORMS[form]}
        if self._host != "api.openai.com":  # whose newer models take neither
            options.update(temperature=0, max_tokens=_MAX_TOKENS)
        messages: Any = build_messages(exchange)
        answer: Any = self._connected().chat.completions.create(
            model=self._model, messages=messages, timeout=left, **options
        )
        choices = getattr(answer, "choices", None)
        if not choices:
            raise _Failure("sent something that is no chat answer")
        message = getattr(choices[0], "message", None)
        if getattr(message, "refusal", None):
            raise _Failure("refused to answer")
        if getattr(choices[0], "finish_reason", None) in {"length", "content_filter"}:
            raise _Failure("broke off its answer")
        content = getattr(message, "content", None)
        if not isinstance(content, str) or not content.strip():
            raise _Failure("gave an empty answer")
        return content

    def _connected(self) -> OpenAI:
        with self._lock:
            if self._client is None:
                from openai import OpenAI

                # "none" is a key that nobody issued; a retry would outlast the turn
                self._client = OpenAI(base_url=self._url, api_key=self._api_key or "none", max_retries=0)
            return self._client


class _Failure(Exception):
    """What went wrong, in words of our own that hold no credentials."""


def _reason(error: Exception) -> str:
    """Why the model could not be used, without a word of what the server said."""
    if isinstance(error, _Failure):
        return str(error)
    if isinstance(error, ImportError):
        return "needs the openai package, which is not installed"
    import openai

    if isinstance(error, openai.APITimeoutError):
        return "did not answer in time"
    if isinstance(error, openai.APIStatusError):
        if error.status_code in {401, 403}:
            return f"refused the key (HTTP {error.status_code})"
        return f"answered HTTP {error.status_code}"
    if isinstance(error, openai.APIConnectionError):
        return "can't be reached"
    if isinstance(error, ValueError):
        return "sent something that is no valid list of memories"
    return f"failed ({type(error).__name__})"
