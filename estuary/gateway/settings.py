"""Every option of the gateway, checked where it is given."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any, Optional

from attrs import Attribute, field, fields_dict, frozen

from ..errors import ConfigError
from .engines.base import ChatEngine

__all__ = ["DIALECTS", "FINAL_TEXTS", "GatewayOptions"]

#: The two forms of ``bot_response``. ``cumulative``: ``partial`` is this chunk, ``text`` is everything so far.
#: ``delta``: ``partial`` is a bool and ``text`` is this chunk only.
DIALECTS = ("cumulative", "delta")
#: What the final ``bot_response`` carries: the whole text, only the last piece (not sent before), or nothing.
FINAL_TEXTS = ("whole", "last", "empty")


def hide_userinfo(url: Optional[str]) -> Optional[str]:
    """The URL without the user and password that it may hold.

    >>> hide_userinfo("https://me:secret@host/v1")
    'https://…@host/v1'
    """
    return url if url is None else re.sub(r"//[^/@]*@", "//…@", url)


_Validator = Callable[[Any, "Attribute[Any]", Any], None]


def _one_of(*choices: str) -> _Validator:
    def check(_: Any, attribute: Attribute[Any], value: Any) -> None:
        if value not in choices:
            raise ConfigError(f"{attribute.name} must be one of {', '.join(choices)}, not {value!r}")

    return check


def _number(minimum: float, *, above: bool = False, optional: bool = False, whole: bool = False) -> _Validator:
    kinds = (int,) if whole else (int, float)
    noun = "a whole number" if whole else "a number"

    def check(_: Any, attribute: Attribute[Any], value: Any) -> None:
        if value is None and optional:
            return
        good = isinstance(value, kinds) and not isinstance(value, bool)
        if not good or not (value > minimum if above else value >= minimum):
            bound = f"above {minimum:g}" if above else f"of at least {minimum:g}"
            raise ConfigError(f"{attribute.name} must be {noun} {bound}{' or None' if optional else ''}, not {value!r}")

    return check


def _text(optional: bool = True) -> _Validator:
    def check(_: Any, attribute: Attribute[Any], value: Any) -> None:
        if not (value is None and optional) and not (isinstance(value, str) and value.strip()):
            raise ConfigError(f"{attribute.name} must be a string that is not empty")

    return check


def _url(_: Any, attribute: Attribute[Any], value: Any) -> None:
    if value is not None and not (isinstance(value, str) and value.startswith(("http://", "https://"))):
        raise ConfigError(f"{attribute.name} must be an http:// or https:// URL, not {value!r}")


def _bool(_: Any, attribute: Attribute[Any], value: Any) -> None:
    if not isinstance(value, bool):
        raise ConfigError(f"{attribute.name} must be True or False, not {value!r}")


def _engine(_: Any, attribute: Attribute[Any], value: Any) -> None:
    if value is not None and not (callable(getattr(value, "reply", None)) and hasattr(value, "name")):
        raise ConfigError(f"{attribute.name} must have a name and a reply() method (see estuary.gateway.engines.base)")


def _extractor(_: Any, attribute: Attribute[Any], value: Any) -> None:
    if value is None or value in ("embedded", "llm"):
        return
    if not (callable(getattr(value, "extract", None)) and hasattr(value, "name")):
        raise ConfigError(
            f"{attribute.name} must be 'embedded', 'llm', or have a name and an extract() method "
            "(see estuary.gateway.memory.base)"
        )


def _embedder(_: Any, attribute: Attribute[Any], value: Any) -> None:
    if value is not None and not (callable(getattr(value, "embed", None)) and hasattr(value, "name")):
        raise ConfigError(f"{attribute.name} must have a name and an embed() method (see estuary.gateway.memory)")


def _voice_engine(method: str, *names: str) -> _Validator:
    def check(_: Any, attribute: Attribute[Any], value: Any) -> None:
        if value is None or value in names:
            return
        if isinstance(value, str) or not (callable(getattr(value, method, None)) and hasattr(value, "name")):
            raise ConfigError(
                f"{attribute.name} must be one of {', '.join(map(repr, names))}, or have a name and a {method}() "
                "method (see estuary.gateway.voice.base)"
            )

    return check


def _api_key(_: Any, attribute: Attribute[Any], value: Any) -> None:
    if value is not None and not (isinstance(value, str) and value.startswith("est_") and len(value) >= 12):
        raise ConfigError(f"{attribute.name} must start with 'est_' and have at least 12 characters")


def _level(_: Any, attribute: Attribute[Any], value: Any) -> None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return
    if not isinstance(value, str) or not isinstance(logging.getLevelName(value.upper()), int):
        raise ConfigError(f"{attribute.name} must be a level of the logging module, not {value!r}")


@frozen(kw_only=True)
class GatewayOptions:
    """How a gateway behaves. Times are in seconds; ``None`` means "no limit" where it is allowed.

    Raises:
        ConfigError: an option has a value that can't be right. The message names it.

    >>> GatewayOptions(dialect="morse")
    Traceback (most recent call last):
        ...
    estuary.errors.ConfigError: dialect must be one of cumulative, delta, not 'morse'
    """

    #: the form of ``bot_response``: see ``DIALECTS``
    dialect: str = field(default="cumulative", validator=_one_of(*DIALECTS))
    #: what the final ``bot_response`` carries: see ``FINAL_TEXTS``
    final_text: str = field(default="whole", validator=_one_of(*FINAL_TEXTS))
    #: what answers; by default the built-in companion, or the endpoint at ``llm_url``
    chat: Optional[ChatEngine] = field(default=None, validator=_engine)
    #: base URL of an OpenAI-compatible chat endpoint, such as ``http://127.0.0.1:11434/v1``
    llm_url: Optional[str] = field(default=None, validator=_url, repr=lambda url: repr(hide_userinfo(url)))
    llm_model: Optional[str] = field(default=None, validator=_text())
    llm_api_key: Optional[str] = field(default=None, validator=_text(), repr=False)
    #: an API key that is valid while this gateway runs, besides the stored ones
    api_key: Optional[str] = field(default=None, validator=_api_key, repr=False)
    #: a session in which nothing happens for so long is ended
    session_timeout: Optional[float] = field(default=None, validator=_number(0, above=True, optional=True))
    #: messages that one key may send in all
    quota: Optional[int] = field(default=None, validator=_number(0, optional=True, whole=True))
    #: sessions that one key may have open at once
    max_sessions: Optional[int] = field(default=None, validator=_number(1, optional=True, whole=True))
    #: characters in one message
    max_text: int = field(default=100_000, validator=_number(1, whole=True))
    #: past messages that the chat engine is given
    history: int = field(default=40, validator=_number(0, whole=True))
    #: pause of the built-in companion between two chunks
    chunk_delay: float = field(default=0.0, validator=_number(0))
    #: whether characters remember what players tell them, beyond the messages themselves
    memory: bool = field(default=True, validator=_bool)
    #: what draws memories from messages: ``embedded`` (rules), ``llm`` (the endpoint at ``llm_url``, and the rules when
    #: it fails), or an object (see ``estuary.gateway.memory.base``)
    extractor: Any = field(default=None, validator=_extractor)
    #: what search by meaning rests on; by default an embedded model, or the endpoint at ``embeddings_url``
    embedder: Any = field(default=None, validator=_embedder)
    #: what understands speech: ``moonshine`` or ``pocketsphinx``, embedded (by default the first that is installed),
    #: ``none``, or an object (see ``estuary.gateway.voice.base``)
    stt: Any = field(default=None, validator=_voice_engine("transcribe", "moonshine", "pocketsphinx", "none"))
    #: base URL of an OpenAI-compatible endpoint with ``/audio/transcriptions``
    stt_url: Optional[str] = field(default=None, validator=_url, repr=lambda url: repr(hide_userinfo(url)))
    stt_model: Optional[str] = field(default=None, validator=_text())
    stt_api_key: Optional[str] = field(default=None, validator=_text(), repr=False)
    #: what speaks: ``hibari``, embedded (the default), ``none``, or an object
    tts: Any = field(default=None, validator=_voice_engine("speak", "hibari", "none"))
    #: base URL of an OpenAI-compatible endpoint with ``/audio/speech``
    tts_url: Optional[str] = field(default=None, validator=_url, repr=lambda url: repr(hide_userinfo(url)))
    tts_model: Optional[str] = field(default=None, validator=_text())
    tts_api_key: Optional[str] = field(default=None, validator=_text(), repr=False)
    #: the voice of characters that name none
    tts_voice: Optional[str] = field(default=None, validator=_text())
    #: what tells speech from other sounds: ``silero``, embedded (the default), ``none``, or an object
    vad: Any = field(default=None, validator=_voice_engine("stream", "silero", "none"))
    #: voice conversations that may go on at once; the next one is refused
    max_voice_sessions: int = field(default=10, validator=_number(0, whole=True))
    #: a voice conversation in which nobody speaks for so long is ended; the session goes on
    voice_timeout: Optional[float] = field(default=300.0, validator=_number(0, above=True, optional=True))
    #: base URL of an OpenAI-compatible embeddings endpoint
    embeddings_url: Optional[str] = field(default=None, validator=_url)
    embeddings_model: Optional[str] = field(default=None, validator=_text())
    embeddings_api_key: Optional[str] = field(default=None, validator=_text(), repr=False)
    #: room for memories in a prompt, in tokens of about four characters; core facts come besides
    memory_tokens: int = field(default=500, validator=_number(0, whole=True))
    #: a turn waits at most so long for what was said before to be remembered (eight times as long while models load)
    memory_wait: float = field(default=0.25, validator=_number(0))
    #: after so long without a word a conversation's memories are put in order
    memory_idle: float = field(default=120.0, validator=_number(0))
    #: **days** in which a memory that nobody touches loses half its strength; ``None``: nothing is forgotten
    memory_half_life: Optional[float] = field(default=60.0, validator=_number(0, above=True, optional=True))
    #: a memory has decayed when its strength is less
    memory_threshold: float = field(default=0.1, validator=_number(0))
    #: a process that has not been heard of for so long no longer holds the messages it was drawing memories from
    memory_lease: float = field(default=15.0, validator=_number(0, above=True))
    ping_interval: float = field(default=25.0, validator=_number(0, above=True))
    ping_timeout: float = field(default=20.0, validator=_number(0, above=True))
    #: a client that reads nothing for so long while something waits for it is cut off
    stall_timeout: float = field(default=30.0, validator=_number(0, above=True))
    #: level of the ``estuary.gateway`` logger; ``None`` leaves it alone
    log_level: Any = field(default=None, validator=_level)

    def __attrs_post_init__(self) -> None:
        if self.chat is not None and self.llm_url is not None:
            raise ConfigError("give either chat or llm_url, not both")
        if self.llm_model is not None and self.llm_url is None:
            raise ConfigError("llm_model needs llm_url: the base URL of the endpoint that serves it")
        if self.llm_url is not None and self.llm_model is None:
            raise ConfigError("llm_url needs llm_model: the name of the model to ask for")
        for kind in ("stt", "tts"):
            engine, url, model = (getattr(self, f"{kind}{part}") for part in ("", "_url", "_model"))
            if (url is None) != (model is None):
                raise ConfigError(f"{kind}_url and {kind}_model belong together: give both or neither")
            if engine is not None and url is not None:
                raise ConfigError(f"give either {kind} or {kind}_url, not both")
        if self.extractor == "llm" and self.llm_url is None:
            raise ConfigError("extractor='llm' needs llm_url and llm_model: the endpoint that draws the memories")
        if (self.embeddings_url is None) != (self.embeddings_model is None):
            raise ConfigError("embeddings_url and embeddings_model belong together: give both or neither")
        if self.embedder is not None and self.embeddings_url is not None:
            raise ConfigError("give either embedder or embeddings_url, not both")

    @classmethod
    def of(cls, **options: Any) -> GatewayOptions:
        """Build them from keyword arguments, naming the one that does not exist."""
        known = fields_dict(cls)
        for name in options:
            if name not in known:
                raise ConfigError(f"the gateway has no option {name!r}; it has {', '.join(sorted(known))}")
        return cls(**options)
