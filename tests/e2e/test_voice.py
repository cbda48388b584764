"""Spoken conversations with the real gateway, its real ears and voice; on files and buffers, without a sound card."""

from __future__ import annotations

import array
import threading
import time

import pytest
from puppet import Log

pytest.importorskip("numpy")
pytest.importorskip("hibari")

from voices import QUESTION, RATE, Line, Recorder, words

from estuary import ConfigError, VoiceError
from estuary.voice.files import NullSink, PCMBuffer, Silence, read_wav, write_wav
from estuary.voice.levels import dbfs

pytestmark = pytest.mark.limit(90)


@pytest.fixture
def session(gateway, player):
    with gateway.session(player) as session:
        yield session


# ── recorded speech ──


def test_recorded_speech_is_understood_answered_and_remembered(session, speech, tmp_path):
    reply = session.ask_aloud(speech(QUESTION))
    assert words(reply.transcript) == words(QUESTION)
    assert "Alice" in reply.text
    assert 1.0 < len(reply.audio) / 2 / RATE < 15.0
    assert dbfs(reply.audio) > -40
    reply.save_audio(tmp_path / "answer.wav")
    assert read_wav(tmp_path / "answer.wav") == (reply.audio, RATE, 1)
    assert "Berlin" in session.ask_aloud(speech("Where do I live?")).text
    assert "Berlin" in session.send("Where do I live?").text
    assert [m.role for m in session.history()][:2] == ["user", "assistant"]


def test_what_it_says_can_be_understood(session, speech):
    """The whole loop: the answer to a text is spoken, and hearing it gives that text again."""
    said = session.send("Hello, I am Alice.", text_only=False)
    heard = session.ask_aloud(said.audio)
    expected = words(said.text)
    assert len([w for w in words(heard.transcript) if w in expected]) >= 0.8 * len(expected)


def test_any_rate_and_channels_will_do(session, speech, tmp_path):
    pcm, _, _ = read_wav(speech(QUESTION))
    samples = array.array("h", pcm)[::3]  # 8,000 Hz, then stereo
    stereo = array.array("h", [s for sample in samples for s in (sample, sample)])
    write_wav(tmp_path / "phone.wav", stereo.tobytes(), 8000, 2)
    assert "Alice" in session.ask_aloud(tmp_path / "phone.wav").transcript


def test_another_rate_of_the_session(gateway, player, speech):
    with gateway.session(player, audio_sample_rate=16000) as session:
        reply = session.ask_aloud(speech(QUESTION))
        assert reply.sample_rate == 16000
        assert "Alice" in reply.transcript
        assert session.ask_aloud(PCMBuffer(reply.audio, 16000)).transcript


def test_silence_is_no_question(session):
    for silence in (bytes(2 * RATE), Silence(1.5)):
        with pytest.raises(VoiceError, match="no speech"):
            session.ask_aloud(silence)
    assert session.send("Hello!").text


@pytest.mark.parametrize(
    ("speech", "error", "message"),
    [
        (b"", ConfigError, "empty"),
        (b"\0" * 3, ConfigError, "half a sample"),
        (bytes(2 * RATE * 301), ConfigError, "longer than 300 s"),
        ("nowhere.wav", VoiceError, "nowhere.wav"),
        (__file__, VoiceError, "not a wav file"),
        (None, ConfigError, "None"),
        (42, ConfigError, "int"),
    ],
)
def test_what_is_no_speech_is_refused_before_anything_is_sent(session, speech, error, message):
    with pytest.raises(error, match=message):
        session.ask_aloud(speech)
    assert session.send("Hello!").text


def test_questions_of_several_threads_queue(session, speech):
    heard = {}

    def ask(text):
        heard[text] = session.ask_aloud(speech(text)).transcript

    texts = [QUESTION, "Where do I live?", "What is your name?"]
    threads = [threading.Thread(target=ask, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {text: words(said) for text, said in heard.items()} == {text: words(text) for text in texts}


def test_speech_that_was_cut_short_is_not_answered(make_gateway, player, speech, monkeypatch):
    """Ctrl-C in the middle of sending: the server must neither answer half of it nor keep a place for the rest."""
    gateway = make_gateway(max_voice_sessions=1)
    with gateway.session(player) as session, gateway.session(player + "2") as other:
        session.connect()
        send = session._connection.send

        def cut(packet):
            if "stream_audio" in packet:
                raise KeyboardInterrupt
            send(packet)

        monkeypatch.setattr(session._connection, "send", cut)
        stopped = Log()
        session.on("voice_stopped", stopped)
        with pytest.raises(KeyboardInterrupt):
            session.ask_aloud(speech(QUESTION))
        stopped.wait(1)
        monkeypatch.undo()
        assert "Alice" in other.ask_aloud(speech(QUESTION)).transcript
        assert list(session.history()) == []


def test_audio_of_a_text_is_waited_for(session):
    reply = session.send("Hello!", text_only=False)
    assert reply.audio
    assert session.send("Hello again!").audio is None
    with pytest.raises(VoiceError, match="text_only=False"):
        session.send("And again!").save_audio("never.wav")


# ── a conversation ──


def test_a_file_is_asked_and_the_answer_written(session, speech, tmp_path):
    events = Log()
    for name in ("playback_started", "playback_finished", "transcript", "voice_started", "voice_stopped"):
        session.on(name, events)
    out = tmp_path / "answer.wav"
    with session.voice(source=speech(QUESTION), sink=out) as voice:
        assert voice.is_running
        assert voice.wait(60)
        assert voice.ended == "source_ended"
        transcripts = list(voice.transcripts())
    assert not voice.is_running
    assert next(t for t in transcripts if t.is_final).text.startswith("Hello")
    assert any(not t.is_final for t in transcripts)
    pcm, rate, channels = read_wav(out)
    assert (rate, channels) == (RATE, 1)
    assert len(pcm) / 2 / RATE > 1.0
    assert dbfs(pcm) > -40
    assert "Alice" in "".join(r.delta for r in session.responses(timeout=0.1))
    session.close()
    names = [e.event for e in events.items]
    assert names[0] == "voice_started"
    assert names.index("transcript") < names.index("playback_started") < names.index("playback_finished")
    assert voice.stats.underruns == 0
    assert voice.stats.frames_sent > 100


def test_text_is_answered_aloud_while_voice_runs(session):
    sink = PCMBuffer()
    finished = Log()
    session.on("playback_finished", finished)
    with session.voice(source=Silence(), sink=sink) as voice:
        reply = session.send("Hello!")
        assert finished.wait(1)[0].message_id == reply.message_id
        assert not voice.is_sounding
    assert len(sink.getvalue()) / 2 / RATE > 0.5
    assert session.send("Hello!", timeout=20).audio is None  # and no longer when it does not


def test_push_to_talk(session, speech):
    line, sink, question = Line(), PCMBuffer(), "Where do I live?"
    session.send("I live in Berlin.")
    with session.voice(mode="push_to_talk", source=line, sink=sink) as voice:
        with voice.talking():
            assert voice.is_pressed
            line.hear(speech(question))
            until = time.monotonic() + 5
            while line.getvalue() and time.monotonic() < until:
                time.sleep(0.05)
        assert not voice.is_pressed
        assert words(next(t for t in voice.transcripts(timeout=20) if t.is_final).text) == words(question)
        assert "Berlin" in "".join(r.delta for r in session.responses(timeout=1.5))
        with pytest.raises(VoiceError, match="push_to_talk"):
            session.voice(source=line, sink=sink).press()


def test_what_is_said_between_two_presses_is_not_sent(session, speech):
    line = Line()
    line.live = True  # as a microphone, which hears on
    with session.voice(mode="push_to_talk", source=line, sink=NullSink()) as voice:
        line.hear(speech(QUESTION))
        assert list(voice.transcripts(timeout=4)) == []
        assert voice.stats.frames_sent == 0


# ── interrupting ──


@pytest.fixture
def telling(session, speech):
    """A voice in the middle of a long story: (voice, line, recorder, log of interruptions)."""
    line, sink, interrupted, started = Line(), Recorder(), Log(), Log()
    session.on("interrupted", interrupted)
    session.on("playback_started", started)
    with session.voice(source=line, sink=sink, barge_in_grace=0.0, echo="off") as voice:
        session.say_line("Once upon a time there was a sailor. " + "He sailed on and on and on. " * 12)
        started.wait(1)
        time.sleep(0.5)
        yield voice, line, sink, interrupted


def test_interrupt_is_silence_within_50_ms_and_the_next_message_is_whole(session, telling):
    voice, _, sink, interrupted = telling
    now = time.monotonic()
    session.interrupt()
    time.sleep(0.5)
    assert sink.loud_after(now) < 0.05
    assert interrupted.wait(1)[0].reason == "interrupt"
    assert not voice.is_sounding
    sink.blocks.clear()
    finished, pieces = Log(), Log()
    session.on("playback_finished", finished)
    session.on("bot_voice", pieces)
    session.say_line("Good night.")
    finished.wait(1)
    said = b"".join(piece.pcm() for piece in pieces.items)
    assert len(said) > RATE
    assert said in b"".join(pcm for _, pcm in sink.blocks)


def test_speaking_over_the_character_silences_it(session, telling, speech):
    voice, line, sink, interrupted = telling
    times = []
    session.on("interrupted", lambda event: times.append(time.monotonic()))
    line.hear(speech("Please stop now, that is enough."))
    interrupted.wait(1)
    final = next(t for t in voice.transcripts(timeout=20) if t.is_final)
    assert "stop" in final.text.lower()
    # silent, until the answer to it
    assert not [at for at, pcm in sink.blocks if any(pcm) and times[0] + 0.05 < at < times[0] + 0.4]


def test_a_push_silences_the_character(session, speech):
    sink, started, interrupted = Recorder(), Log(), Log()
    session.on("playback_started", started)
    session.on("interrupted", interrupted)
    with session.voice(mode="push_to_talk", source=Silence(), sink=sink) as voice:
        session.say_line("He sailed on and on and on. " * 10)
        started.wait(1)
        voice.press()
        assert interrupted.wait(1)[0].reason == "press"
        voice.release()


def test_without_barge_in_it_can_not_be_talked_over(session, speech):
    line, sink, started, interrupted = Line(), Recorder(), Log(), Log()
    session.on("playback_started", started)
    session.on("interrupted", interrupted)
    with session.voice(source=line, sink=sink, barge_in=False, barge_in_grace=0.0, echo="off") as voice:
        assert voice.echo == "suppress"
        session.say_line("He sailed on and on and on. " * 3)
        started.wait(1)
        line.hear(speech("Where do I live?"))
        assert list(voice.transcripts(timeout=3)) == []
    assert interrupted.items == []


# ── settings ──


def test_muted_is_silence(session, speech):
    line = Line()
    with session.voice(source=line, sink=NullSink()) as voice:
        voice.mute()
        assert voice.muted
        line.hear(speech(QUESTION))
        assert list(voice.transcripts(timeout=5)) == []
        assert voice.levels.input == -96.0
        voice.unmute()
        line.hear(speech(QUESTION))
        assert next(t for t in voice.transcripts(timeout=20) if t.is_final)


def test_volume(session):
    def loudness(volume):
        sink, finished = PCMBuffer(), Log()
        off = session.on("playback_finished", finished)
        with session.voice(source=Silence(), sink=sink, volume=volume):
            session.say_line("Good night, sailor.")
            finished.wait(1)
        off()
        return dbfs(sink.getvalue())

    assert loudness(0.5) == pytest.approx(loudness(1.0) - 6.0, abs=0.3)
    assert loudness(0.0) == -96.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "whisper"}, "continuous, push_to_talk"),
        ({"transport": "pigeon"}, "websocket"),
        ({"echo": "loud"}, "auto, cancel, suppress, off"),
        ({"volume": 5}, "0 to 4"),
        ({"volume": True}, "0 to 4"),
        ({"barge_in_grace": -1}, "0 to 60"),
        ({"source": 42}, "open"),
        ({"sink": object()}, "open"),
    ],
)
def test_what_can_not_be_is_named_before_anything_starts(session, options, message):
    with pytest.raises(ConfigError, match=message):
        session.voice(**{"source": Silence(), "sink": NullSink(), **options})


def test_one_voice_at_a_time(session, speech):
    with session.voice(source=Silence(), sink=NullSink()) as voice:
        with pytest.raises(VoiceError, match="running already"), session.voice(source=Silence(), sink=NullSink()):
            pass
        with pytest.raises(VoiceError, match="running"):
            session.ask_aloud(speech(QUESTION))
        assert voice.is_running
    voice.stop()
    with voice:  # and it may be started again
        assert voice.is_running


# ── the server's limits ──


def test_the_server_ends_voice_that_hears_nothing_and_text_goes_on(make_gateway, player):
    gateway = make_gateway(voice_timeout=0.5)
    with gateway.session(player) as session:
        timeouts = Log()
        session.on("voice_timeout", timeouts)
        with session.voice(source=Silence(), sink=NullSink()) as voice:
            assert voice.wait(20)
            assert voice.ended == "voice_timeout"
        assert timeouts.wait(1)
        assert session.send("Hello!").text
        with voice:
            assert voice.is_running


def test_a_server_that_refuses_voice_says_why(make_gateway, player):
    gateway = make_gateway(max_voice_sessions=1)
    with gateway.session(player) as first, gateway.session(player + "2") as second:
        with first.voice(source=Silence(), sink=NullSink()):
            with pytest.raises(VoiceError, match="voice"):
                second.voice(source=Silence(), sink=NullSink()).start()
            assert second.send("Hello!").text
        with second.voice(source=Silence(), sink=NullSink()) as voice:
            assert voice.is_running


class Deaf:
    """Speech recognition that fails, as an endpoint may."""

    name = "deaf"

    def __init__(self, load=None):
        self.failure = load

    async def load(self):
        if self.failure:
            raise self.failure

    async def transcribe(self, pcm, *, language, final):
        from estuary.gateway.voice.base import EngineError

        raise EngineError("the recognition has a day off")


def test_an_engine_that_fails_costs_one_thing_that_was_said(make_gateway, player, speech):
    gateway = make_gateway(stt=Deaf())
    with gateway.session(player) as session:
        errors, line = Log(), Line()
        session.on("error", errors)
        with session.voice(source=line, sink=NullSink()) as voice:
            line.hear(speech("Where do I live?"))
            assert "day off" in str(errors.wait(1)[0])
            assert voice.is_running
            assert not voice.wait(0.5)
        with pytest.raises(VoiceError, match="day off"):
            session.ask_aloud(speech("Where do I live?"))


def test_a_server_that_can_not_hear_at_all_says_so(make_gateway, player):
    from estuary.gateway.voice.base import EngineError

    gateway = make_gateway(stt=Deaf(EngineError("no model is there")))
    with gateway.session(player) as session:
        with pytest.raises(VoiceError, match="no model is there"):
            session.voice(source=Silence(), sink=NullSink()).start()
        assert session.send("Hello!").text


# ── the user's own ends ──


def test_any_object_with_the_documented_methods_will_do(session, speech):
    class Caller:
        sample_rate, channels = RATE, 1

        def open(self, sample_rate):
            self.left = read_wav(speech(QUESTION))[0]

        def read(self, frames):
            piece, self.left = self.left[: 2 * frames], self.left[2 * frames :]
            return piece

        def close(self):
            del self.left

    class Called:
        sample_rate, channels, latency = 8000, 2, 0.0
        heard = b""

        def open(self, sample_rate):
            assert sample_rate == RATE

        def write(self, pcm):
            self.heard += pcm

        def close(self):
            pass

    sink = Called()
    with session.voice(source=Caller(), sink=sink) as voice:
        assert voice.wait(60)
        assert any("Alice" in t.text for t in voice.transcripts())
    assert 1.0 < len(sink.heard) / 4 / 8000 < 15.0  # at its own rate, on both channels
    assert sink.heard[0::4] == sink.heard[2::4]
