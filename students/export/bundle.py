"""From a trained student to a bundle that was compared with it before anybody may deploy it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.bundle import (
    MODEL,
    BundleRole,
    Manifest,
    read_manifest,
    sha256,
    write_manifest,
)
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.cameras.slots import SlotModel
from lotwise.cameras.slots.seen_boxes import SeenBoxes
from lotwise.cameras.slots.seen_boxes_file import SEEN_BOXES, write_seen_boxes
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Crop, Image, Slot
from lotwise.datasets.suppression import STUDENT_NESTED, STUDENT_NMS_IOU
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.export.onnx_file import export_onnx
from lotwise.students.model.deployed import candidates, deployed_form, reported
from lotwise.teacher.checkpoint import save_model

WEIGHTS = "student.safetensors"
SCORE_TOLERANCE = 2e-3
"""Largest difference of a score between student and export: far above what another order of summation in
float32 gives, far below what a wrong weight does."""
BOX_TOLERANCE_PX = 0.5
"""Largest difference of a box's side, pixels of the frame."""
SCORE_DIGITS, BOX_DIGITS = 4, 2
"""Digits after the point in which these differences are kept: a twentieth of their tolerances and less."""
MIN_AGREEMENT = 0.98
"""Least F1 of what both report: a score at the threshold may fall to either side on one box in fifty."""


def write_bundle(
    student: DetectionModel,
    folder: Path,
    *,
    camera: str,
    role: BundleRole,
    size: tuple[int, int],
    crop: Crop | None = None,
    confidence: float = DEFAULT_CONFIDENCE,
    check: Sequence[Image],
    slots: Sequence[Slot] = (),
    slot_model: SlotModel | None = None,
    seen_boxes: SeenBoxes | None = None,
    teacher: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    measured: dict[str, Any] | None = None,
) -> Manifest:
    """Export a student and refuse the result unless it says what the PyTorch model says.

    Args:
        student: in eval mode.
        folder: made anew.
        camera: whose student it is.
        role: a distilled student, or the untouched nano it started from.
        size: (width, height) of the input.
        crop: the part of the frame that it looks at; all of it where None.
        confidence: the deployed threshold.
        check: frames on which the two are compared.
        slots: the camera's, carried along so that the node needs no other file.
        slot_model: where parked cars' boxes lie on them, as far as it was learned.
        seen_boxes: of cars in the camera's view, from which that is learned for slots that are drawn later.
        teacher, training, measured: what a person should be able to look up later.

    Raises:
        InputError: the exported model disagrees with the PyTorch model, or there is no frame to compare them on;
            nothing is kept.
    """
    if not check:
        raise InputError(f"{folder}: no frame to compare the exported model with its student on; give at least one")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    export_onnx(student, size, folder / MODEL)
    save_model(student, folder / WEIGHTS, half=True)
    written = [MODEL, WEIGHTS]
    if seen_boxes is not None and seen_boxes.frames:
        write_seen_boxes(folder / SEEN_BOXES, seen_boxes)
        written.append(SEEN_BOXES)
    manifest = Manifest(
        camera=camera,
        role=role,
        input=size,
        crop=crop,
        confidence=confidence,
        files={name: sha256(folder / name) for name in written},
        reported_overlap=STUDENT_NMS_IOU,
        reported_nested=STUDENT_NESTED,
        slots=tuple(SlotShape.of(slot) for slot in slots),
        slot_model=slot_model,
        teacher=teacher or {},
        training=training or {},
    )
    write_manifest(folder, manifest)
    try:
        compared = compare(student, load_detector(folder), check)
    except InputError:
        shutil.rmtree(folder)
        raise
    manifest = manifest.model_copy(update={"measured": {**(measured or {}), "export": compared}})
    write_manifest(folder, manifest)
    return read_manifest(folder)


def compare(student: DetectionModel, detector: Detector, frames: Sequence[Image]) -> dict[str, float]:
    """Largest differences between a student in PyTorch and its export, on real frames.

    Anchors are compared one by one, before suppression: two boxes of nearly the same score may change places
    afterwards, which is no fault.

    Returns:
        ``score``: largest difference over all anchors; ``box``: over those at or above the deployed confidence,
        in pixels of the frame; ``agreement``: F1 of what is reported at that confidence; ``frames``.

    Raises:
        InputError: one of them is beyond its tolerance.
    """
    form = deployed_form(student)
    pairs, score, box = [], [0.0], [0.0]
    for frame in frames:
        fitted = detector.fitted(frame)
        ours, theirs = candidates(form, fitted.image(frame)), detector.candidates([frame])[0]
        seen = ours.scores >= detector.confidence
        score.append(float(np.abs(ours.scores - theirs.scores).max()))
        box.append(float(np.abs(ours.boxes - theirs.boxes)[seen].max(initial=0)) / fitted.scale)
        pairs.append((reported(ours, fitted, detector.confidence), detector([frame])[0]))
    same = agreement(pairs)
    # Rounded to what matters: another number of threads sums in another order, and is no other bundle for that.
    found = {
        "score": round(float(np.max(score)), SCORE_DIGITS),
        "box": round(float(np.max(box)), BOX_DIGITS),
        "agreement": same,
        "frames": len(pairs),
    }
    # Written so that a student whose numbers are no numbers fails too.
    if not (found["score"] <= SCORE_TOLERANCE and found["box"] <= BOX_TOLERANCE_PX and same >= MIN_AGREEMENT):
        raise InputError(
            f"{detector.manifest.camera if detector.manifest else 'export'}: the exported model disagrees with the "
            f"student (score {found['score']:.4f}, box {found['box']:.2f} px, agreement {same:.3f}); it is not deployed"
        )
    return found
