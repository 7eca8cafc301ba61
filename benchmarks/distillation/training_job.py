"""One training of a comparison, in a process of its own: so its seconds and its memory are its own.

python -m benchmarks.distillation.training_job FOLDER [CORE]

Reads FOLDER/job.json; writes FOLDER/predictions.npz and then FOLDER/result.json.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from ultralytics.nn.tasks import DetectionModel

from benchmarks.distillation.ultralytics_training import MIN_LABEL_SCORE, fine_tune, write_training_set
from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE, Detector, load_detector
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Dataset, Detections, Frame
from lotwise.datasets.images import image_size
from lotwise.datasets.load import load
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.vehicles import VEHICLE_CLASSES
from lotwise.students.distillation.learn import learn
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.onnx_file import export_onnx
from lotwise.teacher.label import label
from lotwise.teacher.oracle import Oracle, OracleSettings
from lotwise.teacher.store import KnowledgeStore

Predictions = dict[str, Detections]
SIZE = 640
"""Longer side of the input in pixels, which is what Ultralytics trains at by default."""


@dataclass(frozen=True)
class Job:
    """What is to be trained, on what, and measured on what.

    Attributes:
        recipe: ``lotwise``, ``plain``, ``builtin``, ``labels`` (supervised by the slots' labels).
        dataset, root: kind and folder of the frames.
        camera: whose student it is.
        train, test: names of frames.
        seed: of everything random.
        teacher, student: weights files.
        options: what else the recipe takes.
    """

    recipe: str
    dataset: str
    root: str
    camera: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    seed: int
    teacher: str
    student: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """What a training took and gave.

    Attributes:
        seconds: of the core, for training alone; the teacher's looks, which are stored, are left out.
        memory: peak of the process up to the end of training, MiB.
        said: all boxes on the test frames, from ``MIN_REPORTED_SCORE`` up, by frame name.
    """

    seconds: float
    memory: float
    said: Predictions


def read_result(folder: Path, job: Job) -> Result | None:
    """What an earlier run found for this very job; None where it is still to be done."""
    path = folder / "result.json"
    if not path.is_file():
        return None
    found = json.loads(path.read_text())
    if found["job"] != json.loads(json.dumps(asdict(job))):
        return None
    with np.load(folder / "predictions.npz") as arrays:
        said = {
            name: Detections.of(arrays[f"{i}.boxes"], arrays[f"{i}.scores"]) for i, name in enumerate(found["frames"])
        }
    return Result(found["seconds"], found["memory"], said)


def run_model(model: DetectionModel, frames: Sequence[Frame], size: int) -> Predictions:
    """All detections of a student on frames, through the detector that a camera runs."""
    said: Predictions = {}
    with tempfile.TemporaryDirectory() as folder:
        detectors: dict[tuple[int, int], Detector] = {}
        for frame in frames:
            image = load(frame)
            shape = Letterbox.around((image.shape[1], image.shape[0]), size).input
            if shape not in detectors:
                path = Path(folder) / f"{shape[0]}x{shape[1]}.onnx"
                export_onnx(model, shape, path)
                detectors[shape] = load_detector(path)
            said[frame.name] = detectors[shape]([image], MIN_REPORTED_SCORE)[0]
    return said


def teacher_store(
    teacher: str | Path, settings: OracleSettings, frames: Sequence[Frame], work: Path
) -> tuple[KnowledgeStore, Mapping[str, str]]:
    """The store of what the teacher says of these frames, looked at where it was not yet, and the content keys."""
    oracle = Oracle(teacher, settings)
    store = KnowledgeStore.open(work / "knowledge", oracle.identity, oracle.description)
    return store, label(frames, oracle, store).keys


def train(job: Job, folder: Path, work: Path) -> tuple[DetectionModel, float]:
    """The job's student and the seconds of its training."""
    dataset = open_dataset(job.dataset, Path(job.root), (job.camera,))
    frames = [frame for frame in dataset.frames if frame.name in job.train]
    return lotwise(job, frames, folder, work) if job.recipe == "lotwise" else peer(job, dataset, frames, folder, work)


def lotwise(job: Job, frames: Sequence[Frame], folder: Path, work: Path) -> tuple[DetectionModel, float]:
    """Our own training, on frames of other cameras too where the options name some (kind of dataset, root, cameras)."""
    settings = DistillSettings.model_validate({**job.options.get("settings", {}), "seed": job.seed})
    others = [
        frame
        for kind, root, cameras in job.options.get("others", ())
        for frame in open_dataset(kind, Path(root), tuple(cameras) or None).frames
        if frame.camera != job.camera
    ]
    store, keys = teacher_store(job.teacher, OracleSettings(), [*frames, *others], work)
    start = time.process_time()
    learned = learn(job.student, VEHICLE_CLASSES, frames, keys, store, settings, folder, others=others)
    return learned.trained.student, time.process_time() - start


def peer(job: Job, dataset: Dataset, frames: Sequence[Frame], folder: Path, work: Path) -> tuple[DetectionModel, float]:
    """A training by Ultralytics, on the teacher's boxes at 1280 px or on the occupied slots."""
    if job.recipe == "labels":
        boxes = [occupied(dataset, frame) for frame in frames]
    else:
        store, keys = teacher_store(job.teacher, OracleSettings(scales=(1280,), grid=0), frames, work)
        said = [store.get(keys[frame.name]).detections for frame in frames]
        boxes = [found[found.scores >= MIN_LABEL_SCORE] for found in said]
    data = write_training_set(folder / "data", frames, boxes)
    teacher = Path(job.teacher) if job.recipe == "builtin" else None
    return fine_tune(data, Path(job.student), folder, job.seed, teacher, **job.options)


def occupied(dataset: Dataset, frame: Frame) -> Detections:
    """The squares of the slots that are labelled occupied."""
    states = dataset.truth[frame.name].slots or {}
    size = image_size(frame.path)
    boxes = [slot.box(*size) for slot in dataset.slots[frame.camera] if states.get(slot.id) == "occupied"]
    return Detections.of(boxes, np.ones(len(boxes)))


def main() -> None:
    folder = Path(sys.argv[1])
    if len(sys.argv) > 2:
        os.sched_setaffinity(0, {int(sys.argv[2])})
    told = json.loads((folder / "job.json").read_text())
    job = Job(**{**told, "train": tuple(told["train"]), "test": tuple(told["test"])})
    cv2.setNumThreads(1)
    model, seconds = train(job, folder, folder.parents[1])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    dataset = open_dataset(job.dataset, Path(job.root), (job.camera,))
    said = run_model(model, [frame for frame in dataset.frames if frame.name in job.test], SIZE)
    arrays: dict[str, Any] = {}
    for i, found in enumerate(said.values()):
        arrays[f"{i}.boxes"], arrays[f"{i}.scores"] = found.boxes, found.scores
    np.savez(folder / "predictions.npz", **arrays)
    result = {"job": asdict(job), "frames": list(said), "seconds": seconds, "memory": memory}
    (folder / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
