"""From an utterance to its statements: its clauses, each with what speaks against taking it at its word.

Left out are quotations, tales, jokes and things to be said or translated; questions, hypotheses and reported speech
are marked as such. A statement knows where in the utterance it was said, so that a memory can quote its source to the
letter. Linear in the text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from attrs import frozen

from ...engines._clauses import sentence_spans, strip_leads
from ...engines._words import GIVEN_NAMES, word_set
from .clauses import EDGE, FIRST, OPENERS, UNREAL, Word, clauses, elides_subject, is_past, text_of, words_of
from .doubts import Doubts, begins_tale, is_joke, is_mere_no, is_not_the_user_s, takes_back, without_laughter
from .words import EMOTIONS

__all__ = ["MAX_CHARS", "Statement", "statements", "tense_of"]

#: Longer texts are read up to here, and no more clauses than this are looked at.
MAX_CHARS = 12_000
MAX_STATEMENTS = 60
#: Nothing is told in more characters.
MAX_CLAUSE = 300


@frozen
class Statement:
    """One clause, in plain punctuation, with an elided subject restored and without words that only lead to it."""

    text: str
    #: the same words as they were said
    quote: str
    #: where in the utterance they begin
    start: int = 0
    #: the speaker sets something right: "actually", "no,", "sorry, I meant"
    corrective: bool = False
    #: who else it is about: "wife" in "my wife and I live in Lyon"
    together: str = ""
    #: which sentence of the utterance it is of
    sentence: int = 0
    #: what speaks against it: ``asked``, ``if``, ``reported``, ``untrue``, ``laughed``
    doubts: frozenset[str] = frozenset()

    @property
    def end(self) -> int:
        """Where in the utterance the words end."""
        return self.start + len(self.quote)

    def quote_of(self, start: int, end: int) -> str:
        """The words from ``start`` to ``end`` of the utterance, as far as they are of this statement."""
        return self.quote[max(0, start - self.start) : max(0, end - self.start)]


_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
#: stands around a quotation's words and is none of them
_OUTER = " ,;:-–—\"'"
_QUOTED = re.compile(r'"([^"\n]{0,600})"')
_NAMING = re.compile(r"(?:\bis|\bme|\bcalled|\bnamed|'m|'s|\bam|\blove|\blike|\bread|\bwatched)$", re.I)
_SPEAKING = re.compile(r"\b(?:i|i'm|my|me|we|he|she|you)\b", re.I)
_CORRECTIVE = re.compile(
    r"\b(?:actually|correction|sorry|wait|i mean|in fact|i misspoke|my mistake|scratch "
    r"that|oops|whoops)\b|^no\b|^nope\b",
    re.I,
)
_AFTERTHOUGHT = re.compile(r"[ ,]+(?:actually|sorry|instead)[.,;!]*$", re.I)
_MORE_LEADS = re.compile(
    r"(?:i (?:just )?(?:think|guess|suppose|mean|swear|should say|should mention|have to admit|must confess|confess|"
    r"forgot to (?:say|mention|tell you)|(?:already )?(?:told you|said(?= (?:i|i'm|my|it|"
    r"it's)\b)))\b(?: that)?,?|(?:guess what|you know what|you know|"
    r"the thing is|thing is|anyway|anyways|luckily|unfortunately|sadly|fortunately|thankfully|apparently|"
    r"surprisingly|oops|whoops|haha|hehe|ha|ugh|wow|yay|man|gosh|omg|oh my god|finally|obviously|lately|recently|"
    r"to be precise|basically|long story short|news|big news|good news|bad news|great news|update|little update|"
    r"quick update|speaking of which|that reminds me|one more thing|also|not much|great|good|fine|cool|nice|awesome|"
    r"perfect|true|exactly|definitely|of course|i'm good|i'm fine|well|my mistake|my bad|scratch that|let me see|"
    r"in that case|still|yup|nah|hmm+|err|eh|believe it or not|not to brag|as it happens|between you and me|"
    r"yes please|please|happily|i see|got it|no worries|no problem|sounds good|me too|same here|after all|"
    r"as you know|as always|as usual|just now|oh)[,:.!…]{0,3}(?= )) *",
    re.I,
)
_AHEAD = re.compile(r"\b(?:will|going to|planning|\w+ing|have|has|is|are|starts?|due)\b|'(?:ll|ve|m|re|s)\b", re.I)


def tense_of(text: str) -> str:
    """``past`` or ``future``, as the verbs of ``text`` tell, for words like "in May"; else nothing."""
    words = [word.strip(EDGE).lower() for word in text.split()[:12]]
    if any(is_past(word) for word in words[:5]):
        return "past"
    return "future" if _AHEAD.search(text) else ""


def statements(text: str) -> list[Statement]:
    """The statements of ``text``, in order."""
    original = text[:MAX_CHARS]
    # one character for another, so that places stay what they are
    straight = original.translate(_APOSTROPHES)
    masked = _QUOTED.sub(lambda match: _mask(match, straight), straight)
    if is_not_the_user_s(masked):
        return []
    found: list[list[Statement]] = []
    count = 0
    shouting = masked.isupper()
    for number, (start, end, mark) in enumerate(sentence_spans(masked)):
        words = words_of(masked, start, end)
        if not words:
            continue
        body = text_of(words[:200])
        if found and (is_mere_no(body) or (is_joke(body) and takes_back(body))):
            found.clear()
            continue
        if is_joke(body):
            continue
        words = without_laughter(words)
        if begins_tale(text_of(words[:200])):
            break
        told = list(_told(words, "?" in mark, original, number, shouting))
        if told:
            found.append(told)
            count += len(told)
        if count >= MAX_STATEMENTS:
            break
    # what is said twice is read once
    return list({statement.text: statement for group in reversed(found) for statement in reversed(group)}.values())[
        ::-1
    ]


def _mask(match: re.Match[str], text: str) -> str:
    inner = match[1]
    named = _NAMING.search(text[max(0, match.start() - 12) : match.start()].rstrip())
    if named and len(inner.split()) <= 4 and not _SPEAKING.search(inner):
        return f" {inner} "
    return "\ufffc" * len(match[0])


def _told(words: Sequence[Word], asked: bool, original: str, number: int, shouting: bool) -> Iterator[Statement]:
    pieces = list(itertools.islice(clauses(words), MAX_STATEMENTS))
    sentence = Doubts(words, pieces, asked)
    position = 0
    subject = ""
    corrective = False
    for index, piece in enumerate(pieces):
        where, position = position, position + len(piece)
        raw = text_of(piece)
        text = _strip(raw)
        lead = raw[: len(raw) - len(text)]
        doubts = sentence.of(index, where, piece)
        told_off = _CORRECTIVE.search(lead) is not None or _AFTERTHOUGHT.search(raw) is not None
        text = _IF_YOU.split(_AFTERTHOUGHT.sub("", text), maxsplit=1)[0]
        early = _EARLY.match(text)
        if early:
            text = f"{text[early.end() :]} {early['time'].lower()}"
        corrective = told_off or (corrective and not subject)
        if where and elides_subject(text) and FIRST.match(subject) and not UNREAL.search(subject):
            text = "I " + text
        elif not subject:
            text = _restored(text)
        couple = _COUPLE.match(text[:MAX_CLAUSE])
        text = text[couple.end() if couple else 0 : MAX_CLAUSE]
        subject = text
        if not text:
            continue
        words_said = original[piece[0].start : piece[-1].end]
        quote = words_said.lstrip(_OUTER)
        yield Statement(
            text=text.lower() if shouting else text,
            quote=quote.rstrip(_OUTER),
            start=piece[0].start + len(words_said) - len(quote),
            corrective=corrective,
            together=couple["who"] if couple else "",
            sentence=number,
            doubts=doubts,
        )


#: "just moved", "yeah pretty stressed": what may stand before the first word of an elliptic sentence.
_BEFORE = re.compile(
    r"(?:(?:just|finally|still|only|mostly|currently|now|pretty|so|really|very|a bit|bit|a little|kinda|kind of|quite|"
    r"absolutely|totally|slightly|super|too|also|always|recently|been|back|yeah|yes|no|not) )*",
    re.I,
)
_NO_GERUND = word_set("""
    morning evening nothing anything something everything thing king spring string interesting amazing boring
    being during sing ring bring wing ceiling feeling exciting annoying charming disgusting embarrassing
    frustrating confusing depressing terrifying relaxing tempting shocking fascinating nothing building
    meeting wedding according including concerning considering knowing speaking talking saying asking
    wondering joking kidding
""")
_BARE = word_set("can't cannot never haven't didn't couldn't won't")
_STATES = word_set("""
    married divorced engaged retired parked stuck camped based born raised pregnant allergic
""")
_BY_PARTICIPLE = word_set("in with by up out on of")
_MOVING = word_set(
    "moved stayed walked arrived landed lived worked played ended signed passed dropped grew slept turned"
)
_NO_SUBJECT_AFTER = word_set("is are was were isn't aren't and or")


def _restored(text: str) -> str:
    """An elliptic sentence with its subject: "born in Ibadan", "fell off a horse", "terrified tbh"."""
    lead = _BEFORE.match(text)
    rest = text[lead.end() :] if lead else text
    words = [word.strip(EDGE).lower() for word in rest.split()[:3]]
    if not words or not words[0] or (len(words) > 1 and words[1] in _NO_SUBJECT_AFTER - {"and"}):
        return text
    word, following = words[0], words[1] if len(words) > 1 else ""
    if re.match(r"not (?:an?|really|much of|very|keen|into|fond|a big)\b", text, re.I):
        return "I'm " + text
    if re.match(r"going to \w", text, re.I):
        return "I'm " + text
    been = re.search(r"\bbeen ", text[: lead.end() if lead else 0], re.I) is not None
    if been:
        return "I've " + text
    if word in {"born", "raised"}:
        return "I was " + text
    if (word in EMOTIONS or word in _STATES) and (not following or word not in _AMBIGUOUS):
        return "I'm " + text
    if word == "been":
        return "I've " + text
    if word in _BARE and following and following not in {"mind", "worry", "you"}:
        return "I " + text
    third = words[2] if len(words) > 2 else ""
    if word.endswith("ed") and following in _BY_PARTICIPLE and word not in _MOVING and third not in OPENERS:
        return text  # "covered in milk"
    if is_past(word) and word not in _NOT_MINE and word not in GIVEN_NAMES and following:
        return "I " + text
    if word.endswith("ing") and len(word) > 4 and word not in _NO_GERUND and following:
        return "I'm " + text
    return text


_AMBIGUOUS = word_set("""
    down low lost blue mad hurt torn content calm moved touched mean worn numb bored tense
""")
_NOT_MINE = word_set(
    "said told thought meant called named done used understood agreed noted heard made let put were was "
)


def _strip(text: str) -> str:
    for _ in range(4):
        stripped = strip_leads(text)
        match = _MORE_LEADS.match(stripped)
        if match and match.end() < len(stripped):
            stripped = stripped[match.end() :]
        if stripped == text:
            break
        text = stripped
    return text.strip(" ,;:-–—\"'(")


_IF_YOU = re.compile(
    r",? (?:if|in case) (?:you're ever|you ever|you're interested|you're wondering|you "
    r"want to know|you must know|you can believe|you can call it|you don't mind)\b",
    re.I,
)
_EARLY = re.compile(
    r"(?:(?P<time>(?:tomorrow|yesterday|tonight|this (?:morning|afternoon|evening|weekend|week|month|year|summer)|"
    r"(?:next|last) (?:week|weekend|month|year|summer|winter|spring|autumn|fall|night|\w+day)|on \w+day|"
    r"in (?:two|three|a few|\d+) (?:days|weeks|months)|(?:two|three|a few|\d+) (?:days|weeks|months|years) ago|"
    r"in (?:january|february|march|april|may|june|july|august|september|october|november|december|(?:19|20)\d\d))"
    r"(?: (?:morning|afternoon|evening|night))?),? )(?=(?:i|i'm|i've|we|we're|we've|my)\b)",
    re.I,
)
_COUPLE = re.compile(r"(?:my|our) (?P<who>[\w'-]+(?: [\w'-]+){0,2}?),? and (?=i\b)", re.I)
