"""The examples run, as a user would run them, against the gateway."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "voice"))

from pulse import Pulse, require

from estuary.voice.files import read_wav
from estuary.voice.levels import dbfs

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name, *arguments, **env):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **env},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def load(name):
    spec = importlib.util.spec_from_file_location(f"example_{Path(name).stem}", EXAMPLES / name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def options(gateway):
    return {"api_key": gateway.api_key, "server_url": gateway.url, "character_id": gateway.character_id}


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def serve_wsgi():
    """Serve a WSGI application on a real port; gives its address."""
    servers = []

    def start(application):
        server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join(5)


def get(url, **query):
    with urllib.request.urlopen(f"{url}?{urlencode(query)}", timeout=20) as response:
        return response.headers.get_content_type(), response.read().decode()


def deltas(body):
    events = [json.loads(line[len("data: ") :]) for line in body.splitlines() if line.startswith("data: ")]
    assert [e["final"] for e in events] == [False] * (len(events) - 1) + [True]
    return [e["delta"] for e in events]


def test_demo():
    output = run("demo.py")
    assert "navigate(target='kitchen', speed=1.0)" in output
    second = output.split("a second conversation")[1]
    recalled, stranger = second.split("somebody else")
    recalled, remembered = recalled.split("what is remembered of Alice")
    before, corrected = recalled.split("Actually, I moved to Bergen")
    for fact in ("Alice", "Lyon", "jazz"):
        assert fact in before
    assert "Bergen" in corrected.split("Where do I live?")[1]
    assert "Lives in Lyon (fact, superseded)" in remembered
    assert "location: Bergen" in remembered
    assert "siblings? → Sister Anna" in remembered
    picture = Path(remembered.split("drawn in ")[1].splitlines()[0])
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "Alice" not in stranger.split("Everything is stopped.")[0]
    heard, spoken = remembered.split("heard │")[1].split("spoken │")
    assert "What do you remember about me?" in heard
    assert "Bergen" in heard
    pcm, rate, channels = read_wav(spoken.split("listen to it in ")[1].splitlines()[0])
    assert (rate, channels) == (24_000, 1)
    assert len(pcm) > 2 * rate


@pytest.mark.slow
def test_voice_file(tmp_path):
    answer = tmp_path / "answer.wav"
    output = run("voice_file.py", str(EXAMPLES / "question.wav"), str(answer), ESTUARY_API_KEY="")
    assert "heard:    What do you remember about me?" in output
    assert "Alice" in output.split("answered:")[1]
    assert len(read_wav(answer)[0]) > 24_000


@pytest.fixture
def pulse():
    """A sound server of the test's own."""
    require()
    with Pulse() as running:
        yield running


class Started:
    """An example with virtual sound devices; waits for what it prints."""

    def __init__(self, name, pulse, gateway):
        variables = {
            "ESTUARY_API_KEY": gateway.api_key,
            "ESTUARY_SERVER_URL": gateway.url,
            "ESTUARY_CHARACTER_ID": gateway.character_id,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-u", str(EXAMPLES / name)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **pulse.variables, **variables},
            # as in a terminal, even where the tests run in the background of a script, which ignores Ctrl-C
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.output = ""

    def wait_for(self, words):
        """The test's own time limit ends the waiting."""
        while words not in self.output:
            character = self.process.stdout.read(1)
            assert character, f"it ended without {words!r}: {self.output}{self.process.stderr.read()}"
            self.output += character
        before, self.output = self.output.split(words, 1)
        return before

    def enter(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait(10)
        for file in (self.process.stdin, self.process.stdout, self.process.stderr):
            file.close()


def wait_for_sound(recording):
    """Wait until the speaker plays something; the test's own time limit ends the waiting."""
    end = len(recording.pcm())
    while dbfs(recording.pcm()[end - 4800 : end]) < -40:
        end += 4800
        recording.wait_for(end)


@pytest.mark.thorough
def test_voice(gateway, pulse):
    with Started("voice.py", pulse, gateway) as example, pulse.record() as recording:
        example.wait_for("Ctrl-C ends.\n")
        pulse.play_file(EXAMPLES / "question.wav")
        example.wait_for("you: What do you remember about me?\n")
        example.wait_for("character: ")
        assert example.wait_for("\n")
        wait_for_sound(recording)
        example.process.send_signal(signal.SIGINT)
        assert example.process.wait(10) == 0
        assert example.process.stderr.read() == ""


@pytest.mark.thorough
def test_push_to_talk(gateway, pulse):
    with Started("push_to_talk.py", pulse, gateway) as example, pulse.record() as recording:
        # the second time it cuts off the answer, and the first words may be taken for an echo of that
        for words in ("What do you remember about me?", "remember"):
            example.wait_for("Enter to talk … ")
            example.enter()
            example.wait_for("talking; Enter to end … ")
            assert pulse.play_file(EXAMPLES / "question.wav").wait(10) == 0
            example.enter()
            example.wait_for("you: ")
            assert words in example.wait_for("\n")
            example.wait_for("character: ")
            assert example.wait_for("\n").strip()
            wait_for_sound(recording)
        example.wait_for("Enter to talk … ")
        example.process.stdin.close()
        assert example.process.wait(10) == 0
        assert example.process.stderr.read() == ""


def test_script_with_a_local_gateway():
    output = run("script.py", ESTUARY_API_KEY="")
    assert "Alice" in output.splitlines()[-1]


def test_script_with_a_server(gateway, player):
    output = run(
        "script.py",
        ESTUARY_API_KEY=gateway.api_key,
        ESTUARY_SERVER_URL=gateway.url,
        ESTUARY_CHARACTER_ID=gateway.character_id,
    )
    assert "Alice" in output.splitlines()[-1]


def test_actions_both_ways():
    typed, tags = run("actions.py").split("tags in the text:")
    for part in (typed, tags):
        assert part.count("the light is GREEN, brightness 1.0") == 1
        assert "<action" not in part.split("came:")[0]
    assert "<action" not in typed
    assert '<action name="set_light"' in tags


def test_flask_streams_server_sent_events(gateway, player, serve_wsgi):
    pytest.importorskip("flask")
    app = load("flask_app.py").app
    app.config["ESTUARY"] = options(gateway)
    url = serve_wsgi(app)
    kind, body = get(f"{url}/ask", player=player, text="Tell me a story.")
    assert kind == "text/event-stream"
    assert len(deltas(body)) > 5
    with pytest.raises(urllib.error.HTTPError, match="400"):
        get(f"{url}/ask", player=player)


def test_flask_tells_what_went_wrong(gateway, player, serve_wsgi):
    pytest.importorskip("flask")
    app = load("flask_app.py").app
    app.config["ESTUARY"] = {**options(gateway), "api_key": "est_wrong_wrong_wrong"}
    _, body = get(f"{serve_wsgi(app)}/ask", player=player, text="Hello")
    assert body.startswith("event: error")
    assert "est_wrong" not in body


def test_django_answers_and_streams(gateway, player, serve_wsgi):
    pytest.importorskip("django")
    from django.core.wsgi import get_wsgi_application

    load("django_view.py")
    from django.conf import settings

    settings.ESTUARY = options(gateway)
    sys.modules["example_django_view"] = load("django_view.py")
    url = serve_wsgi(get_wsgi_application())
    kind, body = get(f"{url}/reply", player=player, text="Hello, my name is Alice.")
    assert kind == "application/json"
    assert "Alice" in json.loads(body)["text"]
    kind, body = get(f"{url}/stream", player=player, text="What is my name?")
    assert kind == "text/event-stream"
    assert "Alice" in "".join(deltas(body))


@pytest.mark.slow
def test_notebook(tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    printed = "".join(
        output.get("text", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream"
    )
    assert "jazz" in printed.splitlines()[-1]
