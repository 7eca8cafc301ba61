"""A frame's picture and its truth tell the same story."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from lotwise.datasets.boxes import coverage
from lotwise.datasets.synthetic.light import Weather
from lotwise.datasets.synthetic.lot import Place
from lotwise.datasets.synthetic.raster import SUBPIXELS
from lotwise.datasets.synthetic.render import Shot
from lotwise.datasets.synthetic.scene import Placement, Stage
from tests.datasets.synthetic.conftest import VAN, parked

Shoot = Callable[..., Shot]


def in_view(stage: Stage) -> list[Place]:
    """Slots of the stage from near to far, those near the middle column of the frame first."""
    seen = {slot.id for slot in stage.slots}
    middle = stage.view.position[0]
    places = [place for place in stage.lot.slots if place.id in seen]
    return sorted(places, key=lambda place: (round(place.centre[1]), abs(place.centre[0] - middle)))


def column(stage: Stage) -> list[Place]:
    """One slot of each row, in line with the camera, near to far."""
    rows: dict[int, Place] = {}
    for place in in_view(stage):
        rows.setdefault(round(place.centre[1]), place)
    return list(rows.values())


def test_boxes_are_the_visible_extent_in_the_id_buffer(stage: Stage, shoot: Shoot) -> None:
    shot = shoot(*(parked(place) for place in in_view(stage)))
    vehicles = shot.truth.vehicles
    assert vehicles is not None and len(vehicles.boxes) > 20
    for box, index in zip(vehicles.boxes, shot.boxed, strict=True):
        rows, columns = np.nonzero(shot.owner == index + 1)
        extent = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert (box * SUBPIXELS).tolist() == extent


def test_the_picture_changes_exactly_where_the_box_says(stage: Stage, shoot: Shoot) -> None:
    car = parked(in_view(stage)[0])
    empty, full = (s.image.astype(int) for s in (shoot(weather="overcast"), shoot(car, weather="overcast")))
    vehicles = shoot(car, weather="overcast").truth.vehicles
    assert vehicles is not None
    x0, y0, x1, y1 = vehicles.boxes[0].astype(int)
    changed = np.abs(full - empty).max(2) > 40
    assert changed[y0:y1, x0:x1].mean() > 0.4
    changed[y0 - 3 : y1 + 12, x0 - 12 : x1 + 12] = False
    assert changed.mean() < 0.002


def van_before(place: Place, aside: float) -> Placement:
    """A van across the line of sight to a slot, so many metres aside of it."""
    x, y = place.centre
    return Placement(VAN, x + aside, y - 3.6, 0.0)


def test_a_half_hidden_car_keeps_only_the_part_that_shows(low_stage: Stage, low_shoot: Shoot) -> None:
    place = column(low_stage)[1]
    alone = low_shoot(parked(place)).truth.vehicles
    truth = low_shoot(parked(place), van_before(place, 2.6)).truth
    assert alone is not None and truth.vehicles is not None and truth.slots is not None
    whole, left = alone.boxes[0], truth.vehicles.boxes[0]
    assert left[2] - left[0] < 0.85 * (whole[2] - whole[0])
    assert coverage(alone.boxes[:1], truth.vehicles.boxes[:1])[0, 0] == pytest.approx(1)
    assert not truth.vehicles.ignore[0]
    assert truth.slots[place.id] == "occupied"


def test_a_car_behind_a_van_is_ignored_and_its_slot_has_no_state(low_stage: Stage, low_shoot: Shoot) -> None:
    place = column(low_stage)[1]
    shot = low_shoot(parked(place), van_before(place, 0.0))
    assert shot.truth.vehicles is not None and shot.truth.slots is not None
    assert (shot.owner == 1).sum() < 0.1 * (low_shoot(parked(place)).owner == 1).sum()
    assert 0 not in shot.boxed or shot.truth.vehicles.ignore[shot.boxed.index(0)]
    assert place.id not in shot.truth.slots


def test_a_free_slot_behind_a_van_has_no_state_either(low_stage: Stage, low_shoot: Shoot) -> None:
    place = column(low_stage)[1]
    clear, hidden = low_shoot().truth.slots, low_shoot(van_before(place, 0.0)).truth.slots
    assert clear is not None and hidden is not None
    assert clear[place.id] == "free"
    assert place.id not in hidden


def test_boxes_end_at_the_frame_and_slivers_are_ignored(stage: Stage, shoot: Shoot) -> None:
    shot = shoot(*(parked(place) for place in stage.lot.slots))
    vehicles = shot.truth.vehicles
    assert vehicles is not None
    assert vehicles.boxes.min() >= 0
    assert (vehicles.boxes.max(0) <= [480, 360, 480, 360]).all()
    low = vehicles.boxes[:, 3] - vehicles.boxes[:, 1] < 8
    assert vehicles.ignore[low].all()


def test_occupied_slots_hold_a_car_whose_box_covers_the_middle_of_the_slot(stage: Stage, shoot: Shoot) -> None:
    places = in_view(stage)[::3]
    shot = shoot(*(parked(place) for place in places))
    assert shot.truth.slots is not None and shot.truth.vehicles is not None
    assert {name for name, state in shot.truth.slots.items() if state == "occupied"} <= {p.id for p in places}
    outlines = {slot.id: slot.polygon * [480, 360] for slot in stage.slots}
    boxes = dict(zip(shot.boxed, shot.truth.vehicles.boxes, strict=True))
    checked = 0
    for index, place in enumerate(places):
        if shot.truth.slots.get(place.id) != "occupied":
            continue
        if (shot.owner == index + 1).sum() < 0.9 * (shoot(parked(place)).owner == 1).sum():
            continue
        x, y = outlines[place.id].mean(0)
        x0, y0, x1, y1 = boxes[index]
        assert x0 <= x <= x1 and y0 <= y <= y1
        checked += 1
    assert checked >= 5


@pytest.mark.parametrize(
    ("weather", "hour"),
    [
        ("sunny", 8.0),  # long shadows
        ("rain", 12.0),  # reflections, drops
        ("cloudy", 18.6),  # dusk, lamps on
    ],
)
def test_light_changes_the_picture_and_never_the_truth(
    stage: Stage, shoot: Shoot, weather: Weather, hour: float
) -> None:
    cars = [parked(place) for place in in_view(stage)[::2]]
    noon, other = shoot(*cars), shoot(*cars, weather=weather, hour=hour, noise=9)
    assert noon.truth.vehicles is not None and other.truth.vehicles is not None
    np.testing.assert_array_equal(noon.truth.vehicles.boxes, other.truth.vehicles.boxes)
    assert noon.truth.slots == other.truth.slots
    assert np.abs(noon.image.astype(int) - other.image).mean() > 4


def test_slots_lie_where_their_lines_are_painted(stage: Stage, shoot: Shoot) -> None:
    picture = shoot(weather="overcast").image.mean(2)
    lines = np.zeros(picture.shape, np.uint8)
    inner = np.zeros(picture.shape, np.uint8)
    near = {place.id for place in in_view(stage)[:10]}
    for slot in stage.slots:
        if slot.id in near:
            corners = slot.polygon * [480, 360]
            shrunk = corners.mean(0) + (corners - corners.mean(0)) * 0.6
            cv2.fillPoly(inner, [shrunk.astype(np.int32)], 1)
            for a, b in ((0, 3), (1, 2)):
                cv2.line(lines, corners[a].astype(int).tolist(), corners[b].astype(int).tolist(), 1, 1)
    assert picture[lines > 0].mean() > picture[inner > 0].mean() + 5
