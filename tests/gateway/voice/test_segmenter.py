"""End-pointing on probabilities made by hand."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.gateway.voice.segmenter import WINDOW_SECONDS, Segmenter, Sign


def signs(segmenter: Segmenter, *stretches: tuple[float, float]) -> list[tuple[str, float]]:
    """Feed stretches of (seconds, probability); give each sign with its time in seconds."""
    found = []
    for seconds, probability in stretches:
        for _ in range(round(seconds / WINDOW_SECONDS)):
            sign = segmenter.feed(probability)
            if sign is not None:
                found.append((sign.value, round(segmenter.windows * WINDOW_SECONDS, 2)))
    return found


def test_speech_begins_pauses_goes_on_and_ends() -> None:
    segmenter = Segmenter(min_speech=0.25, pause=0.16, hangover=0.5)
    found = signs(segmenter, (1, 0.01), (1, 0.9), (0.3, 0.02), (1, 0.9), (2, 0.02))
    assert [name for name, _ in found] == ["started", "paused", "resumed", "paused", "ended"]
    times = [time for _, time in found]
    assert times[0] == pytest.approx(1.25, abs=0.04)
    assert times[1] == pytest.approx(2.16, abs=0.04)
    assert times[3] == pytest.approx(3.46, abs=0.07)
    assert times[4] == pytest.approx(3.8, abs=0.07)
    assert not segmenter.speaking


@pytest.mark.parametrize(
    ("stretches", "heard"),
    [
        ([(600, 0.0)], False),
        ([(0.064, 1.0), (1, 0.0)] * 50, False),  # clicks
        ([(0.2, 1.0), (1, 0.0)] * 50, False),  # shorter than the least speech
        ([(0.4, 1.0), (1, 0.0)], True),
        ([(0.16, 0.9), (0.064, 0.1), (0.16, 0.9)], True),  # a consonant in between
        ([(10, 0.45)], False),
    ],
)
def test_what_counts_as_speech(stretches: Any, heard: bool) -> None:
    assert ("started" in dict(signs(Segmenter(), *stretches))) is heard


@pytest.mark.parametrize(("sensitivity", "heard"), [(0.0, False), (0.5, False), (0.8, True), (1.0, True)])
def test_sensitivity(sensitivity: float, heard: bool) -> None:
    assert ("started" in dict(signs(Segmenter(sensitivity=sensitivity), (1, 0.4)))) is heard


def test_the_threshold_to_go_on_is_lower() -> None:
    found = signs(Segmenter(), (0.5, 0.9), (3, 0.4))
    assert [name for name, _ in found] == ["started"]


def test_push_to_talk_never_ends_by_itself_before_the_limit() -> None:
    assert "ended" not in dict(signs(Segmenter(hangover=None, longest=180), (1, 0.9), (100, 0.0), (1, 0.9)))


@pytest.mark.parametrize("hangover", [0.5, None])
def test_speech_without_end_is_ended(hangover: Optional[float]) -> None:
    found = signs(Segmenter(hangover=hangover, longest=10), (25, 0.9))
    assert [name for name, _ in found] == ["started", "ended", "started", "ended", "started"]


@given(st.lists(st.floats(0, 1), max_size=300), st.sampled_from([0.1, 0.5, None]), st.floats(0, 1))
def test_signs_come_in_an_order_that_makes_sense(
    probabilities: list[float], hangover: Optional[float], sensitivity: float
) -> None:
    segmenter = Segmenter(hangover=hangover, sensitivity=sensitivity, longest=2)
    allowed: dict[Optional[Sign], set[Sign]] = {
        None: {Sign.STARTED},
        Sign.STARTED: {Sign.PAUSED, Sign.ENDED},
        Sign.PAUSED: {Sign.RESUMED, Sign.ENDED},
        Sign.RESUMED: {Sign.PAUSED, Sign.ENDED},
        Sign.ENDED: {Sign.STARTED},
    }
    last: Optional[Sign] = None
    for probability in probabilities:
        sign = segmenter.feed(probability)
        if sign is not None:
            assert sign in allowed[last]
            last = sign
        assert segmenter.speaking == (last not in (None, Sign.ENDED))
        assert segmenter.start <= segmenter.end <= segmenter.windows
        assert segmenter.silent >= 0
