"""What stays in a view: when it is asked about, what is forgotten, and that a restart forgets nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.ignore.region import IgnoreRegion
from lotwise.cameras.ignore.staying import MAX_TRACKS, StayingBoxes, not_ignored, read_staying
from lotwise.datasets.frame import Detections

START = datetime(2026, 3, 4, 6, tzinfo=UTC)
CAGE = [0.1, 0.2, 0.2, 0.3]
CAR = [0.5, 0.5, 0.6, 0.6]


def hour(count: float) -> datetime:
    return START + timedelta(hours=count)


def looked(stay: StayingBoxes, hours: float, *boxes: list[float], score: float = 0.5) -> bool:
    return stay.look(Detections.of(boxes, [score] * len(boxes)), 0.25, hour(hours))


def test_what_is_there_for_many_hours_is_asked_about() -> None:
    stay = StayingBoxes()
    for half in range(24):
        looked(stay, half / 2, CAGE)
    assert stay.staying == ()  # eleven and a half hours
    looked(stay, 12, CAGE)
    (cage,) = stay.staying
    assert (cage.looks, cage.seen, cage.first, cage.last) == (25, 25, START, hour(12))
    assert cage.box == pytest.approx(CAGE, abs=1e-3)
    assert cage.score == pytest.approx(0.5)


def test_a_thing_whose_box_trembles_is_one_thing() -> None:
    stay, generator = StayingBoxes(), np.random.default_rng(0)
    for half in range(30):
        looked(stay, half / 2, (np.array(CAGE) + generator.normal(0, 0.004, 4)).tolist())
    (cage,) = stay.staying
    assert cage.seen == 30
    assert cage.box == pytest.approx(CAGE, abs=0.01)


def test_cars_that_come_and_go_are_not_asked_about() -> None:
    stay = StayingBoxes()
    for half in range(60):  # another car parks there from eight to four each day
        looked(stay, half / 2, *([CAR] if 2 <= half % 48 < 18 else []))
    assert stay.staying == ()


def test_a_thing_that_is_missed_now_and_then_still_stays() -> None:
    stay = StayingBoxes()
    for half in range(40):
        looked(stay, half / 2, *([] if half % 11 == 5 else [CAGE]))
    assert len(stay.staying) == 1


def test_a_weak_box_goes_on_with_a_thing_but_begins_none() -> None:
    stay = StayingBoxes()
    for half in range(30):
        looked(stay, half / 2, CAGE, CAR, score=0.5 if half == 0 else 0.15) if half else looked(stay, 0, CAGE)
    (cage,) = stay.staying
    assert (cage.seen, cage.looks) == (30, 30)
    assert cage.box == pytest.approx(CAGE, abs=1e-3)


def test_frames_within_a_minute_count_once() -> None:
    stay = StayingBoxes()
    assert looked(stay, 0, CAGE)
    assert not looked(stay, 0.5 / 60, CAGE)
    assert looked(stay, 1 / 60, CAGE)


def test_a_pause_counts_as_one_day_at_most() -> None:
    stay = StayingBoxes()
    for minute in range(19):
        looked(stay, minute / 60, CAGE)
    looked(stay, 24 * 365, CAGE)
    (cage,) = stay.staying
    assert cage.stayed_s == pytest.approx(86400 + 18 * 60)


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "staying" / "C1.json"
    for half in range(30):  # a node that is restarted before each frame
        stay = StayingBoxes(path)
        looked(stay, half / 2, CAGE)
        stay.save()
    (cage,) = read_staying(path)
    assert (cage.seen, cage.looks) == (30, 30)


def test_a_damaged_file_is_counted_anew_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "C1.json"
    path.write_text("{")
    stay = StayingBoxes(path)
    assert "counted anew" in caplog.text
    looked(stay, 0, CAGE)
    stay.save()
    assert StayingBoxes(path).staying == ()


def test_the_file_is_written_now_and_then_and_stays_small(tmp_path: Path) -> None:
    path, seconds = tmp_path / "C1.json", [0.0]
    stay, generator = StayingBoxes(path, lambda: seconds[0]), np.random.default_rng(0)
    looked(stay, 0, CAGE)
    assert not path.exists()
    seconds[0] = 601
    for minute in range(1, 60):  # a busy street: other boxes on every frame
        corners = generator.uniform(0, 0.9, (40, 2))
        looked(stay, minute / 60, CAGE, *np.concatenate([corners, corners + 0.05], 1).tolist())
    stay.save()
    assert path.stat().st_size < 200 * MAX_TRACKS
    assert any(one.seen == 60 for one in StayingBoxes(path)._history.boxes)


def test_what_begins_to_stay_is_in_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "C1.json"
    stay = StayingBoxes(path, lambda: 0.0)
    for half in range(25):
        looked(stay, half / 2, CAGE)
    assert len(read_staying(path)) == 1
    for half in range(25, 29):
        looked(stay, half / 2)  # taken away
    assert read_staying(path) == ()


def test_what_is_ignored_is_not_asked_about() -> None:
    stay = StayingBoxes()
    for half in range(30):
        looked(stay, half / 2, CAGE, CAR)
    assert len(stay.staying) == 2
    (left,) = not_ignored(stay.staying, [IgnoreRegion(box=tuple(CAGE))])
    assert left.box == pytest.approx(CAR, abs=1e-3)
