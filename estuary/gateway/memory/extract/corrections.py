"""Setting right what was said or understood: "No, it's Anna, not Anne", "I meant Tuesday"."""

from __future__ import annotations

import re
from typing import Optional

from ...engines._fact import Fact
from ...engines._text import EDGE
from ..base import FactChange
from .facts import SINGLE, sentence_of, tell
from .notes import USER, Notes
from .statements import Statement
from .words import FEMALE, MALE, ROLES

__all__ = ["read_correction"]

_VALUE = r"(?P<new>[^\s,.;:!?][^,.;:!?]{0,40}?)"
_OLD = r"(?P<old>[^\s,.;:!?][^,.;:!?]{0,40}?)"
_NOT = re.compile(
    rf"(?:(?P<what>it|that|(?:my|his|her|its|their|the) [\w' -]{{2,30}}?|he|she|they|i)(?:'s| is|'m| am| are|'re)(?: called| actually| spelled)? |i (?:said|meant) )?{_VALUE},? (?:and )?not {_OLD}(?: any ?more)?$",
    re.I,
)
_RATHER = re.compile(
    rf"(?:(?P<what>it|that|(?:my|his|her|its|the) [\w' -]{{2,30}}?|he|she|they|i)(?:'s| is|'m| am)? ?(?:not|isn't)(?: called)?|not) {_OLD},? (?:but |it's |it is |he's |she's |i'm )(?:called )?{_VALUE}$",
    re.I,
)
_MEANT = re.compile(rf"i (?:meant|mean|meant to say|should have said) (?:to say )?(?:that )?(?P<new>.{{1,60}})$", re.I)
_MINE = re.compile(r"my (?P<what>[\w' -]{2,30}?)(?:'s)?(?: name)?$", re.I)


def read_correction(statement: Statement, notes: Notes) -> bool:
    """ "X, not Y" and "I meant X", by what is known or was just said."""
    text = statement.text
    match = _NOT.match(text) or _RATHER.match(text)
    if match:
        return _replace(match["what"] or "", _clean(match["old"]), _clean(match["new"]), statement, notes)
    meant = _MEANT.match(text)
    if meant and statement.corrective is not None:
        new = _clean(meant["new"])
        if len(new.split()) <= 4 and not re.match(r"(?:it|that|what|to|you|no|business|well)\b", new, re.I):
            notes.remember(f"Meant {new}", "correction", statement, confidence=0.7)
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
        single = key in SINGLE or key.startswith("favourite")
        if single:
            fact = Fact(key, changed, replaces=True)
            tell(key, fact, sentence_of(key, changed), statement, notes, known=(value,))
            return True
        _rename(key, value, changed, new, statement, notes)
        return True
    role = _role(what)
    if role and new[:1].isupper():
        _rename("family" if role in FEMALE | MALE else "pets", f"{role} {old}", f"{role} {new}", new, statement, notes)
        return True
    if not statement.corrective and not what.lower() in {"it", "that"}:
        return False
    content = f"{new[:1].upper()}{new[1:]}, not {old}"
    notes.remember(content, "correction", statement, confidence=0.75, supersedes=[old])
    if new[:1].isupper() and new.isalpha() and old[:1].isupper():
        notes.entity(new, "person" if new.lower() not in _DAYS else "date")
    return True


_DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())


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
