"""A character from the figures of a picture: by fixed rules, so that the same picture gives the same character."""

from __future__ import annotations

import hashlib

from attrs import frozen

from .colors import family, name
from .picture import Picture

__all__ = ["Described", "describe"]

_NAMES = {
    "red": ("Ruby", "Rowan", "Scarlett", "Rufus", "Carmen", "Vermeer"),
    "orange": ("Amber", "Tangier", "Saffron", "Clementine", "Kit", "Ember"),
    "yellow": ("Sunny", "Marigold", "Goldie", "Cedric", "Mimosa", "Auric"),
    "green": ("Fern", "Olive", "Basil", "Ivy", "Forrest", "Moss"),
    "teal": ("Marin", "Cyan", "Delta", "Laguna", "Teal", "Kelda"),
    "blue": ("Skye", "Indigo", "Azura", "Bay", "Celeste", "Rill"),
    "purple": ("Violet", "Iris", "Lavender", "Mauve", "Heather", "Plum"),
    "pink": ("Rose", "Coral", "Peony", "Flora", "Blossom", "Petal"),
    "brown": ("Hazel", "Umber", "Sienna", "Russet", "Walnut", "Bruno"),
    "grey": ("Ash", "Slate", "Sterling", "Gris", "Misty", "Flint"),
    "black": ("Raven", "Onyx", "Ebony", "Sable", "Nero", "Midnight"),
    "white": ("Pearl", "Snow", "Alba", "Bianca", "Frost", "Ivory"),
}


@frozen
class Described:
    """What the rules made of a picture."""

    name: str
    tagline: str
    personality: str
    background: str
    appearance: str


def describe(picture: Picture, data: bytes) -> Described:
    """Who the picture might be. ``data`` is the file, which only decides between names of one colour."""
    seed = hashlib.sha256(data).digest()
    main = picture.palette[0][0]
    names = _NAMES[family(main)]
    chosen = names[seed[0] % len(names)]
    return Described(
        name=chosen,
        tagline=f"made of {name(main)} and {_light(picture)}",
        personality=f"{_mood(picture)}; {_temper(picture)}; {_manner(picture)}; {_mind(picture)}",
        background=(
            f"{chosen} was made from a picture by this gateway's own rules. No vision model looked at it, so {chosen} "
            f"does not know what it shows; only this was measured: {_facts(picture)}."
        ),
        appearance=_appearance(picture),
    )


def _light(picture: Picture) -> str:
    return "deep shade" if picture.brightness < 0.3 else "bright light" if picture.brightness > 0.65 else "soft light"


def _mood(picture: Picture) -> str:
    if picture.brightness < 0.3:
        return "quiet and thoughtful, at home in the dusk"
    return "cheerful and open" if picture.brightness > 0.65 else "even-tempered, slow to judge"


def _temper(picture: Picture) -> str:
    if picture.warmth > 0.08:
        return "warm-hearted, quick to take people in"
    return "cool-headed, with dry humour" if picture.warmth < -0.08 else "fair to all sides"


def _manner(picture: Picture) -> str:
    if picture.contrast > 0.55:
        return "says plainly what is so and what is not"
    return "gentle in manner, never raises the voice" if picture.contrast < 0.25 else "frank but kind"


def _mind(picture: Picture) -> str:
    if picture.detail > 0.5:
        return "notices every small thing and asks about it"
    return "likes things simple" if picture.detail < 0.12 else "curious, without prying"


def _facts(picture: Picture) -> str:
    main = ", ".join(f"{name(color)} ({share:.0%})" for color, share in picture.palette[:3])
    return (
        f"{picture.width} × {picture.height} pixels; mostly {main}; brightness {picture.brightness:.0%}, "
        f"contrast {picture.contrast:.0%}, saturation {picture.saturation:.0%}, "
        f"{'warm' if picture.warmth > 0.02 else 'cool' if picture.warmth < -0.02 else 'neutral'} in tone"
    )


def _appearance(picture: Picture) -> str:
    words = list(dict.fromkeys(name(color) for color, _ in picture.palette[:3]))
    wears = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    vivid = "vivid" if picture.saturation > 0.35 else "muted" if picture.saturation < 0.12 else "clear"
    return f"dressed in {wears}, in {vivid} tones"
