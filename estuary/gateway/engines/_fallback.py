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
    actually anyway basically certainly definitely finally honestly hopefully kind literally luckily maybe obviously
    perhaps probably quite rather seriously sort suddenly unfortunately yeah yep okay ok
    a about after again all also am an and any are aren't as at be because been before being but by can can't
    could did didn't do does doesn't doing don't for from get got had has have having he her here hers him his how
    i i'd i'll i'm i've if in into is isn't it it's its just let like lot make me more most much my no not now of
    off on one or our out over please really say see she should so some something still such than that that's the
    their them then there these they thing things think this those to too today tomorrow up us very want was
    wasn't we well were what what's when where which while who whom whose why will with won't would yes you you're
    your yours tell know knows give go going gone went come came back hi hello hey ok okay maybe lately recently
    yesterday tonight ever never always often anything everything nothing someone quite pretty hmm oh ah lol think
    thinks thought believe guess mean means need needs try tried look looks feel feels been good bad nice
    sometimes soon later once
""")
_REFLECT = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself",
    "i'm": "you're", "i've": "you've", "i'd": "you'd",
    "i'll": "you'll", "am": "are", "we": "you", "us": "you", "our": "your", "we're": "you're", "we've": "you've",
    "you": "me", "your": "my", "yours": "mine", "you're": "I'm",
}  # fmt: skip


def _reflected(text: str) -> Optional[str]:
    """Short plain statements turned round: "I went to my aunt's" → "you went to your aunt's"."""
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


#: A noun begins after one of these…
_BEFORE_NOUN = word_set("""
    the a an my our your his her their this these those about of with from in at for on some any more another
""")
#: … and is shown with these.
_SHOWN = word_set("the my our his her their this these those")


def _topic(text: str) -> str:
    """What a text is about: its subject, or else the longest noun-like run of words; nothing when in doubt."""
    clean = "".join(
        " " if (ch in '<>{}[]"\ufffc' or not ch.isprintable()) else ch for ch in text[:600].replace("’", "'")
    )
    best: list[str] = []
    for sentence in re.split(r"[.,;:!?()\n]+", clean):
        words = sentence.split()
        for index, word in enumerate(words):
            before = words[index - 1].lower() if index else ""
            begins = index == 0 or before in _BEFORE_NOUN or word[:1].isupper()
            if not begins or not _carries(word):
                continue
            run: list[str] = []
            for following in words[index : index + 3]:
                if not _carries(following) or (run and following.lower().endswith(("ed", "ing", "ly"))):
                    break
                run.append(following)
            if before in _SHOWN:
                run.insert(0, _REFLECT.get(before, before))
            if index < 2 and len(words) > len(run) + 1 and before in _SHOWN | {""}:
                return " ".join(run)  # "The train | was late again"
            if len(" ".join(run)) > len(" ".join(best)):
                best = run
    return " ".join(best)


def _carries(word: str) -> bool:
    return word.lower() not in _STOPWORDS and any(c.isalpha() for c in word) and len(word) <= 30


def _is_english(text: str) -> bool:
    """Whether anything in it looks like English; short texts get the benefit of the doubt."""
    letters = [c for c in text[:600] if c.isalpha()]
    if letters and sum(c.isascii() for c in letters) < len(letters) / 2:
        return False
    words = re.findall(r"[\w']+", text[:600].lower().replace("’", "'"))
    return len(words) < 4 or any(word in _ENGLISH for word in words)


_ENGLISH = (_STOPWORDS | frozenset({"i", "a"})) - word_set("""
    am an are be do does go has her here him in is it its let like man me on or so the to was we will no not now say see
""") | word_set("the is are was it to me has here we like will like does")


def fallback(text: str, facts: Facts, can: Sequence[str], commanded: bool, pick: Pick) -> str:
    """An honest and friendly answer to what wasn't understood. ``can``: what the character can do."""
    name = user_name(facts)
    called = f", {name}" if name else ""
    able = f" What I can do is {join(list(can), 'or')}." if can else ""
    if not any(c.isalnum() for c in text):
        return pick(("I'm here whenever you'd like to talk.", f"I'm listening{called}."))
    if not _is_english(text):
        return "I'm sorry, English is the only language that I understand. With a chat model I'd know more of them."
    if commanded:
        return pick((f"I'm afraid I can't do that.{able}", f"That's beyond me{called}, sorry.{able}"))
    if text.rstrip().endswith("?"):
        return _to_question(" ".join(text.split())[:300], called, able, pick)
    reflected = _reflected(text)
    if reflected:
        return pick(
            (
                f"So {reflected}. How was that for you?",
                f"I see, {reflected}. Tell me more!",
                f"So {reflected}. What happened then?",
            )
        )
    topic = _topic(text)
    if len(topic) > 2:
        return pick(
            (
                f"Tell me more about {topic}.",
                f"I'd like to hear more about {topic}.",
                f"{topic[:1].upper()}{topic[1:]}? Go on, I'm listening.",
            )
        )
    return pick((f"Go on{called}, I'm listening.", "Tell me more.", "I see. What makes you say that?"))


def _to_question(text: str, called: str, able: str, pick: Pick) -> str:
    if re.match(r"(?:can|could|will|would) you\b|are you able\b|do you know how\b", text, re.I):
        return pick((f"I'm afraid I can't{called}.{able}", f"That is beyond me, sorry.{able}"))
    how = re.match(r"how (?:do|can|could|should|would) (?:i|you|we|one) ([\w' -]{2,60})\?$", text, re.I)
    if how:
        done = " ".join(_REFLECT.get(word.lower(), word) for word in how[1].split())
        return f"I wish I knew how to {done}, but I'm only a simple companion."
    topic = _topic(re.sub(r"^(?:what|who|where|when|why|which|how)(?:'s| is| are| was| were)? ", "", text, flags=re.I))
    if len(topic) > 2:
        return pick(
            (
                f"I wish I knew more about {topic}. I'm only a simple companion; what do you think?",
                f"That's a good question{called}, but I don't know the answer.",
                f"I don't know much about {topic}, I'm afraid. What's your view?",
            )
        )
    return pick(("I don't know, to be honest. What do you think?", f"That I can't say{called}. What would you guess?"))
