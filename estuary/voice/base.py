"""What voice reads from and writes to: the protocols of audio sources and sinks, for the user's own ones too."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

__all__ = ["SAMPLE_WIDTH", "AudioSink", "AudioSource"]

#: Bytes in one sample. All audio is PCM16, signed and little-endian.
SAMPLE_WIDTH = 2


@runtime_checkable
class AudioSource(Protocol):
    """Where the user's speech comes from: a microphone, a file, a buffer, anything with these methods.

    ``open``, ``read`` and ``close`` are called on one and the same thread (``estuary-capture-…``), in this order; a
    source may be opened again after ``close``. An exception in any of them ends voice with an ``AudioDeviceError``,
    after one try to open a device anew.

    An attribute ``live`` that is true says that it is a device: it goes on whether anybody reads or not, so what can't
    be sent in time is dropped (without it, reading waits), and it may be opened anew. ``latency``, where there is one,
    is the seconds that it holds sound back.
    """

    #: Hz of what ``read`` gives; valid after ``open``
    sample_rate: int
    #: how many channels are interleaved in what ``read`` gives; valid after ``open``
    channels: int

    def open(self, sample_rate: int) -> None:
        """Get ready. ``sample_rate`` (Hz) is what is wanted; a source that has its own keeps it: it is converted."""

    def read(self, frames: int) -> bytes:
        """The next ``frames`` samples of every channel, interleaved PCM16; waits until they are there.

        Fewer at the end only, and ``b""`` when there is no more. Reading is what sets the pace: a source that does
        not wait is sent as fast as the connection takes it.
        """

    def close(self) -> None:
        """Let go of what ``open`` took."""


@runtime_checkable
class AudioSink(Protocol):
    """Where the character's speech goes: a speaker, a file, a buffer, anything with these methods.

    All are called on one and the same thread (``estuary-playback-…``). An exception ends voice as for sources, and
    ``live`` means the same; a live sink is given silence while nothing is said, others only what is said.
    """

    #: Hz of what ``write`` takes; valid after ``open``
    sample_rate: int
    #: how many channels are to be interleaved in what ``write`` takes; valid after ``open``
    channels: int
    #: seconds from ``write`` to the ear, estimated; valid after ``open``
    latency: float

    def open(self, sample_rate: int) -> None:
        """Get ready. ``sample_rate`` (Hz) is what is wanted; a sink that has its own keeps it: it is converted."""

    def write(self, pcm: bytes) -> None:
        """Take interleaved PCM16; waits until there is room. A sink that does not wait plays as fast as it comes."""

    def close(self) -> None:
        """Let go of what ``open`` took, what was written having been heard."""
