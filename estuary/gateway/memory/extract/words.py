"""Word lists for reading what people tell of themselves. Data only."""

from __future__ import annotations

from ...engines._words import KIN, PETS, word_set

__all__ = [
    "BASE_VERBS",
    "BREEDS",
    "CLOSE",
    "DULL_PAST",
    "EMOTIONS",
    "FEMALE",
    "HABITS",
    "IRREGULAR_PAST",
    "MALE",
    "PLURAL_ROLES",
    "ROLES",
    "ROOMS",
    "is_pet",
    "singular",
]

#: People one is close to without being kin.
CLOSE = word_set("""
    friend friends bestie buddy mate pal roommate flatmate housemate neighbour neighbor colleague coworker
    co-worker workmate boss manager teacher coach therapist landlord landlady ex ex-wife ex-husband
    ex-girlfriend ex-boyfriend classmate teammate mentor tutor trainer bandmate penpal
""")
PLURAL_ROLES = {
    "parents": "parents",
    "grandparents": "grandparents",
    "kids": "kid",
    "children": "child",
    "siblings": "sibling",
    "sisters": "sister",
    "brothers": "brother",
    "sons": "son",
    "daughters": "daughter",
    "twins": "twin",
    "cousins": "cousin",
    "in-laws": "in-laws",
    "friends": "friend",
    "roommates": "roommate",
    "flatmates": "flatmate",
    "housemates": "housemate",
    "neighbours": "neighbour",
    "neighbors": "neighbor",
    "colleagues": "colleague",
    "coworkers": "coworker",
    "aunts": "aunt",
    "uncles": "uncle",
    "nieces": "niece",
    "nephews": "nephew",
    "grandchildren": "grandchild",
    "puppies": "puppy",
    "mice": "mouse",
    "ponies": "pony",
    "geese": "goose",
    "babies": "baby",
    "guinea pigs": "guinea pig",
    **{f"{pet}s": pet for pet in PETS if pet not in {"mouse", "goose", "puppy", "bunny", "pony", "fish"}},
    "bunnies": "bunny",
}
_PET_ROLES = frozenset(pet.replace("-", " ") for pet in PETS)
#: Breeds by the animal that they are of.
BREEDS = {
    **dict.fromkeys(
        word_set("""
    beagle whippet labrador lab retriever collie poodle spaniel dachshund terrier greyhound lurcher husky pug
    bulldog boxer corgi dalmatian chihuahua rottweiler doberman schnauzer labradoodle cockapoo shepherd
    pointer setter mutt mongrel pup dog hound spitz akita vizsla frenchie westie pomeranian malamute mastiff
"""),
        "dog",
    ),
    **dict.fromkeys(
        word_set("""
    tabby siamese persian ragdoll maine-coon tortoiseshell calico moggy cat kitten tomcat bengal sphynx
"""),
        "cat",
    ),
    **{pet: pet for pet in PETS if pet not in {"dog", "cat", "kitten"}},
}
#: Every word for somebody (or some animal) of the user's: "my **sister**".
_SPACED = frozenset(role.replace("-", " ") for role in KIN if "-" in role)
ROLES = (
    KIN
    | _SPACED
    | CLOSE
    | _PET_ROLES
    | frozenset(PLURAL_ROLES)
    | {"family", "grandchild", "sibling", "stepdad", "stepmom"}
)
FEMALE = word_set("""
    mother mom mum mummy sister daughter wife girlfriend fiancee fiancée aunt niece grandmother grandma granny
    nan granddaughter stepmother stepsister stepdaughter mother-in-law sister-in-law stepmom landlady ex-wife
    ex-girlfriend
""")
MALE = word_set("""
    father dad daddy brother son husband boyfriend fiance fiancé uncle nephew grandfather grandpa grandad
    granddad grandson stepfather stepbrother stepson father-in-law brother-in-law stepdad landlord ex-husband
    ex-boyfriend
""")


#: Other words for roles.
_SAME = {
    "boy": "son",
    "lad": "son",
    "girl": "daughter",
    "hubby": "husband",
    "missus": "wife",
    "other half": "partner",
    "bro": "brother",
    "sis": "sister",
    "bf": "boyfriend",
    "gf": "girlfriend",
    "nana": "grandmother",
    "gramps": "grandfather",
    "toddler": "child",
    "fella": "boyfriend",
}
ROLES = ROLES | frozenset(_SAME)


def singular(role: str) -> str:
    """The plain role of one of them: "sisters" → "sister", "hubby" → "husband"."""
    return PLURAL_ROLES.get(role, _SAME.get(role, role))


IRREGULAR_PAST = word_set("""
    ran went saw bought broke got met won lost left quit began came took gave made found sold built drove flew
    rode swam sang wrote ate drank slept fell felt had was were did said told thought knew heard spent paid
    caught taught brought sent spoke stole tore threw wore woke held kept led lent lit forgot forgave froze
    grew hid hung knelt laid lay meant shot stood sat stuck struck swore swept understood wept bent bound
    burnt bit bled blew bred dealt dug drew dreamt fed fought fled shook shrank shone sank slid spun sprang
    stung strove swung withdrew became chose rang rose learnt spilt spelt overslept underwent used
""")
#: Verbs whose past looks like the present: "I cut my finger" is taken for what happened.
_SAME_PAST = word_set("cut hit hurt quit shut split")
IRREGULAR_PAST = IRREGULAR_PAST | _SAME_PAST
#: They end like a past and are none.
NOT_PAST = word_set("""
    need feed breed speed bleed exceed succeed proceed weed seed embed shed wed bed
""")

#: What one says, thinks or does in passing, and nobody needs to remember.
DULL_PAST = word_set("""
    said told thought knew heard meant forgot wanted needed tried seemed guessed asked wondered noticed
    figured looked hoped believed understood remembered realised realized put let kept turned happened
    mentioned worried agreed assumed supposed checked waited liked loved used saw did was were felt had got
    called explained answered replied talked spoke read watched listened promised expected stopped opened
    closed clicked typed pressed picked followed walked pulled pushed put ended stood sat looked hated enjoyed
    preferred could sounded appeared repeated showed missed owned lived worked
""")

#: Bare verbs that can follow "and" with the subject left out, or carry a habit.
HABITS = word_set("""
    play collect study practise practice drive ride run swim cycle bike hike climb jog surf ski skate dance
    sing paint draw write bake cook knit sew garden grow keep own wear speak teach volunteer coach commute
    drink eat smoke meditate train box row sail fish hunt camp travel blog stream code program build make brew
    read watch work live go do have take spend sleep wake get use attend run lead manage foster raise breed
    share rent belong suffer struggle stutter snore sleepwalk need avoid follow support root believe meet
    visit call video-call
""")
BASE_VERBS = HABITS | word_set("""
    love like enjoy adore hate dislike detest loathe despise prefer am was went bought got started moved come
    came don't can't cannot won't didn't haven't wasn't couldn't feel miss look want hope plan can will
    have've
""")

#: Feelings of the one who speaks, by adjective.
EMOTIONS = word_set("""
    happy glad excited thrilled proud grateful thankful relieved ecstatic delighted joyful hopeful optimistic
    content elated overjoyed cheerful pumped stoked touched moved psyched calm relaxed peaceful inspired
    motivated confident over-the-moon giddy blessed energised energized chuffed
    sad unhappy down upset angry furious annoyed stressed worried anxious nervous lonely tired exhausted
    overwhelmed heartbroken bored jealous depressed miserable frustrated disappointed devastated scared afraid
    terrified guilty ashamed embarrassed homesick burnt-out burned-out drained restless lost hopeless insecure
    confused conflicted gutted mad irritated bitter melancholy gloomy low blue shattered worn-out numb hurt
    betrayed panicked panicky apprehensive livid heart-broken torn nostalgic humiliated discouraged fed-up
    grumpy shaken sick-with-worry tense distraught resentful uneasy rejected abandoned pissed crushed
    stressed-out sleepy knackered worn buzzing wired lousy swamped frazzled rattled jittery smug chuffed wretched
""")
#: Where one can be in a house, a town or on the way.
ROOMS = word_set("""
    traffic bed town hall motorway
    kitchen bedroom bathroom garage garden yard backyard living-room dining-room hallway attic basement cellar
    balcony terrace patio porch bath shower bed office library gym airport station train bus car plane tram
    ferry boat park beach supermarket shop store mall cafe café restaurant pub bar hospital hotel museum zoo
    pool sauna forest woods mountains countryside city centre center town street lobby waiting-room queue taxi
    uber metro subway lab classroom school university campus cinema theatre theater church stadium market
    pharmacy bank barber hairdresser dentist doctor's dentist's vet's vet lounge room study conservatory shed
    barn driveway roof rooftop couch sofa hammock tent cabin cottage lake seaside village pier harbour
    playground courtyard corridor lift elevator
""")


def is_pet(word: str) -> bool:
    """Whether ``word``, in lower case, is an animal that people keep: "beagle", "cats"."""
    role = PLURAL_ROLES.get(word, word)
    return role in PETS or role in BREEDS or role.rstrip("s") in PETS or role.rstrip("s") in BREEDS
