"""How far what slots look like leaves what the detector says of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lotwise.cameras.slots import SlotReading


def second_reading(readings: Mapping[str, SlotReading], said: Mapping[str, tuple[bool, bool]]) -> tuple[float, float]:
    """Square roots of the shares of slots that are read otherwise by their edges, and by their pattern, 0..1.

    The root, because it is the root of the error that is estimated: shares of slots stand beside each other in the same
    unit. Not a number where no slot was read twice.

    Args:
        readings: of the detector.
        said: of the same slots, whether a car stands there by edges and by pattern; see
            :class:`lotwise.cameras.trust.patches.reader.PatchReader`.

    >>> second_reading({"a": SlotReading("free", 0.9)}, {"a": (True, False)})
    (1.0, 0.0)
    """
    both = [(readings[slot].state == "occupied", *said[slot]) for slot in readings if slot in said]
    if not both:
        return float("nan"), float("nan")
    states, by_edges, by_pattern = np.array(both).T
    return float(np.sqrt(np.mean(states != by_edges))), float(np.sqrt(np.mean(states != by_pattern)))
