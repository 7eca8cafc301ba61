"""What a student says at every anchor, in the form in which cameras tell it to each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.frame import Image
from lotwise.students.federation.listening import PICTURES_AT_ONCE, Said, listen
from lotwise.students.federation.predictions.soft_detections import DenseDetections


@torch.no_grad()
def predict(student: DetectionModel, pictures: Sequence[Image]) -> DenseDetections:
    """What a student says of pictures of its input size, as it would say it deployed."""
    parts = [
        dense(listen(student, pictures[start : start + PICTURES_AT_ONCE]))
        for start in range(0, len(pictures), PICTURES_AT_ONCE)
    ]
    return DenseDetections(
        np.concatenate([part.scores for part in parts]), np.concatenate([part.weighted for part in parts])
    )


def dense(said: Said) -> DenseDetections:
    """In a form that can be averaged; distances below 0, which a head without bins may say, become 0."""
    scores = said.logits.detach().sigmoid()
    weighted = scores[..., None] * said.distances.detach().clamp_min(0)
    return DenseDetections(scores.cpu().numpy(), weighted.cpu().numpy())
