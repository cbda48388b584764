"""Answers that lean on a question: "Alice" after "What's your name?", "Two dogs" after "Any pets?"."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Optional

from attrs import evolve

from ...engines._clauses import plain, sentences, strip_leads
from ...engines._numbers import read_age, read_birthday
from ...engines._things import read_things
from ...engines._values import read_employer, read_job, read_languages, read_name, read_place
from .statements import Statement, statements

__all__ = ["complete"]

_Build = Callable[[str], Optional[str]]


def _name(answer: str) -> Optional[str]:
    name = read_name(answer, loose=len(answer.split()) == 1)
    return f"my name is {name}" if name else None


def _home(answer: str) -> Optional[str]:
    place = read_place(re.sub(r"^(?:in|near) ", "", answer, flags=re.I), loose=len(answer.split()) <= 2)
    return f"I live in {place}" if place else None


def _origin(answer: str) -> Optional[str]:
    place = read_place(re.sub(r"^(?:in|from|near) ", "", answer, flags=re.I), loose=len(answer.split()) <= 2)
    return f"I'm from {place}" if place else None


def _job(answer: str) -> Optional[str]:
    job = read_job(answer)
    if job:
        return f"I work as {'an' if job[0] in 'aeiou' else 'a'} {answer.split(' ', 1)[1] if re.match('an? ', answer) else answer}"
    match = re.match(r"(?:for|at) ", answer, re.I)
    if match and read_employer(answer[match.end() :]):
        return f"I work {answer}"
    return None


def _employer(answer: str) -> Optional[str]:
    name = re.sub(r"^(?:for|at) ", "", answer, flags=re.I)
    return f"I work at {name}" if read_employer(name) else None


def _age(answer: str) -> Optional[str]:
    years = read_age(answer, sure=True)
    return f"I'm {years} years old" if years else None


def _birthday(answer: str) -> Optional[str]:
    day = read_birthday(answer) or read_birthday(f"in {answer}")
    return f"my birthday is {'' if ' ' in day else 'in '}{day}" if day else None


def _pets(answer: str) -> Optional[str]:
    if re.match(r"(?:an?|one|two|three|four|five|\d) ", answer, re.I):
        return f"I have {answer}"
    if re.match(r"my (?:\w+ ){0,2}(?:dog|cat|rabbit|hamster)", answer, re.I):
        return answer
    return None


def _family(answer: str) -> Optional[str]:
    return f"I have {answer}" if re.match(r"(?:an?|one|two|three|four|five|\d) ", answer, re.I) else None


def _languages(answer: str) -> Optional[str]:
    return f"I speak {answer}" if read_languages(answer) else None


def _likes(answer: str) -> Optional[str]:
    answer = re.sub(r"^to ", "", answer)
    things = read_things(answer)
    if not things or re.match(
        r"(?:it|i|not|nothing|no|none|yes|maybe|depends|well|good|great|lots|many|all|anything|everything)\b",
        answer,
        re.I,
    ):
        return None
    return f"I like {answer}"


def _allergy(answer: str) -> Optional[str]:
    answer = re.sub(r"^to ", "", answer)
    if re.match(r"(?:no|none|nothing|not|nope|i)\b", answer, re.I) or not read_things(answer):
        return None
    return f"I'm allergic to {answer}"


_ASKED: tuple[tuple[str, _Build], ...] = (
    (r"\b(?:your name|(?:should|shall|can|may|do) i call you|who (?:are you|am i talking|am i speaking))\b", _name),
    (r"\bwhere (?:do|are) you (?:live|living|based)|\bwhat city|\bwhere's home|\bwhere is home", _home),
    (r"\bwhere (?:are you (?:originally )?from|do you come from|did you grow up|were you born)", _origin),
    (
        r"\b(?:do you do(?: for (?:a living|work))?\??$|your (?:job|profession|occupation)|do you work as|kind of work|line of work)",
        _job,
    ),
    (r"\b(?:who do you work for|where do you work|what company)", _employer),
    (r"\b(?:how old are you|your age)\b", _age),
    (r"\b(?:when(?:'s| is) your birthday|when were you born)\b", _birthday),
    (r"\b(?:any|your|have) (?:\w+ )?(?:pets?|animals?)\b", _pets),
    (r"\b(?:any|have|got) (?:\w+ )?(?:siblings|brothers|sisters|kids|children|brothers or sisters|family)\b", _family),
    (r"\b(?:what|which|any other|other) languages?\b", _languages),
    (r"\ballerg(?:ies|ic|y)\b", _allergy),
    (
        r"\b(?:any hobbies|your hobbies|hobbies do you|do you (?:do|like to do|enjoy doing|like doing) (?:for fun|in your (?:free|spare) time|on weekends)|"
        r"what do you (?:like|enjoy|love)\b|what (?:are you into|are your interests)|what (?:kind|sort|type) of \w+ do you (?:like|enjoy|listen)|what music)",
        _likes,
    ),
)
_PATTERNS = [(re.compile(pattern, re.I), build) for pattern, build in _ASKED]
_FAVOURITE = re.compile(r"\b(?:your|a) fav(?:ou?rite) (?P<thing>[a-z]+(?: [a-z]+)?)", re.I)
_YES = re.compile(r"(?:yes|yeah|yep|yup|i do|sure|of course|i have)\b[,.! ]*", re.I)
_FULL = re.compile(
    r"(?:i|i'm|i've|we|my|our|he|she|they|you|what|why|how|who|where|when|do|does|did|is|are|can|could|would|will|let|please|that depends|none)\b(?! (?:dog|cat|two|name))",
    re.I,
)


def complete(text: str, before: str) -> Optional[Statement]:
    """The statement that a short answer stands for, with the answer as its source."""
    questions = [body for body, mark in sentences(plain(before[-600:])) if "?" in mark]
    told = [body for body, mark in sentences(plain(text[:200])) if "?" not in mark]
    if not questions or not told or text.strip().endswith("?"):
        return None
    answer = strip_leads(_YES.sub("", told[0]))
    if not answer and len(told) > 1:
        answer = strip_leads(told[1])
    answer = re.sub(
        r"^(?:it's|it is|that's|that would be|just|probably|definitely|mostly|mainly|um|uh|oh|,) ",
        "",
        answer,
        flags=re.I,
    ).strip(" ,")
    if not answer or len(answer.split()) > 14 or _FULL.match(answer):
        return None
    question = questions[-1]
    favourite = _FAVOURITE.search(question)
    if favourite:
        thing = favourite["thing"]
        sentence: Optional[str] = f"my favourite {thing} is {answer}" if len(answer.split()) <= 6 else None
        return _statement(sentence, told[0])
    for pattern, build in _PATTERNS:
        if pattern.search(question):
            return _statement(build(answer), told[0])
    return None


def _statement(sentence: Optional[str], quote: str) -> Optional[Statement]:
    if not sentence:
        return None
    read = statements(sentence)
    return evolve(read[0], quote=quote) if read else None
