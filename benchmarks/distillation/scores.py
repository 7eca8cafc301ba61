"""A camera's frames in parts, and what a set of predictions is worth on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.distillation.training_job import Predictions
from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.slots import SlotRule, slot_rule
from lotwise.datasets.frame import Dataset, Frame
from lotwise.datasets.images import image_size
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.eval.evaluation import evaluate
from lotwise.eval.evidence import Evidence
from lotwise.eval.metrics.slot_counts import SlotCounts, count_slots, with_slots
from lotwise.eval.protocols import SLOTS, VEHICLES
from lotwise.eval.rows import Row

PARTS = 3
"""Parts of a camera's frames, each measured by a student of the other two; a camera of CNR-EXT has eight here."""


@dataclass(frozen=True)
class Camera:
    """A camera and how its frames are divided.

    Attributes:
        dataset: its frames and truth.
        parts: (train, test) frames; each frame is tested once.
        taught: the teacher's boxes that are taught, by frame name.
        matched: the learned slot rule of each part, which never saw the part's test frames.
    """

    dataset: Dataset
    parts: Sequence[tuple[list[Frame], list[Frame]]]
    taught: Predictions
    matched: Sequence[SlotRule]

    @property
    def name(self) -> str:
        return self.dataset.cameras[0]


def divide(frames: Sequence[Frame], count: int = PARTS) -> list[tuple[list[Frame], list[Frame]]]:
    """(train, test) pairs by turns; each frame is tested once."""
    return [
        ([f for i, f in enumerate(frames) if i % count != k], [f for i, f in enumerate(frames) if i % count == k])
        for k in range(count)
    ]


def score(camera: Camera, said: Predictions) -> dict[str, float | None]:
    """All figures of one set of predictions on all frames of the camera.

    Precision, recall and false boxes are those at the threshold at which they run, and None where nobody has drawn
    vehicle boxes.
    """
    half = slots(camera, said, [slot_rule(None)] * len(camera.parts))
    matched = slots(camera, said, camera.matched)
    boxes = evaluate(VEHICLES, evidence(camera, said)).rows[-1]
    return {
        "slots": half.slots,
        "errors_half_covered": half.errors,
        "errors_matched": matched.errors,
        "f1_half_covered": half.slot_f1,
        "f1_matched": matched.slot_f1,
        "map50": boxes.map50,
        "map50_95": boxes.map50_95,
        "deployed_precision": boxes.deployed_precision,
        "deployed_recall": boxes.deployed_recall,
        "false_boxes": boxes.boxes_false,
        "agreement": agreement(
            (found[found.scores >= DEFAULT_CONFIDENCE], camera.taught[name]) for name, found in said.items()
        ),
    }


def slots(camera: Camera, said: Predictions, rules: Sequence[SlotRule]) -> Row:
    """Slot figures over all parts, each read by its own rule."""
    labelled = SLOTS.judged_frames(evidence(camera, said))
    counts: list[SlotCounts] = []
    for (_, test), rule in zip(camera.parts, rules, strict=True):
        for frame in test:
            if frame.name in labelled:
                one = labelled[frame.name]
                counts.append(
                    count_slots(one.labels, rule(said[frame.name], one.slots, one.size, confidence=DEFAULT_CONFIDENCE))
                )
    return with_slots(Row("student", camera.name), counts)


def evidence(camera: Camera, said: Predictions) -> Evidence:
    dataset = camera.dataset
    sizes = {frame.name: image_size(frame.path) for frame in dataset.frames}
    return Evidence(
        dataset.frames,
        dataset.truth,
        {"student": said},
        {"student": {camera.name: DEFAULT_CONFIDENCE}},
        dataset.slots,
        sizes,
    )
