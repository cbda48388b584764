"""What the character says of itself in its reply: "I grew up by the sea", "My favourite flower is the iris"."""

from __future__ import annotations

import re

from ..base import Exchange
from .facts import read_facts
from .habits import read_habits
from .notes import Notes
from .people import read_others
from .statements import Statement, is_past, statements
from .voice import third_person
from .words import DULL_PAST

__all__ = ["read_character"]

_SMALL_TALK = re.compile(
    r"(?:i|we)(?:'m| am|'ve| have|'ll| will|'d| would)? (?:(?:so|really|also|just|always|"
    r"still|absolutely|totally) )*(?:glad|happy|sorry|here|sure|afraid|excited|"
    r"delighted|pleased|curious|fine|good|well|great|proud of you|love (?:that|it|how|"
    r"hearing|your|the idea|this)|like (?:that|your|the idea|it|how)|"
    r"hope|think|see|hear|understand|remember|know|guess|suppose|bet|wonder|agree|mean|"
    r"can|could|would|will|want|wish|an ai|a (?:language model|virtual|digital|bot|"
    r"chatbot)|"
    r"let|promise|imagine|noted|got it|believe|feel for|appreciate|look forward|can't "
    r"wait|keep that|missed you|heard|made a note|saved|wrote that|enjoy (?:talking|"
    r"chatting|our|hearing)|love (?:talking|chatting|our)|"
    r"a (?:wee )?bit|stuck|at your|ready|doing|looking forward|listening|working on it|have no|not sure|going to)\b",
    re.I,
)
_TOLD = re.compile(
    r"(?:i|we)(?:'m| am|'ve| have)? (?:(?:also|once|always|still|just|only|mostly|usually|"
    r"often|never) )*(?:grew up|was born|was raised|come from|live|lived|work|worked|am a|"
    r"studied|trained|learned|learnt|"
    r"play|played|paint|sing|bake|cook|read|write|collect|keep|speak|run|own|have (?:a|an|"
    r"two|three|never|always|lived|been)|spent|used to|travelled|traveled|sailed|moved|"
    r"built|taught|"
    r"a (?=\w)|an (?=\w)|from|lost|left|married|served|fought|opened|dream of|fear|prefer|"
    r"drink|eat|garden|knit|carve|fish)\b",
    re.I,
)
_ADDRESSED = re.compile(r"\b(?:you|your|you're|yours)\b", re.I)

#: A subject that was left out is nobody's: "Itemised to the bolt."
_MINE = re.compile(r"\b(?:i|my|we|our|me)\b", re.I)


def read_character(exchange: Exchange, notes: Notes) -> None:
    """Write down the character's words about itself."""
    own = Notes(Exchange(text=exchange.reply, at=exchange.at))
    for statement in statements(exchange.reply):
        text = statement.text
        if _SMALL_TALK.match(text) or _ADDRESSED.search(text) or not _MINE.search(statement.quote):
            continue
        before = set(own.memories)
        (
            read_others(statement, own)
            or (_own(statement) and read_facts(statement, own))
            or (_own(statement) and _simple(statement, own))
            or (text.lower().startswith("my ") and read_habits(statement, own))
        )
        for key in [key for key in own.memories if key not in before]:
            memory = own.memories[key]
            if memory.memory_type in {"emotional_state", "spatial_change"} or memory.content.startswith("Is called"):
                continue
            notes.remember(
                memory.content,
                "character_self",
                statement,
                confidence=min(memory.confidence, 0.85),
                topic=memory.topic or None,
            )


_POINTING = re.compile(r"^(?:\w+ ){1,3}(?:it|that|this|them|him|her|so|there)$", re.I)


def _deed(text: str) -> bool:
    """ "I rode one once": the past of a verb that isn't said in passing."""
    match = re.match(
        r"(?:i|we)(?P<have>'ve| have)? (?:(?:once|never|also|even|already) )*(?P<verb>[a-z]+) ", text, re.I
    )
    if not match:
        return False
    verb = match["verb"].lower()
    if match["have"] and verb not in {"been", "lived", "owned", "worked", "seen", "met", "lost", "had", "kept", "won"}:
        return False  # "I've ordered one" is of the moment
    return verb in {"was", "were", "been"} or (
        is_past(verb) and verb not in DULL_PAST - {"lived", "worked", "owned", "watched"}
    )


def _own(statement: Statement) -> bool:
    return re.match(r"(?:i|i'm|i've|we|we're|we've|my|our)\b", statement.text, re.I) is not None


def _simple(statement: Statement, notes: Notes) -> bool:
    if not _TOLD.match(statement.text) and not _deed(statement.text):
        return False
    content = third_person(statement.text)
    if len(content.split()) < 3 or _POINTING.search(content):
        return False
    notes.remember(content, "character_self", statement, confidence=0.8)
    return True
