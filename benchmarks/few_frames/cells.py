"""One student of few frames: trained as a run trains it; what it says is kept, so that it can be weighed anew."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ultralytics.nn.tasks import DetectionModel

from benchmarks.few_frames.cameras import SIZE, Camera, draw
from benchmarks.few_frames.shared_trainings import known_or_learned, shared_trainings
from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.load import load
from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.learn import STUDENT
from lotwise.students.few_frames.blend import blend
from lotwise.students.few_frames.choice import NANO
from lotwise.students.few_frames.said import Said, read_said, write_said
from lotwise.students.few_frames.settings import FewFramesSettings
from lotwise.students.model.deployed import candidates, deployed_form, reported
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.leave_out import left_out_detections
from lotwise.students.pipeline.plan import Plan
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
        recipe: ``own`` leaves frames out in turn; ``held`` holds days out of six frames and more; ``sisters`` adds
            frames of other cameras; ``nano`` trains nothing, as of one frame no student goes live.
    """

    camera: str
    count: int
    seed: int
    recipe: str = "own"

    @property
    def name(self) -> str:
        return f"{self.camera}-{self.count}-{self.seed}-{self.recipe}"


@dataclass(frozen=True)
class Looked:
    """What models between nano and student said.

    Attributes:
        cell: that they are of.
        learned, tested: frames that the cell was given, and all those of days that it was not.
        seconds: of the training from which the student comes.
        unlearned: of given frames that the one who says it did not learn from; of the nano alone where one was given.
        test: of the tested frames.
    """

    cell: Cell
    learned: tuple[Frame, ...]
    tested: tuple[Frame, ...]
    seconds: float
    unlearned: Said
    test: Said


def plan_of(cell: Cell, camera: Camera) -> Plan:
    """How the student of a cell learns."""
    distill = camera.plan.distill.model_copy(update={"seed": cell.seed})
    few = FewFramesSettings(pictures=5 if cell.recipe == "held" else cell.count)
    return camera.plan.model_copy(update={"distill": distill, "few_frames": few})


def looked(cell: Cell, camera: Camera, work: Path) -> Looked:
    """What the models of a cell said, read where an earlier run has trained them.

    Args:
        cell: to be trained.
        camera: whose frames are drawn.
        work: gets ``looks/<cell>/`` and the students.
    """
    learned, tested = draw(camera.frames, cell.count, cell.seed)
    plan, folder = plan_of(cell, camera), work / "looks" / cell.name
    asked = {**asdict(cell), "learned": [f.name for f in learned], "tested": [f.name for f in tested]}
    asked |= {"distill": plan.distill.model_dump(mode="json"), "few_frames": plan.few_frames.model_dump(mode="json")}
    identity = hashlib.blake2b(json.dumps(asked).encode(), digest_size=8).hexdigest()
    unlearned, test = read_said(folder / "unlearned.npz"), read_said(folder / "test.npz")
    if unlearned is None or test is None or {unlearned[0], test[0]} != {identity}:
        folder.mkdir(parents=True, exist_ok=True)
        seconds, said, student = trained(cell, camera, plan, learned, work)
        nano = make_student(plan.student, plan.oracle.classes)
        write_said(folder / "unlearned.npz", identity, said)
        shares = (NANO,) if cell.recipe == "nano" else SHARES
        between = {share: look(blend(nano, student, share), tested) for share in shares}
        write_whole(folder / "seconds.json", json.dumps(seconds).encode())
        write_said(folder / "test.npz", identity, between)
        unlearned, test = (identity, said), (identity, between)
    seconds = json.loads((folder / "seconds.json").read_text())
    return Looked(cell, learned, tested, seconds, unlearned[1], test[1])


def trained(
    cell: Cell, camera: Camera, plan: Plan, learned: Sequence[Frame], work: Path
) -> tuple[float, dict[float, dict[str, Detections]], DetectionModel]:
    """(seconds, what was said of given frames by models that did not learn from them, student)."""
    run = Run(work / "runs" / cell.name)
    nano = make_student(plan.student, plan.oracle.classes)
    if cell.recipe == "nano":
        return 0.0, {NANO: look(nano, learned)}, nano
    if cell.recipe == "sisters":
        labels, others = camera.labels, camera.sisters(SISTER_FRAMES)
        done = known_or_learned(work / "students")(
            plan.student, plan.oracle.classes, learned, labels.keys, labels.store, plan.distill, run.folder,
            others=others,
        )  # fmt: skip
        return done.trained.seconds, {}, done.trained.student
    run.begin(plan)
    footage = replace(camera.dataset.footage, frames=tuple(learned))
    with shared_trainings(work / "students"):
        (record,) = train_students(run, footage, camera.labels)
    student: DetectionModel = load_model(run.camera(camera.id) / "train" / STUDENT)
    if record.left_out is not None:
        said = {share: left_out_detections(run, record, share) for share in (NANO, *plan.few_frames.shares)}
    elif record.train != record.test:
        held = [frame for frame in learned if frame.name in record.test]
        said = {share: look(blend(nano, student, share), held) for share in SHARES}
    else:
        said = {NANO: look(nano, learned)}
    seconds = float(record.training["seconds"])
    shutil.rmtree(run.folder)
    return seconds, said, student


def look(model: DetectionModel, frames: Sequence[Frame]) -> dict[str, Detections]:
    """All boxes of a model on frames, by name, in pixels of the frame."""
    form, said = deployed_form(model), {}
    for frame in frames:
        image = load(frame)
        fitted = Letterbox.around((image.shape[1], image.shape[0]), SIZE)
        said[frame.name] = reported(candidates(form, fitted.image(image)), fitted, MIN_REPORTED_SCORE)
    return said
