"""What a contestant measures with: time, processor time, memory. Loads nothing that a contestant might not load."""

from __future__ import annotations

import gc
import os
import resource
import threading
import time
from pathlib import Path
from typing import Any, Dict

#: no wait of a contestant is longer. Seconds
PATIENCE = 120.0


def cpu() -> float:
    """Seconds of processor time, user and system, of this process with all its threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def server_cpu(pid: int) -> float:
    """The same of the server, as far as the kernel tells (on Linux)."""
    nanoseconds = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        nanoseconds += int(task.read_text().split()[0])
    return nanoseconds / 1e9


class Stopwatch:
    """The time, the processor time, and the server's, since it was made."""

    def __init__(self, place: Dict[str, Any]) -> None:
        self._pid = place["pid"]
        self._server = server_cpu(self._pid)
        self._cpu, self._wall = cpu(), time.perf_counter()

    def read(self) -> Dict[str, float]:
        wall, used = time.perf_counter() - self._wall, cpu() - self._cpu
        return {"wall": wall, "cpu": used, "server": server_cpu(self._pid) - self._server}


def resident() -> int:
    """Resident memory of this process. Bytes."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Growth:
    """What has been added since it was made, for each of ``count`` sessions."""

    def __init__(self) -> None:
        self._threads = threading.active_count()
        self._bytes = resident()

    def per(self, count: int) -> Dict[str, Any]:
        return {
            "kB": (resident() - self._bytes) / 1000 / count,
            "threads": (threading.active_count() - self._threads) / count,
        }


def auth(place: Dict[str, Any], player: str) -> Dict[str, Any]:
    """The handshake of the wire protocol, as our own client sends it."""
    return {
        "api_key": place["api_key"],
        "character_id": place["character_id"],
        "player_id": player,
        "audio_sample_rate": 24000,
        "realtime_memory": False,
        "capabilities": {
            "version": "1", "camera": False, "microphone": False, "speaker": False, "client_action": True,
        },
    }  # fmt: skip


def check(what: str, got: int, wanted: int) -> None:
    """A contestant that lost something is out: its figures would mean nothing."""
    if got != wanted:
        raise SystemExit(f"{what}: {got} came, {wanted} were sent")
