"""Sharpness falls where a lens is blurred, and not with light, noise or what there is to see."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.site.view import ViewSettings
from lotwise.cameras.view.sharpness import measured_sharpness, sharpness
from lotwise.datasets.disturbances import blurred, brighter, foggy, noisy, recoded
from lotwise.datasets.images import read_image
from tests.cameras.view.scenes import scene

LIMIT = ViewSettings().blurred_share


@pytest.mark.shared
@pytest.mark.parametrize("camera", [1, 3, 4, 5, 9])
def test_a_blurred_lens_before_a_noisy_sensor_is_told_from_a_sharp_one(shared: Path, camera: int) -> None:
    path = next((shared / "data" / "cnr_ext" / "FULL_IMAGE_1000x750").rglob(f"camera{camera}/*.jpg"))
    image, rng = read_image(path), np.random.default_rng(0)
    usual = sharpness(image)
    assert usual is not None
    for sigma in (2, 3, 4):
        soft = sharpness(blurred(sigma)(image, rng))
        assert soft is None or soft < 0.8 * LIMIT * usual
    for change in (
        brighter(0.5),
        brighter(1.6),
        lambda one, rng: recoded(one, 40),
        lambda one, rng: noisy(one, rng, 3.0),
    ):
        same = sharpness(change(image, rng))
        assert same is not None and same > 1.5 * LIMIT * usual


@pytest.mark.parametrize("image", [np.full((750, 1000, 3), 90, np.uint8), np.zeros((8, 8, 3), np.uint8), scene()[:3]])
def test_too_little_to_tell(image: np.ndarray) -> None:
    assert sharpness(image) is None


@pytest.mark.shared
@pytest.mark.parametrize("camera", [1, 3, 4, 5, 9])
def test_what_is_left_of_a_small_frame_in_thick_mist_is_as_sharp_as_before(shared: Path, camera: int) -> None:
    path = next((shared / "data" / "cnr_ext" / "FULL_IMAGE_1000x750").rglob(f"camera{camera}/*.jpg"))
    image, rng = (
        np.asarray(cv2.resize(read_image(path), (320, 240), interpolation=cv2.INTER_AREA)),
        np.random.default_rng(0),
    )
    usual = sharpness(image)
    assert usual is not None
    misty = measured_sharpness(recoded(foggy(1.3)(image, rng), 85))
    assert misty is not None and misty.ratio > 1.1 * LIMIT * usual
    soft = measured_sharpness(recoded(foggy(0.6)(blurred(10)(image, rng), rng), 85))
    assert soft is None or soft.ratio < 0.9 * LIMIT * usual


@pytest.mark.shared
def test_faint_contrast_is_said_and_not_compared_by_later(shared: Path) -> None:
    path = next((shared / "data" / "cnr_ext" / "FULL_IMAGE_1000x750").rglob("camera5/*.jpg"))
    image, rng = read_image(path), np.random.default_rng(0)
    faint = foggy(2)(image, rng)
    found = measured_sharpness(faint)
    assert found is not None and found.faint and sharpness(faint) is None
    assert measured_sharpness(image) is not None and sharpness(image) is not None
    assert measured_sharpness(foggy(4)(image, rng)) is None
