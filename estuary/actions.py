"""Actions: what a character does rather than says.

Owns the registry of action handlers (:class:`ActionRegistry`) and the bookkeeping that notices an action once though
it was sent twice (:class:`ActionLedger`). The parser that finds actions in a text is in ``_action_parser`` and
exported here; ``_action_handlers`` reads signatures and calls handlers, ``_action_values`` converts arguments.
"""

from __future__ import annotations

import functools
import logging
import threading
from typing import Any, Callable, Dict, List, Optional, Tuple, TypeVar, overload

from ._action_handlers import Bound, Handler, bind, declaration
from ._action_parser import Action, ActionParser, Parsed
from ._action_values import plain
from .errors import ActionError

__all__ = ["Action", "ActionLedger", "ActionParser", "ActionRegistry", "Parsed"]

logger = logging.getLogger("estuary.actions")

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
        arguments = sorted((str(name), plain(value)) for name, value in action.arguments.items())
        counts = self._seen.setdefault((action.name, *arguments), [0, 0])
        counts[typed] += 1
        return counts[typed] > counts[not typed]


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
        self._handlers: Tuple[Bound, ...] = ()  # replaced, never changed: readers need no lock

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
        bound = bind(name, handler)
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
            new = declaration(handler)
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

    def _keep(self, wanted: Callable[[Bound], bool]) -> None:
        with self._lock:
            self._handlers = tuple(handler for handler in self._handlers if wanted(handler))
