"""What the frames around each frame tell of one cluster of boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotwise.teacher.consensus.settings import ConsensusSettings


@dataclass(frozen=True)
class Neighbours:
    """One cluster in each of F frames, by the frames around that look the same where it lies.

    Attributes:
        same: (F, 2 reach + 1) bool, which of the frames around look the same as each frame, itself left out.
        pooled: (F,) score over the frame and those like it: root of the mean square.
        best: (F,) highest score in the frames like it.
        background: (F,) bool, whether it looks the same there over days and no box there is sure.
    """

    same: NDArray[np.bool_]
    pooled: NDArray[np.float64]
    best: NDArray[np.float32]
    background: NDArray[np.bool_]

    def support(self, frame: int) -> tuple[int, ...]:
        """Indices of the frames that look the same as this one, rising."""
        return tuple((np.flatnonzero(self.same[frame]) + frame - self.same.shape[1] // 2).tolist())


def pool_neighbours(
    similarity: NDArray[np.float32], scores: NDArray[np.float32], days: NDArray[np.int64], settings: ConsensusSettings
) -> Neighbours:
    """Find for each frame those that show the same where one cluster lies, and pool what was seen in them.

    Args:
        similarity: (F, 2 reach + 1) patch similarity to the frames around, from :func:`patch_similarity`.
        scores: (F,) of the cluster in each frame, 0 where no box lies there.
        days: (F,) number of the day.
        settings: how much must agree.
    """
    count, reach = len(scores), settings.reach
    around = _around(scores, reach)
    others = np.arange(2 * reach + 1) != reach
    weak = scores < settings.positive_threshold
    same = others & (similarity >= np.where(weak, settings.min_similarity_unseen, settings.min_similarity)[:, None])
    seen = around >= settings.positive_threshold
    like_car = np.where(same & seen, similarity, -1).max(1)
    like_none = np.where(others & ~seen, similarity, -1).max(1)
    left = (like_car < like_none - settings.min_similarity_gap) | (
        (same & seen).sum(1) < settings.min_support * same.sum(1)
    )
    # Where little or nothing was seen, only a car that was seen before and is seen again was there meanwhile: of one
    # that a tree hides and that never comes back, pixels alone do not tell.
    seen_same = same & seen
    enclosed = seen_same[:, :reach].any(1) & seen_same[:, reach + 1 :].any(1)
    same[weak & (left | ~enclosed)] = False
    squares = scores.astype(np.float64) ** 2 + (same * around.astype(np.float64) ** 2).sum(1)

    exists = others & (_around(np.ones(count), reach) > 0)
    day = np.where(same, _around(days, reach), days[:, None])
    repeats = same.sum(1) >= settings.background_share * np.maximum(exists.sum(1), settings.min_frames)
    unsure = around.max(1) < settings.sure_score
    return Neighbours(
        same,
        np.sqrt(squares / (1 + same.sum(1))),
        np.where(same, around, 0).max(1),
        repeats & unsure & (day.max(1) > day.min(1)),
    )


def _around(values: NDArray[Any], reach: int) -> NDArray[Any]:
    """(F,) -> (F, 2 reach + 1) the values of the frames around each frame; 0 before the first and after the last."""
    return np.lib.stride_tricks.sliding_window_view(np.pad(values, reach), 2 * reach + 1)
