"""Starting and stopping, what is not speech, and the limits."""

from __future__ import annotations

import base64
import time
from typing import Any

import numpy as np
import psutil
import pytest
from ears import silence, speech, words
from rawclient import Scripted

from estuary.gateway.voice.audio import MAX_FRAME
from estuary.gateway.voice.base import EngineError


def noise(seconds: float, level: float, seed: int = 1) -> bytes:
    return as_pcm(np.random.default_rng(seed).normal(0, level, int(seconds * 24000)))


def as_pcm(samples: Any) -> bytes:
    return bytes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())


def clicks(seconds: float) -> bytes:
    samples = np.zeros(int(seconds * 24000))
    samples[:: 24000 // 3] = 32767
    return as_pcm(samples)


def square(seconds: float) -> bytes:
    return as_pcm(np.sign(np.sin(np.arange(int(seconds * 24000)) * 0.05)) * 40000)


def memory() -> float:
    """MB of this process."""
    return float(psutil.Process().memory_info().rss) / 1e6


#: seconds
SILENCE = 900

NOT_SPEECH = {
    "nothing": b"",
    "silence": silence(5),
    "noise": noise(5, 1000),
    "loud noise": noise(5, 20000),
    "clicks": clicks(5),
    "clipping": square(5),
    "a hum": as_pcm(np.sin(np.arange(5 * 24000) * 2 * np.pi * 50 / 24000) * 8000),
    "bursts": b"".join(noise(0.2, 12000, seed) + silence(0.3) for seed in range(10)),
}


@pytest.mark.parametrize("sound", NOT_SPEECH)
def test_push_to_talk_without_speech(gateway: Any, talk: Any, player: str, sound: str) -> None:
    client = talk(gateway, player)
    client.press()
    client.stream(NOT_SPEECH[sound])
    client.release()
    assert client.until("stt_response", 20) == {"text": "", "is_final": True}
    assert client.quiet() == []


def test_continuous_without_speech(gateway: Any, talk: Any, player: str) -> None:
    client = talk(gateway, player)
    client.send("start_voice")
    client.until("voice_started", 30)
    for sound in NOT_SPEECH.values():
        client.stream(sound + silence(1))
    client.stream(speech("Now I say something.") + silence(1))
    responses = [client.until("stt_response", 30)]
    while not responses[-1]["is_final"]:
        responses.append(client.until("stt_response", 30))
    assert words(responses[-1]["text"]) == words("Now I say something.")
    assert {event for event, _ in client.seen} <= {"connect", "session_info", "voice_started", "stt_response"}


def test_partial_transcripts_while_the_user_speaks(make_gateway: Any, talk: Any) -> None:
    client = talk(make_gateway(chat=Scripted("Yes.")), "p")
    client.send("start_voice")
    client.until("voice_started", 30)
    said = "I would like to tell you about the long journey that we made last summer in a very small boat."
    client.stream(speech(said) + silence(1), pace=True)
    heard = client.hears()
    partials = [p["text"] for event, p in heard.events if event == "stt_response" and not p["is_final"]]
    assert len(partials) >= 4
    assert words(partials[1])[:3] == words(said)[:3]
    assert words(heard.transcript or "") == words(said)


def test_a_long_press_with_pauses_is_one_turn(make_gateway: Any, talk: Any) -> None:
    engine = Scripted("I see.")
    client = talk(make_gateway(chat=engine), "p")
    said = [
        "First I went to the market and bought some apples.",
        "Then I met my sister at the station.",
        "We had tea together in the garden.",
        "In the evening it began to rain.",
    ]
    client.press()
    client.stream(b"".join(speech(sentence) + silence(1.5) for sentence in said))  # 20 s in a burst
    client.release()
    heard = client.hears(40)
    assert words(heard.transcript or "") == words(" ".join(said))
    assert [prompt.text for prompt in engine.prompts] == [heard.transcript]


def test_what_was_said_before_stop_voice_is_answered(make_gateway: Any, talk: Any) -> None:
    client = talk(make_gateway(chat=Scripted("Yes.")), "p")
    client.send("start_voice")
    client.stream(speech("Is anybody there?"))  # no silence after it, and no wait for voice_started
    client.send("stop_voice")
    heard = client.hears(30)
    assert words(heard.transcript or "") == words("Is anybody there?")
    assert heard.text == "Yes."


def test_a_second_press_begins_anew(make_gateway: Any, talk: Any) -> None:
    client = talk(make_gateway(chat=Scripted("Yes.")), "p")
    client.press()
    client.stream(speech("Never mind this."))
    client.press()
    client.stream(speech("This is what I mean."))
    client.release()
    assert words(client.hears(30).transcript or "") == words("This is what I mean.")


def test_starting_twice_and_changing_the_mode(make_gateway: Any, talk: Any) -> None:
    client = talk(make_gateway(chat=Scripted("Yes."), max_voice_sessions=1), "p")
    for payload in ([], [], [{}], [{"turn_mode": "push_to_talk"}], [None]):
        client.send("start_voice", *payload)
        client.until("voice_started", 30)
    client.stream(speech("Can you hear me?") + silence(1))
    assert client.hears().text == "Yes."
    client.send("stop_voice")
    client.send("stop_voice")
    assert [event for event, _ in client.quiet()] == ["voice_stopped", "voice_stopped"]
    client.stream(speech("Nobody listens.") + silence(1))
    assert client.quiet() == []


BAD = {
    "no object": 17,
    "no audio": {},
    "a number": {"audio": 17},
    "a list": {"audio": ["AAAA"]},
    "no base64": {"audio": "%%%%"},
    "bad padding": {"audio": "AAAAA"},
    "not ascii": {"audio": "ÄÄÄÄ"},
    "odd": {"audio": base64.b64encode(b"abc").decode()},
    "too much": {"audio": "A" * (MAX_FRAME + 4)},
    "10 MB": {"audio": "A" * 10_000_000},
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_audio_is_told_once_and_dropped(gateway: Any, talk: Any, player: str, kind: str, caplog: Any) -> None:
    client = talk(gateway, player)
    client.press()
    for _ in range(3):
        client.send("stream_audio", BAD[kind])
    client.stream(speech("This is fine."))
    for _ in range(3):
        client.send("stream_audio", BAD[kind])
    client.release()
    while not (answer := client.until("stt_response", 30))["is_final"]:
        pass
    assert words(answer["text"]) == words("This is fine.")
    errors = [payload["error"] for event, payload in client.seen if event == "voice_error"]
    assert len(errors) == 1
    assert errors[0].startswith("stream_audio: ")
    assert "Traceback" not in caplog.text


def test_audio_before_voice_is_told_once(gateway: Any, talk: Any, player: str) -> None:
    client = talk(gateway, player)
    client.stream(silence(0.1))
    (event, payload), *others = client.quiet()
    assert (event, others) == ("voice_error", [])
    assert "start_voice" in payload["error"]


@pytest.mark.parametrize("payload", ["push_to_talk", [], {"turn_mode": 3}])
def test_a_start_that_makes_no_sense(gateway: Any, talk: Any, player: str, payload: Any) -> None:
    client = talk(gateway, player)
    client.send("start_voice", payload)
    assert client.next()[0] == "error"


def test_a_client_without_a_microphone(gateway: Any, talk: Any, player: str) -> None:
    client = talk(gateway, player, capabilities={"microphone": False})
    client.send("start_voice")
    assert "no microphone" in client.until("voice_error")["error"]


def test_one_more_than_there_is_room_for(make_gateway: Any, talk: Any) -> None:
    gateway = make_gateway(chat=Scripted("Yes."), max_voice_sessions=2)
    clients = [talk(gateway, f"p{number}") for number in range(3)]
    for client in clients[:2]:
        client.send("start_voice")
        client.until("voice_started", 30)
    clients[2].send("start_voice")
    error = clients[2].until("voice_error")["error"]
    assert "2 voice conversations" in error
    assert "max_voice_sessions" in error
    assert clients[2].says("In writing, then?") == "Yes."
    clients[0].close()  # a place becomes free when somebody leaves …
    deadline = time.monotonic() + 10
    while True:
        clients[2].send("start_voice")
        event, _ = clients[2].next()
        if event == "voice_started" or time.monotonic() > deadline:
            break
    assert event == "voice_started"
    clients[1].send("stop_voice")  # … or stops
    clients[1].until("voice_stopped")
    talk_again = talk(gateway, "p4")
    talk_again.press()


def test_nobody_speaks(make_gateway: Any, talk: Any) -> None:
    client = talk(make_gateway(chat=Scripted("Yes."), voice_timeout=0.5), "p")
    client.send("start_voice")
    client.until("voice_started", 30)
    client.stream(silence(0.3), pace=True)
    timeout = client.until("voice_timeout")
    assert timeout["reason"] == "voice_inactivity"
    assert timeout["timeout_seconds"] == 0.5
    assert 0.5 <= timeout["idle_seconds"] < 5
    client.stream(speech("Hello?") + silence(1))
    assert client.says("Still there?") == "Yes."
    client.send("audio_playback_complete", {})
    client.says_aloud("Are you there again?")
    assert client.hears().text == "Yes."


@pytest.mark.thorough
def test_long_silence_leaves_nothing_behind(gateway: Any, talk: Any, player: str) -> None:
    client = talk(gateway, player, rate=16000)
    client.press()
    client.stream(speech("Good morning.", 16000) + silence(100, 16000), block=20)
    assert words(client.until("stt_response", 30)["text"]) == ["good", "morning"]
    before = memory()
    client.stream(silence(SILENCE, 16000), block=20)
    client.release()
    # a press of so long is ended by force, so this may have come already
    while not (finals := [p["text"] for event, p in client.seen if event == "stt_response" and p["is_final"]]):
        client.next(30)
    assert [words(text) for text in finals] == [["good", "morning"]]
    assert memory() - before < SILENCE * 32000 / 1e6 / 2, "more than half of that audio"


@pytest.mark.parametrize("missing", ["stt", "vad"])
def test_without_an_engine(make_gateway: Any, talk: Any, missing: str) -> None:
    client = talk(make_gateway(chat=Scripted("Yes."), **{missing: "none"}), "p")
    client.send("start_voice")
    assert "pip install" in client.until("voice_error")["error"]
    assert client.says("In writing?") == "Yes."


def test_without_a_voice_the_answer_is_written(make_gateway: Any, talk: Any) -> None:
    client = talk(make_gateway(chat=Scripted("Yes."), tts="none"), "p")
    client.says_aloud("Can you speak?")
    assert words(client.until("stt_response", 20)["text"]) == words("Can you speak?")
    assert client.turn()[-1][1]["text"] == "Yes."
    assert "pip install" in client.until("voice_error")["error"]
    assert (client.until("bot_voice")["audio"], client.seen[-1][1]["is_final"]) == ("", True)


class Broken:
    """Engines that fail."""

    name = "broken"

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def load(self) -> None:
        pass

    async def transcribe(self, pcm: bytes, *, language: str, final: bool) -> str:
        raise self.error

    async def speak(self, text: str, *, voice: Any, speed: float, first: bool) -> Any:
        raise self.error
        yield


@pytest.mark.parametrize(
    ("kind", "message", "told"), [(EngineError, "it is asleep", "asleep"), (RuntimeError, "sk-secret", "failed")]
)
def test_an_engine_that_fails_is_told_once(make_gateway: Any, talk: Any, kind: Any, message: str, told: str) -> None:
    broken = Broken(kind(message))
    client = talk(make_gateway(chat=Scripted("One. Two."), stt=broken, tts=broken), "p")
    client.says_aloud("Is this heard?")
    assert client.until("stt_response", 20) == {"text": "", "is_final": True}
    for _ in range(2):
        client.send("text", {"text": "Speak."})
        ends = [payload for event, payload in (client.turn()) if event == "bot_response"]
        assert ends[-1]["text"] == "One. Two."
        client.send("audio_playback_complete", {})
    client.quiet()
    spoken = [(p["audio"], p["chunk_index"], p["is_final"]) for event, p in client.seen if event == "bot_voice"]
    assert spoken == [("", 0, True)] * 2
    errors = [payload["error"] for event, payload in client.seen if event == "voice_error"]
    assert len(errors) == 2
    assert all(told in error and "sk-secret" not in error for error in errors)
