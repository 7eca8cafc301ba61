"""Students of more and more frames of a run, each done once."""

import json
import shutil
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset
from lotwise.datasets.images import read_image
from lotwise.students.pipeline.adapt import label
from lotwise.students.pipeline.curve import curves, parse_counts
from lotwise.students.pipeline.run import Run
from tests.conftest import Weights
from tests.students.pipeline.plans import plan_of


@pytest.mark.parametrize(("text", "counts"), [(None, None), ("1,2,4", (1, 2, 4)), ("8, 1,8", (1, 8)), ("3", (3,))])
def test_counts(text: str | None, counts) -> None:
    assert parse_counts(text) == counts


@pytest.mark.parametrize("text", ["", "0", "1,,2", "-1", "1.5", "many", "²"])
def test_wrong_counts_are_one_line(text: str) -> None:
    with pytest.raises(InputError, match="--counts"):
        parse_counts(text)


@pytest.fixture(scope="module")
def run(adapted: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run of the main job, to be written to."""
    return Run(Path(shutil.copytree(adapted, tmp_path_factory.mktemp("curve") / "run")))


def test_a_run_gets_its_curve_and_nothing_is_done_twice(run: Run) -> None:
    told: list[str] = []
    (first,) = curves(run, "C2", (1, 2), lambda stage, *_: told.append(stage))
    assert [point.frames for point in first.points] == [0, 1, 2]
    assert all(0 <= point.agreement <= 1 for point in first.points)
    record = run.record("C2")
    assert record is not None
    assert set(first.order) <= set(record.train)
    assert (first.tested, first.learned) == (len(record.test), 0)
    assert {"train C2 with 1", "train C2 with 2"} <= set(told)
    assert read_image(run.camera("C2") / "curve" / "curve.png").std() > 5
    kept = {path.name for path in (run.camera("C2") / "curve").rglob("*") if path.is_file()}
    assert kept == {"curve.png", "point.json", "log.jsonl", "consensus.jsonl"}  # no weights of the many students

    told.clear()
    shutil.rmtree(run.camera("C2") / "curve" / "2")
    assert [point.agreement for point in curves(run, "C2", (1, 2, 3), lambda stage, *_: told.append(stage))[0].points][
        :3
    ] == [point.agreement for point in first.points]
    trained = {stage for stage in told if stage.startswith("train")}
    assert "train C2 with 1" not in trained
    assert "train C2 with 2" in trained


def test_a_curve_ends_with_all_distinct_frames(run: Run) -> None:
    (found,) = curves(run, "C2", (1, 500))
    assert [point.frames for point in found.points] == [0, 1, len(found.order)]
    assert json.dumps(found.as_json())


def test_an_unknown_camera_is_one_line(run: Run) -> None:
    with pytest.raises(InputError, match="no camera C9 in this run; choose one of C1, C2"):
        curves(run, "C9", None)


def test_a_curve_without_held_out_frames_says_so(site: Dataset, weights: Weights, tmp_path: Path) -> None:
    run = Run(tmp_path)
    label(run, plan_of(site, weights, cameras=("C1",), holdout=0.0))
    (found,) = curves(run, "C1", (1,))
    assert 0 < found.learned < found.tested == len(site.of_camera("C1"))
    assert f"But {found.learned} of the {found.tested} frames measured on were also learned from" in found.verdict
