"""One student for all cameras of a run, beside the cameras' own: the rival that an own student has to beat."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Footage, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.distill import distill
from lotwise.students.distillation.fitted_frames import FittedFrames, input_size
from lotwise.students.distillation.learn import STUDENT
from lotwise.students.distillation.samples import Samples
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.distillation.stopping import agreement_check
from lotwise.students.distillation.taught import taught_detections
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.export import export_bundles
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.records import CameraRecord
from lotwise.students.pipeline.run import Run
from lotwise.teacher.checkpoint import fingerprint, load_model, save_model
from lotwise.teacher.ignored import taught_identity
from lotwise.teacher.index import Labels

FOLDER = "one_for_all"
STAGE = "train one for all"


class OneForAllRun(Run):
    """A run folder within another one's, whose knowledge it uses; each of its cameras has the same student."""

    def __init__(self, parent: Run) -> None:
        super().__init__(parent.folder / FOLDER)
        self.knowledge = parent.knowledge


def one_for_all(
    run: Run, footage: Footage, labels: Labels, progress: Progress = no_progress, read: LoadFrame = load
) -> OneForAllRun:
    """Train one student on what the cameras' own students learned from, and export it for each of the cameras.

    It learns the same frames, corrected by the same consensus of each camera, by the same settings, and may make as
    many steps as all own students together. It is exported and tuned as they are, so that both are measured alike.
    What was done before is not done again, and a training that was killed goes on.

    Args:
        run: whose students are trained.
        footage: frames of the run.
        labels: what the teacher said.
        progress: called after each step with its stage, how much is done, of how much, and a note.
        read: gives the pixels of a frame.

    Returns:
        A run folder, ``one_for_all/`` in the run's, that can be measured like the run itself.

    Raises:
        InputError: no student of the run is trained, or the loss is not finite.
    """
    own = {camera: record for camera in footage.cameras if (record := run.record(camera)) is not None}
    if not own:
        raise InputError(f"{run.folder}: no student here yet; run lotwise train --run {run.folder} first")
    shared, plan = OneForAllRun(run), run.plan()
    with run.lock():
        settings = shared_settings(plan.distill, len(own))
        # Neither speeds up or changes the float model, which is what is measured.
        export = plan.export.model_copy(update={"int8": False, "trust": False})
        shared.begin(plan.model_copy(update={"distill": settings, "export": export}))
        learned = {camera: _learned_from(footage, record, labels) for camera, record in own.items()}
        inputs = _identity(plan, settings, learned, labels)
        if any(not _is_done(shared, record, inputs) for record in own.values()):
            _train(shared, plan, settings, own, learned, labels, inputs, progress, read)

        def told(stage: str, done: int, total: int, note: str) -> None:
            progress(f"{stage} one for all", done, total, note)

        export_bundles(shared, footage, labels, told, read, shadow=False)
    return shared


def shared_settings(settings: DistillSettings, cameras: int) -> DistillSettings:
    """The settings of own students, with as many steps as all of them together may make."""
    steps = {"min_steps": cameras * settings.min_steps, "max_steps": cameras * settings.max_steps}
    return settings.model_copy(update=steps)


def _learned_from(footage: Footage, record: CameraRecord, labels: Labels) -> tuple[Frame, ...]:
    names = set(record.train)
    return tuple(
        frame for frame in footage.of_camera(record.camera) if frame.name in names and frame.name in labels.keys
    )


def _identity(plan: Plan, settings: DistillSettings, learned: Mapping[str, tuple[Frame, ...]], labels: Labels) -> str:
    """Changes with whatever the student depends on."""
    parts = [fingerprint(load_model(plan.student)), settings.model_dump_json(), labels.index.oracle]
    parts += [f"{frame.name} {taught_identity(labels, frame.name)}" for frames in learned.values() for frame in frames]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()


def _is_done(shared: OneForAllRun, own: CameraRecord, inputs: str) -> bool:
    """Whether a camera has this very student, and is to be measured on the frames that its own one is measured on."""
    before = shared.record(own.camera)
    return (
        before is not None
        and before.training.get("inputs") == inputs
        and (before.train, before.test) == (own.train, own.test)
        and (shared.camera(own.camera) / before.student).is_file()
    )


def _train(
    shared: OneForAllRun,
    plan: Plan,
    settings: DistillSettings,
    own: Mapping[str, CameraRecord],
    learned: Mapping[str, tuple[Frame, ...]],
    labels: Labels,
    inputs: str,
    progress: Progress,
    read: LoadFrame,
) -> None:
    """The student, as a file of each camera, and the cameras' records."""
    frames = [frame for of_camera in learned.values() for frame in of_camera]
    labels.check(frames, read)
    fitted = FittedFrames(input_size([labels.store.get(labels.keys[frames[0].name]).size], settings.size), read)
    taught: dict[str, Detections] = {}
    for done, of_camera in enumerate(learned.values()):
        progress("consensus one for all", done, len(learned), of_camera[0].camera)
        taught |= taught_detections(of_camera, labels.keys, labels.store, settings, read=fitted.whole)
    progress("consensus one for all", len(learned), len(learned), "")
    samples = Samples(frames, labels.store, settings, labels.keys, taught, fitted)
    student = make_student(plan.student, plan.oracle.classes)
    folder = shared.folder / "train"
    trained = distill(student, samples, settings, folder, progress, agreement_check(samples), STAGE)
    save_model(trained.student, folder / STUDENT)
    weights = (folder / STUDENT).read_bytes()
    said = {
        "student": Path(plan.student).name,
        "settings": settings.model_dump(mode="json"),
        "cameras": list(learned),
        "frames": len(frames),
        "steps": trained.steps,
        "seconds": round(trained.seconds, 1),
        "loss": trained.loss,
        "weights": fingerprint(trained.student),
        "inputs": inputs,
    }
    for camera, record in own.items():
        path = shared.camera(camera) / "train" / STUDENT
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, weights)
        shared.save(
            CameraRecord(
                camera=camera,
                train=record.train,
                test=record.test,
                unchosen=record.unchosen,
                held_out=record.held_out,
                note=record.note,
                size=samples.input_size(),
                training=said,
            )
        )
