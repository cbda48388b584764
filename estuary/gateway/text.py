"""Text from outside, made storable."""

from __future__ import annotations

import re

__all__ = ["clean", "has_controls"]

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f]")


def clean(text: str) -> str:
    """The text with half characters (lone surrogates, which no encoding can store) replaced; all else is kept.

    >>> clean("caf\\u00e9 \\ud83d")
    'café �'
    """
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def has_controls(text: str) -> bool:
    """Whether it holds control characters or half characters: fine in a message, not in a name."""
    return bool(_CONTROL.search(text) or _LONE_SURROGATE.search(text))
