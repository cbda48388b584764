"""The people and animals in the user's life: "My sister Anna is a nurse in Oslo", "our two cats, Misu and Momo"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Optional

from ...engines._numbers import number_of
from ...engines._text import capitalise
from ...engines._values import read_employer, read_job, read_name
from ...engines._words import COUNTRIES, GIVEN_NAMES, KIN, NOT_NAMES, PETS, word_set
from ..base import FactChange
from .clauses import is_past
from .notes import USER, Notes
from .statements import Statement
from .voice import others, sentence_case, tidy
from .when import find_when, place_after
from .words import BREEDS, CLOSE, DULL_PAST, FEMALE, MALE, PLURAL_ROLES, ROLES, singular

__all__ = ["acquaint", "companions", "note_creature", "read_others"]

_ROLE = "|".join(sorted((re.escape(role) for role in ROLES), key=len, reverse=True))
_ADJECTIVE = (
    r"(?:little|younger|older|elder|big|small|twin|eldest|youngest|oldest|middle|best|"
    r"beloved|adorable|cute|lovely|new|old|young|"
    r"wonderful|fluffy|black|white|brown|ginger|pet|lazy|grey|gray|tabby|crazy|fat|sweet|dear|good|close|closest|late|"
    r"only|first|second|former|rescue|baby|half|step|great|ex|two|three|four|five|six|both|other|amazing|"
    r"german shepherd|golden retriever|border|persian|siamese|childhood|school|college|uni|work|gym|head|three-legged|"
    r"\d{1,2}[- ]year[- ]old)"
)
_SUBJECT = re.compile(
    rf"(?:(?:my|our) (?P<adjectives>(?:{_ADJECTIVE} ){{0,3}}(?:(?!favou?rite|whole|own|"
    rf"other)[a-z-]+ )??)(?P<role>{_ROLE})|(?P<bare>grandad|granddad|nana|gramps|mum|mom|"
    rf"dad|grandma|grandpa|granny|nan|"
    rf"gran|mummy|daddy)|"
    rf"the (?P<the>{_ROLE})(?= (?:is|are) (?:called |named )?(?-i:[A-Z])))(?P<own>'s|s')?(?P<comma>,)?(?= |'|$)",
    re.I,
)
_MENTION = re.compile(
    rf"\b(?:my|our) (?P<adjectives>(?:{_ADJECTIVE} "
    rf"){{0,3}})(?P<role>{_ROLE})(?P<comma>,)?(?: (?:called |named "
    rf")?(?P<name>[A-Z][\w'-]*(?:,? (?:and )?[A-Z][\w'-]*){{0,3}}))?(?![\w'])",
)
_NAMED = re.compile(
    r"(?:'s name is|'s called|is called|is named|are called|are named|'s names are|names are|name is) ", re.I
)
_VERB = re.compile(
    r"(?P<adverb>(?:just|also|still|now|really|always|recently|finally|both|all|currently|"
    r"actually|never|sadly|used to) )*"
    r"(?P<verb>[A-Za-z']+)"
)
#: What may be told of somebody's being, after "is": a trade, a state that lasts, a plan.
_LASTING = re.compile(
    r"(?:not )?(?:(?:a|an|the|my|our|from|called|named|retired|pregnant|expecting|ill|"
    r"sick|allergic|vegetarian|vegan|deaf|"
    r"blind|dead|married|divorced|engaged|single|older|younger|in hospital|in the "
    r"hospital|at university|at uni|in college|"
    r"getting|coming|visiting|staying|moving|starting|turning|studying|learning|training|"
    r"working|living|having|going to|"
    r"in the (?:army|navy|military)|dying|recovering|scared of|afraid of|terrified of|diabetic|autistic|"
    r"based|obsessed with|crazy about|into|very (?:ill|sick)|really (?:ill|sick)|seriously ill|flying|leaving|"
    r"dutch|german|french|italian|spanish|irish|english|scottish|polish|japanese|chinese|korean|indian|brazilian|"
    r"mexican|american|canadian|swedish|norwegian|danish|turkish|greek|portuguese|russian|ukrainian)\b|\d|"
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    r"fifteen|sixteen|seventeen|eighteen|"
    r"nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\b)",
    re.I,
)
_NOT_LASTING = re.compile(
    r"(?:a|an|the|my|our) (?:bit|lot|pain|nightmare|mess|joke|genius|angel|best|worst|one|"
    r"only one|reason|most)\b|going to (?:be|say|kill|call)\b|"
    r"coming (?:here|now|over now)|getting (?:on my nerves|old|annoying|tired)|having (?:lunch|dinner|breakfast|fun)\b",
    re.I,
)
_STATES = word_set("""
    lives works loves likes hates plays studies teaches runs owns speaks collects has bakes paints sings
    writes enjoys adores prefers drives breeds practises practices coaches swims cycles dances comes live work
    love play study own have collects suffers can't doesn't
""")
_DEEDS = word_set("""
    died passed got moved broke graduated turned retired started quit lost won bought came adopted gave sold
    built married divorced left joined had was became proposed taught ran finished opened published visited
    flew went beat made studied worked lived grew raised served fought wrote found founded
""")
_SAYS = word_set("""
    says said thinks told wants keeps asked calls called believes claims knows heard thought
""")
_PRONOUN = re.compile(r"(?P<who>he|she|it|they)(?P<short>'(?:s|re|ve))? (?=.)", re.I)
_LOSS = re.compile(
    rf"(?:^|\b(?:since|when|after|before|because) )(?:(?:my|our) )?(?P<role>{_ROLE})(?: "
    rf"(?P<name>(?-i:[A-Z])[a-z]+))? (?P<what>(?:died|passed away|has died|has passed away|"
    rf"passed)\b[^,]*)",
    re.I,
)
_SHOWN = re.compile(
    r"(?P<who>(?i:that's|this is|meet|say hi to|i've got|we've got|i have|we have|"
    r"there's))(?: my| our)? (?P<name>[A-Z][\w-]+)(?=$|,| (?:the|my|a|who)\b)"
)
_OWNED_BREED = re.compile(
    rf"(?:i|we)(?: have|'ve got| have got| got| adopted|'ve adopted| own| rescued| bought|"
    rf"'ve just got| just got| just adopted| have just adopted) an? (?:[\w-]+ "
    rf"){{0,3}}?(?P<breed>{'|'.join(sorted(set(BREEDS) - set(PETS), key=len, reverse=True))})"
    r"(?:,? (?:called|named|whose name is) (?P<name>[A-Z][\w-]+))?(?![\w-])",
    re.I,
)
_LISTED = re.compile(
    rf"\b(?P<role>{_ROLE})(?: ?[:–—-]|,| (?:called|named|are)) "
    rf"(?P<names>(?-i:[A-Z])[\w-]+(?:,? (?:and |& )?(?-i:[A-Z])[\w-]+)+)",
    re.I,
)
#: what leads to the list of what another has: "my friend Ana has two "
_ANOTHERS = re.compile(r"(?!(?:i|we)\b).*(?:\b(?:has|have|had|owns|keeps|got|of)|'s) ", re.I)
#: what somebody has: "has a dog called Biscuit"
_HAS_NAMED = re.compile(
    rf"\bha(?:s|d) (?:an?|one|another) (?:[a-z-]+ )??(?P<role>{_ROLE})(?:,| (?:called|named)) "
    r"(?P<name>(?-i:[A-Z])[\w-]+)",
    re.I,
)
_ASKED_ROLE = re.compile(rf"\b(?P<role>{_ROLE})\b(?!.*\b(?:{_ROLE})\b)", re.I)
_YOURS = re.compile(rf"\byour (?:\w+ )?(?P<role>{_ROLE})\b", re.I)
#: What follows "my sister's" when that is short for "my sister is".
_SHORT_IS = word_set("""
    a an getting from coming moving pregnant retired visiting turning in allergic expecting learning studying not
""")
_CHILDS_AGE = re.compile(r"is (?:\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b")
_KEYS = KIN | {"sibling", "grandchild", "parents", "grandparents", "kid", "stepdad", "stepmom"}


def _key(role: str) -> Optional[str]:
    role = singular(role)
    if role.replace(" ", "-") in PETS:
        return "pets"
    return "family" if role in _KEYS else None


def read_others(statement: Statement, notes: Notes) -> bool:
    """A clause whose subject is somebody of the user's, by role or as "she". True where it is one, told or not."""
    if _loss(statement, notes) or _pending(statement, notes):
        return True
    match = _SUBJECT.match(statement.text)
    if match and re.match(r"(?: [A-Z][\w'-]*,?)? and i\b", statement.text[match.end() :], re.I):
        return False  # "my wife and I"
    if match:
        _of_role(match, statement, notes)
        return True
    pronoun = _PRONOUN.match(statement.text)
    if pronoun:
        return _of_pronoun(pronoun, statement, notes)
    return _of_name(statement, notes)


def _loss(statement: Statement, notes: Notes) -> bool:
    match = _LOSS.search(statement.text)
    if not match:
        return False
    role = match["role"].lower()
    content, dates = notes.dated(f"{_label(role, '', match['name'])} {tidy(others(match['what']))}", tense="past")
    key = _key(role)
    fact = FactChange(key, role) if key else None
    if match["name"]:
        fact = _introduce(role, "", match["name"], statement, notes, remember=False)
    if key == "pets":  # it is none of theirs any more
        which = (match["name"] or role).casefold()
        known = [value for value in notes.exchange.facts.get(key, ()) if which in value.casefold()]
        fact = FactChange(key, known[0], negated=True) if len(known) == 1 else None
    notes.remember(content, "event", statement, confidence=0.9, topic="death", fact=fact, entities=dates)
    _speak_of(role, match["name"] or "", notes)
    return True


def _pending(statement: Statement, notes: Notes) -> bool:
    """A name by itself where the role is known: "Miso and Udon" after "How many cats is it now?"."""
    text = statement.text
    owned = _OWNED_BREED.match(text)
    if owned and not find_when(text[owned.end() :], None):
        breed, name = owned["breed"].lower(), owned["name"]
        if name and _is_name(name):
            _introduce(BREEDS[breed], "", name, statement, notes)
            return True
        if not name and re.match(r"$|,| (?:and|but|who|at)\b", text[owned.end() :]):
            notes.remember(f"Has a {breed}", "fact", statement, fact=FactChange("pets", breed), topic="pet")
            notes.pending = breed
            return True
    listed = _LISTED.search(text)
    if listed and listed["role"].lower() in PLURAL_ROLES and not _ANOTHERS.match(text[: listed.start()]):
        names = _bare_names(listed["names"])
        for name in names:
            _introduce(listed["role"].lower(), "", name, statement, notes)
        if names and re.match(r"(?:i|we)(?: have|'ve got| have got| got| adopted)\b|(?:my|our) ", text, re.I):
            return True
    shown = _SHOWN.match(text)
    if shown and _is_name(shown["name"]):
        notes.shown = shown["name"]
        breed = next((BREEDS[w] for w in re.findall(r"[a-z]+", text[shown.end() :].lower()) if w in BREEDS), None)
        if breed:
            _introduce(breed, "", notes.shown, statement, notes)
        return bool(shown["who"])
    role = notes.pending or _asked_role(
        notes, named=bool(re.match(r"(?:he|she|it|they)'(?:s|re) (?:called|named) ", text, re.I))
    )
    if not role:
        return False
    names = _bare_names(text)
    if names:
        if notes.pending and notes.pending_memory:
            notes.amend(
                notes.pending_memory,
                f"{notes.pending_memory} called {names[0]}",
                FactChange(_key(role) or "family", f"{singular(role)} {names[0]}"),
            )
            notes.entity(names[0], _kind(role), role=singular(role))
            notes.relate(USER, singular(role), names[0], 0.9)
            notes.pending = notes.pending_memory = None
            return True
        for name in names:
            _introduce(role, "", name, statement, notes)
        return True
    name, rest = _leading_name(text)
    if (
        name
        and rest
        and re.match(r"(?:is|are|was|has|lives|works|just|'s) ", rest)
        and name.casefold() not in notes.entities
    ):
        _predicate(singular(role), "", name, rest, statement, notes)
        return True
    return False


def _bare_names(text: str) -> list[str]:
    parts = [part for part in re.split(r", and |, | and | & ", text.strip(" ,.!")) if part]
    found: list[str] = []
    for part in parts[:6]:
        words = re.sub(
            r"^(?:called|named|it's|she's|he's|her name is|his name is|they're) (?:called |named )?", "", part
        ).split()
        if len(words) == 1 and _is_name(words[0]) and words[0][:1].isupper():
            found.append(words[0])
        elif not found or words[0][:1].isupper():
            return []
        else:
            break
    return found


def _asked_role(notes: Notes, *, named: bool = False) -> Optional[str]:
    before = notes.exchange.before
    question = before.rpartition("?")[0][-120:] if "?" in before else before[-120:] if named else ""
    match = _ASKED_ROLE.search(question)
    return match["role"].lower() if match else None


def _of_role(match: re.Match[str], statement: Statement, notes: Notes) -> None:
    role = (match["role"] or match["bare"] or match["the"]).lower()
    rest = statement.text[match.end() :].strip()
    _speak_of(singular(role), "", notes)
    adjective = re.sub(
        r"\b(?:beloved|adorable|cute|lovely|sweet|dear|crazy|amazing|wonderful|good|both|new) ?",
        "",
        (match["adjectives"] or "").lower(),
    )
    if match["own"]:
        named = re.match(r"(?:names? (?:is|are)|called|named) ", rest, re.I)
        if named or rest[:1].islower() or rest[:1].isdigit() or not rest:
            if named:
                _name_them(role, adjective, rest[named.end() :], statement, notes)
            elif rest.split(" ", 1)[0].lower() in _SHORT_IS or rest[:1].isdigit():
                _predicate(role, adjective, None, "is " + rest, statement, notes)
            elif rest.split(" ", 1)[0].lower() in {"birthday", "wedding", "funeral"}:
                _occasion(role, adjective, rest, statement, notes)
        return
    named = _NAMED.match(rest) or re.match(r"(?:is|are) (?=[A-Z][\w-]*(?:$|,| and [A-Z]))", rest)
    if named:
        _name_them(role, adjective, rest[named.end() :], statement, notes)
        return
    name, rest = _leading_name(rest, comma=bool(match["comma"]))
    if name and role in PLURAL_ROLES and not rest:
        _name_them(role, adjective, statement.text[match.end() :], statement, notes)
        return
    if match["comma"] and rest.startswith("who "):
        rest = rest[4:]
    if not rest:
        asked = re.search(r"\bwho(?:'s| is) (?P<name>[A-Z][\w-]+)\?\W*$", notes.exchange.before)
        name = name or (asked["name"] if asked and _is_name(asked["name"]) else None)
        if name:
            _introduce(role, adjective, name, statement, notes)
        return
    if rest.startswith("and "):
        if name:
            _introduce(role, adjective, name, statement, notes)
        return
    _predicate(role, adjective, name, rest, statement, notes)


def _leading_name(text: str, *, comma: bool = False) -> tuple[Optional[str], str]:
    """A name at the beginning and what follows it: "Anna is a nurse" → ("Anna", "is a nurse")."""
    words = text.split()
    found: list[str] = []
    for word in words[:3]:
        bare = word.strip(",.;:")
        if bare.endswith("'s"):
            if found or not _is_name(bare[:-2]):
                break
            found.append(bare[:-2])
            return " ".join(found), "is " + " ".join(words[len(found) :])
        if not _is_name(bare):
            break
        found.append(capitalise(bare))
        if word != bare:
            break
    rest = " ".join(words[len(found) :])
    return (" ".join(found) or None), rest


def _is_name(word: str) -> bool:
    lower = word.lower()
    if not word.replace("-", "").replace("'", "").isalpha():
        return False
    if lower in GIVEN_NAMES:
        return True
    return (
        word[:1].isupper()
        and lower not in NOT_NAMES
        and lower not in COUNTRIES
        and len(word) > 1
        and not word.isupper()
    )


def _label(role: str, adjective: str, name: Optional[str]) -> str:
    return sentence_case(" ".join(filter(None, [adjective.strip(), role, name])))


def _kind(role: str) -> str:
    return "animal" if _key(role) == "pets" else "person"


def _introduce(
    role: str, adjective: str, name: str, statement: Statement, notes: Notes, *, remember: bool = True
) -> FactChange | None:
    """Note the entity and its relation to the user; a memory of its name where nothing else says it."""
    one = singular(role)
    known = notes.entities.get(name.casefold())
    if known is not None and known.role and known.kind == _kind(role):
        _speak_of(known.role, name, notes)
        return None
    acquaint(one, name, _kind(role), notes)
    key = _key(one)
    told = any(value.casefold().endswith(name.casefold()) for value in notes.exchange.facts.get(key or "", ()))
    change = FactChange(key, f"{one} {name}") if key and not told else None
    if told:
        return None
    if remember:
        content = f"Has a {one} called {name}" if key == "pets" else f"{_label(one, adjective, None)} is called {name}"
        notes.remember(
            content,
            "fact" if key == "pets" else "relationship",
            statement,
            confidence=0.9,
            fact=change,
            entities=[name],
        )
    return change


def acquaint(role: str, name: str, kind: str, notes: Notes) -> None:
    """Note somebody of the user's, a ``person`` or an ``animal``, as an entity, and what they are to the user."""
    notes.entity(name, kind, role=role or None)
    if kind == "person":
        notes.relate(USER, role or "family", name, 0.9)
    else:
        notes.relate(USER, "pet", name, 0.9)
        if role:
            notes.relate(name, "is a", role, 0.9)
    if role:
        _speak_of(role, name, notes)


def _speak_of(role: str, name: str, notes: Notes) -> None:
    who = (role, name)
    if _kind(role) == "animal":
        notes.it = who
    if role in FEMALE or _kind(role) == "animal" or role not in MALE:
        notes.she = who
    if role in MALE or _kind(role) == "animal" or role not in FEMALE:
        notes.he = who


def _name_them(role: str, adjective: str, text: str, statement: Statement, notes: Notes) -> None:
    for name in _names(text, many=role in PLURAL_ROLES):
        _introduce(role, adjective, name, statement, notes)


def _names(text: str, *, many: bool) -> Iterator[str]:
    parts = re.split(r", and |, | and | & ", text.strip(" ,"))
    for part in parts[: 6 if many else 1]:
        name = read_name(part, loose=len(part.split()) == 1 and part[:1].isalpha() and part.lower() not in NOT_NAMES)
        if not name:
            return
        yield name


def _occasion(role: str, adjective: str, rest: str, statement: Statement, notes: Notes) -> None:
    noun, _, tail = rest.partition(" ")
    if re.match(r"(?:is|was|'s) ", tail):
        text, names = notes.dated(f"{_label(role, adjective, None)}'s {noun} {others(tail)}")
        notes.remember(tidy(text), "event", statement, confidence=0.8, topic="family", entities=names)


def _of_pronoun(match: re.Match[str], statement: Statement, notes: Notes) -> bool:
    who = match["who"].lower()
    meant = {"she": notes.she, "he": notes.he, "it": notes.it, "they": None}[who] or _known_by_pronoun(who, notes)
    if meant is None and notes.shown:
        words = re.findall(r"[a-z]+", statement.text.lower())
        species = next((BREEDS[word] for word in words if word in BREEDS), None)
        role = species or next((word for word in words if word in ROLES), None)
        meant = (role, notes.shown) if role else None
    if meant is None:
        return who in {"he", "she"}
    rest = statement.text[match.end() :]
    if match["short"]:
        rest = ("has " if match["short"].lower() == "'ve" or rest.startswith(("been ", "got ")) else "is ") + rest
    elif rest.startswith(("name is ", "is called ", "is named ")):
        _name_them(meant[0], "", rest.split(" ", 2)[2], statement, notes)
        return True
    named = re.match(r"is (?:called|named) ", rest)
    if named:
        _name_them(meant[0], "", rest[named.end() :], statement, notes)
        return True
    name = meant[1] or None
    _predicate(meant[0], "", name, rest, statement, notes)
    return True


def _known_by_pronoun(who: str, notes: Notes) -> Optional[tuple[str, str]]:
    """The only one of the family, as far as it is known, whom "he" or "she" can mean."""
    wanted = {"she": FEMALE, "he": MALE}.get(who)
    if wanted is None:
        return None
    asked = [match["role"].lower() for match in _YOURS.finditer(notes.exchange.before[-200:])]
    if asked and singular(asked[-1]) in wanted:
        return asked[-1], ""
    found = []
    for value in notes.exchange.facts.get("family", ()):
        role, _, name = value.partition(" ")
        if role.lower() in wanted:
            found.append((role.lower(), name))
    return found[0] if len(found) == 1 else None


def _of_name(statement: Statement, notes: Notes) -> bool:
    """ "Anna is allergic to nuts" of somebody introduced in this exchange or known by core facts."""
    name, rest = _leading_name(statement.text)
    if not name or not rest:
        return False
    known = notes.entities.get(name.casefold())
    role = known.role if known and known.role else None
    if role is None:
        for key in ("family", "pets"):
            for value in notes.exchange.facts.get(key, ()):
                head, _, tail = value.rpartition(" ")
                if tail.casefold() == name.casefold() and head:
                    role = head.lower()
    if role is None and _CHILDS_AGE.match(rest):
        family = notes.exchange.facts.get("family", ())
        if any(re.match(r"(?:baby|son|daughter|kid|child|twin)\b", value) for value in family):
            role = "child"  # "Kerem is three", said by parents
    if role is None:
        return False
    _predicate(role, "", name, rest, statement, notes)
    return True


def _predicate(role: str, adjective: str, name: Optional[str], rest: str, statement: Statement, notes: Notes) -> None:
    match = _VERB.match(rest)
    if not match:
        return
    if not name:
        _speak_of(singular(role), "", notes)
    verb = match["verb"].lower()
    tail = rest[match.end() :].strip()
    if verb in _SAYS or (match["adverb"] or "").strip() == "never":
        return
    if verb in {"'s"}:
        verb, rest = "is", "is " + tail
    if verb in {"is", "are", "was", "were", "isn't", "aren't"}:
        tells = bool(_LASTING.match(tail)) and not _NOT_LASTING.match(tail)
    elif verb in {"has", "have"}:
        tells = re.match(
            r"(?:a|an|two|three|four|five|been|just|got|to|\d|diabetes|cancer|dementia|asthma|"
            r"alzheimer's|no|blue|brown|green|her own|his own)\b",
            tail,
            re.I,
        ) is not None and not re.match(r"(?:to (?:go|say)|a (?:point|look|question|go))\b", tail)
    else:
        when, own = find_when(tail, None), re.match(r"(?:my|our) ", statement.text, re.I) is not None
        coming = verb.endswith("s") and when is not None and when.tense != "past" and not verb.endswith("ss")
        tells = (
            coming
            or (verb in _STATES and (verb not in {"comes", "come"} or tail.startswith("from ")))
            or verb in _DEEDS
            or (is_past(verb) and (_event_like(tail) or (_key(role) == "pets" and own and verb not in DULL_PAST)))
        ) and bool(tail or verb in {"died", "retired", "graduated", "proposed"})
    if not tells:
        if name:
            _introduce(role, adjective, name, statement, notes)
        return
    names = []
    fact: Optional[FactChange] = None
    if name:
        fact = _introduce(role, adjective, name, statement, notes, remember=False)
        names.append(name)
        names += _relations(name, rest, notes)
    label = _label(role, adjective, name)
    content, dates = notes.dated(f"{label} {tidy(others(rest))}", tense="past" if is_past(verb) else "")
    pet = _key(role) == "pets"
    kind = ("event" if dates and verb != "is" else "fact") if pet else "relationship"
    topic = "pet" if pet else "friend" if singular(role) in CLOSE else "family"
    notes.remember(content, kind, statement, confidence=0.85, topic=topic, fact=fact, entities=[*names, *dates])


def _event_like(tail: str) -> bool:
    return re.search(r"\b(?:me|us|yesterday|last|ago|today|married|in (?:19|20)\d\d)\b", tail) is not None


def _relations(name: str, rest: str, notes: Notes) -> list[str]:
    found: list[str] = []
    place = re.search(
        r"\b(?:lives?|living|moved|moving|based|is|'s|studies|works?) (?:[\w ,-]{0,40}?)\b(?:in|to) (?=[A-Z])", rest
    )
    if place:
        where = place_after(rest[place.end() :])
        if where:
            notes.entity(where, "place")
            notes.relate(name, "lives in", where)
            found.append(where)
    work = re.search(r"\bworks (?:as an? [\w ]{1,30} )?(?:at|for) ", rest)
    if work:
        employer = read_employer(rest[work.end() :])
        if employer:
            notes.entity(employer, "organisation")
            notes.relate(name, "works at", employer)
            found.append(employer)
    theirs = _HAS_NAMED.search(rest)
    if theirs and _is_name(theirs["name"]):
        role, other = theirs["role"].lower(), theirs["name"]
        found.append(notes.entity(other, _kind(role), role=role))
        notes.relate(name, "pet" if _kind(role) == "animal" else role, other)
    trade = re.match(r"(?:is|'s|works as) (?=an? )", rest)
    if trade:
        job = read_job(rest[trade.end() :], named=rest.startswith("works"))
        if job:
            notes.entity(job, "thing")
            notes.relate(name, "works as", job)
            found.append(job)
    return found


def companions(statement: Statement, notes: Notes, *, living: bool = False) -> None:
    """People and animals named in passing: "I went to Rome **with my sister Anna**"."""
    text = statement.quote if statement.together else statement.text
    for match in _MENTION.finditer(text):
        role = match["role"].lower()
        adjective = match["adjectives"].lower()
        if match["name"]:
            many = role in PLURAL_ROLES
            if match["comma"] and not many and "," not in match["name"]:
                pass
            names = [name for name in re.split(r",? and |, ", match["name"]) if _is_name(name.split()[0])]
            if not many:
                names = names[:1]
            for name in names:
                gone = re.search(r"\b(?:lost|buried|put down|said goodbye to) (?:my|our) ", text, re.I) is not None
                _introduce(role, "" if many else adjective, name, statement, notes, remember=not gone)
        elif living and re.search(r"\bwith\b", text[: match.start()]):
            notes.remember(
                f"Lives with their {adjective}{role}",
                "relationship",
                statement,
                topic="pet" if _key(role) == "pets" else "family" if _key(role) else "friend",
                fact=_count_fact(adjective, role),
            )
            _speak_of(singular(role), "", notes)


def _count_fact(adjective: str, role: str) -> Optional[FactChange]:
    key = _key(role)
    if not key:
        return None
    count = next((word for word in adjective.split() if number_of(word)), None)
    return FactChange(key, f"{count} {role}" if count else singular(role) if role != "parents" else role)


def note_creature(value: str, statement: Statement, notes: Notes, *, negated: bool = False, content: str = "") -> None:
    """A value of the companion's ``pets`` and ``family``: "dog Rex", "two cats", "sister"."""
    head, _, tail = value.rpartition(" ")
    if negated:
        key = _key(value) or "family"
        notes.remember(
            f"Does not have a {value}", "fact", statement, fact=FactChange(key, value, negated=True), supersedes=[value]
        )
        return
    if head and tail[:1].isupper():
        _introduce(head.lower(), "", value[len(head) + 1 :], statement, notes)
        return
    first = value.split()[0]
    words = value.split()
    named = {entity.role for entity in notes.entities.values()}
    if number_of(first) is not None and singular(words[-1].lower()) in named:
        return  # each of them has been told by name
    role = words[-1].lower()
    if role not in ROLES:
        first_role = next((word for word in words if word.lower() in ROLES), None)
        if first_role is None:
            return
        role = first_role.lower()
    key = _key(role) or "family"
    counted = number_of(first) is not None
    article = "" if counted else "an " if value[:1] in "aeiou" else "a "
    if not counted:
        _speak_of(role, "", notes)
    notes.remember(
        content or f"Has {article}{value}",
        "fact" if key == "pets" else "relationship",
        statement,
        confidence=0.9,
        fact=FactChange(key, value),
    )
