"""Public names that are loaded when they are first used, so that importing a package costs next to nothing."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Callable, Mapping, Sequence

__all__ = ["lazy"]


def lazy(package: str, names: Sequence[str], home: Mapping[str, str], otherwise: str) -> Callable[[str], Any]:
    """A module's ``__getattr__`` (PEP 562) that loads ``names`` from where ``home`` says, or ``otherwise``."""

    def load(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(home.get(name, otherwise), package), name)
        setattr(sys.modules[package], name, value)
        return value

    return load
