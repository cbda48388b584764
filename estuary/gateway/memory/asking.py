"""What kind of answer a question asks for, and what a memory can answer.

The lexicon knows what words speak of. This is about the form: "what does he do?" asks for an occupation though no word
says so, "where …" for a place, and "Son Declan is a priest" tells nothing of what the user is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["about_another", "asked_for", "mentions_another", "told_of"]

_KIN = (
    r"(?:grand|god|step|half-?)?(?:mother|father|son|daughter|child(?:ren)?|brother|sister|parents?)(?:-in-law)?|mum|mom|dad|"
    r"kids?|twins?|sibling|aunt|uncle|cousin|niece|nephew|grandma|grandpa|granny|gran|nan|grandad|grandparents?|"
    r"wife|husband|spouse|partner|girlfriend|boyfriend|fianc[eé]e?|ex(?:-\w+)?|"
    r"(?:best )?(?:friend|mate)|neighbou?r|(?:room|flat|house)mate|boss|manager|colleague|coworker|teacher|"
    r"landlord|landlady"
)
#: somebody else than the user is what the sentence is about
_OTHER = re.compile(
    r"^(?:(?:the user's|his|her|their|my) )?(?:(?:\w+e(?:r|st)|twin|late|former|best|baby|little|big) )?"
    rf"(?:{_KIN})(?:'s)?\b(?!,? (?:user|who))",
    re.IGNORECASE,
)
_MENTIONED = re.compile(rf"\b(?:{_KIN})(?:s|'s|s')?\b", re.IGNORECASE)

_TIME = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|spring|summer|autumn|fall|winter|christmas|easter|new year|"
    r"today|tomorrow|yesterday|tonight|mornings?|afternoons?|evenings?|nights?|noon|midnight|weekends?|"
    r"(?:next|last|this|every|since|ago|until|before|after) ?\w*|(?:\w+ )?(?:years?|months?|weeks?|days?) ago|"
    r"(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th)|at (?:\d|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve))\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|at|near|from|to|outside|around|into)(?: the)? [A-ZÀ-Þ]|\b(?:in|at|near|on) (?:a|an|the|his|her|their) "
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|twins?|only|several)\b",
    re.IGNORECASE,
)
_TRADE = re.compile(
    r"^(?:(?:[\w'é-]+ ){0,3})?(?:is|was|works as|worked as|became|retired as) (?:an? )?(?:[\w'-]+ ){0,3}?"
    r"(?!number|daughter|mother|father|sister|brother|winter|summer|cancer|member|prefer|never|ever|over|under|after)"
    r"[\w-]{2,}(?:er|or|ist|ian|eer|ant|man|woman|nurse|chef|cook|judge|pilot|vet|priest|coach)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b(?:named?|called|known as|goes by|nick ?named?) [A-Z]|^[Nn]ame is ")

_QUESTIONS: tuple[tuple[re.Pattern[str], str, float], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind, weight)
    for pattern, kind, weight in (
        (r"\bwhere\b|\bwhich (?:city|town|country|place|village)", "#place", 0.5),
        (r"\bwhen\b|\bwhat (?:time|day|date|year|month)\b|\bhow long\b|\bsince\b", "#time", 0.6),
        (r"\bhow (?:many|much|old)\b", "#number", 0.6),
        (
            r"\bwhat (?:do|does|did|is|was|are)(?: \w+('s)?){1,3} (?:do|doing)"
            r"(?: for (?:a living|work|money)| at work| all day)?\s*\??$",
            "occupation",
            1.6,
        ),
        (
            r"\b(?:for|make|makes|made|earns?) (?:a|his|her|their|my) living\b|\bdo for work\b|\bwork as\b",
            "occupation",
            1.6,
        ),
        (r"\b(?:call(?:ed)?|name|nickname)\b(?! (?:and|off))", "name", 0.8),
    )
)


def asked_for(query: str) -> Mapping[str, float]:
    """The kinds of answer that the form of ``query`` asks for, with weights.

    >>> asked_for("what does she do?"), asked_for("where is he going?")
    ({'occupation': 1.6}, {'#place': 0.5})
    """
    found: dict[str, float] = {}
    for pattern, kind, weight in _QUESTIONS:
        if pattern.search(query):
            found[kind] = max(found.get(kind, 0.0), weight)
    return found


def told_of(content: str) -> Mapping[str, float]:
    """The kinds of answer that a memory holds, by its form.

    >>> told_of("Is a welder in Turin")
    {'#place': 1.0, 'occupation': 1.0}
    """
    found: dict[str, float] = {}
    for pattern, kind in (
        (_TIME, "#time"),
        (_PLACE, "#place"),
        (_NUMBER, "#number"),
        (_TRADE, "occupation"),
        (_NAME, "name"),
    ):
        if pattern.search(content):
            found[kind] = 1.0
    return found


def about_another(content: str) -> bool:
    """Whether a memory is about somebody else than the user ("Sister Anna lives in Oslo").

    >>> about_another("Eldest daughter Yasmine paints"), about_another("Has three brothers")
    (True, False)
    """
    return bool(_OTHER.search(content))


def mentions_another(query: str) -> bool:
    """Whether a question is about somebody else than the user, or may be."""
    return bool(_MENTIONED.search(query))
