"""The benchmark of memory runs, as far as it takes no time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("wordllama")

BENCHMARK = Path(__file__).resolve().parents[3] / "benchmarks" / "memory.py"


def test_recall_is_measured_on_the_half_for_tuning() -> None:
    options = ["--only", "recall", "--half", "dev", "--quick"]
    ended = subprocess.run([sys.executable, str(BENCHMARK), *options], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    line = next(line for line in ended.stdout.splitlines() if line.startswith("among the player's"))
    first, three, questions = line.split()[-3:]
    assert (float(first) > 0.8, float(three) > 0.9, questions) == (True, True, "50"), line
