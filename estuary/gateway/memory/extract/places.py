"""What moved and where one is: "I moved the sofa to the window", "we're in the kitchen now", "I'm at the airport"."""

from __future__ import annotations

import re

from ...engines._words import word_set
from .notes import USER, Notes
from .statements import Statement
from .voice import third_person
from .when import place_after
from .words import ROOMS

__all__ = ["read_places"]

_MOVED = re.compile(
    r"(?:i|we)(?:'ve| have)? (?:(?:just|finally|also|already) )*(?P<verb>moved|put|hung|"
    r"placed|set|shifted|pushed|pulled|dragged|carried|left|brought|took|parked|"
    r"relocated|stored|swapped|rearranged|stacked|leaned|leant|installed|planted|hid|kept|mounted) (?:up )?"
    r"(?P<thing>(?:the|my|our|a|an|all the|that|this|some|his|her|their|new) (?:[\w'-]+ "
    r"){0,3}?[\w'-]+)(?: up| down| over| away| back)? "
    r"(?P<where>(?:to|into|onto|in|on|next to|beside|by|under|underneath|over|above|"
    r"behind|near|against|between|outside|inside|"
    r"in front of|from|across|upstairs|downstairs|at|along|around|opposite)\b.*)",
    re.I,
)
_THING_IS = re.compile(
    r"(?:the|my|our) (?P<thing>(?:[\w'-]+ ){0,2}?(?:sofa|couch|desk|bed|table|lamp|piano|"
    r"plant|plants|tv|television|bookshelf|bookcase|chair|armchair|painting|picture|keys|"
    r"key|bike|car|rug|mirror|shelf|wardrobe|dresser|clock|laptop|phone|wallet|glasses|"
    r"cactus|aquarium|fridge|boxes|box|suitcase|guitar|passport|umbrella|poster|tree|"
    r"cabinet|bench|stereo|speaker|speakers|printer|computer|vase|fern|easel|telescope|"
    r"crib|cot))(?: is|'s| are|'re) (?:now |currently |still |)?"
    r"(?P<where>(?:in|on|by|next to|under|behind|near|against|at|beside|above|over|"
    r"between|outside|inside|upstairs|downstairs|in front of)\b.*)",
    re.I,
)
_AM = re.compile(
    r"(?:i|we)(?P<be>'m|'re| am| are)(?: just| already| finally| now| currently| still| "
    r"both| sitting| standing| waiting| lying| stuck| here| back| out| all| over| up| "
    r"hiding| parked up| parked| camped| moored| outside){0,3} "
    r"(?P<prep>in|at|on|inside|outside|near|by|under|upstairs|downstairs|home|next to)\b ?(?P<rest>.*)$",
    re.I,
)
_ARRIVED = re.compile(
    r"(?:i|we)(?:'ve| have)? (?:just )?(?:popped|nipped|headed|arrived|landed|walked|stepped|came|got|went|"
    r"moved|come|gone) (?P<prep>at|in|into|to|out onto|onto|outside to|upstairs to|back "
    r"to|over to|out to|home|upstairs|downstairs|inside)\b ?(?P<rest>.*)$",
    re.I,
)
_ROOM = re.compile(
    r"(?:the|my|our|a|an) (?P<words>(?:[\w'-]+ ){0,3}?[\w'’-]+)(?= (?:now|right now|with|"
    r"waiting|again|today|tonight|and|but|for|because|at the moment|making|having|by|in|"
    r"near|of|next|already|already|reading|doing|cooking|working|trying)\b|[,.]|$)",
    re.I,
)
_IT_SITS = re.compile(
    r"(?:it's|it is|they're|they are) (?:now |currently |just |still )?(?:living |sitting "
    r"|standing |stuck |parked |lying |stored |hanging )?"
    r"(?P<where>(?:in|on|by|next to|under|behind|near|against|at|beside|above|between|"
    r"outside|inside) (?:the|my|our) (?:\w+ )?(?:"
    + "|".join(sorted(ROOMS))
    + r"|window|door|wall|floor|corner|stairs|bench|table|shelf|loft)\b.*)",
    re.I,
)
_NAMED_THING = re.compile(
    r"(?:the|my|our) (?P<thing>(?:new |old |big |little )?(?:sofa|couch|desk|bed|table|"
    r"lamp|piano|tv|television|bookshelf|bookcase|chair|armchair|painting|bike|car|rug|"
    r"mirror|"
    r"wardrobe|dresser|clock|fridge|aquarium|keyboard|cabinet|bench|tree|plant|cactus|telescope|van|boat))\b",
    re.I,
)
_NOW = re.compile(
    r"\b(?:now|right now|at the moment|today|tonight|this (?:week|morning|afternoon|"
    r"evening)|already|for (?:the|a) (?:week|weekend|few days|day|couple))\b",
    re.I,
)
_SURFACES = word_set("way phone fence edge road verge go mend diet side same other hunt")


def read_places(statement: Statement, notes: Notes) -> bool:
    """Something put somewhere else, or where the user is now."""
    text = statement.text
    moved = _MOVED.match(text)
    if moved and _put(moved):
        content = third_person(text)
        notes.remember(
            content, "spatial_change", statement, confidence=0.85, topic="home", entities=_thing(moved["thing"], notes)
        )
        return True
    lies = _THING_IS.match(text)
    if lies and (_NOW.search(text) or statement.corrective or re.search(r" now ", text)):
        thing = lies["thing"].strip()
        notes.entity(thing.lower(), "thing")
        verb = "are" if thing.endswith("s") and not thing.endswith(("ss", "us")) else "is"
        content = f"{thing[:1].upper()}{thing[1:]} {verb} {lies['where']}".replace(" my ", " their ").replace(
            " our ", " their "
        )
        notes.remember(content, "spatial_change", statement, confidence=0.8, topic="home", entities=[thing.lower()])
        return True
    sits = _IT_SITS.match(text)
    if sits and notes.thing:
        where = re.sub(r"\b(?:my|our) ", "their ", sits["where"])
        content = f"{notes.thing[:1].upper()}{notes.thing[1:]} is {where}"
        notes.entity(notes.thing, "thing")
        notes.remember(content, "spatial_change", statement, confidence=0.75, topic="home", entities=[notes.thing])
        return True
    named = _NAMED_THING.match(text)
    if named:
        notes.thing = named["thing"].lower()
    here = _AM.match(text)
    if here:
        return _whereabouts(here, statement, notes)
    arrived = _ARRIVED.match(text)
    if (
        arrived
        and (re.search(r"\bjust\b|\bnow\b", text) or "'ve" in text)
        and _somewhere(arrived["prep"], arrived["rest"], text)
    ):
        notes.remember(third_person(text), "spatial_change", statement, confidence=0.8)
        return True
    return False


def _put(match: re.Match[str]) -> bool:
    verb, thing, where = match["verb"].lower(), match["thing"].lower(), match["where"].lower()
    if verb in {
        "put",
        "left",
        "took",
        "brought",
        "set",
        "kept",
        "hid",
        "planted",
        "carried",
        "pulled",
        "pushed",
    } and re.match(
        r"(?:to|in|on|into|from|at) (?:work|bed|me|him|her|them|us|school|hold|trial|my "
        r"(?:mum|mom|dad|sister|brother|friend)|weight|the (?:vet|doctor|cinema|theatre|zoo|"
        r"beach))",
        where,
    ):
        return False
    if re.search(
        r"\b(?:job|kids|meeting|company|appointment|party|date|dog|cat|home|family|sister|"
        r"brother|son|daughter|effort|weight|pressure|end)\b",
        thing,
    ):
        return False
    return verb not in {"took", "left", "brought"} or (
        verb == "left" and re.match(r"(?:in|on|at|under|by|next)", where) is not None
    )


def _thing(words: str, notes: Notes) -> list[str]:
    name = re.sub(r"^(?:the|my|our|a|an|all the|that|this|some|his|her|their|new) ", "", words, flags=re.I).lower()
    notes.entity(name, "thing")
    return [name]


def _whereabouts(match: re.Match[str], statement: Statement, notes: Notes) -> bool:
    prep, rest = match["prep"].lower(), match["rest"]
    if not _somewhere(prep, rest, statement.text):
        return False
    names: list[str] = []
    if rest[:1].isupper():
        place = place_after(rest)
        if not place:
            return False
        notes.entity(place, "place")
        notes.relate(USER, "is in", place, 0.6)
        names.append(place)
    notes.remember(third_person(statement.text), "spatial_change", statement, confidence=0.8, entities=names)
    return True


def _somewhere(prep: str, rest: str, text: str) -> bool:
    if prep in {"home", "upstairs", "downstairs", "outside", "inside"}:
        return not rest or _NOW.search(text) is not None or _ROOM.match(rest) is not None
    if re.match(r"(?:home|work|the office|my desk|school)(?: |$|,)", rest) and prep == "at":
        return True
    if re.match(r"(?:traffic|bed|town|hospital|class|uni|a meeting)(?: |$|,)", rest) and prep == "in":
        return True
    if rest[:1].isupper() and prep in {"in", "at", "near"}:
        return True
    room = _ROOM.match(rest)
    if not room:
        return False
    words = room["words"].lower().split()
    return words[-1] in ROOMS and words[-1] not in _SURFACES
