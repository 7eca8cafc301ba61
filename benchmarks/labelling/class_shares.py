"""What the teacher's other classes say of a box: whether a thing looks like a vehicle alone, or like much else too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Image
from lotwise.datasets.vehicles import VEHICLE_CLASSES
from lotwise.teacher.checkpoint import load_model
from lotwise.teacher.head import decode_boxes, vehicle_classes
from lotwise.teacher.tensor import image_tensor

SAME_IOU = 0.5
CAR = "car"


class ClassShares:
    """A teacher of several classes, asked how its classes share in a box."""

    def __init__(self, weights: Path, size: int = 640) -> None:
        self.model = load_model(weights)
        self.vehicles = vehicle_classes(self.model.names, VEHICLE_CLASSES, str(weights))
        self.cars = vehicle_classes(self.model.names, (CAR,), str(weights)) if self.several else self.vehicles
        self.size = size

    @property
    def several(self) -> bool:
        """Whether it knows more classes than one; else nothing can be told."""
        return len(self.model.names) > 1

    @torch.inference_mode()
    def __call__(self, image: Image, boxes: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Two shares of each box, 0..1, at the anchor that sees a vehicle there best; NaN where none does.

        Args:
            image: (H, W, 3) BGR.
            boxes: (N, 4) xyxy in pixels of the frame.

        Returns:
            (N,) vehicles' share of the scores of all classes, and (N,) cars' share of those of all vehicles.
        """
        shares = np.full((2, len(boxes)), np.nan)
        if not self.several or not len(boxes):
            return shares[0], shares[1]
        fitted = Letterbox.around((image.shape[1], image.shape[0]), self.size)
        _, raw = self.model(image_tensor([fitted.image(image)], torch.device("cpu"), torch.channels_last))
        raw = raw.get("one2many", raw)
        scores = raw["scores"][0].float().sigmoid().numpy()
        there = fitted.to_frame(decode_boxes(self.model.model[-1], raw)[0].numpy())
        vehicle = scores[self.vehicles].max(0)
        near = np.flatnonzero(vehicle >= 0.001)
        overlap = iou(boxes, there[near])
        for number, row in enumerate(overlap):
            on = near[row >= SAME_IOU]
            if len(on):
                best = on[vehicle[on].argmax()]
                shares[0, number] = vehicle[best] / scores[:, best].sum()
                shares[1, number] = scores[self.cars, best].max() / scores[self.vehicles, best].sum()
        return shares[0], shares[1]
