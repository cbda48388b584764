"""Speech for tests, made and understood by the embedded engines, and a client that speaks it over the wire."""

from __future__ import annotations

import base64
import functools
import re
import time
from typing import Any, Optional

import numpy as np
import soxr
from rawclient import RawClient

from estuary.gateway.voice import embedded

SECOND = 24_000


@functools.cache
def speech(text: str, rate: int = 24000) -> bytes:
    """This text spoken, with a moment of silence around it. PCM16."""
    pcm = embedded.synthesise(text, None, 1.0)
    assert pcm, f"nothing was made of {text!r}"
    return at_rate(pcm, 24000, rate)


def at_rate(pcm: bytes, source: int, target: int) -> bytes:
    return bytes(soxr.resample(np.frombuffer(pcm, "<i2"), source, target).astype("<i2").tobytes())


def silence(seconds: float, rate: int = 24000) -> bytes:
    return bytes(2 * int(seconds * rate))


def transcribe(pcm: bytes, rate: int = 24000) -> str:
    """What is said in this."""
    loud = np.flatnonzero(np.abs(np.frombuffer(pcm, "<i2")) > 300)
    # silence at the end is heard as "Thank you."
    return embedded.transcribe(at_rate(pcm[: 2 * (loud[-1] + rate // 50)], rate, 16000))


def words(text: str) -> list[str]:
    """For comparing texts by ear.

    >>> words("Hello -- it's 5!")
    ['hello', "it's", '5']
    """
    return re.findall(r"\w[\w']*", text.lower())


class Talker(RawClient):
    """A client with a voice."""

    def __init__(self, url: str, rate: int = 24000) -> None:
        super().__init__(url)
        self.rate = rate

    def stream(self, pcm: bytes, *, pace: bool = False, block: float = 0.02) -> None:
        """Send audio, as fast as it goes or in real time."""
        size = 2 * int(block * self.rate)
        begin = time.monotonic()
        for number, start in enumerate(range(0, len(pcm), size)):
            self.send("stream_audio", {"audio": base64.b64encode(pcm[start : start + size]).decode()})
            if pace:
                time.sleep(max(0.0, begin + (number + 1) * block - time.monotonic()))

    def press(self) -> None:
        """Push-to-talk: the button goes down."""
        self.send("start_voice", {"turn_mode": "push_to_talk"})
        self.until("voice_started", 30)

    def release(self) -> None:
        self.send("stop_voice")
        self.until("voice_stopped")

    def says_aloud(self, text: str) -> None:
        """Push-to-talk."""
        self.press()
        self.stream(speech(text, self.rate))
        self.release()

    def hears(self, timeout: float = 20.0) -> Heard:
        """Everything up to the end of the audio of a message."""
        heard = Heard()
        deadline = time.monotonic() + timeout
        while not heard.over:
            heard.take(*self.next(max(0.01, deadline - time.monotonic())))
        return heard


class Heard:
    """What came of a turn."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self.transcript: Optional[str] = None
        self.text = ""
        self.audio = b""
        self.chunks: list[Any] = []
        self.interrupted = False
        self.over = False

    def take(self, event: str, payload: Any) -> None:
        self.events.append((event, payload))
        if event == "stt_response" and payload["is_final"]:
            self.transcript = payload["text"]
        elif event == "bot_response" and payload["is_final"]:
            self.text = payload["text"]
        elif event == "bot_voice":
            self.chunks.append(payload)
            self.audio += base64.b64decode(payload["audio"], validate=True)
            self.over = payload["is_final"]
        elif event in ("error", "voice_error", "quota_exceeded"):
            raise AssertionError((event, payload))
