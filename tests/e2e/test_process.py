"""The process around a session: its exit, its Ctrl-C, its forks. Each test runs a program of its own."""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from puppet import PATIENCE, Puppet, Spawned, stored, wait_until

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a POSIX system"),
    pytest.mark.limit(90),
]


@pytest.fixture
def puppet():
    return Puppet()


@pytest.fixture
def gateway(make_gateway, puppet):
    return make_gateway(chat=puppet)


@pytest.fixture
def run(gateway, player):
    """``run(code)`` starts a program that has ``make()``, which makes a session, and ``say()``."""
    programs = []

    def start(code, *args, **options):
        program = Spawned(code, gateway.url, gateway.api_key, gateway.character_id, player, *args, **options)
        programs.append(program)
        return program

    yield start
    for program in programs:
        program.__exit__()


# ── the end of the interpreter ──

ENDINGS = {
    "after a turn": "session.send('hello')",
    "never connected": "",
    "connected": "session.connect()",
    "while a turn streams": "stream = session.stream('hang'); next(stream)",
    "while another thread waits in send": """
threading.Thread(target=lambda: session.send('hang'), daemon=True).start()
begun = threading.Event(); session.on('response', lambda r: begun.set()); assert begun.wait(20)
""",
    "while another thread waits in responses": """
threading.Thread(target=lambda: list(session.responses()), daemon=True).start(); session.send('hello')
""",
    "while a handler blocks": """
started = threading.Event()
session.on_action('wave', lambda: (started.set(), threading.Event().wait()))
session.send('act [{"name": "wave"}]', wait=False); assert started.wait(20)
""",
    "with ten sessions": "others = [make(player_id=f'p{n}') for n in range(10)]; [s.send('hello') for s in others]",
    "closed": "session.send('hello'); session.close()",
}
LAST_LINES = {
    "the last line": ("pass", 0),
    "sys.exit(7)": ("sys.exit(7)", 7),
    "an exception": ("raise LookupError('the end')", 1),
}


def end(run, ending, last):
    line, status = LAST_LINES[last]
    for _ in range(5):  # the best of five, as the machine may have other things to do
        program = run(f"session = make()\n{ENDINGS[ending]}\nsay('last line')\n{line}")
        program.wait_line("last line")
        assert program.wait() == status
        assert "ResourceWarning" not in program.stderr
        if program.took("last line") < 1:
            break
    assert program.took("last line") < 1
    return program


@pytest.mark.parametrize("ending", list(ENDINGS))
def test_a_program_that_does_not_close_ends_at_once_with_its_own_status(run, ending):
    program = end(run, ending, "sys.exit(7)")
    if "in send" in ending:
        # its call fails, in a thread of the user's that does not catch it and is cut short as it says so
        assert program.stderr.count("Traceback") <= 1
    else:
        assert "Traceback" not in program.stderr


def test_a_program_that_just_stops_or_fails_ends_at_once_too(run):
    assert end(run, "while a turn streams", "the last line").stderr == ""
    program = end(run, "while a turn streams", "an exception")
    assert program.stderr.count("Traceback") == 1
    assert "LookupError: the end" in program.stderr


def test_the_server_is_told_goodbye_at_the_end(run, puppet):
    """So that it stops the answer that nobody will hear."""
    program = run("session = make()\nstream = session.stream('hang'); next(stream)\nsay('last line')")
    assert program.wait() == 0
    assert puppet.stopped.wait(PATIENCE)


def test_actions_of_the_last_answer_have_happened_when_a_script_ends(run):
    program = run(
        """
        session = make()
        arrived = threading.Event()
        session.on_action("wave", lambda: (time.sleep(0.1), say("waved")))
        session.on("bot_response", lambda event: None)
        with session:
            session.send('act [{"name": "wave"}]')
        """
    )
    assert program.wait() == 0
    assert [line for line, _ in program.lines] == ["waved"]


# ── Ctrl-C ──

CALLS = {
    "send": "session.send('hang')",
    "send without limit": "session.send('hang', timeout=None)",
    "send before the first chunk": "session.send('mute')",
    "stream": "for chunk in session.stream('hang'): pass",
    "a queue": "blocking = session.stream('hang'); next(blocking); session.send('queued')",
    "responses": "for response in session.responses(): pass",
    "responses with a timeout": "for response in session.responses(timeout=30): pass",
}

INTERRUPTED = """
before = signal.getsignal(signal.SIGINT)
session = make()
SETUP
hits = []
def on_sigint(*args):
    hits.append(time.monotonic())
    before(*args)
signal.signal(signal.SIGINT, on_sigint)
for call in CALLS:
    say("ready", call)
    try:
        exec(compile(call, "call", "exec"))  # a string would make CPython end as if nobody had caught it
    except KeyboardInterrupt:
        came = time.monotonic()
    else:
        raise SystemExit("not interrupted")
    say("took", came - hits[-1])
    assert signal.getsignal(signal.SIGINT) is on_sigint
    if "blocking" in globals():
        del blocking
    AFTER
    say("then", session.send("hello", timeout=20).text)
session.close()
"""


def interrupted(*calls, setup="session.connect()", after="pass"):
    return INTERRUPTED.replace("CALLS", repr(list(calls))).replace("SETUP", setup).replace("AFTER", after)


def check_took(line):
    took = float(line.split()[1])
    assert took < 0.2, f"KeyboardInterrupt came after {took:.3f} s"


def test_ctrl_c_ends_every_call_at_once_and_the_session_is_usable_after(run, puppet):
    program = run(interrupted(*CALLS.values()))
    for name, call in CALLS.items():
        assert program.next_line() == f"ready {call}"
        if "responses" not in name:
            assert puppet.hung.wait(PATIENCE)
            puppet.hung.clear()
        # nothing tells that the call waits by now; if it does not yet, it is interrupted a moment before
        time.sleep(0.1)
        program.process.send_signal(signal.SIGINT)
        check_took(program.next_line())
        assert program.next_line() == "then You said: hello", name
        if "responses" not in name:
            assert puppet.stopped.wait(PATIENCE), name  # the server was told
            puppet.stopped.clear()
    assert program.wait() == 0, program.stderr
    assert program.stderr == ""


def test_ctrl_c_with_the_handler_that_python_installs(run, puppet):
    program = run(
        """
        before = signal.getsignal(signal.SIGINT)
        session = make()
        session.connect()
        for number in range(3):
            try:
                session.send("hang")
            except KeyboardInterrupt:
                say("interrupted", signal.getsignal(signal.SIGINT) is before is signal.default_int_handler)
        say("then", session.send("hello", timeout=20).text)
        session.close()
        """
    )
    for _ in range(3):
        assert puppet.hung.wait(PATIENCE)
        puppet.hung.clear()
        program.process.send_signal(signal.SIGINT)
        assert program.next_line() == "interrupted True"
    assert program.next_line() == "then You said: hello"
    assert program.wait() == 0, program.stderr


def test_ctrl_c_in_connect(run):
    """The server accepts the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        setup = f"good, session = session, make(server_url={url!r})"
        after = "say('state', session.state); session = good"
        program = run(interrupted("session.connect()", setup=setup, after=after))
        assert program.next_line() == "ready session.connect()"
        client, _ = silent.accept()
        with client:
            client.settimeout(PATIENCE)
            assert client.recv(100).startswith(b"GET /socket.io")
            program.process.send_signal(signal.SIGINT)
            check_took(program.next_line())
            assert program.next_line() == "state disconnected"
            assert program.next_line() == "then You said: hello"
            # the attempt was given up with the call: its connection is closed
            while client.recv(1000):
                pass
        assert program.wait() == 0, program.stderr


def test_ctrl_c_in_connect_leaves_that_session_usable(run, gateway, proxy):
    """The network holds the server's answer back, and recovers later."""
    faults = proxy(gateway)
    faults.freeze()
    setup = f"session = make(server_url={faults.url!r})"
    program = run(interrupted("session.connect()", setup=setup, after="sys.stdin.readline()"))
    assert program.next_line() == "ready session.connect()"
    time.sleep(0.2)  # as above: nothing tells that it waits
    program.process.send_signal(signal.SIGINT)
    check_took(program.next_line())
    faults.thaw()
    program.say("go on")
    assert program.next_line() == "then You said: hello"
    assert program.wait() == 0, program.stderr


@pytest.mark.slow
def test_a_hail_of_ctrl_c_never_mixes_up_answers_nor_stops_the_session(run):
    """One for each call, at a moment that nobody chose: in the middle of any statement of any function."""
    program = run(
        """
        import random
        armed = False
        def on_sigint(*args):
            global armed
            if armed:
                armed = False
                raise KeyboardInterrupt
        signal.signal(signal.SIGINT, on_sigint)
        errors = []
        session = make()
        session.on("response", lambda chunk: None)
        session.on("error", errors.append)
        session.connect()
        say("ready")
        done = hits = 0
        until = time.monotonic() + 5
        while time.monotonic() < until:
            try:
                kind = random.choice(["send", "send", "stream", "leave", "interrupt", "loose"])
                armed = True
                if kind == "send":
                    reply = session.send("pieces a|b|c", timeout=20)
                    assert reply.text == "abc", repr(reply)
                elif kind == "stream":
                    text = "".join(c.delta for c in session.stream("pieces d|e", timeout=20))
                    assert text == "de", repr(text)
                elif kind == "leave":
                    with session.stream("hang", timeout=20) as stream:
                        next(stream)
                elif kind == "interrupt":
                    session.interrupt()
                else:
                    session.send("pieces x|y", wait=False)
                    for response in session.responses(timeout=20):
                        if response.is_final:
                            break
                armed = False
                done += 1
            except KeyboardInterrupt:
                hits += 1
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        say("then", session.send("hello", timeout=20).text, done > 0, hits > 20, errors)
        session.close()
        """
    )
    program.wait_line("ready")
    pause = random.Random(1)
    while not any(line.startswith("then") for line, _ in program.lines) and program.process.poll() is None:
        time.sleep(pause.random() * 0.02)
        program.process.send_signal(signal.SIGINT)
    assert program.wait() == 0, program.stderr
    assert program.wait_line("then") == "then You said: hello True True []"


def test_ctrl_c_in_a_with_block_ends_the_program_at_once(run, puppet):
    """Whatever its handlers do."""
    program = run(
        """
        started = threading.Event()
        with make() as session:
            session.on_action("wave", lambda: (started.set(), threading.Event().wait()))
            session.send('act [{"name": "wave"}]', wait=False)
            assert started.wait(20)
            say("ready")
            session.send("hang")
        """
    )
    program.wait_line("ready")
    assert puppet.hung.wait(PATIENCE)
    began = time.monotonic()
    program.process.send_signal(signal.SIGINT)
    assert program.wait() in (-signal.SIGINT, 130, 1)
    assert time.monotonic() - began < 2
    assert "KeyboardInterrupt" in program.stderr


def test_other_signals_are_left_alone(run):
    program = run(
        """
        def handler(*_): pass
        kinds = [s for s in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGALRM, signal.SIGCHLD)]
        for kind in kinds:
            signal.signal(kind, handler)
        with make() as session:
            session.send("hello")
            say("inside", all(signal.getsignal(kind) is handler for kind in kinds))
        say("after", all(signal.getsignal(kind) is handler for kind in kinds), signal.getsignal(signal.SIGPIPE))
        """
    )
    assert program.wait_line("inside") == "inside True"
    assert program.wait_line("after").startswith("after True")
    assert program.wait() == 0


# ── forks ──

FORKED = """
import multiprocessing, socket, warnings
warnings.simplefilter("ignore", DeprecationWarning)
def fds():
    found = set()
    for name in os.listdir("/dev/fd"):
        try:
            peer = socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue
        with peer:
            try:
                found.add((peer.getsockname(), peer.getpeername()))
            except OSError:
                pass
    return {local for local, remote in found if remote[:2] == ("127.0.0.1", int(URL.rsplit(":", 1)[1]))}
session = make()
session.on("disconnected", lambda event: say("disconnected", event.reason))
session.on("reconnecting", lambda event: say("reconnecting"))
"""


def test_a_forked_child_opens_its_own_connection_and_the_parents_goes_on(run):
    program = run(
        FORKED
        + """
def child(queue):
    shared = fds()
    before = (str(session.state), session.is_connected, session.info)
    reply = session.send("from the child", timeout=20).text
    own = session.info.session_id
    queue.put((before, reply, own, sorted(shared), sorted(fds())))
    session.close()

session.send("first")
mine = fds()
context = multiprocessing.get_context("fork")
queue = context.Queue()
process = context.Process(target=child, args=(queue,))
process.start()
before, reply, own, shared, after = queue.get(timeout=30)
process.join(20)
say("child", before, process.exitcode)
say("reply", reply)
say("sessions differ", own != session.info.session_id)
say("no shared socket", not shared, len(after) == 1, not set(map(tuple, after)) & mine)
say("parent", session.send("from the parent", timeout=20).text, fds() == mine)
session.close()
"""
    )
    assert program.wait() == 0, program.stderr
    lines = [line for line, _ in program.lines]
    assert lines == [
        "disconnected closed",  # in the child
        "child ('disconnected', False, None) 0",
        "reply You said: from the child",
        "sessions differ True",
        "no shared socket True True True",
        "parent You said: from the parent True",
        "disconnected closed",
    ]


def test_children_may_use_the_session_in_turn_and_at_once(run, gateway, player):
    program = run(
        FORKED
        + """
def child(number):
    assert session.send(f"child {number}", timeout=20).text == f"You said: child {number}"
    session.close()

session.send("first")
context = multiprocessing.get_context("fork")
processes = [context.Process(target=child, args=(n,)) for n in range(4)]
[p.start() for p in processes]
say("parent", session.send("from the parent", timeout=20).text)
[p.join(30) for p in processes]
say("children", [p.exitcode for p in processes])
session.close()
"""
    )
    assert program.wait() == 0, program.stderr
    assert program.wait_line("children") == "children [0, 0, 0, 0]"
    assert program.wait_line("parent") == "parent You said: from the parent"
    texts = [content for role, content in stored(gateway, player) if role == "user"]
    assert sorted(texts) == sorted(["first", "from the parent", *(f"child {n}" for n in range(4))])


def test_fork_while_the_answer_is_streaming(run):
    """The read thread is busy, and holds whatever it holds, at the moment of the fork."""
    program = run(
        FORKED
        + """
session.connect()
seen = threading.Event()
session.on("response", lambda chunk: seen.set())
statuses = []
stream = session.stream("count 5000")
count = 0
for chunk in stream:
    count += 1
    if count % 500 == 0 and len(statuses) < 8:
        pid = os.fork()
        if pid == 0:
            try:
                # neither the parent's answer nor its queue is the child's
                assert list(session.responses(timeout=0)) == []
                ok = session.send("child", timeout=20).text == "You said: child"
                session.close()
            except BaseException as error:
                os.write(2, repr(error).encode())
                ok = False
            os._exit(0 if ok else 9)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
say("statuses", statuses)
say("count", stream.reply.text == "".join(f"{n} " for n in range(5000)))
say("parent", session.send("hello", timeout=20).text)
session.close()
"""
    )
    assert program.wait(60) == 0, program.stderr
    assert program.wait_line("statuses") == f"statuses {[0] * 8}", program.stderr
    assert program.wait_line("count") == "count True"
    assert program.wait_line("parent") == "parent You said: hello"


def test_fork_while_other_threads_talk(run):
    """Locks that other threads hold at the fork are nobody's in the child."""
    program = run(
        FORKED
        + """
session.connect()
stop = threading.Event()
def talk(number):
    while not stop.is_set():
        session.send(f"thread {number}", timeout=30)
session.on("response", lambda chunk: None)
threads = [threading.Thread(target=talk, args=(n,)) for n in range(4)]
[t.start() for t in threads]
statuses = []
for number in range(10):
    time.sleep(0.02)
    pid = os.fork()
    if pid == 0:
        signal.alarm(25)
        ok = session.send("child", timeout=20).text == "You said: child"
        session.close()
        os._exit(0 if ok else 9)
    statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
stop.set()
[t.join(30) for t in threads]
say("statuses", statuses)
say("parent", session.send("hello", timeout=20).text)
session.close()
"""
    )
    assert program.wait(60) == 0, program.stderr
    assert program.wait_line("statuses") == f"statuses {[0] * 10}", program.stderr
    assert program.wait_line("parent") == "parent You said: hello"


def test_a_child_that_does_not_touch_the_session_leaves_it_alone(run, puppet):
    """Not even its exit, with atexit handlers and all, ends the parent's answer."""
    program = run(
        FORKED
        + """
stream = session.stream("gate")
say("first", next(stream).delta)
pid = os.fork()
if pid == 0:
    sys.exit(5)
say("child", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
say("rest", "".join(chunk.delta for chunk in stream))
session.close()
"""
    )
    assert program.wait_line("child") == "child 5"
    puppet.open()
    assert program.wait_line("rest") == "rest two."
    assert program.wait() == 0, program.stderr
    assert not puppet.stopped.is_set()
    assert [line for line, _ in program.lines if "connect" in line] == ["disconnected closed"]


def test_handlers_and_actions_work_in_the_child(run):
    program = run(
        FORKED
        + """
session.on_action("wave", lambda: say("waved in", "parent" if os.getpid() == parent else "child"))
parent = os.getpid()
session.send('act [{"name": "wave"}]')
pid = os.fork()
if pid == 0:
    session.send('act [{"name": "wave"}]', timeout=20)
    session.close()
    os._exit(0)
os.waitpid(pid, 0)
session.send('act [{"name": "wave"}]', timeout=20)
session.close()
"""
    )
    assert program.wait() == 0, program.stderr
    waved = [line for line, _ in program.lines if line.startswith("waved")]
    assert waved == ["waved in parent", "waved in child", "waved in parent"]


# ── gunicorn ──

APP = """
import os
from estuary import Session
session = Session()
session.connect()
session.send("from the import")
PRELOADED_IN = os.getpid()

def app(environ, start_response):
    text = environ["QUERY_STRING"]
    answer = session.send(text, timeout=20).text
    body = f"{answer}|{os.getpid()}|{PRELOADED_IN}|{session.info.session_id}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("gunicorn") is None, reason="gunicorn is not installed")
def test_gunicorn_with_a_preloaded_session(gateway, player, tmp_path):
    (tmp_path / "preloaded.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "ESTUARY_API_KEY": gateway.api_key,
        "ESTUARY_SERVER_URL": gateway.url,
        "ESTUARY_CHARACTER_ID": gateway.character_id,
        "ESTUARY_PLAYER_ID": player,
    }
    command = [
        sys.executable, "-m", "gunicorn", "--preload", "--workers=2", f"--bind=127.0.0.1:{port}", "--chdir",
        str(tmp_path), "--log-level=warning", "--graceful-timeout=5", "--no-control-socket", "preloaded:app",
    ]  # fmt: skip
    help_ = subprocess.run([sys.executable, "-m", "gunicorn", "--help"], capture_output=True, text=True, check=True)
    if "--no-control-socket" not in help_.stdout:
        command.remove("--no-control-socket")
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:

        def ask(number):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/?request-{number}", timeout=30) as response:
                return response.read().decode().split("|")

        def listening():
            assert server.poll() is None, server.stdout.read()
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", port)) == 0

        wait_until(listening, "gunicorn")
        answers = [ask(number) for number in range(20)]
    finally:
        server.terminate()
        began = time.monotonic()
        output, _ = server.communicate(timeout=30)
    assert [a[0] for a in answers] == [f"You said: request-{n}" for n in range(20)]
    workers = {a[1] for a in answers}
    masters = {a[2] for a in answers}
    assert len(masters) == 1
    assert not workers & masters
    # each worker has a session of its own
    assert len({(a[1], a[3]) for a in answers}) == len(workers) == len({a[3] for a in answers})
    assert time.monotonic() - began < 10
    assert "Traceback" not in output, output
