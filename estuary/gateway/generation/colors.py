"""Colours: their names, and the few operations that pictures and 3D models need. A colour is three floats, 0 to 1."""

from __future__ import annotations

import colorsys
import hashlib
from collections.abc import Sequence
from typing import Tuple

__all__ = ["Color", "family", "from_hex", "hashed_palette", "linear", "luma", "mix", "name", "saturation", "to_hex"]

Color = Tuple[float, float, float]

#: hue in degrees where a family ends
_HUES = (
    (14, "red"), (42, "orange"), (68, "yellow"), (160, "green"), (195, "teal"), (250, "blue"), (290, "purple"),
    (340, "pink"), (360, "red"),
)  # fmt: skip


def to_hex(color: Color) -> str:
    """As CSS writes it.

    >>> to_hex((1.0, 0.5, 0.0))
    '#ff8000'
    """
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, part))):02x}" for part in color)


def from_hex(text: str) -> Color:
    """The other way."""
    red, green, blue = (int(text[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def luma(color: Color) -> float:
    """How bright it looks (Rec. 709 weights)."""
    return 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]


def saturation(color: Color) -> float:
    """How far from grey it is."""
    return max(color) - min(color)


def mix(one: Color, other: Color, share: float) -> Color:
    """So much of ``other`` in ``one``."""
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other))
    return red, green, blue


def linear(color: Color) -> Color:
    """Without the sRGB curve, as glTF wants its factors."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color)
    return red, green, blue


def family(color: Color) -> str:
    """``black``, ``grey``, ``white``, ``brown``, or a hue.

    >>> family((0.1, 0.5, 0.5)), family((0.9, 0.9, 0.92)), family((0.45, 0.28, 0.12))
    ('teal', 'white', 'brown')
    """
    hue, lightness, _ = colorsys.rgb_to_hls(*color)
    if lightness < 0.09:
        return "black"
    if saturation(color) < 0.1:
        return "black" if lightness < 0.15 else "white" if lightness > 0.85 else "grey"
    found = next(word for end, word in _HUES if hue * 360 <= end)
    return "brown" if found in ("orange", "yellow") and lightness < 0.35 else found


def name(color: Color) -> str:
    """In words.

    >>> name((0.05, 0.1, 0.4)), name((0.7, 0.85, 1.0))
    ('dark blue', 'light blue')
    """
    word = family(color)
    lightness = (max(color) + min(color)) / 2
    if word in ("black", "white"):
        return word
    return f"dark {word}" if lightness < 0.28 else f"light {word}" if lightness > 0.72 else word


def hashed_palette(text: str) -> Sequence[Color]:
    """Colours that go together, always the same for one text."""
    seed = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    hue = seed[0] / 256
    return [
        colorsys.hls_to_rgb(hue, 0.42 + seed[1] / 1500, 0.55),
        colorsys.hls_to_rgb((hue + 0.45 + seed[2] / 1280) % 1, 0.3, 0.4),
        colorsys.hls_to_rgb((hue + 0.08) % 1, 0.7, 0.6),
        colorsys.hls_to_rgb(seed[3] / 2560 + 0.03, 0.12 + seed[4] / 800, 0.45),
    ]
