"""Keeping the character from hearing itself: cancellation, muting, or nothing.

With ``livekit`` installed its audio processing module (WebRTC's) takes what the speaker plays out of what the
microphone hears. Without it the microphone is muted while the character is heard, and the user can't speak over it.
"""

from __future__ import annotations

import threading
from typing import Any, Callable, Optional, Protocol

from ..errors import ConfigError
from .base import SAMPLE_WIDTH

__all__ = ["ECHO_MODES", "Cancel", "Echo", "Off", "Suppress", "choose_echo"]

ECHO_MODES = ("auto", "cancel", "suppress", "off")

#: How long a room still carries the character's voice after the speaker has fallen silent. Seconds.
TAIL = 0.3
#: The module takes a longer delay for an error; from 550 ms on it cancels nothing (measured).
MOST_DELAY = 0.5


class Echo(Protocol):
    """What stands between microphone and speaker."""

    @property
    def name(self) -> str:
        """``cancel``, ``suppress`` or ``off``."""

    def far(self, pcm: bytes) -> None:
        """This is given to the speaker now (silence too). On the playback thread."""

    def near(self, pcm: bytes, now: float) -> bytes:
        """What the microphone heard, without the character; of the same length. On the capture thread."""


class Off:
    """The microphone as it is: for headphones."""

    name = "off"

    def far(self, pcm: bytes) -> None:
        pass

    def near(self, pcm: bytes, now: float) -> bytes:
        return pcm


class Suppress:
    """Silence instead of the microphone while the character is heard, and 0.3 s more.

    Args:
        sounding_until: Gives the time (``time.monotonic``) until which something is heard from the speaker.
        filters: What else is done to the microphone.
    """

    name = "suppress"

    def __init__(self, sounding_until: Callable[[], float], filters: Optional[Echo] = None) -> None:
        self._sounding_until = sounding_until
        self._filters = filters or Off()

    def far(self, pcm: bytes) -> None:
        pass

    def near(self, pcm: bytes, now: float) -> bytes:
        pcm = self._filters.near(pcm, now)
        return bytes(len(pcm)) if now < self._sounding_until() + TAIL else pcm


class Cancel:
    """Echo cancellation by WebRTC's audio processing module, as ``livekit`` ships it. Frames of 10 ms.

    Args:
        sample_rate: Hz; a multiple of 100.
        delay: Seconds from ``far`` to the ear and from there to ``near``: what the devices hold back.
    """

    name = "cancel"

    def __init__(
        self,
        sample_rate: int,
        *,
        delay: Callable[[], float] = lambda: 0.0,
        cancel: bool = True,
        noise_suppression: bool = False,
        high_pass: bool = False,
    ) -> None:
        from livekit import rtc

        self._rtc = rtc
        self._rate = sample_rate
        self._frames = sample_rate // 100
        self._size = self._frames * SAMPLE_WIDTH
        self._delay = delay
        self._told_delay: Optional[int] = None
        self._cancel = cancel
        if not cancel:
            self.name = "off"
        self._module = rtc.AudioProcessingModule(
            echo_cancellation=cancel, noise_suppression=noise_suppression, high_pass_filter=high_pass
        )
        # the module has locks of its own, but the delay must be that of the very frame that follows it
        self._lock = threading.Lock()
        self._far = b""
        self._near = b""
        self._ready = b""

    def _frame(self, pcm: bytes) -> Any:
        # of exactly 10 ms: any other size aborts the whole process in the module's own code
        assert len(pcm) == self._size
        return self._rtc.AudioFrame(bytearray(pcm), self._rate, 1, self._frames)

    def far(self, pcm: bytes) -> None:
        if not self._cancel:
            return
        self._far += pcm
        while len(self._far) >= self._size:
            frame, self._far = self._frame(self._far[: self._size]), self._far[self._size :]
            self._module.process_reverse_stream(frame)

    def near(self, pcm: bytes, now: float) -> bytes:
        self._near += pcm
        parts = [self._ready]
        while len(self._near) >= self._size:
            frame, self._near = self._frame(self._near[: self._size]), self._near[self._size :]
            with self._lock:
                if self._cancel:
                    self._tell_delay(int(1000 * min(MOST_DELAY, max(0.0, self._delay()))))
                self._module.process_stream(frame)
            parts.append(bytes(frame.data))
        ready = b"".join(parts)
        if len(ready) < len(pcm):
            # the first block that is no multiple of 10 ms: from here on there is always enough
            ready = bytes(len(pcm) - len(ready)) + ready
        out, self._ready = ready[: len(pcm)], ready[len(pcm) :]
        return out

    def _tell_delay(self, milliseconds: int) -> None:
        """The module keeps it; telling it costs about as much as a frame."""
        if milliseconds != self._told_delay:
            self._module.set_stream_delay_ms(milliseconds)
            self._told_delay = milliseconds


def choose_echo(
    mode: str,
    sample_rate: int,
    *,
    sounding_until: Callable[[], float],
    delay: Callable[[], float],
    noise_suppression: bool = False,
    high_pass: bool = False,
    needed: bool = True,
) -> Echo:
    """The echo treatment for ``mode``: see ``Session.voice``.

    ``auto`` is ``cancel`` where livekit is installed and the rate fits, else ``suppress``; and ``off`` where it is not
    ``needed``, as microphone and speaker are not both devices.

    Raises ``ConfigError`` for an unknown mode, or when livekit is asked for and can't be had.
    """
    if mode not in ECHO_MODES:
        raise ConfigError(f"echo is {mode!r}: give one of {', '.join(ECHO_MODES)}")
    if mode == "auto" and not needed:
        mode = "off"
    filters = noise_suppression or high_pass
    problem = _why_not(sample_rate) if mode in ("auto", "cancel") or filters else None
    if problem is not None and (mode == "cancel" or filters):
        asked = "echo='cancel'" if mode == "cancel" else "noise_suppression and high_pass"
        raise ConfigError(f"{asked} can't be had: {problem}")
    if mode == "auto":
        mode = "suppress" if problem else "cancel"
    module: Optional[Echo] = None
    if mode == "cancel" or filters:
        cancel = mode == "cancel"
        module = Cancel(
            sample_rate, delay=delay, cancel=cancel, noise_suppression=noise_suppression, high_pass=high_pass
        )
    return Suppress(sounding_until, module) if mode == "suppress" else module or Off()


def _why_not(sample_rate: int) -> Optional[str]:
    if sample_rate % 100:
        return f"it works on frames of 10 ms, and {sample_rate} Hz is no multiple of 100"
    try:
        import livekit.rtc  # noqa: F401
    except ImportError as error:
        return f"livekit is not installed ({error}): pip install 'estuary-sync[livekit]'"
    return None
