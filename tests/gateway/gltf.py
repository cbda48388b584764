"""Reads a .glb file and checks it against what the specification of glTF 2.0 demands of every file."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

_TYPES = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Glb:
    """A file that was found to be right. ``document`` is its JSON; ``array(n)`` are the values of an accessor."""

    def __init__(self, data: bytes) -> None:
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON"
        assert size % 4 == 0
        self.document: dict[str, Any] = json.loads(data[20 : 20 + size])
        binary, kind = struct.unpack_from("<I4s", data, 20 + size)
        assert kind == b"BIN\0"
        assert binary % 4 == 0
        assert 28 + size + binary == len(data)
        self._data = data[28 + size :]
        assert self.document["asset"]["version"] == "2.0"
        (buffer,) = self.document["buffers"]
        assert "uri" not in buffer
        assert 0 <= len(self._data) - buffer["byteLength"] < 4
        for view in self.document["bufferViews"]:
            assert view["byteOffset"] + view["byteLength"] <= buffer["byteLength"]
        self._accessors()
        self._meshes()
        self._nodes()
        self._skins()
        self._animations()

    def array(self, number: int) -> Any:
        accessor = self.document["accessors"][number]
        view = self.document["bufferViews"][accessor["bufferView"]]
        kind = np.dtype(_TYPES[accessor["componentType"]])
        width = _WIDTHS[accessor["type"]]
        start = view["byteOffset"] + accessor.get("byteOffset", 0)
        assert start % kind.itemsize == 0
        size = accessor["count"] * width * kind.itemsize
        assert size <= view["byteLength"] - accessor.get("byteOffset", 0)
        if view.get("target") == 34962:
            assert (width * kind.itemsize) % 4 == 0, "vertex attributes are aligned to four bytes"
        values = np.frombuffer(self._data[start : start + size], dtype=kind)
        return values.reshape(accessor["count"], width)

    def _accessors(self) -> None:
        for number, accessor in enumerate(self.document["accessors"]):
            values = self.array(number)
            assert len(values) == accessor["count"] > 0
            if values.dtype.kind == "f":
                assert np.isfinite(values).all()
            for name, found in (("min", values.min(axis=0)), ("max", values.max(axis=0))):
                if name in accessor:
                    # as JSON they are read with the precision of a float32
                    assert (np.array(accessor[name], dtype=values.dtype) == found).all()

    def _meshes(self) -> None:
        for mesh in self.document["meshes"]:
            for primitive in mesh["primitives"]:
                attributes = primitive["attributes"]
                accessor = self.document["accessors"][attributes["POSITION"]]
                assert {"min", "max"} <= set(accessor)
                count = accessor["count"]
                assert all(self.document["accessors"][number]["count"] == count for number in attributes.values())
                indices = self.array(primitive["indices"])
                assert len(indices) % 3 == 0
                assert indices.max() < count
                assert set(indices.ravel()) == set(range(count)), "every vertex is used"
                normals = self.array(attributes["NORMAL"])
                assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-4)
                self._outward(attributes, indices, normals)
                material = self.document["materials"][primitive["material"]]["pbrMetallicRoughness"]
                assert all(0 <= part <= 1 for part in material["baseColorFactor"])

    def _outward(self, attributes: dict[str, int], indices: Any, normals: Any) -> None:
        """Faces and normals look the same way, and enclose a volume that is not negative."""
        positions = self.array(attributes["POSITION"]).astype(float)
        a, b, c = (positions[indices.reshape(-1, 3)[:, corner]] for corner in range(3))
        faces = np.cross(b - a, c - a)
        assert np.einsum("ij,ij->i", a, np.cross(b, c)).sum() > 0
        means = sum(normals[indices.reshape(-1, 3)[:, corner]] for corner in range(3))
        assert (np.einsum("ij,ij->i", faces, means) >= -1e-9).all()

    def _nodes(self) -> None:
        nodes = self.document["nodes"]
        children = [child for node in nodes for child in node.get("children", ())]
        assert len(children) == len(set(children)), "a node has one parent"
        roots = self.document["scenes"][self.document["scene"]]["nodes"]
        assert not set(roots) & set(children)
        assert sorted([*roots, *children]) == list(range(len(nodes)))

    def _skins(self) -> None:
        for skin in self.document.get("skins", ()):
            matrices = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4)
            assert len(matrices) == len(skin["joints"])
            places = self._places()
            for joint, matrix in zip(skin["joints"], matrices):
                # stored by columns: the last row of this array is the translation
                assert np.allclose(matrix[:3, :3], np.eye(3))
                assert np.allclose(matrix[:, 3], (0, 0, 0, 1))
                assert np.allclose(matrix[3, :3], [-part for part in places[joint]], atol=1e-5)
            for mesh in self.document["meshes"]:
                for primitive in mesh["primitives"]:
                    joints = self.array(primitive["attributes"]["JOINTS_0"])
                    weights = self.array(primitive["attributes"]["WEIGHTS_0"])
                    assert joints.max() < len(skin["joints"])
                    assert np.allclose(weights.sum(axis=1), 1, atol=1e-5)
                    assert (weights >= 0).all()
                    assert (joints[weights == 0] == 0).all()

    def _places(self) -> dict[int, Any]:
        places: dict[int, Any] = {}

        def walk(number: int, start: Any) -> None:
            node = self.document["nodes"][number]
            places[number] = start + np.array(node.get("translation", (0, 0, 0)))
            for child in node.get("children", ()):
                walk(child, places[number])

        for root in self.document["scenes"][0]["nodes"]:
            walk(root, np.zeros(3))
        return places

    def _animations(self) -> None:
        for animation in self.document.get("animations", ()):
            targets = [(c["target"]["node"], c["target"]["path"]) for c in animation["channels"]]
            assert len(targets) == len(set(targets))
            for channel in animation["channels"]:
                sampler = animation["samplers"][channel["sampler"]]
                times, values = self.array(sampler["input"]), self.array(sampler["output"])
                assert {"min", "max"} <= set(self.document["accessors"][sampler["input"]])
                assert times[0] == 0
                assert (np.diff(times[:, 0]) > 0).all()
                assert len(times) == len(values)
                assert np.allclose(values[0], values[-1], atol=1e-5), "it ends as it begins"
                if channel["target"]["path"] == "rotation":
                    assert np.allclose(np.linalg.norm(values, axis=1), 1, atol=1e-5)
                    assert values.shape[1] == 4
