"""``Stream``: one answer, chunk by chunk, for ``Session.stream``."""

from __future__ import annotations

from typing import TYPE_CHECKING, List

from .deadline import Deadline
from .errors import TurnTimeout
from .turn import Reply, Response, Turn

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Stream"]


class Stream:
    """The chunks of one answer, as they arrive. Iterate over it once; see ``Session.stream``."""

    #: for the finalizer of one that was not even made
    _over = True

    def __init__(self, session: Session, turn: Turn, deadline: Deadline) -> None:
        self._session = session
        self._turn = turn
        self._deadline = deadline
        self._ready: List[Response] = []
        self._over = False  # last: from here on the finalizer has something to do

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Response:
        if not self._ready:
            self._fetch()
        response = self._ready.pop()
        if response.is_final:
            self._over = True
        return response

    def _fetch(self) -> None:
        """Take all chunks there are, waiting for one where there is none."""
        session, turn, deadline = self._session, self._turn, self._deadline

        def ready() -> bool:
            return bool(turn.chunks) or self._over or turn.outcome is not None

        try:
            if not session._turn_changed.wait_for(ready, deadline):
                raise too_late(turn, deadline)
            with session._lock:
                self._ready = list(turn.chunks)
                turn.chunks.clear()
        except BaseException:
            self.close()
            raise
        self._ready.reverse()
        if not self._ready:
            self._over = True
            turn.reply()  # raises what ended the turn, if anything did
            session._wait_for_handlers(turn, deadline)
            raise StopIteration

    @property
    def reply(self) -> Reply:
        """The answer: whole after the loop, so far within it. Raises the error that ended the turn."""
        return self._turn.reply()

    def close(self) -> None:
        """Stop reading; an answer that is not complete is interrupted."""
        self._over = True
        self._ready = []
        self._session._finish(self._turn)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not self._over:
            self._session._abandon(self._turn)


def too_late(turn: Turn, deadline: Deadline) -> TurnTimeout:
    so_far = f"{len(turn.text_so_far)} characters of it had arrived" if turn.message else "nothing of it had arrived"
    return TurnTimeout(
        f"the answer was not complete within {deadline.timeout:g} s; {so_far}. It is interrupted", text=turn.text_so_far
    )
