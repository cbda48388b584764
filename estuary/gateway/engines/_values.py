"""Reading the value of a fact: a name, a place, a trade, a list of things liked, a date, a number.

Each reader takes the words that follow the verb and returns the value, or ``None`` when in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Optional

from ._words import (
    COUNTRIES,
    GIVEN_NAMES,
    JOBS,
    LANGUAGES,
    MONTHS,
    NOT_NAMES,
    NOT_PLACES,
    PAIRS,
    PLACE_NOUNS,
    SCENERY,
    TITLES,
)

__all__ = [
    "read_age",
    "read_birthday",
    "read_employer",
    "read_job",
    "read_languages",
    "read_name",
    "read_place",
    "read_things",
    "read_value",
]

_EDGE = " ,.:;!?\"'()[]-–—\ufffc"
_PARTICLES = frozenset("de van von der den da del della la le di du dos bin ibn al el ter y".split())
_AFTER_NAME = frozenset(
    "and but from by btw here i'm i nice speaking although though so not or because please too who which".split()
)
_PARTICIPLE = re.compile(r"(?:ing|ed|ly|ful|less|ous|able|ible|ish)$", re.I)

#: A value ends before one of these.
_TAIL = re.compile(
    r"[,:;(]| (?:-|–|—) |\b(?:with|since|for|because|cause|when|whenever|where|which|who|that|while|although|though|but|so|"
    r"if|unless|until|till|except|as (?:well|long|much|far)|now|nowadays|currently|right now|just now|at the moment|"
    r"these days|anymore|any more|any longer|too|again|by the way|btw|please|you know|i think|i guess|lol|haha|yet|"
    r"already|together|alone|everybody|everyone|before|after|than|once|then|instead|nice to meet|about|than|after all|"
    r"actually|really|to be honest|tbh|of course|obviously|not|recently|lately|yesterday|last (?:week|month|year|summer|winter|"
    r"spring|autumn|night|weekend|monday|friday)|this (?:week|month|year|summer|winter|spring)|(?:a|an|two|three|four|five|six|ten|\d{1,2}|"
    r"some|a few|several|many) (?:days?|weeks?|months?|years?) ago|in (?:the year )?(?:19|20)\d\d|all my life|most of the time|permanently)\b",
    re.I,
)


def _cut(text: str, tail: re.Pattern[str] = _TAIL) -> str:
    match = tail.search(text)
    return (text[: match.start()] if match else text).strip(_EDGE)


def _proper(word: str) -> bool:
    """Begins like a name: with a capital, or in a script that has none."""
    return word[:1].isalpha() and not word[:1].islower()


def _capitalise(word: str) -> str:
    """"o'brien" → "O'Brien", "ANNE-MARIE" → "Anne-Marie"; mixed case is the owner's wish and stays."""
    if not (word.islower() or (word.isupper() and len(word) > 2)):
        return word
    parts = re.split(r"([-'])", word)
    return "".join(part[:1].upper() + part[1:].lower() for part in parts)


def read_name(text: str, *, strict: bool = False, loose: bool = False) -> Optional[str]:
    """A person's name at the start of ``text``.

    ``strict``: after "I'm", where it might be anything, a name needs a capital (or to be a common one) and nothing
    but the end or a conjunction after it. ``loose``: any single word will do that isn't known to be something else.
    """
    found: list[str] = []
    words = text.split()
    position = 0
    for position, word in enumerate(words[:6]):
        bare = word.strip(_EDGE)
        lower = bare.lower()
        if not bare or lower.endswith("'s") or not all(c.isalnum() or c in "-'.·" for c in bare):
            break
        if lower in TITLES and not found:
            found.append(bare if _proper(bare) else bare.capitalize())
            continue
        if not bare[0].isalpha() or bare.isdigit():
            break
        first = not any(part.lower() not in TITLES for part in found)
        if first:
            known = lower in GIVEN_NAMES
            if lower in NOT_NAMES or lower in LANGUAGES or lower in JOBS:
                return None
            if lower in COUNTRIES and len(lower) > 3 and not known:
                return None
            if strict and not known and (not _proper(bare) or _PARTICIPLE.search(bare)):
                return None
            if not known and not _proper(bare) and not loose:
                return None
            found.append(_capitalise(bare))
        elif lower in _PARTICLES and position + 1 < len(words) and (
            _proper(words[position + 1]) or words[position + 1].lower() in _PARTICLES
        ):
            found.append(bare)
        elif lower in _AFTER_NAME or lower in NOT_NAMES:
            break
        elif _proper(bare) or (position == len(words) - 1 and not _proper(found[0]) and not strict):
            found.append(_capitalise(bare))
        elif position == len(words) - 1 and words[0].islower() and lower.isalpha() and lower not in _AFTER_NAME:
            found.append(_capitalise(bare))
        else:
            break
        if word[-1] in ",:;)–—":
            position += 1
            break
    else:
        position = len(words)
    name = [part for part in found if part.lower() not in TITLES]
    if not name or len(" ".join(found)) > 60:
        return None
    rest = words[position:] if position < len(words) else []
    if rest and rest[0].strip(_EDGE).lower() not in _AFTER_NAME:
        ended = words[position - 1][-1] in ",:;)–—" or rest[0][0] in "-–—("
        if strict and not ended:
            return None
        if not ended and rest[0].strip(_EDGE).lower().endswith("'s"):
            return None
    return " ".join(found)


def _title(words: Iterable[str]) -> str:
    small = {"of", "the", "on", "upon", "and", "near", "sur", "de", "la", "le", "am", "in", "outside", "by"}
    return " ".join(word if word.lower() in small else _capitalise(word) for word in words)


def read_place(text: str, *, loose: bool = True) -> Optional[str]:
    """A place where one can live. ``loose`` also takes an unknown word without a capital ("lyon")."""
    head, comma, after = text.partition(",")
    value = _cut(head)
    if comma and value == head.strip(_EDGE):
        country = _cut(after, re.compile(r"[,:;(]| (?:and|but|with|since|for|now|so) ", re.I))
        if country.lower() in COUNTRIES and (len(country) > 2 or country.isupper()):
            value = f"{value}, {country if country != country.lower() else _title(country.split())}"
    words = value.split()
    for index, word in enumerate(words):
        if word.lower() in {"and", "or"} and not (index + 1 < len(words) and _proper(words[index + 1])):
            words = words[:index]
            break
    if not words or len(words) > 9:
        return None
    first = words[0].lower()
    if first in {"a", "an", "the"}:
        lowered = {word.lower() for word in words}
        if first == "the" and len(words) > 1 and (_proper(words[1]) or " ".join(words).lower() in COUNTRIES):
            return " ".join(words) if _proper(words[1]) else "the " + _title(words[1:])
        return " ".join(words) if lowered & PLACE_NOUNS else None
    if first in {"downtown", "central", "northern", "southern", "eastern", "western", "rural", "inner", "greater"}:
        return " ".join(words) if len(words) > 1 else None
    if not _proper(words[0]):
        if not loose or len(words) > 3 or first in NOT_PLACES or not words[0].replace("-", "").isalpha():
            return None
        if first in MONTHS or first in NOT_NAMES or first in JOBS:
            return None
        return _title(words)
    if first in NOT_PLACES or (first in MONTHS and len(words) == 1):
        return None
    return _title(words) if value.isupper() and len(value) > 3 else " ".join(words)


_JOB_TAIL = re.compile(
    r"[,:;(]| (?:-|–|—) |\b(?:at|in|for|by|from|with|since|because|when|where|which|who|that|while|although|though|but|so|"
    r"if|unless|too|now|currently|these days|anymore|any more|any longer|here|and|or|on|to|please|as|who's|lol|not|"
    r"working|living|turned|about|like|than|again|then|once)\b",
    re.I,
)


def read_job(text: str, *, named: bool = False) -> Optional[str]:
    """A trade: "software engineer", "retired nurse", "professor of physics".

    ``named``: after "I work as", where whatever follows an article is one.
    """
    match = re.match(r"(?:an?|the|your)\s+", text, re.I)
    article = bool(match)
    if match:
        text = text[match.end() :]
    value = _cut(text, _JOB_TAIL)
    words = value.split()
    if not words or len(words) > 5 or any("'s" in word for word in words):
        return None
    head = [word.lower() for word in words]
    core = head[: head.index("of")] if "of" in head else head
    if not core or core[0] in {"big", "huge", "bit", "lot", "fan", "good", "bad", "great", "terrible", "better", "real"}:
        return None
    known = core[-1] in JOBS or core[-1].endswith(("ologist", "-driver", "ographer"))
    if not known and not (named and article):
        return None
    if named and not known and core[-1] in {"team", "group", "kid", "child", "couple", "result", "rule", "favour", "favor"}:
        return None
    return " ".join(word if _proper(word) and not word.istitle() or not word.istitle() else word.lower() for word in words)


def read_employer(text: str) -> Optional[str]:
    """Whom one works for: "Airbus", "a bakery", "the city hospital"."""
    value = _cut(text, re.compile(r"[,:;(]| (?:-|–|—) |\b(?:as|and|in|since|because|when|where|which|who|that|but|so|now|"
                                  r"currently|these days|if|too|for|with|on|from|to|until|not|near|again|about)\b", re.I))
    words = value.split()
    if not words or len(words) > 6:
        return None
    first = words[0].lower()
    if first in {"a", "an", "the"} and len(words) > 1:
        if words[1].lower() in {"moment", "time", "while", "living", "weekend", "weekends", "same", "best", "night", "computer",
                                "desk", "job", "future", "money", "fun", "minute", "long", "few", "lot", "bit", "office"}:
            return None
        return " ".join(words)
    if _proper(words[0]) and first not in MONTHS and first not in NOT_NAMES and first not in {"myself", "i"}:
        return " ".join(words)
    return None


_NOT_THING = frozenset("""
    it that this these those you him her them me us myself yourself himself herself everything nothing something
    anything everyone everybody someone nobody both neither either how what when where why who whoever if whether your
    his their its our my all some any no one being being-here it's that's him her so as too very much lots lot
    and or but not the a an to in on at of for with from by there here yours mine ours theirs well better more most
    everything's really also just about each such each-other another other others same i we he she they
""".split())
_NOT_INFINITIVE = frozenset("""
    say admit bother break be think know see meet disappoint interrupt ask tell hear have get go imagine believe assume
    pretend complain point remind brag inform disagree sound seem burst order change book buy cancel
""".split())
_THE = re.compile(r"the (?:new |first |last |next |other |same |way|idea|look|sound|fact|thought|one|colou?r scheme)", re.I)
_TRAILING = re.compile(
    r"(?: (?:a lot|a bit|very much|so much|too much|much|the most|the best|best|more than anything|most of all|"
    r"at all|either|dearly|sometimes|a little|especially|particularly|in particular|in general|generally|"
    r"to bits|to death|to pieces|since forever|as well|tho))+$",
    re.I,
)
_THING_TAIL = re.compile(
    r"[:;(]| (?:-|–|—) |\b(?:since|because|cause|when|whenever|where|which|who|that|while|although|though|but|so (?!much)|if|"
    r"unless|until|till|except|especially|particularly|mostly|mainly|right now|at the moment|these days|nowadays|anymore|"
    r"any more|any longer|by the way|btw|please|you know|i think|i guess|lol|haha|already|tbh|to be honest|even|just|"
    r"not|as (?:well|long|much|far)|too(?! much)|than|more than|actually|really|now|again|instead|and you|what about|"
    r"how about|thank you|thanks)\b|[,] (?:not|then|too|alice)\b",
    re.I,
)
_COMMAND = frozenset("""
    turn switch set take tell show play open close stop start go come give bring let make put please can could will would
    do does did is are send call find search help remember forget navigate move lead guide say
""".split())
_DOUBLE = frozenset("""
    swim run jog sit chat knit shop skip plan hug dig bet get put cut set win begin hit let quit rub slim drum hop nap clap
    grab jam rap skim spin tap tip trim wrap sunbathe
""".split()) - {"sunbathe"}


def gerund(verb: str) -> str:
    """"swim" → "swimming", "bake" → "baking"."""
    if verb in _DOUBLE:
        return verb + verb[-1] + "ing"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and verb != "be":
        return verb[:-1] + "ing"
    return verb + "ing"


def _thing(text: str) -> Optional[str]:
    text = _TRAILING.sub("", text.strip(_EDGE)).strip(_EDGE)
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
        named = _proper(words[1]) or words[1].lower() in SCENERY or words[-1].lower() in SCENERY
        return " ".join(words) if named or (len(words) > 3 and words[2] == "of") else None
    if first in _NOT_THING or not any(c.isalpha() for c in words[0]) or first.endswith(("n't", "'re", "'ll", "'d")):
        return None
    return " ".join(words)


def read_things(text: str) -> list[str]:
    """The things of a list: "jazz, old films and to cook" → ["jazz", "old films", "cooking"]."""
    match = _THING_TAIL.search(text)
    if match:
        text = text[: match.start()]
    text = text.strip(_EDGE)
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
    value = _TRAILING.sub("", _cut(text, _THING_TAIL).partition(",")[0]).strip(_EDGE)
    words = value.split()
    if words and words[0].lower() in {"probably", "definitely", "always", "still", "currently"}:
        words = words[1:]
    if not words or len(words) > 8 or len(value) > 60 or "\ufffc" in value:
        return None
    if words[0].lower() in _NOT_THING - {"the", "a", "an", "my", "all"} or words[0].lower() in {"unknown", "secret"}:
        return None
    return " ".join(words)


_UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen".split()
    )
}
_TENS = {word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
NUMBER_WORDS = {**_UNITS, **_TENS}
NUMBER_WORDS.update({f"{t}-{u}": tv + uv for t, tv in _TENS.items() for u, uv in _UNITS.items() if 0 < uv < 10})
NUMBER_WORDS["hundred"] = 100


def number_of(word: str) -> Optional[int]:
    """"34", "thirty-four" → 34."""
    word = word.lower().strip(_EDGE)
    return int(word) if word.isdecimal() and len(word) < 10 else NUMBER_WORDS.get(word)


def read_age(text: str, *, sure: bool = False) -> Optional[str]:
    """Years, in digits. ``sure``: after "my age is", where a bare number can be nothing else."""
    words = text.split()
    if not words:
        return None
    years, used = number_of(words[0]), 1
    if years is not None and len(words) > 1 and words[0].lower() in _TENS:
        unit = _UNITS.get(words[1].lower().strip(_EDGE))
        if unit and unit < 10:
            years, used = years + unit, 2
    if years is None or not 3 <= years <= 120 or words[0][-1] in "%.:":
        return None
    rest = " ".join(words[used:]).lower().strip(_EDGE)
    ended = not rest or words[used - 1][-1] == ","
    if ended or sure or re.match(r"(?:years?[- ]old|y/?o\b|years of age|and |but |now\b|today\b|last |this |old\b|years young)", rest):
        return str(years)
    return None


_DAY = re.compile(
    r"(?:on |the )*(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?P<m1>[a-z]{3,9})|(?P<m2>[a-z]{3,9})\.? (?:the )?(?P<d2>\d{1,2})"
    r"(?:st|nd|rd|th)?)(?:,? (?:in )?(?P<year>(?:19|20)\d\d))?(?![\d])",
    re.I,
)
_ISO = re.compile(r"(?:on )?(?P<year>(?:19|20)\d\d)-(?P<m>\d\d)-(?P<d>\d\d)\b")
_MONTH = re.compile(r"in (?P<m>[a-z]{3,9})\b", re.I)
_NAMES = [name.capitalize() for name in list(MONTHS)[:12]]


def read_birthday(text: str) -> Optional[str]:
    """A date as "5 May", "5 May 1990" or, when no day is told, "May"."""
    iso = _ISO.match(text)
    if iso:
        month, day, year = int(iso["m"]), int(iso["d"]), iso["year"]
        return f"{day} {_NAMES[month - 1]} {year}" if 1 <= month <= 12 and 1 <= day <= 31 else None
    match = _DAY.match(text)
    if match:
        name = (match["m1"] or match["m2"]).lower()
        day = int(match["d1"] or match["d2"])
        if name not in MONTHS or not 1 <= day <= 31:
            return None
        return f"{day} {_NAMES[MONTHS[name] - 1]}" + (f" {match['year']}" if match["year"] else "")
    month_only = _MONTH.match(text)
    if month_only and month_only["m"].lower() in MONTHS:
        return _NAMES[MONTHS[month_only["m"].lower()] - 1]
    return None


def read_languages(text: str) -> list[str]:
    """The languages named before anything that isn't one."""
    found: list[str] = []
    for word in re.findall(r"[^\s,.;:!?()]+", text)[:24]:
        lower = word.lower()
        if lower in LANGUAGES:
            found.append(lower.capitalize())
        elif lower not in {
            "and", "or", "a", "little", "bit", "of", "some", "fluent", "fluently", "both", "also", "in", "as", "well",
            "good", "basic", "perfect", "native", "only", "broken", "decent", "but", "&", "not", "very", "much", "any",
        }:
            break
        elif lower in {"but", "not"}:
            break
    return found
