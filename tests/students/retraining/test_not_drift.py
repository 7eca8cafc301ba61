"""A turned camera is told from drift, by its node's samples and by its pictures; fog, night and snow are none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lotwise.cameras.trust.sample import Sample
from lotwise.datasets.frame import Dataset, Frame
from lotwise.datasets.frame_cache import FrameCache
from lotwise.datasets.synthetic.year import render_year
from lotwise.students.retraining.not_drift import another_view, turned_by_samples

DAYS = ("overcast", "cloud", "fog", "night", "snow", "turned")


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return render_year(
        tmp_path_factory.mktemp("year"), conditions=DAYS, cameras=1, frames_per_day=2, width=320, height=240
    )


def day(year: Dataset, name: str) -> list[Frame]:
    first = DAYS.index(name) * 2
    return list(year.frames[first : first + 2])


@pytest.mark.parametrize("name", ["fog", "night", "snow"])
def test_weather_is_drift(year: Dataset, name: str) -> None:
    assert another_view(day(year, "overcast") + day(year, "cloud"), day(year, name), (320, 240), FrameCache()) == ""


def test_a_turned_camera_asks_for_its_slots(year: Dataset) -> None:
    why = another_view(day(year, "overcast") + day(year, "cloud"), day(year, "turned"), (320, 240), FrameCache())
    assert why.startswith("it was turned: 2 of 2 new frames") and "lotwise slots" in why


def test_pictures_of_another_size_ask_for_slots(year: Dataset) -> None:
    why = another_view(day(year, "overcast"), day(year, "fog"), (640, 480), FrameCache())
    assert why.startswith("its pictures are 320x240 now and were 640x480 when it learned")


def test_frames_that_cannot_be_read_are_no_turned_camera(tmp_path: Path) -> None:
    gone = [Frame("C1", "gone", tmp_path / "gone.jpg")]
    assert another_view(gone, gone, (320, 240), FrameCache()) == ""


@pytest.mark.parametrize(("views", "turned"), [("ggm", False), ("gmm", True), ("", False)])
def test_a_node_that_saw_it_turned_says_so(views: str, turned: bool) -> None:
    noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
    words = {"g": "good", "m": "moved"}
    samples = [Sample(noon - timedelta(days=3), view="moved")] if views else []
    samples += [Sample(noon + timedelta(minutes=20 * at), view=words[view]) for at, view in enumerate(views)]
    assert bool(turned_by_samples(samples)) == turned
