"""What the benchmark's servers answer: the text that is asked for says it.

``burst N SIZE`` is answered in N pieces of SIZE characters, ``big N`` in one piece of N characters, anything else in
one short piece.
"""

from __future__ import annotations

from typing import List

_PROSE = (
    "The lamp at the end of the pier had burned since before anyone in the village could remember, and nobody, not "
    "even the harbour master's grandmother, knew who filled it. 'Perhaps,' said the boy, 'it is never empty.' "
)


def prose(size: int) -> str:
    """So many characters of text, as a character would say them."""
    return (_PROSE * (size // len(_PROSE) + 1))[:size]


def pieces(text: str) -> List[str]:
    """The pieces of the answer to ``text``."""
    word, *numbers = text.split()
    if word == "burst":
        count, size = map(int, numbers)
        whole = prose(count * size)
        return [whole[at : at + size] for at in range(0, count * size, size)]
    if word == "big":
        return [prose(int(numbers[0]))]
    return ["Good, and you?"]
