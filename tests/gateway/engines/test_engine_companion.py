"""The rule-based companion: pleasant, forgetful of nothing, and acting only when asked to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estuary.gateway.engines.base import (
    ActionCall,
    ActionSpec,
    ChatEngine,
    ChatPrompt,
    ParameterSpec,
    Persona,
    Said,
)
from estuary.gateway.engines.companion import Companion
from estuary.gateway.engines.facts import extract_facts, merge_facts

MAYA = Persona(
    "Maya",
    "A lighthouse keeper who collects stories",
    "warm, curious and a little dry",
    "Maya keeps the light on a small island.",
)
ACTIONS = (
    ActionSpec(
        "navigate",
        "Move the user to a place",
        (ParameterSpec("target", "string", True, "Where to go"), ParameterSpec("speed", "number")),
    ),
    ActionSpec("set_lights", "Turn the lights on or off", (ParameterSpec("on", "boolean", True),)),
    ActionSpec("set_volume", "Set the volume", (ParameterSpec("level", "integer", True, "0 to 100"),)),
    ActionSpec("wave", "Wave at the user"),
    ActionSpec(
        "set_mood", "Change the mood", (ParameterSpec("mood", "string", True, "One of: happy, sad, very angry."),)
    ),
    ActionSpec("play_music", "Play some music", (ParameterSpec("genre", "string"),)),
    ActionSpec(
        "send_message",
        "Send a message to somebody",
        (ParameterSpec("recipient", "string", True), ParameterSpec("message", "string", True)),
    ),
    ActionSpec("take_photo", "Take a photo"),
    ActionSpec(
        "move_to", "Move to coordinates", (ParameterSpec("x", "number", True), ParameterSpec("y", "number", True))
    ),
)
NOON = datetime(2025, 3, 4, 12, 30)

Piece = Union[str, ActionCall]


def pieces_of(prompt: ChatPrompt, companion: Companion | None = None) -> list[Piece]:
    async def collect() -> list[Piece]:
        return [piece async for piece in (companion or Companion(clock=lambda: NOON)).reply(prompt)]

    return asyncio.run(collect())


def text_of(pieces: Sequence[Piece]) -> str:
    return "".join(piece for piece in pieces if isinstance(piece, str))


def ask(text: str, actions: Sequence[ActionSpec] = (), **options: Any) -> str:
    return text_of(pieces_of(ChatPrompt(MAYA, text, actions=actions, **options)))


def calls(text: str, actions: Sequence[ActionSpec] = ACTIONS, **options: Any) -> list[tuple[str, Mapping[str, Any]]]:
    pieces = pieces_of(ChatPrompt(MAYA, text, actions=actions, **options))
    return [(piece.name, dict(piece.arguments)) for piece in pieces if isinstance(piece, ActionCall)]


class Talk:
    """A conversation as the gateway keeps it: history and facts outlive a session."""

    def __init__(self, actions: Sequence[ActionSpec] = ()) -> None:
        self.history: list[Said] = []
        self.facts: dict[str, list[str]] = {}
        self.actions = actions
        self.calls: list[ActionCall] = []

    def say(self, text: str) -> str:
        pieces = pieces_of(ChatPrompt(MAYA, text, tuple(self.history), self.facts, self.actions))
        answer = text_of(pieces)
        self.calls = [piece for piece in pieces if isinstance(piece, ActionCall)]
        before = self.history[-1].content if self.history else ""
        self.facts = merge_facts(self.facts, extract_facts(text, before))
        self.history += [Said("user", text), Said("assistant", answer)]
        return answer


# Memory


def test_it_remembers_from_one_session_to_the_next() -> None:
    talk = Talk()
    assert "Alice" in talk.say("Hello, my name is Alice.")
    talk.say("I live in Lyon and I love jazz and old films.")
    talk.say("I work as a nurse. I hate olives.")
    talk.history.append(Said("user", "bye"))
    talk.history.append(Said("assistant", "Goodbye, Alice!"))
    assert talk.say("Hello!").startswith("Welcome back, Alice!")
    assert "Alice" in talk.say("What's my name?")
    assert "Lyon" in talk.say("Where do I live?")
    everything = talk.say("What do you know about me?")
    for known in ("Alice", "Lyon", "nurse", "jazz", "old films", "olives"):
        assert known in everything


@pytest.mark.parametrize(
    ("question", "known"),
    [
        ("What's my name?", "Alice"),
        ("what is my name", "Alice"),
        ("Do you know my name?", "Alice"),
        ("do you still remember my name?", "Alice"),
        ("Can you tell me what my name is?", "Alice"),
        ("Who am I?", "Alice"),
        ("Hi! Who am I?", "Alice"),
        ("Do you remember me?", "Alice"),
        ("where do I live?", "Lyon"),
        ("Do you remember where I live?", "Lyon"),
        ("Which city do I live in?", "Lyon"),
        ("What do I do for a living?", "nurse"),
        ("what's my job?", "nurse"),
        ("Do you know what I do for work?", "nurse"),
        ("Where do I work?", "Airbus"),
        ("What do I like?", "jazz"),
        ("Do you remember what I like?", "jazz"),
        ("what are my hobbies?", "jazz"),
        ("Do I like jazz?", "Yes"),
        ("What don't I like?", "olives"),
        ("what do I hate?", "olives"),
        ("Do I like olives?", "No"),
        ("How old am I?", "34"),
        ("When is my birthday?", "5 May"),
        ("Where am I from?", "Dublin"),
        ("What's my dog called?", "Rex"),
        ("Do I have a dog?", "Yes, you have a dog called Rex."),
        ("What's my sister's name?", "Anna"),
        ("What's my favorite color?", "green"),
        ("Which languages do I speak?", "French"),
        ("Do I speak French?", "Yes"),
        ("What am I allergic to?", "nuts"),
        ("What do you remember about me?", "Alice"),
        ("Tell me everything you know about me", "Lyon"),
        ("what have I told you about myself?", "jazz"),
    ],
)
def test_it_recalls_what_it_was_told(question: str, known: str) -> None:
    facts = {
        "name": ["Alice"], "home": ["Lyon"], "job": ["nurse"], "employer": ["Airbus"], "likes": ["jazz", "old films"],
        "dislikes": ["olives"], "age": ["34"], "birthday": ["5 May"], "origin": ["Dublin"], "pets": ["dog Rex"],
        "family": ["sister Anna"], "favourite colour": ["green"], "languages": ["French"], "allergies": ["nuts"],
    }  # fmt: skip
    assert known in ask(question, facts=facts, history=(Said("user", "hi"), Said("assistant", "Hello!")))


@pytest.mark.parametrize(
    "question",
    ["What's my name?", "Where do I live?", "What's my job?", "What do I like?", "What don't I like?", "How old am I?",
     "What's my dog called?", "What's my favourite food?", "What do you know about me?", "Do I like jazz?"],
)  # fmt: skip
def test_it_says_so_when_it_does_not_know(question: str) -> None:
    answer = ask(question)
    assert any(word in answer for word in ("don't know", "haven't told", "nothing", "Nothing", "know of")), answer


def test_a_bare_answer_to_its_own_question_is_understood() -> None:
    talk = Talk()
    assert talk.say("hi").endswith("What should I call you?")
    assert "Alice" in talk.say("alice")
    assert talk.facts == {"name": ["Alice"]}


def test_what_was_told_a_moment_ago_is_not_asked_before_it_is_stored() -> None:
    told = (Said("user", "I'm Kim and I work as a nurse in Leeds."), Said("assistant", "Nice to meet you, Kim!"))
    answer = ask("I love jazz.", history=told, facts={})
    assert answer.endswith("Where do you live?")
    assert "call you" not in answer


def test_a_bare_answer_is_recalled_even_where_it_was_not_stored() -> None:
    history = (Said("user", "hi"), Said("assistant", "Hello! Where do you live?"), Said("user", "Lyon"))
    assert "Lyon" in ask("Where do I live?", history=(*history, Said("assistant", "Noted.")))
    moved = (*history, Said("assistant", "Noted."), Said("user", "I don't live in Lyon any more"))
    assert "Lyon" not in ask("Where do I live?", history=moved)
    # what was told in so many words and is not among the facts has been deleted, and stays so
    assert "Rome" not in ask("Where do I live?", history=(Said("user", "I live in Rome"),))


def test_it_notices_corrections() -> None:
    talk = Talk()
    talk.say("My name is Alice and I live in Lyon")
    assert "Paris" in talk.say("I moved to Paris")
    assert "Bob" in talk.say("Actually, my name is Bob")
    assert "Bob" in talk.say("What's my name?")
    assert "Lyon" not in talk.say("What do you know about me?")


@pytest.mark.parametrize("merged", [False, True])
def test_new_facts_are_new_whether_or_not_the_prompt_holds_them_already(merged: bool) -> None:
    facts = {"name": ["Alice"]} if merged else {}
    answer = ask("My name is Alice", facts=facts)
    assert "meet you" in answer
    again = ask("My name is Alice", facts={"name": ["Alice"]}, history=(Said("user", "My name is Alice"),))
    assert "meet you" not in again


# Persona and small talk


def test_it_introduces_itself() -> None:
    assert ask("Who are you?").startswith("I'm Maya, a lighthouse keeper who collects stories.")
    about = ask("Tell me about yourself", actions=ACTIONS)
    assert "warm, curious and a little dry" in about
    assert "I keep the light on a small island." in about
    assert "Maya" in ask("What's your name?")


def test_a_background_in_the_second_person_is_told_in_the_first() -> None:
    persona = Persona("Tom", background="You are a baker. You love your oven.")
    answer = text_of(pieces_of(ChatPrompt(persona, "who are you?")))
    assert answer == "I'm Tom. I am a baker. I love my oven."


@pytest.mark.parametrize("question", ["What are you?", "Are you a robot?", "are you human?", "Which model are you?"])
def test_it_is_honest_about_what_it_is(question: str) -> None:
    answer = ask(question)
    assert "rule-based" in answer
    assert "development" in answer


def test_its_name_is_honest_too() -> None:
    engine: ChatEngine = Companion()
    assert engine.name == "companion (rule-based, for development)"


def test_a_story_has_several_sentences_and_both_names() -> None:
    story = ask("Tell me a story.", facts={"name": ["Alice"]})
    assert story.count(".") >= 5
    assert "Alice" in story
    assert "Maya" in story


def test_the_clock_is_the_one_passed_in() -> None:
    assert "12:30" in ask("What time is it?")
    assert "Tuesday, 4 March 2025" in ask("What day is it today?")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Hello!", "I'm Maya"),
        ("How are you?", "?"),
        ("thanks", ""),
        ("Tell me a joke", ""),
        ("what is 12 * 7?", "84"),
        ("what's 1 divided by 0?", "zero"),
        ("I feel sad", "sorry"),
        ("How do I bake bread?", "bake bread"),
        ("My brother is getting married in June", ""),
        ("Open the pod bay doors", "can't"),
        ("مرحبا كيف حالك", "English"),
        ("🙂", ""),
        ("", ""),
        ("   ", ""),
    ],
)
def test_it_always_has_an_answer(text: str, part: str) -> None:
    answer = ask(text)
    assert answer.strip()
    assert part in answer or (part == "can't" and "beyond me" in answer)


def test_the_same_prompt_gets_the_same_answer_and_others_vary() -> None:
    assert ask("Python is a nice language") == ask("Python is a nice language")
    histories = [(Said("user", "x"), Said("assistant", "y")) * n for n in range(12)]
    assert len({ask("Python is a nice language", history=history) for history in histories}) > 1


@pytest.mark.parametrize("form", ["say exactly: {}", "Repeat after me: {}", "Please say exactly:{}"])
def test_it_echoes_on_demand(form: str) -> None:
    said = 'Hello  <b>you</b>, 2 < 3\n <action name="x" /> '
    assert ask(form.format(said)) == said


# Actions


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("Take me to the kitchen.", "navigate", {"target": "kitchen"}),
        ("take me to the kitchen, please", "navigate", {"target": "kitchen"}),
        ("Can you take me to the garden?", "navigate", {"target": "garden"}),
        ("Could you please take me to the old library?", "navigate", {"target": "old library"}),
        ("Let's go to the beach!", "navigate", {"target": "beach"}),
        ("I want to go to the bedroom", "navigate", {"target": "bedroom"}),
        ("navigate to Paris", "navigate", {"target": "Paris"}),
        ("go to the kitchen at speed 2.5", "navigate", {"target": "kitchen", "speed": 2.5}),
        ("Maya, take me to the kitchen", "navigate", {"target": "kitchen"}),
        ("turn on the lights", "set_lights", {"on": True}),
        ("Turn the lights off", "set_lights", {"on": False}),
        ("Lights on!", "set_lights", {"on": True}),
        ("Can you turn on the lights?", "set_lights", {"on": True}),
        ("Don't forget to turn on the lights", "set_lights", {"on": True}),
        ("set volume to 30", "set_volume", {"level": 30}),
        ("please set the volume to thirty five", "set_volume", {"level": 35}),
        ("wave", "wave", {}),
        ("Wave at me!", "wave", {}),
        ("please wave", "wave", {}),
        ("Give me a wave", "wave", {}),
        ("set the mood to very angry", "set_mood", {"mood": "very angry"}),
        ("play some jazz", "play_music", {"genre": "jazz"}),
        ("Put on some music", "play_music", {}),
        ("send a message to Bob saying I am late", "send_message", {"recipient": "Bob", "message": "I am late"}),
        ('send Bob a message saying "play chess"', "send_message", {"recipient": "Bob", "message": "play chess"}),
        ("Take a picture of me", "take_photo", {}),
        ("Tell Bob I am late", "send_message", {"recipient": "Bob", "message": "I am late"}),
        ("Could you bring me to the garden?", "navigate", {"target": "garden"}),
        ("Would you mind turning on the lights?", "set_lights", {"on": True}),
        ("I'd like to go home now", "navigate", {"target": "home"}),
        ("No, don't go to the attic, go to the garden", "navigate", {"target": "garden"}),
        ("move to the kitchen", "navigate", {"target": "kitchen"}),
        ("play music in the kitchen", "play_music", {}),
        ("volume 30", "set_volume", {"level": 30}),
        ("move to x 3 y -4.5", "move_to", {"x": 3, "y": -4.5}),
    ],
)  # fmt: skip
def test_it_does_what_it_is_asked_to(text: str, name: str, arguments: dict[str, Any]) -> None:
    done = calls(text)
    assert done == [(name, arguments)]
    for value, told in zip(done[0][1].values(), arguments.values()):
        assert type(value) is type(told)


@pytest.mark.parametrize(
    "text",
    [
        "can you navigate?",
        "Can you wave?",
        "Are you able to turn on the lights?",
        "How do I turn on the lights?",
        "Are the lights on?",
        "What does navigate do?",
        "Did you turn on the lights?",
        "don't turn on the lights",
        "Please do not take me to the kitchen",
        "never set the volume to 30",
        "You don't have to wave",
        "I don't want you to wave",
        "I don't want to go to the kitchen",
        "I turned on the lights",
        "My brother took me to the kitchen",
        "I go to the kitchen every day",
        "If it gets dark, turn on the lights",
        "turn on the lights when I come home",
        "Set the volume",
        "take me there",
        "send a message",
        "play chess with me",
        "open the door",
        "I love to dance",
        "Show me what you can do",
        "I want to see you",
        "Let's talk about music",
        "Let's go",
        "Move on",
        "Go to sleep",
        "Take your time",
        "Give me a second",
        "Walk me through it",
        "You should see the kitchen",
        "We should go to the kitchen",
        "tell me how to navigate to the kitchen",
        "Is it possible to turn on the lights?",
        "thanks for turning on the lights",
        "I hope you turn on the lights",
        "the lights are on",
        "the wave was big",
        "Call me Al",
        "I love music",
        "Tell me a story",
        'She said "turn on the lights"',
        "What can you do?",
        "say exactly: turn on the lights",
    ],
)
def test_it_does_not_act_unasked(text: str) -> None:
    assert calls(text) == []


def test_what_is_not_declared_is_never_done() -> None:
    assert calls("turn on the lights", actions=()) == []
    assert calls("take me to the kitchen", actions=ACTIONS[1:]) == []
    assert "navigate" not in ask("What can you do?", actions=ACTIONS[1:])


def test_a_call_stands_inside_the_answer() -> None:
    pieces = pieces_of(ChatPrompt(MAYA, "Take me to the kitchen.", actions=ACTIONS))
    at = next(index for index, piece in enumerate(pieces) if isinstance(piece, ActionCall))
    before, after = text_of(pieces[:at]), text_of(pieces[at + 1 :])
    assert before.endswith(" ")
    assert before.strip()
    assert after.strip()
    assert "  " not in before + after


def test_several_actions_come_in_the_order_asked_for() -> None:
    assert calls("Turn off the lights, then set the volume to 10 and wave.") == [
        ("set_lights", {"on": False}),
        ("set_volume", {"level": 10}),
        ("wave", {}),
    ]


def test_a_fact_and_an_action_in_one_message() -> None:
    pieces = pieces_of(ChatPrompt(MAYA, "My name is Alice. Take me to the kitchen.", actions=ACTIONS))
    assert "Alice" in text_of(pieces)
    assert [piece.name for piece in pieces if isinstance(piece, ActionCall)] == ["navigate"]


def test_it_asks_for_what_is_missing_and_then_acts() -> None:
    talk = Talk(ACTIONS)
    assert talk.say("take me there").endswith("Where to?")
    assert talk.calls == []
    talk.say("The attic, please.")
    assert talk.calls == [ActionCall("navigate", {"target": "attic"})]
    assert "happy, sad or very angry" in talk.say("change the mood")
    talk.say("happy")
    assert talk.calls == [ActionCall("set_mood", {"mood": "happy"})]
    talk.say("set the volume")
    talk.say("forty")
    assert talk.calls == [ActionCall("set_volume", {"level": 40})]


def test_what_was_asked_for_can_be_dropped() -> None:
    talk = Talk(ACTIONS)
    talk.say("take me there")
    talk.say("never mind")
    assert talk.calls == []
    talk.say("take me there")
    talk.say("what's the time?")
    assert talk.calls == []


def test_it_explains_what_it_can_do() -> None:
    answer = ask("What can you do?", actions=ACTIONS)
    for known in ("navigate", "move the user to a place", "set volume", "wave"):
        assert known in answer
    assert "navigate" in ask("Can you navigate?", actions=ACTIONS)


@pytest.mark.parametrize(
    ("spec", "text", "arguments"),
    [
        (ActionSpec("turn_on_lights"), "turn the lamps on", {}),
        (ActionSpec("openDoor", "Opens the door"), "open the door", {}),
        (ActionSpec("emote", "Shows an emotion", (ParameterSpec("kind", "string", True, "one of joy, anger or fear"),)),
         "show anger", {"kind": "anger"}),
        (ActionSpec("warp", "Warp to a room", (ParameterSpec("room", "string", True, "Either attic or cellar"),)),
         "take me to the cellar", {"room": "cellar"}),
        (ActionSpec("set_temperature", "Set the heating", (ParameterSpec("degrees", "number", True),)),
         "set the temperature to 21.5 degrees", {"degrees": 21.5}),
        (ActionSpec("set_color", "Change the colour", (ParameterSpec("color", "string", True),)),
         "change the colour to dark blue", {"color": "dark blue"}),
        (ActionSpec("buy", "Buy an item", (ParameterSpec("item", "string", True), ParameterSpec("count", "integer"))),
         "buy 3 red apples", {"item": "red apples", "count": 3}),
        (ActionSpec("set_timer", "Start a timer", (ParameterSpec("minutes", "integer", True),)),
         "set a timer for ten minutes", {"minutes": 10}),
    ],
)  # fmt: skip
def test_actions_of_many_shapes(spec: ActionSpec, text: str, arguments: dict[str, Any]) -> None:
    assert calls(text, actions=(spec,)) == [(spec.name, arguments)]


def test_an_integer_is_not_cut_from_a_fraction() -> None:
    assert calls("set the volume to 2.5") == []


# Streaming


def test_the_pieces_are_a_few_words_each_and_make_up_the_text() -> None:
    said = "  one two   three\nfour five six seven  eight, nine ten \n"
    pieces = pieces_of(ChatPrompt(MAYA, f"say exactly:{said}"))
    assert "".join(str(piece) for piece in pieces) == said.removeprefix(" ")
    assert len(pieces) >= 3
    assert all(len(str(piece).split()) <= 4 for piece in pieces)


def test_a_story_comes_in_many_pieces() -> None:
    assert len(pieces_of(ChatPrompt(MAYA, "tell me a story"))) > 20


def test_the_delay_lies_between_the_pieces() -> None:
    prompt = ChatPrompt(MAYA, "say exactly: a b c d e f g h i")
    start = time.perf_counter()
    pieces = pieces_of(prompt, Companion(chunk_delay=0.02))
    assert time.perf_counter() - start >= 0.02 * (len(pieces) - 1)
    with pytest.raises(ValueError, match="chunk_delay"):
        Companion(chunk_delay=-1)


def test_closing_the_iterator_stops_the_answer() -> None:
    async def scenario() -> list[Piece]:
        answer = Companion(chunk_delay=10).reply(ChatPrompt(MAYA, "tell me a story"))
        first = await answer.__anext__()
        await answer.aclose()  # type: ignore[attr-defined]
        return [first, *[piece async for piece in answer]]

    assert len(asyncio.run(scenario())) == 1


@given(st.text(max_size=200), st.sampled_from([(), ACTIONS]))
@settings(max_examples=150, deadline=None)
def test_any_text_gets_an_answer(text: str, actions: Sequence[ActionSpec]) -> None:
    answer = ask(text, actions=actions, facts={"name": ["Alice"]})
    assert answer.strip() or text.strip().lower().startswith(("say exactly", "repeat", "echo", "please"))


@pytest.mark.parametrize(
    "seed", ["a", "turn on the lights and ", "I love jazz, ", "\u202eא", "🙂", " ", "set ", '"', "x 1 "]
)
def test_ten_thousand_characters_get_an_answer_soon(seed: str) -> None:
    start = time.perf_counter()
    assert ask((seed * 10_000)[:10_000], actions=ACTIONS).strip()
    assert time.perf_counter() - start < 1.0
