"""The options of a session: where they come from, and what is said about those that can't be right."""

from __future__ import annotations

import pytest

from estuary.config import DEFAULT_SERVER_URL, Config
from estuary.errors import ConfigError, EstuaryError
from estuary.events import Capabilities

VARIABLES = {
    "ESTUARY_API_KEY": "est_from_the_environment",
    "ESTUARY_SERVER_URL": "http://from.environment:1",
    "ESTUARY_CHARACTER_ID": "character-of-the-environment",
    "ESTUARY_PLAYER_ID": "player-of-the-environment",
}
ARGUMENTS = {"api_key": "est_from_an_argument", "character_id": "c", "player_id": "p"}


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def load(**options):
    return Config.load(**{**ARGUMENTS, **options})


# ── where values come from ──


def test_arguments_alone_suffice():
    config = load()
    assert (config.api_key, config.character_id, config.player_id) == ("est_from_an_argument", "c", "p")
    assert config.server_url == DEFAULT_SERVER_URL == "https://api.estuary-ai.com"


def test_the_environment_alone_suffices(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    config = Config.load()
    assert config.api_key == "est_from_the_environment"
    assert config.server_url == "http://from.environment:1"
    assert config.character_id == "character-of-the-environment"
    assert config.player_id == "player-of-the-environment"


@pytest.mark.parametrize("name", ["api_key", "server_url", "character_id", "player_id"])
def test_an_argument_wins_over_the_environment(monkeypatch, name):
    for variable, value in VARIABLES.items():
        monkeypatch.setenv(variable, value)
    given = {**ARGUMENTS, "server_url": "http://argument:2"}[name]
    config = Config.load(**{name: given})
    assert getattr(config, name) == given
    for other in {"api_key", "server_url", "character_id", "player_id"} - {name}:
        assert getattr(config, other) == VARIABLES[f"ESTUARY_{other.upper()}"]


@pytest.mark.parametrize("name", ["api_key", "character_id", "player_id"])
def test_an_empty_argument_does_not_fall_back_to_the_environment(monkeypatch, name):
    """An application whose user has no id must not talk as whoever the environment names."""
    for variable, value in VARIABLES.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=name):
        Config.load(**{name: ""})


# ── what is missing ──


def test_everything_that_is_missing_is_named_at_once():
    with pytest.raises(ConfigError) as caught:
        Config.load()
    for name in ("api_key", "character_id", "player_id"):
        assert name in str(caught.value)
        assert f"ESTUARY_{name.upper()}" in str(caught.value)
    assert "server_url" not in str(caught.value)
    assert isinstance(caught.value, (ValueError, EstuaryError))


@pytest.mark.parametrize("name", ["api_key", "character_id", "player_id"])
def test_only_what_is_missing_is_named(name):
    with pytest.raises(ConfigError) as caught:
        load(**{name: None})
    assert name in str(caught.value)
    for other in {"api_key", "character_id", "player_id"} - {name}:
        assert other not in str(caught.value)


@pytest.mark.parametrize("name", list(VARIABLES))
def test_an_empty_variable_counts_as_not_set(monkeypatch, name):
    monkeypatch.setenv(name, "")
    option = name[len("ESTUARY_") :].lower()
    if option == "server_url":
        assert load().server_url == DEFAULT_SERVER_URL
    else:
        with pytest.raises(ConfigError, match=f"missing: {option}"):
            load(**{option: None})


# ── what can't be right ──


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("api_key", 5), ("api_key", b"est_bytes"), ("api_key", "   "), ("api_key", "two words"),
        ("api_key", "est_abc\ndef"), ("character_id", 5), ("player_id", ["p"]), ("player_id", " \t"),
        ("character_id", "  "),
        ("server_url", "example.com"), ("server_url", "ftp://example.com"), ("server_url", "http://"),
        ("server_url", "http://host:notaport"), ("server_url", "http://[::1"), ("server_url", 5),
        ("server_url", "https://user:password@host"), ("server_url", "  "),
        ("audio_sample_rate", 15999), ("audio_sample_rate", 48001), ("audio_sample_rate", "24000"),
        ("audio_sample_rate", 24000.0), ("audio_sample_rate", True), ("audio_sample_rate", None),
        ("capabilities", {"camera": True}), ("capabilities", None),
        ("connect_timeout", 0), ("connect_timeout", -1), ("connect_timeout", None), ("connect_timeout", "15"),
        ("connect_timeout", float("nan")), ("liveness_timeout", 0), ("liveness_timeout", True),
        ("reconnect_for", -1), ("reconnect_for", "x"), ("max_reconnects", -1), ("max_reconnects", "many"),
        ("max_reconnects", True), ("inbox_size", 0), ("inbox_size", None), ("inbox_size", "256"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named(option, wrong):
    with pytest.raises(ConfigError, match=option.replace("_", "[_ ]")):
        load(**{option: wrong})


def test_a_wrong_key_is_not_repeated():
    for wrong in ("est_topsecret with space", "est_topsecret\x00"):
        with pytest.raises(ConfigError) as caught:
            load(api_key=wrong)
        assert "topsecret" not in str(caught.value)


def test_a_password_in_the_url_is_not_repeated():
    for url in ("https://user:topsecret@host", "ftp://user:topsecret@host", "https://user:topsecret@host:x"):
        with pytest.raises(ConfigError) as caught:
            load(server_url=url)
        assert "topsecret" not in str(caught.value)


def test_edges_that_are_allowed():
    load(audio_sample_rate=16000)
    load(audio_sample_rate=48000)
    assert load(max_reconnects=None, reconnect_for=None).max_reconnects is None
    assert load(max_reconnects=0, reconnect_for=0, inbox_size=1).max_reconnects == 0


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://host", "https://host"), ("https://host/", "https://host"), (" http://host:80/ ", "http://host:80"),
        ("ws://host:1", "http://host:1"), ("wss://host/base/", "https://host/base"), ("HTTP://host", "http://host"),
        ("http://[::1]:8000", "http://[::1]:8000"), ("http://host/a?b=c#d", "http://host/a"),
    ],
)  # fmt: skip
def test_urls_are_brought_into_one_form(given, kept):
    assert load(server_url=given).server_url == kept


def test_a_key_loses_the_white_space_around_it():
    assert load(api_key=" est_abcdef\n").api_key == "est_abcdef"


# ── what is shown ──


def test_a_repr_masks_the_key():
    shown = repr(load(api_key="est_0123456789abcdef"))
    assert "0123456789" not in shown
    assert "est_…" in shown
    assert "'p'" in shown


def test_it_is_frozen():
    with pytest.raises(AttributeError):
        load().player_id = "other"


def test_devices_are_not_claimed_unless_told():
    assert load().capabilities.to_wire() == {
        "version": "1", "camera": False, "microphone": True, "speaker": True, "client_action": True,
    }  # fmt: skip
    assert load(capabilities=Capabilities(client_action=False)).capabilities.to_wire()["client_action"] is False
