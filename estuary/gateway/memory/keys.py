"""Core facts have names of their own on the wire and in the database; chat engines know some of them by others.

This is the one place where the two meet.

>>> for_engines({"location": ["Lyon"], "interests": ["jazz"], "pets": ["dog Rex"]})
{'home': ['Lyon'], 'likes': ['jazz'], 'pets': ['dog Rex']}
>>> engine_key("occupation"), wire_key("job"), is_single("favourite colour"), is_single("interests")
('job', 'occupation', True, False)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["engine_key", "for_engines", "is_single", "wire_key"]

_ENGINES = {"location": "home", "occupation": "job", "interests": "likes"}
_WIRE = {engine: wire for wire, engine in _ENGINES.items()}
#: one has one of these
_SINGLE = frozenset({"name", "location", "occupation", "employer", "age", "birthday", "origin"})


def engine_key(key: str) -> str:
    """What chat engines call the core fact ``key``."""
    return _ENGINES.get(key, key)


def wire_key(key: str) -> str:
    """What the wire calls the fact that chat engines call ``key``."""
    return _WIRE.get(key, key)


def for_engines(facts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Core facts under the names that chat engines know."""
    return {engine_key(key): list(values) for key, values in facts.items()}


def is_single(key: str) -> bool:
    """Whether a new value of ``key`` takes the place of the old one."""
    return key in _SINGLE or key.startswith("favourite ")
