"""One camera's student from its labelled frames: consensus, distillation and, where asked for, self-training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.students.distillation.distill import TrainedStudent, distill
from lotwise.students.distillation.fitted_frames import FittedFrames, input_size
from lotwise.students.distillation.samples import Samples
from lotwise.students.distillation.self_training import (
    RoundScore,
    drifted,
    predict,
    refine,
    score_round,
)
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.distillation.stopping import agreement_check
from lotwise.students.distillation.taught import taught_detections
from lotwise.students.model.student import make_student
from lotwise.teacher.checkpoint import save_model
from lotwise.teacher.ignored import ignored_in
from lotwise.teacher.store import KnowledgeStore

STUDENT = "student.safetensors"
SECOND_ROUND = "second"


@dataclass(frozen=True)
class Learned:
    """What a camera's student learned.

    Attributes:
        trained: the student of the round that counts, with the seconds of all rounds.
        size: (width, height) of the network's input.
        rounds: how each round's student does, judged without labels; empty where there was one round only.
        kept: number of the round that counts.
    """

    trained: TrainedStudent
    size: tuple[int, int]
    rounds: tuple[RoundScore, ...] = ()
    kept: int = 1


def learn(
    nano: str | Path,
    classes: tuple[str, ...],
    frames: Sequence[Frame],
    keys: Mapping[str, str],
    store: KnowledgeStore,
    settings: DistillSettings,
    folder: Path,
    progress: Progress = no_progress,
    others: Sequence[Frame] = (),
    stage: str = "train",
    read: LoadFrame = load,
    taught: Mapping[str, Detections] | None = None,
) -> Learned:
    """Teach a nano what the teacher knows of these frames; the student's weights are left in ``folder``.

    Args:
        nano: pretrained weights.
        classes: names of its classes that are vehicles.
        frames: of one camera, in order of time.
        keys: content key by frame name.
        store: what the teacher said.
        settings: of the distillation.
        folder: gets the audit of the consensus, logs, state and the student; training goes on where it was left.
        progress: told after each step of each round.
        others: labelled frames of other cameras, to learn from as the teacher sees them.
        stage: what progress calls this work.
        read: gives the pixels of a frame.
        taught: what is taught of each frame, by name, instead of what the teacher and the camera's other frames say.

    Raises:
        InputError: no frames, or the loss is not finite.
    """
    if not frames:
        raise InputError(f"{folder}: no frames to learn from; label some first")
    fitted = FittedFrames(input_size([store.get(keys[frames[0].name]).size], settings.size), read)
    if taught is None:
        taught = taught_detections(frames, keys, store, settings, folder, fitted.whole)
    samples = Samples([*frames, *others], store, settings, keys, taught, fitted)
    check = agreement_check(samples)
    first = distill(make_student(nano, classes), samples, settings, folder, progress, check, stage)
    save_model(first.student, folder / STUDENT)
    if settings.rounds == 1:
        return Learned(first, samples.input_size())

    teacher_detections = {frame.name: store.get(keys[frame.name]).detections for frame in frames}
    sizes = {frame.name: store.get(keys[frame.name]).size for frame in frames}
    predicted = predict(folder / STUDENT, frames, settings.size, classes, read)
    # The student may still see what somebody has said is no vehicle; its word must not bring it back.
    predicted = {name: found[~ignored_in(store, keys[name], found, sizes[name])] for name, found in predicted.items()}
    targets = refine(taught, predicted, frames, sizes, settings, read)
    samples = Samples([*frames, *others], store, settings, keys, targets, fitted)
    check = agreement_check(samples)
    second_folder = folder / SECOND_ROUND
    stage = f"{stage}, round 2"
    second = distill(make_student(nano, classes), samples, settings, second_folder, progress, check, stage)
    save_model(second.student, second_folder / STUDENT)
    again = predict(second_folder / STUDENT, frames, settings.size, classes, read)
    first_score, second_score = (
        score_round(said, taught, teacher_detections, frames, sizes, settings, read) for said in (predicted, again)
    )
    kept = 1 if drifted(first_score, second_score) else 2
    if kept == 2:
        save_model(second.student, folder / STUDENT)
    spent = first.seconds + second.seconds
    counts = replace(second if kept == 2 else first, seconds=spent)
    return Learned(counts, samples.input_size(), (first_score, second_score), kept)
