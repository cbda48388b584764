"""``estuary doctor --audio``: what speaking needs, and whether the microphone hears the speaker."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Iterator, List, Optional, Tuple, Union

from attrs import frozen

from ..errors import AudioDeviceError, VoiceError
from .check import FAILED, NOTE, OK, Check

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, Any]

__all__ = ["Heard", "checks", "chirp", "find", "loop_back"]

#: what is asked of the devices, Hz
RATE = 24_000
#: what is played: so long, as a part of the loudest possible, after so much silence, by which a device's buffer is
#: full, and before so much, in which it must have come back. Seconds.
LENGTH, AMPLITUDE, BEFORE, AFTER = 0.4, 0.25, 0.5, 1.0
#: seconds that are read at a time
BLOCK = 0.02
#: how far the chirp must stand out from everything else, in standard deviations. Noise reaches 5 in so many places
CLEAR = 10.0
#: dBFS: what is quieter is no use to a server that listens for speech
QUIET = -55.0

_FILES = "without devices it works with files: estuary voice --input question.wav --output answer.wav"


def checks(device_in: Union[int, str, None], device_out: Union[int, str, None]) -> Iterator[Check]:
    """The checks, one after the other, as long as it makes sense to go on."""
    try:
        from ..voice._numpy import numpy, soxr
    except VoiceError as error:
        yield Check("voice", FAILED, str(error))
        return
    from ..voice import devices
    from ..voice._portaudio import import_pyaudio

    try:
        pyaudio = import_pyaudio()
    except VoiceError as error:
        yield Check("voice", FAILED, str(error), _FILES)
        return
    version = pyaudio.get_portaudio_version_text().partition(",")[0]
    packages = f"PyAudio {pyaudio.__version__} ({version}), numpy {numpy.__version__}, soxr {soxr.__version__}"
    yield Check("voice", OK, packages)
    yield _echo()
    try:
        found = devices.list_devices()
    except AudioDeviceError as error:
        yield Check("devices", FAILED, str(error), "start the sound server anew; " + _FILES)
        return
    if not found:
        yield Check("devices", FAILED, "there is no sound device", "plug one in; " + _FILES)
        return
    for device in found:
        yield Check(f"device {device.index}", OK, _describe(device))
    yield _loop_back(devices.Microphone(device_in), devices.Speaker(device_out))


def _echo() -> Check:
    from ..voice.echo import choose_echo

    name = choose_echo("auto", RATE, sounding_until=lambda: 0.0, delay=lambda: 0.0).name
    if name == "cancel":
        return Check("echo", OK, "is cancelled, by livekit")
    return Check(
        "echo",
        NOTE,
        "the microphone will be off while the character speaks, which can't be talked over then",
        "to have it cancelled instead: pip install 'estuary-sync[livekit]'; with headphones: --echo off",
    )


def _describe(device: Any) -> str:
    ways = [
        f"{count} {name}{', the default' if is_default else ''}"
        for name, count, is_default in (
            ("in", device.max_input_channels, device.is_default_input),
            ("out", device.max_output_channels, device.is_default_output),
        )
        if count
    ]
    return f"{device.name}: {'; '.join(ways)}; {device.default_sample_rate} Hz"


def _loop_back(microphone: Any, speaker: Any) -> Check:
    try:
        heard = loop_back(microphone, speaker)
    except VoiceError as error:
        return Check("loop-back", FAILED, str(error), "choose devices with --device-in and --device-out")
    where = (
        f"{speaker.device_name} ({speaker.sample_rate} Hz) to {microphone.device_name} ({microphone.sample_rate} Hz)"
    )
    if heard.latency is None:
        if heard.background is None:
            problem = "the microphone gives nothing but zeros"
            fix = "unmute it, and let this terminal use it (on macOS: System Settings, Privacy & Security, Microphone)"
        else:
            problem = f"the microphone does not hear the speaker (it hears {heard.background:.0f} dBFS)"
            fix = "turn the speaker up, unmute the microphone; with headphones this is as it should be"
        return Check("loop-back", NOTE, f"{where}: {problem}", fix)
    ms = 1000 * heard.latency
    background = "silence" if heard.background is None else f"{heard.background:.0f} dBFS"
    detail = f"{where}: heard after {ms:.0f} ms, at {heard.level:.0f} dBFS (played at {heard.played:.0f}; "
    detail += f"otherwise {background})"
    if heard.clipped:
        return Check("loop-back", NOTE, f"{detail}, too loud", "turn the microphone or the speaker down", ms)
    if heard.level is not None and heard.level < QUIET:
        return Check("loop-back", NOTE, f"{detail}, very quiet", "turn the microphone or the speaker up", ms)
    return Check("loop-back", OK, detail, ms=ms)


# ── the measurement ──


@frozen
class Heard:
    """What the microphone heard while the chirp was played. Levels are dBFS (root mean square)."""

    #: seconds from handing the chirp to the speaker to having it from the microphone; ``None``: it was not heard
    latency: Optional[float]
    played: float
    level: Optional[float]
    #: of all else; ``None``: digital silence
    background: Optional[float]
    clipped: bool


def loop_back(microphone: Any, speaker: Any) -> Heard:
    """Play a chirp on the speaker and look for it in what the microphone hears. Takes about two seconds.

    Raises ``VoiceError``: a device can't be had.
    """
    from ..voice.resample import spread

    recording = _Recording(microphone)
    try:
        recording.wait_until_open()
        speaker.open(RATE)
        try:
            rate = speaker.sample_rate

            def write(samples: Samples) -> None:
                pcm = samples.astype("<i2").tobytes()
                speaker.write(pcm if speaker.channels == 1 else spread(pcm, speaker.channels))

            sound = chirp(rate)
            write(0 * chirp(rate, BEFORE))
            begun = time.monotonic()
            write(sound)
            write(0 * chirp(rate, AFTER))
        finally:
            speaker.close()
    finally:
        recording.stop()
    samples, received = recording.result()
    return _measure(samples, microphone.sample_rate, sound, lambda at: received + at / microphone.sample_rate - begun)


def _measure(samples: Samples, rate: int, sound: Samples, since: Any) -> Heard:
    at = find(samples, chirp(rate))
    played = _dbfs(sound)
    assert played is not None
    if at is None:
        return Heard(None, played, None, _dbfs(samples), False)
    part = samples[at : at + int(rate * LENGTH)]
    return Heard(since(at), played, _dbfs(part), _dbfs(samples[:at]), bool(abs(part).max() >= 32767))


def chirp(rate: int, length: float = LENGTH) -> Samples:
    """A tone that rises from 500 to 4000 Hz, faded in and out, at ``rate`` Hz, as floats of 16 bits."""
    import numpy as np

    time = np.arange(int(rate * length)) / rate
    phase = 2 * np.pi * (500 * time + (4000 - 500) / (2 * length) * time**2)
    fade = np.minimum(1, np.minimum(time, length - time) / 0.01)
    samples: Samples = 32767 * AMPLITUDE * fade * np.sin(phase)
    return samples


def find(samples: Samples, sound: Samples) -> Optional[int]:
    """Where ``sound`` begins in ``samples``, by cross-correlation; ``None`` where it doesn't stand out clearly."""
    import numpy as np

    if len(samples) < len(sound) or not samples.any():
        return None
    size = 1 << (len(samples) + len(sound)).bit_length()
    product = np.fft.rfft(samples, size) * np.conj(np.fft.rfft(sound, size))
    likeness = np.abs(np.fft.irfft(product, size)[: len(samples) - len(sound) + 1])
    at = int(np.argmax(likeness))
    # the median is not moved by the chirp itself, as a standard deviation would be
    spread = float(np.median(likeness)) / 0.6745
    return at if likeness[at] > CLEAR * spread else None


def _dbfs(samples: Samples) -> Optional[float]:
    from ..voice.levels import dbfs

    return dbfs(samples.astype("<i2").tobytes()) if samples.any() else None


class _Recording:
    """All that a microphone hears from now on, on a thread of its own."""

    def __init__(self, microphone: Any) -> None:
        self._microphone = microphone
        self._blocks: List[Tuple[float, bytes]] = []
        self._failure: Optional[Exception] = None
        self._open = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="estuary-doctor-capture", daemon=True)
        self._thread.start()

    def wait_until_open(self) -> None:
        """Raises what opening raises; a device has time limits of its own."""
        self._open.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def result(self) -> Tuple[Samples, float]:
        """The samples, mono, and the time (``time.monotonic``) at which the first one was there, jitter aside."""
        import numpy as np

        if self._failure is not None:
            raise self._failure
        channels = self._microphone.channels
        pcm = np.frombuffer(b"".join(block for _, block in self._blocks), "<i2")
        ends = np.cumsum([len(block) // 2 // channels for _, block in self._blocks]) / self._microphone.sample_rate
        times = np.array([when for when, _ in self._blocks])
        return pcm.reshape(-1, channels).mean(axis=1), float(np.median(times - ends))

    def _run(self) -> None:
        microphone = self._microphone
        try:
            microphone.open(RATE)
            try:
                self._open.set()
                frames = int(microphone.sample_rate * BLOCK)
                while not self._stopping.is_set():
                    block = microphone.read(frames)
                    self._blocks.append((time.monotonic(), block))
            finally:
                microphone.close()
        except Exception as error:  # for the caller's thread
            self._failure = error
        finally:
            self._open.set()
