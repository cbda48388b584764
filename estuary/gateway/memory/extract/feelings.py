"""How the user feels: "I feel so tired today", "I'm really excited about the trip", "this job makes me miserable"."""

from __future__ import annotations

import re

from ...engines._words import word_set
from .notes import Notes
from .statements import Statement
from .voice import others, sentence_case, third_person, tidy
from .words import EMOTIONS, GOOD_EMOTIONS, WEAK_EMOTIONS

__all__ = ["read_feelings"]

_BE = re.compile(
    r"(?:i|we)(?P<be>'m| am|'re| are| was| were|'ve been| have been| feel| felt|'m "
    r"feeling| am feeling|'ve been feeling|"
    r" have been feeling| was feeling| get| got| feel like| still feel|'m getting| got)(?P<not> not|n't)? "
    r"(?P<how>(?:so|really|very|quite|pretty|a bit|a little|a little bit|kind of|kinda|"
    r"extremely|incredibly|super|too|just|totally|"
    r"completely|absolutely|always|still|also|rather|truly|feeling|all|actually|such|even|more|both|honestly|"
    r"unbelievably|insanely|beyond|terribly|awfully|deeply|slightly|somewhat|that|"
    r"constantly|lately|much|at times) ){0,4}"
    r"(?P<emotion>[\w-]+)(?P<rest>.*)$",
    re.I,
)
_MAKES = re.compile(
    r"(?P<what>.{2,60}?) (?:(?:really|always|still|just) )?(?P<verb>makes?|made|is making|"
    r"was making|'s making|has made) me (?:feel )?"
    r"(?:so |really |very |quite |a bit |a little |pretty |super )?(?P<emotion>[\w-]+)",
    re.I,
)
_OTHER = re.compile(
    r"(?:i|we) (?:(?:really|so|just|still|also|already) )*(?:miss (?!the (?:point|days "
    r"when)|you\b|out\b|it\b)|dread |can't stop (?:crying|thinking|worrying)|cried |"
    r"can't wait (?:for|to)\b|look forward to|worry (?:about|a lot)|panic|have a lot on "
    r"my mind|couldn't stop crying|couldn't sleep|"
    r"can't (?:sleep|cope)|feel (?:like (?:a failure|an? \w+|crying|giving up|nobody|no "
    r"one|everyone)|on top of the world|"
    r"good about|bad about|great|terrible|awful|amazing|better|much better|terrible|sick|empty|at home))"
    r"|(?:i|we)(?:'m| am|'ve been| have been| was) (?:(?:really|so|just|also|still|"
    r"already) )*(?:looking forward to|dreading|missing|struggling|in a "
    r"(?:great|good|bad|terrible|foul|weird) mood|over the moon|on cloud nine|at my wits' "
    r"end|under (?:a lot of|so much|lots of) (?:stress|pressure)|"
    r"having a (?:hard|tough|rough|bad|great|wonderful|terrible|difficult) (?:day|time|"
    r"week)|burn(?:t|ed) out|fed up|freaking out|"
    r"panicking|crying|grieving|in shock|heartbroken|in love|worrying about|going through|falling in love)",
    re.I,
)
_DAY = re.compile(
    r"(?:i|we) (?:had|have had) (?:a|an|such a|the) (?:really |very |pretty |quite |most "
    r")?(?:rough|bad|terrible|awful|hard|tough|horrible|great|amazing|wonderful|"
    r"fantastic|lovely|stressful|exhausting|miserable|long|difficult|weird|good|crappy|"
    r"shitty|crazy|busy|panic|perfect|worst|best) (?:day|week|night|morning|time|attack|"
    r"month|year|weekend|evening)",
    re.I,
)
_LONG_WEEK = re.compile(
    r"(?:it's been|it has been|it was) an? (?:really |very |pretty |such a |bit of a "
    r")?(?:rough|bad|terrible|awful|hard|tough|horrible|great|amazing|wonderful|"
    r"stressful|exhausting|miserable|long|difficult|crazy) (?:day|week|night|month|year|few weeks|time)\b",
    re.I,
)
_MANNERS = re.compile(
    r" ?(?:to (?:hear|help|see|meet|talk|be of|chat|know|inform|answer)|you\b|that you\b|"
    r"for you\b|with (?:you|that|it)$|for (?:the|your)|"
    r"(?:i|we) (?:asked|met)|about that$|it(?:'s| is| went)|we're|your)",
    re.I,
)
_PHYSICAL = word_set("""
    down low lost blue mad hurt torn content calm moved touched mean worn sleepy numb bored tense
""")


def read_feelings(statement: Statement, notes: Notes) -> bool:
    """A mood or an emotion of the user's."""
    text = statement.text
    match = _BE.match(text)
    if match and _state(match, statement, notes):
        return True
    if _OTHER.match(text) or _DAY.match(text):
        content = third_person(text)
        notes.remember(content, "emotional_state", statement, confidence=0.85, topic="feeling")
        return True
    if _LONG_WEEK.match(text):
        content = re.sub(r"^(?:it's|it has|it) ?(?:been|was)? ", "Had ", text, count=1, flags=re.I)
        notes.remember(content, "emotional_state", statement, confidence=0.75, topic="feeling")
        return True
    makes = _MAKES.match(text)
    if makes and makes["emotion"].lower() in EMOTIONS | {"cry", "smile", "laugh"}:
        what = makes["what"].strip()
        if what.split()[0].lower() in {"i", "you", "we", "what", "which", "your"} or what.lower() in {
            "that",
            "it",
            "this",
        }:
            return False
        content = sentence_case(tidy(others(re.sub(r"^(?:my|our) ", "", text, flags=re.I))))
        notes.remember(content, "emotional_state", statement, confidence=0.85, topic="feeling")
        return True
    return False


def _state(match: re.Match[str], statement: Statement, notes: Notes) -> bool:
    emotion, rest = match["emotion"].lower(), match["rest"]
    if emotion not in EMOTIONS:
        return bool(
            re.match(
                r"(?:i'm|we're|i am) (?:fine|ok|okay|good|well|alright|sorry|sure|kidding|ready|back|here)\b",
                match[0],
                re.I,
            )
        )
    if emotion in WEAK_EMOTIONS and _MANNERS.match(rest):
        return True
    if emotion in {"afraid", "sorry"} and not rest.strip().startswith(("of", "that", "to", "about", ",")):
        return True
    if match["not"] and emotion in {"scared", "afraid", "terrified"}:
        return True
    if (
        emotion in {"scared", "afraid", "terrified"}
        and rest.strip().startswith("of ")
        and match["be"].strip() not in {"was", "were", "felt"}
    ):
        content = third_person(statement.text)
        notes.remember(content, "fact", statement, confidence=0.85, topic="fear")
        return True
    if match["not"] and emotion not in GOOD_EMOTIONS:
        rather = re.search(r"(?:, | but )(?:just |more |mostly |only )?(?P<emotion>[\w-]+)$", rest)
        if rather and rather["emotion"].lower() in EMOTIONS:
            notes.remember(
                f"Is {rather['emotion'].lower()}", "emotional_state", statement, confidence=0.85, topic="feeling"
            )
        return True
    if (
        emotion in _PHYSICAL
        and rest.split()[:1]
        and rest.split()[0] in {"at", "in", "to", "on", "by", "for"}
        and match["be"].strip() in {"'m", "am", "was", "'re"}
    ):
        return False
    if match["be"].strip() in {"got", "get", "'m getting"} and emotion in {"lost", "hurt", "down", "moved", "touched"}:
        return False
    if emotion == "used":
        return False
    content = third_person(statement.text)
    if not content:
        return False
    notes.remember(content, "emotional_state", statement, confidence=0.9, topic="feeling")
    return True
