"""What is said into the microphone: our sentences, read by two voices, and real people's speech where it is installed.

All audio is PCM16 mono at ``RATE``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr
from attrs import frozen
from numpy.typing import NDArray

from estuary.gateway.voice.embedded import synthesise

RATE = 24_000
SENTENCES = Path(__file__).parent / "data" / "voice_sentences.txt"
#: of Debian's pocketsphinx-testdata: five sentences of a LibriVox reader
LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")
#: how loud the loudest sample is made, of 1
PEAK = 0.5


@frozen
class Utterance:
    voice: str
    text: str
    pcm: bytes

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 2 / RATE


def sentences() -> list[str]:
    return SENTENCES.read_text(encoding="utf-8").splitlines()


def utterances(count: int) -> Iterator[Utterance]:
    """The first so many sentences, read by each voice that there is; then all the real speech."""
    texts = sentences()[:count]
    for text in texts:
        yield Utterance("hibari (heart)", text, hibari(text))
    if shutil.which("espeak-ng"):
        for text in texts:
            yield Utterance("espeak-ng (en-us)", text, _espeak(text))
    if LIBRIVOX.exists():
        for line in (LIBRIVOX / "transcription").read_text(encoding="utf-8").splitlines():
            text, name = re.fullmatch(r"<s> (.*) </s> \((.*)\)", line.strip()).groups()  # type: ignore[union-attr]
            yield Utterance("LibriVox reader", text, _wav(LIBRIVOX / f"{name}.wav"))


def hibari(text: str) -> bytes:
    return _level(synthesise(text, None, 1.0), RATE)


def _espeak(text: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "speech.wav")
        subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(path), text], check=True, timeout=20)
        return _wav(path)


def _wav(path: Path) -> bytes:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2), path
        return _level(file.readframes(file.getnframes()), file.getframerate())


def _level(pcm: bytes, rate: int) -> bytes:
    audio: NDArray[np.float32] = np.frombuffer(pcm, "<i2").astype(np.float32)
    if rate != RATE:
        audio = soxr.resample(audio, rate, RATE)
    audio = audio * (PEAK * 32767 / max(1.0, float(np.abs(audio).max(initial=0.0))))
    return bytes(np.rint(audio).astype("<i2").tobytes())
