"""Parts of a frame that the oracle is run on at a larger scale, for far rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TILE_OVERLAP = 0.2
"""Share of a tile's side that it shares with its neighbour, so that a far car stands whole in at least one tile."""
CUT_MARGIN_PX = 2.0
"""A box this near, in pixels of the frame, to an inner edge of a tile was cut by it."""


@dataclass(frozen=True)
class Tile:
    """A part of a frame: left, top, width and height in pixels."""

    x: int
    y: int
    width: int
    height: int

    def to_frame(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) xyxy in pixels of the tile -> pixels of the frame."""
        return (boxes + np.array([self.x, self.y, self.x, self.y], np.float32)).astype(np.float32)

    def sees_whole(self, boxes: NDArray[np.float32], frame: tuple[int, int]) -> NDArray[np.bool_]:
        """Which boxes (N, 4), in pixels of the tile, are not cut by an edge that lies inside the frame."""
        whole = np.ones(len(boxes), bool)
        if self.x > 0:
            whole &= boxes[:, 0] > CUT_MARGIN_PX
        if self.y > 0:
            whole &= boxes[:, 1] > CUT_MARGIN_PX
        if self.x + self.width < frame[0]:
            whole &= boxes[:, 2] < self.width - CUT_MARGIN_PX
        if self.y + self.height < frame[1]:
            whole &= boxes[:, 3] < self.height - CUT_MARGIN_PX
        return whole


def tiles(frame: tuple[int, int], count: int) -> list[Tile]:
    """``count`` x ``count`` overlapping tiles that cover a frame of (width, height) pixels; none for count < 2.

    >>> [(tile.x, tile.width) for tile in tiles((1000, 500), 2)][:2]
    [(0, 556), (444, 556)]
    """
    if count < 2:
        return []
    (xs, width), (ys, height) = (_spans(side, count) for side in frame)
    return [Tile(x, y, width, height) for y in ys for x in xs]


def _spans(side: int, count: int) -> tuple[list[int], int]:
    length = round(side / (count - (count - 1) * TILE_OVERLAP))
    return [round(i * (side - length) / (count - 1)) for i in range(count)], length
