"""Hearing and speaking by OpenAI-compatible endpoints, over real HTTP."""

from __future__ import annotations

import io
import logging
import wave
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from audio_server import AudioServer, audio_server
from ears import transcribe, words
from hypothesis import given
from hypothesis import strategies as st
from rawclient import Scripted

from estuary import ConfigError
from estuary.gateway import GatewayOptions
from estuary.gateway.voice.openai_audio import WavReader

KEY = "sk-a-secret-key"


@pytest.fixture
def server() -> Iterator[AudioServer]:
    with audio_server() as running:
        yield running


def options(server: AudioServer) -> dict[str, Any]:
    return {
        "stt_url": server.url,
        "stt_model": "hears",
        "stt_api_key": KEY,
        "tts_url": server.url,
        "tts_model": "speaks",
        "tts_voice": "nova",
        "tts_api_key": KEY,
    }


@pytest.mark.parametrize(("rate", "channels"), [(22050, 1), (44100, 2)])
def test_a_turn(make_gateway: Any, talk: Any, server: AudioServer, rate: int, channels: int) -> None:
    server.rate, server.channels = rate, channels
    gateway = make_gateway(chat=Scripted("First this. ", "Then that."), **options(server))
    character = gateway.create_character(stt={"language": "en-GB"}, tts={"speed": 1.25})
    client = talk(gateway, "p", character_id=character)
    client.says_aloud("What comes first?")
    heard = client.hears()
    assert words(heard.transcript or "") == words("What comes first?")
    assert words(transcribe(heard.audio)) == words("First this. Then that.")
    assert server.keys == {f"Bearer {KEY}"}
    assert {"model": "hears", "language": "en", "response_format": "json"} in server.requests
    speech = {"model": "speaks", "voice": "nova", "response_format": "wav", "speed": 1.25}
    assert {**speech, "input": "First this."} in server.requests
    engines = requests.get(f"{gateway.url}/health", timeout=10).json()["engines"]
    host = server.url.split("/")[2]
    assert engines["stt"] == f"openai-compatible: hears at {host}"
    assert engines["tts"] == f"openai-compatible: speaks at {host}"


@pytest.mark.parametrize(
    ("mistake", "told"),
    [(401, "check its API key"), (404, "check its URL and model"), (400, "no, and"), (b"hello", "no usable answer")],
)
def test_an_endpoint_that_fails(
    make_gateway: Any, talk: Any, server: AudioServer, mistake: Any, told: str, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG, "estuary")
    server.mistake = mistake
    client = talk(make_gateway(chat=Scripted("Yes."), **options(server)), "p")
    client.says_aloud("Can you hear this?")
    assert client.until("stt_response", 20) == {"text": "", "is_final": True}
    client.send("text", {"text": "And say something?"})
    assert client.turn()[-1][1]["text"] == "Yes."
    while not any(event == "bot_voice" for event, _ in client.seen):
        client.next()
    errors = [payload["error"] for event, payload in client.seen if event == "voice_error"]
    assert ["transcription" in error for error in errors] == [True, False]
    assert all(told in error for error in errors)
    assert KEY not in str(client.seen) + caplog.text


def test_an_endpoint_that_is_not_there(make_gateway: Any, talk: Any) -> None:
    url = "http://127.0.0.1:9/v1"
    client = talk(make_gateway(chat=Scripted("Yes."), tts_url=url, tts_model="m"), "p")
    client.send("text", {"text": "Speak."})
    assert "can't be reached" in client.until("voice_error", 20)["error"]
    assert client.until("bot_voice")["is_final"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"stt_url": "http://127.0.0.1/v1"},
        {"tts_model": "m"},
        {"stt_url": "ftp://host/v1", "stt_model": "m"},
        {"tts": "festival"},
        {"stt": 17},
        {"vad": object()},
        {"stt": "moonshine", "stt_url": "http://127.0.0.1/v1", "stt_model": "m"},
        {"max_voice_sessions": -1},
        {"voice_timeout": 0},
    ],
)
def test_options_that_can_not_be_right(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        GatewayOptions.of(**wrong)


def test_keys_are_not_shown() -> None:
    shown = repr(GatewayOptions.of(stt_url="http://me:pass@host/v1", stt_model="m", stt_api_key=KEY))
    assert KEY not in shown
    assert "pass" not in shown


def wav(pcm: bytes, channels: int, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(8000)
        out.writeframes(pcm)
    return file.getvalue()


@given(st.binary(max_size=200), st.lists(st.integers(1, 20), max_size=30), st.booleans())
def test_a_wav_is_read_however_it_is_cut(pcm: bytes, cuts: list[int], extra: bool) -> None:
    pcm = pcm[: len(pcm) // 2 * 2]
    data = wav(pcm, 1)
    if extra:
        data = data[:36] + b"LIST\x05\x00\x00\x00hello\x00" + data[36:]
    reader = WavReader()
    heard = b""
    for size in [*cuts, len(data)]:
        for audio in reader.feed(data[:size]):
            assert audio.sample_rate == 8000
            heard += audio.pcm
        data = data[size:]
    reader.finish()
    assert heard == pcm


@pytest.mark.parametrize("data", [b"", b"RIFF", b"ID3 and an mp3 file", wav(b"\0" * 30, 1, width=3), wav(b"", 1)[:40]])
def test_what_is_no_wav(data: bytes) -> None:
    def read() -> None:
        reader = WavReader()
        reader.feed(data)
        reader.finish()

    with pytest.raises(ValueError, match="wav"):
        read()


@given(st.binary(max_size=300))
def test_bytes_that_are_no_wav(data: bytes) -> None:
    reader = WavReader()
    try:
        reader.feed(b"RIFF\0\0\0\0WAVE" + data)
        reader.finish()
    except ValueError:
        pass
