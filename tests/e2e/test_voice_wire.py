"""What voice itself does, with a server that only says what a test has it say: no ears, no interruptions of its own."""

from __future__ import annotations

import base64
import time

import pytest
from puppet import RAW, Log, WireServer
from remote import in_thread

pytest.importorskip("numpy")
pytest.importorskip("soxr")

from voices import RATE, Recorder

from estuary import ConnectionLost, VoiceError
from estuary.voice.files import NullSink, Silence

TONE = b"\x00\x10" * (RATE // 10)  # a tenth of a second


def voice_chunk(message_id, index, final=False, pcm=TONE):
    audio = base64.b64encode(pcm).decode()
    return ("bot_voice", {"audio": audio, "message_id": message_id, "chunk_index": index, "is_final": final})


def speak(server, message_id, seconds):
    count = int(seconds * 10)
    server.send(*[voice_chunk(message_id, n, n == count - 1) for n in range(count)])


def heard(server, text, final=False):
    server.send(("stt_response", {"text": text, "is_final": final}))


@pytest.fixture
def server():
    with WireServer(lambda text: []) as server:
        yield server


@pytest.fixture
def session(server):
    with server.session() as session:
        yield session


def started(server, voice):
    """Start ``voice``, the server agreeing when it is asked."""
    starting = in_thread(voice.start)
    server.wait_for("start_voice")
    server.send(("voice_started", {}))
    return starting.result(10)


def test_the_first_words_over_the_character_silence_it_after_the_grace(server, session):
    sink, begun, interrupted = Recorder(), Log(), Log()
    session.on("playback_started", begun)
    session.on("interrupted", interrupted)
    with started(server, session.voice(source=Silence(), sink=sink, barge_in_grace=0.5)):
        speak(server, "m1", 5)
        begun.wait(1)
        heard(server, "wai")  # within the grace: the end of the user's own words
        time.sleep(0.6)
        assert interrupted.items == []
        heard(server, "")  # nothing was understood
        heard(server, "wait a")
        now = time.monotonic()
        assert interrupted.wait(1)[0].reason == "barge_in"
        assert server.wait_for("client_interrupt") == {"message_id": "m1"}
        time.sleep(0.3)
        assert sink.loud_after(now) < 0.1
        server.send(voice_chunk("m1", 99))  # late
        speak(server, "m2", 0.3)
        assert server.wait_for("audio_playback_complete") == {"message_id": "m2"}


def test_what_was_heard_to_its_end_is_told_then_and_not_before(server, session):
    finished = Log()
    session.on("playback_finished", finished)
    with started(server, session.voice(source=Silence(), sink=Recorder())):
        before = time.monotonic()
        speak(server, "m1", 1.0)
        assert server.wait_for("audio_playback_complete") == {"message_id": "m1"}
        assert 0.9 < time.monotonic() - before < 2.0
        assert finished.wait(1)[0].message_id == "m1"


def test_without_barge_in_nothing_that_is_heard_interrupts(server, session):
    begun, interrupted = Log(), Log()
    session.on("playback_started", begun)
    session.on("interrupted", interrupted)
    with started(server, session.voice(source=Silence(), sink=Recorder(), barge_in=False, barge_in_grace=0.0)):
        speak(server, "m1", 1.0)
        begun.wait(1)
        heard(server, "wait")
        server.wait_for("audio_playback_complete")
    assert interrupted.items == []


def test_a_server_that_does_not_answer_is_given_up_in_time(session):
    before = time.monotonic()
    with pytest.raises(VoiceError, match=r"did not start voice within 0\.5 s"):
        session.voice(source=Silence(), sink=NullSink()).start(timeout=0.5)
    assert time.monotonic() - before < 3
    assert session.is_connected


def test_a_session_that_the_server_ends_for_idleness_ends_voice_and_is_not_opened_again(server, session):
    voice = started(server, session.voice(source=Silence(), sink=NullSink()))
    server.send(("session_timeout", {"reason": "inactivity", "idle_seconds": 5, "timeout_seconds": 5}))
    server.send((RAW, "41/sdk,"))
    with pytest.raises(ConnectionLost, match="idle"):
        voice.wait(10)
    assert server.connections == 1


def test_voice_that_the_server_stops_is_over(server, session):
    voice = started(server, session.voice(source=Silence(), sink=NullSink()))
    server.send(("voice_stopped", {}))
    assert voice.wait(10)
    assert voice.ended == "server"


@pytest.mark.parametrize("audio", ["!!!", base64.b64encode(b"\0\0\0").decode(), "é"])
def test_audio_that_is_none_costs_itself_only(server, session, audio):
    errors = Log()
    session.on("error", errors)
    with started(server, session.voice(source=Silence(), sink=NullSink())):
        server.send(("bot_voice", {"audio": audio, "message_id": "m1", "chunk_index": 0, "is_final": False}))
        assert "bot_voice.audio" in str(errors.wait(1)[0])
        speak(server, "m1", 0.3)
        server.wait_for("audio_playback_complete")


@pytest.mark.parametrize("rate", [16000, 22050, 44100, 48000])
def test_every_rate_of_a_session(server, rate):
    with server.session(audio_sample_rate=rate) as session:
        with started(server, session.voice(source=Silence(), sink=NullSink(), echo="auto")) as voice:
            speak(server, "m1", 0.3)
            server.wait_for("audio_playback_complete")
            payload = server.wait_for("stream_audio")
            assert len(base64.b64decode(payload["audio"])) == 2 * int(rate * 0.02)
            assert voice.stats.frames_dropped == 0
