"""Voice on its worst day: networks, sources and sinks that fail, and ends of every kind. On files and buffers."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from puppet import Log

pytest.importorskip("numpy")
pytest.importorskip("hibari")

from voices import QUESTION, Line

from estuary import AudioDeviceError, ConnectError, ConnectionLost
from estuary.voice.files import NullSink, Silence

pytestmark = pytest.mark.limit(90)


@pytest.fixture
def session(gateway, player):
    with gateway.session(player) as session:
        yield session


# ── the network ──


def test_voice_goes_on_after_a_reconnection(gateway, proxy, player, speech):
    faults = proxy(gateway)
    with gateway.session(player, server_url=faults.url) as session:
        line, back = Line(), Log()
        session.on("reconnected", back)
        with session.voice(source=line, sink=NullSink()) as voice:
            faults.reset()
            back.wait(1)
            line.hear(speech(QUESTION))
            final = next(t for t in voice.transcripts(timeout=20) if t.is_final)
            assert "Alice" in final.text
            assert voice.is_running


def test_a_connection_lost_for_good_ends_voice(gateway, proxy, player):
    faults = proxy(gateway)
    with gateway.session(player, server_url=faults.url, max_reconnects=0) as session:
        with session.voice(source=Silence(), sink=NullSink()) as voice:
            faults.reset()
            with pytest.raises(ConnectionLost):
                voice.wait(10)
            assert voice.ended == "error"
        assert session.send("Hello!").text


def test_a_stalled_connection_holds_a_second_of_what_a_microphone_hears(gateway, proxy, player):
    faults = proxy(gateway)
    with gateway.session(player, server_url=faults.url) as session:
        source = Silence()
        source.live = True
        with session.voice(source=source, sink=NullSink()) as voice:
            faults.freeze()
            until = time.monotonic() + 15
            while not voice.stats.frames_dropped and time.monotonic() < until:
                time.sleep(0.05)
            assert voice.stats.frames_dropped
            assert voice._capture.waiting <= 1.05
            dropped = voice.stats.frames_dropped
            faults.thaw()
            until = time.monotonic() + 5
            while voice._capture.waiting > 0.1 and time.monotonic() < until:
                time.sleep(0.05)
            assert voice._capture.waiting <= 0.1
            assert voice.stats.frames_dropped >= dropped
            assert voice.is_running


# ── sources and sinks that fail ──


class Broken(Silence):
    def __init__(self, where, error):
        super().__init__()
        self.where, self.error, self.reads = where, error, 0

    def open(self, sample_rate):
        if self.where == "open":
            raise self.error
        super().open(sample_rate)

    def read(self, frames):
        self.reads += 1
        if self.where == "read" and self.reads > 5:
            raise self.error
        return super().read(frames)


def test_a_source_that_does_not_open(session):
    with pytest.raises(AudioDeviceError, match="no such thing"):
        session.voice(source=Broken("open", OSError("no such thing")), sink=NullSink()).start()
    assert session.send("Hello!").text


def test_a_source_that_fails_later(session):
    errors = Log()
    session.on("error", errors)
    with session.voice(source=Broken("read", ValueError("the cable is out")), sink=NullSink()) as voice:
        with pytest.raises(AudioDeviceError, match="the cable is out"):
            voice.wait(10)
        assert voice.ended == "error"
    assert isinstance(errors.wait(1)[0], AudioDeviceError)
    assert session.send("Hello!").text


def test_a_device_that_comes_back_is_opened_anew(session, speech):
    source = Broken("read", AudioDeviceError("unplugged"))
    source.live = True
    opened = Log()
    close = source.close

    def plug_in_again():
        source.where = "nowhere"
        opened(1)
        close()

    source.close = plug_in_again
    with session.voice(source=source, sink=NullSink()) as voice:
        opened.wait(1)
        assert not voice.wait(2)
        assert voice.stats.reopened == 1
        assert voice.is_running


@pytest.mark.leaks_ok(reason="a thread that hangs in the user's code can only be left behind")
def test_a_source_that_hangs_does_not_hold_up_the_end(session):
    class Hanging(Silence):
        def read(self, frames):
            threading.Event().wait()

    voice = session.voice(source=Hanging(), sink=NullSink()).start()
    before = time.monotonic()
    voice.stop(timeout=0.5)
    assert time.monotonic() - before < 1.5
    assert not voice.is_running
    assert session.send("Hello!").text


def test_samples_cut_in_half_and_blocks_of_any_size_do_no_harm(session):
    class Odd(Silence):
        def read(self, frames):
            return super().read(frames) + b"\0"

    with session.voice(source=Odd(), sink=NullSink()) as voice:
        assert not voice.wait(1)


# ── the end ──


def test_closing_the_session_ends_voice(gateway, player):
    session = gateway.session(player)
    session.connect()
    voice = session.voice(source=Silence(), sink=NullSink()).start()
    session.close()
    assert not voice.is_running
    assert voice.ended == "stopped"
    assert voice.wait(1)


def test_a_start_that_fails_for_the_connection_leaves_nothing(gateway, player):
    session = gateway.session(player, server_url="http://127.0.0.1:1")
    voice = session.voice(source=Silence(), sink=NullSink())
    for _ in range(2):
        with pytest.raises(ConnectError):
            voice.start()
    session.close()


def test_a_source_may_stop_voice_itself(session):
    class Fed(Silence):
        def read(self, frames):
            if voice.is_running:
                voice.stop()
            return super().read(frames)

    voice = session.voice(source=Fed(), sink=NullSink())
    before = time.monotonic()
    with voice:
        assert voice.wait(5)
    assert voice.ended == "stopped"
    assert time.monotonic() - before < 3


def test_stopping_from_a_callback(session):
    voice = session.voice(source=Silence(), sink=NullSink())
    session.on("playback_started", lambda event: voice.stop())
    with voice:
        session.say_line("Good night.")
        assert voice.wait(20)


def run(code, gateway, *, timeout=60, **kwargs):
    env = {**os.environ, "ESTUARY_API_KEY": gateway.api_key, "ESTUARY_SERVER_URL": gateway.url,
           "ESTUARY_CHARACTER_ID": gateway.character_id, "ESTUARY_PLAYER_ID": "process"}  # fmt: skip
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env=env, timeout=timeout, capture_output=True, text=True, **kwargs,
    )  # fmt: skip


def test_a_program_that_forgets_to_stop_ends(gateway):
    done = run(
        """
        from estuary import Session
        from estuary.voice.files import Silence, NullSink
        session = Session()
        session.connect()
        voice = session.voice(source=Silence(), sink=NullSink()).start()
        print("bye")
        """,
        gateway,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "bye\n", "")


def test_ctrl_c_ends_waiting_at_once(gateway):
    done = run(
        """
        import os, signal, threading, time
        from estuary import Session
        from estuary.voice.files import Silence, NullSink
        with Session() as session:
            with session.voice(source=Silence(), sink=NullSink()) as voice:
                threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
                before = time.monotonic()
                try:
                    voice.wait()
                except KeyboardInterrupt:
                    assert time.monotonic() - before < 1.5, time.monotonic() - before
                    print(session.send("Hello!").text != "")
        print(voice.ended)
        """,
        gateway,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\nstopped\n", "")


def test_a_forked_child_has_no_voice_and_may_have_its_own(gateway):
    done = run(
        """
        import os
        from estuary import Session
        from estuary.voice.files import Silence, NullSink
        with Session() as session:
            with session.voice(source=Silence(), sink=NullSink()) as voice:
                child = os.fork()
                if not child:
                    assert not voice.is_running
                    with session.voice(source=Silence(), sink=NullSink()) as own:
                        assert own.is_running
                    session.close()
                    os._exit(0)
                print(os.waitpid(child, 0)[1], voice.is_running)
        """,
        gateway,
    )
    assert (done.returncode, done.stdout) == (0, "0 True\n"), done.stderr


def test_text_loads_nothing_of_voice(gateway):
    done = run(
        """
        import sys
        from estuary import Session
        with Session() as session:
            session.send("Hello!")
            session.send("Hello!", text_only=False)
        print(sorted({"numpy", "pyaudio", "soxr", "livekit", "estuary.voice"} & set(sys.modules)))
        """,
        gateway,
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
