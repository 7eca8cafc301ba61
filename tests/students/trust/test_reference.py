"""A bundle's reference: fitted to the teacher under all weathers, vouched for by its manifest, and read again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.bundle import parse_manifest, read_manifest
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.trust.patches.reader import EDGE_WEIGHTS, PATCHES, PATTERN_WEIGHTS, Linear, PatchReader
from lotwise.cameras.trust.prior import DETECTOR_ALONE
from lotwise.cameras.trust.reference import TRUST, read_reference
from lotwise.cameras.trust.signals.frame_signals import SIGNALS
from lotwise.cameras.trust.signals.look import look
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.suppression import SECOND_BOX
from lotwise.students.trust.cases import UNDISTURBED, Case, disturbed_cases, teacher_error
from lotwise.students.trust.reference import add_reference, fitted_reference
from tests.node.streams import lot, pattern, write_reading_bundle

CASE = Case("a", UNDISTURBED, dict.fromkeys(SIGNALS, 0.0), 0.1)


def cars(occupied: list[bool]) -> Boxes:
    left = 0.04 + 0.118 * np.flatnonzero(occupied)
    boxes = np.stack([left, np.full(len(left), 0.6), left + 0.08, np.full(len(left), 0.8)], axis=1)
    return np.asarray(boxes * np.array([480, 360, 480, 360]), np.float32)


def made_cases(folder: Path) -> list[Case]:
    detector = load_detector(write_reading_bundle(folder), 1)
    frames = [
        (Frame("C1", str(turn), folder), lot(0, pattern(turn)), Detections.of(boxes, np.ones(len(boxes))))
        for turn in range(3)
        for boxes in [cars(pattern(turn))]
    ]
    return list(disturbed_cases(detector, iter(frames), [], 0.1, each=7))


def test_what_disturbs_the_reading_raises_the_error_and_the_estimate(tmp_path: Path) -> None:
    cases = made_cases(tmp_path / "bundle")
    plain = [case for case in cases if case.kind == UNDISTURBED]
    assert len(plain) == 3 and len(cases) == 24
    assert all(case.error == 0 for case in plain)
    worst = max(cases, key=lambda case: case.error)
    assert worst.error > 0.2  # a night or a fog in which bright cars are dark
    reference = fitted_reference(cases)
    assert reference.frames == 3 and reference.error == 0.0
    assert reference.estimate(worst.signals)[0] < reference.estimate(plain[0].signals)[0]
    accuracy, low, high = reference.estimate(worst.signals)
    assert low <= accuracy <= high
    assert fitted_reference(cases) == reference


def test_a_second_box_of_a_vehicle_is_no_error(tmp_path: Path) -> None:
    """A camera without slots is measured by its boxes, one of each vehicle, as everywhere."""
    detector = load_detector(write_reading_bundle(tmp_path / "bundle"), 1)
    image = lot(0, pattern(0))
    seen = look(detector, image)
    said, found = seen.reported, seen.found
    again = Detections(
        np.concatenate([found.boxes, said.boxes[:1] + 1]),
        np.append(found.scores, said.scores[:1]),
        np.append(found.labels, SECOND_BOX),
    )
    assert teacher_error(replace(seen, found=again), said, detector, (), 0.1) == 0.0


def test_a_camera_without_held_out_frames_has_what_others_taught() -> None:
    reference = fitted_reference([])
    assert reference.frames == 0 and reference.weights == dict(DETECTOR_ALONE.weights)


def test_lights_are_carried_short() -> None:
    assert fitted_reference([CASE], [[0.123456]]).lights == ((0.12,),)


def test_a_patch_reader_goes_with_the_bundle_in_a_file_of_its_own(tmp_path: Path) -> None:
    """So a node of before it still reads the reference."""
    bundle = write_reading_bundle(tmp_path / "bundle")
    line = {
        "edges": Linear(weights=(0.5,) * EDGE_WEIGHTS, offset=0.1),
        "pattern": Linear(weights=(0.5,) * PATTERN_WEIGHTS, offset=0.1),
    }
    reference = fitted_reference([CASE], patch_reader=PatchReader(**line))
    assert (
        reference.patch_reader is not None
        and fitted_reference([], patch_reader=PatchReader(**line)).patch_reader is None
    )
    add_reference(bundle, reference)
    assert "patch_reader" not in (bundle / TRUST).read_text()
    assert set(parse_manifest(bundle).files) >= {TRUST, PATCHES}
    assert read_reference(bundle) == reference
    (bundle / PATCHES).write_text("no JSON")
    with pytest.raises(InputError, match="export the bundle again"):
        read_reference(bundle)


def test_the_manifest_vouches_for_it(tmp_path: Path) -> None:
    bundle = write_reading_bundle(tmp_path / "bundle")
    assert read_reference(bundle) is None
    before = parse_manifest(bundle).identity
    reference = fitted_reference([])
    add_reference(bundle, reference)
    assert read_reference(bundle) == reference
    assert read_manifest(bundle).identity != before
    (bundle / TRUST).write_text("{}")
    with pytest.raises(InputError, match="changed since it was exported"):
        read_manifest(bundle)
    (bundle / TRUST).write_text("no JSON")
    with pytest.raises(InputError, match="export the bundle again"):
        read_reference(bundle)
