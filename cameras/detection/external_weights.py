"""What an ONNX file refers to outside of itself, read without the ``onnx`` library, which a node does not have.

Weights may lie in other files ("external data"). A manifest vouches for the model file alone, so whoever can write
beside it could exchange them unseen.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

# Field numbers of onnx.proto: where tensors hang, and what an external one says.
_MODEL_GRAPH, _MODEL_FUNCTIONS, _MODEL_TRAINING = 7, 25, 20
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_ATTRIBUTE = 5
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS, _ATTRIBUTE_SPARSE = 5, 6, 10, 11, 22
_SPARSE_VALUES, _SPARSE_INDICES = 1, 2
_TENSOR_EXTERNAL = 13
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
# By kind of message: its fields to walk into, and the kind of message there.
_BELOW = {
    "model": {_MODEL_GRAPH: "graph", _MODEL_FUNCTIONS: "function", _MODEL_TRAINING: "training"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node"},
    "graph": {_GRAPH_NODE: "node", _GRAPH_INITIALIZER: "tensor", _GRAPH_SPARSE: "sparse"},
    "node": {_NODE_ATTRIBUTE: "attribute"},
    "attribute": {
        _ATTRIBUTE_TENSOR: "tensor", _ATTRIBUTE_GRAPH: "graph", _ATTRIBUTE_TENSORS: "tensor",
        _ATTRIBUTE_GRAPHS: "graph", _ATTRIBUTE_SPARSE: "sparse",
    },
    "sparse": {_SPARSE_VALUES: "tensor", _SPARSE_INDICES: "tensor"},
}  # fmt: skip
_MAX_DEPTH = 64
"""Most messages within messages that are followed. Chosen: far more than a detector has; a crafted file
shall not exhaust the stack."""


def external_files(path: Path) -> frozenset[str]:
    """Names of the files, relative to its folder, in which an ONNX model keeps weights.

    Raises:
        ValueError: not the structure of an ONNX file.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:
            raise ValueError("an empty file")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return frozenset(_external(data, "model", 0, len(data), 0))


def _external(data: mmap.mmap, kind: str, start: int, end: int, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise ValueError("graphs within graphs without end")
    for number, begin, stop in _fields(data, start, end):
        if kind == "tensor" and number == _TENSOR_EXTERNAL:
            entry = {field: data[a:b].decode("utf-8", "replace") for field, a, b in _fields(data, begin, stop)}
            if entry.get(_ENTRY_KEY) == "location":
                yield entry.get(_ENTRY_VALUE, "")
        elif number in _BELOW.get(kind, ()):
            yield from _external(data, _BELOW[kind][number], begin, stop, depth + 1)


def _fields(data: mmap.mmap, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, first byte and end of each field of a message that holds bytes."""
    position = start
    while position < end:
        tag, position = _varint(data, position, end)
        match tag & 7:
            case 0:
                _, position = _varint(data, position, end)
            case 1:
                position += 8
            case 5:
                position += 4
            case 2:
                length, position = _varint(data, position, end)
                if position + length > end:
                    raise ValueError("a field reaches beyond its message")
                yield tag >> 3, position, position + length
                position += length
            case wire:
                raise ValueError(f"wire type {wire}")


def _varint(data: mmap.mmap, position: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= end:
            break
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, position
    raise ValueError("a number without end")
