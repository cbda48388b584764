"""The figure: a small person in the character's colours, with a skeleton to move by. Metres, y up, facing +z."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any, Optional

import numpy as np
from attrs import frozen

from .colors import Color, luma, mix, saturation
from .mesh import Mesh, Weigh, ellipsoid, joined, tube

__all__ = ["Animation", "Figure", "Joint", "Part", "Track", "figure"]

Array = Any


@frozen
class Part:
    """Everything of one colour."""

    name: str
    color: Color
    #: 0 is a mirror, 1 is chalk
    roughness: float
    mesh: Mesh


@frozen
class Joint:
    """A joint: where it is in the resting figure, and the number of the one that it hangs on."""

    name: str
    position: tuple[float, float, float]
    parent: Optional[int]


@frozen
class Track:
    """What one joint does: ``path`` is ``rotation`` (quaternions x, y, z, w) or ``translation``."""

    joint: int
    path: str
    values: Array


@frozen
class Animation:
    """Movement that can be repeated: it ends as it begins. All tracks have a value for each time (seconds)."""

    name: str
    times: Array
    tracks: Sequence[Track]


@frozen
class Figure:
    """A figure; ``joints`` and ``animations`` are for those who want it to move."""

    parts: Sequence[Part]
    joints: Sequence[Joint]
    animations: Sequence[Animation]


_JOINTS = (
    Joint("hips", (0, 0.42, 0), None),
    Joint("spine", (0, 0.54, 0), 0),
    Joint("head", (0, 0.745, 0), 1),
    Joint("arm.L", (0.115, 0.675, 0), 1),
    Joint("forearm.L", (0.175, 0.545, 0), 3),
    Joint("arm.R", (-0.115, 0.675, 0), 1),
    Joint("forearm.R", (-0.175, 0.545, 0), 5),
    Joint("leg.L", (0.06, 0.41, 0), 0),
    Joint("shin.L", (0.065, 0.23, 0), 7),
    Joint("leg.R", (-0.06, 0.41, 0), 0),
    Joint("shin.R", (-0.065, 0.23, 0), 9),
)
_NUMBER = {joint.name: number for number, joint in enumerate(_JOINTS)}
_SKIN: Color = (0.93, 0.76, 0.62)


def figure(palette: Sequence[Color], seed: str) -> Figure:
    """A figure in these colours; build and hair differ by ``seed``."""
    dice = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).digest()
    colors = _clothes(palette)
    build = 0.9 + dice[0] / 1024
    parts: dict[str, list[Mesh]] = {name: [] for name in colors}
    _body(parts, build, long_sleeves=bool(dice[1] % 2))
    _head(parts, hair=dice[2] % 3)
    rough = {"eyes": 0.2, "shoes": 0.5, "hair": 0.7}
    made = [Part(name, colors[name], rough.get(name, 0.85), joined(meshes)) for name, meshes in parts.items() if meshes]
    return Figure(made, _JOINTS, (_idle(), _wave()))


def _clothes(palette: Sequence[Color]) -> Mapping[str, Color]:
    colors = list(palette) or [(0.4, 0.5, 0.6)]
    vivid = sorted(colors, key=lambda color: -saturation(color))
    top = vivid[0]
    rest = [color for color in colors if color != top] or [mix(top, (0.1, 0.1, 0.15), 0.6)]
    trousers = rest[0]
    hair = min(colors, key=luma)
    light = max(colors, key=luma)
    return {
        "skin": mix(_SKIN, light, 0.2),
        "top": top,
        "trousers": mix(trousers, (0.1, 0.1, 0.12), 0.25),
        "shoes": mix(rest[-1], (0.08, 0.07, 0.07), 0.6),
        "hair": mix(hair, (0.12, 0.08, 0.06), 0.5),
        "eyes": (0.06, 0.06, 0.08),
    }


def _only(joint: str) -> Weigh:
    def weigh(positions: Array) -> tuple[Array, Array]:
        joints, weights = np.zeros((len(positions), 4)), np.zeros((len(positions), 4))
        joints[:, 0], weights[:, 0] = _NUMBER[joint], 1
        return joints, weights

    return weigh


def _between(upper: str, lower: str, *, soft: float) -> Weigh:
    """Above the lower joint's height by the upper joint, below by the lower, and by both in between."""
    height = _JOINTS[_NUMBER[lower]].position[1]

    def weigh(positions: Array) -> tuple[Array, Array]:
        joints, weights = np.zeros((len(positions), 4)), np.zeros((len(positions), 4))
        share = np.clip((positions[:, 1] - height) / (2 * soft) + 0.5, 0, 1)
        joints[:, 0], joints[:, 1] = _NUMBER[upper], _NUMBER[lower]
        weights[:, 0], weights[:, 1] = share, 1 - share
        joints[weights == 0] = 0  # a joint that has no say is to be number 0
        return joints, weights

    return weigh


def _body(parts: dict[str, list[Mesh]], build: float, *, long_sleeves: bool) -> None:
    torso = _between("spine", "hips", soft=0.001)

    def bend(positions: Array) -> tuple[Array, Array]:
        joints, weights = torso(positions)
        share = np.clip((positions[:, 1] - 0.44) / 0.14, 0, 1)
        joints[:, 0], joints[:, 1] = _NUMBER["spine"], _NUMBER["hips"]
        weights[:, 0], weights[:, 1] = share, 1 - share
        joints[weights == 0] = 0
        return joints, weights

    parts["top"].append(
        tube(
            (0, 0.40, 0),
            (0, 0.735, 0),
            [(0, 0.085 * build), (0.06, 0.112 * build), (0.35, 0.100 * build), (0.62, 0.115 * build),
             (0.8, 0.118 * build), (0.9, 0.085), (0.96, 0.052), (1.0, 0.045)],
            bend,
            flatten=0.68,
            sides=28,
        )
    )  # fmt: skip
    parts["skin"].append(tube((0, 0.71, 0), (0, 0.80, 0), [(0, 0.036), (1, 0.036)], _only("head"), sides=14))
    for side, sign in (("L", 1), ("R", -1)):
        arm = _between(f"arm.{side}", f"forearm.{side}", soft=0.03)
        shoulder, wrist = (0.1 * sign, 0.69, 0), (0.225 * sign, 0.43, 0.015)
        profile = [(0.0, 0.022), (0.04, 0.036), (0.15, 0.04), (0.5, 0.033), (0.95, 0.026), (1.0, 0.022)]
        sleeve = 1.0 if long_sleeves else 0.48
        parts["top"].append(
            tube(shoulder, wrist, [(at * sleeve, radius + 0.004) for at, radius in profile], arm, sides=14)
        )
        if not long_sleeves:
            parts["skin"].append(tube(shoulder, wrist, [(0.3, 0.028), *profile[3:]], arm, sides=14))
        parts["skin"].append(
            ellipsoid((0.232 * sign, 0.405, 0.018), (0.026, 0.036, 0.028), _only(f"forearm.{side}"), sides=14)
        )
        leg = _between(f"leg.{side}", f"shin.{side}", soft=0.035)
        parts["trousers"].append(
            tube(
                (0.056 * sign, 0.455, 0),
                (0.068 * sign, 0.055, 0),
                [(0, 0.04), (0.05, 0.06), (0.15, 0.066), (0.5, 0.052), (0.9, 0.045), (1, 0.044)],
                leg,
                sides=16,
            )
        )
        parts["shoes"].append(
            ellipsoid((0.07 * sign, 0.033, 0.025), (0.042, 0.033, 0.075), _only(f"shin.{side}"), sides=16)
        )


def _head(parts: dict[str, list[Mesh]], *, hair: int) -> None:
    by = _only("head")
    parts["skin"].append(ellipsoid((0, 0.885, 0), (0.118, 0.128, 0.115), by, sides=28))
    parts["skin"].append(ellipsoid((0, 0.87, 0.116), (0.014, 0.016, 0.018), by, sides=10))
    for sign in (1, -1):
        parts["eyes"].append(ellipsoid((0.043 * sign, 0.893, 0.103), (0.0135, 0.019, 0.011), by, sides=12))
        parts["skin"].append(ellipsoid((0.118 * sign, 0.885, 0), (0.016, 0.027, 0.02), by, sides=10))
    # set back, so that the face stays free
    parts["hair"].append(ellipsoid((0, 0.905, -0.018), (0.127, 0.124, 0.118), by, sides=26, top=0.5))
    if hair == 1:
        parts["hair"].append(tube((0, 0.92, -0.075), (0, 0.76, -0.085), [(0, 0.09), (0.6, 0.1), (1, 0.07)], by,
                                  flatten=0.5))  # fmt: skip
    elif hair == 2:
        parts["hair"].append(ellipsoid((0, 1.025, -0.04), (0.045, 0.045, 0.045), by, sides=16))


def _turn(axis: Sequence[float], angles: Array) -> Array:
    half = np.asarray(angles, dtype=np.float64) / 2
    return np.concatenate([np.sin(half)[:, None] * np.asarray(axis, dtype=np.float64), np.cos(half)[:, None]], axis=1)


def _idle() -> Animation:
    """Breathing, and looking about a little."""
    times = np.linspace(0, 4, 17)
    wave = np.sin(2 * math.pi * times / 4)
    twice = np.sin(4 * math.pi * times / 4)
    hips = np.tile(_JOINTS[0].position, (len(times), 1)).astype(np.float64)
    hips[:, 1] += 0.004 * twice
    return Animation(
        "idle",
        times,
        (
            Track(_NUMBER["hips"], "translation", hips),
            Track(_NUMBER["spine"], "rotation", _turn((1, 0, 0), 0.02 * twice)),
            Track(_NUMBER["head"], "rotation", _turn((0, 1, 0), 0.16 * wave)),
            Track(_NUMBER["arm.L"], "rotation", _turn((0, 0, 1), 0.04 + 0.03 * twice)),
            Track(_NUMBER["arm.R"], "rotation", _turn((0, 0, 1), -0.04 - 0.03 * twice)),
        ),
    )


def _wave() -> Animation:
    """The right hand waves."""
    times = np.linspace(0, 2.5, 26)
    lifted = np.clip(np.minimum(times, 2.5 - times) / 0.5, 0, 1)
    lifted = lifted * lifted * (3 - 2 * lifted)
    to_and_fro = np.sin(4 * math.pi * times)
    return Animation(
        "wave",
        times,
        (
            Track(_NUMBER["arm.R"], "rotation", _turn((0, 0, 1), -1.9 * lifted)),
            Track(_NUMBER["forearm.R"], "rotation", _turn((0, 0, 1), lifted * (0.4 * to_and_fro - 0.5))),
            Track(_NUMBER["head"], "rotation", _turn((0, 0, 1), 0.08 * lifted)),
        ),
    )
