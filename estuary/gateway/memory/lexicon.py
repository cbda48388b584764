"""Words for search: stems, words that say nothing, and which words speak of the same thing.

The embedded vectors know that "job" and "nurse" are related, but not that "what does she drink?" asks for coffee. The
concepts below are our own: everyday things that people tell of themselves, with the words for them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping

__all__ = ["concepts_of", "stem", "terms"]

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

#: words that say nothing of what is asked
STOPWORDS = frozenset(
    """a about again all also am an and any are as ask at be been being but by can could did do does doing done for from
    get give go goes got had has have having he her hers him his how i if in into is it its just know known let like
    likes made make many may me might more most much my name named no not now of off on one or our out own please
    really remember said say says she should so some something tell tells than that the their them then there these
    they thing things think this those to told too up us user very was we were what when where which who whom whose
    why will with would yes you your yours""".split()
)

_CONCEPTS: Mapping[str, str] = {
    "drink": """drink drinks drinking beverage thirsty coffee espresso latte cappuccino tea matcha chai cocoa wine beer
        ale cider whisky whiskey gin rum vodka cocktail juice lemonade soda cola water milk smoothie kombucha roast brew
        sip pub bar cafe""",
    "food": """food eat eats eating ate meal dish cuisine cook cooks cooking bake bakes baking recipe breakfast lunch
        dinner supper snack dessert hungry restaurant pizza pasta ramen sushi curry noodles rice bread cheese chocolate
        cake soup salad burger taco tacos dumplings fruit vegetable vegetables olives mushrooms fish meat chicken beef
        pork tofu lasagne lasagna risotto paella croissant pancakes ice cream pie spicy sweet vegan vegetarian diet
        taste kitchen""",
    "diet": """diet vegan vegetarian pescatarian gluten lactose intolerant allergic allergy allergies celiac halal
        kosher meat eat""",
    "pet": """pet pets animal animals dog dogs puppy cat cats kitten kitty rabbit bunny hamster guinea parrot budgie
        bird canary horse pony goldfish tortoise turtle snake lizard gecko ferret chicken hens breed vet terrier
        labrador collie poodle spaniel beagle dachshund retriever tabby siamese""",
    "work": """work works working worked job jobs occupation profession career employer employed employment company
        office boss colleague colleagues coworker business living earn salary hired fired promoted promotion retired
        nurse doctor surgeon dentist pharmacist teacher professor lecturer engineer developer programmer designer
        architect lawyer accountant chef cook baker barista waiter waitress driver pilot plumber electrician carpenter
        mechanic farmer gardener writer journalist editor translator photographer artist painter actor actress musician
        scientist researcher biologist chemist physicist librarian consultant manager analyst salesperson cashier
        hairdresser therapist psychologist paramedic firefighter policeman officer soldier student freelancer founder
        startup hospital clinic bakery profession""",
    "home": """home live lives living lived house flat apartment studio cottage reside resides residence move moved
        moving address neighbourhood neighborhood city town village street location located based country rent mortgage
        where""",
    "origin": """origin from born grew raised hometown native childhood homeland country nationality""",
    "family": """family relative relatives mother mom mum father dad parents sister sisters brother brothers sibling
        siblings twin grandmother grandma granny grandfather grandpa grandparents aunt uncle cousin niece nephew
        in-laws son daughter child children kid kids wife husband""",
    "sibling": "sibling siblings sister sisters brother brothers twin",
    "parent": "parent parents mother mom mum mama father dad papa",
    "child": "child children kid kids son sons daughter daughters baby toddler newborn pregnant",
    "partner": """partner spouse wife husband girlfriend boyfriend fiance fiancee fiancé fiancée married marry marriage
        wedding anniversary engaged engagement dating date single divorced relationship love""",
    "friend": "friend friends buddy mate pal roommate flatmate neighbour neighbor best friendship",
    "music": """music musical musician song songs sing sings singing singer choir band orchestra concert gig jazz rock
        pop metal techno classical opera blues folk rap listen listens listening instrument guitar piano violin cello
        bass drums drummer flute saxophone trumpet clarinet ukulele harp album vinyl playlist melody""",
    "instrument": """instrument instruments play plays guitar piano violin viola cello bass drums flute saxophone
        trumpet clarinet ukulele harp accordion banjo keyboard""",
    "sport": """sport sports athletic exercise exercises workout gym fitness train training run runs running runner
        jog jogging marathon swim swims swimming cycle cycling bike biking climb climbing bouldering hike hiking yoga
        pilates football soccer basketball tennis badminton rugby cricket golf hockey volleyball skiing ski snowboard
        surf surfing skate skating karate judo boxing fencing rowing sailing dance dancing team match race active""",
    "hobby": """hobby hobbies interest interests interested pastime free spare time weekend weekends fun enjoy enjoys
        collect collects collecting paint painting draw drawing knit knitting sew sewing pottery ceramics garden
        gardening photography chess puzzle puzzles games gaming read reading write writing bake baking cook cooking
        hike hiking fishing birdwatching model lego crafts woodworking origami astronomy stargazing""",
    "game": "game games gaming play plays player chess go poker board video console puzzle puzzles quiz cards dice",
    "book": """book books novel novels read reads reading reader author fiction poetry poem poems library literature
        fantasy mystery thriller biography comic comics manga writer story stories""",
    "film": """film films movie movies cinema watch watches watching series show shows tv television director actor
        actress documentary anime horror comedy thriller western netflix""",
    "travel": """travel travels travelling traveling trip trips journey holiday holidays vacation visit visits visited
        visiting fly flying flight flights abroad tour tourist backpacking hotel beach destination passport train""",
    "plan": """plan plans planning planned going upcoming soon tomorrow next future intend intends hopes hope wants want
        wish dream goal appointment interview exam deadline start starting schedule""",
    "health": """health healthy sick ill illness disease condition doctor hospital medicine medication pill pills
        therapy surgery operation injury injured hurt pain broke broken leg arm ankle back migraine headache asthma
        diabetes diabetic allergy allergic allergies insomnia anxiety depression flu cold recover recovering""",
    "allergy": "allergy allergies allergic intolerant intolerance reaction avoid pollen peanuts nuts shellfish penicillin",
    "fear": """fear fears afraid scared scare terrified phobia phobias frightened frightens dread anxious nervous heights
        spiders flying darkness clowns needles""",
    "feeling": """feel feels feeling feelings felt mood emotion emotional happy glad excited thrilled proud sad unhappy
        down upset angry furious annoyed stressed stress worried anxious nervous lonely tired exhausted overwhelmed
        grieving heartbroken bored jealous relieved grateful""",
    "age": "age old young years birthday born birth turned turning",
    "birthday": "birthday birthdate born birth celebrate celebrates party anniversary age",
    "language": """language languages speak speaks speaking spoken fluent bilingual mother tongue learn learning learns
        accent english french german spanish italian portuguese dutch swedish polish russian arabic hebrew hindi
        chinese mandarin japanese korean turkish greek latin""",
    "study": """study studies studying studied student school college university uni degree course class classes
        graduate graduated graduation master masters bachelor phd thesis exam exams major education learn learning
        teacher professor diploma""",
    "vehicle": """vehicle car cars drive drives driving motorbike motorcycle scooter bicycle bike van truck bus train
        tram electric licence license commute commutes commuting ride rides transport""",
    "weather": "weather rain rainy sun sunny snow snowy storm cold hot heat winter summer autumn spring wind climate season",
    "colour": """colour colours color colors red green blue yellow orange purple pink black white grey gray brown
        turquoise teal violet""",
    "money": "money pay paid salary save saving savings debt loan budget expensive cheap bank buy bought invest price",
    "technology": """technology tech computer computers laptop phone software app apps program programming code coding
        linux windows mac robot robots ai internet website""",
    "nature": """nature outdoors forest woods mountain mountains sea ocean beach lake river park plants flowers tree
        trees camping camp hike hiking garden birds wildlife""",
    "religion": "religion religious faith church mosque temple synagogue pray prayer christian muslim jewish buddhist atheist",
    "sleep": "sleep sleeps sleeping bed bedtime wake wakes early late night morning insomnia nap dream dreams",
    "death": "death died die dies dead passed away funeral grief grieving mourning lost late",
    "dislike": "dislike dislikes hate hates hated avoid avoids detest loathe loathes annoy annoys annoying bothers stand",
    "like": "like likes love loves enjoy enjoys prefer prefers favourite favorite fond fan adore adores into keen",
}


@functools.lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The word without its commonest endings: close enough for matching, never for showing.

    >>> [stem(w) for w in ("drinks", "drinking", "stories", "moved", "running")]
    ['drink', 'drink', 'story', 'mov', 'run']
    """
    word = word.casefold().replace("’", "'")
    if word.endswith("'s"):
        word = word[:-2]
    if len(word) <= 3:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        root = word[: -len(ending)]
        if word.endswith(ending) and len(root) >= 3 and any(v in root for v in "aeiouy"):
            if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
                root = root[:-1]
            return root
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def terms(text: str) -> list[str]:
    """The stems of the words in ``text`` that say something, in order."""
    words = (w.casefold().replace("’", "'") for w in _WORD.findall(text))
    # "what's" says as little as "what", "sister's" as much as "sister"
    return [stem(w) for w in words if w.partition("'")[0] not in STOPWORDS]


def _index() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for concept, words in _CONCEPTS.items():
        for word in (concept, *words.split()):
            found.setdefault(stem(word), set()).add(concept)
    return {word: frozenset(concepts) for word, concepts in found.items()}


_BY_STEM = _index()


def concepts_of(stems: Iterable[str]) -> dict[str, float]:
    """What the words speak of, with how clearly: a word of many concepts says less of each."""
    found: dict[str, float] = {}
    for word in stems:
        concepts = _BY_STEM.get(word, frozenset())
        for concept in concepts:
            found[concept] = max(found.get(concept, 0.0), len(concepts) ** -0.5)
    return found
