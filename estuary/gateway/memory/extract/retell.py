"""A statement as a memory: a sentence about the user without a subject, which says by itself what it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .statements import Statement
from .voice import others, owned, sentence_case, third_person, tidy

__all__ = ["answering", "is_fragment", "question_of", "retell"]

#: A question is kept with its answer as far as it is short.
MOST_ASKED = 12
_FINITE = re.compile(
    r"\b(?:i|i'm|i've|i'd|i'll|we|we're|we've|he|she|they|it|it's|he's|she's|they're|that's|there's|"
    r"is|are|was|were|am|has|have|had|do|does|did|don't|doesn't|didn't|can|can't|will|won't|isn't|wasn't)\b",
    re.I,
)
_QUESTION = re.compile(r"[^.!?…\n]{3,200}\?")
_SENTENCE = re.compile(r"[^.!?…\n]{3,200}[.!…]?")
_LEAD = re.compile(r"^(?:(?:and|so|but|oh|well|ah|ooh|okay|ok|right|now),? )+", re.I)


def question_of(before: str) -> str:
    """The last question in what the character had said, or its last sentence where it asked none."""
    asked = _QUESTION.findall(before[-600:]) or _SENTENCE.findall(before[-300:])
    return _LEAD.sub("", asked[-1].strip(" \"'*-–—"), count=1) if asked else ""


def answering(said: Sequence[Statement], before: str) -> list[str]:
    """For each statement the question that it answers: the first of them does, as do those after mere fragments."""
    asked = question_of(before)
    found: list[str] = []
    for statement in said:
        found.append(asked)
        if not is_fragment(statement.text):
            asked = ""
    return found


def is_fragment(text: str) -> bool:
    """Whether it names something and says nothing of it: "lasagne", "mostly on Sundays"."""
    return _FINITE.search(text) is None


def retell(statement: Statement, asked: str = "", who: str = "") -> str:
    """What ``statement`` says, in the third person. ``asked`` is the question that a fragment answers, ``who`` the
    one that "he" or "she" stands for.

    >>> retell(Statement("my sister teaches maths", ""))
    'Sister teaches maths'
    >>> retell(Statement("about fifty", ""), "How many lessons have you had?")
    'About fifty (asked: How many lessons have you had?)'
    """
    text = statement.text
    content = third_person(text) or owned(text) or sentence_case(tidy(others(text)))
    if who:
        content = re.sub(r"^(?:he|she|they|it)(?='| )", who, content, count=1, flags=re.I)
    if statement.together and content:
        content = f"{content} with their {statement.together}"
    if asked.endswith("?") and content and is_fragment(text) and len(asked.split()) <= MOST_ASKED:
        content = f"{content} (asked: {sentence_case(asked)})"
    return content
