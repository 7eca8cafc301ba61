"""What can be set about the consensus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FurnitureTaught = Literal["vehicle", "doubt", "background"]
"""What is taught of furniture: a vehicle as the teacher says, nothing at all, or that no vehicle is there."""

DEFAULT_POSITIVE_THRESHOLD = 0.1
"""Score from which the teacher's boxes are taught as vehicles. A plain student that is taught from 0.3 up makes 33 and
294 errors on C1 of CNR-EXT and on PUCPR; taught softly from here up, with the rest left open, 9 to 13 and 61
(docs/distillation.md)."""
DEFAULT_IGNORE_THRESHOLD = 0.03
"""Score from which the teacher's boxes are at least no background. Chosen, not measured."""

UntoldTaught = Literal["as said", "kept", "raised"]
"""What is taught of things of which the frames cannot tell whether they ever come or go. ``kept``: the teacher's score
is raised by no other frame. ``as said``: nor is it lifted by the score exponent. ``raised``: as of cars that come and
go. On camera 1 of CNR-EXT, one day, 16, 24 and 14 of 385 slots are read wrongly with these."""


@dataclass(frozen=True)
class ConsensusSettings:
    """How much must agree before the teacher is contradicted.

    ``benchmarks/labelling/consensus.py`` counts the errors of the labels before and after, with these defaults.

    Attributes:
        reach: a frame is compared with this many frames before and after it.
        join_iou: boxes of different frames are of one cluster, so of cars that park alike, from this IoU up.
        positive_threshold: boxes from this score up are taught as vehicles.
        ignore_threshold: boxes from here to ``positive_threshold`` are taught neither as vehicle nor as background.
        sure_score: boxes from this score up are never lowered, and only they can call one back into another frame.
        min_similarity: two frames show the same where a cluster lies from this patch similarity up.
        min_similarity_unseen: the same, for a frame in which the teacher saw nothing of ``positive_threshold`` or
            more there.
        min_similarity_gap: such a frame holds no car where it is more similar to one without a box than to any with
            one, by more than this. What hides most of a car, such as a tree, looks the same when the car has left.
        min_support: nor does it where less than this share of the frames like it show a box.
        min_frames: frames that look the same and show no box, for one box to be lowered.
        furniture_share: share of the frames in which a place must look the same to count as one that never changes.
        vehicle_score: what the teacher gives this score in any frame is a vehicle, however long it stays.
        furniture: what is taught of things that never come or go.
        untold: what is taught of things of which the frames cannot tell.
        background_share: share of the frames in reach, of two days at least, in which a background must look the same.

    Raises:
        ValueError: the two thresholds are not 0 < ``ignore_threshold`` <= ``positive_threshold`` < 1.
    """

    reach: int = 12
    join_iou: float = 0.6
    positive_threshold: float = DEFAULT_POSITIVE_THRESHOLD
    ignore_threshold: float = DEFAULT_IGNORE_THRESHOLD
    sure_score: float = 0.25
    min_similarity: float = 0.5
    min_similarity_unseen: float = 0.6
    min_similarity_gap: float = 0.15
    min_support: float = 0.33
    min_frames: int = 3
    background_share: float = 0.8
    furniture_share: float = 0.5
    vehicle_score: float = 0.5
    furniture: FurnitureTaught = "background"
    untold: UntoldTaught = "kept"

    def __post_init__(self) -> None:
        if not 0 < self.ignore_threshold <= self.positive_threshold < 1:
            raise ValueError(
                f"ignore_threshold {self.ignore_threshold}, positive_threshold {self.positive_threshold}: expected "
                "0 < ignore_threshold <= positive_threshold < 1"
            )
