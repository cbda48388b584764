"""Text for the ear: without what is there for the eye only."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["spoken"]

_FENCE = re.compile(r"^\s*(```|~~~).*$", re.MULTILINE)
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)")
_LINK = re.compile(r"\[([^\]\n]+)\]\([^)\n]*\)")
#: [laughs], [whispers softly]: hints for voices that know them
_CUE = re.compile(r"\[[a-z][a-z ,'\-]{1,40}\]", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,400}>")
_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"']+", re.IGNORECASE)
_HOST = re.compile(r"(?:https?://)?(?:[^/@\s]*@)?(?:www\.)?([^/:?#\s]+)", re.IGNORECASE)
#: *smiles*, *leans in*: what the character does, not says
_STARRED = re.compile(r"(?<![*\w])\*(?![*\s])([^*\n]{1,120}?)(?<![*\s])\*(?![*\w])")
_STRONG = re.compile(r"(\*\*|__|~~|``?)(?=\S)(.+?)(?<=\S)\1")
_LINE_MARK = re.compile(r"^\s{0,8}(?:#{1,6}\s+|>\s?|[-*+•]\s+)", re.MULTILINE)
_RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$", re.MULTILINE)
_MARKS = re.compile(r"[*_`~#|<>{}\\^=\[\]]+")
_WORD = re.compile(r"\w")
_BETWEEN = re.compile(r"\s+")
_LOOSE = re.compile(r"\s+([,.!?;:…])")

#: what joins and colours emoji, and keycaps' frames
_JOINERS = {"\u200d", "\ufe0e", "\ufe0f", "\u20e3"}
#: symbols that are words
_SYMBOLS = {"&": " and ", "%": " percent ", "°": " degrees ", "→": " to ", "=": " equals "}
_KEPT = frozenset("+$€£¥¢§©®™×÷±²³½¼¾^~|`")


def spoken(text: str) -> str:
    """The sentence as it is said: no tags, cues, acts between asterisks, emoji, marks of Markdown; URLs by their host.

    ``""`` when nothing is left to say.

    >>> spoken("*smiles* **Hello** :-) see [the map](https://example.com/x) or https://www.example.com/a?b=c! 🎉")
    'Hello see the map or example dot com!'
    """
    text = _FENCE.sub(" ", text)
    text = _RULE.sub(" ", text)
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _TAG.sub(" ", text)
    text = _CUE.sub(" ", text)
    text = _URL.sub(_say_url, text)
    text = _LINE_MARK.sub("", text)
    text = _STRONG.sub(r"\2", text)
    text = _STARRED.sub(_act_or_stress, text)
    text = re.sub(r"(?<!\w)[:;=8][-o^']?[)(DPp/\\|\]\[]+(?!\w)", " ", text)
    text = "".join(map(_say_symbol, text))
    text = _MARKS.sub(" ", text)
    text = _LOOSE.sub(r"\1", _BETWEEN.sub(" ", text)).strip()
    return text if _WORD.search(text) else ""


def _say_url(match: re.Match[str]) -> str:
    url = match.group()
    end = url[len(url.rstrip(".,!?;:)")) :]
    host = _HOST.match(url)
    name = host.group(1).rstrip(".,!?;:)") if host else ""
    return name.replace(".", " dot ").replace("-", " dash ") + end


def _act_or_stress(match: re.Match[str]) -> str:
    """Between asterisks: a word that is stressed within a sentence is said, what stands by itself is done."""
    inside = match.group(1)
    before, after = match.string[: match.start()].rstrip(), match.string[match.end() :].lstrip()
    alone = (not before or before[-1] in '.!?…"”)') or (not after or after[0] in '.!?…"“(')
    words = inside.split()
    if not alone:
        return inside
    verb = words[0].lower().strip(",.")
    if len(words) > 1 or verb.endswith(("s", "ing")):
        return " "
    return inside


def _say_symbol(character: str) -> str:
    if character in _SYMBOLS:
        return _SYMBOLS[character]
    if character in _JOINERS:
        return ""
    if character in _KEPT:
        return character
    kind = unicodedata.category(character)
    # pictures, skin colours, flags; private use; what has no character
    return " " if kind in ("So", "Sk", "Co", "Cn", "Cs", "Cc", "Cf") else character
