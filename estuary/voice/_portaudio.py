"""PortAudio without its hazards: one PyAudio in the process, one thread for each stream, a time limit on every call.

PortAudio crashes when two threads open or close at once, or when one closes what another reads; and all its calls wait
for ever when the sound server is frozen. So all that a stream does is done on a thread of its own, for which the caller
waits with a limit. A thread that is stuck is left behind (it is a daemon) and cleans up if it ever comes back; while it
is, nothing is terminated. When the last stream is closed PortAudio is, too: the next to open sees the devices of then.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.machinery
import importlib.util
import os
import queue
import threading
from typing import Any, Callable, Iterator, Optional, Tuple, TypeVar

from ..errors import AudioDeviceError, VoiceError
from ._noise import Hush, silence_alsa_and_jack

__all__ = ["StreamThread", "import_pyaudio", "system"]

_Result = TypeVar("_Result")

_LIBRARY = "on Debian and Ubuntu: apt-get install libportaudio2 portaudio19-dev; on macOS: brew install portaudio"


def import_pyaudio() -> Any:
    """The module.

    Raises:
        VoiceError: it, or the PortAudio library, is not installed.
    """
    try:
        spec = importlib.util.find_spec("pyaudio")
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise VoiceError(
            "microphones and speakers need PyAudio: pip install 'estuary-sync[voice]' "
            f"(it is compiled against PortAudio; {_LIBRARY})"
        )
    try:
        # Tried first, since PyAudio prints when it fails.
        extension = importlib.machinery.PathFinder.find_spec("_portaudio", list(spec.submodule_search_locations or ()))
        if extension is not None and extension.origin is not None:
            ctypes.CDLL(extension.origin)
        import pyaudio
    except (ImportError, OSError) as error:
        raise VoiceError(f"PyAudio can't load the PortAudio library ({error}); {_LIBRARY}") from error
    return pyaudio


class _Host:
    """The one PyAudio of this process, while anybody uses it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.hush = Hush()
        self.streams = 0  # alive, stuck ones included
        self.pyaudio: Any = None
        self.used = False  # at any time in this process
        self.forbidden = False
        self._unsilence: Callable[[], None] = lambda: None

    def start(self) -> None:
        if self.forbidden:
            raise AudioDeviceError(
                "sound was used here before this process was forked, and does not work in the child: open the devices "
                "after the fork only, or start the child with multiprocessing's 'spawn'"
            )
        if self.pyaudio is None:
            module = import_pyaudio()
            self.used = True
            self._unsilence = silence_alsa_and_jack()
            try:
                self.pyaudio = module.PyAudio()
            except BaseException:
                self._unsilence()
                raise

    def stop_if_unused(self) -> None:
        if self.pyaudio is not None and self.streams == 0:
            unused, self.pyaudio = self.pyaudio, None
            try:
                unused.terminate()
            finally:
                self._unsilence()


_host = _Host()


def _after_fork() -> None:
    """A child has none of its parent's streams and threads, and libpulse and Core Audio refuse to work in one."""
    global _host
    parents, _host = _host, _Host()
    parents.hush.forked()
    _host.forbidden = _host.used = parents.used


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextlib.contextmanager
def system(streams: int = 0) -> Iterator[Any]:
    """The one PyAudio, for nobody else in the meantime, on a thread that may get stuck.

    ``streams``: how many more are open if the block ends well, and how many less (-1) whatever becomes of it.

    Raises:
        VoiceError: PyAudio or PortAudio is not installed.
    """
    host = _host
    with host.lock, host.hush:
        try:
            host.start()
            yield host.pyaudio
            host.streams += max(0, streams)
        finally:
            host.streams += min(0, streams)
            host.stop_if_unused()


class StreamThread:
    """A thread that makes calls, one after the other, for a caller who waits for each no longer than its time limit.

    Args:
        name: Of the thread.
        what: What the calls are made to, for the message of the error.
    """

    def __init__(self, name: str, what: str) -> None:
        self._what = what
        self._pid = os.getpid()
        self._jobs: queue.SimpleQueue[Optional[Callable[[], Any]]] = queue.SimpleQueue()
        self._replies: queue.SimpleQueue[Tuple[Any, Optional[BaseException]]] = queue.SimpleQueue()
        #: the caller has gone away from a call
        self.abandoned = False
        #: PyAudio's stream, which this thread has opened and will close, whoever still cares
        self.stream: Any = None
        threading.Thread(target=self._run, name=name, daemon=True).start()

    @property
    def forked(self) -> bool:
        """This process is a child of the one whose thread it is."""
        return self._pid != os.getpid()

    def call(self, function: Callable[[], _Result], timeout: float) -> _Result:
        """What ``function`` returns or raises.

        Raises:
            AudioDeviceError: not within ``timeout`` seconds; or the process has forked.
        """
        if self.forked:
            raise AudioDeviceError(f"{self._what} was opened before this process was forked: open it here")
        if self.abandoned:
            raise AudioDeviceError(f"{self._what} has not answered before and is given up: open it again")
        self._jobs.put(function)
        try:
            value, error = self._replies.get(timeout=timeout)
        except queue.Empty:
            self.abandoned = True
            _host.hush.end()  # not for as long as it is stuck
            raise AudioDeviceError(
                f"{self._what} does not answer (for {timeout:g} s): is the sound server frozen, or the device gone?"
            ) from None
        except BaseException:  # Ctrl-C: the reply would be taken for that of the next call
            self.abandoned = True
            raise
        if error is not None:
            raise error
        return value  # type: ignore[no-any-return]

    def end(self) -> None:
        """Let the thread end, the stream closed. Does not wait."""
        if not self.forked:
            self._jobs.put(self.close_stream)
            self._jobs.put(None)

    def open_stream(self, open_with: Callable[[Any], Any]) -> None:
        """To be called: make ``stream`` what ``open_with(pyaudio)`` returns."""
        with system(streams=+1) as pyaudio:
            if self.abandoned:  # while it waited for its turn
                raise AudioDeviceError(f"{self._what} is not wanted any more")
            self.stream = open_with(pyaudio)
            # Nothing but close_stream() frees it: at the interpreter's end this thread may still be inside it.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self.stream))

    def close_stream(self) -> None:
        """To be called, as the last: close ``stream``, if it was opened."""
        stream, self.stream = self.stream, None
        if stream is None:
            return
        with system(streams=-1):
            try:
                stream.close()
            except OSError:
                pass  # after an error PyAudio has closed it by itself
            finally:
                ctypes.pythonapi.Py_DecRef(ctypes.py_object(stream))

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            value, error = None, None
            try:
                value = job()
            except BaseException as raised:
                error = raised
            self._replies.put((value, error))
            del job, value, error
