"""What to say when nothing else fits: honest, friendly, and about what was said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Optional

from ._recall import join, user_name
from ._words import word_set

__all__ = ["fallback"]

Pick = Callable[[Sequence[str]], str]
Facts = Mapping[str, Sequence[str]]

_STOPWORDS = word_set("""
    a about after again all also am an and any are aren't as at be because been before being but by can can't
    could did didn't do does doesn't doing don't for from get got had has have having he her here hers him his how
    i i'd i'll i'm i've if in into is isn't it it's its just let like lot make me more most much my no not now of
    off on one or our out over please really say see she should so some something still such than that that's the
    their them then there these they thing things think this those to too today tomorrow up us very want was
    wasn't we well were what what's when where which while who whom whose why will with won't would yes you you're
    your yours tell know knows give go going gone went come came back hi hello hey ok okay maybe lately recently
    yesterday tonight ever never always often anything everything nothing someone quite pretty hmm oh ah lol think
    thinks thought believe guess mean means need needs try tried look looks feel feels been good bad nice
""")
_REFLECT = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself",
    "i'm": "you're", "i've": "you've", "i'd": "you'd",
    "i'll": "you'll", "am": "are", "we": "you", "us": "you", "our": "your", "we're": "you're", "we've": "you've",
    "you": "me", "your": "my", "yours": "mine", "you're": "I'm",
}  # fmt: skip


def _reflected(text: str) -> Optional[str]:
    """ "I went to my aunt's" → "you went to your aunt's", for short plain statements."""
    sentence = re.split(r"(?<=[.!?])\s", " ".join(text.replace("’", "'").split()), maxsplit=1)[0].strip(" .!…")
    words = sentence.split()
    if (
        not 3 <= len(words) <= 12
        or not re.match(r"(?:i|i'm|i've|we|we're|we've)$", words[0], re.I)
        or re.search(r"[<>\"?]", sentence)
    ):
        return None
    lowered = [word.lower() for word in words]
    # two people in one sentence, or "was" after "I": beyond a word-by-word turn
    if {"you", "your", "yours"} & set(lowered) or re.search(
        r"\b(?:think|believe|guess|wonder|want|hope|wish)\b", sentence, re.I
    ):
        return None
    turned = [_REFLECT.get(low.strip(","), word) for low, word in zip(lowered, words)]
    return re.sub(r"^you was\b", "you were", " ".join(turned))


def _topic(text: str) -> str:
    """The longest run of words that carry meaning."""
    clean = "".join(
        " " if (ch in '<>{}[]"\ufffc' or not ch.isprintable()) else ch for ch in text[:600].replace("’", "'")
    )
    best: list[str] = []
    for run in re.split(r"[.,;:!?()\n]+", clean):
        current: list[str] = []
        for word in [*run.split(), "the"]:
            carries = word.lower() not in _STOPWORDS and any(c.isalpha() for c in word) and len(word) <= 30
            if carries and len(current) < 4:
                current.append(word)
                continue
            if len(" ".join(current)) > len(" ".join(best)):
                best = current
            current = [word] if carries else []
    return " ".join(best)


def fallback(text: str, facts: Facts, can: Sequence[str], commanded: bool, pick: Pick) -> str:
    """An honest and friendly answer to what wasn't understood."""
    name = user_name(facts)
    called = f", {name}" if name else ""
    if not any(c.isalnum() for c in text):
        return pick(("I'm here whenever you'd like to talk.", f"I'm listening{called}."))
    if commanded:
        able = f" What I can do is {join(list(can), 'or')}." if can else ""
        return pick((f"I'm afraid I can't do that.{able}", f"That's beyond me{called}, sorry.{able}"))
    topic = _topic(text)
    if text.rstrip().endswith("?"):
        if topic:
            return pick((
                f"I wish I knew more about {topic}. I'm only a simple companion; what do you think?",
                f"That's a good question{called}, but I don't know the answer.",
                f"I don't know much about {topic}, I'm afraid. What's your view?",
            ))  # fmt: skip
        return pick(
            ("I don't know, to be honest. What do you think?", f"That I can't say{called}. What would you guess?")
        )
    reflected = _reflected(text)
    if reflected:
        return pick(
            (
                f"So {reflected}. How was that for you?",
                f"I see, {reflected}. Tell me more!",
                f"So {reflected}. What happened then?",
            )
        )
    if topic and len(topic) > 2:
        return pick((
            f"Tell me more about {topic}.",
            f"I'd like to hear more about {topic}. What makes you think of it?",
            f"{topic[:1].upper()}{topic[1:]}? Go on, I'm listening.",
        ))  # fmt: skip
    return pick((f"Go on{called}, I'm listening.", "Tell me more.", "I see. What makes you say that?"))
