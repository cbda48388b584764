"""What is read as a fact about the user, and what must not be."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estuary.gateway.engines.facts import Fact, extract_facts, merge_facts

TOLD = [
    # name
    ("my name is Alice", "name=Alice"),
    ("Hello, my name is Alice.", "name=Alice"),
    ("MY NAME IS ALICE", "name=Alice"),
    ("my name is alice", "name=Alice"),
    ("my name is alice by the way", "name=Alice"),
    ("my name is alice cooper", "name=Alice Cooper"),
    ("My name's O'Brien", "name=O'Brien"),
    ("my name is Jean-Luc de la Fontaine", "name=Jean-Luc de la Fontaine"),
    ("I'm Alice", "name=Alice"),
    ("I’m Alice!", "name=Alice"),
    ("im bob", "name=Bob"),
    ("hi maya i'm tom", "name=Tom"),
    ("Hello Maya! I'm Dr. Alice Smith.", "name=Dr Alice Smith"),
    ("I'm Sam, nice to meet you", "name=Sam"),
    ("I'm AJ", "name=AJ"),
    ("I am called Zoë", "name=Zoë"),
    ("call me Al", "name=Al"),
    ("You can call me Al", "name=Al"),
    ("People call me Jo", "name=Jo"),
    ('My name is "Al"', "name=Al"),
    ("my name is 李明", "name=李明"),
    ("my name is Алиса", "name=Алиса"),
    ("I'm María José", "name=María José"),
    ("Who am I? I'm Alice.", "name=Alice"),
    ("My name is Alice, what's yours?", "name=Alice"),
    ("Remember that my name is Alice", "name=Alice"),
    ("actually, my name is Bob", "name=Bob"),
    ("My name isn't Bob, it's Alice", "-name=Bob name=Alice"),
    ("Don't call me Al", "-name=Al"),
    # where
    ("I live in Lyon", "home=Lyon"),
    ("i live in new york", "home=New York"),
    ("We live in Lyon, France", "home=Lyon, France"),
    ("I live in São Paulo, Brazil, with two cats", "home=São Paulo, Brazil"),
    ("I live with my parents in Leeds", "home=Leeds"),
    ("My wife and I live in Lyon", "home=Lyon"),
    ("I live in the Netherlands", "home=the Netherlands"),
    ("I live in a small village near Lyon", "home=a small village near Lyon"),
    ("I live near Lyon", "home=near Lyon"),
    ("Actually I live in Rome now.", "home=Rome"),
    ("I moved to Paris last week", "home=Paris"),
    ("I've just moved to Paris", "home=Paris"),
    ("I moved to Paris in 2019 but moved back to Rome", "home=Paris home=Rome"),
    ("I don't live in Rome any more, I live in Milan", "-home=Rome home=Milan"),
    ("I no longer live in Rome", "-home=Rome"),
    ("I'm from Lyon", "origin=Lyon"),
    ("I come from Spain but live in Rome", "origin=Spain home=Rome"),
    ("I was born in Madrid in 1990", "origin=Madrid"),
    # work
    ("I work as a nurse", "job=nurse"),
    ("I'm a software engineer", "job=software engineer"),
    ("I'm an engineer at Airbus in Toulouse", "job=engineer employer=Airbus"),
    ("I'm a retired teacher from Ohio", "job=retired teacher origin=Ohio"),
    ("I'm a professor of physics", "job=professor of physics"),
    ("I work at Airbus", "employer=Airbus"),
    ("I work for a small bakery", "employer=a small bakery"),
    ("I work in marketing", "job=in marketing"),
    ("I'm retired", "job=retired"),
    ("I'm not a doctor", "-job=doctor"),
    ("I no longer work as a nurse", "-job=nurse"),
    # age and birthday
    ("I'm 34", "age=34"),
    ("I'm thirty-four years old", "age=34"),
    ("I am twenty five", "age=25"),
    ("I turned 40 last week", "age=40"),
    ("My birthday is on May 5th", "birthday=5 May"),
    ("My birthday is the 3rd of June", "birthday=3 June"),
    ("I was born on 5 May 1990", "birthday=5 May 1990"),
    ("my birthday is 1990-05-04", "birthday=4 May 1990"),
    # likes and dislikes
    ("I love jazz and old films", "likes=jazz likes=old films"),
    ("I love jazz, blues and rock and roll", "likes=jazz likes=blues likes=rock and roll"),
    ("I like cooking and to swim", "likes=cooking likes=swimming"),
    ("I'm a huge fan of Star Wars", "likes=Star Wars"),
    ("I prefer tea to coffee", "likes=tea"),
    ("I really also love the sea", "likes=the sea"),
    ("I like tea, please turn on the lights", "likes=tea"),
    ("I like tea and turn on the lights", "likes=tea"),
    ("I love jazz and hate opera", "likes=jazz dislikes=opera"),
    ("I hate olives", "dislikes=olives"),
    ("I don't like rain", "dislikes=rain"),
    ("I dont really like spicy food or crowds", "dislikes=spicy food dislikes=crowds"),
    ("I'm not a fan of crowds", "dislikes=crowds"),
    ("I don't like olives any more", "-likes=olives"),
    ("I no longer like jazz", "-likes=jazz"),
    ("I don't hate olives", "-dislikes=olives"),
    ("my favourite food is ramen", "favourite food=ramen"),
    ("My favorite colors are blue and green", "favourite colour=blue and green"),
    ("Blue is my favourite colour.", "favourite colour=Blue"),
    ("My favourite food isn't ramen, it's pizza", "-favourite food=ramen favourite food=pizza"),
    ("I'm allergic to peanuts", "allergies=peanuts"),
    # others around the user
    ("my dog Rex is lovely", "pets=dog Rex"),
    ("my dog Rex died yesterday", "-pets=dog Rex"),
    ("my sister Anna died in May", ""),
    ("my dog is called rex", "pets=dog Rex"),
    ("I have a cat called Misu", "pets=cat Misu"),
    ("I have two dogs, Rex and Bella.", "pets=dog Rex pets=dog Bella"),
    ("I have a dog and two cats", "pets=dog pets=two cats"),
    ("I don't have a dog", "-pets=dog"),
    ("My sister Anna lives in Oslo", "family=sister Anna"),
    ("My wife's name is Anna", "family=wife Anna"),
    ("I speak French and a little German", "languages=French languages=German"),
    ("I don't speak Spanish", "-languages=Spanish"),
    # several at once
    ("I'm Alice and I'm from Lyon", "name=Alice origin=Lyon"),
    ("I live in Lyon and work as a nurse and I love tea", "home=Lyon job=nurse likes=tea"),
    ("My name is Alice. I live in Lyon! I love jazz.", "name=Alice home=Lyon likes=jazz"),
    ("As I told you, I live in Rome", "home=Rome"),
    ("A few things about me: I'm 34, I hate olives", "age=34 dislikes=olives"),
]

NOT_TOLD = [
    # no name
    "I'm tired",
    "I'm Hungry",
    "I'M FINE",
    "I'm Canadian",
    "I'm Catholic",
    "I'm Going to the shop",
    "I'm Alice's brother",
    "I'm Your Father",
    "I'm in Rome",
    "My name is not important",
    "My name is hard to pronounce",
    "My name is on the list",
    "My name was Bob before I married",
    "My name might be Bob",
    "Call me later",
    "Call me tomorrow at 5",
    "Call me a taxi",
    "Don't call me stupid",
    "Your name is Maya",
    # no home
    "I live in fear",
    "I live in a dream",
    "I live here",
    "I live on pizza",
    "I lived in Rome for years",
    "I will live in Rome",
    "I want to live in Rome",
    "I want to move and live in Rome",
    "I'd love to live in Rome",
    "I'm from the future",
    "I moved to the couch",
    "I'm moving to Paris",
    # no job, no age
    "I'm a vegetarian",
    "I'm a mother of two",
    "I'm a bit tired",
    "I'm a doctor's daughter",
    "I want to be a nurse",
    "My job is boring",
    "I work hard",
    "I work from home",
    "I'm 34 minutes late",
    "I'm 6 feet tall",
    "I'm 100% sure",
    "I'm 200 years old",
    "I was born in 1990",
    "My birthday is tomorrow",
    # no taste
    "I love you",
    "I love it when you sing",
    "I like my job",
    "I love that song",
    "I'd like a coffee",
    "I like to think so",
    "I don't like it",
    "I never liked olives",
    "I hate to say this",
    "This is my favourite food",
    "My favourite part is the end",
    "I have a cold",
    "I have a cat allergy",
    "My dog ate my homework",
    "I speak softly",
    # questions
    "Do I live in Rome?",
    "I live in Rome?",
    "I live in Lyon, right?",
    "I live in Lyon, don't I?",
    "What is my favourite food?",
    "Is my name Alice?",
    "Do you think my name is Bob, or I'm Alice?",
    # hypotheses
    "if I lived in Rome I would be happy",
    "If my name is Bob, I live in Rome",
    "I wish I lived in Rome",
    "Maybe I live in Rome",
    "What if I live in Rome?",
    "When I grow up, I'm a doctor",
    "I live in Rome if you say so",
    # others' lives and words
    "my sister lives in Oslo",
    "My brother loves jazz",
    "My mother works as a nurse",
    "My sister's favourite food is ramen",
    "My friend says I live in Rome",
    "She said that I live in Rome",
    'She said "I live in Rome"',
    "“My name is Bob”, said the man.",
    "He said: I live in Rome",
    "Bob: my name is Bob",
    "It's not true that I live in Rome",
    "I don't think I live in Rome",
    # tales and jokes
    "In the story, my name is Bob",
    "Let's pretend I'm a pirate and my name is Jack",
    "Imagine I live in Rome. My name is Bob.",
    "I live on the moon. Just kidding!",
    "I live in Atlantis. Not!",
    "I'm from Mars lol",
    # things to say
    "Say exactly: my name is Bob",
    "repeat after me: I live in Rome",
    "Translate: I live in Rome",
    "How do you say my name is Bob in French?",
    # nothing at all
    "",
    "   \n\t ",
    "🙂🙂🙂",
    "שלום, שמי אליס",
    "\x00\x01\ufffc\u202e",
]


def told(text: str, answering: str = "") -> str:
    return " ".join(f"{'-' * fact.negated}{fact.key}={fact.value}" for fact in extract_facts(text, answering))


@pytest.mark.parametrize(("text", "facts"), TOLD, ids=[text for text, _ in TOLD])
def test_a_fact_is_read(text: str, facts: str) -> None:
    assert told(text) == facts


@pytest.mark.parametrize("text", NOT_TOLD, ids=[ascii(text)[:50] for text in NOT_TOLD])
def test_no_fact_is_made_up(text: str) -> None:
    assert told(text) == ""


def test_the_tables_are_as_long_as_they_should_be() -> None:
    assert len(TOLD) >= 80
    assert len(NOT_TOLD) >= 80


@pytest.mark.parametrize(
    ("asked", "text", "facts"),
    [
        ("What should I call you?", "Alice", "name=Alice"),
        ("Hi! What's your name?", "it's alice", "name=Alice"),
        ("Nice. Where do you live?", "Lyon", "home=Lyon"),
        ("Where do you live?", "in Lyon", "home=Lyon"),
        ("What do you do for a living?", "a nurse", "job=nurse"),
        ("What's your name?", "why?", ""),
        ("What's your name?", "no", ""),
        ("What's your name?", "I don't want to tell you that", ""),
        ("How are you?", "Alice", ""),
        ("What's your name? I'm Maya. How are you?", "Fine", ""),
    ],
)
def test_a_bare_answer_is_read_by_the_question_it_answers(asked: str, text: str, facts: str) -> None:
    assert told(text, asked) == facts


def test_one_can_have_one_home_and_like_many_things() -> None:
    facts = merge_facts({}, extract_facts("I live in Lyon. I love jazz."))
    facts = merge_facts(facts, extract_facts("I moved to Paris. I love tea."))
    assert facts == {"home": ["Paris"], "likes": ["jazz", "tea"]}


def test_a_correction_supersedes() -> None:
    facts = merge_facts({"name": ["Alice"]}, extract_facts("actually, my name is Bob"))
    assert facts == {"name": ["Bob"]}


def test_a_nickname_is_added_to_the_name() -> None:
    facts = merge_facts({}, extract_facts("My name is Alice but call me Al"))
    assert facts == {"name": ["Alice", "Al"]}


def test_what_is_no_longer_liked_is_forgotten() -> None:
    assert merge_facts({"likes": ["Olives", "tea"]}, extract_facts("I don't like olives any more")) == {
        "likes": ["tea"]
    }


def test_tastes_move_from_one_list_to_the_other() -> None:
    facts = merge_facts({"likes": ["olives"]}, extract_facts("I hate olives"))
    assert facts == {"dislikes": ["olives"]}
    assert merge_facts(facts, extract_facts("I love olives")) == {"likes": ["olives"]}


def test_a_pets_name_completes_it() -> None:
    facts = merge_facts({}, extract_facts("I have a dog"))
    facts = merge_facts(facts, extract_facts("My dog Rex is asleep"))
    assert facts == {"pets": ["dog Rex"]}
    assert merge_facts(facts, extract_facts("I have a dog")) == {"pets": ["dog Rex"]}


def test_merging_leaves_its_input_alone_and_twice_is_once() -> None:
    before = {"likes": ["jazz"]}
    new = extract_facts("I love tea. My name is Alice.")
    once = merge_facts(before, new)
    assert before == {"likes": ["jazz"]}
    assert merge_facts(once, new) == once
    assert merge_facts(before, []) == before


def test_a_fact_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Fact("name", "Alice").value = "Bob"  # type: ignore[misc]


_WORDS = st.sampled_from(
    [
        "I",
        "i",
        "I'm",
        "I’m",
        "my",
        "My",
        "name",
        "is",
        "live",
        "in",
        "Lyon",
        "love",
        "like",
        "hate",
        "don't",
        "not",
        "to",
        "and",
        ",",
        ".",
        "?",
        "!",
        '"',
        "'",
        ":",
        ";",
        "-",
        "—",
        "if",
        "but",
        "really",
        "also",
        "a",
        "the",
        "dog",
        "Rex",
        "called",
        "favourite",
        "food",
        "work",
        "as",
        "at",
        "for",
        "nurse",
        "34",
        "years",
        "old",
        "call",
        "me",
        "Alice",
        "said",
        "no",
        "longer",
        "any",
        "more",
        "\n",
        "speak",
        "French",
    ]
)


@given(st.lists(_WORDS, max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_words_in_any_order_are_read_without_failing(words: list[str]) -> None:
    text = " ".join(words)
    facts = extract_facts(text)
    assert merge_facts(merge_facts({}, facts), facts) == merge_facts({}, facts) or any(fact.negated for fact in facts)
    for fact in facts:
        assert fact.value
        assert fact.value == fact.value.strip()
        assert len(fact.value) <= 300


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_without_failing(text: str) -> None:
    for fact in extract_facts(text, text):
        assert fact.value


@given(st.text(min_size=1, max_size=12) | st.lists(_WORDS, min_size=1, max_size=5).map(" ".join))
@settings(max_examples=40, deadline=None)
def test_ten_thousand_characters_take_milliseconds(seed: str) -> None:
    text = (seed * 10_000)[:10_000]
    best = min(_seconds(text) for _ in range(3))
    assert best < 0.25  # about 0.02 where the machine is idle; a quadratic pattern takes seconds


def _seconds(text: str) -> float:
    start = time.perf_counter()
    extract_facts(text)
    return time.perf_counter() - start


@pytest.mark.parametrize("text", ["Hello", "hi!", "good morning", "Yes", "why?", "no", "thanks", "whatever", "Hmm"])
def test_what_is_no_answer_to_the_question_for_a_name(text):
    assert extract_facts(text, "Hi there! I'm Marina. What should I call you?") == []
