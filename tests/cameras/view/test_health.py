"""View health: each fault is told by its name at once, everyday changes are not, and the view comes back by itself."""

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.disturbances import (
    EVERYDAY,
    FAULTS,
    black,
    blurred,
    displaced,
    hidden,
    moved,
    noisy,
    recoded,
    torn,
)
from lotwise.cameras.view import ViewSettings, ViewWatch, thumbnail
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image
from lotwise.datasets.images import read_image
from tests.cameras.view.scenes import HEIGHT, WIDTH, at, scene

RNG = np.random.default_rng


def look(watch: ViewWatch, image: Image, seconds: float) -> ViewReport:
    return watch.look(image, thumbnail(image), at(seconds))


@pytest.fixture
def watch() -> ViewWatch:
    """A watch that has seen a minute of its view."""
    watch = ViewWatch(ViewSettings())
    for second in range(6):
        assert look(watch, scene(seed=second), 10 * second - 60).verdict == "good"
    return watch


@pytest.mark.parametrize(
    "name", [name for name in FAULTS if name not in ("sprayed with paint", "damaged JPEG", "100% hidden, dark")]
)
def test_a_fault_is_told_by_its_name_on_its_first_frame(watch: ViewWatch, name: str) -> None:
    verdict, fault = FAULTS[name]
    report = look(watch, fault(scene(seed=9), RNG(3)), 0)
    if name == "blurred, sigma 20":  # as smooth as what hangs before the lens
        assert report.verdict in ("blurred", "blocked")
    else:
        assert report.verdict == verdict
    assert report.why


@pytest.mark.parametrize("name", [name for name in EVERYDAY if name != "fog"])
def test_light_weather_and_codecs_raise_no_alarm(watch: ViewWatch, name: str) -> None:
    assert look(watch, EVERYDAY[name](scene(seed=9), RNG(3)), 0).verdict == "good"


@pytest.mark.parametrize("cars", [0, 1, 40])
def test_a_lot_that_empties_or_fills_up_raises_no_alarm(watch: ViewWatch, cars: int) -> None:
    assert look(watch, scene(cars, seed=30), 600).verdict == "good"


@pytest.mark.parametrize(
    ("right", "down"),
    [(0.01, 0.0), (0.0, -0.02), (-0.03, 0.01)],
)
def test_a_small_shift_is_measured_to_two_pixels(watch: ViewWatch, right: float, down: float) -> None:
    report = look(watch, displaced(scene(cars=12, seed=40), right, down), 0)
    assert report.verdict == "good"
    assert report.shift[0] * WIDTH == pytest.approx(right * WIDTH, abs=2)
    assert report.shift[1] * HEIGHT == pytest.approx(down * WIDTH, abs=2)


def test_a_slow_drift_does_not_take_the_reference_with_it(watch: ViewWatch) -> None:
    for step in range(1, 41):  # 0.1 % of the width each: 4 % in the end
        report = look(watch, displaced(scene(seed=step), 0.001 * step, 0), 120 * step)
        assert report.verdict == "good"
    assert report.shift[0] == pytest.approx(0.04, abs=0.002)
    verdicts = {look(watch, displaced(scene(seed=step), 0.001 * step, 0), 120 * step).verdict for step in range(55, 60)}
    assert verdicts == {"moved"}


def test_one_bad_frame_costs_one_frame_and_a_long_fault_two_good_ones(watch: ViewWatch) -> None:
    assert look(watch, torn(scene(seed=1), RNG(1)), 0).verdict == "torn"
    assert look(watch, scene(seed=2), 1).verdict == "good"
    for second in range(2, 10):
        assert look(watch, black(scene(seed=second), RNG(1)), second).verdict == "black"
    again = look(watch, scene(seed=10), 10)
    assert (again.verdict, "good again" in again.why) == ("black", True)
    assert look(watch, scene(seed=11), 11).verdict == "good"


def test_a_stuck_encoder_is_frozen_and_a_quiet_night_is_not(watch: ViewWatch) -> None:
    stuck = recoded(scene(seed=3), 80)
    verdicts = [look(watch, stuck, second).verdict for second in range(0, 150, 5)]
    assert verdicts[:24] == ["good"] * 24
    assert set(verdicts[25:]) == {"frozen"}
    assert [look(watch, scene(seed=50 + i), 160 + i).verdict for i in range(2)] == ["frozen", "good"]
    for second in range(0, 600, 20):
        assert look(watch, noisy(scene(noise=0), RNG(second), 1), 200 + second).verdict == "good"


def test_a_clock_in_a_frozen_picture_does_not_hide_that_it_is_frozen(watch: ViewWatch) -> None:
    for second in range(0, 130, 10):
        picture = scene(seed=3)
        cv2.putText(picture, f"12:00:{second:03}", (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1)
        report = look(watch, picture, second)
    assert report.verdict == "frozen"


def test_a_folder_that_holds_two_copies_or_is_read_again_is_not_frozen(watch: ViewWatch) -> None:
    twice = scene(seed=3)
    assert look(watch, twice, 0).verdict == "good"
    assert look(watch, twice, 600).verdict == "good"
    for _ in range(5):
        assert look(watch, twice, 0).verdict == "good"


def test_a_moved_view_asks_the_operator_and_is_accepted(watch: ViewWatch, tmp_path: Path) -> None:
    turned = [displaced(scene(seed=i), 0.3, 0.1) for i in range(5)]
    report = look(watch, turned[0], 0)
    assert report.verdict == "moved"
    assert "accept" in report.why
    watch.accept()
    assert [look(watch, image, i + 1).verdict for i, image in enumerate(turned[1:])] == ["good"] * 4
    assert look(watch, scene(seed=1), 9).verdict == "moved"


def test_a_black_picture_is_no_reference(watch: ViewWatch) -> None:
    with pytest.raises(InputError, match="no view to accept"):
        ViewWatch(ViewSettings()).accept()
    look(watch, black(scene(), RNG(1)), 0)
    with pytest.raises(InputError, match="no view to accept"):
        watch.accept()


def test_the_reference_outlives_a_restart(tmp_path: Path) -> None:
    keep = tmp_path / "state" / "view.npz"
    look(ViewWatch(ViewSettings(), keep), scene(seed=1), 0)
    assert [path.name for path in keep.parent.iterdir()] == ["view.npz"]
    again = ViewWatch(ViewSettings(), keep)
    assert look(again, displaced(scene(seed=2), 0.3, 0), 100).verdict == "moved"
    assert look(ViewWatch(ViewSettings(), keep), scene(seed=3), 100).verdict == "good"


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut short"])
def test_a_broken_keep_is_one_line_that_says_how_to_mend_it(tmp_path: Path, content: bytes) -> None:
    keep = tmp_path / "view.npz"
    keep.write_bytes(content)
    with pytest.raises(InputError, match=r"view\.npz: .*delete it"):
        ViewWatch(ViewSettings(), keep)


def test_a_kept_view_of_another_size_is_refused(tmp_path: Path) -> None:
    keep = tmp_path / "view.npz"
    np.savez(keep, fields=np.zeros((1, 5, 5, 2), np.int8), sharpness=0.5, learned=1)
    with pytest.raises(InputError, match="another version; delete it"):
        ViewWatch(ViewSettings(), keep)


def test_a_keep_that_cannot_be_written_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        watch = ViewWatch(ViewSettings(), tmp_path / "other" / "view.npz")
        (tmp_path / "other").write_text("in the way")
        assert look(watch, scene(), 0).verdict == "good"
    assert "cannot be kept" in caplog.text


def test_off_with_one_setting() -> None:
    watch = ViewWatch(ViewSettings(enabled=False))
    for second, image in enumerate((scene(), black(scene(), RNG(1)), moved(0.3)(scene(), RNG(1)))):
        assert look(watch, image, second) == ViewReport("good")


@pytest.mark.parametrize("size", [(320, 240), (1280, 720), (640, 360)])
def test_frames_of_any_size(size: tuple[int, int]) -> None:
    watch = ViewWatch(ViewSettings())
    for second, seed in enumerate((1, 2)):
        assert look(watch, np.asarray(cv2.resize(scene(seed=seed), size), np.uint8), second).verdict == "good"
    dark = hidden(0.6, "cloth")(np.asarray(cv2.resize(scene(seed=3), size), np.uint8), RNG(1))
    assert look(watch, dark, 3).verdict == "blocked"


@pytest.mark.shared
def test_a_real_day_of_shadows_and_dusk_has_no_alarm_but_its_two_torn_frames(shared: Path) -> None:
    watch = ViewWatch(ViewSettings(recover_frames=1))
    files = sorted((shared / "data" / "pklot" / "UFPR05_empty").glob("*.jpg"))
    bad = {}
    for minute, path in enumerate(files):
        report = look(watch, read_image(path), 600 * minute)
        if report.verdict != "good":
            bad[path.stem[-8:]] = report.verdict
    assert bad == {"13_35_08": "torn", "14_20_09": "torn"}


@pytest.mark.shared
@pytest.mark.parametrize("camera", ["camera1", "camera3"])
def test_real_cameras_raise_no_alarm_from_an_empty_lot_to_a_full_one(shared: Path, camera: str) -> None:
    watch = ViewWatch(ViewSettings())
    files = sorted((shared / "data" / "cnr_ext" / "FULL_IMAGE_1000x750").rglob(f"{camera}/*.jpg"))
    images = [read_image(path) for path in files]
    assert {look(watch, image, 3600 * i).verdict for i, image in enumerate(images)} == {"good"}
    assert look(watch, blurred(4)(images[-1], RNG(1)), 1e6).verdict == "blurred"
