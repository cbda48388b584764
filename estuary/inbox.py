"""What the character said that nobody has claimed, until ``responses()`` reads it. Bounded."""

from __future__ import annotations

from collections import deque
from typing import Deque, Dict

from attrs import evolve

from .credentials import get_logger
from .turn import Message, Response

__all__ = ["Inbox"]

_log = get_logger("estuary.inbox")

#: Unread text, at most. Characters.
MAX_CHARS = 8_000_000
#: Unread chunks, beyond which chunks of one message are put together.
MAX_CHUNKS = 10_000
#: … up to so many characters each.
MERGED = 4_096


class Inbox:
    """Chunks in the order of their arrival. Not thread-safe: the session locks around it.

    It holds ``limit`` messages and 8 million characters at most. Beyond either the oldest whole message is dropped,
    with one warning; beyond 10,000 chunks, neighbouring chunks of one message become one.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._chunks: Deque[Response] = deque()
        self._chars = 0
        #: unread chunks of each message, oldest message first
        self._messages: Dict[Message, int] = {}
        self._dropped: Dict[Message, None] = {}
        self._warned = False

    def __len__(self) -> int:
        return len(self._chunks)

    def put(self, response: Response) -> None:
        message = response._message
        if message in self._dropped:
            if response.is_final:
                del self._dropped[message]
            return
        chunks = self._chunks
        self._chars += len(response.delta)
        last = chunks[-1] if len(chunks) >= MAX_CHUNKS else None
        if last is not None and last._message is message and len(last.delta) < MERGED:
            chunks[-1] = evolve(
                response,
                delta=last.delta + response.delta,
                chunk_index=last.chunk_index,
                actions=last.actions + response.actions,
            )
        else:
            chunks.append(response)
            self._messages[message] = self._messages.get(message, 0) + 1
        while len(self._messages) > self._limit or self._chars > MAX_CHARS:
            self._drop_oldest()

    def get(self) -> Response:
        """The oldest chunk. Raises ``IndexError`` where there is none."""
        response = self._chunks.popleft()
        self._chars -= len(response.delta)
        left = self._messages[response._message] - 1
        if left:
            self._messages[response._message] = left
        else:
            del self._messages[response._message]
        return response

    def _drop_oldest(self) -> None:
        oldest = next(iter(self._messages))
        del self._messages[oldest]
        self._chunks = deque(r for r in self._chunks if r._message is not oldest)
        self._chars = sum(len(r.delta) for r in self._chunks)
        if not oldest.over:
            self._dropped[oldest] = None
            if len(self._dropped) > self._limit:
                del self._dropped[next(iter(self._dropped))]
        if not self._warned:
            self._warned = True
            _log.warning("nobody reads responses(): the oldest unread messages are dropped from now on")
