"""From the wire to frozen attrs classes, strictly typed and tolerant of what is unknown, null or missing.

A class says what a payload may hold, with a default for every field; ``structure`` builds it with cattrs. A wrong
type is a ``ProtocolError`` that names the event and the field. The whole payload stays in ``.raw``.

cattrs takes longer to import than all the rest of the SDK, so it is loaded by the first payload.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Callable, Dict, Mapping, Tuple, Type, TypeVar, Union, get_origin

from attrs import fields

from .errors import ProtocolError

__all__ = ["RENAME", "in_words", "parse_time", "structure"]

T = TypeVar("T")

#: metadata key of an attrs field whose name on the wire differs from ours
RENAME = "wire_name"

_structurers: Dict[type, Callable[[Mapping[str, Any]], Any]] = {}


class _WrongType(Exception):
    pass


def _strict(kind: type, accepted: Tuple[type, ...], what: str) -> Callable[[Any, Any], Any]:
    def check(value: Any, _: Any) -> Any:
        if value.__class__ is kind:
            return value
        if kind is not bool and isinstance(value, bool):
            raise _WrongType(what)
        if isinstance(value, accepted):
            return kind(value)
        raise _WrongType(what)

    return check


def _whole_number(value: Any, _: Any) -> int:
    if value.__class__ is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise _WrongType("a whole number")


def _origin(t: Any) -> Any:
    return get_origin(t)


def _object(value: Any, _: Any) -> Any:
    if not isinstance(value, dict):
        raise _WrongType("an object")
    return value


def _is_choice(t: Any) -> bool:
    """A union of plain types, such as the wire's ``partial``, which is a string or a boolean."""
    return _origin(t) is Union and len(set(t.__args__) - {type(None)}) > 1


def _choice(value: Any, t: Any) -> Any:
    if value.__class__ in t.__args__:
        return value
    raise _WrongType("any of the types it may have")


_FRACTION = re.compile(r"\.(\d+)")
#: an offset behind a time of day, with the minutes' colon or the minutes missing
_OFFSET = re.compile(r"(:\S*?[+-]\d\d):?(\d\d)?$")


def parse_time(value: Any, _: Any = None) -> dt.datetime:
    """An ISO 8601 time with or without an offset (without one it is UTC), or seconds since 1970.

    >>> parse_time("2026-01-02T03:04:05Z").isoformat()
    '2026-01-02T03:04:05+00:00'
    """
    try:
        if isinstance(value, str) and len(value) < 100:
            text = value.strip().replace("Z", "+00:00").replace("z", "+00:00")
            # Python 3.9 takes fractions of exactly three or six digits
            text = _FRACTION.sub(lambda m: "." + (m.group(1) + "000000")[:6], text)
            # … and offsets of exactly hours and minutes
            text = _OFFSET.sub(lambda m: f"{m.group(1)}:{m.group(2) or '00'}", text)
            when = dt.datetime.fromisoformat(text)
            return when if when.tzinfo else when.replace(tzinfo=dt.timezone.utc)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return dt.datetime.fromtimestamp(value, dt.timezone.utc)
    except (ValueError, OverflowError, OSError):
        pass
    raise _WrongType("a time in ISO 8601")


def _make_structurer(cls: type) -> Callable[[Mapping[str, Any]], Any]:
    import cattrs
    from cattrs.gen import make_dict_structure_fn, override

    converter = cattrs.Converter(detailed_validation=False)
    converter.register_structure_hook(str, _strict(str, (str,), "a string"))
    converter.register_structure_hook(int, _whole_number)
    converter.register_structure_hook(float, _strict(float, (int, float), "a number"))
    converter.register_structure_hook(bool, _strict(bool, (), "a boolean"))
    converter.register_structure_hook(dt.datetime, parse_time)
    converter.register_structure_hook_func(_is_choice, _choice)

    def list_of(value: Any, t: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise _WrongType("a list")
        return tuple(converter.structure(item, t.__args__[0]) for item in value)

    converter.register_structure_hook_func(lambda t: _origin(t) is tuple, list_of)
    converter.register_structure_hook_func(lambda t: _origin(t) is dict, _object)
    converter.register_structure_hook_func(
        lambda t: hasattr(t, "__attrs_attrs__"), lambda value, t: structure(t, value, in_words(t))
    )
    overrides = {
        f.name: override(omit=True) if f.name == "raw" else override(rename=f.metadata.get(RENAME)) for f in fields(cls)
    }
    build: Callable[[Any, Any], Any] = make_dict_structure_fn(cls, converter, **overrides)  # type: ignore[arg-type]
    return lambda data: build(data, cls)


def structure(cls: Type[T], data: Any, where: str) -> T:
    """Build a ``cls`` from ``data``, which came from the wire as ``where``.

    Raises ``ProtocolError`` where ``data`` is no object, or a field has a wrong type or is missing.
    """
    if not isinstance(data, dict):
        raise ProtocolError(f"{where}: the payload is {_describe(data)}, not an object", event=where)
    build = _structurers.get(cls)
    if build is None:
        build = _structurers[cls] = _make_structurer(cls)
    try:
        result = build(data)
    except Exception as error:  # whatever a payload can provoke: found out and named below
        result = _structure_slowly(cls, build, data, where, error)
    if hasattr(result, "raw"):
        object.__setattr__(result, "raw", data)
    return result  # type: ignore[no-any-return]


def _structure_slowly(
    cls: type, build: Callable[[Mapping[str, Any]], Any], data: Any, where: str, error: Exception
) -> Any:
    """A second look at what did not fit: nulls count as missing; what is still wrong is named."""
    present = {key: value for key, value in data.items() if value is not None}
    try:
        return build(present)
    except Exception as second:
        error = second
    for f in fields(cls):
        name = f.metadata.get(RENAME) or f.name
        if name == "raw" or name not in present:
            continue
        try:
            build({name: present[name]})
        except ProtocolError as inner:
            raise ProtocolError(f"{where}.{name}: {inner}", event=where, field=name) from None
        except Exception as wrong:
            expected = str(wrong) if isinstance(wrong, _WrongType) else "of the right type"
            raise ProtocolError(
                f"{where}.{name} is {_describe(present[name])}, not {expected}", event=where, field=name
            ) from None
    raise ProtocolError(f"{where}: {error}", event=where) from error


def in_words(cls: type) -> str:
    """What a class is called where a payload has no other name: ``CoreFact`` is a ``coreFact``."""
    return cls.__name__[0].lower() + cls.__name__[1:]


def _describe(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # a larger integer takes long to print, or Python refuses to
        huge = isinstance(value, int) and abs(value) > 10**40
        return "a huge number" if huge else f"the number {value!r}"
    if isinstance(value, str):
        return f"the string {value[:40]!r}"
    return names.get(type(value), f"a {type(value).__name__}")
