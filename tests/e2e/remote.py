"""A gateway in a process of its own, which can be killed and frozen; a chat engine that does what it is told.

This file is also the program of that process. Tests use ``RemoteGateway``.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Callable, Optional

__all__ = ["Recorder", "RemoteGateway", "Scripted", "in_thread", "not_our_server"]


class Scripted:
    """Answers by order of the text: ``hang`` begins and never ends, ``silent`` never begins, ``count N`` counts."""

    name = "scripted"

    async def reply(self, prompt: Any) -> AsyncIterator[str]:
        word, _, rest = prompt.text.partition(" ")
        if word == "hang":
            yield "It begins "
            await asyncio.Event().wait()
        elif word == "silent":
            await asyncio.Event().wait()
        elif word == "count":
            for number in range(int(rest)):
                yield f"{number} "
        else:
            yield "You said: "
            yield prompt.text


class _Template:
    """A process that has imported the gateway and forks one for every order: starting one takes a moment only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: Optional[subprocess.Popen[str]] = None

    def ask(self, **order: Any) -> Any:
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
                atexit.register(self.close)
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        if not answer.strip():
            raise RuntimeError(f"the gateways' process failed at {order}")
        return json.loads(answer)

    def close(self) -> None:
        assert self._process is not None
        self._process.communicate()


_template = _Template()


def main() -> None:
    """Take orders from the standard input until it ends; then all gateways end too."""
    from estuary.gateway import serve

    running: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if "kill" in order:
            running.discard(order["kill"])
            os.kill(order["kill"], signal.SIGKILL)
            os.waitpid(order["kill"], 0)
            print("true", flush=True)
            continue
        pid = os.fork()  # there is no other thread in this process
        if pid:
            running.add(pid)
            continue
        try:
            gateway = serve(chat=Scripted(), **order["start"])
            print(json.dumps([os.getpid(), gateway.url, gateway.api_key, gateway.character_id]), flush=True)
        except BaseException:
            print(flush=True)
            raise
        threading.Event().wait()
    for pid in running:
        os.kill(pid, signal.SIGKILL)


class RemoteGateway:
    """A gateway in a process of its own; a context manager.

    ``restart()`` takes the same port and key and, given ``db``, the same data.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._pid: Optional[int] = None
        self.url = self.api_key = self.character_id = ""

    def start(self) -> None:
        self._pid, self.url, self.api_key, self.character_id = _template.ask(start=self._options)

    def session(self, player_id: str, **options: Any) -> Any:
        from estuary import Session

        options = {"character_id": self.character_id, "api_key": self.api_key, "server_url": self.url, **options}
        return Session(player_id=player_id, **options)

    def messages(self, player_id: str) -> list[tuple[str, str]]:
        """Role and content of what is stored of this player, asked through REST."""
        player = urllib.parse.quote(player_id, safe="")
        request = urllib.request.Request(
            f"{self.url}/api/v1/characters/{self.character_id}/players/{player}/messages",
            headers={"X-API-Key": self.api_key},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return [(message["role"], message["content"]) for message in json.load(response)["messages"]]

    def kill(self) -> None:
        """SIGKILL: every connection ends without a word of the application. Returns when it is dead."""
        pid, self._pid = self._pid, None
        if pid is not None:
            _template.ask(kill=pid)

    def freeze(self) -> None:
        """SIGSTOP: the kernel still accepts and acknowledges, nobody answers."""
        assert self._pid is not None
        os.kill(self._pid, signal.SIGSTOP)

    def thaw(self) -> None:
        if self._pid is not None:
            os.kill(self._pid, signal.SIGCONT)

    def restart(self) -> None:
        self.kill()
        self._options = {**self._options, "port": urllib.parse.urlsplit(self.url).port, "api_key": self.api_key}
        self.start()

    def __enter__(self) -> RemoteGateway:
        self.start()
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.kill()


class Recorder:
    """What a session's handlers were told, to be waited for."""

    def __init__(self, session: Any = None) -> None:
        self.events: list[Any] = []
        self._changed = threading.Condition()
        if session is not None:
            session.on("*", self)

    def __call__(self, event: Any) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def named(self, *names: str) -> list[Any]:
        return [event for event in list(self.events) if getattr(event, "event", None) in names]

    @property
    def names(self) -> list[str]:
        """The life of the connection, in order."""
        return [e.event for e in self.named("connected", "reconnecting", "reconnected", "disconnected")]

    def wait(self, condition: Callable[[Recorder], Any], timeout: float = 10.0) -> bool:
        with self._changed:
            return bool(self._changed.wait_for(lambda: condition(self), timeout))

    def wait_named(self, name: str, timeout: float = 10.0, count: int = 1) -> Any:
        """The *count*-th event of this name."""
        assert self.wait(lambda recorder: len(recorder.named(name)) >= count, timeout), (name, self.events)
        return self.named(name)[count - 1]


class in_thread:
    """Run a call on a thread of its own; ``result()`` gives what it returned or raises what it raised."""

    def __init__(self, function: Callable[..., Any], *args: Any, **options: Any) -> None:
        self._value: Any = None
        self._error: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._run, args=(function, args, options), daemon=True)
        self._thread.start()

    def _run(self, function: Callable[..., Any], args: Any, options: Any) -> None:
        try:
            self._value = function(*args, **options)
        except BaseException as error:
            self._error = error

    def result(self, timeout: float = 10.0) -> Any:
        self._thread.join(timeout)
        assert not self._thread.is_alive(), "the call did not return"
        if self._error is not None:
            raise self._error
        return self._value


class not_our_server:
    """A TCP server that gives *answer* to whatever comes, then closes (``None`` neither answers nor closes)."""

    def __init__(self, answer: Optional[bytes], *, wait_for_request: bool = True) -> None:
        self._answer = answer
        self._wait = wait_for_request
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._clients: list[socket.socket] = []
        self.accepted = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._clients.append(client)
            self.accepted.set()
            if self._answer is None:
                continue
            client.settimeout(5)
            try:
                if self._wait:
                    client.recv(65536)
                client.sendall(self._answer)
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
            except OSError:
                pass
            client.close()

    def __enter__(self) -> not_our_server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for client in self._clients:
            client.close()
        self._thread.join(10)


if __name__ == "__main__":
    sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]
    main()
