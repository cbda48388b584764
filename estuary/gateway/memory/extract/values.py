"""Core facts from the words that were marked as their values: the fact, and its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Optional

from attrs import evolve, frozen

from ...engines._fact_rules import LOST, PARTNERS, THEN_LOST, favourite_key, read_clause
from ...engines._numbers import number_of, read_birthday
from ...engines._text import capitalise, gerund
from ...engines._words import LANGUAGES, MONTHS, word_set
from ..base import Exchange, FactChange
from ..keys import is_single, wire_key
from .reader import Mark
from .retell import is_fragment
from .statements import Statement
from .voice import inflect, others, sentence_case
from .words import BREEDS, PLURAL_ROLES, ROLES, is_pet, singular

__all__ = ["Told", "confirmed_facts", "facts_of", "sentence_of"]

#: words are a value when they are this probable, and those of the character when the player confirms them
SURE: Mapping[str, float] = {
    **dict.fromkeys(("name", "location", "origin", "age", "interests", "fname"), 0.7),
    **dict.fromkeys(("occupation", "birthday", "dislikes", "favourite", "languages", "allergies"), 0.85),
    **dict.fromkeys(("family", "pets", "pname"), 0.85),
    "employer": 0.9,
}
CONFIRMED = 0.6
#: probabilities that differ by less are about the same
_ABOUT = 0.05
#: a role is of a name that stands at most so many characters before it
_NEAR = 25
#: "green. it's my favourite colour": so many characters are looked at for what a favourite is of
_NEXT = 100
_ENDED = re.compile(
    r"\b(?:any ?more|any longer|no longer|(?<!what )(?<!which )(?<!that )used to|stopped|gone off|quit|gave up|"
    r"given up|former|ex-?)\b|"
    r"\b(?:don't|do not|doesn't|didn't|isn't|not|never)\b (?:really |actually )?(?:live|work|from|have|own|speak|"
    r"called|a|an|in|allergic)\b",
    re.I,
)
_FAVOURITE = re.compile(
    r"\b(?:fav(?:ou?rite|e)?s?|best) (?P<thing>[a-z]+(?: [a-z]+)??)"
    r"(?=\?|$|,| (?:you|ye|is|are|was|of|ever|at|then|by|cos|because|since|for|and|but|so|to|in|growing|used)\b|'s)",
    re.I,
)
_COUNT = re.compile(r"\b(?P<count>two|three|four|five|six|seven|\d)\s+(?:(?!an?\b)[\w-]+ ){0,2}$", re.I)
#: the same in an answer: "four", "just two"
_COUNTED = re.compile(r"^(?:\w+ )?(?P<count>two|three|four|five|six|seven|\d)\b(?! years)", re.I)
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*")
_ROLE_ASKED = re.compile(r"\byour (?:\w+ ){0,2}?(?P<role>[\w-]+?)(?:'s|s'|\b)", re.I)
_ROLE_TOLD = re.compile(r"\b(?:my|our) (?:\w+ ){0,2}?(?P<role>[\w-]+)\b", re.I)

_SMALL = frozenset({"a", "an", "the", "my"})
#: what may stand between two parts of one value: "run a launderette", "12th of May", "guinea pig"
_JOINTS = {
    "occupation": _SMALL | {""},
    "interests": _SMALL | {""},
    "dislikes": _SMALL | {""},
    "favourite": frozenset({""}),
    "birthday": frozenset({"", "the", "of", "of the", ",", ", the", "."}),
    "pets": frozenset({""}),
}


@frozen
class _Value:
    """Words that are the value of a core fact: where they are in the statement's quote, and their tag."""

    at: int
    tag: str
    text: str
    probability: float
    sure: bool


@frozen
class Told:
    """A fact that a statement tells. ``role`` and ``name`` are of a relative or an animal."""

    fact: FactChange
    role: str = ""
    name: str = ""
    probability: float = 1.0


def facts_of(
    statement: Statement, asked: str, marks: Sequence[Mark], exchange: Exchange, *, role: str = ""
) -> list[Told]:
    """The core facts of ``statement``, in which ``marks`` were found.

    Args:
        exchange: what the statement is of
        role: whose name may be told: "sister" after "What's her name?"
    """
    sure = list(_by_rule(statement))
    taken = {word for told in sure for word in told.fact.value.lower().split()}
    picked = [value for value in _picked(statement, marks) if not taken & set(value.text.lower().split())]
    told = list(_told(picked, statement, asked, exchange, role))
    lost = [item for item in sure if item.fact.negated and item.fact.key in _NAMES.values()]
    rest = (_ended(item, exchange) if item.fact.negated else item for item in [*lost, *told])
    return [*(item for item in sure if item not in lost), *filter(None, rest)]


def confirmed_facts(exchange: Exchange, marks: Sequence[Mark]) -> list[Told]:
    """The core facts whose values the character named, ``marks`` in what it said before, and the player confirmed:
    "Any brothers?" "Four" """
    told: list[Told] = []
    for sentence in _SENTENCE.finditer(exchange.before):
        inside = [mark for mark in marks if sentence.start() <= mark.start < sentence.end()]
        if inside and not _OF_ITSELF.search(sentence[0]):
            question = Statement(sentence[0], sentence[0], sentence.start())
            picked = list(_picked(question, inside, confirmed=True))
            told += _told(picked, question, exchange.text, exchange, "", confirmed=True)
    return told


#: the character speaks of itself: "Hi there! I'm Marina." "I have a cat called Miso." "Green is my colour."
_OF_ITSELF = re.compile(
    r"\b(?:i'm|i am) (?!told|guessing|sure|thinking|right|not sure)|\b(?:my|mine|myself)\b|"
    r"^\W*(?:(?:and|but|so|well|oh|ah),? )?(?:i|we|i've|we've) "
    r"(?!had you|hear|heard|thought|think|guess|bet|suppose|was sure|imagine|see|believe|take it|know|remember)",
    re.I,
)


def _ended(told: Told, exchange: Exchange) -> Optional[Told]:
    """That something is no longer so, in the words in which it is known; nothing where it is not known."""
    value = told.fact.value.casefold()
    known = [each for each in exchange.facts.get(told.fact.key, ()) if value in each.casefold()]
    if not known or (told.fact.key in _NAMES.values() and len(known) > 1):  # which of the two dogs?
        return None
    return evolve(told, fact=evolve(told.fact, value=known[0]))


def _picked(statement: Statement, marks: Sequence[Mark], *, confirmed: bool = False) -> Iterator[_Value]:
    """What is sure enough; of what one has but one of, the surest, and the first of those that are about as sure.
    Roles come whether they are sure or not: a name may be theirs."""
    joined: list[Mark] = []
    for mark in marks:
        last = joined[-1] if joined else None
        between = statement.quote_of(last.end, mark.start).lower().strip() if last else ""
        does = last and mark.tag == "occupation" and _DOING.search(statement.quote_of(statement.start, last.start))
        joints = _JOINTS.get(mark.tag, frozenset()) | ({"and"} if does else set())
        if last and last.tag == mark.tag and between in joints:
            joined[-1] = evolve(last, end=mark.end, probability=max(last.probability, mark.probability))
        else:
            joined.append(mark)
    for mark in joined:
        best = max(other.probability for other in joined if other.tag == mark.tag) - _ABOUT
        first = next(other for other in joined if other.tag == mark.tag and other.probability >= best)
        sure = mark.probability >= (CONFIRMED if confirmed else SURE[mark.tag])
        one_of_many = not is_single(mark.tag) or mark.tag == "occupation"
        if (sure or mark.tag in _NAMES.values()) and (one_of_many or mark is first):
            text = statement.quote_of(mark.start, mark.end)
            yield _Value(mark.start - statement.start, mark.tag, text, mark.probability, sure)


def _by_rule(statement: Statement) -> Iterator[Told]:
    """The facts that the companion's rules, which are strict, find where nothing speaks against the statement."""
    if statement.doubts:
        return
    for fact in read_clause(statement.text):
        key = wire_key(fact.key)
        if key in {"family", "pets"}:
            role, _, name = fact.value.partition(" ")
            named = name[:1].isupper()
            yield Told(
                FactChange(key, fact.value, negated=fact.negated), role if named else fact.value, name if named else ""
            )
        else:
            yield Told(FactChange(key, fact.value, negated=fact.negated, replaces=is_single(key) and not fact.negated))


def _told(
    picked: Sequence[_Value],
    statement: Statement,
    asked: str,
    exchange: Exchange,
    role: str,
    *,
    confirmed: bool = False,
) -> Iterator[Told]:
    """``confirmed``: ``statement`` is the character's, and ``asked`` what the player said to it."""
    ended = not confirmed and _ENDED.search(statement.text) is not None
    named: set[int] = set()
    last: Optional[int] = None
    for place, value in enumerate(picked):
        if value.tag in {"family", "pets"}:
            last = place
        elif value.tag in _NAMES:
            whose, own = _whose(picked, place, last), ""
            if whose is not None:
                named.add(whose)
                own = _role(picked[whose].text)
            own = own or (_own_role(asked, value.tag) if confirmed else _asked_role(asked, role, value.tag))
            name = value.text if value.text[:1].isupper() else " ".join(map(capitalise, value.text.split()))
            fact = FactChange(
                _NAMES[value.tag], f"{own} {name}".strip(), negated=not confirmed and _is_lost(value, own, statement)
            )
            yield Told(fact, own, name, value.probability)
    for place, value in enumerate(picked):
        if value.tag in {"family", "pets"}:
            if place in named or number_of(value.text) is not None or not value.sure:
                continue
            count = (_COUNTED if confirmed else _COUNT).search(asked if confirmed else statement.quote[: value.at])
            said = value.text.lower()
            told = f"{count['count'].lower()} {said}" if count else said if _is_own(said) else _role(said)
            fact = FactChange(value.tag, told, negated=not confirmed and _is_lost(value, _role(value.text), statement))
            yield Told(fact, _role(value.text), "", value.probability)
        elif value.tag not in _NAMES:
            after = "" if confirmed else exchange.text[statement.end : statement.end + _NEXT]
            change = _fact(value, statement, asked, after)
            if change is not None:
                gone = ended and value.tag not in {"dislikes", "allergies", "age", "birthday", "favourite"}
                replaces = is_single(change.key) and not gone
                yield Told(evolve(change, negated=gone, replaces=replaces), probability=value.probability)


def _is_lost(value: _Value, role: str, statement: Statement) -> bool:
    """Whether the animal or partner died or went. A father who died is still one's father."""
    if value.tag not in {"pets", "pname"} and role not in PARTNERS:
        return False
    quote, end = statement.quote, value.at + len(value.text)
    after = LOST.search(quote, end)
    if after:
        return THEN_LOST.fullmatch(quote, end, after.start()) is not None
    return re.search(r"\b(?:broke|split|broken) up with (?:my|our) $", quote[: value.at], re.I) is not None


#: tags of names of relatives and animals, by the key of the fact
_NAMES = {"fname": "family", "pname": "pets"}


def _whose(picked: Sequence[_Value], place: int, last: Optional[int]) -> Optional[int]:
    """The role that a name belongs to: the nearest before it, else one right after."""
    key, end = _NAMES[picked[place].tag], picked[place].at + len(picked[place].text)
    if last is not None and picked[last].tag == key:
        return last
    after = [other for other in range(place + 1, len(picked)) if picked[other].tag == key]
    return after[0] if after and picked[after[0]].at - end < _NEAR else None


def _role(text: str) -> str:
    role = singular(text.lower())
    role = role[:-1] if role not in ROLES and role[:-1] in ROLES else role
    return BREEDS.get(role, role) if not is_pet(role) or role in BREEDS else role


def _is_own(word: str) -> bool:
    """Whether it says more than the role would: "grandchildren", "pug"."""
    return word in PLURAL_ROLES or word.endswith("s") or word in BREEDS


def _asked_role(asked: str, role: str, tag: str) -> str:
    """The role of which the character asked: "your daughter"."""
    return _fitting(_ROLE_ASKED.search(asked), tag) or role


def _own_role(answer: str, tag: str) -> str:
    """The role that the player named in answer: "yes, my daughter"."""
    return _fitting(_ROLE_TOLD.search(answer), tag)


def _fitting(match: Optional[re.Match[str]], tag: str) -> str:
    role = singular(match["role"].lower()) if match else ""
    return role if (is_pet(role) if tag == "pname" else role in _KIN_ROLES) else ""


_KIN_ROLES = word_set("""
    sister brother son daughter wife husband partner mother father mum mom dad aunt uncle cousin niece nephew twin
    grandmother grandfather gran nan grandad grandma grandpa girlfriend boyfriend fiancé fiancée child kid baby
    grandson granddaughter
""")


def _fact(told: _Value, statement: Statement, asked: str, after: str) -> Optional[FactChange]:
    tag, value = told.tag, _LOOSE_END.sub("", told.text.strip(" .,'-"))
    if not value:
        return None
    if tag == "age":
        years = number_of(value) or number_of(value.split()[0])
        soon = _SOON.match(statement.quote[told.at + len(told.text) :])
        return FactChange("age", str(years)) if years and 3 <= years <= 120 and not soon else None
    if tag == "birthday":
        date = read_birthday(re.sub(r"^the ", "", value)) if any(c.isdigit() for c in value) else None
        return FactChange("birthday", date or value[:1].upper() + value[1:])
    if tag == "favourite" or (tag == "interests" and is_fragment(statement.text)):
        match = next(filter(None, map(_FAVOURITE.search, (statement.text, after, asked))), None)
        thing = match["thing"].removesuffix(value).strip() if match else ""
        if thing and thing.split()[-1].lower() not in _ANYTHING:
            return FactChange(favourite_key(thing), value)
        tag = "interests"
    if tag in {"name", "location", "origin"} and value == value.lower():
        value = " ".join(word if word in {"of", "on", "the", "de"} else capitalise(word) for word in value.split())
    if tag == "languages":
        named = [word.capitalize() for word in value.lower().split() if word in LANGUAGES]
        return FactChange("languages", named[0] if named else value)
    if tag == "interests":
        value = _ADMIRER.sub("", value)
    if tag == "dislikes" and _LIKED.search(said := f"{statement.text} {asked}") and not _DISLIKED.search(said):
        tag = "interests"
    verb, _, rest = value.partition(" ")
    done = verb.isalpha() and not re.fullmatch(r"\w{3,}ing", verb) and _DOING.search(statement.quote[: told.at])
    if tag in {"interests", "occupation"} and done:
        verb = gerund(verb.lower()) if tag == "interests" else inflect(verb.lower())
        value = f"{verb} {others(rest)}".strip()
    return FactChange(tag, value)


#: what a favourite one of tells nothing but that it is liked
_ANYTHING = word_set("thing things part bit way time times one ones kind sort hobby pastime activity place")
#: "a huge Star Trek nerd" likes Star Trek
_ADMIRER = re.compile(r"(?<=\w) (?:nerd|fan|fanatic|lover|buff|geek|addict|enthusiast|freak|nut|person)s?$", re.I)
_LOOSE_END = re.compile(r"(?: (?:of|in|for|with|to|on|at|from|and|the|an?))+$", re.I)
_SOON = re.compile(
    r",? (?:next|this|tomorrow|soon|on (?:the|\w+day)|"
    r"in (?:an?|the (?:spring|summer|autumn|fall|winter|new year)|\d+|two|three|four|five|six|"
    rf"{'|'.join(sorted(MONTHS))}))\b",
    re.I,
)
_LIKED = re.compile(
    r"\b(?:love|adore|enjoy|obsessed|(?:mad|crazy) about|keen on|fond of|fan of|fun|unwind|relax|hobb(?:y|ies)|"
    r"free time|passions?|into)\b",
    re.I,
)
_DISLIKED = re.compile(
    r"\b(?:hate|dislike|detest|loathe|despise|avoid|without|leave out|never|no|nope|nah|not|cannot|annoy\w*|"
    r"scared|afraid|bear|stand|allerg\w*|used to)\b|n't\b",
    re.I,
)
#: what follows is what the user does, not a thing: "I **paint** a bit"
_DOING = re.compile(
    r"\b(?:i|we|you|(?<!listen )(?<!listening )(?<!go )(?<!going )to)"
    r"(?: (?:\w+ly|also|just|still|sometimes|often))? $",
    re.I,
)


def sentence_of(told: Told) -> str:
    """The fact as a sentence of its own.

    >>> sentence_of(Told(FactChange("location", "Lyon")))
    'Lives in Lyon'
    """
    key, value, gone = told.fact.key, told.fact.value, told.fact.negated
    if told.name:
        if told.role:
            has = key == "pets"
            return (
                f"Has a {told.role} called {told.name}" if has else f"{sentence_case(told.role)} is called {told.name}"
            )
        return f"{told.name} is {'their pet' if key == 'pets' else 'family'}"
    if key == "name":
        return f"Is {'not ' if gone else ''}called {value}"
    if key.startswith("favourite "):
        return f"{sentence_case(key)} is {others(value)}"
    if key in {"family", "pets"}:
        return f"{'Does not have' if gone else 'Has'} {value if value.split()[0] in _COUNTS else _with_article(value)}"
    if key == "occupation" and value.split()[0].endswith("s") and " " in value and not gone:
        return sentence_case(value)
    if key == "occupation":
        verb = "No longer works" if gone else "Works"
        plain = value.lower() in {"retired", "unemployed", "self-employed", "freelance"}
        return f"Is {value}" if plain else f"{verb} as {_with_article(value)}"
    positive, negative = _SENTENCES[key]
    return f"{negative if gone else positive} {others(value)}{' years old' if key == 'age' else ''}"


_COUNTS = word_set("two three four five six seven 2 3 4 5 6 7")
_SENTENCES = {
    "location": ("Lives in", "No longer lives in"),
    "origin": ("Comes from", "Does not come from"),
    "employer": ("Works at", "No longer works at"),
    "age": ("Is", "Is not"),
    "birthday": ("Birthday is", "Birthday is not"),
    "interests": ("Likes", "No longer likes"),
    "dislikes": ("Dislikes", "Does not dislike"),
    "languages": ("Speaks", "Does not speak"),
    "allergies": ("Is allergic to", "Is not allergic to"),
}


def _with_article(noun: str) -> str:
    if noun.split()[0].lower() in {"a", "an", "the", "my", "their"} or noun.endswith("s") or noun in PLURAL_ROLES:
        return noun
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
