"""The room of a conversation: virtual sound devices, and ears that know when they heard what.

An ``Ear`` records one of the two null sinks, into which the user speaks and out of which the character does. Both
sinks keep to the machine's clock, so the time of every sample follows from when pieces of the recording arrived: the
earliest arrivals tell, as the later ones were only delayed on their way to us.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "voice")]

from pulse import Pulse  # noqa: E402

RATE = 24_000
#: below this nothing is heard: 1 percent of the loudest possible
LOUD = 330
#: nothing is awaited longer. Seconds
PATIENCE = 20.0


@frozen
class Recording:
    """What an ear heard; times are ``time.monotonic()``'s."""

    zero: float
    samples: NDArray[np.int16]

    def at(self, index: int) -> float:
        return self.zero + index / RATE

    def index(self, at: float) -> int:
        return min(len(self.samples), max(0, round((at - self.zero) * RATE)))

    def loud(self, after: float, before: float = float("inf")) -> NDArray[np.intp]:
        """The samples that are heard."""
        start = self.index(after)
        end = len(self.samples) if before == float("inf") else self.index(before)
        return start + np.flatnonzero(np.abs(self.samples[start:end].astype(np.int32)) > LOUD)

    def first(self, after: float, before: float = float("inf")) -> float | None:
        """When something is heard first."""
        loud = self.loud(after, before)
        return self.at(int(loud[0])) if len(loud) else None

    def last(self, after: float, before: float = float("inf")) -> float | None:
        """… and last."""
        loud = self.loud(after, before)
        return self.at(int(loud[-1])) if len(loud) else None

    def silences(self, after: float, before: float, least: float) -> list[tuple[float, float]]:
        """Start and length of each silence between two sounds that is at least so long (seconds)."""
        loud = self.loud(after, before)
        pauses = np.flatnonzero(np.diff(loud) >= least * RATE)
        return [(self.at(int(loud[at])), float(loud[at + 1] - loud[at]) / RATE) for at in pauses]


class Ear:
    """Hears what goes through a sink, until it is closed."""

    def __init__(self, pulse: Pulse, device: str) -> None:
        command = ["pacat", "--record", f"--device={device}", "--latency-msec=10", f"--rate={RATE}"]
        command += ["--channels=1", "--format=s16le", "--raw"]
        self._process = subprocess.Popen(
            command, env=pulse.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        self._heard = bytearray()
        #: when a piece came, and the bytes there were then
        self._marks: list[tuple[float, int]] = []
        self._loud_at = 0.0
        self._thread = threading.Thread(target=self._listen, daemon=True, name=f"ear-{device}")
        self._thread.start()
        wait_until(lambda: bool(self._marks), f"nothing is recorded from {device}")

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while piece := os.read(self._process.stdout.fileno(), 65536):
            now = time.monotonic()
            self._heard += piece
            self._marks.append((now, len(self._heard)))
            if np.abs(np.frombuffer(piece[: len(piece) // 2 * 2], "<i2").astype(np.int32)).max(initial=0) > LOUD:
                self._loud_at = now

    def heard_since(self, at: float) -> bool:
        """Whether something was heard, about."""
        return self._loud_at > at

    def quiet_for(self) -> float:
        """How long nothing has been heard, about."""
        return time.monotonic() - self._loud_at

    def recording(self) -> Recording:
        marks = np.array(self._marks)
        marks = marks[marks[:, 0] > marks[0, 0] + 1.0]  # the first second may be from before anybody was in a hurry
        offsets = np.sort(marks[:, 0] - marks[:, 1] / (2 * RATE))
        data = bytes(self._heard[: len(self._heard) // 2 * 2])
        return Recording(float(offsets[len(offsets) // 100]), np.frombuffer(data, "<i2"))

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._thread.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


class Room:
    """Microphone and speaker of one contestant."""

    def __init__(self) -> None:
        self.pulse = Pulse(RATE)
        #: what is said into the microphone, and what comes from the speaker
        self.user = Ear(self.pulse, "vmic_feed.monitor")
        self.character = Ear(self.pulse, "vspk.monitor")

    def say(self, pcm: bytes, wait: bool = True) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] = self.pulse.play(pcm)
        if wait:
            process.wait(len(pcm) / 2 / RATE + PATIENCE)
        return process

    def wait_for_quiet(self, seconds: float, timeout: float = PATIENCE) -> bool:
        """Until nothing has been heard of the character for so long."""
        return wait_until(lambda: self.character.quiet_for() >= seconds, "", timeout)

    def close(self) -> None:
        for ear in (self.user, self.character):
            ear.close()
        self.pulse.close()

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()


def wait_until(condition: Callable[[], bool], problem: str, timeout: float = PATIENCE) -> bool:
    """Wait for it; with a ``problem`` it must come true in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            if problem:
                raise SystemExit(problem)
            return False
        time.sleep(0.01)  # nothing tells when an ear hears something
    return True
