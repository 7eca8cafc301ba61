"""What a module says of one frame, and the bytes in which that travels from its board to the leader.

Boxes: ten bytes each, four sides in sixteenths of a pixel and a score in 65535ths, all 16 bits, little-endian. Maps:
their numbers as 16-bit floats, little-endian, level after level, each (channels, rows, columns). Both are the same
whether a module runs on its board or in the leader's own process, so that what is measured is what is deployed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Detections

SUBPIXELS = 16
"""Steps a pixel in which sides of boxes travel: inputs of up to 4095 pixels fit into 16 bits."""
SCORE_STEPS = 65535
BYTES_A_BOX = 10
_BOX = np.dtype([("sides", "<u2", 4), ("score", "<u2")])
_HALF = np.dtype("<f2")

Maps = tuple[NDArray[np.float16], ...]
"""(channels, rows, columns) of each level, finest first."""
Answer = Detections | Maps
"""Boxes in pixels of the student's input with raw scores, or the neck's maps."""


def pack(answer: Answer) -> bytes:
    """An answer as it travels.

    >>> found = Detections.of([[0, 0, 10.5, 20]], [0.5])
    >>> len(pack(found)), unpack_boxes(pack(found)).boxes.tolist()
    (10, [[0.0, 0.0, 10.5, 20.0]])
    """
    if isinstance(answer, Detections):
        table = np.zeros(len(answer), _BOX)
        table["sides"] = np.clip(np.rint(answer.boxes * SUBPIXELS), 0, SCORE_STEPS)
        table["score"] = np.rint(np.clip(answer.scores, 0, 1) * SCORE_STEPS)
        return table.tobytes()
    return b"".join(np.ascontiguousarray(level, _HALF).tobytes() for level in answer)


def unpack_boxes(data: bytes) -> Detections:
    """Boxes that travelled.

    Raises:
        ValueError: not a whole number of boxes.
    """
    if len(data) % BYTES_A_BOX:
        raise ValueError(f"{len(data)} bytes are no whole number of boxes of {BYTES_A_BOX}")
    table: NDArray[Any] = np.frombuffer(data, _BOX)
    return Detections.of(
        table["sides"].astype(np.float32) / SUBPIXELS, table["score"].astype(np.float32) / np.float32(SCORE_STEPS)
    )


def unpack_maps(data: bytes, shapes: Sequence[tuple[int, int, int]]) -> Maps:
    """Maps of these shapes that travelled; what is no number is 0.

    Raises:
        ValueError: of another length than maps of these shapes have.
    """
    counts = [int(np.prod(shape)) for shape in shapes]
    if len(data) != sum(counts) * _HALF.itemsize:
        raise ValueError(f"{len(data)} bytes, but these maps have {sum(counts) * _HALF.itemsize}")
    values = np.nan_to_num(np.frombuffer(data, _HALF).astype(np.float16), posinf=0, neginf=0)
    parts = np.split(values, np.cumsum(counts)[:-1])
    return tuple(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))


def as_travelled(answer: Answer) -> Answer:
    """An answer as the leader would have it from a board."""
    if isinstance(answer, Detections):
        return unpack_boxes(pack(answer))
    return unpack_maps(pack(answer), [level.shape for level in answer])
