"""Every role on the frames that nobody learned from."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE, load_detector
from lotwise.datasets.errors import InputError
from lotwise.datasets.load import load
from lotwise.eval.collect import collect
from lotwise.eval.make_report import make_report
from lotwise.eval.protocols import SLOTS, TEACHER, VEHICLES, best_protocol
from lotwise.students.pipeline.footage import open_frames
from lotwise.students.pipeline.run import Run


def test_only_frames_that_were_not_learned_from_are_measured(adapted: Path, site) -> None:
    run = Run(adapted)
    found = collect(run, site)
    evidence = found.evidence
    learned = {name for record in run.records().values() for name in record.train}
    assert len(evidence.frames) == 6
    assert learned.isdisjoint(frame.name for frame in evidence.frames)
    assert found.held_out == {"C1": True, "C2": True}
    assert best_protocol(evidence) is SLOTS
    assert best_protocol(replace(evidence, truth={})) is TEACHER


def test_what_is_measured_is_what_the_bundle_says(adapted: Path, site) -> None:
    run = Run(adapted)
    evidence = collect(run, site).evidence
    frame = evidence.frames[0]
    record = run.record(frame.camera)
    bundle = run.registry(frame.camera).folder / str(record.bundle)
    found = load_detector(bundle)([load(frame)], MIN_REPORTED_SCORE)[0]
    assert np.array_equal(found.boxes, evidence.predictions["student"][frame.name].boxes)


def test_an_unreadable_frame_is_left_out_and_told(adapted: Path, site, tmp_path: Path) -> None:
    root = Path(shutil.copytree(site.root, tmp_path / "site"))
    run = Run(adapted)
    broken = root / run.record("C1").test[1]
    broken.write_bytes(broken.read_bytes()[:500])
    found = collect(run, open_frames("synthetic", root))
    assert len(found.evidence.frames) == 5
    assert any(str(broken) in note for note in found.notes)
    report = make_report(found, VEHICLES)
    assert {row.images for row in report.rows if row.camera == "C1"} == {2}


def test_cameras_of_another_lot_are_refused(adapted: Path, site) -> None:
    strangers = replace(site, frames=tuple(replace(frame, camera="X") for frame in site.frames))
    with pytest.raises(InputError, match="no bundle of X"):
        collect(Run(adapted), strangers)


def test_a_refused_int8_model_is_told_with_its_reason(adapted: Path, site, tmp_path: Path) -> None:
    run = Run(Path(shutil.copytree(adapted, tmp_path / "run", symlinks=True)))
    record = run.record("C1")
    gate = record.gate.model_copy(update={"int8": {"refused": "F1 0.870 against the float model"}})
    run.save(record.model_copy(update={"gate": gate}))
    assert "C1: INT8 refused: F1 0.870 against the float model." in collect(run, site).notes


def test_a_student_is_not_measured_on_frames_that_it_learned_from(adapted: Path, site, tmp_path: Path) -> None:
    run = Run(Path(shutil.copytree(adapted, tmp_path / "run")))
    record = run.record("C1")
    run.save(record.model_copy(update={"train": (*record.train, *record.test), "unchosen": ()}))
    found = collect(run, site)
    said = found.evidence.predictions
    frames = {frame.camera: frame.name for frame in found.evidence.frames}
    assert {role for role in said if frames["C1"] in said[role]} >= {"teacher", "baseline"}
    assert frames["C1"] not in said["student"]
    assert frames["C2"] in said["student"]
    assert ("student", "C1") in found.evidence.absent
    rows = make_report(found, VEHICLES).of_camera("C1")
    assert (rows["student"].map50, rows["baseline"].images) == (None, 3)
    assert "learned from every frame" in rows["student"].note
