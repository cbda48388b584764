"""Writing down what was drawn from a message: all of it in one transaction, or nothing.

A repetition reinforces what is known, a correction supersedes it, and the core facts follow. The transaction also ends
the claim on the message, so that whatever happens to the process, a message is drawn from exactly once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Optional

from attrs import define, field, frozen
from sqlalchemy import Connection, String, bindparam, cast, delete, insert, select, update

from ..engines._fact import Fact
from ..engines.facts import merge_facts
from ..storage.database import Database
from ..storage.tables import Base, new_id, now
from ..text import clean
from . import tables as _tables
from .base import Candidate, Entity, Exchange, Extraction, FactChange
from .keys import engine_key, is_single, wire_key
from .lexicon import terms
from .sameness import differ_in_substance, digest, fold

__all__ = ["ClaimLost", "MemoryStore", "Near", "Outcome", "Source"]

_tables.MemoryRow  # noqa: B018  # its tables are in the metadata once the module is imported
_t = Base.metadata.tables
memories, entities, links, relations = _t["memories"], _t["entities"], _t["memory_entities"], _t["relations"]
messages, conversations, characters, facts = _t["messages"], _t["conversations"], _t["characters"], _t["core_facts"]

#: so near are the vectors of two contents that say the same
NEAR = 0.92
#: what is told again after so many days happened again
_AGAIN_DAYS = {"emotional_state": 1.0, "event": 7.0, "spatial_change": 7.0}
_MAX_CONTENT, _MAX_QUOTE, _MAX_NAME = 2000, 1000, 200

#: the ids of the memories whose vectors are near to that of a candidate (by its position), as of a version
Near = Callable[[int], Iterable[str]]

_LOCK = (
    select(conversations.c.id, conversations.c.memory_version, conversations.c.character_id, conversations.c.player_id)
    .where(conversations.c.id == bindparam("conversation"))
    .with_for_update(key_share=True)
)
_DONE = (
    update(messages)
    .where(
        messages.c.id == bindparam("message"),
        messages.c.claim_id == bindparam("claim"),
        messages.c.extraction == "claimed",
    )
    .values(extraction="done", claim_id=None, claimed_at=None)
)
_VERSION = (
    update(conversations)
    .where(conversations.c.id == bindparam("conversation"))
    .values(memory_version=bindparam("version"), last_memory_extraction_at=bindparam("time"))
)
_FACTS = (
    select(facts, memories.c.source_message_id.label("told_in"))
    .select_from(facts.outerjoin(memories, memories.c.id == facts.c.source_memory_id))
    .where(facts.c.conversation_id == bindparam("conversation"))
    .order_by(facts.c.position)
)
_MESSAGE = (
    select(
        messages.c.conversation_id,
        messages.c.content,
        messages.c.timestamp,
        conversations.c.character_id,
        conversations.c.player_id,
        conversations.c.forgotten_id,
        conversations.c.memory_version,
        characters.c.body,
    )
    .join(conversations, conversations.c.id == messages.c.conversation_id)
    .join(characters, characters.c.id == conversations.c.character_id)
    .where(messages.c.id == bindparam("message"))
)
_BEFORE = (
    select(messages.c.role, messages.c.content)
    .where(
        messages.c.conversation_id == bindparam("conversation"),
        messages.c.id < bindparam("message"),
        messages.c.id > bindparam("forgotten"),
    )
    .order_by(messages.c.id.desc())
    .limit(2)
)
_AFTER = (
    select(messages.c.role, messages.c.content)
    .where(messages.c.conversation_id == bindparam("conversation"), messages.c.id > bindparam("message"))
    .order_by(messages.c.id)
    .limit(1)
)
#: all but the vectors
_COLUMNS = [column for column in memories.c if column.name != "embedding"]
# Without the status, which is looked at afterwards: SQLite would take the index that begins with it, and walk through
# all of the conversation's memories.
_ALIKE = select(*_COLUMNS).where(
    memories.c.conversation_id == bindparam("conversation"), memories.c.digest.in_(bindparam("digests", expanding=True))
)
_BY_ID = select(*_COLUMNS).where(memories.c.id.in_(bindparam("ids", expanding=True)))
_STATING = select(*_COLUMNS).where(
    memories.c.conversation_id == bindparam("conversation"), memories.c.fact_key == bindparam("key")
)


class ClaimLost(Exception):
    """Somebody else draws from the message, or it is gone, or all was to be forgotten. Nothing was written."""


@frozen
class Source:
    """A message to draw from, with what surrounds it."""

    conversation_id: str
    character_id: str
    player_id: str
    message: int
    #: the conversation's ``memory_version``
    version: int
    exchange: Exchange


@define
class Outcome:
    """What a transaction changed."""

    conversation_id: str
    character_id: str
    player_id: str
    #: the conversation's ``memory_version`` afterwards
    version: int = 0
    #: complete rows of new memories, without their vectors
    new: list[dict[str, Any]] = field(factory=list)
    reinforced: list[str] = field(factory=list)
    superseded: list[str] = field(factory=list)
    #: core facts that came or changed
    facts: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.reinforced or self.superseded or self.facts)


class MemoryStore:
    """Writes memories. One for each database; thread-safe."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def source(self, message: int, *, reply: Optional[str] = None) -> Optional[Source]:
        """The message with what surrounds it, or ``None`` if it is gone.

        Args:
            reply: what was answered, where the caller knows; otherwise it is looked for.
        """
        with self._db.reading() as connection:
            row = connection.execute(_MESSAGE, {"message": message}).first()
            if row is None:
                return None
            around = {"conversation": row.conversation_id, "message": message}
            last = connection.execute(_BEFORE, {**around, "forgotten": row.forgotten_id}).all()
            if reply is None:
                after = connection.execute(_AFTER, around).first()
                reply = after.content if after is not None and after.role == "assistant" else ""
            known: dict[str, list[str]] = {}
            for fact in connection.execute(_FACTS, {"conversation": row.conversation_id}):
                known.setdefault(fact.key, []).append(fact.value)
        return Source(
            conversation_id=row.conversation_id,
            character_id=row.character_id,
            player_id=row.player_id,
            message=message,
            version=row.memory_version,
            exchange=Exchange(
                text=row.content,
                reply=reply,
                before=last[0].content if last and last[0].role == "assistant" else "",
                earlier=next((said.content for said in last if said.role == "user"), ""),
                character_name=row.body["persona"]["name"],
                facts=known,
                at=row.timestamp,
            ),
        )

    def apply(
        self,
        source: Source,
        claim: str,
        extraction: Extraction,
        *,
        vectors: Sequence[Any] = (),
        engine: Optional[str] = None,
        near: Near = lambda _: (),
        version: Optional[int] = None,
        origin: str = "text_chat",
    ) -> Outcome:
        """Write what was drawn from a message, and that it was.

        Args:
            vectors: one for each memory of the extraction, or none at all.
            engine: what made them.
            near, version: see ``Near``; memories that changed after ``version`` are looked at here, unless it is
                ``None``.
            origin: ``text_chat`` or ``voice_chat``.

        Raises:
            ClaimLost: nothing was written.
        """
        with self._db.transaction() as connection:
            locked = connection.execute(_LOCK, {"conversation": source.conversation_id}).first()
            if locked is None:
                raise ClaimLost("the conversation is gone")
            done = connection.execute(_DONE, {"message": source.message, "claim": claim})
            if done.rowcount != 1:
                raise ClaimLost("somebody else has drawn from the message, or it was to be forgotten")
            writing = _Writing(connection, source, locked.memory_version, origin)
            writing.write(extraction, vectors, engine, near, version)
            outcome = writing.outcome
            outcome.version = locked.memory_version + 1 if outcome else locked.memory_version
            connection.execute(
                _VERSION, {"conversation": source.conversation_id, "version": outcome.version, "time": now()}
            )
        return outcome

    def touch(self, accessed: Mapping[str, tuple[int, dt.datetime]]) -> None:
        """Note that memories were used: how often, and when last. One that had decayed comes back."""
        ids = sorted(accessed)
        with self._db.transaction() as connection:
            for id in ids:
                count, time = accessed[id]
                connection.execute(
                    update(memories)
                    .where(memories.c.id == id)
                    .values(access_count=memories.c.access_count + count, last_accessed_at=time)
                )
            for start in range(0, len(ids), 500):
                back = connection.execute(
                    select(memories.c.id, memories.c.conversation_id).where(
                        memories.c.id.in_(ids[start : start + 500]), memories.c.status == "decayed"
                    )
                ).all()
                for row in back:
                    locked = connection.execute(_LOCK, {"conversation": row.conversation_id}).one()
                    connection.execute(
                        update(memories)
                        .where(memories.c.id == row.id)
                        .values(status="active", updated_at=now(), changed=locked.memory_version + 1)
                    )
                    connection.execute(
                        update(conversations)
                        .where(conversations.c.id == row.conversation_id)
                        .values(memory_version=locked.memory_version + 1)
                    )

    def keep_vectors(self, vectors: Mapping[str, Any], engine: str) -> None:
        """Store vectors that had to be made anew."""
        rows = [{"memory": id, "vector": to_bytes(vector)} for id, vector in vectors.items()]
        statement = (
            update(memories)
            .where(memories.c.id == bindparam("memory"))
            .values(embedding=bindparam("vector"), embedding_engine=engine)
        )
        for start in range(0, len(rows), 500):
            with self._db.transaction() as connection:
                connection.execute(statement, rows[start : start + 500])


def to_bytes(vector: Any) -> bytes:
    """A vector as the database has it."""
    data: bytes = vector.astype("<f4").tobytes()
    return data


class _Writing:
    """One message's memories on their way into the database."""

    def __init__(self, connection: Connection, source: Source, version: int, origin: str) -> None:
        self._connection = connection
        self._source = source
        self._conversation = source.conversation_id
        self._version = version + 1
        self._origin = origin
        self._now = now()
        self._told_at = source.exchange.at or self._now
        self._entities: dict[str, str] = {}
        #: of this message: digest → id
        self._written: dict[str, str] = {}
        self.outcome = Outcome(source.conversation_id, source.character_id, source.player_id)

    def write(
        self, extraction: Extraction, vectors: Sequence[Any], engine: Optional[str], near: Near, version: Optional[int]
    ) -> None:
        candidates = list(extraction.memories)
        self._write_entities(extraction, candidates)
        #: entity → the memory that speaks of it
        named: dict[str, str] = {}
        #: memories that say what is no longer so
        denials: set[str] = set()
        if candidates:
            digests = [digest(candidate.content) for candidate in candidates]
            alike = {
                row["digest"]: row
                for row in self._known(_ALIKE, {"conversation": self._conversation, "digests": sorted(set(digests))})
            }
            later = self._later_than(version)
            for position, candidate in enumerate(candidates):
                if not candidate.content.strip():
                    continue
                vector = vectors[position] if position < len(vectors) else None
                own = digests[position]
                close = {*near(position), *_close(vector, later)} if own not in alike else set()
                id = self._write_one(candidate, own, alike.get(own), close, vector, engine)
                for name in candidate.entities:
                    named.setdefault(fold(name), id)
                if candidate.fact is not None and candidate.fact.negated:
                    denials.add(id)
        self._write_relations(extraction, named, denials)

    # --- memories

    def _known(self, statement: Any, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Those among the memories found that are this conversation's and hold, or did before they faded."""
        return [
            row._asdict()
            for row in self._connection.execute(statement, values)
            if row.conversation_id == self._conversation and row.status in ("active", "decayed")
        ]

    def _later_than(self, version: Optional[int]) -> list[tuple[str, Any]]:
        """Memories that the caller did not know of when it looked for near ones."""
        if version is None or version >= self._version - 1:
            return []
        import numpy as np

        rows = self._connection.execute(
            select(memories.c.id, memories.c.status, memories.c.embedding).where(
                memories.c.conversation_id == self._conversation, memories.c.changed > version
            )
        )
        return [
            (row.id, np.frombuffer(row.embedding, dtype="<f4"))
            for row in rows
            if row.embedding is not None and row.status in ("active", "decayed")
        ]

    def _write_one(
        self,
        candidate: Candidate,
        own: str,
        known: Optional[dict[str, Any]],
        close: set[str],
        vector: Any,
        engine: Optional[str],
    ) -> str:
        if own in self._written:
            return self._written[own]
        same = known if known is not None and self._is_recent(known) else None
        if same is None and close:
            same = self._same_as(candidate, close)
        outdated = self._outdated_by(candidate)
        if same is not None:
            id = str(same["id"])
            self._reinforce(same, candidate)
        else:
            id = self._insert(candidate, own, vector, engine)
        self._written[own] = id
        targets = {} if outdated is None else {row["id"]: row for row in outdated if row["id"] != id}
        for row in self._change_facts(candidate, id):
            if row["id"] != id:
                targets[row["id"]] = row
        self._supersede(targets.values(), id)
        if outdated is None:
            # what it states was corrected by a later message already
            self._set(id, status="superseded", superseded_by=self._newer_source(candidate))
        return id

    def _is_recent(self, row: Mapping[str, Any]) -> bool:
        days = _AGAIN_DAYS.get(row["memory_type"])
        return days is None or abs((self._told_at - row["updated_at"]).total_seconds()) < days * 86400.0

    def _same_as(self, candidate: Candidate, close: set[str]) -> Optional[dict[str, Any]]:
        for row in self._known(_BY_ID, {"ids": sorted(close)[:200]}):
            types = {row["memory_type"], candidate.memory_type}
            if len(types - {"correction"}) > 1 or row["topic"] != _short(candidate.topic, 100):
                continue
            if not differ_in_substance(row["content"], candidate.content) and self._is_recent(row):
                return row
        return None

    def _reinforce(self, row: Mapping[str, Any], candidate: Candidate) -> None:
        sure = 1.0 - (1.0 - row["confidence"]) * (1.0 - 0.5 * _unit(candidate.confidence))
        values: dict[str, Any] = {
            "told": row["told"] + 1,
            "confidence": max(row["confidence"], min(0.99, sure)),
            "status": "active",
        }
        if row["fact_key"] is None and candidate.fact is not None and not candidate.fact.negated:
            values.update(fact_key=_short(candidate.fact.key, 100), fact_value=candidate.fact.value)
        self._set(row["id"], **values)
        self.outcome.reinforced.append(row["id"])

    def _insert(self, candidate: Candidate, own: str, vector: Any, engine: Optional[str]) -> str:
        fact = candidate.fact if candidate.fact is not None and not candidate.fact.negated else None
        row = {
            "id": new_id(),
            "conversation_id": self._conversation,
            "content": candidate.content.strip()[:_MAX_CONTENT],
            "memory_type": candidate.memory_type,
            "confidence": _unit(candidate.confidence),
            "status": "active",
            "superseded_by": None,
            "source_message_id": self._source.message,
            "source_quote": candidate.quote[:_MAX_QUOTE],
            "source": self._origin,
            "topic": _short(candidate.topic, 100),
            "secondary_topics": [_short(topic, 100) for topic in candidate.secondary_topics][:10],
            "told": 1,
            "access_count": 0,
            "last_accessed_at": None,
            "extracted_at": self._now,
            # in the order told, also where one message told several
            "created_at": self._told_at + dt.timedelta(microseconds=len(self.outcome.new)),
            "updated_at": self._now,
            "fact_key": None if fact is None else _short(fact.key, 100),
            "fact_value": None if fact is None else fact.value,
            "digest": own,
            "changed": self._version,
            "embedding_engine": engine if vector is not None else None,
        }
        self._connection.execute(insert(memories), {**row, "embedding": None if vector is None else to_bytes(vector)})
        linked = {self._entities[fold(name)] for name in candidate.entities if fold(name) in self._entities}
        if linked:
            self._connection.execute(
                insert(links), [{"memory_id": row["id"], "entity_id": entity} for entity in sorted(linked)]
            )
        self.outcome.new.append(row)
        return str(row["id"])

    def _set(self, id: str, **values: Any) -> None:
        values = {"updated_at": self._now, "changed": self._version, **values}
        self._connection.execute(update(memories).where(memories.c.id == id).values(**values))
        for row in self.outcome.new:
            if row["id"] == id:
                row.update(values)

    def _supersede(self, rows: Iterable[Mapping[str, Any]], by: str) -> None:
        for row in rows:
            self._set(row["id"], status="superseded", superseded_by=by)
            self.outcome.superseded.append(row["id"])
            if row["fact_key"] is not None:
                self._drop_fact_of(row)

    # --- what is no longer so

    def _outdated_by(self, candidate: Candidate) -> Optional[list[dict[str, Any]]]:
        """The memories that the candidate corrects; ``None`` if it is the candidate that was corrected, later."""
        found: dict[str, dict[str, Any]] = {}
        for words in candidate.supersedes:
            for row in self._meant_by(words, candidate):
                if (row["source_message_id"] or 0) <= self._source.message:
                    found[row["id"]] = row
        return None if self._newer_source(candidate) is not None else list(found.values())

    def _newer_source(self, candidate: Candidate) -> Optional[str]:
        """The memory of a later message that states another value of the one core fact there is of its kind."""
        fact = candidate.fact
        if fact is None or not (fact.replaces or is_single(fact.key)):
            return None
        for row in self._facts():
            if row.key == fact.key and row.told_in is not None and row.told_in > self._source.message:
                return str(row.source_memory_id)
        return None

    def _meant_by(self, words: str, candidate: Candidate) -> list[dict[str, Any]]:
        base = (
            memories.c.conversation_id == self._conversation,
            memories.c.status.in_(("active", "decayed")),
        )
        exact = self._known(_ALIKE, {"conversation": self._conversation, "digests": [digest(words)]})
        if exact:
            return exact
        said = fold(words).split()
        if not said:
            return []
        rows = self._connection.execute(
            select(*_COLUMNS).where(*base, *(memories.c.content.icontains(word, autoescape=True) for word in said))
        )
        wanted = set(terms(words)) or set(said)
        own = digest(candidate.content)
        key = None if candidate.fact is None else candidate.fact.key
        found = []
        for row in rows:
            # the same word may stand in a memory of something else: "Paris" in "Visited Paris as a child"
            about = (key is not None and row.fact_key == key) or row.topic == _short(candidate.topic, 100)
            if about and row.digest != own and wanted <= set(terms(row.content)) | set(fold(row.content).split()):
                found.append(row._asdict())
        return found

    # --- core facts

    def _facts(self) -> Sequence[Any]:
        return self._connection.execute(_FACTS, {"conversation": self._conversation}).all()

    def _change_facts(self, candidate: Candidate, id: str) -> list[dict[str, Any]]:
        """Bring the core facts in line with a memory. Returns the memories that stated what no longer holds."""
        change = candidate.fact
        if change is None or not (change.value.strip() or change.negated):
            return []
        rows = self._facts()
        if self._newer_source(candidate) is not None:
            return []
        old: dict[str, list[str]] = {}
        for row in rows:
            old.setdefault(engine_key(row.key), []).append(row.value)
        new = merge_facts(old, [_fact(change)])
        wanted = [(wire_key(key), value) for key, values in new.items() for value in values]
        kept = {(row.key, row.value) for row in rows}
        gone = [row for row in rows if (row.key, row.value) not in set(wanted)]
        for row in gone:
            self._connection.execute(delete(facts).where(facts.c.id == row.id))
        for position, pair in enumerate(wanted):
            if pair not in kept:
                self._connection.execute(
                    insert(facts),
                    {
                        "id": new_id(),
                        "conversation_id": self._conversation,
                        "key": _short(pair[0], 100),
                        "value": pair[1],
                        "position": position,
                        "source_memory_id": id,
                        "created_at": self._told_at,
                        "updated_at": self._now,
                    },
                )
        for row in rows:
            pair = (row.key, row.value)
            values: dict[str, Any] = {}
            if pair in wanted and wanted.index(pair) != row.position:
                values["position"] = wanted.index(pair)
            if pair == (change.key, change.value) and not change.negated:
                values["updated_at"] = self._now
                if row.source_memory_id is None:
                    values["source_memory_id"] = id
            if values:
                self._connection.execute(update(facts).where(facts.c.id == row.id).values(**values))
        self.outcome.facts += len(gone) if change.negated else len(set(wanted) - kept)
        return self._stating([(row.key, row.value) for row in gone], [row.source_memory_id for row in gone], id)

    def _stating(
        self, pairs: Sequence[tuple[str, str]], sources: Sequence[Optional[str]], but: str
    ) -> list[dict[str, Any]]:
        """The memories that state these core facts."""
        found: dict[str, dict[str, Any]] = {}
        for (key, value), source in zip(pairs, sources):
            rows = self._known(_STATING, {"conversation": self._conversation, "key": key})
            rows = [row for row in rows if row["fact_value"] == value]
            if source is not None:
                # a memory that states another fact too holds on to that
                rows += [row for row in self._known(_BY_ID, {"ids": [source]}) if row["fact_key"] is None]
            found.update((row["id"], row) for row in rows if row["id"] != but)
        return list(found.values())

    def _drop_fact_of(self, row: Mapping[str, Any]) -> None:
        """A memory was superseded: the core fact that rests on it alone goes too."""
        still = self._known(_STATING, {"conversation": self._conversation, "key": row["fact_key"]})
        if not any(other["fact_value"] == row["fact_value"] for other in still):
            gone = self._connection.execute(
                delete(facts).where(
                    facts.c.conversation_id == self._conversation, facts.c.source_memory_id == row["id"]
                )
            )
            self.outcome.facts += gone.rowcount

    # --- entities and relations

    def _write_entities(self, extraction: Extraction, candidates: Sequence[Candidate]) -> None:
        named: dict[str, Entity] = {}
        for entity in extraction.entities:
            if fold(entity.name):
                named.setdefault(fold(entity.name), entity)
        for name in (name for candidate in candidates for name in candidate.entities):
            if fold(name) and not self._is_alias(name, named.values()):
                named.setdefault(fold(name), Entity(name, "thing"))
        for relation in extraction.relations:
            for name in (relation.source, relation.target):
                if fold(name) not in ("", "user") and not self._is_alias(name, named.values()):
                    named.setdefault(fold(name), Entity(name, "thing"))
        if not named:
            return
        names = {key: entity for key, entity in named.items() if len(key) <= 255}
        keys = {*names, *(fold(alias) for entity in names.values() for alias in entity.aliases)}
        mine = entities.c.conversation_id == self._conversation
        found: dict[str, Any] = {}
        for known in self._connection.execute(select(entities).where(mine, entities.c.key.in_(sorted(keys)))):
            found[known.key] = known
        for key, entity in names.items():
            row = found.get(key)
            if row is None:
                row = next((found[fold(alias)] for alias in entity.aliases if fold(alias) in found), None)
            if row is None:
                row = self._by_alias(key)
            id = self._new_entity(key, entity) if row is None else self._mention(row, entity)
            self._entities[key] = id
            for alias in entity.aliases:
                self._entities.setdefault(fold(alias), id)

    def _is_alias(self, name: str, among: Iterable[Entity]) -> bool:
        return any(fold(name) == fold(alias) for entity in among for alias in entity.aliases)

    def _by_alias(self, key: str) -> Any:
        # aliases are few: most rows don't get past the first comparison
        rows = self._connection.execute(
            select(entities).where(
                entities.c.conversation_id == self._conversation,
                cast(entities.c.aliases, String) != "[]",
            )
        )
        return next((row for row in rows if any(fold(alias) == key for alias in row.aliases)), None)

    def _new_entity(self, key: str, entity: Entity) -> str:
        row: dict[str, Any] = {
            "id": new_id(),
            "conversation_id": self._conversation,
            "key": key,
            "name": _short(entity.name, _MAX_NAME),
            "kind": _short(entity.kind, 32) or "thing",
            "aliases": _names(entity.aliases, key),
            "role": _short(entity.role, 100) if entity.role else None,
            "mention_count": 1,
            "extra": {},
            "created_at": self._told_at,
            "updated_at": self._now,
        }
        self._connection.execute(insert(entities), row)
        return str(row["id"])

    def _mention(self, row: Any, entity: Entity) -> str:
        values: dict[str, Any] = {"mention_count": row.mention_count + 1, "updated_at": self._now}
        aliases = _names([*row.aliases, entity.name, *entity.aliases], row.key)
        if aliases != row.aliases:
            values["aliases"] = aliases
        if entity.role and entity.role != row.role:
            values["role"] = _short(entity.role, 100)
        if row.kind == "thing" and entity.kind != "thing":
            values["kind"] = _short(entity.kind, 32)
        self._connection.execute(update(entities).where(entities.c.id == row.id).values(**values))
        return str(row.id)

    def _write_relations(self, extraction: Extraction, named: Mapping[str, str], denials: set[str]) -> None:
        for relation in extraction.relations:
            ends: list[Optional[str]] = []
            for name in (relation.source, relation.target):
                ends.append(None if fold(name) == "user" else self._entities.get(fold(name), ""))
            if "" in ends or ends == [None, None]:
                continue
            kind = _short(relation.kind, 100)
            row: Any = self._connection.execute(
                select(relations.c.id, relations.c.confidence).where(
                    relations.c.conversation_id == self._conversation,
                    relations.c.kind == kind,
                    _is(relations.c.source_id, ends[0]),
                    _is(relations.c.target_id, ends[1]),
                )
            ).first()
            memory = named.get(fold(relation.target)) or named.get(fold(relation.source))
            if memory in denials:
                if row is not None:
                    self._connection.execute(delete(relations).where(relations.c.id == row.id))
            elif row is None:
                self._connection.execute(
                    insert(relations),
                    {
                        "id": new_id(),
                        "conversation_id": self._conversation,
                        "source_id": ends[0],
                        "target_id": ends[1],
                        "kind": kind,
                        "confidence": _unit(relation.confidence),
                        "memory_id": memory,
                        "created_at": self._told_at,
                    },
                )
            else:
                values: dict[str, Any] = {"confidence": max(row.confidence, _unit(relation.confidence))}
                if memory is not None:
                    values["memory_id"] = memory
                self._connection.execute(update(relations).where(relations.c.id == row.id).values(**values))


def _is(column: Any, value: Optional[str]) -> Any:
    return column.is_(None) if value is None else column == value


def _close(vector: Any, rows: Sequence[tuple[str, Any]]) -> list[str]:
    if vector is None:
        return []
    return [id for id, other in rows if len(other) == len(vector) and float(other @ vector) >= NEAR]


def _fact(change: FactChange) -> Fact:
    replaces = change.replaces or (is_single(change.key) and not change.negated)
    return Fact(engine_key(change.key), change.value, negated=change.negated, replaces=replaces)


def _short(text: str, limit: int) -> str:
    return clean(text).replace("\0", "").strip()[:limit]


def _unit(number: float) -> float:
    return min(1.0, max(0.0, float(number)))


def _names(names: Iterable[str], but: str) -> list[str]:
    found: dict[str, str] = {}
    for name in names:
        if fold(name) and fold(name) != but:
            found.setdefault(fold(name), _short(name, _MAX_NAME))
    return list(found.values())[:20]
