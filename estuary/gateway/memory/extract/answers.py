"""Answers that lean on a question: "Alice" after "What's your name?", "always" after "Do you carry an EpiPen?".

The question is turned round into the statement that the answer completes, and that statement is read like any other.
"""

# ruff: noqa: E501 (patterns and lists are easier to read in one piece)
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Optional

from attrs import evolve, frozen

from ...engines._clauses import plain, sentences, strip_leads
from ...engines._numbers import number_of, read_age, read_birthday
from ...engines._things import read_things
from ...engines._values import read_employer, read_job, read_languages, read_name, read_place
from ...engines._words import JOBS
from .statements import Statement, statements

__all__ = ["Answer", "answers", "asks_for_value"]

_Build = Callable[[str], Optional[str]]


@frozen
class Answer:
    """A statement made of a question and its answer."""

    statement: Statement
    #: remember it even if no reader knows what it says
    plain: bool = False
    #: what it is then: a memory's type
    memory_type: str = "fact"


def _trade(text: str) -> Optional[str]:
    """The trade with which ``text`` begins: "marine engineer for the Interislander" → "marine engineer"."""
    words = re.sub(r"^(?:an?|the|your|just|only) ", "", text.strip(), flags=re.I).split()[:5]
    bare = [word.strip(",.;:!?()").lower() for word in words]
    ends = [index for index, word in enumerate(bare) if word in JOBS]
    if not ends or not {"at", "for", "in", "with", "and", "to", "is", "my", "i"}.isdisjoint(bare[: ends[0]]):
        return None
    return " ".join(word.strip(",.;:!?()") for word in words[: ends[0] + 1])


def _name(answer: str) -> Optional[str]:
    answer = re.sub(
        r"^.{0,30}?\bcalls? me |^(?:just )?(?:put|it's|its|that's|they call me|name's|names) ", "", answer, flags=re.I
    )
    name = read_name(answer, loose=len(answer.split()) == 1)
    return f"my name is {name}" if name else None


def _home(answer: str) -> Optional[str]:
    inner = re.search(r"(?:^|, )(in|near|outside|just outside|on) (?=\S)", answer, re.I)
    if inner and read_place(answer[inner.end() :], loose=len(answer.split()) <= 3):
        return f"I live {answer[inner.start() :].lstrip(', ')}"
    place = read_place(answer, loose=len(answer.split()) <= 2)
    return f"I live in {place}" if place else None


def _origin(answer: str) -> Optional[str]:
    place = read_place(re.sub(r"^(?:in|from|near) ", "", answer, flags=re.I), loose=len(answer.split()) <= 2)
    return f"I'm from {place}" if place else None


def _job(answer: str) -> Optional[str]:
    job = read_job(answer)
    if job:
        trade = re.sub(r"^(?:an?|the) ", "", answer, flags=re.I)
        return f"I work as {'an' if trade[0].lower() in 'aeiou' else 'a'} {trade}"
    spoken = _trade(answer) or _trade(answer.split(",")[0])
    if spoken:
        return f"I work as {'an' if spoken[0].lower() in 'aeiou' else 'a'} {spoken}"
    match = re.match(r"(?:for|at) ", answer, re.I)
    if match and read_employer(answer[match.end() :]):
        return f"I work {answer}"
    return None


def _employer(answer: str) -> Optional[str]:
    name = re.sub(r"^(?:for|at) ", "", answer, flags=re.I)
    return f"I work at {name}" if read_employer(name) else None


def _whereabouts(answer: str) -> Optional[str]:
    return (
        f"I'm {answer}" if re.match(r"(?:in|at|on|by|near|outside|upstairs|downstairs|home)\b", answer, re.I) else None
    )


def _age(answer: str) -> Optional[str]:
    soon = re.match(r"(?P<years>\d{1,3}|[a-z]+(?:-[a-z]+)?) (?P<when>(?:next|in|on|this|tomorrow) ?.*)", answer, re.I)
    if soon and number_of(soon["years"]):
        return f"I'm turning {soon['years']} {soon['when']}"
    years = read_age(answer, sure=True)
    return f"I'm {years} years old" if years else None


def _birthday(answer: str) -> Optional[str]:
    day = read_birthday(answer) or read_birthday(f"in {answer}")
    return f"my birthday is {'' if ' ' in day else 'in '}{day}" if day else None


def _counted(answer: str) -> Optional[str]:
    if re.match(r"(?:just |only )?(?:an?|one|two|three|four|five|\d)(?:$|,)", answer, re.I):
        return None
    if re.match(r"(?:an?|one|two|three|four|five|\d) ", answer, re.I):
        return f"I have {answer}"
    return answer if re.match(r"(?:just )?my ", answer, re.I) else None


def _languages(answer: str) -> Optional[str]:
    return f"I speak {answer}" if read_languages(answer) else None


_NO_THING = re.compile(
    r"(?:it|i|not|nothing|no|none|yes|maybe|depends|well|good|great|lots|many|all|"
    r"anything|everything|same|this|that)\b",
    re.I,
)


def _likes(answer: str) -> Optional[str]:
    answer = re.sub(r" (?:in the|on \w+days?|when|whenever|at the|with my|if|most) [^,]*", "", answer)
    answer = re.sub(r"^(?:to|anything about|anything with|mostly|mainly|all things) ", "", answer)
    if not read_things(answer) or _NO_THING.match(answer):
        return None
    return f"I like {answer}"


def _dislike(answer: str) -> Optional[str]:
    return f"I hate {answer}" if read_things(answer) and not _NO_THING.match(answer) else None


def _order(answer: str) -> Optional[str]:
    return f"I usually have {answer}" if len(answer.split()) <= 7 and not _NO_THING.match(answer) else None


def _allergy(answer: str) -> Optional[str]:
    answer = re.sub(r"^to ", "", answer)
    if re.match(r"(?:no|none|nothing|not|nope|i)\b", answer, re.I) or not read_things(answer):
        return None
    return f"I'm allergic to {answer}"


def _mood(answer: str) -> Optional[str]:
    if re.match(
        r"(?:fine|good|ok|okay|alright|all right|not (?:bad|too bad|much)|well|great|same|you|"
        r"thanks|could be|so so|meh)\b",
        answer,
        re.I,
    ):
        return None
    if re.match(
        r"(?:a bit |really |pretty |very |so |quite |kind of |completely |totally |absolutely "
        r")*[a-z-]+(?:$|,| and | but | about | today| lately)",
        answer,
    ):
        return f"I feel {answer}"
    return None


def _year(answer: str) -> Optional[str]:
    return f"I'm in {answer}" if re.search(r"\byear\b|\bgrade\b|\d|first|second|third|final|last", answer) else None


def _school(answer: str) -> Optional[str]:
    return f"I study at {answer}" if answer[:1].isupper() else None


_ASKED: tuple[tuple[str, _Build], ...] = (
    (
        r"\b(?:your name|(?:should|shall|can|may|do) i call you|who(?:m)? (?:are you|am i (?:talking|speaking)|do i have the)|"
        r"who's (?:this|that|there)|who goes there|^(?:and )?(?:your )?(?:full |first )?name(?:\?|$)|are you called|(?:people|they|friends|everyone) call you|"
        r"do you go by|^and you are)",
        _name,
    ),
    (
        r"\bwhere (?:do|are|abouts (?:do|are)) you (?:live|living|based)|\bwhat city|"
        r"\bwhere's home|\bwhere is home|\bdo you live\b|\bwhereabouts\b|\baddress(?:\?|$)|^(?:home ?)?town(?:\?|$)|^location(?:\?|$)|"
        r"where (?:in the world|on earth) are you|which (?:city|town|country|part)|what (?:town|country|part of)|where are you now",
        _home,
    ),
    (
        r"\bwhere (?:are (?:you|ye) (?:originally )?from|do you come from|did you grow up|"
        r"were you born)|are you from (?:there|here|around)",
        _origin,
    ),
    (
        r"\b(?:do you do(?: for (?:a living|work|money))?\??$|your (?:job|profession|"
        r"occupation|trade|work)|do you work as|kind of work|line of work|^(?:and )?(?:occupation|job|profession)(?:\?|$)|what do you do\b"
        r"(?! for fun| to relax| when| at the weekend| with|.*(?:fun|relax|unwind|weekend|awake|free))|what on earth do you do|"
        r"what does an? .* do(?:\?|$)|how do you (?:earn|make) (?:a|your|money)|pays the bills|are you a \w+(?:, a \w+)* or)",
        _job,
    ),
    (r"\b(?:who do you work for|where do you work|what company)", _employer),
    (r"^where are (?:you|ye)(?: now| right now| today| calling from| at)?$", _whereabouts),
    (r"\bwhere are (?:you|ye) (?:these days|nowadays|living|based)", _home),
    (r"\byou (?:hate|dislike|can't stand|don't like|avoid|won't eat|never eat|don't eat)\b", _dislike),
    (
        r"\bwhat (?:can i get you|will (?:it|you) (?:be|have)|are you (?:having|drinking))|"
        r"\bwhat'll it be|\byour usual",
        _order,
    ),
    (
        r"\b(?:how old are (?:you|ye)|your age|what age|^(?:and )?(?:your )?age(?:\?|$))",
        _age,
    ),
    (r"\b(?:your birthday|when were you born|when's the big day|date of birth|which day)\b", _birthday),
    (r"\b(?:any|your|have|other) (?:\w+ )?(?:pets?|animals?)\b", _counted),
    (r"\b(?:any|have|got) (?:\w+ )?(?:siblings|brothers|sisters|kids|children|brothers or sisters|family)\b", _counted),
    (r"\b(?:what|which|any other|other) languages?\b", _languages),
    (r"\ballerg(?:ies|ic|y)\b|hay fever(?:\?|$)|intoleran|dietary", _allergy),
    (r"\bwhich (?:year|grade) are you|what year are you|what grade", _year),
    (r"\b(?:which|what) (?:university|uni|college|school)\b|where (?:do|are) you stud(?:y|ying)", _school),
    (
        r"\bhow (?:are|have|do|did) (?:you|ye) (?:been )?(?:feel|feeling|doing|holding up)\b|"
        r"^how are (?:you|ye)\b|how's your mood|how was your day",
        _mood,
    ),
    (
        r"\b(?:any hobbies|your hobb(?:y|ies)|hobbies do you|do you (?:do|like to do|enjoy "
        r"doing|like doing) (?:for fun|to (?:relax|unwind|switch off|let off steam)|when "
        r"you(?:'re| are) not working|in your (?:free|spare) time|on weekends|to relax)|"
        r"what do you (?:like|enjoy|love)\b|what (?:are you into|are your interests)|what "
        r"(?:kind|sort|type) of \w+ do you (?:like|enjoy|listen)|what music|"
        r"specialist subject|your thing\b|your passion|(?:fills?|pass|spend|kill) (?:the|your) (?:time|days|evenings|weekends|hours)|"
        r"what do you do (?:for fun|to (?:relax|unwind)|when|at (?:the )?weekends?|with your)|(?:rather|sooner) be doing|"
        r"what do you get up to|^(?:and )?(?:when you're|outside (?:of )?work|off duty)|keeps you (?:busy|sane|going|entertained)|"
        r"any (?:interests|passions|other hobbies)|what else do you do|what are you (?:into|good at))",
        _likes,
    ),
)
_PATTERNS = [(re.compile(pattern, re.I), build) for pattern, build in _ASKED]
#: what a question for one of these asks is said in a word, or evaded
_VALUES = (_name, _home, _origin, _job, _employer, _age, _birthday)
_FAVOURITE = re.compile(
    r"\b(?:(?:your|yer|a) |^|^and |: |! |round!? )fav(?:ou?rite)(?: (?P<thing>[a-z]+(?: [a-z]+)?))?(?=\?|$)", re.I
)
_HOW_MANY = re.compile(
    r"(?:do you have|have you got|how many) (?:any )?(?P<what>kids|children|siblings|"
    r"brothers|sisters|pets|cats|dogs|sons|daughters|grandchildren|chickens|horses|"
    r"brothers and sisters|brothers or sisters)\b",
    re.I,
)
_HELPS = re.compile(r"\bwhat (?:helps|calms you|cheers you up|makes you (?:happy|feel better))", re.I)
_YES = re.compile(
    r"(?P<word>yes|yeah|yep|yup|aye|i do|i am|i have|sure|of course|definitely|absolutely|"
    r"always|sometimes|often|every \w+|most \w+|"
    r"a bit|a little|once or twice|occasionally|now and then|all the time|sadly|usually|"
    r"mostly|too often|once|twice|since \w+)\b[,.! ]*",
    re.I,
)
_NO = re.compile(
    r"(?:(?:oh |god |hell |good god |heavens |ha )?(?:no|nope|nah)|never|not (?:since|for|"
    r"in \w+ years|really|any ?more|at all|yet|often|anymore|these days)|hardly ever|"
    r"rarely|"
    r"i don't|i'm not|i haven't|no way)\b[,.! ]*",
    re.I,
)
_ADVERB = re.compile(r"(?:always|sometimes|often|usually|occasionally|mostly)$", re.I)
_FULL = re.compile(
    r"(?:i|i'm|i've|i'd|i'll|we|we're|we've|my|our|he|she|they|he's|she's|they're|you|"
    r"you're|what|why|how|who|where|when|do|does|did|is|are|can|could|would|"
    r"will|let|please|that depends|none|the|this|there|there's|tell|ask|if|don't|dunno|no "
    r"idea|not sure|guess|thanks|thank|haha|ha|hmm|nice|cool|well|lol|ok|okay|"
    r"hi|hello|because|cos|bye|good)\b",
    re.I,
)
_POLAR = re.compile(
    r"(?:and |so |but )?(?P<aux>do|are|have|did|were|can) (?:you|ye) (?P<still>still |"
    r"ever |also |often |actually |really |usually |even )?(?P<rest>[^?]{3,70})$",
    re.I,
)
_STILL = re.compile(r"(?:are (?:you|ye) )?still (?P<rest>\w+ing [^?]{3,50})$", re.I)
_WH = re.compile(
    r"(?:and |so |but )?(?P<wh>what|where|when|who|which \w+|what (?:kind|sort|type)s? of "
    r"\w+|what \w+|how often|how long|whereabouts)"
    r"(?P<short>'re| are| do|'d'ya| have) (?:you|ye) (?P<rest>[^?]{3,60})$",
    re.I,
)
_HOLLOW = re.compile(
    r"(?:think|know|want|need|mean|say|mind|remember|believe|see|hear|understand|suppose|"
    r"reckon|recommend|suggest|call|ready|sure|okay|ok|there|kidding|serious|"
    r"free|all right|alright|going to be|wish|prefer that|feel (?:about|like)|got a "
    r"(?:minute|moment)|agree|fancy|happen|well|good|up|around|asking|talking|saying|"
    r"thinking|looking|"
    r"doing|you|made|done|do\b|make of|expect|like (?:it|that|this|them|so far)|get to|"
    r"care|trust|notice|plan to do|a (?:bit|little)|enjoying (?:it|that|this)|"
    r"enjoy (?:it|that|this)|come|tell|try|imagine|have in mind|have (?:a|any) "
    r"(?:question|idea|minute|plans)|hungry|thirsty)\b",
    re.I,
)
_DEICTIC = re.compile(r"\b(?:it|that|this|these|those|them|me|him|her|there|us|here)\b", re.I)
_SHORT = re.compile(
    r",? (?:-|–|—) |, (?=(?:i|i'm|i've|it|it's|we|he|she|they|my|that's|he's|she's)\b)|,? "
    r"(?:because|cos|but|so|and) (?=(?:i|i'm|it|it's|we|he|she|they|my)\b)",
    re.I,
)
_PREPOSITION = re.compile(
    r"(?:in|at|on|near|by|to|from|around|outside|with|down|up|over|next|under|round|every|for|since|after|before)\b",
    re.I,
)


_LIKE_THEM = re.compile(
    r"(?:and |so )?(?:do|don't) you (?:really |even |also )?(?:like|love|enjoy|hate|eat|drink) (?P<x>[\w' -]{2,40})$",
    re.I,
)
_VERDICT = re.compile(
    r"(?:i )?(?:(?:absolutely|really|bloody) )?(?:love|adore|like|enjoy|loathe|hate|detest|despise|can't stand|can't bear|don't like) (?:it|them|'em|that|those)\b",
    re.I,
)
_EITHER = re.compile(r"(?:^|[ ,])(?P<a>\w+) or (?P<b>\w+)$", re.I)
_MUSING = re.compile(
    r"(?:(?:ooh+|oof|oh|um|erm?|hmm+|god|well|wow|ha|haha|that's|a|bit|so|very|really|good|question|one|hard|tough|tricky|easy|"
    r"too|let me|think|see|toughie|nice),? ?){1,5}",
    re.I,
)


def asks_for_value(question: str) -> bool:
    """Whether it asks for one core fact and nothing else. An answer without that says nothing of the user.

    >>> asks_for_value("What should I call you?"), asks_for_value("How was your day?")
    (True, False)
    """
    return any(build in _VALUES and pattern.search(question) for pattern, build in _PATTERNS)


def answers(text: str, before: str) -> Iterator[Answer]:
    """The statements that a short answer to the last question of ``before`` may stand for, likeliest first."""
    if text.strip().endswith("?"):
        return
    questions = [strip_leads(body) for body, mark in sentences(plain(before[-600:])) if "?" in mark]
    told = [body for body, mark in sentences(plain(text[:240])) if "?" not in mark]
    if not questions or not told:
        return
    question = questions[-1]
    if len(told) > 1 and _MUSING.fullmatch(told[0].strip(" ,")):
        told.pop(0)
    quote = told[0]
    first = _SHORT.split(told[0], maxsplit=1)[0].strip(" ,")
    first = re.sub(r"^(?:oh|well|um|uh|er|hmm|ha|haha|honestly|ok|okay|right|so)[, ]+", "", first, flags=re.I)
    if len(first.split()) > 14:
        return
    yield from _shaped(_polar(question, first), quote)
    answer = (
        strip_leads(_YES.sub("", first, count=1))
        if re.match(r"(?:yes|yeah|yep|yup|sure|of course)\b", first, re.I)
        else first
    )
    if not answer and len(told) > 1:
        answer, quote = strip_leads(told[1]), told[1]
    answer = re.sub(
        r"^(?:it's|it is|that's|that would be|just|probably|definitely|um|uh|oh|has to be|"
        r"gotta be|i'd say|right opposite),? ",
        "",
        answer,
        flags=re.I,
    ).strip(" ,")
    answer = re.sub(r"^(?:still|mostly|usually|only|probably|definitely) (?=\w)", "", answer, flags=re.I)
    answer = re.sub(r",? and me$|^(?:just )?me(?:,| and) ", "", answer, flags=re.I)
    taste = _LIKE_THEM.match(question)
    if taste and _VERDICT.match(answer):
        verdict = str(_VERDICT.match(answer)[0])  # type: ignore[index]
        yield from _shaped(iter([(f"I {verdict.rpartition(' ')[0]} {taste['x']}", False, "preference")]), quote)
        return
    choice = _EITHER.search(question)
    if choice and re.match(rf"(?:{re.escape(choice['a'])}|{re.escape(choice['b'])})\b", answer, re.I):
        chosen, other = (
            (choice["a"], choice["b"]) if answer.lower().startswith(choice["a"].lower()) else (choice["b"], choice["a"])
        )
        yield from _shaped(
            iter([(f"my preference is {chosen.lower()} over {other.lower()}", True, "preference")]), quote
        )
        return
    if not answer or (
        not (_FAVOURITE.search(question) and re.match(r"(?:my|the) ", answer, re.I))
        and _FULL.match(answer)
        and not re.match(r"my (?:\w+ )*\w+$|the (?!one|other|same|usual)[\w ]{2,30}(?:$|,| since)", answer)
    ):
        return
    yield from _shaped(_named_question(question, answer), quote)


_Shape = tuple[Optional[str], bool, str]


def _shaped(shapes: Iterator[_Shape], quote: str) -> Iterator[Answer]:
    for sentence, bare, memory_type in shapes:
        read = statements(sentence) if sentence else []
        if read:
            yield Answer(evolve(read[0], quote=quote), bare, memory_type)


def _polar(question: str, answer: str) -> Iterator[_Shape]:
    """ "Do you still ride?" — "god no"."""
    going_on = _STILL.match(question)
    if going_on and (_NO.match(answer) or _YES.match(answer)):
        yield f"I'm {'no longer' if _NO.match(answer) else 'still'} {going_on['rest']}", True, "fact"
        return
    match = _POLAR.match(question)
    if not match:
        return
    rest = re.sub(r"\b(?:yourself|yet|too|at all|then|at home|now)$", "", match["rest"].strip()).strip()
    rest = re.sub(r"\byour\b", "my", rest)
    if _HOLLOW.match(rest) or _DEICTIC.search(rest) or " or " in rest or re.search(r"\byou\b", rest):
        return
    aux, still = match["aux"].lower(), (match["still"] or "").strip().lower()
    if re.match(r"used to\b", answer, re.I):
        if aux == "do":
            yield f"I used to {rest}", True, "fact"
        return
    if re.match(r"\d|one|two|three", answer) and aux == "have":
        return
    no, yes = _NO.match(answer), _YES.match(answer)
    if no:
        if aux == "do" and still != "ever":
            yield f"I don't {rest}", True, "fact"
        elif aux == "do":
            yield f"I never {rest}", True, "fact"
        elif aux == "have":
            yield f"I haven't {rest}", False, "fact"
        return
    if not yes:
        return
    word, more = yes["word"].lower(), answer[yes.end() :].strip(" ,.")
    more = (
        more if re.match(r"(?:in|on|at|with|every|since|for|from|to|when|once|twice|a|two|three|all)\b", more) else ""
    )
    adverb = word if _ADVERB.match(word) else ""
    extent = (
        f" {word}"
        if re.match(r"(?:a bit|a little|every|most|all the time|too often|since|now and then|once or)", word)
        else ""
    )
    joined = f"{extent}, {more}" if extent and more else extent or (f" {more}" if more else "")
    if aux == "do":
        yield (
            f"I {adverb} {rest}{joined}".replace("  ", " "),
            True,
            "emotional_state"
            if re.match(r"(?:get|feel) (?:lonely|sad|scared|homesick|nervous|anxious|down)", rest)
            else "fact",
        )
    elif aux == "are":
        yield f"I'm {adverb} {rest}{joined}".replace("  ", " "), False, "fact"
    elif aux == "can":
        yield f"I can {rest}{joined}", True, "fact"
    elif aux == "have" and re.match(r"(?:any|a|an|got) ", rest):
        yield f"I have {re.sub(r'^(?:any|got(?: any)?) ', '', rest)}{joined}", False, "fact"
    elif aux == "have":
        yield f"I've {rest}{joined}", False, "event"


def _named_question(question: str, answer: str) -> Iterator[_Shape]:
    """ "Where do you swim?" — "Clevedon mostly"."""
    favourite = _FAVOURITE.search(question)
    if favourite:
        value = re.sub(
            r",? (?:hands down|no contest|easily|without a doubt|by far|for sure|obviously|i "
            r"think|probably|every time).*$",
            "",
            answer,
            flags=re.I,
        )
        if len(value.split()) <= 6:
            thing = favourite["thing"]
            yield (
                (f"my favourite {thing} is {value}", False, "preference")
                if thing
                else (f"my favourite is {value}", True, "preference")
            )
        return
    counted = _HOW_MANY.search(question)
    number = re.match(
        r"(?:just |only |about )?(?P<n>one|two|three|four|five|six|seven|eight|nine|ten|"
        r"\d{1,2})(?:$|,|!| of them| now)",
        answer,
        re.I,
    )
    if counted and number:
        yield f"I have {number['n'].lower()} {counted['what']}", True, "fact"
        return
    for pattern, build in _PATTERNS:
        if pattern.search(question):
            sentence = build(answer)
            yield (
                sentence,
                sentence is not None and build in (_year, _school, _mood),
                "emotional_state" if build is _mood else "fact",
            )
            if sentence:
                return
    if _HELPS.search(question) and len(answer.split()) <= 8:
        yield f"I find that {answer} helps", True, "preference"
        return
    match = _WH.match(question)
    if not match or len(answer.split()) > 10:
        return
    rest = re.sub(
        r"\b(?:these days|at the moment|lately|now|then|usually|normally|yourself|today|right now)$",
        "",
        match["rest"].strip(),
    ).strip()
    if (
        _HOLLOW.match(rest)
        or _DEICTIC.search(rest)
        or re.search(r"\byou\b", rest)
        or _NO_THING.match(answer)
        or number_of(answer.split()[0])
    ):
        return
    rest = re.sub(r"\byour\b", "my", rest)
    wh = match["wh"].lower()
    subject = (
        "I'm"
        if match["short"].strip().lower() in {"'re", "are"}
        else "I've"
        if "have" in match["short"].lower()
        else "I"
    )
    if rest.endswith(" with") or wh.startswith(("what", "which", "who")) or _PREPOSITION.match(answer):
        joint = ""
    elif wh.startswith("where"):
        joint = "to " if re.search(r"\b(?:going|off|go|travel|head|heading|flying)\b", rest) else "at "
        rest = re.sub(r" to$", "", rest)
    else:
        joint = ""
    yield f"{subject} {rest} {joint}{answer}", True, "fact"
