"""One system in a process of its own, so that its seconds and its memory are its own.

python -m benchmarks.node_speed.measurement FOLDER

Reads FOLDER/job.json; writes FOLDER/predictions.npz and then FOLDER/result.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.node_speed.memory_streams import Streams
from benchmarks.node_speed.processed_frames import ProcessedFrame, count_window, figures
from benchmarks.node_speed.systems import Job
from lotwise.cameras.slots import SlotReading
from lotwise.datasets.frame import Detections, Image

JOB, RESULT, PREDICTIONS, LOG = "job.json", "result.json", "predictions.npz", "log.txt"
COUNTED = "counted"
"""Appears once the figures are taken: what the process uses later is not the system's."""


class Running(Protocol):
    """A system on all streams."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def detect(self, camera: str, image: Image) -> tuple[Detections, dict[str, SlotReading]]:
        """One frame outside of the streams, after ``stop``."""
        ...

    def extra(self) -> dict[str, Any]:
        """What else is worth telling."""
        ...


@dataclass(frozen=True)
class Prediction:
    """What a system said of one real frame."""

    found: Detections
    readings: Mapping[str, SlotReading]


def open_system(job: Job, streams: Streams, looks: list[ProcessedFrame]) -> Running:
    if job.system.ultralytics:
        from benchmarks.node_speed.ultralytics_predict import Ultralytics

        return Ultralytics(job, streams, looks)
    from benchmarks.node_speed.lotwise_node import LotwiseNode

    return LotwiseNode(job, streams, looks)


def read_predictions(folder: Path) -> dict[str, Prediction]:
    """By frame name, what a measurement left; nothing where it was not asked for it."""
    if not (folder / PREDICTIONS).is_file():
        return {}
    said = json.loads((folder / RESULT).read_text())["readings"]
    with np.load(folder / PREDICTIONS) as arrays:
        return {
            name: Prediction(
                Detections.of(arrays[f"{place}.boxes"], arrays[f"{place}.scores"]),
                {slot: SlotReading(*reading) for slot, reading in readings.items()},
            )
            for place, (name, readings) in enumerate(said.items())
        }


def main() -> None:
    folder = Path(sys.argv[1])
    job = Job.read(folder / JOB)
    clock = None
    if job.profile:
        from benchmarks.node_speed.loop_profile import LoopProfile

        clock = LoopProfile()
    streams, looks = Streams(Path(job.streams)), list[ProcessedFrame]()
    system = open_system(job, streams, looks)
    system.start()

    def all_started() -> None:
        streams.touch()
        if clock:
            clock.begin()

    window = count_window(looks, list(job.bundles), job.warmup, job.seconds, all_started)
    (folder / COUNTED).touch()
    parts = clock.parts() if clock else {}
    system.stop()
    arrays: dict[str, Any] = {}
    said = {}
    for place, (camera, name) in enumerate(streams.frames if job.accuracy else ()):
        found, readings = system.detect(camera, streams.clean(place))
        arrays[f"{place}.boxes"], arrays[f"{place}.scores"] = found.boxes, found.scores
        said[name] = {slot: (reading.state, reading.score) for slot, reading in readings.items()}
    if job.accuracy:
        np.savez(folder / PREDICTIONS, **arrays)
    result = {**figures(looks, window, job.started), **system.extra(), "parts": parts, "readings": said}
    (folder / RESULT).write_text(json.dumps(result))


if __name__ == "__main__":
    main()
