"""The arguments of actions: converted to what a handler's annotation asks for, and compared across their two forms."""

from __future__ import annotations

import enum
import inspect
import json
import math
import types
import typing
from typing import Any, Callable, Dict, List, Literal, Optional, Tuple, Union

import attrs

__all__ = ["SUPPORTED", "Kind", "kind_of", "plain"]


def plain(value: Any) -> str:
    """The spelling in which a tag's string and an event's JSON value are the same."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))  # of an IntEnum's member too
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if not isinstance(value, str):
        return json.dumps(value, sort_keys=True, default=str)
    text = " ".join(value.split())
    if text.lower() in ("true", "false"):
        return text.lower()
    if text and text[-1] in "0123456789." and len(text) <= 40:
        try:
            return plain(int(text))
        except ValueError:
            pass
        try:
            return plain(float(text))
        except ValueError:
            pass
    return text


@attrs.frozen
class Kind:
    """A type that a handler's parameter can have. ``convert`` raises ``ValueError``."""

    type: str
    expected: str
    convert: Callable[[Any], Any]
    choices: Tuple[str, ...] = ()


def _to_str(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise ValueError


def _to_float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError
    try:
        number = float(value)
    except OverflowError:
        raise ValueError from None
    if not math.isfinite(number):
        raise ValueError
    return number


def _to_int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            pass  # "3.0" is a whole number too
    number = _to_float(value)
    if not number.is_integer():
        raise ValueError
    return int(number)


_BOOLS = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}


def _to_bool(value: Any) -> bool:
    try:
        return _BOOLS[plain(value).lower()]
    except KeyError:
        raise ValueError from None


def _as_is(value: Any) -> Any:
    return value


_ANYTHING = Kind("string", "anything", _as_is)
_SIMPLE: Dict[Any, Kind] = {
    Any: _ANYTHING,
    object: _ANYTHING,
    inspect.Parameter.empty: _ANYTHING,
    str: Kind("string", "text", _to_str),
    int: Kind("integer", "a whole number", _to_int),
    float: Kind("number", "a number", _to_float),
    bool: Kind("boolean", "true or false", _to_bool),
}
_UNIONS = (Union, getattr(types, "UnionType", Union))
SUPPORTED = "str, int, float, bool, Enum classes, Literal, Optional or Union of these, Any, and Action"


def kind_of(annotation: Any) -> Optional[Kind]:
    """How to convert to ``annotation``; ``None`` if that is not supported."""
    while hasattr(annotation, "__supertype__"):  # NewType
        annotation = annotation.__supertype__
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return _choice([(v, _spellings(v, v.name) if isinstance(v, enum.Enum) else [v]) for v in args])
    if origin in _UNIONS:
        kinds = [kind_of(arg) for arg in args if arg is not type(None)]
        known = [kind for kind in kinds if kind is not None]
        return _union(known, nullable=len(kinds) < len(args)) if len(known) == len(kinds) else None
    if origin is None and isinstance(annotation, enum.EnumMeta):
        members: typing.Mapping[str, enum.Enum] = annotation.__members__
        return _choice([(member, _spellings(member, name)) for name, member in members.items()])
    try:
        return _SIMPLE.get(annotation)
    except TypeError:  # not hashable
        return None


def _spellings(member: enum.Enum, name: str) -> List[Any]:
    return [member.value, name] if isinstance(member.value, (str, int, float)) else [name]


def _choice(options: List[Tuple[Any, List[Any]]]) -> Kind:
    """One of several values, each with its spellings, the first of which is the one declared."""
    exact: Dict[str, Any] = {}
    folded: Dict[str, Any] = {}
    for rank in (0, 1):  # all values go before all names
        for option, spellings in options:
            for spelling in spellings[rank : rank + 1]:
                exact.setdefault(plain(spelling), option)
                folded.setdefault(plain(spelling).casefold(), option)

    def convert(value: Any) -> Any:
        text = plain(value)
        try:
            return exact[text] if text in exact else folded[text.casefold()]
        except KeyError:
            raise ValueError from None

    firsts = [spellings[0] for _, spellings in options]
    types_ = {type(first) for first in firsts}
    base = "string"
    for types_of_base, name in (((bool,), "boolean"), ((int,), "integer"), ((int, float), "number")):
        if types_ <= set(types_of_base):
            base = name
            break
    choices = tuple(dict.fromkeys(plain(first) for first in firsts))
    return Kind(base, f"one of {', '.join(choices)}", convert, choices)


def _union(kinds: List[Kind], *, nullable: bool) -> Kind:
    """The first of several kinds that takes the value; if nullable, a value that none takes may mean ``None``."""

    def convert(value: Any) -> Any:
        if value is None and nullable:
            return None
        for kind in kinds:
            try:
                return kind.convert(value)
            except ValueError:
                continue
        if nullable and isinstance(value, str) and value.strip().lower() in ("", "none", "null"):
            return None
        raise ValueError

    names = {kind.type for kind in kinds}
    choices = tuple(choice for kind in kinds for choice in kind.choices)
    return Kind(
        names.pop() if len(names) == 1 else "string",
        " or ".join(kind.expected for kind in kinds),
        convert,
        choices if all(kind.choices for kind in kinds) else (),
    )
