"""``estuary chat`` in a real terminal, against a real gateway."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from obedient import Obedient
from terminal import Terminal

PROMPT = r"^ *you › $"


# Most tests share one gateway and one chat, as each program takes a second to start. The gateway's threads outlive the
# tests that start them, and the code under test is in another process.
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
    with gateway_package.serve(chat=engine) as gateway:
        yield gateway


@pytest.fixture
def chat(terminal: Callable[..., Terminal], served_env: dict[str, str]) -> Callable[..., Terminal]:
    """``chat(*options)`` starts a chat with the obedient character and waits for the prompt."""

    def start(*args: str, env: dict[str, str] = served_env, **options: Any) -> Terminal:
        shell = terminal("chat", *args, env=env, **options)
        shell.wait_for(PROMPT)
        return shell

    return start


@pytest.fixture(scope="module")
def _shells() -> Iterator[list[Terminal]]:
    shells: list[Terminal] = []
    yield shells
    for shell in shells:
        shell.__exit__(None, None, None)


@pytest.fixture
def shell(_shells: list[Terminal], served_env: dict[str, str]) -> Iterator[Terminal]:
    """A chat at its prompt, used by the tests one after the other for as long as they leave it like that."""
    if not _shells:
        _shells.append(Terminal("chat", env=served_env))
        _shells[0].wait_for(PROMPT)
    yield _shells[0]
    shell = _shells.pop()
    shell.line("/over")
    try:
        shell.wait_for("there is no command /over", timeout=5)
        shell.wait_for(PROMPT, timeout=5)
    except (AssertionError, OSError):
        shell.__exit__(None, None, None)
    else:
        _shells.append(shell)


def send_to_clients(gateway: Any, event: str, payload: dict[str, Any]) -> None:
    """Say something unasked to every client of the gateway."""

    def send() -> None:
        for client in gateway._app.namespace._clients.values():
            client.wire.send(event, payload)

    gateway._thread._loop.call_soon_threadsafe(send)


def unasked(gateway: Any, text: str, *, message_id: str, final: bool = True) -> None:
    payload = {"text": text, "partial": False, "is_final": final, "message_id": message_id, "chunk_index": 0}
    send_to_clients(gateway, "bot_response", {**payload, "is_interjection": True})


def test_heading(shell: Terminal, served: Any) -> None:
    assert "Marina, keeper of a small lighthouse" in shell.screen
    assert served.url in shell.screen
    assert "You are alice." in shell.screen
    assert served.api_key not in shell.screen


def test_an_answer_streams(shell: Terminal, engine: Any) -> None:
    shell.line("hold on")
    shell.wait_for("Marina › It begins")
    # the rest is not there yet: the server is still holding it back
    assert not shell.echoes
    assert "and ends." not in shell.screen
    engine.release()
    shell.wait_for("and ends.\n")
    shell.wait_for(PROMPT)


def test_what_is_typed_meanwhile_waits(shell: Terminal, engine: Any) -> None:
    shell.line("hold on")
    shell.wait_for("It begins")
    shell.line("typed ahead")
    engine.release()
    shell.wait_for("and ends.\n")
    shell.wait_for(r"Marina › You said: typed ahead")
    assert "begins and ends.\n" in shell.screen


def test_actions_stand_where_they_were_performed(shell: Terminal) -> None:
    shell.line("act kitchen")
    shell.wait_for(
        r"Marina › Sure, I will\. *\n"
        r' +▸ navigate\(target="kitchen", speed=2, fast=true\)\n'
        r" +Here we are\.\n"
    )
    shell.wait_for(PROMPT)
    # distinct in colour as well
    assert b"\x1b[35mnavigate" in shell.raw


def test_a_narrow_window(chat: Callable[..., Terminal]) -> None:
    shell = chat(columns=40)
    shell.line("act harbour")
    shell.wait_for(r'\n {9}▸ navigate\(target="harbour", *\n {9}speed=2, fast=true\) *\n {9}Here we are\.\n')
    shell.wait_for(PROMPT)
    shell.line("a few words more than one line")
    shell.wait_for(r"Marina › You said: a few words more\n {9}than one line")


def test_actions_as_tags(chat: Callable[..., Terminal]) -> None:
    shell = chat("--no-client-action")
    shell.line("act kitchen")
    shell.wait_for(r' +▸ navigate\(target="kitchen", speed="2", fast="true"\)\n')
    shell.wait_for(PROMPT)
    assert "<action" not in shell.screen


def test_ctrl_c_interrupts_then_leaves(chat: Callable[..., Terminal], engine: Any) -> None:
    shell = chat()
    shell.line("hold this")
    shell.wait_for("It begins")
    shell.type("\x03")
    shell.wait_for(r"\(interrupted; Ctrl-C again leaves\)")
    shell.wait_for(PROMPT)
    shell.line("hello again")
    shell.wait_for("You said: hello again")
    assert engine.stopped == ["hold this"]  # the server was told
    shell.wait_for(PROMPT)
    shell.line("hold that")
    shell.wait_for("It begins")
    shell.type("\x03")
    shell.wait_for(PROMPT)
    shell.type("\x03")
    assert shell.wait_for_end() == 0
    assert shell.echoes
    assert "Traceback" not in shell.screen
    assert b"\x1b[?25h" in shell.raw[shell.raw.rfind(b"\x1b[?25l") :]  # the cursor is back


def test_ctrl_c_before_anything_of_the_answer_came(
    chat: Callable[..., Terminal], proxy: Any, served: Any, served_env: dict[str, str]
) -> None:
    through = proxy(served)
    shell = chat(env={**served_env, "ESTUARY_SERVER_URL": through.url})
    through.freeze()
    shell.line("hello")
    shell.wait_for("Marina")  # beside the spinner
    shell.type("\x03")
    shell.wait_for("interrupted")
    shell.wait_for(PROMPT)
    through.thaw()
    shell.line("and now")
    shell.wait_for("Marina › You said: and now")
    assert "You said: hello" not in shell.screen


def test_ctrl_c_clears_a_line_that_is_not_empty(shell: Terminal) -> None:
    shell.type("half a thou")
    shell.wait_for("half a thou")
    shell.wait_until_idle()
    shell.type("\x03")
    shell.wait_for(PROMPT)
    shell.line("a thought")
    shell.wait_for("You said: a thought")


@pytest.mark.parametrize("farewell", ["\x04", "/QUIT \r"])
def test_leaving(chat: Callable[..., Terminal], farewell: str) -> None:
    shell = chat()
    shell.line("/actions")
    shell.wait_for("So far it did nothing")
    shell.wait_for(PROMPT)
    shell.type(farewell)
    assert shell.wait_for_end() == 0


def test_commands(shell: Terminal) -> None:
    shell.line("/help")
    for command in ("/help", "/interrupt", "/actions", "/say TEXT", "/quit"):
        shell.wait_for(rf"^  {command} +\w")
    shell.wait_for(PROMPT)
    shell.line("/actions")
    shell.wait_for(r"Marina can:\n  navigate\(target\)  Go to a place")
    shell.line("act kitchen")
    shell.wait_for("we are")
    shell.wait_for(PROMPT)
    shell.line("/actions")
    shell.wait_for(r'So far:\n  ▸ navigate\(target="kitchen"')
    shell.wait_for(PROMPT)
    shell.line("/hlep")
    shell.wait_for("there is no command /hlep: /help lists them")
    shell.line("/inter")
    shell.wait_for("did you mean /interrupt?")
    shell.line("//slash")
    shell.wait_for("You said: /slash")
    shell.wait_for(PROMPT)
    shell.line("/interrupt")
    shell.wait_for(PROMPT)


def test_say(shell: Terminal) -> None:
    shell.line("/say The ferry leaves at nine.")
    shell.wait_for(r"Marina › The ferry leaves at nine\.\n")
    shell.wait_for(PROMPT)
    shell.line("/say")
    shell.wait_for("what is to be said")
    shell.line("hello")
    shell.wait_for("You said: hello")


def test_completion_and_history(chat: Callable[..., Terminal], home: Path) -> None:
    shell = chat()
    shell.type("/act\t")
    shell.wait_for("/actions ")
    shell.type("\r")
    shell.wait_for(PROMPT)
    shell.line("the first line")
    shell.wait_for("You said: the first line")
    shell.wait_for(PROMPT)
    shell.line("my key is est_0123456789abcdef")
    shell.wait_for("You said: my key")
    shell.wait_for(PROMPT)
    shell.type("\x04")
    assert shell.wait_for_end() == 0
    history = home / ".local/state/estuary/history"
    assert history.read_text() == "/actions\nthe first line\n"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    again = chat()
    again.type("\x1b[A")
    again.wait_for("the first line")
    again.type("\r")
    again.wait_for("You said: the first line")


def test_a_home_that_cannot_be_written(
    chat: Callable[..., Terminal], served_env: dict[str, str], tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    shell = chat(env={**served_env, "XDG_STATE_HOME": str(in_the_way)})
    shell.line("hello")
    shell.wait_for("You said: hello")


def test_interjections_at_the_prompt(shell: Terminal, served: Any) -> None:
    shell.type("half a thou")
    shell.wait_for("half a thou")
    unasked(served, "By the way, ", message_id="rain", final=False)
    unasked(served, "it is raining.", message_id="rain")
    shell.wait_for(r"Marina » By the way, it is raining\.\n")
    # the line comes back and goes on where it was
    shell.wait_for("you › half a thou")
    shell.line("ght")
    shell.wait_for("You said: half a thought")
    shell.wait_for(PROMPT)
    # the cursor too
    shell.type("bcd\x01")
    shell.wait_for("bcd")
    unasked(served, "Again.", message_id="again")
    shell.wait_for(r"Marina » Again\.\n *you › bcd")
    shell.line("a")
    shell.wait_for("You said: abcd")


def test_interjections_during_an_answer(shell: Terminal, served: Any, engine: Any) -> None:
    shell.line("hold on")
    shell.wait_for("It begins")
    unasked(served, "A ship!", message_id="ship")
    shell.wait_for(r"\nMarina » A ship!\n")
    engine.release()
    shell.wait_for(r"Marina › and ends\.\n")
    shell.wait_for(PROMPT)


def test_a_failing_model(shell: Terminal) -> None:
    shell.line("fail please")
    shell.wait_for("error: the model is asleep")
    shell.wait_for(PROMPT)
    shell.line("hello")
    shell.wait_for("You said: hello")
    assert shell.screen.count("the model is asleep") == 1


def test_an_empty_answer(shell: Terminal) -> None:
    shell.line("nothing")
    shell.wait_for(r"\(an empty answer\)")
    shell.wait_for(PROMPT)


def test_a_time_limit(chat: Callable[..., Terminal]) -> None:
    shell = chat("--timeout", "0.5")
    shell.line("hold on")
    shell.wait_for("error: the answer was not complete within 0.5 s")
    shell.wait_for(PROMPT)


def test_the_character_does_not_get_at_the_terminal(shell: Terminal) -> None:
    before = len(shell.raw)
    shell.line("escape")
    shell.wait_for(r"red \[31m title \]0;owned end")
    assert b"\x1b[31m" not in shell.raw[before:]
    assert b"\x1b]" not in shell.raw[before:]
    assert b"\x07" not in shell.raw[before:]


def test_a_lost_connection(
    chat: Callable[..., Terminal], served: Any, proxy: Any, served_env: dict[str, str], engine: Any
) -> None:
    through = proxy(served)
    shell = chat(env={**served_env, "ESTUARY_SERVER_URL": through.url})
    shell.line("hold on")
    shell.wait_for("It begins")
    through.reset()
    # the turn fails on one thread, the connection comes back on another
    shell.wait_for_all("error: the connection was lost", "The connection is lost; reconnecting …", "Connected again")
    shell.line("hello")
    shell.wait_for("You said: hello")


def test_a_session_that_the_server_ends(
    chat: Callable[..., Terminal], make_gateway: Callable[..., Any], served_env: dict[str, str]
) -> None:
    impatient = make_gateway(session_timeout=0.7)
    env = {
        **served_env,
        "ESTUARY_SERVER_URL": impatient.url,
        "ESTUARY_API_KEY": impatient.api_key,
        "ESTUARY_CHARACTER_ID": impatient.character_id,
    }
    shell = chat(env=env)
    shell.wait_for_all("the server ended the idle session", "Disconnected. The next message connects again.")
    shell.line("Hello!")
    shell.wait_for("Marina › ")


def test_sigterm_leaves_the_terminal_as_it_was(chat: Callable[..., Terminal]) -> None:
    shell = chat()
    shell.line("hold on")
    shell.wait_for("It begins")
    assert not shell.echoes
    os.kill(shell.process.pid, signal.SIGTERM)
    assert shell.wait_for_end() == 128 + signal.SIGTERM
    assert shell.echoes
    assert "Traceback" not in shell.screen


def test_no_colours_where_none_are_wanted(chat: Callable[..., Terminal], served_env: dict[str, str]) -> None:
    shell = chat(env={**served_env, "TERM": "dumb"})
    shell.line("act kitchen")
    shell.wait_for(r"▸ navigate")
    shell.wait_for(PROMPT)
    assert b"\x1b[" not in shell.raw


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("ESTUARY_API_KEY", "est_this_is_not_the_key", "the API key is not valid"),
        ("ESTUARY_CHARACTER_ID", "nobody", "character not found"),
        ("ESTUARY_SERVER_URL", "http://127.0.0.1:9", "127.0.0.1:9"),
    ],
)
def test_a_session_that_cannot_be_opened(
    terminal: Callable[..., Terminal], served_env: dict[str, str], variable: str, value: str, words: str
) -> None:
    shell = terminal("chat", env={**served_env, variable: value}, columns=200)
    assert shell.wait_for_end() == 1
    shell.wait_for(rf"^.*estuary: error: .*{words}")
    assert "Traceback" not in shell.screen
    assert "est_this" not in shell.screen


@pytest.mark.slow
@pytest.mark.limit(180)
@pytest.mark.usefixtures("gateway_extra")
def test_local(terminal: Callable[..., Terminal], env: dict[str, str], tmp_path: Path) -> None:
    db = tmp_path / "memory.db"
    for greeting, answer in (("Hello, my name is Zelda.", "Zelda"), ("What is my name?", "Zelda")):
        shell = terminal("chat", "--local", "--db", str(db), env=env)
        shell.wait_for("Marina, keeper of a small lighthouse")
        assert "You are alice." in shell.screen or shell.wait_for("You are alice.")
        shell.wait_for(PROMPT)
        shell.line(greeting)
        shell.wait_for(rf"Marina › [^\n]*(\n {{9}}[^\n]*)*{answer}")
        shell.wait_for(PROMPT)
        shell.line("Take me to the kitchen, please.")
        shell.wait_for(r'▸ navigate\(target="[^"]*kitchen"\)')
        shell.wait_for(PROMPT)
        shell.type("\x04")
        assert shell.wait_for_end() == 0
    assert db.exists()


@pytest.mark.usefixtures("gateway_extra")
def test_local_says_that_nothing_is_kept(terminal: Callable[..., Terminal], env: dict[str, str]) -> None:
    # what would lead elsewhere is not for --local
    shell = terminal("chat", "--local", env={**env, "ESTUARY_SERVER_URL": "http://127.0.0.1:9"})
    shell.wait_for(r"Nothing is kept after this chat \(--db PATH keeps it\)")
    shell.wait_for(PROMPT)
    shell.type("\x04")
    assert shell.wait_for_end() == 0
