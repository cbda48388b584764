"""A server that costs next to nothing: it writes the gateway's frames, encoded beforehand, as fast as they are read.

Against the gateway a burst is as fast as the slower of the two sides. This shows what the client alone can take. It
speaks just enough of WebSocket, Engine.IO and Socket.IO for a handshake and for turns, and trusts its clients.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import sys
import threading
import uuid
from typing import Dict, List, Tuple

from _answers import pieces

from estuary.gateway.speech import Speech

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEMPLATE_ID = "00000000-0000-4000-8000-000000000000"
_OPEN = '0{"sid":"replay","upgrades":[],"pingInterval":600000,"pingTimeout":600000,"maxPayload":100000000}'


def frame(text: str) -> bytes:
    """One unmasked text frame."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


class _Recorder:
    """Takes what the gateway's ``Speech`` would put on the wire."""

    def __init__(self) -> None:
        self.frames: List[bytes] = []

    def put(self, data: str) -> None:
        self.frames.append(frame("42/sdk," + data))

    def send(self, event: str, payload: object) -> None:
        self.put(json.dumps([event, payload], separators=(",", ":")))


_recorded: Dict[Tuple[str, str], bytes] = {}


def answer(text: str, dialect: str) -> bytes:
    """All frames that answer ``text``, with a message id of their own."""
    key = text, dialect
    if key not in _recorded:
        recorder = _Recorder()
        speech = Speech(recorder, _TEMPLATE_ID, dialect=dialect)
        for piece in pieces(text):
            speech.say(piece)
        speech.finish()
        _recorded[key] = b"".join(recorder.frames)
    return _recorded[key].replace(_TEMPLATE_ID.encode(), str(uuid.uuid4()).encode())


class _Connection:
    """One client, served by one thread."""

    def __init__(self, sock: socket.socket, dialect: str) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._file = sock.makefile("rb")
        self._dialect = dialect
        self._prepared: Dict[str, bytes] = {}

    def serve(self) -> None:
        try:
            self._upgrade()
            self._sock.sendall(frame(_OPEN))
            while self._next():
                pass
        except OSError:
            pass  # the client is gone
        finally:
            self._file.close()
            self._sock.close()

    def _upgrade(self) -> None:
        key = b""
        for line in iter(self._file.readline, b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"sec-websocket-key":
                key = value.strip()
            if line == b"\r\n":
                break
        accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
        self._sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )

    def _next(self) -> bool:
        """Read one frame and answer it. Clients mask, and send no fragments here."""
        head = self._file.read(2)
        if len(head) < 2:
            return False
        size = head[1] & 0x7F
        if size >= 126:
            size = int.from_bytes(self._file.read(2 if size == 126 else 8), "big")
        mask, masked = self._file.read(4), self._file.read(size)
        payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(masked))
        opcode = head[0] & 0x0F
        if opcode == 0x8:
            self._sock.sendall(b"\x88\x00")
            return False
        if opcode == 0x9:
            self._sock.sendall(bytes((0x8A, size)) + payload)
        elif opcode == 0x1:
            self._packet(payload.decode())
        return True

    def _packet(self, packet: str) -> None:
        if packet.startswith("40/sdk"):
            info = {"session_id": "s", "conversation_id": "c", "character_id": "ch", "player_id": "p"}
            self._sock.sendall(frame('40/sdk,{"sid":"replay"}') + frame(f'42/sdk,["session_info",{json.dumps(info)}]'))
        elif packet.startswith("42/sdk,"):
            name, payload = json.loads(packet[7:])
            if name == "text":
                self._text(payload["text"])

    def _text(self, text: str) -> None:
        if text.startswith("prepare "):
            coming = text[8:]
            self._prepared[coming] = answer(coming, self._dialect)
        self._sock.sendall(self._prepared.pop(text, None) or answer(text, self._dialect))


def _listen(dialect: str) -> str:
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)

    def accept() -> None:
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=_Connection(sock, dialect).serve, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def main() -> None:
    places = {
        dialect: {
            "pid": os.getpid(),
            "url": _listen(dialect),
            "api_key": "est_of_the_replay_server",
            "character_id": str(uuid.uuid4()),
        }
        for dialect in ("cumulative", "delta")
    }
    print(json.dumps(places), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
