"""The action registry and ledger: who is called with what, what is reported, what is declared."""

from __future__ import annotations

import doctest
import enum
import functools
import threading
import types
from typing import Any, Callable, Dict, List, Literal, NewType, Optional, Tuple, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

import estuary._action_parser
import estuary.actions
from estuary.actions import Action, ActionLedger, ActionRegistry
from estuary.errors import ActionError, ConfigError


class Room(enum.Enum):
    KITCHEN = "the kitchen"
    HALL = "hall"
    hall2 = "HALL"
    GARDEN = "garden"
    OUTSIDE = "garden"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Shape(enum.Enum):
    ROUND = (1, 2)
    FLAT = (3, 4)


Metres = NewType("Metres", float)


def run(registry: ActionRegistry, name: str, /, **arguments: Any) -> List[Exception]:
    """Perform an action; what was reported."""
    reported: List[Exception] = []
    registry.run(Action(name, arguments), reported.append)
    return reported


def convert(annotation: Any, value: Any) -> Any:
    """What a handler with this annotation is called with, or the error that is reported instead."""
    registry = ActionRegistry()
    called: List[Any] = []

    def handler(value: Any) -> None:
        called.append(value)

    handler.__annotations__["value"] = annotation
    registry.on("x", handler)
    reported = run(registry, "x", value=value)
    assert len(called) + len(reported) == 1
    return called[0] if called else reported[0]


# --- the action ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [estuary.actions, estuary._action_parser])
def test_the_examples_in_the_docstrings_run(module: types.ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.failed == 0
    assert result.attempted > 0


def test_all_is_sorted_and_there() -> None:
    assert estuary.actions.__all__ == sorted(estuary.actions.__all__)
    assert all(hasattr(estuary.actions, name) for name in estuary.actions.__all__)


def test_an_action_is_a_value() -> None:
    action = Action("wave", {"times": 2}, "m1")
    assert repr(action) == "Action('wave', times=2)"
    assert repr(Action("wave")) == "Action('wave')"
    assert action == Action("wave", {"times": 2}, "m1")
    assert action != Action("wave", {"times": 3}, "m1")
    assert len({action, Action("wave", {"times": 2}, "m1")}) == 1
    with pytest.raises(AttributeError):
        action.name = "other"  # type: ignore[misc]


# --- the ledger ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("true", True), ("False", False), ("1", 1), ("1", 1.0), ("1.0", 1), ("-2.50", -2.5), ("1e3", 1000),
        (" a  b\n", "a b"),
        ("", None), ("2", "2"), ("007", "007"), ("null", "null"), ("nan", float("nan")),
        ("12345678901234567890", 12345678901234567890),
        ("TRUE", True), ("[1, 2]", [1, 2]),
    ],
)  # fmt: skip
def test_the_same_value_in_both_forms_is_one_call(text: str, typed: Any) -> None:
    for typed_first in (False, True):
        first, second = (typed, text) if typed_first else (text, typed)
        ledger = ActionLedger()
        assert ledger.accept(Action("x", {"a": first, "b": "c"}), typed=typed_first)
        assert not ledger.accept(Action("x", {"b": "c", "a": second}, "m"), typed=not typed_first)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("1", True), ("0", False), ("true", 1), ("a", "b"), ("A", "a"), ("1", 2), ("1.5", 1), ("", 0),
        ("", False), ("None", None),
        ("12345678901234567890", 12345678901234567891), ("9" * 50, "9" * 49), ("inf", 1), ("1" * 5000, 1),
        ("1" * 5000, "2" * 5000),
    ],
)  # fmt: skip
def test_other_values_are_other_calls(text: str, typed: Any) -> None:
    ledger = ActionLedger()
    assert ledger.accept(Action("x", {"a": text}), typed=False)
    assert ledger.accept(Action("x", {"a": typed}), typed=True)


def test_other_names_are_other_calls() -> None:
    ledger = ActionLedger()
    assert ledger.accept(Action("x", {"a": "1"}), typed=False)
    assert ledger.accept(Action("y", {"a": "1"}), typed=True)
    assert ledger.accept(Action("x", {"b": "1"}), typed=True)
    assert ledger.accept(Action("x", {"a": "1", "b": "1"}), typed=True)
    assert ledger.accept(Action("x"), typed=True)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans())))
def test_each_call_is_let_through_once(arrivals: List[Tuple[str, bool]]) -> None:
    ledger = ActionLedger()
    through = [name for name, typed in arrivals if ledger.accept(Action(name), typed=typed)]
    for name in "ab":
        tags, events = arrivals.count((name, False)), arrivals.count((name, True))
        assert through.count(name) == max(tags, events)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.dictionaries(st.text(), SCALARS | st.lists(SCALARS)), st.booleans())
def test_any_values_can_be_noted(arguments: Dict[str, Any], typed: bool) -> None:
    ledger = ActionLedger()
    assert ledger.accept(Action("x", arguments), typed=typed)
    assert not ledger.accept(Action("x", arguments), typed=not typed)


# --- registering --------------------------------------------------------------------------------------------------


def test_a_decorator_gives_the_handler_back() -> None:
    registry = ActionRegistry()

    def handler() -> None: ...

    assert registry.on("x")(handler) is handler
    assert registry.handles("x")


def test_handlers_run_in_order_of_registration_on_the_calling_thread() -> None:
    registry = ActionRegistry()
    calls: List[Any] = []
    registry.on("x", lambda: calls.append(("first", threading.get_ident())))
    registry.on("*", lambda action: calls.append(("all", action)))
    registry.on("y", lambda: calls.append("other"))
    registry.on("x", lambda: calls.append("last"))
    assert run(registry, "x") == []
    assert calls == [("first", threading.get_ident()), ("all", Action("x")), "last"]


def test_unsubscribing_takes_back_that_registration_only() -> None:
    registry = ActionRegistry()
    calls: List[str] = []

    def handler() -> None:
        calls.append("called")

    first = registry.on("x", handler)
    registry.on("x", handler)
    first()
    first()
    run(registry, "x")
    assert calls == ["called"]


def test_off_takes_back_one_handler_or_all() -> None:
    registry = ActionRegistry()
    calls: List[str] = []

    class Robot:
        def wave(self) -> None:
            calls.append("robot")

    robot = Robot()
    for _ in range(2):
        registry.on("x", robot.wave)
    registry.on("x", lambda: calls.append("lambda"))
    registry.on("y", robot.wave)
    registry.off("x", robot.wave)
    run(registry, "x")
    assert calls == ["lambda"]
    registry.off("x")
    registry.off("x")
    registry.off("never", robot.wave)
    assert not registry.handles("x")
    assert registry.handles("y")


def test_a_handler_may_take_itself_back_while_it_runs() -> None:
    registry = ActionRegistry()
    calls: List[str] = []

    def once() -> None:
        calls.append("once")
        registry.off("x", once)

    registry.on("x", once)
    registry.on("x", lambda: calls.append("next"))
    run(registry, "x")
    run(registry, "x")
    assert calls == ["once", "next", "next"]


def test_registering_from_many_threads_loses_nothing() -> None:
    registry = ActionRegistry()

    def register() -> None:
        for _ in range(200):
            registry.on("x", lambda: None)
            registry.on("y", lambda: None)()

    threads = [threading.Thread(target=register) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(registry._handlers) == 1600
    assert not registry.handles("y")


def test_handles() -> None:
    registry = ActionRegistry()
    assert not registry.handles("x")
    everything = registry.on("*", print)
    assert registry.handles("x")
    everything()
    assert not registry.handles("x")
    assert ActionRegistry(strict=True).handles("x")


def test_its_repr_names_the_actions() -> None:
    registry = ActionRegistry(strict=True)
    assert repr(registry) == "<ActionRegistry empty strict>"
    registry.on("wave", lambda: None)
    registry.on("wave", lambda: None)
    assert repr(registry) == "<ActionRegistry wave strict>"


@pytest.mark.parametrize("name", ["", "  ", None, 3, b"x"])
def test_a_name_must_be_text(name: Any) -> None:
    with pytest.raises(ConfigError, match="name"):
        ActionRegistry().on(name, lambda: None)
    with pytest.raises(ConfigError, match="name"):
        ActionRegistry().on(name)(lambda: None)


def test_a_handler_must_be_callable() -> None:
    with pytest.raises(ConfigError, match="callable"):
        ActionRegistry().on("x", "handler")  # type: ignore[call-overload]


def test_a_coroutine_function_is_refused() -> None:
    async def handler() -> None: ...

    class Callable_:
        async def __call__(self) -> None: ...

    for refused in (handler, functools.partial(handler), Callable_()):
        with pytest.raises(ConfigError, match="coroutine"):
            ActionRegistry().on("x", refused)


def test_a_handler_of_everything_takes_one_argument() -> None:
    with pytest.raises(ConfigError, match="one argument"):
        ActionRegistry().on("*", lambda: None)
    with pytest.raises(ConfigError, match="one argument"):
        ActionRegistry().on("*", lambda a, b: None)
    ActionRegistry().on("*", lambda a, b=2: None)
    ActionRegistry().on("*", dict.update)  # has no signature: not checked


def test_a_callable_without_a_signature_is_refused() -> None:
    with pytest.raises(ConfigError, match="signature"):
        ActionRegistry().on("x", dict.update)


@pytest.mark.parametrize(
    "annotation",
    [list, dict, bytes, List[int], Dict[str, int], Optional[bytes], Union[int, List[str]], Callable, 3, None],
)
def test_an_unsupported_annotation_is_refused(annotation: Any) -> None:
    def handler(fine: int, path: Any) -> None: ...

    handler.__annotations__["path"] = annotation
    with pytest.raises(ConfigError, match=r"'path' of .*handler.*(str, int, float, bool|can't be resolved)"):
        ActionRegistry().on("x", handler)


def test_an_annotation_that_cannot_be_resolved_is_refused() -> None:
    def handler(fine: int, room: Unknown) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(ConfigError, match=r"'room' of .*handler.*Unknown"):
        ActionRegistry().on("x", handler)


def test_an_unknown_return_annotation_does_not_matter() -> None:
    def handler(room: int) -> Unknown: ...  # type: ignore[name-defined]  # noqa: F821

    ActionRegistry().on("x", handler)


# --- kinds of handlers --------------------------------------------------------------------------------------------


def test_every_kind_of_callable_is_called_by_name() -> None:
    calls: List[Tuple[str, Any]] = []

    def function(count: int, *, label: str = "none") -> None:
        calls.append(("function", (count, label)))

    def positional(count: int, label: str = "none", /, rest: int = 0) -> None:
        calls.append(("positional", (count, label, rest)))

    def variadic(*args: int, **kwargs: int) -> None:
        calls.append(("variadic", (args, kwargs)))

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        function(*args, **kwargs)

    class Robot:
        def __init__(self, count: int = 0) -> None:
            calls.append(("class", count))

        def __call__(self, count: int) -> None:
            calls.append(("instance", count))

        def method(self, count: int) -> None:
            calls.append(("method", count))

        @classmethod
        def clsmethod(cls, count: int) -> None:
            calls.append(("classmethod", count))

        @staticmethod
        def static(count: int) -> None:
            calls.append(("static", count))

    def last(handler: Any) -> Tuple[str, Any]:
        registry = ActionRegistry()
        registry.on("x", handler)
        assert run(registry, "x", count="3") == []
        return calls[-1]

    robot = Robot()
    assert last(function) == ("function", (3, "none"))
    assert last(functools.partial(function, label="p")) == ("function", (3, "p"))
    assert last(functools.partial(functools.partial(function), label="p")) == ("function", (3, "p"))
    assert last(wrapper) == ("function", (3, "none"))
    assert last(positional) == ("positional", (3, "none", 0))
    assert last(variadic) == ("variadic", ((), {"count": 3}))
    assert last(robot) == ("instance", 3)
    assert last(robot.method) == ("method", 3)
    assert last(Robot.clsmethod) == ("classmethod", 3)
    assert last(Robot.static) == ("static", 3)
    assert last(Robot) == ("class", 3)
    assert last(lambda count: calls.append(("lambda", count))) == ("lambda", "3")


def test_a_parameter_annotated_action_gets_the_action() -> None:
    calls: List[Any] = []
    registry = ActionRegistry(strict=True)

    def alone(action: Action) -> None:
        calls.append(action)

    def among(target: str, it: Action, **rest: Any) -> None:
        calls.append((target, it, rest))

    registry.on("x", among)
    action = Action("x", {"target": "a", "it": "b", "other": 1}, "m")
    registry.run(action, pytest.fail)
    assert calls == [("a", action, {"other": 1})]
    registry.on("y", alone)
    registry.run(Action("y"), pytest.fail)
    assert calls[1:] == [Action("y")]


def test_the_rest_goes_to_kwargs() -> None:
    calls: List[Any] = []
    registry = ActionRegistry(strict=True)
    registry.on("x", lambda target, **rest: calls.append((target, rest)))
    assert run(registry, "x", target="a", b=1, **{"not-a-name": True}) == []
    assert calls == [("a", {"b": 1, "not-a-name": True})]


def test_defaults_hold_and_handlers_do_not_share_arguments() -> None:
    calls: List[Any] = []
    registry = ActionRegistry()

    def first(a: Any, **rest: Any) -> None:
        rest.clear()
        calls.append(a)

    registry.on("x", first)
    registry.on("x", lambda a, b=5: calls.append((a, b)))
    assert run(registry, "x", a=1, b=2) == []
    assert run(registry, "x", a=1) == []
    assert calls == [1, (1, 2), 1, (1, 5)]


# --- converting ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (str, "a", "a"), (str, 3, "3"), (str, 3.5, "3.5"), (str, True, "true"), (str, False, "false"),
        (str, " a ", " a "),
        (int, "3", 3), (int, 3, 3), (int, 3.0, 3), (int, " -3 ", -3), (int, "3.0", 3), (int, "1e3", 1000),
        (int, "12345678901234567890", 12345678901234567890),
        (float, "3", 3.0), (float, 3, 3.0), (float, 3.5, 3.5), (float, "1e3", 1000.0), (float, " .5 ", 0.5),
        (Metres, "2", 2.0),
        (bool, True, True), (bool, False, False), (bool, "TRUE", True), (bool, "yes", True), (bool, "On", True),
        (bool, "1", True),
        (bool, 1, True), (bool, "False", False), (bool, "no", False), (bool, " off ", False),
        (bool, "0", False), (bool, 0, False),
        (Room, "the kitchen", Room.KITCHEN), (Room, "The Kitchen", Room.KITCHEN), (Room, "kitchen", Room.KITCHEN),
        (Room, "hall", Room.HALL), (Room, "HALL", Room.hall2), (Room, "Hall", Room.HALL),
        (Room, "outside", Room.GARDEN),
        (Level, 1, Level.LOW), (Level, "2", Level.HIGH), (Level, "high", Level.HIGH), (Level, 2.0, Level.HIGH),
        (Shape, "round", Shape.ROUND),
        (Literal["slow", "fast"], "FAST", "fast"), (Literal[1, 2], "2", 2), (Literal[True, "maybe"], "true", True),
        (Literal[Level.LOW], "1", Level.LOW), (Literal[Level.LOW], "low", Level.LOW),
        (Literal[Room.HALL, Room.KITCHEN], "Hall", Room.HALL), (Literal[Shape.FLAT], "flat", Shape.FLAT),
        (Optional[int], "3", 3), (Optional[int], None, None), (Optional[int], "", None),
        (Optional[int], "None", None),
        (Optional[str], "", ""), (Optional[str], None, None), (Optional[str], "null", "null"),
        (Optional[Room], "hall", Room.HALL),
        (Union[int, str], "3", 3), (Union[int, str], "three", "three"), (Union[str, int], 3, "3"),
        (Union[int, float, None], "2.5", 2.5),
        (Optional[Literal["a"]], "null", None), ("Optional[int]", "3", 3), ("Room", "hall", Room.HALL),
        (Optional["Room"], "hall", Room.HALL),
        (Any, None, None), (Any, [1], [1]), (object, {}, {}), (Any, "3", "3"),
    ],
)  # fmt: skip
def test_converts_by_annotation(annotation: Any, value: Any, expected: Any) -> None:
    result = convert(annotation, value)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (int, "three", "a whole number"), (int, "3.5", "a whole number"), (int, 3.5, "a whole number"),
        (int, True, "a whole number"),
        (int, "", "a whole number"), (int, None, "a whole number"), (int, "inf", "a whole number"),
        (int, float("nan"), "a whole number"),
        (int, [3], "a whole number"), (float, "fast", "a number"), (float, "nan", "a number"),
        (float, float("inf"), "a number"),
        (float, True, "a number"), (float, None, "a number"), (float, 10**400, "a number"),
        (float, "1,5", "a number"),
        (bool, "maybe", "true or false"), (bool, 2, "true or false"), (bool, "", "true or false"),
        (bool, None, "true or false"),
        (str, None, "text"), (str, ["a"], "text"), (str, {}, "text"),
        (Room, "cellar", "one of the kitchen, hall, HALL, garden"), (Level, 3, "one of 1, 2"),
        (Level, True, "one of 1, 2"),
        (Shape, "1", "one of ROUND, FLAT"), (Literal["a", 1], "b", "one of a, 1"),
        (Optional[int], "x", "a whole number"),
        (Union[int, bool], "x", "a whole number or true or false"),
    ],
)  # fmt: skip
def test_what_cannot_be_converted_is_reported(annotation: Any, value: Any, message: str) -> None:
    error = convert(annotation, value)
    assert isinstance(error, ActionError)
    assert str(error).startswith(f"action 'x': parameter 'value' must be {message}, not {value!r:.200}")
    assert (error.action, error.parameter) == ("x", "value")
    assert error.value is value


def test_none_where_the_default_is_none() -> None:
    registry = ActionRegistry()
    calls: List[Any] = []

    def handler(count: int = None) -> None:  # type: ignore[assignment]  # noqa: RUF013
        calls.append(count)

    registry.on("x", handler)
    assert run(registry, "x", count=None) == []
    assert run(registry, "x", count="2") == []
    assert calls == [None, 2]


@given(
    st.sampled_from([str, int, float, bool, Room, Level, Shape, Literal["a", 1], Optional[int], Union[int, bool]]),
    SCALARS | st.lists(SCALARS) | st.sampled_from(["1" * 5000, "1e999", "_", "1_0", "٣", 1e300, -0.0, 10**400]),
)
def test_any_value_is_converted_or_reported(annotation: Any, value: Any) -> None:
    result = convert(annotation, value)
    plain = annotation if isinstance(annotation, type) else (str, int, bool, type(None))
    assert isinstance(result, (ActionError, plain) if isinstance(plain, type) else (ActionError, *plain))


# --- reporting ----------------------------------------------------------------------------------------------------


def test_a_missing_parameter_is_reported_and_the_others_still_run() -> None:
    registry = ActionRegistry()
    calls: List[str] = []
    registry.on("x", lambda target: calls.append("needs target"))
    registry.on("x", lambda: calls.append("needs nothing"))
    (error,) = run(registry, "x", other=1)
    assert isinstance(error, ActionError)
    assert (error.action, error.parameter, error.value) == ("x", "target", None)
    assert "missing" in str(error)
    assert calls == ["needs nothing"]


def test_what_a_handler_raises_is_reported_and_the_others_still_run() -> None:
    registry = ActionRegistry()
    calls: List[str] = []
    boom = KeyError("boom")

    def bad() -> None:
        raise boom

    registry.on("x", bad)
    registry.on("*", lambda action: calls.append("next"))
    assert run(registry, "x") == [boom]
    assert calls == ["next"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_exit_is_not_reported(error: Any) -> None:
    registry = ActionRegistry()

    def leave() -> None:
        raise error

    registry.on("x", leave)
    with pytest.raises(error):
        registry.run(Action("x"), pytest.fail)


def test_a_long_value_makes_a_short_message() -> None:
    assert len(str(convert(int, "x" * 100_000))) < 400


def test_unknown_actions_and_arguments_are_ignored() -> None:
    registry = ActionRegistry()
    calls: List[str] = []
    registry.on("x", lambda: calls.append("x"))
    assert run(registry, "unknown") == []
    assert run(registry, "X") == []
    assert run(registry, "x", other=1) == []
    assert calls == ["x"]


def test_strict_reports_unknown_actions_and_arguments() -> None:
    registry = ActionRegistry(strict=True)
    registry.on("x", lambda: pytest.fail("called"))
    (unknown,) = run(registry, "unknown")
    assert isinstance(unknown, ActionError)
    assert (unknown.action, unknown.parameter) == ("unknown", None)
    (extra,) = run(registry, "x", other=1)
    assert isinstance(extra, ActionError)
    assert (extra.action, extra.parameter, extra.value) == ("x", "other", 1)


def test_a_handler_of_everything_satisfies_strict() -> None:
    registry = ActionRegistry(strict=True)
    calls: List[Action] = []
    registry.on("*", calls.append)
    assert run(registry, "x", other=1) == []
    assert calls == [Action("x", {"other": 1})]


# --- declaring ----------------------------------------------------------------------------------------------------


def google(target: str, speed: float = 1.0, level: Level = Level.LOW, *, note=None, loud: bool = False) -> None:  # type: ignore[no-untyped-def]
    """Walk to a room
    of the house.

    Not this: more.

    Args:
        target: The room
            to walk to.

            Second paragraph.
        speed (float, optional): How fast: metres per second
        level: How high
        **unknown: Nothing.
    Returns:
        note: not a parameter.
    """


def numpy(target: str, speed: float = 1.0, level: Level = Level.LOW, *, note=None, loud: bool = False) -> None:  # type: ignore[no-untyped-def]
    """
    Walk to a room of the house.

    Parameters
    ----------
    target : str
        The room
        to walk to.

        Second paragraph.
    speed : float, optional
        How fast: metres per second
    level
        How high

    Returns
    -------
    note : not
        a parameter.
    """


def rest(target: str, speed: float = 1.0, level: Level = Level.LOW, *, note=None, loud: bool = False) -> None:  # type: ignore[no-untyped-def]
    """Walk to a room of the house.
    :param target: The room
        to walk to.
        Second paragraph.
    :param float speed: How fast: metres per second
    :param level: How high
    :type level: Level
    :returns: note
    """


GOTO = "The room to walk to. Second paragraph."


@pytest.mark.parametrize("handler", [google, numpy, rest], ids=["google", "numpy", "rest"])
def test_declares_from_signature_and_docstring(handler: Any) -> None:
    registry = ActionRegistry()
    registry.on("navigate", handler)
    registry.on("*", print)
    assert registry.declarations() == [
        {
            "name": "navigate",
            "description": "Walk to a room of the house.",
            "parameters": [
                {"name": "target", "type": "string", "required": True, "description": GOTO},
                {"name": "speed", "type": "number", "required": False, "description": "How fast: metres per second"},
                {"name": "level", "type": "integer", "required": False, "description": "How high. One of: 1, 2."},
                {"name": "note", "type": "string", "required": False, "description": ""},
                {"name": "loud", "type": "boolean", "required": False, "description": ""},
            ],
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("annotation", "type_", "choices"),
    [
        (str, "string", ""), (int, "integer", ""), (float, "number", ""), (bool, "boolean", ""),
        (Any, "string", ""),
        (Room, "string", "One of: the kitchen, hall, HALL, garden."), (Level, "integer", "One of: 1, 2."),
        (Shape, "string", "One of: ROUND, FLAT."), (Literal[1, 2.5], "number", "One of: 1, 2.5."),
        (Literal[True], "boolean", "One of: true."), (Literal[Room.HALL], "string", "One of: hall."),
        (Literal["a", 1], "string", "One of: a, 1."),
        (Optional[int], "integer", ""), (Optional[Level], "integer", "One of: 1, 2."),
        (Union[int, str], "string", ""),
        (Union[Level, int], "integer", ""), (Metres, "number", ""),
    ],
)  # fmt: skip
def test_declares_each_type(annotation: Any, type_: str, choices: str) -> None:
    def handler(value: Any) -> None: ...

    handler.__annotations__["value"] = annotation
    registry = ActionRegistry()
    registry.on("x", handler)
    (parameter,) = registry.declarations()[0]["parameters"]
    assert parameter == {"name": "value", "type": type_, "required": True, "description": choices}


def test_declares_what_is_behind_a_callable() -> None:
    class Robot:
        """A robot."""

        def __call__(self, count: int) -> None:
            """Count."""

        def wave(self, action: Action, /, *args: int, **kwargs: int) -> None:
            """Wave."""

    class Silent:
        """Stays silent."""

        def __call__(self) -> None: ...

    registry = ActionRegistry()
    registry.on("walk", functools.partial(google, target="kitchen"))
    registry.on("count", Robot())
    registry.on("wave", Robot().wave)
    registry.on("silence", Silent())
    registry.on("lambda", lambda a: None)
    declared = {declaration["name"]: declaration for declaration in registry.declarations()}
    assert list(declared) == ["walk", "count", "wave", "silence", "lambda"]
    assert declared["walk"]["description"] == "Walk to a room of the house."
    assert not any(parameter["required"] for parameter in declared["walk"]["parameters"])
    assert declared["count"]["description"] == "Count."
    assert declared["wave"] == {"name": "wave", "description": "Wave.", "parameters": []}
    assert declared["silence"]["description"] == "Stays silent."
    assert declared["lambda"]["description"] == ""
    assert [parameter["name"] for parameter in declared["lambda"]["parameters"]] == ["a"]


def test_several_handlers_of_a_name_are_one_declaration() -> None:
    registry = ActionRegistry()

    def second(target: int, loud: bool = False, extra: str = "") -> None:
        """Second.

        Args:
            target: Where to.
        """

    registry.on("x", lambda target, loud: None)
    registry.on("x", second)
    assert registry.declarations() == [
        {
            "name": "x",
            "description": "Second.",
            "parameters": [
                {"name": "target", "type": "string", "required": True, "description": "Where to."},
                {"name": "loud", "type": "string", "required": True, "description": ""},
                {"name": "extra", "type": "string", "required": False, "description": ""},
            ],
        }
    ]


def test_declarations_can_be_changed_by_their_owner() -> None:
    registry = ActionRegistry()
    registry.on("x", google)
    registry.declarations()[0]["parameters"].clear()
    assert len(registry.declarations()[0]["parameters"]) == 5


@given(st.text(st.sampled_from("Args:\n Parmet-:pax()*"), max_size=60) | st.text())
def test_any_docstring_can_be_read(doc: str) -> None:
    def handler(a: int) -> None: ...

    handler.__doc__ = doc
    registry = ActionRegistry()
    registry.on("x", handler)
    (declaration,) = registry.declarations()
    assert "\n" not in declaration["description"]
    assert [parameter["name"] for parameter in declaration["parameters"]] == ["a"]
