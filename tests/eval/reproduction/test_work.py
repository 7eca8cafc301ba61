"""How much is left to be done: of the whole set before it is here, and of what lies in a folder."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from lotwise.datasets.readers.cnr_ext_extent import FRAMES
from lotwise.eval.reproduction.reproduce import reproduction_plan
from lotwise.eval.reproduction.work import whole_work, work_left
from lotwise.students.pipeline.camera_run import CameraRun
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from tests.eval.reproduction.test_extent import footage

PLAN = Plan(dataset="cnr-ext", root=Path("cnr"), teacher="t.pt", student="s.pt")


def test_the_whole_set_is_known_before_it_is_here(tmp_path: Path) -> None:
    before = whole_work(PLAN, download=5)
    assert (before.looks, before.cameras, before.exports, before.download) == (4081, 9, 36, 5)
    # 340 frames in batches of two, as many whole epochs as fit into 2000 steps.
    assert before.own_steps == pytest.approx(9 * 11 * 170, rel=0.02)
    assert before.shared_steps == pytest.approx(before.own_steps, rel=0.01)
    frames = footage(tmp_path, FRAMES)
    there = work_left(Run(tmp_path / "run"), reproduction_plan(PLAN, frames), frames)
    assert there.looks == 4081
    assert there.measured == pytest.approx(before.measured, rel=0.05)
    assert there.own_steps == pytest.approx(before.own_steps, rel=0.02)


@pytest.mark.parametrize(
    ("changed", "looks"),
    [({"cameras": ("C1", "C2")}, 449 + 455), ({"frames": 40}, 9 * 40 + 1021)],
    ids=["two cameras", "forty training frames of each"],
)
def test_less_is_asked_for(changed: Mapping[str, object], looks: int) -> None:
    assert whole_work(PLAN.model_copy(update=dict(changed)), 0).looks == pytest.approx(looks, abs=5)


def test_what_cameras_side_by_side_had_labelled_when_they_were_killed_counts(
    adapted: Path, site, tmp_path: Path
) -> None:
    run = Run(shutil.copytree(adapted, tmp_path / "run"))
    plan = run.plan()
    assert work_left(run, plan, site.footage).looks == 0
    CameraRun(run, "C1").seed_index(site.of_camera("C1"))
    (run.knowledge / "index.json").unlink()  # written in the end, which was not reached
    assert work_left(run, plan, site.footage).looks == len(site.of_camera("C2"))
