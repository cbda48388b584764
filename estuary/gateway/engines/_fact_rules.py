"""The rules that turn one clause of a user's text into facts: a pattern for its beginning, a reader for the rest.

The first rule that yields anything wins. Clauses come from ``_clauses`` and are at most a few hundred characters long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Optional

from ._fact import Fact
from ._numbers import number_of, read_age, read_birthday
from ._things import read_things, read_value
from ._values import read_employer, read_job, read_languages, read_name, read_place
from ._words import KIN, PETS, word_set

__all__ = ["LOST", "PARTNERS", "THEN_LOST", "favourite_key", "read_clause"]

_Read = Callable[["re.Match[str]"], Iterable[Fact]]
_RULES: list[tuple[re.Pattern[str], _Read]] = []

#: "I **really also** love …" is read as "I love …", once for all rules.
_ADVERBS = re.compile(
    r"((?:i|we)(?:'m|'re|'ve| am| are| have)?) (?:(?:really|also|just|absolutely|totally|still|quite|always|"
    r"do(?! not)|truly|"
    r"particularly|especially|mostly|mainly|kinda|personally|simply|both|genuinely|secretly|very much|definitely|"
    r"actually|currently|now|only|normally|usually|already|happily|originally|recently|finally) ){1,4}",
    re.I,
)
_BE = r"(?:'m|'re| am| are)"
_NOT_BE = r"(?:'m not|'re not| am not| are not| aren't| ain't)"
_DONT = r"(?:don't|do not|no longer|never)"
_ME = r"(?:i|we)"


def _rule(pattern: str) -> Callable[[_Read], _Read]:
    compiled = re.compile(pattern, re.I)

    def register(read: _Read) -> _Read:
        _RULES.append((compiled, read))
        return read

    return register


def read_clause(clause: str) -> Iterator[Fact]:
    clause = _ADVERBS.sub(r"\1 ", clause, count=1) if _ADVERBS.match(clause) else clause
    for pattern, read in _RULES:
        match = pattern.match(clause)
        if match:
            facts = list(read(match))
            if facts:
                yield from facts
                return


def _rest(match: re.Match[str]) -> str:
    return match.string[match.end() :]


def _one(key: str, value: Optional[str], *, negated: bool = False, replaces: bool = True) -> Iterator[Fact]:
    if value:
        yield Fact(key, value, negated=negated, replaces=replaces and not negated)


def _many(key: str, values: Iterable[str], *, negated: bool = False) -> Iterator[Fact]:
    for value in values:
        yield Fact(key, value, negated=negated)


def _ceased(text: str) -> bool:
    return re.search(r"\b(?:any ?more|any longer)\b", text, re.I) is not None


# --- name ---------------------------------------------------------------------------------------------------------


@_rule(
    r"(?:my (?:(?:full|real|first|actual|given) )?name|the name)(?: is|'s|:| would be)(?P<not> not|n't)? "
    r"(?:actually |really |just )?"
)
def _my_name(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("name", read_name(_rest(match), loose=not match["not"]), negated=bool(match["not"]))


@_rule(r"my (?:(?:real|first) )?name isn't (?:actually |really )?")
def _not_my_name(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("name", read_name(_rest(match)), negated=True)


@_rule(r"(?:you (?:can|may|could) )?(?:(?:just|please|always) )*call me ")
def _call_me(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("name", read_name(_rest(match), strict=True), replaces=False)


@_rule(rf"{_DONT} call me ")
def _dont_call_me(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("name", read_name(_rest(match), strict=True), negated=True)


@_rule(
    r"(?:(?:all )?my (?:friends|family|colleagues)|(?:most )?people|everyone|everybody|they) (?:just |all |"
    r"usually |always )?calls? me "
)
def _they_call_me(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("name", read_name(_rest(match)), replaces=False)


@_rule(rf"(?:i{_BE} (?:called|named|known as)|i go by(?: the name(?: of)?)?) ")
def _called(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("name", read_name(_rest(match)))


@_rule(rf"i{_NOT_BE} (?:called |named )?")
def _not_called(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("name", read_name(_rest(match), strict=True), negated=True)


@_rule(rf"(?:i{_BE}|it's me,?|this is(?= [^ ]+(?: [^ ]+)? speaking)) ")
def _i_am(match: re.Match[str]) -> Iterator[Fact]:
    name = read_name(_rest(match), strict=True)
    if name:
        yield from _one("name", name)
        yield from _from(_rest(match)[len(name) :])


def _from(text: str) -> Iterator[Fact]:
    """The origin in "Alice from Lyon"."""
    match = re.match(r",? from ", text[:20], re.I)
    if match:
        yield from _one("origin", read_place(text[match.end() :], loose=False))


# --- where --------------------------------------------------------------------------------------------------------


@_rule(
    rf"{_ME} (?:live|reside)(?: (?:alone|together|now|happily|quietly|with [^,.]{{1,40}}?))? "
    r"(?P<prep>in|near|on|outside) "
)
def _live(match: re.Match[str]) -> Iterator[Fact]:
    yield from _home(match)


@_rule(rf"{_ME}{_BE} (?:living|based|located|residing|settled)(?: now)? (?P<prep>in|near|on|outside) ")
def _living(match: re.Match[str]) -> Iterator[Fact]:
    yield from _home(match)


def _home(match: re.Match[str]) -> Iterator[Fact]:
    rest, prep = _rest(match), match["prep"].lower()
    if prep == "on" and not re.match(r"an? |the ", rest, re.I):
        return
    place = read_place(rest)
    if place and prep in {"near", "outside"}:
        place = f"{prep} {place}"
    yield from _one("home", place)


@_rule(
    rf"{_ME}(?:'ve| have)? (?:(?:just|recently|finally|now|also|only) )*(?:moved|relocated)(?: back| house| "
    rf"over| down| up)? to "
)
def _moved(match: re.Match[str]) -> Iterator[Fact]:
    rest = _rest(match)
    if not re.search(
        r"\b(?:ago|years?|then|19\d\d|back then|when i was)\b.{0,40}\b(?:left|but|returned|back)\b", rest, re.I
    ):
        yield from _one("home", read_place(rest))


@_rule(rf"{_ME} (?:{_DONT} (?:actually |really )?(?:live|reside)|used to live) in ")
def _not_living(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("home", read_place(_rest(match)), negated=True)


@_rule(r"my home(?: town| is in|'s in)? (?:is )?(?:in )?(?=[^a-z])")
def _my_home(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("origin" if "town" in match[0].lower() else "home", read_place(_rest(match), loose=False))


@_rule(r"my hometown is ")
def _hometown(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("origin", read_place(_rest(match)))


@_rule(
    rf"{_ME}(?:{_BE} (?:originally |actually )?from| (?:originally )?come from|(?: was|'m) born(?: and "
    rf"raised| and bred)? in| grew up in) "
)
def _origin(match: re.Match[str]) -> Iterator[Fact]:
    place = read_place(_rest(match))
    if place and not re.match(r"(?:the )?(?:\d|19|20)", place):
        yield from _one("origin", place)


@_rule(rf"{_ME}{_NOT_BE} (?:originally |actually )?from ")
def _not_from(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("origin", read_place(_rest(match), loose=False), negated=True)


# --- work ---------------------------------------------------------------------------------------------------------


def _employer_after(text: str) -> Iterator[Fact]:
    match = re.search(r"\b(?:at|for) ", text[:120])
    if match and "," not in text[: match.start()]:
        yield from _one("employer", read_employer(text[match.end() :]))


@_rule(rf"{_ME} (?:work|have a job) (?:(?:full|part)[- ]time |mostly |freelance )?as ")
def _work_as(match: re.Match[str]) -> Iterator[Fact]:
    yield from _job(_rest(match), named=True)


@_rule(rf"{_ME}{_BE} (?:working|employed) (?:(?:full|part)[- ]time )?as ")
def _working_as(match: re.Match[str]) -> Iterator[Fact]:
    yield from _job(_rest(match), named=True)


@_rule(r"my (?:job|profession|occupation|day job) is ")
def _my_job(match: re.Match[str]) -> Iterator[Fact]:
    yield from _job(_rest(match), named=False)


@_rule(rf"i{_BE} (?=an? )")
def _am_a(match: re.Match[str]) -> Iterator[Fact]:
    yield from _job(_rest(match), named=False)


def _job(rest: str, *, named: bool) -> Iterator[Fact]:
    job = read_job(rest, named=named)
    if job:
        yield from _one("job", job)
        yield from _employer_after(rest)
        yield from _from(rest[rest.lower().index(job.lower()) + len(job) :])


@_rule(rf"i{_NOT_BE} (?:actually |really )?(?=an? )")
def _am_not_a(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("job", read_job(_rest(match)), negated=True)


@_rule(rf"i(?:{_BE} no longer| am no longer| {_DONT} work(?: any ?more)? as| used to (?:be|work as)) (?=an? )")
def _no_longer_a(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("job", read_job(_rest(match), named="work" in match[0].lower()), negated=True)


@_rule(rf"i(?: work|{_BE} (?:working|employed)) (?:(?:full|part)[- ]time )?(?:at|for|by|with(?= [A-Z])) ")
def _work_at(match: re.Match[str]) -> Iterator[Fact]:
    rest = _rest(match)
    if re.match(r"(?:home|night|nights)\b", rest, re.I):
        return
    yield from _one("employer", read_employer(rest))
    as_a = re.search(r"\bas (?=an? )", rest[:120], re.I)
    if as_a:
        yield from _one("job", read_job(rest[as_a.end() :], named=True))


@_rule(rf"i {_DONT} work (?:at|for) ")
def _not_work_at(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("employer", read_employer(_rest(match)), negated=True)


@_rule(rf"i(?: work|{_BE} working) in ")
def _work_in(match: re.Match[str]) -> Iterator[Fact]:
    rest = _rest(match)
    if re.match(r"an? ", rest, re.I):
        yield from _one("employer", read_employer(rest))
        return
    field = re.match(
        r"(?:it|hr|pr|tech|finance|marketing|sales|education|healthcare|health care|publishing|advertising|"
        r"construction|"
        r"insurance|banking|retail|logistics|hospitality|catering|fashion|television|tv|film|publishing|research|"
        r"agriculture|farming|tourism|real estate|engineering|software|medicine|law|politics|media|accounting|"
        r"the [a-z]{3,20} industry|customer service|human resources|public relations)\b(?= ?(?:$|,|and |at |for |in ))",
        rest,
        re.I,
    )
    if field:
        value = field[0].upper() if len(field[0]) == 2 else field[0].lower()
        yield from _one("job", f"in {value}")
        yield from _employer_after(rest)


@_rule(
    rf"i{_BE} (?:now |currently |already |happily )?(?P<job>retired|unemployed|self-employed|between jobs|a "
    rf"stay-at-home (?:mum|mom|dad|parent))(?= ?(?:$|,|and |but |now|from ))"
)
def _retired(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("job", re.sub(r"^a ", "", match["job"].lower()))


# --- age and birthday ---------------------------------------------------------------------------------------------


@_rule(rf"(?:i{_BE} (?:now |currently |already )?|my age is (?P<sure>)|i(?:'ve| have)? (?:just |recently )?turned )")
def _age(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("age", read_age(_rest(match), sure=match["sure"] is not None))


@_rule(rf"(?:i{_NOT_BE}|my age is not|my age isn't) ")
def _not_age(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("age", read_age(_rest(match)), negated=True)


@_rule(
    r"(?:my (?:birthday|birth date|birthdate|date of birth) is |i (?:was|am) born )(?=on |in |the |\d|[a-z]{3,9}\.? \d)"
)
def _birthday(match: re.Match[str]) -> Iterator[Fact]:
    yield from _one("birthday", read_birthday(_rest(match)))


# --- likes and dislikes -------------------------------------------------------------------------------------------


@_rule(rf"{_ME} (?:love|like|enjoy|adore|prefer|dig) ")
def _like(match: re.Match[str]) -> Iterator[Fact]:
    rest = _rest(match)
    if re.search(r"\bprefer $", match[0], re.I):
        rest = re.split(r" (?:to|over|rather than) (?!be\b)", rest)[0] if not rest.lower().startswith("to ") else rest
    yield from _many("likes", read_things(rest))


@_rule(
    rf"{_ME}{_BE} (?:(?:a )?(?:big |huge |great |massive |lifelong )?(?:fans? of|lovers? of)|fond of|"
    rf"keen on|into|"
    r"crazy about|mad about|passionate about|in love with|obsessed with) "
)
def _fan(match: re.Match[str]) -> Iterator[Fact]:
    yield from _many("likes", read_things(_rest(match)))


@_rule(rf"{_ME} (?:hate|dislike|detest|loathe|despise|can't stand|cannot stand|can't bear|cannot bear) ")
def _hate(match: re.Match[str]) -> Iterator[Fact]:
    yield from _many("dislikes", read_things(_rest(match)))


@_rule(
    rf"{_ME} (?:(?:really|just|also|actually|still|honestly) )*{_DONT} (?:(?:really|particularly|especially|"
    rf"even|actually|much|quite) )*(?:like|enjoy|care for) "
)
def _dont_like(match: re.Match[str]) -> Iterator[Fact]:
    yield from _ended("likes", match, otherwise="dislikes")


@_rule(
    rf"{_ME} (?:(?:really|just|also|actually) )*{_DONT} (?:(?:really|particularly|actually) )*(?:love|adore|prefer) "
)
def _dont_love(match: re.Match[str]) -> Iterator[Fact]:
    yield from _many("likes", read_things(_rest(match)), negated=True)


@_rule(
    rf"{_ME} (?:(?:really|just|also|actually) )*{_DONT} (?:(?:really|particularly|actually) )*(?:hate|"
    rf"dislike|detest|loathe|despise) "
)
def _dont_hate(match: re.Match[str]) -> Iterator[Fact]:
    yield from _many("dislikes", read_things(_rest(match)), negated=True)


@_rule(
    rf"{_ME}(?:{_NOT_BE}|{_BE} no longer) (?:(?:really|much of|particularly|exactly) )*(?:(?:a )?(?:big |"
    rf"huge |great )?(?:fans? of)|fond of|keen on|into|crazy about) "
)
def _not_fan(match: re.Match[str]) -> Iterator[Fact]:
    yield from _ended("likes", match, otherwise="dislikes")


@_rule(
    rf"{_ME}(?:'ve| have)? (?:stopped liking|stopped loving|gone off|fallen out of love with|lost interest "
    rf"in|used to (?:like|love)) "
)
def _gone_off(match: re.Match[str]) -> Iterator[Fact]:
    yield from _many("likes", read_things(_rest(match)), negated=True)


def _ended(key: str, match: re.Match[str], *, otherwise: str) -> Iterator[Fact]:
    """Tell "I don't like it", a dislike, from "I don't like it any more", which only ends a liking."""
    rest = _rest(match)
    if _ceased(rest) or "no longer" in match[0].lower():
        yield from _many(key, read_things(rest), negated=True)
    else:
        yield from _many(otherwise, read_things(rest))


@_rule(rf"i{_BE} (?:really |also |badly |severely |deathly |slightly )?allergic to ")
def _allergic(match: re.Match[str]) -> Iterator[Fact]:
    yield from _many("allergies", read_things(_rest(match)))


@_rule(rf"i{_NOT_BE} allergic to ")
def _not_allergic(match: re.Match[str]) -> Iterator[Fact]:
    yield from _many("allergies", read_things(_rest(match)), negated=True)


_FAVOURITE = r"(?:(?:all[- ]time )?fav(?:ou?rite|e)?s?)"
_VAGUE = word_set("""
    part bit thing moment one person time way memory line quote scene question child kid
""")


def favourite_key(thing: str) -> str:
    """The key for a favourite thing; "color" and "colours" are one: ``favourite colour``."""
    spelled = {
        "color": "colour",
        "colors": "colour",
        "colours": "colour",
        "flavor": "flavour",
        "film": "film",
        "movies": "movie",
    }
    words = [spelled.get(word, word) for word in thing.lower().split()]
    if len(words[-1]) > 3 and words[-1].endswith("s") and not words[-1].endswith(("ss", "us", "is", "series")):
        words[-1] = words[-1][:-1]
    return "favourite " + " ".join(words)


@_rule(
    rf"my {_FAVOURITE} (?P<thing>[^\W\d_]{{3,20}}(?: [^\W\d_]{{2,20}}){{0,2}}?)(?: is| are|'s)(?P<not> not|"
    rf"n't)? (?:definitely |probably |always )?"
)
def _favourite(match: re.Match[str]) -> Iterator[Fact]:
    if match["thing"].split()[-1].lower() not in _VAGUE:
        yield from _one(favourite_key(match["thing"]), read_value(_rest(match)), negated=bool(match["not"]))


@_rule(
    rf"(?P<value>[^\W_][\w'-]{{1,20}}(?: [\w'-]{{1,20}}){{0,3}}) (?:is|are) (?:definitely |probably )?my "
    rf"{_FAVOURITE} (?P<thing>[^\W\d_]{{3,20}}(?: [^\W\d_]{{2,20}})?)$"
)
def _is_favourite(match: re.Match[str]) -> Iterator[Fact]:
    first = match["value"].split()[0].lower()
    if first in {
        "this",
        "that",
        "it",
        "what",
        "which",
        "he",
        "she",
        "you",
        "they",
        "these",
        "those",
        "here",
        "there",
        "who",
        "where",
        "one",
        "yours",
        "the",
        "his",
        "her",
        "my",
        "your",
    }:
        return
    if match["thing"].split()[-1].lower() not in _VAGUE:
        yield from _one(favourite_key(match["thing"]), match["value"])


# --- pets, family, languages --------------------------------------------------------------------------------------

_KIN = "|".join(sorted((re.escape(word) for word in KIN), key=len, reverse=True))
_PET = "|".join(sorted((re.escape(word).replace(r"\-", "[- ]") for word in PETS), key=len, reverse=True))
_SIZE = (
    r"(?:(?:little|younger|older|elder|big|small|twin|eldest|youngest|oldest|best|beloved|adorable|cute|"
    r"lovely|new|old|young|"
    r"wonderful|fluffy|black|white|brown|ginger|pet|lazy|grey|gray|tabby|crazy|fat|sweet|dear) )"
)
_NAMED = r"(?:(?: is|'s)? ?(?:,? ?who is |,? ?who's |,? ?whose name is )?(?:called|named)|'s name is| is) "


def _key_of(kind: str) -> str:
    return "pets" if re.fullmatch(_PET, kind, re.I) else "family"


def _creature(kind: str, name: Optional[str]) -> Iterator[Fact]:
    kind = kind.lower()
    if name:
        yield Fact(_key_of(kind), f"{kind} {name}")


#: what ends having an animal or a partner; "left me a note", "dead tired" and "broke up the fight" do not
LOST = re.compile(
    r"\b(?:died|passed away|has passed|put (?:him|her) down|put to sleep|ran away(?! with)|divorced|"
    r"(?:is|'s) dead(?=$|[,.;!])|(?:broke|broken|split|splitting|breaking) up(?! (?:the|an?|my|his|her|our|their)\b)|"
    r"left me(?=$|[,.;!]| (?:for|in|on|last|this|after|yesterday|today|because)\b))\b",
    re.I,
)
#: what may stand between somebody and that: "my girlfriend **Zoe and I have** split up"
THEN_LOST = re.compile(
    r"(?:,? (?:and|i|we|i've|we've|has|have|had|just|sadly|finally|recently|got|(?-i:[A-Z])[\w-]+))*,? ?", re.I
)
PARTNERS = word_set("girlfriend boyfriend wife husband partner fiancé fiancée fiance fiancee")


@_rule(rf"(?:my|our) {_SIZE}?(?P<kind>{_PET}|{_KIN}),? (?P<named>(?:is |'s )?(?:called|named) )?(?=[^\W\d_])")
def _my_creature(match: re.Match[str]) -> Iterator[Fact]:
    rest = _rest(match)
    lost = LOST.search(match.string, match.end("kind"))
    if lost and THEN_LOST.fullmatch(match.string, match.end("kind"), lost.start()):
        # a sister who died is still a sister, but no news to be glad of
        if _key_of(match["kind"]) == "pets" or match["kind"].lower() in PARTNERS:
            name = read_name(rest.split()[0].strip(",.;:"))
            yield Fact(_key_of(match["kind"]), f"{match['kind'].lower()} {name or ''}".strip(), negated=True)
        return
    if match["named"]:
        yield from _creature(match["kind"], read_name(rest, loose=True))
        return
    word = rest.split()[0].strip(",.;:")
    if word[:1].isupper() and not word.endswith("'s"):
        yield from _creature(match["kind"], read_name(word))


@_rule(rf"(?:my|our) {_SIZE}?(?P<kind>{_PET}|{_KIN})(?:'s name is|'s called|'s named) ")
def _creatures_name(match: re.Match[str]) -> Iterator[Fact]:
    yield from _creature(match["kind"], read_name(_rest(match), loose=True))


_HAVE = re.compile(
    rf"{_ME}(?: (?:have|own|adopted)|'ve got| have got|(?:'ve| have)? (?:just |recently )?(?:got|adopted)) "
    rf"(?P<count>an?|one|two|three|four|five|six|seven|\d{{1,2}}) {_SIZE}{{0,2}}(?P<kind>{_PET}|{_KIN}|wives|"
    rf"puppies|ponies|babies|children|"
    rf"mice|geese)(?P<plural>s|es)?\b,? ?(?P<named>(?:who is |who's |whose name is |whose names are |that is "
    rf")?(?:called |named )?)",
    re.I,
)


@_rule(_HAVE.pattern)
def _have(match: re.Match[str]) -> Iterator[Fact]:
    rest, kind = _rest(match), match["kind"].lower()
    singular = {
        "wives": "wife",
        "puppies": "puppy",
        "ponies": "pony",
        "babies": "baby",
        "children": "child",
        "mice": "mouse",
        "geese": "goose",
    }.get(kind, kind)
    key = _key_of(singular)
    count = number_of(match["count"]) or 1
    # "a fish tank", "a cat person", "a mouse problem": the animal must end there
    if (
        rest
        and not match["named"]
        and not match[0].rstrip().endswith(",")
        and not re.match(
            r"(?:and|but|so|at|in|who|that|which|too|with|as|now|already|here|from|,|-|–|—|\()", rest, re.I
        )
    ):
        return
    names: list[str] = []
    if match["named"] or match[0].rstrip().endswith(","):
        for part in re.split(r", | and ", rest)[: max(count, 1)]:
            name = read_name(part, loose=bool(match["named"]), strict=not match["named"])
            if not name:
                break
            names.append(name)
    if names:
        for name in names:
            yield Fact(key, f"{singular} {name}")
    elif count > 1:
        yield Fact(key, f"{match['count'].lower()} {kind}{match['plural'] or ''}")
    elif not match["plural"]:
        yield Fact(key, singular)
    # "… and a cat"
    more = re.search(r"(?:^|,? and |, |^and )(?=(?:an?|one|two|three|four) )", rest, re.I)
    if more and more.start() < 40:
        another = _HAVE.match(f"I have {rest[more.end() :]}")
        if another:
            yield from _have(another)


@_rule(
    rf"{_ME} (?:don't|do not) (?:have|own) (?:an?|any) (?P<kind>{_PET}|{_KIN})s?(?= ?(?:$|,|any ?more|and|but|at|or))"
)
def _have_not(match: re.Match[str]) -> Iterator[Fact]:
    yield Fact(_key_of(match["kind"]), match["kind"].lower(), negated=True)


@_rule(rf"i{_BE} (?:happily |now )?married to ")
def _married(match: re.Match[str]) -> Iterator[Fact]:
    name = read_name(_rest(match), strict=True)
    if name:
        yield Fact("family", f"partner {name}")


@_rule(rf"{_ME} (?:can )?(?:speak|understand) ")
def _speak(match: re.Match[str]) -> Iterator[Fact]:
    yield from _many("languages", read_languages(_rest(match)))


@_rule(
    rf"(?:i{_BE} (?:fluent in|bilingual in)|my (?:native|first|mother|second) (?:language|tongue)s? "
    rf"(?:is|are)) "
)
def _fluent(match: re.Match[str]) -> Iterator[Fact]:
    yield from _many("languages", read_languages(_rest(match)))


@_rule(rf"{_ME} (?:{_DONT}|can't|cannot|can not) (?:really |actually )?(?:speak|understand) ")
def _dont_speak(match: re.Match[str]) -> Iterator[Fact]:
    yield from _many("languages", read_languages(_rest(match)), negated=True)
