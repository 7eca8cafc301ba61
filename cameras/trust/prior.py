"""What was fitted on many cameras at once: where a camera's own fit begins, and all that one without its own has.

The numbers are printed by ``python benchmarks/trust/fit.py``; docs/trust.md says on which frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Prior:
    """A fit over many cameras.

    Attributes:
        spread: of each signal, how far it usually strays over days of one camera: the unit of its deviations.
        weights: of each deviation in the square root of the slot error, 0 or more.
        offset: square root of the slot error on usual days.
        radius: by how much that root is off at most, nine times in ten.
    """

    spread: Mapping[str, float]
    weights: Mapping[str, float]
    offset: float
    radius: float


PRIOR = Prior(
    spread={
        "slot doubt": 0.109, "faint boxes": 0.084, "box doubt": 0.038, "mirror, boxes": 0.044,
        "mirror, slots": 0.028, "raised, boxes": 0.056, "raised, slots": 0.025, "edges, slots": 0.134,
        "pattern, slots": 0.093, "box spread": 0.02, "box backing": 0.085, "vehicles": 0.591, "light": 0.119,
        "contrast": 0.28, "sharpness": 0.075, "noise": 0.213,
    },
    weights={
        "slot doubt": 0.0191, "faint boxes": 0.0128, "box doubt": 0, "mirror, boxes": 0.0077,
        "mirror, slots": 0.0061, "raised, boxes": 0.0034, "raised, slots": 0.0166, "edges, slots": 0.0614,
        "pattern, slots": 0.0299, "box spread": 0, "box backing": 0.0127, "vehicles": 0, "light": 0.0095,
        "contrast": 0.0048, "sharpness": 0, "noise": 0.0068,
    },
    offset=0.2434,
    radius=0.222,
)  # fmt: skip

DETECTOR_ALONE = Prior(
    spread=PRIOR.spread,
    weights={
        "slot doubt": 0, "faint boxes": 0.0227, "box doubt": 0, "mirror, boxes": 0.007, "mirror, slots": 0.0093,
        "raised, boxes": 0.0129, "raised, slots": 0.0339, "edges, slots": 0, "pattern, slots": 0, "box spread": 0,
        "box backing": 0.019, "vehicles": 0, "light": 0.0172, "contrast": 0, "sharpness": 0, "noise": 0.002,
    },
    offset=0.2537,
    radius=0.2414,
)  # fmt: skip
"""Of bundles without a patch reader, where the detector is all that speaks: the signals that are left carry it all."""
