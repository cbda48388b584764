"""Lists that come in pages: walked lazily, or taken one page at a time."""

from __future__ import annotations

import importlib.util
import time
from typing import Any, Callable, Generic, Iterator, Optional, Sequence, Tuple, TypeVar

from attrs import field, frozen

from ..errors import ConfigError

__all__ = ["Page", "Pages"]

T = TypeVar("T")

#: seconds that a walk may take before it shows how far it is
DELAY = 0.5


@frozen
class Page(Generic[T]):
    """Some items of a list, from ``offset`` on; ``total`` is how long the whole list is."""

    items: Tuple[T, ...]
    total: int
    limit: int
    offset: int

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@frozen(eq=False)
class Pages(Generic[T]):
    """A list on the server. Iterating asks for one page after the other, as they are needed.

    Iterate as often as you like: each time starts anew. Items that are added or removed meanwhile may shift the pages.
    """

    _fetch: Callable[[int, int], Tuple[Sequence[T], int]] = field(repr=False)
    #: items asked for at a time
    page_size: int = 50
    #: show how far a walk is, with rich or tqdm, whichever is installed
    progress: bool = False

    def page(self, limit: Optional[int] = None, offset: int = 0) -> Page[T]:
        """One page: at most ``limit`` items from ``offset`` on (from 0)."""
        limit = self.page_size if limit is None else limit
        if limit < 1 or offset < 0:
            raise ConfigError(f"limit is {limit} and offset {offset}: give 1 or more, and 0 or more")
        items, total = self._fetch(limit, offset)
        return Page(tuple(items), total, limit, offset)

    @property
    def total(self) -> int:
        """How many items there are. Asks the server."""
        return self.page(limit=1).total

    def __iter__(self) -> Iterator[T]:
        walk = self._walk()
        return _with_progress(walk, self) if self.progress else walk

    def _walk(self) -> Iterator[T]:
        offset = 0
        while True:
            items, total = self._fetch(self.page_size, offset)
            yield from items
            offset += len(items)
            if not items or offset >= total:
                return


def _with_progress(walk: Iterator[T], pages: Pages[Any]) -> Iterator[T]:
    total = pages.total
    if importlib.util.find_spec("rich") is None:
        try:
            from tqdm.auto import tqdm  # type: ignore[import-untyped, unused-ignore]
        except ImportError:
            raise ConfigError("progress=True needs rich or tqdm: pip install rich") from None
        return iter(tqdm(walk, total=total, delay=DELAY))
    return _with_rich(walk, total)


def _with_rich(walk: Iterator[T], total: int) -> Iterator[T]:
    """As tqdm does it: on stderr, where it is in nobody's way; and not for what takes no time."""
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(console=Console(stderr=True), transient=True)
    task = progress.add_task("reading", total=total)
    since, shown = time.monotonic(), False
    try:
        for item in walk:
            if not shown and time.monotonic() - since >= DELAY:
                progress.start()
                shown = True
            progress.advance(task)
            yield item
    finally:
        if shown:
            progress.stop()
