"""From a trained student to a bundle that was compared with it before anybody may deploy it."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.bundle import (
    CONFIDENCE,
    MODEL,
    Manifest,
    Role,
    read_manifest,
    sha256,
    write_manifest,
)
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.cameras.slots import SlotModel
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Image, Slot
from lotwise.datasets.suppression import suppress
from lotwise.teacher.checkpoint import save_model
from lotwise.teacher.head import decode_boxes, vehicle_logits

WEIGHTS = "student.safetensors"
SCORE_TOLERANCE = 2e-3
BOX_TOLERANCE = 0.5  # pixels of the frame
AGREEMENT = 0.98


class Deployed(nn.Module):
    """A student as it is deployed: pixels in, boxes and vehicle scores out."""

    def __init__(self, student: DetectionModel) -> None:
        super().__init__()
        self.student = student

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, 3, H, W) RGB in 0..1 -> boxes (B, A, 4) xyxy in input pixels, scores (B, A)."""
        raw = self.student(pixels)[1]
        return decode_boxes(self.student.model[-1], raw), vehicle_logits(raw).sigmoid()


def deployed_form(student: DetectionModel) -> Deployed:
    """A copy of a student with its norms folded in."""
    return Deployed(copy.deepcopy(student).cpu().float().eval().fuse(verbose=False)).eval()


def export_onnx(student: DetectionModel, size: tuple[int, int], path: Path) -> None:
    """Write a student as ONNX for inputs of (width, height) pixels, with a free batch size."""
    write_onnx(deployed_form(student), size, path, {0: "batch"})


def write_onnx(form: nn.Module, size: tuple[int, int], path: Path, free: dict[int, str] | None = None) -> None:
    """Write what turns pixels into boxes and scores as ONNX.

    Args:
        form: in eval mode.
        size: (width, height) of its input in pixels.
        path: of the file.
        free: names of the axes whose length is left open, on the input and on both outputs.
    """
    import logging
    import warnings

    pixels = torch.zeros(1, 3, size[1], size[0])
    form(pixels)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            form, (pixels,), str(path), input_names=["pixels"], output_names=["boxes", "scores"], opset_version=17,
            dynamic_axes={name: free or {} for name in ("pixels", "boxes", "scores")}, dynamo=False,
        )  # fmt: skip


def write_bundle(
    student: DetectionModel,
    folder: Path,
    *,
    camera: str,
    role: Role,
    size: tuple[int, int],
    confidence: float = CONFIDENCE,
    check: Sequence[Image],
    slots: Sequence[Slot] = (),
    slot_model: SlotModel | None = None,
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
        confidence: the deployed threshold.
        check: frames on which the two are compared.
        slots: the camera's, carried along so that the node needs no other file.
        slot_model: where parked cars' boxes lie on them, as far as it was learned.
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
    manifest = Manifest(
        camera=camera,
        role=role,
        input=size,
        confidence=confidence,
        files={name: sha256(folder / name) for name in (MODEL, WEIGHTS)},
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
        fitted = Letterbox((frame.shape[1], frame.shape[0]), detector.input)
        ours, theirs = candidates(form, fitted.image(frame)), detector.candidates([frame])[0]
        seen = ours.scores >= detector.confidence
        score.append(float(np.abs(ours.scores - theirs.scores).max()))
        box.append(float(np.abs(ours.boxes - theirs.boxes)[seen].max(initial=0)) / fitted.scale)
        pairs.append((reported(ours, fitted, detector.confidence), detector([frame])[0]))
    same = agreement(pairs)
    found = {"score": float(np.max(score)), "box": float(np.max(box)), "agreement": same, "frames": len(pairs)}
    # Written so that a student whose numbers are no numbers fails too.
    if not (found["score"] <= SCORE_TOLERANCE and found["box"] <= BOX_TOLERANCE and same >= AGREEMENT):
        raise InputError(
            f"{detector.manifest.camera if detector.manifest else 'export'}: the exported model disagrees with the "
            f"student (score {found['score']:.4f}, box {found['box']:.2f} px, agreement {same:.3f}); it is not deployed"
        )
    return found


@torch.inference_mode()
def candidates(form: Deployed, image: Image) -> Detections:
    """What a student in PyTorch says at every anchor of an image of its input size: the reference for the detector."""
    pixels = torch.from_numpy(np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1)))[None]
    boxes, scores = form(pixels.to(next(form.parameters()).device).float() / 255)
    return Detections.of(boxes[0].cpu().numpy(), scores[0].cpu().numpy())


def reported(found: Detections, fitted: Letterbox, confidence: float) -> Detections:
    """Candidates -> what is reported of the frame, in its pixels."""
    kept = suppress(found, confidence=confidence)
    return Detections(fitted.to_frame(kept.boxes), kept.scores, kept.labels)
