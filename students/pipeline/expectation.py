"""What is expected of the vehicles on a camera's frames, by the teacher's word and the camera's other frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.distillation.taught import taught_detections
from lotwise.students.losses.targets import taught_scores
from lotwise.students.pipeline.expected_f1 import Expected
from lotwise.teacher.index import Labels

SURE_SCORE = 0.5
"""Where the teacher's box had this score on any frame a vehicle may stand on others, whether the teacher sees it there
or not; as in the consensus, which calls nothing furniture that ever scored so high."""


def expected_vehicles(
    frames: Sequence[Frame], labels: Labels, settings: DistillSettings, read: LoadFrame = load
) -> dict[str, Expected]:
    """What is expected of each frame of a camera, by frame name; no labels.

    Args:
        frames: of one camera, in order of time, those held out among them: a thing that never comes or goes shows
            over all of them.
        labels: what the teacher said of them.
        settings: of the distillation; what is taught is what is expected.
        read: gives the pixels of a frame.

    Raises:
        UnreadableImage: a frame cannot be read any more.
    """
    taught = taught_detections(frames, labels.keys, labels.store, settings, read=read)
    said = {frame.name: labels.detections(frame) for frame in frames if frame.name in labels.keys}
    told = _together([found.boxes[found.scores >= settings.ignore_threshold] for found in said.values()])
    sure = _together([found.boxes[found.scores >= SURE_SCORE] for found in taught.values()])
    expected: dict[str, Expected] = {}
    for name, found in taught.items():
        boxes = found[found.scores >= settings.positive_threshold]
        doubtful = (found.scores >= settings.ignore_threshold) & (found.scores < settings.positive_threshold)
        expected[name] = Expected(
            Detections.of(boxes.boxes, taught_scores(boxes, settings.score_exponent)),
            np.concatenate([found.boxes[doubtful], sure]),
            told,
        )
    return expected


def _together(boxes: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros((0, 4), np.float32), *boxes])
