"""glTF 2.0, binary (.glb): one file with a JSON chunk that describes what the binary chunk holds.

After the specification: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

from .colors import linear
from .figure import Figure

__all__ = ["glb"]

_FLOAT, _USHORT, _UBYTE, _UINT = 5126, 5123, 5121, 5125
_KIND = {"<f4": _FLOAT, "<u2": _USHORT, "|u1": _UBYTE, "<u4": _UINT}
_SHAPE = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_ARRAY_BUFFER, _ELEMENT_ARRAY_BUFFER = 34962, 34963


class _Buffer:
    """Collects the arrays."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(self, array: Any, *, target: int | None = None, bounds: bool = False) -> int:
        """Put an array in and return the number of its accessor."""
        array = np.ascontiguousarray(array)
        if array.ndim == 1:
            array = array[:, None]
        raw = array.tobytes()
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(raw)}
        if target is not None:
            view["target"] = target
        self.views.append(view)
        self.data += raw + bytes(-len(raw) % 4)
        accessor: dict[str, Any] = {
            "bufferView": len(self.views) - 1,
            "componentType": _KIND[array.dtype.str],
            "count": len(array),
            "type": _SHAPE[array.shape[1]],
        }
        if bounds:
            accessor["min"] = array.min(axis=0).tolist()
            accessor["max"] = array.max(axis=0).tolist()
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def glb(figure: Figure, name: str, *, rigged: bool, generator: str) -> bytes:
    """The figure as a .glb file: ``rigged`` with skeleton and animations, else as it stands."""
    buffer = _Buffer()
    primitives: list[dict[str, Any]] = []
    materials: list[dict[str, Any]] = []
    for part in figure.parts:
        mesh = part.mesh
        attributes = {
            "POSITION": buffer.add(mesh.positions.astype("<f4"), target=_ARRAY_BUFFER, bounds=True),
            "NORMAL": buffer.add(mesh.normals.astype("<f4"), target=_ARRAY_BUFFER),
        }
        if rigged:
            attributes["JOINTS_0"] = buffer.add(mesh.joints.astype("u1"), target=_ARRAY_BUFFER)
            attributes["WEIGHTS_0"] = buffer.add(mesh.weights.astype("<f4"), target=_ARRAY_BUFFER)
        small = len(mesh.positions) < 65535
        indices = buffer.add(mesh.triangles.reshape(-1).astype("<u2" if small else "<u4"), target=_ELEMENT_ARRAY_BUFFER)
        primitives.append({"attributes": attributes, "indices": indices, "material": len(materials), "mode": 4})
        materials.append(
            {
                "name": part.name,
                "pbrMetallicRoughness": {
                    "baseColorFactor": [*(round(value, 6) for value in linear(part.color)), 1.0],
                    "metallicFactor": 0.0,
                    "roughnessFactor": part.roughness,
                },
            }
        )
    body: dict[str, Any] = {"name": name, "mesh": 0}
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": generator},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [body],
        "meshes": [{"name": name, "primitives": primitives}],
        "materials": materials,
    }
    if rigged:
        body["skin"] = 0
        _rig(document, buffer, figure)
    document["buffers"] = [{"byteLength": len(buffer.data)}]
    document["bufferViews"] = buffer.views
    document["accessors"] = buffer.accessors
    return _pack(document, bytes(buffer.data))


def _rig(document: dict[str, Any], buffer: _Buffer, figure: Figure) -> None:
    first = len(document["nodes"])
    inverse = np.tile(np.eye(4, dtype="<f4"), (len(figure.joints), 1, 1))
    for number, joint in enumerate(figure.joints):
        position = np.asarray(joint.position, dtype=np.float64)
        parent = None if joint.parent is None else figure.joints[joint.parent]
        offset = position - (parent.position if parent is not None else 0.0)
        document["nodes"].append({"name": joint.name, "translation": [round(float(part), 6) for part in offset]})
        if joint.parent is None:
            document["scenes"][0]["nodes"].append(first + number)
        else:
            document["nodes"][first + joint.parent].setdefault("children", []).append(first + number)
        inverse[number, 3, :3] = -position  # matrices are stored by columns
    document["skins"] = [
        {
            "joints": [first + number for number in range(len(figure.joints))],
            "skeleton": first,
            "inverseBindMatrices": buffer.add(inverse.reshape(len(figure.joints), 16)),
        }
    ]
    document["animations"] = []
    for animation in figure.animations:
        times = buffer.add(animation.times.astype("<f4"), bounds=True)
        samplers: list[dict[str, Any]] = []
        channels: list[dict[str, Any]] = []
        for track in animation.tracks:
            channels.append({"sampler": len(samplers), "target": {"node": first + track.joint, "path": track.path}})
            samplers.append(
                {"input": times, "output": buffer.add(track.values.astype("<f4")), "interpolation": "LINEAR"}
            )
        document["animations"].append({"name": animation.name, "samplers": samplers, "channels": channels})


def _pack(document: dict[str, Any], binary: bytes) -> bytes:
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    length = 12 + 8 + len(text) + 8 + len(binary)
    return b"".join(
        (
            struct.pack("<4sII", b"glTF", 2, length),
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", len(binary), b"BIN\0"),
            binary,
        )
    )
