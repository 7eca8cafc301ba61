"""A plain mask over the lowest rows of every frame of a camera, told from rows that a decoder made up."""

from __future__ import annotations

import numpy as np

from lotwise.cameras.view.edges import SHADING_PX, Edges

MASK_FRAMES = 5
"""Frames in a row whose plain rows begin at the same height, after which they are a mask: where data are lost, that is
each time elsewhere."""
SAME_HEIGHT = 0.02
"""Share of the height within which plain rows begin at the same height: two of the steps in which they are looked for,
in a frame of 750 rows."""
MAX_EDGE_ENERGY = 0.05
"""Mean squared length of the edges (0 to 1) of a reference view below which it shows nothing there either; as in
:data:`lotwise.cameras.view.edges.MIN_CELL_ENERGY`, for one pixel."""


class BurntInMask:
    """What is known of one camera's mask. The first frames of a masked camera are still called torn.

    Attributes:
        share: of the frame's height that the mask takes; 0 for no mask.
    """

    def __init__(self, share: float = 0.0) -> None:
        """A mask that is known already, as from before a restart; none by default."""
        self.share = share
        self._candidate = 0.0
        self._frames = 0  # in a row whose plain rows begin where the candidate's do

    def explains(self, share: float, reference: Edges | None) -> bool:
        """Whether the plain rows of a frame are those of a mask; to be asked of every frame in turn.

        Args:
            share: of the frame's height that its lowest, plain rows take; 0 where there are none.
            reference: edges of the view that is known; None while there is none.
        """
        if abs(share - self._candidate) > SAME_HEIGHT:
            self._candidate, self._frames = share, 0
        self._frames += 1
        if self._frames > MASK_FRAMES and (share == 0 or reference is None or _shows_nothing(reference, share)):
            self.share = share
        return share == 0 or (share <= self.share + SAME_HEIGHT and self.share > 0)


def _shows_nothing(reference: Edges, share: float) -> bool:
    # The mask's own upper edge reaches as far into it as shading is looked for.
    rows = reference[-max(int(share * len(reference)) - SHADING_PX // 2 - 2, 2) :]
    return float((np.square(rows.real) + np.square(rows.imag)).mean()) < MAX_EDGE_ENERGY
