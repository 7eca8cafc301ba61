"""Where a retraining begins: with the weights of the live student, and with what the teacher has said before."""

from __future__ import annotations

from pathlib import Path

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.students.few_frames.blend import blend
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import RetrainingRun, Retrainings
from lotwise.teacher.checkpoint import load_model, save_model
from lotwise.teacher.index import LabelIndex, LabelledFrame, open_labels, read_index, write_index

START = "start.safetensors"
"""File of a student that is blended from two, which a retraining goes on from."""


def live_student(run: Run, chain: Retrainings, own: RetrainingRun, notes: list[str]) -> tuple[Path, str]:
    """File of the student that is gone on from, and the identity of its bundle.

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
        return nano, "untouched nano"
    manifest = parse_manifest(registry.folder / live)
    if manifest.role == "baseline":
        return nano, live
    weights = chain.weights_of(manifest.training.get("weights"))
    if weights is None:
        notes.append(
            f"the weights of the live bundle {live} are not here any more, so it begins with the untouched nano"
        )
        return nano, "untouched nano"
    share = manifest.training.get("share")
    if share is None:
        return weights, live
    # What is live lies between nano and student, and so does what is gone on from.
    made = own.camera(chain.camera) / START
    if not made.is_file():
        made.parent.mkdir(parents=True, exist_ok=True)
        save_model(blend(make_student(plan.student, plan.oracle.classes), load_model(weights), float(share)), made)
    return made, live


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
