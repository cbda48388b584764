"""What can be measured of a picture: size, main colours, brightness, contrast, saturation, warmth, detail.

Needs Pillow, which is imported on first use.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

from attrs import frozen

from .colors import Color, saturation, to_hex

__all__ = ["MAX_PIXELS", "BadPicture", "Picture", "PictureTooLarge", "measure"]

#: a picture of more pixels is not unpacked
MAX_PIXELS = 50_000_000
#: pixels on the longer side of the avatar
AVATAR = 512

_SAMPLE = 96
_COLORS = 10
#: colours that are nearer to each other count as one
_SAME = 0.16


class BadPicture(ValueError):
    """It is not a picture that can be read. The message says why."""


class PictureTooLarge(ValueError):
    """It has too many pixels."""


@frozen
class Picture:
    """A measured picture. All figures are from 0 to 1, ``warmth`` from -1 (blue) to 1 (red)."""

    media_type: str
    width: int
    height: int
    #: main colours and the share of the picture that each takes, the largest first
    palette: tuple[tuple[Color, float], ...]
    brightness: float
    contrast: float
    saturation: float
    warmth: float
    detail: float
    #: the middle of it, square, as a PNG without whatever else the file says (such as where it was taken)
    avatar: bytes

    @property
    def colors(self) -> list[str]:
        """The main colours as CSS writes them."""
        return [to_hex(color) for color, _ in self.palette]


def measure(data: bytes) -> Picture:
    """Measure a picture: JPEG, PNG or WebP; of an animation, the first frame.

    Raises:
        BadPicture: it can't be read.
        PictureTooLarge: it has more than ``MAX_PIXELS``.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on its size, which is checked here, and on odd metadata
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
                kind = Image.MIME.get(image.format or "", "application/octet-stream")
                if image.width * image.height > MAX_PIXELS:
                    raise PictureTooLarge(
                        f"the picture has {image.width} x {image.height} pixels; {MAX_PIXELS:,} are allowed"
                    )
                image.draft("RGB", (AVATAR, AVATAR))  # a JPEG is unpacked at a fraction of its size
                size = image.size if kind != "image/jpeg" else _size(data)
                upright = ImageOps.exif_transpose(image)
                turned = upright.size != image.size
                width, height = reversed(size) if turned else size
                flat = _flat(upright)
    except PictureTooLarge:
        raise
    except UnidentifiedImageError:
        raise BadPicture("the image is not a JPEG, PNG or WebP file, or it is broken") from None
    except Image.DecompressionBombError:
        raise PictureTooLarge(f"the picture has too many pixels; {MAX_PIXELS:,} are allowed") from None
    except MemoryError:
        raise PictureTooLarge("the picture is too large to unpack") from None
    # Pillow's decoders raise nearly anything for a file that is broken inside
    except Exception as error:
        raise BadPicture(f"the image can't be read: {error or type(error).__name__}") from error
    return _measured(flat, kind, width, height)


def _size(data: bytes) -> tuple[int, int]:
    """The size of a JPEG as stored, which ``draft()`` hides."""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        return image.width, image.height


def _flat(image: Any) -> Any:
    """RGB, transparent parts on white."""
    from PIL import Image

    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        low, high = image.getextrema()
        scale = 255.0 / (high - low) if high > low else 0.0
        image = image.point(lambda value: value * scale - low * scale).convert("L")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(paper, image)
    return image.convert("RGB")


def _measured(image: Any, kind: str, width: int, height: int) -> Picture:
    import numpy as np
    from PIL import Image, ImageOps

    small = image.resize((_SAMPLE, _SAMPLE), Image.Resampling.BOX)
    pixels = np.asarray(small, dtype=np.float64) / 255
    grey = pixels @ np.array([0.2126, 0.7152, 0.0722])
    steps = (np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()) / 2
    avatar = ImageOps.fit(image, (min(AVATAR, max(1, min(image.size))),) * 2, Image.Resampling.LANCZOS)
    packed = io.BytesIO()
    avatar.save(packed, "PNG", optimize=False)
    return Picture(
        media_type=kind,
        width=width,
        height=height,
        palette=_palette(small),
        brightness=float(grey.mean()),
        contrast=float(min(1.0, 2 * grey.std())),
        saturation=float((pixels.max(axis=2) - pixels.min(axis=2)).mean()),
        warmth=float((pixels[..., 0] - pixels[..., 2]).mean()),
        detail=float(min(1.0, 8 * steps)),
        avatar=packed.getvalue(),
    )


def _palette(small: Any) -> tuple[tuple[Color, float], ...]:
    from PIL import Image

    reduced = small.quantize(_COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    table = reduced.getpalette() or []
    total = reduced.width * reduced.height
    groups: list[tuple[Color, float]] = []
    for count, index in sorted(reduced.getcolors() or [], reverse=True):
        color = (table[3 * index] / 255, table[3 * index + 1] / 255, table[3 * index + 2] / 255)
        for at, (known, share) in enumerate(groups):
            if max(abs(a - b) for a, b in zip(known, color)) < _SAME:
                groups[at] = (known, share + count / total)
                break
        else:
            groups.append((color, count / total))
    # a colour that stands out counts for more than its area says
    groups.sort(key=lambda group: -group[1] * (0.5 + saturation(group[0])))
    return tuple(groups[:5])
