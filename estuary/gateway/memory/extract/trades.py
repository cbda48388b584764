"""What people do for a living and for fun, the animals they keep and what ails them. Data only."""

# ruff: noqa: E501 (patterns and lists are easier to read in one piece)
from __future__ import annotations

from ...engines._words import JOBS, PETS, word_set

__all__ = ["ANIMALS", "CONDITIONS", "DEED_OBJECTS", "HOBBIES", "TRADES"]

#: The last word of a trade: "marine **engineer**".
TRADES = JOBS | word_set("""
    accountant actor actress actuary administrator adviser advisor anaesthetist analyst apprentice archaeologist architect
    archivist artist assistant astronomer auctioneer auditor author baker ballerina banker barber barista barrister bartender
    beekeeper beautician bellringer biologist blacksmith bookbinder bookkeeper bookseller botanist bouncer brewer bricklayer
    broker builder butcher butler buyer carer caretaker carpenter cartographer cashier caterer chaplain chauffeur chef chemist
    childminder chiropractor choreographer cleaner clerk climber coach cobbler comedian conductor conservator constable
    consultant contractor cook coroner counsellor courier craftsman curator dancer decorator dentist designer developer
    dietitian director dispatcher diver docker doctor dogwalker doorman draughtsman dressmaker driver economist editor
    electrician embalmer engineer estimator examiner executive fabricator farmer farmhand ferryman filmmaker firefighter
    fireman fisherman fishmonger fitter florist foreman forester gamekeeper gardener geologist glassblower glazier goldsmith
    gravedigger greengrocer grocer groom groundsman guard guide hairdresser handyman historian housekeeper illustrator
    inspector instructor interpreter investigator janitor jeweller jeweler jockey joiner journalist judge labourer laborer
    landscaper lawyer lecturer librarian lifeguard linguist locksmith lorry-driver lumberjack machinist magistrate maid
    manager mason masseuse mathematician mechanic mechanician medic metalworker meteorologist midwife miller miner model
    musician nanny neurologist notary novelist nurse nurseryman nutritionist officer operator optician optometrist
    osteopath painter paralegal paramedic pathologist pharmacist photographer physicist physio physiotherapist pianist pilot
    plasterer plumber poet policeman policewoman politician porter postie postman postwoman potter preacher priest printer
    producer programmer psychiatrist psychologist psychotherapist publican publisher radiographer radiologist ranger
    realtor receptionist recruiter referee researcher restorer retiree roadie roofer sailor salesman saleswoman scaffolder
    scientist sculptor seamstress secretary security shepherd shopkeeper signaller silversmith singer skipper social-worker
    soldier solicitor sommelier sonographer statistician steward stewardess stonemason stuntman superintendent supervisor
    surgeon surveyor tailor tattooist teacher technician technologist telemarketer teller temp tester therapist thatcher
    tiler tiller toolmaker trader trainee trainer translator treasurer trucker trustee tutor typist undertaker underwriter
    upholsterer usher vet veterinarian vicar videographer vintner violinist waiter waitress warden watchmaker weaver webdev
    welder woodworker worker writer zookeeper zoologist dev sysadmin estate-agent ta sparky chippy brickie lollipop-lady
    paediatrician pediatrician cardiologist anesthetist registrar dishwasher shelf-stacker bus-driver student undergrad
    postgrad postdoc phd-student freelancer entrepreneur landlord landlady housewife househusband homemaker lifeboatman
    fishwife hgv-driver binman dustman milkman groundskeeper stagehand grip animator copywriter proofreader ghostwriter
    podcaster streamer youtuber busker magician clown drummer guitarist cellist composer organist luthier farrier saddler
""") - word_set("guide model climber judge temp grip")

HOBBIES = word_set("""
    archery astronomy badminton baking ballet baseball basketball beekeeping birding birdwatching boardgames bouldering bowling
    bowls boxing bridge calligraphy camping canoeing carpentry ceramics chess choir climbing cooking cricket crochet
    crosswords cycling dancing darts drawing drumming embroidery fencing fishing football foraging gaming gardening genealogy
    golf gym gymnastics hiking hockey horse-riding jogging judo juggling karate karaoke kayaking knitting lego lifting macrame
    metal-detecting minecraft model-making mountain-biking netball origami padel paddleboarding paddling painting photography
    pickleball pilates poetry poker pottery puzzles quilting quizzes reading rollerskating rowing rugby running sailing
    salsa sculpting sewing singing skateboarding skating skiing snooker snowboarding snorkelling squash stargazing sudoku
    surfing swimming table-tennis taekwondo tango tennis thrifting trampolining triathlons volleyball walking weaving
    weightlifting whittling wild-swimming windsurfing woodwork woodworking wrestling writing yoga zumba
""")

#: What one does to it for a living: "I drive **a bus**", "I fix **boats**".
DEED_OBJECTS = {
    "drive": word_set(
        "bus buses tram taxi cab lorry lorries truck train ambulance minicab uber hgv coach digger forklift tractor limo ferry"
    ),
    "deliver": word_set(
        "parcel post pizza food mail takeaway baby milk newspaper leaflet package letter grocery groceries"
    ),
    "sell": word_set("""
        record car house insurance phone shoe book flower furniture carpet kitchen window advert antique art cheese fish
        clothes software tyre ticket coffee jewellery candle cake vegetable bike boat stationery wine
    """),
    "fix": word_set(
        "car bike boat computer phone ferry ferries plane boiler clock watch lift roof machine shoe engine train tractor guitar piano washing"
    ),
    "repair": word_set(
        "car bike boat computer phone ferry ferries plane boiler clock watch lift roof machine shoe engine train tractor guitar piano"
    ),
    "mend": word_set("car bike boat computer phone clock watch roof machine shoe engine net road clothes"),
    "teach": word_set("""
        maths math physics chemistry biology english french spanish german history geography art music science pe drama
        reception yoga piano guitar swimming primary kids economics philosophy computing esl primary infants toddlers
        latin dance pilates violin year-four
    """),
    "clean": word_set("house office window school pool hotel room car chimney gutter oven hospital"),
    "build": word_set("house boat website bridge wall road guitar kitchen app stage set"),
    "make": word_set(
        "cheese furniture guitar candle cake jewellery pot website film documentary wedding-dress hat violin kilt"
    ),
    "design": word_set("garden website logo app game building bridge kitchen clothes poster font"),
    "install": word_set("kitchen boiler solar panel window lift bathroom broadband alarm"),
    "fit": word_set("kitchen boiler carpet window bathroom tyre alarm pipe"),
    "lay": word_set("brick carpet floor tile cable pipe paving hedge"),
    "cut": word_set("hair"),
    "stack": word_set("shelf shelves"),
    "wait": word_set("table"),
    "tend": word_set("bar"),
    "restore": word_set("furniture painting painting car clock church organ book building"),
    "train": word_set("dog horse teacher nurse staff guide-dog"),
    "breed": word_set("dog sheep cattle horse alpaca"),
    "groom": word_set("dog horse"),
    "shoe": word_set("horse"),
    "fly": word_set("plane helicopter jet drone"),
    "run": word_set("""
        launderette laundrette shop cafe café bakery pub business company restaurant bar farm salon studio garage nursery
        charity bookshop hostel b&b hotel gallery stall stand chippy school gym agency startup kennel cattery brewery
        florist's newsagent's practice surgery campsite food-truck firm bookstore store dairy smallholding gallery library
        department
    """),
    "own": word_set("""
        launderette laundrette shop cafe café bakery pub business company restaurant bar farm salon garage bookshop hotel gym
        brewery store firm
    """),
    "manage": word_set("""
        shop cafe café bakery pub restaurant bar farm salon team hotel warehouse branch store building project site office
        library supermarket kitchen
    """),
    "farm": word_set("sheep cattle dairy land pig arable oyster"),
}

ANIMALS = (
    (PETS - word_set("bunny duck ducks"))
    | word_set("""
    gecko axolotl tortoise turtle budgie parrot cockatiel lizard snake hamster gerbil guinea-pig rabbit ferret rat mouse
    chinchilla hedgehog tarantula donkey goat alpaca pony horse hen chicken duck pig sheep cow cockapoo labrador lab spaniel
    collie whippet greyhound terrier pug poodle labradoodle cavapoo beagle dachshund corgi husky rottweiler lurcher
    jack-russell staffie kitten puppy cat dog goldfish bearded-dragon koi stick-insect tabby moggy pup
""")
    | {"guinea pig", "bearded dragon", "border collie", "golden retriever", "stick insect", "jack russell"}
)

CONDITIONS = word_set("""
    asthma adhd add arthritis diabetes eczema epilepsy fibromyalgia migraines migraine endometriosis pcos ibs crohn's
    depression anxiety insomnia tinnitus dyslexia dyspraxia psoriasis vertigo lupus ms ptsd ocd bipolar anaemia coeliac
    celiac autism narcolepsy hayfever sciatica gout parkinson's
""") | {
    "hay fever",
    "type 1 diabetes",
    "type 2 diabetes",
    "high blood pressure",
    "long covid",
    "a pacemaker",
    "chronic fatigue",
}
