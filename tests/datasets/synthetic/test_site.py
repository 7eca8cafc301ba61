"""The demo site on disk: written once, read back the same, broken files named."""

import json
from itertools import combinations, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset
from lotwise.datasets.images import read_image
from lotwise.datasets.synthetic import read_synthetic, render_site
from lotwise.datasets.synthetic.site import site_lot, site_moments, site_shots, site_stages
from lotwise.datasets.synthetic.vehicles import footprint

SMALL = {"cameras": 2, "days": 1, "frames_per_day": 3, "width": 320, "height": 240, "seed": 4}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def site(root: Path) -> Dataset:
    return render_site(root, **SMALL)


def test_a_site_has_all_its_frames_slots_and_truth(site: Dataset) -> None:
    assert site.name == "synthetic"
    assert site.cameras == ("C1", "C2")
    assert [frame.name for frame in site.of_camera("C1")] == [
        "C1/2026-03-02/0730.jpg",
        "C1/2026-03-02/1303.jpg",
        "C1/2026-03-02/1836.jpg",
    ]
    for frame in site.frames:
        assert read_image(frame.path).shape == (240, 320, 3)
        assert frame.taken is not None and f"{frame.taken:%H%M}" == frame.path.stem
        truth = site.truth[frame.name]
        assert truth.vehicles is not None and truth.slots is not None
        assert set(truth.slots) <= {slot.id for slot in site.slots[frame.camera]}
        assert set(truth.slots.values()) <= {"free", "occupied"}
    for slots in site.slots.values():
        assert len(slots) >= 12
        assert all(slot.polygon.min() >= 0 and slot.polygon.max() <= 1 for slot in slots)


def test_the_same_seed_gives_the_same_site_byte_for_byte(site: Dataset, tmp_path: Path) -> None:
    again = render_site(tmp_path, **SMALL)
    for first, second in zip(site.frames, again.frames, strict=True):
        assert first.path.read_bytes() == second.path.read_bytes()
    for name in ("slots.json", "vehicles.json", "states.json", "site.json"):
        assert (site.root / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_second_call_renders_nothing_and_returns_the_same(site: Dataset, root: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    again = render_site(root, **SMALL, progress=lambda *_: pytest.fail("rendered again"))
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()} == before
    assert again.frames == site.frames
    for name, truth in site.truth.items():
        other = again.truth[name]
        assert truth.vehicles is not None and other.vehicles is not None
        np.testing.assert_array_equal(truth.vehicles.boxes, other.vehicles.boxes)
        np.testing.assert_array_equal(truth.vehicles.ignore, other.vehicles.ignore)
        assert truth.slots == other.slots


def test_an_incomplete_site_is_rendered_again(tmp_path: Path) -> None:
    tiny = {"cameras": 1, "days": 1, "frames_per_day": 2, "width": 160, "height": 120}
    site = render_site(tmp_path, **tiny)
    site.frames[0].path.unlink()
    calls: list[tuple[int, int]] = []
    render_site(tmp_path, **tiny, progress=lambda stage, done, total, note: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]
    assert site.frames[0].path.is_file()


def test_other_parameters_give_another_site(tmp_path: Path) -> None:
    tiny = {"cameras": 1, "days": 1, "frames_per_day": 1, "width": 160, "height": 120}
    first = render_site(tmp_path, **tiny, seed=1).frames[0].path.read_bytes()
    assert render_site(tmp_path, **tiny, seed=2).frames[0].path.read_bytes() != first


def test_what_is_read_back_equals_the_coco_file(site: Dataset, root: Path) -> None:
    coco = json.loads((root / "vehicles.json").read_text())
    assert coco["categories"] == [{"id": 1, "name": "vehicle"}]
    for image in coco["images"]:
        mine = [a for a in coco["annotations"] if a["image_id"] == image["id"]]
        truth = site.truth[image["file_name"]].vehicles
        assert truth is not None and len(truth.boxes) == len(mine)
        for box, ignore, annotation in zip(truth.boxes, truth.ignore, mine, strict=True):
            x, y, w, h = annotation["bbox"]
            assert box.tolist() == [x, y, x + w, y + h]
            assert bool(annotation["iscrowd"]) == ignore


def test_cameras_can_be_picked(root: Path, site: Dataset) -> None:
    only = read_synthetic(root, ["C2"])
    assert only.cameras == ("C2",) and set(only.slots) == {"C2"}
    assert set(only.truth) == {frame.name for frame in only.frames}
    with pytest.raises(InputError, match=r"no camera C7; this site has C1, C2"):
        read_synthetic(root, ["C7"])


@pytest.mark.parametrize("name", ["site.json", "slots.json", "vehicles.json", "states.json"])
@pytest.mark.parametrize(
    "content",
    [
        None,  # missing
        "{ half a file",  # broken
    ],
)
def test_missing_and_broken_files_are_named(site: Dataset, tmp_path: Path, name: str, content: str | None) -> None:
    for other in ("site.json", "slots.json", "vehicles.json", "states.json"):
        (tmp_path / other).write_text((site.root / other).read_text())
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=name):
        read_synthetic(tmp_path)


def test_files_that_do_not_fit_together_are_reported(site: Dataset, tmp_path: Path) -> None:
    for other in ("site.json", "slots.json", "vehicles.json"):
        (tmp_path / other).write_text((site.root / other).read_text())
    (tmp_path / "states.json").write_text("{}")
    with pytest.raises(InputError, match="do not fit together"):
        read_synthetic(tmp_path)


def test_senseless_parameters_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cameras=0"):
        render_site(tmp_path, cameras=0)


def test_the_lot_fills_and_empties_over_the_day_and_cars_stay_where_they_parked() -> None:
    lot = site_lot(0)
    moments = site_moments(lot, 0, 2, 12)
    taken = [{car.slot: car for car in moment.scene.cars if car.slot} for moment in moments]
    share = [len(cars) / len(lot.slots) for cars in taken]
    assert max(share[3:8]) > 0.55
    assert min(share[0], share[11]) < 0.45
    assert max(share) - min(share) > 0.3
    # Whoever is still on the slot an hour later stands there to the millimetre, in the same colour.
    same = [cars[slot] == later[slot] for cars, later in pairwise(taken) for slot in cars.keys() & later]
    assert np.mean(same) > 0.6
    weathers = {moment.scene.light.weather for moment in moments}
    assert {"sunny", "rain"} <= weathers
    assert any(moment.scene.light.dark for moment in moments)


def test_boxes_of_parked_cars_repeat_from_frame_to_frame() -> None:
    stages = site_stages(4, 1, 320, 240)
    shots = list(site_shots(stages, site_moments(stages[0].lot, 4, 1, 14)[5:7], 4))
    (_, before, first), (_, after, second) = shots
    earlier = dict(zip((before.scene.cars[i] for i in first.boxed), first.truth.vehicles.boxes, strict=True))
    later = dict(zip((after.scene.cars[i] for i in second.boxed), second.truth.vehicles.boxes, strict=True))
    common = earlier.keys() & later
    assert len(common) > 10
    same = [np.array_equal(earlier[car], later[car]) for car in common]
    assert np.mean(same) > 0.7  # the rest is hidden by a car that came or went


def test_no_two_cars_stand_in_one_another() -> None:
    lot = site_lot(0)
    for moment in site_moments(lot, 0, 1, 6):
        outlines = [
            footprint(car.vehicle, car.x, car.y, car.yaw, -0.1)[:, :2].astype(np.float32) for car in moment.scene.cars
        ]
        for a, b in combinations(outlines, 2):
            if np.hypot(*(a.mean(0) - b.mean(0))) < 6:
                assert cv2.intersectConvexConvex(a, b)[0] < 0.05
