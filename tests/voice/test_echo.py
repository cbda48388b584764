"""Keeping the character from hearing itself: synthetic rooms for the canceller, a clock for the muting."""

import sys

import pytest

pytest.importorskip("numpy")

import numpy as np

from estuary.errors import ConfigError
from estuary.voice.echo import TAIL, Cancel, Off, Suppress, choose_echo
from estuary.voice.levels import dbfs


def choose(mode="auto", rate=24000, **options):
    return choose_echo(mode, rate, sounding_until=lambda: 0.0, delay=lambda: 0.0, **options)


def speechlike(seconds, rate, seed=0):
    """Noise in syllables: loud for a fifth of a second, quiet for a tenth."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(int(seconds * rate))
    noise = np.convolve(noise, np.ones(4) / 2, "same")
    at = np.arange(noise.size) / rate
    return (noise * (at % 0.3 < 0.2) * 4000).astype("<i2")


def conversation(echo, far, near, rate, delay, gain, block):
    """Play ``far``, hear it again ``delay`` seconds later and quieter, with ``near`` in it; returns what is left."""
    late = int(delay * rate)
    heard = np.concatenate([np.zeros(late), far * gain])[: far.size] + near
    heard = np.clip(heard, -32768, 32767).astype("<i2")
    out = b""
    size = int(rate * block)
    ten = rate // 100
    for at in range(0, far.size - size, size):
        for start in range(at, at + size, ten):
            echo.far(far[start : start + ten].tobytes())
        out += echo.near(heard[at : at + size].tobytes(), at / rate)
    return np.frombuffer(out, "<i2"), heard


@pytest.mark.parametrize("rate", [16000, 24000, 48000])
def test_the_canceller_takes_the_character_out_and_leaves_the_user(rate):
    pytest.importorskip("livekit")
    echo = Cancel(rate, delay=lambda: 0.08)
    assert echo.name == "cancel"
    far = speechlike(6, rate)
    near = np.zeros(far.size)
    user = speechlike(1, rate, seed=1) // 2
    near[int(4.5 * rate) : int(5.5 * rate)] = user
    left, heard = conversation(echo, far, near, rate, delay=0.08, gain=0.25, block=0.02)
    alone = slice(int(3 * rate), int(4.4 * rate))
    before, after = dbfs(heard[alone].tobytes()), dbfs(left[alone].tobytes())
    assert before - after > 20  # dB, once it has learnt the room
    talking = slice(int(4.6 * rate), int(5.4 * rate))
    assert dbfs(left[talking].tobytes()) > dbfs(user.tobytes()) - 10


def test_blocks_of_any_size_come_back_with_the_same_length():
    pytest.importorskip("livekit")
    echo = Cancel(24000)
    total = 0
    for size in (2, 480, 960, 482, 4800, 30, 0, 1000):
        echo.far(bytes(size))
        assert len(echo.near(bytes(size), 0.0)) == size
        total += size


def test_muting_lasts_as_long_as_the_character_is_heard_and_a_tail():
    until = [5.0]
    echo = Suppress(lambda: until[0])
    pcm = b"\1\2" * 10
    assert echo.near(pcm, 4.0) == bytes(20)
    assert echo.near(pcm, 5.0 + TAIL - 0.01) == bytes(20)
    assert echo.near(pcm, 5.0 + TAIL) == pcm


def test_auto_takes_the_best_that_can_be_had(monkeypatch):
    pytest.importorskip("livekit")
    assert choose().name == "cancel"
    assert choose(rate=22050).name == "suppress"  # frames of 10 ms don't fit
    assert choose(needed=False).name == "off"
    monkeypatch.setitem(sys.modules, "livekit.rtc", None)
    assert choose().name == "suppress"


def test_without_livekit_what_needs_it_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "livekit.rtc", None)
    for options in (
        {"mode": "cancel"},
        {"mode": "off", "noise_suppression": True},
        {"mode": "auto", "high_pass": True},
    ):
        with pytest.raises(ConfigError, match=r"pip install 'estuary-sync\[livekit\]'"):
            choose(**options)
    assert isinstance(choose("suppress"), Suppress)
    assert isinstance(choose("off"), Off)


def test_filters_without_cancelling():
    pytest.importorskip("livekit")
    echo = choose("off", noise_suppression=True, high_pass=True)
    assert echo.name == "off"
    noise = (np.random.default_rng(0).standard_normal(24000 * 3) * 300).astype("<i2")
    out = b"".join(echo.near(noise[at : at + 480].tobytes(), 0.0) for at in range(0, noise.size, 480))
    assert dbfs(out[-48000:]) < dbfs(noise.tobytes()) - 6


def test_filters_and_muting():
    pytest.importorskip("livekit")
    echo = choose_echo("suppress", 24000, sounding_until=lambda: 1.0, delay=lambda: 0.0, high_pass=True)
    assert echo.name == "suppress"
    hum = (np.sin(np.arange(24000) * 2 * np.pi * 20 / 24000) * 8000).astype("<i2")
    assert echo.near(hum.tobytes(), 0.0) == bytes(48000)
    assert dbfs(echo.near(hum.tobytes(), 9.0)) < dbfs(hum.tobytes()) - 12


def test_an_unknown_mode_and_a_rate_that_does_not_fit():
    with pytest.raises(ConfigError, match="auto, cancel, suppress, off"):
        choose("louder")
    with pytest.raises(ConfigError, match="multiple of 100"):
        choose("cancel", rate=22050)
