"""Word lists for reading English: what is a name, a place, a trade, a language. Data only."""

from __future__ import annotations

__all__ = [
    "COUNTRIES",
    "GIVEN_NAMES",
    "JOBS",
    "KIN",
    "LANGUAGES",
    "MONTHS",
    "NOT_NAMES",
    "NOT_PLACES",
    "PAIRS",
    "PETS",
    "PLACE_NOUNS",
    "SCENERY",
    "TITLES",
    "word_set",
]


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.replace("\n", " ").split(",") if part.strip())


#: Common given names, for texts without capitals ("i'm alice"). Names that are also everyday words are left out.
GIVEN_NAMES = word_set("""
    aaron abby abdul abigail ada adam adrian agnes ahmed aisha alan alana albert alejandro alex alexa alexander
    alexandra alexis alfie alfred ali alice alicia alina alison al allison alma amanda amber amelia amina amir amy
    ana anastasia andrea andreas andrew andy angela angelina anita anna anne annie anthony antonio anya arjun arthur
    arun astrid ava barbara beatrice ben benjamin bernard bethany betty bianca bob bobby boris brandon brenda brian
    bridget bruno bryan caleb callum cameron camille carl carla carlos carmen carol caroline carolina catherine
    cecilia charles charlie charlotte chen chiara chloe chris christian christina christine christopher claire clara
    claudia clive colin connor craig cristina daisy damian dan dana daniel daniela danny daphne dave david deborah
    deepak denis dennis diana diego dimitri dmitri dominic donald donna doris dorothy douglas dylan eddie edgar edith
    eduardo edward eileen elaine eleanor elena eli elias elijah elisa elizabeth ella ellen ellie elliot elsa emil
    emilia emily emma emmanuel enrique eric erica erik erika ernest esther ethan eva evan evelyn fatima felicia felix
    fernando finn fiona florence frances francesca francesco francis francisco fred freddie frederick freya gabriel
    gabriela gareth gary gavin gemma geoff george georgia georgina gerald giovanni giulia gloria gordon graham greg
    gregory greta gwen hannah hans harold harriet harry hassan heather hector heidi helen helena henrik henry hiroshi
    hugo ian ibrahim ida imogen ines ingrid irene irina isaac isabel isabella isla ismael ivan jackie jacob jacqueline
    jake james jamie jan jane janet janice jared jasmine jason javier jeff jeffrey jenna jennifer jenny jeremy jerome
    jerry jess jesse jessica jim jimmy joan joanna joanne joe joel johan johanna john johnny jon jonas jonathan jordan
    jorge jose joseph josephine josh joshua juan judith judy julia julian julie juliet jun karen karim karl kate
    katherine kathleen kathryn kathy katie katrina kayla keith kelly ken kenji kenneth kevin khalid kim kirsten klaus
    kristen kristina kumar kyle lara larry lars laura lauren laurence lea leah lee leila lena leo leon leonard leonardo
    leonie leslie lewis liam lili lillian lily linda lisa liz lois lola lorenzo louis louisa louise luca lucas lucia
    lucy luis luisa luke lydia lynn madeleine madison maggie magnus malcolm manuel marc marco marcus margaret margot
    maria mariam mariana marie mario marion marta martha martin martina marvin mary mateo matt matteo matthew max maya
    mei melanie melissa mia michael michelle miguel mike mikhail milo mina miriam mohamed mohammed molly monica monika
    muhammad naomi natalia natalie natasha nathan neil nelson niall nick nicola nicolas nicole nigel nikita nikolai
    nina noah noel nora olga oliver olivia omar oscar otto owen pablo paolo patricia patrick paul paula pauline pedro
    peggy penelope pete peter petra phil philip phoebe pierre priya rachel rafael raj rajesh ralph ramon raquel raul
    ravi ray raymond rebecca richard rita robert roberto robin rodrigo roger roland ron ronald rory rosa rosemary rosie
    ross rowan roxanne ruben rupert russell ruth ryan sabrina sally sam samantha samir samuel sandra sanjay sara sarah
    sasha scott sean sebastian sergei sergio sharon sheila shirley sibylle silvia simon simone sofia sonia sophia
    sophie stanley stella stephan stephanie stephen steve steven stuart sunita susan susanna suzanne sven sylvia tamara
    tanya tara tatiana ted teresa terry theo theodore theresa thomas tim timothy tina tobias toby tom tommy tony tracy
    tristan ursula valentina valerie vanessa vera veronica victor victoria vijay vincent violet virginia vivian
    vladimir walter wanda wendy wilhelm william xavier yasmin yolanda yuki yuri yusuf yvonne zac zara zoe
""")

#: What follows "I'm" or "my name is" and is no name, even with a capital.
NOT_NAMES = word_set("""
    hello hi hey hiya howdy greetings morning evening afternoon night goodnight bye goodbye cheers thanks thank please
    yes yeah yep yup no nope nah okay ok sure maybe perhaps whatever dunno idk hmm hm huh oh ah wow lol haha what who
    why when where how nothing nobody none later tomorrow today
    a about above actually afraid again alive all allergic almost alone already also always am amazed an and angry
    annoyed another any anxious around asleep at available away awake aware awesome awful back bad based because
    becoming before behind being better between bipolar bit blind bored born both broke busy but by calm certain
    cold coming common confused cool crazy cute dead deaf depressed done down drunk early either engaged disabled
    divorced doing english ecstatic exhausted extremely fat feeling fine finished first fluent fond for free fresh
    friendly from full funny furious gay getting glad going gone gonna good great grateful guilty half happy hard he
    her here high his home honest hopeless hot how hungry ill in indeed insane inside interested into introverted is
    it its jealous joking just kidding kinda known last late lazy leaving left lesbian like literally living local
    lonely long looking lost lucky mad making male female married maybe me merely mine more most moving mostly much
    my near nearly nervous neither never new nice no nobody none nonbinary normal nope not nothing now of off ok
    okay old on one online only open or originally our out outside over pleased poor possibly pregnant pretty
    probably proud queer quick quiet quite rather ready really relaxed retired rich right running sad safe same
    scared secret serious she shocked short shy sick silly simply single sleepy slow small so sober some someone
    something sometimes soon sorry sort spelled spelt still stuck strange stressed strong stupid such super sure
    surprised tall telling that the their there these they thirsty this those thrilled tired to today tomorrow
    tonight too totally trans true trying ugly unable under unemployed unhappy unimportant unique unknown unsure up
    upset used useless usually vegan vegetarian very waiting wanting warm weak weird well what when where which who
    whoever why willing with without wondering working worried written wrong yes yet you young your yours monday
    tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december christmas easter american canadian australian british irish scottish welsh european
    african asian latino latina hispanic mexican brazilian argentinian colombian indian pakistani nigerian kenyan
    egyptian moroccan south north east west austrian belgian swiss israeli iranian iraqi syrian lebanese ukrainian
    catholic protestant muslim jewish hindu buddhist atheist agnostic sikh orthodox jew republican democrat autistic
    dyslexic diabetic adhd lgbt ceo cto cfo hr pm vp santa god batman superman spiderman god's anyone everyone
    everybody later names whatever whenever taxi ambulance doctor mum mom dad boring difficult easy hidden
    irrelevant pronounced private confidential classified taken changed anonymous important famous
""")

LANGUAGES = word_set("""
    afrikaans albanian amharic arabic armenian azerbaijani basque belarusian bengali bosnian breton bulgarian burmese
    cantonese catalan chinese cornish croatian czech danish dutch english esperanto estonian farsi finnish flemish
    french gaelic galician georgian german greek gujarati hausa hawaiian hebrew hindi hungarian icelandic igbo
    indonesian irish italian japanese javanese kannada kazakh khmer korean kurdish lao latin latvian lithuanian
    luxembourgish macedonian malay malayalam maltese mandarin maori marathi mongolian nepali norwegian occitan pashto
    persian polish portuguese punjabi quechua romanian romansh russian sanskrit serbian sinhala slovak slovene
    slovenian somali spanish swahili swedish tagalog tamil tatar telugu thai tibetan turkish ukrainian urdu uzbek
    vietnamese welsh xhosa yiddish yoruba zulu
""")

#: The last word of a trade ("software engineer"). A list, as "-er" would take in lovers, smokers and believers.
JOBS = word_set("""
    accountant actor actress acupuncturist administrator advisor adviser agent analyst anaesthetist animator
    anthropologist apprentice archaeologist archeologist architect archivist artist assistant astronaut astronomer
    astrophysicist athlete attorney auditor author baker banker barber barista barrister bartender beautician
    beekeeper biochemist biologist blacksmith blogger bookkeeper bookseller botanist bricklayer broker builder butcher
    butler caretaker carer carpenter cartographer cartoonist cashier chauffeur chef chemist chiropractor
    choreographer cleaner clerk coach cobbler comedian commissioner composer conductor conservator consultant
    contractor cook copywriter coroner counsellor counselor courier curator dancer dealer decorator dentist
    dermatologist designer detective developer dietitian diplomat director dj doctor dressmaker driver economist
    editor electrician engineer entrepreneur estimator executive farmer filmmaker firefighter fisherman florist
    foreman forester freelancer gamekeeper gardener geneticist geographer geologist glazier goldsmith guard
    gynaecologist hairdresser handyman historian housekeeper housewife illustrator inspector instructor interpreter
    inventor investigator investor janitor jeweller jeweler jockey joiner journalist judge juggler labourer laborer
    landscaper lawyer lecturer librarian lifeguard linguist locksmith machinist magician magistrate manager
    manicurist marketer mason masseur masseuse mathematician mechanic meteorologist midwife milliner miner
    missionary model musician nanny neurologist neuroscientist notary novelist nun nurse nutritionist oceanographer
    officer operator optician optometrist painter paralegal paramedic pastor pathologist pharmacist philosopher
    photographer physician physicist physiologist physiotherapist pianist pilot planner plasterer plumber poet
    policeman policewoman politician porter postman potter priest principal printer producer professor programmer
    psychiatrist psychologist psychotherapist publicist publisher rabbi radiographer radiologist ranger realtor
    receptionist recruiter referee reporter representative researcher restaurateur roofer sailor salesman
    salesperson saleswoman scientist sculptor seamstress secretary shepherd shopkeeper singer social-worker
    sociologist soldier solicitor sommelier songwriter specialist statistician stewardess steward stockbroker
    storyteller strategist student superintendent supervisor surgeon surveyor tailor teacher technician technologist
    therapist tiler trader trainee trainer translator tutor undertaker upholsterer vet veterinarian vicar
    videographer violinist waiter waitress watchmaker weaver welder worker writer zookeeper zoologist
    freelance postdoc sysadmin dev administrator intern
""")

PETS = word_set("""
    dog cat puppy kitten hamster rabbit bunny parrot budgie canary horse pony goldfish fish turtle tortoise snake
    lizard gecko guinea-pig ferret rat mouse chinchilla hedgehog bird cockatiel duck goose hen chicken goat sheep pig
    donkey cow tarantula iguana axolotl
""")

KIN = word_set("""
    mother father mum mom dad mummy daddy sister brother son daughter wife husband partner girlfriend boyfriend fiance
    fiancé fiancee fiancée aunt uncle cousin niece nephew grandmother grandfather grandma grandpa granny grandad
    granddad nan grandson granddaughter twin stepmother stepfather stepsister stepbrother stepson stepdaughter
    mother-in-law father-in-law sister-in-law brother-in-law baby kid child
""")

MONTHS = {
    name: index
    for index, name in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        start=1,
    )
}
MONTHS.update({name[:3]: index for name, index in list(MONTHS.items())})
MONTHS["sept"] = 9

TITLES = word_set("dr dr. mr mr. mrs mrs. ms ms. prof prof. professor sir lady lord captain capt.")

#: "I live in …" that is a way of life, not a place.
NOT_PLACES = word_set("""
    a an agony anticipation another bed bliss books chains chaos colour color comfort constant darkness debt denial
    despair dread dreams exile fear fantasy glory harmony hell heaven hope hotels isolation jeans joy limbo luxury
    misery obscurity one pain paradise peace poverty pyjamas pajamas regret seclusion secret shadow shadows shame
    silence sin solitude squalor style sweatpants terror the there torment uncertainty your his her their its our
    this that these those my it here interesting hiding wonder shorts black fact general short particular
    somewhere nowhere anywhere everywhere space marketing finance retail sales mind what where which
    future past present moment work school college university hospital church
""")

#: "a small village near Lyon" is a place; "a dream" is not.
PLACE_NOUNS = word_set("""
    village town city hamlet countryside suburb suburbs mountains hills house flat apartment farm cottage caravan
    houseboat boat van bungalow studio island coast seaside desert forest woods valley north south east west centre
    center castle farmhouse cabin dormitory dorm outskirts
""")

#: Things one can like with "the" in front, without a particular one being meant.
SCENERY = word_set("""
    sea ocean beach mountains countryside rain sun sunshine snow cold heat summer winter autumn spring fall forest
    woods theatre theater cinema opera ballet outdoors stars moon night morning desert wind piano guitar violin
    cello drums weekend weekends seaside circus news internet
""")

#: Two things joined by "and" that are one.
PAIRS = _phrases("""
    rock and roll, rock 'n' roll, rhythm and blues, drum and bass, mac and cheese, macaroni and cheese,
    fish and chips, salt and pepper, salt and vinegar, gin and tonic, rum and coke, peanut butter and jelly,
    bread and butter, arts and crafts, ham and cheese, ham and eggs, bacon and eggs, sweet and sour,
    cheese and onion, bed and breakfast, dungeons and dragons, cookies and cream, strawberries and cream,
    burger and fries, country and western, pride and prejudice, tom and jerry, cops and robbers, hide and seek,
    black and white, war and peace, crime and punishment, simon and garfunkel, rice and beans, wine and cheese,
    milk and honey, coffee and cake, love and peace
""")

#: Countries, parts of countries and the like, which may follow a town after a comma.
COUNTRIES = _phrases("""
    afghanistan, albania, algeria, argentina, armenia, australia, austria, azerbaijan, bangladesh, belarus, belgium,
    bolivia, bosnia, brazil, bulgaria, cambodia, cameroon, canada, chile, china, colombia, costa rica, croatia, cuba,
    cyprus, czechia, denmark, ecuador, egypt, england, estonia, ethiopia, finland, france, georgia, germany, ghana,
    greece, guatemala, hungary, iceland, india, indonesia, iran, iraq, ireland, israel, italy, jamaica, japan, jordan,
    kazakhstan, kenya, korea, south korea, kuwait, latvia, lebanon, lithuania, luxembourg, madagascar, malaysia, malta,
    mexico, moldova, mongolia, montenegro, morocco, nepal, netherlands, the netherlands, new zealand, nigeria,
    northern ireland, norway, oman, pakistan, panama, paraguay, peru, the philippines, philippines, poland, portugal,
    qatar, romania, russia, rwanda, saudi arabia, scotland, senegal, serbia, singapore, slovakia, slovenia,
    south africa, spain, sri lanka, sudan, sweden, switzerland, syria, taiwan, tanzania, thailand, tunisia, turkey,
    uganda, ukraine, united kingdom, uruguay, uzbekistan, venezuela, vietnam, wales, yemen, zambia, zimbabwe,
    uk, the uk, usa, the usa, us, the us, uae,
    alabama, alaska, arizona, arkansas, california, colorado, connecticut, delaware, florida, hawaii, idaho, illinois,
    indiana, iowa, kansas, kentucky, louisiana, maine, maryland, massachusetts, michigan, minnesota, mississippi,
    missouri, montana, nebraska, nevada, new hampshire, new jersey, new mexico, new york, north carolina,
    north dakota, ohio, oklahoma, oregon, pennsylvania, rhode island, south carolina, south dakota, tennessee, texas,
    utah, vermont, virginia, washington, west virginia, wisconsin, wyoming, al, az, ca, co, ct, fl, ga, il, ma, md, mi,
    mn, mo, nc, nj, nm, nv, ny, oh, or, pa, tn, tx, va, wa, wi, ontario, quebec, bavaria, catalonia, normandy,
    brittany, kent, surrey, sussex, yorkshire, cornwall, devon, british columbia, alberta, queensland, victoria
""")
