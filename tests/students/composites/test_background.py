"""The free ground of a view and the light between two frames, on drawn scenes."""

import cv2
import numpy as np
import pytest

from lotwise.datasets.frame import Detections, Image
from lotwise.students.composites.background import covered, fit_light, learn_background

SIZE = (160, 120)


def ground() -> Image:
    """Asphalt with grain and a painted line, the same in every frame."""
    rng = np.random.default_rng(0)
    plain = np.full((SIZE[1], SIZE[0], 3), (96, 100, 104), np.float32)
    plain += cv2.GaussianBlur(rng.normal(0, 60, plain.shape).astype(np.float32), (0, 0), 4)
    plain[60:63] = 190
    return plain.clip(0, 255).astype(np.uint8)


def frame(*boxes: tuple[int, int, int, int], gain: float = 1.0, seed: int = 1) -> tuple[Image, Detections]:
    """The ground with a red car in each box, in some light, with noise."""
    image = ground().astype(np.float32)
    for x0, y0, x1, y1 in boxes:
        image[y0:y1, x0:x1] = (40, 40, 200)
    image = image * gain + np.random.default_rng(seed).normal(0, 2, image.shape)
    return image.clip(0, 255).astype(np.uint8), Detections.of(boxes, [0.9] * len(boxes))


LEFT, RIGHT = (20, 30, 50, 50), (100, 70, 140, 95)


def test_what_each_frame_hides_another_one_shows() -> None:
    learnt = learn_background([frame(LEFT), frame(LEFT, seed=2), frame(RIGHT, seed=3), frame(RIGHT, seed=4)], 0.03)
    assert learnt.known.all()
    assert np.abs(learnt.image.astype(int) - ground()).mean() < 3


def test_ground_that_no_frame_shows_is_not_known() -> None:
    learnt = learn_background([frame(LEFT, RIGHT), frame(LEFT, seed=2), frame(LEFT, seed=3)], 0.03)
    assert not learnt.known[30:50, 20:50].any()
    assert learnt.known[70:95, 100:140].all()


def test_a_vehicle_that_the_teacher_missed_in_one_frame_is_not_taken_for_ground() -> None:
    image, _ = frame(LEFT)
    learnt = learn_background([(image, Detections.empty()), frame(LEFT, seed=2), frame(LEFT, seed=3)], 0.03)
    assert not learnt.known[32:48, 22:48].any()


def test_frames_that_do_not_agree_do_not_tell_the_ground() -> None:
    image, _ = frame(LEFT)
    learnt = learn_background([(image, Detections.empty()), frame(seed=2), frame(RIGHT, seed=3)][:2], 0.03)
    assert not learnt.known[32:48, 22:48].any()


def test_brighter_frames_are_brought_to_the_light_of_the_middle_one() -> None:
    views = [frame(LEFT, gain=0.8), frame(RIGHT, gain=1.0, seed=2), frame(gain=1.25, seed=3)]
    learnt = learn_background(views, 0.03)
    seen = learnt.known & ~covered(views[1][1], SIZE)
    assert np.abs(learnt.image.astype(int) - ground())[seen].mean() < 4


def test_no_frames_are_an_error() -> None:
    with pytest.raises(ValueError, match="needs frames"):
        learn_background([], 0.03)


@pytest.mark.parametrize("changed", [0.0, 0.15])  # share of pixels on which something else stands
def test_light_is_fitted_through_what_did_not_change(changed: float) -> None:
    rng = np.random.default_rng(5)
    source = rng.uniform(20, 180, (3000, 3))
    target = source * [0.8, 1.0, 1.2] + [10, 0, -8] + rng.normal(0, 2, source.shape)
    target[: int(changed * 3000)] = rng.uniform(0, 255, 3)
    light = fit_light(source, target)
    assert light.gain == pytest.approx([0.8, 1.0, 1.2], abs=0.06)
    assert light.apply(np.full((1, 1, 3), 100, np.uint8))[0, 0] == pytest.approx([90, 100, 112], abs=5)


def test_pixels_that_are_all_alike_leave_the_gain_as_expected() -> None:
    light = fit_light(np.full((500, 3), 90.0), np.full((500, 3), 120.0), np.array([1.3, 1.3, 1.3], np.float32))
    assert light.gain == pytest.approx([1.3] * 3, abs=1e-3)
    assert light.apply(np.full((1, 1, 3), 90, np.uint8)).ravel().tolist() == [120] * 3


@pytest.mark.parametrize(("gain", "far"), [(1.0, False), (1.5, False), (1.8, True), (0.4, True)])
def test_day_and_night_are_far(gain: float, far: bool) -> None:
    source = np.random.default_rng(0).uniform(0, 255, (500, 3))
    assert fit_light(source, source * gain).far is far


def test_covered_is_wider_than_the_boxes_and_ends_at_the_picture() -> None:
    mask = covered(Detections.of([[-10, 10, 10, 30]], [0.5]), (40, 40), margin=0.1, least=1)
    assert mask[8:32, 0:12].all()
    assert mask.sum() == 24 * 12
