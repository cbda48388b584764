"""The embedded extractor: what it reads in everyday talk, and what it leaves alone."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from estuary.gateway.memory.base import MEMORY_TYPES, Exchange, Extraction, FactChange
from estuary.gateway.memory.extract import EmbeddedExtractor

#: a Wednesday
AT = dt.datetime(2024, 5, 8, 12, tzinfo=dt.timezone.utc)

#: lasting facts
FACTS = [
    (
        "I live in Lyon with my husband Tom and our two cats, Misu and Momo, and work as a nurse",
        "fact: Has a cat called Misu | fact: Has a cat called Momo | fact: Lives in Lyon | "
        "relationship: Husband is called Tom | fact: Works as a nurse",
    ),
    ("My wife and I live in Lyon", "fact: Lives in Lyon | fact: Has a wife"),
    ("that's Biscuit, she's a four year old beagle", "fact: Dog Biscuit is a four year old beagle"),
    ("I've been at the tax office since 2014, you get used to it", "fact: Works at the tax office"),
    ("I teach skiing so yeah, all day every day", "fact: Works as a skiing instructor"),
    ("nah I'm a kiwi, from Dunedin originally", "fact: Comes from Dunedin"),
    ("born in ibadan but ive been in manchester since uni", "fact: Was born in Ibadan | fact: Lives in Manchester"),
    ("I'm Priya btw", "fact: Is called Priya"),
    ("I grew up on a farm in Kansas", "fact: Grew up in Kansas"),
    ("Originally from Ghent, but I've lived in Oslo for six years now", "fact: Comes from Ghent | fact: Lives in Oslo"),
    ("We just moved to a bigger flat in Leith", "fact: Lives in Leith"),
    ("I live with two flatmates and a very loud parrot", "fact: Lives with two flatmates and a very loud parrot"),
    ("been a paramedic for eleven years", "fact: Works as a paramedic"),
    ("I'm a primary school teacher", "fact: Works as a primary school teacher"),
    ("I'm between jobs at the moment", "fact: Is between jobs"),
    ("I work from home mostly", "fact: Works from home mostly"),
    ("I turned 41 on Sunday", "fact: Is 41 years old"),
    ("My birthday's the 9th of November", "fact: Birthday is 9 November"),
    ("I play bass in a punk band", "fact: Plays bass in a punk band"),
    ("I run 10k every Sunday morning", "fact: Runs 10k every Sunday morning"),
    ("I'm vegan so no cheese for me", "fact: Is vegan so no cheese for them"),
    ("I'm scared of spiders", "fact: Is scared of spiders"),
    ("we adopted a greyhound called Noodle", "fact: Has a dog called Noodle"),
    ("I'm single", "fact: Is single"),
    ("I used to play the violin but I gave it up", "fact: Used to play the violin"),
    ("I've been seeing this guy Tom for a few weeks", "fact: Has been seeing this guy Tom for a few weeks"),
    ("we have a dog, two cats and a hamster", "fact: Has a dog | fact: Has two cats | fact: Has a hamster"),
    ("I'm the youngest of five", "fact: Is the youngest of five"),
    ("I'm a single dad", "fact: Is a single dad"),
    ("I'm saving up for a motorbike", "fact: Is saving up for a motorbike"),
    ("I never learned to swim", "fact: Never learned to swim"),
    ("I can't cook to save my life", "fact: Can't cook to save their life"),
    ("I don't drive", "fact: Doesn't drive"),
    ("I don't have any siblings", "fact: Doesn't have any siblings"),
    ("I haven't eaten meat since 2010", "fact: Hasn't eaten meat since 2010"),
    ("I'm colour blind", "fact: Is colour blind"),
    ("I have type 1 diabetes", "fact: Has type 1 diabetes"),
    ("I get migraines", "fact: Gets migraines"),
    ("I'm allergic to bees but not wasps", "fact: Is allergic to bees"),
    ("I wear hearing aids", "fact: Wears hearing aids"),
    ("I go to church on Sundays", "fact: Goes to church on Sundays"),
    ("I'm Jewish", "fact: Is Jewish"),
    ("I speak a bit of Welsh", "fact: Speaks Welsh"),
    ("I drink far too much coffee", "fact: Drinks far too much coffee"),
    ("I only eat fish on Fridays", "fact: Only eats fish on Fridays"),
    ("I no longer have a dog", "fact: Does not have a dog"),
    ("haha yeah I'm a total night owl", "fact: Is a total night owl"),
    ("I coach my son's football team on Saturdays", "fact: Coaches their son's football team on Saturdays"),
    ("I do pilates twice a week", "fact: Does pilates twice a week"),
    ("I live right by the canal in Utrecht", "fact: Lives in Utrecht"),
    ("I support Celtic", "fact: Supports Celtic"),
    ("I have a phobia of needles", "fact: Has a phobia of needles"),
    ("I sing in a choir on Tuesdays", "fact: Sings in a choir on Tuesdays"),
    ("my commute is an hour each way", "fact: Commute is an hour each way"),
    ("I've never seen Star Wars", "fact: Has never seen Star Wars"),
    ("turns out I'm lactose intolerant", "fact: Is allergic to lactose"),
    ("I was born in 1988 in Hamburg", "fact: Was born in Hamburg"),
    ("I'm 6 foot 4", "fact: Is 6 foot 4"),
    ("I work with computers", "fact: Works with computers"),
    (
        "I'm a software dev at a startup in Berlin",
        "fact: Works as a software dev | fact: Works at a startup | fact: Lives in Berlin",
    ),
    ("my dog's name is Waffles", "fact: Has a dog called Waffles"),
    ("apparently I snore", "fact: Snores"),
    ("I can speak French, Dutch and a little Arabic", "fact: Speaks French | fact: Speaks Dutch | fact: Speaks Arabic"),
    ("my Spanish is rusty", "fact: Spanish is rusty"),
    ("I don't really do mornings", "fact: Doesn't do mornings"),
]

#: tastes and wishes
TASTES = [
    ("lasagne, it's the only thing I can make, it's my favourite food", "preference: Favourite food is lasagne"),
    ("I can't stand cilantro", "preference: Can't stand cilantro"),
    ("not a big fan of horror films", "preference: Is not a fan of horror films"),
    ("I'd rather have tea than coffee", "preference: Would rather have tea than coffee"),
    ("I love hiking, especially in the Dolomites", "preference: Loves hiking"),
    ("Oh I adore old maps", "preference: Adores old maps"),
    ("my favourite season is autumn", "preference: Favourite season is autumn"),
    ("I hate Mondays", "preference: Hates Mondays"),
    ("I'd love to learn to sail", "preference: Would love to learn to sail"),
    ("I want to open my own cafe some day", "preference: Wants to open their own cafe some day"),
    ("I take my coffee black", "preference: Takes their coffee black"),
    ("I love my job", "preference: Loves their job"),
    ("I hate my boss", "preference: Hates their boss"),
    ("my favourite dish is my grandma's moussaka", "preference: Favourite dish is their grandma's moussaka"),
    ("I don't like crowds", "preference: Doesn't like crowds"),
]

#: people and animals of the user's
PEOPLE = [
    ("My sister Anna is a nurse in Oslo", "relationship: Sister Anna is a nurse in Oslo"),
    ("my daughter Lena starts school in September", "relationship: Daughter Lena starts school in September"),
    (
        "My brother lives in Toronto, he's an architect",
        "relationship: Brother lives in Toronto",
    ),
    (
        "my best friend Marco is getting married next month",
        "relationship: Best friend Marco is getting married next month (June 2024)",
    ),
    ("my grandma turned 90 last week", "relationship: Grandma turned 90 last week"),
    ("my wife is pregnant with our second", "relationship: Wife is pregnant with their second"),
    ("my husband works at the post office", "relationship: Husband works at the post office"),
    (
        "we've got three kids: Ana, Luis and Pablo",
        "relationship: Kid is called Ana | relationship: Kid is called Luis | relationship: Kid is called Pablo",
    ),
    (
        "I have an older sister called Maya and a younger brother, Rohan",
        "relationship: Sister is called Maya | relationship: Brother is called Rohan",
    ),
    ("my parents are divorced", "relationship: Parents are divorced"),
    ("my mum's a dentist and my dad drives a cab", "relationship: Mum is a dentist | relationship: Dad drives a cab"),
    ("I've got a twin brother", "relationship: Has a twin brother"),
    ("my sister had a baby girl on Tuesday", "relationship: Sister had a baby girl on Tuesday (7 May 2024)"),
    ("my friend Leo hates cilantro", "relationship: Friend Leo hates cilantro"),
    ("ugh, my landlord raised the rent again", "relationship: Landlord raised the rent again"),
    ("so my sister Freya just got into med school", "relationship: Sister Freya just got into med school"),
    (
        "my in-laws are coming over for dinner on Sunday",
        "relationship: In-laws are coming over for dinner on Sunday (12 May 2024)",
    ),
    ("my ex moved to Canada with the kids", "relationship: Ex moved to Canada with the kids"),
    ("my family's from Goa", "relationship: Family is from Goa"),
    ("dad taught me to fish when I was six", "relationship: Dad taught them to fish when they were six"),
]

#: what happened and what is to come
EVENTS = [
    ("fell off a horse when I was nineteen", "event: Fell off a horse when they were nineteen"),
    ("I quit my job last Friday", "event: Quit their job last Friday (3 May 2024)"),
    ("I got laid off in March", "event: Got laid off in March 2024"),
    ("I'm turning 30 next week", "event: Is turning 30 next week"),
    ("our cat Pickles died yesterday", "event: Cat Pickles died yesterday (7 May 2024)"),
    ("my boyfriend and I broke up", "event: Broke up with their boyfriend"),
    ("I stopped smoking two years ago", "event: Stopped smoking two years ago (2022)"),
    ("I'm flying to Lisbon on Friday", "event: Is flying to Lisbon on Friday (10 May 2024)"),
    ("we're going camping this weekend", "event: Is going camping this weekend (11 May 2024)"),
    ("I have a dentist appointment tomorrow at 3", "event: Has a dentist appointment tomorrow at 3 (9 May 2024)"),
    ("I'm starting a pottery class next week", "event: Is starting a pottery class next week"),
    ("I'm planning to run a marathon in April", "event: Is planning to run a marathon in April 2025"),
    ("my exam is on Monday", "event: Exam is on Monday (13 May 2024)"),
    ("I saw Radiohead live in 2017", "event: Saw Radiohead live in 2017"),
    ("I broke my wrist last summer", "event: Broke their wrist last summer"),
    ("we went to Japan for our honeymoon", "event: Went to Japan for their honeymoon"),
    ("I bought a house!", "event: Bought a house"),
    ("I won a poetry prize when I was twelve", "event: Won a poetry prize when they were twelve"),
    ("I've signed up for a half marathon in October", "event: Has signed up for a half marathon in October 2023"),
    ("we're expecting a baby in June", "event: Is expecting a baby in June 2024"),
    ("I got engaged last night!!", "event: Got engaged last night (7 May 2024)"),
    ("I finished my thesis yesterday", "event: Finished their thesis yesterday (7 May 2024)"),
    ("I failed my maths exam", "event: Failed their maths exam"),
    ("I've just finished reading Middlemarch", "event: Has just finished reading Middlemarch"),
    ("I'm thinking of moving to Berlin", "event: Is thinking of moving to Berlin"),
    ("been to Iceland twice, it's my favourite place on earth", "event: Has been to Iceland twice"),
    ("we lost our dog Bruno last month", "event: Lost their dog Bruno last month (April 2024)"),
    ("I dropped out of uni to become a chef", "event: Dropped out of uni to become a chef"),
    ("gonna visit my cousin in Malta in August", "event: Is going to visit their cousin in Malta in August 2024"),
    ("I learned to drive last year", "event: Learned to drive last year (2023)"),
    ("I grew up speaking Welsh at home", "event: Grew up speaking Welsh at home"),
    ("I named my car Gertrude", "event: Named their car Gertrude"),
    ("my phone died", "event: Phone died"),
    ("I'm moving to Ghent in two weeks", "event: Is moving to Ghent in two weeks (22 May 2024)"),
    ("we're getting a puppy on Saturday!", "event: Is getting a puppy on Saturday (11 May 2024)"),
    ("I finally handed in my notice today", "event: Finally handed in their notice today (8 May 2024)"),
    ("I start my new job on the 3rd", "event: Starts their new job on the 3rd (3 June 2024)"),
    ("I saw a fox this morning", "event: Saw a fox this morning (8 May 2024)"),
]

#: moods
FEELINGS = [
    ("can't sleep", "emotional_state: Can't sleep"),
    ("I'm feeling a bit down today", "emotional_state: Is feeling a bit down today"),
    ("I'm so proud of my son", "emotional_state: Is so proud of their son"),
    ("I've been really anxious about the exam", "emotional_state: Has been really anxious about the exam"),
    ("I miss my dog", "emotional_state: Misses their dog"),
    ("this weather makes me miserable", "emotional_state: This weather makes them miserable"),
    (
        "I'm over the moon, I passed my driving test!",
        "emotional_state: Is over the moon | event: Passed their driving test",
    ),
    ("I think I'm falling in love", "emotional_state: Is falling in love"),
    ("I feel like nobody listens to me", "emotional_state: Feels like nobody listens to them"),
    ("I can't stop thinking about the accident", "emotional_state: Can't stop thinking about the accident"),
    ("I was so embarrassed yesterday", "emotional_state: Was so embarrassed yesterday"),
    ("I'm not angry, just disappointed", "emotional_state: Is not angry, just disappointed"),
    ("can't wait for the weekend", "emotional_state: Can't wait for the weekend"),
    ("I cried at the end of that film", "emotional_state: Cried at the end of that film"),
    ("I feel like giving up", "emotional_state: Feels like giving up"),
    ("I'm so bored", "emotional_state: Is so bored"),
    ("I'm dreading Monday", "emotional_state: Is dreading Monday"),
    ("I'm heartbroken", "emotional_state: Is heartbroken"),
    ("I had a great time in Porto", "emotional_state: Had a great time in Porto"),
]

#: what sets something right
CORRECTIONS = [
    ("Actually I moved to Lyon", "correction: Lives in Lyon"),
    ("I don't drink coffee any more", "correction: Doesn't drink coffee any more"),
    ("my favourite colour used to be green, now it's yellow", "correction: Favourite colour is yellow"),
    ("I don't eat meat any more", "correction: Doesn't eat meat any more"),
    ("actually it's Thursday, not Wednesday", "correction: Thursday, not Wednesday"),
    ("sorry, I meant my aunt, not my cousin", "correction: Their aunt, not their cousin"),
    ("no, I said I'm from Austria, not Australia", "correction: Comes from Austria"),
    ("I live in Rome now, not Milan", "correction: Lives in Rome"),
    ("I don't work at the bank any more", "correction: No longer works at the bank"),
]

#: what moved and where one is
PLACES = [
    ("I moved the sofa to the window", "spatial_change: Moved the sofa to the window"),
    ("we're in the kitchen now", "spatial_change: Is in the kitchen"),
    ("I'm at the airport", "spatial_change: Is at the airport"),
    ("I put the plants on the windowsill", "spatial_change: Put the plants on the windowsill"),
    ("I'm in the garden right now", "spatial_change: Is in the garden"),
    ("sitting in a cafe in Bath", "spatial_change: Is sitting in a cafe in Bath"),
    ("I've moved the bookcase into the hall", "spatial_change: Has moved the bookcase into the hall"),
    ("the keys are on the table now", "spatial_change: The keys are on the table"),
    ("I'm at work", "spatial_change: Is at work"),
    ("I'm in Paris this week", "spatial_change: Is in Paris this week"),
    ("I just got home", "spatial_change: Just got home"),
]

#: answers to the question before
ANSWERS = [
    ("names Dave", "And you are?", "fact: Is called Dave"),
    (
        "Sam. short for Samira",
        "What should I call you?",
        "fact: Is called Sam | fact: Is called Samira",
    ),
    ("two, a boy and a girl", "Do you have kids?", "relationship: Has a son | relationship: Has a daughter"),
    ("yeah, a tortoise called Sheldon", "Any pets?", "fact: Has a tortoise called Sheldon"),
    ("Nope, just plants", "Do you have any pets?", "fact: Just plants (asked: Do you have any pets?)"),
    ("accountant, sadly", "What do you do?", "fact: Works as an accountant"),
    ("Glasgow, but I'm from Cork", "Where do you live?", "fact: Lives in Glasgow | fact: Comes from Cork"),
    ("mostly jazz", "What kind of music do you like?", "preference: Likes jazz"),
    (
        "baking, and long walks",
        "What do you do for fun?",
        "preference: Is baking, and long walks | preference: Likes long walks",
    ),
    ("Dune, probably", "What's your favourite film?", "preference: Favourite film is Dune"),
    ("33", "How old are you?", "fact: Is 33 years old"),
    ("tired and a bit sad", "How are you feeling today?", "emotional_state: Is tired and a bit sad"),
    (
        "with my sister in Cardiff",
        "Where are you spending Christmas?",
        "fact: With their sister in Cardiff (asked: Where are you spending Christmas?)",
    ),
    (
        "Portuguese, at home. English at work",
        "What languages do you speak?",
        "fact: Speaks Portuguese | fact: Speaks English",
    ),
    (
        "my sister Bea, she's a drummer",
        "Who taught you?",
        "relationship: Sister is called Bea",
    ),
    ("a nurse, on the children's ward", "What do you do for a living?", "fact: Works as a nurse"),
    (
        "Waffles, he's a corgi",
        "What's your dog called?",
        "fact: Has a dog called Waffles | fact: Dog Waffles is a corgi",
    ),
    (
        "Jo, she's my twin",
        "Who's your best friend?",
        "relationship: Friend is called Jo | relationship: Friend Jo is their twin",
    ),
    ("purple!", "What's your favorite color?", "preference: Favourite colour is purple"),
    (
        "the violin, since I was five",
        "What instrument do you play?",
        "fact: Likes violin",
    ),
    (
        "not anymore, I'm allergic",
        "Do you still have a cat?",
        "fact: Is allergic",
    ),
    ("it's Femi, like the singer", "And what do I call you?", "fact: Is called Femi"),
    ("still in Bergen, same old flat", "Where are you these days?", "fact: Lives in Bergen"),
    ("I fix boats for a living", "What do you do?", "fact: Fixes boats for a living"),
    (
        "retired now, I was a bus driver for thirty years",
        "What do you do?",
        "fact: Is retired | fact: Was a bus driver for thirty years",
    ),
    ("I'm in insurance, don't fall asleep", "What's your line of work?", "fact: Works in insurance"),
    ("47 next month", "How old are you?", "event: 47 next month (asked: How old are you?) (June 2024)"),
    (
        "three sisters, no brothers, one bathroom",
        "Do you have siblings?",
        "relationship: Three sisters, no brothers, one bathroom (asked: Do you have siblings?)",
    ),
    (
        "just my mum and me",
        "Who do you live with?",
        "relationship: Just their mum and them (asked: Who do you live with?)",
    ),
    ("she's a chef, works insane hours", "What does your wife do?", "relationship: Wife is a chef, works insane hours"),
    (
        "Mabel, she's 14 and mostly asleep",
        "What's your cat called?",
        "fact: Has a cat called Mabel",
    ),
    ("two goats, don't ask", "Any animals?", "fact: Two goats, don't ask"),
    (
        "gardening, mostly tomatoes",
        "What do you do to unwind?",
        "preference: Is gardening, mostly tomatoes | preference: Likes tomatoes",
    ),
    ("olives. the devil's grapes", "Is there any food you hate?", "preference: Dislikes olives"),
    ("coffee, black, no sugar", "What can I get you?", "fact: Coffee, black, no sugar (asked: What can I get you?)"),
    ("shellfish, badly", "Any allergies?", "fact: Is allergic to shellfish"),
    ("a bit homesick to be honest", "How are you settling in?", "emotional_state: Is a bit homesick"),
    ("French and a bit of Catalan", "What languages do you speak?", "fact: Speaks French | fact: Speaks Catalan"),
]

#: everyday talk of every kind
TALK = [
    ("I do night shifts at the hospital so I'm nocturnal basically", "fact: Works at the hospital"),
    (
        "my little boy Otis started walking yesterday!!",
        "relationship: Little boy Otis started walking yesterday (7 May 2024)",
    ),
    ("grandad's 88 and still cycles to the shop", "relationship: Grandad is 88 and still cycles to the shop"),
    ("my cousin Hana is staying with me this week", "relationship: Cousin Hana is staying with them this week"),
    ("our hamster escaped again", "fact: Hamster escaped again"),
    ("I keep bees", "fact: Keeps bees"),
    ("I'm really getting into sourdough", "preference: Is into sourdough"),
    ("I don't really drink", "fact: Doesn't drink"),
    ("I'm coeliac so no bread", "fact: Is coeliac so no bread"),
    ("I've got asthma but it's under control", "fact: Has asthma"),
    ("did my ankle in at five-a-side", "event: Did their ankle in at five-a-side"),
    ("we're off to Crete on the 14th", "event: Is off to Crete on the 14th (14 May 2024)"),
    ("interview went really well!", "event: Interview went really well"),
    ("handed in my dissertation, I'm free!!", "event: Handed in their dissertation"),
    ("passed my theory test this morning", "event: Passed their theory test this morning (8 May 2024)"),
    ("I'm seeing the dentist on Thursday", "event: Is seeing the dentist on Thursday (9 May 2024)"),
    ("we move house in three weeks", "event: Moves house in three weeks (29 May 2024)"),
    ("thinking of going back to college", "event: Is thinking of going back to college"),
    ("absolutely gutted, we lost the final", "emotional_state: Is gutted | event: Lost the final"),
    ("just popped out to the balcony for some air", "spatial_change: Just popped out to the balcony for some air"),
    ("I'm on the bus", "spatial_change: Is on the bus"),
    ("stuck in traffic on the M6", "spatial_change: Is stuck in traffic on the M6"),
    ("I've put the lamp next to the bed", "spatial_change: Has put the lamp next to the bed"),
    ("I said Wednesday, not Tuesday", "correction: Wednesday, not Tuesday"),
    ("I don't live with my parents any more", "correction: Doesn't live with their parents any more"),
    ("trying to learn Japanese with an app", "fact: Is trying to learn Japanese with an app"),
]

#: questions, hypotheses, jokes, tales, others' words, small talk: nothing to remember
#: fragments, dropped subjects and cues
SPOKEN = [
    ("been on the lorries 22 years", "fact: Has been on the lorries 22 years"),
    (
        "I pay the bills by driving a tram in Melbourne",
        "fact: Pays the bills by driving a tram in Melbourne | fact: Lives in Melbourne",
    ),
    ("i'm a joiner by trade", "fact: Works as a joiner"),
    ("I run a launderette", "fact: Runs a launderette"),
    ("freelance illustrator, mostly kids books", "fact: Works as a freelance illustrator"),
    ("I'm in the navy", "fact: Is in the navy"),
    ("been in Leeds six years", "fact: Has been in Leeds six years"),
    ("living in cardiff with my nan", "fact: Lives in Cardiff | fact: Has a nan"),
    ("mum's side is Polish", "relationship: Mum's side is Polish"),
    ("our lad's called Ben", "relationship: Son is called Ben"),
    ("Priya's been my best mate since reception", "relationship: Priya's been their best mate since reception"),
    (
        "two stepsons, Idris and Gethin",
        "relationship: Stepson is called Idris | relationship: Stepson is called Gethin",
    ),
    ("there's three cats in this house", "fact: There's three cats in this house"),
    ("shellfish brings me out in hives", "fact: Is allergic to shellfish"),
    ("can't abide coriander by the way", "preference: Can't abide coriander"),
    ("football's my life", "preference: Likes football"),
    ("huge Star Trek nerd", "preference: Likes Star Trek"),
    ("fav colour purple", "preference: Favourite colour is purple"),
    ("day off tomorrow", "event: Day off tomorrow (9 May 2024)"),
    ("did 30k on sunday", "event: Did 30k on sunday (5 May 2024)"),
    ("proper knackered", "emotional_state: Proper knackered"),
    ("zookeeper at Chester Zoo lol", "fact: Works as a zookeeper | fact: Works at Chester Zoo"),
]

NOTHING = [
    "She is nice",
    "If it rains I'll stay home",
    "Unless I die first I'm going to Rome",
    "Suppose I lived in Rome",
    "My brother said he lives in Rome",
    "She told me that I'm lazy",
    '"I live in Rome," said the man',
    "“My name is Bob”, he said",
    'My boss said "I hate mornings"',
    "people love pizza",
    "Everyone has a favourite song",
    "Cats are liquid",
    "Is my name Alice?",
    "Do I live in Rome?",
    "I live in Lyon, right?",
    "Where do I live?",
    "What's my sister called?",
    "In the story, my name is Bob",
    "Let's pretend I'm a pirate and my name is Jack",
    "Imagine I live in Rome. My name is Bob.",
    "I live on the moon. Just kidding!",
    "I'm from Mars lol",
    "I'm basically a potato",
    "Translate: I live in Rome",
    "Repeat after me: I love cheese",
    "It's not true that I live in Rome",
    "I don't think I live in Rome",
    "Bob: my name is Bob",
    "I dreamed that I lived on Mars",
    "*draws sword* I am the king of Norway",
    "your sister lives in Oslo",
    "you're so funny",
    "what a lovely day",
    "thank you so much",
    "ok",
    "haha",
    "I see",
    "I know",
    "I don't know",
    "I'm fine",
    "I'm here",
    "I'm ready",
    "I agree with you",
    "I'd like a coffee",
    "I'm sorry",
    "that's great",
    "good night",
    "I hope so",
    "I guess",
    "one moment please",
    "turn on the lights",
    "call me later",
    "tell me a joke",
    "how was your day?",
    "I want to see you",
    "I need help",
    "I was wondering",
    "I'm just asking",
    "it's raining",
    "this is fun",
    "if I were rich I'd travel the world",
    "do you like dogs?",
    "would you say I'm funny?",
    "people in my town are friendly",
    "they say money can't buy happiness",
    "my neighbour says he's a spy",
    "I could eat a horse",
    "I'm basically a vampire at this point",
    "pretend I'm a pirate called Jack",
    '"I am the walrus" is a weird line',
    "in the game I'm a level 40 wizard named Zog",
    "I wish I had a dog",
    "maybe I'll move to Spain one day",
    "I might have a cold",
    "just kidding",
    "thanks, that's helpful",
    "I love that!",
    "I love you",
    "my doctor told me to walk more",
    "my teacher thinks I'm lazy",
    "the movie was about a man who lives on Mars",
    "I read that dolphins sleep with one eye open",
    "everyone loves a good pie",
    "my character is an elf who lives in a tree",
    "sarcastic me: oh yes I LOVE doing taxes",
    "I'm going to kill my brother",
    "I'd kill for a coffee",
    "let's say I'm rich, what would you do",
    "what if I was a bird",
    "tell me a story about a girl called Anna who lives in Oslo",
    "my favourite",
    "can you turn on the lights",
    "open the door please",
    "I forgot my umbrella",
    "it's raining here",
    "the kids are asleep finally",
    "my therapist says I should journal",
    "I'm good thanks, you?",
    "I'm happy for you",
    "I'm sorry to hear that",
    "I have no idea",
    "I have a question",
    "I have a feeling you're right",
    "I got it",
    "I went to bed early",
    "I had pasta for lunch",
    "I bought milk",
    "if I win the lottery I'm buying you a castle",
    "my mate reckons he saw a ghost",
    "the guy next door plays drums at midnight",
    "who doesn't love chips",
    "she said she loves me",
    "imagine if dogs could talk",
    "I'm the Queen of England obviously",
    "pineapple on pizza is a crime",
    "my uncle always says never trust a goose",
    "what would you do if I told you I was a spy?",
    "if you were a fruit what would you be",
]

TOLD = [*FACTS, *TASTES, *PEOPLE, *EVENTS, *FEELINGS, *CORRECTIONS, *PLACES, *TALK, *SPOKEN]

#: core facts: "-" no longer so, "!" in place of what was known
CORE_FACTS = [
    ("my name is Alice", "name=Alice!"),
    ("I live in Lyon", "location=Lyon!"),
    ("I've lived in Lyon since 2019", "location=Lyon!"),
    ("I'm from Ghent", "origin=Ghent!"),
    ("I'm a nurse", "occupation=nurse!"),
    ("I'm a data analyst for Oxfam", "occupation=data analyst! employer=Oxfam!"),
    ("I work nights at a bakery", "occupation=at a bakery!"),
    ("I start as a radiographer on Monday", "occupation=radiographer!"),
    ("I've been at the tax office since 2014", "employer=the tax office!"),
    ("I'm 34", "age=34!"),
    ("my birthday is on 5 May", "birthday=5 May!"),
    ("I love jazz and old films", "interests=jazz interests=old films"),
    ("I hate olives", "dislikes=olives"),
    ("I'm not into football", "dislikes=football"),
    ("I've gone off coffee", "dislikes=coffee"),
    ("my favorite color is teal", "favourite colour=teal!"),
    ("I'm lactose intolerant", "allergies=lactose"),
    ("my partner wants a cat but I'm allergic", "family=partner allergies=cats"),
    ("I speak Polish and German, and English when I must", "languages=Polish languages=German languages=English"),
    ("my sister Anna is a nurse", "family=sister Anna"),
    ("my husband is called Tom", "family=husband Tom"),
    ("I have three brothers", "family=three brothers"),
    ("my dog Rex is a beagle", "pets=dog Rex"),
    ("I've got Tuppence, she's a whippet", "pets=dog Tuppence"),
    ("I don't live in Rome any more, I live in Milan", "location=Rome- location=Milan!"),
    ("I no longer work as a nurse", "occupation=nurse-"),
    ("I don't have a dog", "pets=dog-"),
    ("My mother is from Spain", "family=mother"),
    ("my friend Leo is 34", ""),
]


def read(text: str, before: str = "", **known: object) -> Extraction:
    exchange = Exchange(text=text, before=before, at=AT, **known)  # type: ignore[arg-type]
    return EmbeddedExtractor().extract(exchange)


def memories(found: Extraction) -> str:
    return " | ".join(f"{memory.memory_type}: {memory.content}" for memory in found.memories)


def core_facts(found: Extraction) -> str:
    facts = [memory.fact for memory in found.memories if memory.fact]
    return " ".join(f"{fact.key}={fact.value}{'-' * fact.negated}{'!' * fact.replaces}" for fact in facts)


@pytest.mark.parametrize(("text", "expected"), TOLD, ids=[text[:50] for text, _ in TOLD])
def test_what_is_told_is_remembered(text: str, expected: str) -> None:
    assert memories(read(text)) == expected


@pytest.mark.parametrize(("text", "before", "expected"), ANSWERS, ids=[text[:50] for text, _, _ in ANSWERS])
def test_a_short_answer_is_read_by_its_question(text: str, before: str, expected: str) -> None:
    assert memories(read(text, before)) == expected


@pytest.mark.parametrize("text", NOTHING, ids=[ascii(text)[:50] for text in NOTHING])
def test_nothing_is_made_up(text: str) -> None:
    assert memories(read(text)) == ""


def test_the_tables_are_as_long_as_they_should_be() -> None:
    assert len(TOLD) >= 150
    assert len(NOTHING) >= 100


@pytest.mark.parametrize(("text", "expected"), CORE_FACTS, ids=[text for text, _ in CORE_FACTS])
def test_core_facts(text: str, expected: str) -> None:
    assert core_facts(read(text)) == expected


def test_what_is_known_makes_news_a_correction_of_it() -> None:
    (memory,) = read("Actually I moved to Lyon", facts={"location": ["Leeds"]}).memories
    assert memory.memory_type == "correction"
    assert memory.supersedes == ("Leeds",)
    assert memory.fact == FactChange("location", "Lyon", replaces=True)


def test_news_without_a_word_of_correction_is_a_fact_that_supersedes() -> None:
    (memory,) = read("I live in Lyon", facts={"location": ["Leeds"]}).memories
    assert (memory.memory_type, memory.supersedes) == ("fact", ("Leeds",))


def test_a_misheard_name_is_set_right_wherever_it_is_known() -> None:
    (memory,) = read("No, it's Anna, not Anne", facts={"family": ["sister Anne"]}).memories
    assert memory.memory_type == "correction"
    assert memory.content == "Sister is called Anna"
    assert memory.fact == FactChange("family", "sister Anna")
    assert memory.supersedes == ("sister Anne",)


def test_ones_own_name_is_set_right_after_a_greeting() -> None:
    (memory,) = read("it's Katarzyna actually", "Good evening, Catherine!").memories
    assert (memory.memory_type, memory.content) == ("correction", "Is called Katarzyna")
    assert memory.supersedes == ("Catherine",)


def test_a_day_is_set_right_in_what_the_character_said() -> None:
    (memory,) = read("Tuesday actually, they moved it", "Your sailing course starts on Monday, aye?").memories
    assert memory.memory_type == "correction"
    assert "ailing course starts on Tuesday" in memory.content
    assert memory.supersedes == ("Monday",)


def test_the_end_of_a_habit_names_what_it_ends() -> None:
    (memory,) = read("I don't drink coffee any more").memories
    assert memory.supersedes == ("drink coffee",)


def test_somebody_known_is_recognised_by_name() -> None:
    (memory,) = read("Udon had to go to the vet on Friday", facts={"pets": ["cat Udon"]}).memories
    assert memory.content == "Cat Udon had to go to the vet on Friday (3 May 2024)"
    assert memory.fact is None


def test_he_and_she_are_the_ones_last_spoken_of() -> None:
    found = read("My sister Anna came over. She works at Airbus in Toulouse.")
    assert "relationship: Sister Anna works at Airbus in Toulouse" in memories(found)
    assert ("Anna", "works at", "Airbus") in {(r.source, r.kind, r.target) for r in found.relations}


def test_entities_and_relations() -> None:
    found = read("I live in Lyon with my husband Tom and our two cats, Misu and Momo")
    entities = {entity.name: (entity.kind, entity.role) for entity in found.entities}
    assert entities == {
        "Lyon": ("place", None),
        "Tom": ("person", "husband"),
        "Misu": ("animal", "cat"),
        "Momo": ("animal", "cat"),
    }
    assert {(r.source, r.kind, r.target) for r in found.relations} == {
        ("user", "lives in", "Lyon"),
        ("user", "husband", "Tom"),
        ("user", "pet", "Misu"),
        ("user", "pet", "Momo"),
        ("Misu", "is a", "cat"),
        ("Momo", "is a", "cat"),
    }


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("I ran a marathon yesterday", "2024-05-07"),
        ("I have an exam tomorrow", "2024-05-09"),
        ("I have an exam the day after tomorrow", "2024-05-10"),
        ("my interview is on Tuesday", "2024-05-14"),
        ("I flew to Rome last Tuesday", "2024-05-07"),
        ("I'm flying to Japan next month", "2024-06"),
        ("we went to Rome in March", "2024-03"),
        ("we went to Rome in June", "2023-06"),
        ("I'm going to Rome in March", "2025-03"),
        ("I'm flying to Rome on 3 June", "2024-06-03"),
        ("I broke my leg three weeks ago", "2024-04-17"),
        ("I graduated in 2016", "2016"),
        ("I'm moving to Ghent in two weeks", "2024-05-22"),
        ("I flew to Rome on 31 February", None),
    ],
)
def test_words_of_time_are_resolved(text: str, date: str | None) -> None:
    dates = [entity.name for entity in read(text).entities if entity.kind == "date"]
    assert dates == ([date] if date else [])


def test_without_a_clock_no_date_is_made_up() -> None:
    found = EmbeddedExtractor().extract(Exchange(text="I ran a marathon yesterday"))
    assert [memory.content for memory in found.memories] == ["Ran a marathon yesterday"]
    assert not [entity for entity in found.entities if entity.kind == "date"]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("I grew up by the sea.", "Grew up by the sea"),
        ("No, just me. I was an only child, if you can call it that.", "Was an only child"),
        ("My favourite flower is the iris. What's yours?", "Favourite flower is the iris"),
        ("I rode one once, briefly.", "Rode one once, briefly"),
        ("I love that! Tell me more.", ""),
        ("Gladly. The key had turned into a coin. The traveller took it home.", ""),
        ("I'm glad to hear it. I remember you like jazz.", ""),
        ("I can help you with that. I think you should rest.", ""),
        ("You live in Lyon, and your sister is called Anna.", ""),
        ("Do I like jazz? Who knows!", ""),
    ],
)
def test_what_the_character_says_of_itself(reply: str, expected: str) -> None:
    found = EmbeddedExtractor().extract(Exchange(text="ok", reply=reply))
    assert " | ".join(memory.content for memory in found.memories) == expected
    assert all(memory.memory_type == "character_self" and memory.fact is None for memory in found.memories)


def test_quotes_are_to_the_letter() -> None:
    text = "Hi!  Well,\n I’m Priya — and I LOVE “jazz”, honestly. My  sister Bo lives in Oslo…"
    for memory in read(text).memories:
        assert memory.quote
        assert memory.quote in text


def test_topics_are_concepts() -> None:
    topics = {
        memory.content: memory.topic for memory in read("I live in Lyon. I play the piano. My dog Rex is old.").memories
    }
    assert topics == {"Lives in Lyon": "home", "Plays the piano": "instrument", "Has a dog called Rex": "pet"}


@pytest.mark.parametrize("before", ["", "Hello! How are you?", "I remember: you live in Lyon.", "Where do you live?"])
@pytest.mark.parametrize(
    ("text", "key", "reply"),
    [
        ("I live in Paris.", "location", "So you live in Paris. Good to know! What should I call you?"),
        ("Actually, I moved to Paris.", "location", "Thanks for putting me right: you live in Paris."),
        ("I'm from Spain.", "origin", "I'll remember that you come from Spain."),
        ("My name is Anna.", "name", "Nice to meet you, Anna!"),
        ("I'm 25.", "age", "So you are 25 years old."),
        ("I'm a doctor.", "occupation", "A doctor! I'll remember."),
        ("I love pizza.", "interests", "So you like pizza. I'll remember."),
        ("I hate olives.", "dislikes", "So no olives."),
        ("I'm allergic to nuts.", "allergies", "I'll keep that in mind."),
        ("I have a dog called Rex.", "pets", "How lovely: your dog is called Rex!"),
    ],
)
def test_what_is_said_plainly_is_understood_whatever_was_said_before(
    text: str, key: str, reply: str, before: str
) -> None:
    told = EmbeddedExtractor().extract(Exchange(text=text, reply=reply, before=before, facts={"location": ("Lyon",)}))
    assert key in {memory.fact.key for memory in told.memories if memory.fact}


def test_the_same_words_give_the_same_memories() -> None:
    texts = [text for text, _ in TOLD[::5]]
    assert [read(text) for text in texts] == [read(text) for text in texts]


_TALK = """
    I i I'm I’m My my our name is was live lives in Lyon love hate don't not no to and but because since when ,
    . ? ! " ' : ; - — ( ) if really also a the dog cat Rex Anna called sister mother's favourite food work as at
    for nurse 34 years old call me longer any more speak French had got went been have 've tomorrow yesterday on
    Monday so happy about she he it it's actually sorry moved sofa kitchen born ing gave up said * lol
"""
_WORDS = st.sampled_from(_TALK.split())


@given(st.lists(_WORDS, max_size=80).map(" ".join), st.lists(_WORDS, max_size=20).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_any_words_in_any_order_are_read(text: str, before: str) -> None:
    check(read(text, before + "?", reply=before))


@given(st.text(max_size=300), st.text(max_size=100))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read(text: str, before: str) -> None:
    check(read(text, before + "?", reply=before, facts={"family": [before], "name": [text[:5]]}))


def check(found: Extraction) -> None:
    contents = [memory.content.casefold() for memory in found.memories]
    assert len(set(contents)) == len(contents)
    for memory in found.memories:
        assert memory.memory_type in MEMORY_TYPES
        assert 0 < memory.confidence <= 1
        assert memory.content.strip() == memory.content
        assert 0 < len(memory.content) < 400
        assert memory.fact is None or (memory.fact.key and memory.fact.value)


@given(
    st.text(min_size=1, max_size=12) | st.lists(_WORDS, min_size=1, max_size=6).map(lambda words: " ".join(words) + " ")
)
@settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_ten_thousand_characters_do_not_take_long(seed: str) -> None:
    text = (seed * 10_000)[:10_000]
    assert any(seconds(text) < 4 for _ in range(3))  # about 0.1 on an idle machine; a quadratic pattern takes a minute


def seconds(text: str) -> float:
    started = time.perf_counter()
    EmbeddedExtractor().extract(Exchange(text=text))
    return time.perf_counter() - started


def test_an_ordinary_utterance_takes_milliseconds() -> None:
    texts = NOTHING[:50]
    started = time.perf_counter()
    for text in texts:
        read(text)
    assert (time.perf_counter() - started) / len(texts) < 0.25  # about 0.01 where the machine is idle


def test_it_says_who_it_is() -> None:
    assert EmbeddedExtractor().name == "embedded rules"
