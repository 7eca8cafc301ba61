"""What of a fixed view comes and goes, as vehicles do, and what never does."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lotwise.teacher.consensus.settings import ConsensusSettings

Permanence = Literal["vehicle", "furniture", "untold"]
"""``vehicle``: the teacher is sure of it in some frame, or it comes, goes or is replaced by another. ``furniture``: it
is there in all frames, looks the same in all, and the teacher is sure of it in none. ``untold``: the same, but the
frames are too few or too alike to tell a thing that never leaves from a car that has not left yet."""
PERMANENCES: tuple[Permanence, ...] = get_args(Permanence)


def permanence(
    similarity: NDArray[np.float32], scores: NDArray[np.float32], days: NDArray[np.int64], settings: ConsensusSettings
) -> list[Permanence]:
    """Tell for each cluster of boxes whether what lies there comes and goes.

    A car's place is empty in some frame, or another car stands there: it looks different then. A container's is not.
    How much of this can be seen depends on the frames. They can tell over two days or more, and within one day where
    most of the sure vehicles changed; else nothing is said of what stood still.

    Args:
        similarity: (C, F, 2 reach + 1) patch similarity of each frame to those around it, from ``patch_similarity``.
        scores: (C, F) of each cluster in each frame, 0 where no box lies there.
        days: (F,) number of the day.
        settings: how much must agree.
    """
    frames = scores.shape[1]
    sure = scores.max(1, initial=0) >= settings.vehicle_score
    still = same_share(similarity, settings.min_similarity) >= settings.furniture_share
    enough = frames >= settings.min_frames
    changed = float((~still[sure]).mean()) if sure.sum() >= settings.min_changes else 0.0
    tells = enough and (len(np.unique(days)) > 1 or changed >= settings.min_changed_share)
    return [
        "vehicle" if seen or (enough and not stays) else "furniture" if tells else "untold"
        for seen, stays in zip(sure, still, strict=True)
    ]


def same_share(similarity: NDArray[np.float32], min_similarity: float) -> NDArray[np.float64]:
    """(C, F, 2 reach + 1) -> (C,) share of the compared pairs of frames in which a cluster's place looks the same.

    0 where no two frames were compared.
    """
    reach = similarity.shape[2] // 2
    pairs = similarity[:, :, :reach]  # each pair once: a frame and those before it
    compared = pairs > -1
    return np.asarray((compared & (pairs >= min_similarity)).sum((1, 2)) / np.maximum(compared.sum((1, 2)), 1))
