"""By how much a retrained bundle may differ from the live one: where that went wrong, agreement is no virtue.

In a fog that the live bundle does not see through, a student that has learned to will differ from it on every frame.
Both were compared on new frames with the teacher's word before, and by how much they differed is in the new bundle's
manifest. In the shadow and on probation it may differ from that very bundle as much, and a little more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lotwise.cameras.detection.agreement import matches
from lotwise.cameras.detection.bundle import Manifest
from lotwise.cameras.site.swap import SwapSettings
from lotwise.datasets.frame import Detections, SlotState

AGAINST_LIVE = "against_live"
"""Name among what a manifest says was measured."""
LESS_AGREEMENT, MORE_SLOTS, MORE_VEHICLES = 0.15, 0.1, 1.5
"""By how much the node's frames may be harder than those that were compared. Chosen."""


@dataclass(frozen=True)
class Difference:
    """Between a new bundle and the one that was live when it was made.

    Attributes:
        live: identity of that one.
        frames: on how many they were compared.
        agreement: F1 of the boxes of one against those of the other.
        slots_differ: share of slots that they read differently.
        count_ratio: between the numbers of vehicles, whichever sees more.
    """

    live: str
    frames: int
    agreement: float
    slots_differ: float
    count_ratio: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def difference(
    live: str,
    pairs: Sequence[tuple[Detections, Detections]],
    slots: Sequence[tuple[SlotState, SlotState]],
) -> Difference:
    """What two bundles say of the same frames.

    Args:
        live: identity of the live one.
        pairs: of each frame the boxes of the live and of the new bundle, each at its own threshold.
        slots: of each slot and frame how both read it; unknown ones do not count.
    """
    old, new = sum(len(one) for one, _ in pairs), sum(len(other) for _, other in pairs)
    same = sum(matches(one, other) for one, other in pairs)
    known = [pair for pair in slots if "unknown" not in pair]
    return Difference(
        live,
        len(pairs),
        round(2 * same / (old + new), 4) if old + new else 1.0,
        round(sum(one != other for one, other in known) / len(known), 4) if known else 0.0,
        round(max(old, new) / max(min(old, new), 1), 4),
    )


def expecting(settings: SwapSettings, new: Manifest | None, old: str) -> SwapSettings:
    """Settings of a comparison that allow what is expected; as they are where nothing is known of these two.

    Args:
        settings: of the camera.
        new: manifest of the new bundle.
        old: identity of the one that it is compared with.
    """
    said = new.measured.get(AGAINST_LIVE) if new is not None else None
    if not isinstance(said, dict) or said.get("live") != old:
        return settings
    try:
        known = Difference(**said)
        return settings.model_copy(
            update={
                "min_agreement": min(settings.min_agreement, max(0.0, known.agreement - LESS_AGREEMENT)),
                "max_slot_difference": max(settings.max_slot_difference, min(1.0, known.slots_differ + MORE_SLOTS)),
                "max_count_ratio": max(settings.max_count_ratio, known.count_ratio * MORE_VEHICLES),
            }
        )
    except TypeError:
        return settings  # of another version
