"""Keys and tokens stay out of everything that is shown."""

from __future__ import annotations

import json
import logging
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary import credentials
from estuary.credentials import check_key, get_logger, mask, mask_secrets, remember_secret
from estuary.errors import ConfigError

KEYS = st.builds(
    "{}_{}".format,
    st.sampled_from(["est", "ect", "sst"]),
    st.text(string.ascii_letters + string.digits + "_-.", min_size=4, max_size=60),
)


@pytest.fixture(autouse=True)
def _fresh_memory(monkeypatch):
    monkeypatch.setattr(credentials, "_secrets", set())


@pytest.fixture
def log():
    """A logger of ours and what it has printed."""
    logger = get_logger("estuary.test_credentials")
    lines = []

    class Lines(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    handler = Lines()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield logger, lines
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    ("secret", "shown"),
    [("est_0123456789", "est_…"), ("ect_abcd", "ect_…"), ("sst_a-b.c_d", "sst_…"), ("plain", "…"), ("", "…")],
)
def test_only_the_kind_is_shown(secret, shown):
    assert mask(secret) == shown


@given(KEYS, st.text(" '\"{}:,=/()[]\n", max_size=5), st.text(" '\"{}:,/()[]\n", max_size=5))
def test_a_key_is_found_in_any_text(key, before, after):
    text = mask_secrets(f"{before}{key}{after}")
    assert key not in text
    assert key[4:] not in text.replace(key[:4] + "…", "")


@given(KEYS)
def test_a_key_is_found_in_the_packet_that_carries_it(key):
    packet = "40/sdk," + json.dumps({"api_key": key, "character_id": "c"})
    assert json.loads(mask_secrets(packet)[len("40/sdk,") :]) == {"api_key": f"{key[:3]}_…", "character_id": "c"}


def test_text_without_a_key_stays_as_it_is():
    for text in ("the best_choice", "est_", "test_function", "latest_12345", ""):
        assert mask_secrets(text) == text


@given(st.text(string.ascii_letters + string.digits + "_-!$%&", min_size=6, max_size=40))
def test_a_key_that_does_not_look_like_one_is_hidden_once_it_is_known(key):
    credentials._secrets.clear()
    remember_secret(key)
    masked = mask_secrets(f"key={key};")
    assert key not in masked


@pytest.mark.parametrize("key", ["est_abcdef!the-rest-of-it", "prefix+est_abcdef", "est_abc!other-part"])
def test_a_key_that_only_begins_like_one_is_hidden_whole(key):
    remember_secret(key)
    masked = mask_secrets(f"the key is {key}, and")
    for part in ("abcdef", "the-rest-of-it", "other-part", "prefix"):
        assert part not in masked


def test_one_key_that_begins_with_another_is_hidden_whole():
    remember_secret("password")
    remember_secret("password-longer")
    assert mask_secrets("password-longer password") == "… …"


# ── logs ──


def test_a_log_line_shows_no_key(log):
    logger, lines = log
    logger.debug("sending %s with %r", {"api_key": "est_0123456789"}, "ect_0123456789")
    logger.info("est_0123456789")
    assert lines == ["sending {'api_key': 'est_…'} with 'ect_…'", "est_…"]


def test_a_traceback_shows_no_key(log):
    logger, lines = log
    try:
        try:
            raise ValueError("refused: est_0123456789")
        except ValueError as cause:
            raise RuntimeError("sst_0123456789 failed") from cause
    except RuntimeError:
        logger.exception("it went wrong")
    assert "0123456789" not in lines[0]
    assert "refused: est_…" in lines[0]
    assert "RuntimeError: sst_… failed" in lines[0]


def test_lines_without_a_key_keep_their_arguments(log):
    """Handlers such as Sentry's group lines by the template."""
    logger, _ = log
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logger.addHandler(handler)
    logger.warning("%d messages of %s", 3, "alice")
    logger.removeHandler(handler)
    assert records[0].msg == "%d messages of %s"
    assert records[0].args == (3, "alice")


def test_a_logger_is_left_alone_otherwise():
    root = list(logging.getLogger().handlers), logging.getLogger().level
    logger = get_logger("estuary.test_credentials_2")
    get_logger("estuary.test_credentials_2")
    assert logger.handlers == []
    assert logger.level == logging.NOTSET
    assert logger.propagate
    assert len(logger.filters) == 1
    assert (list(logging.getLogger().handlers), logging.getLogger().level) == root


# ── what can be a key ──


@pytest.mark.parametrize("key", ["est_abc", "anything-goes", "sst_x", "clé"])
def test_what_can_be_a_key(key):
    assert check_key(f" {key}\n") == key


@pytest.mark.parametrize("wrong", ["", "  ", "a b", "a\nb", "a\tb", "a\x00b", "a\u200bb", "a\u00a0b"])
def test_what_can_not_be_a_key_is_not_repeated(wrong):
    with pytest.raises(ConfigError) as caught:
        check_key(wrong)
    assert "api_key" in str(caught.value)
    assert not wrong.strip() or wrong not in str(caught.value)
