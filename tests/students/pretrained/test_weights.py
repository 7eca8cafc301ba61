"""The embedded weights know a parked car when they see one."""

from pathlib import Path

import pytest

from lotwise.cameras.detection.agreement import agreement
from lotwise.datasets.frame import Detections
from lotwise.datasets.load import load
from lotwise.datasets.synthetic import render_site
from lotwise.students.pretrained import NANO, TEACHER
from lotwise.teacher.oracle import Oracle, OracleSettings

pytestmark = pytest.mark.skipif(
    not (TEACHER.is_file() and NANO.is_file()),
    reason="no embedded weights; see students/pretrained",
)


def test_both_fit_into_twenty_megabytes() -> None:
    assert NANO.stat().st_size < TEACHER.stat().st_size
    assert NANO.stat().st_size + TEACHER.stat().st_size <= 20e6


@pytest.mark.parametrize(("weights", "least"), [(TEACHER, 0.5), (NANO, 0.25)], ids=["teacher", "nano"])
def test_they_find_cars_of_a_lot_they_never_saw(tmp_path: Path, weights: Path, least: float) -> None:
    site = render_site(tmp_path, cameras=1, days=1, frames_per_day=2, width=640, height=480, seed=12)
    oracle = Oracle(weights, OracleSettings(scales=(640,), grid=0))
    pairs = []
    for frame in site.frames:
        vehicles = site.truth[frame.name].vehicles
        found = oracle.predict(load(frame)).detections
        there = vehicles.boxes[~vehicles.ignore]
        pairs.append((found[found.scores >= 0.25], Detections.of(there, [1] * len(there))))
    assert agreement(pairs) > least
