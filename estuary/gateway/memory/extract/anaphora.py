"""What "it", "them" and "both" stand for: "anything about space, I'm obsessed with it"."""

from __future__ import annotations

import re

from attrs import evolve

from .statements import Statement

__all__ = ["is_fragment", "resolve"]

_TASTE = re.compile(
    r"(?P<head>(?:i|we)(?:'m| am|'re)? (?:(?:really|just|absolutely|also|so|totally|"
    r"completely|still|always) )*(?:love|like|hate|adore|enjoy|can't stand|don't like|"
    r"obsessed with|allergic to|into|crazy about|addicted to|fond of|mad about|terrified "
    r"of|scared of|afraid of|not into|not a fan of|a fan of)) "
    r"(?P<word>it|them|both|those|that|both of them|the lot)$",
    re.I,
)
_WITH_IT = re.compile(
    r"(?P<head>(?:i|we) (?:always|usually|only|never|normally) (?:have|drink|take|eat|"
    r"order|get|like)) (?:it|them|mine) (?P<rest>\w.*)$",
    re.I,
)
_FAVOURITE = re.compile(
    r"(?P<word>it's|that's|it is|they're) (?P<rest>my (?:absolute |all-time )?fav(?:ou?rite)\b.*)$", re.I
)
_WAS_FAVOURITE = re.compile(r"my (?P<favourite>fav(?:ou?rite) [\w ]{2,30}?) (?:used to be|was) ", re.I)
_NOW_IT_IS = re.compile(r"(?:now )?(?:it's|it is) (?:now )?(?P<new>[\w' -]{2,30}?)(?: now)?$", re.I)
_ALLERGIC = re.compile(r"(?:i|we)(?:'m| am) (?:so |really |very |terribly )?allergic$", re.I)
_OF = re.compile(r"\b(?:about|with|of|containing|like|in) (?P<thing>[\w' -]{2,40})$", re.I)
_NOUN = re.compile(r"\b(?:an?|some|any|another|more|the) (?P<thing>[\w-]{2,20})$", re.I)
_VERBAL = re.compile(
    r"\b(?:i|i'm|i've|we|you|he|she|they|it|it's|is|are|was|were|have|has|had|do|does|did|can|will|don't|not|no)\b",
    re.I,
)


def is_fragment(text: str) -> bool:
    """Whether it names something and says nothing of it: "lasagne"."""
    return bool(_thing(text))


def resolve(statement: Statement, said: str, fragment: str) -> Statement:
    """The statement with the word filled in from what was said just before, where it is plain."""
    text = statement.text
    if not said:
        return statement
    match = _TASTE.match(text)
    if match:
        thing = _thing(said) or _thing(fragment)
        if thing:
            things = re.sub(r" or ", " and ", thing)
            return evolve(statement, text=f"{match['head']} {things}")
    match = _WITH_IT.match(text)
    if match:
        thing = _thing(said) or _thing(fragment)
        if thing:
            return evolve(statement, text=f"{match['head']} {thing} {match['rest']}")
    match = _FAVOURITE.match(text)
    if match:
        thing = _thing(said) or _thing(fragment)
        if thing:
            rest = re.sub(r"^my (?:absolute |all-time )?", "my ", match["rest"], flags=re.I)
            return evolve(statement, text=f"{rest} is {thing}")
    past, now = _WAS_FAVOURITE.match(said), _NOW_IT_IS.match(text)
    if past and now:
        return evolve(statement, text=f"my {past['favourite']} is {now['new']}", corrective=True)
    if _ALLERGIC.match(text):
        noun = _NOUN.search(said)
        if noun:
            plural = noun["thing"] if noun["thing"].endswith("s") else noun["thing"] + "s"
            return evolve(statement, text=f"{text} to {plural}")
    return statement


def _thing(said: str) -> str:
    """The thing that a fragment names: "anything about space" → "space"."""
    of = _OF.search(said)
    if of and re.match(r"(?:anything|everything|nothing|something|all|stuff|things)\b", said, re.I):
        return of["thing"]
    if not _VERBAL.search(said) and 1 <= len(said.split()) <= 5:
        return said
    return ""
