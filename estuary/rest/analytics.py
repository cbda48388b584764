"""``client.analytics``: figures over conversations and memories, worked out from the documented routes.

The platform has no route of its own for usage, so these methods walk the lists: of a character with many players that
takes as many requests, and ``progress=True`` shows how far it is.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
from collections import Counter, defaultdict
from typing import Any, Dict, Generic, Iterator, List, Optional, Set, Tuple, Type, TypeVar, Union

from attrs import asdict, fields, frozen

from ..errors import ConfigError
from .conversations import Conversations
from .http import HTTP, RateLimit
from .memories import Memories
from .models import ConversationStats, Message

__all__ = [
    "Activity",
    "Analytics",
    "MemoryGrowth",
    "MemoryTotals",
    "PlayerActivity",
    "Retention",
    "Table",
]

T = TypeVar("T")


@frozen
class Table(Generic[T]):
    """Rows of one attrs class, for people and for programs."""

    kind: Type[T]
    rows: Tuple[T, ...]

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> T:
        return self.rows[index]

    @property
    def columns(self) -> List[str]:
        return [f.name for f in fields(self.kind)]  # type: ignore[arg-type, misc, unused-ignore]

    def to_dicts(self) -> List[Dict[str, Any]]:
        """Each row as a dict, times as datetimes."""
        return [asdict(row) for row in self.rows]  # type: ignore[call-overload, arg-type, misc, unused-ignore]

    def to_csv(self, path: Union[str, os.PathLike[str]]) -> None:
        """Write a CSV file (UTF-8, with a header; times in ISO 8601)."""
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            for row in self.to_dicts():
                writer.writerow({k: v.isoformat() if isinstance(v, dt.date) else v for k, v in row.items()})

    def to_dataframe(self) -> Any:
        """The same as a pandas ``DataFrame``. Raises ``ConfigError`` where pandas is not installed."""
        try:
            import pandas
        except ImportError:
            raise ConfigError("to_dataframe() needs pandas: pip install pandas") from None
        return pandas.DataFrame(self.to_dicts(), columns=self.columns)


@frozen
class Activity:
    """What was said in one period, which begins on ``start`` (UTC; weeks on Mondays)."""

    start: dt.date
    messages: int
    from_players: int
    from_character: int
    players: int


@frozen
class PlayerActivity:
    """One player of a character."""

    player_id: str
    messages: int
    first_activity: Optional[dt.datetime]
    last_activity: Optional[dt.datetime]


@frozen
class Retention:
    """Of the ``players`` who came first in the period from ``cohort``, how many came ``after`` periods later."""

    cohort: dt.date
    players: int
    after: int
    active: int
    rate: float


@frozen
class MemoryGrowth:
    """How many memories one period added, and how many there are with them."""

    start: dt.date
    added: int
    total: int


@frozen
class MemoryTotals:
    """What a character remembers of one player."""

    player_id: str
    active: int
    superseded: int
    decayed: int
    core_facts: int


class Analytics:
    """Every method raises ``APIError`` and its subclasses."""

    def __init__(self, http: HTTP) -> None:
        self._http = http
        self._conversations = Conversations(http)

    def conversations(self, character_id: str) -> ConversationStats:
        """All conversations of a character together."""
        return self._conversations.stats(character_id)

    def activity(
        self, character_id: str, *, by: str = "day", player_id: Optional[str] = None, progress: bool = False
    ) -> Table[Activity]:
        """Messages by ``day``, ``week`` or ``month``, of one player or of all; periods without any are left out."""
        messages: Counter[Tuple[dt.date, str]] = Counter()
        players: Dict[dt.date, Set[str]] = defaultdict(set)
        for player, message in self._messages(character_id, player_id, progress):
            if message.timestamp is not None:
                start = _period(message.timestamp, by)
                messages[start, message.role] += 1
                players[start].add(player)
        rows = []
        for start in sorted(players):
            said, answered = messages[start, "user"], messages[start, "assistant"]
            total = sum(count for (when, _), count in messages.items() if when == start)
            rows.append(Activity(start, total, said, answered, len(players[start])))
        return Table(Activity, tuple(rows))

    def players(self, character_id: str, *, progress: bool = False) -> Table[PlayerActivity]:
        """Messages of each player, most first."""
        conversations = self._conversations.list(
            character_id, sort_by="message_count", sort_order="desc", progress=progress
        )
        return Table(
            PlayerActivity,
            tuple(PlayerActivity(c.player_id, c.message_count, c.created_at, c.last_activity) for c in conversations),
        )

    def retention(self, character_id: str, *, by: str = "week", progress: bool = False) -> Table[Retention]:
        """Whether players come back: by the ``day``, ``week`` or ``month`` in which they first said something."""
        active: Dict[str, Set[dt.date]] = defaultdict(set)
        for player, message in self._messages(character_id, None, progress):
            if message.role == "user" and message.timestamp is not None:
                active[player].add(_period(message.timestamp, by))
        cohorts: Dict[dt.date, List[Set[dt.date]]] = defaultdict(list)
        for periods in active.values():
            cohorts[min(periods)].append(periods)
        last = max((max(periods) for periods in active.values()), default=None)
        rows = []
        for cohort, members in sorted(cohorts.items()):
            period, after = cohort, 0
            while last is not None and period <= last:
                count = sum(period in periods for periods in members)
                rows.append(Retention(cohort, len(members), after, count, count / len(members)))
                period, after = _next(period, by), after + 1
        return Table(Retention, tuple(rows))

    def memory_growth(self, character_id: str, player_id: str, *, by: str = "day") -> Table[MemoryGrowth]:
        """Memories of one player, as they came to be, by ``day``, ``week`` or ``month``."""
        added: Counter[dt.date] = Counter()
        for group in Memories(self._http, character_id, player_id).timeline(group_by="day"):
            for memory in group.memories:
                when = memory.created_at or memory.extracted_at
                if when is not None:
                    added[_period(when, by)] += 1
        rows, total = [], 0
        for start in sorted(added):
            total += added[start]
            rows.append(MemoryGrowth(start, added[start], total))
        return Table(MemoryGrowth, tuple(rows))

    def memories(self, character_id: str, *, progress: bool = False) -> Table[MemoryTotals]:
        """What the character remembers of each of its players."""
        rows = []
        for conversation in self._conversations.list(character_id, progress=progress):
            stats = Memories(self._http, character_id, conversation.player_id).stats()
            rows.append(
                MemoryTotals(
                    conversation.player_id, stats.total_active, stats.total_superseded, stats.total_decayed,
                    stats.core_facts,
                )
            )  # fmt: skip
        return Table(MemoryTotals, tuple(rows))

    @property
    def last_limit(self) -> Optional[RateLimit]:
        """The last time that this client was told to slow down (429), if ever: all that REST shows of a quota."""
        return self._http.last_limit

    def _messages(self, character_id: str, player_id: Optional[str], progress: bool) -> Iterator[Tuple[str, Message]]:
        if player_id is not None:
            for message in self._conversations.messages(character_id, player_id, progress=progress):
                yield player_id, message
            return
        for conversation in self._conversations.list(character_id, progress=progress):
            for message in self._conversations.messages(character_id, conversation.player_id):
                yield conversation.player_id, message


def _period(when: dt.datetime, by: str) -> dt.date:
    day = when.astimezone(dt.timezone.utc).date()
    if by == "day":
        return day
    if by == "week":
        return day - dt.timedelta(days=day.weekday())
    if by == "month":
        return day.replace(day=1)
    raise ConfigError(f"by is {by!r}: give day, week or month")


def _next(period: dt.date, by: str) -> dt.date:
    return _period(
        dt.datetime.combine(period, dt.time(), dt.timezone.utc) + dt.timedelta(days={"day": 1, "week": 7}.get(by, 31)),
        by,
    )
