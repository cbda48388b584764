"""What speaks against taking a clause at its word: questions, hypotheses, hearsay, tales, jokes and irony."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...engines._clauses import strip_leads
from ...engines._words import word_set
from .clauses import EDGE, Word, text_of

__all__ = ["Doubts", "begins_tale", "is_joke", "is_mere_no", "is_not_the_user_s", "takes_back", "without_laughter"]

_LAST_QUESTION = re.compile(
    r"(?:and |but |so )?(?:what|who|where|when|why|which|how|do|does|did|don't|can|could|would|will|are|is|have|has|"
    r"should|shall|may|you|your|yours|any|isn't|aren't|right|correct|remember|ok|okay|know)\b",
    re.I,
)
#: A question about one's own statement leaves it open: "I live in Lyon, right?".
_TAG = re.compile(
    r"(?:and |or )?(?:(?:is|are|do|does|did|am|was|were|have|has|will|would|can)(?:n't)? (?:it|i|we|that|not)$"
    r"|right$|correct$|remember$|no$|yes$|true$|did i tell you|do you (?:remember|believe|think)\b)",
    re.I,
)
_CONDITION = re.compile(
    r"\b(?:if|unless)\b(?! (?:you must|you don't mind|you like|that helps|you want to "
    r"know|you're ever|you ever|you're interested|you can believe|you can call it|i'm "
    r"honest|i'm being honest))"
    r"|\b(?:imagine|suppose|supposing|hypothetically|pretend|pretending|as though|what if|wish|wished)\b",
    re.I,
)
#: After these in the same sentence others speak, or a tale is told.
_REPORTED = re.compile(
    r"\b(?:says|said|saying|asked|asks|claims|claimed|believes|believed|replied|answered|shouted|whispered|thinks|"
    r"heard|wrote that|told|tells|sings|sang|goes like|in (?:the|a|my|this|that|our) (?:story|stories|novel|book|tale|"
    r"poem|song|film|movie|script|game|dream|dreams|parallel|campaign|play|show|series|lyrics?|scene|chapter)|"
    r"(?:had|have) (?:a|this|the) (?:\w+ )?(?:dream|nightmare)|dreamed|dreamt|dreamed of|my character|once upon|"
    r"for example|for instance|sarcasm|ironically|maybe|perhaps|possibly|translate|repeat|lyrics?)\b",
    re.I,
)
_MINE = re.compile(r"(?:^|[ ,])(?:as |like )?i(?: already| just)? (?:said|told you|mentioned)\b", re.I)
_UNTRUE = re.compile(
    r"\b(?:not true|isn't true|a lie|false) that\b|\bi (?:don't|do not) (?:think|believe|suppose) (?!in\b)|"
    r"\bi (?:doubt|guess not)\b|\bwho (?:says|said)\b",
    re.I,
)
_HEARSAY = re.compile(
    r"^(?:the |a |some |my |your |this )?(?:people|everyone|everybody|saying|proverb|ad|"
    r"sign|article|guy|man|woman|sticker|"
    r"mug|shirt|t-shirt|headline|lyrics?|line|quote)\b(?! (?:all |just |mostly |usually )*calls? me )",
    re.I,
)
_FICTION = re.compile(
    r"(?:(?:hi|hello|hey|ok|okay|so|now|please|well|let's|lets|let us|can you|could you|can we|for a moment|you) ?,? ?)"
    r"{0,3}(?:pretend|imagine|suppose|say (?:that )?i|role ?-?play|act as|act like|what if|make believe|play a game|"
    r"let's play|you be the|you're a |once upon a time)\b",
    re.I,
)
_ROLE = re.compile(r"\*[^*]{1,200}\*|\bin[- ]character\b|\bi'll be the \w+ and you\b", re.I)
_DICTATION = re.compile(
    r"(?:(?:hi|hello|hey|please|now|ok|can you|could you|would you|will you) ?,? ?){0,3}"
    r"(?:say|repeat|translate|write|spell|recite|sing|summari[sz]e|rewrite|paraphrase|proofread|type|"
    r"how (?:do|would|can) (?:you|i|we) say|what does|correct (?:this|my)|write down)\b(?!,)",
    re.I,
)
#: said by themselves, these take back what was said before, in whatever sentence; a "lol" only its own
_RETRACTION = (
    r"kidding|jk|j/k|april fools?|i lied|i'm lying|i made that up|pulling your leg|yeah right|as if|obviously not"
)
_JOKE = re.compile(
    r"\b(?:(?:just|only|i'm|i am|i was|was|totally) (?:joking|messing with you|teasing|making that up)|"
    rf"in my dreams|that was a (?:joke|lie)|that's a (?:joke|lie)|sarcasm|{_RETRACTION})\b|"
    r"(?:^| )/s\b|[;:]-?P\b|[😜😝🤪🙃]",
    re.I,
)
_TAKEN_BACK = re.compile(
    rf"\b(?:joking|messing with you|teasing|making that up|was a (?:joke|lie)|{_RETRACTION})\b", re.I
)
#: Laughter goes with what is true as well; with these it does not.
_LAUGHTER = re.compile(r"\b(?:lol|lmao|rofl|lmfao)\b|[😂🤣]", re.I)
_FANTASTIC = re.compile(
    r"\b(?:mars|moon|venus|narnia|hogwarts|queen|king|president|pope|emperor|batman|superman|spider-?man|god|dragon|"
    r"unicorn|vampire|alien|martian|wizard|witch|ninja|spy|pirate|million|billion|millionaire|billionaire|\d{3,} years|"
    r"dead|die|dying|died|kill\w*|married to|space|clearly|obviously|robot|ghost|zombie|immortal|genius|world|"
    r"rockstar|supermodel|prince|princess|royal|sold my soul|potato|goblin|gremlin)\b",
    re.I,
)
_NOT = re.compile(r"(?:not|not really|nope|psych|false)$", re.I)
_IRONY = re.compile(
    r"\bi'm (?:basically|literally|practically|officially|essentially|clearly|apparently|"
    r"like) an? |\bas (?:you|we) (?:all )?know, i'm\b|"
    r"\b(?:could|can) (?:eat a horse|die)\b|\bdying to\b|\bstarving\b|\bmillion (?:times|years|things)\b|"
    r"\b(?:my|the) (?:evil )?(?:clone|alter ego)\b",
    re.I,
)
_LAUGHS = word_set("lol lmao rofl lmfao 😂 🤣 😂😂 🤣🤣")
_SIGNS = {"untrue": _UNTRUE, "ironic": _IRONY, "laughed": _LAUGHTER}


def is_not_the_user_s(text: str) -> bool:
    """Whether nothing in the whole of ``text`` is the user's own: it is to be said, translated or played."""
    return _DICTATION.match(text.lstrip()) is not None or _ROLE.search(text) is not None


def begins_tale(sentence: str) -> bool:
    """Whether what follows, to the end of the text, is a tale."""
    return _FICTION.match(strip_leads(sentence)) is not None


def is_joke(sentence: str) -> bool:
    """Whether it says nothing that is meant."""
    fantastic = _LAUGHTER.search(sentence) is not None and _FANTASTIC.search(sentence) is not None
    return fantastic or _JOKE.search(sentence) is not None


def takes_back(sentence: str) -> bool:
    """Whether a joke makes one of what was said before as well: "I live on the moon. Just kidding!"."""
    return _TAKEN_BACK.search(sentence) is not None


def is_mere_no(sentence: str) -> bool:
    """Whether it does nothing but deny: what was just said ("I'm the king. Not!") or what was asked."""
    return _NOT.match(sentence.strip(EDGE)) is not None


def without_laughter(words: list[Word]) -> list[Word]:
    """The words but "lol" and the like, where there are others."""
    return [word for word in words if word.bare not in _LAUGHS] or words


class Doubts:
    """What speaks against the clauses of one sentence, which are asked for in their order.

    Args:
        words: those of the sentence
        clauses: the same words, clause by clause
        asked: the sentence ends in a question mark
    """

    def __init__(self, words: Sequence[Word], clauses: Sequence[Sequence[Word]], asked: bool) -> None:
        self._words = words
        own = _MINE.sub(lambda match: " " * len(match[0]), text_of(words[:200]))
        self._always = {name for name, sign in _SIGNS.items() if sign.search(own)}
        reported = _REPORTED.search(own)
        self._trusted = len(own[: reported.start()].split()) if reported else len(words)
        self._open_from = _first_asked(clauses) if asked else len(clauses)
        self._handed = False

    def of(self, index: int, where: int, clause: Sequence[Word]) -> frozenset[str]:
        """Those of the clause with this ``index``, whose first word is the sentence's word number ``where``."""
        said = text_of(clause)
        doubts = set(self._always)
        self._handed = self._handed or (where > 0 and _hands_over(self._words, where))
        if index >= self._open_from:
            doubts.add("asked")
        if self._handed or where + len(clause) > self._trusted or (where == 0 and _HEARSAY.match(said)):
            doubts.add("reported")
        if where > self._trusted:
            doubts.add("afterwards")
        if clause[0].bare in {"if", "unless"} or _CONDITION.search(said):
            doubts.add("if")
        return frozenset(doubts)


def _first_asked(clauses: Sequence[Sequence[Word]]) -> int:
    """The first clause that the question leaves open: the last, where it asks for itself, else all of them."""
    first, last = (strip_leads(text_of(clause)) for clause in (clauses[0], clauses[-1]))
    aside = len(clauses) > 1 and _LAST_QUESTION.match(last) and not _TAG.match(last)
    return len(clauses) - 1 if aside and not _LAST_QUESTION.match(first) else 0


def _hands_over(words: Sequence[Word], where: int) -> bool:
    """Whether a colon before the clause hands over to somebody else: "Bob: I live in Rome"."""
    before = words[where - 1]
    if not before.text.endswith(":"):
        return False
    return where <= 2 and before.bare[:1].isalpha() and before.bare not in _OWN_COLON and before.text[:1].isupper()


_OWN_COLON = word_set("""
    me myself i correction update fyi note ps listen remember know well fact facts sorry no so
""")
