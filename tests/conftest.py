"""What every test gets: a time limit, a leak check, and fixtures for the gateway and a bad network.

Fixtures
    ``gateway``        the gateway that the whole run shares, made on first use
    ``make_gateway``   a factory for gateways with options of their own, closed when the test ends
    ``player``         a player id that no other test uses
    ``proxy``          a factory: ``proxy(gateway)`` or ``proxy(url)`` gives a FaultProxy in front of it

Markers
    ``limit(seconds)`` how long each of set-up, test and teardown may take, instead of 60 seconds
    ``leaks_ok(reason=…)`` do not check for leaked threads and sockets
    ``gateway``        set by itself on each test that uses one of the two gateway fixtures
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib.util
import os
import re
import signal
import socket
import stat
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Generator, Iterator
from typing import Any, Callable, Union

import pytest

sys.path.insert(0, os.path.dirname(__file__))  # for `faults`, in every import mode

from faults import FaultProxy

LIMIT = 60.0  # seconds for each phase of a test
GRACE = 15.0  # seconds from a test's time being up to the end of the whole run, if the test can't be failed
SETTLE = 2.0  # seconds in which threads and sockets of a test must have gone away

_GATEWAY_NEEDS = ("fastapi", "uvicorn", "websockets", "sqlalchemy", "openai")
_missing = [name for name in _GATEWAY_NEEDS if importlib.util.find_spec(name) is None]

# They import the gateway when they are collected.
collect_ignore = ["gateway", "e2e"] if _missing else []


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "limit(seconds): how long each phase of the test may take (else 60)")
    config.addinivalue_line("markers", "leaks_ok(reason): the test may leave threads and sockets behind")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # in the background of a script; the programs that tests start would inherit it, and never get their Ctrl-C
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[_STDERR] = os.dup(2)  # capturing is suspended just now: this is the terminal


def pytest_unconfigure(config: pytest.Config) -> None:
    faulthandler.cancel_dump_traceback_later()
    os.close(config.stash[_STDERR])


def pytest_report_header(config: pytest.Config) -> list[str]:
    if not _missing:
        return []
    return [f"gateway extra: {', '.join(_missing)} missing: tests/gateway and tests/e2e are not run"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"gateway", "make_gateway"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("gateway")


# The time limit


_STDERR = pytest.StashKey[int]()


class TimeIsUp(BaseException):
    """The test took too long. Not an Exception: code under test and Hypothesis must let it pass."""


@contextlib.contextmanager
def _limit(item: pytest.Item, phase: str) -> Iterator[None]:
    """Fail the test when its time is up; end the run, with all stacks, if the main thread can't be told."""
    marker = item.get_closest_marker("limit")
    seconds = float(marker.args[0]) if marker else LIMIT

    def time_is_up(signum: int, frame: object) -> None:
        with tempfile.TemporaryFile("w+") as file:
            faulthandler.dump_traceback(file, all_threads=True)
            file.seek(0)
            stacks = file.read()
        raise TimeIsUp(f"the {phase} of {item.nodeid} took more than {seconds:g} s; all threads:\n{stacks}")

    faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=item.config.stash[_STDERR])
    before = signal.signal(signal.SIGALRM, time_is_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    with _limit(item, "set-up"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    with _limit(item, "call"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    with _limit(item, "teardown"):
        return (yield)


# The leak check


_shared_gateway_runs = False  # its worker threads start when first needed, in the middle of some test


def _threads() -> set[threading.Thread]:
    return {
        thread
        for thread in threading.enumerate()
        if thread.name.startswith("estuary-")
        and not (_shared_gateway_runs and thread.name.startswith("estuary-gateway"))
    }


def _sockets() -> dict[int, int]:
    """The inode of each socket of this process -> its file descriptor."""
    found = {}
    for name in os.listdir("/dev/fd"):
        with contextlib.suppress(OSError):  # closed since, or the descriptor of the listing itself
            info = os.fstat(int(name))
            if stat.S_ISSOCK(info.st_mode):
                found[info.st_ino] = int(name)
    return found


def _connections(before: dict[int, int]) -> list[str]:
    """The connections over IP that this process has and didn't have *before*, as text."""
    found = []
    for inode, fd in _sockets().items():
        if inode not in before:
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(fd)) as sock:
                if sock.family in (socket.AF_INET, socket.AF_INET6):
                    peer = sock.getpeername()  # raises when unconnected: not a connection
                    found.append(f"{sock.getsockname()} -> {peer} (fd {fd})")
    return found


@pytest.fixture(autouse=True)
def _no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves behind a thread of ours or an open connection."""
    if request.node.get_closest_marker("leaks_ok"):
        yield
        return
    threads, sockets = _threads(), _sockets()
    yield
    deadline = time.monotonic() + SETTLE
    for thread in _threads() - threads:
        with contextlib.suppress(RuntimeError):  # listed already, but not started yet
            thread.join(max(0.0, deadline - time.monotonic()))
    leaked = [f"thread {thread.name}" for thread in _threads() - threads]
    # A poll, as nothing tells when somebody else's socket is closed.
    while (connections := _connections(sockets)) and time.monotonic() < deadline:
        time.sleep(0.01)
        gc.collect()
    leaked += [f"connection {connection}" for connection in connections]
    if leaked:
        pytest.fail("the test leaked, 2 s after its end there are:\n  " + "\n  ".join(leaked), pytrace=False)


# Fixtures


def _serve(**options: Any) -> Any:
    if _missing:
        pytest.skip(f"needs the gateway extra: {', '.join(_missing)} missing")
    from estuary.gateway import serve

    return serve(**{"port": 0, "db": None, **options})


@pytest.fixture(scope="session")
def gateway() -> Iterator[Any]:
    """The gateway that the whole run shares. A test's data are its own if it uses ``player``."""
    global _shared_gateway_runs
    with _serve() as running:
        _shared_gateway_runs = True
        try:
            yield running
        finally:
            _shared_gateway_runs = False


@pytest.fixture
def make_gateway() -> Iterator[Callable[..., Any]]:
    """``make_gateway(**options)`` starts a gateway of the test's own, which ends with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(_serve(**options))


@pytest.fixture
def player(request: pytest.FixtureRequest) -> str:
    """A player id that no other test uses, with the test's name in it for whoever reads the log."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return f"{name[:40]}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def proxy() -> Iterator[Callable[[Union[str, Any]], FaultProxy]]:
    """``proxy(url_or_gateway)`` starts a FaultProxy in front of that server; it ends with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda target: stack.enter_context(FaultProxy.to(getattr(target, "url", target)))
