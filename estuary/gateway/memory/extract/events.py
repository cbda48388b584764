"""What happened and what is to come: "I ran my first marathon yesterday", "I have a job interview on Tuesday"."""

from __future__ import annotations

import re

from ...engines._numbers import read_birthday
from ...engines._words import MONTHS, word_set
from ..base import FactChange
from .notes import USER, Notes
from .people import companions
from .statements import Statement, is_past
from .topics import topics_of
from .voice import others, sentence_case, third_person, tidy
from .when import find_when, place_after
from .words import DULL_PAST, PARTICIPLES

__all__ = ["read_events"]

_PLAN = re.compile(
    r"(?:i|we)(?:'m| am|'re| are) (?:(?:finally|also|actually|really|both|all|just|probably|off) )*"
    r"(?P<go>going to (?P<then>\w+)|planning (?:to|on|a|an|our|my|for)|about to|getting "
    r"(?:married|engaged|divorced|a|an|my|our|surgery)|"
    r"hosting|throwing|expecting|due|supposed to start|off to|hoping to)\b",
    re.I,
)
_GOING = re.compile(
    r"(?:i|we)(?:'m| am|'re| are) (?:(?:finally|also|actually|really|both|all|just|probably) )*(?P<verb>\w+ing)\b", re.I
)
_WILL = re.compile(r"(?:i|we)(?:'ll| will) (?:be )?\w+", re.I)
_PLANS = re.compile(r"(?:i|we) (?:plan|intend|have decided|decided|am planning|can't wait) (?:to|on)\b", re.I)
_HAVE = re.compile(
    r"(?:i|we)(?:'ve got|'ve| have(?: got)?|'m having| am having|'re having|'ve just got)? (?:got )?"
    r"(?:a|an|my|our|the|another|two|three|some|this|tickets|his|her)? ?(?:[\w'-]+ ){0,3}?"
    r"(?:interview|exam|exams|test|appointment|meeting|presentation|wedding|party|concert|gig|recital|race|marathon|"
    r"game|match|date|deadline|surgery|operation|flight|trip|holiday|vacation|reunion|audition|performance|show|"
    r"conference|finals|final|viewing|check-up|checkup|scan|class|lesson|workshop|competition|tournament|"
    r"dinner|lunch|tickets|reservation|funeral|graduation|driving test|due date|baby shower|shift|rehearsal|court date|"
    r"barbecue|bbq|picnic|visitors|guests)\b",
    re.I,
)
_BIRTHDAY = re.compile(
    r"(?:it's|it is|it was) my birthday (?P<when>(?:today|tomorrow|yesterday|next|on|in|this|last) ?.{0,30})$"
    r"|my birthday(?:'s| is| was) (?P<then>(?:today|tomorrow|yesterday|next|on \w+day|"
    r"this|in a|in two|in three|last) ?.{0,30})$",
    re.I,
)
_POSSESSES = re.compile(
    r"(?:i|we)(?:'m having| have(?: got)?(?! (?!an?\b|my\b|the\b)\w+(?:ed|en)\b)|'ve(?! "
    r"(?!got\b|an?\b|my\b|the\b)\w+(?:ed|en)\b)) ",
    re.I,
)
_STARTS = re.compile(
    r"(?:i|we) (?:start|begin|finish|leave|move|fly|graduate|get (?:my|the|our)) (?:my|"
    r"our|the|a|an|for|at|in|out|home|house|flat|to|on|back)\b",
    re.I,
)
_DULL = re.compile(
    r"(?:went to (?:bed|sleep|the (?:shops?|toilet|loo|bathroom|store|supermarket))|"
    r"bought (?:some )?(?:milk|bread|food|eggs|groceries|lunch|coffee|it|one|that)|had (?:pasta|toast|cereal|soup))\b",
    re.I,
)
_BODY = re.compile(r"my (?:back|knee|shoulder|wrist|ankle|hamstring|neck|hip|foot|elbow|achilles)\b", re.I)
_ON_DAY = re.compile(r"on (?:\w+day|the \d)|at (?:christmas|easter)", re.I)
_OCCASION = re.compile(
    r"(?:my |our |the )?(?P<what>(?:[\w'-]+ ){0,3}?(?:interview|exam|exams|test|appointment|"
    r"wedding|party|concert|gig|recital|race|marathon|"
    r"match|deadline|surgery|operation|flight|trip|holiday|vacation|reunion|audition|performance|anniversary|"
    r"graduation|viewing|presentation|due date|move|defence|defense|final|finals|thesis|course|lease|exhibition|"
    r"semester|birthday party|birthday|funeral|engagement party|job|contract))(?:'s| is| "
    r"are| was| starts| ends| begins| went| got| has been| goes)\b",
    re.I,
)
_DIED = re.compile(
    r"(?:my|our) (?:\w+ ){0,3}\w+ (?:died|passed away)|(?:someone|somebody|they|a \w+) "
    r"(?:stole|hit|broke into|crashed into) my\b"
    r"|(?:the |my |a |all that )?[\w-]+ (?:wrecked|broke|hurt|ruined|injured|damaged|"
    r"messed up|killed) my (?:back|knee|shoulder|wrist|ankle|hand|leg|arm|neck|hip|foot|"
    r"eyes|hearing)"
    r"|my (?:car|bike|phone|laptop|flight|boiler|computer|fridge|house|flat|apartment|"
    r"wallet|bag|landlord|boss|company|team|train|washing machine) "
    r"(?:broke|got|was|has been|died|crashed|is broken|promoted|fired|evicted|flooded|won|gave me|sacked|laid)",
    re.I,
)
_PASSIVE = re.compile(
    r"(?:promoted|fired|hired|accepted|rejected|laid off|sacked|made redundant|bitten|robbed|mugged|diagnosed|invited|"
    r"offered|admitted|awarded|given|elected|chosen|selected|evicted|burgled|stung|hospitalised|hospitalized|"
    r"at (?:a|an|the|my|our)|in (?=[A-Z])|in (?:hospital|the hospital|a|an)|on (?:holiday|vacation|a)|"
    r"(?:supposed to)|there|ill|sick|off sick|stuck)\b",
)
_GOT = re.compile(
    r"(?:a|an|my|our|the|married|engaged|divorced|promoted|fired|hired|accepted|sick|food|into|lost|covid|stuck|back|"
    r"home|tickets|stung|bitten|rejected|two|three|some|offered|drunk|sunburnt|soaked|laid|robbed|caught|new|in)\b"
)
_NOT_GOT = re.compile(
    r"(?:a|an|the|my) (?:question|idea|feeling|point|minute|message|joke|hang|lot|bit|chance|kick|laugh)\b"
)
_HAD = re.compile(
    r"(?:a|an|my|our|the|two|three|some|dinner|lunch|breakfast|surgery|covid|twins|such|another|to|so|friends|no)\b"
)
_NOT_HAD = re.compile(
    r"(?:a|an|the) (?:question|look|idea|feeling|thought|chance|point|word|hunch|moment|"
    r"minute|second|coffee|sandwich|dream|nightmare|"
    r"nap|shower|cup|bite|snack|lot|bit|hard time (?:understanding|following)|good "
    r"laugh)\b|no idea|no clue|to (?:say|laugh|ask|tell)|my doubts|so "
)
_DID = re.compile(r"(?:a|an|my|our|the|some|yoga|karate|\w+ing)\b(?! (?:same|right|thing|best))")
_SAW = re.compile(r"(?:a|an|my|our|the|two|[A-Z])")
_VAGUE = re.compile(
    r"^\w+ (?:(?:it|that|this|them|him|her|you|one|something|nothing|what|how|why|so|up|"
    r"off|on|away|there|here|back|down|out|over|in|"
    r"again|too|all|though|around|right)(?: |$))*$",
    re.I,
)
_WANTED = frozenset(
    [
        "see",
        "saw",
        "read",
        "watched",
        "met",
        "talked",
        "spoke",
        "decided",
        "lived",
        "worked",
        "tried",
        "listened",
        "played",
        "stopped",
        "missed",
        "owned",
        "opened",
        "broke",
        "enjoyed",
    ]
)
_WEAK_GOING = word_set("""
    thinking saying asking talking wondering trying feeling looking telling hoping wishing guessing kidding
    joking being making getting having doing listening waiting sitting writing reading using speaking calling
    planning dying lying going just hanging chilling
""")
_MONTH_OR_DAY = frozenset(MONTHS) | word_set(
    "monday tuesday wednesday thursday friday saturday sunday christmas easter"
)
_PLACE = re.compile(r"\b(?:in|to|at|from|around|near|visited|visiting|visit|through|across|for) (?=[A-Z])")
_WITH = re.compile(r"\bwith (?P<name>[A-Z][a-z]+)\b")


def read_events(statement: Statement, notes: Notes) -> bool:
    """Something that happened to the user, or that they will do."""
    text = statement.text
    birthday = _BIRTHDAY.match(text)
    if birthday:
        content, names = notes.dated(f"Birthday is {(birthday['when'] or birthday['then']).lower()}", tense="future")
        day = next((name for name in names if len(name) == 10), None)
        told = read_birthday(day) if day else None
        fact = FactChange("birthday", told.rpartition(" ")[0], replaces=True) if told else None
        notes.remember(content, "event", statement, fact=fact, entities=names, topic="birthday")
        return True
    tense = _tense(text, notes)
    if tense is None:
        return False
    content = third_person(text)
    if content and statement.together:
        content = f"{content} with their {statement.together}"
    if not content:
        match = _OCCASION.match(text)
        if match or _DIED.match(text):
            content = sentence_case(tidy(others(re.sub(r"^(?:my|our|the) ", "", text, flags=re.I))))
    if not content:
        return False
    content, names = notes.dated(content, tense=tense)
    names = [*_named(text, notes), *names]
    kind = "correction" if statement.corrective and tense == "future" and _reschedules(text) else "event"
    notes.remember(
        content,
        kind,
        statement,
        confidence=0.8,
        entities=names,
        topic="plan" if tense == "future" and not _topical(content) else None,
    )
    companions(statement, notes)
    born = re.match(
        r"(?:i|we) (?:just |finally )?(?:had|got|adopted|bought|rescued) an? (?:new |baby |"
        r"rescue )*(?P<role>baby|baby boy|baby girl|boy|girl|puppy|kitten|dog|cat|rabbit|"
        r"hamster|parrot|horse)$",
        text,
        re.I,
    )
    if born:
        notes.pending, notes.pending_memory = ("baby" if born["role"] in {"boy", "girl"} else born["role"]), content
    return True


def _reschedules(text: str) -> bool:
    return re.search(r"\b(?:instead|not|moved to|postponed|rescheduled)\b", text) is not None


def _topical(content: str) -> bool:
    return bool(topics_of(content)[0])


def _named(text: str, notes: Notes) -> list[str]:
    found: list[str] = []
    for match in _PLACE.finditer(text):
        place = place_after(text[match.end() :])
        if place and place not in found:
            if re.match(r"(?:at|for) ", match[0]):
                notes.entity(place, "organisation")
            else:
                notes.entity(place, "place")
                notes.relate(USER, "was or will be in" if not match[0].startswith("from") else "came from", place, 0.6)
            found.append(place)
    with_ = _WITH.search(text)
    if with_ and with_["name"].lower() not in _MONTH_OR_DAY:
        notes.entity(with_["name"], "person")
        found.append(with_["name"])
    return found[:4]


def _tense(text: str, notes: Notes) -> str | None:
    """``past``, ``future``, or None where the clause tells of no event."""
    when = find_when(text, None)
    told = when.tense if when else ""
    if _STARTS.match(text):
        return "future" if when and told != "past" else None
    plan = _PLAN.match(text)
    if plan:
        go = plan["go"].lower()
        if plan["then"] and plan["then"].lower() in {
            "kill",
            "murder",
            "strangle",
            "scream",
            "cry",
            "die",
            "bed",
            "sleep",
            "miss",
            "go",
            "be",
            "say",
            "tell",
            "ask",
            "need",
            "have",
            "try",
            "do",
            "the",
        }:
            return "future" if when else None
        return None if go.startswith(("expecting", "due", "hoping")) and not when else "future"
    going = _GOING.match(text)
    if going:
        verb = going["verb"].lower()
        if told == "future" or (
            when and told != "past" and re.match(r"on|in|this|at|over|tonight|today|for|\w+day", when.phrase, re.I)
        ):
            return None if verb in _WEAK_GOING - {"having", "getting", "making", "doing", "going"} else "future"
        if verb in {"moving", "flying", "travelling", "traveling"} and re.search(r"\b(?:to|back|into|out)\b", text):
            return "future"
        return None
    if _WILL.match(text):
        return (
            "future"
            if when and told != "past" and not re.search(r"\b(?:you|let|see|be (?:right )?back|think|try)\b", text)
            else None
        )
    if _PLANS.match(text):
        return "future" if when or not re.search(r" to be (?!an?\b|the\b)\w+$", text) else None
    booked = when is not None and (told == "future" or _HAVE.match(text) or _ON_DAY.match(when.phrase))
    if booked and told != "past" and _POSSESSES.match(text):
        return "future"
    occasion = _OCCASION.match(text)
    if occasion:
        if re.search(r"\b(?:was|went|got)\b", text):
            return "past"
        return "future" if when else None
    if _DIED.match(text):
        return "past"
    return _past(text, bool(when) and told != "future")


def _past(text: str, timed: bool) -> str | None:
    match = re.match(
        r"(?:i|we|(?:my|our) \w+(?: [A-Z]\w+)? and i)(?P<have>'ve| have)? "
        r"(?P<adverbs>(?:just|finally|recently|also|actually|really|once|already|both|even|"
        r"first|never|ever|only|always|accidentally) )*"
        r"(?P<verb>[a-z']+)(?: |$)",
        text,
        re.I,
    )
    if not match:
        return None
    verb, rest = match["verb"].lower(), text[match.end() :]
    adverbs = (match["adverbs"] or "").lower()
    if "never" in adverbs or "always" in adverbs or re.match(r"you\b", rest):
        return None
    if match["have"]:
        if verb not in PARTICIPLES and not is_past(verb):
            return None
        if verb == "been":
            been = re.match(
                r"to (?=[A-Z])|(?:promoted|fired|accepted|diagnosed|offered|invited|hired|selected)\b", rest
            )
            return "past" if been else None
        if re.search(
            r"\bsince\b|\bfor (?:\d+|years|ages|a (?:year|decade|long)|(?:about |over |almost |"
            r"nearly )?(?:two|three|four|five|six|seven|eight|nine|ten|twenty)|the (?:last|past)|"
            r"most|my whole)",
            rest,
        ):
            return None  # what has lasted is no event
        if verb in {"got", "had"} and "just" not in adverbs and not timed:
            return None
        if verb in DULL_PAST - _WANTED - {"got", "had"}:
            return None
        return "past" if rest and not _VAGUE.match(f"{verb} {rest}") else None
    if not is_past(verb) or _DULL.match(f"{verb} {rest}"):
        return None
    if verb in {"was", "were"}:
        return (
            "past"
            if _PASSIVE.match(rest) and (timed or not re.match(r"(?:in|at|on|there|stuck|ill|sick) ", rest))
            else None
        )
    if verb == "got":
        return "past" if _GOT.match(rest) and not _NOT_GOT.match(rest) else None
    if verb == "had":
        return "past" if _HAD.match(rest) and not _NOT_HAD.match(rest) else None
    if verb == "did":
        return "past" if (_DID.match(rest) and timed) or _BODY.match(rest) else None
    if verb == "saw":
        return "past" if _SAW.match(rest) and (timed or rest[:1].isupper()) else None
    if verb == "used":
        return None
    if verb in DULL_PAST:
        return "past" if verb in _WANTED and timed else None
    if re.match(r"(?:broke|split) up\b|got back together|moved in(?:to)? (?:together|with)", f"{verb} {rest}"):
        return "past"
    if not rest or _VAGUE.match(f"{verb} {rest}"):
        return "past" if verb in {"graduated", "retired", "proposed"} else None
    return "past"
