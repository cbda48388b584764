"""What the REST API lists, as frozen attrs classes. Times are aware datetimes."""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, Mapping, Optional, Tuple, Union

from attrs import field, frozen

from ..codec import RENAME
from ..models import Memory, Model, camel, raw

__all__ = [
    "Character",
    "CharacterAction",
    "Conversation",
    "ConversationStats",
    "CoreFact",
    "Graph",
    "GraphEdge",
    "GraphNode",
    "GraphStats",
    "Imported",
    "MemoryMatch",
    "MemoryStats",
    "Message",
    "ModelStatus",
    "Share",
    "ShareSession",
    "TimelineGroup",
]


@frozen
class CharacterAction(Model):
    """An action that a character may perform, as declared on it."""

    name: str = ""
    description: Optional[str] = None
    #: each with ``name``, ``type``, ``required``, ``description``
    parameters: Tuple[Dict[str, Any], ...] = ()
    raw: Mapping[str, Any] = raw()


@frozen
class Character(Model):
    """A character. What is not set is ``None``; ``raw`` has all that the server sent."""

    id: str = ""
    name: str = ""
    tagline: Optional[str] = None
    personality: Optional[str] = None
    background: Optional[str] = None
    system_prompt: Optional[str] = None
    appearance: Optional[str] = None
    avatar: Optional[str] = None
    llm_provider: Optional[str] = None
    llm_model: Optional[str] = None
    llm_temperature: Optional[float] = None
    llm_max_tokens: Optional[int] = None
    llm_verbosity: Optional[str] = None
    tts_provider: Optional[str] = None
    tts_model: Optional[str] = None
    tts_voice: Optional[str] = None
    tts_speed: Optional[float] = None
    tts_delivery_mode: Optional[str] = None
    stt_provider: Optional[str] = None
    stt_language: Optional[str] = None
    vad_sensitivity: Optional[float] = None
    vad_min_speech_duration_ms: Optional[int] = None
    vlm_model: Optional[str] = None
    text_only: Optional[bool] = None
    verbose: Optional[bool] = None
    actions: Tuple[CharacterAction, ...] = ()
    player_id: Optional[str] = None
    is_public: Optional[bool] = None
    is_active: Optional[bool] = None
    model_status: Optional[str] = None
    model_url: Optional[str] = None
    model_preview_url: Optional[str] = None
    source_image_url: Optional[str] = None
    created_at: Optional[dt.datetime] = None
    updated_at: Optional[dt.datetime] = None
    raw: Mapping[str, Any] = raw()


@frozen
class ModelStatus(Model):
    """How far a character's 3D model is. ``progress`` is in per cent.

    ``status`` ends in ``completed``, ``failed``, ``texture_failed``, ``rig_failed`` or ``animation_failed``.
    """

    status: str = camel("modelStatus", default="")
    url: Optional[str] = camel("modelUrl", default=None)
    preview_url: Optional[str] = camel("modelPreviewUrl", default=None)
    thumbnail_url: Optional[str] = camel("thumbnailUrl", default=None)
    progress: Optional[float] = None
    rigged: Optional[bool] = None
    animations: Any = None
    raw: Mapping[str, Any] = raw()

    @property
    def is_over(self) -> bool:
        return self.status in ("completed", "failed", "texture_failed", "rig_failed", "animation_failed")


@frozen
class Conversation(Model):
    """The one conversation of a character and a player."""

    id: str = ""
    character_id: str = camel("characterId", default="")
    player_id: str = camel("playerId", default="")
    message_count: int = camel("messageCount", default=0)
    created_at: Optional[dt.datetime] = camel("createdAt", default=None)
    last_activity: Optional[dt.datetime] = camel("lastActivity", default=None)
    last_memory_extraction_at: Optional[dt.datetime] = camel("lastMemoryExtractionAt", default=None)
    raw: Mapping[str, Any] = raw()


@frozen
class ConversationStats(Model):
    """All conversations of a character together."""

    total_conversations: int = camel("totalConversations", default=0)
    total_messages: int = camel("totalMessages", default=0)
    first_activity: Optional[dt.datetime] = camel("firstActivity", default=None)
    last_activity: Optional[dt.datetime] = camel("lastActivity", default=None)
    raw: Mapping[str, Any] = raw()


@frozen
class Message(Model):
    """One message of a conversation. ``role`` is ``user`` or ``assistant``."""

    id: Union[int, str] = 0
    conversation_id: str = camel("conversationId", default="")
    role: str = ""
    content: str = ""
    timestamp: Optional[dt.datetime] = None
    image_url: Optional[str] = camel("imageUrl", default=None)
    raw: Mapping[str, Any] = raw()


@frozen
class CoreFact(Model):
    """One thing that is always in the character's mind: ``key`` is ``name``, ``location``, …"""

    id: str = ""
    key: str = camel("factKey", default="")
    value: str = camel("factValue", default="")
    source_memory_id: Optional[str] = camel("sourceMemoryId", default=None)
    created_at: Optional[dt.datetime] = camel("createdAt", default=None)
    updated_at: Optional[dt.datetime] = camel("updatedAt", default=None)
    raw: Mapping[str, Any] = raw()


@frozen
class MemoryMatch(Model):
    """One answer to a search. ``similarity`` is higher for what fits better."""

    memory_id: str = camel("memoryId", default="")
    similarity: float = 0.0
    content: str = ""
    raw: Mapping[str, Any] = raw()


@frozen
class MemoryStats(Model):
    """How much a character remembers of a player, by status and by type."""

    total_active: int = camel("totalActive", default=0)
    total_superseded: int = camel("totalSuperseded", default=0)
    total_decayed: int = camel("totalDecayed", default=0)
    by_type: Dict[str, Any] = camel("byType", factory=dict)
    core_facts: int = camel("coreFacts", default=0)
    raw: Mapping[str, Any] = raw()


@frozen
class TimelineGroup(Model):
    """The memories of one day, week or month; ``date`` is as the server names it."""

    date: str = ""
    memories: Tuple[Memory, ...] = ()
    raw: Mapping[str, Any] = raw()


@frozen
class GraphNode(Model):
    """A node of the knowledge graph: ``type`` is ``user``, ``cluster``, ``memory`` or ``entity``.

    What a node of each type has besides is in ``raw`` (``memoryCount``, ``entityType``, ``mentionCount``, …).
    """

    id: str = ""
    type: str = ""
    label: Optional[str] = None
    name: Optional[str] = None
    raw: Mapping[str, Any] = raw()


@frozen
class GraphEdge(Model):
    """An edge of the knowledge graph, from node ``source`` to node ``target``."""

    source: str = ""
    target: str = ""
    type: str = ""
    relationship_type: Optional[str] = camel("relationshipType", default=None)
    label: Optional[str] = None
    confidence: Optional[float] = None
    raw: Mapping[str, Any] = raw()


@frozen
class GraphStats(Model):
    """How large the knowledge graph is."""

    total_memories: int = camel("totalMemories", default=0)
    total_entities: int = camel("totalEntities", default=0)
    cluster_count: int = camel("clusterCount", default=0)
    clusters: Any = None
    raw: Mapping[str, Any] = raw()


@frozen
class Graph(Model):
    """What a character knows of a player, as nodes and edges. ``stale``: newer memories are not in it yet."""

    nodes: Tuple[GraphNode, ...] = ()
    edges: Tuple[GraphEdge, ...] = ()
    stats: GraphStats = field(factory=GraphStats)
    stale: bool = False
    raw: Mapping[str, Any] = raw()


@frozen
class Imported(Model):
    """How much of an imported document was new."""

    memories: int = 0
    core_facts: int = camel("coreFacts", default=0)
    entities: int = 0
    relations: int = 0
    messages: int = 0
    raw: Mapping[str, Any] = raw()


@frozen
class Share(Model):
    """A link that lets somebody else talk to a character. ``url`` holds the token, so neither is shown."""

    token: str = field(default="", repr=False)
    url: str = field(default="", repr=False, metadata={RENAME: "shareUrl"})
    expires_at: Optional[dt.datetime] = camel("expiresAt", default=None)
    anchor_url: Optional[str] = field(default=None, repr=False, metadata={RENAME: "anchorUrl"})
    raw: Mapping[str, Any] = raw()


@frozen
class ShareSession(Model):
    """What a share link was exchanged for: everything that ``Session`` needs."""

    session_token: str = field(default="", repr=False, metadata={RENAME: "sessionToken"})
    character_id: str = camel("characterId", default="")
    player_id: str = camel("playerId", default="")
    server_url: Optional[str] = camel("serverUrl", default=None)
    character: Dict[str, Any] = field(factory=dict)
    raw: Mapping[str, Any] = raw()
