"""Everyday ways of telling a core fact, said again in the words that the rules for core facts know.

"I've been in Manchester since uni" tells what "I live in Manchester" tells.
"""

from __future__ import annotations

import re
from typing import Optional

__all__ = ["paraphrase"]

_LONG = (
    r"(?:since|for (?:about |over |almost |nearly |the (?:last|past) |a |\d|\w+ (?:years?|"
    r"months?|weeks?|decades?)|years|ages|most|my))"
)
_WE = r"(?:i|we)"
_HAVE = r"(?:'ve| have)"
_STARTED = (
    r"(?:start(?:ed)?|'m starting|am starting|'ve (?:just )?started|got (?:a|the|my) "
    r"(?:new )?job|'ve (?:just )?got (?:a|the) (?:new )?job|got hired|was hired|"
    r"got taken on|(?:just |recently |finally )?qualified|retrained|got promoted|was "
    r"promoted|'ve been promoted|'ll be working|'ll start)"
)
#: A pattern for the whole clause and what it comes to.
_RULES: tuple[tuple[str, str], ...] = (
    (
        r"i(?:'m| am) in (?P<x>it|hr|pr|tech|finance|marketing|sales|education|healthcare|"
        r"publishing|advertising|construction|"
        r"insurance|banking|retail|logistics|hospitality|catering|fashion|television|tv|film|research|farming|tourism|"
        r"real estate|engineering|software|medicine|law|politics|media|accounting)(?:,.*)?",
        "I work in {x}",
    ),
    (
        r"i do (?:the )?(?:nights?|night shifts|day shifts|shifts|shift work|reception|admin|"
        r"accounts) (?P<p>at|for|in) (?P<x>.+)",
        "I work {p} {x}",
    ),
    (
        r"i(?:'m| am) (?:really |slowly |just )?getting (?:really )?into (?P<x>(?!bed|trouble|"
        r"the car|a fight|an argument).+)",
        "I'm into {x}",
    ),
    (
        r"i live (?:right |just |really |very )?(?:by|near|on|opposite|above|next to|close to|"
        r"behind|in|at) (?:the|a|an|my) [^,]{1,40} in (?P<x>(?-i:[A-Z]).+)",
        "I live in {x}",
    ),
    (r"i was born in (?:19|20)\d\d in (?P<x>.+)", "I was born in {x}"),
    (
        r"i(?:'ve)? (?:recently |just )?(?:picked up|took up|taken up) (?P<x>\w+ing|crochet|"
        r"yoga|pilates|pottery|origami|photography|karate|judo|chess|golf|tennis)\b.*",
        "I like {x}",
    ),
    (r"i no longer have (?P<x>an? .+)", "I don't have {x} any more"),
    (r"(?:the )?name'?s (?:is )?(?P<x>(?-i:[A-Z]).*)", "my name is {x}"),
    (r"my birthday's (?P<x>.+)", "my birthday is {x}"),
    (r"i(?:'ve)? (?:just |recently )?turned (?P<x>\d+|\w+ty(?:[- ]\w+)?)\b.*", "I'm {x}"),
    (r"i(?:'m| am) (?P<x>retired|unemployed|self-employed|between jobs)\b.*", "I'm {x}"),
    (
        rf"{_WE} (?:grew up|was raised|were raised) (?:on|in) (?:a|an|the) [^,]{{1,40}}? (?:in|"
        rf"near|outside|of) (?P<x>(?-i:[A-Z]).+)",
        "I grew up in {x}",
    ),
    (
        rf"{_WE}(?:'m| am|'re| are) (?:also |a bit |mildly |severely )?(?P<x>lactose|gluten|"
        rf"dairy|fructose|histamine)[- ]intolerant.*",
        "I'm allergic to {x}",
    ),
    (
        r"i have (?:a |an )?(?:really |very |severe |bad |mild |slight )*(?P<x>nut|peanut|"
        r"shellfish|dairy|egg|pollen|cat|dog|bee|wasp|latex|penicillin|dust|soy|wheat|sesame|"
        r"strawberry|milk) allergy.*",
        "I'm allergic to {x}",
    ),
    (rf"{_WE}{_HAVE} (?:been living|lived|been based) (?:here )?in (?P<x>.+?),? {_LONG}.*", "I live in {x}"),
    (
        rf"{_WE}{_HAVE} been (?:here )?in (?P<x>(?!the\b|a\b|an\b|my\b|this\b|bed\b|love\b|"
        rf"therapy\b|hospital\b|and\b).+?),? {_LONG}.*",
        "I live in {x}",
    ),
    (
        rf"{_WE}{_HAVE} (?:been|worked|been working) (?:at|for) (?P<x>(?!home\b|it\b|this\b|"
        rf"that\b|least\b).+?),? {_LONG}.*",
        "I work at {x}",
    ),
    (rf"{_WE}{_HAVE} been with (?P<x>(?-i:[A-Z]).+?),? {_LONG}.*", "I work at {x}"),
    (rf"{_WE}{_HAVE} (?:been|worked|been working) (?:as )?(?P<x>an? .+?),? {_LONG}.*", "I work as {x}"),
    (
        r"i work (?:nights|days|night shifts|shifts|part[- ]time|full[- ]time|weekends|"
        r"remotely|evenings|mornings|freelance) (?P<p>at|for|in|as) (?P<x>.+)",
        "I work {p} {x}",
    ),
    (
        rf"i(?: just| recently| finally)? ?{_STARTED} (?:working )?(?:as|to|to be) (?P<x>an? "
        rf".+?|head .+?|senior .+?|assistant .+?|team .+?|manager)(?: on| next| last| in| this|"
        rf" at the| yesterday|,).*",
        "I work as {x}",
    ),
    (rf"i(?: just| recently| finally)? ?{_STARTED} (?:working )?(?:as|to|to be) (?P<x>an? .+)", "I work as {x}"),
    (r"i(?:'ve)? ?(?:just |recently )?(?:became|become) (?P<x>an? .+)", "I work as {x}"),
    (
        r"i teach (?P<x>\w+ing)(?:$|,| at\b| in\b| so\b| on\b| for\b| to\b| every\b| part\b| but\b).*",
        "I work as a {x} instructor",
    ),
    (
        r"i teach (?!myself|you|him|her|them|my\b|his\b|people to|kids to)(?P<x>[\w-]+(?: "
        r"(?:and )?(?!at\b|in\b|so\b|on\b|for\b|to\b|every\b|part\b|but\b|two\b|three\b|"
        r"because\b)[\w-]+)?)(?:$|,| at\b| in\b| so\b| on\b| for\b| to\b| every\b| part\b| "
        r"but\b).*",
        "I work as a {x} teacher",
    ),
    (
        r"i drive (?P<x>(?:a |an )?(?:bus|taxi|cab|lorry|truck|tram|train|van|"
        r"ambulance))(?:es|s)? for (?:a living|work|.+)",
        "I work as {x} driver",
    ),
    (
        r"i'm (?:an? )?[\w -]{2,30}, (?:but )?(?:originally |actually )?from "
        r"(?P<x>(?-i:[A-Z])[\w' -]{1,40}?)(?:,? (?:originally|actually).*)?",
        "I'm from {x}",
    ),
    (
        r"i'm (?:mostly |just )?(?P<x>swimming|running|cycling|climbing|bouldering|rowing|"
        r"boxing|dancing|knitting|painting|skating|hiking|gardening|surfing|lifting|jogging|"
        r"drawing|crocheting) (?:now|instead|these days)",
        "I like {x}",
    ),
    (
        r"(?:originally )?from (?P<x>(?-i:[A-Z])[\w' -]{1,40}?)(?:,? (?:originally|actually|but|and|though).*)?",
        "I'm from {x}",
    ),
    (rf"{_WE}(?: was| were) (?:born and )?(?:raised|brought up) (?:in|near|outside) (?P<x>.+)", "I grew up in {x}"),
    (rf"{_WE}(?:'m| am|'re| are) (?:a )?(?:native of|a native of) (?P<x>.+)", "I'm from {x}"),
    (
        rf"{_WE}{_HAVE}? ?(?:just |recently |finally )?(?:taken up|took up|got into|gotten "
        rf"into|got really into|fallen in love with|fell in love with|started doing) "
        rf"(?P<x>(?!trouble|a fight|an argument|bed|him|her|my\b|the\b|a\b|it\b).+)",
        "I like {x}",
    ),
    (r"(?:my|our) (?:home|place|flat|apartment|house)(?:'s| is) (?:now )?in (?P<x>(?-i:[A-Z]).+)", "I live in {x}"),
    (
        r"i(?:'m| am) (?:now |currently )?(?:living|staying) in (?P<x>(?-i:[A-Z])[^,]+?)(?: "
        r"now| at the moment| for good)",
        "I live in {x}",
    ),
    (
        r"(?:there's|there is|it's|we've had|we have|.{0,40}?) ?\bhere in "
        r"(?P<x>(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+)?)(?!.*\bfor (?:a|the|two|three|work|"
        r"business)\b).*",
        "I live in {x}",
    ),
    (
        r"i(?:'ll be| will be|'m going to be|'m about to turn|'m turning) (?P<x>\d+|"
        r"\w+ty(?:-\w+)?)(?: years old)? (?:in|on|next|this|tomorrow|soon)\b.*",
        "",
    ),
    (r"(?:the )?big (?P<x>(?:[3-9])0) (?:last|yesterday|this).*", "I'm {x}"),
    (r"my (?:main |only |biggest )?(?:hobby|passion|hobbies)(?:'s| is| are) (?P<x>.+)", "I like {x}"),
    (
        r"i(?:'m| am) (?:a )?(?:really |very |pretty |quite |seriously )?(?:into|hooked on|addicted to) (?P<x>.+)",
        "I'm into {x}",
    ),
    (
        r"i(?:'m| am) (?:also )?(?:a )?(?:real |big |total |huge )?(?P<x>[\w-]+) (?:lover|fan|"
        r"fanatic|nerd|geek|addict|enthusiast|nut)",
        "I love {x}",
    ),
    (
        r"(?:anything|everything|all things|all) (?:to do with|about|related to) "
        r"(?P<x>[\w -]+?),? (?:really|basically)",
        "I like {x}",
    ),
    (
        r"(?:can't|cannot) (?:eat|have|drink) (?P<x>(?:nuts|peanuts|dairy|gluten|shellfish|"
        r"eggs|lactose|soy|sesame|wheat|milk)\b.*)",
        "I'm allergic to {x}",
    ),
)
_COMPILED = [(re.compile(pattern + "$", re.I), template) for pattern, template in _RULES]


def paraphrase(clause: str) -> Optional[str]:
    """The plain clause that tells the same core fact, if ``clause`` is a known way of telling one."""
    for pattern, template in _COMPILED:
        match = pattern.match(clause)
        if match:
            return template.format(**match.groupdict()) if template else None
    return None
