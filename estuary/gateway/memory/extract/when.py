"""When something was or will be: the words for it, whether past or to come, and the date where it is clear."""

from __future__ import annotations

import datetime as dt
import re
from typing import Optional

from attrs import frozen

from ...engines._numbers import number_of
from ...engines._words import MONTHS, word_set

__all__ = ["When", "find_when", "place_after"]

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_NAMES = tuple(name for name in MONTHS if len(name) > 3 or name == "may")
_DAY = "|".join(_DAYS)
_MONTH = "|".join(
    (*[name for name in _MONTH_NAMES if name != "sept"], "jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec")
)
_NUMBER = (
    r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a couple of|a few|several|some|few)"
)
_UNIT = r"(?:day|week|weekend|month|year|hour|minute)s?"
_PART = r"(?: (?:morning|afternoon|evening|night|lunchtime|lunch))?"

_WHEN = re.compile(
    rf"\b(?:"
    rf"(?P<beyond>(?:the )?day after tomorrow|(?:the )?day before yesterday)"
    rf"|(?P<named>tomorrow|yesterday|tonight|today|last night|this (?:morning|afternoon|"
    rf"evening)|just now|right now){_PART}"
    rf"|(?P<way>next|last|this coming|this past|this|coming|on|until|by|since|for|every)? "
    rf"?(?P<day>{_DAY})(?P<s>s)?{_PART}"
    rf"|(?P<rel>next|last|this|this past|this coming|the coming|the next|the last) "
    rf"(?P<span>week|weekend|month|year|summer|winter|spring|autumn|fall|semester|term|season)"
    rf"|(?P<ago>{_NUMBER}) (?P<agounit>{_UNIT}) ago"
    rf"|(?:in|within) (?P<inn>{_NUMBER}) (?P<inunit>{_UNIT})(?:' time)?(?! of\b)"
    rf"|(?:on )?(?:the )?(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m1>{_MONTH})\b(?:,? (?P<y1>(?:19|20)\d\d))?"
    rf"|(?:on )?(?P<m2>{_MONTH})\.? (?:the )?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y2>(?:19|20)\d\d))?"
    rf"|on the (?P<d3>\d{{1,2}})(?:st|nd|rd|th)\b"
    rf"|(?:in|this|next|last|since|back in|end of|by|early|late|until) (?:early |late |"
    rf"mid-?)?(?P<m3>{_MONTH})\b(?: (?P<y3>(?:19|20)\d\d))?"
    rf"|(?:in|since|back in) (?P<y4>(?:19|20)\d\d)\b"
    rf"|(?P<iso>(?:19|20)\d\d-\d\d-\d\d)"
    rf"|(?P<soon>soon|later today|later this (?:week|month|year)|these days|recently|"
    rf"lately|the other (?:day|week|night)|"
    rf"(?:at|over|for|this|last|next) (?:christmas|easter|new year's?|thanksgiving|"
    rf"halloween|valentine's)(?: (?:day|eve))?|"
    rf"over the (?:summer|weekend|holidays|winter)|on the weekend|at the weekend|in the "
    rf"(?:summer|spring|autumn|fall|winter)|someday|one day|"
    rf"as a (?:kid|child|teenager|student)|years ago|ages ago|a while ago|earlier(?: today)?|this time)"
    rf")\b(?!')",
    re.I,
)
_FUTURE = re.compile(rf"next|tomorrow|tonight|coming|^(?:in|within) {_NUMBER} |soon|later", re.I)
_PAST = re.compile(
    r"last|yesterday|\bago\b|this past|recently|lately|other (?:day|week|night)|as a |"
    r"earlier|since|back in|this morning",
    re.I,
)


@frozen
class When:
    """An expression of time in a clause."""

    #: where in the clause it stands
    start: int
    end: int
    #: as it was said: "next Tuesday"
    phrase: str
    #: ``past``, ``future`` or "" when the words alone don't tell
    tense: str
    #: "2024-05-14", "2024-05" or "2024", where it is clear
    iso: Optional[str] = None

    @property
    def spoken(self) -> str:
        """The date for people: "14 May 2024"."""
        if self.iso is None:
            return ""
        parts = [int(part) for part in self.iso.split("-")]
        month = list(MONTHS)[parts[1] - 1].capitalize() if len(parts) > 1 else ""
        return " ".join([str(parts[2]) if len(parts) > 2 else "", month, str(parts[0])]).strip().replace("  ", " ")


def find_when(text: str, at: Optional[dt.datetime], tense: str = "") -> Optional[When]:
    """The first expression of time in ``text``. ``tense`` is the verb's, for "on Tuesday" and "in May"."""
    match = _WHEN.search(text)
    while match and match["day"] and (match["s"] or (match["way"] or "").lower() in {"every", "for"}):
        match = _WHEN.search(text, match.end())  # a habit, not a day
    if not match:
        return None
    phrase = match[0].strip()
    told = "future" if _FUTURE.search(phrase) else "past" if _PAST.search(phrase) else ""
    return When(match.start(), match.end(), phrase, told, _resolve(match, at, told or tense) if at else None)


_PLACE = re.compile(r"[A-Z][\w'-]*(?: (?:(?:de|of|la|del|upon|on|sur|am) )?[A-Z][\w'-]*){0,3}")
_NO_PLACE = frozenset(MONTHS) | frozenset(_DAYS) | word_set("i i'm christmas easter")


def place_after(text: str) -> Optional[str]:
    """The place, by its capitals, with which ``text`` begins: "Rome in May" → "Rome"."""
    match = _PLACE.match(text)
    if not match:
        return None
    words = match[0].split()
    while words and words[-1].lower() in _NO_PLACE:
        words.pop()
    return " ".join(words) if words and words[0].lower() not in _NO_PLACE else None


def _resolve(match: re.Match[str], at: dt.datetime, tense: str) -> Optional[str]:
    today = at.date()
    try:
        for resolve in (_named, _weekday, _span, _count, _calendar):
            day = resolve(match, today, tense)
            if day:
                return day
    except (ValueError, OverflowError):
        return None
    return None


def _named(match: re.Match[str], today: dt.date, tense: str) -> Optional[str]:
    words = match[0].lower()
    if match["beyond"]:
        return (today + dt.timedelta(2 if "tomorrow" in words else -2)).isoformat()
    if match["named"]:
        shift = 1 if "tomorrow" in words else -1 if "yesterday" in words or "last night" in words else 0
        return (today + dt.timedelta(shift)).isoformat()
    if match["iso"]:
        return dt.date.fromisoformat(match["iso"]).isoformat()
    return None


def _weekday(match: re.Match[str], today: dt.date, tense: str) -> Optional[str]:
    if not match["day"]:
        return None
    way = (match["way"] or "").lower()
    ahead = (_DAYS.index(match["day"].lower()) - today.weekday()) % 7
    if way in {"last", "since", "this past"} or (tense == "past" and way not in {"next", "this coming"}):
        return (today + dt.timedelta(ahead - 7)).isoformat()
    return (today + dt.timedelta(ahead or 7)).isoformat() if tense == "future" or way else None


def _span(match: re.Match[str], today: dt.date, tense: str) -> Optional[str]:
    if not match["rel"]:
        return None
    rel, span = match["rel"].lower(), match["span"].lower()
    shift = 1 if "next" in rel or "coming" in rel else -1 if "last" in rel or "past" in rel else 0
    if span == "month":
        month = today.month - 1 + shift
        return f"{today.year + month // 12:04d}-{month % 12 + 1:02d}"
    if span == "year":
        return f"{today.year + shift:04d}"
    if span == "weekend":
        saturday = today + dt.timedelta((5 - today.weekday()) % 7 if today.weekday() != 6 else -1)
        return (saturday + dt.timedelta(7 * shift if shift else 0)).isoformat() if shift < 1 else None
    return None


def _count(match: re.Match[str], today: dt.date, tense: str) -> Optional[str]:
    words, unit, sign = match["ago"], match["agounit"], -1
    if not words:
        words, unit, sign = match["inn"], match["inunit"], 1
    if not words:
        return None
    count = 1 if words.lower() in {"a", "an"} else number_of(words)
    if count is None:
        return None
    unit = unit.lower().rstrip("s")
    if unit in {"day", "week"}:
        return (today + dt.timedelta(sign * count * (7 if unit == "week" else 1))).isoformat()
    if unit == "month":
        month = today.month - 1 + sign * count
        return f"{today.year + month // 12:04d}-{month % 12 + 1:02d}"
    return f"{today.year + sign * count:04d}" if unit == "year" else None


def _calendar(match: re.Match[str], today: dt.date, tense: str) -> Optional[str]:
    if match["y4"]:
        return match["y4"]
    if match["d3"]:
        day = today.replace(day=int(match["d3"]))
        if tense == "future" and day < today:
            day = (day.replace(day=1) + dt.timedelta(32)).replace(day=int(match["d3"]))
        return day.isoformat() if tense else None
    name = match["m1"] or match["m2"] or match["m3"]
    if not name:
        return None
    month = MONTHS[name.lower()]
    year = match["y1"] or match["y2"] or match["y3"]
    number = match["d1"] or match["d2"]
    day = dt.date(int(year) if year else today.year, month, int(number) if number else 1)
    if not year:
        if not tense:
            return None
        this = (day.month, day.day if number else 1)
        now = (today.month, today.day if number else 1)
        if tense == "future" and this < now:
            day = day.replace(year=day.year + 1)
        elif tense == "past" and this > now:
            day = day.replace(year=day.year - 1)
    return day.isoformat() if number else f"{day.year:04d}-{day.month:02d}"
