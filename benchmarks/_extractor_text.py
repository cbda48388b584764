"""Training text from ``data/extractor_text.txt``: its lines with alternatives and slots, spelled out by chance.

The same seed gives the same sentences. How people type is imitated as well: without capitals, without apostrophes,
with words before and after that mean nothing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

TEXT = Path(__file__).resolve().parent / "data" / "extractor_text.txt"
TYPES = {
    "N": "none",
    "F": "fact",
    "P": "preference",
    "R": "relationship",
    "E": "event",
    "M": "emotional_state",
    "C": "correction",
    "S": "spatial_change",
    "X": "character_self",
    "XN": "none",
}
_INNERMOST = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"\{(\w+)\}")
_MARK = re.compile(r"<(\w+):([^<>]*)>")
_BEFORE = ["yeah ", "well, ", "oh ", "honestly ", "haha ", "yep, ", "so ", "btw ", "hm, ", "um "]
_AFTER = [" lol", " haha", " tbh", " honestly", " i think", " though", "!", "!!", ".", "...", " actually", " as well"]


@frozen
class Line:
    """One sentence: what it should leave, and the question before it."""

    types: Sequence[str]
    asked: str
    text: str
    #: (key, value) of the core facts in it, in order
    facts: Sequence[tuple[str, str]]
    #: of what the character says, not of what the player says
    own: bool
    #: its core facts are marked
    marked: bool = True


def lines(each: int, seed: int = 1) -> list[Line]:
    """At most ``each`` sentences for each line of the file."""
    slots: dict[str, list[str]] = {}
    found: list[Line] = []
    chance = random.Random(seed)
    for raw in TEXT.read_text(encoding="utf-8").splitlines():
        raw = raw.strip()
        if raw.startswith("@"):
            name, _, values = raw[1:].partition(":")
            slots[name] = [value.strip() for value in values.split(",")]
        elif " | " in raw and not raw.startswith("#"):
            kinds, _, body = raw.partition(" | ")
            seen: dict[str, Line] = {}
            for _ in range(each * 2):
                if len(seen) >= each:
                    break
                asked, _, text = ("", "", _spelled(body, slots, chance))
                if "||" in text:
                    asked, _, text = text.partition("||")
                line = _line(kinds, asked.strip(), " ".join(text.split()), chance)
                seen.setdefault(line.text, line)
            found += seen.values()
    return found


def _spelled(text: str, slots: dict[str, list[str]], chance: random.Random) -> str:
    while True:
        match = _INNERMOST.search(text)
        if not match:
            break
        text = text[: match.start()] + chance.choice(match[1].split("|")) + text[match.end() :]
    while _SLOT.search(text):  # what fills one may have others
        text = _SLOT.sub(lambda match: chance.choice(slots[match[1]]), text)
    return re.sub(r" +([,.])", r"\1", text)


def _line(label: str, asked: str, text: str, chance: random.Random) -> Line:
    kinds = label.lstrip("=").split("/")
    facts = tuple((match[1], match[2]) for match in _MARK.finditer(text))
    text = _MARK.sub(r"\2", text)
    own = kinds[0].startswith("X")
    if own or chance.random() < 0.4:
        text = re.sub(r"\bi\b", "I", text[:1].upper() + text[1:])
    elif chance.random() < 0.35:
        text = text.lower()
        facts = tuple((key, value.lower()) for key, value in facts)
    if not own:
        if chance.random() < 0.3:
            text = text.replace("i'm", "im").replace("don't", "dont").replace("can't", "cant").replace("i've", "ive")
        if chance.random() < 0.12:
            text = chance.choice(_BEFORE) + text
        if chance.random() < 0.25:
            text += chance.choice(_AFTER)
    return Line([TYPES[kind] for kind in kinds], asked, text, facts, own, not label.startswith("="))
