"""Pleasantries, jokes, stories, the time of day."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Optional

from ._persona import honest, introduction
from ._recall import user_name
from .base import Persona

__all__ = ["FAREWELL", "GREETING", "closing", "greeting", "is_farewell", "is_greeting", "smalltalk"]

Pick = Callable[[Sequence[str]], str]
Facts = Mapping[str, Sequence[str]]

GREETING = re.compile(
    r"\s*(?:hello+|hi+|hey+|hiya|howdy|greetings|good (?:morning|afternoon|evening|day)|yo|salut|bonjour|"
    r"hola|ciao|hallo|"
    r"i'm back|it's me(?: again)?)\b(?! (?:world|kitty))",
    re.I,
)

FAREWELL = (
    r"^(?:ok |okay |well,? |right,? |thanks,? )*(?:bye|goodbye|good bye|bye bye|see (?:you|ya)|good "
    r"night|farewell|cya|take care|ciao|i have to go|i must go|gotta go|talk (?:to you )?(?:later|"
    r"soon))\b"
)


def is_farewell(text: str) -> bool:
    """Whether the text begins with a farewell."""
    return re.match(FAREWELL, text, re.I) is not None


def is_greeting(text: str) -> bool:
    """Whether the text begins with a greeting."""
    return GREETING.match(text.replace("’", "'")) is not None


def greeting(text: str, persona: Persona, facts: Facts, met: bool, pick: Pick) -> str:
    """The greeting returned; ``met``: there was a conversation before."""
    name = user_name(facts)
    if met and name:
        return f"Welcome back, {name}!"
    if met:
        return pick(("Hello again!", "Good to see you again!"))
    part = re.match(r"\s*good (morning|afternoon|evening|day)", text, re.I)
    hello = f"Good {part[1].lower()}" if part else pick(("Hello", "Hi there"))
    return f"{hello}, {name}!" if name else f"{hello}!"


def closing(persona: Persona, facts: Facts, met: bool, pick: Pick) -> str:
    """What follows a greeting when the user said nothing else."""
    if not met:
        return f"I'm {persona.name}. " + ("How can I help?" if user_name(facts) else "What should I call you?")
    likes = facts.get("likes", ())
    options = [
        "What's on your mind today?",
        "It's good to have you here. What shall we talk about?",
        "How have you been?",
    ]
    if likes:
        options.append(f"How have you been? Any time for {likes[-1]} lately?")
    return pick(options)


_JOKES = (
    "Why do seagulls fly over the sea? Because if they flew over the bay, they'd be bagels.",
    "I told my suitcase that there would be no holiday this year. Now I'm dealing with emotional baggage.",
    "Why did the scarecrow get a prize? He was outstanding in his field.",
    "What do you call a fish without an eye? A fsh.",
    "I would tell you a joke about time travel, but you didn't like it.",
)
_FEELINGS = re.compile(
    r"\bi(?:'m| am| feel| am feeling|'m feeling)(?: (?:a bit|a little|so|very|really|quite|rather|pretty|"
    r"just|too|feeling))* "
    r"(?P<bad>sad|tired|exhausted|bored|lonely|sick|ill|stressed|anxious|worried|unhappy|depressed|angry|scared|afraid|"
    r"down|hungry|cold|nervous|upset|frustrated|overwhelmed)\b"
    r"|\bi(?:'m| am| feel| am feeling|'m feeling)(?: (?:a bit|a little|so|very|really|quite|rather|pretty|"
    r"just|feeling))* "
    r"(?P<good>happy|fine|good|great|well|excited|glad|relaxed|ok|okay|wonderful|fantastic|proud|delighted|calm)\b",
    re.I,
)
_SUM = re.compile(
    r"(-?\d{1,12}(?:\.\d{1,6})?)\s*(\+|-|−|\*|x|×|/|÷|plus|minus|times|multiplied by|divided by|"
    r"over)\s*(-?\d{1,12}(?:\.\d{1,6})?)\s*[=?.!]*\s*$",
    re.I,
)


def _sum(text: str) -> Optional[str]:
    match = _SUM.search(text[:200])
    if not match or not re.match(
        r"\s*(?:(?:what(?:'s| is)|how much is|calculate|compute|work out|can you (?:calculate|compute|add)|"
        r"so|and|ok|hey)[ ,]*)*-?\d",
        text[:200],
        re.I,
    ):
        return None
    left, operator, right = float(match[1]), match[2].lower(), float(match[3])
    if operator in {"/", "÷", "divided by", "over"}:
        if right == 0:
            return "Nobody can divide by zero, and I won't be the first."
        value = left / right
    elif operator in {"*", "x", "×", "times", "multiplied by"}:
        value = left * right
    else:
        value = left + right if operator in {"+", "plus"} else left - right
    shown = str(int(value)) if value == int(value) else f"{value:.6g}"
    return f"That makes {shown}."


def _story(persona: Persona, facts: Facts, pick: Pick) -> str:
    who = user_name(facts) or "a traveller"
    again = user_name(facts) or "the traveller"
    home = facts.get("home", ("a town by the river",))[-1]
    if not home.startswith(("a ", "an ", "near ", "outside ", "the ")):
        home = f"the old streets of {home}"
    love = facts.get("likes", ("music",))[-1]
    me = persona.name
    return pick(
        (
            f"Gladly. One evening, in {home}, {who} found a small brass key on the pavement. "
            f"It fitted no door that anyone knew, so {again} took it to {me}, who knew a great deal about keys. "
            f'"This one opens whatever you are most curious about," said {me}, and held it to the light. '
            f"Together they walked until the lamps went on, and at the last house of the last street there "
            f"was a door that had "
            f"not been there the day before. Behind it was a room full of {love}. "
            f"They stayed until the morning, and when they came out, the key had turned into a coin. "
            f"{again[:1].upper()}{again[1:]} spent it on breakfast for two. The end.",
            f"Here is one. Long ago, {me} kept a little light at the edge of the world, and hardly anybody "
            f"ever came by. "
            f"One stormy night there was a knock, and there stood {who}, soaked to the skin. "
            f'"I was on my way to {home}," said {again}, "but the road has been washed away." '
            f"{me} put the kettle on, and they talked about {love} until the storm grew bored and went to bed. "
            f"In the morning the road was back, a little straighter than before. "
            f"{again[:1].upper()}{again[1:]} waved from the first bend, and ever since, {me} keeps a second cup "
            f"on the table. The end.",
            f"With pleasure. There was once a clock in {home} that ran backwards, and everyone had got used "
            f"to it except {again}. "
            f"So {again} went to see {me}, who was said to be patient with difficult clocks. "
            f'{me} listened to it for a whole hour. "It isn\'t broken," said {me}. "It is only homesick for '
            f'yesterday." '
            f"They told it about tomorrow: about {love}, about the first warm day, about letters that "
            f"hadn't been written yet. "
            f"The clock thought it over, ticked twice, and began to run forwards. "
            f"It has been a minute early ever since, because it can hardly wait. The end.",
        )
    )


def smalltalk(text: str, persona: Persona, facts: Facts, now: Callable[[], datetime], pick: Pick) -> Optional[str]:
    """The answer to a pleasantry, or ``None``."""
    said = " ".join(text.lower().replace("’", "'").split())[:400]
    name = user_name(facts)
    called = f", {name}" if name else ""

    def about(pattern: str) -> bool:
        return re.search(pattern, said) is not None

    if about(
        r"\b(?:are|aren't) you (?:just )?(?:an? )?(?:real\b|robot|bot\b|ai\b|a\.i\.|human|person|program|"
        r"machine|computer|llm|language model|"
             r"chatgpt|gpt|claude|alive|conscious|sentient|chatbot|software|assistant)|\bwhat are you\b(?! "
             r"(?:doing|up to|saying|talking|wearing|thinking|good|able|going))|"
             r"\b(?:what|which) (?:ai |language |chat |llm )?(?:model|engine|llm)\b.*\b(?:you|this|answers?|"
             r"is it|use|running)\b|\bhow do you work\b|\bwho (?:made|built|created|programmed) you\b"):  # fmt: skip
        return honest(persona)
    if about(
        r"\bwho are you\b|\btell me (?:a bit |a little |something |more |all )?about (?:yourself|you\b)|"
        r"\bintroduce yourself\b|"
             r"\b(?:what(?:'s| is)) your (?:background|story|history)\b|\bwhat do you do\b(?! (?:when|if))|"
             r"\bdescribe yourself\b|"
             r"\bwhere (?:are you from|do you (?:come from|live))\b"):  # fmt: skip
        return introduction(persona, long=True)
    if about(
        r"\b(?:what(?:'s| is| are)|tell me|know|remember|say) your name\b|\bwhat (?:do|should|can|shall) "
        r"(?:i|we|they|people) call you\b|\byour name\?|\bwhat are you called\b"
    ):
        ask = "" if name else pick((" And you?", " What's your name?"))
        return f"{introduction(persona, long=False)}{ask}"
    if about(
        r"\b(?:tell|read|give|make up|share|know)\b.{0,30}\b(?:story|stories|tale|bedtime story)\b|^(?:a |"
        r"another )?story[ ,.!?]*(?:please)?[.!?]*$|\banother (?:story|one)\b"
    ):
        return _story(persona, facts, pick)
    if about(r"\bjokes?\b|\bmake me laugh\b|\bsomething funny\b"):
        return pick(_JOKES)
    if about(r"\b(?:what(?:'s| is)?|tell me|know|got)\b.{0,12}\b(?:the time|time is it|time it is)\b"):
        return f"It's {now():%H:%M}."
    if about(
        r"\b(?:what|which)(?:'s| is)?(?: the| today's)? (?:day|date|month|year)\b|\btoday's date\b|\bwhat "
        r"day\b|\bwhat is today\b"
    ):
        moment = now()
        return f"Today is {moment:%A}, {moment.day} {moment:%B} {moment.year}."
    total = _sum(said)
    if total:
        return total
    if about(
        r"\bhow(?:'re| are) (?:you|things|ya)\b|\bhow(?:'s| is) it going\b|\bhow do you (?:do|feel)\b|"
        r"\bwhat'?s up\b|\bhow(?:'s| is) life\b|\bhow have you been\b|\bare you (?:ok|okay|well|all right)\b"
    ):
        return pick(
            (
                f"I'm very well, thank you{called}. And how are you?",
                "Quite content, thank you for asking! How about you?",
                f"All is calm here. How are you{called}?",
            )
        )
    feeling = _FEELINGS.search(said)
    if feeling and "not " not in said:
        if feeling["bad"]:
            return pick(
                (
                    f"I'm sorry to hear that you're {feeling['bad']}{called}. Do you want to talk about it?",
                    f"That's no fun{called}. What would help? A story, perhaps?",
                )
            )
        return pick(
            (
                f"I'm glad to hear it{called}! What have you been up to?",
                "That's good to hear! What shall we talk about?",
            )
        )
    if about(
        r"^(?:ok |okay |great,? |oh,? |no,? |many |alright,? )*(?:thanks?|thank you|thx|cheers|much "
        r"appreciated)\b|\bthank you (?:so|very) much\b|\bsay thank(?:s| you)\b|\bthanks a lot\b"
    ):
        return pick((f"You're welcome{called}!", f"My pleasure{called}.", "Any time!"))
    if about(FAREWELL):
        night = "Good night" if "night" in said else "Goodbye"
        return pick(
            (f"{night}{called}! I'll remember our talk.", f"{night}{called}. Come back soon!", f"Take care{called}!")
        )
    if about(r"\bi (?:love|like|adore|miss(?:ed)?) you\b"):
        return pick((f"That's very kind of you{called}.", f"How sweet{called}! I enjoy our talks too."))
    if about(
        r"\byou(?:'re| are) (?:so |very |really |quite |such |too |the |a |an |pretty )*(?:nice|great|good|"
        r"kind|funny|smart|clever|awesome|amazing|cool|best|wonderful|sweet|lovely|helpful|beautiful)\b|"
        r"\bgood (?:job|work|girl|boy)\b|\bwell done\b"
    ):
        return pick((f"Thank you{called}, that's kind of you!", "You're making me blush. Thank you!"))
    if about(
        r"\byou(?:'re| are) (?:so |very |really |quite |such |an? )*(?:stupid|dumb|useless|idiot|bad|boring|"
        r"annoying|slow|silly|terrible|wrong)\b|\bshut up\b|\bi hate you\b"
    ):
        return pick(
            (
                "I'm sorry that I'm not more help. I'm a simple companion; what can I do better?",
                "Fair enough. Shall we try something else?",
            )
        )
    if about(r"^(?:oh )?(?:i'm |i am )?(?:so |very )?sorry\b|^my (?:bad|apologies)\b|^(?:i )?apologi[sz]e\b"):
        return pick((f"No harm done{called}.", "Don't worry about it."))
    if about(r"^(?:ha(?:ha)+|hehe+|lol|rofl|lmao)\b|^[😂🤣😄😆😁]+$"):
        return pick(("I'm glad that made you laugh!", "It's good to hear you laugh."))
    if about(r"^(?:yes|yeah|yep|yup|sure|of course|definitely|absolutely)[ .!]*$"):
        return pick(("Good! Tell me more.", f"Wonderful{called}. Go on!"))
    if about(r"^(?:no|nope|nah|not really|never mind|nevermind)[ .!]*$"):
        return pick(
            (
                "All right. What would you like to talk about instead?",
                "Fair enough. Is there something else on your mind?",
            )
        )
    if about(
        r"^(?:ok|okay|alright|all right|fine|cool|great|nice|good|i see|got it|right|wow|interesting|really|"
        r"hmm+|oh|ah)[ .!?]*$"
    ):
        return pick(
            (
                "Is there something else you'd like to talk about?",
                f"What else is on your mind{called}?",
                "Shall I tell you a story?",
            )
        )
    if about(r"\bdo you (?:like|love|enjoy|hate)\b"):
        thing = re.search(r"\bdo you (?:like|love|enjoy|hate) ([^?.!,]{2,40})", said)
        if thing and thing[1].strip() == "me":
            return pick((f"I do{called}! You're good company.", f"Of course I do{called}."))
        likes = [value for value in facts.get("likes", ()) if thing and thing[1].strip() in value.lower()]
        if likes:
            return f"I'm a simple companion without tastes of my own, but I know that you like {likes[0]}!"
        return f"I'm a simple companion without tastes of my own. Do you{' like ' + thing[1].strip() if thing else ''}?"
    if about(r"^(?:are you there|anybody there|anyone there|you there|ping|test|testing|can you hear me|hello\?)\b"):
        return pick((f"I'm here{called}!", "Loud and clear. What's on your mind?"))
    if about(r"\bmeaning of life\b"):
        return "Forty-two, I've been told. I'd say: good company."
    if about(r"\bwhat(?:'re| are) you (?:doing|up to|thinking)\b"):
        return pick(
            (f"Talking with you{called}, which I enjoy. And you?", "I was just waiting for you to say something.")
        )
    if about(r"\b(?:surprise|entertain|amuse) me\b|\bi'm bored\b"):
        return f"Then let me tell you a story. {_story(persona, facts, pick)}"
    return None
