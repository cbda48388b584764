"""What is known of the user, as sentences: recalled when asked for, acknowledged when told."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Optional

from ._fact import Fact
from ._fact_rules import favourite_key
from ._words import KIN, PETS

__all__ = ["a", "acknowledge", "join", "recall", "sentence_about", "summary", "user_name"]

Facts = Mapping[str, Sequence[str]]
Pick = Callable[[Sequence[str]], str]

_STATES = {"retired", "unemployed", "self-employed", "between jobs"}


def join(items: Sequence[str], word: str = "and") -> str:
    """The items as "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def a(noun: str) -> str:
    """The noun with its article: "an engineer", "a university teacher"."""
    if re.match(r"(?:an?|the|two|three|four|five|six|seven|\d+) ", noun, re.I):
        return noun
    vowel = re.match(r"(?:[aeio]|u(?!ni|s[aei]|ro|ti)|hono|hour|heir|[FHLMNRSX][A-Z])", noun) is not None
    return f"{'an' if vowel or noun[:1] in 'AEIO' else 'a'} {noun}"


def user_name(facts: Facts) -> str:
    """What to call the user: the latest name told, or nothing."""
    names = facts.get("name", ())
    return names[-1] if names else ""


def sentence_about(key: str, values: Sequence[str]) -> str:
    """A clause in the second person without a full stop: "you live in Lyon"."""
    latest = values[-1]
    if key == "name":
        return f"your name is {values[0]}" + (f" and you like to be called {latest}" if len(values) > 1 else "")
    if key == "home":
        return f"you live {latest}" if re.match(r"(?:near|outside|in|on) ", latest) else f"you live in {latest}"
    if key == "origin":
        return f"you come from {latest}"
    if key == "job":
        if latest in _STATES:
            return f"you are {latest}"
        return f"you work {latest}" if latest.startswith("in ") else f"you work as {a(latest)}"
    if key == "employer":
        return f"you work for {latest}"
    if key == "age":
        return f"you are {latest} years old"
    if key == "birthday":
        return f"your birthday is {'on ' if latest[:1].isdigit() else 'in '}{latest}"
    if key == "pets":
        return "you have " + join([_creature(value) for value in values])
    if key == "family":
        return join([_relative(value) for value in values])
    verb = {
        "likes": "you like",
        "dislikes": "you don't like",
        "languages": "you speak",
        "allergies": "you're allergic to",
    }.get(key)
    if verb:
        return f"{verb} {join(list(values), 'or' if key == 'dislikes' else 'and')}"
    plural = len(values) > 1 or (key.startswith("favourite") is False and key.endswith("s"))
    return f"your {key} {'are' if plural else 'is'} {join(list(values))}"


def _split(value: str, kinds: frozenset[str]) -> tuple[str, str]:
    kind, _, name = value.partition(" ")
    return (kind, name) if kind in kinds else (value, "")


def _creature(value: str) -> str:
    kind, name = _split(value, PETS)
    return f"{a(kind)} called {name}" if name else a(kind)


def _relative(value: str) -> str:
    kind, name = _split(value, KIN)
    return f"your {kind} is called {name}" if name else f"you have {a(kind)}"


_ORDER = (
    "name",
    "age",
    "birthday",
    "origin",
    "home",
    "job",
    "employer",
    "family",
    "pets",
    "languages",
    "likes",
    "dislikes",
    "allergies",
)


def summary(facts: Facts) -> list[str]:
    """Everything known, as clauses in a sensible order."""
    keys = [key for key in _ORDER if facts.get(key)]
    keys += sorted(key for key in facts if key not in _ORDER and facts[key])
    return [sentence_about(key, facts[key]) for key in keys]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


_FAV = r"fav(?:ou?rite|e)?"
#: question → key. Tried in order on a lowercased sentence.
_QUESTIONS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"\bwhat (?:do|did|can) you (?:still )?(?:know|remember|recall|learn|tell me)(?: anything)? about me\b|"
         r"\btell me (?:(?:what |everything |something |all |more |anything )*(?:that )?(?:you (?:know|"
         r"remember) )?)?about (?:me|myself)\b|"
         r"\bwhat (?:have|did) i (?:ever )?(?:told|tell) you(?: about (?:me|myself))?\b|"
         r"\b(?:remember|know|recall) (?:anything|something|things|stuff|facts|everything) about me\b|"
         r"\bwhat (?:else )?do you know of me\b|\bwhat you (?:know|remember) about me\b|\bwhat facts do you\b", "*"),
        (
            r"\b(?:what(?:'s| is| was)|know|remember|recall|say|tell me|guess|forgot|forget|remind me of|is) my "
            r"(?:first |full |real |own )?name\b|"
         r"\bwho am i\b(?! talking)|\bwhat (?:am i|i am|i'm) (?:called|named)\b|\bwhat do you call me\b|\bwho i am\b|"
         r"\bwhat my name is\b|\bmy name\?|^name\?", "name"),
        (
            r"\bwhere (?:do|did|is it) i (?:currently |now |actually )?live\b|\bwhere i (?:currently )?live\b|"
            r"\bwhere(?:'s| is) my (?:home|house|place)\b|"
         r"\b(?:which|what) (?:city|town|country|place|village) (?:do|am) i (?:live|living)\b|\bwhere am i "
         r"(?:living|based)\b|"
         r"\bwhere i'm (?:living|based)\b|\bmy (?:home town|address|location|home)\?", "home"),
        (r"\bwhere (?:am i|do i come|i come|i'm|i am|was i) (?:originally )?(?:from|born)\b", "origin"),
        (
            r"\b(?:where|who|whom) (?:do )?i work(?: for)?\b|\bmy (?:employer|company)\b|\bwho(?:'s| is) my "
            r"boss\b|\bwhich company\b", "employer"),
        (
            r"\bwhat (?:do i|i) do (?:for (?:a living|work)|as a job|professionally)\b|\b(?:what(?:'s| is| was)|"
            r"remember|know|recall) my "
         r"(?:job|profession|occupation|work|trade)\b|\bwhat(?:'s| is) it i do\b|\bwhat do i do\b(?! (?:if|"
         r"when|now|about|to|next|with))|"
         r"\bwhat do i work as\b|\bwhat my (?:job|profession) is\b|\bwhat i do\b$", "job"),
        (r"\bhow old (?:am i|i am|i'm)\b|\b(?:what(?:'s| is)|know|remember) my age\b", "age"),
        (
            r"\bwhen(?:'s| is| was)? (?:my birthday|i born|was i born)\b|\b(?:what(?:'s| is)|know|remember) "
            r"(?:when )?my birthday\b|\bmy birthday is\b$|\bwhen i was born\b", "birthday"),
        (rf"\bmy {_FAV}s? (?P<thing>[a-z]+(?: [a-z]+)?)", "favourite"),
        (
            r"\bwhat (?:do |does |things )?(?:i )?(?:don't|do not|doesn't) (?:i )?(?:like|enjoy|love)\b|\bwhat "
            r"(?:do i|i|things do i|food do i) "
         r"(?:really )?(?:hate|dislike|not like|detest|avoid)\b|\bmy dislikes\b|\bwhat i (?:don't like|hate|"
         r"dislike)\b|\bcan't i stand\b", "dislikes"),
        (
            r"\bwhat(?: else| things| kind of things| sort of things)? (?:do i|i) (?:really |also )?(?:like|"
            r"love|enjoy)\b|\b(?:what are|know|remember|recall) my "
         r"(?:likes|interests|hobbies|tastes|passions)\b|\bwhat am i (?:into|interested in|fond of)\b|"
         r"\bwhat makes me happy\b|"
         r"\bwhat (?:music|food|films?|movies?|books?|sports?|drinks?) do i (?:like|love|enjoy)\b", "likes"),
        (r"\bwhat am i allergic to\b|\bam i allergic\b|\bmy allerg(?:y|ies)\b|\ballergies do i\b", "allergies"),
        (r"\b(?:what|which|how many) languages? (?:do|can) i\b|\bmy languages\b", "languages"),
    )
)  # fmt: skip
_PET = "|".join(sorted(PETS, key=len, reverse=True))
_KIN = "|".join(sorted(map(re.escape, KIN), key=len, reverse=True))
_CREATURE = re.compile(
    rf"\b(?:what(?:'s| is| are)|who(?:'s| is| are)|know|remember|recall|tell me|about) (?:the names? of )?my "
    rf"(?P<kind>{_PET}|{_KIN}|pet)(?:'s|s|s')?"
    rf"(?: (?:name|called|named|names))?\b|\bdo i have (?:an?|any) (?P<have>{_PET}|{_KIN}|pet|animal)s?\b|"
    rf"\bmy (?P<group>pets|family|animals)\b"
)
_DO_I = re.compile(
    r"\b(?:do i|if i|whether i|that i) (?:really |still )?(?P<verb>like|love|enjoy|hate|dislike|speak) "
    r"(?P<thing>[^?.!,]{2,60})"
)
_SAID_BEFORE = re.compile(r"\bwhat (?:did|have) i (?:just |last )?(?:say|said|ask|asked|tell you)\b")

#: How the companion asks for what it doesn't know.
_UNKNOWN = {
    "name": (
        "I don't know your name yet. What should I call you?",
        "You haven't told me your name so far. What is it?",
    ),
    "home": ("You haven't told me where you live. Where do you live?", "I don't know yet where you live."),
    "origin": ("I don't know where you come from; you haven't told me.",),
    "job": (
        "I don't know what you do for a living yet. What is your job?",
        "You haven't told me what you do for a living.",
    ),
    "employer": ("You haven't told me whom you work for.",),
    "age": ("You haven't told me how old you are.",),
    "birthday": ("I don't know when your birthday is. When is it?",),
    "likes": (
        "I don't know yet what you like. Tell me something you enjoy!",
        "You haven't told me what you like so far.",
    ),
    "dislikes": ("You haven't told me of anything that you don't like.", "I don't know of anything that you dislike."),
    "allergies": ("You haven't told me about any allergies.",),
    "languages": ("I don't know which languages you speak, apart from this one.",),
    "pets": ("You haven't told me about any pets.",),
    "family": ("You haven't told me much about your family.",),
}


def recall(question: str, facts: Facts, pick: Pick) -> Optional[str]:
    """The answer to a question about the user, or ``None`` when it isn't one."""
    asked = " ".join(question.lower().replace("’", "'").split())[:400]
    if re.search(r"\b(?:my|i|me|myself|i'm)\b", asked) is None and asked not in {"name?"}:
        return None
    told = re.match(r"(?:i|my|we)\b(?! (?:wonder|forgot))", asked)
    if told and "?" not in asked:
        return None  # "my name is …" tells, it doesn't ask
    creature = _CREATURE.search(asked)
    if creature:
        return _recall_creature(creature, facts, pick)
    for pattern, key in _QUESTIONS:
        match = pattern.search(asked)
        if not match:
            continue
        if key == "*":
            return _everything(facts, pick)
        if key == "favourite":
            return _favourite(match["thing"], facts)
        return _recall_key(key, facts, pick)
    wanted = _DO_I.search(asked)
    if wanted and ("?" in asked or re.match(r"(?:do|can|tell|so|and)\b", asked)):
        return _whether(wanted["verb"], wanted["thing"].strip(), facts)
    if re.search(
        r"\b(?:do|can|don't) you (?:still )?(?:remember|know|recognise|recognize) me\b|\bremember me\?", asked
    ):
        name = user_name(facts)
        if name:
            rest = [clause for clause in summary(facts) if not clause.startswith("your name is")][:2]
            return f"Of course I do, {name}!" + (f" {_sentence(join(rest))}" if rest else "")
        known = summary(facts)
        return f"I don't know your name, but I do remember that {join(known[:2])}." if known else pick(_UNKNOWN["name"])
    return None


def _recall_key(key: str, facts: Facts, pick: Pick) -> str:
    values = facts.get(key)
    if values:
        about = sentence_about(key, values)
        if key == "job" and facts.get("employer"):
            about += f", for {facts['employer'][-1]}"
        if key == "name":
            return pick(
                (_sentence(about), f"You're {values[-1]}, of course." if len(values) == 1 else _sentence(about))
            )
        if key == "likes":
            about += "".join(f", and {sentence_about(k, facts[k])}" for k in sorted(facts) if k.startswith("favourite"))
        return pick((_sentence(about), f"I remember: {about}.", f"You told me that {about}."))
    if key == "employer" and facts.get("job"):
        return f"I don't know whom you work for, only that {sentence_about('job', facts['job'])}."
    if key == "job" and facts.get("employer"):
        return _sentence(sentence_about("employer", facts["employer"]))
    if key == "home" and facts.get("origin"):
        return f"You haven't told me where you live, only that {sentence_about('origin', facts['origin'])}."
    if key == "origin" and facts.get("home"):
        return f"I don't know where you come from, but {sentence_about('home', facts['home'])}."
    if key == "likes":
        favourites = [sentence_about(k, facts[k]) for k in sorted(facts) if k.startswith("favourite")]
        if favourites:
            return _sentence(join(favourites))
    return pick(_UNKNOWN[key])


def _favourite(thing: str, facts: Facts) -> str:
    for words in (thing.split(), thing.split()[:1]):
        key = favourite_key(" ".join(words))
        if facts.get(key):
            return _sentence(sentence_about(key, facts[key]))
    key = favourite_key(" ".join(word for word in thing.split() if word not in {"is", "again", "was", "are"}))
    return f"You haven't told me what your {key} is."


def _everything(facts: Facts, pick: Pick) -> str:
    known = summary(facts)
    if not known:
        return pick(
            (
                "Nothing yet, I'm afraid: you haven't told me anything about yourself. What should I call you?",
                "We've only just met, so I know nothing about you yet. What is your name?",
            )
        )
    lead = pick(("Here is what I know:", "I remember quite a bit:", "Let me think:"))
    chunks = [join(known[index : index + 3]) for index in range(0, len(known), 3)]
    return f"{lead} " + " ".join(f"{_sentence(chunk) if index else chunk + '.'}" for index, chunk in enumerate(chunks))


def _recall_creature(match: re.Match[str], facts: Facts, pick: Pick) -> str:
    kind = match["kind"] or match["have"] or match["group"]
    pets = kind in PETS or kind in {"pet", "pets", "animal", "animals"}
    key = "pets" if pets else "family"
    values = list(facts.get(key, ()))
    if kind not in {"pet", "pets", "animal", "animals", "family"}:
        values = [value for value in values if value.split()[0] == kind or f" {kind}" in value]
    if not values:
        if kind in PETS or kind in KIN:
            return f"You haven't told me about {'a ' + kind if match['have'] else 'your ' + kind}."
        return pick(_UNKNOWN[key])
    about = sentence_about(key, values)
    return f"Yes, {about}." if match["have"] else _sentence(about)


def _whether(verb: str, thing: str, facts: Facts) -> Optional[str]:
    thing = re.sub(r"^(?:to|the|a|an|any|some) | (?:or not|at all|again|too)$", "", thing)

    def has(key: str) -> Optional[str]:
        return next(
            (
                v
                for v in facts.get(key, ())
                if v.lower() == thing or (len(thing) > 3 and (thing in v.lower() or v.lower() in thing))
            ),
            None,
        )

    if verb == "speak":
        spoken = has("languages")
        return (
            f"Yes, you told me that you speak {spoken}."
            if spoken
            else f"You haven't told me whether you speak {thing.capitalize()}."
        )
    liked, hated = has("likes"), has("dislikes")
    if liked:
        return (
            f"{'Yes' if verb in {'like', 'love', 'enjoy'} else 'On the contrary'}, you told me that you like {liked}."
        )
    if hated:
        return f"{'No' if verb in {'like', 'love', 'enjoy'} else 'Yes'}, you told me that you don't like {hated}."
    return f"I don't know whether you {verb} {thing}; you haven't told me."


#: key → what to say when it is told for the first time
_ACKNOWLEDGED = {
    "home": ("{0}, how nice! I'll remember that you live there.", "So you live in {0}. Good to know!"),
    "origin": ("So you come from {0}; I'll keep that in mind.", "From {0}! I'll remember."),
    "job": ("{job}: that must be interesting work.", "So {about}; I'll remember that."),
    "employer": ("So {about}. I'll remember.",),
    "age": ("{0}, noted!", "I'll remember that you are {0}."),
    "birthday": ("I've made a note: {about}.",),
    "likes": ("{list}: good taste! I'll remember.", "Ah, {list}! I'll keep that in mind."),
    "dislikes": ("No {or}, then. I'll remember.", "I'll keep {list} away from you, then."),
    "allergies": ("That's important: {about}. I'll remember.",),
    "pets": ("How lovely: {about}!", "Give my regards to {pet}!"),
    "family": ("Good to know: {about}.",),
    "languages": ("{list}, impressive!", "So {about}. Impressive!"),
}
#: What to be curious about next.
_CURIOUS = (
    ("name", "What should I call you?"),
    ("home", "Where do you live?"),
    ("job", "What do you do for a living?"),
    ("likes", "What do you enjoy?"),
)


def acknowledge(new: Sequence[Fact], before: Facts, after: Facts, pick: Pick, *, curious: bool, asked: str = "") -> str:
    """What to say to the facts just told. ``before`` and ``after`` are what was and is known.

    ``curious``: go on with a question, but none that ``asked``, what was said lately, has in it.
    """
    told = [fact for fact in new if not fact.negated]
    said: list[str] = []
    name = next((fact.value for fact in reversed(told) if fact.key == "name"), "")
    old = user_name(before)
    if name and name == old:
        said.append(f"Yes, {name}, I remember.")
    elif name and old:
        said.append(pick((f"{name} it is. Thanks for telling me!", f"Ah, {name}! I'll call you that from now on.")))
    elif name:
        said.append(
            pick(
                (f"Lovely to meet you, {name}.", f"Nice to meet you, {name}!", f"Hello {name}, a pleasure to meet you.")
            )
        )
    gone = [fact for fact in new if fact.negated]
    if gone and not told:
        said.append(_let_go(gone, before, pick))
    keys = [key for key in dict.fromkeys(fact.key for fact in told) if key != "name"]
    if len(keys) == 1:
        said.append(_one(keys[0], [fact.value for fact in told if fact.key == keys[0]], before, pick))
    elif keys:
        clauses = [sentence_about(key, [fact.value for fact in told if fact.key == key]) for key in keys]
        said.append(pick((f"So {join(clauses)}. I'll remember.", f"Let me keep that in mind: {join(clauses)}.")))
    if curious and told:
        question = next((ask for key, ask in _CURIOUS if not after.get(key) and ask not in asked), "")
        if question:
            said.append(question)
        elif name and not keys and not old:
            said.append("What's on your mind?")
    return " ".join(said)


def _one(key: str, values: Sequence[str], before: Facts, pick: Pick) -> str:
    about = sentence_about(key, values)
    known = [value for value in values if value in before.get(key, ())]
    if len(known) == len(values):
        return pick((f"Yes, I remember: {about}.", f"I know, {about}."))
    if before.get(key) and key in {"home", "job", "employer", "age", "birthday", "origin"}:
        return pick(
            (
                f"So {about} now, not {before[key][-1]} any more. I'll remember.",
                f"Thanks for putting me right: {about}.",
            )
        )
    if key.startswith("favourite"):
        return pick((f"{values[-1][:1].upper()}{values[-1][1:]}, a fine choice!", f"I'll remember that {about}."))
    if key == "home" and re.match(r"(?:near|outside|an?|the) ", values[-1]):
        return f"So {about}. That sounds nice!"
    if key == "job" and (values[-1] in _STATES or values[-1].startswith("in ")):
        return f"So {about}; I'll remember that."
    listed = join(list(values))
    options = _ACKNOWLEDGED.get(key, ("I'll remember that {about}.",))
    text = options[0] if len(values) > 1 and key == "pets" else pick(options)
    filled = text.format(
        values[-1],
        about=about,
        list=listed,
        job=a(values[-1]).capitalize() if values[-1].islower() else a(values[-1]),
        pet=_split(values[-1], PETS)[1] or "your " + values[-1],
        **{"or": join(list(values), "or")},
    )
    return filled[:1].upper() + filled[1:]


def _let_go(gone: Sequence[Fact], before: Facts, pick: Pick) -> str:
    fact = gone[-1]
    if fact.key == "name":
        return "Oh, I'm sorry for the mix-up. What should I call you?"
    if fact.key in {"likes", "dislikes"}:
        tense = "like" if fact.key == "likes" else "mind"
        return pick((f"I see: you don't {tense} {join([f.value for f in gone], 'or')} any more. I'll remember.",
                     f"Tastes change! I've made a note about {join([f.value for f in gone])}."))  # fmt: skip
    if fact.key == "home":
        return f"All right, not {fact.value}, then. Where do you live now?"
    if fact.key in {"pets", "family"}:
        return pick(("Oh. I'll keep that in mind.", "I see. I'll remember that."))
    return pick(("Thanks for telling me, I've put that right.", "I see. I'll forget about that, then."))
