"""From the first person to a sentence without a subject: "I live with my sister" → "Lives with their sister"."""

from __future__ import annotations

import re

from ...engines._words import word_set
from .clauses import is_past

__all__ = ["inflect", "others", "owned", "sentence_case", "third_person", "tidy"]

_BE = {"am": "is", "are": "is", "were": "was", "weren't": "wasn't", "aren't": "isn't", "ain't": "isn't"}
_HAVE = {"have": "has", "haven't": "hasn't", "do": "does", "don't": "doesn't", "go": "goes"}
_FIXED = word_set("""
    is was isn't wasn't has had hasn't hadn't does doesn't did didn't can can't cannot will won't would
    wouldn't could put couldn't should shouldn't must might may never no used
""")
_CONTRACTED = {"'m": "is", "'re": "is", "'ve": "has", "'ll": "will", "'d": "would"}
#: Words that only colour a statement, between subject and verb.
_FILLERS = word_set("""
    really also just absolutely totally still quite actually currently now honestly personally definitely
    kinda truly simply genuinely basically literally do certainly obviously mostly always usually recently
    finally already normally even both only once then probably happily originally seriously often sometimes
""")
_KEPT = word_set(
    "always usually recently finally mostly normally originally often sometimes still never just already only"
)
_PRONOUNS = {
    "my": "their",
    "our": "their",
    "me": "them",
    "us": "them",
    "mine": "theirs",
    "ours": "theirs",
    "myself": "themselves",
    "ourselves": "themselves",
    "i": "they",
    "we": "they",
    "i'm": "they're",
    "we're": "they're",
    "i've": "they've",
    "we've": "they've",
    "i'd": "they'd",
    "we'd": "they'd",
    "i'll": "they'll",
    "we'll": "they'll",
}
_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_SUBJECT = re.compile(
    r"(?:i|we)(?P<short>'(?:m|re|ve|ll|d))?(?: |$)|(?:my |our )[\w' -]{1,40}? and i |me and my \w+ ", re.I
)
_TAIL = re.compile(
    r"(?:[ ,]+(?:lol|haha|hehe|too|by the way|btw|you know|honestly|though|as well|to be honest|tbh|actually|"
    r"of course|i guess|i think|i mean|right now|currently|please|anyway|obviously|believe it or not|sorry|and|but|"
    r"so|because|or|yay|ugh|hooray|thanks|thank you|wow|now|really))+$",
    re.I,
)


_OWNER = re.compile(r"(?:my|our) ", re.I)


def inflect(verb: str) -> str:
    """The third person of a bare verb: "study" → "studies"."""
    lower = verb.lower()
    if lower in _BE or lower in _HAVE:
        return {**_BE, **_HAVE}[lower]
    if lower in _FIXED or is_past(lower):
        return lower
    if lower.endswith(("s", "x", "z", "ch", "sh", "o")):
        return lower + "es"
    if lower.endswith("y") and lower[-2:-1] not in "aeiou":
        return lower[:-1] + "ies"
    return lower + "s"


def others(text: str) -> str:
    """Words about oneself as words about somebody: "my job" → "their job"."""
    text = re.sub(r"\b([Ii]|[Ww]e) am\b", "they are", text)
    text = re.sub(r"\bI was\b", "they were", text, flags=re.I)
    return _WORD.sub(lambda match: _PRONOUNS.get(match[0].lower(), match[0]), text)


def tidy(text: str) -> str:
    """Without what trails after the point has been made, and not endlessly long."""
    text = _TAIL.sub("", text.strip(" ,;:-–—\"'(")).strip(" ,;:-–—\"'(")
    if text.count("(") != text.count(")"):
        text = text.replace("(", "").replace(")", "")
    if len(text) > 160:
        text = text[:160].rsplit(" ", 1)[0].rstrip(" ,;:")
    return text


def sentence_case(text: str) -> str:
    """With a capital in front."""
    return text[:1].upper() + text[1:]


def owned(text: str) -> str:
    """A sentence about something of one's own, without its "my": "my commute is long" → "Commute is long"."""
    return sentence_case(tidy(others(re.sub(r"^(?:my|our) ", "", text, flags=re.I)))) if _OWNER.match(text) else ""


def third_person(clause: str) -> str:
    """The predicate of a clause about "I" or "we", or nothing where the clause is about something else."""
    match = _SUBJECT.match(clause)
    if not match:
        return ""
    words = clause[match.end() :].split()
    short = (match["short"] or "").lower()
    kept: list[str] = []
    verb = ""
    if short:
        verb = _CONTRACTED[short]
        if short == "'ve" and len(words) > 1 and words[0].lower() == "got":
            words.pop(0)
        if short == "'d" and words and words[0].lower() in {"been", "gone", "had", "better"}:
            verb = "had"
    else:
        while words and words[0].lower().strip(",") in _FILLERS and len(words) > 1:
            if words[0].lower() == "do" and words[1].lower() not in {"really", "like", "love", "enjoy", "have", "live"}:
                break  # "I do yoga"
            word = words.pop(0).strip(",")
            if word.lower() in _KEPT:
                kept.append(word.lower())
        if not words:
            return ""
        if [word.lower() for word in words[:2]] == ["no", "longer"] and len(words) > 2:
            kept, words = [*kept, "no", "longer"], words[2:]
        if words[0].lower() == "never" and len(words) > 1:
            kept.append(words.pop(0).lower())
        verb = inflect(words.pop(0).strip(","))
    while words and words[0].lower() in _FILLERS - _KEPT - {"once", "then", "both", "do"}:
        words.pop(0)
    rest = others(" ".join(words))
    return sentence_case(tidy(" ".join([*kept, verb, rest]).strip()))
