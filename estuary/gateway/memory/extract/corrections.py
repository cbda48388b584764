"""Setting right what was said or understood: "No, it's Anna, not Anne", "I meant Tuesday"."""

from __future__ import annotations

import re
from typing import Optional

from attrs import evolve

from ...engines._clauses import sentences as _sentences
from ...engines._fact import Fact
from ...engines._text import EDGE
from ...engines._values import read_name
from ...engines._words import word_set
from ..base import FactChange
from ..keys import is_single
from .facts import read_facts, tell
from .notes import USER, Notes
from .statements import Statement
from .values import Told, sentence_of
from .voice import others
from .words import FEMALE, MALE, ROLES

__all__ = ["read_correction"]

_VALUE = r"(?P<new>[^\s,.;:!?][^,.;:!?]{0,40}?)"
_OLD = r"(?P<old>[^\s,.;:!?][^,.;:!?]{0,40}?)"
_NOT = re.compile(
    rf"(?:(?P<what>it|that|(?:my|his|her|its|their|the) [\w' -]{{2,30}}?|he|she|they|"
    rf"i)(?:'s| is|'m| am| are|'re)(?: called| actually| spelled)? |i (?:said|meant) "
    rf")?{_VALUE},? (?:and )?not {_OLD}(?: any ?more)?$",
    re.I,
)
_RATHER = re.compile(
    rf"(?:(?P<what>it|that|(?:my|his|her|its|the) [\w' -]{{2,30}}?|he|she|they|i)(?:'s| is|"
    rf"'m| am)? ?(?:not|isn't)(?: called)?|not) {_OLD},? (?:but |it's |it is |he's |she's |"
    rf"i'm )(?:called )?{_VALUE}$",
    re.I,
)
_MEANT = re.compile(r"i (?:meant|mean|meant to say|should have said) (?:to say )?(?:that )?(?P<new>.{1,60})$", re.I)
_MINE = re.compile(r"my (?P<what>[\w' -]{2,30}?)(?:'s)?(?: name)?$", re.I)


def read_correction(statement: Statement, notes: Notes) -> bool:
    """ "X, not Y" and "I meant X", by what is known or was just said."""
    text = statement.text
    match = None if " but not " in text else _NOT.match(text) or _RATHER.match(text)
    if match and re.match(r"(?:i|i'm|i've|we|my)\b", text, re.I) and not _MINE.match(match["what"] or ""):
        # "I'm from Austria, not Australia"
        plain = re.sub(r",? (?:and )?not [^,]*$", "", text, flags=re.I)
        if plain != text and read_facts(evolve(statement, text=plain, corrective=True), notes):
            return True
    if match:
        return _replace(match["what"] or "", _clean(match["old"]), _clean(match["new"]), statement, notes)
    if statement.corrective and (_renamed(statement, notes) or _rescheduled(statement, notes)):
        return True
    meant = _MEANT.match(text)
    if meant:
        new = _clean(meant["new"])
        if len(new.split()) <= 4 and not re.match(r"(?:it|that|what|to|you|no|business|well)\b", new, re.I):
            notes.remember(f"Meant {new}", "correction", statement, confidence=0.7)
            return True
    return False


def _renamed(statement: Statement, notes: Notes) -> bool:
    """ "It's Katarzyna, actually" to somebody who has said "Good evening, Catherine!"."""
    greeted = _GREETED.search(notes.exchange.before)
    told = _ITS.match(statement.text)
    if not greeted or not told:
        return False
    name = read_name(statement.text[told.end() :], strict=True)
    if not name or name.casefold() == greeted["name"].casefold():
        return False
    known = (*notes.exchange.facts.get("name", ()), greeted["name"])
    tell("name", Fact("name", name, replaces=True), f"Is called {name}", statement, notes, known=known)
    return True


_GREETED = re.compile(
    r"(?:\b(?i:hi|hello|hey|good (?:morning|evening|afternoon|night|day)|welcome(?: "
    r"back)?|meet you|thanks|thank you|sorry|bye|okay|ok|right|well|then),? |"
    r"^)(?P<name>[A-Z]\w+)[!.?,]"
)
_ITS = re.compile(r"(?:it's|it is|i'm|my name's|my name is|the name's) (?:actually )?", re.I)
_DAY = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|"
    r"july|august|september|october|november|december|\d{1,2}(?::\d\d)? ?(?:am|pm|"
    r"o'clock)|noon|midnight|\d{1,2}(?:st|nd|rd|th))\b",
    re.I,
)
_DAY_TOLD = re.compile(
    r"(?:it's |it is |they moved it to |moved to |it's been moved to |that's |make that |on |in |at )?(?:now )?(?P<new>"
    + _DAY.pattern
    + r")(?: actually| now| instead| sorry)*$",
    re.I,
)


def _rescheduled(statement: Statement, notes: Notes) -> bool:
    """ "Tuesday, actually" where the character has said "Your course starts on Monday"."""
    told = _DAY_TOLD.match(statement.text)
    if not told:
        return False
    new = told["new"]
    sentences = [body for body, _ in _sentences(notes.exchange.before)]
    for body in reversed(sentences):
        old = _DAY.search(body)
        if old and old[0].casefold() != new.casefold() and (old[0][0].isdigit() == new[0].isdigit()):
            said = re.sub(
                r"^(?:so|and|oh|ah|right|great|ok|okay|but|your|the|you said|wasn't|isn't|is|was)[, ]+",
                "",
                body,
                flags=re.I,
            )
            said = re.sub(r",? (?:then|right|aye|yes|isn't it|no|is it|are you|eh)$", "", said, flags=re.I)
            said = re.sub(r"\byour\b", "their", re.sub(r"\byou\b", "they", said))
            content = f"{said.replace(old[0], new)}, not {old[0]}"
            notes.remember(content, "correction", statement, confidence=0.8, topic="plan", supersedes=[old[0]])
            return True
    return False


def _clean(value: str) -> str:
    return re.sub(r"^(?:really|actually|called|just) ", "", value.strip(EDGE), flags=re.I)


def _replace(what: str, old: str, new: str, statement: Statement, notes: Notes) -> bool:
    if not old or not new or len(new.split()) > 5 or old.casefold() == new.casefold():
        return False
    found = _known(old, notes)
    if found:
        key, value = found
        changed = re.sub(re.escape(old), new, value, flags=re.I)
        if is_single(key):
            content = sentence_of(Told(FactChange(key, changed)))
            tell(key, Fact(key, changed, replaces=True), content, statement, notes, known=(value,))
            return True
        _rename(key, value, changed, new, statement, notes)
        return True
    role = _role(what)
    if role and new[:1].isupper():
        _rename("family" if role in FEMALE | MALE else "pets", f"{role} {old}", f"{role} {new}", new, statement, notes)
        return True
    said_so = re.match(r"i (?:said|meant) ", statement.text, re.I) is not None
    if not statement.corrective and not said_so and what.lower() not in {"it", "that"}:
        return False
    content = _in_context(old, new, notes) or others(f"{new[:1].upper()}{new[1:]}, not {old}")
    notes.remember(content, "correction", statement, confidence=0.75, supersedes=[old])
    if new[:1].isupper() and new.isalpha() and old[:1].isupper():
        notes.entity(new, "person" if new.lower() not in _DAYS else "date")
    return True


def _in_context(old: str, new: str, notes: Notes) -> str:
    """What the character had said, set right: "Your exam is on Tuesday, not Monday"."""
    for body, _ in reversed(list(_sentences(notes.exchange.before))):
        if re.search(rf"\b{re.escape(old)}\b", body, re.I) and len(body) < 120:
            said = re.sub(r"^(?:so|and|oh|ah|right|great|ok|okay|but|your|the|you said)[, ]+", "", body, flags=re.I)
            said = re.sub(r"\byour\b", "their", re.sub(r"\byou\b", "they", said, flags=re.I), flags=re.I)
            return re.sub(rf"\b{re.escape(old)}\b", new, said, flags=re.I) + f", not {old}"
    return ""


_DAYS = word_set("monday tuesday wednesday thursday friday saturday sunday")


def _rename(key: str, value: str, changed: str, new: str, statement: Statement, notes: Notes) -> None:
    role = changed[: -len(new)].strip() if changed.endswith(new) else changed.split()[0]
    content = f"{role[:1].upper()}{role[1:]} is called {new}" if role else f"Is called {new}"
    if role:
        notes.entity(new, "animal" if key == "pets" else "person", role=role)
        notes.relate(USER, role if key != "pets" else "pet", new, 0.9)
    notes.remember(
        content,
        "correction",
        statement,
        confidence=0.9,
        fact=FactChange(key, changed),
        entities=[new],
        supersedes=[value],
    )


def _known(old: str, notes: Notes) -> Optional[tuple[str, str]]:
    wanted = old.casefold()
    for key, values in notes.exchange.facts.items():
        for value in values:
            if wanted == value.casefold() or re.search(rf"\b{re.escape(wanted)}\b", value.casefold()):
                return key, value
    return None


def _role(what: str) -> Optional[str]:
    match = _MINE.match(what)
    if not match:
        return None
    word = re.sub(r"'s.*", "", match["what"].lower()).split()[-1]
    return word if word in ROLES else None
