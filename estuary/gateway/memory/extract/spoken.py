"""Core facts in the words of everyday talk: fragments, dropped subjects, work told by what one does.

"been on the lorries 22 years", "pay the bills by driving a tram", "shellfish brings me out in hives", "Forty-four".
The other readers want a whole clause about "I"; this one looks for a cue and takes what hangs on it, and says nothing
that has been said already.
"""

# ruff: noqa: E501 (patterns and lists are easier to read in one piece)
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Optional

from attrs import evolve, frozen

from ...engines._fact import Fact
from ...engines._numbers import number_of, read_birthday
from ...engines._things import read_things
from ...engines._values import read_name, read_place
from ...engines._words import GIVEN_NAMES, JOBS, KIN, LANGUAGES, MONTHS, NOT_NAMES, NOT_PLACES
from ..base import FactChange
from .facts import SINGLE, sentence_of, tell
from .notes import Notes
from .statements import Statement, is_past
from .trades import ANIMALS, CONDITIONS, DEED_OBJECTS, HOBBIES, TRADES
from .voice import inflect, others, sentence_case, third_person
from .words import EMOTIONS

__all__ = ["is_trade", "read_spoken"]


@frozen
class _Told:
    """A core fact, or a plain memory where ``key`` is empty."""

    key: str
    value: str
    content: str = ""
    memory_type: str = "fact"
    replaces: bool = False


_Build = Callable[["re.Match[str]"], Iterator[_Told]]
_RULES: list[tuple[re.Pattern[str], _Build]] = []


def _rule(pattern: str) -> Callable[[_Build], _Build]:
    compiled = re.compile(pattern, re.I)

    def register(build: _Build) -> _Build:
        _RULES.append((compiled, build))
        return build

    return register


_I = r"(?:(?:i|we)(?:'m|'ve|'re| am| are| have|'d| was| were| had)? )"
_OFT = r"(?:(?:just|also|still|actually|really|mostly|only|now|currently|always|been|basically|mainly|usually|do) )*"
_SPAN = (
    r"(?:(?:about|nearly|almost|over|around|like|some|getting on for|coming up to|the last|the past|a good|going on|"
    r"best part of) )*"
    r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|"
    r"a few|a couple of|many|donkey's|too many)(?:[ -]odd|\+)?(?: (?:and a half))? ?(?:years|yrs?|year|months?|weeks?|"
    r"decades?)"
)
_END = r"(?=$|[,.;:!(]| (?:-|–|—) | (?:and|but|so|cos|because|since|for|with|where|when|if|now|atm|rn|who|which|until|till)\b)"


# --- work -----------------------------------------------------------------------------------------------------------

_AGENT = re.compile(r"[a-z]{3,}(?:smith|wright|keeper|ologist|ographer|therapist|hygienist|onomist)$")
_NO_TRADE_LEAD = re.compile(
    r"^(?:good|bad|great|terrible|big|huge|bit|lot|fan|better|real|total|complete|proper|rubbish|decent|keen|slow|fast|"
    r"light|heavy|early|late|born|natural|frequent|regular|failed|would-be|wannabe|night|former|ex)\b",
    re.I,
)


def is_trade(words: str) -> Optional[str]:
    """The trade with which ``words`` begin: "marine engineer for the Interislander" → "marine engineer"."""
    words = re.sub(r"^(?:an?|the|your|just|only) ", "", words.strip(), flags=re.I)
    if _NO_TRADE_LEAD.match(words):
        return None
    taken: list[str] = []
    best = 0
    for word in words.split()[:5]:
        bare = word.strip(",.;:!?()").lower()
        if not bare or bare in _STOP:
            break
        taken.append(word.strip(",.;:!?()"))
        if bare in TRADES or bare in JOBS or _AGENT.match(bare):
            best = len(taken)
        if word[-1] in ",.;:!?":
            break
    if not best or (best < len(taken) and taken[best].lower() not in _AFTER_TRADE):
        return None
    trade = taken[:best]
    return " ".join(word if not word.istitle() else word.lower() for word in trade)


_AFTER_TRADE = frozenset(
    ["lol", "mate", "here", "myself", "now", "then", "too", "actually", "haha", "tbh", "currently"]
)
_STOP = frozenset(
    [
        "at",
        "in",
        "for",
        "by",
        "from",
        "with",
        "since",
        "because",
        "when",
        "where",
        "which",
        "who",
        "that",
        "while",
        "although",
        "though",
        "but",
        "so",
        "if",
        "too",
        "now",
        "and",
        "or",
        "on",
        "to",
        "not",
        "than",
        "again",
        "as",
        "like",
        "of",
        "is",
        "are",
        "was",
        "my",
        "his",
        "her",
        "their",
        "your",
        "our",
        "i",
        "he",
        "she",
        "they",
    ]
)


def _work(trade: str, more: str = "") -> Iterator[_Told]:
    yield _Told("occupation", trade, f"Works as {_article(trade)}{trade}", replaces=True)
    yield from _workplace(more)


def _article(noun: str) -> str:
    return "an " if noun[:1].lower() in "aeiou" else "a "


_EMPLOYER = re.compile(
    r"\b(?:at|for|with) (?P<x>(?:the |a local |a )?(?-i:[A-Z])[\w'&.-]*(?: (?-i:[A-Z])[\w'&-]*){0,3})", re.I
)
_IN_TOWN = re.compile(r"\b(?:in|near|outside) (?P<x>(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+)?)", re.I)


def _workplace(more: str) -> Iterator[_Told]:
    match = _EMPLOYER.search(more[:80])
    if match and match["x"].split()[-1].lower() not in MONTHS and not re.match(r"(?:I|I'm)$", match["x"]):
        yield _Told("employer", match["x"], f"Works at {match['x']}", replaces=True)


@_rule(rf"(?:{_I})?{_OFT}(?:(?:i'm|i am|i've been|been|work(?:ing|ed)? as|job as) )+(?:working as )?(?=an? )")
def _am_a(match: re.Match[str]) -> Iterator[_Told]:
    rest = _rest(match)
    trade = is_trade(rest)
    if trade and not re.search(r"\b(?:used to|until|was) ", match[0]):
        yield from _work(trade, rest)


@_rule(
    rf"(?:{_I})?{_OFT}(?:work(?:ing)?|do(?:ing)?)(?: (?:nights?|days|shifts|part[- ]time|full[- ]time|weekends|evenings|"
    r"mornings|mainly|mostly|freelance|remotely|from home|saturdays|sundays|night shifts?|shift work|over))* "
    r"(?P<p>in|on|at|for|with|as) (?P<x>.+)"
)
def _work_in(match: re.Match[str]) -> Iterator[_Told]:
    if match[0].lower().startswith("do") or re.match(
        r"(?:it|that|this|my|him|her|them|home|me|fun|christmas|a (?:project|bit|few|"
        r"couple|new)|the (?:weekend|other|same|side)|\w+day|"
        r"\d|nights?|days)\b",
        match["x"],
        re.I,
    ):
        return
    where = re.split(
        r"[,.;]| (?:and|but|so|cos|because|since|where|which|now|these days|lol|tho|for (?:the|\d|over|about|a)) ?",
        match["x"],
    )[0]
    where = re.sub(rf" ?{_SPAN}.*$", "", where, flags=re.I).strip()
    if not where or len(where.split()) > 6:
        return
    prep = match["p"].lower()
    trade = is_trade(where) if prep == "as" else None
    if trade:
        yield from _work(trade, where)
        return
    if prep == "as":
        return
    if where[:1].isupper() or (where.lower().startswith("the ") and where[4:5].isupper()):
        if prep in {"at", "for", "with"}:
            yield _Told("employer", where, f"Works {prep} {where}", replaces=True)
        else:
            yield _Told("", "", f"Works {prep} {where}")
        return
    yield _Told(
        "occupation", f"{prep} {where}" if prep != "in" else f"in {where}", f"Works {prep} {where}", replaces=True
    )


_DEEDS = (
    r"drive|deliver|sell|fix|repair|mend|teach|clean|build|make|design|install|fit|paint|bake|brew|farm|breed|groom|run|"
    r"own|manage|lay|cut|stack|wait|tend|restore|train|write|edit|translate|lead|coach|weld|shoe|drive|fly|lecture|nurse|"
    r"service|sort|pack|tutor|mind|grow|rent out|look after|child-?mind|supervise"
)


@_rule(
    rf"(?:i |we )?(?:also |just |actually |only )?(?P<v>{_DEEDS}) (?P<x>(?:an? |the |my (?:own )?|our (?:own )?)?[\w' &-]+?)"
    rf"(?P<end>$|[,.;!]| (?:for|at|in|on|with|and|but|so|near|up|down|round|around|if|when|which|lol|mate|all|out of|from|by) ?)"
)
def _deed(match: re.Match[str]) -> Iterator[_Told]:
    verb, what = match["v"].lower(), match["x"].strip()
    yield from _by_deed(verb, what, match.string[match.end("x") :])


def _by_deed(verb: str, what: str, more: str, *, sure: bool = False) -> Iterator[_Told]:
    nouns = re.sub(r"^(?:an?|the|my own|our own|my|our) ", "", what.lower())
    last = nouns.split()[-1] if nouns.split() else ""
    objects = DEED_OBJECTS.get(verb)
    if not sure and (objects is None or (last not in objects and last.rstrip("s") not in objects)):
        return
    if len(what.split()) > 6:
        return
    noun = last[:-1] if last.endswith("s") and not last.endswith("ss") else last
    value = f"{noun} driver" if verb == "drive" else f"{inflect(verb)} {others(what)}"
    if verb == "teach":
        value = f"{nouns} teacher"
    content = f"{sentence_case(inflect(verb))} {others(what)}" + (
        " for a living" if verb not in {"run", "own", "manage"} else ""
    )
    town = _IN_TOWN.match(more.strip())
    if town:
        content += f" in {town['x']}"
    yield _Told("occupation", value, content, replaces=True)
    yield from _workplace(more)


_ING = {
    "driving": "drive",
    "running": "run",
    "making": "make",
    "writing": "write",
    "cutting": "cut",
    "fitting": "fit",
    "baking": "bake",
    "mining": "mine",
    "nursing": "nurse",
    "editing": "edit",
    "translating": "translate",
    "managing": "manage",
    "serving": "serve",
    "caring": "care",
    "restoring": "restore",
    "designing": "design",
}


@_rule(
    r"(?:i |we )?(?:pay (?:the|my) (?:bills|rent|mortgage)|make (?:a|my) living|earn (?:a|my) (?:living|crust|keep|money)|"
    r"make ends meet|get by|make (?:my )?money|spend my (?:working )?days|keep the (?:lights on|wolf from the door))"
    r"(?: by| with| from| as|,)? (?P<x>.+)"
)
def _pays(match: re.Match[str]) -> Iterator[_Told]:
    rest = match["x"]
    trade = is_trade(rest)
    if trade:
        yield from _work(trade, rest)
        return
    gerund, _, what = re.split(r",", rest)[0].partition(" ")
    if not gerund.endswith("ing") or match[0].lower().startswith("get by"):
        return
    object_, joint, where = re.split(r"( in | at | for )", what, maxsplit=1)[0], " in " in what, what
    verb = _ING.get(gerund.lower(), gerund[:-3].lower())
    if not object_:
        return
    yield from _by_deed(verb, object_, where[len(object_) :], sure=True)
    town = _IN_TOWN.search(where) if joint else None
    if town:
        yield _Told("location", town["x"], f"Lives in {town['x']}", replaces=True)


@_rule(
    rf"(?:{_I})?(?:have )?(?:just |also )*been (?:working )?(?P<x>(?:on|in|down) (?:the )?[\w' -]+?|driving [\w' -]+?|"
    rf"an? [\w' -]+?) (?:for |coming up |going on )*(?P<t>{_SPAN})"
)
def _been_at(match: re.Match[str]) -> Iterator[_Told]:
    what = match["x"]
    trade = is_trade(what) if re.match(r"an? ", what) else None
    if trade:
        yield from _work(trade)
        return
    on = re.match(
        r"(?:on|driving) (?:the )?(?P<v>lorries|trucks|buses|trams|trains|taxis|cabs|boats|rigs|ferries|railways|tools|"
        r"tills|wards|bins|barges|vans|ambulances|phones|door|doors|docks|post|beat)$",
        what,
        re.I,
    )
    if on:
        vehicle = {"lorries": "lorry driver", "buses": "bus driver", "ferries": "ferries"}.get(
            on["v"].lower(),
            f"{on['v'].lower()[:-1]} driver"
            if on["v"].lower() in {"trucks", "trams", "trains", "taxis", "cabs", "vans"}
            else on["v"].lower(),
        )
        yield _Told("occupation", vehicle, f"Has been on the {on['v'].lower()} for {match['t']}", replaces=True)
        return
    trade_in = re.match(
        r"(?:in )(?:the )?(?P<f>teaching|nursing|retail|it|tech|hospitality|construction|banking|finance|education|sales|"
        r"insurance|farming|policing|police|army|navy|trade|building trade|motor trade|nhs|civil service|media|law|"
        r"publishing|catering|logistics|social work|care|kitchens|marketing|film|music|fire service)$",
        what,
        re.I,
    )
    if trade_in:
        yield _Told(
            "occupation", f"in {trade_in['f']}", f"Has worked in {trade_in['f']} for {match['t']}", replaces=True
        )


@_rule(
    r"(?:(?:my|the) )?(?:day |real |actual |proper |main |current |paid |nine to five )?(?:job|work|trade|profession|line of work)s?(?:'s| is|:| tho:?|,)+ (?:that )?(?:i'm |i am )?(?:as )?"
)
def _my_job(match: re.Match[str]) -> Iterator[_Told]:
    rest = _rest(match)
    trade = is_trade(rest)
    if trade:
        yield from _work(trade, rest)


@_rule(
    r"(?:for (?:a living|work|my job|a job|money|my sins|the day job),? )(?:i |we )(?P<v>[a-z]+) (?P<x>[^,.;]{2,50})"
)
def _for_living(match: re.Match[str]) -> Iterator[_Told]:
    yield from _by_deed(match["v"].lower(), match["x"], "", sure=True)


@_rule(r"(?:by (?:trade|profession|day)|(?:day )?job:?|occupation:?),? (?:i'm )?(?=\w)")
def _by_trade(match: re.Match[str]) -> Iterator[_Told]:
    trade = is_trade(_rest(match))
    if trade:
        yield from _work(trade, _rest(match))


@_rule(r"(?P<x>(?:[\w-]+ ){0,2}[\w-]+) (?:by trade|by profession|by day)\b")
def _trade_by(match: re.Match[str]) -> Iterator[_Told]:
    trade = is_trade(re.sub(r"^(?:i'm|i am|im|we're) ", "", match["x"], flags=re.I))
    if trade:
        yield from _work(trade)


@_rule(r"(?P<x>[\w &-]{3,40}?),? (?:at|for|with) (?P<e>(?:the )?(?-i:[A-Z]).*)")
def _bare_trade(match: re.Match[str]) -> Iterator[_Told]:
    """ "marine engineer for the Interislander"."""
    trade = is_trade(match["x"])
    if trade and trade.casefold() == re.sub(r"^an? ", "", match["x"]).casefold():
        yield from _work(trade, match.string[match.end("x") :])


@_rule(r"(?:i(?:'ve)? )?(?:just |recently |finally |fully |semi-|now )*retired\b(?! to bed)(?! (?:my|the|our)\b)")
def _retired(match: re.Match[str]) -> Iterator[_Told]:
    rest = _rest(match)
    yield _Told("occupation", "retired", f"Is retired{_when(rest)}", replaces=True)


def _when(rest: str) -> str:
    ago = re.match(rf" (?P<t>{_SPAN} ago|in (?:19|20)\d\d|last \w+|this \w+)", rest, re.I)
    return f" ({ago['t']})" if ago else ""


# --- where ----------------------------------------------------------------------------------------------------------

_NOWHERE = (
    NOT_PLACES
    | EMOTIONS
    | TRADES
    | frozenset(
        [
            "bed",
            "love",
            "therapy",
            "hospital",
            "a",
            "an",
            "the",
            "my",
            "our",
            "here",
            "there",
            "it",
            "this",
            "that",
            "between",
            "and",
            "work",
            "school",
            "uni",
            "town",
            "charge",
            "traffic",
            "debt",
            "trouble",
            "pain",
            "bits",
            "pieces",
            "person",
            "general",
            "particular",
            "fact",
            "need",
            "front",
            "bulk",
            "what",
            "which",
            "some",
            "any",
            "all",
            "one",
            "two",
            "time",
            "training",
            "business",
            "touch",
            "shape",
            "contact",
            "it",
            "recovery",
            "remission",
            "labour",
            "lockdown",
            "tears",
            "shock",
            "denial",
            "peace",
            "january",
            "teaching",
            "nursing",
            "retail",
            "tech",
            "hospitality",
            "construction",
            "banking",
            "finance",
            "education",
            "sales",
            "farming",
            "care",
        ]
    )
)


def _place(text: str, *, loose: bool = True) -> Optional[str]:
    text = re.sub(rf"[, ]*(?:for )?{_SPAN}\b.*$", "", text, flags=re.I)
    text = re.split(
        r"[,.;:!?(]| (?:-|–|—) | (?:and|but|so|cos|because|since|for|with|where|when|if|now|atm|rn|who|which|till|until|"
        r"these|originally|actually|at the|lol|tho|though|mate|until|like|again|too|is|was|all my|my whole|as|until|these)\b",
        text + " ",
        maxsplit=1,
    )[0].strip()
    words = text.split()
    if not words or len(words) > 4 or words[0].lower() in _NOWHERE or words[0].lower().endswith("ing"):
        return None
    if words[0].lower() in {"sunny", "rainy", "lovely", "good", "old", "bonny", "glorious"} and len(words) > 1:
        words = words[1:]
    return read_place(" ".join(words), loose=loose)


def _home(place: Optional[str], prep: str = "in") -> Iterator[_Told]:
    if place:
        near = prep.lower() in {"near", "outside", "by"}
        yield _Told(
            "location",
            f"near {place}" if near else place,
            f"Lives {prep.lower() if near else 'in'} {place}",
            replaces=True,
        )


@_rule(
    rf"(?:{_I})?{_OFT}(?:live|living|based|stay|staying|settled|reside|residing|holed up|renting|lodging|"
    r"got a (?:flat|place|house)|have a (?:flat|place|house))(?: (?:over|up|down|out|just|here|right|way|alone|mostly|now|with my \w+))* "
    r"(?P<p>in|near|outside|by) (?P<x>.+)"
)
def _live(match: re.Match[str]) -> Iterator[_Told]:
    if re.match(r"(?:i |we )?stay", match[0], re.I) and not re.search(
        r"\bsince\b|\bnow\b|these days", match.string, re.I
    ):
        return
    if re.search(r"\b(?:used to|was|were|had)\b", match[0], re.I):
        return
    yield from _home(_place(match["x"]), match["p"])


@_rule(
    rf"(?:{_I})?(?:have )?(?:been|lived|living) (?:(?:over|up|down|out|here|living|based|back) )*(?P<p>in|near|outside) (?P<x>.+?),?(?: for| coming up| going on|,)* {_SPAN}(?! ago)"
)
def _been_in(match: re.Match[str]) -> Iterator[_Told]:
    if not re.search(r"(?:hour|minute|week|day|month)s?$", match[0], re.I):
        yield from _home(_place(match["x"]), match["p"])


@_rule(
    rf"(?:{_I})?{_OFT}(?:moved|relocated|emigrated|upped sticks)(?: (?:over|up|down|out|back|here|across|house|home|away|recently))*"
    r"(?: from (?P<f>[\w' -]{2,30}?))? (?:to|over to) (?P<x>.+)"
)
def _moved(match: re.Match[str]) -> Iterator[_Told]:
    if match["f"] and _place(match["f"]):
        yield _Told("origin", str(_place(match["f"])), f"Comes from {_place(match['f'])}")
    yield from _home(_place(match["x"], loose=False))


@_rule(
    rf"(?:{_I})?(?:just |only |recently )*(?:moved|came|come)(?: (?:over|up|down|out|here|back|across|to \w+))+ from (?P<x>.+)"
)
def _came_from(match: re.Match[str]) -> Iterator[_Told]:
    place = _place(match["x"])
    if place:
        yield _Told("origin", place, f"Comes from {place}")


@_rule(
    r"(?:i've |i have |i |we )?(?:always )?(?:called|call|made|make) (?P<x>[A-Z][\w' -]{1,30}?) (?:my )?home\b|(?:home(?:'s| is)(?: now)?) (?P<y>[A-Z].+)"
)
def _call_home(match: re.Match[str]) -> Iterator[_Told]:
    yield from _home(_place(match["x"] or match["y"], loose=False))


@_rule(
    r"(?:i(?:'m| am| was|'m both) )?(?:originally |only |actually )?(?:born(?: (?:and|&|n) (?:raised|bred|brought up))?|grew up|raised|brought up|hail|bred)(?: (?:just|way|over|out|here|up|down))* (?:in|near|outside|from) (?P<x>.+)"
)
def _origin(match: re.Match[str]) -> Iterator[_Told]:
    place = _place(match["x"])
    if place:
        yield _Told("origin", place, f"Was born in {place}" if "born" in match[0].lower() else f"Grew up in {place}")


@_rule(
    r"(?:i(?:'m| am) |we're |me,? )?(?:originally|actually|i'm|i am|me,)? ?from (?:(?:just|near|outside|over|up|down|out|sunny|the city of) )*(?P<x>.+)"
)
def _from(match: re.Match[str]) -> Iterator[_Told]:
    place = _place(match["x"], loose=bool(re.match(r"(?:i|we|origin|me)", match[0], re.I)))
    if place and place.split()[0].lower() not in {"work", "home", "scratch", "what", "here"}:
        yield _Told("origin", place, f"Comes from {place}")


@_rule(
    r"(?:i'm |i am )?(?:a |an )?(?:proud |true |proper |born and bred |typical )?(?P<x>(?-i:[A-Z])[\w-]+) (?:lad|lass|girl|boy|born and bred|born and raised|through and through|native)\b"
)
def _lad(match: re.Match[str]) -> Iterator[_Told]:
    place = _place(match["x"], loose=False)
    if place and place.lower() not in LANGUAGES and place.lower() not in {"birthday"}:
        yield _Told("origin", place, f"Comes from {place}")


# --- name and age ---------------------------------------------------------------------------------------------------

_NAME = r"(?P<x>[A-Za-z][\w'-]+(?: (?-i:[A-Z])[\w'-]+){0,2})"


def _named(name: str, *, loose: bool = False) -> Iterator[_Told]:
    read = read_name(name, loose=loose)
    if read:
        yield _Told("name", read, f"Is called {read}", replaces=True)


@_rule(rf"(?:(?:hi|hey|hello|hiya|yo),? )?{_NAME} here\b(?!,? in)")
def _here(match: re.Match[str]) -> Iterator[_Told]:
    if (
        match["x"][:1].isupper()
        and match["x"].lower().split()[0]
        not in {
            "i'm",
            "i",
            "we",
            "we're",
            "new",
            "same",
            "still",
            "over",
            "right",
            "out",
            "down",
        }
        and not is_trade(match["x"])
    ):
        yield from _named(match["x"])


@_rule(
    rf"(?:(?:all )?(?:my )?(?:friends|mates|family|everyone|everybody|people|they|most people|folks)(?: all| just| usually| mostly)? calls? me|(?:just )?call me|i go by|i(?:'m| am) known as|name(?:'s| is|s|:)|the name(?:'s| is)|put(?: me)? down(?: as)?|it's) {_NAME}(?P<more> with an? \w\b| with \w+ \w'?s| spelt| spelled| not )?"
)
def _called(match: re.Match[str]) -> Iterator[_Told]:
    if match[0].lower().startswith("it's") and not match["more"]:
        return
    if re.match(
        r"(?:just )?call me (?:crazy|old|a|an|when|if|back|later|mad|old-fashioned|cynical|tomorrow)\b", match[0], re.I
    ):
        return
    yield from _named(match["x"], loose=not match[0].lower().startswith("it's"))


@_rule(r"(?P<x>[A-Za-z][\w'-]+),? (?:it's )?short for (?P<y>[A-Za-z][\w'-]+)")
def _short(match: re.Match[str]) -> Iterator[_Told]:
    name = re.sub(r"^(?:i'm|it's) ", "", match["x"], flags=re.I)
    yield from _named(name, loose=True)


_NUM = r"(?P<n>\d{1,2}|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|(?:thir|four|fif|six|seven|eigh|nine)teen|eleven|twelve)"
_NOT_YEARS = r"(?! ?(?:%|percent|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|miles?|km|k\b|kilos?|kg|pounds|quid|stone|weeks'|pages?|chapters?|euros?|feet|foot|ft|cm|degrees|points|into|of|times|\d|o'clock|am|pm|th\b|years (?:in|into|sober|clean|at|old house)|[./:]\d|per|people|steps|cats|dogs|in the queue|down|up|behind|ahead|away|metres|grand|lengths|goals|episodes|levels?|shifts?|to|more))"


@_rule(
    rf"(?:(?:well|and|but|so) )?(?:i'm|i am|im|as a|being|being a|i'm only|i'm nearly|i just turned|just turned|i turned|turned|i've just turned|aged?) (?:now |just |only |still |a |an |already )*{_NUM}(?:[- ]?(?:years?|yrs?|yr)[- ]?old|[- ]?y/?o)?{_NOT_YEARS}(?=$|[^\w-]| )"
)
def _age(match: re.Match[str]) -> Iterator[_Told]:
    rest = _rest(match)
    if (
        re.match(r" (?:in|on|next|this|tomorrow|soon)\b", rest, re.I) and "turned" not in match[0].lower()
    ) or "nearly" in match[0].lower():
        yield _Told("", "", f"Will be {match['n']}{others(rest.split(',')[0])[:30]}", "event")
        return
    years = number_of(match["n"]) if not match["n"].isdigit() else int(match["n"])
    if (
        years
        and 5 <= years <= 99
        and not re.match(r" (?:years|yrs)\b(?! young)", rest)
        and not re.match(r"(?:being|as a|aged?) ", match[0] if rest[:1].isalpha() else "", re.I)
    ):
        if (
            re.match(r"(?:turned|aged?)", match[0], re.I)
            and rest.strip(" ,.!") != ""
            and not re.match(r"[, ]*(?:last|yesterday|today|this|in|on|and|me)", rest)
        ):
            return
        yield _Told("age", str(years), f"Is {years} years old", replaces=True)


@_rule(
    rf".*?\b(?:all|every one of|each of) my {_NUM} years\b|(?:i'll be|i will be|i turn|turning|i'm turning|about to turn|i'll turn|i hit|hitting) (?P<soon>\d{{2}}|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty)(?:-\w+)?)(?=$|[,.!]| (?:in|on|next|this|so|tomorrow|soon|and|but)\b)"
)
def _ages(match: re.Match[str]) -> Iterator[_Told]:
    if match["n"]:
        years = number_of(match["n"]) if not match["n"].isdigit() else int(match["n"])
        yield _Told("age", str(years), f"Is {years} years old", replaces=True)
    else:
        yield _Told("", "", f"Will be {match['soon']}{_rest(match).split(',')[0][:30]}", "event")


@_rule(
    r"(?:my )?(?:birthday|bday|b-day)(?:'s|s| is| was)? (?:on )?(?P<x>(?:the )?\d.*|[A-Z][a-z]+ \d.*|(?:january|february|march|april|may|june|july|august|september|october|november|december).*)|(?:i was )?born (?:on )(?P<y>.+)"
)
def _birthday(match: re.Match[str]) -> Iterator[_Told]:
    day = read_birthday(re.sub(r"^the ", "", match["x"] or match["y"], flags=re.I)) or read_birthday(
        match["x"] or match["y"]
    )
    if day:
        yield _Told("birthday", day, f"Birthday is {day}", replaces=True)


# --- tastes ---------------------------------------------------------------------------------------------------------


def _things(text: str) -> list[str]:
    text = re.split(
        r"[.;:!?(]| (?:-|–|—) | (?:but|so|cos|because|since|with my|when|if|every|on (?:a |the )?\w+days?|at (?:the )?weekends?|"
        r"in the (?:summer|winter|spring|autumn|evenings?|mornings?)|these days|at the moment|lately|lol|tbh|me$|mostly|mainly|badly|"
        r"a bit|a lot|though|tho|too|as well|most (?:days|weekends|nights)|for|to (?:relax|unwind)|otherwise|by the way|btw)\b",
        text,
        maxsplit=1,
    )[0].strip(" ,")
    return [thing for thing in read_things(text) if len(thing.split()) <= 5 and thing.lower() not in _NO_TASTE][:4]


_NO_TASTE = frozenset(
    [
        "it",
        "that",
        "this",
        "them",
        "him",
        "her",
        "you",
        "me",
        "us",
        "these",
        "those",
        "all",
        "everything",
        "nothing",
        "something",
        "anything",
        "one",
        "lot",
    ]
)


def _likes(text: str, verb: str = "Likes") -> Iterator[_Told]:
    for thing in _things(text):
        yield _Told("interests", thing, f"{verb} {thing}", "preference")


@_rule(
    rf"(?:{_I})?{_OFT}(?:(?:so|totally|absolutely|completely|proper|well|dead|right|big|massively|low-?key|kinda|kind of) )*"
    r"(?:into|obsessed with|mad (?:about|on|for|keen on)|crazy about|nuts about|hooked on|addicted to|passionate about|keen on|"
    r"fond of|partial to|a sucker for|(?:a )?(?:big |huge |massive |lifelong |proper )?fans? of|got a (?:soft spot|thing|weakness) for|"
    r"have a (?:soft spot|thing|weakness) for|a soft spot for|soft spot for|(?:bloody |fucking |really |absolutely )?(?:love|adore|enjoy|live for|never miss))"
    r" (?:a (?:bit|spot) of |a good |my |the )?(?P<x>.+)"
)
def _taste(match: re.Match[str]) -> Iterator[_Told]:
    if re.match(
        r"(?:my|our) \w*(?:mum|dad|wife|husband|kids|family|job|mate|life)", match.string[match.start("x") - 3 :], re.I
    ):
        return
    if re.match(
        r"(?:how|that|when|what|you|it|this|your|to\b|him|her|them|their|his|someone|the way|idea)\b", match["x"], re.I
    ):
        return
    yield from _likes(match["x"], "Loves" if "love" in match[0].lower() else "Likes")


_PLAY = r"play|playing|sing|singing|collect|collecting|bake|baking|knit|knitting|paint|painting|draw|drawing|brew|brewing|crochet|climb|swim|run|cycle|fish|hike|garden|whittle|sketch|sew|birdwatch|surf|row|box|skate|ski|dance|juggle|busk|quilt|carve|forage"


@_rule(
    rf"(?:i |we |me and my \w+ )(?:also |still |mostly |like to |love to |sometimes |often |usually |just |only |do )*(?P<v>{_PLAY})\b(?P<x>.*)"
)
def _plays(match: re.Match[str]) -> Iterator[_Told]:
    verb, rest = match["v"].lower(), match["x"].strip()
    if re.match(
        r"(?:out|away|up|into|late|errands|off|over|down|games? with (?:me|you)|a (?:launderette|shop|business|cafe|pub|blank))\b",
        rest,
    ) or (re.match(r"(?:a |an |the )", rest) and verb in {"run", "draw"}):
        return
    what = re.split(
        r"[,.;!]| (?:in|on|at|with|for|every|and|but|so|when|badly|a bit|a lot|most|these|since|to|if|like|around|about|near|as|cos|twice|once) ?",
        " " + rest,
        maxsplit=1,
    )[0].strip()
    what = re.sub(r"^(?:the|a|an|some|my|bit of) ", "", what)
    activity = _GERUNDS.get(verb, verb)
    if verb in {"play", "playing", "collect", "collecting"}:
        if not what or len(what.split()) > 4 or what.lower() in _NO_TASTE:
            return
        stem = "Plays" if verb.startswith("play") else "Collects"
        yield _Told("interests", what, f"{stem} {what}", "preference")
    elif not what or len(what.split()) <= 3:
        value = f"{activity} {what}".strip()
        content = third_person(match.string) if match.string.lower().startswith(("i ", "we ")) else ""
        yield _Told("interests", value, content if 0 < len(content.split()) <= 14 else f"Likes {value}", "preference")


_GERUNDS = {
    "sing": "singing",
    "bake": "baking",
    "knit": "knitting",
    "paint": "painting",
    "draw": "drawing",
    "brew": "brewing",
    "crochet": "crochet",
    "climb": "climbing",
    "swim": "swimming",
    "run": "running",
    "cycle": "cycling",
    "fish": "fishing",
    "hike": "hiking",
    "garden": "gardening",
    "whittle": "whittling",
    "sketch": "sketching",
    "sew": "sewing",
    "birdwatch": "birdwatching",
    "surf": "surfing",
    "row": "rowing",
    "box": "boxing",
    "skate": "skating",
    "ski": "skiing",
    "dance": "dancing",
    "juggle": "juggling",
    "busk": "busking",
    "quilt": "quilting",
    "carve": "carving",
    "forage": "foraging",
}


@_rule(
    rf"(?:{_I})?{_OFT}(?:a )?(?:(?:spend|spending) (?:all |most of )?(?:my|our|the) (?:\w+ )?(?:weekends?|evenings?|time|saturdays?|sundays?|"
    r"nights?|days|holidays|summers?|winters?)|(?:do|does|doing) (?:a )?(?:bit|spot|lot) of|bit of|spot of|rather be|i'd rather be|"
    r"took up|taken up|(?:got|getting) (?:back |really |well )?into|started(?: doing)?|go|going to|go to|been going to|"
    r"unwind (?:with|by)|relax (?:with|by)|switch off (?:with|by)|my thing(?:'s| is)|my hobby(?:'s| is)) (?P<x>.+)"
)
def _hobby(match: re.Match[str]) -> Iterator[_Told]:
    first = match["x"].split()[0].lower().strip(",.")
    if first in HOBBIES or (
        re.match(
            r".*(?:weekend|evening|unwind|relax|bit of|rather be|took up|thing)",
            match[0][: match.start("x") - match.start()],
            re.I,
        )
        and first.endswith("ing")
    ):
        for thing in _things(match["x"]):
            yield _Told("interests", thing, f"Likes {thing}", "preference")


@_rule(
    r"(?:i'm |i am |we're )?(?:(?:also|still|now|currently|just) )*(?:play (?:drums|bass|guitar) )?in (?P<x>an? (?:\w+ )?(?:band|choir|orchestra|running club|book club|quiz team|theatre group|football team|netball team|cricket team|knitting group))\b"
)
def _in_band(match: re.Match[str]) -> Iterator[_Told]:
    yield _Told("", "", f"Is in {match['x']}")


@_rule(
    rf"(?:{_I})?{_OFT}(?:(?:really|just|absolutely|bloody) )*(?:can't|cannot|cant|can not|couldn't) (?:bloody )?(?:abide|stand|bear|stomach|deal with|be doing with|tolerate) (?P<x>.+)"
    rf"|(?:i )?(?:(?:absolutely|really|properly|bloody) )*(?:loathe|hate|detest|despise) (?P<y>.+)"
    r"|(?:i(?:'m| am) )?not (?:a (?:big |huge |massive )?(?:fan of|lover of)|keen on|mad (?:on|about|keen on)|into|fussed (?:about|on)|big on|fond of) (?P<z>.+)"
)
def _cant_stand(match: re.Match[str]) -> Iterator[_Told]:
    what = re.sub(
        r"^(?:the (?:taste|smell|sight|sound) of|any kind of|all|people who) ",
        "",
        match["x"] or match["y"] or match["z"],
    )
    if re.match(r"(?:it|that|this|when|how|him|her|you|to|them|myself|the (?:thought|idea|fact))\b", what, re.I):
        return
    for thing in _things(what):
        yield _Told("dislikes", thing, f"Can't stand {thing}" if match["x"] else f"Dislikes {thing}", "preference")


@_rule(
    r"(?P<x>(?!(?:he|she|it|that|this|they|you|i|we|which|who)\b)[\w' -]{2,40}?) (?:(?:can|should|could) (?:get in the bin|do one|get lost)|(?:does|do) my head in|drives? me (?:mad|nuts|crazy|up the wall|insane)|gets? on my (?:nerves|wick)|gives? me the (?:ick|creeps|heebie-jeebies)|(?:is|are) the worst|makes? me (?:gag|heave|retch))\b"
)
def _head_in(match: re.Match[str]) -> Iterator[_Told]:
    what = match["x"].strip()
    if not re.match(r"(?:my|our|the (?:neighbours?|boss)|everything)\b", what, re.I) and len(what.split()) <= 4:
        yield _Told("dislikes", what, f"Can't stand {what}", "preference")


@_rule(
    r"(?:i'm |i am )?(?:more of |definitely |very much |strictly |always been )?(?:a |an )?(?P<x>[\w-]+(?: [\w-]+)?) (?:person|girl|guy|man|woman|drinker|lover|fanatic|nut|nerd|geek|obsessive|addict|enthusiast|through and through)\b"
)
def _person(match: re.Match[str]) -> Iterator[_Told]:
    if not re.match(r"(?:i'm|i am)", match.string, re.I) or re.match(
        r"i(?:'m| am) (?:not|the|no)\b", match.string, re.I
    ):
        return
    thing = match["x"].lower()
    thing = re.sub(r"^(?:a|an|big|huge|massive|total|real|proper) ", "", thing)
    if thing in HOBBIES or thing in {
        "tea",
        "coffee",
        "cat",
        "dog",
        "cider",
        "wine",
        "beer",
        "whisky",
        "morning",
        "night",
        "book",
        "film",
        "football",
        "chocolate",
        "cheese",
        "history",
        "trains",
        "train",
        "space",
    }:
        yield _Told("interests", thing, f"Is a {thing} person", "preference")


# --- health ---------------------------------------------------------------------------------------------------------


@_rule(
    r"(?P<x>(?!(?:he|she|it|that|this|they|you|i|we|which|who)\b)[\w' -]{2,30}?) (?:(?:always|just|really|usually) )?(?:brings? me out in|gives? me (?:hives|a rash|rashes|anaphylaxis)|makes? (?:me (?:swell|itch|come out|puff)|my (?:throat|tongue|face|lips|eyes) (?:swell|itch|close|puff|tingle|stream))|sets? (?:me|my (?:asthma|allergies|sinuses)) off|sets? off my (?:asthma|allergies|hay fever)|nearly kills? me|(?:could|would|will|can) kill me|sends? me to (?:a&e|hospital|the er))\b"
)
def _reacts(match: re.Match[str]) -> Iterator[_Told]:
    what = re.sub(r"^(?:eating|any|even|the|a|one|one true thing:?) ", "", match["x"].strip())
    if len(what.split()) <= 3 and not re.match(
        r"(?:my|our|work|this|monday|the stress|school|exams?|heat|waiting)\b", what, re.I
    ):
        yield _Told("allergies", what, f"Is allergic to {what}")


@_rule(
    r"(?:i(?:'m| am|'ve got|'ve| have|'ve been| was| get)? )?(?:(?:also|badly|severely|deathly|really|mildly|a bit|super|diagnosed) )*(?:allergic to|allergy to|an? allergy to|intolerant to) (?P<x>.+)|(?:got |have |i've got )?an? (?P<y>[\w ]+?) allergy\b"
)
def _allergic(match: re.Match[str]) -> Iterator[_Told]:
    for thing in _things(match["x"] or match["y"]):
        yield _Told("allergies", thing, f"Is allergic to {thing}")


_CONDITION = "|".join(sorted((re.escape(word) for word in CONDITIONS), key=len, reverse=True))


@_rule(
    rf"(?:i(?:'m| am|'ve got|'ve had|'ve| have|'ve always had| had| get| suffer from| was diagnosed with| got)? )?(?:(?:got|get|also|bad|terrible|awful|mild|severe|really|had|have|a bit of|diagnosed with|suffer(?:ing)? from|living with|live with|been) )*(?:an? )?(?P<x>{_CONDITION})\b(?! (?:friend|menu|options?|bread|society|charity|awareness))"
)
def _condition(match: re.Match[str]) -> Iterator[_Told]:
    if re.match(r"(?:i|got|have|suffer|diagnosed|living|live)", match[0], re.I) and not re.match(
        r"i(?:'m| am) not", match.string, re.I
    ):
        what = match["x"]
        verb = "Is" if re.match(r".*i(?:'m| am)\b", match[0], re.I) else "Has"
        yield _Told("", "", f"{verb} {what}")


@_rule(
    r"(?:i(?:'m| am|'ve been)? )?(?:a |been )?(?:(?:also|now|strictly|been|lifelong|mostly|basically) )*(?P<x>vegan|vegetarian|veggie|pescatarian|coeliac|celiac|teetotal|left-handed|colou?r-?blind|sober|dyslexic|autistic|deaf)\b"
)
def _diet(match: re.Match[str]) -> Iterator[_Told]:
    if re.match(r"i(?:'m| am|'ve)", match.string, re.I):
        yield _Told("", "", f"Is {match['x'].lower()}")


# --- family, animals, languages -------------------------------------------------------------------------------------

_COUNT = r"(?P<c>an?|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2}|twin|another|no)"
_KIN_MANY = r"kids?|children|child|sons?|daughters?|boys|girls|brothers?|sisters?|siblings?|stepsons?|stepdaughters?|stepkids|grandkids?|grandchildren|granddaughters?|grandsons?|nieces?|nephews?|twins|little ones|bairns|teenagers|toddlers?|babies|step-?brothers?|step-?sisters?|half-?brothers?|half-?sisters?|cousins?|wife|husband|partner|girlfriend|boyfriend|fianc[eé]e?"
_HAVE = r"(?:(?:i|we)(?:'ve| have)?(?: only| just| also| already| still)* ?(?:already )?(?:got|have|had|raised|raising)? ?|got |raising |mum (?:of|to) |dad (?:of|to) |mother of |father of |parent (?:of|to) |i'm (?:a |the )?(?:mum|dad|mother|father|mom|parent|nan|gran|grandad) (?:of|to) )"


@_rule(
    rf"{_HAVE}(?:the )?{_COUNT} (?:(?:little|big|older|younger|grown-?up|grown|lovely|teenage|wee|small|young|beautiful|elder|twin|adult|feral|noisy) )*(?P<x>{_KIN_MANY})\b(?P<age>,? (?:aged|who are|\d)[^.;]*)?"
)
def _has_kin(match: re.Match[str]) -> Iterator[_Told]:
    count, kin = match["c"].lower(), match["x"].lower()
    if count == "no" or re.match(r"(?:,| called| named|:)? (?-i:[A-Z])", _rest(match)):
        return  # each is told by name
    value = kin if count in {"a", "an", "another", "one"} else f"{count} {kin}"
    yield _Told("family", value, f"Has {'a ' if value == kin and not kin.endswith('s') else ''}{value}", "relationship")


@_rule(
    r"(?:i'm |i am |i was |me,? )?(?:the )?(?P<x>(?:oldest|eldest|youngest|middle|second|third|fourth|one|baby)(?: child| one| kid)?) (?:of|out of) (?P<n>\w+)\b(?! (?:us who|the (?:best|worst|most)))"
)
def _of_n(match: re.Match[str]) -> Iterator[_Told]:
    if number_of(match["n"]) or match["n"].isdigit():
        yield _Told("", "", f"Is the {match['x'].lower()} of {match['n']} children", "relationship")


@_rule(r"(?:i'm |i am )?(?:an )?only child\b")
def _only(match: re.Match[str]) -> Iterator[_Told]:
    yield _Told("", "", "Is an only child", "relationship")


@_rule(
    r"(?:on )?(?:my |our )?(?P<x>mum|dad|mom|mother|father|nan|gran|grandad)'?s (?:side|family|lot|people|folks)(?: of the family)?(?:'s| is| are|'re| were| was| come| comes)(?: all| from| originally)* (?P<y>[\w ]+)"
)
def _side(match: re.Match[str]) -> Iterator[_Told]:
    yield _Told("", "", f"{match['x'].capitalize()}'s side is {others(match['y'])}", "relationship")


@_rule(
    r"(?:i'm |i am |i've been |been |recently |newly |now )*(?P<x>widowed|a widow|a widower|divorced|separated|single|engaged|(?:happily )?married)(?=$|[,.!]| (?:for|since|with|to|\d|and|now|last|in|twice|lol|mum|dad|parent)\b)"
)
def _status(match: re.Match[str]) -> Iterator[_Told]:
    yield _Told("", "", f"Is {match['x'].lower()}", "fact")


@_rule(
    rf"(?:just |only )?{_COUNT} (?:(?:little|big|older|younger|grown-?up|grown|teenage|wee|small|young|adult) )*(?P<x>{_KIN_MANY})(?P<rest>$|[,:.].*| (?:called|aged|and|at) .*)"
)
def _bare_kin(match: re.Match[str]) -> Iterator[_Told]:
    count, kin = match["c"].lower(), match["x"].lower()
    if count == "no":
        return
    one = kin[:-1] if kin.endswith("s") else {"children": "child", "grandchildren": "grandchild"}.get(kin, kin)
    names = re.match(r"(?:[,:]| called) (?P<n>(?-i:[A-Z])\w+(?:(?:,| and|, and| &) (?-i:[A-Z])\w+)*)", match["rest"])
    if names:
        for name in re.split(r", and |,? and |, | & ", names["n"]):
            yield _Told("family", f"{one} {name}", f"Has a {one} called {name}", "relationship")
        return
    value = one if count in {"a", "an", "another", "one"} else f"{count} {kin}"
    yield _Told("family", value, f"Has {'a ' if value == one else ''}{value}", "relationship")


_CLOSE = r"best mate|best friend|best pal|bestie|mate|friend|pal|flatmate|housemate|roommate|boss|neighbou?r|colleague|workmate|ex|girlfriend|boyfriend|partner|wife|husband|sister|brother|cousin|son|daughter|nephew|niece|mum|dad|auntie?|uncle|lad|twin|fianc[eé]e?|nan|grandad"


@_rule(
    rf"(?P<n>(?-i:[A-Z])[a-z]+)(?:'s| is| was|'s been| has been)(?: been)? my (?P<adj>(?:(?:little|big|older|younger|late|twin|oldest|old) )?)(?P<r>{_CLOSE})\b"
)
def _is_my(match: re.Match[str]) -> Iterator[_Told]:
    yield from _close(match["r"].lower(), match["n"], match["adj"])


@_rule(
    rf".{{0,60}}?\b(?:my|our) (?P<adj>(?:(?:little|big|older|younger|late|twin|oldest|old|good) )?)(?P<r>{_CLOSE})(?:'s called| is called| called| named|'s name is|,)? (?P<n>[a-z]+)\b"
)
def _my_close(match: re.Match[str]) -> Iterator[_Told]:
    if match["n"].lower() in GIVEN_NAMES and match["n"].lower() not in NOT_NAMES | frozenset(
        [
            "will",
            "mark",
            "may",
            "rose",
            "grace",
            "hope",
            "joy",
            "faith",
            "dawn",
            "summer",
            "rich",
            "art",
            "bill",
            "pat",
            "jack",
            "frank",
            "drew",
            "chase",
            "grant",
        ]
    ):
        yield from _close(match["r"].lower(), match["n"].capitalize(), match["adj"])


def _close(role: str, name: str, adjective: str) -> Iterator[_Told]:
    plain = {"lad": "son"}.get(role, role)
    content = f"{adjective}{plain} is called {name}"
    kin = plain in KIN or plain in {"wife", "husband", "partner", "girlfriend", "boyfriend"}
    yield _Told("family" if kin else "", f"{plain} {name}" if kin else "", sentence_case(content), "relationship")


@_rule(
    r"(?:i'm |i am |only |still |just )*(?:in |doing |at )?(?:my )?(?P<x>(?:year|yr|grade) \d{1,2}|(?:first|second|third|fourth|final|1st|2nd|3rd|last) year(?: of| doing| studying| at)?(?: (?!in\b|we\b|i\b)[\w& ]+)?|(?:a-levels|my a-levels|gcses|sixth form|a (?:phd|masters|degree|apprenticeship|pgce|btec|foundation year|course)(?: [\w& ]+)?))(?=$|[,.!])"
)
def _studies(match: re.Match[str]) -> Iterator[_Told]:
    if match[0].lower() != match["x"].lower() or re.match(r"(?:year|yr|first|second|third|final)", match[0], re.I):
        yield _Told(
            "",
            "",
            f"Is in {match['x']}"
            if "year" in match["x"].lower() or "yr" in match["x"].lower()
            else f"Is doing {match['x']}",
        )


@_rule(
    r"(?:i'm |i am |currently |also )*(?:study(?:ing)?|reading|majoring in|doing a (?:degree|masters|phd|course) in) (?P<x>(?:(?!for\b|at\b|in\b|hard\b|the\b|a\b|my\b)[a-z&]+ ?){1,4})(?P<at>at .*)?"
)
def _studying(match: re.Match[str]) -> Iterator[_Told]:
    if re.match(r"(?:i'm |i am |currently |also )*reading", match[0], re.I) and not match["at"]:
        return
    yield _Told("", "", f"Studies {match['x'].strip()}{' ' + match['at'] if match['at'] else ''}")


@_rule(r"i used to (?!think|say|believe|it\b|know|tell|want)(?P<x>[a-z]+ .{3,60})")
def _used_to(match: re.Match[str]) -> Iterator[_Told]:
    yield _Told("", "", f"Used to {others(match['x'].split(',')[0])}")


@_rule(r"(?:i(?:'m| am|'ve)? )?(?:been )(?:out )?(?P<x>[a-z-]+ing)\b")
def _been_doing(match: re.Match[str]) -> Iterator[_Told]:
    if match["x"].lower() in HOBBIES:
        content = f"Has been {match['x']}{others(_rest(match).split(',')[0])}"
        yield _Told("interests", match["x"].lower(), content if len(content.split()) < 14 else "", "preference")


@_rule(
    r"(?:i(?:'d| would)? |we )?(?:much |really |definitely |always )?(?:prefer|rather have|favour) (?P<x>[\w' -]{2,30}?)(?: (?:to|over|than) (?P<y>[\w' -]{2,30}))?(?=$|[,.!]| any day| every time)|(?:you )?can't beat (?P<z>[\w' -]{2,40})|nothing beats (?P<w>[\w' -]{2,40})|(?P<u>[\w' -]{2,25}?) (?:over (?P<o>[\w' -]{2,25}) (?:any day|every time|always)|all the way|every time|any day)(?=$|[,.!])"
)
def _prefers(match: re.Match[str]) -> Iterator[_Told]:
    thing = match["x"] or match["z"] or match["w"] or match["u"]
    than = match["y"] or match["o"]
    if len(thing.split()) <= 5 and not re.match(r"(?:it|that|this|not|to|i|you|we)\b", thing, re.I):
        thing = re.sub(r"^(?:give me |gimme )?(?:a (?:good|proper) |a |the )?", "", thing)
        yield _Told("", "", f"Prefers {others(thing)}{f' to {than}' if than else ''}", "preference")


_ANIMAL = "|".join(sorted((re.escape(word) for word in ANIMALS), key=len, reverse=True))


@_rule(
    rf"(?:at home )?{_HAVE}(?P<x>(?:an?|one|two|three|four|five|six|seven|eight|ten|\d{{1,2}}|another|some|this)\b [^.;!]*?\b(?:{_ANIMAL})(?:s|es)?\b.*)"
)
def _has_animals(match: re.Match[str]) -> Iterator[_Told]:
    for part in re.split(r",? and |, ", match["x"])[:5]:
        found = re.match(
            rf"(?:(?:just|also|already) )*(?P<c>an?|one|two|three|four|five|six|seven|eight|ten|\d{{1,2}}|another|this) (?:[\w-]+ ){{0,3}}?(?P<a>{_ANIMAL})(?P<s>s|es)?(?![\w-])(?: (?:called|named) (?P<n>[A-Za-z][\w-]+))?(?P<rest>.*)",
            part,
            re.I,
        )
        if not found or re.match(
            r" (?:food|bed|person|lover|toy|park|show|shelter|suit|tattoo|fish tank|walker|sitter|costume|mat)\b",
            found["rest"],
            re.I,
        ):
            continue
        count, animal = found["c"].lower(), found["a"].lower()
        if found["n"]:
            name = found["n"].capitalize()
            yield _Told("pets", f"{animal} {name}", f"Has {_article(animal)}{animal} called {name}")
        elif count in {"a", "an", "another", "one", "this"}:
            yield _Told("pets", animal, f"Has {_article(animal)}{animal}")
        else:
            yield _Told("pets", f"{count} {animal}{found['s'] or 's'}", f"Has {count} {animal}{found['s'] or 's'}")


@_rule(
    rf"(?:(?:it's|he's|she's|they're|that's) )?(?:an? |my |our |the )?(?:[\w-]+ ){{0,3}}?(?P<a>{_ANIMAL})(?:,[^,]{{1,25}})?,? "
    rf"(?:called|named|name of|goes by|answers to) (?P<n>[A-Za-z][\w-]+)"
)
def _named_animal(match: re.Match[str]) -> Iterator[_Told]:
    animal, name = match["a"].lower(), match["n"].capitalize()
    yield _Told("pets", f"{animal} {name}", f"Has {_article(animal)}{animal} called {name}")


_KIN_WORDS = "|".join(
    sorted(
        [
            "wife",
            "husband",
            "hubby",
            "missus",
            "partner",
            "girlfriend",
            "boyfriend",
            "fiancé",
            "fiancée",
            "fiance",
            "fiancee",
            "son",
            "daughter",
            "kids",
            "children",
            "brother",
            "sister",
            "twin",
            "stepson",
            "stepdaughter",
            "stepdad",
            "stepmum",
            "grandson",
            "granddaughter",
            "grandkids",
            "grandchildren",
            "lad",
            "eldest",
            "youngest",
            "niece",
            "nephew",
            "brother-in-law",
            "sister-in-law",
            "mother-in-law",
            "father-in-law",
            "toddler",
            "ex-wife",
            "ex-husband",
            "bf",
            "gf",
            "in-laws",
        ],
        key=len,
        reverse=True,
    )
)
_MY_KIN = re.compile(
    rf"\b(?:(?:my|our) (?P<adj>(?:(?:little|big|older|younger|elder|eldest|youngest|late|twin|baby|ex|lovely|two|three|other|dear|kid|poor|half) )*)|(?:the )(?=missus|hubby))"
    rf"(?P<x>{_KIN_WORDS})(?: and (?:my |our )?(?P<x2>{_KIN_WORDS}))?(?=$|[^\w-])(?! (?:says|said|thinks|told|asked|claims|reckons (?:he|she)|lives? in your)\b)",
    re.I,
)


def _my_kin(text: str) -> Iterator[_Told]:
    """Whoever is called one's own is there: "my lad reckons I should pack it in"."""
    if len(text.split()) < 3 or re.search(r"\b(?:kill|murder|strangle)\b", text):
        return
    for match in _MY_KIN.finditer(text):
        if match["x2"]:
            second = match["x2"].lower()
            many = second in {"kids", "children", "grandkids", "grandchildren"}
            yield _Told("family", second, f"Has {'' if many else _article(second)}{second}", "relationship")
        kin = match["x"].lower()
        plain = {"lad": "son", "hubby": "husband", "missus": "wife", "bf": "boyfriend", "gf": "girlfriend"}.get(
            kin, kin
        )
        if plain in {"eldest", "youngest"}:
            plain = "child"
        adjective = (match["adj"] or "").strip().lower()
        adjective = "" if adjective in {"poor", "dear", "lovely", "other"} else adjective
        whole = f"{adjective} {plain}".strip()
        many = plain in {"kids", "children", "grandkids", "grandchildren", "in-laws"} or whole.startswith(
            ("two", "three")
        )
        more = f" ({kin})" if plain != kin else ""
        yield _Told(
            "family",
            plain,
            f"{'Had' if 'late' in whole else 'Has'} {'' if many else _article(whole)}{whole}{more}",
            "relationship",
        )


@_rule(
    r"(?:i |we |i'm |i can )?(?:also |only |still )*(?:speak|speaks|fluent in|learning|talk|understand|grew up speaking|know) (?:a (?:bit|little) (?:of )?|some |basic |decent |fluent |broken )*(?P<x>[A-Za-z]+(?:(?:,| and|, and) [A-Za-z]+)*)|my (?P<y>[a-z]+) is (?:ok|okay|good|bad|terrible|rusty|decent|fluent|not bad|not great|awful|passable|improving|getting)"
)
def _languages(match: re.Match[str]) -> Iterator[_Told]:
    for word in re.findall(r"[a-z]+", (match["x"] or match["y"]).lower()):
        if word in LANGUAGES:
            learning = "learning" in match[0].lower()
            yield _Told(
                "" if learning else "languages",
                word.capitalize(),
                f"{'Is learning' if learning else 'Speaks'} {word.capitalize()}",
            )


@_rule(
    r"(?:i'm |i am )?(?P<x>(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+)?),? (?:born|bred|raised)\b(?: (?:and|&|n) (?:bred|raised|born))?(?:,? (?:but )?(?:now )?(?:living |based |live )?in (?P<y>(?-i:[A-Z])[\w' -]+))?"
)
def _born(match: re.Match[str]) -> Iterator[_Told]:
    place = _place(match["x"], loose=False)
    if place:
        yield _Told("origin", place, f"Was born in {place}")
    if match["y"]:
        yield from _home(_place(match["y"], loose=False))


@_rule(
    r"(?:.{0,30}\b(?:but|now|these days),? )?(?P<x>(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+)?)(?:'s| is| has been)(?: now| my)? home\b"
)
def _is_home(match: re.Match[str]) -> Iterator[_Told]:
    yield from _home(_place(match["x"], loose=False))


@_rule(
    r"i(?:'m| am) (?:a |an )?(?:proud |true |born and bred )?(?P<x>londoner|glaswegian|mancunian|scouser|liverpudlian|geordie|brummie|dubliner|parisian|new yorker|berliner|texan|californian|yorkshireman|cornishman|aberdonian|edinburgher|sydneysider|melburnian|torontonian|chicagoan|bostonian)\b"
)
def _townsman(match: re.Match[str]) -> Iterator[_Told]:
    yield _Told("", "", f"Is a {match['x']}")


@_rule(
    r"(?:(?:i'm |i am )?(?:an? )?(?:proud |single |working |foster |tired |busy |knackered )*)(?P<p>mum|dad|mom|mother|father|parent|nan|gran|grandad|grandma) (?:of|to) (?P<c>one|two|three|four|five|six|seven|\d{1,2}|twins|triplets)(?P<k> (?:boys|girls|kids|sons|daughters|teenagers|toddlers))?\b"
)
def _parent_of(match: re.Match[str]) -> Iterator[_Told]:
    grand = "grand" if re.match(r"(?:nan|gran)", match["p"], re.I) else ""
    what = (
        f"{match['c']}{match['k'] or ''}"
        if match["k"] or (match["c"].startswith("t") and match["c"] in {"twins", "triplets"})
        else f"{match['c']} {grand}{'child' if match['c'] == 'one' else 'kids' if not grand else 'children'}"
    )
    yield _Told("family", what, f"Has {what} ({match['p'].lower()} of {match['c']})", "relationship")


@_rule(
    r"(?:i've |i have |we've |we have |got )(?:got )?an? (?:little |baby |teenage |grown-?up |wee |small )*(?P<k>boy|girl|lad|son|daughter|brother|sister|husband|wife|partner|boyfriend|girlfriend|toddler|baby|twin)(?:,| called| named) (?P<n>(?-i:[A-Z])[a-z]+)"
)
def _little_boy(match: re.Match[str]) -> Iterator[_Told]:
    role = {"boy": "son", "lad": "son", "girl": "daughter", "baby": "child", "toddler": "child"}.get(
        match["k"].lower(), match["k"].lower()
    )
    yield _Told("family", f"{role} {match['n']}", f"Has a {role} called {match['n']}", "relationship")


@_rule(rf"(?P<n>(?-i:[A-Z])[a-z]+)(?:'s| is| was) (?:my|our) (?:[\w-]+ )?(?P<a>{_ANIMAL})\b")
def _is_my_animal(match: re.Match[str]) -> Iterator[_Told]:
    animal = match["a"].lower()
    yield _Told("pets", f"{animal} {match['n']}", f"Has {_article(animal)}{animal} called {match['n']}")


@_rule(r"(?P<x>[a-z][a-z &-]{2,30})(?=$|,|\.)")
def _only_a_trade(match: re.Match[str]) -> Iterator[_Told]:
    """ "teacher, year 4": nothing but the trade."""
    words = match["x"].strip()
    trade = is_trade(words)
    if (
        trade
        and trade == words
        and trade
        not in {
            "doctor",
            "waiter",
            "waitress",
            "chef",
            "nurse please",
            "captain",
            "officer",
            "coach",
            "model",
            "guide",
            "partner",
            "driver",
            "security",
            *_VISITED,
        }
    ):
        yield from _work(trade, _rest(match))


#: Named alone, they are whom one goes to see.
_VISITED = (
    "physio",
    "dentist",
    "vet",
    "therapist",
    "barber",
    "hairdresser",
    "optician",
    "chiropractor",
    "osteopath",
    "counsellor",
    "psychologist",
    "psychiatrist",
    "pharmacist",
    "butcher",
    "baker",
    "grocer",
    "solicitor",
    "lawyer",
    "plumber",
    "electrician",
    "builder",
)

_GRADE = r"freelance|self[- ]employed|part[- ]time|full[- ]time|trainee|junior|senior|qualified|newly qualified|student|apprentice|assistant|retired|ex|agency|supply|night|locum|contract|jobbing|chief|head"


@_rule(
    rf"(?:i'm |i am |me,? )?(?:currently |now |just |only )*(?:an? )?(?P<x>(?:{_GRADE}) [\w -]{{3,40}}?)(?:,? (?:at|for|in|with|by|here|mostly|mainly|now|since|and|but|so|lol)\b|[,.!]|$)"
)
def _graded(match: re.Match[str]) -> Iterator[_Told]:
    trade = is_trade(match["x"])
    if trade and not re.match(r"(?:ex|night)\b", trade):
        yield from _work(trade, match.string[match.end("x") :])


@_rule(
    r"(?:i(?:'m| am|'ve been| was| work)? )?(?:currently |now |been |still |serving )*in the (?P<x>army|navy|raf|air force|police|fire service|civil service|merchant navy|marines|military|coastguard|ambulance service|building trade|motor trade|trades|wine trade|music business|film industry|nhs)\b"
)
def _serves(match: re.Match[str]) -> Iterator[_Told]:
    if re.match(r"(?:i|in|been|still|serving|currently)", match.string, re.I) and not re.match(
        r"i was\b", match[0], re.I
    ):
        yield _Told("occupation", f"in the {match['x']}", f"Works in the {match['x']}", replaces=True)


@_rule(
    r"(?:i'm |i am |i've been )?(?:currently |now |a |just )*(?P<x>stay[- ]at[- ]home (?:dad|mum|mom|parent)|full[- ]time (?:dad|mum|mom|carer|parent)|between jobs|out of work|on the dole|unemployed|job[- ]hunting|on benefits|on maternity(?: leave)?|on paternity(?: leave)?|off work|off sick|signed off|self[- ]employed)(?=$|[,.!]| (?:with|at|since|for|and|but|so|now|until|til)\b)"
)
def _at_home(match: re.Match[str]) -> Iterator[_Told]:
    what = match["x"].lower()
    if re.match(r"(?:on|off|signed)", what):
        yield _Told("", "", f"Is {what}")
    else:
        article = "a " if re.match(r"(?:stay|full)", what) else ""
        yield _Told("occupation", what, f"Is {article}{what}", replaces=True)


@_rule(r"i (?:also |still |basically |mostly )*(?:look after|care for) (?P<x>my .{3,40})")
def _cares(match: re.Match[str]) -> Iterator[_Told]:
    yield _Told("", "", f"Looks after {others(match['x'].split(',')[0])}", "fact")


@_rule(
    rf"there(?:'s| is| are|re) (?:(?:also|just|now|already) )*(?P<x>(?:an?|two|three|four|five|six|\d{{1,2}}) (?:[\w-]+ ){{0,3}}?(?P<a>{_ANIMAL})(?P<s>s|es)?) (?:in (?:this|my|our|the) (?:house|flat|garden|family|home)|at home|round here|here)"
)
def _animals_here(match: re.Match[str]) -> Iterator[_Told]:
    count = match["x"].split()[0].lower()
    value = match["a"].lower() if count in {"a", "an"} else f"{count} {match['a'].lower()}{match['s'] or ''}"
    yield _Told("pets", value, f"Has {match['x']}")


@_rule(
    rf".{{0,40}}?\b(?:my|our) (?:[\w-]+ )?(?P<a>{_ANIMAL})(?:'s called|'s name is| is called| called| named|,)? (?P<n>[a-z]{{3,12}})(?P<end>'s| is| has| just| keeps| hates| loves| likes| ate| chewed| got| doesn't| won't|$|,)"
)
def _my_animal(match: re.Match[str]) -> Iterator[_Told]:
    called = re.search(r"call|name", match[0][: match.start("n") - match.start()]) is not None
    name = match["n"].lower()
    if called or (name in GIVEN_NAMES and name not in NOT_NAMES and name not in {"will", "may", "mark", "rich"}):
        yield _Told(
            "pets",
            f"{match['a'].lower()} {name.capitalize()}",
            f"Has {_article(match['a'])}{match['a'].lower()} called {name.capitalize()}",
        )


@_rule(
    r"(?:my (?:mum|mom) and dad|my parents|my folks|the parents) (?P<x>(?:split up|divorced|separated|are divorced|are separated|broke up|emigrated|moved|live|passed away|died|own|run|met|came|are from|retired).*)"
)
def _parents(match: re.Match[str]) -> Iterator[_Told]:
    yield _Told("", "", f"Parents {others(match['x'].split(',')[0])}", "relationship")


@_rule(
    r"(?:(?:we've |we have |i've )?(?:got )?(?:a |another |our first |our second |twins? |the )?(?:baby|little one|bump)(?: number \w+)?(?:'s| is)? (?:on the way|due).*|(?:i'm |we're |wife's |she's )?(?:\d+ weeks|\w+ months) (?:pregnant|gone).*|pregnant with .*)"
)
def _baby(match: re.Match[str]) -> Iterator[_Told]:
    yield _Told("", "", sentence_case(others(re.sub(r"^(?:i'm|we're|i've|we've) ", "", match[0], flags=re.I))), "event")


@_rule(
    r"(?P<x>(?!(?:it|that|this|he|she|they|you|my|our)\b)[\w' -]{3,30}?)(?:'s| is| are) (?:(?:kind of|basically|really|pretty much|definitely) )*(?:my (?:life|thing|jam|passion|happy place|first love|therapy|escape|religion|drug|(?:one )?vice|guilty pleasure|comfort food|go-to|favou?rite)|everything to me|the love of my life|the best thing ever|where it's at)(?=$|[,.!])"
)
def _my_life(match: re.Match[str]) -> Iterator[_Told]:
    thing = re.sub(r"^(?:the|a|an) ", "", match["x"].strip())
    if len(thing.split()) <= 3:
        yield _Told("interests", thing, f"Likes {thing} (their thing)", "preference")


@_rule(
    r"(?P<me>i'm |i am |been )?(?:(?:also|still|kind of|secretly|always been) )*(?:a |an )?(?P<big>(?:big|huge|massive|lifelong|proper|total|complete|major|die-?hard|bit of an?|real|avid|keen|mega) )*(?P<x>(?-i:[A-Z])?[\w-]+(?: [\w-]+)?) (?P<kind>fan|nerd|geek|supporter|addict|nut|buff|obsessive|enthusiast|fanatic|stan|lover)\b"
)
def _fan(match: re.Match[str]) -> Iterator[_Told]:
    thing = match["x"]
    if (match["me"] or match["big"] or thing[:1].isupper()) and not re.match(
        r"(?:not|no|the|my|a|an|your|his|her|number|biggest|ceiling|extractor|electric|big|huge|every|any|one)\b",
        thing,
        re.I,
    ):
        yield _Told("interests", thing, f"Is {_article(thing)}{thing} {match['kind']}", "preference")


@_rule(
    r"(?:i'm |i am )?(?:a )?(?:big|huge|keen|avid|massive|voracious) (?P<x>reader|gamer|runner|cyclist|swimmer|walker|hiker|gardener|baker|cook|traveller|birder|birdwatcher|knitter|climber|skier|surfer|golfer|angler|film buff|foodie)\b"
)
def _doer(match: re.Match[str]) -> Iterator[_Told]:
    doer = match["x"].lower()
    value = {
        "reader": "reading",
        "gamer": "gaming",
        "runner": "running",
        "swimmer": "swimming",
        "baker": "baking",
        "cook": "cooking",
        "cyclist": "cycling",
        "hiker": "hiking",
        "gardener": "gardening",
        "traveller": "travelling",
        "angler": "fishing",
    }.get(doer, doer)
    yield _Told("interests", value, f"Is a keen {doer}", "preference")


@_rule(
    r"(?:my )?(?:all[- ]time )?fav(?:ou?rite|e)? (?P<k>[a-z]+)(?:'s| is|:| would be| has to be| has got to be| of all time is| ever is)? (?P<x>(?!of\b|thing\b|is\b|are\b|in\b|to\b)[\w' -]{2,30}?)(?=$|[,.!]| (?:and|but|obvs|obviously|hands|so|cos|because|tbh)\b)"
)
def _favourite(match: re.Match[str]) -> Iterator[_Told]:
    key = match["k"].lower()
    if key not in {"is", "one", "ones", "part", "bit", "thing", "are", "time", "way", "person"}:
        yield _Told(
            f"favourite {key.replace('color', 'colour')}", match["x"], f"Favourite {key} is {match['x']}", "preference"
        )


@_rule(
    r"(?P<x>(?:[\w-]+ ){0,2}?(?:nuts|peanuts|dairy|milk|cheese|gluten|wheat|bread|shellfish|prawns|seafood|eggs?|soy|sesame|fish|strawberries|kiwi|lactose|pollen|cats|dogs|penicillin|aspirin|ibuprofen|latex)) (?:(?:is|are) (?:a |an )?(?:no[- ]go|off limits|not an option|out|poison|lethal)|(?:doesn't|does not|don't|do not) (?:agree|sit well|get on|mix)(?: with me)?|(?:upsets?|kills?|wrecks?|destroys?) my (?:stomach|tummy|guts?|insides))"
)
def _no_go(match: re.Match[str]) -> Iterator[_Told]:
    yield _Told("allergies", match["x"], f"Can't have {match['x']}")


@_rule(
    r"(?:i'm |i am |we're )?(?:raised |totally |pretty much |basically )*(?:bilingual|trilingual|multilingual|fluent|native speaker)(?: in| of)?[,:]? ?(?P<x>.+)|(?P<y>[a-z]+)(?: is|'s) my (?:first|second|third|native|mother) (?:language|tongue)|my (?:first|native|mother) (?:language|tongue)(?:'s| is) (?P<z>[a-z]+)"
)
def _tongues(match: re.Match[str]) -> Iterator[_Told]:
    for word in re.findall(r"[a-z]+", (match["x"] or match["y"] or match["z"]).lower()):
        if word in LANGUAGES:
            yield _Told("languages", word.capitalize(), f"Speaks {word.capitalize()}")


_MOODS = "|".join(
    sorted(
        (
            re.escape(word)
            for word in EMOTIONS
            | frozenset(
                [
                    "rubbish",
                    "rough",
                    "crap",
                    "pants",
                    "ropey",
                    "poorly",
                    "awful",
                    "terrible",
                    "dreadful",
                    "shattered",
                    "broken",
                    "wrecked",
                    "done",
                    "drained",
                    "fuming",
                    "raging",
                    "skint",
                    "mortified",
                    "bricking",
                    "seething",
                    "heartsick",
                    "emotional",
                    "weepy",
                    "teary",
                    "tearful",
                    "useless",
                    "helpless",
                    "amazing",
                    "brilliant",
                    "fab",
                    "gobsmacked",
                    "flustered",
                    "peeved",
                    "hacked-off",
                    "cross",
                    "miffed",
                    "grouchy",
                    "hungover",
                    "hormonal",
                    "overjoyed",
                    "elated",
                    "spent",
                ]
            )
        ),
        key=len,
        reverse=True,
    )
)


@_rule(
    rf"(?:i(?:'m| am|'ve been| feel| felt| was)? |am |been |feeling |felt |feel )?(?:(?:feeling|been|just|a bit|a little|really|properly|proper|so|so so|well|dead|absolutely|completely|totally|pretty|quite|fairly|very|super|kinda|kind of|honestly|still|right|low-?key|bloody|fucking|utterly) )+(?P<x>{_MOODS})(?P<rest>$|[,.!].*| (?:today|tonight|lately|about|at|that|and|but|tbh|with|now|because|cos|of late|over|for|to be|after|by) ?.*)"
)
def _mood(match: re.Match[str]) -> Iterator[_Told]:
    words = match[0].split()
    if re.match(
        r"(?:i|am|been|feel|so|proper|dead|absolutely|completely|totally|pretty|utterly|really|bloody|still)",
        words[0],
        re.I,
    ) and not re.search(r"\bnot\b", match[0]):
        rest = "" if match["rest"][:1] in ",.!" else others(match["rest"])
        yield _Told("", "", f"Is feeling {match['x'].lower()}{rest}", "emotional_state")


@_rule(
    r"(?:i(?:'m| am|'ve been| was|'ve|'m having)? |i'm just |am |just )?(?:(?:just|still|honestly|really|absolutely|totally|literally|nearly|almost|so) )*(?P<x>in bits|in tears|close to tears|in pieces|in a (?:right )?state|a (?:nervous |total |complete |right )?wreck|bricking it|dreading [\w ]+|at the end of my tether|at my wits' end|on edge|on cloud nine|over the moon|walking on air|under the weather|not (?:ok|okay|coping|great|doing (?:great|well|so good))|having a (?:meltdown|wobble|moment|rough time|hard time|mare)|burnt out|burned out|losing (?:it|my mind|the plot)|going (?:mad|spare|stir crazy)|cried (?:my eyes out|all \w+|in .+|at .+)|crying|sobbing|could (?:cry|scream|have cried)|don't know whether to laugh or cry|fed up(?: (?:of|with) .+)?|sick of .+|worried sick|missing .+|in love(?: with .+)?|grieving|heartbroken|buzzing|can't stop (?:crying|smiling|shaking|grinning))(?=$|[,.!]| )"
)
def _state(match: re.Match[str]) -> Iterator[_Told]:
    if re.match(r"missing (?:a|the|out|something|it|you|school|work|\w+ (?:screw|part|piece))\b", match["x"], re.I):
        return
    content = third_person(match.string) if match.string.lower().startswith("i") else ""
    yield _Told(
        "",
        "",
        content if 0 < len(content.split()) <= 16 else f"Is {others(match['x'].split(',')[0])}",
        "emotional_state",
    )


@_rule(
    r"(?:and |so )?(?:i|we) (?:just |finally |only |actually |bloody |fucking )*(?P<x>passed|failed|won|lost|graduated|qualified|got in|eloped|proposed|gave birth|quit|resigned|got the job|got married|got engaged|broke up|split up)(?: (?:it|again|them|yesterday|today|last \w+|this \w+))*(?=$|[,.!])"
)
def _outcome(match: re.Match[str]) -> Iterator[_Told]:
    yield _Told("", "", third_person(re.sub(r"^(?:and|so) ", "", match[0])), "event")


# --- what happened and what is to come ------------------------------------------------------------------------------

_AHEAD = re.compile(
    r"\b(?:tomorrow|tonight|next (?:week|weekend|month|year|summer|term|\w+day|spring|autumn|winter)|this (?:weekend|friday|"
    r"saturday|sunday|summer|evening|coming \w+)|(?:on|for) (?:the )?(?:\d{1,2}(?:st|nd|rd|th)|(?:mon|tues|wednes|thurs|fri|"
    r"satur|sun)day)|in (?:january|february|march|april|may|june|july|august|september|october|november|december)|"
    r"(?:friday|saturday|sunday|monday|tuesday|wednesday|thursday) week|(?:a )?week on \w+day|in (?:a|two|three|four|five|six|"
    r"\d) (?:days?|weeks?|months?)|weeks? (?:today|from now)|\d{1,2}(?:st|nd|rd|th) (?:of )?(?:jan|feb|mar|apr|may|jun|jul|"
    r"aug|sep|oct|nov|dec)\w*|at christmas|at easter|over (?:easter|christmas|the weekend|summer))\b",
    re.I,
)
_AGO = re.compile(
    r"\b(?:yesterday|last (?:night|week|weekend|month|year|summer|winter|spring|autumn|\w+day)|this morning|earlier|"
    r"\w+ (?:days?|weeks?|months?|years?) ago|on (?:(?:mon|tues|wednes|thurs|fri|satur|sun)day)|the other (?:day|night|week)|"
    r"in (?:19|20)\d\d|over (?:christmas|easter|the weekend)|today|at the weekend|just now|for (?:forty|thirty|twenty|ten|two|"
    r"three|\d+) (?:minutes|mins|hours))\b",
    re.I,
)
_HABITUAL = re.compile(
    r"\b(?:every|always|usually|never|often|each|mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays|how about|let's)\b",
    re.I,
)
_PASSED = frozenset(
    [
        "beat",
        "did",
        "ran",
        "walked",
        "rode",
        "saw",
        "met",
        "told",
        "said",
        "watched",
        "read",
        "played",
        "worked",
        "missed",
        "picked",
        "called",
        "rang",
        "asked",
        "gave",
        "spoke",
        "talked",
        "kept",
        "looked",
        "waited",
        "tried",
        "turned",
        "put",
        "let",
        "stopped",
    ]
)


def _happening(text: str) -> Optional[_Told]:
    """Something with a time: "day off tomorrow", "did 30k on sunday", "gcses start in may"."""
    words = text.split()
    if (
        not 2 <= len(words) <= 22
        or re.match(r"\d+ (?:degrees|celsius|fahrenheit)", text)
        or _HABITUAL.search(text)
        or re.match(
            r"(?:you|your|it|it's|its|that|that's|there|what|how|see|this|thanks|good|have a|happy|he|she|they|the weather|i think|i know|i mean|i love|i like|i hate|remind|tell|talk)\b",
            text,
            re.I,
        )
    ):
        return None
    verb = re.match(
        r"(?:i|we|me and my \w+|(?:my|our) \w+ and (?:i|me)) (?:just |finally |also |only )*(?P<v>[a-z]+) ?(?P<rest>.*)",
        text,
        re.I,
    )
    if verb and (is_past(verb["v"].lower()) or verb["v"].lower() in _PASSED):
        if _AGO.search(text) and verb["v"].lower() not in {
            "was",
            "were",
            "had",
            "used",
            "felt",
            "thought",
            "said",
            "told",
            "knew",
        }:
            content = third_person(text)
            return _Told("", "", content, "event") if content else None
        return None
    bare = re.match(r"(?P<v>did|ran|beat|saw|watched|finished|passed|failed|won|lost|got|went|had) (?P<rest>.+)", text)
    if bare and _AGO.search(text):
        return _Told("", "", sentence_case(others(text)), "event")
    if not _AHEAD.search(text):
        return None
    if re.match(r"(?:i|we)(?:'m|'re|'ve|'ll|'ve got)?\b", text, re.I):
        if not re.match(
            r"(?:i|we)(?:'m|'re| am| are) (?:off|out|away|on|at|in|back|up|due|meant|playing|seeing|meeting|going|doing|having|\w+ing)|(?:i|we)(?:'ve got|'ve| have| got| start| finish| leave| fly| go| play| begin| move)\b",
            text,
            re.I,
        ):
            return None
        content = third_person(text)
        return _Told("", "", content, "event") if content else None
    if re.match(
        r"(?:in|on|at|next|this|for|to|with|tomorrow|tonight|see|maybe|not|no|yes|please|call|can|will|do|is|are)\b",
        text,
        re.I,
    ) and not re.match(r"on (?:nights|call|days|lates|earlies)", text, re.I):
        return None
    return _Told("", "", sentence_case(others(re.sub(r"^(?:my|our|the|got|a|an) ", "", text, flags=re.I))), "event")


def _rest(match: re.Match[str]) -> str:
    return match.string[match.end() :]


_LEAD = re.compile(
    r"(?:(?:yeah|yep|yes|yup|nah|no|nope|well|oh|ooh|ah|um|er|lol|haha|ha|so|and|but|plus|also|honestly|tbh|basically|ok|okay|"
    r"mate|hi|hiya|hey|hello|nm|same|same here|still|just|mostly|mainly|sorry|actually|anyway|at home|these days|now|"
    r"(?:(?:ok )?one (?:true )?thing|fun fact|fact|confession|ps|update|hobbies|honest answer|true story):)[,.!:]* )*",
    re.I,
)
_UNSURE = re.compile(
    r"\b(?:if|would|wouldn't|wish|might|maybe|could have|should|imagine|pretend|used to|hope|want to|wanted to|thinking of|"
    r"thinking about|supposed to)\b|\b(?:i|we)'d\b(?! rather)|\?$",
    re.I,
)
_OTHERS = re.compile(r"(?:he|she|they|it|you|your|his|her|their|someone|people|everyone|who|what|that|this)\b", re.I)


_TAIL_PART = re.compile(
    r"(?:from|based|living|born|originally|been|just turned|got|mum|dad|mother|father|called|allergic|retired|married|also|"
    r"i'm|i've|i|my|an?|\d{1,2}|[a-z]+ (?:engineer|nurse|driver|teacher|manager|worker))\b",
    re.I,
)


def _parts(text: str) -> list[str]:
    """The clause, and what hangs on it by commas: "Name is Bishnu, **from Nepal**"."""
    tails = [tail.strip() for tail in text.split(",")[1:4]]
    return [text, *[tail for tail in tails if _TAIL_PART.match(tail)]]


def read_spoken(statement: Statement, notes: Notes) -> bool:
    """What the cues of everyday talk tell, as far as nothing has told it before. False where they tell nothing new."""
    text = _LEAD.sub("", statement.text, count=1)
    if _UNSURE.search(text) and not re.search(r"rather be|^i used to ", text, re.I):
        return False
    new = False
    kin = list(_my_kin(text))
    if not _OTHERS.match(text) or re.match(
        r"(?:they|people|everyone|everybody)(?: all| just| mostly)* calls? me |it's \w+ (?:btw|by the way)", text, re.I
    ):
        for part in _parts(text):
            for pattern, build in _RULES:
                match = pattern.match(part)
                told = list(build(match)) if match else []
                if told:
                    for one in told:
                        new = _write(one, statement, notes) or new
                    break
        if not new and not any(memory.quote == statement.quote for memory in notes.memories.values()):
            event = _happening(text)
            new = _write(event, statement, notes) if event else False
    for one in kin:
        new = _write(one, statement, notes) or new
    return new


def _holds(content: str, value: str) -> bool:
    """Whether a memory speaks of all that a value names: "Plays bass in a punk band" of "bass"."""
    words = content.lower().split()
    return all(any(word.startswith(part[:4].lower()) for word in words) for part in value.split() if len(part) > 2)


def _write(told: _Told, statement: Statement, notes: Notes) -> bool:
    return _write_fact(told, statement, notes) if told.key else _write_plain(told, statement, notes)


def _write_plain(told: _Told, statement: Statement, notes: Notes) -> bool:
    content = told.content.casefold()
    if any(
        content in memory.content.casefold() or memory.quote == statement.quote for memory in notes.memories.values()
    ):
        return False
    notes.remember(told.content, told.memory_type, statement, confidence=0.75)
    return True


def _write_fact(told: _Told, statement: Statement, notes: Notes) -> bool:
    value = told.value.casefold()
    change = FactChange(told.key, told.value, replaces=told.replaces)
    kin = told.key in {"family", "pets"}
    last = told.value.split()[-1]
    for key, memory in notes.memories.items():
        fact = memory.fact
        if fact and fact.key == told.key:
            known = fact.value.casefold()
            if told.key in SINGLE or value in known or known in value:
                return False
        if kin and last[:1].isupper() and last in memory.content:
            return False
        if told.key == "family" and re.search(rf"\b{re.escape(value)}", memory.content, re.I):
            if fact is None and memory.memory_type in {"relationship", "fact"}:
                notes.memories[key] = evolve(memory, fact=change)
                return False
            if memory.memory_type == "relationship" or fact is not None:
                return False
        if fact is None and memory.quote == statement.quote and _holds(memory.content, told.value):
            notes.memories[key] = evolve(memory, fact=change)
            return False
    olds = tuple(notes.exchange.facts.get(told.key, ()))
    if any(value == old.casefold() or (kin and value in old.casefold()) for old in olds):
        return False
    content = told.content or sentence_of(told.key, told.value)
    if kin:
        kind = "relationship" if told.key == "family" else "fact"
        notes.remember(content, kind, statement, confidence=0.8, fact=change)
    else:
        tell(told.key, Fact(told.key, told.value, replaces=told.replaces), content, statement, notes, known=olds)
    return True
