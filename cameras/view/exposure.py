"""Pictures that show nothing whatever the camera should see: black, overexposed, or one flat area."""

from __future__ import annotations

import numpy as np

from lotwise.cameras.view.report import ViewReport
from lotwise.cameras.view.thumbnail import Thumbnail

BLACK = 24  # grey level that the brightest hundredth of a picture reaches, if it is not black
WHITE = 247  # from here on a pixel is blown out
BLOWN = 0.6  # share of blown-out pixels in an overexposed picture; the sun into the lens blows out a sixth
FLAT = 16  # grey levels between the darkest and the brightest hundredth that a picture needs


def unexposed(thumb: Thumbnail) -> ViewReport | None:
    """What is wrong with the light of a thumbnail; None where nothing is."""
    below = np.cumsum(np.bincount(thumb.ravel(), minlength=256)) / thumb.size
    brightest = int(np.searchsorted(below, 0.99))
    if brightest < BLACK:
        return ViewReport("black", f"99 % of it is darker than {BLACK} of 255; is the camera or its light off?")
    blown = 1 - float(below[WHITE - 1])
    if blown > BLOWN:
        return ViewReport("overexposed", f"{blown:.0%} of the picture is white; check exposure and what shines into it")
    if brightest - int(np.searchsorted(below, 0.01)) < FLAT:
        return ViewReport("blocked", "the picture is one flat area; look for what hangs before the lens")
    return None
