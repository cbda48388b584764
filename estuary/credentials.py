"""Keys and tokens: what kind one is, and keeping every one of them out of logs, errors and reprs."""

from __future__ import annotations

import json
import logging
import re
from typing import Any, Set

from .errors import ConfigError

__all__ = ["check_key", "get_logger", "mask", "mask_secrets", "remember_secret"]

#: The credentials of the platform announce themselves by a prefix: an API key, a client token, a session token.
_LOOKS_SECRET = re.compile(r"\b(est|ect|sst)_[A-Za-z0-9_\-.]{4,}")

#: Keys given to a session that may not look like one. Process-wide, because the loggers are.
_secrets: Set[str] = set()


def check_key(key: str) -> str:
    """Return ``key`` without surrounding white space.

    Raises ``ConfigError`` where it can't be a key: empty, with white space inside, or not printable (most often
    the sign of a wrong variable or of a whole file that was read).
    """
    key = key.strip()
    if not key:
        raise ConfigError("api_key is empty: pass api_key=… or set ESTUARY_API_KEY")
    if not key.isprintable() or any(c.isspace() for c in key):
        raise ConfigError("api_key holds white space or unprintable characters, so it can't be a key")
    return key


def mask(secret: str) -> str:
    """What may be shown of a secret: its kind.

    >>> mask("est_0123456789")
    'est_…'
    >>> mask("something")
    '…'
    """
    match = _LOOKS_SECRET.match(secret)
    return f"{match.group(1)}_…" if match else "…"


def remember_secret(secret: str) -> None:
    """Have ``mask_secrets`` hide this exact text, whatever it looks like, also as JSON and within a ``repr``."""
    if len(secret) >= 6 and not _LOOKS_SECRET.fullmatch(secret):
        # the libraries' debug logs show the bytes of what they send, as a repr
        for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
            for shown in (form, repr(form)[1:-1], repr(form.encode())[2:-1]):
                _secrets.update((shown, shown.replace("'", "\\'")))


def mask_secrets(text: str) -> str:
    """``text`` without any key or token in it.

    >>> mask_secrets("auth {'api_key': 'est_0123456789'}")
    "auth {'api_key': 'est_…'}"
    """
    # the longest first, and all before the pattern: a part that is masked already would hide the rest from the search
    for secret in sorted(_secrets, key=len, reverse=True) if _secrets else ():
        text = text.replace(secret, "…")
    return _LOOKS_SECRET.sub(r"\1_…", text)


class _MaskSecrets(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = mask_secrets(message)
        if masked != message:
            record.msg, record.args = masked, ()
        if record.exc_info and record.exc_info[1] is not None and not record.exc_text:
            record.exc_text = mask_secrets(logging.Formatter().formatException(record.exc_info))
        return True


_filter = _MaskSecrets()


def get_logger(name: str) -> logging.Logger:
    """The logger ``name``, which can't print a secret. It adds no handler and sets no level."""
    logger = logging.getLogger(name)
    if _filter not in logger.filters:
        logger.addFilter(_filter)
    return logger


def quiet_libraries(*names: str) -> Any:
    """Put the same filter on the loggers of libraries that would print what they send."""
    return [get_logger(name) for name in names]
