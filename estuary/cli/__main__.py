"""``python -m estuary.cli``: the ``estuary`` command, where its script is not on the path."""

from __future__ import annotations

from . import main

main()
