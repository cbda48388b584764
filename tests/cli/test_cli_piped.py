"""``estuary chat`` in a pipe: lines in, plain answers out, an exit status that can be relied upon."""

from __future__ import annotations

import subprocess
from typing import Any, Callable

import pytest
from terminal import ESTUARY

Invoke = Callable[..., Any]


def test_answers_are_plain(invoke: Invoke, served_env: dict[str, str]) -> None:
    run = invoke("chat", input="Hello there\n\n  \nact kitchen\n/say The end.", env=served_env)
    assert run.out == (
        "You said: Hello there \n"
        "Sure, I will. Here we are.\n"
        '[navigate(target="kitchen", speed=2, fast=true)]\n'
        "The end.\n"
    )
    assert (run.err, run.status) == ("", 0)


def test_quit_ends_the_input(invoke: Invoke, served_env: dict[str, str]) -> None:
    run = invoke("chat", input="one\n/quit\ntwo\n", env=served_env)
    assert (run.out, run.err, run.status) == ("You said: one \n", "", 0)


def test_a_failure_shows_in_the_status_and_the_rest_is_answered(invoke: Invoke, served_env: dict[str, str]) -> None:
    run = invoke("chat", input="fail\n/fly\nhello\n", env=served_env)
    assert run.out == "You said: hello \n"
    errors = run.err.splitlines()
    assert errors[0] == "estuary: error: the model is asleep"
    assert "there is no command /fly" in errors[1]
    assert len(errors) == 2
    assert run.status == 1


def test_a_time_limit(invoke: Invoke, served_env: dict[str, str]) -> None:
    run = invoke("chat", "--timeout", "0.5", input="hold on\nhello\n", env=served_env)
    assert run.out == "It begins \nYou said: hello \n"
    assert run.err.count("\n") == 1
    assert "not complete within 0.5 s" in run.err
    assert run.status == 1


def test_a_quota_ends_it(invoke: Invoke, make_gateway: Callable[..., Any], served_env: dict[str, str]) -> None:
    sparing = make_gateway(quota=1)
    env = {
        **served_env,
        "ESTUARY_SERVER_URL": sparing.url,
        "ESTUARY_API_KEY": sparing.api_key,
        "ESTUARY_CHARACTER_ID": sparing.character_id,
    }
    run = invoke("chat", input="one\ntwo\nthree\n", env=env)
    assert run.out.count("\n") == 1
    assert run.err == "estuary: error: the quota of 1 messages is used up\n"
    assert run.status == 1


def test_a_wrong_key(invoke: Invoke, served_env: dict[str, str]) -> None:
    run = invoke("chat", input="hello\n", env={**served_env, "ESTUARY_API_KEY": "est_this_is_not_the_key"})
    assert (run.out, run.status) == ("", 1)
    assert run.err.count("\n") == 1
    assert "est_this" not in run.err


def test_debug_shows_the_way_but_no_key(invoke: Invoke, served: Any, served_env: dict[str, str]) -> None:
    run = invoke("--debug", "chat", input="hello\nfail\n", env=served_env)
    assert run.out == "You said: hello \n"
    assert "estuary.connection: " in run.err
    assert served.api_key not in run.err
    wrong = invoke("chat", "--debug", input="x", env={**served_env, "ESTUARY_API_KEY": "est_this_is_not_the_key"})
    assert "Traceback" in wrong.err
    assert "est_this" not in wrong.err


def test_a_program_can_talk_with_it(served_env: dict[str, str], engine: Any) -> None:
    """Each answer comes before the next line is read, and in pieces."""
    with subprocess.Popen(
        [*ESTUARY, "chat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=served_env, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("hello\n")
        assert process.stdout.readline() == "You said: hello \n"
        process.stdin.write("hold on\n")
        assert process.stdout.read(len("It begins ")) == "It begins "
        engine.release()
        assert process.stdout.readline() == "and ends.\n"
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_reader_that_goes_away(served_env: dict[str, str]) -> None:
    with subprocess.Popen(
        [*ESTUARY, "chat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=served_env,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write("hello\n")
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write("hello\n")
        assert process.wait(20) == 141
        assert process.stderr.read() == ""


def test_what_is_no_utf8_is_not_the_end(served_env: dict[str, str]) -> None:
    run = subprocess.run([*ESTUARY, "chat"], input=b"caf\xe9\n", env=served_env, capture_output=True, check=False)
    assert run.stdout.decode() == "You said: caf\N{REPLACEMENT CHARACTER} \n"
    assert run.returncode == 0


@pytest.mark.gateway
@pytest.mark.usefixtures("gateway_extra")
def test_local(invoke: Invoke, env: dict[str, str]) -> None:
    run = invoke("chat", "--local", "--player", "zelda", input="Hello!\n", env=env)
    assert run.out.strip()
    assert (run.err, run.status) == ("", 0)


@pytest.mark.gateway
@pytest.mark.usefixtures("gateway_extra")
@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--llm-url", "http://127.0.0.1:9/v1"], "llm_model"),
        (["--llm-url", "nonsense", "--llm-model", "m"], "llm_url"),
        (["--llm-url", "http://127.0.0.1:9/v1", "--llm-model", "m", "--llm-api-key-env", "NO_SUCH"], "NO_SUCH"),
        (["--db", "/proc/no/such.db"], "can't be opened"),
        (["--character", "nobody"], "character not found"),
    ],
)
def test_local_that_cannot_be(invoke: Invoke, env: dict[str, str], args: list[str], words: str) -> None:
    run = invoke("chat", "--local", *args, input="Hello!\n", env=env)
    assert (run.out, run.status) == ("", 1)
    assert run.err.count("\n") == 1
    assert words in run.err
