"""One camera of a run as a node of a federation: its frames with their knowledge, and where its student begins."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame_cache import FrameCache
from lotwise.datasets.load import LoadFrame
from lotwise.datasets.split import Split
from lotwise.students.distillation.fitted_frames import FittedFrames, input_size
from lotwise.students.distillation.samples import Samples
from lotwise.students.distillation.taught import taught_detections
from lotwise.students.federation.local_training import LocalTraining
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.train import labelled_split
from lotwise.teacher.ignored import labels_without_ignored
from lotwise.teacher.index import open_labels


class FederatedCamera:
    """What a node knows: its own frames and no others."""

    def __init__(self, run: Run, camera: str, student: str | None = None, read: LoadFrame | None = None) -> None:
        """Open a camera of a labelled run.

        Args:
            run: in which the camera's frames are labelled.
            camera: its id.
            student: weights of the nano that it begins with; those of the run's plan by default.
            read: gives the pixels of a frame; a cache by default.

        Raises:
            InputError: no such run or camera, or nothing to learn from.
        """
        plan = run.plan()
        footage = open_footage(plan)
        labels = labels_without_ignored(open_labels(run.knowledge, plan.labelling), footage)
        frames = footage.of_camera(camera)
        if not any(frame.name in labels.keys for frame in frames):
            there = ", ".join(footage.cameras)
            raise InputError(f"{run.folder}: no labelled frames of camera {camera!r} (cameras: {there})")
        self.name, self.plan, self.labels = camera, plan, labels
        self.weights = student or plan.student
        self.frames = tuple(frames)
        self.split: Split = labelled_split(frames, labels, plan)
        self.read = read or FrameCache()

    @cached_property
    def samples(self) -> Samples:
        """The frames that are learned from, corrected by each other, at the input's size."""
        frames, keys, store, settings = self.split.train, self.labels.keys, self.labels.store, self.plan.distill
        fitted = FittedFrames(input_size([store.get(keys[frames[0].name]).size], settings.size), self.read)
        taught = taught_detections(frames, keys, store, settings, None, fitted.whole)
        return Samples(frames, store, settings, keys, taught, fitted)

    def nano(self) -> DetectionModel:
        """The untouched nano, its head narrowed to vehicles."""
        return make_student(self.weights, self.plan.oracle.classes)

    def local(self, decay: float) -> LocalTraining:
        """The camera at the beginning of a round, with the untouched nano."""
        return LocalTraining(self.nano(), self.samples, self.plan.distill, decay, self.name)


def labelled_cameras(plan: Plan, knowledge: Path) -> tuple[str, ...]:
    """Ids of the cameras of which frames are labelled."""
    footage = open_footage(plan)
    keys = open_labels(knowledge, plan.labelling).keys
    return tuple(camera for camera in footage.cameras if any(frame.name in keys for frame in footage.of_camera(camera)))
