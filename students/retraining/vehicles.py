"""Which vehicles a new bundle has won and lost against the live one, place by place of a fixed camera."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections
from lotwise.datasets.suppression import first_boxes
from lotwise.students.pipeline.expected_f1 import SAME_VEHICLE_IOU, Expected, judge, matches


def vehicle_gains(frames: Sequence[tuple[Expected, Detections, Detections]]) -> list[float]:
    """What the new bundle has won at each place where a box differs, less what it has lost, over all frames.

    A box that finds a vehicle of probability q is worth 2 q - F, one that finds none -F: by so much, but for a common
    factor, it moves the expected F1, whose mean of both bundles is F. Boxes of an IoU of one half are of one place.

    Args:
        frames: of each frame what is expected, and the boxes of the live and of the new bundle, as reported.
    """
    live, new = judge((one[1], one[0]) for one in frames), judge((one[2], one[0]) for one in frames)
    usual = (live.f1(0.0) + new.f1(0.0)) / 2
    places, gains = np.zeros((0, 4), np.float32), list[float]()
    for said, before, after in frames:
        for every, sign in ((before, -1.0), (after, 1.0)):
            found = first_boxes(every)
            which, taken = matches(found, said)
            chance = np.where(taken >= 0, np.append(said.taught.scores, 0.0)[taken], 0.0)
            # By the teacher's box where there is one, so that two boxes of one vehicle are of one place.
            boxes = np.where(
                taken[:, None] >= 0, np.append(said.taught.boxes, np.zeros((1, 4)), 0)[taken], found.boxes[which]
            )
            for box, worth in zip(boxes.astype(np.float32), sign * (2 * chance - usual), strict=True):
                overlap = iou(box[None], places)[0]
                place = int(overlap.argmax()) if len(overlap) else -1
                if place < 0 or overlap[place] < SAME_VEHICLE_IOU:
                    place = len(gains)
                    places = np.append(places, box[None], 0)
                    gains.append(0.0)
                gains[place] += float(worth)
    return [gain for gain in gains if abs(gain) > 1e-6]
