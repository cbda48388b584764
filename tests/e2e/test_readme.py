"""Every code block of the README is run: Python blocks against the gateway, shell lines by what they name."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from estuary.voice.files import NullSink, WavFile

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
PYTHON = [code for language, code in BLOCKS if language == "python"]
LINES = [
    line
    for language, code in BLOCKS
    if language == "sh"
    for line in (shlex.join(shlex.split(line, comments=True)) for line in code.splitlines())
    if line
]


def test_there_is_nothing_else():
    assert {language for language, _ in BLOCKS} == {"python", "sh"}
    assert len(PYTHON) >= 7


def _block(code):
    """What speaks takes as long as it sounds."""
    return pytest.param(code, marks=[pytest.mark.slow] if "session.voice(" in code or "ask_aloud(" in code else [])


@pytest.mark.parametrize("code", [*map(_block, PYTHON)], ids=lambda code: code.strip().splitlines()[0][:50])
def test_python_block(code, gateway, player, monkeypatch, tmp_path):
    # where there is no sound card files take its place, so that nothing is written here either
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "question.wav", tmp_path)
    monkeypatch.setattr("estuary.voice.devices.Microphone", lambda: WavFile("question.wav"))
    monkeypatch.setattr("estuary.voice.devices.Speaker", lambda: NullSink())
    monkeypatch.setenv("ESTUARY_API_KEY", gateway.api_key)
    monkeypatch.setenv("ESTUARY_SERVER_URL", gateway.url)
    code = code.replace('character_id="…"', f'character_id="{gateway.character_id}"').replace('"alice"', repr(player))
    with gateway.session(player_id=player) as session:
        exec(compile(code, "README.md", "exec"), {"session": session, "__name__": "readme"})


@pytest.mark.parametrize("line", LINES)
def test_shell_line(line):
    command, *arguments = shlex.split(line)
    if command == "make":
        subprocess.run(["make", "--dry-run", *arguments], cwd=ROOT, check=True, capture_output=True)
    elif command == "pip":
        setup = configparser.ConfigParser()
        setup.read(ROOT / "setup.cfg")
        name, _, extra = arguments[1].partition("[")
        assert name == setup["metadata"]["name"]
        assert not extra or extra.rstrip("]") in setup["options.extras_require"]
    else:
        # --help is eager: the command and every option before it are known, nothing starts
        assert command == "estuary"
        run = subprocess.run(
            [sys.executable, "-m", "estuary.cli", *arguments, "--help"], capture_output=True, text=True, timeout=30
        )
        assert run.returncode == 0, run.stderr
