"""Sharpness falls where a lens is blurred, and not with light, noise or what there is to see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.site.view import ViewSettings
from lotwise.cameras.view.sharpness import sharpness
from lotwise.datasets.disturbances import blurred, brighter, noisy, recoded
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


@pytest.mark.parametrize("image", [np.full((750, 1000, 3), 90, np.uint8), np.zeros((8, 8, 3), np.uint8), scene()[:10]])
def test_too_little_to_tell(image: np.ndarray) -> None:
    assert sharpness(image) is None
