"""Turns spoken and heard, over a real socket, with real engines."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from ears import silence, speech, transcribe, words
from rawclient import Hanging, Scripted


@pytest.mark.parametrize("rate", [16000, 48000])
def test_a_text_is_answered_aloud(make_gateway: Any, talk: Any, rate: int) -> None:
    gateway = make_gateway(chat=Scripted("The light is on. ", "*smiles* You can see it from **everywhere**! 🎉"))
    client = talk(gateway, "p", rate=rate)
    client.send("text", {"text": "Is it on?"})
    heard = client.hears()
    assert heard.text == "The light is on. *smiles* You can see it from **everywhere**! 🎉"
    assert words(transcribe(heard.audio, rate)) == words("The light is on. You can see it from everywhere.")
    assert [chunk["chunk_index"] for chunk in heard.chunks] == list(range(len(heard.chunks)))
    assert [chunk["is_final"] for chunk in heard.chunks] == [False] * (len(heard.chunks) - 1) + [True]
    assert {chunk["message_id"] for chunk in heard.chunks} == {heard.events[0][1]["message_id"]}
    # chunks of 0.1 to 0.25 s, at the client's rate; the end of a sentence may be shorter
    assert max(len(chunk["audio"]) for chunk in heard.chunks) <= 0.25 * rate * 2 * 4 / 3 + 4


@pytest.mark.parametrize("rate", [16000, 44100])
def test_push_to_talk(make_gateway: Any, talk: Any, rate: int) -> None:
    gateway = make_gateway(chat=Scripted(script=lambda prompt: [f"I heard this. {prompt.text}"]))
    client = talk(gateway, "p", rate=rate)
    client.says_aloud("My name is Alice, and I live by the river.")
    heard = client.hears()
    assert heard.transcript is not None
    assert words(heard.transcript) == words("My name is Alice, and I live by the river.")
    assert heard.text == f"I heard this. {heard.transcript}"
    assert words(transcribe(heard.audio, rate)) == words(heard.text)


def test_a_conversation_in_continuous_mode(make_gateway: Any, talk: Any) -> None:
    gateway = make_gateway()
    client = talk(gateway, "p")
    client.send("start_voice")
    client.until("voice_started", 30)
    client.stream(silence(0.3) + speech("Hello, my name is Alice.") + silence(1.0))
    heard = client.hears()
    assert words(heard.transcript) == words("Hello, my name is Alice.")
    assert "Alice" in heard.text
    client.send("audio_playback_complete", {"message_id": heard.chunks[0]["message_id"]})
    client.stream(speech("What is my name?") + silence(1.0))
    heard = client.hears()
    assert words(heard.transcript) == words("What is my name?")
    assert "Alice" in heard.text
    assert "alice" in words(transcribe(heard.audio))
    client.send("stop_voice")
    client.until("voice_stopped")


def test_the_first_sentence_sounds_while_the_rest_is_written(make_gateway: Any, talk: Any) -> None:
    class Slow:
        name = "slow"
        heard = threading.Event()

        async def reply(self, prompt: Any) -> AsyncIterator[str]:
            yield "This is the beginning. And this"
            assert await asyncio.to_thread(self.heard.wait, 20)
            yield " is the end."

    engine = Slow()
    client = talk(make_gateway(chat=engine), "p")
    client.send("text", {"text": "Go on."})
    first = client.until("bot_voice", 20)
    assert not [payload for event, payload in client.seen if event == "bot_response" and payload["is_final"]]
    engine.heard.set()
    heard = client.hears()
    assert heard.text == "This is the beginning. And this is the end."
    assert first["chunk_index"] == 0
    assert len([payload for event, payload in client.seen if event == "bot_voice" and payload["is_final"]]) == 1


@pytest.mark.parametrize("text", ["🎉", "*smiles*", "日本語だけ。", "...", '<action name="wave" />'])
def test_a_message_with_nothing_to_say_aloud(make_gateway: Any, talk: Any, text: str) -> None:
    client = talk(make_gateway(chat=Scripted(text)), "p")
    client.send("text", {"text": "Well?"})
    heard = client.hears()
    assert [(chunk["audio"], chunk["chunk_index"], chunk["is_final"]) for chunk in heard.chunks] == [("", 0, True)]


@pytest.mark.parametrize("typed", [True, False])
def test_actions_are_done_and_not_read_out(make_gateway: Any, talk: Any, typed: bool) -> None:
    gateway = make_gateway(
        chat=Scripted("Off we go. ", '<action name="navigate" tar', 'get="kitchen" /> Mind the step.')
    )
    client = talk(gateway, "p", capabilities={"client_action": typed})
    client.send("text", {"text": "To the kitchen."})
    heard = client.hears()
    assert [event for event, _ in heard.events].count("client_action") == typed
    assert words(transcribe(heard.audio)) == words("Off we go. Mind the step.")


def test_a_line_is_spoken_unless_it_is_text_only(make_gateway: Any, talk: Any) -> None:
    client = talk(make_gateway(), "p")
    client.send("say_line", {"text": "Welcome to the lighthouse.", "text_only": False})
    assert words(transcribe(client.hears().audio)) == words("Welcome to the lighthouse.")
    client.send("audio_playback_complete", {})
    client.send("say_line", {"text": "Nobody hears this.", "text_only": True})
    client.send("text", {"text": "Nor this.", "textOnly": True})
    client.until("bot_response")
    while not client.until("bot_response")["is_final"]:
        pass
    assert not [event for event, _ in client.quiet() if event == "bot_voice"]


def test_a_client_without_a_speaker_reads(make_gateway: Any, talk: Any) -> None:
    client = talk(make_gateway(chat=Scripted("Yes.")), "p", capabilities={"speaker": False})
    client.says_aloud("Can you read this?")
    assert words(client.until("stt_response", 20)["text"]) == words("Can you read this?")
    assert client.turn()[-1][1]["text"] == "Yes."
    assert "bot_voice" not in {event for event, _ in [*client.quiet(), *client.seen]}


def test_the_speed_of_the_character(make_gateway: Any, talk: Any) -> None:
    gateway = make_gateway(chat=Scripted("It takes a while to say this sentence from beginning to end."))
    lengths = {}
    for speed in (0.7, 1.5):
        character = gateway.create_character(tts={"speed": speed, "voice": "nobody has this voice"})
        client = talk(gateway, "p", character_id=character)
        client.send("text", {"text": "Say it."})
        lengths[speed] = len(client.hears().audio)
    assert 1.6 < lengths[0.7] / lengths[1.5] < 2.8


# --- interruptions


STORY = "Once upon a time there was a lighthouse by the sea, and a keeper who lived in it with her cat. " * 4


def said_after(client: Any, message_id: str) -> list[str]:
    """The events that name this message, among those that have been read and those that come up to now."""
    client.quiet()
    at = max(i for i, (event, p) in enumerate(client.seen) if event == "interrupt" and p["message_id"] == message_id)
    return [event for event, payload in client.seen[at + 1 :] if payload and payload.get("message_id") == message_id]


@pytest.mark.parametrize("event", ["client_interrupt", "text", "say_line"])
def test_no_more_audio_after_an_interruption(make_gateway: Any, talk: Any, event: str) -> None:
    client = talk(make_gateway(chat=Scripted(script=lambda p: [STORY] if p.text == "story" else ["Yes."])), "p")
    client.send("text", {"text": "story"})
    message_id = client.until("bot_voice", 20)["message_id"]
    client.send(event, {"text": "Wait."} if event != "client_interrupt" else {"message_id": message_id})
    interrupt = client.until("interrupt")
    assert interrupt["message_id"] == message_id
    if event != "client_interrupt":
        heard = client.hears()
        assert {chunk["message_id"] for chunk in heard.chunks} != {message_id}
    assert said_after(client, message_id) == []
    finals = [p for e, p in client.seen if e == "bot_voice" and p["message_id"] == message_id and p["is_final"]]
    assert finals == []


def test_barge_in_while_the_answer_is_being_made(make_gateway: Any, talk: Any) -> None:
    engine = Hanging("Let me think about it. ")
    client = talk(make_gateway(chat=engine), "p")
    client.send("start_voice")
    client.until("voice_started", 30)
    client.send("text", {"text": "hang"})
    message_id = client.until("bot_voice", 20)["message_id"]
    client.stream(silence(0.2) + speech("Stop, that is enough.") + silence(1))
    interrupt = client.until("interrupt", 20)
    assert (interrupt["message_id"], interrupt["reason"]) == (message_id, "barge_in")
    assert engine.stopped.wait(10)
    heard = client.hears()
    assert heard.text == f"echo: {heard.transcript}"
    assert "enough" in words(heard.transcript or "")
    assert said_after(client, message_id) == []


def test_barge_in_while_it_still_sounds(make_gateway: Any, talk: Any) -> None:
    client = talk(make_gateway(chat=Scripted(script=lambda p: [STORY] if p.text == "story" else ["Yes."])), "p")
    client.send("start_voice")
    client.until("voice_started", 30)
    client.send("text", {"text": "story"})
    message_id = client.hears().chunks[0]["message_id"]  # all is sent, but it lasts for half a minute
    client.stream(silence(0.2) + speech("Stop, that is enough.") + silence(1))
    interrupt = client.until("interrupt", 20)
    assert (interrupt["message_id"], interrupt["reason"]) == (message_id, "barge_in")
    assert client.hears().text == "Yes."


def test_no_barge_in_when_it_has_been_played(make_gateway: Any, talk: Any) -> None:
    client = talk(make_gateway(chat=Scripted(script=lambda p: [STORY] if p.text == "story" else ["Yes."])), "p")
    client.send("start_voice")
    client.until("voice_started", 30)
    client.send("text", {"text": "story"})
    client.send("audio_playback_complete", {"message_id": client.hears().chunks[0]["message_id"]})
    client.stream(silence(0.2) + speech("That was nice.") + silence(1))
    assert client.hears().text == "Yes."
    assert "interrupt" not in {event for event, _ in client.seen}


def test_the_fallback_for_hearing(make_gateway: Any, talk: Any) -> None:
    pytest.importorskip("pocketsphinx")
    client = talk(make_gateway(chat=Scripted("Yes."), stt="pocketsphinx"), "p")
    client.says_aloud("My name is Alice, and I would like to know what you remember.")
    heard = client.hears(40)
    assert {"name", "alice", "know", "remember"} <= set(words(heard.transcript or ""))
    assert heard.text == "Yes."
