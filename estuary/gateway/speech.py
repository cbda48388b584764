"""One streamed message in the configured dialect: pieces of text and action calls in, events out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Protocol
from xml.sax.saxutils import escape as xml_escape

from .wire import escape

__all__ = ["Speech", "action_tag", "timestamp"]

_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
#: what XML can't hold, even escaped
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Sender(Protocol):
    """What is needed of a ``Wire``."""

    def send(self, event: str, payload: Any) -> None:
        """Queue an event."""

    def put(self, data: str) -> None:
        """Queue an event that is JSON already."""


def timestamp() -> str:
    """The time as the wire writes it."""
    return dt.datetime.now(dt.timezone.utc).isoformat()


def action_tag(name: str, arguments: Mapping[str, Any]) -> str:
    """An action as a tag for clients without ``client_action``.

    >>> action_tag("say", {"text": 'a "b" & <c>', "loud": True, "times": 2})
    '<action name="say" text="a &quot;b&quot; &amp; &lt;c&gt;" loud="true" times="2" />'
    """
    parts = [f'name="{_attribute(name)}"']
    for key, value in arguments.items():
        # a parameter called "name" has no place in a tag
        if key != "name" and _ATTRIBUTE.fullmatch(key):
            parts.append(f'{key}="{_attribute(value)}"')
    return f"<action {' '.join(parts)} />"


def _attribute(value: Any) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    return xml_escape(text, {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


class Speech:
    """Sends one message. ``say()`` any number of times, then ``finish()``.

    The JSON is put together from parts that are escaped once: with the cumulative dialect each chunk holds everything
    so far, and escaping that again for each would cost as much as all the rest.
    """

    def __init__(
        self, wire: Sender, message_id: str, *, dialect: str = "cumulative", final_text: str = "whole"
    ) -> None:
        self._wire = wire
        self._message_id = message_id
        self._cumulative = dialect == "cumulative"
        self._final_text = final_text
        self._escaped = ""
        self._pieces: list[str] = []
        self._held = ""
        self._index = 0
        self._tail = f'"message_id":"{escape(message_id)}","is_interjection":false,"chunk_index":'

    @property
    def chunks(self) -> int:
        """How many chunks have been sent; the index of the next one."""
        return self._index

    def say(self, text: str) -> None:
        """Send a piece of the text, as it is."""
        piece = escape(text)
        if not piece:
            return
        if self._final_text == "last":
            # the last piece travels in the final message alone: one is always held back
            piece, self._held = self._held, piece
            if not piece:
                return
        index = self._index
        self._index = index + 1
        if self._cumulative:
            self._escaped = so_far = self._escaped + piece
            self._wire.put(
                f'["bot_response",{{"text":"{so_far}","partial":"{piece}","is_final":false,{self._tail}{index}}}]'
            )
        else:
            # not added up as they come: that would copy all of it for each
            self._pieces.append(piece)
            self._wire.put(f'["bot_response",{{"text":"{piece}","partial":true,"is_final":false,{self._tail}{index}}}]')

    def act(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Send a typed action."""
        payload = {
            "name": name,
            "arguments": dict(arguments),
            "message_id": self._message_id,
            "chunk_index": self._index,
            "timestamp": timestamp(),
        }
        self._wire.send("client_action", payload)

    def finish(self) -> None:
        """Send the final message."""
        last, self._held = self._held, ""
        whole = self._escaped or "".join(self._pieces)
        text = {"whole": whole, "last": last, "empty": ""}[self._final_text]
        partial = f'"{last}"' if self._cumulative else "false"
        self._wire.put(
            f'["bot_response",{{"text":"{text}","partial":{partial},"is_final":true,{self._tail}{self._index}}}]'
        )
        self._index += 1
