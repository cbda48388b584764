"""A knowledge graph as a tree for the terminal, and as a document for programs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Set

from rich.text import Text
from rich.tree import Tree

from .common import one_line, plural

if TYPE_CHECKING:
    from ..rest.models import Graph, GraphNode

__all__ = ["as_document", "as_tree"]


def as_document(graph: Graph) -> Dict[str, Any]:
    """Nodes and edges; what a node has besides its name stands in ``data``, as the server says it."""
    named = ("id", "type", "label", "name")
    return {
        "nodes": [
            {
                "id": node.id,
                "type": node.type,
                "label": node.label,
                "name": node.name,
                "data": {key: value for key, value in node.raw.items() if key not in named},
            }
            for node in graph.nodes
        ],
        "edges": graph.edges,
        "stats": graph.stats,
        "stale": graph.stale,
    }


def as_tree(graph: Graph, player: str, *, at_most: Optional[int] = None) -> Tree:
    """Groups with their memories, then people, places and things with how they belong together.

    ``at_most`` memories and things are shown of each group.
    """
    return _Drawing(graph, player, at_most).draw()


class _Drawing:
    def __init__(self, graph: Graph, player: str, at_most: Optional[int]) -> None:
        self._graph = graph
        self._player = player
        self._at_most = at_most
        self._nodes = {node.id: node for node in graph.nodes}
        #: cluster → what is in it
        self._inside: Dict[str, List[GraphNode]] = defaultdict(list)
        for edge in graph.edges:
            source, target = self._nodes.get(edge.source), self._nodes.get(edge.target)
            if source is not None and target is not None and source.type == "cluster":
                self._inside[source.id].append(target)
        self._seen: Set[str] = set()

    def draw(self) -> Tree:
        tree = Tree(Text(one_line(self._player), style="bold"), guide_style="dim")
        relations = self._relations()
        for relation in [r for node in self._graph.nodes if node.type == "user" for r in relations[node.id]]:
            tree.add(relation)
        inner = {node.id for members in self._inside.values() for node in members}
        for node in self._graph.nodes:
            if node.type == "cluster" and node.id not in inner:
                self._cluster(tree, node)
        loose = [n for n in self._graph.nodes if n.type == "memory" and n.id not in self._seen]
        if loose:
            branch = tree.add(_heading("not in a group" if self._seen else "memories", len(loose)))
            self._leaves(branch, loose)
        self._entities(tree, relations)
        return tree

    def _cluster(self, parent: Tree, cluster: GraphNode) -> None:
        if cluster.id in self._seen:  # a circle, or a second way to it
            return
        self._seen.add(cluster.id)
        members = self._inside[cluster.id]
        count = cluster.raw.get("memoryCount")
        leaves = [node for node in members if node.type == "memory"]
        branch = parent.add(_heading(_label(cluster), count if isinstance(count, int) else len(leaves)))
        for node in members:
            if node.type == "cluster":
                self._cluster(branch, node)
        self._leaves(branch, leaves)

    def _leaves(self, branch: Tree, members: List[GraphNode]) -> None:
        self._seen.update(node.id for node in members)
        for node in members[: self._at_most]:
            branch.add(Text(_label(node)))
        self._rest(branch, len(members))

    def _rest(self, branch: Tree, count: int) -> None:
        if self._at_most is not None and count > self._at_most:
            branch.add(Text(f"… and {count - self._at_most} more (--all)", style="dim"))

    def _relations(self) -> Dict[str, List[Text]]:
        """node → how it belongs to others"""
        found: Dict[str, List[Text]] = defaultdict(list)
        for edge in self._graph.edges:
            if edge.type == "relationship" and edge.source in self._nodes and edge.target in self._nodes:
                words = one_line(edge.label or edge.relationship_type or "belongs to").replace("_", " ")
                relation = Text(f"{words} ", style="dim")
                found[edge.source].append(relation.append(self._called(edge.target), style="not dim"))
        return found

    def _entities(self, tree: Tree, relations: Dict[str, List[Text]]) -> None:
        kinds: Dict[str, List[GraphNode]] = defaultdict(list)
        for node in self._graph.nodes:
            if node.type == "entity":
                kinds[str(node.raw.get("entityType") or "thing")].append(node)
        for kind, nodes in sorted(kinds.items()):
            branch = tree.add(Text(_PLURALS.get(kind, one_line(kind)), style="bold green"))
            nodes.sort(key=lambda node: (-_mentions(node), _label(node)))
            for node in nodes[: self._at_most]:
                name = Text(_label(node))
                if _mentions(node) > 1:
                    name.append(f"  {plural(_mentions(node), 'mention')}", style="dim")
                leaf = branch.add(name)
                for relation in relations[node.id]:
                    leaf.add(relation)
            self._rest(branch, len(nodes))

    def _called(self, node_id: str) -> str:
        node = self._nodes[node_id]
        return one_line(self._player) if node.type == "user" else _label(node)


_PLURALS = {
    "person": "people",
    "place": "places",
    "thing": "things",
    "organisation": "organisations",
    "organization": "organizations",
    "date": "dates",
    "animal": "animals",
    "pet": "pets",
    "event": "events",
}


def _heading(text: str, count: int) -> Text:
    heading = Text(text, style="bold cyan")
    return heading.append(f"  {count}", style="not bold dim")


def _label(node: GraphNode) -> str:
    content = node.raw.get("content")
    if node.type == "memory" and content:
        return one_line(content)
    if node.raw.get("pendingLabel") and not node.label:
        return "a new group"
    return one_line(node.name or node.label or content or node.type)


def _mentions(node: GraphNode) -> int:
    count = node.raw.get("mentionCount")
    return count if isinstance(count, int) else 0
