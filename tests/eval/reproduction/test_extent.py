"""What is partial is said on the first line, against the true size of the data set."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from pathlib import Path

import pytest

from lotwise.datasets.frame import Footage, Frame
from lotwise.datasets.readers.cnr_ext import read_cnr_ext
from lotwise.datasets.readers.cnr_ext_extent import DAYS, FRAMES
from lotwise.datasets.rendered_cnr_ext import RENDERED
from lotwise.eval.reproduction.extent import extent_of


def footage(root: Path, counts: Mapping[str, int], days: Iterable[int] = range(len(DAYS))) -> Footage:
    """So many frames of each camera, spread over these days."""
    dates = [list(DAYS)[day] for day in days]
    frames = [
        Frame(camera, f"{camera}/{number}", root / "x.jpg", datetime.combine(dates[number % len(dates)], time(12)))
        for camera, count in counts.items()
        for number in range(count)
    ]
    return Footage("cnr-ext", root, tuple(frames))


@pytest.mark.parametrize(
    ("counts", "days", "line"),
    [
        (FRAMES, range(23), "complete: 9 of 9 cameras, 23 of 23 days, 4,081 frames"),
        (dict.fromkeys(FRAMES, 480), range(23), "complete: 9 of 9 cameras, 23 of 23 days, 4,320 frames"),
        ({"C1": 449, "C2": 455}, range(23), "partial: 2 of 9 cameras, 23 of 23 days, 904 of 4,081 frames"),
        ({**FRAMES, "C5": 452}, range(23), "partial: 9 of 9 cameras, 23 of 23 days, 4,080 of 4,081 frames"),
        (FRAMES, range(22), "partial: 9 of 9 cameras, 22 of 23 days, 4,081 of 4,081 frames"),
        ({"C3": 1}, (4,), "partial: 1 of 9 cameras, 1 of 23 days, 1 of 4,081 frames"),
    ],
    ids=["all of it", "with frames that have no label", "two cameras", "one frame lacks", "a day lacks", "one frame"],
)
def test_the_first_line_says_what_lacks(
    tmp_path: Path, counts: Mapping[str, int], days: Iterable[int], line: str
) -> None:
    found = extent_of(footage(tmp_path, counts, days))
    assert found.line == line
    assert found.complete == line.startswith("complete")


def test_a_rendered_site_is_never_taken_for_the_data_set(tmp_path: Path) -> None:
    (tmp_path / RENDERED).touch()
    said = extent_of(footage(tmp_path, FRAMES)).line
    assert said.startswith("rendered: 9 of 9 cameras, 23 of 23 days, 4,081 frames of a rendered site")
    assert "say nothing about the published ones" in said


@pytest.mark.shared
def test_of_real_frames_it_is_said_how_many_there_are(shared: Path) -> None:
    found = extent_of(read_cnr_ext(shared / "data" / "cnr_ext").footage)
    assert found.line == "partial: 9 of 9 cameras, 5 of 23 days, 34 of 4,081 frames"
