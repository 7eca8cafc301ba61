"""A run folder: the plan and the cameras' records, read back as they were written."""

from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.records import CameraRecord
from lotwise.students.pipeline.run import Run
from lotwise.teacher.oracle import OracleSettings

PLAN = Plan(
    dataset="folder", root=Path("/frames"), cameras=("C1",), teacher="t.pt", student="s.pt",
    oracle=OracleSettings(scales=(320,), tiles=2), distill=DistillSettings(size=320), holdout=0.5,
)  # fmt: skip
RECORD = CameraRecord(camera="C1", train=("a",), test=("b",), held_out=True, note="", size=(320, 256))


def test_plan_and_records_come_back(tmp_path: Path) -> None:
    run = Run(tmp_path / "new" / "run")
    run.begin(PLAN)
    assert run.plan() == PLAN
    assert (run.record("C1"), run.records()) == (None, {})
    run.save(RECORD)
    run.save(RECORD.model_copy(update={"camera": "lobby 2", "live": "0123"}))
    assert run.record("C1") == RECORD
    assert sorted(run.records()) == ["C1", "lobby 2"]


def test_a_folder_without_a_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run lotwise adapt"):
        Run(tmp_path).plan()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"dataset": 3}', '{"unknown": 1}'])
def test_broken_plan_is_one_line_that_names_the_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(InputError) as refusal:
        Run(tmp_path).plan()
    assert str(tmp_path / "run.json") in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("camera", ["../elsewhere", "a/b", "..", ".hidden", "", "/etc"])
def test_camera_ids_never_lead_out_of_the_run(tmp_path: Path, camera: str) -> None:
    with pytest.raises(InputError, match="cannot name a folder"):
        Run(tmp_path).camera(camera)


def test_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        Run(tmp_path / "file").begin(PLAN)
