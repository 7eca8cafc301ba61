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
        "slot doubt": 0.132, "faint boxes": 0.095, "box doubt": 0.049, "mirror, boxes": 0.06, "mirror, slots": 0.029,
        "raised, boxes": 0.052, "raised, slots": 0.02, "box spread": 0.016, "box backing": 0.12, "vehicles": 0.701,
        "light": 0.138, "contrast": 0.3, "sharpness": 0.087, "noise": 0.204,
    },
    weights={
        "slot doubt": 0, "faint boxes": 0.0337, "box doubt": 0.0065, "mirror, boxes": 0.0013,
        "mirror, slots": 0.0462, "raised, boxes": 0.0103, "raised, slots": 0.0375, "box spread": 0.0129,
        "box backing": 0.0178, "vehicles": 0, "light": 0.0257, "contrast": 0.0099, "sharpness": 0.0085,
        "noise": 0.0103,
    },
    offset=0.2258,
    radius=0.2649,
)  # fmt: skip
