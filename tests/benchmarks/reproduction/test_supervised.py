"""Rows of students that labels trained stand beside the others, and a trained one is not trained again."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.reproduction import supervised
from lotwise.datasets.errors import InputError
from lotwise.eval.reproduction.table import ROLES, SUPERVISED, tables
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.footage import open_run_frames
from lotwise.students.pipeline.run import Run
from lotwise.teacher.checkpoint import fingerprint, load_model
from tests.conftest import Weights
from tests.eval.reproduction.test_table import SLOTS, collected, said


@pytest.mark.parametrize(("steps", "frames", "batch", "epochs"), [(100, 9, 2, 20), (7, 40, 2, 1), (110, 340, 2, 1)])
def test_the_budget_is_that_of_the_own_student(steps: int, frames: int, batch: int, epochs: int) -> None:
    assert supervised.epochs_of(steps, frames, batch) == epochs


def test_its_rows_stand_below_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervised, "image_size", lambda _: (200, 100))
    own = collected([1])
    dataset = supervised.Dataset("lot", Path("lot"), tuple(own.evidence.frames), SLOTS, own.evidence.truth)
    for table in tables(own, collected([1])):
        more = supervised.with_supervised(table, dataset, said([0, 1]), said([1]))
        assert [row.role for row in more.of_camera("all")] == [row.role for row in table.of_camera("all")] + [
            SUPERVISED
        ]
        row = more.of_camera("all")[-1]
        assert (row.role, row.images, row.accuracy) == (ROLES[-1], 3, None)
        assert row.recall == 1 and row.precision == 0.5
        of_one_camera = {name: found for name, found in said([0, 1]).items() if name.startswith("C1/")}
        fewer = supervised.with_supervised(table, dataset, of_one_camera, said([1]))
        assert [row.camera for row in fewer.rows if row.role == SUPERVISED] == ["C1"]


def test_it_learns_from_occupied_slots_once(
    adapted: Path, weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []

    def fine_tune(data: Path, student: Path, work: Path, seed: int, **options: object):
        boxes = [len(path.read_text().splitlines()) for path in sorted((data.parent / "labels").glob("*.txt"))]
        asked.append({"boxes": boxes, "student": student, **options})
        return make_student(weights.student), 1.0

    monkeypatch.setattr(supervised, "fine_tune", fine_tune)
    run, plan, record = Run(tmp_path / "run"), Run(adapted).plan(), Run(adapted).records()["C1"]
    dataset = open_run_frames(plan)
    occupied = [
        sum(state == "occupied" for state in (dataset.truth[name].slots or {}).values()) for name in record.train
    ]
    first = supervised.train(run, plan, record, dataset)
    assert supervised.train(run, plan, record, dataset) == first
    assert len(asked) == 1
    assert asked[0]["boxes"] == occupied
    assert (asked[0]["batch"], asked[0]["imgsz"]) == (plan.distill.batch, plan.distill.size)
    steps = record.training["steps"]
    supervised.train(run, plan, record.model_copy(update={"training": {"steps": 10 * steps}}), dataset)
    assert len(asked) == 2
    with pytest.raises(InputError, match="C1: none of the frames that its student learned from has labels"):
        supervised.train(run, plan, record, replace(dataset, truth={}))
    assert json.loads((first.parent / "budget.json").read_text())["epochs"] >= 1


@pytest.mark.slow
def test_a_student_is_trained_and_says_something_of_frames(adapted: Path, tmp_path: Path) -> None:
    plan, record = Run(adapted).plan(), Run(adapted).records()["C1"]
    dataset = open_run_frames(plan)
    trained = load_model(supervised.train(Run(tmp_path / "run"), plan, record, dataset))
    assert fingerprint(trained) != fingerprint(make_student(plan.student, plan.oracle.classes))
    frames = [frame for frame in dataset.of_camera("C1") if frame.name in record.test]
    assert set(supervised.run_model(trained, frames, plan.distill.size)) == set(record.test)
