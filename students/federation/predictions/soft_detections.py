"""What a student says of reference pictures, small enough to be sent: the best anchors, each with score and box.

Anchors are the common vocabulary of YOLO students: at one input size all of them (v8, 11, 26) look at the same grid of
strides 8, 16 and 32, so anchor 17 of one is anchor 17 of the other, whatever lies before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError

STRIDES = (8, 16, 32)
MOST_16_BIT = 2**15
"""Anchors up to which an index takes two bytes: inputs of up to 32,768 anchors (1,280 x 960 px has 25,200)."""


@dataclass(frozen=True)
class DenseDetections:
    """What is said at every anchor, in a form that can be averaged.

    Attributes:
        scores: (N, A) float32 that a vehicle is there; a running consensus may leave 0..1 a little.
        weighted: (N, A, 4) float32 score times the distances to the box's left, top, right and bottom, in grid cells.
            Means of it weigh each box by its score, which a mean of boxes would not.
    """

    scores: NDArray[np.float32]
    weighted: NDArray[np.float32]

    @property
    def distances(self) -> NDArray[np.float32]:
        """(N, A, 4) in grid cells, 0 at least; of no meaning where the score is near 0."""
        shares = self.weighted / np.maximum(self.scores, 1e-6)[..., None]
        return np.asarray(np.maximum(shares, 0), np.float32)

    def __add__(self, other: DenseDetections) -> DenseDetections:
        return DenseDetections(self.scores + other.scores, self.weighted + other.weighted)

    def __sub__(self, other: DenseDetections) -> DenseDetections:
        return DenseDetections(self.scores - other.scores, self.weighted - other.weighted)

    def __mul__(self, factor: float) -> DenseDetections:
        return DenseDetections(self.scores * np.float32(factor), self.weighted * np.float32(factor))


@dataclass(frozen=True)
class SoftDetections:
    """The K best anchors of each of N pictures.

    Attributes:
        index: (N, K) int16, or int32 for inputs of more than ``MOST_16_BIT`` anchors; in order of the score.
        scores: (N, K) float16.
        weighted: (N, K, 4) float16, as in ``DenseDetections``.
    """

    index: NDArray[np.signedinteger[Any]]
    scores: NDArray[np.float16]
    weighted: NDArray[np.float16]

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        return {"index": self.index, "score": self.scores, "box": self.weighted}

    @staticmethod
    def of_arrays(arrays: Mapping[str, NDArray[Any]], pictures: int, anchors: int) -> SoftDetections:
        """Read what somebody sent.

        Raises:
            InputError: what is wrong with it.
        """
        if set(arrays) != {"index", "score", "box"}:
            raise InputError(f"soft detections have index, score and box, not {', '.join(sorted(arrays)) or 'nothing'}")
        index, scores, weighted = (np.asarray(arrays[name]) for name in ("index", "score", "box"))
        shape = (pictures, index.shape[-1] if index.ndim else 0)
        if index.shape != shape or scores.shape != shape or weighted.shape != (*shape, 4):
            raise InputError(
                f"soft detections of {pictures} pictures expected, came index {index.shape}, score {scores.shape}, "
                f"box {weighted.shape}"
            )
        if index.dtype.kind != "i" or scores.dtype.kind != "f" or weighted.dtype.kind != "f":
            raise InputError("index must hold whole numbers, score and box floats")
        if not (np.isfinite(scores).all() and np.isfinite(weighted).all()):
            raise InputError("soft detections that are not finite")
        if index.size and (index.min() < 0 or index.max() >= anchors):
            raise InputError(f"an anchor beyond the {anchors} of this input size")
        narrow: NDArray[np.signedinteger[Any]] = index.astype(np.int16 if anchors <= MOST_16_BIT else np.int32)
        return SoftDetections(narrow, scores.astype(np.float16), weighted.astype(np.float16))

    def dense(self, anchors: int) -> DenseDetections:
        """At every anchor; 0 where nothing was said."""
        pictures = np.arange(len(self.index))[:, None]
        scores = np.zeros((len(self.index), anchors), np.float32)
        weighted = np.zeros((len(self.index), anchors, 4), np.float32)
        scores[pictures, self.index], weighted[pictures, self.index] = self.scores, self.weighted
        return DenseDetections(scores, weighted)


def best(said: DenseDetections, keep: int) -> SoftDetections:
    """The ``keep`` anchors of each picture with the largest score (by size: a consensus may be below 0)."""
    keep = min(keep, said.scores.shape[1])
    index = np.argsort(-np.abs(said.scores), axis=1, kind="stable")[:, :keep]
    pictures = np.arange(len(index))[:, None]
    small = said.scores.shape[1] <= MOST_16_BIT
    return SoftDetections(
        index.astype(np.int16 if small else np.int32),
        said.scores[pictures, index].astype(np.float16),
        said.weighted[pictures, index].astype(np.float16),
    )


def mean(said: list[DenseDetections], power: float = 1.0) -> DenseDetections:
    """Mean score, and boxes weighed by their scores.

    Args:
        said: of each camera, scores 0 at least.
        power: p of the mean (mean s^p)^(1/p), boxes weighed by s^p. With 1 the plain mean, which is unsure wherever
            some cameras miss what others are sure of; with more the surer ones count more.
    """
    scores = np.mean([one.scores**power for one in said], axis=0)
    sides = np.mean([one.scores[..., None] ** (power - 1) * one.weighted for one in said], axis=0)
    sides = sides / np.maximum(scores, 1e-12)[..., None]
    scores = scores ** (1 / power)
    return DenseDetections(np.asarray(scores, np.float32), np.asarray(scores[..., None] * sides, np.float32))


def anchor_count(size: tuple[int, int]) -> int:
    """Anchors of an input of (width, height) pixels.

    >>> anchor_count((640, 640))
    8400
    """
    return sum((size[0] // stride) * (size[1] // stride) for stride in STRIDES)


def message_bytes(pictures: int, keep: int, size: tuple[int, int]) -> int:
    """Bytes of soft detections: 12 an anchor, 14 where an index takes four bytes.

    >>> message_bytes(1, 100, (640, 640))
    1200
    """
    anchors = anchor_count(size)
    return pictures * min(keep, anchors) * ((2 if anchors <= MOST_16_BIT else 4) + 2 + 8)
