"""View health: each fault is told by its name at once, everyday changes are not, and the view comes back by itself."""

import io
import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.view_health.disturbances import EVERYDAY, FAULTS, black, displaced, hidden, moved, torn
from lotwise.cameras.view import ViewHealth, ViewSettings, thumbnail
from lotwise.cameras.view.matcher import REFERENCE_INTERVAL_S
from lotwise.cameras.view.reference import REFERENCE_FRAMES
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.disturbances import blurred, noisy, recoded
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image
from lotwise.datasets.images import read_image
from tests.cameras.view.scenes import HEIGHT, WIDTH, at, scene

RNG = np.random.default_rng


def look(health: ViewHealth, image: Image, seconds: float) -> ViewReport:
    return health.check(image, thumbnail(image), at(seconds))


@pytest.fixture
def health() -> ViewHealth:
    """A health that has seen a minute of its view."""
    health = ViewHealth(ViewSettings())
    for second in range(6):
        assert look(health, scene(seed=second), 10 * second - 60).verdict == "good"
    return health


@pytest.mark.parametrize(
    "name", [name for name in FAULTS if name not in ("sprayed with paint", "damaged JPEG", "100% hidden, dark")]
)
def test_a_fault_is_told_by_its_name_on_its_first_frame(health: ViewHealth, name: str) -> None:
    verdict, fault = FAULTS[name]
    report = look(health, fault(scene(seed=9), RNG(3)), 0)
    if name == "blurred, sigma 20":  # as smooth as what hangs before the lens
        assert report.verdict in ("blurred", "blocked")
    else:
        assert report.verdict == verdict
    assert report.why


@pytest.mark.parametrize("name", list(EVERYDAY))
def test_light_weather_and_codecs_raise_no_alarm(health: ViewHealth, name: str) -> None:
    assert look(health, EVERYDAY[name](scene(seed=9), RNG(3)), 0).verdict == "good"


@pytest.mark.parametrize("cars", [0, 1, 40])
def test_a_lot_that_empties_or_fills_up_raises_no_alarm(health: ViewHealth, cars: int) -> None:
    assert look(health, scene(cars, seed=30), 600).verdict == "good"


@pytest.mark.parametrize(
    ("right", "down"),
    [(0.01, 0.0), (0.0, -0.02), (-0.03, 0.01)],
)
def test_a_small_shift_is_measured_to_two_pixels(health: ViewHealth, right: float, down: float) -> None:
    report = look(health, displaced(scene(cars=12, seed=40), right, down), 0)
    assert report.verdict == "good"
    assert report.shift[0] * WIDTH == pytest.approx(right * WIDTH, abs=2)
    assert report.shift[1] * HEIGHT == pytest.approx(down * WIDTH, abs=2)


def test_a_slow_drift_does_not_take_the_reference_with_it(health: ViewHealth) -> None:
    for step in range(1, 41):  # 0.1 % of the width each: 4 % in the end
        report = look(health, displaced(scene(seed=step), 0.001 * step, 0), 120 * step)
        assert report.verdict == "good"
    assert report.shift[0] == pytest.approx(0.04, abs=0.002)
    verdicts = {
        look(health, displaced(scene(seed=step), 0.001 * step, 0), 120 * step).verdict for step in range(55, 60)
    }
    assert verdicts == {"moved"}


def test_one_bad_frame_costs_one_frame_and_a_long_fault_two_good_ones(health: ViewHealth) -> None:
    assert look(health, torn(scene(seed=1), RNG(1)), 0).verdict == "torn"
    assert look(health, scene(seed=2), 1).verdict == "good"
    for second in range(2, 10):
        assert look(health, black(scene(seed=second), RNG(1)), second).verdict == "black"
    again = look(health, scene(seed=10), 10)
    assert (again.verdict, "good again" in again.why) == ("black", True)
    assert look(health, scene(seed=11), 11).verdict == "good"


def test_a_stuck_encoder_is_frozen_and_a_quiet_night_is_not(health: ViewHealth) -> None:
    stuck = recoded(scene(seed=3), 80)
    verdicts = [look(health, stuck, second).verdict for second in range(0, 150, 5)]
    assert verdicts[:24] == ["good"] * 24
    assert set(verdicts[25:]) == {"frozen"}
    assert [look(health, scene(seed=50 + i), 160 + i).verdict for i in range(2)] == ["frozen", "good"]
    for second in range(0, 600, 20):
        assert look(health, noisy(scene(noise=0), RNG(second), 1), 200 + second).verdict == "good"


def test_a_clock_in_a_frozen_picture_does_not_hide_that_it_is_frozen(health: ViewHealth) -> None:
    for second in range(0, 130, 10):
        picture = scene(seed=3)
        cv2.putText(picture, f"12:00:{second:03}", (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1)
        report = look(health, picture, second)
    assert report.verdict == "frozen"


def test_a_folder_that_holds_two_copies_or_is_read_again_is_not_frozen(health: ViewHealth) -> None:
    twice = scene(seed=3)
    assert look(health, twice, 0).verdict == "good"
    assert look(health, twice, 600).verdict == "good"
    for _ in range(5):
        assert look(health, twice, 0).verdict == "good"


def test_a_moved_view_asks_the_operator_and_is_accepted(health: ViewHealth, tmp_path: Path) -> None:
    turned = [displaced(scene(seed=i), 0.3, 0.1) for i in range(5)]
    report = look(health, turned[0], 0)
    assert report.verdict == "moved"
    assert "accept" in report.why
    health.accept()
    assert [look(health, image, i + 1).verdict for i, image in enumerate(turned[1:])] == ["good"] * 4
    assert look(health, scene(seed=1), 9).verdict == "moved"


def test_a_black_picture_is_no_reference(health: ViewHealth) -> None:
    with pytest.raises(InputError, match="no view to accept"):
        ViewHealth(ViewSettings()).accept()
    look(health, black(scene(), RNG(1)), 0)
    with pytest.raises(InputError, match="no view to accept"):
        health.accept()


def test_the_reference_outlives_a_restart(tmp_path: Path) -> None:
    keep = tmp_path / "state" / "view.npz"
    look(ViewHealth(ViewSettings(), keep), scene(seed=1), 0)
    assert [path.name for path in keep.parent.iterdir()] == ["view.npz"]
    again = ViewHealth(ViewSettings(), keep)
    assert look(again, displaced(scene(seed=2), 0.3, 0), 100).verdict == "moved"
    assert look(ViewHealth(ViewSettings(), keep), scene(seed=3), 100).verdict == "good"


def test_a_view_has_a_fingerprint_once_its_first_frames_were_seen(tmp_path: Path) -> None:
    keep = tmp_path / "view.npz"
    health = ViewHealth(ViewSettings(), keep)
    assert health.fingerprint == ""
    told = []
    for number in range(REFERENCE_FRAMES + 3):
        look(health, scene(seed=number), 2 * REFERENCE_INTERVAL_S * number)
        told.append(health.fingerprint)
    assert set(told[: REFERENCE_FRAMES - 1]) == {""}
    (one,) = set(told[REFERENCE_FRAMES - 1 :])
    assert one and ViewHealth(ViewSettings(), keep).fingerprint == one
    health.accept()
    assert health.fingerprint == ""
    assert ViewHealth(ViewSettings(enabled=False), keep).fingerprint == ""


def _damaged(kept: bytes) -> list[bytes]:
    other = io.BytesIO()
    np.savez(other, fields=np.zeros((1, 5, 5, 2), np.int8), sharpness=0.5, frames=1)
    middle = len(kept) // 2
    return [
        b"", b"no archive", b"PK\x03\x04 cut short", kept[:-30], kept[:middle],
        kept[:200] + bytes(middle - 200) + kept[middle:],  # a disk that lost some of its blocks
        other.getvalue(),  # of another version
    ]  # fmt: skip


@pytest.mark.parametrize("damage", range(7))
def test_a_broken_keep_is_set_aside_and_the_view_unverified_until_accepted(
    tmp_path: Path, damage: int, caplog: pytest.LogCaptureFixture
) -> None:
    keep = tmp_path / "view.npz"
    look(ViewHealth(ViewSettings(), keep), scene(seed=1), 0)
    keep.write_bytes(_damaged(keep.read_bytes())[damage])
    with caplog.at_level(logging.WARNING):
        health = ViewHealth(ViewSettings(), keep)
    assert "view.npz" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["view.npz.broken"]
    assert look(health, scene(seed=2), 100).verdict == "unverified"
    assert look(health, np.zeros_like(scene()), 101).verdict == "black"
    again = ViewHealth(ViewSettings(), keep)  # a restart proves nothing
    assert look(again, scene(seed=2), 200).verdict == "unverified"
    again.accept()
    assert look(again, scene(seed=3), 201).verdict == "good"
    assert [path.name for path in tmp_path.iterdir()] == ["view.npz"]
    later = ViewHealth(ViewSettings(), keep)
    assert look(later, scene(seed=4), 300).verdict == "good"
    assert look(later, displaced(scene(seed=4), 0.3, 0), 301).verdict == "moved"


def test_a_keep_that_cannot_be_written_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        health = ViewHealth(ViewSettings(), tmp_path / "other" / "view.npz")
        (tmp_path / "other").write_text("in the way")
        assert look(health, scene(), 0).verdict == "good"
    assert "cannot be kept" in caplog.text


def test_off_with_one_setting() -> None:
    health = ViewHealth(ViewSettings(enabled=False))
    for second, image in enumerate((scene(), black(scene(), RNG(1)), moved(0.3)(scene(), RNG(1)))):
        assert look(health, image, second) == ViewReport("good")


@pytest.mark.parametrize("size", [(320, 240), (1280, 720), (640, 360)])
def test_frames_of_any_size(size: tuple[int, int]) -> None:
    health = ViewHealth(ViewSettings())
    for second, seed in enumerate((1, 2)):
        assert look(health, np.asarray(cv2.resize(scene(seed=seed), size), np.uint8), second).verdict == "good"
    dark = hidden(0.6, "cloth")(np.asarray(cv2.resize(scene(seed=3), size), np.uint8), RNG(1))
    assert look(health, dark, 3).verdict == "blocked"


@pytest.mark.shared
def test_a_real_day_of_shadows_and_dusk_has_no_alarm_but_its_two_torn_frames(shared: Path) -> None:
    health = ViewHealth(ViewSettings(recover_frames=1))
    files = sorted((shared / "data" / "pklot" / "UFPR05_empty").glob("2013-03-10_*.jpg"))
    bad = {}
    for minute, path in enumerate(files):
        report = look(health, read_image(path), 600 * minute)
        if report.verdict != "good":
            bad[path.stem[-8:]] = report.verdict
    there = {path.stem[-8:] for path in files}
    assert bad == {taken: "torn" for taken in ("13_35_08", "14_20_09") if taken in there}


@pytest.mark.shared
@pytest.mark.parametrize("camera", ["camera1", "camera3"])
def test_real_cameras_raise_no_alarm_from_an_empty_lot_to_a_full_one(shared: Path, camera: str) -> None:
    health = ViewHealth(ViewSettings())
    files = sorted((shared / "data" / "cnr_ext" / "FULL_IMAGE_1000x750").rglob(f"{camera}/*.jpg"))
    images = [read_image(path) for path in files]
    assert {look(health, image, 3600 * i).verdict for i, image in enumerate(images)} == {"good"}
    assert look(health, blurred(4)(images[-1], RNG(1)), 1e6).verdict == "blurred"
