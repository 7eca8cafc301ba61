"""A student as it is deployed, still in PyTorch: pixels in, boxes and scores out, and what is reported of a frame."""

from __future__ import annotations

import copy

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Detections, Image
from lotwise.datasets.suppression import STUDENT_NESTED, STUDENT_NMS_IOU, mark_second_boxes, suppress
from lotwise.teacher.head import decode_boxes, vehicle_logits
from lotwise.teacher.tensor import image_tensor


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


@torch.inference_mode()
def candidates(form: Deployed, image: Image) -> Detections:
    """What a student in PyTorch says at every anchor of an image of its input size: the reference for the detector."""
    boxes, scores = form(image_tensor([image], next(form.parameters()).device))
    return Detections.of(boxes[0].cpu().numpy(), scores[0].cpu().numpy())


def reported(found: Detections, fitted: Letterbox, confidence: float) -> Detections:
    """Candidates -> what is said of the frame, in its pixels; second boxes of a vehicle are labelled as such."""
    kept = mark_second_boxes(suppress(found, confidence=confidence), STUDENT_NMS_IOU, STUDENT_NESTED)
    return Detections(fitted.to_frame(kept.boxes), kept.scores, kept.labels)
