"""One row on one place, in a process of its own: train, and keep what the deployed model says of the test frames.

python -m benchmarks.clutter.cell FOLDER [CORE]

Reads FOLDER/job.json; writes FOLDER/predictions.npz and then FOLDER/result.json.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.clutter.clips import clip_root
from benchmarks.clutter.places import HeldOut, Place, opened
from benchmarks.clutter.recipes import BUILTIN, NANO, PEERS, TEACHER, merged
from benchmarks.clutter.worlds import World
from benchmarks.distillation.training_job import Predictions, run_model, teacher_store
from benchmarks.distillation.ultralytics_training import BATCH, MIN_LABEL_SCORE, fine_tune, write_training_set
from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE, Detector, load_detector
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.load import load
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.adapt import adapt
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.teacher.oracle import Oracle, OracleSettings


@dataclass(frozen=True)
class Job:
    """What is trained and measured.

    Attributes:
        row: name of the row.
        overrides: of a recipe; empty for the peers and for what is not trained.
        place: where.
        world: weights and settings that all rows of the place begin with.
    """

    row: str
    overrides: Mapping[str, Any]
    place: Place
    world: World


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        confidence: the deployed threshold.
        slot_confidence: the score from which a box makes a slot occupied.
        seconds: of the core, for all but the teacher's looks and the measuring.
        memory: peak of the process up to the end of the training, MiB.
        live: ``student`` or ``baseline``, as the promotion gate of a recipe decided; empty elsewhere.
        gate: why, for people.
        said: of each test its predictions by frame name, all from ``MIN_REPORTED_SCORE`` up.
    """

    confidence: float
    slot_confidence: float
    seconds: float
    memory: float
    live: str
    gate: str
    said: tuple[Predictions, ...]


FIELDS = ("boxes", "scores", "labels")
"""Of detections, what stands in ``predictions.npz``."""
TOLD = ("confidence", "slot_confidence", "seconds", "memory", "live", "gate")
"""Of an outcome, what stands in ``result.json``."""


def read_outcome(folder: Path, job: Job) -> Outcome | None:
    """What an earlier run found for this very job; None where it is still to be done."""
    path = folder / "result.json"
    if not path.is_file():
        return None
    found = json.loads(path.read_text())
    if found["job"] != json.loads(json.dumps(asdict(job))):
        return None
    with np.load(folder / "predictions.npz") as arrays:
        said = tuple(
            {name: Detections.of(*(arrays[f"{t}.{i}.{field}"] for field in FIELDS)) for i, name in enumerate(names)}
            for t, names in enumerate(found["frames"])
        )
    return Outcome(**{key: found[key] for key in TOLD}, said=said)


def plan_of(job: Job, root: Path) -> Plan:
    """The pipeline's plan of a recipe on a clip."""
    base = {
        "dataset": job.place.dataset,
        "root": root.resolve(),
        "cameras": (job.place.camera,),
        "teacher": job.world.teacher,
        "student": job.world.student,
        "export": {"int8": False},
    }
    plan = merged(merged(base, job.world.plan), {"distill": {"seed": job.place.seed}})
    return Plan.model_validate(merged(plan, job.overrides))


def by_recipe(job: Job, folder: Path, work: Path) -> tuple[Detector, float, str, str]:
    """The student of the pipeline, as it is deployed; seconds; which model went live and why."""
    plan = plan_of(job, clip_root(job.place, work))
    run = Run(folder / "run")
    share_knowledge(plan, run, work)
    start = time.process_time()
    adapt(run, plan)
    seconds = time.process_time() - start
    (record,) = run.records().values()
    assert record.bundle is not None and record.gate is not None
    live = "student" if record.live == record.bundle else "baseline"
    scores = ", ".join(f"{role} {score:.3f}" for role, score in record.gate.agreement_with_teacher.items())
    return load_detector(run.registry(record.camera).path(record.bundle)), seconds, live, f"{record.gate.why}; {scores}"


def share_knowledge(plan: Plan, run: Run, work: Path) -> None:
    """Let the run look up in the benchmark's store what this teacher said for another row."""
    identity = Oracle(plan.teacher, plan.oracle).identity
    (work / "knowledge" / identity).mkdir(parents=True, exist_ok=True)
    run.knowledge.mkdir(parents=True, exist_ok=True)
    if not (run.knowledge / identity).exists():
        os.symlink((work / "knowledge" / identity).resolve(), run.knowledge / identity)


def by_peer(job: Job, folder: Path, work: Path) -> tuple[Any, float]:
    """Ultralytics' student of the teacher's hard boxes, and the seconds."""
    frames = clip_frames(job.place)
    scales = tuple(job.world.plan.get("oracle", {}).get("scales", OracleSettings().scales))
    settings = OracleSettings(scales=scales[-1:], grid=0)
    store, keys = teacher_store(job.world.teacher, settings, frames, work)
    said = [store.get(keys[frame.name]).detections for frame in frames]
    boxes = [found[found.scores >= MIN_LABEL_SCORE] for found in said]
    data = write_training_set(folder / "data", frames, boxes)
    teacher = Path(job.world.teacher) if job.row == BUILTIN else None
    # A step every batch: saved up for 64 frames, as Ultralytics does, a clip would have a step an epoch.
    options = {"nbs": BATCH, "imgsz": job.world.size}
    if job.world.peer_pictures is not None:
        options["epochs"] = max(1, round(job.world.peer_pictures / len(frames)))
    return fine_tune(data, Path(job.world.student), folder, job.place.seed, teacher, **options)


def clip_frames(place: Place) -> list[Frame]:
    found = opened(place.dataset, place.root, place.camera)
    return [frame for frame in found.frames if frame.name in set(place.train)]


def teacher_settings(world: World) -> OracleSettings:
    """How the teacher looks at frames of a world by default."""
    return OracleSettings(**world.plan.get("oracle", {}))


def said_by(detector: Detector, test: HeldOut) -> Predictions:
    return {frame.name: detector([load(frame)], MIN_REPORTED_SCORE)[0] for frame in test.frames()[1]}


def run(job: Job, folder: Path, work: Path) -> Outcome:
    """Do a job."""
    confidence, live, gate, tests = DEFAULT_CONFIDENCE, "", "", job.place.tests
    if job.row == TEACHER:
        said = []
        for test in tests:
            store, keys = teacher_store(job.world.teacher, teacher_settings(job.world), test.frames()[1], work)
            said.append({name: store.get(key).detections for name, key in keys.items()})
        return Outcome(confidence, confidence, 0.0, _memory(), live, gate, tuple(said))
    if job.row == NANO or job.row in PEERS:
        model, seconds = (make_student(job.world.student), 0.0) if job.row == NANO else by_peer(job, folder, work)
        memory = _memory()
        said = [run_model(model, test.frames()[1], job.world.size) for test in tests]
        return Outcome(confidence, confidence, seconds, memory, live, gate, tuple(said))
    detector, seconds, live, gate = by_recipe(job, folder, work)
    memory = _memory()
    said = [said_by(detector, test) for test in tests]
    return Outcome(detector.confidence, detector.slot_confidence, seconds, memory, live, gate, tuple(said))


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def read_job(folder: Path) -> Job:
    return job_of(json.loads((folder / "job.json").read_text()))


def job_of(told: Mapping[str, Any]) -> Job:
    """A job as it was written into a file."""
    tests = tuple(HeldOut(**{**test, "names": tuple(test["names"])}) for test in told["place"]["tests"])
    place = Place(**{**told["place"], "train": tuple(told["place"]["train"]), "tests": tests})
    return Job(told["row"], told["overrides"], place, World(**told["world"]))


def main() -> None:
    folder = Path(sys.argv[1])
    if len(sys.argv) > 2:
        os.sched_setaffinity(0, {int(sys.argv[2])})
    job = read_job(folder)
    cv2.setNumThreads(1)
    done = run(job, folder, folder.parents[1])
    arrays: dict[str, Any] = {}
    for t, said in enumerate(done.said):
        for i, found in enumerate(said.values()):
            arrays |= {f"{t}.{i}.{field}": getattr(found, field) for field in FIELDS}
    np.savez(folder / "predictions.npz", **arrays)
    result = {key: getattr(done, key) for key in TOLD}
    result |= {"job": asdict(job), "frames": [list(said) for said in done.said]}
    (folder / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
