"""What the engines for hearing and speaking are given and what they give back.

All audio here is PCM16, mono, little-endian; an engine that hears gets 16,000 Hz.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Optional, Protocol

from attrs import frozen

from ..engines.base import EngineError

__all__ = [
    "HEARING_RATE",
    "WINDOW",
    "Audio",
    "EngineError",
    "SttEngine",
    "TtsEngine",
    "VadEngine",
    "VadStream",
    "VoiceSettings",
]

#: Hz of what the engines that hear are given
HEARING_RATE = 16_000
#: samples in one window of a ``VadStream``: 32 ms
WINDOW = 512


@frozen
class Audio:
    """A piece of speech: PCM16 at ``sample_rate`` (Hz)."""

    pcm: bytes
    sample_rate: int


@frozen
class VoiceSettings:
    """What a character's ``tts``, ``stt`` and ``vad`` sections say."""

    voice: Optional[str] = None
    #: 1 is the engine's own pace
    speed: float = 1.0
    language: str = "en"
    #: 0 (only what is surely speech) to 1
    sensitivity: float = 0.5
    #: less is no speech
    min_speech_seconds: float = 0.25


class SttEngine(Protocol):
    """Writes down speech. Runs on the gateway's event loop, so long CPU work belongs on a thread."""

    @property
    def name(self) -> str:
        """What ``GET /health`` and the log call it."""

    async def load(self) -> None:
        """Get ready; called before use, any number of times. Raises ``EngineError`` that tells the fix."""

    async def transcribe(self, pcm: bytes, *, language: str, final: bool) -> str:
        """What is said in ``pcm`` (PCM16, 16,000 Hz, with speech in it); ``""`` when that can't be told.

        ``final`` is false when the speaker has not finished: a result that can wait. May be called while other calls
        run. Raises ``EngineError``. Cancelling it stops the work, or at least throws its result away.
        """


class TtsEngine(Protocol):
    """Reads text out. Runs on the gateway's event loop, so long CPU work belongs on a thread."""

    @property
    def name(self) -> str:
        """What ``GET /health`` and the log call it."""

    async def load(self) -> None:
        """As ``SttEngine.load``."""

    def speak(self, text: str, *, voice: Optional[str], speed: float, first: bool) -> AsyncIterator[Audio]:
        """Yield the speech of one sentence, in one piece or several; none for what can't be spoken.

        ``first`` is true for the first sentence of a message, for which somebody waits. A ``voice`` that the engine
        does not have is its own default. Raises ``EngineError``. Closing the iterator stops the work.
        """


class VadStream(Protocol):
    """Listens to one stream of audio, on one thread at a time."""

    def probabilities(self, pcm: bytes) -> Sequence[float]:
        """How likely each window of ``WINDOW`` samples is speech, 0 to 1. ``pcm`` holds whole windows at 16,000 Hz."""


class VadEngine(Protocol):
    """Tells speech from other sounds, in well under the time that they last."""

    @property
    def name(self) -> str:
        """What ``GET /health`` and the log call it."""

    def load(self) -> None:
        """Get ready, on any thread. Raises ``EngineError`` that tells the fix."""

    def stream(self) -> VadStream:
        """A new stream, with nothing heard before. On any thread, after ``load``."""
