"""Gateways, proxies and contestants, each in a process of its own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from _voice_room import PATIENCE, Room, wait_until

HERE = Path(__file__).resolve().parent

Place = dict[str, Any]
Event = dict[str, Any]


class Child:
    """A process that prints lines of JSON and ends when its standard input does."""

    def __init__(self, script: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self._script = script
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / script), *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._usage = psutil.Process(self._process.pid)

    def line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise SystemExit(f"{self._script} ended before its time")
        found: dict[str, Any] = json.loads(line)
        return found

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def cpu(self) -> float:
        """Seconds of processor time, of all threads so far."""
        times = self._usage.cpu_times()
        return float(times.user + times.system)

    def resident(self) -> int:
        """Bytes of memory."""
        return int(self._usage.memory_info().rss)

    def close(self) -> None:
        process = self._process
        if self._log.closed:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._log.seek(0)
        told = [line for line in self._log if not line.startswith("ALSA lib ")]  # the other client lets it through
        self._log.close()
        if told:
            print(f"{self._script} said {len(told)} lines, at last:\n{''.join(told[-12:])}", file=sys.stderr)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Gateway(Child):
    """``kind``: see ``_voice_gateway.py``."""

    def __init__(self, kind: str) -> None:
        super().__init__("_voice_gateway.py", kind)
        self.place: Place = self.line()


@contextlib.contextmanager
def proxy(place: Place, how: str, what: str) -> Iterator[Place]:
    """The gateway's place, behind a proxy."""
    with Child("_voice_proxy.py", place["url"], how, what) as child:
        yield {**place, **child.line()}


class Contestant(Child):
    """``ours`` or ``peer``, in a conversation by way of the devices of ``room``."""

    def __init__(self, who: str, place: Place, room: Room, **options: Any) -> None:
        super().__init__(f"_voice_{who}.py", json.dumps(place), json.dumps(options), environment=room.pulse.environment)
        self.who = who
        self.room = room
        self.events: list[Event] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.expect("ready", 0)
        except BaseException:
            self.close()
            raise

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.append(json.loads(line))

    def expect(self, event: str, since: int) -> Event:
        """The first such event among ``events[since:]``."""
        wait_until(lambda: any(e["event"] == event for e in self.events[since:]), f"{self.who}: no {event!r} came")
        return next(e for e in self.events[since:] if e["event"] == event)

    def ask(self, command: str, event: str) -> Event:
        """Give a command and get the event that answers it."""
        since = len(self.events)
        self.tell(command)
        return self.expect(event, since)

    def transcripts(self, since: int, final: bool | None = None) -> list[Event]:
        return [e for e in self.events[since:] if e["event"] == "transcript" and (final is None or e["final"] == final)]

    def hush(self) -> None:
        """End what the character says, and wait until it is quiet."""
        self.ask("hush", "interrupting")
        self.room.wait_for_quiet(0.25)

    def story(self, seconds: float) -> float:
        """Have a story told; returns when it is heard, with about when."""
        begun = time.monotonic()
        self.tell(f"say story {seconds:g}")
        wait_until(lambda: self.room.character.heard_since(begun), f"{self.who}: the story is not heard")
        return time.monotonic()

    def close(self) -> None:
        super().close()
        self._reader.join(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()
