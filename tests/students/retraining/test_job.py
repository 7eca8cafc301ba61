"""Cameras of a run with their node beside it: the worst first, turned ones asked for slots, other bundles refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.settings import Site
from lotwise.cameras.trust.log import append, log_file
from lotwise.cameras.trust.prior import PRIOR
from lotwise.cameras.trust.sample import Sample
from lotwise.datasets.errors import InputError
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.job import retrain
from lotwise.students.retraining.retrain import Asked

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
SIGNALS = {name: 0.0 for name in PRIOR.spread}


def site_of(folder: Path, run: Path) -> Site:
    cameras = "\n".join(f"  {name}: {{source: {{kind: folder, path: .}}}}" for name in ("C1", "C2"))
    path = folder / "site.yaml"
    trust = "{good: 0.9, bad: 0.8}"
    path.write_text(f"name: lot\ntrust: {trust}\nrun: {run}\nstate: {folder / 'state'}\ncameras:\n{cameras}\n")
    return read_site(path)


def sampled(site: Site, camera: str, view: str = "good", unknown: float = 0.0) -> None:
    """Four samples of a camera, an hour apart, all alike."""
    for hour in range(4):
        signals = SIGNALS if view == "good" else {}
        append(log_file(site.state, camera), Sample(NOON + timedelta(hours=hour), signals, view, unknown=unknown))


@pytest.fixture
def place(adapted: Path, tmp_path: Path) -> tuple[Run, Site, Asked]:
    """The read-only run of the tests, its site, and no new frame at all."""
    (tmp_path / "new").mkdir()
    return Run(adapted), site_of(tmp_path, adapted), Asked(tmp_path / "new")


def test_the_camera_of_which_its_node_thinks_worst_comes_first(place: tuple[Run, Site, Asked]) -> None:
    run, site, asked = place
    assert [one.camera for one in retrain(run, asked, site)] == ["C1", "C2"]
    sampled(site, "C1")
    sampled(site, "C2", unknown=0.5)
    assert [one.camera for one in retrain(run, asked, site)] == ["C2", "C1"]


def test_a_camera_that_its_node_saw_turned_asks_for_its_slots(place: tuple[Run, Site, Asked]) -> None:
    run, site, asked = place
    sampled(site, "C2", "moved")
    found = {one.camera: one for one in retrain(run, asked, site)}
    assert found["C2"].word == "asks for slots" and "moved on 4 of the 4 frames" in found["C2"].why
    assert found["C1"].word == "nothing new"


def test_a_node_that_runs_other_bundles_would_never_see_the_new_one(
    place: tuple[Run, Site, Asked], tmp_path: Path
) -> None:
    run, _, asked = place
    other = site_of(tmp_path, tmp_path / "elsewhere")
    for one in retrain(run, asked, other):
        assert one.word == "failed" and "the site runs bundles of" in one.why


def test_a_run_without_students_is_named(tmp_path: Path, adapted: Path) -> None:
    empty = Run(tmp_path / "empty")
    empty.begin(Run(adapted).plan())
    with pytest.raises(InputError, match="no student here yet"):
        retrain(empty, Asked(tmp_path))
