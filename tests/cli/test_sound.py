"""What ``estuary doctor --audio`` makes of what a microphone hears."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from estuary.cli.sound import chirp, find
from estuary.voice.files import read_wav

np = pytest.importorskip("numpy")

RATE = 24_000


def noise(seconds: float, dbfs: float, seed: int = 1) -> Any:
    return np.random.default_rng(seed).normal(0, 32768 * 10 ** (dbfs / 20), int(seconds * RATE))


def room(at: float, gain: float, background: Any) -> Any:
    """The chirp ``at`` seconds into the background, with reflections that are quieter."""
    heard = background.copy()
    for delay, factor in ((0.0, 1.0), (0.011, 0.5), (0.023, -0.3), (0.047, 0.2)):
        begin = int((at + delay) * RATE)
        heard[begin : begin + len(chirp(RATE))] += gain * factor * chirp(RATE)
    return np.clip(heard, -32768, 32767)


@pytest.mark.parametrize(
    ("gain", "background"), [(1.0, -96.0), (0.01, -70.0), (0.1, -30.0), (20.0, -96.0), (-0.3, -40.0)]
)
def test_the_chirp_is_found_where_it_is(gain: float, background: float) -> None:
    heard = room(0.613, gain, noise(2.0, background))
    assert find(heard, chirp(RATE)) == pytest.approx(0.613 * RATE, abs=2)


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_no_chirp(seed: int) -> None:
    assert find(noise(2.0, -20.0, seed), chirp(RATE)) is None


def test_neither_is_silence_nor_hum_nor_too_little() -> None:
    assert find(np.zeros(2 * RATE), chirp(RATE)) is None
    hum = 3000 * np.sin(2 * np.pi * 100 * np.arange(2 * RATE) / RATE) + noise(2.0, -60.0)
    assert find(hum, chirp(RATE)) is None
    assert find(chirp(RATE)[:-1], chirp(RATE)) is None


def test_neither_is_speech() -> None:
    pcm, rate, _ = read_wav(Path(__file__).parents[2] / "examples" / "question.wav")
    assert find(np.frombuffer(pcm, "<i2").astype(float), chirp(rate)) is None
