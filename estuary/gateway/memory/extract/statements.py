"""From an utterance to its statements: its clauses, each with what speaks against taking it at its word.

Left out are quotations, tales, jokes and things to be said or translated; questions, hypotheses and reported speech
are marked as such. A statement knows where in the utterance it was said, so that a memory can quote its source to the
letter. Linear in the text: words are looked at from left to right with a bounded look-ahead.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from attrs import frozen

from ...engines._clauses import plain, sentence_spans, strip_leads
from ...engines._words import GIVEN_NAMES, word_set
from .words import BASE_VERBS, EMOTIONS, HABITS, IRREGULAR_PAST, NOT_PAST

__all__ = ["Statement", "is_past", "statements", "tense_of"]

#: Longer texts are read up to here, and no more clauses than this are looked at.
MAX_CHARS = 12_000
MAX_STATEMENTS = 60
MAX_WORDS = 45
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


@frozen
class _Word:
    text: str
    bare: str
    start: int
    end: int

    @property
    def ends_phrase(self) -> bool:
        return self.text[-1] in ",:;)—–" or self.text in {"-", "--"}


_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
#: stands around a quotation's words and is none of them
_OUTER = " ,;:-–—\"'"
_EDGE = " ,.:;!?\"'()[]-–—…*_~"
_QUOTED = re.compile(r'"([^"\n]{0,600})"')
_NAMING = re.compile(r"(?:\bis|\bme|\bcalled|\bnamed|'m|'s|\bam|\blove|\blike|\bread|\bwatched)$", re.I)
_SPEAKING = re.compile(r"\b(?:i|i'm|my|me|we|he|she|you)\b", re.I)
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
_JOKE = re.compile(
    r"\b(?:(?:just|only|i'm|i am|i was|was|totally) (?:kidding|joking|messing with you|teasing|making that up)|kidding|"
    r"jk|j/k|april fools?|"
    r"in my dreams|that was a (?:joke|lie)|that's a (?:joke|lie)|i lied|i'm lying|i made that up|"
    r"pulling your leg|yeah right|as if|sarcasm|obviously not)\b|(?:^| )/s\b|[;:]-?P\b|[😜😝🤪🙃]",
    re.I,
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
#: These take back what was said before, in whatever sentence; a "lol" only its own.
_TAKEN_BACK = re.compile(
    r"\b(?:kidding|joking|messing with you|teasing|making that up|jk|j/k|april fools?|was a (?:joke|lie)|i lied|"
    r"i'm lying|i made that up|pulling your leg|yeah right|as if|obviously not)\b",
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
_CORRECTIVE = re.compile(
    r"\b(?:actually|correction|sorry|wait|i mean|in fact|i misspoke|my mistake|scratch "
    r"that|oops|whoops)\b|^no\b|^nope\b",
    re.I,
)
_AFTERTHOUGHT = re.compile(r"[ ,]+(?:actually|sorry|instead)[.,;!]*$", re.I)
_UNREAL = re.compile(
    r"\b(?:(?<!moved )(?<!relocated )(?<!back )(?<!used )(?<!going )to|want|would|could|"
    r"should|might|may|must|hope|if)\b"
    r"|'d\b",
    re.I,
)
_FIRST = re.compile(r"(?:i|we|i'm|i've|we're|we've|i'd|i'll|we'll)\b", re.I)
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


def is_past(word: str) -> bool:
    """Whether a verb, in lower case, is in the past: "went", "visited"."""
    return word in IRREGULAR_PAST or (len(word) > 3 and word.endswith("ed") and word not in NOT_PAST)


_AHEAD = re.compile(r"\b(?:will|going to|planning|\w+ing|have|has|is|are|starts?|due)\b|'(?:ll|ve|m|re|s)\b", re.I)


def tense_of(text: str) -> str:
    """``past`` or ``future``, as the verbs of ``text`` tell, for words like "in May"; else nothing."""
    words = [word.strip(_EDGE).lower() for word in text.split()[:12]]
    if any(is_past(word) for word in words[:5]):
        return "past"
    return "future" if _AHEAD.search(text) else ""


def statements(text: str) -> list[Statement]:
    """The statements of ``text``, in order."""
    original = text[:MAX_CHARS]
    # one character for another, so that places stay what they are
    straight = original.translate(_APOSTROPHES)
    masked = _QUOTED.sub(lambda match: _mask(match, straight), straight)
    if _DICTATION.match(masked.lstrip()) or _ROLE.search(masked):
        return []
    found: list[list[Statement]] = []
    count = 0
    shouting = masked.isupper()
    for number, (start, end, mark) in enumerate(sentence_spans(masked)):
        words = _words(masked, start, end)
        if not words:
            continue
        body = " ".join(word.text for word in words[:200])
        laughed = _LAUGHTER.search(body)
        if _NOT.match(body.strip(_EDGE)) or _JOKE.search(body) or (laughed and _FANTASTIC.search(body)):
            if _TAKEN_BACK.search(body) or _NOT.match(body.strip(_EDGE)):
                found.clear()  # "I live on the moon. Just kidding!"
            continue
        if laughed:
            words = [word for word in words if word.bare not in _LAUGHS] or words
            body = " ".join(word.text for word in words[:200])
        if _FICTION.match(strip_leads(body)):
            break  # the tale goes on to the end of the text
        told = list(_told(words, body, "?" in mark, original, number, shouting))
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


def _words(text: str, start: int, end: int) -> list[_Word]:
    found = []
    for match in _WORD.finditer(text, start, end):
        word = match[0]
        bare = word.strip(_EDGE).lower()
        if bare in _RESTORED:
            word, bare = word.replace(word.strip(_EDGE), _RESTORED[bare]), _RESTORED[bare].lower()
        elif bare.endswith("nt") or bare == "i":
            word = plain(word)
            bare = word.strip(_EDGE).lower()
        found.append(_Word(word, bare, match.start(), match.end()))
    return found


_LAUGHS = word_set("lol lmao rofl lmfao 😂 🤣 😂😂 🤣🤣")
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


def _told(
    words: Sequence[_Word], body: str, asked: bool, original: str, number: int, shouting: bool
) -> Iterator[Statement]:
    pieces = list(itertools.islice(_clauses(words), MAX_STATEMENTS))
    open_from = len(pieces)
    if asked:
        last = strip_leads(_text(pieces[-1]))
        aside = len(pieces) > 1 and _LAST_QUESTION.match(last) and not _TAG.match(last)
        open_from = len(pieces) - 1 if aside and not _LAST_QUESTION.match(strip_leads(_text(pieces[0]))) else 0
    own = _MINE.sub(lambda match: " " * len(match[0]), body)
    always = {name for name, sign in _SIGNS.items() if sign.search(own)}
    reported = _REPORTED.search(own)
    trusted = len(own[: reported.start()].split()) if reported else len(words)
    position = 0
    subject = ""
    corrective = handed = False
    for index, piece in enumerate(pieces):
        where, position = position, position + len(piece)
        raw = _text(piece)
        text = _strip(raw)
        lead = raw[: len(raw) - len(text)]
        handed = handed or (where > 0 and _hands_over(words, where))
        doubts = set(always)
        if index >= open_from:
            doubts.add("asked")
        if handed or where + len(piece) > trusted or (where == 0 and _HEARSAY.match(raw)):
            doubts.add("reported")
        if where > trusted:
            doubts.add("afterwards")
        if piece[0].bare in {"if", "unless"} or _CONDITION.search(raw):
            doubts.add("if")
        told_off = _CORRECTIVE.search(lead) is not None or _AFTERTHOUGHT.search(raw) is not None
        text = _IF_YOU.split(_AFTERTHOUGHT.sub("", text), maxsplit=1)[0]
        early = _EARLY.match(text)
        if early:
            text = f"{text[early.end() :]} {early['time'].lower()}"
        corrective = told_off or (corrective and not subject)
        if where and _elides_subject(text) and _FIRST.match(subject) and not _UNREAL.search(subject):
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
            doubts=frozenset(doubts),
        )


_SIGNS = {"untrue": _UNTRUE, "ironic": _IRONY, "laughed": _LAUGHTER}


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
    words = [word.strip(_EDGE).lower() for word in rest.split()[:3]]
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
    if word.endswith("ed") and following in _BY_PARTICIPLE and word not in _MOVING and third not in _OPENERS:
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


def _hands_over(words: Sequence[_Word], where: int) -> bool:
    """Whether a colon before the clause hands over to somebody else: "Bob: I live in Rome"."""
    before = words[where - 1]
    if not before.text.endswith(":"):
        return False
    return where <= 2 and before.bare[:1].isalpha() and before.bare not in _OWN_COLON and before.text[:1].isupper()


_OWN_COLON = word_set("""
    me myself i correction update fyi note ps listen remember know well fact facts sorry no so
""")


def _text(words: Sequence[_Word]) -> str:
    return " ".join(word.text for word in words)


def _clauses(words: Sequence[_Word]) -> Iterator[Sequence[_Word]]:
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


def _is_couple(words: Sequence[_Word], start: int, end: int) -> bool:
    """Whether the words are one half of "my wife and I"."""
    return (
        start < end <= start + 4
        and words[start].bare in {"my", "our"}
        and not any(w.bare in _FINITE for w in words[start:end])
    )


_COUPLE = re.compile(r"(?:my|our) (?P<who>[\w'-]+(?: [\w'-]+){0,2}?),? and (?=i\b)", re.I)
_PERFECT = word_set("i've we've have has been she's he's they've")


def _begins(words: Sequence[_Word], index: int, joined: bool, start: int) -> bool:
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


def _has_verb(words: Sequence[_Word], at: int, joined: bool) -> bool:
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
_VERBISH = BASE_VERBS - word_set("play work live love like dance paint drink cook travel run")
_OPENERS = word_set("""
    a an the my our as at for in on with to some two three it from by about every lots no not any each that
    this i'm both jazz all
""")


_ALWAYS_VERBS = word_set(
    "collect own speak teach knit sew write eat bake enjoy adore cycle volunteer coach wear commute study"
)


def _elided_verb(words: Sequence[_Word], at: int, start: int) -> bool:
    """The subject is said once: "I live in Lyon and work as a nurse"."""
    first = words[start].bare
    if not _FIRST.match(first) and not any(_FIRST.match(word.bare) for word in words[start : start + 4]):
        return False
    if _UNREAL.search(_text(words[start : at - 1][-40:])):
        return False
    word = words[at].bare
    following = words[at + 1].bare if at + 1 < len(words) else ""
    if not following:
        return False
    if is_past(word) and word not in {"used"}:
        # "I was tired and stressed" is one state
        return word in IRREGULAR_PAST or following in _OPENERS
    if word in {"work", "live"}:
        return following in {"as", "at", "for", "in", "with", "on", "from", "near"}
    if word in {"love", "hate", "like", "enjoy", "don't", "can't", "speak", "have", "am", "was", "absolutely", "adore"}:
        return True
    return word in _ALWAYS_VERBS or (word in BASE_VERBS and following in _OPENERS)


def _elides_subject(text: str) -> bool:
    first = text.split(" ", 1)[0].lower().strip(",") if text else ""
    return first in BASE_VERBS or is_past(first)
