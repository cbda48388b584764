"""Ends of audio for tests that speak without devices."""

from __future__ import annotations

import time

from estuary.voice.files import PCMBuffer, read_wav

__all__ = ["QUESTION", "RATE", "Line", "Recorder", "words"]

RATE = 24000
QUESTION = "Hello, my name is Alice and I live in Berlin."


class Line(PCMBuffer):
    """A microphone that hears what a test says, silence otherwise."""

    def __init__(self):
        super().__init__(sample_rate=RATE)

    def hear(self, path):
        self.feed(read_wav(path)[0])


class Recorder:
    """A sink at the pace of a speaker that remembers when it was given what."""

    sample_rate = RATE
    channels = 1
    latency = 0.0
    live = True

    def __init__(self):
        self.blocks = []

    def open(self, sample_rate):
        self.next = time.monotonic()

    def write(self, pcm):
        self.blocks.append((time.monotonic(), pcm))
        self.next = max(self.next + len(pcm) / 2 / RATE, time.monotonic() - 0.02)
        time.sleep(max(0.0, self.next - time.monotonic()))

    def close(self):
        pass

    def loud_after(self, when):
        """Seconds after ``when`` at which the last block that is no silence was taken."""
        return max((at - when for at, pcm in list(self.blocks) if at > when and any(pcm)), default=0.0)


def words(text):
    return "".join(c for c in text.lower() if c.isalnum() or c == " ").split()
