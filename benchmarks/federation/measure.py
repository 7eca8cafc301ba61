"""What the students of a federation are worth against the truth: on their own camera's frames, and on everybody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean

import torch
from ultralytics.nn.tasks import DetectionModel

from benchmarks.federation.world import World
from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.images import image_size
from lotwise.datasets.load import load
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.eval.evaluation import evaluate
from lotwise.eval.evidence import Evidence
from lotwise.eval.protocols import SLOTS, VEHICLES
from lotwise.students.federation.method import Arrays, load_arrays
from lotwise.students.model.deployed import candidates, deployed_form, reported

Figures = dict[str, float | None]


class Looks:
    """Runs students on test frames, each of which is decoded once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._model: DetectionModel = world.student()
        self._fitted: dict[str, tuple[Letterbox, object]] = {}

    def said(self, weights: Arrays, frames: Sequence[Frame]) -> dict[str, Detections]:
        """All boxes of a student on frames, by name, in pixels of the frame."""
        load_arrays(self._model, weights)
        form = deployed_form(self._model)
        said = {}
        for frame in frames:
            if frame.name not in self._fitted:
                image = load(frame)
                box = Letterbox.around((image.shape[1], image.shape[0]), self.world.settings.size)
                self._fitted[frame.name] = box, box.image(image)
            box, fitted = self._fitted[frame.name]
            with torch.inference_mode():
                said[frame.name] = reported(candidates(form, fitted), box, MIN_REPORTED_SCORE)  # type: ignore[arg-type]
        return said

    def private(self, students: Mapping[str, Arrays], own: Mapping[str, Sequence[Frame]]) -> Figures:
        """Each student on its own test frames; the mean over students."""
        found = [self.figures(self.said(weights, own[node]), own[node]) for node, weights in students.items()]
        return {name: _mean([one[name] for one in found]) for name in found[0]}

    def uniform(self, students: Mapping[str, Arrays], most: int = 1) -> Figures:
        """Each student on test frames of all cameras, ``most`` of each; the mean over students."""
        frames = [f for camera in self.world.tested for f in spread(self.world.tested[camera], most)]
        found = [self.figures(self.said(weights, frames), frames) for weights in students.values()]
        return {name: _mean([one[name] for one in found]) for name in found[0]}

    def figures(self, said: Mapping[str, Detections], frames: Sequence[Frame]) -> Figures:
        """Slot accuracy, and average precision against vehicles."""
        dataset = self.world.dataset
        cameras = dict.fromkeys({frame.camera for frame in frames}, DEFAULT_CONFIDENCE)
        evidence = Evidence(
            frames,
            dataset.truth,
            {"student": said},
            {"student": cameras},
            dataset.slots,
            {frame.name: image_size(frame.path) for frame in frames},
        )
        slots, vehicles = (evaluate(protocol, evidence).rows[-1] for protocol in (SLOTS, VEHICLES))
        return {
            "slots": slots.accuracy,
            "map50_95": vehicles.map50_95,
            "map50": vehicles.map50,
        }


def spread(frames: Sequence[Frame], most: int) -> list[Frame]:
    """``most`` of them, evenly over time."""
    step = max(len(frames) / most, 1)
    return [frames[int(place * step)] for place in range(min(most, len(frames)))]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if known else None
