"""What a memory is about: concepts of the lexicon, the most telling first."""

from __future__ import annotations

from typing import Optional

from ...engines._words import word_set
from ..lexicon import concepts_of, terms

__all__ = ["topics_of"]

#: Of two concepts that fit equally, the earlier is the topic.
_ORDER = [
    "allergy",
    "health",
    "pet",
    "birthday",
    "age",
    "language",
    "instrument",
    "music",
    "sport",
    "drink",
    "food",
    "diet",
    "book",
    "film",
    "game",
    "colour",
    "travel",
    "study",
    "sibling",
    "parent",
    "child",
    "partner",
    "friend",
    "family",
    "work",
    "home",
    "origin",
    "vehicle",
    "money",
    "technology",
    "nature",
    "religion",
    "sleep",
    "death",
    "fear",
    "weather",
    "hobby",
    "plan",
    "feeling",
]
_RANK = {name: rank for rank, name in enumerate(_ORDER)}
#: Stems of words that are in many sentences without being what they are about.
_EMPTY = word_set("pass lost lov old year liv adore like hat day time start next last week month")
_KIN = {"sibling": "family", "parent": "family", "child": "family", "partner": "family"}

_BY_KEY = {
    "location": "home",
    "origin": "origin",
    "occupation": "work",
    "employer": "work",
    "age": "age",
    "birthday": "birthday",
    "pets": "pet",
    "family": "family",
    "languages": "language",
    "allergies": "allergy",
}


def topics_of(content: str, *, key: Optional[str] = None, first: Optional[str] = None) -> tuple[str, tuple[str, ...]]:
    """``(topic, secondary topics)``. ``key`` is that of a core fact; ``first`` goes before what the words say."""
    weighed = concepts_of(word for word in terms(content) if word not in _EMPTY)
    ranked = sorted(
        (name for name in weighed if name in _RANK and weighed[name] > 0.4),
        key=lambda name: (-weighed[name], _RANK[name]),
    )
    topics: list[str] = []
    lead = first or _BY_KEY.get(key or "")
    for name in [lead, *ranked] if lead else ranked:
        name = _KIN.get(name, name)
        if name not in topics:
            topics.append(name)
    return (topics[0], tuple(topics[1:4])) if topics else ("", ())
