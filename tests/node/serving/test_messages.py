"""Boxes as they travel."""

from __future__ import annotations

import numpy as np
import pytest

from lotwise.node.serving.messages import boxes_bytes, detection_path, read_boxes


@pytest.mark.parametrize("count", [0, 1, 300])
def test_boxes_come_back_to_the_last_bit(count: int) -> None:
    chance = np.random.default_rng(1)
    boxes, scores = chance.random((count, 4), np.float32) * 640, chance.random(count, np.float32)
    data = boxes_bytes(boxes, scores)
    assert len(data) == 20 * count
    again = read_boxes(data)
    assert np.array_equal(again[0], boxes) and np.array_equal(again[1], scores)


@pytest.mark.parametrize(
    "data",
    [
        b"abc",
        boxes_bytes(np.full((1, 4), np.nan, np.float32), np.ones(1, np.float32)),
        boxes_bytes(np.ones((1, 4), np.float32), np.full(1, 1.5, np.float32)),
        b"\0" * 20 * 1001,
    ],
)
def test_what_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        read_boxes(data)


def test_a_camera_with_a_slash_stays_one_part_of_the_path() -> None:
    assert detection_path("north 1/é") == "/api/v1/detection/north%201%2F%C3%A9"
