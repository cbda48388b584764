"""Spoken conversations through real PyAudio and virtual devices: speech goes into a microphone, a speaker is recorded.

The session runs in a process of its own (``tests/voice/talker.py``), as a crash in PortAudio would end this one.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("numpy")
pytest.importorskip("hibari")

sys.path.insert(0, str(Path(__file__).parents[1] / "voice"))

import numpy as np
from pulse import Program, Pulse, require

VOICE = Path(__file__).parents[1] / "voice"
RATE = 24000
QUESTION = "Where do I live?"
ANSWER = "That is a good question, my friend."
STORY = "Once upon a time there was a sailor. " + "He sailed on and on and on. " * 8

pytestmark = [pytest.mark.limit(120), pytest.mark.realtime]


class Brief:
    """Always the same short answer: what is tested here is the sound."""

    name = "brief"

    async def reply(self, prompt):
        yield ANSWER


@pytest.fixture
def gateway(make_gateway):
    return make_gateway(chat=Brief())


@pytest.fixture
def pulse():
    require()
    with Pulse(RATE) as running:
        yield running


class Talker:
    """The process that talks, and what it has told so far."""

    def __init__(self, pulse, gateway, player, **options):
        self.program = Program(
            pulse, (VOICE / "talker.py").read_text(), json.dumps(options),
            ESTUARY_API_KEY=gateway.api_key, ESTUARY_SERVER_URL=gateway.url,
            ESTUARY_CHARACTER_ID=gateway.character_id, ESTUARY_PLAYER_ID=player,
        )  # fmt: skip
        self.events = []
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            line = self.program.line()
            self.lines.put(line)
            if not line:
                return

    def until(self, name, timeout=30, where=lambda e: True):
        """Wait for an event of this name; it, with ``at`` (a time on this machine's monotonic clock)."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {name} within {timeout} s; {self.events}\n{self.program.stderr()}") from None
            assert line, f"it has ended before {name}; {self.events}\n{self.program.stderr()}"
            at, told, fields = line.split(" ", 2)
            event = {"name": told, "at": float(at), **json.loads(fields)}
            self.events.append(event)
            if told == name and where(event):
                return event

    def ask(self, order):
        """Have it evaluate an expression; its value's repr."""
        self.program.tell(order)
        return self.until("value")["value"]

    def said(self):
        """All that the character has said."""
        return "".join(e["delta"] for e in self.events if e["name"] == "response")

    def final(self, timeout=30):
        return self.until("transcript", timeout, lambda e: e["is_final"])["text"]

    def finish(self, timeout=20, noisy=False):
        """It must end well within ``timeout`` seconds, with nothing on its stderr unless it is ``noisy``."""
        self.program.close_stdin()
        self.until("over", timeout)
        self.reader.join(timeout)
        assert self.program.finish(timeout, stderr=lambda text: noisy or not text) == ""

    def kill(self):
        self.program.kill()  # ends its output, and so the reader
        self.reader.join(10)
        self.program.__exit__(None, None, None)


@pytest.fixture
def talk(pulse, gateway, player):
    started = []

    def start(**options):
        talker = Talker(pulse, gateway, player, **options)
        started.append(talker)
        talker.until("ready")
        return talker

    yield start
    for talker in started:
        talker.kill()


def words(text):
    return "".join(c for c in text.lower() if c.isalnum() or c == " ").split()


def loud(pcm, rate=RATE, block=0.01):
    """For each 10 ms of PCM16 whether there is sound in it."""
    samples = np.frombuffer(pcm, "<i2").astype(float)
    size = int(rate * block)
    samples = samples[: samples.size // size * size].reshape(-1, size)
    return np.sqrt((samples**2).mean(axis=1)) > 100


def test_speech_into_the_microphone_is_answered_from_the_speaker(pulse, gateway, player, talk, speech):
    talker = talk()
    with pulse.record() as recording:
        pulse.play_file(speech(QUESTION))
        assert words(talker.final()) == words(QUESTION)
        talker.until("playback_finished")
        heard = recording.pcm()
    assert talker.said() == ANSWER
    with gateway.session(player + "-checks") as session:
        again = words(session.ask_aloud(heard).transcript)
    assert sum(word in words(ANSWER) for word in again) >= 0.8 * len(words(ANSWER))
    talker.finish()


def test_push_to_talk(pulse, talk, speech):
    talker = talk(mode="push_to_talk")
    pulse.play_file(speech("This is not for you.")).wait(10)
    talker.ask("voice.press()")
    pulse.play_file(speech(QUESTION)).wait(10)
    talker.ask("time.sleep(0.7)")  # what was played is still on its way through the sound server
    talker.ask("voice.release()")
    assert words(talker.final()) == words(QUESTION)
    talker.until("playback_finished")
    talker.finish()


def test_speaking_over_it_silences_the_speaker(pulse, talk, speech):
    talker = talk(barge_in_grace=0.0, echo="off")  # a canceller without an echo may take the user for one
    with pulse.record() as recording:
        talker.ask(f"session.say_line({STORY!r})")
        talker.until("playback_started")
        time.sleep(1)
        pulse.play_file(speech("Please stop now, that is enough."))
        talker.until("interrupted")
        heard = len(recording.pcm())
        time.sleep(0.4)
        after = loud(recording.pcm()[heard:])
    assert not after[15:].any()  # 120 ms for the device and the recorder
    assert "stop" in talker.final().lower()
    talker.finish()


def test_an_interruption_is_heard_at_once_and_the_next_message_is_whole(pulse, talk):
    talker = talk()
    with pulse.record() as recording:
        talker.ask(f"session.say_line({STORY!r})")
        talker.until("playback_started")
        time.sleep(1)
        talker.ask("session.interrupt()")
        heard = len(recording.pcm())
        time.sleep(0.4)
        assert not loud(recording.pcm()[heard:])[15:].any()
        start = len(recording.pcm())
        talker.ask("session.say_line('Good night, sailor.')")
        talker.until("playback_finished")
        spoken = loud(recording.pcm()[start:])
    assert spoken.sum() > 50
    talker.finish()


def own_words(talker):
    """The transcripts that it took for the user's."""
    return [e["text"] for e in talker.events if e["name"] == "transcript" and e["is_final"] and e["text"]]


QUESTIONS = [QUESTION, "What is my name?", "How are you today?", "Do you like coffee?", "Tell me about the sea."]


def five_turns(pulse, talker, speech):
    pulse.echo(-12.0, 80)
    for text in QUESTIONS:
        pulse.play_file(speech(text))
        talker.until("playback_finished", 40)
        time.sleep(1.2)  # in which it might answer itself
    talker.ask("time.sleep(0)")


def test_with_cancellation_it_does_not_answer_itself(pulse, talk, speech):
    pytest.importorskip("livekit")
    talker = talk()
    assert talker.events[-1]["echo"] == "cancel"
    five_turns(pulse, talker, speech)
    assert len(own_words(talker)) == len(QUESTIONS)
    assert [e for e in talker.events if e["name"] == "interrupted"] == []
    talker.finish()


def test_without_it_would(pulse, talk, speech):
    talker = talk(echo="off")
    pulse.echo(-12.0, 80)
    pulse.play_file(speech(QUESTION))
    assert words(talker.final()) == words(QUESTION)
    assert talker.until("interrupted")["reason"] == "barge_in"  # by its own voice


def test_a_device_that_is_lost_is_opened_anew(pulse, talk, speech):
    talker = talk()
    deadline = time.monotonic() + 20
    while "reopened=0" in talker.ask("voice.stats"):
        assert time.monotonic() < deadline
        # noticed by a call that waits; between two calls ALSA may mend it by itself
        pulse.kill_streams("source-output")
        time.sleep(1)
    assert talker.ask("voice.wait(2)") == "False"
    pulse.play_file(speech(QUESTION))
    assert words(talker.final()) == words(QUESTION)
    talker.until("playback_finished")
    talker.finish(noisy=True)


def test_a_sound_server_that_dies_is_an_error_and_text_goes_on(pulse, talk):
    talker = talk()
    pulse.stop()
    error = talker.until("error")
    assert error["type"] == "AudioDeviceError"
    talker.program.tell("voice.wait(5)")
    assert talker.until("raised")["type"] == "AudioDeviceError"
    assert "Reply(" in talker.ask("session.send('Hello!')")
    talker.finish(noisy=True)


def test_a_sound_server_that_freezes_is_noticed_and_nothing_hangs(pulse, talk):
    talker = talk()
    pulse.freeze()
    before = time.monotonic()
    assert talker.until("error", 15)["type"] == "AudioDeviceError"
    assert time.monotonic() - before < 12
    assert "Reply(" in talker.ask("session.send('Hello!')")
    talker.finish(15, noisy=True)


def test_a_device_that_is_unplugged_moves_and_voice_goes_on(pulse, talk):
    talker = talk(echo="off")
    pulse.unplug("sink_name=vspk")
    assert talker.ask("voice.wait(3)") == "False"
    talker.finish(noisy=True)


def test_a_program_that_forgets_to_stop_ends_in_silence(pulse, gateway, player):
    source = """
import time
from estuary import Session
session = Session()
session.connect()
voice = session.voice().start()
session.say_line("He sailed on and on and on.")
time.sleep(1)
print(voice.echo)
"""
    with Program(
        pulse, source, ESTUARY_API_KEY=gateway.api_key, ESTUARY_SERVER_URL=gateway.url,
        ESTUARY_CHARACTER_ID=gateway.character_id, ESTUARY_PLAYER_ID=player,
    ) as program:  # fmt: skip
        assert program.line() in ("cancel", "suppress")
        assert program.finish(10) == ""


def test_fifty_starts_and_stops(pulse, talk):
    talker = talk()
    talker.ask("voice.stop()")
    for _ in range(50):
        assert "running" in talker.ask("voice.start()")
        talker.ask("voice.stop()")
    names = "sorted(t.name.split('-')[1] for t in threading.enumerate() if t.name.startswith('estuary'))"
    deadline = time.monotonic() + 5
    while talker.ask(names) != "['dispatch', 'read', 'write']":
        assert time.monotonic() < deadline, talker.events[-1]
        time.sleep(0.05)
    talker.finish()
