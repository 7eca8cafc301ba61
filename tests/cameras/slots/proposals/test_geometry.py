"""The ground, cars on it, and how the view is found from them."""

from __future__ import annotations

import numpy as np
import pytest

from lotwise.cameras.slots.proposals.calibration import disorder, fit_views, misfit, refine_view
from lotwise.cameras.slots.proposals.car_on_ground import HEIGHT_M, LENGTH_M, WIDTH_M, boxes_of, outline, places_of
from lotwise.cameras.slots.proposals.ground_view import GroundView
from tests.cameras.slots.proposals.planted import SIZE, VIEW, lot

TILTED = GroundView((1000, 750), 700.0, 0.6, 0.05, 6.0)


@pytest.mark.parametrize("view", [VIEW, TILTED])
def test_ground_and_picture_lead_to_each_other(view: GroundView) -> None:
    points = np.random.default_rng(0).uniform([-5, 6], [5, 40], (50, 2))
    assert np.allclose(view.on_ground(view.laid(points)), points)


def test_no_ground_above_the_horizon() -> None:
    assert np.isnan(VIEW.on_ground(np.array([640.0, 0.0]))).all() == (np.arctan(360 / 1050) > 0.45)
    assert np.isnan(GroundView(SIZE, 1050.0, 0.1, 0.0, 9.0).on_ground(np.array([640.0, 0.0]))).all()


def test_the_horizon_leans_with_the_camera() -> None:
    left, right = (GroundView(SIZE, 1050.0, 0.4, 0.1, 9.0).laid(np.array([[x, 1e5]])) for x in (-3e4, 3e4))
    straight = VIEW.laid(np.array([[-3e4, 1e5], [3e4, 1e5]]))
    assert abs(straight[0, 1] - straight[1, 1]) < 1
    assert abs(left[0, 1] - right[0, 1]) > 30


def test_an_outline_is_as_large_as_a_car() -> None:
    points = outline(np.array([0.0, np.pi / 2]))
    assert np.ptp(points[0], axis=0)[:2] == pytest.approx([LENGTH_M, WIDTH_M])
    assert np.ptp(points[1], axis=0)[:2] == pytest.approx([WIDTH_M, LENGTH_M])
    assert points[..., 2].max() == HEIGHT_M


def test_a_car_is_found_where_its_box_says() -> None:
    rng = np.random.default_rng(1)
    middles, yaws = rng.uniform([-8, 12], [8, 40], (40, 2)), rng.uniform(0, np.pi, 40)
    places, size = places_of(VIEW, boxes_of(VIEW, middles, yaws), yaws)
    assert np.abs(places - middles).max() < 0.1
    assert np.abs(size).max() < 0.02


def test_the_true_view_fits_and_others_do_not() -> None:
    places = lot(20, np.random.default_rng(3))
    middles, yaws = np.array([one.middle for one in places]), np.array([one.yaw for one in places])
    boxes = boxes_of(VIEW, middles, yaws)
    assert misfit(VIEW, boxes).max() < 0.1
    assert np.median(misfit(GroundView(SIZE, 1050.0, 0.45, 0.0, 14.0), boxes)) > 1
    rows = [(np.arange(7), np.arange(7)), (np.arange(14, 23), np.arange(9))]
    wrong = GroundView(SIZE, 750.0, 0.6, 0.03, 10.0)
    assert disorder(VIEW, boxes, rows) < disorder(wrong, boxes, rows)
    refined = refine_view(wrong, boxes, rows)
    assert disorder(refined, boxes, rows) < disorder(wrong, boxes, rows)
    assert refined.pitch == pytest.approx(VIEW.pitch, abs=0.08)
    assert refined.height == pytest.approx(VIEW.height, rel=0.1)


def test_views_to_begin_with_differ_in_their_lens() -> None:
    places = lot(20, np.random.default_rng(3))
    boxes = boxes_of(VIEW, np.array([one.middle for one in places]), np.array([one.yaw for one in places]))
    views = fit_views(boxes, SIZE)
    assert [round(view.focal / 1280, 2) for view in views] == [0.6, 0.85, 1.25]
    assert all(np.median(misfit(view, boxes)) < 1 for view in views)
    assert fit_views(boxes[:5], SIZE) == []
