"""A picture of a figure: triangles with a depth buffer and one lamp, and the PNG to keep it in."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

from .colors import Color, linear, mix
from .figure import Figure

__all__ = ["png", "render", "shrink"]

Array = Any

#: where the lamp is, seen from the figure; and how much light there is without it
_LAMP = np.array([0.45, 0.65, 0.75]) / np.linalg.norm([0.45, 0.65, 0.75])
_AMBIENT = 0.38
#: the camera looks from a little to the right and above
_YAW, _PITCH = -0.42, 0.1
#: pixels are this much finer while drawing, against jagged edges
_FINER = 2


def render(figure: Figure, size: int, background: Color) -> Array:
    """The figure from the front, as uint8 (size, size, 3)."""
    fine = size * _FINER
    paper = np.array(linear(mix((1.0, 1.0, 1.0), background, 0.22)))
    shade = np.linspace(1.0, 0.78, fine)[:, None, None]
    image = np.ones((fine, fine, 3)) * paper * shade
    depth = np.full((fine, fine), -np.inf)
    turn = _rotation()
    everything = np.concatenate([part.mesh.positions for part in figure.parts]) @ turn.T
    low, high = everything.min(axis=0), everything.max(axis=0)
    middle = (low + high) / 2
    scale = 0.9 * fine / max(high[0] - low[0], high[1] - low[1])
    for part in figure.parts:
        seen = part.mesh.positions @ turn.T - middle
        normals = part.mesh.normals @ turn.T
        screen = np.stack([seen[:, 0] * scale + fine / 2, fine / 2 - seen[:, 1] * scale, seen[:, 2] * scale], axis=1)
        light = np.minimum(1.0, _AMBIENT + (1 - _AMBIENT) * np.clip(normals @ _LAMP, 0, None))
        _draw(image, depth, screen, light, part.mesh.triangles, np.array(linear(part.color)))
    small = image.reshape(size, _FINER, size, _FINER, 3).mean(axis=(1, 3))
    return _encoded(small)


def _rotation() -> Array:
    yaw, pitch = _YAW, _PITCH
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    return about_x @ about_y


def _draw(image: Array, depth: Array, screen: Array, light: Array, triangles: Array, color: Array) -> None:
    size = len(image)
    corners = screen[triangles]
    # twice the area; on the screen y goes down, so those that face us are negative
    edge1, edge2 = corners[:, 1, :2] - corners[:, 0, :2], corners[:, 2, :2] - corners[:, 0, :2]
    areas = edge1[:, 0] * edge2[:, 1] - edge1[:, 1] * edge2[:, 0]
    lows = np.clip(np.floor(corners[:, :, :2].min(axis=1)).astype(int), 0, size - 1)
    highs = np.clip(np.ceil(corners[:, :, :2].max(axis=1)).astype(int) + 1, 0, size)
    for number in np.flatnonzero(areas < -1e-9):
        (left, top), (right, bottom) = lows[number], highs[number]
        if left >= right or top >= bottom:
            continue
        a, b, c = corners[number]
        x = np.arange(left, right)[None, :] + 0.5
        y = np.arange(top, bottom)[:, None] + 0.5
        area = areas[number]
        wb = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area
        wc = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area
        wa = 1 - wb - wc
        z = wa * a[2] + wb * b[2] + wc * c[2]
        near = depth[top:bottom, left:right]
        hit = (wa >= -1e-6) & (wb >= -1e-6) & (wc >= -1e-6) & (z > near)
        if not hit.any():
            continue
        la, lb, lc = light[triangles[number]]
        shade = (wa * la + wb * lb + wc * lc)[hit]
        near[hit] = z[hit]
        image[top:bottom, left:right][hit] = shade[:, None] * color


def _encoded(values: Array) -> Array:
    values = np.clip(values, 0, 1)
    curve = np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055)
    return (curve * 255 + 0.5).astype(np.uint8)


def shrink(image: Array, by: int) -> Array:
    """The picture at a fraction of its size."""
    size = len(image) // by
    return (image.reshape(size, by, size, by, 3).mean(axis=(1, 3)) + 0.5).astype(np.uint8)


def png(image: Array) -> bytes:
    """uint8 (height, width, 3) as a PNG file."""
    height, width = image.shape[:2]
    rows = np.zeros((height, 1 + width * 3), dtype=np.uint8)
    # filter 1: each byte less the one of the pixel before it
    flat = image.reshape(height, width * 3)
    rows[:, 0] = 1
    rows[:, 1:] = flat
    rows[:, 4:] -= flat[:, :-3]
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
