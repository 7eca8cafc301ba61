"""Where a view lies against its reference."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lotwise.cameras.view.edges import edges
from lotwise.cameras.view.registration import MIN_PEAK_RATIO, EdgeReference
from lotwise.cameras.view.thumbnail import HEIGHT, WIDTH, thumbnail
from tests.cameras.view.scenes import scene


def turned(image: np.ndarray, degrees: float = 0, zoom: float = 1, x: float = 0, y: float = 0) -> np.ndarray:
    """About its middle; shift in pixels of the thumbnail."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, zoom)
    matrix[:, 2] += x * width / WIDTH, y * height / HEIGHT
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (3, -2), (-7.5, 4.25)])
def test_a_shift_is_measured_between_pixels(x: float, y: float) -> None:
    found = EdgeReference(edges(thumbnail(scene(seed=1)))).shift(edges(thumbnail(turned(scene(seed=2), x=x, y=y))))
    assert (found.x, found.y) == pytest.approx((x, y), abs=0.3)
    assert found.peak_ratio > MIN_PEAK_RATIO


@pytest.mark.parametrize(("degrees", "zoom"), [(2, 1), (0, 1.05), (-3, 0.97)])
def test_rotation_and_zoom_are_measured(degrees: float, zoom: float) -> None:
    found = EdgeReference(edges(thumbnail(scene(seed=1)))).warp(edges(thumbnail(turned(scene(seed=2), degrees, zoom))))
    assert found is not None
    assert found.degrees == pytest.approx(degrees, abs=0.4)
    assert found.zoom == pytest.approx(zoom, abs=0.01)


def test_another_view_has_no_clear_place() -> None:
    other = np.ascontiguousarray(scene(seed=2)[::-1, ::-1])
    reference = EdgeReference(edges(thumbnail(scene(seed=1))))
    assert reference.shift(edges(thumbnail(other))).peak_ratio < MIN_PEAK_RATIO
    assert reference.warp(edges(thumbnail(other))) is None
