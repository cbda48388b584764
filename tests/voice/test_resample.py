"""The converter: exact where nothing is to be converted, clean and prompt where it is, the same however it is cut."""

from __future__ import annotations

import random

import pytest

from estuary import ConfigError
from estuary.voice.resample import Resampler, spread

numpy = pytest.importorskip("numpy")
pytest.importorskip("soxr")

RATES = [(48_000, 24_000), (44_100, 24_000), (24_000, 16_000), (16_000, 24_000), (24_000, 48_000), (8_000, 24_000)]


def tone(frequency: float, rate: int, seconds: float = 1.0, amplitude: float = 16_000.0) -> bytes:
    times = numpy.arange(int(rate * seconds)) / rate
    return numpy.rint(numpy.sin(2 * numpy.pi * frequency * times) * amplitude).astype("<i2").tobytes()


def samples(pcm: bytes) -> numpy.ndarray:
    return numpy.frombuffer(pcm, "<i2").astype("f8")


def decibel(ratio: float) -> float:
    return 20 * numpy.log10(ratio + 1e-12)


def convert(resampler: Resampler, pcm: bytes, block: int) -> list[bytes]:
    return [resampler.feed(pcm[at : at + block]) for at in range(0, len(pcm), block)] + [resampler.flush()]


def test_equal_rates_pass_through_to_the_bit() -> None:
    noise = random.Random(1).randbytes(9_600)
    resampler = Resampler(24_000, 24_000)
    assert resampler.feed(noise) == noise  # at once
    assert resampler.flush() == b""


@pytest.mark.parametrize(("rate", "wanted"), RATES)
def test_a_tone_stays_that_tone(rate: int, wanted: int) -> None:
    pcm = b"".join(convert(Resampler(rate, wanted), tone(1_000, rate, 2), rate // 50 * 2))
    assert abs(len(pcm) // 2 - 2 * wanted) <= 1
    middle = samples(pcm)[wanted // 2 : -wanted // 2]
    times = numpy.arange(wanted // 2, wanted // 2 + len(middle)) / wanted
    basis = numpy.stack([numpy.sin(2 * numpy.pi * 1_000 * times), numpy.cos(2 * numpy.pi * 1_000 * times)], axis=1)
    (in_phase, out_of_phase), *_ = numpy.linalg.lstsq(basis, middle, rcond=None)
    assert in_phase == pytest.approx(16_000, rel=0.005)
    assert abs(out_of_phase) < 100  # not shifted in time either: 100 of 16,000 is 1 µs
    noise = middle - basis @ [in_phase, out_of_phase]
    assert decibel(noise.std() / middle.std()) < -75


@pytest.mark.parametrize(("rate", "wanted"), [pair for pair in RATES if pair[0] > pair[1]])
def test_what_does_not_fit_is_gone_and_what_fits_is_there(rate: int, wanted: int) -> None:
    def level(share: float) -> float:  # of a tone at that share of the new band
        pcm = b"".join(convert(Resampler(rate, wanted), tone(wanted / 2 * share, rate), rate))
        return decibel(samples(pcm)[wanted // 4 : -wanted // 4].std() / (16_000 / 2**0.5))

    assert abs(level(0.75)) < 1
    assert level(1.2) < -70


@pytest.mark.parametrize(("rate", "wanted"), [pair for pair in RATES if pair[0] >= 16_000])
def test_it_is_at_most_25_ms_late(rate: int, wanted: int) -> None:
    resampler = Resampler(rate, wanted)
    given = taken = 0.0
    late = []
    for _ in range(100):
        given += 0.02
        taken += len(resampler.feed(bytes(rate // 50 * 2))) / 2 / wanted
        late.append(given - taken)
    assert max(late[10:]) < 0.025
    assert (taken + len(resampler.flush()) / 2 / wanted) == pytest.approx(given, abs=0.001)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_blocks_of_any_size_give_the_same(channels: int) -> None:
    pcm = tone(440, 44_100 * channels, 0.5)
    pcm = pcm[: len(pcm) // (2 * channels) * 2 * channels]
    resampler = Resampler(44_100, 24_000, channels)
    whole = samples(b"".join(convert(resampler, pcm, len(pcm))))
    again = samples(b"".join(convert(resampler, pcm, 1_001)))  # odd: samples and frames are cut in two
    assert len(again) == len(whole)
    assert abs(again - whole).max() <= 1  # the rounding of the last bit


def test_channels_are_averaged_without_clipping() -> None:
    frames = numpy.array([[32_767, 32_767], [-32_768, -32_768], [1_000, 3_000], [-32_768, 32_767]], "<i2")
    assert samples(Resampler(16_000, 16_000, 2).feed(frames.tobytes())).tolist() == [32_767, -32_768, 2_000, 0]
    many = numpy.full((10, 32), 32_767, "<i2")
    assert samples(Resampler(16_000, 16_000, 32).feed(many.tobytes())).tolist() == [32_767] * 10


def test_spread_is_the_way_back() -> None:
    pcm = tone(440, 16_000, 0.1)
    assert spread(pcm, 1) == pcm
    assert Resampler(16_000, 16_000, 2).feed(spread(pcm, 2)) == pcm


def test_nonsense_is_refused() -> None:
    with pytest.raises(ConfigError, match="0 channels"):
        Resampler(16_000, 24_000, 0)
