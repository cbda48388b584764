"""Text that is still being written, cut into sentences to be spoken one after the other."""

from __future__ import annotations

import re

__all__ = ["MAX_SENTENCE", "Sentences"]

#: characters in one sentence; a longer one is cut at a clause, or else between words, or else anywhere
MAX_SENTENCE = 240

#: the end of a sentence: its marks, closing quotes and brackets, and the space after; or a line's end
_END = re.compile(r"""[.!?…。！？]+["'”’»)\]*_]*(?=\s)|\n\s*""")
_CLAUSE = re.compile(r"""[,;:—–]["'”’)\]]*(?=\s)""")
_SPACE = re.compile(r"\s")
#: words before a full stop that ends no sentence
_ABBREVIATIONS = frozenset(
    ["mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "mt", "vs", "etc", "e.g", "i.e", "approx", "a.m", "p.m", "u.s"]
)
_LAST_WORD = re.compile(r"[\w.]*$")


class Sentences:
    """``feed()`` pieces of text as they come, ``finish()`` at the end; both give the sentences that are complete.

    Nothing is lost, changed or said twice: the sentences one after the other are the text, white space aside.

    >>> sentences = Sentences()
    >>> sentences.feed("Dr. Smith called. He")
    ['Dr. Smith called.']
    >>> sentences.feed(" said 3.5 is"), sentences.finish()
    ([], ['He said 3.5 is'])
    """

    def __init__(self) -> None:
        self._text = ""
        #: where the search for an end goes on
        self._seen = 0

    def feed(self, piece: str) -> list[str]:
        """Take a piece; give what is complete."""
        self._text += piece
        found = []
        while (end := self._next()) is not None:
            found.append(self._text[:end])
            self._text = self._text[end:]
            self._seen = 0
        return [sentence.strip() for sentence in found if sentence.strip()]

    def finish(self) -> list[str]:
        """The text is over: the rest."""
        rest, self._text, self._seen = self._text.strip(), "", 0
        return [rest] if rest else []

    def _next(self) -> int | None:
        """Where the first sentence ends, if it does."""
        text = self._text
        for match in _END.finditer(text, self._seen, MAX_SENTENCE + 2):
            if self._ends(match):
                return match.end()
        if len(text) > MAX_SENTENCE:
            return self._cut()
        # the marks at the very end may go on
        self._seen = max(0, len(text) - 40)
        return None

    def _ends(self, match: re.Match[str]) -> bool:
        if match.group() != ".":
            return True
        before = _LAST_WORD.search(self._text[max(0, match.start() - 12) : match.start()])
        word = before.group() if before else ""
        # initials, abbreviations, the number of a list
        return not (
            (len(word) == 1 and word.isalpha() and word != "I")
            or word.lower() in _ABBREVIATIONS
            or (word.isdigit() and not self._text[: match.start() - len(word)].strip())
        )

    def _cut(self) -> int:
        for pattern in (_CLAUSE, _SPACE):
            ends = [match.end() for match in pattern.finditer(self._text, 0, MAX_SENTENCE + 1)]
            if ends and ends[-1] >= MAX_SENTENCE // 4:
                return ends[-1]
        return MAX_SENTENCE
