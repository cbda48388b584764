"""Who is spoken of: the people and animals of the user's, who "she" is, and what hangs together with what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Optional

from ...engines._fact_rules import read_clause
from ...engines._words import COUNTRIES, LANGUAGES, NOT_NAMES
from .notes import USER, Notes
from .spans import is_pet
from .statements import Statement
from .values import Told
from .voice import sentence_case
from .words import FEMALE, MALE, ROLES, singular

__all__ = ["Company"]

_ROLE = "|".join(sorted((re.escape(role) for role in ROLES), key=len, reverse=True))
_MINE = re.compile(
    rf"\b(?:my|our) (?:[\w-]+ ){{0,2}}?(?P<role>{_ROLE})(?![\w-])(?:,? (?:(?:is |are )?(?:called|named) )?(?P<name>(?-i:[A-Z])[\w'-]*\w))?",
    re.I,
)
_YOURS = re.compile(rf"\byour (?:[\w-]+ ){{0,2}}?(?P<role>{_ROLE})(?![\w-])(?: (?P<name>(?-i:[A-Z])\w+))?", re.I)
_PRONOUN = re.compile(r"(?P<who>he|she|it|they)(?='|\s)", re.I)
_RELATIONS = {
    "location": "lives in",
    "origin": "comes from",
    "employer": "works at",
    "interests": "likes",
    "dislikes": "dislikes",
    "languages": "speaks",
    "allergies": "is allergic to",
}
_KINDS = {"location": "place", "origin": "place", "employer": "organisation"}


class Company:
    """The people and animals that an exchange speaks of, written down in ``notes``."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        #: pronoun → (role, name) last spoken of
        self._last: dict[str, tuple[str, str]] = {}
        self._known = {
            value.split()[-1].lower(): (" ".join(value.split()[:-1]), value.split()[-1])
            for key in ("family", "pets")
            for value in notes.exchange.facts.get(key, ())
            if len(value.split()) > 1
        }
        asked = list(_YOURS.finditer(notes.exchange.before[-300:]))
        if asked:
            self._remember(singular(asked[-1]["role"].lower()), asked[-1]["name"] or "")

    @property
    def role(self) -> str:
        """The role of the one last spoken of."""
        return self._last.get("last", ("", ""))[0]

    def who(self, text: str) -> str:
        """Who "he", "she" or "it" is with which ``text`` begins, as the subject of a sentence; else nothing."""
        match = _PRONOUN.match(text)
        role, name = self._last.get(match["who"].lower(), ("", "")) if match else ("", "")
        return sentence_case(f"{role} {name}".strip())

    def introduce(self, text: str) -> str:
        """``text`` with the role of somebody known by name with whom it begins: "Udon ate it" → "Cat Udon ate it"."""
        first = text.split(" ", 1)[0]
        role, name = self._known.get(re.sub(r"'s$", "", first).lower(), ("", ""))
        if not role or first[:1].islower():
            return text
        self._remember(role, name)
        return f"{sentence_case(role)} {text}"

    def note(self, statement: Statement, told: Sequence[Told]) -> list[str]:
        """Write down who and what ``statement`` names; returns the names."""
        named: list[str] = []
        for item in told:
            if item.name and item.role:
                named.append(self._person(item.role, item.name))
            elif item.role:
                self._remember(item.role, "")
            elif item.fact.key in _RELATIONS and not item.fact.negated:
                value = item.fact.value
                named.append(self._notes.entity(value, _KINDS.get(item.fact.key, "thing")))
                self._notes.relate(USER, _RELATIONS[item.fact.key], value, 0.9)
        for match in _MINE.finditer(statement.text):
            role, name = singular(match["role"].lower()), match["name"] or ""
            if name.lower() in NOT_NAMES | LANGUAGES:
                name = ""
            if name and name not in named and not any(item.name == name for item in told):
                named.append(self._person(role, name))
            else:
                self._remember(role, name or next((item.name for item in told if item.role == role), ""))
        self._third(statement)
        return named

    def _person(self, role: str, name: str) -> str:
        pet = is_pet(role)
        self._notes.entity(name, "animal" if pet else "person", role=role)
        self._notes.relate(USER, "pet" if pet else role, name, 0.9)
        if pet:
            self._notes.relate(name, "is a", role, 0.9)
        self._remember(role, name)
        return name

    def _remember(self, role: str, name: str) -> None:
        known = (role, name)
        self._last["last"] = known
        if is_pet(role):
            self._last.update(he=known, she=known, it=known)
        elif role in FEMALE:
            self._last["she"] = known
        elif role in MALE:
            self._last["he"] = known
        else:
            self._last.update(he=known, she=known)

    def _third(self, statement: Statement) -> None:
        """What the statement tells of somebody named: "she works at Airbus" is read as if she had said it."""
        text = statement.text
        match = _MINE.match(text)
        pronoun = _PRONOUN.match(text)
        name: Optional[str] = None
        rest = ""
        if match and match["name"]:
            name, rest = match["name"], text[match.end() :]
        elif pronoun:
            name, rest = self._last.get(pronoun["who"].lower(), ("", ""))[1], text[pronoun.end() :]
        if not name or not rest:
            return
        said = re.sub(r"^(?:'s| is) ", "'m ", rest)
        said = re.sub(r"^ (live|work|come|speak)s ", r" \1 ", said)
        for fact in read_clause(f"I{said}"):
            kind = {"home": "lives in", "origin": "comes from", "employer": "works at", "languages": "speaks"}.get(fact.key)
            if kind and not fact.negated:
                self._notes.entity(fact.value, "place" if fact.value.lower() in COUNTRIES or kind[0] in "lc" else "organisation")
                self._notes.relate(name, kind, fact.value, 0.8)
