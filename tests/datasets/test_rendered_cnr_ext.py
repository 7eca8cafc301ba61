"""A rendered site in the official layout of CNR-EXT is read by the reader of CNR-EXT, with truth of both kinds."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.cnr_ext import read_cnr_ext
from lotwise.datasets.readers.cnr_ext_extent import DAYS, FRAMES
from lotwise.datasets.rendered_cnr_ext import RENDERED, render_official_layout
from lotwise.datasets.synthetic.site import site_lot, site_views
from lotwise.datasets.synthetic.truth import visible_slots

SMALL = {"frames_per_day": 2, "width": 160, "height": 120, "seed": 3}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("official")
    render_official_layout(folder, cameras=2, days=3, **SMALL)
    return folder


def test_the_reader_of_cnr_ext_reads_it_without_a_complaint(root: Path) -> None:
    dataset = read_cnr_ext(root)
    assert dataset.notes == ()
    assert dataset.cameras == ("C1", "C2")
    assert len(dataset.frames) == 2 * 3 * 2
    assert sorted({frame.taken.date() for frame in dataset.frames if frame.taken}) == list(DAYS)[:3]
    for frame in dataset.frames:
        truth = dataset.truth[frame.name]
        assert truth.vehicles is not None and truth.slots
        assert set(truth.slots) <= {slot.id for slot in dataset.slots[frame.camera]}
    assert {state for truth in dataset.truth.values() for state in (truth.slots or {}).values()} == {"free", "occupied"}


def test_a_slot_box_surrounds_its_slot(root: Path) -> None:
    lot = site_lot(3)
    seen = {slot.id: slot for slot in visible_slots(site_views(3, lot, 1, 160, 120)[0], lot)}
    slots = read_cnr_ext(root).slots["C1"]
    assert {slot.id for slot in slots} == set(seen)
    for slot in slots:
        x1, y1, x2, y2 = slot.box(160, 120)
        middle = seen[slot.id].polygon.mean(0) * (160, 120)
        assert x1 <= middle[0] <= x2 and y1 <= middle[1] <= y2
        assert y2 - y1 > np.ptp(seen[slot.id].polygon[:, 1]) * 120 * 0.8


def test_what_lies_there_whole_is_kept_and_what_does_not_is_rendered_again(root: Path) -> None:
    first = sorted(root.glob("FULL_IMAGE_1000x750/*/*/*/*.jpg"))[0]
    before, changed = first.read_bytes(), first.stat().st_mtime_ns
    render_official_layout(root, cameras=2, days=3, **SMALL)
    assert first.stat().st_mtime_ns == changed
    (root / RENDERED).unlink()
    first.unlink()
    render_official_layout(root, cameras=2, days=3, **SMALL)
    assert first.read_bytes() == before


@pytest.mark.parametrize(
    ("asked", "why"),
    [({"cameras": 10}, "cameras=10: .* 1 to 9"), ({"days": 24}, "days=24: .* 1 to 23"), ({"frames_per_day": 0}, "=0")],
)
def test_what_the_layout_cannot_hold_is_refused(tmp_path: Path, asked: dict[str, int], why: str) -> None:
    with pytest.raises(InputError, match=why):
        render_official_layout(tmp_path, **{"frames_per_day": 1, **asked})


@pytest.mark.shared
def test_the_official_label_lists_hold_what_is_called_whole(shared: Path) -> None:
    lines = {
        camera: (shared / "data" / "cnr_ext" / "LABELS" / f"camera{camera[1:]}.txt").read_text().splitlines()
        for camera in FRAMES
    }
    moments = {camera: {line.rpartition("_")[0] for line in of_camera} for camera, of_camera in lines.items()}
    assert {camera: len(found) for camera, found in moments.items()} == FRAMES
    days = {tuple(line.split("/")[:2]) for of_camera in lines.values() for line in of_camera}
    assert days == {(weather, f"{day:%Y-%m-%d}") for day, weather in DAYS.items()}
