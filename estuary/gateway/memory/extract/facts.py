"""Core facts: name, home, origin, work, age, tastes, languages…, read by the rules that the companion uses too."""

from __future__ import annotations

import re

from attrs import evolve

from ...engines._fact import Fact
from ...engines._fact_rules import read_clause
from ..base import FactChange
from ..keys import is_single, wire_key
from .notes import USER, Notes
from .paraphrase import paraphrase
from .people import companions, note_creature
from .statements import Statement
from .voice import inflect, others, sentence_case, third_person

__all__ = ["entities_of", "read_facts", "tell"]

_LIKING = re.compile(
    r"^(?:i|we)(?:'m|'re| am| are)? (?:\w+ ){0,3}?(?P<verb>love|like|enjoy|adore|prefer|"
    r"hate|dislike|detest|loathe|despise|"
    r"can't stand|cannot stand|can't bear|don't like|don't enjoy|don't care for|fond of|into|"
    r"(?:a )?(?:big |huge |massive |lifelong |great )?fan of|keen on|crazy about|mad "
    r"about|passionate about|obsessed with)\b",
    re.I,
)
_VERBS = {
    "love": "Loves",
    "like": "Likes",
    "enjoy": "Enjoys",
    "adore": "Adores",
    "prefer": "Prefers",
    "hate": "Hates",
    "dislike": "Dislikes",
    "detest": "Detests",
    "loathe": "Loathes",
    "despise": "Despises",
    "can't stand": "Can't stand",
    "cannot stand": "Can't stand",
    "can't bear": "Can't bear",
    "don't like": "Doesn't like",
    "don't enjoy": "Doesn't enjoy",
    "don't care for": "Doesn't care for",
    "fond of": "Is fond of",
    "into": "Is into",
    "keen on": "Is keen on",
    "crazy about": "Is crazy about",
    "mad about": "Is mad about",
    "passionate about": "Is passionate about",
    "obsessed with": "Is obsessed with",
}
_ENDED = re.compile(r"\b(?:any ?more|any longer|no longer|used to|stopped|gone off|quit|gave up|given up)\b", re.I)
_STATES = frozenset(verb for verb, said in _VERBS.items() if said.startswith("Is "))
_GONE_OFF = re.compile(r"\b(?:gone off|stopped liking|fallen out of love with|lost interest in)\b", re.I)
_FOR_A_LIVING = re.compile(r"i (?P<verb>[a-z]+) (?P<what>[\w' -]{2,40}?) for (?:a living|my job|work|my sins)\b", re.I)
_PASSING = re.compile(
    r"^(?:i|we) (?:\w+ )?(?:love|like|enjoy|hate|prefer|dislike) (?:how|when|that|the way|"
    r"the idea|the fact|it|this|these|"
    r"those|what|your|you|talking (?:to|with) you|chatting|hearing|being here|to be here)\b",
    re.I,
)


def read_facts(statement: Statement, notes: Notes) -> bool:
    """Core facts of the clause, as memories. False where it tells none."""
    text = statement.text
    if _PASSING.match(text):
        return True
    facts = list(read_clause(text))
    if not facts:
        text = paraphrase(text) or ""
        facts = list(read_clause(text)) if text else []
    if not facts:
        return _living(statement, notes)
    jobs = any(fact.key == "job" for fact in facts)
    content = third_person(text)
    for fact in map(_narrowed, facts):
        key = wire_key(fact.key)
        if fact.key in {"pets", "family"}:
            alone = content if len(facts) == 1 and " and " not in content and "," not in content else ""
            note_creature(fact.value, statement, notes, negated=fact.negated, content=alone)
            continue
        known = notes.exchange.facts.get(key, ())
        if _GONE_OFF.search(text) and not any(value.casefold() == fact.value.casefold() for value in known):
            tell("dislikes", Fact("dislikes", fact.value), content, statement, notes)
            continue
        if key == "employer" and re.match(r"an? ", fact.value) and not fact.negated:
            if not jobs:  # "a bakery" names no employer, but says what the work is
                tell(
                    "occupation",
                    Fact("job", f"at {fact.value}", replaces=True),
                    f"Works at {fact.value}",
                    statement,
                    notes,
                )
            continue
        tell(key, fact, _sentence(key, fact, text, content), statement, notes, known=tuple(known))
    companions(statement, notes, living="live" in text.lower())
    return True


def _living(statement: Statement, notes: Notes) -> bool:
    """ "I fix boats for a living"."""
    match = _FOR_A_LIVING.match(statement.text)
    if not match:
        return False
    work = f"{inflect(match['verb'])} {others(match['what'])}"
    tell("occupation", Fact("job", work, replaces=True), f"{sentence_case(work)} for a living", statement, notes)
    return True


def _narrowed(fact: Fact) -> Fact:
    """ "a bigger flat in Leith" is in Leith."""
    inside = re.match(r"(?:an?|the) [^,]{1,40}? in (?=(?-i:[A-Z]))", fact.value) if fact.key == "home" else None
    return evolve(fact, value=fact.value[inside.end() :]) if inside and inside else fact


def tell(
    key: str, fact: Fact, content: str, statement: Statement, notes: Notes, *, known: tuple[str, ...] = ()
) -> None:
    """One core fact as a memory, with what it makes untrue and the entities it names."""
    value = fact.value
    change = FactChange(key, value, negated=fact.negated, replaces=fact.replaces)
    others = [old for old in known if old.casefold() != value.casefold()]
    supersedes: list[str] = []
    kind = "preference" if key in {"interests", "dislikes"} or key.startswith("favourite") else "fact"
    corrects = statement.corrective
    if fact.negated:
        supersedes = [value]
        corrects = (
            corrects or bool(_ENDED.search(statement.text)) or any(v.casefold() == value.casefold() for v in known)
        )
    elif fact.replaces:
        supersedes = others
    if corrects and (supersedes or is_single(key)):
        kind = "correction"
    names = entities_of(key, value, notes)
    if fact.negated and key == "name":
        kind = "correction"
    notes.remember(content, kind, statement, confidence=0.95, fact=change, entities=names, supersedes=supersedes)


def entities_of(key: str, value: str, notes: Notes) -> list[str]:
    """The names of what a core fact speaks of, noted as entities and related to the user."""
    if key == "name":
        return []
    if key in {"location", "origin"}:
        place = re.sub(r"^(?:near|outside|on|a .{1,40}? (?:near|in|outside|by)) ", "", value)
        if place[:1].isupper() or place.startswith("the "):
            town, _, country = place.partition(", ")
            notes.entity(town, "place")
            notes.relate(USER, "lives in" if key == "location" else "comes from", town, 0.9)
            if country:
                notes.entity(country, "place")
                notes.relate(town, "is in", country, 0.9)
            return [town]
        return []
    if key == "employer":
        notes.entity(value, "organisation")
        notes.relate(USER, "works at", value, 0.9)
        return [value]
    if key in {"interests", "dislikes"} or key.startswith("favourite"):
        thing = value
        notes.entity(thing, "thing")
        notes.relate(USER, "dislikes" if key == "dislikes" else "likes", thing, 0.8)
        return [thing]
    if key == "languages":
        notes.entity(value, "thing")
        notes.relate(USER, "speaks", value, 0.9)
        return [value]
    if key == "allergies":
        notes.entity(value, "thing")
        notes.relate(USER, "is allergic to", value, 0.9)
        return [value]
    return []


def _sentence(key: str, fact: Fact, text: str, content: str) -> str:
    value = fact.value
    if fact.negated:
        return _denial(key, value, text)
    if key == "name":
        return f"Is called {value}"
    if key == "location":
        joint = "" if re.match(r"(?:near|outside) ", value) else "on " if re.match(r".* on an? ", text) else "in "
        return f"Lives {joint}{value}"
    if key == "origin":
        lower = text.lower()
        verb = "Grew up in" if "grew up" in lower else "Was born in" if "born" in lower else "Comes from"
        return f"{verb} {value}"
    if key == "occupation":
        if value.startswith("in "):
            return f"Works {value}"
        if value in {"retired", "unemployed", "self-employed", "between jobs"}:
            return f"Is {value}"
        return f"Works as {_article(value)}{value}"
    if key == "employer":
        return f"Works {'for' if ' for ' in text else 'at'} {value}"
    if key == "age":
        return f"Is {value} years old"
    if key == "birthday":
        return f"Birthday is {value}"
    if key == "allergies":
        return f"Is allergic to {value}" if "allerg" in content or not content else content
    if key == "languages":
        return f"Speaks {value}"
    if key.startswith("favourite"):
        return f"Favourite {key.partition(' ')[2]} is {others(value)}"
    return _taste(key, value, text, content)


def _taste(key: str, value: str, text: str, content: str) -> str:
    match = _LIKING.match(text)
    verb = match["verb"].lower() if match else ""
    if verb == "prefer" and re.search(r" (?:to|over) ", text):
        return content
    if (
        key == "dislikes"
        and re.search(r"\bnot\b|n't\b|no longer", text)
        and not verb.startswith(("don't", "can't", "cannot"))
    ):
        return (
            f"Is not {'a fan of' if 'fan of' in verb else verb} {value}"
            if verb in _STATES or "fan of" in verb
            else f"Doesn't like {value}"
        )
    if "fan of" in verb:
        return f"Is a fan of {value}"
    return f"{_VERBS.get(verb, 'Dislikes' if key == 'dislikes' else 'Likes')} {value}"


def _article(noun: str) -> str:
    return "an " if noun[:1].lower() in "aeiou" else "a "


def _denial(key: str, value: str, text: str) -> str:
    ended = bool(_ENDED.search(text))
    if key == "name":
        return f"Is not called {value}"
    verbs = {
        "location": ("No longer lives in", "Does not live in"),
        "origin": ("Does not come from", "Does not come from"),
        "occupation": (f"No longer works as {_article(value)}".rstrip(), f"Is not {_article(value)}".rstrip()),
        "employer": ("No longer works at", "Does not work at"),
        "age": ("Is not", "Is not"),
        "interests": ("No longer likes", "Does not like"),
        "dislikes": ("No longer dislikes", "Does not dislike"),
        "allergies": ("Is no longer allergic to", "Is not allergic to"),
        "languages": ("Does not speak", "Does not speak"),
    }
    if key.startswith("favourite"):
        return f"Favourite {key.partition(' ')[2]} is not {value}"
    past, never = verbs.get(key, ("Is no longer", "Is not"))
    return f"{past if ended else never} {value}"
