"""Each signal is worse where a person would trust the camera less."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.slots import SlotReading
from lotwise.cameras.trust.signals.before_after import box_spread, candidate_weight
from lotwise.cameras.trust.signals.doubt import box_doubt, faint_share, slot_doubt
from lotwise.cameras.trust.signals.frame_signals import SIGNALS, as_row, frame_signals, mean_signals
from lotwise.cameras.trust.signals.look import look, mirrored_back
from lotwise.cameras.trust.signals.parked import steadiness
from lotwise.cameras.trust.signals.picture import newness, picture_look
from lotwise.cameras.trust.signals.views import box_disagreement, slot_disagreement
from lotwise.datasets.disturbances import blurred, foggy, noisy
from lotwise.datasets.frame import Dataset, Detections, Slot
from lotwise.datasets.images import read_image
from tests.cameras.models import ultralytics

CAR = [10.0, 10.0, 30.0, 20.0]
SURE, UNSURE = SlotReading("occupied", 0.95), SlotReading("free", 0.55)
RAW = np.array(  # centre x, centre y, width, height, person, car, truck; one column an anchor
    [[20, 20, 10, 10, 0, 0.9, 0], [21, 20, 10, 10, 0, 0.5, 0], [50, 50, 10, 10, 0, 0.1, 0]], np.float32
).T


def test_unsure_readings_and_faint_boxes_are_doubt() -> None:
    assert slot_doubt({"a": SURE, "b": UNSURE}) == pytest.approx(0.25)
    assert np.isnan(slot_doubt({}))
    assert faint_share(Detections.empty(), 0.25) == 0.0
    assert box_doubt(Detections.of([CAR], [0.3])) > box_doubt(Detections.of([CAR], [0.9]))


def test_a_vehicle_with_scattered_candidates_is_less_steady() -> None:
    kept = Detections.of([CAR], [0.9])
    near = Detections.of([CAR, [11, 10, 31, 20]], [0.9, 0.8])
    far = Detections.of([CAR, [15, 10, 35, 20]], [0.9, 0.8])
    assert 0 < box_spread(near, kept) < box_spread(far, kept)
    assert candidate_weight(near, kept) > candidate_weight(kept, kept)
    assert box_spread(near, Detections.empty()) == candidate_weight(near, Detections.empty()) == 0.0


def test_views_that_differ_disagree() -> None:
    one, other = Detections.of([CAR], [0.9]), Detections.of([[60, 10, 80, 20]], [0.9])
    assert box_disagreement(one, one, 0.25) == 0.0
    assert box_disagreement(one, other, 0.25) == 1.0
    assert slot_disagreement({"a": SURE}, {"a": SlotReading("free", 0.95)}) == pytest.approx(0.9)
    assert slot_disagreement({"a": SURE}, {"a": SURE}) == 0.0


def test_parked_cars_that_are_missed_or_jump_are_told() -> None:
    still, jumped = Detections.of([CAR], [0.9]), Detections.of([[13, 10, 33, 20]], [0.9])
    assert steadiness(still, still, still) == pytest.approx((0.0, 0.0)) or steadiness(still, still, still).missed == 0
    assert steadiness(still, Detections.empty(), still).missed == 1.0
    assert steadiness(still, jumped, still).jitter > 0.1
    assert steadiness(still, still, Detections.empty()) is None


def test_fog_blur_and_noise_show_in_the_picture(site: Dataset) -> None:
    image, rng = read_image(site.frames[1].path), np.random.default_rng(0)
    plain = picture_look(image)
    assert picture_look(foggy(1.5)(image, rng)).contrast < plain.contrast
    assert picture_look(noisy(image, rng, 20)).noise > plain.noise
    large = np.kron(image, np.ones((4, 4, 1), np.uint8))
    assert picture_look(blurred(6)(large, rng)).sharpness <= picture_look(large).sharpness
    assert newness(plain.light, [plain.light.tolist()]) == pytest.approx(0, abs=1e-5)
    assert newness(picture_look(foggy(1)(image, rng)).light, [plain.light.tolist()]) > 0.1
    assert np.isnan(newness(plain.light, []))


def test_a_look_mirrors_its_boxes_back_and_sees_the_same(tmp_path: Path) -> None:
    detector = load_detector(ultralytics(tmp_path / "m.onnx", RAW), 1)
    frame = np.random.default_rng(0).integers(0, 255, (128, 128, 3), np.uint8)
    slot = Slot("a", np.array([[0.2, 0.2], [0.4, 0.2], [0.4, 0.4], [0.2, 0.4]], np.float32))
    seen = look(detector, frame, [slot])
    assert len(seen.reported) == 1 and len(seen.candidates) == 3
    # This model says the same of every picture, so its mirrored boxes lie elsewhere.
    assert seen.mirrored.boxes[0].tolist() == pytest.approx(mirrored_back(seen.found, 128).boxes[0].tolist())
    assert seen.readings["a"].state == "occupied" and seen.mirrored_readings["a"].state == "free"
    signals = frame_signals(seen, picture_look(frame))
    assert list(signals) == list(SIGNALS)
    assert signals["mirror, boxes"] == 1.0 and signals["raised, boxes"] == 0.0
    moved = look(detector, frame, [slot], shift=(0.5, 0.0))
    assert moved.readings["a"].state == "free"
    ignored = np.array([[30, 30, 50, 50]], np.float32) / 128
    assert not len(look(detector, frame, [slot], ignored=ignored).reported)
    before = ignored - 10 / 128  # where the thing lay before the view moved
    assert len(look(detector, frame, [slot], ignored=before).reported)
    assert not len(look(detector, frame, [slot], shift=(10 / 128, 10 / 128), ignored=before).reported)


def test_means_leave_out_what_was_not_measured() -> None:
    nothing = float("nan")
    mean = mean_signals([{"light": 1.0, "noise": nothing}, {"light": 3.0, "noise": 2.0}])
    assert mean == {"light": 2.0, "noise": 2.0}
    assert np.isnan(as_row(mean)).sum() == len(SIGNALS) - 2
