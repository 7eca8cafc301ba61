"""Students that never saw a frame: all in one command, and on two machines."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from lotwise.datasets.frame import Dataset
from lotwise.students.pipeline.run import Run
from lotwise.students.synthesis.metadata_file import read_metadata
from tests.conftest import Weights
from tests.lotwise.running import refused, run

SETTINGS = """
size: 96
epochs: 1
min_steps: 2
batch: 2
export: {int8: false, trust: false}
synthesis:
  metadata: {least_vehicles: 3}
  dream: {count: 2, batch: 2, stages: [{scale: 1, steps: 2, rate: 0.03}]}
"""


def words(site: Dataset, weights: Weights, folder: Path, verb: str, *more: object) -> tuple[object, ...]:
    settings = folder / "settings.yaml"
    settings.write_text(SETTINGS)
    return (
        verb, "--dataset", "synthetic", "--root", site.root, "--teacher", weights.teacher,
        "--student", weights.student, "--settings", settings, "--scales", "96", "--holdout", "0.5", "--cameras", "C1",
        "--out", folder / "run", *more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def stayed(site: Dataset, weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run whose frames stayed on their cameras. Read only."""
    folder = tmp_path_factory.mktemp("stayed")
    assert run(*words(site, weights, folder, "adapt", "--frames-stay-on-camera")) == 0
    return folder / "run"


def test_one_command_gives_each_camera_a_student_that_saw_no_frame(stayed: Path) -> None:
    records = Run(stayed).records()
    assert set(records) == {"C1"}
    for camera, record in records.items():
        assert record.dreams is not None
        assert record.training["frames"] == 0
        assert record.gate is not None and record.gate.agreement_with_teacher
        path = stayed / "cameras" / camera / "metadata.safetensors"
        assert record.dreams.bytes == path.stat().st_size
        assert read_metadata(path).header.frames == len(record.train)
        assert not (stayed / "cameras" / camera / "train").exists()
        # Of the way from the nano as far as the camera's own frames say.
        assert record.student == "dreams/student.safetensors"
        assert (stayed / "cameras" / camera / record.student).is_file()
        assert record.dreams.share in record.dreams.agreement and 0 in record.dreams.agreement


def test_the_report_says_that_frames_stayed_on_the_camera(stayed: Path) -> None:
    for name in ("report.html", "report.md", "report.json"):
        assert "frames stayed on the camera: its student saw none of them, but 2 dreams" in (stayed / name).read_text()
    page = (stayed / "cameras" / "C1" / "dreams" / "gallery.html").read_text()
    assert "No camera took these pictures" in page
    assert page.count("data:image/jpeg") == 2


def test_no_picture_leaves_the_camera(stayed: Path) -> None:
    arrays = load_file(stayed / "cameras" / "C1" / "metadata.safetensors")
    assert len(arrays) > 10
    assert not [
        name for name, array in arrays.items() if array.dtype == np.uint8 or (array.ndim == 3 and array.shape[2] == 3)
    ]


def test_the_same_command_again_does_nothing_twice(stayed: Path, site, weights, tmp_path: Path) -> None:
    shutil.copytree(stayed, tmp_path / "run")
    watched = [*(tmp_path / "run").glob("cameras/*/dreams/**/*.png"), *(tmp_path / "run").glob("cameras/*/camera.json"),
               *(tmp_path / "run").glob("cameras/*/dreams/**/student.safetensors")]  # fmt: skip
    before = {path: path.stat().st_mtime_ns for path in watched}
    assert len(before) == 6
    assert run(*words(site, weights, tmp_path, "adapt", "--frames-stay-on-camera")) == 0
    assert {path: path.stat().st_mtime_ns for path in watched} == before


def test_on_two_machines(site: Dataset, weights: Weights, tmp_path: Path, capsys) -> None:
    assert run(*words(site, weights, tmp_path, "label")) == 0
    settings, lot, elsewhere = tmp_path / "settings.yaml", tmp_path / "run", tmp_path / "elsewhere"
    assert run("metadata", lot, "--background", "none", "--settings", settings, "--json", tmp_path / "m.json") == 0
    said = capsys.readouterr().out
    assert "of no one frame" in said and "picture" not in said.split("Elsewhere")[0]
    told = json.loads((tmp_path / "m.json").read_text())
    assert [(one["camera"], one["bytes"]) for one in told] == [("C1", Path(told[0]["file"]).stat().st_size)]
    sent = tmp_path / "sent.safetensors"
    shutil.copyfile(told[0]["file"], sent)
    weights_of = ("--teacher", weights.teacher, "--student", weights.student, "--settings", settings)
    assert run("dream", elsewhere, "--metadata", sent, "--count", 2, *weights_of) == 0
    assert run("export", "--run", lot, "--dreamed", elsewhere) == 0
    record = Run(lot).record("C1")
    assert record is not None and record.dreams is not None and record.gate is not None
    assert record.dreams.background == "none"
    # Nor is one taken that began with another nano, and nothing of the camera's is touched.
    other = shutil.copytree(elsewhere, tmp_path / "other")
    note = other / "C1" / "dreams.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), "nano": "0" * 16}))
    said = refused(capsys, "export", "--run", lot, "--dreamed", other)
    assert str(note) in said and f"run lotwise dream again with --student {weights.student}" in said
    assert json.loads((lot / "cameras" / "C1" / "dreams" / "dreams.json").read_text())["nano"] != "0" * 16
    # A student of other metadata than the camera's own is not taken.
    assert run("metadata", lot, "--background", "channels", "--settings", settings) == 0
    assert "its student is not of the metadata" in refused(capsys, "export", "--run", lot, "--dreamed", elsewhere)


def test_what_cannot_be_is_refused_in_one_line(site, weights, stayed: Path, tmp_path: Path, capsys) -> None:
    said = refused(capsys, *words(site, weights, tmp_path, "adapt", "--dreams", 3))
    assert "--dreams: only with --frames-stay-on-camera" in said
    said = refused(capsys, *words(site, weights, tmp_path, "adapt", "--frames-stay-on-camera", "--budget", "speed"))
    assert "smaller students learn from frames" in said
    assert "smaller students learn from frames" in refused(capsys, "resize", stayed, "--budget", "speed")
    file = stayed / "cameras" / "C1" / "metadata.safetensors"
    said = refused(capsys, "dream", tmp_path / "e", "--metadata", file, "--metadata", file)
    assert "two files of one camera (C1, C1)" in said
    said = refused(capsys, "dream", tmp_path / "e", "--metadata", stayed / "report.json")
    assert "report.json: no metadata of a camera" in said
    said = refused(
        capsys, "dream", tmp_path / "e", "--metadata", file, "--teacher", weights.student, "--student", weights.student
    )
    assert "not the teacher that looked at camera C1" in said
    assert "no student of C1 here" in refused(capsys, "export", "--run", stayed, "--dreamed", tmp_path)
