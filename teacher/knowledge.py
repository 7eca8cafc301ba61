"""All the teacher says of one frame, as arrays, and its form on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from lotwise.datasets.frame import Detections

LEVELS = ("p3", "p4", "p5")


@dataclass(frozen=True)
class Latent:
    """The teacher's neck map of one level at the cells that were worth keeping.

    Attributes:
        grid: (rows, columns) of the whole map.
        cells: (K,) int32 row-major indices into the grid, in rising order.
        values: (K, C) float16.
    """

    grid: tuple[int, int]
    cells: NDArray[np.int32]
    values: NDArray[np.float16]


@dataclass(frozen=True)
class Distribution:
    """The teacher's distributions over distance bins (DFL) at the anchors where it sees a vehicle.

    Attributes:
        anchors: (K,) int32 indices of anchors, in rising order.
        values: (K, 4 * reg_max) float16 logits: left, top, right, bottom.
    """

    anchors: NDArray[np.int32]
    values: NDArray[np.float16]


@dataclass(frozen=True)
class Dense:
    """What the teacher's head says at every anchor of the student's grid; anchors in order of level, row, column.

    Attributes:
        scores: (A,) float16 vehicle probability.
        boxes: (A, 4) float16 xyxy in input pixels.
        distribution: None where the head has none (YOLO26).
    """

    scores: NDArray[np.float16]
    boxes: NDArray[np.float16]
    distribution: Distribution | None = None


@dataclass(frozen=True)
class Knowledge:
    """What the teacher knows of a frame.

    Attributes:
        size: (width, height) of the frame.
        detections: soft detections down to low confidence, in pixels of the frame.
        input: (width, height) of the network input that latents and dense outputs belong to.
        latents: one per level, or empty.
        dense: or None.
    """

    size: tuple[int, int]
    detections: Detections
    input: tuple[int, int] | None = None
    latents: tuple[Latent, ...] = ()
    dense: Dense | None = None


def encode(knowledge: Knowledge) -> bytes:
    """To safetensors bytes; boxes are stored in float32, since half a pixel matters, the rest in float16."""
    arrays: dict[str, NDArray[Any]] = {
        "boxes": np.ascontiguousarray(knowledge.detections.boxes),
        "scores": knowledge.detections.scores.astype(np.float16),
        "labels": knowledge.detections.labels.astype(np.uint8),
    }
    header = {
        "size": knowledge.size,
        "input": knowledge.input,
        "grids": [latent.grid for latent in knowledge.latents],
    }
    for level, latent in zip(LEVELS, knowledge.latents, strict=False):
        arrays[f"{level}.cells"] = latent.cells.astype(np.uint16 if np.prod(latent.grid) < 65536 else np.int32)
        arrays[f"{level}.values"] = np.ascontiguousarray(latent.values)
    if knowledge.dense is not None:
        arrays["dense.scores"] = knowledge.dense.scores
        arrays["dense.boxes"] = np.ascontiguousarray(knowledge.dense.boxes)
        if knowledge.dense.distribution is not None:
            arrays["distribution.anchors"] = knowledge.dense.distribution.anchors
            arrays["distribution.values"] = np.ascontiguousarray(knowledge.dense.distribution.values)
    return save(arrays, {"lotwise": json.dumps(header)})


def decode(data: bytes) -> Knowledge:
    """From safetensors bytes.

    Raises:
        ValueError: the bytes are no knowledge of ours or are cut short.
    """
    try:
        arrays = load(data)
        length = int.from_bytes(data[:8], "little")
        header = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["lotwise"])
        latents = tuple(
            Latent((grid[0], grid[1]), arrays[f"{level}.cells"].astype(np.int32), arrays[f"{level}.values"])
            for level, grid in zip(LEVELS, header["grids"], strict=False)
        )
        distribution = (
            Distribution(arrays["distribution.anchors"], arrays["distribution.values"])
            if "distribution.anchors" in arrays
            else None
        )
        dense = Dense(arrays["dense.scores"], arrays["dense.boxes"], distribution) if "dense.scores" in arrays else None
        return Knowledge(
            size=(header["size"][0], header["size"][1]),
            detections=Detections.of(arrays["boxes"], arrays["scores"], arrays["labels"]),
            input=(header["input"][0], header["input"][1]) if header["input"] else None,
            latents=latents,
            dense=dense,
        )
    except (SafetensorError, KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"not a stored knowledge: {error!r}") from error
