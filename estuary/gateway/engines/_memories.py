"""Answers from memories: for questions about the user that no core fact answers.

>>> told = ["Sister Anna is a doctor in Berlin", "Has an exam tomorrow", "Used to live in Rome"]
>>> from_memories("What does my sister do?", told)
'Your sister Anna is a doctor in Berlin.'
>>> from_memories("Do you remember when my exam is?", told)
'You have an exam tomorrow.'
>>> from_memories("What is the capital of France?", told) is None
True
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Optional

from ..memory.lexicon import concepts_of, terms
from ._words import KIN, PETS

__all__ = ["from_memories", "is_open", "second_person"]

_ASKS = re.compile(
    r"\?|^\s*(?:so |and |ok |okay |please )?"
    r"(?:do you (?:know|remember|recall)|can you (?:tell|remind)|tell me|remind me|"
    r"what|who|whom|whose|where|when|which|why|how|did i|do i|am i|was i|have i)\b",
    re.I,
)
#: a question about something, not for one thing
_OPEN = re.compile(
    r"\b(?:know|remember|recall|tell me|told you|say|said)\b[^?.!]*"
    r"\b(?:about|of|regarding) (?!(?:me|myself|yourself|you)\b)",
    re.I,
)
_MINE = re.compile(r"\b(?:i|i'm|i've|my|me|mine|we|our|us)\b", re.I)
#: what a question has that says nothing of what it asks for
_ASKING = frozenset(
    terms("remember recall tell know remind forget forgot told mention mentioned talk anything something")
)
_SHOWN = 3

_IRREGULAR = {
    "is": "are",
    "was": "were",
    "has": "have",
    "does": "do",
    "goes": "go",
    "doesn't": "don't",
    "isn't": "aren't",
    "wasn't": "weren't",
    "hasn't": "haven't",
}
_ADVERBS = frozenset(
    """no longer usually often always never really also just recently still sometimes mostly finally once now
    currently already probably only both""".split()  # noqa: SIM905  # a list of words
)
_KEPT = frozenset(
    """can can't cannot could couldn't will won't would wouldn't may might must should had hadn't used did didn't went
    got met saw bought left lost found made took came began broke won felt ate drank grew ran swam flew drove wrote
    read taught thought spent sold sent slept spoke sang told gave kept""".split()  # noqa: SIM905  # a list of words
)
_FOLLOWING = re.compile(
    r"\b(and|but|or) "
    r"(is|was|has|does|goes|works|lives|likes|loves|plays|wants|speaks|hates|studies|needs|hopes|drinks|eats)\b"
)


def is_open(text: str) -> bool:
    """Whether the text asks for what is known of something, other than of the user as such."""
    return _OPEN.search(text) is not None


def from_memories(text: str, memories: Sequence[str]) -> Optional[str]:
    """What the memories (best first) answer to a question, or ``None`` if it is none that they can answer."""
    if not memories or not _ASKS.search(text):
        return None
    asked = set(terms(text)) - _ASKING
    if not asked:
        return None
    named = {word.casefold() for word in re.findall(r"(?<!^)\b[A-Z][\w'-]+", text)} - {"i", "i'm"}
    fitting = [memory for memory in memories if _fits(asked, named, memory, mine=_MINE.search(text) is not None)]
    if not fitting:
        return None
    told = [second_person(memory) for memory in fitting[: _SHOWN if is_open(text) else 1]]
    return " ".join(f"{clause[:1].upper()}{clause[1:].rstrip('.')}." for clause in told)


def _fits(asked: set[str], named: set[str], memory: str, *, mine: bool) -> bool:
    said = set(terms(memory))
    if named and named & {word.casefold().removesuffix("'s") for word in memory.replace("’", "'").split()}:
        return True
    if not mine:
        return False
    kin = {word for word in asked if word in KIN or word in PETS}
    if kin:
        return bool(kin & said)
    if asked & said:
        return True
    about, of = concepts_of(asked), concepts_of(said)
    return any(min(weight, of.get(concept, 0.0)) > 0.6 for concept, weight in about.items())


def second_person(memory: str) -> str:
    """A memory as a clause that is said to the user.

    >>> second_person("Lives in Lyon and works as a nurse"), second_person("No longer likes olives")
    ('you live in Lyon and work as a nurse', 'you no longer like olives')
    >>> second_person("Moved to Paris in May"), second_person("Dog Rex is afraid of thunder")
    ('you moved to Paris in May', 'your dog Rex is afraid of thunder')
    """
    text = re.sub(r"\bthe user's\b", "your", " ".join(memory.split()), flags=re.I)
    text = re.sub(r"\bthe user\b", "you", text, flags=re.I)
    if text[:3].casefold() == "you":
        return text[:1].lower() + text[1:]
    words = text.split(" ")
    first = words[0].casefold().rstrip(",")
    if first.removesuffix("s") in KIN | PETS or first in KIN | PETS or first in {"parents", "children", "kids", "boss"}:
        return f"your {words[0].lower()} {' '.join(words[1:])}".rstrip()
    index = 0
    while index < len(words) - 1 and words[index].casefold() in _ADVERBS:
        index += 1
    verb = _base(words[index].replace("’", "'").casefold())
    if verb is None:
        return text
    words[index] = verb
    said = " ".join([words[0].lower() if index else words[0], *words[1:]])
    said = _FOLLOWING.sub(lambda match: f"{match[1]} {_base(match[2])}", said)
    return f"you {said}"


def _base(verb: str) -> Optional[str]:
    """The verb as it follows "you"; ``None`` if the word is none."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb in _KEPT or (verb.endswith("ed") and len(verb) > 4):
        return verb
    if not verb.isalpha() or not verb.endswith("s") or verb.endswith("ss") or len(verb) < 4:
        return None
    if verb.endswith("ies") and len(verb) > 4:
        return verb[:-3] + "y"
    if verb.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return verb[:-2]
    return verb[:-1]
