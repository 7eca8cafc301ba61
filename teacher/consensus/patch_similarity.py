"""How alike the pixels inside a box are from frame to frame, whatever the light."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Image

Floats = NDArray[np.float32]

PATCH_SIDE_PX = 32
"""What lies inside a box is resized to a patch of this many pixels squared: about the size of a far car, so that near
and far ones are compared alike."""
BLOCKS_PER_SIDE = 4
"""A patch is compared in this many blocks each way."""
MIN_BOX_SIDE_PX = 6.0
"""Width and height, in pixels of the frame, below which a box shows too little to be compared."""
DIFFERING_SHARE = 0.25
"""Share of the blocks that may differ: a pedestrian, a reflection, the edge of a shadow."""
_NOISE_LEVELS = 12.0  # grey levels added before the logarithm, a few times a sensor's noise in the dark
_MIN_EDGE_CONTRAST = 0.05  # log contrast a pixel below which an edge counts little
_MIN_EDGE_SHARE = 0.02  # share of full edges in a block below which it has nothing to be compared by


def patch_similarity(
    images: Iterable[Image], boxes: Floats, reach: int, wanted: NDArray[np.bool_] | None = None
) -> NDArray[np.float16]:
    """Similarity of what lies inside each box in each frame to the same in the frames around it.

    Edges of log intensity and of log colour ratios are compared, each divided by the local strength of edges, so
    that neither the level nor the colour of the light matters and shadows matter little. A box is as alike as
    the block that a quarter of its blocks fall below: a car that has left, or been replaced, shows in most blocks,
    what passes by in few.

    Args:
        images: (H, W, 3) BGR frames in order of time, all of one size; read once, one at a time.
        boxes: (P, 4) xyxy in pixels.
        reach: how many frames before and after.
        wanted: (P, F) where to look; everywhere where None.

    Returns:
        (P, F, 2 reach + 1) in -1..1: similarity of frame f to frame f + k - reach; 1 to itself, -1 where there is
        no such frame or nothing to compare.
    """
    before: list[tuple[NDArray[np.int64], Floats]] = []
    rows: list[Floats] = []
    for number, image in enumerate(images):
        which = np.arange(len(boxes)) if wanted is None else np.flatnonzero(wanted[:, number])
        edges = _edges(image, boxes[which])
        row = np.full((len(boxes), reach), -1, np.float32)
        for back, (there, other) in enumerate(before):
            both, mine, theirs = np.intersect1d(which, there, assume_unique=True, return_indices=True)
            row[both, back] = _similarity(edges[mine], other[theirs])
        rows.append(row)
        before = [(which, edges), *before][:reach]
    similarity = np.full((len(boxes), len(rows), 2 * reach + 1), -1, np.float16)
    similarity[:, :, reach] = 1
    for frame, row in enumerate(rows):
        for back in range(min(reach, frame)):
            similarity[:, frame, reach - 1 - back] = row[:, back]
            similarity[:, frame - 1 - back, reach + 1 + back] = row[:, back]
    return similarity


def _edges(image: Image, boxes: Floats) -> Floats:
    """(P, BLOCKS_PER_SIDE squared, pixels and directions) edges inside each box, each block of length 1 at most."""
    height, width = image.shape[:2]
    corners = np.clip(boxes, 0, [width, height, width, height])
    cells = PATCH_SIDE_PX // BLOCKS_PER_SIDE
    shape = (BLOCKS_PER_SIDE, cells, BLOCKS_PER_SIDE, cells, 6)
    edges = np.zeros((len(boxes), BLOCKS_PER_SIDE**2, cells * cells * 6), np.float32)
    for index, (x0, y0, x1, y1) in enumerate(corners):
        if min(x1 - x0, y1 - y0) < MIN_BOX_SIDE_PX:
            continue
        part = image[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))]
        shrinks = min(part.shape[:2]) >= PATCH_SIDE_PX
        square = cv2.resize(
            part, (PATCH_SIDE_PX, PATCH_SIDE_PX), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        )
        light = np.log(square.astype(np.float32) + _NOISE_LEVELS)
        seen = np.dstack([light.mean(2), 2 * (light[..., 2] - light[..., 1]), 2 * (light[..., 0] - light[..., 1])])
        edge = np.dstack([cv2.Scharr(seen, -1, 1, 0), cv2.Scharr(seen, -1, 0, 1)]) / 32
        edge /= np.sqrt((edge**2).sum(2, keepdims=True)) + _MIN_EDGE_CONTRAST
        edges[index] = edge.reshape(shape).transpose(0, 2, 1, 3, 4).reshape(BLOCKS_PER_SIDE**2, -1)
    return np.asarray(edges / np.sqrt((edges**2).sum(2, keepdims=True) + _MIN_EDGE_SHARE * cells**2), np.float32)


def _similarity(a: Floats, b: Floats) -> Floats:
    blocks = np.einsum("pbd,pbd->pb", a, b)
    return np.asarray(np.quantile(blocks, DIFFERING_SHARE, axis=1), np.float32)
