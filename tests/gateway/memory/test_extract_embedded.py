"""The embedded extractor: what it reads in everyday talk, and what it leaves alone."""

from __future__ import annotations

import pytest
from everyday import ANSWERS, CORE_FACTS, NOTHING, TOLD, read

from estuary.gateway.memory.base import Exchange, Extraction, FactChange
from estuary.gateway.memory.extract import EmbeddedExtractor


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


def test_what_somebody_else_has_is_theirs() -> None:
    found = read("My sister Nora has a dog called Biscuit and a daughter called Mia")
    assert [memory.fact for memory in found.memories] == [FactChange("family", "sister Nora")]
    assert {(entity.name, entity.kind) for entity in found.entities} >= {("Nora", "person"), ("Biscuit", "animal")}
    relations = {(r.source, r.kind, r.target) for r in found.relations}
    assert ("Nora", "pet", "Biscuit") in relations
    assert ("user", "pet", "Biscuit") not in relations


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
    ("said", "reply", "expected"),
    [
        ("ok", "I grew up by the sea.", "Grew up by the sea"),
        ("have you any brothers?", "No, just me. I was an only child, if you can call it that.", "Was an only child"),
        ("ok", "My favourite flower is the iris. What's yours?", "Favourite flower is the iris"),
        ("ok", "I rode one once, briefly.", "Rode one once, briefly"),
        ("ok", "I love that! Tell me more.", ""),
        ("ok", "Gladly. The key had turned into a coin. The traveller took it home.", ""),
        ("ok", "Gladly. One evening, in the old streets of Lyon, Alice found a small brass key on the pavement.", ""),
        ("do you eat toast?", "Guilty. Every morning with marmalade.", "Every morning with marmalade"),
        ("ok", "I'm glad to hear it. I remember you like jazz.", ""),
        ("ok", "I can help you with that. I think you should rest.", ""),
        ("ok", "You live in Lyon, and your sister is called Anna.", ""),
        ("ok", "Do I like jazz? Who knows!", ""),
    ],
)
def test_what_the_character_says_of_itself(said: str, reply: str, expected: str) -> None:
    found = EmbeddedExtractor().extract(Exchange(text=said, reply=reply))
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


@pytest.mark.parametrize(
    ("text", "known", "gone"),
    [
        ("our dog died last week", {"pets": ["dog Rex", "cat Tom"]}, FactChange("pets", "dog Rex", negated=True)),
        ("my girlfriend and I broke up", {"family": ["girlfriend Zoe"]}, FactChange("family", "girlfriend Zoe", True)),
        (
            "my girlfriend Zoe and I split up",
            {"family": ["girlfriend Zoe"]},
            FactChange("family", "girlfriend Zoe", True),
        ),
        ("my cat died", {}, None),
        ("our dog died last week", {"pets": ["dog Rex", "dog Bo"]}, None),
        ("my dad died in March", {}, FactChange("family", "dad")),
    ],
)
def test_what_is_lost_is_no_longer_had(text: str, known: dict[str, list[str]], gone: FactChange | None) -> None:
    (memory,) = read(text, facts=known).memories
    assert memory.fact == gone


def test_what_the_character_says_of_itself_is_not_the_users() -> None:
    found = read("thanks!", "Hi there! I'm Marina, and I live in Ghent. What should I call you?")
    assert not found.memories


@pytest.mark.parametrize(
    "text",
    ["my wife's mother died", "my wife cried when the cat died", "my wife is dead tired", "my wife left me a note"],
)
def test_what_happened_to_another_ends_nothing(text: str) -> None:
    found = read(text, facts={"family": ["wife"]})
    assert not [memory for memory in found.memories if memory.fact and memory.fact.negated]
