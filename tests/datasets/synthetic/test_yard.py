"""Yards full of furniture: a plain site stays as it was, and what is no vehicle is told with its kind and box."""

import hashlib
import json
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.boxes import iou
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset
from lotwise.datasets.images import read_image
from lotwise.datasets.synthetic import render_site
from lotwise.datasets.synthetic.furniture.piece import KINDS, Kind, Piece, extent
from lotwise.datasets.synthetic.light import light_at
from lotwise.datasets.synthetic.lot import Lot
from lotwise.datasets.synthetic.raster import SUBPIXELS
from lotwise.datasets.synthetic.render import Shot, make_stage, render
from lotwise.datasets.synthetic.scene import Placement, Scene, Stage
from lotwise.datasets.synthetic.sensor import random_sensor
from lotwise.datasets.synthetic.site import site_lot, site_moments, site_views, site_yard
from lotwise.datasets.synthetic.yard.file import read_furniture
from lotwise.datasets.synthetic.yard.plan import Yard, clear_of_pieces, overlap
from tests.datasets.synthetic.conftest import VAN, parked

SMALL = {"cameras": 1, "days": 2, "frames_per_day": 2, "width": 320, "height": 240, "seed": 4}


PLAIN_GREY = [
    [[171, 186, 182, 192], [116, 119, 129, 125], [126, 121, 125, 119]],
    [[129, 140, 137, 146], [88, 92, 103, 99], [69, 80, 97, 92]],
    [[167, 182, 179, 184], [112, 122, 119, 128], [96, 103, 117, 111]],
    [[115, 125, 122, 125], [92, 96, 95, 100], [71, 77, 76, 80]],
]
"""Mean brightness of the cells of each frame of the plain site, before there was furniture."""


def piece(kind: Kind, x: float, y: float, seed: int = 3) -> Piece:
    return Piece(kind, x, y, 0.4, seed, extent(kind, seed))


def shot_of(lot: Lot, stage: Stage, *pieces: Piece, cars: tuple[Placement, ...] = (), sun: bool = True) -> Shot:
    marked = make_stage(stage.view, lot, [one for one in pieces if one.kind in ("arrow", "patch")])
    light = light_at(12.0, "sunny" if sun else "overcast", 0.7, 1)
    return render(marked, Scene(cars, (), light, pieces), random_sensor(np.random.default_rng(3)))


def ahead(stage: Stage) -> tuple[float, float]:
    """A spot in the middle of the view."""
    return stage.view.position[0], stage.view.position[1] + 21.0


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return render_site(tmp_path_factory.mktemp("plain"), **SMALL)


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return render_site(tmp_path_factory.mktemp("yard"), **SMALL, clutter=0.8, residents=0.2)


def test_a_site_without_clutter_has_the_files_it_always_had(plain: Dataset) -> None:
    names = {path.name for path in plain.root.iterdir()}
    assert names == {"C1", "slots.json", "vehicles.json", "states.json", "site.json"}
    assert set(json.loads((plain.root / "site.json").read_text())) == {"version", *SMALL}
    assert read_furniture(plain.root) == {}


def test_boxes_and_states_of_a_plain_site_are_those_of_the_renderer_before_there_was_furniture(plain: Dataset) -> None:
    """Pictures hang on the version of NumPy's and OpenCV's arithmetic; where cars stand does not."""
    boxes = json.loads((plain.root / "vehicles.json").read_text())["annotations"]
    corners = np.array([annotation["bbox"] for annotation in boxes]).round().astype(int).tolist()
    states = (plain.root / "states.json").read_bytes()
    digest = hashlib.sha256(json.dumps(corners).encode() + states).hexdigest()
    assert digest == "539b42796dbc26b39fc48fb5f37fc558ddba09ac8b1037d23a7a2640f5960992"


def test_pictures_of_a_plain_site_are_those_of_the_renderer_before_there_was_furniture(plain: Dataset) -> None:
    found = [cv2.resize(read_image(frame.path), (4, 3), interpolation=cv2.INTER_AREA) for frame in plain.frames]
    grey = np.array([cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in found])
    np.testing.assert_allclose(grey, PLAIN_GREY, atol=1.5)


def test_every_piece_in_a_frame_has_its_box_and_kind(yard: Dataset) -> None:
    shown = read_furniture(yard.root)
    assert set(shown) == {frame.name for frame in yard.frames}
    assert all(len(pieces) >= 8 for pieces in shown.values())
    for pieces in shown.values():
        boxes = np.array([one.box for one in pieces])
        assert (boxes >= 0).all() and (boxes <= [320, 240, 320, 240]).all()
        assert (boxes[:, 2:] > boxes[:, :2]).all()
    assert len({one.kind for pieces in shown.values() for one in pieces}) >= 6


def test_a_broken_file_of_furniture_is_named(yard: Dataset, tmp_path: Path) -> None:
    (tmp_path / "furniture.json").write_text('{"categories": [{}]}')
    with pytest.raises(InputError, match=r"furniture\.json: not the furniture of a rendered site"):
        read_furniture(tmp_path)


def test_a_share_out_of_range_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"clutter=1\.5: expected a share from 0 to 1"):
        render_site(tmp_path, clutter=1.5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_picture_changes_where_the_box_of_a_piece_says(lot: Lot, stage: Stage, kind: Kind) -> None:
    sun = kind == "shadow"
    one = piece(kind, *ahead(stage))
    before, after = (shot_of(lot, stage, *found, sun=sun) for found in ((), (one,)))
    (told,) = after.furniture
    assert told.kind == kind
    x0, y0, x1, y1 = np.round(told.box).astype(int)
    changed = np.abs(after.image.astype(int) - before.image).max(2) > 20
    assert changed[y0:y1, x0:x1].mean() > 0.15
    changed[y0 - 3 : y1 + 12, x0 - 12 : x1 + 12] = False
    assert changed.mean() < 0.003
    assert after.truth.vehicles is not None and len(after.truth.vehicles.boxes) == 0


def test_a_solid_has_the_extent_of_its_pixels(lot: Lot, stage: Stage) -> None:
    one = piece("container", *ahead(stage))
    shot = shot_of(lot, stage, one)
    rows, columns = np.nonzero(shot.painted.piece[shot.painted.ids] == 1)
    (told,) = shot.furniture
    extent_px = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert [value * SUBPIXELS for value in told.box] == extent_px


def test_a_piece_behind_a_van_has_no_box(lot: Lot, low_stage: Stage) -> None:
    x, y = low_stage.view.position[0], low_stage.view.position[1] + 22.0
    bins = Piece("blocks", x, y, 0.0, 8, (1.5, 0.7))
    van = Placement(VAN, x, y - 3.5, 0.0)
    assert len(shot_of(lot, low_stage, bins).furniture) == 1
    assert shot_of(lot, low_stage, bins, cars=(van,)).furniture == ()


def test_a_shadow_shows_while_the_sun_does(lot: Lot, stage: Stage) -> None:
    one = piece("shadow", *ahead(stage))
    assert len(shot_of(lot, stage, one).furniture) == 1
    assert shot_of(lot, stage, one, sun=False).furniture == ()


def test_a_car_before_a_container_hides_it_and_keeps_its_own_box(lot: Lot, stage: Stage) -> None:
    place = min(lot.slots, key=lambda slot: abs(slot.centre[0] - ahead(stage)[0]) + slot.centre[1])
    car = parked(place)
    box = Piece("container", place.centre[0], place.centre[1] + 7.0, 0.0, 3, extent("container", 3))
    alone, both = shot_of(lot, stage, cars=(car,)).truth.vehicles, shot_of(lot, stage, box, cars=(car,)).truth.vehicles
    assert alone is not None and both is not None
    np.testing.assert_array_equal(alone.boxes, both.boxes)


@lru_cache
def planned(clutter: float, residents: float = 0.2, days: int = 3) -> tuple[Lot, Yard]:
    lot = site_lot(0)
    return lot, site_yard(0, lot, site_views(0, lot, 2, 320, 240), days, clutter, residents)


def test_pieces_stand_apart_off_the_lanes_and_more_of_them_at_a_higher_density() -> None:
    counts = [len(planned(clutter)[1].pieces) for clutter in (0.0, 0.2, 0.5, 1.0)]
    assert counts[0] == 0 and counts == sorted(set(counts)) and counts[-1] > 50
    lot, yard = planned(1.0)
    solid = [one for one in yard.pieces if one.solid]
    assert all(overlap(a.footprint(), b.footprint()) == 0 for a, b in combinations(solid, 2))
    blocked = [slot for slot in lot.slots if slot.id in yard.blocked]
    assert 0.08 < len(blocked) / len(lot.slots) < 0.25
    moving = [one for one in yard.pieces if one.begin > 0 or one.end < 72]
    assert 0.02 < len(moving) / len(yard.pieces) < 0.25


def test_some_cars_stay_all_days_and_none_stands_in_a_piece() -> None:
    lot, yard = planned(1.0)
    moments = site_moments(lot, 0, 3, 4, yard)
    assert len(yard.residents) >= 0.15 * len(lot.slots)
    assert any(stay.car.slot is None for stay in yard.residents)
    for moment in moments:
        cars, pieces = moment.scene.cars, moment.scene.furniture
        assert {stay.car for stay in yard.residents} <= set(cars)
        assert all(clear_of_pieces(pieces, car) for car in cars)
        assert yard.blocked.isdisjoint(car.slot for car in cars if car.slot)
        slots = [car.slot for car in cars if car.slot]
        assert len(slots) == len(set(slots))


def test_a_yard_takes_cars_out_and_changes_nothing_else() -> None:
    lot, yard = planned(0.5, residents=0.0)
    bare, full = site_moments(lot, 0, 3, 3), site_moments(lot, 0, 3, 3, yard)
    for before, after in zip(bare, full, strict=True):
        assert before.taken == after.taken and before.scene.light == after.scene.light
        assert set(after.scene.cars) <= set(before.scene.cars)
        assert len(after.scene.cars) > 0.7 * len(before.scene.cars)


def test_boxes_of_furniture_are_no_boxes_of_vehicles(yard: Dataset) -> None:
    for name, pieces in read_furniture(yard.root).items():
        vehicles = yard.truth[name].vehicles
        assert vehicles is not None
        solid = [one.box for one in pieces if one.kind in ("container", "skip", "office")]
        if solid and len(vehicles.boxes):
            assert iou(np.array(solid, np.float32), vehicles.boxes).max() < 0.75
