"""Turns spoken and heard, over a real socket, with real engines."""

from __future__ import annotations

from typing import Any

import pytest
from ears import silence, speech, transcribe, words
from rawclient import Scripted


@pytest.mark.parametrize("rate", [16000, 24000, 48000])
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
