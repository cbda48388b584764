"""Virtual sound devices: a PulseAudio daemon of the test's own, with a microphone ``vmic`` and a speaker ``vspk``.

No sound card, no kernel module, no dbus; works as root and as an ordinary user, any number of them at once. PyAudio in
a process with the environment ``pulse.environment`` lists exactly ``default``, ``vmic`` and ``vspk``. What is played
with ``play`` is heard by the microphone; ``record`` hears what the speaker plays.

The null sinks must have ``norewinds=1``: without it captures stall and come short. Audio is exact to the bit only at
the daemon's own rate.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Callable, Optional

import pytest

REPOSITORY = Path(__file__).parents[2]
PROGRAMS = ("pulseaudio", "pactl", "pacat")
PACKAGES = "pulseaudio pulseaudio-utils libasound2-plugins"

_ASOUND = """\
pcm.default {{ type pulse hint {{ show on description "default" }} }}
pcm.vmic {{ type pulse device vmic hint {{ show on description "vmic" }} }}
pcm.vspk {{ type pulse device vspk hint {{ show on description "vspk" }} }}
ctl.default {{ type pulse }}
"""


def require() -> None:
    """Skip the test, with the reason, where there can be no virtual devices."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.skip(f"virtual sound devices need {', '.join(missing)} (Debian: {PACKAGES})")
    try:
        import pyaudio  # noqa: F401
    except ImportError as error:
        pytest.skip(f"real devices need PyAudio: {error}")


class Pulse:
    """One daemon; ``close()`` ends it whatever state it is in. Blocking calls have a limit of ten seconds."""

    def __init__(self, rate: int = 24_000) -> None:
        self.rate = rate
        self.folder = Path(tempfile.mkdtemp(prefix="pulse-"))  # short: the paths of sockets have a limit
        self.socket = self.folder / "native"
        client = self.folder / "client.conf"
        client.write_text("autospawn = no\nenable-shm = no\n")
        asound = self.folder / "asound.conf"
        asound.write_text(_ASOUND.format())
        #: what to add to the environment of a process that is to have these devices, and no others
        self.variables = {
            "ALSA_CONFIG_PATH": str(asound),
            "JACK_NO_START_SERVER": "1",
            "PULSE_CLIENTCONFIG": str(client),
            "PULSE_COOKIE": str(self.folder / "cookie"),
            "PULSE_RUNTIME_PATH": str(self.folder / "runtime"),
            "PULSE_SERVER": f"unix:{self.socket}",
            "PULSE_STATE_PATH": str(self.folder / "state"),
        }
        self.environment = {**os.environ, **self.variables}
        self._log = (self.folder / "log").open("wb")
        self._helpers: list[subprocess.Popen[bytes]] = []
        modules = [
            f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}",
            f"module-null-sink sink_name=vmic_feed rate={rate} channels=1 norewinds=1",
            "module-remap-source source_name=vmic master=vmic_feed.monitor",
            f"module-null-sink sink_name=vspk rate={rate} channels=1 norewinds=1",
        ]
        command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"]
        command += ["--disable-shm=yes", "--realtime=yes", "--high-priority=yes"]
        for module in modules:
            command += ["-L", module]
        if shutil.which("setpriv"):  # so that it ends even if the tests are killed
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        self._daemon = subprocess.Popen(
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        try:
            self._wait_until_ready()
            self.pactl("set-default-sink", "vspk")
            self.pactl("set-default-source", "vmic")
        except BaseException:
            self.close()
            raise

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
                client.connect(str(self.socket))
                return
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                log = (self.folder / "log").read_text(errors="replace")
                pytest.skip(f"no PulseAudio can be started here: {log[-500:]}")
            time.sleep(0.01)  # nothing tells when it listens

    def pactl(self, *arguments: str) -> str:
        """What ``pactl`` prints."""
        run = subprocess.run(
            ["pactl", *arguments], env=self.environment, capture_output=True, text=True, timeout=10, check=True
        )
        return run.stdout

    def _ids(self, kind: str, containing: str = "") -> list[str]:
        lines = self.pactl("list", "short", kind).splitlines()
        return [line.split("\t")[0] for line in lines if containing in line]

    # Sound

    def play(self, pcm: bytes, *, rate: Optional[int] = None) -> subprocess.Popen[bytes]:
        """Say *pcm* (PCM16 mono) into the microphone, from now on. Wait for the end with ``.wait(timeout)``."""
        return self._pacat("--playback", "--device=vmic_feed", rate=rate, feed=pcm)

    def play_file(self, path: Path) -> subprocess.Popen[bytes]:
        """Say a wav file into the microphone, from now on."""
        return self._start(["paplay", "--device=vmic_feed", "--latency-msec=500", str(path)])

    @contextlib.contextmanager
    def record(self, device: str = "vspk.monitor") -> Iterator[Recording]:
        """Record what the speaker plays while in the block: ``recording.pcm()`` is all of it so far."""
        with tempfile.TemporaryFile(dir=self.folder) as file:
            process = self._pacat("--record", f"--device={device}", "--latency-msec=10", to=file)
            recording = Recording(process, file)
            recording.wait_for(1)  # it runs
            try:
                yield recording
            finally:
                _end(process)

    def _pacat(
        self, *arguments: str, rate: Optional[int] = None, feed: Optional[bytes] = None, to: Optional[IO[bytes]] = None
    ) -> subprocess.Popen[bytes]:
        command = ["pacat", *arguments, f"--rate={rate or self.rate}", "--channels=1", "--format=s16le", "--raw"]
        if feed is None:
            return self._start(command, stdout=to)
        with tempfile.TemporaryFile(dir=self.folder) as file:
            file.write(feed)
            file.seek(0)
            return self._start([*command, "--latency-msec=500"], stdin=file)

    def _start(self, command: list[str], **files: Any) -> subprocess.Popen[bytes]:
        files.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(command, env=self.environment, stderr=self._log, **files)
        self._helpers.append(process)
        return process

    def echo(self, decibel: float = -12.0, delay_ms: int = 80) -> None:
        """Let the microphone hear the speaker from now on, as in a room, that much quieter and later."""
        before = set(self._ids("sink-inputs"))
        self.pactl(
            "load-module", "module-loopback", "source=vspk.monitor", "sink=vmic_feed", f"latency_msec={delay_ms}"
        )
        (added,) = set(self._ids("sink-inputs")) - before
        self.pactl("set-sink-input-volume", added, f"{decibel}dB")

    # Misfortune

    def kill_streams(self, kind: str) -> None:
        """Fail all streams that play (``"sink-input"``) or record (``"source-output"``): a device that is lost."""
        for number in self._ids(f"{kind}s", "protocol-native.c"):
            self._cli(f"kill-{kind} {number}")

    def unplug(self, module: str) -> None:
        """Take away the devices of the first module with *module* in its arguments. Streams move silently."""
        self.pactl("unload-module", self._ids("modules", module)[0])

    def _cli(self, command: str) -> None:
        path = self.folder / "cli"
        if not path.exists():
            self.pactl("load-module", "module-cli-protocol-unix", f"socket={path}")
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(path))
            client.sendall(f"{command}\n".encode())
            client.shutdown(socket.SHUT_WR)
            while client.recv(4096):
                pass

    def freeze(self) -> None:
        """Stop the daemon: whoever waits for it waits until ``thaw()``."""
        os.kill(self._daemon.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self._daemon.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End the daemon as a crash would."""
        _end(self._daemon)

    def close(self) -> None:
        """End the daemon and all helpers, frozen ones too, and remove their files."""
        for process in [*self._helpers, self._daemon]:
            _end(process)
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Pulse:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Recording:
    """What a recorder has heard so far."""

    def __init__(self, process: subprocess.Popen[bytes], file: IO[bytes]) -> None:
        self._process = process
        self._file = file

    def pcm(self) -> bytes:
        """PCM16 mono at the daemon's rate."""
        with open(f"/proc/self/fd/{self._file.fileno()}", "rb") as again:  # with a position of its own
            return again.read()

    def wait_for(self, size: int, timeout: float = 10) -> bytes:
        """All of it, as soon as there are *size* bytes."""
        deadline = time.monotonic() + timeout
        while len(heard := self.pcm()) < size:
            assert time.monotonic() < deadline, f"only {len(heard)} bytes recorded in {timeout} s"
            assert self._process.poll() is None, "the recorder has ended"
            time.sleep(0.01)  # nothing tells when a file grows
        return heard


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()  # reaches a stopped one too
    process.wait(10)


class Program:
    """A Python program with the devices of *pulse*, spoken to by lines on stdin and stdout.

    ``with`` kills it at the end of the block, unless it has ended. ``variables`` are added to its environment.
    """

    def __init__(self, pulse: Optional[Pulse], source: str, *arguments: object, **variables: str) -> None:
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-W", "error", "-c", source, *map(str, arguments)],
            cwd=REPOSITORY,
            env={**os.environ, **(pulse.variables if pulse else {}), **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            bufsize=1,
        )
        self.pid = self._process.pid

    def line(self) -> str:
        """Its next line; the test's own time limit ends the waiting."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def expect(self, line: str) -> None:
        """Its next line must be *line*."""
        said = self.line()
        assert said == line, f"said {said!r}\n{self.stderr()}"

    def tell(self, line: str = "") -> None:
        """Write a line to its stdin."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")

    def close_stdin(self) -> None:
        """It is told nothing more."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def kill(self) -> None:
        """End it, whatever it does."""
        _end(self._process)

    def stderr(self) -> str:
        """What it has printed on stderr so far."""
        self._stderr.seek(0)
        return self._stderr.read()

    def finish(self, timeout: float = 20, *, stderr: Callable[[str], bool] = "".__eq__) -> str:
        """The rest of what it prints. It must end well within *timeout* seconds, with what suits *stderr* on stderr."""
        if self._process.stdin is not None and self._process.stdin.closed:
            self._process.stdin = None  # communicate() would flush it
        out, _ = self._process.communicate(timeout=timeout)
        assert self._process.returncode == 0, f"ended with {self._process.returncode}:\n{out}\n{self.stderr()}"
        assert stderr(self.stderr()), self.stderr()
        return out

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *error: object) -> None:
        _end(self._process)
        for file in (self._process.stdin, self._process.stdout, self._stderr):
            if file is not None:
                with contextlib.suppress(OSError):  # it is gone, and takes no more
                    file.close()


def run(pulse: Optional[Pulse], source: str, *arguments: object, timeout: float = 20, **variables: str) -> str:
    """What a Python program prints that has the devices of *pulse*. It must end well, with nothing on stderr."""
    with Program(pulse, source, *arguments, **variables) as program:
        return program.finish(timeout)
