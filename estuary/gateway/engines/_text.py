"""Small helpers on words that every reader of values needs."""

from __future__ import annotations

import re

from ._words import word_set

__all__ = ["EDGE", "TAIL", "capitalise", "cut", "gerund", "proper"]

#: What may surround a value and is no part of it; the last is the mark that stands for something hidden.
EDGE = " ,.:;!?\"'()[]-–—\ufffc"

#: A value ends before one of these.
TAIL = re.compile(
    r"[,:;(]| (?:-|–|—) |\b(?:with|since|for|because|cause|when|whenever|where|which|who|that|while|"
    r"although|though|but|so|"
    r"if|unless|until|till|except|as (?:well|long|much|far)|now|nowadays|currently|right now|just now|at the moment|"
    r"these days|anymore|any more|any longer|too|again|by the way|btw|please|you know|i think|i guess|lol|haha|yet|"
    r"already|together|alone|everybody|everyone|before|after|than|once|then|instead|nice to meet|about|than|after all|"
    r"actually|really|to be honest|tbh|of course|obviously|not|recently|lately|yesterday|last (?:week|month|"
    r"year|summer|winter|"
    r"spring|autumn|night|weekend|monday|friday)|this (?:week|month|year|summer|winter|spring)|(?:a|an|two|"
    r"three|four|five|six|ten|\d{1,2}|"
    r"some|a few|several|many) (?:days?|weeks?|months?|years?) ago|in (?:the year )?(?:19|20)\d\d|all my "
    r"life|most of the time|permanently)\b",
    re.I,
)


def cut(text: str, tail: re.Pattern[str] = TAIL) -> str:
    match = tail.search(text)
    return (text[: match.start()] if match else text).strip(EDGE)


def proper(word: str) -> bool:
    """Begins like a name: with a capital, or in a script that has none."""
    return word[:1].isalpha() and not word[:1].islower()


def capitalise(word: str) -> str:
    """A name with its capitals: "o'brien" → "O'Brien". Mixed case is the owner's wish and stays."""
    if not (word.islower() or (word.isupper() and len(word) > 2)):
        return word
    parts = re.split(r"([-'])", word)
    return "".join(part[:1].upper() + part[1:].lower() for part in parts)


_DOUBLE = word_set("""
    swim run jog sit chat knit shop skip plan hug dig bet get put cut set win begin hit let quit rub slim drum hop
    nap clap grab jam rap skim spin tap tip trim wrap sunbathe
""") - {"sunbathe"}


def gerund(verb: str) -> str:
    """The -ing form: "swim" → "swimming", "bake" → "baking"."""
    if verb in _DOUBLE:
        return verb + verb[-1] + "ing"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and verb != "be":
        return verb[:-1] + "ing"
    return verb + "ing"
