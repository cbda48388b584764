"""Keeps what the sound libraries print off the terminal, and nothing else.

PortAudio tries every sound system there is, and each says at length on stderr that it isn't there. ALSA and JACK let a
program take their messages: they are given a C function that does nothing (a Python one would be called from their own
threads, at the interpreter's end too). PortAudio, as Debian builds it, prints failed assertions to C's ``stderr``: for
as long as a call takes that may fail, C's ``stderr`` is a buffer, and what is not PortAudio's is printed afterwards.
Python's ``sys.stderr`` and the descriptor 2, which child processes inherit, are never touched.
"""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Any, Callable, List, Optional

__all__ = ["Hush", "silence_alsa_and_jack"]


def _loaded(name: str) -> Optional[Any]:
    """The library, if PortAudio has brought it into this process."""
    try:
        return ctypes.CDLL(name, mode=os.RTLD_NOLOAD | os.RTLD_LAZY)  # type: ignore[attr-defined, unused-ignore]
    except (AttributeError, OSError):
        return None


def silence_alsa_and_jack() -> Callable[[], None]:
    """Take the messages of ALSA and JACK until the function that is returned is called."""
    undo: List[Callable[[], object]] = []
    alsa, jack = _loaded("libasound.so.2"), _loaded("libjack.so.0")
    if alsa is not None or jack is not None:
        nothing = ctypes.cast(ctypes.CDLL(None).labs, ctypes.c_void_p)  # takes anything, changes nothing
        if alsa is not None:
            before = ctypes.c_void_p.in_dll(alsa, "snd_lib_error")
            before = ctypes.c_void_p(before.value)  # a copy
            alsa.snd_lib_error_set_handler(nothing)
            undo.append(lambda: alsa.snd_lib_error_set_handler(before))
        if jack is not None:
            for setter in (jack.jack_set_error_function, jack.jack_set_info_function):
                setter(nothing)
                undo.append(lambda setter=setter: setter(None))  # type: ignore[misc]

    def give_back() -> None:
        for step in undo:
            step()

    return give_back


class Hush:
    """``with Hush():`` around calls into PortAudio that may fail. One at a time; ``end()`` may come from elsewhere."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._libc: Optional[Any] = None
        try:
            libc = ctypes.CDLL(None)
            libc.gnu_get_libc_version  # noqa: B018 - other C libraries keep stderr in memory that is read-only
            self._stderr = ctypes.c_void_p.in_dll(libc, "stderr")
        except (AttributeError, OSError, TypeError, ValueError):
            return  # PortAudio prints nothing on other systems
        self._text, self._size = ctypes.c_void_p(), ctypes.c_size_t()
        libc.open_memstream.restype = ctypes.c_void_p
        self._buffer = libc.open_memstream(ctypes.byref(self._text), ctypes.byref(self._size))
        self._original: Optional[int] = None
        if self._buffer:
            self._libc = libc

    def __enter__(self) -> None:
        with self._lock:
            if self._libc is not None and self._original is None:
                self._original = self._stderr.value
                self._stderr.value = self._buffer

    def __exit__(self, *error: object) -> None:
        self.end()

    def forked(self) -> None:
        """In a child: whoever held it is not there to end it."""
        self._lock = threading.Lock()
        self.end()

    def end(self) -> None:
        """Give stderr back, and print what was not PortAudio's. Nothing happens the second time."""
        with self._lock:
            if self._libc is None or self._original is None:
                return
            self._stderr.value, self._original = self._original, None
            buffer = ctypes.c_void_p(self._buffer)
            self._libc.fflush(buffer)
            text = ctypes.string_at(self._text, self._size.value)
            self._libc.fseek(buffer, ctypes.c_long(0), os.SEEK_SET)  # kept: somebody may still be writing to it
        others = [line for line in text.splitlines(keepends=True) if not line.startswith(b"Expression '")]
        if others:
            try:
                os.write(2, b"".join(others))
            except OSError:
                pass  # there is no stderr
