"""Which of a character's declared actions a text asks for, if any.

Only commands and polite requests count: questions about what the character can do, things that must not be done,
conditions, and what somebody else did are told apart, so that nothing happens that was not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Optional

from attrs import field, frozen

from ._arguments import bind, coerce, options_of, question_for
from ._clauses import plain, sentences
from ._text import gerund
from ._vocabulary import CONCEPTS, GAMES, IMPERATIVES, OPEN_VERBS, kind_of, name_words
from ._words import word_set
from .base import ActionSpec, ParameterSpec, Said

__all__ = ["Intent", "answer_to_question", "understand"]


@frozen
class Intent:
    """What a clause of the user's text wants of an action.

    ``perform`` it, ``ask`` for the missing ``parameter``, ``refuse`` as it must not be done, ``explain`` as it is a
    question whether it could be done, or ``later`` as it comes with a condition.
    """

    kind: Literal["perform", "ask", "refuse", "explain", "later"]
    action: ActionSpec
    arguments: Mapping[str, Any] = field(factory=dict)
    parameter: Optional[ParameterSpec] = None
    #: what the character says it does: "turning on the lights"
    doing: str = ""
    concept: str = ""


_LEADS = re.compile(
    r"(?:hello|hi|hey|ok|okay|so|now|well|then|and|but|oh|yes|yeah|sure|alright|all right|great|good|please|"
    r"thanks|thank you|"
    r"just|also|actually|quick(?:ly)?|next|first|afterwards|after that|finally|no|wait|kindly|right)(?:[,!.]? |, ?)",
    re.I,
)
_REQUEST = re.compile(
    r"(?:could|would|will|can|won't|can't|couldn't) you (?:please |kindly |just |maybe |also |perhaps "
    r")*(?!be\b|have\b|like\b|mind\b|ever\b|really\b)"
    r"|why don't you |would you mind |do you mind |"
    r"i(?:'d| would) (?:like|love|want) (?:for )?you to |i (?:want|need) you to |you (?:should|must|may|can|"
    r"could) (?:please )?|"
    r"be so kind (?:as )?to |feel free to |go ahead and |let's |let us |shall we |can we |could we |may we |"
    r"how about (?:we |you )?|what about |do me a favou?r and |don't forget to |remember to |please |"
    r"i(?:'d| would) like to (?=go|see|visit|hear|watch|listen)|i(?:'d| would) love to (?=go|see|visit|hear|"
    r"watch|listen)|"
    r"i (?:want|wanna|need) (?:to )?(?=go |get to |see |visit |hear |watch |listen )|"
    r"(?:can|could|may) i (?:please )?(?=go|see|visit|hear|watch|listen|have some)|i want (?=the |some )|"
    r"let me (?=see|hear|go)",
    re.I,
)
_CAN = re.compile(r"(?:can|can't|could we|can we) ", re.I)
_ABILITY = re.compile(
    r"(?:are you (?:able|allowed) to|do you know how to|is it possible (?:for you )?to|can one|could one|do you ever|"
    r"would you be able to|have you the ability to|do you have the ability to) ",
    re.I,
)
_NEGATION = re.compile(
    r"(?:(?:please )?(?:don't|do not|never|dont)(?: ever| you dare(?: to)?)?|(?:there's |there is )?no need "
    r"to|you (?:don't|do not) (?:have|need) to|"
    r"you (?:mustn't|must not|shouldn't|should not|can't|cannot|needn't)|i(?: really)? (?:don't|do not) "
    r"(?:want|need)(?: you)? to|"
    r"i(?:'d| would) rather (?:you didn't|not)|not|without|instead of|stop|please stop|under no "
    r"circumstances|let's not|"
    r"i never (?:asked|wanted|told) you to|i didn't (?:ask|want|tell)(?: you)? to) ",
    re.I,
)
_POSITIVE = re.compile(r"(?:please )?(?:don't|do not|never) (?:forget|hesitate|fail) to ", re.I)
_QUESTION = re.compile(
    r"(?:what|what's|who|where|when|why|which|how|do|does|did|is|are|was|were|have|has|had|should|am|isn't|"
    r"aren't|may)\b",
    re.I,
)
_CONDITION = re.compile(
    r"\b(?:if|unless|when|whenever|once|as soon as|until|in case|every time)\b(?! you (?:can|could|please|"
    r"don't|would|want|like|are ready|have))"
    r"|\b(?:tomorrow|tonight|later|next (?:week|month|year|time)|someday|one day)\b",
    re.I,
)
_STORY = re.compile(r"\b(?:pretend|imagine|suppose|story|joke|poem|song about|said|says|told)\b", re.I)
_CUT = re.compile(
    r"(?:,? (?:and then|then|and also|and|but|also) |[,;] ?)(?=(?:please |also |don't |do not |can you |"
    r"could you )?(?P<verb>[a-z]+))",
    re.I,
)
_ME = frozenset({"me", "us"})
_PARTICLES = frozenset({"on", "off", "up", "down", "out"})
_SWAP = {
    "me": "you", "my": "your", "mine": "yours", "i": "you", "us": "us", "your": "my", "you": "me", "yours": "mine",
    "myself": "yourself", "yourself": "myself", "am": "are",
}  # fmt: skip
_STOPWORDS = word_set("""
    the a an to of in on at for and or with by from into as is are be it its this that user user's character one
    of all some any given when if their them they will can current your my me you something
""")


@frozen
class _Reading:
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


def _read(action: ActionSpec) -> _Reading:
    words = name_words(action.name)
    particles = frozenset(word for word in words if word in _PARTICLES)
    head = words[0] if words else ""
    verbs: set[str] = set()
    objects: set[str] = set()
    for index, word in enumerate(words):
        if word in _PARTICLES:
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
            hinted |= {word if word != "out" else "off" for word in said if word in _PARTICLES} or {"set"}
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
    return _Reading(
        action, tuple(words), frozenset(verbs), frozenset(hinted), frozenset(objects), frozenset(topics), particles
    )


def understand(text: str, actions: Sequence[ActionSpec]) -> list[Intent]:
    """What ``text`` wants of ``actions``, clause by clause, in order."""
    if not actions:
        return []
    readings = [_read(action) for action in actions]
    found: list[Intent] = []
    for body, mark in sentences(plain(text)[:4000]):
        if len(body) > 600 or _STORY.search(body[:40]):
            continue
        pending = _CONDITION.search(re.sub(r'"[^"]*"', "", body)) is not None
        for clause in _commands(body, readings):
            intent = _intent(clause, "?" in mark, pending, readings)
            if intent is not None and intent not in found:
                found.append(intent)
    return found[:8]


def _commands(body: str, readings: Sequence[_Reading]) -> list[str]:
    """Cut "turn on the lights and take me to the kitchen" in two."""
    names = {reading.words[0] for reading in readings if reading.words}
    pieces: list[str] = []
    start = 0
    for match in _CUT.finditer(body):
        before = body[start : match.start()]
        if before.count('"') % 2 or re.search(r"\b(?:saying|that says|: )", before):
            break
        verb = match["verb"].lower()
        if verb in IMPERATIVES or verb in names or verb in {"don", "do", "can", "could", "please"}:
            pieces.append(before)
            start = match.end()
    pieces.append(body[start:])
    return [piece.strip(" ,;") for piece in pieces if piece.strip(" ,;")]


def _strip(clause: str) -> str:
    for _ in range(5):
        match = _LEADS.match(clause)
        if not match:
            return clause
        clause = clause[match.end() :].lstrip(" ,")
    return clause


def _intent(clause: str, asked: bool, pending: bool, readings: Sequence[_Reading]) -> Optional[Intent]:
    polite = re.search(r"\bplease\b", clause, re.I) is not None
    clause = _strip(clause)
    # "Maya, turn on the lights": a vocative
    clause = re.sub(r"^[A-Z][\w'-]{1,20}, ", "", clause)
    clause = _strip(clause)
    positive = _POSITIVE.match(clause)
    if positive:
        clause = clause[positive.end() :]
    negated = None if positive else _NEGATION.match(clause)
    if negated:
        rest = clause[negated.end() :]
        stopping = re.match(r"(?:please )?stop ", clause, re.I)
        reading = _best(rest if not stopping else _infinitive(rest), readings)
        # "stop the music" is a command where there is an action for it
        if stopping:
            own = _best(clause, readings)
            if own is not None and own[1] & {"stop"}:
                return _perform(clause, own, readings)
        return Intent("refuse", reading[0].action, doing=_doing(rest)) if reading else None
    ability = _ABILITY.match(clause)
    if ability:
        reading = _best(clause[ability.end() :], readings)
        return Intent("explain", reading[0].action) if reading else None
    doubtful = _CAN.match(clause) is not None and not polite
    requested = False
    for _ in range(3):
        request = _REQUEST.match(clause)
        if not request or not request.end():
            break
        requested = True
        clause = _strip(clause[request.end() :])
    if re.match(r"(?:\w+ing)\b", clause) and requested:
        clause = _infinitive(clause)
    if not requested and (_QUESTION.match(clause) or (asked and not polite)):
        return None
    clause = re.sub(r"^(?:please|kindly|just|quickly|slowly|now|then|also|both) ", "", clause, flags=re.I)
    best = _best(clause, readings)
    if best is None:
        return None
    if pending:
        return Intent("later", best[0].action)
    intent = _perform(clause, best, readings)
    if doubtful and asked and not intent.arguments and not best[2]:
        return Intent("explain", best[0].action)
    return intent


def _perform(clause: str, best: tuple[_Reading, frozenset[str], bool], readings: Sequence[_Reading]) -> Intent:
    reading, meant, _ = best
    action = reading.action
    first = clause.split()[0].lower() if clause.split() else ""
    spent = [*reading.words, first, *(_PARTICLES if meant & {"on", "off", "up", "down"} else ())]
    spent += [word for word in clause.split()[1:2] if word.lower() in _ME or word.lower() in _PARTICLES]
    if meant & {"go"}:
        spent += ["go", "get", "over", "back", "way"]
    arguments = bind(action, clause, spent)
    doing = _doing(clause)
    concept = next(iter(sorted(meant)), "")
    for parameter in action.parameters:
        if parameter.required and parameter.name not in arguments:
            return Intent("ask", action, arguments, parameter, doing, concept)
    return Intent("perform", action, arguments, None, doing, concept)


def _infinitive(text: str) -> str:
    """ "turning on the lights" → "turn on the lights"."""
    word, _, rest = text.partition(" ")
    if not word.endswith("ing"):
        return text
    base = word[:-3]
    for verb in (base, base + "e", base[:-1]):
        if verb in IMPERATIVES:
            return f"{verb} {rest}".strip()
    return f"{base} {rest}".strip()


def _meaning(words: Sequence[str]) -> frozenset[str]:
    """The concepts of a command, from its verb and what goes with it."""
    if not words:
        return frozenset()
    first, second = words[0], words[1] if len(words) > 1 else ""
    rest = set(words[1:])
    to = bool(rest & {"to", "into", "towards", "home", "back", "there", "inside", "outside", "upstairs", "downstairs"})
    if first in {"turn", "switch", "put", "power", "shut", "flip", "make"}:
        found = {"off" if word == "out" else word for word in rest & _PARTICLES}
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
    if (
        first
        in {
            "take",
            "bring",
            "get",
            "lead",
            "drive",
            "walk",
            "guide",
            "show",
            "fly",
            "move",
            "transport",
            "run",
            "teleport",
        }
        and second in _ME
    ):
        if to:
            return frozenset({"go"})
        return frozenset({"fetch", "give"}) if first in {"bring", "get"} else _concepts(first) - {"pickup"}
    if first == "take":
        return (
            frozenset({"capture", "pickup"})
            if {kind_of(w) for w in rest} & {"photo", "screenshot"}
            else frozenset({"pickup"})
        )
    if first == "go":
        return frozenset() if second in {"on", "ahead", "away"} or not second else frozenset({"go"})
    if first in {"come"} and second in {"here", "to", "with", "closer", "over"}:
        return frozenset({"come", "follow"} if second == "with" else {"come"})
    if first in {"run", "move"}:
        return frozenset({"go", "start"} if to else {"start"} if first == "run" else frozenset())
    if first == "visit":
        return frozenset({"go"})
    if first in {"hear", "listen"}:
        return frozenset({"play"})
    if first in {"see"}:
        return frozenset({"show", "look", "go"})
    if first == "tell":
        return frozenset() if second in {"me", "us", "a", "about", ""} else frozenset({"send", "say"})
    if first in {"give", "do", "strike", "perform", "have"}:
        return frozenset({"give"} if first == "give" else set()) | frozenset({"*"})
    if first == "look" and second in {"for", "up"}:
        return frozenset({"search"})
    if first == "pick" and second == "up":
        return frozenset({"pickup"})
    return _concepts(first)


def _best(clause: str, readings: Sequence[_Reading]) -> Optional[tuple[_Reading, frozenset[str], bool]]:
    """The action that a command means, the concepts matched, and whether its object was said."""
    bare = re.sub(r'"[^"]*"', " ", clause)
    words = [word.lower().strip(".,:;!?()%") for word in bare.split()]
    words = [word for word in words if word]
    if not words:
        return None
    meant = _meaning(words)
    kinds = {kind_of(word) for word in words}
    text = f" {' '.join(words)} ".replace("_", " ")
    best: Optional[tuple[float, _Reading, frozenset[str], bool]] = None
    for reading in readings:
        scored = _score(reading, words, meant, kinds, text)
        if scored is not None and (best is None or scored[0] > best[0]):
            best = (scored[0], reading, scored[1], scored[2])
    return None if best is None else best[1:]


def _score(
    reading: _Reading, words: Sequence[str], meant: frozenset[str], kinds: set[str], text: str
) -> Optional[tuple[float, frozenset[str], bool]]:
    phrase = " ".join(reading.words)
    first = words[0]
    objects = reading.objects & kinds
    polarity = {"off" if word == "out" else word for word in words if word in _PARTICLES}
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


def _doing(clause: str) -> str:
    """ "take me to the kitchen" → "taking you to the kitchen"."""
    clause = re.sub(
        r"[ ,]*\b(?:please|for me|thanks|thank you|right now|now|will you|would you)\b(?=[ ,.!?]*$)",
        "",
        clause,
        flags=re.I,
    )
    words = re.sub(r"[<>\ufffc]", "", clause).strip(" .,!?").split()
    if not words or len(words) > 12 or words[0].lower() not in IMPERATIVES:
        return ""
    swapped = [_SWAP.get(word.lower(), word) for word in words[1:]]
    return " ".join([gerund(words[0].lower()), *swapped])


_NEVER_MIND = re.compile(r"(?:never ?mind|forget it|cancel|nothing|no|nope|nowhere|none|stop|leave it)\b", re.I)


def answer_to_question(text: str, history: Sequence[Said], actions: Sequence[ActionSpec]) -> Optional[Intent]:
    """ "The kitchen." after "Where to?": the action that waited for it, now complete (or asking for the next thing)."""
    if len(history) < 2 or history[-1].role != "assistant" or history[-2].role != "user" or "?" in text:
        return None
    asked = next(
        (i for i in understand(history[-2].content, actions) if i.kind == "ask" and i.parameter is not None), None
    )
    if asked is None or asked.parameter is None:
        return None
    if not history[-1].content.rstrip().endswith(question_for(asked.action, asked.parameter)):
        return None
    said = _strip(" ".join(plain(text).split())).strip(" .!,")
    if not said or _NEVER_MIND.match(said) or len(said) > 300:
        return None
    only = ActionSpec(asked.action.name, asked.action.description, (asked.parameter,))
    value: Any = bind(only, said, ()).get(asked.parameter.name)
    if value is None and not options_of(asked.parameter):
        value = coerce(asked.parameter, said)
    if value is None:
        return Intent("ask", asked.action, asked.arguments, asked.parameter, asked.doing, asked.concept)
    arguments = {**asked.arguments, asked.parameter.name: value}
    missing = next((p for p in asked.action.parameters if p.required and p.name not in arguments), None)
    return Intent("ask" if missing else "perform", asked.action, arguments, missing, "", asked.concept)
