"""Fixtures of the tests of voice: virtual sound devices."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `pulse`, in every import mode

from pulse import Pulse, require


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    """A sound server of the test's own, with the devices ``vmic`` and ``vspk`` for subprocesses."""
    require()
    with Pulse() as running:
        yield running
