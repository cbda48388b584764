"""Words for search: stems, words that say nothing, and which words speak of the same thing.

The embedded vectors know that "job" and "nurse" are related, but not that "what does she drink?" asks for coffee. The
concepts below are our own: everyday things that people tell of themselves, with the words for them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping

__all__ = ["concepts_of", "meanings_of", "stem", "terms"]

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
    "drink": """drink drinks drinking beverage thirsty coffee espresso latte cappuccino tea matcha chai cocoa wine beer ale
        cider whisky whiskey gin rum vodka cocktail juice lemonade soda cola water milk smoothie kombucha roast brew
        sip pub bar cafe americano mocha decaf lager stout prosecco champagne squash tonic fizzy cordial kettle
        tipple pint""",
    "food": """food eat eats eating ate meal dish cuisine cook cooks cooking bake bakes baking recipe breakfast lunch
        dinner supper snack dessert hungry restaurant pizza pasta ramen sushi curry noodles rice bread cheese
        chocolate cake soup salad burger taco tacos dumplings fruit vegetable vegetables olives mushrooms fish meat
        chicken beef pork tofu lasagne lasagna risotto paella croissant pancakes ice cream pie spicy sweet vegan
        vegetarian diet taste kitchen cilantro coriander basil parsley garlic onion onions potato potatoes tomato
        tomatoes egg eggs seafood shrimp prawns tuna salmon herring steak bacon ham sausage stew roast sandwich
        toast cereal porridge oats honey jam butter yoghurt yogurt apple apples banana bananas strawberries lentils
        beans dal biryani kebab hummus falafel hotpot dumpling stir-fry casserole omelette pancake waffles cookie
        cookies biscuit biscuits brownie snacks starving picky order menu takeaway takeout dining""",
    "diet": """diet vegan vegetarian pescatarian gluten lactose intolerant allergic allergy allergies celiac halal kosher
        meat eat vegetarians carnivore fasting calories weight slim dieting low-carb keto sugar-free dairy-free
        gluten-free overweight pounds kilos""",
    "pet": """pet pets animal animals dog dogs puppy cat cats kitten kitty rabbit bunny hamster guinea parrot budgie bird
        canary horse pony goldfish tortoise turtle snake lizard gecko ferret chicken hens breed vet terrier labrador
        collie poodle spaniel beagle dachshund retriever tabby siamese mouse mice rat guinea-pig fish duck ducks
        goat goats pigeon pigeons bees husky pug greyhound whippet alsatian dalmatian mongrel rescue kennel adopt
        adopted paws tail fur""",
    "work": """work works working worked job jobs occupation profession career employer employed employment company office
        boss colleague colleagues coworker business earn salary hired fired promoted promotion retired nurse
        doctor surgeon dentist pharmacist teacher professor lecturer engineer developer programmer designer
        architect lawyer accountant chef cook baker barista waiter waitress driver pilot plumber electrician
        carpenter mechanic farmer gardener writer journalist editor translator photographer artist painter actor
        actress musician scientist researcher biologist chemist physicist librarian consultant manager analyst
        salesperson cashier hairdresser therapist psychologist paramedic firefighter policeman officer soldier
        student freelancer founder startup hospital clinic bakery income wage wages cash earns earning shift shifts
        part-time full-time freelance self-employed overtime deadline redundant redundancy unemployed resigned quit
        quitting quits notice interview cv internship apprenticeship warehouse factory shop store agency firm team
        project client clients meeting meetings boardroom burnt burnout""",
    "home": """home live lives living lived house flat apartment studio cottage reside resides residence move moved moving
        address neighbourhood neighborhood city town village street location located based country rent mortgage
        where landlord tenant houseboat cabin attic basement bungalow farmhouse caravan van lodging dorm suburb
        relocate relocated relocating homes housing settle settled living_in place""",
    "origin": """origin from born grew raised hometown native childhood homeland country nationality roots hails emigrated
        immigrated immigrant arrived arrive came come native-born accent grew_up""",
    "family": """family relative relatives mother mom mum father dad parents sister sisters brother brothers sibling siblings
        twin grandmother grandma granny grandfather grandpa grandparents aunt uncle cousin niece nephew in-laws son
        daughter child children kid kids wife husband stepmother stepfather stepson stepdaughter half-sister
        half-brother grandson granddaughter grandchild grandchildren godmother godfather godson nephews nieces
        cousins mum's""",
    "sibling": "sibling siblings sister sisters brother brothers twin",
    "parent": "parent parents mother mom mum mama father dad papa mummy mam stepmother stepfather",
    "child": """child children kid kids son sons daughter daughters baby toddler newborn pregnant son's boys girls grown-up
        grandson teenager offspring stepson stepdaughter twins expecting kindergarten""",
    "partner": """partner spouse wife husband girlfriend boyfriend fiance fiancee fiancé fiancée married marry marriage
        wedding anniversary engaged engagement dating date single divorced relationship love marries marrying wed
        bride groom ex ex-wife ex-husband ex-boyfriend ex-girlfriend boyfriends romantic romance couple proposal
        proposed widowed widow widower separated honeymoon together love_life""",
    "friend": """friend friends buddy mate pal roommate flatmate neighbour neighbor best friendship buddies bestie mates pals
        colleague housemate acquaintance roommate's penpal""",
    "music": """music musical musician song songs sing sings singing singer choir band orchestra concert gig jazz rock pop
        metal techno classical opera blues folk rap listen listens listening instrument guitar piano violin cello
        bass drums drummer flute saxophone trumpet clarinet ukulele harp album vinyl playlist melody oud harmonica
        sitar accordion hip-hop hiphop punk indie country reggae soul funk gospel electronic house heavy grunge
        highlife samba flamenco salsa k-pop dj festival concerts headphones radio podcast tune tunes""",
    "instrument": """instrument instruments play plays guitar piano violin viola cello bass drums flute saxophone trumpet
        clarinet ukulele harp accordion banjo keyboard oud harmonica sitar mandolin recorder bagpipes oboe trombone
        tuba percussion fiddle lute""",
    "sport": """sport sports athletic exercise exercises workout gym fitness train training run runs running runner jog
        jogging marathon swim swims swimming cycle cycling bike biking climb climbing bouldering hike hiking yoga
        pilates football soccer basketball tennis badminton rugby cricket golf hockey volleyball skiing ski
        snowboard surf surfing skate skating karate judo boxing fencing rowing sailing dance dancing team match race
        active triathlon half-marathon 5k 10k racing races competition swimmer cyclist skis skier snowboarding surfs
        surfer paddle kayak canoe rower tabletennis ping-pong squash netball lacrosse baseball softball handball
        archery wrestling gymnastics ballet athletics referee goal league club supporter supports medal""",
    "hobby": """hobby hobbies interest interests interested pastime free spare time weekend weekends fun enjoy enjoys
        collect collects collecting paint painting draw drawing knit knitting sew sewing pottery ceramics garden
        gardening photography chess puzzle puzzles games gaming read reading write writing bake baking cook cooking
        hike hiking fishing birdwatching model lego crafts woodworking origami astronomy stargazing collection
        beekeeping embroidery quilting crochet brewing karaoke juggling magic scrapbooking genealogy drums surfing
        climbing volunteering crosswords crossword jigsaw jigsaws sketching calligraphy""",
    "game": "game games gaming play plays player chess go poker board video console puzzle puzzles quiz cards dice",
    "book": """book books novel novels read reads reading reader author fiction poetry poem poems library literature
        fantasy mystery thriller biography comic comics manga writer story stories""",
    "film": """film films movie movies cinema watch watches watching series show shows tv television director actor
        actress documentary anime horror comedy thriller western netflix""",
    "travel": """travel travels travelling traveling trip trips journey holiday holidays vacation visit visits visited
        visiting fly flying flight flights abroad tour tourist backpacking hotel beach destination passport train
        tours cruise road camper backpack safari sightseeing explore exploring weekend_away holidaying destinations
        going_to planes trains plane airport luggage suitcase itinerary pilgrimage overseas island islands""",
    "plan": """plan plans planning planned going upcoming soon tomorrow next future intend intends hopes hope wants want
        wish dream goal appointment interview exam deadline start starting schedule aims aim saving dreams dreaming
        ambition aspiration looking_forward about_to due finish finishes hoping thinking considering consider decide
        scheduled booked""",
    "health": """health healthy sick ill illness disease condition doctor hospital medicine medication pill pills therapy
        surgery operation injury injured hurt pain broke broken leg arm ankle back migraine headache asthma diabetes
        diabetic allergy allergic allergies insomnia anxiety depression flu cold recover recovering medical
        wellbeing fit unwell symptoms diagnosis diagnosed infection fever lungs heart blood blood_pressure
        cholesterol arthritis epilepsy cancer stroke knee hip shoulder wrist foot eye ear ears tooth teeth dentist
        operated replacement physio physiotherapy deaf blind inhaler problem problems trouble burnt burnout""",
    "allergy": "allergy allergies allergic intolerant intolerance reaction avoid pollen peanuts nuts shellfish penicillin",
    "fear": """fear fears afraid scared scare terrified phobia phobias frightened frightens dread anxious nervous heights
        spiders flying darkness clowns needles fearful terrifies terrify frighten scares scary horror snake snakes
        dark thunderstorms storms dogs water needle public_speaking spider blood lifts elevators claustrophobic
        enclosed crowds nightmares""",
    "feeling": """feel feels feeling feelings felt mood emotion emotional happy glad excited thrilled proud sad unhappy down
        upset angry furious annoyed stressed stress worried anxious nervous lonely tired exhausted overwhelmed
        grieving heartbroken bored jealous relieved grateful cheer cheerful joy joyful delighted content calm afraid
        ashamed embarrassed guilty disappointed frustrated homesick moody hopeful miss misses missing missed hurt
        confused shocked surprised worry worries concerned burnt burnout troubled troubling bothered cry cried
        crying tears ecstatic""",
    "age": "age old young years birthday born birth turned turning",
    "birthday": "birthday birthdate born birth celebrate celebrates party anniversary age",
    "language": """language languages speak speaks speaking spoken fluent bilingual mother tongue learn learning learns accent
        english french german spanish italian portuguese dutch swedish polish russian arabic hebrew hindi chinese
        mandarin japanese korean turkish greek latin multilingual swahili norwegian danish finnish czech hungarian
        romanian ukrainian vietnamese thai malay indonesian tagalog urdu bengali tamil persian farsi catalan basque
        irish welsh gaelic yoruba igbo hausa zulu amharic sign_language translate translates""",
    "study": """study studies studying studied student school college university uni degree course class classes graduate
        graduated graduation master masters bachelor phd thesis exam exams major education learn learning teacher
        professor diploma lesson lessons revise revising revision test tests pass passed fail failed grade grades
        dissertation medicine law engineering architecture biology psychology veterinary history economics semester
        term""",
    "vehicle": """vehicle car cars drive drives driving motorbike motorcycle scooter bicycle bike van truck bus train tram
        electric licence license commute commutes commuting ride rides transport automobile lorry taxi cab campervan
        camper caravan boat houseboat ferry sedan hatchback fiat ford toyota volkswagen honda tesla wheels plane
        planes trains underground metro subway buses coach walk walks get_to""",
    "weather": """weather rain rainy sun sunny snow snowy storm cold hot heat winter summer autumn spring wind climate season
        rains raining sunshine thunder thunderstorm thunderstorms lightning fog foggy windy cloudy clouds frost icy
        ice heatwave humid mild degrees seasons""",
    "colour": """colour colours color colors red green blue yellow orange purple pink black white grey gray brown
        turquoise teal violet""",
    "money": """money pay paid salary save saving savings debt loan budget expensive cheap bank buy bought invest price pays
        paying wage wages earn earns earning cash rich poor broke rent mortgage prices cost costs afford investments
        pension tax taxes lend lent owe owes""",
    "technology": """technology tech computer computers laptop phone software app apps program programming code coding linux
        windows mac robot robots ai internet website tablet smartphone ipad email developer engineer hacker console
        gadgets gadget online""",
    "nature": """nature outdoors forest woods mountain mountains sea ocean beach lake river park plants flowers tree
        trees camping camp hike hiking garden birds wildlife""",
    "religion": """religion religious faith church mosque temple synagogue pray prayer christian muslim jewish buddhist atheist
        priest vicar nun monk imam rabbi bible koran quran ramadan fasting lent easter christmas baptism catholic
        protestant orthodox mass pilgrimage pilgrim believer god choir spiritual""",
    "sleep": """sleep sleeps sleeping bed bedtime wake wakes early late night morning insomnia nap dream dreams sleepless
        insomniac nightmare nightmares snore snores awake tired rest""",
    "death": """death died die dies dead passed away funeral grief grieving mourning lost late widow widower deceased buried
        cemetery grave lose losing""",
    "dislike": """dislike dislikes hate hates hated avoid avoids detest loathe loathes annoy annoys annoying bothers stand
        hating despise despises disliked disgust disgusting leave_out without can't_stand cannot_stand can't_bear
        fed_up sick_of sneaky against averse""",
    "like": """like likes love loves enjoy enjoys prefer prefers favourite favorite fond fan adore adores into keen
        enjoying enjoyed loved loving favour passion passionate obsessed crazy_about mad_about best happiest cheers
        happy""",
}

#: what is too narrow for a topic, but what a question asks for; an underscore joins the words of a phrase
_NARROW: Mapping[str, str] = {
    "alcohol": """alcohol alcoholic drunk sober teetotal teetotaller hangover booze wine beer ale lager stout cider whisky
        whiskey gin rum vodka brandy tequila champagne prosecco cocktail cocktails pint pub bar tipple""",
    "meat": """meat steak beef pork lamb veal bacon ham sausage sausages chicken turkey duck mince burger burgers ribs
        barbecue vegetarian vegan carnivore""",
    "herb": """herb herbs spice spices seasoning cilantro coriander basil parsley mint thyme rosemary oregano dill sage
        chives cumin turmeric paprika cinnamon ginger garlic saffron cardamom chilli chili pepper""",
    "occupation": """occupation profession job jobs career trade nurse doctor surgeon dentist pharmacist teacher professor
        lecturer engineer developer programmer designer architect lawyer solicitor barrister judge accountant chef
        cook baker barista waiter waitress driver pilot plumber electrician carpenter mechanic farmer gardener
        writer author journalist reporter editor translator interpreter photographer artist illustrator painter
        sculptor actor actress musician dancer scientist researcher biologist chemist physicist librarian consultant
        manager director analyst salesperson seller cashier shopkeeper hairdresser barber therapist psychologist
        counsellor paramedic firefighter policeman detective officer soldier sailor captain freelancer founder vet
        veterinarian midwife carer caregiver cleaner janitor builder bricklayer roofer welder butcher fisherman
        florist tailor seamstress potter jeweller priest vicar imam rabbi nun monk secretary receptionist clerk
        banker economist politician diplomat tutor coach trainer instructor nanny childminder guard courier postman
        optician radiographer physiotherapist paediatrician psychiatrist astronomer geologist statistician
        mathematician historian archaeologist curator producer presenter model stylist beautician housewife
        househusband homemaker pensioner apprentice intern trainee""",
    "name": "name nickname nicknamed surname called goes_by known_as call_me go_by",
    "hearing": "hear hearing hears deaf deafness ear ears loud louder speak_up volume hearing_aid tinnitus",
    "sight": """eye eyes eyesight sight vision see glasses spectacles lenses lens blind blindness colour-blind color-blind
        short-sighted long-sighted myopia optician cataract""",
    "worry": """worry worries worried worrying trouble troubles troubled troubling bother bothers bothered bothering concern
        concerns concerned anxious anxiety nervous stress stressed stressing fret frets tense upset""",
    "renovation": """renovate renovates renovating renovation renovated refurbish refurbishing redecorate redecorating decorating
        diy improvement improvements repair repairs repairing fix fixing build builds building wallpaper tiles
        tiling bathroom kitchen extension builder shelf shelves wall roof loft plumbing remodel remodelling
        remodeling""",
    "crime": """crime crimes criminal robbed robbery robber burglary burgled stolen steal stole theft thief mugged mugging
        attacked attack fraud scam scammed victim police assault assaulted pickpocket""",
    "charity": """charity charities charitable volunteer volunteers volunteering volunteered voluntary donate donates donated
        donation fundraising fundraiser food_bank soup_kitchen shelter cause""",
    "relax": """relax relaxes relaxing relaxed unwind unwinds destress de-stress chill rest rests resting soothe soothes
        meditate meditates meditation bath spa sauna calm calms wind_down switch_off""",
    "illness": """disease diseases illness illnesses ill sick sickness condition conditions medical diagnosis diagnosed
        infection fever flu influenza cold covid malaria measles mumps chickenpox pneumonia bronchitis tuberculosis
        cancer leukaemia tumour stroke epilepsy arthritis asthma diabetes diabetic anaemia eczema psoriasis coeliac
        celiac migraine migraines headache headaches thyroid hepatitis blood_pressure cholesterol heart_attack
        heart_disease adhd autism dyslexia dementia alzheimer parkinson""",
    "medicine": """medicine medicines medication medications drug drugs tablet tablets pill pills prescription antibiotic
        antibiotics penicillin aspirin ibuprofen paracetamol insulin inhaler painkiller painkillers vaccine
        injection""",
    "breathing": "breathe breathing breath lungs lung asthma inhaler bronchitis wheeze wheezing cough coughing",
    "surgery": """surgery surgeries surgeon operation operations operated transplant bypass replacement removed stitches
        anaesthetic procedure hip knee appendix""",
    "injury": """injury injuries injured injure accident accidents broke break breaks broken fracture fractured sprained
        sprain tore torn twisted dislocated fell fall falling crash crashed hurt wound bruise ligament plaster cast""",
    "laugh": """laugh laughs laughing laughter funny humour humor comedy comedies comedian comedians joke jokes stand-up
        standup sitcom sitcoms hilarious giggle""",
    "phone": """phone phones telephone call calls calling ring rings text texts texting message messages messaging voicemail
        mobile contact reach""",
    "childhood": """childhood child kid young youth upbringing grew raised boy girl teenager teenage teens school boarding farm
        born early_years grow_up growing_up grew_up little small""",
    "wake": "wake wakes waking woke get_up gets_up got_up get_out_of_bed rise rises morning mornings alarm early dawn",
    "plants": """plant plants planting flower flowers garden gardens gardener gardening grow grows growing grown allotment
        balcony tomato tomatoes roses rose herbs vegetables seeds seedlings greenhouse lawn weeds weeding tulips
        orchids cactus houseplants watering waters tree trees orchard""",
    "buy": """buy buys buying bought purchase purchases purchased shop shops shopping spend spent ordered order get_new
        new""",
    "clothes": """clothes clothing clothe outfit outfits garment garments dress dresses skirt shirt shirts jacket jumper
        sweater trousers jeans coat cap scarf shoes boots sneakers trainers socks wear wears wearing sew sews sewing
        sewn knit knits knitting tailor fashion stylish""",
    "art": """art arts artist artistic draw draws drawing drew paint paints painting painter sketch sketches sketching
        illustrator illustration illustrations sculpture sculptor gallery museum exhibition watercolour watercolours
        watercolor calligraphy pottery ceramics tattoo""",
    "weight": "weight weigh weighs heavy kilos pounds diet dieting slim slimming overweight fat thin calories",
    "furniture": """furniture sofa couch chair armchair table desk bed wardrobe shelf shelves bookcase lamp rug carpet curtains
        dresser cupboard mirror oven fridge rearrange rearranged moved swapped place""",
    "pregnancy": "pregnant pregnancy expecting expects baby due maternity birth newborn bump midwife",
    "school": """school schools kindergarten nursery primary secondary highschool pupil pupils classroom homework lessons
        bullied teacher teachers class boarding""",
    "test": "test tests exam exams examination quiz pass passed fail failed grade grades marks results",
    "appearance": """look looks looking appearance hair beard moustache tattoo tattoos scar piercing braces tall short height
        handsome pretty blonde brunette bald freckles left-handed""",
    "commute": """commute commutes commuting get_to gets_to bus train tram metro subway scooter bicycle cycle cycles bike
        drive drives walk walks ride rides""",
    "moving": """move moves moved moving relocate relocating relocated new_flat new_apartment new_house changing_homes
        change_house pack packing removal homes house flat apartment""",
    "race": "race races racing marathon half-marathon triathlon sprint 5k 10k run runner ironman regatta",
    "time": "time clock hour hours minute late punctual punctuality early schedule",
    "animal": """animal animals creature wildlife dog cat horse bird fish snake rabbit cow sheep pig goat duck hen pigeon bee
        bees insect spider frog tortoise turtle whale dolphin bear wolf fox greyhound puppy kitten shelter zoo vet""",
    "politics": """politics political politician vote votes voting voted election elections party government president minister
        protest protests campaign""",
    "deadline": """deadline deadlines due finish finishes finishing submit submits hand_in deliver complete completes overdue
        urgent""",
    "engagement": """engaged engagement fiancé fiancée fiance fiancee marry marries propose proposed proposal betrothed bride
        groom wedding_date""",
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


def _index(concepts: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for concept, words in concepts.items():
        for word in (concept, *words.split()):
            found.setdefault("_".join(map(stem, word.split("_"))), set()).add(concept)
    return {word: frozenset(concepts) for word, concepts in found.items()}


_BY_STEM = _index(_CONCEPTS)
_BY_STEM_NARROW = _index(_NARROW)
_PHRASES = frozenset(unit for unit in (*_BY_STEM, *_BY_STEM_NARROW) if "_" in unit)
#: first stem of a phrase → most stems that a phrase beginning so has
_BEGINNINGS = {phrase.partition("_")[0]: 0 for phrase in _PHRASES}
for _phrase in _PHRASES:
    _first = _phrase.partition("_")[0]
    _BEGINNINGS[_first] = max(_BEGINNINGS[_first], _phrase.count("_") + 1)


def concepts_of(stems: Iterable[str]) -> dict[str, float]:
    """What the words speak of, with how clearly: a word of many concepts says less of each."""
    return _weigh(stems, _BY_STEM)


def meanings_of(text: str) -> dict[str, float]:
    """What ``text`` speaks of, phrases ("goes by") and narrow concepts included."""
    units = _units(text)
    return {**_weigh(units, _BY_STEM), **_weigh(units, _BY_STEM_NARROW)}


def _weigh(stems: Iterable[str], index: Mapping[str, frozenset[str]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for word in stems:
        concepts = index.get(word, frozenset())
        for concept in concepts:
            found[concept] = max(found.get(concept, 0.0), len(concepts) ** -0.5)
    return found


def _units(text: str) -> list[str]:
    """The stems in ``text`` that say something, and the longest phrases."""
    words = [w.casefold().replace("’", "'") for w in _WORD.findall(text)]
    stems = [stem(w) for w in words]
    units = []
    at = 0
    while at < len(words):
        for length in range(min(_BEGINNINGS.get(stems[at], 0), len(words) - at), 1, -1):
            phrase = "_".join(stems[at : at + length])
            if phrase in _PHRASES:
                units.append(phrase)
                at += length
                break
        else:
            if words[at].partition("'")[0] not in STOPWORDS:
                units.append(stems[at])
            at += 1
    return units
