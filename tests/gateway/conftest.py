"""Fixtures for the tests of the gateway."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Callable

import pytest

sys.path.insert(0, os.path.dirname(__file__))  # for `rawclient`, in every import mode

from rawclient import RawClient


@pytest.fixture
def connect() -> Iterator[Callable[..., RawClient]]:
    """``connect(gateway, "alice", **auth)`` gives an open session; ``connect(gateway, None, …)`` skips the wait.

    The client has no speaker unless its ``capabilities`` say so: answers come in writing only.
    """
    with ExitStack() as stack:

        def make(gateway: Any, player: Any, *, expect_session: bool = True, **auth: Any) -> RawClient:
            client = stack.enter_context(RawClient(gateway.url))
            defaults = {"api_key": gateway.api_key, "character_id": gateway.character_id, "player_id": player}
            capabilities = auth.pop("capabilities", None) or {}
            if isinstance(capabilities, dict):
                capabilities = {"speaker": False, **capabilities}
            client.open({**defaults, "capabilities": capabilities, **auth})
            if expect_session:
                client.session = client.until("session_info")
            return client

        yield make
