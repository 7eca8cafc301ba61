"""Protocol `vehicles`: vehicle boxes that somebody drew are the truth."""

from __future__ import annotations

from lotwise.datasets.frame import VehicleTruth
from lotwise.eval.evidence import Evidence


def vehicle_truth(evidence: Evidence) -> dict[str, VehicleTruth]:
    """Vehicle boxes by frame name, of the frames that have them; a frame may hold no vehicle."""
    boxes = {
        frame.name: evidence.truth[frame.name].vehicles for frame in evidence.frames if frame.name in evidence.truth
    }
    return {name: vehicles for name, vehicles in boxes.items() if vehicles is not None}
