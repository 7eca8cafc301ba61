"""How many boxes a student may draw where the teacher has none, and from which score it draws no more."""

from __future__ import annotations

import numpy as np

from lotwise.students.pipeline.expected_f1 import MAX_THRESHOLD, Judged

MAX_INVENTED_SHARE = 0.02
"""Share of its boxes, beyond what the untouched nano has, that a student may draw where the teacher has none on any
frame: one box in fifty, for small cars far away that the teacher overlooks on all of them. Chosen, not measured."""


def may_be_invented(boxes: int, of_nano: int) -> float:
    """How many of a student's boxes the teacher need not have at all.

    Args:
        boxes: how many the student draws.
        of_nano: how many of the untouched nano's boxes, on the same frames, the teacher does not have.

    >>> may_be_invented(200, 1), may_be_invented(10, 0)
    (5.0, 1.0)
    """
    return of_nano + max(1.0, MAX_INVENTED_SHARE * boxes)


def raised_until_told(judged: Judged, threshold: float, of_nano: int) -> float:
    """The lowest score from a threshold up at which a student does not invent too much.

    Args:
        judged: its boxes on frames that it did not learn from.
        threshold: raw score that is best but for that.
        of_nano: how many of the untouched nano's boxes the teacher does not have.

    Returns:
        The threshold itself where no score that may be chosen is high enough.
    """
    for score in np.round(np.arange(threshold, MAX_THRESHOLD + 0.005, 0.01), 2).tolist():
        if judged.inventions(score) <= may_be_invented(int((judged.scores >= score).sum()), of_nano):
            return float(score)
    return threshold
