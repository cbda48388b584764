"""The character about itself, in the first person."""

from __future__ import annotations

import re
from typing import Optional

from .base import Persona

__all__ = ["honest", "introduction"]

_TURNED = {"you are": "I am", "you're": "I'm", "you were": "I was", "yourself": "myself", "your": "my", "you": "I"}
_VERBS = {"is": "am", "was": "was", "has": "have", "does": "do", "goes": "go"}


def _first_person(text: str, name: str) -> Optional[str]:
    """Turn "You are a keeper" or "Maya keeps the light" to the first person; ``None`` where that isn't simple."""
    text = " ".join(text.split())
    if re.search(r"\bI\b|\bI'm\b|\b[Mm]y\b", text):
        return text
    if re.match(r"you\b", text, re.I):
        for theirs, mine in _TURNED.items():
            text = re.sub(rf"\b{theirs}\b", mine, text, flags=re.I)
        return text[:1].upper() + re.sub(r"([.!?] )my\b", r"\1My", text[1:])
    match = re.match(rf"{re.escape(name)} ([a-z]+)\b", text)
    # "keeps … and knows …" has a second verb to turn, which can't be told from a plural
    if match and not re.search(r"\b(?:he|she|they|him|her|his|their|them)\b|\b(?:and|but|or) [a-z]+s\b", text, re.I):
        verb = match[1]
        if verb in _VERBS:
            verb = _VERBS[verb]
        elif verb.endswith("ies"):
            verb = verb[:-3] + "y"
        elif verb.endswith(("ches", "shes", "xes", "sses", "oes")):
            verb = verb[:-2]
        elif verb.endswith("s") and not verb.endswith("ss"):
            verb = verb[:-1]
        return f"I {verb}{text[match.end() :]}"
    return None


def _stop(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _tagline(persona: Persona) -> str:
    line = persona.tagline.strip().rstrip(".")
    if not line:
        return f"I'm {persona.name}."
    if re.match(r"(?:an?|the|your|one|somebody|someone) ", line, re.I):
        return f"I'm {persona.name}, {line[0].lower()}{line[1:]}."
    return f"I'm {persona.name}. {_stop(_first_person(line, persona.name) or line)}"


def introduction(persona: Persona, *, long: bool) -> str:
    """Say "I'm Maya, a lighthouse keeper." with personality and background when ``long``."""
    said = [_tagline(persona)]
    if long:
        traits = " ".join(persona.personality.split()).rstrip(".")
        if traits and len(traits.split()) <= 8 and not re.search(r"\b(?:you|is|are|i)\b|[.!?]", traits, re.I):
            said.append(f"People say that I'm {traits[0].lower()}{traits[1:]}.")
        elif traits and len(traits) < 400:
            own = _first_person(traits, persona.name)
            if own:
                said.append(_stop(own))
        story = " ".join(persona.background.split())
        if story:
            own = _first_person(story[:700], persona.name)
            said.append(_stop(own) if own else f"As my story goes: {_stop(story[:700])}")
    return " ".join(said)


def honest(persona: Persona) -> str:
    """What really answers."""
    return (
        f"I'm {persona.name}, but let me be honest: behind me is no person and no language model. I'm the "
        f"rule-based companion of a "
        "local Estuary server, made for development and tests. I remember what you tell me about yourself, "
        "and I can do "
        "what my character declares. For real conversation, connect a chat model."
    )
