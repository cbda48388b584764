"""Voice: where the user's speech comes from and where the character's goes. ``Session.voice`` begins a conversation.

::

    from estuary.voice import Microphone, Speaker, WavFile, PCMBuffer

    with session.voice(source=Microphone("headset"), sink=Speaker("headset")) as voice: ...
    with session.voice(source=WavFile("question.wav"), sink=WavFile("answer.wav")) as voice: ...

Each name is loaded when it is first used: files and buffers need no PyAudio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, List

from .._lazy import lazy

if TYPE_CHECKING:
    from ..events import Interrupted, PlaybackFinished, PlaybackStarted, Transcript
    from .base import AudioSink, AudioSource
    from .devices import Device, Microphone, Speaker, list_devices
    from .files import NullSink, PCMBuffer, Silence, WavFile, read_wav, write_wav
    from .levels import Levels
    from .voice import Voice, VoiceStats

__all__ = [
    "AudioSink",
    "AudioSource",
    "Device",
    "Interrupted",
    "Levels",
    "Microphone",
    "NullSink",
    "PCMBuffer",
    "PlaybackFinished",
    "PlaybackStarted",
    "Silence",
    "Speaker",
    "Transcript",
    "Voice",
    "VoiceStats",
    "WavFile",
    "list_devices",
    "read_wav",
    "write_wav",
]

_HOME = {
    "AudioSink": ".base",
    "AudioSource": ".base",
    "Device": ".devices",
    "Interrupted": "..events",
    "Levels": ".levels",
    "Microphone": ".devices",
    "PlaybackFinished": "..events",
    "PlaybackStarted": "..events",
    "Speaker": ".devices",
    "Transcript": "..events",
    "Voice": ".voice",
    "VoiceStats": ".voice",
    "list_devices": ".devices",
}


__getattr__ = lazy(__name__, __all__, _HOME, ".files")


def __dir__() -> List[str]:
    return sorted(__all__)
