"""When a student has learned what it can: a rule that needs no labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from cameras.agreement import agreement
from cameras.suppression import suppress
from datasets.frame import Detections
from students.samples import Samples
from teacher.head import decode_boxes, vehicle_logits
from teacher.oracle import fast_bfloat16

DEPLOYED = 0.25
FRAMES = 8
"""Frames that a check looks at, spread evenly."""
GAIN = 0.005
"""Agreement that a student must win between checks to count as still learning."""
PATIENCE = 2
"""Checks without that gain after which it has settled."""


def settled(agreements: Sequence[float], gain: float = GAIN, patience: int = PATIENCE) -> bool:
    """Whether the last checks brought nothing more.

    Args:
        agreements: F1 with the teacher's taught boxes at each check so far, 0..1.
        gain: least rise of the best value that counts.
        patience: checks in a row without it.

    >>> settled([0.80, 0.90, 0.902, 0.901])
    True
    >>> settled([0.80, 0.90, 0.902, 0.91])
    False
    """
    if len(agreements) <= patience:
        return False
    return max(agreements[-patience:]) < max(agreements[:-patience]) + gain


def agreement_check(samples: Samples) -> Callable[[nn.Module], float]:
    """How far a student agrees with what it was taught, on some of its own frames as they are; no labels."""
    which = np.unique(np.linspace(0, len(samples) - 1, min(FRAMES, len(samples))).round().astype(int))
    lessons = [samples.plain(int(index)) for index in which]
    teach = samples.settings.teach

    def check(student: nn.Module) -> float:
        pairs = []
        for image, box, taught in lessons:
            found = _detect(student, image)
            found = Detections(box.to_frame(found.boxes), found.scores, found.labels)
            pairs.append((found, taught[taught.scores >= teach]))
        return agreement(pairs)

    return check


@torch.inference_mode()
def _detect(student: nn.Module, image: np.ndarray) -> Detections:
    """Vehicles at the deployed confidence on an image (H, W, 3) BGR of the network's input size, in its pixels."""
    device = next(student.parameters()).device
    pixels = torch.from_numpy(np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1)))[None].to(device).float() / 255
    with torch.autocast(device.type, torch.bfloat16, enabled=fast_bfloat16(device)):
        raw = student(pixels)[1]
    boxes = decode_boxes(student.model[-1], raw)[0]  # type: ignore[index]
    scores = vehicle_logits(raw)[0].sigmoid()
    return suppress(Detections.of(boxes.cpu().numpy(), scores.cpu().numpy()), confidence=DEPLOYED)
