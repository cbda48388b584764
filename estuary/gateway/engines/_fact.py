"""A fact about the user."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Fact"]


@frozen
class Fact:
    """One thing that the user said of themselves.

    ``negated``: it does not (or no longer) hold. ``replaces``: it takes the place of every earlier value of its key,
    as one has one home, whereas one may like many things.

    Keys: ``name``, ``home``, ``origin``, ``job``, ``employer``, ``age``, ``birthday``, ``likes``, ``dislikes``,
    ``allergies``, ``pets`` ("dog Rex"), ``family`` ("sister Anna"), ``languages``, and ``favourite <thing>``.
    """

    key: str
    value: str
    negated: bool = False
    replaces: bool = False
