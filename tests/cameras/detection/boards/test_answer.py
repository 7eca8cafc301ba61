import numpy as np
import pytest

from lotwise.cameras.detection.boards.answer import BYTES_A_BOX, pack, unpack_boxes, unpack_maps
from lotwise.datasets.frame import Detections


def test_a_box_takes_ten_bytes_and_comes_back_to_a_sixteenth_of_a_pixel() -> None:
    rng = np.random.default_rng(0)
    found = Detections.of(rng.uniform(0, 2048, (50, 4)), rng.uniform(0, 1, 50))
    data = pack(found)
    assert len(data) == 50 * BYTES_A_BOX == 500
    back = unpack_boxes(data)
    assert np.abs(back.boxes - found.boxes).max() <= 1 / 32
    assert np.abs(back.scores - found.scores).max() <= 1 / 65535


def test_maps_take_two_bytes_a_number() -> None:
    maps = (np.arange(24, dtype=np.float16).reshape(2, 3, 4), np.ones((3, 1, 2), np.float16))
    data = pack(maps)
    assert len(data) == 2 * (24 + 6)
    back = unpack_maps(data, [(2, 3, 4), (3, 1, 2)])
    assert all(np.array_equal(one, other) for one, other in zip(maps, back, strict=True))


def test_what_is_no_number_is_nothing() -> None:
    data = pack((np.array([[[np.nan, np.inf, 1.0]]], np.float16),))
    assert unpack_maps(data, [(1, 1, 3)])[0].tolist() == [[[0.0, 0.0, 1.0]]]


def test_a_torn_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="no whole number of boxes"):
        unpack_boxes(b"123")
    with pytest.raises(ValueError, match="these maps have 8"):
        unpack_maps(b"123", [(1, 2, 2)])
