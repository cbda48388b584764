"""From a text to the clauses in which its author states something: no questions, hypotheses, quotes or tales.

Everything here is linear in the text. White space is collapsed first, so that no pattern meets a long run of it,
and every repetition in a pattern is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["clauses", "plain", "sentence_spans", "sentences", "strip_leads"]

#: Longer texts are read up to here, and no more clauses than this are looked at.
MAX_CHARS = 20_000
MAX_CLAUSES = 200
#: A fact is told in fewer characters than this; the tail of a longer clause is not read.
MAX_CLAUSE = 300

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_MISSING = re.compile(r"\b(?:(i)(m|ve)|(do|does|did|is|are|was|would|could|ca|wo|should|have)(nt))\b", re.I)

_ABBREVIATION = re.compile(r"(?:^|[ (])(?:dr|mr|mrs|ms|prof|st|jr|sr|vs|etc|e\.g|i\.e|[a-z]|capt|mt|ft)$", re.I)
_STOP = re.compile(r"[.!?…]{1,10}|\n|;(?!-?[)P])")

_QUOTED = re.compile(r'"([^"]{0,2000})"')
_NAMING = re.compile(r"(?:\bis|\bme|\bcalled|\bnamed|'m|'s|\bam|\blove|\blike)$", re.I)
_SPEAKING = re.compile(r"\b(?:i|i'm|my|me|we|he|she|you)\b", re.I)

_CONJ = r"(?:and|but|so|because|cause|since|although|though|while|whereas|plus|then|yet)"
_ADVERB = r"(?:also|really|actually|now|currently|just|then|still|personally|no|yes|well|that|even) "
_START = (
    r"(?:i|i'm|i've|i'd|i'll|my|we|we're|we've|our|he|he's|she|she's|they|they're|it|it's|you|you're|your|yours|this|"
    r"that's|there|there's|what|what's|who|where|how|how's|why|when|do|does|did|don't|didn't|isn't|aren't|"
    r"am|is|are|can|"
    r"could|would|will|please|call|people|friends|everyone|everybody|his|her|their|right|correct|remember)\b(?!-)"
)
_SPLIT = re.compile(
    rf"(?: ?[,:] ?| -{{1,3}} | ?[–—]{{1,3}} ?)(?:{_CONJ},? )?(?=(?:{_ADVERB}){{0,2}}{_START})"
    rf"| (?={_CONJ} ){_CONJ} (?=(?:{_ADVERB}){{0,2}}{_START})",
    re.I,
)
#: "I live in Lyon and work as a nurse": the subject is said once.
_ELIDED = re.compile(
    r",? (?:and|but) (?=(?:(?:also|really|now|currently|absolutely) )?"
    r"(?:love|hate|like|enjoy|adore|dislike|detest|live|work|have|speak|moved|come from|am|don't|do not|"
    r"can't stand)\b)",
    re.I,
)
_FIRST_PERSON = re.compile(r"(?:i|we)\b", re.I)
_UNREAL = re.compile(
    r"\b(?:(?<!moved )(?<!relocated )(?<!back )to|want|would|will|could|should|can|might|may|must|hope|plan|"
    r"used|if)\b|'d\b|'ll\b",
    re.I,
)

_QUESTION = re.compile(
    r"(?:and |but |so )?(?:what|who|where|when|why|which|how|do|does|did|can|could|would|will|are|is|have|has|should|"
    r"shall|may|you|your|yours|any)\b(?:'s|'re)?",
    re.I,
)
_TAG = re.compile(
    r"(?:and |or )?(?:(?:is|are|do|does|did|am|was|were|have|has|will|would|can)(?:n't)? (?:it|i|we|that|not|you)"
    r"|right|correct|remember|you know|you remember|ok|okay|no|yes|do you remember|don't you think"
    r"|(?:is|isn't) (?:it|that) (?:right|correct|true|so)|did i tell you|do you believe .{0,40})$",
    re.I,
)
#: Whatever comes after one of these in the same sentence isn't what the user states as fact about the world.
_TAINT = re.compile(
    r"\b(?:if|unless|wish|wished|imagine|suppose|supposing|pretend|pretending|hypothetically|maybe|perhaps|possibly|"
    r"story|stories|tale|novel|poem|song|lyrics?|script|dreams?|dreamed|dreamt|character|role|fiction|fictional|"
    r"example|instance|parallel|universe|once upon|"
    r"says|said|saying|say|told|tells|asked|asks|thinks|thought|claims|claimed|believes|believed|heard|"
    r"replied|answered|"
    r"shouted|whispered|wrote|writes|sings|sang|goes|reads|"
    r"would|could|might|when|whenever|until|before|after|as though|sarcasm|ironically|translate|repeat)\b|'d\b",
    re.I,
)
_TOLD = re.compile(r"\b(?:as |like )?i(?: already| just)? (?:said|told you|mentioned)\b", re.I)
_CONDITION = re.compile(r"\b(?:if|unless)\b(?! (?:you must|you don't mind|you like|that helps|you want to know))", re.I)
_AFTER_COLON = re.compile(
    r"\b(?:me|myself|i|introduce|correction|update|fyi|note|ps|listen|remember|know|well|fact|facts|hi|hello|sorry|no|"
    r"honestly|actually|so)\b",
    re.I,
)
_FICTION = re.compile(
    r"(?:(?:hi|hello|hey|ok|okay|so|now|please|well|let's|lets|let us|can you|could you|can we|for a moment|you) ?,? ?)"
    r"{0,3}(?:pretend|imagine|suppose|say (?:that )?i|role ?-?play|act as|act like|what if|make believe|play a game)\b",
    re.I,
)
_DICTATION = re.compile(
    r"(?:(?:hi|hello|hey|please|now|ok|can you|could you|would you|will you) ?,? ?){0,3}"
    r"(?:say|repeat|translate|write|spell|recite|sing|read|summari[sz]e|rewrite|paraphrase|correct|proofread|type|"
    r"how (?:do|would|can) (?:you|i|we) say|what does)\b(?!,)",
    re.I,
)
_JOKE = re.compile(
    r"\b(?:(?:just|only|i'm|i am|i was|was) (?:kidding|joking|messing with you)|kidding|jk|j/k|april fools?|"
    r"lol|lmao|rofl|"
    r"in my dreams|that was a (?:joke|lie)|that's a (?:joke|lie)|i lied|i'm lying|pulling your leg)\b|(?:^| "
    r")/s\b|[;:]-?P\b|;-?\)|[😂🤣😜😝🤪]",
    re.I,
)
_NOT = re.compile(r"(?:not|not really|nope|psych|false)$", re.I)

_LEADS = re.compile(
    r"(?:(?:hello|hi|hey|hiya)(?: there| again| everyone| all)?(?: [^ ,]{1,20}(?=,? (?:i'm|i am|my name)))?|"
    r"howdy|greetings|"
    r"good (?:morning|afternoon|evening|day)|well|so|oh|ok|okay|ah|um|hmm|yes|yeah|yep|no|nope|sure|right|actually|"
    r"correction|sorry|wait|in fact|i mean|by the way|btw|also|and|but|because|since|though|although|plus|"
    r"then|honestly|"
    r"frankly|seriously|to be (?:honest|fair|clear)|just so you know|so you know|for your information|fyi|ps|please|"
    r"please (?:remember|note)|remember|note|don't forget|never forget|you should know|you must know|i want "
    r"you to know|"
    r"i should tell you|let me tell you|i must say|i have to say|i must admit|i admit|as i (?:said|told you|mentioned)|"
    r"like i said|now|currently|nowadays|these days|at the moment|at present|(?:it's )?(?:nice|lovely|good|"
    r"great) to meet you|"
    r"pleased to meet you|personally|as for me|(?:it )?turns out|the truth is|truth is|the fact is|fun fact|today|"
    r"for the record|thanks|thank you)(?: that)?(?:[,:!.]{0,3} |[,:]{1,3})",
    re.I,
)


def plain(text: str) -> str:
    """The text with plain quotes and missing apostrophes restored ("Im" → "I'm"), read up to ``MAX_CHARS``."""
    text = text[:MAX_CHARS].translate(_APOSTROPHES)
    return _MISSING.sub(_apostrophe, text)


def _apostrophe(match: re.Match[str]) -> str:
    if match[1]:
        return f"{match[1]}'{match[2]}"
    # "wont", "cant" and the like; "were" and "well" are words of their own and not touched
    return f"{match[3]}n't"


def sentence_spans(text: str) -> Iterator[tuple[int, int, str]]:
    """``(start, end, final punctuation)`` of each sentence. Abbreviations and decimals don't end one."""
    start = 0
    for match in _STOP.finditer(text):
        mark = match[0]
        if mark == ".":
            if match.end() < len(text) and not text[match.end()].isspace() and text[match.end()] not in "\"')":
                continue
            if match.end() < len(text) and _ABBREVIATION.search(text[max(start, match.start() - 8) : match.start()]):
                continue
        yield start, match.start(), mark
        start = match.end()
    yield start, len(text), ""


def sentences(text: str) -> Iterator[tuple[str, str]]:
    """``(sentence, its final punctuation)``, white space collapsed and no empty ones."""
    for start, end, mark in sentence_spans(text):
        body = " ".join(text[start:end].split()).strip(" \"'(")
        if body:
            yield body, mark


def _unquote(text: str) -> str:
    """Hide what is quoted; keep a quoted name ('call me "Al"')."""

    def replace(match: re.Match[str]) -> str:
        inner = match[1]
        named = _NAMING.search(text[max(0, match.start() - 12) : match.start()].rstrip())
        if named and len(inner.split()) <= 4 and not _SPEAKING.search(inner):
            return inner
        return "\ufffc"

    return _QUOTED.sub(replace, text)


def strip_leads(clause: str) -> str:
    """The clause without "Hello, ", "well, actually ", "by the way, " and the like in front."""
    for _ in range(6):
        match = _LEADS.match(clause)
        if not match:
            break
        clause = clause[match.end() :]
    return clause.lstrip(" ,")


def clauses(text: str) -> Iterator[str]:
    """The statements in ``text``, each without the words that lead to it, in order."""
    text = _unquote(plain(text))
    if _DICTATION.match(text.lstrip()):
        return
    found: list[list[str]] = []
    count = 0
    for body, mark in sentences(text):
        if _NOT.match(body) or _JOKE.search(body):
            found.clear()  # "I live on the moon. Just kidding!"
            continue
        if _FICTION.match(body):
            break  # the tale goes on to the end of the text
        told = list(_statements(body, "?" in mark))
        if told:
            found.append(told)
            count += len(told)
        if count > MAX_CLAUSES:
            break
    for group in found:
        yield from group


def _statements(body: str, asked: bool) -> Iterator[str]:
    pieces = _pieces(body)
    if asked:
        last = strip_leads(pieces[-1][1])
        if len(pieces) < 2 or not _QUESTION.match(last) or _TAG.match(last):
            return
        if _QUESTION.match(strip_leads(pieces[0][1])):
            return
        pieces.pop()
    # "as I told you" is masked, not removed, so that places in the sentence stay what they are
    taint = _TAINT.search(_TOLD.sub(lambda match: " " * len(match[0]), body))
    trusted = taint.start() if taint else len(body)
    for start, piece in pieces:
        if start > trusted or _reported(body[max(0, start - 80) : start].rstrip()):
            continue
        statement = strip_leads(piece)[:MAX_CLAUSE]
        if statement and not _CONDITION.search(statement):
            yield statement


def _reported(prefix: str) -> bool:
    """Whether a colon hands over to somebody else: "Bob: I live in Rome", not "A few things about me: …"."""
    return prefix.endswith(":") and _AFTER_COLON.search(prefix) is None


def _pieces(body: str) -> list[tuple[int, str]]:
    """Cut a sentence where a new subject begins: ``(where, the clause)``."""
    pieces: list[tuple[int, str]] = []
    start = 0
    for count, match in enumerate(_SPLIT.finditer(body)):
        if match.end() == start or count >= MAX_CLAUSES:
            continue
        pieces.extend((start, clause) for clause in _elided(body[start : match.start()]))
        start = match.end()
    pieces.extend((start, clause) for clause in _elided(body[start:]))
    return pieces


def _elided(clause: str) -> Iterator[str]:
    clause = clause[:MAX_CLAUSE]
    while True:
        match = _ELIDED.search(clause)
        first = clause[: match.start()] if match else clause
        yield first
        if not match or not _FIRST_PERSON.match(strip_leads(first)) or _UNREAL.search(first):
            return
        clause = "I " + clause[match.end() :]
