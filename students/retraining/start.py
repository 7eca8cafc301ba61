"""Where a retraining begins: with the weights of the live student, and with what the teacher has said before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.students.few_frames.blend import blend
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.live_gate import PICTURES
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import START, RetrainingRun, Retrainings
from lotwise.teacher.checkpoint import load_model, save_model
from lotwise.teacher.index import LabelIndex, LabelledFrame, open_labels, read_index, write_index


@dataclass(frozen=True)
class LiveStudent:
    """The student that a retraining goes on from.

    Attributes:
        weights: its file.
        bundle: identity of its bundle, or what else it is.
        learned: content keys of the pictures that it has learned from; None where a bundle of an older version does not
            say it.
    """

    weights: Path
    bundle: str
    learned: frozenset[str] | None


def live_student(run: Run, chain: Retrainings, own: RetrainingRun, notes: list[str]) -> LiveStudent:
    """The student that is gone on from.

    Args:
        run: that the camera belongs to.
        chain: of its retrainings.
        own: of this retraining; gets the student where it has to be made.
        notes: gets what a user should know.
    """
    plan, registry = run.plan(), run.registry(chain.camera)
    live = registry.state().live
    nano = Path(plan.student)
    if live is None:
        notes.append("no bundle is live, so it begins with the untouched nano")
        return LiveStudent(nano, "untouched nano", frozenset())
    manifest = parse_manifest(registry.folder / live)
    if manifest.role == "baseline":
        return LiveStudent(nano, live, frozenset())
    weights = chain.weights_of(manifest.training.get("weights"))
    if weights is None:
        notes.append(
            f"the weights of the live bundle {live} are not here any more, so it begins with the untouched nano"
        )
        return LiveStudent(nano, "untouched nano", frozenset())
    share = manifest.training.get("share")
    pictures = manifest.training.get(PICTURES)
    learned = None if pictures is None else frozenset(pictures)
    if share is None:
        return LiveStudent(weights, live, learned)
    # What is live lies between nano and student, and so does what is gone on from.
    made = own.camera(chain.camera) / START
    if not made.is_file():
        made.parent.mkdir(parents=True, exist_ok=True)
        save_model(blend(make_student(plan.student, plan.oracle.classes), load_model(weights), float(share)), made)
    return LiveStudent(made, live, learned)


def seed_index(run: Run, own: RetrainingRun) -> None:
    """Let a retraining know what the teacher has said before, so that it looks at new frames alone."""
    if read_index(own.knowledge) is not None:
        return
    known = open_labels(run.knowledge).index
    frames = labelled_frames(run, own)
    write_index(
        own.knowledge,
        LabelIndex(oracle=known.oracle, description=known.description, finished=False, frames=frames),
    )


def labelled_frames(run: Run, own: RetrainingRun) -> dict[str, LabelledFrame]:
    """All frames by name that the teacher has looked at, for the run and for any retraining of this camera."""
    known = open_labels(run.knowledge).index
    frames = dict(known.frames)
    for other in sorted(own.folder.parent.glob("[0-9]*/knowledge")):
        index = read_index(other)
        if index is not None and index.oracle == known.oracle:
            frames |= index.frames
    return frames
