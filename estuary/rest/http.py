"""One HTTP request: credentials, timeouts, retries, redirects, and errors that say what happened.

Everything above works with parsed JSON; everything about ``requests`` stays here.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import json as json_module
import os
import random
import threading
import time
import uuid
import weakref
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type, Union
from urllib.parse import quote, urljoin, urlsplit

import requests
from attrs import field, frozen

from .._version import __version__
from ..credentials import get_logger, mask, mask_secrets
from ..errors import APIError, BadRequest, ConfigError, NotFound, PermissionDenied, RateLimited

__all__ = ["HTTP", "RateLimit", "Retries", "path"]

_log = get_logger("estuary.rest")

RETRIED = frozenset({429, 502, 503, 504})
MAX_REDIRECTS = 5
#: An answer longer than this is not read. Bytes.
MAX_ANSWER = 64 * 1024 * 1024


@frozen
class Retries:
    """How often and how patiently a call that may be repeated is repeated. Times are seconds.

    ``attempts`` counts the first one too. Between two attempts it waits ``first_delay``, then twice as long each
    time, up to ``max_delay``, all ±25 %; or what the server's ``Retry-After`` says, up to ``max_delay``.
    """

    attempts: int = 3
    first_delay: float = 0.5
    max_delay: float = 30.0

    def delay(self, attempt: int) -> float:
        return min(self.max_delay, self.first_delay * 2.0 ** (attempt - 1)) * random.uniform(0.75, 1.25)


@frozen
class RateLimit:
    """That the server said 429: when, about what, and after how many seconds to come again, where it said so."""

    seen_at: dt.datetime
    detail: Any = None
    retry_after: Optional[float] = None


@frozen
class _Failure:
    """One attempt that may be repeated: what to wait for, and what to raise where it was the last."""

    error: APIError
    retry_after: Optional[float] = None


def path(*parts: str) -> str:
    """A path of the API from literal and user-given parts, the latter quoted.

    >>> path("characters", "a/b", "players")
    '/api/v1/characters/a%2Fb/players'
    """
    for part in parts:
        if not isinstance(part, str) or not part or part in (".", ".."):
            raise ConfigError(f"{part!r} can't be part of an address: give the id as a string")
    return "/api/v1/" + "/".join(quote(part, safe="") for part in parts)


@frozen(eq=False)
class HTTP:
    """One connection pool to one server. Thread-safe; a forked child gets a pool of its own."""

    base_url: str
    api_key: Optional[str] = field(repr=lambda key: mask(key) if key else "None")
    #: seconds to connect, and between two pieces of the answer
    timeout: Tuple[float, float] = (10.0, 60.0)
    retries: Retries = field(factory=Retries)
    _pools: Dict[int, requests.Session] = field(factory=dict, repr=False, init=False)
    _lock: Any = field(factory=threading.Lock, repr=False, init=False)
    _limits: List[RateLimit] = field(factory=list, repr=False, init=False)

    def __attrs_post_init__(self) -> None:
        _alive.add(self)

    def _pool(self) -> requests.Session:
        with self._lock:
            pool = self._pools.get(os.getpid())
            if pool is None:
                # the parent's sockets, where this is a forked child, are left alone
                self._pools.clear()
                pool = self._pools[os.getpid()] = requests.Session()
                pool.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # nothing is shared between calls
                pool.trust_env = True
            return pool

    def close(self) -> None:
        """Close the pool. A later call opens another."""
        with self._lock:
            pool = self._pools.pop(os.getpid(), None)
        if pool is not None:
            pool.close()

    @property
    def last_limit(self) -> Optional[RateLimit]:
        return self._limits[-1] if self._limits else None

    def get(self, route: str, params: Optional[Mapping[str, Any]] = None, **options: Any) -> Any:
        return self.call("GET", route, params=params, repeat=True, **options)

    def call(
        self,
        method: str,
        route: str,
        *,
        params: Optional[Mapping[str, Any]] = None,
        json: Any = None,
        files: Any = None,
        headers: Optional[Mapping[str, str]] = None,
        auth: str = "key",
        repeat: bool = False,
    ) -> Any:
        """Make one call and return its JSON, ``None`` where there is no content.

        Args:
            auth: ``key`` (``X-API-Key``), ``bearer`` (the same key as ``Authorization``) or ``none``.
            repeat: the call is idempotent, so it may be sent again after a failure.

        Raises:
            BadRequest, PermissionDenied, NotFound, RateLimited, APIError: see there.
        """
        query = {k: _text(v) for k, v in (params or {}).items() if v is not None}
        sent = {"X-Estuary-Client": f"estuary-sync/{__version__}", "Accept": "application/json", **(headers or {})}
        if auth != "none":
            if not self.api_key:
                raise ConfigError("this call needs an API key: pass api_key=… or set ESTUARY_API_KEY")
            if self.api_key.startswith("sst_"):
                raise ConfigError("a session token of a share link (sst_…) has no REST access: use an API key (est_…)")
            name, value = ("X-API-Key", self.api_key) if auth == "key" else ("Authorization", f"Bearer {self.api_key}")
            sent[name] = value
        attempts = max(1, self.retries.attempts) if repeat else 1
        for attempt in range(1, attempts + 1):
            outcome = self._attempt(method, route, query, json, files, sent)
            if not isinstance(outcome, _Failure):
                return outcome.value
            if attempt == attempts:
                raise outcome.error
            wait = self.retries.delay(attempt)
            if outcome.retry_after is not None:
                wait = min(outcome.retry_after, self.retries.max_delay)
            _log.info("%s %s failed (%s); again in %.1f s", method, route, outcome.error, wait)
            time.sleep(wait)
        raise AssertionError("unreachable")

    def upload(self, route: str, files: Any, headers: Mapping[str, str], idempotency_key: Optional[str] = None) -> Any:
        """A multipart upload that the server does once, however often it is sent: kept alive by ``Idempotency-Key``.

        Raises like ``call``; the error carries ``idempotency_key``.
        """
        key = idempotency_key or uuid.uuid4().hex
        try:
            return self.call("POST", route, files=files, headers={**headers, "Idempotency-Key": key}, repeat=True)
        except APIError as error:
            error.idempotency_key = key
            raise

    def _attempt(
        self, method: str, route: str, query: Mapping[str, str], json: Any, files: Any, headers: Mapping[str, str]
    ) -> Union[_Answer, _Failure]:
        url = self.base_url + route
        params: Optional[Mapping[str, str]] = query
        try:
            for _ in range(MAX_REDIRECTS + 1):
                # read as a stream, so that an endless answer can be refused; redirects by hand, since the library
                # would take our key along to another host
                with self._pool().request(
                    method, url, params=params, json=json, files=files, headers=dict(headers), timeout=self.timeout,
                    allow_redirects=False, stream=True,
                ) as response:  # fmt: skip
                    target = response.headers.get("Location")
                    if response.status_code not in (301, 302, 303, 307, 308) or not target:
                        return self._judge(method, route, response, _read(response))
                    url, params = urljoin(url, target), None
                    if _origin(url) != _origin(self.base_url):
                        raise APIError(
                            f"{method} {route} is redirected to another host ({urlsplit(url).hostname}), which must "
                            "not get the key: check server_url",
                            status=response.status_code,
                        )
                    if method != "GET" and response.status_code in (301, 302, 303):
                        raise APIError(
                            f"{method} {route} is redirected ({response.status_code}): check server_url",
                            status=response.status_code,
                        )
            raise APIError(f"{method} {route} is redirected in a circle: check server_url")
        except requests.exceptions.Timeout as error:
            told = f"{method} {route}: {self.base_url} did not answer in time"
            return _Failure(
                _chain(APIError(f"{told} (connect {self.timeout[0]:g} s, read {self.timeout[1]:g} s)"), error)
            )
        except requests.exceptions.SSLError as error:
            raise _chain(
                APIError(f"{method} {route}: TLS failed with {self.base_url}: {_last(error)}"), error
            ) from error
        except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            return _Failure(
                _chain(APIError(f"{method} {route}: no connection to {self.base_url}: {_last(error)}"), error)
            )
        except requests.exceptions.RequestException as error:
            raise _chain(APIError(f"{method} {route}: {mask_secrets(str(error))}"), error) from error

    def _judge(self, method: str, route: str, response: requests.Response, body: bytes) -> Union[_Answer, _Failure]:
        status = response.status_code
        request_id = response.headers.get("X-Request-Id") or response.headers.get("X-Request-ID")
        kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
        value: Any = None
        readable = kind == "application/json" or kind.endswith("+json")
        if body and readable:
            try:
                value = json_module.loads(body)
            except (ValueError, RecursionError):
                readable = False
        if status < 400:
            if status == 204 or not body:
                return _Answer(None)
            if not readable:
                looks = "HTML" if b"<html" in body[:1000].lower() or kind == "text/html" else kind or "nothing known"
                why = (
                    f"{looks} where JSON should be" if kind != "application/json" else "JSON that is cut off or broken"
                )
                raise APIError(
                    f"{method} {route} answered {status} with {why}: is {self.base_url} an Estuary server?",
                    status=status,
                    request_id=request_id,
                )
            return _Answer(value)
        detail = value.get("detail", value) if isinstance(value, dict) else value
        error = _error(method, route, status, detail, request_id)
        if status in RETRIED:
            after = _retry_after(response.headers.get("Retry-After"))
            if isinstance(error, RateLimited):
                error.retry_after = after
                self._limits[:] = [RateLimit(dt.datetime.now(dt.timezone.utc), detail, after)]
            return _Failure(error, after)
        raise error


@frozen
class _Answer:
    value: Any


def _read(response: requests.Response) -> bytes:
    parts, size = [], 0
    for part in response.iter_content(65536):
        size += len(part)
        if size > MAX_ANSWER:
            raise APIError(
                f"the answer is longer than {MAX_ANSWER} bytes and was not read", status=response.status_code
            )
        parts.append(part)
    return b"".join(parts)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=dt.timezone.utc)).isoformat()
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _origin(url: str) -> Tuple[str, Optional[str], Optional[int]]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _retry_after(value: Optional[str]) -> Optional[float]:
    """Seconds, from ``Retry-After`` as seconds or as a date (RFC 9110, 10.2.3)."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, IndexError):
        return None


_BY_STATUS: Dict[int, Type[APIError]] = {
    400: BadRequest, 401: PermissionDenied, 403: PermissionDenied, 404: NotFound, 422: BadRequest, 429: RateLimited,
}  # fmt: skip
_ADVICE = {
    401: "the API key is missing or wrong",
    403: "the key may not do this",
    404: "there is no such thing",
    409: "it is already under way",
    413: "what was sent is too large",
    429: "too many requests",
}


def _error(method: str, route: str, status: int, detail: Any, request_id: Optional[str]) -> APIError:
    told = _tell(detail) or _ADVICE.get(status, "the server gave no reason")
    name = f", request {request_id}" if request_id else ""
    message = mask_secrets(f"{method} {route} failed ({status}{name}): {told}")
    return _BY_STATUS.get(status, APIError)(message, status=status, detail=detail, request_id=request_id)


def _tell(detail: Any) -> str:
    """The body's ``detail`` in words: a text, FastAPI's list of mistakes, or an object with ``error``."""
    if isinstance(detail, str):
        return detail[:500]
    if isinstance(detail, list):
        said = []
        for item in detail[:5]:
            if isinstance(item, dict):
                where = ".".join(str(part) for part in item.get("loc", ()) if part not in ("body", "query", "path"))
                said.append(f"{where}: {item.get('msg', item)}" if where else str(item.get("msg", item)))
            else:
                said.append(str(item))
        return "; ".join(said)[:500]
    if isinstance(detail, dict):
        scope = detail.get("requiredScope")
        told = str(detail.get("error") or detail.get("message") or detail)[:500]
        return f"{told}: the key needs the scope {scope!r}" if scope else told
    return ""


def _last(error: BaseException) -> str:
    """The innermost cause, in words, without the library's wrapping."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return mask_secrets(str(error)) or type(error).__name__


def _chain(error: APIError, cause: BaseException) -> APIError:
    error.__cause__ = cause
    return error


_alive: weakref.WeakSet[HTTP] = weakref.WeakSet()


def _after_fork() -> None:
    for http in list(_alive):
        object.__setattr__(http, "_lock", threading.Lock())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
