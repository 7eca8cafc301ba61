"""Pictures that show nothing whatever the camera should see: black, overexposed, or one flat area."""

from __future__ import annotations

import numpy as np

from lotwise.cameras.view.report import ViewReport
from lotwise.cameras.view.thumbnail import Thumbnail

BLACK_LEVEL = 24
"""Grey level that the brightest hundredth of a picture reaches, if it is not black."""
WHITE_LEVEL = 247
"""Grey level from which on a pixel is blown out."""
MAX_WHITE_SHARE = 0.6
"""Share of blown-out pixels above which a picture is overexposed; the sun into the lens blows out a sixth."""
MIN_CONTRAST_LEVELS = 16
"""Grey levels between the darkest and the brightest hundredth of a picture that is not one flat area."""


def unexposed(thumb: Thumbnail) -> ViewReport | None:
    """What is wrong with the light of a thumbnail; None where nothing is."""
    below = np.cumsum(np.bincount(thumb.ravel(), minlength=256)) / thumb.size
    brightest = int(np.searchsorted(below, 0.99))
    if brightest < BLACK_LEVEL:
        return ViewReport("black", f"99 % of it is darker than {BLACK_LEVEL} of 255; is the camera or its light off?")
    blown = 1 - float(below[WHITE_LEVEL - 1])
    if blown > MAX_WHITE_SHARE:
        return ViewReport("overexposed", f"{blown:.0%} of the picture is white; check exposure and what shines into it")
    if brightest - int(np.searchsorted(below, 0.01)) < MIN_CONTRAST_LEVELS:
        return ViewReport("blocked", "the picture is one flat area; look for what hangs before the lens")
    return None
