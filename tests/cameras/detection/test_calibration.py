"""Calibrated scores keep the order of boxes, and the detector reports by them."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from lotwise.cameras.detection.bundle import read_manifest, write_manifest
from lotwise.cameras.detection.calibration import Calibration
from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE, load_detector
from lotwise.cameras.detection.frame_result import FrameReader
from lotwise.cameras.slots import slot_rule
from lotwise.datasets.frame import Dataset
from lotwise.datasets.load import load
from lotwise.datasets.suppression import first_boxes
from lotwise.students.export.bundle import write_bundle
from tests.models import tiny_yolo

TIMID = Calibration(slope=1.5, offset=1.0)


def test_calibrated_scores_rise_and_can_be_taken_back() -> None:
    raw = np.linspace(0.001, 0.999, 200, dtype=np.float32)
    calibrated = TIMID(raw)
    assert (np.diff(calibrated) > 0).all()
    assert calibrated.min() >= 0
    assert calibrated.max() <= 1
    back = [TIMID.raw(float(score)) for score in calibrated]
    np.testing.assert_allclose(back, raw, atol=1e-4)


def test_leaving_scores_as_they_are() -> None:
    raw = np.array([0.1, 0.5, 0.9], np.float32)
    np.testing.assert_allclose(Calibration(slope=1, offset=0)(raw), raw, atol=1e-6)


@pytest.mark.parametrize("wrong", [{"slope": 0, "offset": 0}, {"slope": -1, "offset": 0}, {"slope": 1}])
def test_a_calibration_that_does_not_rise_is_refused(wrong) -> None:
    with pytest.raises(ValidationError):
        Calibration.model_validate(wrong)


def test_a_bundle_reports_by_calibrated_scores(site: Dataset, tmp_path: Path) -> None:
    image = load(site.frames[0])
    manifest = write_bundle(tiny_yolo(1), tmp_path / "b", camera="C1", role="student", size=(96, 96), check=[image])
    plain = load_detector(tmp_path / "b")
    raw = plain([image], MIN_REPORTED_SCORE)[0]
    threshold = float(TIMID(raw.scores)[len(raw) // 2])  # such that half of the boxes are reported
    write_manifest(tmp_path / "b", manifest.model_copy(update={"calibration": TIMID, "confidence": threshold}))
    calibrated = load_detector(tmp_path / "b")
    assert calibrated.identity != plain.identity

    everything = calibrated([image], MIN_REPORTED_SCORE)[0]
    np.testing.assert_array_equal(everything.boxes, raw.boxes)
    np.testing.assert_allclose(everything.scores, TIMID(raw.scores))
    reported = calibrated([image])[0]
    assert len(reported) == int((everything.scores >= threshold).sum())
    assert 0 < len(reported) < len(everything)
    np.testing.assert_array_equal(reported.scores, everything.scores[: len(reported)])


def test_slots_may_be_read_from_boxes_that_are_not_reported(site: Dataset, tmp_path: Path) -> None:
    image = load(site.frames[0])
    manifest = write_bundle(tiny_yolo(1), tmp_path / "b", camera="C1", role="student", size=(96, 96), check=[image])
    plain = load_detector(tmp_path / "b")
    assert plain.slot_confidence == plain.confidence == manifest.confidence
    scores = first_boxes(plain([image], MIN_REPORTED_SCORE)[0]).scores
    high, low = (float(score) for score in np.quantile(scores[scores < 0.99], [0.9, 0.5], method="nearest"))
    assert low < high
    write_manifest(tmp_path / "b", manifest.model_copy(update={"confidence": high, "slot_confidence": low}))
    other = load_detector(tmp_path / "b")
    slots = site.slots["C1"]
    read = FrameReader(other, given_slots=slots)(image, "f")
    assert len(read.detections) == int((scores >= high).sum())
    everything = other([image], low)[0]
    assert dict(read.readings) == slot_rule(None)(everything, slots, (image.shape[1], image.shape[0]), confidence=low)


def test_bundles_without_a_calibration_keep_their_identity(site: Dataset, tmp_path: Path) -> None:
    check = [load(site.frames[0])]
    manifest = write_bundle(tiny_yolo(1), tmp_path / "b", camera="C1", role="student", size=(96, 96), check=check)
    assert "calibration" not in manifest.model_dump(exclude=manifest.unsaid)
    assert "calibration" in manifest.model_copy(update={"calibration": TIMID}).model_dump(
        exclude=manifest.model_copy(update={"calibration": TIMID}).unsaid
    )
    assert read_manifest(tmp_path / "b").identity == manifest.identity
