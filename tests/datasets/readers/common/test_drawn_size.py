"""Boxes drawn on another size than the picture is seen in."""

import numpy as np
import pytest

from lotwise.datasets.readers.common.drawn_size import placed

SEEN = (480, 640)
"""Of a picture stored as 640 x 480 where it is turned by a quarter."""


@pytest.mark.parametrize(
    ("drawn", "turn", "box", "expected", "kind"),
    [
        (SEEN, 1, [1, 2, 3, 4], [1, 2, 3, 4], "as seen"),
        (None, 1, [1, 2, 3, 4], [1, 2, 3, 4], "as seen"),
        (SEEN, 6, [1, 2, 3, 4], [1, 2, 3, 4], "as seen"),
        (None, 6, [1, 2, 3, 4], [1, 2, 3, 4], "turn unclear"),
        (SEEN, 3, [1, 2, 3, 4], [1, 2, 3, 4], "turn unclear"),  # the size is the same either way
        ((640, 480), 6, [500, 216, 600, 360], [120, 500, 264, 600], "turned"),
        ((640, 480), 8, [500, 216, 600, 360], [216, 40, 360, 140], "turned"),
        ((320, 240), 6, [250, 108, 300, 180], [120, 500, 264, 600], "turned"),
        ((960, 1280), 1, [2, 4, 6, 8], [1, 2, 3, 4], "scaled"),
        ((960, 1280), 6, [2, 4, 6, 8], [1, 2, 3, 4], "scaled"),
        ((640, 480), 1, [1, 2, 3, 4], None, "unlike"),
        ((640, 640), 1, [1, 2, 3, 4], None, "unlike"),
    ],
)
def test_where_a_box_lies(
    drawn: tuple[int, int] | None, turn: int, box: list[float], expected: list[float] | None, kind: str
) -> None:
    boxes, how = placed(np.array([box], np.float64), drawn, SEEN, turn)
    assert how == kind
    assert boxes.tolist() == ([] if expected is None else [expected])
