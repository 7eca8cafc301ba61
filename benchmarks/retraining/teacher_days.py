"""What the teacher itself reads, day by day, with the slots and the rule of a camera's live student."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from benchmarks.retraining.strategies import days_of, read_right
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.detection.frame_result import FrameResult
from lotwise.datasets.frame import Dataset
from lotwise.datasets.images import read_image
from lotwise.students.pipeline.run import Run
from lotwise.teacher.oracle import Oracle


def teacher_days(
    run: Run, oracle: Oracle, score: float, dataset: Dataset, kind: Literal["day", "after"]
) -> Iterator[dict[str, Any]]:
    """A row for each camera and day.

    Args:
        run: whose live students' slots and rule are used; slots are asked for from a score of 0.25 on.
        oracle: the teacher.
        score: boxes from this score on are counted as vehicles.
        dataset: the days and their truth.
        kind: of the rows; days of the kind ``after`` are all called day 0.
    """
    for camera in run.records():
        detector = load_detector(run.registry(camera).live(), 1)
        for day, frames in enumerate(days_of(dataset, camera)):
            total = [0, 0, 0, 0]
            for frame in frames:
                image = read_image(frame.path)
                said = oracle.predict(image).detections
                size = (image.shape[1], image.shape[0])
                readings = detector.slot_rule(said, detector.slots, size, confidence=0.25)
                counted = read_right(
                    FrameResult(frame.name, size, said[said.scores >= score], readings), frame, dataset
                )
                total = [a + b for a, b in zip(total, counted, strict=True)]
            named = dict(zip(("slots_right", "slots", "boxes_same", "boxes"), total, strict=True))
            yield {"kind": kind, "day": day if kind == "day" else 0, "camera": camera, **named}
