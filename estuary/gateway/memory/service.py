"""The memory as the rest of the gateway sees it: it is told of turns, and asked what is known.

Drawing memories from a message begins when its turn is over and runs on threads of its own, so no answer waits for it.
The next turn of the same pair waits for it a moment, so that what was just said is known.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import Any, Optional

from attrs import define, field, frozen
from sqlalchemy import select

from ..settings import GatewayOptions
from ..storage.database import Database
from ..storage.tables import now
from .base import Exchange, Extraction, Extractor
from .cache import IndexCache, PairIndex, Recalled
from .claims import Claims
from .decay import Keeper
from .embedding import Embedder, OpenAIEmbedder, default_embedder
from .graph import Graphs
from .store import NEAR, ClaimLost, MemoryStore, Outcome, Source, conversations
from .workers import Workers

__all__ = ["MemoryService", "Pair"]

log = logging.getLogger("estuary.gateway")

#: a character's and a player's id
Pair = tuple[str, str]

#: threads that draw memories; models are waited for, so a few
_EXTRACTORS = 4
#: threads that build indexes: one may be busy with a large one
_INDEXERS = 2
#: threads that look memories up, and seconds that a turn waits for them: an endpoint for vectors may hang
_FINDERS, _FINDING = 4, 2.0
#: a message that fails so often is given up
_TRIES = 3
#: characters in a token, about
_TOKEN = 4
#: memories at most in a prompt, and how well they must fit
_MOST, _LEAST, _LEAST_FADED = 12, 0.30, 0.55
#: while models are still being loaded a turn waits so many times as long for what was said before
_LOADING = 8
#: seconds between two looks at what fades
_FADE_SECONDS = 3600.0


@frozen
class _Job:
    """A message to draw from. Without a claim: whatever is due in the conversation."""

    conversation_id: str
    claim: Optional[str] = None
    message: Optional[int] = None
    reply: Optional[str] = None
    origin: str = "text_chat"
    future: Future[None] = field(factory=Future, eq=False)


@define(eq=False)
class _Queue:
    """The jobs of one pair, done one after the other."""

    jobs: deque[_Job] = field(factory=deque)
    busy: bool = False


class MemoryService:
    """Draws, keeps and finds memories. ``start()`` begins, ``close()`` ends it.

    Methods that are coroutines belong on the event loop; the others may be called from any thread.
    """

    def __init__(self, database: Database, options: GatewayOptions) -> None:
        self._db = database
        self._options = options
        self.enabled = options.memory
        self.store = MemoryStore(database)
        self.claims = Claims(database, options.memory_lease)
        self.embedder: Embedder = _embedder(options)
        self.cache = IndexCache(database, self.store, self.embedder)
        self.keeper = Keeper(database, options.memory_half_life, options.memory_threshold)
        self.graphs = Graphs(database)
        self.extractor, self._fallback = _extractors(options)
        self._extracting = Workers("estuary-gateway-extract", _EXTRACTORS)
        self._indexing = Workers("estuary-gateway-index", _INDEXERS)
        self._finding = Workers("estuary-gateway-recall", _FINDERS)
        self._lock = threading.Lock()
        self._queues: dict[Pair, _Queue] = {}
        self._failures: dict[int, int] = {}
        self._used: dict[str, tuple[int, dt.datetime]] = {}
        self._resting: dict[Pair, tuple[float, str]] = {}
        self._listeners: list[Callable[[Outcome], None]] = []
        self._refreshing: dict[str, Future[PairIndex]] = {}
        #: models are loaded as far as they can be; the one for vectors is there
        self._loaded, self._warm = threading.Event(), threading.Event()
        self._bell = threading.Condition()
        self._closing = False
        self._clock: Optional[threading.Thread] = None
        #: when the memories of which conversation last faded
        self._faded: dict[str, float] = {}
        self._next_fade = time.monotonic() + _FADE_SECONDS

    # --- coming and going

    def start(self) -> None:
        """Take up what was left undone, and begin to look after everything."""
        if self.enabled and self._clock is None:
            self._indexing.submit(self._warm_up)
            self._clock = threading.Thread(target=self._tick, name="estuary-gateway-memory", daemon=True)
            self._clock.start()

    def close(self, timeout: float) -> bool:
        """Finish what is under way, within ``timeout`` seconds; what is not finished is done at the next start."""
        deadline = time.monotonic() + timeout
        with self._lock:
            jobs = [job.future for queue in self._queues.values() for job in queue.jobs]
        if jobs:
            wait(jobs, max(0.0, timeout - 0.5))
        with self._bell:
            self._closing = True
            self._bell.notify_all()
        ended = self._extracting.close(max(0.0, deadline - time.monotonic()))
        ended &= self._indexing.close(max(0.2, deadline - time.monotonic()))
        self._finding.close(0.2)  # nobody waits for an answer any more
        if self._clock is not None:
            self._clock.join(max(0.2, deadline - time.monotonic()))
            ended &= not self._clock.is_alive()
        if self.enabled:
            try:
                self._flush()
                self.claims.release_all()
            except Exception:
                log.exception("the memory could not be put in order at the end; the next start does it")
        if not ended:
            log.warning("drawing memories did not end within %g s; it is done again at the next start", timeout)
        return ended

    def listen(self, listener: Callable[[Outcome], None]) -> None:
        """Call ``listener``, on a thread of the memory, whenever memories have changed through a message."""
        self._listeners.append(listener)

    # --- turns

    def claim(self) -> Optional[str]:
        """The name under which a turn stores its message, or ``None`` if nothing shall be remembered."""
        return self.claims.make() if self.enabled else None

    def drop(self, claim: Optional[str]) -> None:
        """The message was not stored."""
        if claim is not None:
            self.claims.forget(claim)

    def prepare(self, conversation_id: str) -> None:
        """A session has opened: get ready what its first turn will need."""
        if self.enabled:
            self._refresh(conversation_id)

    def turn_over(
        self, pair: Pair, conversation_id: str, message: int, claim: Optional[str], reply: str, *, spoken: bool = False
    ) -> None:
        """Draw memories from the message of a turn that has ended."""
        if claim is not None:
            origin = "voice_chat" if spoken else "text_chat"
            self._enqueue(pair, _Job(conversation_id, claim, message, reply, origin))
            self._rest(pair, conversation_id, self._options.memory_idle)

    def conversation_over(self, pair: Pair, conversation_id: str) -> None:
        """The last session of a pair has ended: what it brought can be put in order."""
        if self.enabled:
            self._rest(pair, conversation_id, 0.0)

    async def settled(self, pair: Pair) -> None:
        """Wait, not for long, until what the pair said before is in the memory."""
        with self._lock:
            queue = self._queues.get(pair)
            last = queue.jobs[-1].future if queue is not None and queue.jobs else None
        if last is not None and not last.done():
            patience = 1 if self._loaded.is_set() else _LOADING
            await asyncio.wait({asyncio.wrap_future(last)}, timeout=self._options.memory_wait * patience)

    async def recall(self, conversation_id: str, version: int, text: str) -> list[str]:
        """The memories that matter for a text, best first, as many as the prompt has room for.

        Args:
            version: the conversation's ``memory_version``, as just read.
        """
        if not self.enabled or version == 0 or self._options.memory_tokens <= 0:
            return []
        try:
            pair = await self._current(conversation_id, version)
            if pair is None:
                return []
            looking = asyncio.wrap_future(self._finding.submit(lambda: self._fitting(pair, text)))
            found = await asyncio.wait_for(looking, _FINDING)
        except asyncio.TimeoutError:
            log.warning("memories were not found within %g s; the answer is given without them", _FINDING)
            return []
        except Exception:
            log.exception("memories could not be looked up; the answer is given without them")
            return []
        time = now()
        with self._lock:
            for memory in found:
                count, _ = self._used.get(memory.id, (0, time))
                self._used[memory.id] = (count + 1, time)
        return [memory.content for memory in found]

    async def search(self, conversation_id: str, query: str, limit: int) -> list[Recalled]:
        """What fits a query by its meaning, best first. It changes nothing."""
        pair = await asyncio.wrap_future(self._refresh(conversation_id))
        return await asyncio.wrap_future(self._finding.submit(lambda: self.cache.search(pair, query, limit)))

    def regroup(self, conversation_id: str) -> None:
        """Have the clusters of a conversation worked out anew, in its own time."""
        self._indexing.submit(lambda: self.graphs.cluster(conversation_id))

    # --- inside: retrieval

    def _fitting(self, pair: PairIndex, text: str) -> Sequence[Recalled]:
        # the end of a long text is what is asked
        found = self.cache.search(pair, text[-2000:], _MOST, least=_LEAST, least_faded=_LEAST_FADED)
        budget = self._options.memory_tokens * _TOKEN
        kept = []
        for memory in found:
            budget -= len(memory.content) + 3
            if budget < 0:
                break
            kept.append(memory)
        return kept

    async def _current(self, conversation_id: str, version: int) -> Optional[PairIndex]:
        """The pair's index; a moment's wait if it is behind. ``None`` if it has nothing yet."""
        pair = self.cache.pair(conversation_id)
        if pair.version < version:
            refresh = asyncio.wrap_future(self._refresh(conversation_id))
            # its failure is in the log; and when the time is over it goes on, for the next turn
            refresh.add_done_callback(lambda done: done.cancelled() or done.exception())
            await asyncio.wait({refresh}, timeout=self._options.memory_wait)
        return pair if pair.version >= 0 else None

    def _refresh(self, conversation_id: str) -> Future[PairIndex]:
        """Have the index of a conversation brought up to date; once, whoever asks."""

        def work() -> PairIndex:
            with self._lock:
                # whoever asks from now on wants a look at the database that begins after that
                self._refreshing.pop(conversation_id, None)
            return self.cache.refresh(conversation_id)

        with self._lock:
            future = self._refreshing.get(conversation_id)
            if future is None or future.cancelled():
                future = self._refreshing[conversation_id] = self._indexing.submit(work)
            return future

    def _flush(self) -> None:
        """Write down which memories were used."""
        with self._lock:
            used, self._used = self._used, {}
        if used:
            self.store.touch(used)

    # --- inside: extraction

    def _enqueue(self, pair: Pair, job: _Job) -> None:
        with self._lock:
            queue = self._queues.setdefault(pair, _Queue())
            queue.jobs.append(job)
            if queue.busy:
                return
            queue.busy = True
        self._next(pair)

    def _next(self, pair: Pair) -> None:
        future = self._extracting.submit(lambda: self._work(pair))
        if future.cancelled():
            with self._lock:
                queue = self._queues.pop(pair, None)
            for job in queue.jobs if queue is not None else ():
                job.future.cancel()

    def _work(self, pair: Pair) -> None:
        with self._lock:
            job = self._queues[pair].jobs[0]
        try:
            if job.claim is None:
                self._leftovers(job.conversation_id)
            else:
                assert job.message is not None
                self._draw(job.conversation_id, job.claim, job.message, job.reply, job.origin)
        except Exception:
            log.exception("memories could not be drawn; it will be tried again")
        finally:
            with self._lock:
                queue = self._queues[pair]
                queue.jobs.popleft()
                more = bool(queue.jobs)
                if not more:
                    del self._queues[pair]
            job.future.set_result(None)
            if more:
                self._next(pair)
        # when nobody waits any more
        try:
            self._flush()
        except Exception:
            log.exception("it could not be noted which memories were used")

    def _leftovers(self, conversation_id: str) -> None:
        while not self._closing:
            taken = self.claims.take(conversation_id)
            if taken is None:
                return
            self._draw(conversation_id, taken[0], taken[1], None, "text_chat")

    def _draw(self, conversation_id: str, claim: str, message: int, reply: Optional[str], origin: str) -> None:
        try:
            source = self.store.source(message, reply=reply)
            if source is None:
                self.claims.forget(claim)
                return
            extraction = self._extract(source) if self._failures.get(message, 0) < _TRIES else Extraction()
            outcome = self._write(source, claim, extraction, origin)
        except ClaimLost as lost:
            log.info("memories of a message are not written: %s", lost)
            self.claims.forget(claim)
            return
        except BaseException:
            self._failures[message] = self._failures.get(message, 0) + 1
            self.claims.release(claim)
            raise
        self._failures.pop(message, None)
        self.claims.forget(claim)
        if outcome:
            # so that the next turn finds them ready
            self._refresh(conversation_id)
            for listener in self._listeners:
                listener(outcome)

    def _extract(self, source: Source) -> Extraction:
        for extractor in (self.extractor, self._fallback):
            if extractor is None:
                continue
            try:
                return extractor.extract(source.exchange)
            except Exception:
                log.exception("the extractor %s failed", extractor.name)
        return Extraction()

    def _write(self, source: Source, claim: str, extraction: Extraction, origin: str) -> Outcome:
        contents = [candidate.content for candidate in extraction.memories]
        # What is told is known at once. While the model is being loaded, or a large index built, memories are stored
        # without vectors: the index makes them later, and repetitions in other words are found when the
        # conversation rests.
        if not contents or not self._warm.is_set():
            return self.store.apply(source, claim, extraction, origin=origin)
        pair = self.cache.pair(source.conversation_id)
        try:
            vectors: Sequence[Any] = self.embedder.embed(contents)
            if pair.version < source.version:
                wait([self._refresh(source.conversation_id)], self._options.memory_wait)
        except Exception:
            log.exception("new memories are stored without vectors")
            return self.store.apply(source, claim, extraction, origin=origin)
        return self.store.apply(
            source,
            claim,
            extraction,
            vectors=vectors,
            engine=self.embedder.name,
            near=lambda position: pair.near(vectors[position], NEAR),
            version=pair.version if pair.version >= 0 else None,
            origin=origin,
        )

    def _warm_up(self) -> None:
        try:
            if self._fallback is None:  # the embedded one, which loads its model with the first exchange
                self.extractor.extract(Exchange(text="Hello."))
            self.embedder.embed(["Hello."])
        except Exception as error:
            log.warning("there is no search by meaning yet: %s", error)
        else:
            self._warm.set()
        finally:
            self._loaded.set()

    # --- inside: what happens in its own time

    def _rest(self, pair: Pair, conversation_id: str, delay: float) -> None:
        with self._bell:
            self._resting[pair] = (time.monotonic() + delay, conversation_id)
            self._bell.notify_all()

    def _tick(self) -> None:
        pause = self._options.memory_lease / 3.0
        look = time.monotonic()
        while True:
            with self._bell:
                if self._closing:
                    return
                due = min([look, self._next_fade, *(when for when, _ in self._resting.values())])
                # 50 ms, so that what happens together is done together
                self._bell.wait(max(0.05, due - time.monotonic()))
                if self._closing:
                    return
            try:
                self._consolidate()
                if time.monotonic() >= look:
                    look = time.monotonic() + pause
                    self._look_around()
                if time.monotonic() >= self._next_fade:
                    self._next_fade = time.monotonic() + _FADE_SECONDS
                    for conversation_id in self.keeper.conversations():
                        if self._closing:
                            return
                        self._faded[conversation_id] = time.monotonic()
                        self.keeper.fade(conversation_id, stop=lambda: self._closing)
            except Exception:
                log.exception("the memory could not be looked after; it will be tried again")
                look = max(look, time.monotonic() + 1.0)

    def _look_around(self) -> None:
        self.claims.renew()
        self._flush()
        for conversation_id, character_id, player_id in self.claims.due():
            pair = (character_id, player_id)
            with self._lock:
                queue = self._queues.get(pair)
                waiting = queue is not None and any(job.claim is None for job in queue.jobs)
            if not waiting:
                self._enqueue(pair, _Job(conversation_id))

    def _consolidate(self) -> None:
        with self._bell:
            time_is = time.monotonic()
            over = [(pair, id) for pair, (when, id) in self._resting.items() if when <= time_is]
            with self._lock:
                over = [item for item in over if item[0] not in self._queues]
            for pair, _ in over:
                del self._resting[pair]
        for _, conversation_id in over:
            self._flush()
            self._keep(conversation_id)

    def _keep(self, conversation_id: str) -> None:
        """Put the memories of a conversation in order."""

        def closing() -> bool:
            return self._closing

        self.keeper.merge(conversation_id, closing)
        if time.monotonic() - self._faded.get(conversation_id, -_FADE_SECONDS) >= _FADE_SECONDS:
            self._faded[conversation_id] = time.monotonic()
            self.keeper.fade(conversation_id, stop=closing)
        if not self._closing:
            self.graphs.cluster(conversation_id)

    # --- what the routes need

    def conversation(self, character_id: str, player_id: str) -> Optional[str]:
        """The id of the pair's conversation."""
        with self._db.reading() as connection:
            return connection.scalar(
                select(conversations.c.id).where(
                    conversations.c.character_id == character_id, conversations.c.player_id == player_id
                )
            )


def _embedder(options: GatewayOptions) -> Embedder:
    given: Optional[Embedder] = options.embedder
    if given is not None:
        return given
    if options.embeddings_url is not None and options.embeddings_model is not None:
        return OpenAIEmbedder(options.embeddings_url, options.embeddings_model, api_key=options.embeddings_api_key)
    return default_embedder()


def _extractors(options: GatewayOptions) -> tuple[Extractor, Optional[Extractor]]:
    """What draws memories, and what does if that fails."""
    from .extract.embedded import EmbeddedExtractor

    embedded: Extractor = EmbeddedExtractor()
    chosen = options.extractor
    if chosen is None or chosen == "embedded":
        return embedded, None
    if chosen == "llm" and options.llm_url is not None and options.llm_model is not None:
        from .extract.llm import LLMExtractor

        return LLMExtractor(options.llm_url, options.llm_model, api_key=options.llm_api_key), embedded
    return chosen, embedded
