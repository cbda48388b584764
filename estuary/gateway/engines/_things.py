"""Reading what somebody likes, dislikes or calls their favourite."""

from __future__ import annotations

import re
from typing import Optional

from ._text import EDGE, cut, gerund, proper
from ._words import PAIRS, SCENERY, word_set

__all__ = ["read_things", "read_value"]

_NOT_THING = word_set("""
    it that this these those you him her them me us myself yourself himself herself everything nothing something
    anything everyone everybody someone nobody both neither either how what when where why who whoever if whether
    your his their its our my all some any no one being being-here it's that's him her so as too very much lots
    lot and or but not the a an to in on at of for with from by there here yours mine ours theirs well better more
    most everything's really also just about each such each-other another other others same i we he she they
""")
_NOT_INFINITIVE = word_set("""
    say admit bother break be think know see meet disappoint interrupt ask tell hear have get go imagine believe
    assume pretend complain point remind brag inform disagree sound seem burst order change book buy cancel
""")
_THE = re.compile(
    r"the (?:new |first |last |next |other |same |way|idea|look|sound|fact|thought|one|colou?r scheme)", re.I
)
_TRAILING = re.compile(
    r"(?: (?:a lot|a bit|very much|so much|too much|much|the most|the best|best|more than anything|most of all|"
    r"at all|either|dearly|sometimes|a little|especially|particularly|in particular|in general|generally|"
    r"to bits|to death|to pieces|since forever|as well|tho))+$",
    re.I,
)
_THING_TAIL = re.compile(
    r"[:;(]| (?:-|–|—) |\b(?:since|because|cause|when|whenever|where|which|who|that|while|although|though|"
    r"but|so (?!much)|if|"
    r"unless|until|till|except|especially|particularly|mostly|mainly|right now|at the moment|these days|"
    r"nowadays|anymore|"
    r"any more|any longer|by the way|btw|please|you know|i think|i guess|lol|haha|already|tbh|to be honest|even|just|"
    r"not|as (?:well|long|much|far)|too(?! much)|than|more than|actually|really|now|again|instead|and you|what about|"
    r"how about|thank you|thanks)\b|[,] (?:not|then|too|alice)\b",
    re.I,
)
_COMMAND = word_set("""
    turn switch set take tell show play open close stop start go come give bring let make put please can could
    will would do does did is are send call find search help remember forget navigate move lead guide say
""")


def _thing(text: str) -> Optional[str]:
    text = _TRAILING.sub("", text.strip(EDGE)).strip(EDGE)
    words = text.split()
    if not words or len(words) > 7 or len(text) > 60 or "\ufffc" in text:
        return None
    first = words[0].lower()
    if first == "to":
        if len(words) < 2 or words[1].lower() in _NOT_INFINITIVE or not words[1].isalpha():
            return None
        return " ".join([gerund(words[1].lower()), *words[2:]])
    if first in {"some", "any", "all"} and len(words) > 1 and words[1].lower() not in _NOT_THING:
        words, first = words[1:], words[1].lower()
        if words[0].lower() == "kinds" or words[0].lower() == "sorts":
            return None
    if first in {"a", "an"} and len(words) > 1:
        return " ".join(words)
    if first == "the":
        if len(words) < 2 or _THE.match(text):
            return None
        named = proper(words[1]) or words[1].lower() in SCENERY or words[-1].lower() in SCENERY
        return " ".join(words) if named or (len(words) > 3 and words[2] == "of") else None
    if first in _NOT_THING or not any(c.isalpha() for c in words[0]) or first.endswith(("n't", "'re", "'ll", "'d")):
        return None
    return " ".join(words)


def read_things(text: str) -> list[str]:
    """The things of a list: "jazz, old films and to cook" → ["jazz", "old films", "cooking"]."""
    match = _THING_TAIL.search(text)
    if match:
        text = text[: match.start()]
    text = text.strip(EDGE)
    for pair in PAIRS:
        if pair in text.lower():
            at = text.lower().index(pair)
            joined = text[at : at + len(pair)].replace(" ", "\u00a0")
            text = text[:at] + joined + text[at + len(pair) :]
    parts = [part.strip() for part in text.split(",")]
    last = re.split(r" (?:and|or|&) | ?\+ ?", parts[-1])
    closed = len(last) > 1 or re.match(r"(?:and|or|&) ", parts[-1]) is not None
    if len(parts) > 1 and not closed and not (len(parts) > 2 and all(len(part.split()) <= 2 for part in parts)):
        parts, last = parts[:1], re.split(r" (?:and|or|&) ", parts[0])
    found: list[str] = []
    for part in [*parts[:-1], *last]:
        part = re.sub(r"^(?:and|or|&|also|both) ", "", part.strip())
        words = part.split()
        if found and words and words[0].lower() in _COMMAND:
            break
        if found and found[0].endswith("ing") and words and words[0].lower() == "to":
            pass
        thing = _thing(part.replace("\u00a0", " "))
        if thing is None:
            break
        if thing not in found:
            found.append(thing)
    return found[:8]


def read_value(text: str) -> Optional[str]:
    """Any short value: what follows "my favourite food is"."""
    value = _TRAILING.sub("", cut(text, _THING_TAIL).partition(",")[0]).strip(EDGE)
    words = value.split()
    if words and words[0].lower() in {"probably", "definitely", "always", "still", "currently"}:
        words = words[1:]
    if not words or len(words) > 8 or len(value) > 60 or "\ufffc" in value:
        return None
    if words[0].lower() in _NOT_THING - {"the", "a", "an", "my", "all"} or words[0].lower() in {"unknown", "secret"}:
        return None
    return " ".join(words)
