"""How a frame is fitted into the input: there and back within a pixel, whatever its size."""

import numpy as np
import pytest

from lotwise.cameras.detection.letterbox import GREY, Letterbox

SIZES = [(1000, 750), (1280, 720), (641, 479), (33, 47), (100, 3000), (3000, 100), (1, 1), (1, 5000), (5000, 1)]


@pytest.mark.parametrize("frame", SIZES)
@pytest.mark.parametrize("size", [64, 640])
def test_input_is_a_multiple_of_the_stride_with_the_asked_longer_side(frame, size: int) -> None:
    box = Letterbox.around(frame, size)
    assert max(box.input) == size
    assert all(side % 32 == 0 and side > 0 for side in box.input)
    image = box.image(np.full((frame[1], frame[0], 3), 200, np.uint8))
    assert image.shape == (box.input[1], box.input[0], 3)


@pytest.mark.parametrize("frame", SIZES)
@pytest.mark.parametrize("into", [(640, 480), (64, 96), (641, 333)])
def test_boxes_come_back_within_a_pixel(frame, into) -> None:
    box = Letterbox(frame, into)
    rng = np.random.default_rng(0)
    corners = np.sort(rng.uniform(0, 1, (50, 2, 2)), axis=1).reshape(-1, 4) * [*frame, *frame]
    back = box.to_frame(box.to_input(corners.astype(np.float32)))
    assert np.abs(back - corners).max() < 1
    assert (box.to_input(corners.astype(np.float32)) <= np.array([*into, *into]) + 1).all()


@pytest.mark.parametrize("frame", [(160, 120), (161, 119), (90, 200)])
def test_a_car_lies_in_the_input_where_its_box_does(frame) -> None:
    box = Letterbox.around(frame, 128)
    image = np.zeros((frame[1], frame[0], 3), np.uint8)
    image[40:80, 20:60] = 255
    white = box.image(image)[..., 0] > 127
    y, x = np.nonzero(white & (box.image(image)[..., 0] != GREY))
    expected = box.to_input(np.float32([[20, 40, 60, 80]]))[0]
    assert np.abs([x.min(), y.min(), x.max() + 1, y.max() + 1] - expected).max() <= 1


def test_the_border_is_grey_and_boxes_in_it_are_cut() -> None:
    box = Letterbox((100, 50), (64, 64))
    image = box.image(np.full((50, 100, 3), 255, np.uint8))
    assert box.offset == (0, 16)
    assert (image[:16] == GREY).all() and (image[48:] == GREY).all() and (image[16:48] == 255).all()
    assert box.to_frame(np.float32([[-5, 0, 70, 64]])).tolist() == [[0, 0, 100, 50]]


@pytest.mark.parametrize("frame", [(1000, 750), (641, 479), (47, 33)])
@pytest.mark.parametrize("crop", [(0.25, 0.5, 0.75, 1.0), (0.0, 0.1, 0.31, 0.9), (0.9, 0.9, 1.0, 1.0)])
def test_boxes_in_a_crop_come_back_within_a_pixel_and_others_are_cut_at_it(frame, crop) -> None:
    box = Letterbox(frame, (320, 192), crop)
    left, top, right, bottom = box.window
    rng = np.random.default_rng(0)
    corners = np.sort(rng.uniform(0, 1, (50, 2, 2)), axis=1).reshape(-1, 4) * [*frame, *frame]
    back = box.to_frame(box.to_input(corners.astype(np.float32)))
    assert np.abs(back - np.clip(corners, [left, top] * 2, [right, bottom] * 2)).max() < 0.1


def test_a_crop_shows_its_part_of_the_frame_only() -> None:
    image = np.zeros((120, 160, 3), np.uint8)
    image[60:, 80:] = 255
    box = Letterbox((160, 120), (64, 64), (0.5, 0.5, 1.0, 1.0))
    fitted = box.image(image)
    assert fitted.shape == (64, 64, 3) and set(np.unique(fitted)) == {GREY, 255}
    car = box.to_input(np.float32([[100, 70, 120, 90]]))
    assert np.allclose(box.to_frame(car), [[100, 70, 120, 90]], atol=1e-3)
