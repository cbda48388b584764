"""The action parser alone: ``_parser.py SIZE`` prints MB/s as JSON."""

from __future__ import annotations

import json
import re
import sys
import time
from typing import Callable, Dict

from _answers import prose

from estuary.actions import ActionParser

_TAG = '<action name="navigate" target="the kitchen" speed="1.5" />'
_NAIVE = re.compile(r"<action\b[^>]*/>")
#: the naive way is quadratic: so much of the text has to do
_NAIVE_SIZE = 20_000


def text_with_tags(size: int) -> str:
    """A tag for every 500 characters of prose."""
    return (prose(500) + _TAG) * (size // (500 + len(_TAG)) + 1)


def ours(text: str, chunk: int) -> int:
    parser = ActionParser(None)
    feed = parser.feed
    actions = 0
    for at in range(0, len(text), chunk):
        actions += len(feed(text[at : at + chunk]).actions)
    return actions + len(parser.finish().actions)


def naive(text: str, chunk: int) -> int:
    """What one writes first: look through everything so far at each chunk."""
    so_far, actions = "", 0
    for at in range(0, len(text), chunk):
        so_far += text[at : at + chunk]
        actions = len(_NAIVE.findall(so_far))
        _NAIVE.sub("", so_far)
    return actions


def rate(read: Callable[[str, int], int], text: str, chunk: int) -> float:
    start = time.perf_counter()
    found = read(text, chunk)
    seconds = time.perf_counter() - start
    if found != text.count(_TAG):
        raise SystemExit(f"{found} actions were found, not {text.count(_TAG)}")
    return len(text) / seconds / 1e6


def main() -> None:
    text = text_with_tags(int(sys.argv[1]))
    result: Dict[str, float] = {}
    for chunk in (1, 100):
        result[f"ours {chunk}"] = rate(ours, text, chunk)
        result[f"naive {chunk}"] = rate(naive, text_with_tags(_NAIVE_SIZE), chunk)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
