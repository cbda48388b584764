"""Handlers of actions: their signatures read once, called with an action's arguments, declared to a character."""

from __future__ import annotations

import functools
import inspect
import logging
import types
import typing
from typing import Any, Callable, Dict, List, Optional, Tuple

import attrs

from ._action_parser import Action
from ._action_values import SUPPORTED, Kind, kind_of
from ._docstrings import read_docstring
from .errors import ActionError, ConfigError

__all__ = ["Bound", "Handler", "bind", "declaration"]

logger = logging.getLogger("estuary.actions")

Handler = Callable[..., Any]


@attrs.frozen
class _Parameter:
    name: str
    kind: Optional[Kind]  # None: takes the Action itself
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
class Bound:
    """A handler with what its signature says. ``call`` raises ``ActionError``."""

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


def bind(name: str, function: Handler) -> Bound:
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
            return Bound(name, function)
        raise ConfigError(f"the signature of {label} can't be read: hand over a Python function") from error
    if name == "*":
        try:
            signature.bind(None)
        except TypeError as error:
            raise ConfigError(f'the handler of "*" must take one argument, the Action: {label}') from error
        return Bound(name, function)
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
        kind = None if annotation is Action else kind_of(annotation)
        if kind is None and annotation is not Action:
            raise ConfigError(
                f"parameter {parameter.name!r} of {label} is annotated {annotation!r}, which an action's argument "
                f"can't be converted to; supported are {SUPPORTED}"
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
    return Bound(name, function, tuple(parameters), rest)


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


def declaration(handler: Bound) -> Dict[str, Any]:
    """What a character has to know of the action."""
    function: Any = handler.function
    while isinstance(function, functools.partial):
        function = function.func
    if not (inspect.isroutine(function) or isinstance(function, type)):
        function = type(function).__call__ if type(function).__call__.__doc__ else type(function)
    description, texts = read_docstring(inspect.getdoc(function) or "")
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
