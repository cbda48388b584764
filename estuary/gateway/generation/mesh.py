"""Triangles: closed, smooth shapes made of rings, with the joints that move them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

import numpy as np
from attrs import frozen

__all__ = ["Mesh", "Weigh", "ellipsoid", "joined", "tube"]

Array = Any
#: positions (n, 3) to the joints (n, 4) and weights (n, 4) that move them
Weigh = Callable[[Array], "tuple[Array, Array]"]

_SIDES = 20


@frozen(eq=False)
class Mesh:
    """``positions``, ``normals`` and ``weights`` are float32, ``joints`` uint8, ``triangles`` uint32 (n, 3), counter-
    clockwise seen from outside."""

    positions: Array
    normals: Array
    joints: Array
    weights: Array
    triangles: Array


def ellipsoid(
    center: Sequence[float], radii: Sequence[float], weigh: Weigh, *, sides: int = _SIDES, top: float = 1.0
) -> Mesh:
    """An ellipsoid around ``center``; ``top`` < 1 leaves off what is below so much of it, seen from above, closed."""
    rings = max(4, sides // 2)
    angles = np.linspace(0, np.pi * top, rings + 1)
    levels = [(np.cos(angle), np.sin(angle)) for angle in angles]
    x, y, z = radii
    middle = np.asarray(center, dtype=np.float64)
    # from the bottom to the top
    points = [(middle + np.array([0, y * cosine, 0]), x * sine, z * sine) for cosine, sine in reversed(levels)]
    if top < 1:
        points.insert(0, (points[0][0], 0.0, 0.0))
    return _lathe(points, np.eye(3), weigh, sides)


def tube(
    start: Sequence[float],
    end: Sequence[float],
    profile: Sequence[tuple[float, float]],
    weigh: Weigh,
    *,
    flatten: float = 1.0,
    sides: int = _SIDES,
) -> Mesh:
    """A body around the line from ``start`` to ``end``: ``profile`` is (how far along, radius), closed at its ends.

    ``flatten`` makes it less deep than wide.
    """
    first, last = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    along = last - first
    axis = along / np.linalg.norm(along)
    # the frame: x across, y along, z to the front, right-handed
    front = np.array([0.0, 0.0, 1.0])
    across = np.cross(axis, front)
    across /= np.linalg.norm(across)
    frame = np.stack([across, axis, np.cross(across, axis)])
    ends = [(profile[0][0], 0.0), *profile, (profile[-1][0], 0.0)]
    points = [(first + along * at, radius, radius * flatten) for at, radius in ends]
    return _lathe(points, frame, weigh, sides)


def _lathe(points: Sequence[tuple[Array, float, float]], frame: Array, weigh: Weigh, sides: int) -> Mesh:
    """Rings with their centres and radii, the first and the last of radius 0."""
    turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    circle = np.stack([np.cos(turn), np.zeros(sides), -np.sin(turn)], axis=1)
    inner = points[1:-1]
    rings = [center + (circle * (across, 0, deep)) @ frame for center, across, deep in inner]
    positions = np.concatenate([points[0][0][None], *rings, points[-1][0][None]])
    faces: list[tuple[int, int, int]] = []
    last = len(positions) - 1
    for side in range(sides):
        following = (side + 1) % sides
        faces.append((0, 1 + following, 1 + side))
        for ring in range(len(inner) - 1):
            below, above = 1 + ring * sides, 1 + (ring + 1) * sides
            faces.append((below + side, below + following, above + following))
            faces.append((below + side, above + following, above + side))
        top = 1 + (len(inner) - 1) * sides
        faces.append((last, top + side, top + following))
    triangles = np.array(faces, dtype=np.uint32)
    joints, weights = weigh(positions)
    return Mesh(
        positions.astype(np.float32), _normals(positions, triangles), joints.astype(np.uint8),
        weights.astype(np.float32), triangles,
    )  # fmt: skip


def _normals(positions: Array, triangles: Array) -> Array:
    a, b, c = (positions[triangles[:, corner]] for corner in range(3))
    faces = np.cross(b - a, c - a)  # as long as the face is large
    normals = np.zeros_like(positions)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], faces)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.divide(normals, length, out=np.tile([0.0, 1.0, 0.0], (len(normals), 1)), where=length > 1e-12).astype(
        np.float32
    )


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """Several as one."""
    offsets = np.cumsum([0, *(len(mesh.positions) for mesh in meshes[:-1])])
    return Mesh(
        np.concatenate([mesh.positions for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.joints for mesh in meshes]),
        np.concatenate([mesh.weights for mesh in meshes]),
        np.concatenate([mesh.triangles + np.uint32(offset) for mesh, offset in zip(meshes, offsets)]),
    )
