"""Actions: what a character does rather than says.

Owns the registry of action handlers (:class:`ActionRegistry`) and the bookkeeping that notices an action once though
it was sent twice (:class:`ActionLedger`). The parser that finds actions in a text is in ``_action_parser`` and
exported here.
"""

from __future__ import annotations

import enum
import functools
import inspect
import json
import logging
import math
import re
import textwrap
import threading
import types
import typing
from typing import Any, Callable, Dict, Iterable, List, Literal, Optional, Tuple, TypeVar, Union, overload

import attrs

from ._action_parser import Action, ActionParser, Parsed
from .errors import ActionError, ConfigError

__all__ = ["Action", "ActionLedger", "ActionParser", "ActionRegistry", "Parsed"]

logger = logging.getLogger("estuary.actions")

Handler = Callable[..., Any]
_H = TypeVar("_H", bound=Handler)


# --- noticing once ------------------------------------------------------------------------------------------------


class ActionLedger:
    """Lets an action through once though a character sent it both as a tag in the text and as a typed event.

    The *k*-th tag and the *k*-th event with the same name and arguments are one call, whichever comes first; so an
    action that is really performed twice in a message is let through twice. Values are compared across the two
    forms: ``True`` is ``"true"``, ``1`` is ``1.0`` and ``"1"``, ``None`` is ``""``, blank space does not count.

    One per message. Not thread-safe: for the thread that reads the message.

    >>> ledger = ActionLedger()
    >>> ledger.accept(Action("wave", {"times": "2"}), typed=False)
    True
    >>> ledger.accept(Action("wave", {"times": 2}), typed=True)
    False
    >>> ledger.accept(Action("wave", {"times": 2}), typed=True)
    True
    """

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: Dict[Tuple[Any, ...], List[int]] = {}

    def accept(self, action: Action, *, typed: bool) -> bool:
        """Note one arrival.

        Args:
            action: What arrived. Its ``message_id`` is not looked at.
            typed: Whether it came as an event rather than as a tag.

        Returns:
            Whether this call is new, and so to be delivered.
        """
        arguments = sorted((str(name), _plain(value)) for name, value in action.arguments.items())
        counts = self._seen.setdefault((action.name, *arguments), [0, 0])
        counts[typed] += 1
        return counts[typed] > counts[not typed]


def _plain(value: Any) -> str:
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
            return _plain(int(text))
        except ValueError:
            pass
        try:
            return _plain(float(text))
        except ValueError:
            pass
    return text


# --- converting arguments -----------------------------------------------------------------------------------------


@attrs.frozen
class _Kind:
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
        return _BOOLS[_plain(value).lower()]
    except KeyError:
        raise ValueError from None


def _as_is(value: Any) -> Any:
    return value


_ANYTHING = _Kind("string", "anything", _as_is)
_SIMPLE: Dict[Any, _Kind] = {
    Any: _ANYTHING,
    object: _ANYTHING,
    inspect.Parameter.empty: _ANYTHING,
    str: _Kind("string", "text", _to_str),
    int: _Kind("integer", "a whole number", _to_int),
    float: _Kind("number", "a number", _to_float),
    bool: _Kind("boolean", "true or false", _to_bool),
}
_UNIONS = (Union, getattr(types, "UnionType", Union))
_SUPPORTED = "str, int, float, bool, Enum classes, Literal, Optional or Union of these, Any, and Action"


def _kind(annotation: Any) -> Optional[_Kind]:
    """How to convert to ``annotation``; ``None`` if that is not supported."""
    while hasattr(annotation, "__supertype__"):  # NewType
        annotation = annotation.__supertype__
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return _choice([(v, _spellings(v, v.name) if isinstance(v, enum.Enum) else [v]) for v in args])
    if origin in _UNIONS:
        kinds = [_kind(arg) for arg in args if arg is not type(None)]
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


def _choice(options: List[Tuple[Any, List[Any]]]) -> _Kind:
    """One of several values, each with its spellings, the first of which is the one declared."""
    exact: Dict[str, Any] = {}
    folded: Dict[str, Any] = {}
    for rank in (0, 1):  # all values go before all names
        for option, spellings in options:
            for spelling in spellings[rank : rank + 1]:
                exact.setdefault(_plain(spelling), option)
                folded.setdefault(_plain(spelling).casefold(), option)

    def convert(value: Any) -> Any:
        text = _plain(value)
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
    choices = tuple(dict.fromkeys(_plain(first) for first in firsts))
    return _Kind(base, f"one of {', '.join(choices)}", convert, choices)


def _union(kinds: List[_Kind], *, nullable: bool) -> _Kind:
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
    return _Kind(
        names.pop() if len(names) == 1 else "string",
        " or ".join(kind.expected for kind in kinds),
        convert,
        choices if all(kind.choices for kind in kinds) else (),
    )


# --- handlers -----------------------------------------------------------------------------------------------------


@attrs.frozen
class _Parameter:
    name: str
    kind: Optional[_Kind]  # None: takes the Action itself
    required: bool
    default: Any
    positional: bool

    def read(self, action: Action, name: str, value: Any) -> Any:
        if self.kind is None or (value is None and not self.required and self.default is None):
            return value
        try:
            return self.kind.convert(value)
        except ValueError:
            raise ActionError(
                f"action {action.name!r}: parameter {name!r} must be {self.kind.expected}, "
                f"not {value!r:.200}; its handler was not called",
                action=action.name,
                parameter=name,
                value=value,
            ) from None


@attrs.frozen(eq=False)
class _Handler:
    name: str
    function: Handler
    parameters: Tuple[_Parameter, ...] = ()
    rest: Optional[_Parameter] = None  # **kwargs

    def call(self, action: Action, *, strict: bool) -> None:
        if self.name == "*":
            self.function(action)
            return
        left = dict(action.arguments)
        args: List[Any] = []
        kwargs: Dict[str, Any] = {}
        for parameter in self.parameters:
            name = parameter.name
            if parameter.kind is None:
                left.pop(name, None)
                value: Any = action
            elif name in left:
                value = parameter.read(action, name, left.pop(name))
            elif parameter.required:
                raise ActionError(
                    f"action {action.name!r}: parameter {name!r} is missing; its handler was not called",
                    action=action.name,
                    parameter=name,
                )
            else:
                value = parameter.default
            if parameter.positional:
                args.append(value)
            else:
                kwargs[name] = value
        if self.rest is not None:
            for name, value in left.items():
                kwargs[name] = self.rest.read(action, name, value)
        elif left and strict:
            name, value = next(iter(left.items()))
            raise ActionError(
                f"action {action.name!r}: its handler takes no parameter {name!r} and was not called",
                action=action.name,
                parameter=name,
                value=value,
            )
        elif left:
            logger.debug("Action %r: parameters that its handler does not take: %s", action.name, ", ".join(left))
        self.function(*args, **kwargs)


def _bind(name: str, function: Handler) -> _Handler:
    """Read a handler's signature. Raises ``ConfigError``."""
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(f"an action's name must be text that is not empty, not {name!r}")
    label = getattr(function, "__qualname__", None) or repr(function)
    if not callable(function):
        raise ConfigError(f"the handler of action {name!r} must be callable, not {label}")
    code = _code(function)
    if inspect.iscoroutinefunction(code):
        raise ConfigError(f"the handler of action {name!r} is a coroutine function: {label}; use a plain one")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        if name == "*":  # such as print on older Pythons
            return _Handler(name, function)
        raise ConfigError(f"the signature of {label} can't be read: hand over a Python function") from error
    if name == "*":
        try:
            signature.bind(None)
        except TypeError as error:
            raise ConfigError(f'the handler of "*" must take one argument, the Action: {label}') from error
        return _Handler(name, function)
    parameters: List[_Parameter] = []
    rest = None
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            continue
        try:
            annotation = _resolve(parameter.annotation, getattr(code, "__globals__", {}))
        except Exception as error:
            raise ConfigError(
                f"parameter {parameter.name!r} of {label}: its annotation {parameter.annotation!r} can't be "
                f"resolved ({error}); what it names must be defined at the top of the handler's module"
            ) from error
        kind = None if annotation is Action else _kind(annotation)
        if kind is None and annotation is not Action:
            raise ConfigError(
                f"parameter {parameter.name!r} of {label} is annotated {annotation!r}, which an action's argument "
                f"can't be converted to; supported are {_SUPPORTED}"
            )
        read = _Parameter(
            parameter.name,
            kind,
            parameter.default is parameter.empty,
            parameter.default,
            parameter.kind is parameter.POSITIONAL_ONLY,
        )
        if parameter.kind is parameter.VAR_KEYWORD:
            rest = read
        else:
            parameters.append(read)
    return _Handler(name, function, tuple(parameters), rest)


def _code(function: Any) -> Any:
    """The Python function that is behind a handler."""
    while isinstance(function, functools.partial):
        function = function.func
    if isinstance(function, type):
        function = function.__init__  # type: ignore[misc]
    elif not inspect.isroutine(function):
        function = type(function).__call__
    function = inspect.unwrap(function)
    return getattr(function, "__func__", function)


def _resolve(annotation: Any, names: Dict[str, Any]) -> Any:
    """One annotation with its strings evaluated, apart from the others: a bad one is then named."""
    if annotation is inspect.Parameter.empty:
        return annotation
    holder: Any = types.SimpleNamespace(__annotations__={"it": annotation})
    return typing.get_type_hints(holder, names)["it"]


# --- declaring ----------------------------------------------------------------------------------------------------

_GOOGLE_HEADER = re.compile(r"(?:Args|Arguments|Parameters|Params|Keyword Args|Keyword Arguments):\s*$")
_GOOGLE_ENTRY = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)")
_NUMPY_ENTRY = re.compile(r"\*{0,2}(\w+)\s*(?::.*)?()$")
_REST_ENTRY = re.compile(r":(?:param|parameter|arg|argument|key|keyword)\s+(?:[^:]*\s)?\*{0,2}(\w+)\s*:\s*(.*)")
_UNDERLINE = re.compile(r"-{3,}\s*$")


def _entries(lines: Iterable[str], entry: re.Pattern[str]) -> Dict[str, str]:
    """``name: text`` entries whose text goes on in indented lines."""
    found: Dict[str, List[str]] = {}
    current: Optional[List[str]] = None
    for line in lines:
        match = entry.match(line)
        if match:
            current = found.setdefault(match.group(1), [])
            current.append(match.group(2))
        elif current is not None and line[:1].isspace():
            current.append(line)
        elif line:
            current = None
    return {name: " ".join(" ".join(texts).split()) for name, texts in found.items()}


def _read_docstring(doc: str) -> Tuple[str, Dict[str, str]]:
    """The first paragraph, and what is said of each parameter, in Google, NumPy or reST style."""
    lines = inspect.cleandoc(doc).splitlines()
    parameters = _entries(lines, _REST_ENTRY)
    summary: List[str] = []
    in_summary = True
    for index, line in enumerate(lines):
        following = lines[index + 1 :]
        numpy = line.strip() in ("Parameters", "Other Parameters") and bool(following)
        numpy = numpy and _UNDERLINE.match(following[0]) is not None
        google = _GOOGLE_HEADER.match(line) is not None
        if not line.strip() or numpy or google or _REST_ENTRY.match(line):
            in_summary = False
        if in_summary:
            summary.append(line.strip())
        if google:
            end = next((i for i, text in enumerate(following) if text[:1].strip()), len(following))
            block = textwrap.dedent("\n".join(following[:end])).splitlines()
            parameters.update(_entries(block, _GOOGLE_ENTRY))
        elif numpy:
            block = following[1:]
            end = next((i - 1 for i, text in enumerate(block) if _UNDERLINE.match(text)), len(block))
            parameters.update(_entries(block[:end], _NUMPY_ENTRY))
    return " ".join(summary), parameters


def _declaration(handler: _Handler) -> Dict[str, Any]:
    function: Any = handler.function
    while isinstance(function, functools.partial):
        function = function.func
    if not (inspect.isroutine(function) or isinstance(function, type)):
        function = type(function).__call__ if type(function).__call__.__doc__ else type(function)
    description, texts = _read_docstring(inspect.getdoc(function) or "")
    parameters = []
    for parameter in handler.parameters:
        if parameter.kind is None:
            continue
        text = texts.get(parameter.name, "")
        if parameter.kind.choices:
            stop = "" if not text or text[-1] in ".!?" else "."
            text = f"{text}{stop} One of: {', '.join(parameter.kind.choices)}.".strip()
        parameters.append(
            {
                "name": parameter.name,
                "type": parameter.kind.type,
                "required": parameter.required,
                "description": text,
            }
        )
    return {"name": handler.name, "description": description, "parameters": parameters}


# --- the registry -------------------------------------------------------------------------------------------------


class ActionRegistry:
    """Which function handles which action.

    A handler gets an action's arguments by name, converted by its annotations: ``str``, ``int``, ``float``, ``bool``,
    ``Enum`` classes (by value, then by name, in any case), ``Literal``, ``Optional`` and ``Union`` of these (the first
    that fits); ``Any`` or no annotation takes them as they are, ``**kwargs`` takes the rest, and a parameter annotated
    :class:`Action` gets the action itself. Arguments that a handler does not take are ignored.

    Args:
        strict: Report what is otherwise ignored: an action that nobody handles, and arguments that a handler does
            not take.

    Thread-safe; may be shared between sessions. Handlers run on the thread that calls :meth:`run`, which in a session
    is its dispatch thread.

    >>> registry = ActionRegistry()
    >>> @registry.on("navigate")
    ... def navigate(target: str, speed: float = 1.0):
    ...     '''Walk somewhere.
    ...
    ...     Args:
    ...         target: The room to walk to.
    ...     '''
    ...     print("walking to", target, "at", speed)
    >>> registry.run(Action("navigate", {"target": "kitchen", "speed": "2"}), print)
    walking to kitchen at 2.0
    >>> registry.run(Action("navigate", {"target": "kitchen", "speed": "fast"}), print)
    action 'navigate': parameter 'speed' must be a number, not 'fast'; its handler was not called
    >>> registry.declarations()[0]["parameters"][0]
    {'name': 'target', 'type': 'string', 'required': True, 'description': 'The room to walk to.'}
    """

    def __init__(self, strict: bool = False) -> None:
        self._strict = strict
        self._lock = threading.Lock()
        self._handlers: Tuple[_Handler, ...] = ()  # replaced, never changed: readers need no lock

    def __repr__(self) -> str:
        names = list(dict.fromkeys(handler.name for handler in self._handlers))
        return f"<ActionRegistry {', '.join(names) or 'empty'}{' strict' if self._strict else ''}>"

    @overload
    def on(self, name: str, handler: None = None) -> Callable[[_H], _H]: ...

    @overload
    def on(self, name: str, handler: Handler) -> Callable[[], None]: ...

    def on(self, name: str, handler: Optional[Handler] = None) -> Any:
        """Call a handler whenever the character performs ``name``, after those registered before it.

        Args:
            name: The action's name, exactly; ``"*"`` for every action, its handler called with the :class:`Action`.
            handler: A function, method, partial or other callable. Without it, ``on`` is a decorator.

        Returns:
            With a handler, a function that takes this registration back, and may be called again. As a decorator,
            the handler itself.

        Raises:
            ConfigError: The name is empty, or the handler can't be called with an action's arguments: it is a
                coroutine function, or a parameter's annotation is unsupported or can't be resolved.
        """
        if handler is None:
            return functools.partial(self._decorate, name)
        bound = _bind(name, handler)
        with self._lock:
            self._handlers = (*self._handlers, bound)
        return functools.partial(self._keep, lambda other: other is not bound)

    def off(self, name: str, handler: Optional[Handler] = None) -> None:
        """Take handlers back; nothing happens if there are none.

        Args:
            name: The name they were registered for.
            handler: This one only, however often it was registered. Without it, all of the name's.
        """
        self._keep(lambda h: h.name != name or (handler is not None and h.function != handler))

    def handles(self, name: str) -> bool:
        """Whether :meth:`run` would do anything for an action of this name. Cheap; on any thread."""
        return self._strict or any(handler.name in (name, "*") for handler in self._handlers)

    def run(self, action: Action, report: Callable[[Exception], None]) -> None:
        """Call the action's handlers, on this thread, in the order of their registration.

        Args:
            action: What to do.
            report: Called with each exception: an :class:`~estuary.errors.ActionError` where a handler could not be
                called (a missing argument, one that can't be converted; if strict, an unknown one or no handler at
                all), and what a handler raised. The other handlers still run. Nothing is raised, except what is
                not an ``Exception``, such as ``KeyboardInterrupt``, and what ``report`` itself raises.
        """
        handlers = [handler for handler in self._handlers if handler.name in (action.name, "*")]
        if not handlers:
            if self._strict:
                report(ActionError(f"nothing handles the action {action.name!r}", action=action.name))
            else:
                logger.debug("Nothing handles the action %r", action.name)
        for handler in handlers:
            try:
                handler.call(action, strict=self._strict)
            except Exception as error:
                report(error)

    def declarations(self) -> List[Dict[str, Any]]:
        """What a character must be told to perform these actions: store it as the character's ``actions``.

        Returns:
            One ``{name, description, parameters: [{name, type, required, description}]}`` per name, from the
            handlers' signatures and docstrings (Google, NumPy or reST). A choice is named in the description. Where
            a name has several handlers, the first to mention something counts, and a parameter is required if any
            requires it. ``"*"`` declares nothing.
        """
        declared: Dict[str, Dict[str, Any]] = {}
        for handler in self._handlers:
            if handler.name == "*":
                continue
            new = _declaration(handler)
            old = declared.setdefault(handler.name, new)
            if old is new:
                continue
            old["description"] = old["description"] or new["description"]
            known = {parameter["name"]: parameter for parameter in old["parameters"]}
            for parameter in new["parameters"]:
                first = known.get(parameter["name"])
                if first is None:
                    old["parameters"].append(parameter)
                else:
                    first["required"] = first["required"] or parameter["required"]
                    first["description"] = first["description"] or parameter["description"]
        return list(declared.values())

    def _decorate(self, name: str, handler: _H) -> _H:
        self.on(name, handler)
        return handler

    def _keep(self, wanted: Callable[[_Handler], bool]) -> None:
        with self._lock:
            self._handlers = tuple(handler for handler in self._handlers if wanted(handler))
