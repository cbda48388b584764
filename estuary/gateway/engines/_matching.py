"""Which declared action a command fits, by what its words mean and what the action's name and description say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Optional

from attrs import frozen

from ._arguments import is_number, options_of
from ._vocabulary import CONCEPTS, GAMES, OPEN_VERBS, kind_of, name_words
from ._words import word_set
from .base import ActionSpec

__all__ = ["ME", "PARTICLES", "Match", "Reading", "matches", "read_action"]

ME = frozenset({"me", "us"})
PARTICLES = frozenset({"on", "off", "up", "down", "out"})
_MOVERS = word_set("take bring get lead drive walk guide show fly move transport run teleport")
#: "go …" that leads somewhere; "go to sleep" doesn't.
_WHITHER = word_set("""
    to into towards toward inside outside home back there upstairs downstairs over up down left right forward forwards
    backwards north south east west
""")
_NOWHERE = frozenset({"sleep", "hell", "bed", "work"})
_STOPWORDS = word_set("""
    the a an to of in on at for and or with by from into as is are be it its this that user user's character one
    of all some any given when if their them they will can current your my me you something
""")


@frozen
class Reading:
    """An action's words, sorted once per text."""

    action: ActionSpec
    words: tuple[str, ...]
    verbs: frozenset[str]  # concepts that its name means
    hinted: frozenset[str]  # concepts that its description means
    objects: frozenset[str]  # nouns of its name, by kind
    topics: frozenset[str]  # nouns of its description, by kind
    particles: frozenset[str]


def _concepts(word: str) -> frozenset[str]:
    return frozenset(concept for concept, words in CONCEPTS.items() if word in words)


def read_action(action: ActionSpec) -> Reading:
    words = name_words(action.name)
    particles = frozenset(word for word in words if word in PARTICLES)
    head = words[0] if words else ""
    verbs: set[str] = set()
    objects: set[str] = set()
    for index, word in enumerate(words):
        if word in PARTICLES:
            continue
        found = _concepts(word)
        # the verb comes first ("play_music") or, in "volume_set", last
        if found and (index == 0 or (index == len(words) - 1 and not verbs and len(words) > 1)):
            verbs |= found
        elif word not in {"turn", "switch", "take", "go"} or index:
            objects.add(kind_of(word))
    if head in {"turn", "switch", "power"} or (particles and not verbs):
        verbs |= {word if word != "out" else "off" for word in particles} or {"on", "off", "set"}
    if head in {"take", "capture"} and objects & {"photo", "screenshot"}:
        verbs = {"capture"}
    elif head == "go":
        verbs.add("go")
    said = re.findall(r"[a-z']+", action.description.lower())
    hinted: set[str] = set()
    if said:
        first = said[0].rstrip("s") if said[0] not in CONCEPTS and said[0].endswith("s") else said[0]
        hinted |= _concepts(first)
        if first in {"turn", "switch", "power", "toggle"}:
            hinted |= {word if word != "out" else "off" for word in said if word in PARTICLES} or {"set"}
        if first in {"take", "bring", "send"} and set(said) & {"user", "player", "character"} and "to" in said:
            hinted.add("go")
        if first in {"take"} and set(map(kind_of, said)) & {"photo", "screenshot"}:
            hinted = {"capture"}
    if "toggle" in verbs | hinted:
        verbs |= {"on", "off"}
    flags = [p for p in action.parameters if p.type.lower() in {"boolean", "bool"}]
    switch = any({option.lower() for option in options_of(p)} >= {"on", "off"} for p in action.parameters)
    if switch or (flags and objects and not verbs - {"set"}):
        verbs |= {"on", "off"}
    if verbs & {"set"} or (
        not verbs and any(p.type.lower() in {"number", "integer", "float", "int"} for p in action.parameters)
    ):
        verbs |= {"set", "up", "down"}
    topics = {kind_of(word) for word in said if word not in _STOPWORDS and not _concepts(word)}
    for parameter in action.parameters:
        topics.update(kind_of(word) for word in name_words(parameter.name))
    return Reading(
        action, tuple(words), frozenset(verbs), frozenset(hinted), frozenset(objects), frozenset(topics), particles
    )


@frozen
class Match:
    """An action that a command may mean, the concepts that they share, and whether its object was named."""

    score: float
    reading: Reading
    concepts: frozenset[str]
    named: bool


def _meaning(words: Sequence[str]) -> frozenset[str]:
    """The concepts of a command, from its verb and what goes with it."""
    if not words:
        return frozenset()
    first, second = words[0], words[1] if len(words) > 1 else ""
    rest = set(words[1:])
    to = bool(rest & {"to", "into", "towards", "home", "back", "there", "inside", "outside", "upstairs", "downstairs"})
    if first in {"turn", "switch", "put", "power", "shut", "flip", "make"}:
        found = {"off" if word == "out" else word for word in rest & PARTICLES}
        if first == "put" and found == {"on"}:
            found |= {"play", "wear"}
        if first == "put" and not found:
            found = {"add", "set"}
        if first == "make":
            return frozenset({"set", "cook", "create"})
        if first == "shut" and not found:
            found = {"close"}
        if first in {"turn", "switch"} and not found:
            found = {"set", "spin"} if first == "turn" else {"set"}
        elif first in {"turn", "switch"} and "to" in rest:
            found.add("set")
        return frozenset(found)
    if first in _MOVERS and second in ME:
        if to:
            return frozenset({"go"})
        return frozenset({"fetch", "give"}) if first in {"bring", "get"} else _concepts(first) - {"pickup", "go"}
    if first == "take":
        return (
            frozenset({"capture", "pickup"})
            if {kind_of(w) for w in rest} & {"photo", "screenshot"}
            else frozenset({"pickup"})
        )
    if first == "go":
        return frozenset({"go"}) if second in _WHITHER and not rest & _NOWHERE else frozenset()
    if first in {"come"} and second in {"here", "to", "with", "closer", "over"}:
        return frozenset({"come", "follow"} if second == "with" else {"come"})
    if first in {"run", "move"}:
        return frozenset({"go", "start"} if to else {"start"} if first == "run" else frozenset())
    if first == "visit":
        return frozenset({"go"})
    if first in {"hear", "listen"}:
        return frozenset({"play"})
    if first == "see":
        someone = {"you", "him", "her", "them", "it", "what", "that", "if", "how", "why", "whether", "who"}
        return frozenset() if second in someone else frozenset({"show", "look", "go"})
    if first == "tell":
        return frozenset() if second in {"me", "us", "a", "about", ""} else frozenset({"send", "say"})
    if first in {"give", "do", "strike", "perform", "have"}:
        return frozenset({"give"} if first == "give" else set()) | frozenset({"*"})
    if first == "look" and second in {"for", "up"}:
        return frozenset({"search"})
    if first == "pick" and second == "up":
        return frozenset({"pickup"})
    return _concepts(first)


def matches(clause: str, readings: Sequence[Reading]) -> list[Match]:
    """The actions that a command, without its leads, may mean: the best first, none if it fits none."""
    bare = re.sub(r'"[^"]*"', " ", clause)
    words = [word.lower().strip(".,:;!?()%") for word in bare.split()]
    words = [word for word in words if word]
    if not words:
        return []
    meant = _meaning(words)
    kinds = {kind_of(word) for word in words}
    text = f" {' '.join(words)} ".replace("_", " ")
    found = [match for reading in readings if (match := _match(reading, words, meant, kinds, text)) is not None]
    return sorted(found, key=lambda match: -match.score)  # stable: of equals, the first declared


def _match(
    reading: Reading, words: Sequence[str], meant: frozenset[str], kinds: set[str], text: str
) -> Optional[Match]:
    scored = _score(reading, words, meant, kinds, text)
    return None if scored is None else Match(scored[0], reading, scored[1], scored[2])


def _score(
    reading: Reading, words: Sequence[str], meant: frozenset[str], kinds: set[str], text: str
) -> Optional[tuple[float, frozenset[str], bool]]:
    phrase = " ".join(reading.words)
    first = words[0]
    objects = reading.objects & kinds
    polarity = {"off" if word == "out" else word for word in words if word in PARTICLES}
    matched = (reading.verbs | reading.hinted) & meant
    if "off" in polarity and "off" not in reading.verbs | reading.hinted and reading.verbs & {"on"}:
        return None
    if "on" in polarity and "on" not in reading.verbs | reading.hinted and reading.verbs & {"off"}:
        return None
    options = [option for p in reading.action.parameters for option in options_of(p)]
    chosen = any(re.search(rf" {re.escape(option.lower().replace('_', ' '))}s? ", text) for option in options if option)
    score = 2.0 * len(objects) + len(reading.topics & kinds) * 0.5 + (1.0 if chosen else 0.0)
    if (
        phrase
        and text.startswith(f" {phrase} ")
        and not (
            # "wave" said alone is a command; "light" or "home" need more than that
            len(reading.words) == 1 and not reading.verbs and not reading.action.parameters and len(words) > 4
        )
    ):
        return 6.0 + score, matched or reading.verbs, len(reading.words) > 1 or bool(objects)
    literal = bool(reading.words) and first == reading.words[0] and bool(reading.verbs)
    if (
        "*" in meant
        and phrase
        and re.match(
            rf" {first} (?:me |us )?(?:a |an |the |another |your |some )?(?:little |big |nice )?{re.escape(phrase)} ",
            text,
        )
    ):
        return 5.0 + score, reading.verbs, True
    # "lights on, please", "volume up", "lights off"
    if objects and polarity and kind_of(first) in reading.objects and polarity & (reading.verbs | reading.hinted):
        return 3.0 + score, frozenset(polarity), True
    # "volume 30"
    if (
        objects
        and kind_of(first) in reading.objects
        and len(words) == 2
        and _takes_number(reading)
        and words[1].isdigit()
    ):
        return 3.0 + score, frozenset({"set"}), True
    if not matched and not literal:
        return None
    score += 4.0 if literal else 3.0 if reading.verbs & meant else 2.0
    if reading.objects and not objects:
        open_to = any(
            p.type.lower() not in {"number", "integer", "float", "int", "boolean", "bool"}
            for p in reading.action.parameters
        )
        about = bool(reading.topics & kinds) and not reading.verbs
        go = "go" in matched and "go" in reading.verbs | reading.hinted
        if not (chosen or go or about or (matched & OPEN_VERBS and open_to)) or set(words) & GAMES:
            return None
        score -= 1.0
    elif (
        # the verb alone names the action: what it is done to has to fit, or be an argument
        not (reading.objects or literal or "go" in matched or chosen or reading.topics & kinds)
        and not reading.action.parameters
        and len(words) > 2
    ):
        return None
    if set(words) & GAMES and "play" in matched and not kinds & (reading.topics | reading.objects):
        return None
    return score, matched or reading.verbs, bool(objects or chosen)


def _takes_number(reading: Reading) -> bool:
    return any(is_number(parameter) for parameter in reading.action.parameters)
