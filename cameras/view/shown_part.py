"""The part of a camera's view that its privacy masks leave to be seen; nothing is judged by what they cover."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.view.edges import CELL_COLUMNS, CELL_PX, CELL_ROWS, SHADING_PX, Edges
from lotwise.cameras.view.reference import ReferenceView
from lotwise.cameras.view.thumbnail import HEIGHT, WIDTH, Thumbnail
from lotwise.datasets.frame import Image, Masks
from lotwise.datasets.privacy_masks import hidden_pixels

MAX_HIDDEN_SHARE = 0.5
"""Share of a cell, or of a row, up to which it still tells something of the view."""


class ShownPart:
    """What one camera's masks leave.

    Attributes:
        cells: (CELL_ROWS, CELL_COLUMNS), those that still tell something; None without masks.
        unseen: (HEIGHT, WIDTH), pixels that a mask covers or whose edges its outline makes; None without masks.
    """

    def __init__(self, masks: Masks) -> None:
        self.cells: NDArray[np.bool_] | None = None
        self.unseen: NDArray[np.bool_] | None = None
        self._hidden: NDArray[np.bool_] | None = None
        self._hidden_rows = 0
        if not masks:
            return
        hidden = hidden_pixels(masks, WIDTH, HEIGHT)
        self._hidden = hidden
        # The mask's own outline is an edge that stays where it is while the view moves, so it must not count either.
        self.unseen = cv2.dilate(hidden.astype(np.uint8), np.ones((SHADING_PX, SHADING_PX), np.uint8)) > 0
        in_cell = self.unseen.reshape(CELL_ROWS, CELL_PX, CELL_COLUMNS, CELL_PX).mean(axis=(1, 3))
        cells: NDArray[np.bool_] = in_cell <= MAX_HIDDEN_SHARE
        self.cells = cells if cells.any() else None
        plain = hidden.mean(axis=1) > MAX_HIDDEN_SHARE
        self._hidden_rows = int(np.argmin(np.append(plain[::-1], False)))

    def pixels(self, thumb: Thumbnail) -> Thumbnail:
        """The pixels of a thumbnail that are seen, in no order; all of it where there are no masks or they cover it."""
        if self._hidden is None or self._hidden.all():
            return thumb
        return thumb[~self._hidden]

    def above_lowest_masks(self, image: Image) -> Image:
        """A frame (H, W, 3) without the lowest rows that masks cover: they would look like rows of lost data."""
        return image[: len(image) - -(-self._hidden_rows * len(image) // HEIGHT)]

    def edges(self, field: Edges) -> Edges:
        """Edges without those under the masks and of their outlines."""
        if self.unseen is None:
            return field
        return np.where(self.unseen, np.complex64(0), field)

    def reference(self, view: ReferenceView) -> ReferenceView:
        """A view that was learned before there were masks, as if they had been there."""
        if self.unseen is None:
            return view
        return replace(view, edges=self.edges(view.edges), appearances=tuple(map(self.edges, view.appearances)))
