"""Microphones and speakers: real PyAudio on virtual devices, in processes of their own, with hard limits."""

from __future__ import annotations

import random
import re
import subprocess
from array import array
from pathlib import Path

import pytest
from pulse import Program, Pulse, require, run

from estuary import ConfigError
from estuary.voice.devices import Microphone, Speaker

OUT_ONLY = 'pcm.out_only { type asym playback.pcm { type pulse } hint { show on description "out_only" } }'


def noise(seconds: float) -> bytes:
    """PCM16 mono at 24,000 Hz in which no sample is zero: what is zero among it is a gap."""
    generator = random.Random(4)
    return array(
        "h", (generator.choice((-1, 1)) * generator.randint(1, 9_000) for _ in range(int(seconds * 24_000)))
    ).tobytes()


def without_gaps(pcm: bytes) -> bytes:
    return array("h", filter(None, array("h", pcm))).tobytes()


# What there is


def test_the_devices_are_listed_and_nothing_is_printed(pulse: Pulse) -> None:
    out = run(
        pulse,
        """
from estuary.voice.devices import list_devices
for device in list_devices():
    print(device.name, device.max_input_channels > 0, device.is_default_input, device.is_default_output)
""",
    )
    assert set(out.splitlines()) == {"vmic True False False", "vspk True False False", "default True True True"}


def test_no_devices_at_all(pulse: Pulse) -> None:
    (pulse.folder / "asound.conf").write_text('pcm.default { type asym hint { show on description "default" } }')
    out = run(
        pulse,
        """
from estuary import AudioDeviceError
from estuary.voice.devices import Microphone, Speaker, list_devices
print(list_devices())
for device in (Microphone(), Speaker("USB")):
    try:
        device.open(24_000)
    except AudioDeviceError as error:
        print(error)
    device.close()
""",
    )
    assert out.splitlines()[0] == "()"
    assert out.count("there is no sound device here") == 2


def test_a_device_that_is_not_there_is_answered_with_those_that_are(pulse: Pulse) -> None:
    with (pulse.folder / "asound.conf").open("a") as file:
        file.write(OUT_ONLY)
    out = run(
        pulse,
        """
from estuary import AudioDeviceError
from estuary.voice.devices import Microphone, Speaker
for device in (Microphone("headset"), Speaker(77), Microphone("OUT_ONLY")):
    try:
        device.open(24_000)
    except AudioDeviceError as error:
        print(error)
""",
    ).splitlines()
    assert re.match(r"there is no microphone 'headset'; there are: .*\d 'vmic'", out[0])
    assert re.match(r"there is no speaker 77; there are: .*\d 'vspk'", out[1])
    assert re.match(r"the device 'OUT_ONLY' is no microphone; there are: .*\d 'vmic'", out[2])
    assert "out_only" not in out[2]


@pytest.mark.parametrize("device", ["", 1.5, True, b"vmic"])
def test_what_can_be_no_device_is_refused_at_once(device: object) -> None:
    for kind in (Microphone, Speaker):
        with pytest.raises(ConfigError, match="index or the name"):
            kind(device)  # type: ignore[arg-type]


SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

static void *real(const char *name, const char *version) {
    return dlvsym(dlopen("libasound.so.2", RTLD_LAZY), name, version);  // it is not among the global libraries
}

int snd_pcm_open(void **pcm, const char *name, int stream, int mode) {
    int (*open)(void **, const char *, int, int) = real("snd_pcm_open", "ALSA_0.9");
    return getenv("SHIM_BUSY") ? -EBUSY : open(pcm, name, stream, mode);
}

int snd_pcm_hw_params_set_rate_near(void *pcm, void *params, unsigned *rate, int *direction) {
    int (*set)(void *, void *, unsigned *, int *) = real("snd_pcm_hw_params_set_rate_near", "ALSA_0.9.0rc4");
    if (getenv("SHIM_44100"))
        *rate = 44100;
    return set(pcm, params, rate, direction);
}

int snd_pcm_hw_params_set_channels(void *pcm, void *params, unsigned channels) {
    int (*set)(void *, void *, unsigned) = real("snd_pcm_hw_params_set_channels", "ALSA_0.9");
    return getenv("SHIM_STEREO") && channels == 1 ? -EINVAL : set(pcm, params, channels);
}
"""


@pytest.fixture
def shim(pulse: Pulse) -> str:
    """Lets ALSA be as hardware is: in use, or with one rate only. The path to preload."""
    source, library = pulse.folder / "shim.c", pulse.folder / "shim.so"
    source.write_text(SHIM)
    built = subprocess.run(
        ["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], capture_output=True, text=True, timeout=30
    )
    assert built.returncode == 0, built.stderr  # PyAudio was compiled here, too
    return str(library)


def test_a_device_has_the_rate_and_channels_that_it_can(pulse: Pulse, shim: str) -> None:
    out = run(
        pulse,
        """
import os
from estuary.voice.devices import Microphone, Speaker
for setting in ("SHIM_44100", "SHIM_STEREO"):
    os.environ[setting] = "1"
    microphone, speaker = Microphone("vmic"), Speaker("vspk")
    for device in (microphone, speaker):
        device.open(24_000)
        print(device.sample_rate, device.channels)
    print(len(microphone.read(441)))
    speaker.write(bytes(4 * 441))
    microphone.close()
    speaker.close()
""",
        LD_PRELOAD=shim,
    )
    assert out.splitlines() == ["44100 1", "44100 1", "882", "44100 2", "44100 2", "1764"]


def test_a_busy_device_says_so(pulse: Pulse, shim: str) -> None:
    out = run(
        pulse,
        """
import os
from estuary import AudioDeviceError
from estuary.voice import _portaudio
from estuary.voice.devices import Microphone, Speaker
microphone = Microphone("vmic")
microphone.open(24_000)
os.environ["SHIM_BUSY"] = "1"
try:
    Speaker("vspk").open(24_000)
except AudioDeviceError as error:
    print(error)
print(len(microphone.read(480)))
microphone.close()
""",
        LD_PRELOAD=shim,
    )
    assert out == "the speaker 'vspk' is in use by another program, or was just unplugged\n960\n"


# What is missing


def test_pyaudio_that_is_missing_is_named() -> None:
    out = run(
        None,
        """
import sys
sys.modules["pyaudio"] = None
from estuary import VoiceError
from estuary.voice.devices import Microphone, list_devices
for attempt in (list_devices, lambda: Microphone().open(24_000)):
    try:
        attempt()
    except VoiceError as error:
        print(error)
""",
    ).splitlines()
    assert len(out) == 2
    for line in out:
        assert "pip install 'estuary-sync[voice]'" in line
        assert "portaudio19-dev" in line


def test_a_portaudio_library_that_is_missing_is_named(tmp_path: Path) -> None:
    require()
    (tmp_path / "libportaudio.so.2").write_bytes(b"")
    out = run(
        None,
        """
from estuary import VoiceError
from estuary.voice.devices import list_devices
try:
    list_devices()
except VoiceError as error:
    print(error)
""",
        LD_LIBRARY_PATH=str(tmp_path),
    )
    assert out.startswith("PyAudio can't load the PortAudio library")
    assert "libportaudio2" in out
    assert "brew install portaudio" in out


# Sound

CAPTURE = """
import sys
from estuary.voice.devices import Microphone
microphone = Microphone("vmic")
microphone.open(24_000)
microphone.read(480)
print("ready", flush=True)
with open(sys.argv[1], "wb") as file:
    for _ in range(int(float(sys.argv[2]) * 50)):
        file.write(microphone.read(480))
microphone.close()
"""


def test_what_is_heard_is_exact_to_the_bit(pulse: Pulse, tmp_path: Path) -> None:
    said = noise(1.0)
    with Program(pulse, CAPTURE, tmp_path / "heard", 2.5) as program:
        program.expect("ready")
        pulse.play(said)
        program.finish()
    assert said in (tmp_path / "heard").read_bytes()


def test_what_is_played_is_exact_to_the_bit_and_to_the_end(pulse: Pulse, tmp_path: Path) -> None:
    said = noise(1.0)
    (tmp_path / "said").write_bytes(said)
    with pulse.record() as recording:
        run(
            pulse,
            """
import sys
from estuary.voice.devices import Speaker
speaker = Speaker("vspk")
speaker.open(24_000)
with open(sys.argv[1], "rb") as file:
    while block := file.read(960):
        speaker.write(block)
speaker.close()
""",
            tmp_path / "said",
        )
        heard = recording.wait_for(len(recording.pcm()) + 24_000)  # half a second more
    assert without_gaps(heard) == said  # a busy machine lets the buffer run empty, and must lose nothing


def test_a_reader_who_was_away_hears_what_is_said_now(pulse: Pulse) -> None:
    out = run(
        pulse,
        """
import time
from estuary.voice.devices import Microphone
microphone = Microphone("vmic")
microphone.open(24_000)
for _ in range(10):
    microphone.read(480)
assert microphone.dropped == 0
time.sleep(1.5)
microphone.read(480)
begun = time.monotonic()
for _ in range(20):
    microphone.read(480)
print(microphone.dropped, time.monotonic() - begun)
microphone.close()
""",
    )
    dropped, took = out.split()
    assert int(dropped) > 0
    assert float(took) > 0.15  # 0.4 s of sound took its time: next to none of it was old


@pytest.mark.thorough
def test_fifty_times_open_and_close_on_two_threads(pulse: Pulse) -> None:
    out = run(
        pulse,
        """
import os, threading
from estuary.voice.devices import Microphone, Speaker, list_devices

def often(device, use):
    for _ in range(50):
        device.open(24_000)
        use(device)
        device.close()

def once():
    threads = [
        threading.Thread(target=often, args=(Microphone("vmic"), lambda device: device.read(480))),
        threading.Thread(target=often, args=(Speaker("vspk"), lambda device: device.write(bytes(480)))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

list_devices()
before = len(os.listdir("/dev/fd"))
once()
print(len(os.listdir("/dev/fd")) - before)
for thread in threading.enumerate():
    if thread is not threading.current_thread():
        thread.join(5)
print(threading.active_count())
""",
        timeout=50,
    )
    files, threads = map(int, out.split())
    assert files <= 3
    assert threads == 1


# What goes wrong

LOST = """
import threading, time
from estuary import AudioDeviceError
from estuary.voice.devices import Microphone, Speaker

devices = [Microphone("vmic"), Speaker("vspk")]
for device in devices:
    device.open(24_000)
print("ready", flush=True)
input()

def go_on(device, times=1_000_000):
    for _ in range(times):
        device.read(480) if device._input else device.write(bytes(960))

def expect_error(what, attempt):
    begun = time.monotonic()
    try:
        attempt()
    except AudioDeviceError as error:
        took = time.monotonic() - begun
        when = "in time" if took < limit else f"after {took:.1f} s"
        print(f"{what} {when} {error}\\n", end="", flush=True)  # in one piece

def each(what, attempt):
    threads = [threading.Thread(target=expect_error, args=(what, lambda d=device: attempt(d))) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

limit = 2
each("use", go_on)
limit = 3
each("close", lambda device: device.close())
"""


def only_of_portaudio(stderr: str) -> bool:
    """What Debian's PortAudio prints of a stream that breaks inside a call, and nobody can stop."""
    return all(line.startswith("Expression '") for line in stderr.splitlines())


def test_a_sound_server_that_is_gone_is_an_error_at_once(pulse: Pulse) -> None:
    with Program(pulse, LOST + "limit = 6\neach('open', lambda device: device.open(24_000))") as program:
        program.expect("ready")
        pulse.stop()
        program.tell()
        lines = sorted(program.finish(stderr=only_of_portaudio).splitlines())
    assert len(lines) == 4
    assert lines[0].startswith("open in time there is no sound device here")
    assert lines[1].startswith("open in time there is no sound device here")
    assert lines[2].startswith("use in time the microphone 'vmic' is gone")
    assert lines[3].startswith("use in time the speaker 'vspk' is gone")


FROZEN = """
limit = 6
each("open", lambda device: device.open(24_000))
from estuary.voice.devices import list_devices
expect_error("list", list_devices)
print("frozen", flush=True)
"""
THAWED = """
input()
for device in devices:  # the threads that were stuck are still at it, perhaps: it waits for them
    device.open(24_000)
    go_on(device, 20)
    device.close()
for thread in threading.enumerate():
    if thread is not threading.current_thread():
        thread.join(5)
print("threads:", threading.active_count())
"""


@pytest.mark.thorough
def test_a_frozen_sound_server_is_an_error_in_time_and_may_thaw(pulse: Pulse) -> None:
    with Program(pulse, LOST + FROZEN + THAWED) as program:
        program.expect("ready")
        pulse.freeze()
        program.tell()
        lines = [program.line() for _ in range(5)]
        assert sorted(lines[:2]) == [
            f"use in time the {device} does not answer (for {limit} s): is the sound server frozen, or the device gone?"
            for device, limit in (("microphone 'vmic'", 1.02), ("speaker 'vspk'", 1.1))
        ]
        assert all(line.startswith("open in time the ") and "frozen" in line for line in lines[2:4])
        assert lines[4].startswith("list in time the sound system does not answer")
        program.expect("frozen")
        pulse.thaw()
        program.tell()
        assert program.finish() == "threads: 1\n"


@pytest.mark.parametrize("closed", [False, True])
def test_a_program_ends_while_the_sound_server_is_frozen(pulse: Pulse, closed: bool) -> None:
    with Program(pulse, LOST if closed else LOST.split("limit = 3")[0]) as program:
        program.expect("ready")
        pulse.freeze()
        program.tell()
        assert len(program.finish(timeout=15).splitlines()) == 2


def test_a_program_ends_that_closes_nothing(pulse: Pulse) -> None:
    source = LOST.split("def each")[0]
    for way in ("", "threading.Thread(target=go_on, args=(devices[0],), daemon=True).start(); devices[0].read(1)"):
        with Program(
            pulse, source.replace("input()", "") + way.replace("devices[0].read(1)", "time.sleep(0.1)")
        ) as program:
            program.expect("ready")
            assert program.finish() == ""


def test_a_stream_that_is_moved_goes_on(pulse: Pulse, tmp_path: Path) -> None:
    said = noise(0.5)
    with Program(pulse, CAPTURE, tmp_path / "heard", 3) as program:
        program.expect("ready")
        pulse.pactl("load-module", "module-remap-source", "source_name=other", "master=vmic_feed.monitor")
        pulse.unplug("source_name=vmic")
        pulse.play(said)
        program.finish()
    assert said in (tmp_path / "heard").read_bytes()


def test_a_device_that_is_lost_can_be_opened_again_by_name(pulse: Pulse) -> None:
    again = """
limit = 6
for device in devices:
    device.device = 0  # an index that may be another device's by now
each("open", lambda device: device.open(24_000))
for device in devices:
    go_on(device, 20)
    print(device.device_name)
    device.close()
"""
    with Program(pulse, LOST.replace("input()", 'input(), print("on", flush=True)') + again) as program:
        program.expect("ready")
        program.tell()
        program.expect("on")
        with pulse.record():  # by now both are in the middle of it
            pulse.kill_streams("source-output")
            assert program.line().startswith("use in time the microphone 'vmic' is gone")
            pulse.kill_streams("sink-input")
            assert program.line().startswith("use in time the speaker 'vspk' is gone")
        assert program.finish(stderr=only_of_portaudio) == "vmic\nvspk\n"


def test_a_child_may_open_devices_if_its_parent_had_not(pulse: Pulse) -> None:
    out = run(
        pulse,
        """
import os, sys
from estuary import AudioDeviceError
from estuary.voice.devices import Microphone, Speaker, list_devices

def in_a_child(function):
    child = os.fork()
    if not child:
        try:
            function()
        except AudioDeviceError as error:
            print(error, flush=True)
        sys.exit()  # with the whole end of an interpreter, nothing being closed
    _, status = os.waitpid(child, 0)
    if status:
        print("the child ended with", status, flush=True)

def listen():
    microphone = Microphone("vmic")
    microphone.open(24_000)
    print(len(microphone.read(480)), flush=True)

in_a_child(listen)
microphone, speaker = Microphone("vmic"), Speaker("vspk")
microphone.open(24_000)
speaker.open(24_000)
for attempt in (lambda: microphone.read(480), listen, list_devices, microphone.close, speaker.close):
    in_a_child(attempt)
for _ in range(10):
    print(len(microphone.read(480)))
    speaker.write(bytes(960))
microphone.close()
speaker.close()
""",
    ).splitlines()
    assert out[0] == "960"
    assert out[1].startswith("the microphone 'vmic' was opened before this process was forked")
    assert (
        out[2:4]
        == [
            "sound was used here before this process was forked, and does not work in the child: open the devices "
            "after the fork only, or start the child with multiprocessing's 'spawn'"
        ]
        * 2
    )
    assert out[4:] == ["960"] * 10  # closing what is the parent's does nothing


def test_only_the_noise_is_silenced(pulse: Pulse) -> None:
    with Program(
        pulse,
        """
import ctypes, os, sys
from estuary.voice import _portaudio
from estuary.voice.devices import list_devices

def handler():
    return ctypes.c_void_p.in_dll(ctypes.CDLL("libasound.so.2"), "snd_lib_error").value

before = handler()
libc = ctypes.CDLL(None)
libc.fprintf.argtypes = [ctypes.c_void_p, ctypes.c_char_p]

def complain(text):
    libc.fprintf(ctypes.c_void_p.in_dll(libc, "stderr"), text)

with _portaudio.system():
    if not os.fork():
        complain(b"of a child\\n")
        os._exit(0)
    os.wait()
    assert handler() != before
    complain(b"Expression 'x' failed in 'pa_linux_alsa.c', line: 1\\n")
    complain(b"of another library\\n")
    print("of Python", file=sys.stderr)
assert handler() == before
complain(b"afterwards\\n")
list_devices()
""",
    ) as program:
        program.finish(stderr=lambda printed: printed == "of a child\nof Python\nof another library\nafterwards\n")
