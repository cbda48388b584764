"""The ``estuary`` command. Needs the ``cli`` extra; nothing of it is imported by the SDK."""

from __future__ import annotations

import importlib.util
import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """The entry point. Exits with 0, 1 for an error (one line on stderr), or 130 after Ctrl-C."""
    for package in ("click", "rich"):
        if importlib.util.find_spec(package) is None:
            print(
                f"estuary: error: the estuary command needs the cli extra (no {package} here): "
                "pip install 'estuary-sync[cli]'",
                file=sys.stderr,
            )
            sys.exit(1)
    try:
        from .app import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:  # while importing, or while cleaning up
        status = 130
    sys.exit(status)
