"""Reads ``<action …/>`` tags out of a character's text while it is still arriving.

Owns :class:`Action`, :class:`Parsed` and :class:`ActionParser`; import them from :mod:`estuary.actions`.

Why the parser is linear in the text, whatever the text and however it is cut: outside a tag a character is looked
at once. Inside one the state is "unquoted", "in double quotes" or "in single quotes", and each quote mark swaps
two of these states. A broken tag is read again from behind its end, so several readings can cover the same
character; but a reading in the unquoted state ends at any ``<``, so when a new one starts all others are inside
quotes, and since swapping never makes two states one, no two readings are ever in the same state. There are three
states, so no character is read more than three times.
"""

from __future__ import annotations

import logging
import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import attrs

__all__ = ["MAX_TAG_LENGTH", "Action", "ActionParser", "Parsed"]

logger = logging.getLogger("estuary.actions")

MAX_TAG_LENGTH = 64 * 1024
"""Characters; a tag not closed by then is given up, so that it can't swallow the rest of a message."""

_LOUD = 10  # complaints that one message may cause in the log; further ones are at debug level

# A tag's beginning, or what can still become one at the end of the text. ASCII: without it "İ" would be an "i".
_START = re.compile(r"</?action(?:([\s/>])|\Z)|<(?:/?(?:a(?:c(?:t(?:io?)?)?)?)?)?\Z", re.IGNORECASE | re.ASCII)
_MARK = re.compile(r"[\"'<>]")
# Where a tag must have ended whose quotes say that it goes on.
_PLAIN_END = re.compile(r"/>|>(?=\s*</action\s*>)", re.IGNORECASE | re.ASCII)
_WHOLE_START = re.compile(r"</?action(?=[\s/>])", re.IGNORECASE | re.ASCII)

# An attribute as HTML would have it: quoted, unquoted or without a value; the space before it may be missing.
_ATTRIBUTE = re.compile(r"""\s*([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+)))?""")
# The same where a quote is missing: a value also ends where an attribute plainly begins, or at the tag's end.
_LOOSE_ATTRIBUTE = re.compile(
    r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*?)(?:"|(?=\s[\w.:-]+=["'])|\Z)"""
    r"""|'([^']*?)(?:'|(?=\s[\w.:-]+=["'])|\Z)|([^\s"']+)["']?))?"""
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_XML_BLANK = re.compile(r"\r\n|[\t\r\n]")

_Pairs = List[Tuple[str, str]]


@attrs.frozen(repr=False)
class Action:
    """One thing the character wants done: a name and arguments.

    Args:
        name: What to do, as declared on the character.
        arguments: By name. Strings when the action was a tag in the text; JSON types when it was an event.
        message_id: The message it belongs to, where known.

    >>> Action("navigate", {"target": "kitchen", "speed": 2})
    Action('navigate', target='kitchen', speed=2)
    """

    name: str
    arguments: Dict[str, Any] = attrs.field(factory=dict, hash=False)
    message_id: Optional[str] = None

    def __repr__(self) -> str:
        parts = [repr(self.name), *(f"{key}={value!r}" for key, value in self.arguments.items())]
        return f"Action({', '.join(parts)})"


class Parsed(NamedTuple):
    """What one piece of text came to. A tuple, so ``text, actions = parser.feed(chunk)`` works.

    Attributes:
        text: The text that has become visible; may be empty.
        actions: The actions that have become complete, in order.
    """

    text: str
    actions: List[Action]


class ActionParser:
    """Splits one message's text into what the user sees and the actions in it, chunk by chunk.

    Text is given back as soon as it can't be part of a tag; no output ever holds half a tag. The rules:

    * ``<action name="x" a="1"/>`` is the action ``x`` with the argument ``a``. The tag's name, and ``name``, in
      any case; values in double or single quotes, in which ``>`` and newlines may stand; ``&amp;`` and the like
      are decoded.
    * Without ``/`` at its end it is the same action, given back at the ``>``. A ``</action>`` is never shown,
      wherever it stands; text between the two is ordinary text; nothing but blank space between them is dropped.
    * Sloppy attributes are read too: a bare ``&`` or ``<``, no space between attributes, no quotes, a missing
      quote, the same attribute twice (the first counts; a second ``name`` is an argument). One without a value
      is ``"true"``.
    * A tag without ``name`` is no action. It, a tag that can't be read and one that the message's end (or
      :data:`MAX_TAG_LENGTH`) leaves unfinished are logged and not shown. Where a missing quote made a tag swallow
      what follows its ``/>`` or ``></action>``, that is shown after all, once this is noticed.
    * Spaces after a removed tag are dropped if what is visible before it is empty or ends in a space or newline.
      Newlines stay. A space before a tag at the message's very end stays: it has been shown by then.

    Args:
        message_id: Given to each :class:`Action`.

    Linear in the text, whatever it is and however it is cut. Not thread-safe: one per message, one thread.

    >>> parser = ActionParser()
    >>> parser.feed('Sure! <act')
    Parsed(text='Sure! ', actions=[])
    >>> parser.feed('ion name="navigate" target="kitchen" /> Going')
    Parsed(text='Going', actions=[Action('navigate', target='kitchen')])
    >>> parser.feed(', as 2 <'), parser.finish()
    (Parsed(text=', as 2 ', actions=[]), Parsed(text='<', actions=[]))
    """

    __slots__ = (
        "_actions",
        "_blank",
        "_blank_size",
        "_busy",
        "_complaints",
        "_gap",
        "_head",
        "_in_pair",
        "_in_tag",
        "_message_id",
        "_out",
        "_quote",
        "_tag",
        "_tag_size",
        "_tail",
    )

    def __init__(self, message_id: Optional[str] = None) -> None:
        self._message_id = message_id
        self._busy = False  # anything but plain text since a tag: the fast path is closed
        self._tail = ""  # the last visible text that was not empty
        self._head = ""  # "<", "<a", … "</action": may yet become a tag
        self._in_tag = False
        self._tag: List[str] = []  # the tag so far, in pieces
        self._tag_size = 0
        self._quote = ""  # the quote mark the tag is inside of
        self._in_pair = False  # behind an opening tag, with nothing but blank space since
        self._blank: List[str] = []  # that blank space
        self._blank_size = 0
        self._gap = False  # behind a removed tag that follows a space: further spaces are dropped
        self._out: List[str] = []
        self._actions: List[Action] = []
        self._complaints = 0

    def feed(self, chunk: str) -> Parsed:
        """Read the next piece of the message.

        Args:
            chunk: Any length, cut anywhere.

        Returns:
            The text that has become visible and the actions that have become complete. No text raises.
        """
        if not self._busy and "<" not in chunk:
            if chunk:
                self._tail = chunk
            return tuple.__new__(Parsed, (chunk, []))  # the hot path: half the time of Parsed(…)
        self._read(chunk)
        return self._take()

    def finish(self) -> Parsed:
        """End the message.

        Returns:
            What was held back and turns out to be text. An unfinished tag is logged and dropped.
        """
        while self._in_tag or self._head:
            if self._in_tag:
                self._recover(self._take_tag())
            else:
                head, self._head = self._head, ""
                if head[-1] in "nN":  # all of "<action"
                    self._complain("The message ended inside an action tag; dropped: %r", head)
                else:
                    self._show(head)
        self._end_pair()
        return self._take()

    def _take(self) -> Parsed:
        parsed = Parsed("".join(self._out), self._actions)
        self._out = []
        self._actions = []
        self._busy = bool(self._in_tag or self._head or self._in_pair or self._gap)
        return parsed

    def _read(self, text: str) -> None:
        pos = 0
        while True:
            if self._in_tag:
                pos = self._read_tag(text, pos)
            if self._head:
                text, pos, self._head = self._head + text[pos:], 0, ""
            if pos >= len(text):
                return
            if self._in_tag:
                continue
            match = _START.search(text, pos)
            if match is None:
                self._show(text[pos:])
                return
            start, end = match.span()
            if start > pos:
                self._show(text[pos:start])
            if match.group(1):
                self._in_tag = True
                pos = end - 1  # the boundary may be the ">"
                self._tag.append(text[start:pos])
                self._tag_size = pos - start
            else:
                self._head = text[start:]
                return

    def _read_tag(self, text: str, pos: int) -> int:
        """Read on inside a tag, from ``pos``; return where it, or the text that is here, ends."""
        start = pos
        limit = min(len(text), start + MAX_TAG_LENGTH - self._tag_size)
        while True:
            if self._quote:
                pos = text.find(self._quote, pos, limit) + 1
                if not pos:
                    break
                self._quote = ""
            match = _MARK.search(text, pos, limit)
            if match is None:
                break
            mark, pos = match.group(), match.end()
            if mark == ">":
                self._tag.append(text[start:pos])
                self._complete(self._take_tag())
                return pos
            if mark == "<":  # can't stand here: the tag was never closed
                self._tag.append(text[start : pos - 1])
                self._recover(self._take_tag())
                return pos - 1
            self._quote = mark
        self._tag.append(text[start:limit])
        self._tag_size += limit - start
        if self._tag_size >= MAX_TAG_LENGTH:
            self._recover(self._take_tag())
        return limit

    def _take_tag(self) -> str:
        tag = "".join(self._tag)
        self._tag = []
        self._tag_size = 0
        self._in_tag = False
        self._quote = ""
        return tag

    def _complete(self, tag: str) -> None:
        if tag[1] == "/":
            self._remove(tag)
            return
        pairs = _read_xml(tag)
        if pairs is None:
            pairs = _read_attributes(tag)
        if pairs is not None:
            self._remove(tag, pairs)
            return
        end = _PLAIN_END.search(tag)
        if end and end.end() < len(tag):
            self._recover(tag)
        else:
            self._remove(tag, _read_loose_attributes(tag))

    def _recover(self, tag: str) -> None:
        """Let a tag without an end, or with odd quotes, end where it plainly should and read the rest again."""
        match = _PLAIN_END.search(tag)
        if match is None:
            self._complain("An action tag was never closed; dropped: %.200r", tag)
            self._remove(tag, broken=True)
            return
        start, end = 0, match.end()
        for match in _WHOLE_START.finditer(tag, 1, end):
            start = match.start()
        if start:
            self._complain("An action tag was never closed; dropped: %.200r", tag[:start])
        found = tag[start:end]
        self._remove(found, _read_xml(found) or _read_loose_attributes(found))
        self._read(tag[end:])

    def _remove(self, tag: str, pairs: Optional[_Pairs] = None, *, broken: bool = False) -> None:
        """Put an action, if it is one, in the place of a tag."""
        if tag[1] == "/":
            self._blank.clear()  # an empty body
            self._blank_size = 0
            self._in_pair = False
        else:
            self._end_pair()
            action = self._action(pairs or [])
            if action is not None:
                self._actions.append(action)
            elif not broken:
                self._complain("An action tag without a name; dropped: %.200r", tag)
            self._in_pair = not (broken or tag.endswith("/>"))
        self._gap = not self._tail or self._tail[-1].isspace()

    def _action(self, pairs: _Pairs) -> Optional[Action]:
        names = [index for index, (key, _) in enumerate(pairs) if key.lower() == "name"]
        if not names:
            return None
        name = pairs.pop(names[0])[1].strip()
        if not name:
            return None
        arguments: Dict[str, Any] = {}
        for key, value in pairs:
            arguments.setdefault(key, value)
        return Action(name, arguments, self._message_id)

    def _complain(self, message: str, text: str) -> None:
        self._complaints += 1
        logger.log(logging.WARNING if self._complaints <= _LOUD else logging.DEBUG, message, text)

    def _show(self, text: str) -> None:
        if self._in_pair:
            if text.isspace() and self._blank_size + len(text) <= MAX_TAG_LENGTH:
                self._blank.append(text)
                self._blank_size += len(text)
                return
            self._end_pair()
        if self._gap:
            text = text.lstrip(" ")
            if not text:
                return
            self._gap = False
        self._out.append(text)
        self._tail = text

    def _end_pair(self) -> None:
        """Show the blank space held back behind an opening tag: it was no empty body."""
        self._in_pair = False
        if self._blank:
            blank = "".join(self._blank)
            self._blank.clear()
            self._blank_size = 0
            self._show(blank)


def _read_xml(tag: str) -> Optional[_Pairs]:
    """The attributes of a well-formed tag, or ``None``."""
    from xml.etree.ElementTree import ParseError  # first use: most programs never see a tag

    from defusedxml.ElementTree import fromstring

    try:
        element = fromstring(tag if tag.endswith("/>") else tag[:-1] + "/>")
    except (ParseError, ValueError):  # the latter: forbidden by defusedxml, or not encodable
        return None
    return list(element.attrib.items())


def _body(tag: str) -> str:
    body = tag[len("<action") : -1]
    return body[:-1] if body.endswith("/") else body


def _read_attributes(tag: str) -> Optional[_Pairs]:
    """The attributes of a tag that is sloppy but leaves no doubt, or ``None``."""
    body = _body(tag).rstrip()
    pairs: _Pairs = []
    pos = 0
    while pos < len(body):
        match = _ATTRIBUTE.match(body, pos)
        if match is None:
            return None
        pairs.append(_pair(match))
        pos = match.end()
    return pairs


def _read_loose_attributes(tag: str) -> _Pairs:
    """What can be made of a tag whose quotes don't add up."""
    return [_pair(match) for match in _LOOSE_ATTRIBUTE.finditer(_body(tag))]


def _pair(match: re.Match[str]) -> Tuple[str, str]:
    name, *values = match.groups()
    value = next((value for value in values if value is not None), "true")
    return name, _ENTITY.sub(_decode, _XML_BLANK.sub(" ", value))


def _decode(match: re.Match[str]) -> str:
    from html import entities, unescape  # first use, as above

    entity = match.group()
    return unescape(entity) if entity[1] == "#" else entities.html5.get(entity[1:], entity)
