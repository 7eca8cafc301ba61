"""From judged boxes to a calibration and thresholds, written into a bundle."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.bundle import read_manifest
from lotwise.datasets.frame import Dataset, Detections
from lotwise.datasets.load import load
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.export.bundle import write_bundle
from lotwise.students.pipeline.expected_f1 import Judged
from lotwise.students.pipeline.tune import Tuning, tune, untuned, write_tuning
from tests.models import tiny_yolo


def judged(vehicles: float, others: float, count: int = 60) -> Judged:
    """So many boxes of vehicles at one score, half as many others at another."""
    scores = np.array([vehicles] * count + [others] * (count // 2))
    probability = np.array([1.0] * count + [0.0] * (count // 2))
    return Judged(scores, probability, probability == 0, float(count), 4)


def test_boxes_are_reported_from_between_vehicles_and_others_and_slots_read_from_the_usual_score() -> None:
    found = tune(judged(0.8, 0.4))
    assert found.calibration is not None
    assert found.calibration.raw(found.confidence) == pytest.approx(0.41, abs=1e-3)
    assert found.calibration.raw(found.slot_confidence) == pytest.approx(DEFAULT_CONFIDENCE, abs=1e-3)
    assert (found.expected_f1, found.invented, found.boxes, found.frames) == (1.0, 0, 60, 4)


def test_a_timid_model_is_reported_from_lower_on_and_its_slots_too() -> None:
    found = tune(judged(0.2, 0.06))
    assert found.calibration is not None
    raw = found.calibration.raw(found.confidence)
    assert 0.1 <= raw < 0.2
    assert found.calibration.raw(found.slot_confidence) == pytest.approx(raw, abs=1e-3)


def test_slots_are_read_from_lower_on_where_the_teacher_says_so_but_not_where_faint_boxes_are_false() -> None:
    timid = tune(judged(0.2, 0.01), slots_from=0.07)
    assert timid.calibration is not None
    assert timid.calibration.raw(timid.slot_confidence) == pytest.approx(0.07, abs=1e-3)
    bold = tune(judged(0.8, 0.4), slots_from=0.07)
    assert bold.calibration is not None
    assert bold.calibration.raw(bold.slot_confidence) == pytest.approx(DEFAULT_CONFIDENCE, abs=1e-3)


def test_what_is_reported_is_told_from_raw_scores() -> None:
    found = Detections.of([[0, 0, 9, 9], [20, 20, 29, 29]], [0.8, 0.4])
    assert tune(judged(0.8, 0.4)).reported(found).scores.tolist() == found.scores[:1].tolist()
    assert len(tune(judged(0.8, 0.4, count=10)).reported(found)) == 1


def test_as_it_comes() -> None:
    found = untuned(judged(0.8, 0.4))
    assert (found.calibration, found.confidence, found.slot_confidence) == (None, 0.25, 0.25)
    assert found.expected_f1 == pytest.approx(2 * 60 / (90 + 60))
    assert (found.invented, found.boxes) == (30, 90)


def test_few_boxes_are_not_calibrated() -> None:
    found = tune(judged(0.8, 0.4, count=10))
    assert found.calibration is None
    assert found.confidence == pytest.approx(0.41)
    assert found.slot_confidence == DEFAULT_CONFIDENCE


def test_a_bundle_runs_as_it_was_tuned(site: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    check = [load(site.frames[0])]
    before = write_bundle(tiny_yolo(1), folder, camera="C1", role="student", size=(96, 96), check=check)
    write_tuning(folder, Tuning(None, 0.41, 0.25, 0.93, 2, 70, 3), "3 frames of another day")
    after = read_manifest(folder)
    assert (after.confidence, after.slot_confidence, after.calibration) == (0.41, 0.25, None)
    assert after.measured["thresholds"] == {
        "frames": 3, "boxes": 70, "expected_f1": 0.93, "invented": 2, "how": "3 frames of another day",
    }  # fmt: skip
    assert after.measured["export"] == before.measured["export"]
    assert after.files == before.files
