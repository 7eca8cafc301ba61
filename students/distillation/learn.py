"""One camera's student from its labelled frames: consensus, distillation and, where asked for, a second round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lotwise.datasets.frame import Detections, Frame
from lotwise.students.distillation.distill import Outcome, Watch, distill
from lotwise.students.distillation.samples import Samples
from lotwise.students.distillation.self_training import Standing, drifted, opinion, refine, standing
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.distillation.stopping import agreement_check
from lotwise.students.model.student import make_student
from lotwise.teacher.checkpoint import save_model
from lotwise.teacher.consensus import ConsensusSettings, camera_consensus, write_audit
from lotwise.teacher.store import KnowledgeStore

STUDENT = "student.safetensors"
AUDIT = "consensus.jsonl"
SECOND = "second"


@dataclass(frozen=True)
class Learned:
    """What a camera's student learned.

    Attributes:
        outcome: of the round that counts, with the seconds of both.
        size: (width, height) of the network's input.
        rounds: how each round's student stands, judged without labels; empty where there was one round only.
        kept: number of the round that counts.
    """

    outcome: Outcome
    size: tuple[int, int]
    rounds: tuple[Standing, ...] = ()
    kept: int = 1


def learn(
    nano: str | Path,
    classes: tuple[str, ...],
    frames: Sequence[Frame],
    keys: Mapping[str, str],
    store: KnowledgeStore,
    settings: DistillSettings,
    folder: Path,
    watch: Watch = lambda step, steps, loss: None,
    others: Sequence[Frame] = (),
) -> Learned:
    """Teach a nano what the teacher knows of these frames; the student's weights are left in ``folder``.

    Args:
        nano: pretrained weights.
        classes: names of its classes that are vehicles.
        frames: of one camera, in order of time.
        keys: content key by frame name.
        store: what the teacher said.
        settings: of the distillation.
        folder: for the audit of the consensus, logs, state and the student; goes on where it was left.
        watch: progress of each round.
        others: labelled frames of other cameras, to learn from as the teacher sees them.

    Raises:
        InputError: no frames, or the loss is not finite.
    """
    taught = agreed(frames, keys, store, settings, folder)
    samples = Samples([*frames, *others], store, settings, keys, taught)
    outcome = distill(make_student(nano, classes), samples, settings, folder, watch, agreement_check(samples))
    save_model(outcome.student, folder / STUDENT)
    if settings.rounds == 1:
        return Learned(outcome, samples.input_size())

    heard = {frame.name: store.get(keys[frame.name]).detections for frame in frames}
    said = opinion(folder / STUDENT, frames, settings.size, classes)
    again = Samples([*frames, *others], store, settings, keys, refine(taught, said, frames, settings))
    second = distill(make_student(nano, classes), again, settings, folder / SECOND, watch, agreement_check(again))
    save_model(second.student, folder / SECOND / STUDENT)
    rounds = (
        standing(said, taught, heard, frames, settings),
        standing(opinion(folder / SECOND / STUDENT, frames, settings.size, classes), taught, heard, frames, settings),
    )
    kept = 1 if drifted(*rounds) else 2
    if kept == 2:
        save_model(second.student, folder / STUDENT)
    spent = outcome.seconds + second.seconds
    return Learned(replace((outcome, second)[kept - 1], seconds=spent), samples.input_size(), rounds, kept)


def agreed(
    frames: Sequence[Frame], keys: Mapping[str, str], store: KnowledgeStore, settings: DistillSettings, folder: Path
) -> dict[str, Detections]:
    """What is to be taught of each frame: the teacher's word, corrected by the camera's other frames.

    The audit of what was changed and why goes to ``consensus.jsonl`` in the folder.
    """
    if not settings.consensus:
        return {frame.name: store.get(keys[frame.name]).detections for frame in frames}
    verdicts = camera_consensus(
        frames,
        keys,
        store,
        ConsensusSettings(positive_threshold=settings.positive_threshold, ignore_threshold=settings.ignore_threshold),
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_audit(folder / AUDIT, verdicts)
    return {name: verdict.detections for name, verdict in verdicts.items()}
