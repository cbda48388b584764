"""Fixtures of the tests that speak."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A function that gives the path of a wav file (24,000 Hz) in which the gateway's own voice says a text."""
    pytest.importorskip("hibari")
    from estuary.gateway.voice.embedded import synthesise
    from estuary.voice.files import write_wav

    folder = tmp_path_factory.mktemp("speech")
    made: dict[str, Path] = {}

    def speak(text: str) -> Path:
        if text not in made:
            path = folder / f"{len(made)}.wav"
            write_wav(path, bytes(4800) + synthesise(text, None, 1.0) + bytes(4800), 24_000)
            made[text] = path
        return made[text]

    return speak
