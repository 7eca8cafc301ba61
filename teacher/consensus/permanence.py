"""What of a fixed view comes and goes, as vehicles do, and what never does."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lotwise.teacher.consensus.settings import ConsensusSettings

Permanence = Literal["vehicle", "furniture", "untold"]
"""``vehicle``: the teacher is sure of it in some frame, or it comes, goes or is replaced by another. ``furniture``: it
is there over days, looks the same all the time, and the teacher is sure of it in no frame. ``untold``: the same, but
the frames are too few, or of one day, to tell a thing that never leaves from a car that has not left yet."""
MIN_STILL, MIN_ALIKE = 3, 0.5
"""A frame shows what has left if the places that stand still, so many at least, look there as in half of the others."""
MAX_GONE_ALIKE = 0.2
"""A place that looks as in fewer of the others, and has no box, is empty. These three are chosen, not measured."""


def permanence(
    similarity: NDArray[np.float32], scores: NDArray[np.float32], days: NDArray[np.int64], settings: ConsensusSettings
) -> list[Permanence]:
    """Tell for each cluster of boxes whether what lies there comes and goes.

    A car's place is empty in some frame, or another car stands there: it looks different then. A container's is not.
    Frames of one day cannot tell: on camera 1 of CNR-EXT, where most cars come and go, six stay from morning to dusk,
    half hidden, and the teacher is sure of none of them.

    Args:
        similarity: (C, F, 2 reach + 1) patch similarity of each frame to those around it, from ``patch_similarity``.
        scores: (C, F) of each cluster in each frame, 0 where no box lies there.
        days: (F,) number of the day.
        settings: how much must agree.
    """
    enough = scores.shape[1] >= settings.min_frames
    sure = scores.max(1, initial=0) >= settings.vehicle_score
    alike = _alike(similarity, settings.min_similarity)
    still = same_share(similarity, settings.min_similarity) >= settings.furniture_share
    still &= ~_leaves(alike, scores, still, settings)
    tells = enough and len(np.unique(days)) > 1
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


def _alike(similarity: NDArray[np.float32], min_similarity: float) -> NDArray[np.float64]:
    """(C, F) share of the frames around each frame in which a cluster's place looks as it does there."""
    others = np.arange(similarity.shape[2]) != similarity.shape[2] // 2
    compared = (similarity > -1) & others
    return np.asarray((compared & (similarity >= min_similarity)).sum(2) / np.maximum(compared.sum(2), 1))


def _leaves(
    alike: NDArray[np.float64], scores: NDArray[np.float32], still: NDArray[np.bool_], settings: ConsensusSettings
) -> NDArray[np.bool_]:
    """(C,) whether on some frame a cluster's place shows no box and looks other than elsewhere.

    Frames in which most of what stands still looks other too, as at dusk, tell nothing.
    """
    others_alike = np.median(alike[still], axis=0) if still.sum() >= MIN_STILL else np.ones(alike.shape[1])
    tells = others_alike >= MIN_ALIKE
    return np.asarray((tells & (scores < settings.ignore_threshold) & (alike < MAX_GONE_ALIKE)).any(1))
