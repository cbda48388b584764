"""A proxy in a process of its own, which ends when its standard input does.

``_voice_proxy.py URL jitter SECONDS`` delays all that passes by something between 0 and SECONDS, ever anew, in order
as TCP does. ``_voice_proxy.py URL record FILE`` notes when each piece of the client's audio went by; when it ends it
writes them as lines of JSON: ``[time.monotonic(), base64]``.
"""

from __future__ import annotations

import json
import random
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from faults import FaultProxy

#: how long one delay holds. Seconds
STEADY = 0.02


def jitter(url: str, most: float) -> None:
    with FaultProxy.to(url) as proxy:
        over = threading.Event()

        def vary() -> None:
            random.seed(7)
            while not over.wait(STEADY):
                proxy.delay(random.uniform(0.0, most))

        varying = threading.Thread(target=vary)
        if most:
            varying.start()
        _serve(proxy.url)
        over.set()
        if most:
            varying.join()


class Recorder:
    """Passes everything on and notes when the client's bytes came."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._upstream = (parts.hostname, parts.port)
        self.connections: list[list[tuple[float, bytes]]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            server = socket.create_connection(self._upstream)
            notes: list[tuple[float, bytes]] = []
            self.connections.append(notes)
            for source, target, into in ((client, server, notes), (server, client, None)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pass_on, args=(source, target, into), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, notes: list[tuple[float, bytes]] | None) -> None:
        try:
            while data := source.recv(65536):
                if notes is not None:
                    notes.append((time.monotonic(), data))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of them is gone

    def audio(self) -> Iterator[tuple[float, str]]:
        """When each ``stream_audio`` was complete here, and its audio."""
        for notes in self.connections:
            for at, text in messages(notes):
                if text.startswith('42/sdk,["stream_audio",'):
                    yield at, json.loads(text[len("42/sdk,") :])[1]["audio"]


def messages(notes: list[tuple[float, bytes]]) -> Iterator[tuple[float, str]]:
    """The text messages of a client's WebSocket, each with the time at which its last byte came."""
    data = b"".join(piece for _, piece in notes)
    ends, size = [], 0
    for at, piece in notes:
        size += len(piece)
        ends.append((size, at))
    start = data.index(b"\r\n\r\n") + 4 if b"\r\n\r\n" in data else len(data)
    passed = iter(ends)
    end, at = next(passed, (0, 0.0))
    while start + 6 <= len(data):
        opcode, length, head = data[start] & 0x0F, data[start + 1] & 0x7F, 2
        if length >= 126:
            head += 2 if length == 126 else 8
            length = int.from_bytes(data[start + 2 : start + head], "big")
        mask = data[start + head : start + head + 4]
        body = data[start + head + 4 : start + head + 4 + length]
        start += head + 4 + length
        if start > len(data):
            return
        while end < start:
            end, at = next(passed)
        if opcode == 1:
            key = int.from_bytes((mask * (length // 4 + 1))[:length], "big")
            yield at, (int.from_bytes(body, "big") ^ key).to_bytes(length, "big").decode()


def _serve(url: str) -> None:
    print(json.dumps({"url": url}), flush=True)
    sys.stdin.read()


def main() -> None:
    url, how, what = sys.argv[1:]
    if how == "jitter":
        jitter(url, float(what))
        return
    recorder = Recorder(url)
    _serve(recorder.url)
    with open(what, "w", encoding="ascii") as file:
        for at, audio in recorder.audio():
            file.write(json.dumps([at, audio]) + "\n")


if __name__ == "__main__":
    main()
