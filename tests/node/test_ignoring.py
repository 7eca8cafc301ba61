"""A camera whose view holds things that are no vehicles: what no longer counts, from when on, and what brings it back.

The bundle says of every frame of 64 x 64 pixels that there are two cars, at (8, 16, 24, 32) on slot 1 with 0.9 and at
(40, 16, 56, 32) beside slot 2 with 0.8.
"""

import logging
from pathlib import Path

import pytest

from lotwise.cameras.ignore.region import IgnoreRegion
from lotwise.cameras.ignore.region_file import add_region, read_regions, remove_region, write_regions
from lotwise.cameras.site.change_detection import ChangeDetectionSettings
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.errors import InputError
from lotwise.node.ignoring import Ignoring
from tests.cameras.bundles import write_constant_bundle
from tests.node.cameras import Camera, plain

FIRST = IgnoreRegion(box=(0.125, 0.25, 0.375, 0.5))
SECOND = IgnoreRegion(box=(0.625, 0.25, 0.875, 0.5))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_constant_bundle(tmp_path / "bundle")


def boxes(camera: Camera) -> list[list[float]]:
    return camera.loop.now.detections.boxes.tolist()


def test_a_region_counts_at_once_and_until_it_is_taken_back(tmp_path: Path, bundle: Path) -> None:
    camera = Camera(bundle, ignoring=Ignoring(tmp_path / "C1.json"))
    assert camera.see() == {"1": "occupied", "2": "free"}
    camera.loop.ignoring.add(FIRST)
    assert boxes(camera) == [[40, 16, 56, 32]]  # before any further frame
    assert (len(camera.loop.now.ignored), camera.loop.now.regions) == (1, (FIRST,))
    assert camera.loop.picture()[1].detections.boxes.tolist() == [[40, 16, 56, 32]]
    assert camera.see() == {"1": "free", "2": "free"}
    camera.loop.ignoring.remove(FIRST.id)
    assert boxes(camera) == [[8, 16, 24, 32], [40, 16, 56, 32]]  # the surer one first
    assert not len(camera.loop.now.ignored)
    assert camera.see() == {"1": "occupied", "2": "free"}


def test_a_restart_keeps_it(tmp_path: Path, bundle: Path) -> None:
    Ignoring(tmp_path / "C1.json").add(SECOND)
    camera = Camera(bundle, ignoring=Ignoring(tmp_path / "C1.json"))
    camera.see()
    assert boxes(camera) == [[8, 16, 24, 32]]


def test_an_unchanged_view_is_looked_at_again_once_the_regions_change(tmp_path: Path, bundle: Path) -> None:
    detection = ChangeDetectionSettings(enabled=True)
    camera = Camera(bundle, change_detection=detection, ignoring=Ignoring(tmp_path / "C1.json"))
    camera.see()
    camera.see()
    assert camera.loop.now.unchanged == 1
    camera.loop.ignoring.add(FIRST)
    assert camera.see() == {"1": "free", "2": "free"}
    camera.see()
    assert (camera.loop.now.detected, camera.loop.now.unchanged) == (2, 2)


def test_what_another_program_writes_is_followed(
    tmp_path: Path, bundle: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "C1.json"
    camera = Camera(bundle, ignoring=Ignoring(file))
    camera.see()
    add_region(file, FIRST)
    assert camera.see() == {"1": "free", "2": "free"}
    file.write_text("{")
    with caplog.at_level(logging.WARNING):
        camera.see()
        camera.see()
    assert camera.loop.now.regions == (FIRST,)
    assert caplog.text.count("the regions before stay") == 1
    write_regions(file, [FIRST])
    remove_region(file, FIRST.id)
    assert camera.see() == {"1": "occupied", "2": "free"}


def test_a_region_moves_with_the_view(tmp_path: Path, bundle: Path) -> None:
    moved = IgnoreRegion(box=(0.025, 0.25, 0.275, 0.5))  # where the first car is in a view that has moved by a tenth
    Ignoring(tmp_path / "C1.json").add(moved)
    camera = Camera(bundle, ignoring=Ignoring(tmp_path / "C1.json"))
    camera.see()
    assert len(camera.loop.now.detections) == 2
    camera.view.report = ViewReport("good", shift=(0.1, 0.0))
    camera.see()
    assert boxes(camera) == [[40, 16, 56, 32]]


def test_what_stays_on_no_slot_is_asked_about(tmp_path: Path, bundle: Path) -> None:
    file, kept = tmp_path / "C1.json", tmp_path / "staying" / "C1.json"
    camera = Camera(bundle, ignoring=Ignoring(file, kept))
    for _ in range(12):
        camera.see(plain(), after=1800)
    assert camera.loop.now.staying == ()
    camera.loop.close()
    camera = Camera(bundle, ignoring=Ignoring(file, kept))  # a restart
    camera.seconds = 12 * 1800
    for _ in range(14):
        camera.see(plain(), after=1800)
    (one,) = camera.loop.now.staying  # the other box stands on slot 1
    assert one.box == pytest.approx(SECOND.box, abs=1e-3)
    assert (one.seen, one.looks) == (26, 26)
    camera.loop.ignoring.add(SECOND)
    assert camera.loop.now.staying == ()
    camera.see(plain(), after=1800)
    assert camera.loop.now.staying == ()
    camera.loop.ignoring.remove(SECOND.id)
    assert len(camera.loop.now.staying) == 1


def test_a_broken_file_is_told_before_the_camera_runs(tmp_path: Path) -> None:
    (tmp_path / "C1.json").write_text("[1]")
    with pytest.raises(InputError, match="C1.json: not a list of ignore regions"):  # noqa: RUF043
        Ignoring(tmp_path / "C1.json")


def test_a_camera_without_a_file_takes_no_regions() -> None:
    with pytest.raises(InputError, match="no file of ignore regions"):
        Ignoring().add(FIRST)


def test_removing_what_is_not_there_changes_nothing(tmp_path: Path) -> None:
    ignoring = Ignoring(tmp_path / "C1.json")
    ignoring.add(FIRST)
    with pytest.raises(InputError, match="no ignore region 00000000"):
        ignoring.remove("00000000")
    assert read_regions(tmp_path / "C1.json") == (FIRST,)
