"""Checking what a memory model has answered: nothing gets into the store that isn't of the right form.

The answer as a whole must be a JSON object with lists; a single entry that is wrong costs that entry only.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Optional, TypeVar

from ..base import MEMORY_TYPES, Candidate, Entity, Exchange, Extraction, FactChange, Relation
from .prompt import ENTITY_KINDS

__all__ = ["parse_extraction"]

_T = TypeVar("_T")

_MAX_ANSWER = 200_000
_MAX_MEMORIES, _MAX_ENTITIES, _MAX_RELATIONS = 40, 60, 80
_MAX_CONTENT, _MAX_NAME, _MAX_WORD, _MAX_QUOTE = 300, 100, 40, 500
_KEY = re.compile(r"[a-z][a-z '-]{0,39}")
_KEYS = {
    "home": "location",
    "city": "location",
    "job": "occupation",
    "profession": "occupation",
    "likes": "interests",
    "hobbies": "interests",
    "company": "employer",
    "hometown": "origin",
    "pet": "pets",
    "language": "languages",
    "allergy": "allergies",
}
_FENCE = re.compile(r"\s*```(?:json)?\s*\n?(?P<body>.*?)\s*```\s*", re.S | re.I)


def parse_extraction(answer: str, exchange: Exchange) -> Extraction:
    """The model's answer as an extraction. Raises ``ValueError`` if it is none."""
    data = _load(answer)
    found = data.get("memories")
    if not isinstance(found, list):
        raise ValueError("the answer has no list of memories")
    memories = _each(found[:_MAX_MEMORIES], lambda item: _memory(item, exchange))
    if found and not memories:
        raise ValueError("no memory of the answer is of the right form")
    return Extraction(
        memories=_unique(memories, lambda memory: memory.content.casefold()),
        entities=_unique(
            _each(_list(data, "entities")[:_MAX_ENTITIES], _entity), lambda entity: entity.name.casefold()
        ),
        relations=tuple(_each(_list(data, "relations")[:_MAX_RELATIONS], _relation)),
    )


def _load(answer: str) -> dict[str, Any]:
    if len(answer) > _MAX_ANSWER:
        raise ValueError("the answer is too long")
    fenced = _FENCE.fullmatch(answer)
    body = fenced["body"] if fenced else answer
    first, last = body.find("{"), body.rfind("}")
    if first < 0 or last < first:
        raise ValueError("the answer holds no JSON object")
    try:
        data = json.loads(body[first : last + 1])
    except RecursionError as error:
        raise ValueError("the answer is nested too deeply") from error
    if not isinstance(data, dict):
        raise ValueError("the answer is no JSON object")
    return data


def _list(data: dict[str, Any], name: str) -> list[Any]:
    value = data.get(name)
    return value if isinstance(value, list) else []


def _each(items: Sequence[Any], read: Callable[[dict[str, Any]], Optional[_T]]) -> list[_T]:
    found = (read(item) for item in items if isinstance(item, dict))
    return [item for item in found if item is not None]


def _unique(items: Sequence[_T], key: Callable[[_T], str]) -> tuple[_T, ...]:
    return tuple({key(item): item for item in reversed(items)}.values())[::-1]


def _memory(item: dict[str, Any], exchange: Exchange) -> Optional[Candidate]:
    content = _text(item.get("content"), _MAX_CONTENT)
    memory_type = item.get("type", item.get("memory_type"))
    confidence = _fraction(item.get("confidence"))
    if not content or memory_type not in MEMORY_TYPES or confidence is None:
        return None
    source = exchange.reply if memory_type == "character_self" else exchange.text
    return Candidate(
        content=content,
        memory_type=memory_type,
        confidence=confidence,
        topic=_text(item.get("topic"), _MAX_WORD).casefold(),
        secondary_topics=tuple(word.casefold() for word in _texts(item.get("secondary_topics"), _MAX_WORD, 5)),
        quote=_quote(item.get("quote"), source),
        fact=None if memory_type == "character_self" else _fact(item.get("fact")),
        entities=_texts(item.get("entities"), _MAX_NAME, 20),
        supersedes=_texts(item.get("supersedes"), _MAX_CONTENT, 10),
    )


def _fact(item: Any) -> Optional[FactChange]:
    if not isinstance(item, dict):
        return None
    key = _text(item.get("key"), _MAX_WORD).casefold().replace("_", " ").replace("favorite", "favourite")
    value = _text(item.get("value"), 200)
    if not value or not _KEY.fullmatch(key):
        return None
    return FactChange(
        key=_KEYS.get(key, key),
        value=value,
        negated=item.get("negated") is True,
        replaces=item.get("replaces") is True and item.get("negated") is not True,
    )


def _entity(item: dict[str, Any]) -> Optional[Entity]:
    name = _text(item.get("name"), _MAX_NAME)
    kind = item.get("kind")
    if kind == "organization":
        kind = "organisation"
    if not name or kind not in ENTITY_KINDS:
        return None
    return Entity(
        name=name,
        kind=kind,
        aliases=_texts(item.get("aliases"), _MAX_NAME, 10),
        role=_text(item.get("role"), _MAX_WORD) or None,
    )


def _relation(item: dict[str, Any]) -> Optional[Relation]:
    source, target = _text(item.get("source"), _MAX_NAME), _text(item.get("target"), _MAX_NAME)
    kind = _text(item.get("kind"), _MAX_WORD)
    if not source or not target or not kind:
        return None
    confidence = _fraction(item.get("confidence", 0.8))
    return None if confidence is None else Relation(source, kind, target, confidence)


def _quote(value: Any, source: str) -> str:
    """The quote, if it was really said; white space apart."""
    quote = _text(value, _MAX_QUOTE)
    return quote if quote and quote.casefold() in " ".join(source.split()).casefold() else ""


def _text(value: Any, longest: int) -> str:
    """One line of at most ``longest`` characters; what is no text is none."""
    if not isinstance(value, str):
        return ""
    line = " ".join("".join(char if char.isprintable() else " " for char in value[: 4 * longest]).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _texts(value: Any, longest: int, most: int) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(dict.fromkeys(text for text in (_text(item, longest) for item in value[:most]) if text))


def _fraction(value: Any) -> Optional[float]:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return min(1.0, max(0.0, float(value)))
