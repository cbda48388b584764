"""``estuary doctor``: one line for each thing that a conversation needs, ok or how to mend it."""

from __future__ import annotations

import datetime as dt
import email.utils
import importlib.metadata
import json
import os
import platform
import re
import statistics
import sys
import time
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

import click
from attrs import asdict

from .. import __version__
from ..config import DEFAULT_SERVER_URL, Config
from ..credentials import check_key, mask, mask_secrets, remember_secret
from ..errors import AuthenticationError, ConfigError, EstuaryError
from ..session import Session
from .check import FAILED, NOTE, OK, Check
from .common import CONTEXT, debug_option, device, get_json, one_line, plural, user_name

__all__ = ["doctor"]

DISTRIBUTION = "estuary-sync"
#: extras that are not for users of a feature
_NOT_FEATURES = ("all", "dev")
#: seconds by which the clocks may differ: client tokens are renewed 30 s before they expire
MAX_SKEW = 10.0
PINGS = 5

_MARKS = {OK: ("ok  ", "green"), FAILED: ("FAIL", "red"), NOTE: ("note", "yellow")}


@click.command("doctor", short_help="Check this machine, the server and the key.", context_settings=CONTEXT)
@click.option("--server", metavar="URL", help="Which server (else ESTUARY_SERVER_URL, else the hosted platform).")
@click.option("--api-key", metavar="KEY", help="API key. Better set ESTUARY_API_KEY.")
@click.option("--character", metavar="ID", help="Check this character too (else ESTUARY_CHARACTER_ID).")
@click.option("--player", metavar="ID", help="Open the session as this player (else ESTUARY_PLAYER_ID).")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long each check may take.",
)
@click.option(
    "--audio",
    is_flag=True,
    help="Check microphone and speaker instead of the server: plays a short chirp and listens for it.",
)
@click.option("--device-in", metavar="DEVICE", help="With --audio: which microphone, by its index or name.")
@click.option("--device-out", metavar="DEVICE", help="With --audio: which speaker, by its index or name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@debug_option
def doctor(
    server: Optional[str],
    api_key: Optional[str],
    character: Optional[str],
    player: Optional[str],
    timeout: float,
    audio: bool,
    device_in: Optional[str],
    device_out: Optional[str],
    as_json: bool,
) -> int:
    """Check all that a conversation needs: Python, packages, server, key, character, clock, speed; or sound.

    Each line is ok, a note, or says how to mend it. The exit status is 1 when something must be mended. No key is ever
    printed.
    """
    if not audio and (device_in or device_out):
        raise click.UsageError("--device-in and --device-out are for --audio.")
    checks: List[Check] = []
    examination = _Examination(server, api_key, character, player, timeout).checks()
    for check in _audio(device_in, device_out) if audio else examination:
        checks.append(check)
        if not as_json:
            _print(check)
    failed = [check.name for check in checks if check.status == FAILED]
    if as_json:
        report = {"ok": not failed, "checks": [asdict(check) for check in checks]}
        click.echo(mask_secrets(json.dumps(report, indent=2, ensure_ascii=False)))
    elif failed:
        click.echo(f"\n{plural(len(failed), 'thing')} to mend: {', '.join(failed)}")
    else:
        click.echo("\nAll is well.")
    return int(bool(failed))


def _print(check: Check) -> None:
    mark, colour = _MARKS[check.status]
    line = f"{click.style(mark, fg=colour)}  {check.name:<16} {mask_secrets(one_line(check.detail))}"
    if check.fix:
        line += f"\n{'':23}{click.style('→ ' + mask_secrets(one_line(check.fix)), fg=colour)}"
    click.echo(line)


class _Examination:
    """The checks, one after the other; what one finds out is there for those after it."""

    def __init__(
        self,
        server: Optional[str],
        api_key: Optional[str],
        character: Optional[str],
        player: Optional[str],
        timeout: float,
    ) -> None:
        self._url = (server or os.environ.get("ESTUARY_SERVER_URL") or DEFAULT_SERVER_URL).strip().rstrip("/")
        self._key = (api_key or os.environ.get("ESTUARY_API_KEY") or "").strip()
        self._character = (character or os.environ.get("ESTUARY_CHARACTER_ID") or "").strip()
        self._player = player or os.environ.get("ESTUARY_PLAYER_ID") or user_name()
        self._timeout = timeout
        #: whether this is an API key that REST takes; ``None`` where that could not be found out
        self._key_valid: Optional[bool] = None
        #: characters that the key may list
        self._found: List[Any] = []
        #: the first answer of the server, and the local time before and the seconds until it
        self._answer: Optional[Tuple[Any, float, float]] = None
        if self._key:
            remember_secret(self._key)

    def checks(self) -> Iterator[Check]:
        yield _python()
        yield from _packages()
        yield self._reach()
        if self._answer is None:
            yield self._key_itself() or Check("key", NOTE, f"{mask(self._key)} can't be checked without the server")
            return
        yield self._clock(*self._answer)
        yield self._round_trip()
        yield self._check_key()
        yield from self._check_character()
        yield from self._open_session()

    # ── the server ──

    def _reach(self) -> Check:
        import requests

        try:
            # the same check, and the same words, as a session's
            url = Config.load(server_url=self._url, api_key="-", character_id="-", player_id="-").server_url
            before, started = time.time(), time.perf_counter()
            response = requests.get(f"{url}/health", timeout=self._timeout, allow_redirects=False)
            took = time.perf_counter() - started
        except ConfigError as error:
            return Check("server", FAILED, str(error), "set ESTUARY_SERVER_URL, or give --server")
        except requests.RequestException as error:
            detail = f"{self._url} can't be reached: {_reason(error)}"
            return Check("server", FAILED, detail, _reach_fix(self._url))
        self._url = url
        ms = 1000 * took
        if response.status_code >= 500:
            fix = "wait and try again; if it is your own gateway, look at its log"
            return Check("server", FAILED, f"{url} answers with status {response.status_code}", fix, ms)
        self._answer = response, before, took
        return Check("server", OK, f"{url} answers in {ms:.0f} ms{_about(response)}", ms=ms)

    def _clock(self, response: Any, before: float, took: float) -> Check:
        theirs, precision = _server_time(response)
        if theirs is None:
            return Check("clock", NOTE, "the server does not say what time it is")
        # a time in whole seconds is on average half a second old
        skew = theirs + precision / 2 - (before + took / 2)
        if abs(skew) <= MAX_SKEW:
            about = "within a second" if abs(skew) < 1 else f"{abs(skew):.0f} s {'behind' if skew > 0 else 'ahead'}"
            return Check("clock", OK, f"this machine's clock agrees with the server's ({about})")
        side = "behind" if skew > 0 else "ahead of"
        return Check(
            "clock",
            FAILED,
            f"this machine's clock is {abs(skew):.0f} s {side} the server's: tokens expire at the wrong time",
            "have it set from the network (on Linux: timedatectl set-ntp true)",
        )

    def _round_trip(self) -> Check:
        import requests

        times = []
        try:
            with requests.Session() as http:
                # the first one opens the connection
                for _ in range(PINGS + 1):
                    started = time.perf_counter()
                    http.get(f"{self._url}/health", timeout=self._timeout, allow_redirects=False)
                    times.append(1000 * (time.perf_counter() - started))
        except requests.RequestException as error:
            return Check("round trip", FAILED, f"the server stopped answering: {_reason(error)}", "try again")
        median, worst = statistics.median(times[1:]), max(times[1:])
        detail = f"{median:.1f} ms (median of {PINGS} requests, {worst:.1f} ms at most)"
        if median > 500:
            return Check("round trip", NOTE, detail, "answers will begin late: the network is slow", median)
        return Check("round trip", OK, detail, ms=median)

    # ── the account ──

    def _key_itself(self) -> Optional[Check]:
        """What is wrong with the key as such, if anything is."""
        where = "set ESTUARY_API_KEY"
        if not self._key:
            self._key_valid = False
            local = "; for a gateway of your own: estuary gateway keys create NAME"
            return Check("key", FAILED, "no API key is given", f"{where}{local}")
        try:
            check_key(self._key)
        except ConfigError as error:
            self._key_valid = False
            return Check("key", FAILED, str(error), f"{where} to the key alone")
        return None

    def _check_key(self) -> Check:
        import requests

        wrong = self._key_itself()
        if wrong is not None:
            return wrong
        shown = mask(self._key)
        if self._key.startswith("sst_"):
            return Check("key", NOTE, f"{shown} is a session token: only opening a session shows whether it is valid")
        try:
            body = get_json(self._url, "/api/v1/characters?limit=5", self._key, self._timeout)
        except requests.HTTPError as error:
            status = error.response.status_code
            if status == 401:
                self._key_valid = False
                return Check(
                    "key", FAILED, f"the server refuses the key {shown}", f"set ESTUARY_API_KEY to a key of {self._url}"
                )
            if status == 403:
                return Check("key", NOTE, f"{shown} is valid, but may not list characters")
            return Check("key", NOTE, f"the list of characters, asked for with {shown}, gives status {status}")
        except requests.RequestException as error:
            return Check("key", NOTE, f"the server did not say whether {shown} is valid: {_reason(error)}")
        self._key_valid = True
        self._found = body.get("characters") or [] if isinstance(body, dict) else []
        return Check("key", OK, f"{shown} is valid")

    def _check_character(self) -> Iterator[Check]:
        import requests

        if self._key_valid is False:
            return
        if not self._character:
            if not self._found:
                yield Check("character", NOTE, "none is chosen, and none is listed", "set ESTUARY_CHARACTER_ID")
                return
            self._character = str(self._found[0].get("id") or "")
            known = ", ".join(f"{_name(body)} ({body.get('id')})" for body in self._found)
            fix = "set ESTUARY_CHARACTER_ID to one of them"
            yield Check("character", NOTE, f"none is chosen; there are {known}", fix)
            return
        if not self._key_valid:
            return  # the session will tell
        try:
            body = get_json(self._url, f"/api/v1/characters/{self._character}", self._key, self._timeout)
        except requests.HTTPError as error:
            if error.response.status_code in (404, 422):
                fix = "set ESTUARY_CHARACTER_ID to one that exists"
                if self._found:
                    fix += f", such as {self._found[0].get('id')} ({_name(self._found[0])})"
                yield Check("character", FAILED, f"there is no character {self._character} for this key", fix)
                self._character = ""
            else:
                yield Check("character", NOTE, f"the server does not say (status {error.response.status_code})")
            return
        except requests.RequestException as error:
            yield Check("character", NOTE, f"the server does not say: {_reason(error)}")
            return
        yield Check("character", OK, f"{_name(body)} ({self._character})")

    def _open_session(self) -> Iterator[Check]:
        if self._key_valid is False or not self._character:
            return
        session = None
        try:
            from .. import transport  # noqa: F401 - loading it is not the server's time

            started = time.perf_counter()
            session = Session(
                api_key=self._key,
                server_url=self._url,
                character_id=self._character,
                player_id=self._player,
                connect_timeout=max(0.1, self._timeout),
            )
            session.connect()
            ms = 1000 * (time.perf_counter() - started)
            yield Check("session", OK, f"opened over WebSocket in {ms:.0f} ms, as player {self._player}", ms=ms)
        except AuthenticationError as error:
            yield Check("session", FAILED, str(error), "check ESTUARY_API_KEY and ESTUARY_CHARACTER_ID")
        except EstuaryError as error:
            fix = "if HTTP works and this does not, a proxy or firewall may not let WebSockets through"
            yield Check("session", FAILED, str(error), fix)
        finally:
            if session is not None:
                session.close(2.0)


# ── this machine ──


def _audio(device_in: Optional[str], device_out: Optional[str]) -> Iterator[Check]:
    from . import sound

    yield _python()
    yield from _packages()
    yield from sound.checks(device(device_in), device(device_out))


def _python() -> Check:
    version = f"{platform.python_version()} ({platform.python_implementation()}, {sys.platform})"
    if sys.version_info < (3, 10):
        return Check("python", OK, f"{version}; the local gateway needs 3.10")
    return Check("python", OK, version)


def _packages() -> Iterator[Check]:
    """This package, what it cannot do without, and its extras, as its own metadata list them."""
    yield Check("estuary-sync", OK, __version__)
    try:
        requirements = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        requirements = []
        yield Check("installation", NOTE, "estuary-sync is not installed: its sources are used as they lie")
    base, extras = _sort(requirements)
    base = base or ["python-socketio", "python-engineio", "websocket-client", "requests", "attrs", "cattrs"]
    yield _installed("packages", base, f"pip install --upgrade {DISTRIBUTION}", missing=FAILED)
    for extra, names in sorted(extras.items()):
        yield _installed(f"extra {extra}", names, f"to have it: pip install '{DISTRIBUTION}[{extra}]'", missing=NOTE)


def _sort(requirements: List[str]) -> Tuple[List[str], Dict[str, List[str]]]:
    """Names of the packages without an extra, and of those of each extra that this Python can have."""
    base: List[str] = []
    extras: Dict[str, List[str]] = {}
    for requirement in requirements:
        match = re.match(r"[\w.-]+", requirement)
        marker = requirement.partition(";")[2]
        extra = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", marker)
        needs = re.search(r"python_version\s*>=\s*['\"]3\.(\d+)['\"]", marker)
        if match is None or match[0] == DISTRIBUTION or (needs and sys.version_info < (3, int(needs[1]))):
            continue
        if extra is None:
            base.append(match[0])
        elif extra[1] not in _NOT_FEATURES:
            extras.setdefault(extra[1], []).append(match[0])
    return base, extras


def _installed(name: str, packages: List[str], fix: str, *, missing: str) -> Check:
    versions: Dict[str, Optional[str]] = {}
    for package in packages:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = None
    there = ", ".join(f"{package} {version}" for package, version in versions.items() if version)
    absent = [package for package, version in versions.items() if version is None]
    if not absent:
        return Check(name, OK, there)
    if len(absent) == len(packages):
        return Check(name, missing, "not installed", fix)
    return Check(name, missing, f"not installed: {', '.join(absent)} (there: {there})", fix)


# ── reading answers ──


def _about(response: Any) -> str:
    """What ``/health`` of a gateway tells: version and engines."""
    try:
        body = response.json()
        engines = ", ".join(f"{name} {engine}" for name, engine in body["engines"].items() if engine != "none")
        return f" (gateway {body['version']}; {engines})"
    except (ValueError, TypeError, KeyError, AttributeError):
        return ""


def _server_time(response: Any) -> Tuple[Optional[float], float]:
    """The server's clock as seconds since the epoch, and how exact that is."""
    try:
        when = dt.datetime.fromisoformat(str(response.json()["time"]).replace("Z", "+00:00"))
        if when.tzinfo is None:
            when = when.replace(tzinfo=dt.timezone.utc)
        return when.timestamp(), 0.0
    except (ValueError, TypeError, KeyError):
        pass  # not a gateway: HTTP has the time too
    try:
        return email.utils.parsedate_to_datetime(response.headers["Date"]).timestamp(), 1.0
    except (ValueError, TypeError, KeyError):
        return None, 0.0


def _name(body: Mapping[str, Any]) -> str:
    persona = body.get("persona")
    name = persona.get("name") if isinstance(persona, dict) else body.get("name")
    return one_line(name or "a character without a name")


def _reason(error: Exception) -> str:
    """The innermost cause in a few words, instead of the libraries' nested texts."""
    import requests

    if isinstance(error, requests.Timeout):
        return "it does not answer in time"
    text = str(error)
    if isinstance(error, requests.exceptions.SSLError):
        return f"its certificate is not accepted ({text.rpartition('(')[2].strip(')')})"
    for words, meaning in (
        ("Connection refused", "nothing listens there"),
        ("Name or service not known", "there is no such host"),
        ("nodename nor servname", "there is no such host"),
        ("Failed to resolve", "there is no such host, or no network"),
        ("Network is unreachable", "there is no network"),
        ("No route to host", "there is no way to that host"),
        ("Connection reset", "it breaks off the connection"),
        ("Connection aborted", "it breaks off the connection"),
    ):
        if words in text:
            return meaning
    return one_line(text)[:160]


def _reach_fix(url: str) -> str:
    if re.match(r"https?://(127\.|localhost|\[::1\])", url):
        return "start it: estuary gateway (the URL and port that it prints must be these)"
    return "check the address (ESTUARY_SERVER_URL, --server), the network and any proxy (HTTPS_PROXY)"
