"""Reading an action's arguments out of a command, each typed as its parameter says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Optional

from ._numbers import NUMBER_WORDS
from ._vocabulary import kind_of, name_words, role_of
from ._words import word_set
from .base import ActionSpec, ParameterSpec

__all__ = ["bind", "coerce", "is_number", "options_of", "question_for"]

_OPTIONS = re.compile(
    r"\b(?:one of|either|options?(?: are)?|allowed(?: values)?|choices?(?: are)?|values?(?: are)?|can be|"
    r"must be)\s*:?\s*"
    r"(?P<list>[^.;)\n]{1,500})",
    re.I,
)
_NUMBER = r"(?<![\w.])-?\d{1,12}(?:[.,]\d{1,6})?(?![\w]|[.,]\d)"
_ON = frozenset(["on", "enable", "enabled", "yes", "true", "activate", "activated", "open", "start", "unmute", "lit"])
_OFF = word_set("""
    off disable disabled no false deactivate deactivated close stop mute without out not
""")
_EDGE = word_set("""
    the a an some to me us please for with of my our your in at on into it up there here this that and by
""")
_DEICTIC = frozenset(
    ["there", "here", "it", "that", "this", "them", "somewhere", "anywhere", "something", "anything", "someone", "one"]
)
_POLITE = re.compile(
    r"(?:[ ,]*\b(?:please|for me|right now|now|thanks|thank you|if you (?:can|could|please|would|don't mind)|will you|"
    r"would you|could you|okay|ok|immediately|quickly|at once|a bit|a little|then|too|as well))+[ ,.!?]*$",
    re.I,
)


def options_of(parameter: ParameterSpec) -> list[str]:
    """The choices that a description lists as "One of: a, b." (or "one of a, b or c", "either a or b")."""
    match = _OPTIONS.search(parameter.description)
    if not match:
        return []
    listed = re.split(r"\s*(?:,|\||/|\bor\b|\band\b)\s*", match["list"])
    options = [option.strip(" \"'`“”‘’[](){}") for option in listed]
    options = [option for option in options if option]
    return options if len(options) > 1 and all(len(option.split()) <= 4 for option in options) else []


def coerce(parameter: ParameterSpec, text: str) -> Optional[Any]:
    """``text`` as the parameter's type, or ``None`` when it isn't one."""
    text = text.strip(" .,;:!?\"'")
    kind = parameter.type.lower()
    if kind in {"number", "float", "integer", "int"}:
        word = NUMBER_WORDS.get(text.lower())
        try:
            number = float(word) if word is not None else float(text.replace(",", "."))
        except ValueError:
            return None
        if kind in {"integer", "int"}:
            return int(number) if number == int(number) else None
        return int(number) if number == int(number) and "." not in text else number
    if kind in {"boolean", "bool"}:
        lowered = text.lower()
        return True if lowered in _ON else False if lowered in _OFF else None
    return text or None


def _digits(clause: str) -> str:
    """Number words in digits: "thirty five" → "35"."""

    def compound(match: re.Match[str]) -> str:
        return str(NUMBER_WORDS[match[1].lower()] + NUMBER_WORDS[match[2].lower()])

    tens = "|".join(word for word, value in NUMBER_WORDS.items() if value in range(20, 100, 10) and "-" not in word)
    units = "|".join(word for word, value in NUMBER_WORDS.items() if 0 < value < 10)
    clause = re.sub(rf"\b({tens})[ -]({units})\b", compound, clause, flags=re.I)
    simple = "|".join(word for word in NUMBER_WORDS if "-" not in word and word != "one")
    clause = re.sub(rf"\b({simple})\b", lambda match: str(NUMBER_WORDS[match[1].lower()]), clause, flags=re.I)
    return re.sub(r"\bminus (?=\d)", "-", clause, flags=re.I)


_AROUND = re.compile(r"(?<=\w) (?:in|at|on|for|with|from|to|while|during|until) ", re.I)
#: "tell Bob (that) I am late"
_TELL = re.compile(
    r"(?P<verb>tell|text|message|email|mail|ask) (?P<person>(?:my |the )?[^\W\d_][\w'-]*)"
    r"(?: that| to say)? (?P<text>(?:i|i'm|i'll|he|she|we|we're|they|it|it's|you|the|my|to|not|dinner|hello|hi)\b.+)$",
    re.I,
)


def _bind_told(parameters: Sequence[ParameterSpec], clause: str, found: dict[str, Any]) -> str:
    """Read "tell Bob I am late", where somebody and a text are wanted. Returns what is left to be read."""
    person = next((p for p in parameters if role_of(p.name) == "person"), None)
    text = next((p for p in parameters if role_of(p.name) == "text"), None)
    told = _TELL.match(clause) if person and text else None
    if not (person and text and told) or told["person"].lower() in {"me", "us", "a", "the"}:
        return clause
    found[person.name], found[text.name] = told["person"], told["text"].strip(" .!")
    return told["verb"]


class _Clause:
    """A command whose words are used up as arguments are found."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take(self, pattern: str, group: int = 1) -> Optional[str]:
        match = re.search(pattern, self.text, re.I)
        if not match or match[group] is None:
            return None
        self.text = self.text[: match.start()] + " \ufffc " + self.text[match.end() :]
        return match[group].strip()


def bind(action: ActionSpec, clause: str, spent: Sequence[str]) -> dict[str, Any]:
    """The arguments that ``clause`` gives to ``action``.

    ``spent`` are the words that named the action (its verb and object) and are no argument.
    """
    found: dict[str, Any] = {}
    clause = _bind_told(action.parameters, clause, found)
    quoted = re.findall(r'"([^"]{1,2000})"', clause)
    left = _Clause(_POLITE.sub("", re.sub(r'"[^"]*"', " \ufffc ", clause)))
    ordered = sorted(action.parameters, key=lambda parameter: not parameter.required)
    texts = [p for p in ordered if _is_text(p) and not options_of(p)]
    if quoted and texts and not found:
        best = next((p for p in texts if role_of(p.name) in {"text", "name"}), texts[0])
        found[best.name] = quoted[0]
    _bind_said(texts, left, found)
    for parameter in ordered:
        options = options_of(parameter)
        if options:
            _bind_option(parameter, options, left, found)
    numbers = [p for p in ordered if is_number(p) and not options_of(p)]
    if numbers:
        _bind_numbers(numbers, left, found)
    for parameter in ordered:
        if parameter.type.lower() in {"boolean", "bool"}:
            _bind_flag(parameter, left, found, name_words(action.name))
    _bind_texts([p for p in texts if p.name not in found], left, found, spent)
    return {p.name: found[p.name] for p in action.parameters if p.name in found}


def is_number(parameter: ParameterSpec) -> bool:
    """Whether it takes a number."""
    return parameter.type.lower() in {"number", "float", "integer", "int"}


def _is_text(parameter: ParameterSpec) -> bool:
    return not is_number(parameter) and parameter.type.lower() not in {"boolean", "bool"}


def _spoken(parameter: ParameterSpec) -> str:
    words = name_words(parameter.name) or [parameter.name]
    return r"[\s_-]".join(re.escape(word) for word in words)


def _bind_said(texts: Sequence[ParameterSpec], left: _Clause, found: dict[str, Any]) -> None:
    """Read "… saying I am late": free text runs to the end."""
    for parameter in texts:
        if parameter.name in found or role_of(parameter.name) != "text":
            continue
        said = left.take(
            r"\b(?:saying(?: that)?|that says|which says|telling (?:him|her|them)(?: that)?|reading|with "
            r"the (?:text|words|message))\s*:? (.+)$"
        )
        if not said and ": " in left.text:
            said = left.take(r": (.+)$")
        if said:
            found[parameter.name] = said.strip(" .\"'")
            return


def _bind_option(parameter: ParameterSpec, options: Sequence[str], left: _Clause, found: dict[str, Any]) -> None:
    for option in sorted(options, key=len, reverse=True):
        words = r"[\s_-]?".join(re.escape(word) for word in re.split(r"[\s_-]+", option) if word)
        if words and left.take(rf"(?<!\w)({words})(?:s|ly)?(?!\w)"):
            value = coerce(parameter, option)
            if value is not None:
                found[parameter.name] = value
            return


def _bind_numbers(numbers: Sequence[ParameterSpec], left: _Clause, found: dict[str, Any]) -> None:
    left.text = _digits(left.text)
    for parameter in numbers:
        said = left.take(rf"\b{_spoken(parameter)}s?\s*(?:=|:|of|to|at|is|by)?\s*({_NUMBER})")
        # "at 30 volume", but not the 3 of "x 3 y 4"
        if not said and len(numbers) == 1:
            said = left.take(rf"({_NUMBER})\s*%?\s*{_spoken(parameter)}s?\b")
        if said is not None:
            _put(parameter, said, found)
    for parameter in numbers:
        if parameter.name in found or (not parameter.required and len(numbers) > 1):
            continue
        said = left.take(rf"({_NUMBER})")
        if said is not None:
            _put(parameter, said, found)


def _put(parameter: ParameterSpec, said: str, found: dict[str, Any]) -> None:
    value = coerce(parameter, said)
    if value is not None:
        found[parameter.name] = value


def _bind_flag(parameter: ParameterSpec, left: _Clause, found: dict[str, Any], named: Sequence[str]) -> None:
    words = re.findall(r"[\w']+", left.text.lower())
    spoken = _spoken(parameter)
    if name_words(parameter.name) and parameter.name.lower() not in {
        "on",
        "off",
        "enabled",
        "state",
        "enable",
        "value",
    }:
        if re.search(rf"\b(?:without|no|not|don't) (?:the |a |any )?{spoken}", left.text, re.I):
            found[parameter.name] = False
            return
        if re.search(rf"\b{spoken}\b", left.text, re.I) and not set(name_words(parameter.name)) <= set(named):
            found[parameter.name] = not set(words) & {"off", "false"}
            return
        if not parameter.required and parameter.name.lower() not in {"active", "lit", "power", "open"}:
            return
    if set(words) & _OFF:
        found[parameter.name] = parameter.name.lower() == "off"
    elif set(words) & _ON:
        found[parameter.name] = parameter.name.lower() != "off"


_PREPOSITIONS = {
    "place": r"to|into|towards?|onto|inside|at|in|over to|back to",
    "person": r"to|for|with",
    "text": r"saying|that|about|to|for",
    "name": r"called|named|as",
    "time": r"at|for|in|on|until",
    "": r"to|with|of|as|for|by|about|from",
}


def _bind_texts(texts: Sequence[ParameterSpec], left: _Clause, found: dict[str, Any], spent: Sequence[str]) -> None:
    if not texts:
        return
    gone = {kind_of(word) for word in spent}
    for parameter in texts:
        words = set(name_words(parameter.name))
        said = None
        if not {kind_of(word) for word in words} <= gone or role_of(parameter.name) == "":
            said = left.take(
                rf"\b{_spoken(parameter)}(?: (?:to|is|as|of|called|named)|\s*[=:])? "
                rf"(?!to\b)([^,\ufffc]+?)(?=,| and | with |$)"
            )
        if said and _clean(said, ()):
            found[parameter.name] = _clean(said, ())
    waiting = [p for p in texts if p.name not in found]
    if len(waiting) == 1 and (waiting[0].required or len(texts) == 1):
        parameter = waiting[0]
        value = None
        if role_of(parameter.name) in {"place", "name"}:
            value = _after(parameter, left)
        rest = left.text
        if not parameter.required and not role_of(parameter.name):
            rest = _AROUND.split(rest, maxsplit=1)[0]  # "play music in the kitchen": not a genre
        value = value or _clean(rest, gone)
        if value:
            found[parameter.name] = value
        return
    for parameter in waiting:
        value = _after(parameter, left)
        if value:
            found[parameter.name] = value
    required = [p for p in waiting if p.name not in found and p.required]
    if required:
        value = _clean(left.text, gone)
        if value:
            found[required[0].name] = value


def _after(parameter: ParameterSpec, left: _Clause) -> Optional[str]:
    said = left.take(
        rf"\b(?:{_PREPOSITIONS[role_of(parameter.name)]}) ([^,\ufffc]+?)(?= (?:to|into|with|at|for|from|as|"
        rf"saying|called|and then|on) |,|\ufffc|$)"
    )
    return _clean(said, ()) if said else None


def _clean(text: str, gone: set[str] | tuple[()]) -> Optional[str]:
    """What remains when the words that named the action, and articles at either end, are taken away."""
    runs = [part.split() for part in re.split(r"[\ufffc,]", text)]
    kept: list[str] = []
    for run in runs:
        words = [word.strip('.!?;:"') for word in run]
        while words and (words[0].lower() in _EDGE or kind_of(words[0]) in gone):
            words.pop(0)
        while words and (words[-1].lower() in _EDGE or kind_of(words[-1]) in gone):
            words.pop()
        if words and len(words) > len(kept):
            kept = words
    if not kept or (len(kept) == 1 and kept[0].lower() in _DEICTIC):
        return None
    return " ".join(kept)


def question_for(action: ActionSpec, parameter: ParameterSpec) -> str:
    """How the companion asks for an argument that it needs."""
    label = " ".join(name_words(parameter.name) or [parameter.name])
    what = " ".join(name_words(action.name) or [action.name])
    options = options_of(parameter)
    if options:
        return f"Which {label} would you like: {', '.join(options[:-1])} or {options[-1]}?"
    if is_number(parameter):
        return f"What {label} should it be?" if label not in what else f"What should the {label} be?"
    if parameter.type.lower() in {"boolean", "bool"}:
        return f"Should {label} be on or off?"
    role = role_of(parameter.name)
    if role == "place":
        return "Where to?"
    if role == "person":
        return "Who is it for?"
    if role == "text":
        return f"What should the {label} be?"
    return f"Which {label} would you like?"
