"""What a character knows of a player as a graph: the user, clusters, memories, entities, and how they hang together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from attrs import frozen
from sqlalchemy import Connection, bindparam, delete, insert, select

from ..storage.database import Database
from ..storage.tables import now
from .clusters import Cluster, Item, group, label_of
from .records import clusterings
from .schemas import GraphEdge, GraphNode, GraphOut, GraphStats
from .store import _COLUMNS, _LOCK, conversations, entities, facts, links, memories, relations

__all__ = ["Graphs"]

_NAME = (
    select(facts.c.value)
    .where(facts.c.conversation_id == bindparam("conversation"), facts.c.key == "name")
    .order_by(facts.c.position.desc())
    .limit(1)
)

#: so many memories are grouped while the caller waits; where there are more, the groups of last time are good enough
_AT_ONCE = 2000


@frozen
class Graphs:
    """The graphs of one database."""

    database: Database

    def cluster(self, conversation_id: str) -> bool:
        """Group the memories anew if they have changed. Returns whether they had."""
        with self.database.reading() as connection:
            version, known = self._state(connection, conversation_id)
            if version is None or (known is not None and known.version == version):
                return False
            items = _items(connection, conversation_id)
        self._keep(conversation_id, version, group(conversation_id, items))
        return True

    def graph(
        self,
        conversation_id: str,
        player_id: str,
        *,
        include_entities: bool = True,
        include_character_memories: bool = False,
    ) -> GraphOut:
        """The graph of what is remembered at present.

        Args:
            include_character_memories: with what the character remembers of itself.
        """
        with self.database.reading() as connection:
            version, known = self._state(connection, conversation_id)
            rows = connection.execute(
                select(*_COLUMNS)
                .where(memories.c.conversation_id == conversation_id, memories.c.status == "active")
                .order_by(memories.c.created_at, memories.c.id)
            ).all()
            fresh = known is not None and known.version == version
            regroup = not fresh and (known is None or len(rows) <= _AT_ONCE)
            items = _items(connection, conversation_id) if regroup else []
            named = _entities(connection, conversation_id) if include_entities else []
            mentions = _mentions(connection, conversation_id) if include_entities else []
            related = _relations(connection, conversation_id) if include_entities else []
            name = connection.execute(_NAME, {"conversation": conversation_id}).scalar()
        if regroup and version is not None:
            clusters = group(conversation_id, items)
            self._keep(conversation_id, version, clusters)
        else:
            clusters = [Cluster(**cluster) for cluster in known.clusters] if known is not None else []
        if not include_character_memories:
            rows = [row for row in rows if row.memory_type != "character_self"]
        return _draw(player_id, name, rows, clusters, named, mentions, related, stale=not (fresh or regroup))

    def _state(self, connection: Connection, conversation_id: str) -> tuple[Optional[int], Any]:
        version = connection.scalar(select(conversations.c.memory_version).where(conversations.c.id == conversation_id))
        known = connection.execute(select(clusterings).where(clusterings.c.conversation_id == conversation_id)).first()
        return version, known

    def _keep(self, conversation_id: str, version: int, clusters: Sequence[Cluster]) -> None:
        row = {
            "conversation_id": conversation_id,
            "version": version,
            "clusters": [
                {"id": c.id, "label": c.label, "level": c.level, "parent": c.parent, "members": list(c.members)}
                for c in clusters
            ],
            "created_at": now(),
        }
        with self.database.transaction() as connection:
            locked = connection.execute(_LOCK, {"conversation": conversation_id}).first()
            # memories that were deleted meanwhile are not to come back in here, not even by their labels
            if locked is None or locked.memory_version != version:
                return
            connection.execute(delete(clusterings).where(clusterings.c.conversation_id == conversation_id))
            connection.execute(insert(clusterings), row)


def _items(connection: Connection, conversation_id: str) -> list[Item]:
    import numpy as np

    rows = connection.execute(
        select(memories.c.id, memories.c.content, memories.c.topic, memories.c.memory_type, memories.c.embedding)
        .where(memories.c.conversation_id == conversation_id, memories.c.status == "active")
        .order_by(memories.c.created_at, memories.c.id)
    )
    return [
        Item(
            row.id,
            row.content,
            row.topic,
            row.memory_type,
            None if row.embedding is None else np.frombuffer(row.embedding, dtype="<f4"),
        )
        for row in rows
    ]


def _entities(connection: Connection, conversation_id: str) -> Sequence[Any]:
    return connection.execute(
        select(entities).where(entities.c.conversation_id == conversation_id).order_by(entities.c.created_at)
    ).all()


def _mentions(connection: Connection, conversation_id: str) -> Sequence[Any]:
    return connection.execute(
        select(links.c.memory_id, links.c.entity_id)
        .join(memories, memories.c.id == links.c.memory_id)
        .where(memories.c.conversation_id == conversation_id, memories.c.status == "active")
    ).all()


def _relations(connection: Connection, conversation_id: str) -> Sequence[Any]:
    """The relations that hold: the memory that told of one is still true."""
    return connection.execute(
        select(relations)
        .outerjoin(memories, memories.c.id == relations.c.memory_id)
        .where(
            relations.c.conversation_id == conversation_id,
            memories.c.id.is_(None) | memories.c.status.in_(("active", "decayed")),
        )
        .order_by(relations.c.created_at)
    ).all()


def _draw(
    player_id: str,
    name: Optional[str],
    rows: Sequence[Any],
    clusters: Sequence[Cluster],
    named: Sequence[Any],
    mentions: Sequence[Any],
    related: Sequence[Any],
    *,
    stale: bool,
) -> GraphOut:
    user = f"user:{player_id}"
    nodes = [GraphNode(id=user, type="user", label=name or player_id)]
    edges: list[GraphEdge] = []
    shown = {row.id for row in rows}
    at: dict[str, str] = {member: cluster.id for cluster in clusters for member in cluster.members}
    by_label = {cluster.label: cluster for cluster in clusters if cluster.level == 0}
    for row in rows:
        # memories that came after the grouping go to the group of their topic, where there is one
        if row.id not in at and label_of(row.topic, row.memory_type) in by_label:
            at[row.id] = by_label[label_of(row.topic, row.memory_type)].id
    own: dict[str, int] = {}
    for id in shown & at.keys():
        own[at[id]] = own.get(at[id], 0) + 1
    children: dict[str, list[Cluster]] = {}
    for cluster in clusters:
        if cluster.parent is not None and own.get(cluster.id):
            children.setdefault(cluster.parent, []).append(cluster)
    counts = {
        cluster.id: own.get(cluster.id, 0) + sum(own[child.id] for child in children.get(cluster.id, ()))
        for cluster in clusters
    }
    present = [cluster for cluster in clusters if counts[cluster.id]]
    for cluster in present:
        nodes.append(
            GraphNode(
                id=cluster.id,
                type="cluster",
                label=cluster.label,
                memory_count=counts[cluster.id],
                level=cluster.level,
                parent_cluster_id=cluster.parent,
                child_cluster_ids=[child.id for child in children.get(cluster.id, ())],
            )
        )
        if cluster.parent is None:
            edges.append(GraphEdge(source=user, target=cluster.id, type="has_cluster"))
        else:
            edges.append(GraphEdge(source=cluster.parent, target=cluster.id, type="subcluster"))
    for row in rows:
        nodes.append(
            GraphNode(
                id=row.id,
                type="memory",
                label=row.content if len(row.content) <= 60 else row.content[:59].rstrip() + "…",
                content=row.content,
                memory_type=row.memory_type,
                confidence=round(row.confidence, 4),
                created_at=row.created_at,
                topic=row.topic,
            )
        )
        edges.append(GraphEdge(source=at.get(row.id, user), target=row.id, type="contains"))
    mentioned = [link for link in mentions if link.memory_id in shown]
    alive = {link.entity_id for link in mentioned}
    for relation in related:
        alive.update(end for end in (relation.source_id, relation.target_id) if end is not None)
    here = [entity for entity in named if entity.id in alive]
    known = {entity.id for entity in here}
    for entity in here:
        extra = {**entity.extra, "aliases": entity.aliases}
        if entity.role:
            extra["role"] = entity.role
        nodes.append(
            GraphNode(
                id=entity.id,
                type="entity",
                label=entity.name,
                name=entity.name,
                entity_type=entity.kind,
                mention_count=entity.mention_count,
                extra_data=extra,
            )
        )
    edges += [
        GraphEdge(source=link.memory_id, target=link.entity_id, type="mentions")
        for link in mentioned
        if link.entity_id in known
    ]
    for relation in related:
        ends = [user if end is None else end for end in (relation.source_id, relation.target_id)]
        if all(end == user or end in known for end in ends):
            edges.append(
                GraphEdge(
                    source=ends[0],
                    target=ends[1],
                    type="relationship",
                    relationship_type=relation.kind,
                    label=relation.kind,
                    confidence=round(relation.confidence, 4),
                )
            )
    top = {cluster.label: counts[cluster.id] for cluster in present if cluster.level == 0}
    stats = GraphStats(total_memories=len(rows), total_entities=len(here), cluster_count=len(present), clusters=top)
    return GraphOut(nodes=nodes, edges=edges, stats=stats, stale=stale)
