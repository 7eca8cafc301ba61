"""One student of few frames: trained as a run trains it, and measured on days that it never saw."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ultralytics.nn.tasks import DetectionModel

from benchmarks.few_frames.cameras import SIZE, Camera, draw
from benchmarks.few_frames.shared_trainings import known_or_learned, shared_trainings
from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.slots import learn_slot_model, slot_rule
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.load import load
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.datasets.whole_file import write_whole
from lotwise.eval.evaluation import evaluate
from lotwise.eval.evidence import Evidence
from lotwise.eval.protocols import SLOTS, VEHICLES
from lotwise.students.distillation.learn import STUDENT
from lotwise.students.few_frames.blend import blend
from lotwise.students.few_frames.choice import NANO
from lotwise.students.model.deployed import candidates, deployed_form, reported
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.train import train_students
from lotwise.teacher.checkpoint import load_model

SHARES = (NANO, 0.25, 0.5, 0.75, 1.0)
SISTER_FRAMES = 6
"""Frames of other cameras that the auxiliary recipe learns from beside the camera's own."""


@dataclass(frozen=True)
class Cell:
    """One training of the comparison.

    Attributes:
        camera: its name.
        count: frames that it is given.
        seed: draws them, and trains.
        recipe: ``own`` trains as a run does; ``sisters`` adds frames of other cameras.
    """

    camera: str
    count: int
    seed: int
    recipe: str = "own"

    @property
    def name(self) -> str:
        return f"{self.camera}-{self.count}-{self.seed}-{self.recipe}"


def measured(cell: Cell, camera: Camera, work: Path) -> dict[str, Any]:
    """What a cell gives, read where an earlier run has measured it.

    Returns:
        ``cell``; ``learned`` and ``tested``: names of frames; ``seconds`` of training; ``scores``: figures on the test
        frames by share of the way from nano to student; ``gate``: agreement with the teacher, by share, on frames
        that the run itself leaves out of what it was given; empty where it cannot; ``margin``: by how much a student
        must agree more than the nano.
    """
    path = work / "cells" / f"{cell.name}.json"
    learned, tested = draw(camera.frames, cell.count, cell.seed)
    plan = camera.plan.model_copy(update={"distill": camera.plan.distill.model_copy(update={"seed": cell.seed})})
    asked = {**asdict(cell), "learned": [f.name for f in learned], "tested": [f.name for f in tested]}
    asked |= {"distill": plan.distill.model_dump(mode="json")}
    if path.is_file() and (found := json.loads(path.read_text()))["asked"] == json.loads(json.dumps(asked)):
        return dict(found)
    run = Run(work / "runs" / cell.name)
    nano = make_student(plan.student, plan.oracle.classes)
    gate: dict[float, float] = {}
    margin = 0.0
    if cell.recipe == "own":
        run.begin(plan)
        footage = replace(camera.dataset.footage, frames=learned)
        with shared_trainings(work / "students"):
            (record,) = train_students(run, footage, camera.labels)
        student, seconds = load_model(run.camera(camera.id) / "train" / STUDENT), record.training["seconds"]
        if record.left_out is not None:
            gate, margin = record.left_out.agreement, record.left_out.margin
        elif record.train != record.test:
            held = [frame for frame in learned if frame.name in record.test]
            gate = {share: agreed(camera, look(blend(nano, student, share), held)) for share in (NANO, 1.0)}
    else:
        labels, others = camera.labels, camera.sisters(SISTER_FRAMES)
        done = known_or_learned(work / "students")(
            plan.student, plan.oracle.classes, learned, labels.keys, labels.store, plan.distill, run.folder,
            others=others,
        )  # fmt: skip
        student, seconds = done.trained.student, done.trained.seconds
    scores = {share: score(camera, look(blend(nano, student, share), tested), learned, tested) for share in SHARES}
    result = {
        "asked": asked,
        "cell": asdict(cell),
        "seconds": seconds,
        "scores": scores,
        "gate": gate,
        "margin": margin,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(result, indent=1).encode())
    shutil.rmtree(run.folder)
    return dict(json.loads(path.read_text()))


def look(model: DetectionModel, frames: Sequence[Frame]) -> dict[str, Detections]:
    """All boxes of a model on frames, by name, in pixels of the frame."""
    form, said = deployed_form(model), {}
    for frame in frames:
        image = load(frame)
        fitted = Letterbox.around((image.shape[1], image.shape[0]), SIZE)
        said[frame.name] = reported(candidates(form, fitted.image(image)), fitted, MIN_REPORTED_SCORE)
    return said


def agreed(camera: Camera, said: Mapping[str, Detections]) -> float:
    """F1 with the teacher's taught boxes at the deployed confidence."""
    floor = camera.plan.distill.positive_threshold
    by_name = {frame.name: frame for frame in camera.frames}
    taught = {name: camera.labels.detections(by_name[name]) for name in said}
    return agreement(
        (found[found.scores >= DEFAULT_CONFIDENCE], taught[name][taught[name].scores >= floor])
        for name, found in said.items()
    )


def score(
    camera: Camera, said: Mapping[str, Detections], learned: Sequence[Frame], tested: Sequence[Frame]
) -> dict[str, float | None]:
    """Figures against truth; boxes against vehicles where there are any, else against the occupied slots' squares."""
    size = camera.sizes[learned[0].name]
    model = learn_slot_model([camera.labels.detections(f) for f in learned], camera.dataset.slots[camera.id], size)
    evidence = Evidence(
        tested, camera.dataset.truth, {"student": said}, {"student": {camera.id: DEFAULT_CONFIDENCE}},
        camera.dataset.slots, {f.name: camera.sizes[f.name] for f in tested}, {camera.id: slot_rule(model)},
    )  # fmt: skip
    slots, vehicles = (evaluate(protocol, evidence).rows[0] for protocol in (SLOTS, VEHICLES))
    boxes = vehicles if vehicles.images else slots
    return {
        "slots": slots.slots,
        "accuracy": slots.accuracy,
        "map50": boxes.map50,
        "map50_95": boxes.map50_95,
        "precision": boxes.deployed_precision,
        "recall": boxes.deployed_recall,
        "vehicle_frames": vehicles.images,
        "agreement": agreed(camera, said),
    }
