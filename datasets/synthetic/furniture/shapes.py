"""How each kind of solid furniture is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from lotwise.datasets.synthetic.furniture.part import Part
from lotwise.datasets.synthetic.furniture.shapes_of_boxes import (
    blocks,
    bollards,
    container,
    office,
    skip,
    toilet,
)
from lotwise.datasets.synthetic.furniture.shapes_of_goods import bins, cages, goods, pallets, trolleys
from lotwise.datasets.synthetic.furniture.shapes_on_wheels import boat, generator, tarpaulin

BUILDERS: Mapping[str, Callable[[np.random.Generator], tuple[Part, ...]]] = {
    "container": container,
    "office": office,
    "cages": cages,
    "pallets": pallets,
    "goods": goods,
    "skip": skip,
    "trolleys": trolleys,
    "boat": boat,
    "tarpaulin": tarpaulin,
    "generator": generator,
    "bins": bins,
    "bollards": bollards,
    "blocks": blocks,
    "toilet": toilet,
}
"""By kind: randomness to the parts of one piece around (0, 0), front towards +x, lower parts first."""
