"""Microphones and speakers, through PyAudio: the source and the sink that voice has by default."""

from __future__ import annotations

import time
from typing import Any, Callable, List, Optional, Tuple, Union

from attrs import frozen

from ..errors import AudioDeviceError, ConfigError, VoiceError
from ._portaudio import StreamThread, import_pyaudio, system
from .base import SAMPLE_WIDTH

__all__ = ["Device", "Microphone", "Speaker", "list_devices"]

_OPEN = 5.0  # seconds in which a sound server must have opened a device, or listed all
_STALL = 1.0  # seconds without a block after which a device is stuck
_CLOSE = 2.0
_BACKLOG = 0.5  # seconds of old sound after which a microphone goes on with the newest
_TAIL = 0.1  # seconds of silence without which the end of what was written is lost
_PIECE = 0.1  # seconds that are read or written in one call at most

# PortAudio's error codes
_NOT_LIKE_THIS = (-9998, -9997)  # the number of channels, the rate
_BUSY = -9985


@frozen
class Device:
    """A sound device, as ``list_devices`` gives it."""

    #: valid until the next device comes or goes: programs that stay use the name
    index: int
    name: str
    max_input_channels: int
    max_output_channels: int
    #: Hz
    default_sample_rate: int
    is_default_input: bool
    is_default_output: bool


def list_devices() -> Tuple[Device, ...]:
    """The sound devices there are, none perhaps.

    While a microphone or speaker is open in this process, these are the ones of when it was opened.

    Raises:
        VoiceError: PyAudio or PortAudio is not installed.
        AudioDeviceError: the sound server does not answer within 5 seconds.
    """
    thread = StreamThread("estuary-devices", "the sound system")

    def job() -> Tuple[Device, ...]:
        with system() as pyaudio:
            return _devices(pyaudio)

    try:
        return thread.call(job, _OPEN)
    finally:
        thread.end()


def _devices(pyaudio: Any) -> Tuple[Device, ...]:
    defaults = []
    for ask in (pyaudio.get_default_input_device_info, pyaudio.get_default_output_device_info):
        try:
            defaults.append(ask()["index"])
        except OSError:
            defaults.append(None)  # there is none
    return tuple(
        Device(
            index=index,
            name=str(info["name"]),
            max_input_channels=info["maxInputChannels"],
            max_output_channels=info["maxOutputChannels"],
            default_sample_rate=round(info["defaultSampleRate"]),
            is_default_input=index == defaults[0],
            is_default_output=index == defaults[1],
        )
        for index, info in (
            (index, pyaudio.get_device_info_by_index(index)) for index in range(pyaudio.get_device_count())
        )
    )


class _Stream:
    """What microphones and speakers have in common. Used by one thread at a time."""

    _kind: str  # what it is called in messages
    _input: bool

    #: it goes on, whether anybody reads or writes or not
    live = True
    sample_rate = 0
    channels = 0
    #: seconds between the air and ``read`` or ``write``, estimated; valid after ``open``
    latency = 0.0

    def __init__(self, device: Union[int, str, None] = None, *, block: float) -> None:
        if isinstance(device, bool) or not isinstance(device, (int, str, type(None))) or device == "":
            raise ConfigError(f"device must be the index or the name of a device, or None, not {device!r}")
        self.device = device
        self.block = block
        #: the name of the device that was opened last, to open the same one again by
        self.device_name: Optional[str] = None
        self._thread: Optional[StreamThread] = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.device is None else repr(self.device)})"

    def open(self, sample_rate: int) -> None:
        """Open the device at this rate (Hz) or, if it can't have it, at its own; with one channel, or else two.

        Raises:
            VoiceError: PyAudio or PortAudio is not installed.
            AudioDeviceError: there is no such device, it is in use, or the sound server does not answer in 5 seconds.
        """
        if self._thread is not None:
            raise AudioDeviceError(f"{self._what()} is open already")
        thread = StreamThread(f"estuary-{self._kind}", self._what())
        try:
            device, rate, channels = thread.call(lambda: self._open(thread, sample_rate), _OPEN)
        except BaseException:
            thread.end()
            raise
        self.device_name, self.sample_rate, self.channels = device.name, rate, channels
        self._thread = thread

    def _open(self, thread: StreamThread, sample_rate: int) -> Tuple[Device, int, int]:
        chosen: List[Tuple[Device, int, int]] = []

        def open_with(pyaudio: Any) -> Any:
            device = self._choose(_devices(pyaudio))
            stream, rate, channels = self._open_device(pyaudio, device, sample_rate)
            chosen.append((device, rate, channels))
            return stream

        thread.open_stream(open_with)
        return chosen[0]

    def _choose(self, devices: Tuple[Device, ...]) -> Device:
        usable = [device for device in devices if self._channels_of(device)]
        wanted: Union[int, str, None] = self.device
        if isinstance(wanted, int) and self.device_name is not None:
            wanted = self.device_name  # indices change when devices come and go
        if wanted is None:
            chosen = [d for d in usable if (d.is_default_input if self._input else d.is_default_output)] or usable
        elif isinstance(wanted, int):
            chosen = [device for device in usable if device.index == wanted]
        else:
            name = wanted.casefold()
            chosen = [device for device in usable if device.name.casefold() == name]
            chosen = chosen or [device for device in usable if name in device.name.casefold()]
        if chosen:
            return chosen[0]
        if not devices:
            raise AudioDeviceError(
                "there is no sound device here; on servers and in containers voice takes files and buffers instead"
            )
        there = ", ".join(f"{device.index} {device.name!r}" for device in usable) or "none"
        if wanted is not None and any(
            device.index == wanted if isinstance(wanted, int) else wanted.casefold() in device.name.casefold()
            for device in devices
        ):
            raise AudioDeviceError(f"the device {wanted!r} is no {self._kind}; there are: {there}")
        named = "" if wanted is None else f" {wanted!r}"
        raise AudioDeviceError(f"there is no {self._kind}{named}; there are: {there}")

    def _channels_of(self, device: Device) -> int:
        return device.max_input_channels if self._input else device.max_output_channels

    def _open_device(self, pyaudio: Any, device: Device, sample_rate: int) -> Tuple[Any, int, int]:
        failure: Optional[OSError] = None
        for rate in dict.fromkeys((sample_rate, device.default_sample_rate)):
            for channels in (1, 2)[: self._channels_of(device)]:
                try:
                    stream = pyaudio.open(
                        rate,
                        channels,
                        import_pyaudio().paInt16,
                        frames_per_buffer=round(rate * self.block),
                        **(
                            {"input": True, "input_device_index": device.index}
                            if self._input
                            else {"output": True, "output_device_index": device.index}
                        ),
                    )
                except OSError as error:
                    failure = error
                    if error.errno == _BUSY:
                        raise AudioDeviceError(
                            f"the {self._kind} {device.name!r} is in use by another program, or was just unplugged"
                        ) from error
                    if error.errno in _NOT_LIKE_THIS:
                        continue
                    break  # no number of channels helps
                return stream, rate, channels
        raise AudioDeviceError(f"the {self._kind} {device.name!r} can't be opened: {_reason(failure)}") from failure

    def _call(self, function: Callable[[Any], Any], timeout: float) -> Any:
        """``function(stream)``, on the stream's thread."""
        thread = self._thread
        if thread is None:
            raise AudioDeviceError(f"{self._what()} is not open")
        try:
            return thread.call(lambda: function(thread.stream), timeout)
        except OSError as error:
            raise AudioDeviceError(f"{self._what()} is gone: {_reason(error)}") from error

    def _what(self) -> str:
        name = self.device_name if self.device is None else self.device
        return f"the {self._kind}" if name is None else f"the {self._kind} {name!r}"

    def close(self) -> None:
        """Close the device. Nothing happens the second time.

        Raises:
            AudioDeviceError: it does not answer within 2 seconds; it is left behind, and closes if it ever answers.
        """
        thread, self._thread = self._thread, None
        if thread is None or thread.forked:
            return
        try:
            if not thread.abandoned:
                thread.call(thread.close_stream, _CLOSE)
        finally:
            thread.end()


class Microphone(_Stream):
    """A microphone, the system's default or the one given by index or by a part of its name.

    The same one is found again by its name when it is opened anew. If its reader was away for more than half a second
    it goes on with what is heard now: ``dropped`` counts the samples that nobody read.

    A sound server that moves a stream from a device that was unplugged to another one does so silently.
    """

    _kind = "microphone"
    _input = True

    def __init__(self, device: Union[int, str, None] = None) -> None:
        super().__init__(device, block=0.02)
        self.dropped = 0

    def open(self, sample_rate: int) -> None:
        """Open it: see ``AudioSource``.

        Raises:
            VoiceError: PyAudio or PortAudio is not installed.
            AudioDeviceError: there is no such device, it is in use, or the sound server does not answer in 5 seconds.
        """
        super().open(sample_rate)
        self.latency = self.block  # PortAudio reports the size of its buffer, which a reader who keeps up has empty
        self._newest: Optional[float] = None  # when all had been read that there was
        self._since = 0  # samples read from then on

    def read(self, frames: int) -> bytes:
        """The next ``frames`` samples of each channel.

        Raises:
            AudioDeviceError: the device is gone, or gives nothing for more than a second.
        """
        pcm = b""
        size = frames * SAMPLE_WIDTH * self.channels
        while len(pcm) < size:
            wanted = min(frames - len(pcm) // (SAMPLE_WIDTH * self.channels), round(_PIECE * self.sample_rate))
            piece = self._read(wanted)
            while self._late() > _BACKLOG:
                while self._late() > self.block:
                    self.dropped += wanted
                    piece = self._read(wanted)
            pcm += piece
        return pcm

    def _read(self, frames: int) -> bytes:
        def job(stream: Any) -> Tuple[bool, bytes]:
            must_wait = stream.get_read_available() < frames
            return must_wait, stream.read(frames, exception_on_overflow=False)

        must_wait, pcm = self._call(job, _STALL + frames / self.sample_rate)
        self._since += frames
        if must_wait or self._newest is None:
            self._newest, self._since = time.monotonic(), 0
        return pcm  # type: ignore[no-any-return]

    def _late(self) -> float:
        assert self._newest is not None  # something was read
        return time.monotonic() - self._newest - self._since / self.sample_rate


class Speaker(_Stream):
    """A speaker, the system's default or the one given by index or by a part of its name.

    The same one is found again by its name when it is opened anew.
    """

    _kind = "speaker"
    _input = False

    def __init__(self, device: Union[int, str, None] = None) -> None:
        super().__init__(device, block=0.01)

    def open(self, sample_rate: int) -> None:
        """Open it: see ``AudioSink``.

        Raises:
            VoiceError: PyAudio or PortAudio is not installed.
            AudioDeviceError: there is no such device, it is in use, or the sound server does not answer in 5 seconds.
        """
        super().open(sample_rate)
        reported = self._call(lambda stream: stream.get_output_latency(), _STALL)
        self.latency = max(3 * self.block + 0.005, reported)  # three blocks are in PortAudio's buffer

    def write(self, pcm: bytes) -> None:
        """Play it; waits until the device has taken it.

        Raises:
            AudioDeviceError: the device is gone, or takes nothing for more than a second.
        """
        size = round(_PIECE * self.sample_rate) * SAMPLE_WIDTH * self.channels
        for at in range(0, len(pcm), size):
            piece = pcm[at : at + size]
            self._call(lambda stream, piece=piece: stream.write(piece), _STALL + _PIECE)  # type: ignore[misc]

    def close(self) -> None:
        """Close it when what was written has been heard. Nothing happens the second time.

        Raises:
            AudioDeviceError: it does not answer; it is left behind, and closes if it ever answers.
        """
        try:
            if self._thread is not None and not self._thread.abandoned:
                self.write(bytes(round(_TAIL * self.sample_rate) * SAMPLE_WIDTH * self.channels))
        except VoiceError:
            pass  # it is gone: nobody hears the end
        finally:
            super().close()


def _reason(error: Optional[OSError]) -> str:
    """PortAudio's own words."""
    if error is None:
        return "no rate and number of channels fits"
    return str(error.args[-1]) if error.args else str(error)
