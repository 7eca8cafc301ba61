"""What the pictures of a batch of dreams shall show: drawn from metadata, in pixels of the network's input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.boxes import clip
from lotwise.datasets.frame import Detections
from lotwise.students.losses.targets import SampleTargets, Targets, make_targets
from lotwise.students.synthesis.features import Features
from lotwise.students.synthesis.layout import Layout, draw_boxes

LEAST_SCORE = 0.5
"""Score that the teacher shall give a drawn box at least, however unsure it was there: a dream shows clear vehicles."""
LEAST_SIDE_PX = 2.0
"""Side of a drawn box below which nothing can be seen in it."""


@dataclass(frozen=True)
class Drawn:
    """What one picture shall show, whatever its size.

    Attributes:
        boxes: (N, 4) xyxy in 0..1 of the frame.
        scores: (N,) of the teacher at these places of the camera.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]


@dataclass(frozen=True)
class Aim:
    """What one picture of a certain size shall show.

    Attributes:
        boxes: (N, 4) xyxy in input pixels.
        scores: (N,) that the teacher shall give them.
        features: by level, (N, C) the points that were drawn for them, and (N,) whether any was.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    features: Mapping[int, tuple[NDArray[np.float32], NDArray[np.bool_]]]

    def shifted(self, right: int, down: int, size: tuple[int, int]) -> Aim:
        """The same in a picture (width, height) that was moved by so many pixels; what has left it is left out."""
        boxes = clip(self.boxes + np.array([right, down] * 2, np.float32), *size)
        seen = (boxes[:, 2:] - boxes[:, :2]).min(1, initial=np.inf) >= LEAST_SIDE_PX
        features = {level: (points[seen], known[seen]) for level, (points, known) in self.features.items()}
        return Aim(boxes[seen], self.scores[seen], features)


def draw_picture(layout: Layout, generator: np.random.Generator) -> Drawn:
    """Vehicles of one picture."""
    return Drawn(*draw_boxes(layout, generator))


def aim_at(drawn: Drawn, features: Features, fitted: Letterbox, generator: np.random.Generator) -> Aim:
    """What was drawn, in a picture of one size, with features for vehicles as large as they are there.

    Args:
        drawn: what the picture shall show.
        features: of the camera's vehicles.
        fitted: how a frame lies in the input.
        generator: source of randomness.
    """
    frame = np.array([*fitted.frame, *fitted.frame], np.float32)
    boxes = fitted.to_input(drawn.boxes * frame)
    aim = Aim(
        boxes,
        np.maximum(drawn.scores, LEAST_SCORE).astype(np.float32),
        {level: features.draw(level, boxes, generator) for level in features.levels},
    )
    return aim.shifted(0, 0, fitted.input)


def box_targets(aims: Sequence[Aim], device: torch.device) -> Targets:
    """The boxes of a batch as the loss takes them; every other place is background."""
    nothing = np.zeros((0, 4), np.float32)
    samples = [SampleTargets(Detections.of(aim.boxes, aim.scores), (), nothing) for aim in aims]
    return make_targets(samples, 0.0, 0.0, 1.0).to(device)
