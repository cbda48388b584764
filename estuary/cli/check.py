"""What ``estuary doctor`` finds out: one line for each thing."""

from __future__ import annotations

from typing import Optional

from attrs import frozen

__all__ = ["FAILED", "NOTE", "OK", "Check"]

OK, FAILED, NOTE = "ok", "failed", "note"


@frozen
class Check:
    """One line. ``fix`` says how to mend it, or what is optional about it. ``ms`` is a time, where one was measured."""

    name: str
    status: str
    detail: str
    fix: str = ""
    ms: Optional[float] = None
