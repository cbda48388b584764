"""What becomes of memories: repeated, corrected, denied, faded, used, forgotten."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path
from typing import Any

import pytest
from scene import Scene
from sqlalchemy import func, select, update

from estuary.gateway.memory.base import Candidate, Entity, Extraction, FactChange, Relation
from estuary.gateway.memory.decay import Keeper
from estuary.gateway.memory.graph import Graphs
from estuary.gateway.memory.store import ClaimLost, entities, links, memories, messages, relations
from estuary.gateway.storage.characters import CharacterStore
from estuary.gateway.storage.conversations import ConversationStore
from estuary.gateway.storage.database import Database

UTC = dt.timezone.utc


def lives(place: str, *, kind: str = "fact", supersedes: tuple[str, ...] = ()) -> Candidate:
    fact = FactChange("location", place, replaces=True)
    return Candidate(
        f"Lives in {place}", kind, 0.9, "home", quote=f"I live in {place}", fact=fact, supersedes=supersedes,
        entities=[place],
    )  # fmt: skip


def likes(thing: str, verb: str = "Likes") -> Candidate:
    return Candidate(f"{verb} {thing}", "preference", 0.8, "taste", fact=FactChange("interests", thing))


def age(scene: Scene, days: float) -> None:
    """Let everything have happened so much earlier."""
    with scene.database.transaction() as connection:
        for row in connection.execute(select(memories.c.id, memories.c.created_at)).all():
            then = row.created_at - dt.timedelta(days=days)
            connection.execute(update(memories).where(memories.c.id == row.id).values(created_at=then, updated_at=then))


def test_a_memory_and_all_that_it_says(scene: Scene) -> None:
    candidate = Candidate(
        "Lives in Lyon with her sister", "fact", 0.9, "home", ("family",), "I live in Lyon", entities=["Lyon", "Anna"]
    )
    outcome = scene.tell(
        candidate,
        entities=[Entity("Lyon", "place"), Entity("Anna", "person", ["Annie"], "sister")],
        relations=[Relation("user", "lives in", "Lyon", 0.9), Relation("Anna", "lives in", "Lyon")],
    )
    assert (len(outcome.new), outcome.facts, outcome.version) == (1, 0, 1)
    (memory,) = scene.memories()
    assert memory.content == "Lives in Lyon with her sister"
    assert (memory.memory_type, memory.status, memory.topic, memory.secondary_topics) == (
        "fact", "active", "home", ["family"],
    )  # fmt: skip
    assert memory.source_quote == "I live in Lyon"
    assert memory.source == "text_chat"
    assert memory.source_conversation_id == scene.conversation
    assert (memory.agent_id, memory.player_id) == (scene.character, "alice")
    assert memory.confidence == 0.9
    with scene.database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(links)) == 2
        assert connection.scalar(select(func.count()).select_from(relations)) == 2
        assert connection.scalar(select(messages.c.extraction)) == "done"


@pytest.mark.parametrize("repeated", ["Lives in Lyon", "lives in lyon.", "Lives  in Lyon!"])
def test_a_repetition_reinforces(scene: Scene, repeated: str) -> None:
    first = scene.tell(lives("Lyon")).new[0]
    again = Candidate(repeated, "fact", 0.9, "home", fact=FactChange("location", "Lyon", replaces=True))
    outcome = scene.tell(again)
    assert outcome.new == []
    assert outcome.reinforced == [first["id"]]
    (memory,) = scene.memories()
    assert memory.told_count == 2
    assert memory.confidence > 0.9
    assert memory.updated_at > first["updated_at"]
    assert scene.facts() == {"location": ["Lyon"]}


@pytest.mark.parametrize("other", ["Loves strong black coffee", "Likes strong, black coffee a lot"])
def test_a_repetition_in_other_words(scene: Scene, other: str) -> None:
    scene.tell(likes("strong black coffee"))
    scene.tell(Candidate(other, "preference", 0.8, "taste"))
    assert scene.contents() == ["Likes strong black coffee"]
    assert scene.memories()[0].told_count == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Has a sister called Anna", "Has a sister called Emma"),
        ("Is 30 years old", "Is 31 years old"),
        ("Likes green olives", "Dislikes green olives"),
        ("Has two dogs", "Has three dogs"),
        ("Works on Mondays", "Works on Tuesdays"),
    ],
)
def test_what_only_looks_alike(scene: Scene, one: str, other: str) -> None:
    scene.tell(Candidate(one, "fact", 0.9, "t"))
    scene.tell(Candidate(other, "fact", 0.9, "t"))
    assert scene.contents() == [one, other]


def test_the_same_words_of_another_topic_or_type_stay_apart(scene: Scene) -> None:
    scene.tell(Candidate("Likes strong black coffee", "preference", 0.9, "drink"))
    scene.tell(Candidate("Likes strong, black coffee a lot", "preference", 0.9, "art"))
    scene.tell(Candidate("Likes strong, black coffee a bit", "fact", 0.9, "drink"))
    assert len(scene.contents()) == 3


def test_twice_in_one_message(scene: Scene) -> None:
    outcome = scene.tell(likes("tea"), likes("tea"))
    assert len(outcome.new) == 1
    assert scene.contents() == ["Likes tea"]


def test_what_happens_again_is_new(scene: Scene) -> None:
    event = Candidate("Has an exam tomorrow", "event", 0.8, "plan")
    scene.tell(event)
    scene.tell(event)
    assert len(scene.contents()) == 1
    age(scene, 30)
    scene.tell(event)
    assert len(scene.contents()) == 2


def test_a_correction_supersedes(scene: Scene) -> None:
    old = scene.tell(lives("Lyon")).new[0]["id"]
    kept = scene.tell(Candidate("Visited Lyon as a child", "event", 0.9, "travel")).new[0]["id"]
    outcome = scene.tell(lives("Paris", kind="correction", supersedes=("Lyon",)))
    new = outcome.new[0]["id"]
    assert outcome.superseded == [old]
    by_id = {memory.id: memory for memory in scene.memories()}
    assert (by_id[old].status, by_id[old].superseded_by) == ("superseded", new)
    assert (by_id[new].status, by_id[new].memory_type) == ("active", "correction")
    assert by_id[kept].status == "active"
    assert scene.facts() == {"location": ["Paris"]}
    assert "Lives in Lyon" not in scene.find("where does she live?")
    (fact,) = scene.records.core_facts(scene.character, scene.player).core_facts
    assert fact.source_memory_id == new


def test_a_correction_by_the_exact_content(scene: Scene) -> None:
    scene.tell(Candidate("Sister Anna is a doctor", "relationship", 0.9, "family"))
    corrected = Candidate("Sister Anna is a nurse", "correction", 0.9, "work", supersedes=["sister anna is a doctor"])
    scene.tell(corrected)
    assert scene.contents() == ["Sister Anna is a nurse"]


def test_a_new_value_supersedes_without_being_told_what(scene: Scene) -> None:
    scene.tell(lives("Lyon"))
    scene.tell(lives("Paris"))
    assert scene.contents() == ["Lives in Paris"]
    assert scene.contents("superseded") == ["Lives in Lyon"]
    scene.tell(lives("Lyon"))
    assert scene.contents() == ["Lives in Lyon"]
    assert scene.facts() == {"location": ["Lyon"]}


def test_a_denial(scene: Scene) -> None:
    scene.tell(likes("olives"), likes("tea"))
    gone = Candidate(
        "No longer likes olives", "correction", 0.9, "taste", fact=FactChange("interests", "olives", negated=True)
    )
    outcome = scene.tell(gone)
    assert outcome.facts == 1
    assert scene.contents() == ["Likes tea", "No longer likes olives"]
    assert scene.facts() == {"interests": ["tea"]}


def test_liking_what_was_disliked(scene: Scene) -> None:
    scene.tell(Candidate("Dislikes rain", "preference", 0.9, "taste", fact=FactChange("dislikes", "rain")))
    scene.tell(likes("rain"))
    assert scene.facts() == {"interests": ["rain"]}
    assert scene.contents() == ["Likes rain"]


def test_a_message_that_comes_late_does_not_undo_a_later_one(scene: Scene) -> None:
    """A process died with the first message, and somebody takes it up after the second."""
    early = scene.say("I live in Lyon.")
    scene.tell(lives("Paris", kind="correction", supersedes=("Lyon",)))
    scene.draw(*early, Extraction([lives("Lyon")]))
    assert scene.facts() == {"location": ["Paris"]}
    assert scene.contents() == ["Lives in Paris"]
    assert scene.contents("superseded") == ["Lives in Lyon"]


def test_two_threads_tell_at_once(scene: Scene) -> None:
    both = threading.Barrier(2)

    def learn(thing: str) -> None:
        both.wait(10)
        scene.tell(likes(thing), vectors=False)

    threads = [threading.Thread(target=learn, args=(thing,)) for thing in ("tea", "rain")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(scene.facts()["interests"]) == ["rain", "tea"]
    assert sorted(scene.contents()) == ["Likes rain", "Likes tea"]


def test_core_facts_keep_their_rows(scene: Scene) -> None:
    scene.tell(likes("tea"), likes("rain"))
    before = {fact.fact_value: fact.id for fact in scene.records.core_facts(scene.character, "alice").core_facts}
    scene.tell(likes("sun"))
    after = scene.records.core_facts(scene.character, "alice").core_facts
    assert [fact.fact_value for fact in after] == ["tea", "rain", "sun"]
    assert [fact.id for fact in after[:2]] == [before["tea"], before["rain"]]


def test_engines_know_core_facts_by_their_own_names(scene: Scene) -> None:
    scene.tell(lives("Lyon"), likes("jazz"))
    assert scene.log.facts(scene.character, "alice") == {"home": ["Lyon"], "likes": ["jazz"]}


# --- entities and relations


def entity_rows(scene: Scene) -> dict[str, Any]:
    with scene.database.reading() as connection:
        return {row.name: row for row in connection.execute(select(entities))}


def test_entities_are_counted_and_known_by_their_aliases(scene: Scene) -> None:
    scene.tell(Candidate("a", "fact", 0.9, entities=["Anna"]), entities=[Entity("Anna", "person", ["Annie"], "sister")])
    scene.tell(Candidate("b", "fact", 0.9, entities=["Annie"]), entities=[Entity("Annie", "person")])
    scene.tell(Candidate("c", "fact", 0.9, entities=["anna"]), entities=[Entity("anna", "thing")])
    scene.tell(Candidate("d", "fact", 0.9, entities=["Oslo"]))
    rows = entity_rows(scene)
    assert set(rows) == {"Anna", "Oslo"}
    assert (rows["Anna"].mention_count, rows["Anna"].kind, rows["Anna"].role) == (3, "person", "sister")
    assert rows["Anna"].aliases == ["Annie"]
    assert rows["Oslo"].kind == "thing"


def test_a_relation_goes_with_the_memory_that_told_of_it(scene: Scene) -> None:
    def edges() -> list[tuple[str, str]]:
        graph = Graphs(scene.database).graph(scene.conversation, "alice")
        names = {node.id: node.label for node in graph.nodes}
        return [
            (str(edge.relationship_type), str(names[edge.target]))
            for edge in graph.edges
            if edge.type == "relationship"
        ]

    scene.tell(lives("Lyon"), relations=[Relation("user", "lives in", "Lyon")])
    assert edges() == [("lives in", "Lyon")]
    scene.tell(lives("Paris"), relations=[Relation("user", "lives in", "Paris")])
    assert edges() == [("lives in", "Paris")]
    denial = Candidate(
        "No longer lives in Paris", "correction", 0.9, "home", fact=FactChange("location", "Paris", negated=True),
        entities=["Paris"],
    )  # fmt: skip
    scene.tell(denial, relations=[Relation("user", "lives in", "Paris")])
    assert edges() == []


# --- fading and use


def test_what_nobody_touches_fades(scene: Scene) -> None:
    scene.tell(lives("Lyon"), Candidate("Saw a heron", "event", 0.6, "nature"), likes("tea"))
    scene.tell(Candidate("Is nervous", "emotional_state", 0.9, "feeling"))
    keeper = Keeper(scene.database, 60.0, 0.1)
    now = dt.datetime.now(UTC)
    assert keeper.fade(scene.conversation, time=now) == 0
    assert keeper.fade(scene.conversation, time=now + dt.timedelta(days=100)) == 1
    assert scene.contents("decayed") == ["Is nervous"]
    keeper.fade(scene.conversation, time=now + dt.timedelta(days=1000))
    # what core facts rest on stays
    assert sorted(scene.contents()) == ["Likes tea", "Lives in Lyon"]
    assert scene.contents("decayed") == ["Saw a heron", "Is nervous"]
    assert scene.find("heron") == ["Lives in Lyon", "Likes tea"]


def test_use_keeps_a_memory_and_brings_it_back(scene: Scene) -> None:
    (heron,) = (row["id"] for row in scene.tell(Candidate("Saw a heron", "event", 0.6, "nature")).new)
    keeper = Keeper(scene.database, 60.0, 0.1)
    time = dt.datetime.now(UTC) + dt.timedelta(days=300)
    scene.store.touch({heron: (2, time)})
    assert keeper.fade(scene.conversation, time=time + dt.timedelta(days=30)) == 0
    assert keeper.fade(scene.conversation, time=time + dt.timedelta(days=900)) == 1
    pair = scene.cache.refresh(scene.conversation)
    assert scene.cache.search(pair, "a heron", 5) == []
    (found,) = scene.cache.search(pair, "a heron", 5, least_faded=0.3)
    assert found.status == "decayed"
    scene.store.touch({heron: (1, time)})
    (memory,) = scene.memories()
    assert (memory.status, memory.access_count, memory.last_accessed_at) == ("active", 3, time)
    assert scene.find("a heron") == ["Saw a heron"]


def test_telling_again_brings_back(scene: Scene) -> None:
    seen = Candidate("Has a boat", "fact", 0.6, "things")
    scene.tell(seen)
    Keeper(scene.database, 1.0, 0.1).fade(scene.conversation, time=dt.datetime.now(UTC) + dt.timedelta(days=50))
    assert scene.contents("decayed") == ["Has a boat"]
    scene.tell(seen)
    assert scene.contents() == ["Has a boat"]


def test_nothing_fades_without_a_half_life(scene: Scene) -> None:
    scene.tell(Candidate("Has a boat", "fact", 0.6, "things"))
    keeper = Keeper(scene.database, None, 0.1)
    assert keeper.fade(scene.conversation, time=dt.datetime.now(UTC) + dt.timedelta(days=9999)) == 0


def test_duplicates_are_merged_when_the_conversation_rests(scene: Scene) -> None:
    scene.tell(likes("strong black coffee"), vectors=False)
    scene.tell(Candidate("Likes strong, black coffee a lot", "preference", 0.8, "taste"), vectors=False)
    assert len(scene.contents()) == 2
    scene.find("coffee")  # makes the vectors
    assert Keeper(scene.database, 60.0, 0.1).merge(scene.conversation) == 1
    assert scene.contents() == ["Likes strong black coffee"]
    assert scene.memories(status="active")[0].told_count == 2
    assert scene.facts() == {"interests": ["strong black coffee"]}
    # what has not changed is not looked at again, and what comes is compared with it
    keeper = Keeper(scene.database, 60.0, 0.1)
    assert keeper.merge(scene.conversation) == 0
    scene.tell(Candidate("Likes strong, black coffee so much", "preference", 0.8, "taste"), vectors=False)
    scene.find("coffee")
    assert keeper.merge(scene.conversation) == 1


# --- forgetting


def everywhere(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_forgetting_is_for_good(scene: Scene) -> None:
    place = Entity("Zanzibar", "place")
    scene.tell(lives("Zanzibar"), entities=[place], relations=[Relation("user", "in", "Zanzibar")])
    Graphs(scene.database).graph(scene.conversation, "alice")
    pending = scene.say("My cat is called Quixotica.")
    assert scene.records.forget(scene.conversation) == 1
    assert scene.memories() == []
    assert scene.facts() == {}
    assert entity_rows(scene) == {}
    with scene.database.reading() as connection:
        for table in (links, relations):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
    # even what was being drawn just then
    with pytest.raises(ClaimLost):
        scene.draw(*pending, Extraction([likes("cats")]))
    assert scene.memories() == []
    assert scene.find("where does she live?") == []
    # and the character does not hear of it from the history
    assert scene.log.begin_turn(scene.character, "alice", "Who am I?").history == []
    assert scene.records.forget(scene.conversation) == 0


def test_what_is_deleted_is_not_in_the_files_any_more(tmp_path: Path) -> None:
    database = Database(tmp_path / "memory.db")
    try:
        scene = Scene(database)
        candidate = Candidate("Has a boat called Zyxomma", "fact", 0.9, "things", quote="…", entities=["Zyxomma"])
        claim, message = scene.say("hello")
        scene.draw(claim, message, Extraction([candidate]))
        assert b"Zyxomma" in everywhere(tmp_path)
        scene.records.forget(scene.conversation)
        assert b"Zyxomma" not in everywhere(tmp_path)
        scene.say("Quixotica is my cat.")
        assert b"Quixotica" in everywhere(tmp_path)
        assert ConversationStore(database).delete(scene.character, "alice")
        assert b"Quixotica" not in everywhere(tmp_path)
    finally:
        database.close()


def test_memories_go_with_the_conversation_and_the_character(scene: Scene) -> None:
    def left() -> int:
        with scene.database.reading() as connection:
            tables = (memories, entities, links, relations)
            return sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables)

    def tell() -> None:
        scene.tell(lives("Lyon"), entities=[Entity("Lyon", "place")], relations=[Relation("user", "in", "Lyon")])

    tell()
    assert left() == 4
    assert ConversationStore(scene.database).delete(scene.character, "alice")
    assert left() == 0
    again = Scene(scene.database)
    again.tell(lives("Lyon"))
    assert left() > 0
    assert CharacterStore(scene.database).delete(again.character)
    assert left() == 0


def test_another_process_is_noticed(scene: Scene) -> None:
    """Two caches, as two processes have them."""
    scene.tell(lives("Lyon"))
    other = Scene(scene.database)
    assert other.find("where?") == ["Lives in Lyon"]
    scene.tell(lives("Paris"))
    assert other.find("where?") == ["Lives in Paris"]
    scene.records.forget(scene.conversation)
    assert other.find("where?") == []
    scene.tell(likes("tea"))
    assert other.find("what does she like?") == ["Likes tea"]


def test_near_memories_that_another_process_wrote_meanwhile(scene: Scene) -> None:
    claim, message = scene.say("I love strong black coffee")
    pair = scene.cache.refresh(scene.conversation)
    known = pair.version
    Scene(scene.database).tell(likes("strong black coffee"))
    source = scene.store.source(message)
    assert source is not None
    again = Extraction([likes("strong black coffee a lot")])
    made = scene.embedder.embed([again.memories[0].content])
    scene.store.apply(source, claim, again, vectors=made, engine=scene.embedder.name, version=known)
    assert scene.contents() == ["Likes strong black coffee"]


@pytest.mark.parametrize("text", ["\0", "half \ud800 pair", "x" * 100_000, "🙂" * 500, "%_\\'\"", "  "])
def test_texts_that_are_difficult_to_keep(scene: Scene, text: str) -> None:
    candidate = Candidate(text, "fact", 0.9, text, (text,), text, FactChange(text, text), [text], [text])
    scene.tell(candidate, entities=[Entity(text, text, [text], text)], relations=[Relation("user", text, text)])
    scene.tell(candidate, entities=[Entity(text, text, [text], text)], relations=[Relation("user", text, text)])
    assert len(scene.memories()) <= 1
    Graphs(scene.database).graph(scene.conversation, "alice")
