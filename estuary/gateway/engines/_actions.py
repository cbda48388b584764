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
from ._matching import ME, PARTICLES, Match, Reading, matches, read_action
from ._text import gerund
from ._vocabulary import IMPERATIVES
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
    r"i(?:'d| would) (?:like|love|want) (?:for )?you to |i (?:want|need) you to |"
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
_IDIOM = re.compile(
    r"(?:move|go|come|hang|hold|carry|keep) (?:on|going)[.! ]*$|take (?:care|it easy|your time|a (?:seat|"
    r"break|look))\b|"
    r"give me a (?:second|minute|moment|break|hint)\b|(?:wait|hold on)\b|set (?:a (?:good|bad) example|"
    r"sail)\b|play it\b",
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
_SWAP = {
    "me": "you", "my": "your", "mine": "yours", "i": "you", "us": "us", "your": "my", "you": "me", "yours": "mine",
    "myself": "yourself", "yourself": "myself", "am": "are",
}  # fmt: skip


def understand(text: str, actions: Sequence[ActionSpec]) -> list[Intent]:
    """What ``text`` wants of ``actions``, clause by clause, in order."""
    if not actions:
        return []
    readings = [read_action(action) for action in actions]
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


def _commands(body: str, readings: Sequence[Reading]) -> list[str]:
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


def _intent(clause: str, asked: bool, pending: bool, readings: Sequence[Reading]) -> Optional[Intent]:
    polite = re.search(r"\bplease\b", clause, re.I) is not None
    # "Maya, turn on the lights": a vocative
    clause = _strip(re.sub(r"^[A-Z][\w'-]{1,20}, ", "", _strip(clause)))
    positive = _POSITIVE.match(clause)
    if positive:
        clause = clause[positive.end() :]
    elif _NEGATION.match(clause):
        return _negated(clause, readings)
    ability = _ABILITY.match(clause)
    if ability:
        could = matches(clause[ability.end() :], readings)
        return Intent("explain", could[0].reading.action) if could else None
    doubtful = asked and not polite and _CAN.match(clause) is not None
    requested = False
    for _ in range(3):
        request = _REQUEST.match(clause)
        if not request or not request.end():
            break
        requested = True
        clause = _strip(clause[request.end() :])
    if requested:
        clause = _infinitive(clause)
    elif _QUESTION.match(clause) or (asked and not polite):
        return None
    clause = re.sub(r"^(?:please|kindly|just|quickly|slowly|now|then|also|both) ", "", clause, flags=re.I)
    if _IDIOM.match(clause):
        return None
    found = matches(clause, readings)
    if not found:
        return None
    if pending:
        return Intent("later", found[0].reading.action)
    intent = _perform(clause, found[0])
    if doubtful and not intent.arguments and not found[0].named:
        return Intent("explain", intent.action)
    if intent.kind == "ask":
        # "move to the kitchen" is no move_to(x, y) where there is a navigate(target)
        rivals = (_perform(clause, rival) for rival in found[1:] if rival.score > found[0].score - 4)
        intent = next((rival for rival in rivals if rival.kind == "perform" and rival.arguments), intent)
    return intent


def _negated(clause: str, readings: Sequence[Reading]) -> Optional[Intent]:
    negation = _NEGATION.match(clause)
    rest = clause[negation.end() :] if negation else clause
    if re.match(r"(?:please )?stop ", clause, re.I):
        # "stop the music" is a command where there is an action for it
        own = next((match for match in matches(clause, readings) if "stop" in match.concepts), None)
        if own is not None:
            return _perform(clause, own)
        rest = _infinitive(rest)
    found = matches(rest, readings)
    return Intent("refuse", found[0].reading.action, doing=_doing(rest)) if found else None


def _perform(clause: str, match: Match) -> Intent:
    action = match.reading.action
    words = clause.split()
    spent = [*match.reading.words, *(words[:1]), *(PARTICLES if match.concepts & {"on", "off", "up", "down"} else ())]
    spent += [word for word in words[1:2] if word.lower() in ME or word.lower() in PARTICLES]
    if "go" in match.concepts:
        spent += ["go", "get", "over", "back", "way"]
    arguments = bind(action, clause, spent)
    concept = next(iter(sorted(match.concepts)), "")
    missing = next((p for p in action.parameters if p.required and p.name not in arguments), None)
    return Intent("ask" if missing else "perform", action, arguments, missing, _doing(clause), concept)


def _infinitive(text: str) -> str:
    """The verb of "turning on the lights" as a command: "turn on the lights"."""
    word, _, rest = text.partition(" ")
    if word.lower() in IMPERATIVES or not word.endswith("ing"):
        return text  # "bring" is as it should be
    base = word[:-3]
    verb = next((verb for verb in (base, base + "e", base[:-1]) if verb in IMPERATIVES), None)
    return text if verb is None else f"{verb} {rest}".strip()


def _doing(clause: str) -> str:
    """What the character says it does: "take me home" → "taking you home"."""
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
    """The action that "The kitchen." completes after "Where to?" (or that asks for the next thing)."""
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
