"""What can be set about the consensus."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ConsensusSettings:
    """How much must agree before the teacher is contradicted.

    Attributes:
        reach: a frame is compared with this many frames before and after it.
        join: boxes of different frames are of one place from this IoU up.
        positive_threshold: boxes from this score up are taught as vehicles.
        ignore_threshold: boxes from here to ``positive_threshold`` are taught neither as vehicle nor as background.
        sure: boxes from this score up are never lowered, and only they can call one back into another frame.
        alike: two looks at a place show the same from this likeness up (see ``looks``).
        surely_alike: as ``alike``, for a frame in which the teacher saw nothing of ``positive_threshold`` or more at
            the place.
        contrast: such a frame holds no car where it is more like one without a box than like any with one, by
            more than this. What hides most of a car, such as a tree, looks the same when the car has left.
        backing: nor does it where less than this share of the frames like it show a box.
        fewest: frames that look the same and show no box, for one box to be lowered.
        repeats: share of the frames in reach, of two days at least, in which a background must look the same.
    """

    reach: int = 12
    join: float = 0.6
    positive_threshold: float = 0.1
    ignore_threshold: float = 0.03
    sure: float = 0.25
    alike: float = 0.5
    surely_alike: float = 0.6
    contrast: float = 0.15
    backing: float = 0.33
    fewest: int = 3
    repeats: float = 0.8
