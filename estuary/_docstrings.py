"""What a docstring says of a function and of its parameters, in Google, NumPy or reST style."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import Dict, Iterable, List, Optional, Tuple

__all__ = ["read_docstring"]

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


def read_docstring(doc: str) -> Tuple[str, Dict[str, str]]:
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
