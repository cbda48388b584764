"""Nothing that one player tells ever reaches another, and no character knows what another was told."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("wordllama")

import requests
from rawclient import Scripted
from scene import Scene

from estuary.gateway.memory.base import Candidate, Entity, Exchange, Extraction, FactChange, Relation
from estuary.gateway.memory.graph import Graphs
from estuary.gateway.memory.transfer import Transfer

#: the same for everybody, but for one word that is the player's own
_TOLD = (
    "I live in {}burg.", "My sister {}anna is a doctor.", "I love {}jazz.", "I have a dog called {}rex.",
    "I'm allergic to {}nuts.", "I work for {}corp.", "My birthday party will be at the {}bar on Friday.",
    "I'm afraid of {}spiders.",
)  # fmt: skip
_ASKED = (
    "What do you know about me?", "Where do I live?", "What does my sister do?", "What am I afraid of?",
    "What is my dog called?", "Tell me about {other}burg.", "Who is {other}anna?", "{other}",
    "Do you know {other}corp?", "",
)  # fmt: skip


class Verbatim:
    """Remembers every text as it is, with its unusual words as entities, relations and core facts."""

    name = "verbatim"

    def extract(self, exchange: Exchange) -> Extraction:
        words = [word.strip(".,?!") for word in exchange.text.split() if "zq" in word.casefold()]
        return Extraction(
            [
                Candidate(
                    exchange.text, "fact", 0.9, "told", quote=exchange.text, entities=words,
                    fact=FactChange("interests", words[0]) if words else None,
                )
            ],
            [Entity(word, "thing") for word in words],
            [Relation("user", "told of", word) for word in words],
        )  # fmt: skip


def everything(gateway: Any, character: str, player: str, queries: list[str]) -> str:
    """All that REST says about one player."""
    base = f"{gateway.url}/api/v1/characters/{character}/players/{player}"
    headers = {"X-API-Key": gateway.api_key}
    found = []
    paths = ("memories?limit=200", "memories/timeline", "memories/stats", "memories/core-facts", "messages",
             "memories/graph?includeCharacterMemories=true", "memories/export?includeMessages=true")  # fmt: skip
    for path in paths:
        answer = requests.get(f"{base}/{path}", headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text
        found.append(answer.text)
    for query in queries:
        body = {"query": query, "limit": 50}
        answer = requests.post(f"{base}/memories/search", json=body, headers=headers, timeout=10)
        # what was asked is in the answer
        found.append(json.dumps(answer.json().get("results")))
    return "\n".join(found).casefold()


@pytest.mark.limit(90)
@pytest.mark.parametrize("extractor", ["embedded", "verbatim"])
def test_two_players_and_two_characters(make_gateway: Any, connect: Any, extractor: str) -> None:
    engine = Scripted("I see.")
    gateway = make_gateway(chat=engine, extractor=Verbatim() if extractor == "verbatim" else None)
    assert gateway._app.memory._warm.wait(20)
    second = gateway.create_character(persona={"name": "Second"})
    marks = {
        (gateway.character_id, "alice"): "Azq",
        (gateway.character_id, "bob"): "Bzq",
        (second, "alice"): "Czq",
        (second, "alice2"): "Dzq",
        (gateway.character_id, "Alice"): "Ezq",
    }
    clients = {pair: connect(gateway, pair[1], character_id=pair[0], realtime_memory=True) for pair in marks}
    # in turns, so that everybody's memories come to be next to everybody else's
    for told in _TOLD:
        for pair, mark in marks.items():
            clients[pair].says(told.format(mark))
    engine.prompts.clear()
    for pair, mark in marks.items():
        others = [other for other in marks.values() if other != mark]
        for asked in _ASKED:
            for other in others:
                text = asked.format(other=other) or f"{other}rex {other}jazz"
                clients[pair].says(text)
                prompt = engine.prompts[-1]
                shown = repr((prompt.facts, prompt.memories)).casefold()
                # what this player has asked of may be remembered of them: the others' own words must not be
                assert f"{other}spiders".casefold() not in shown
                assert f"{other}nuts".casefold() not in shown
        assert mark.casefold() in repr((prompt.facts, prompt.memories)).casefold()
    for pair, mark in marks.items():
        heard = repr(clients[pair].quiet() + clients[pair].seen).casefold()
        page = everything(gateway, *pair, queries=[_TOLD[3].format(other) for other in marks.values()])
        assert f"{mark}spiders".casefold() in page
        for other in marks.values():
            if other != mark:
                for word in ("spiders", "nuts"):
                    assert f"{other}{word}".casefold() not in page
                    assert f"{other}{word}".casefold() not in heard


def test_the_store_by_itself(scene: Scene) -> None:
    """Without anything said by one that another would repeat: not one word goes over."""
    scenes = {"alice": scene, "bob": Scene(scene.database, "bob")}
    extractor = Verbatim()
    for told in _TOLD * 3:
        for player, here in scenes.items():
            claim, message = here.say(told.format(f"zq{player}"))
            source = here.store.source(message)
            assert source is not None
            here.draw(claim, message, extractor.extract(source.exchange))
    for player, here in scenes.items():
        other = "bob" if player == "alice" else "alice"
        shown = [
            here.records.page(here.character, player, limit=200).model_dump_json(),
            here.records.timeline(here.character, player).model_dump_json(),
            here.records.core_facts(here.character, player).model_dump_json(),
            Graphs(here.database).graph(here.conversation, player, include_character_memories=True).model_dump_json(),
            Transfer(here.database).export(here.conversation, here.character, player).model_dump_json(),
            repr(here.log.begin_turn(here.character, player, "?")),
            *(repr(here.find(told.format(f"zq{other}"), 50)) for told in _TOLD),
        ]
        assert all(f"zq{player}" in text for text in shown)
        assert not any(f"zq{other}" in text for text in shown)
        assert scenes[other].conversation not in "".join(shown)
    # one forgets, the other does not
    assert scene.records.forget(scene.conversation) == len(_TOLD)
    assert len(scenes["bob"].memories()) == len(_TOLD)
    assert scenes["bob"].facts()
    assert scenes["bob"].find("dog")


def test_an_index_that_is_wrong_shows_nothing_of_others(scene: Scene) -> None:
    """Even with another pair's memories in the index, the database is asked by the conversation."""
    bob = Scene(scene.database, "bob")
    scene.tell(Candidate("Has a secret boat", "fact", 0.9))
    pair = scene.cache.refresh(scene.conversation)
    pair.conversation_id = bob.conversation
    assert bob.cache.search(pair, "boat", 5) == []


def test_ids_that_belong_to_others(scene: Scene) -> None:
    """Importing a document with the ids of another player's memories neither shows nor changes these."""
    scene.tell(Candidate("Has a secret boat", "fact", 0.9, entities=["boat"]), entities=[Entity("boat", "thing")])
    document = Transfer(scene.database).export(scene.conversation, scene.character, "alice")
    forged = document.model_copy(deep=True)
    forged.memories[0].content = "Something else"
    bob = Scene(scene.database, "bob")
    Transfer(scene.database).load(bob.conversation, forged)
    assert scene.contents() == ["Has a secret boat"]
    assert bob.contents() == ["Something else"]
