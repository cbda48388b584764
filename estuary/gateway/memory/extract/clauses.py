"""The words of a sentence, and where in it a new clause begins: a new subject and its verb.

Linear in the sentence: words are looked at from left to right with a bounded look-ahead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrs import frozen

from ...engines._clauses import plain
from ...engines._words import word_set
from .words import BASE_VERBS, HABITS, IRREGULAR_PAST, NOT_PAST

__all__ = ["EDGE", "FIRST", "OPENERS", "UNREAL", "Word", "clauses", "elides_subject", "is_past", "text_of", "words_of"]

MAX_WORDS = 45


@frozen
class Word:
    text: str
    bare: str
    start: int
    end: int

    @property
    def ends_phrase(self) -> bool:
        return self.text[-1] in ",:;)—–" or self.text in {"-", "--"}


EDGE = " ,.:;!?\"'()[]-–—…*_~"
_WORD = re.compile(r"[^\s]+")
_CONJ = word_set("""
    and but so because cause 'cause since although though while whereas plus then yet which
""")
_ADVERBS = word_set("""
    also really actually now currently just then still personally even honestly usually normally always never
    recently lately sometimes often only finally already probably definitely apparently today yesterday
""")
_PRONOUNS = word_set("i we he she they it you this that there who these those")
_CONTRACTED = re.compile(r"(?:i|we|he|she|they|it|you|that|there|who|what|where|how|here)'(?:m|s|re|ve|d|ll)$")
_POSSESSIVE = word_set("my our his her their your")
_ASKING = word_set("""
    what who where when why which how do does did are is can could would will
""")
_FINITE = word_set("""
    is are was were has have had does do did will can can't won't isn't aren't wasn't weren't doesn't don't
    didn't hasn't haven't lives live works work loves love hates hate likes like plays play makes goes got
    went came died passed says said thinks wants needs comes keeps runs speaks studies teaches owns turned
    moved just
""")
_OTHERS = word_set("people everyone everybody nobody somebody someone friends")
UNREAL = re.compile(
    r"\b(?:(?<!moved )(?<!relocated )(?<!back )(?<!used )(?<!going )to|want|would|could|"
    r"should|might|may|must|hope|if)\b"
    r"|'d\b",
    re.I,
)
FIRST = re.compile(r"(?:i|we|i'm|i've|we're|we've|i'd|i'll|we'll)\b", re.I)


def is_past(word: str) -> bool:
    """Whether a verb, in lower case, is in the past: "went", "visited"."""
    return word in IRREGULAR_PAST or (len(word) > 3 and word.endswith("ed") and word not in NOT_PAST)


def words_of(text: str, start: int, end: int) -> list[Word]:
    found = []
    for match in _WORD.finditer(text, start, end):
        word = match[0]
        bare = word.strip(EDGE).lower()
        if bare in _RESTORED:
            word, bare = word.replace(word.strip(EDGE), _RESTORED[bare]), _RESTORED[bare].lower()
        elif bare.endswith("nt") or bare == "i":
            word = plain(word)
            bare = word.strip(EDGE).lower()
        found.append(Word(word, bare, match.start(), match.end()))
    return found


_RESTORED = {
    "im": "I'm",
    "ive": "I've",
    "hes": "he's",
    "shes": "she's",
    "theyre": "they're",
    "thats": "that's",
    "gonna": "going to",
    "wanna": "want to",
}


def text_of(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def clauses(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Cut a sentence where a new subject and its verb begin."""
    start = 0
    for index in range(1, len(words)):
        before = words[index - 1]
        joined = before.bare in _CONJ and index - 1 > start
        if not (joined or before.ends_phrase):
            continue
        if joined and index - 2 >= start and words[index - 2].bare in {"as", "even", "so"}:
            continue
        if joined and before.bare == "since" and any(word.bare in _PERFECT for word in words[start:index][-30:]):
            continue  # "I've supported them since I was six"
        if before.bare == "and" and words[index].bare == "i" and _is_couple(words, start, index - 1):
            continue
        if _begins(words, index, joined, start):
            # the conjunction belongs to neither
            end = index - 1 if joined else index
            if end > start:
                yield words[start:end][:MAX_WORDS]
            start = index
    if start < len(words):
        yield words[start:][:MAX_WORDS]


def _is_couple(words: Sequence[Word], start: int, end: int) -> bool:
    """Whether the words are one half of "my wife and I"."""
    return (
        start < end <= start + 4
        and words[start].bare in {"my", "our"}
        and not any(w.bare in _FINITE for w in words[start:end])
    )


_PERFECT = word_set("i've we've have has been she's he's they've")


def _begins(words: Sequence[Word], index: int, joined: bool, start: int) -> bool:
    at = index
    while at < len(words) and at < index + 2 and words[at].bare in _ADVERBS | _CONJ and words[at].bare != "never":
        at += 1
    if at >= len(words):
        return False
    word = words[at].bare
    following = words[at + 1].bare if at + 1 < len(words) else ""
    if _CONTRACTED.match(word):
        return True
    if word in {"i", "we"}:
        return bool(following) and following != "and"
    if word in {"he", "she", "they", "you", "it"}:
        return bool(following)
    if word in {"this", "that", "there", "these", "those"}:
        return following in _FINITE or following in {"makes", "made", "means"}
    if word in _ASKING:
        return not joined or following in _PRONOUNS or following in {"about", "your"}
    if word in {"please", "call", "remember"} and not joined:
        return True
    if word in _POSSESSIVE or word in {"the", "both", "all"}:
        return _has_verb(words, at + 1, joined)
    if word in _OTHERS:
        return following in _FINITE
    if words[at].text[:1].isupper() and (following in _FINITE or is_past(following)):
        return True
    if joined and words[index - 1].bare in {"and", "but"}:
        return _elided_verb(words, at, start)
    return False


def _has_verb(words: Sequence[Word], at: int, joined: bool) -> bool:
    """Whether a verb comes soon after "my …", so that it is a clause and not one more thing of a list."""
    for index in range(at, min(at + 7, len(words))):
        word = words[index]
        if index > at and (
            word.bare in _FINITE or word.bare in _THIRD or (is_past(word.bare) and word.bare not in {"used"})
        ):
            return word.bare not in {"work", "love", "like", "play", "live", "just"} or index + 1 < len(words)
        if (
            word.bare.endswith("'s")
            and index + 1 < len(words)
            and words[index + 1].bare
            in {
                "a",
                "an",
                "the",
                "called",
                "named",
                "not",
                "in",
                "very",
                "so",
                "getting",
                "coming",
                "really",
                "from",
                "name",
            }
        ):
            return True
        if word.ends_phrase and index > at + 1:
            return False
        if word.bare in {"and", "or", "but", "because"}:
            return False
    return False


_THIRD = frozenset(verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "z")) else "s") for verb in HABITS) - word_set(
    "works lives loves plays parks runs books"
)
OPENERS = word_set("""
    a an the my our as at for in on with to some two three it from by about every lots no not any each that
    this i'm both jazz all
""")
_ALWAYS_VERBS = word_set(
    "collect own speak teach knit sew write eat bake enjoy adore cycle volunteer coach wear commute study"
)


def _elided_verb(words: Sequence[Word], at: int, start: int) -> bool:
    """The subject is said once: "I live in Lyon and work as a nurse"."""
    first = words[start].bare
    if not FIRST.match(first) and not any(FIRST.match(word.bare) for word in words[start : start + 4]):
        return False
    if UNREAL.search(text_of(words[start : at - 1][-40:])):
        return False
    word = words[at].bare
    following = words[at + 1].bare if at + 1 < len(words) else ""
    if not following:
        return False
    if is_past(word) and word not in {"used"}:
        # "I was tired and stressed" is one state
        return word in IRREGULAR_PAST or following in OPENERS
    if word in {"work", "live"}:
        return following in {"as", "at", "for", "in", "with", "on", "from", "near"}
    if word in {"love", "hate", "like", "enjoy", "don't", "can't", "speak", "have", "am", "was", "absolutely", "adore"}:
        return True
    return word in _ALWAYS_VERBS or (word in BASE_VERBS and following in OPENERS)


def elides_subject(text: str) -> bool:
    first = text.split(" ", 1)[0].lower().strip(",") if text else ""
    return first in BASE_VERBS or is_past(first)
