"""The jitter buffer: speech comes in whenever the network brings it, and goes out without gaps.

Pure state behind one lock: no devices, no clock of its own. The session's read thread feeds it, the playback thread
takes from it, and whoever interrupts empties it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import Deque, List, NamedTuple, Optional, Tuple

from attrs import define, field

from .base import SAMPLE_WIDTH

__all__ = ["JitterBuffer", "Slice"]

#: How long a message is held back before it begins, in seconds: never less, and so much while nothing is known.
LEAST_PREBUFFER = 0.06
FIRST_PREBUFFER = 0.1
#: However late chunks come: more would be felt as slowness.
MOST_PREBUFFER = 0.3
#: Beyond the greatest lateness seen. Seconds.
MARGIN = 0.02
#: After each chunk the lateness that is reckoned with shrinks to this share of itself.
FORGETTING = 0.98
#: A message whose end does not come counts as ended after so long without a chunk; another chunk revives it. Seconds.
STALE = 5.0
#: What may wait to be played: a long story is sent much faster than it is heard. Beyond it audio is dropped. Seconds.
MOST_QUEUED = 1200.0
#: Messages that are over but whose late audio must still be recognised.
REMEMBERED = 256


class Slice(NamedTuple):
    """What is to be played next."""

    #: PCM16 mono, as long as was asked for; ``None`` where nothing is to be played
    pcm: Optional[bytes]
    #: messages that begin in it
    started: Tuple[Optional[str], ...] = ()
    #: messages whose last sample is in it
    finished: Tuple[Optional[str], ...] = ()


@define(eq=False)
class _Message:
    id: Optional[str]
    first_at: float
    last_at: float
    chunks: Deque[memoryview] = field(factory=deque)
    #: bytes that wait to be played, that came in all, and in the largest chunk
    waiting: int = 0
    received: int = 0
    largest: int = 0
    #: since when there is something to be played, while it is held back
    since: float = 0.0
    final: bool = False
    playing: bool = False
    begun: bool = False


class JitterBuffer:
    """Queues the messages of a conversation and hands them out slice by slice.

    A message is held back for as long as chunks have come late (60 ms at the least, 100 ms at first, 300 ms at most),
    or until so much of it is there that this makes no difference. Where it runs dry all the same, there is a gap
    (``underruns``), and it is held back again. At most twenty minutes wait: what comes beyond is ``dropped``.

    Args:
        sample_rate: Hz of the audio.
    """

    def __init__(self, sample_rate: int) -> None:
        self._bytes_per_second = sample_rate * SAMPLE_WIDTH
        self._lock = threading.Lock()
        self._fed = threading.Condition(self._lock)
        self._messages: Deque[_Message] = deque()
        self._over: OrderedDict[str, None] = OrderedDict()
        #: seconds by which a chunk came later than if all had come at the pace of speech; the greatest of late
        self._lateness = FIRST_PREBUFFER - MARGIN
        self._closed = False
        #: gaps in the middle of a message
        self.underruns = 0
        #: bytes for which there was no room
        self.dropped = 0
        #: bytes that came for messages that had been interrupted
        self.late = 0

    # ── in ──

    def feed(self, message_id: Optional[str], pcm: bytes, is_final: bool, now: float) -> None:
        """A chunk of a message has come. Late ones of an interrupted message are dropped."""
        with self._lock:
            if message_id is not None and message_id in self._over:
                self.late += len(pcm)
                return
            message = next((m for m in self._messages if m.id == message_id and not m.final), None)
            if message is None:
                if not pcm:  # nothing to be said aloud, at least not yet
                    if is_final and message_id is not None:
                        self._remember(message_id)
                    return
                message = _Message(message_id, now, now)
                self._messages.append(message)
            self._notice(message, now)
            if self._waiting_bytes() + len(pcm) > MOST_QUEUED * self._bytes_per_second:
                self.dropped += len(pcm)
            elif pcm:
                if not message.waiting:
                    message.since = now
                message.largest = max(message.largest, len(pcm))
                message.chunks.append(memoryview(pcm))
                message.waiting += len(pcm)
                message.received += len(pcm)
            message.last_at = now
            message.final = is_final
            self._fed.notify_all()

    def _notice(self, message: _Message, now: float) -> None:
        """Learn how late chunks may come: this one was due when all before it had been spoken."""
        due = message.first_at + message.received / self._bytes_per_second
        late = now - due
        if late > MOST_PREBUFFER:
            # no jitter but a pause of the server's (the model thinks): from here on a new schedule holds
            message.first_at += late
            late = 0.0
        self._lateness = max(late, self._lateness * FORGETTING)

    @property
    def prebuffer(self) -> float:
        """Seconds that a message is held back before it begins."""
        return min(MOST_PREBUFFER, max(LEAST_PREBUFFER, self._lateness + MARGIN))

    # ── out ──

    def take(self, frames: int, now: float) -> Slice:
        """The next ``frames`` samples. ``pcm`` is padded with silence where a message ends or has a gap."""
        wanted = frames * SAMPLE_WIDTH
        parts: List[bytes] = []
        started: List[Optional[str]] = []
        finished: List[Optional[str]] = []
        with self._lock:
            while wanted and self._messages:
                message = self._messages[0]
                if not message.playing:
                    if not self._may_begin(message, now):
                        break
                    message.playing = True
                    if not message.begun:
                        message.begun = True
                        started.append(message.id)
                while wanted and message.chunks:
                    chunk = message.chunks.popleft()
                    if len(chunk) > wanted:
                        message.chunks.appendleft(chunk[wanted:])
                        chunk = chunk[:wanted]
                    parts.append(bytes(chunk))
                    wanted -= len(chunk)
                    message.waiting -= len(chunk)
                if message.chunks:
                    break
                if message.final or now - message.last_at > STALE:
                    finished.append(message.id)
                    self._messages.popleft()
                    if message.final and message.id is not None:
                        self._remember(message.id)
                elif wanted:
                    message.playing = False
                    self.underruns += 1
                else:
                    break
        if not parts:
            return Slice(None, tuple(started), tuple(finished))
        if wanted:
            parts.append(bytes(wanted))
        return Slice(b"".join(parts), tuple(started), tuple(finished))

    def _may_begin(self, message: _Message, now: float) -> bool:
        if message.final or now - message.last_at > STALE:
            return True
        if not message.waiting:
            return False
        enough = self.prebuffer * self._bytes_per_second + message.largest
        return now - message.since >= self.prebuffer or message.waiting >= enough

    def interrupt(self, message_id: Optional[str] = None) -> Tuple[Optional[str], ...]:
        """Forget a message, or all of them, and what still comes of it. Returns the ids of those that were queued."""
        with self._lock:
            gone = [m for m in self._messages if message_id is None or m.id == message_id]
            for message in gone:
                self._messages.remove(message)
                if message.id is not None:
                    self._remember(message.id)
            if message_id is not None:
                self._remember(message_id)
            self._fed.notify_all()
            return tuple(m.id for m in gone)

    def _remember(self, message_id: str) -> None:
        self._over[message_id] = None
        if len(self._over) > REMEMBERED:
            self._over.popitem(last=False)

    # ── looking ──

    @property
    def message_id(self) -> Optional[str]:
        """Which message is being played, or will be next."""
        with self._lock:
            return self._messages[0].id if self._messages else None

    @property
    def empty(self) -> bool:
        """Whether no message is queued, not even one whose audio is still to come."""
        return not self._messages

    @property
    def seconds(self) -> float:
        """How much audio waits to be played."""
        with self._lock:
            return self._waiting_bytes() / self._bytes_per_second

    def _waiting_bytes(self) -> int:
        return sum(m.waiting for m in self._messages)

    def wait(self, timeout: float) -> None:
        """Until something is fed or forgotten, for at most ``timeout`` seconds. For the playback thread."""
        with self._lock:
            if not self._closed:
                self._fed.wait(timeout)

    def close(self) -> None:
        """Wake the playback thread, from now on at once."""
        with self._lock:
            self._closed = True
            self._fed.notify_all()
