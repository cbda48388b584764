"""A statement as a memory: a sentence about the user without a subject, which says by itself what it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .statements import Statement
from .voice import others, owned, sentence_case, third_person, tidy

__all__ = ["agrees", "answering", "asks_for_value", "is_fragment", "question_of", "retell"]

#: A question is kept with its answer as far as it is short.
MOST_ASKED = 12
_FINITE = re.compile(
    r"\b(?:i|i'm|i've|i'd|i'll|we|we're|we've|he|she|they|it|it's|he's|she's|they're|that's|there's|"
    r"is|are|was|were|am|has|have|had|do|does|did|don't|doesn't|didn't|can|can't|will|won't|isn't|wasn't)\b",
    re.I,
)
_AGREES = re.compile(
    r"(?:i|we|it|that|this|he|she|they)(?:'s|'m|'re| (?:am|is|are|do|does|did|have|has|was|were|can|could|will|would))"
    r"(?:n't| not)?(?: (?:right|true|correct|indeed|so))?",
    re.I,
)
_QUESTION = re.compile(r"[^.!?…\n]{3,200}\?")
_SENTENCE = re.compile(r"[^.!?…\n]{3,200}[.!…]?")
_LEAD = re.compile(r"^(?:(?:and|so|but|oh|well|ah|ooh|okay|ok|right|now),? )+", re.I)


def question_of(before: str) -> str:
    """The last question in what the character had said, or its last sentence where it asked none."""
    asked = _QUESTION.findall(before[-600:]) or _SENTENCE.findall(before[-300:])
    return _LEAD.sub("", asked[-1].strip(" \"'*-–—"), count=1) if asked else ""


#: questions that are answered by a name, a place, a trade, a firm, an age or a date
_FOR_VALUE = re.compile(
    r"\b(?:your (?:full |first )?name|(?:should|shall|can|may|do) i call you|who (?:are you|am i (?:talking|speaking))|"
    r"(?:are you|people|they|friends|everyone) call(?:ed| you)|do you go by|and you are)\b|^(?:and )?name\?|"
    r"\bwhere (?:do|are|did|were|abouts (?:do|are)) you (?:live|living|based|from|originally|come|grow|born|work)|"
    r"\b(?:what|which) (?:city|town|country|company)\b|\bwhere(?:'s| is) home\b|\bwhereabouts\b|"
    r"\byour (?:job|profession|occupation|trade|age|birthday)\b|\bdo you do for (?:a living|work)\b|"
    r"\b(?:kind|line) of work\b|\bwho do you work for\b|\bhow old are you\b|\bwhen were you born\b",
    re.I,
)


def asks_for_value(question: str) -> bool:
    """Whether it asks for one core fact and nothing else. An answer without that says nothing of the user.

    >>> asks_for_value("What should I call you?"), asks_for_value("How was your day?")
    (True, False)
    """
    return _FOR_VALUE.search(question) is not None


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
    """Whether it names something and says nothing of it: "lasagne", "mostly on Sundays"; or only agrees: "it is"."""
    return _FINITE.search(text) is None or agrees(text)


def agrees(text: str) -> bool:
    """Whether it says that something is so or not, and not what: "I do", "that's right"."""
    return _AGREES.fullmatch(text) is not None


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
