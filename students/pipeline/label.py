"""First stage: the teacher runs on every frame of a run, and an index says which frame has which knowledge."""

from __future__ import annotations

import time
from collections.abc import Sequence

from lotwise.cameras.frame_selection.selection import select_frames
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Footage, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.stamp import stamp_of
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.teacher.index import LabelIndex, Labels, SkippedFrame, read_index, write_index
from lotwise.teacher.label import Labelled, label
from lotwise.teacher.oracle import Oracle
from lotwise.teacher.store import KnowledgeStore

SAVE_EVERY_S = 20.0
"""Seconds between two writings of the index while labelling goes on: so much is decoded again after a kill."""


def label_frames(run: Run, footage: Footage, progress: Progress = no_progress, read: LoadFrame = load) -> Labels:
    """Let the teacher of the run's plan run on every frame that it has not seen.

    Where the plan limits the frames, it looks at the most telling ones of each camera and at those held out. A frame
    that was labelled before and whose file was not touched since is not decoded again.

    Args:
        run: gets ``knowledge/``.
        footage: frames of the run.
        progress: called after each step with its stage, how much is done, of how much, and a note.
        read: gives the pixels of a frame.

    Raises:
        InputError: the teacher cannot be loaded, no frame can be read or learned from, or the disk is full.
    """
    plan = run.plan()
    oracle = Oracle(plan.teacher, plan.oracle)
    store = KnowledgeStore.open(run.store, oracle.identity, oracle.description)
    before = read_index(run.knowledge) or LabelIndex(oracle="")
    known = all(frame.key in store for frame in before.frames.values())
    same = before.finished and known and (before.oracle, before.asked) == (oracle.identity, plan.labelling)
    if same and before.covers(footage.frames):
        count = len(before.frames) + len(before.skipped)
        progress("label", count, count, f"0 new, {len(before.skipped)} unreadable")
        return Labels(before, store)
    frames, skipped, unchosen = _chosen(plan, footage, progress)
    written = time.monotonic()

    def index_of(labelled: Labelled, finished: bool) -> LabelIndex:
        return LabelIndex(
            oracle=oracle.identity,
            description=oracle.description,
            asked=plan.labelling,
            finished=finished,
            frames=dict(labelled.frames),
            skipped={**skipped, **labelled.left_out},
            unchosen={frame.name: stamp_of(frame) for frame in unchosen},
        )

    def save(labelled: Labelled) -> None:
        nonlocal written
        if time.monotonic() - written >= SAVE_EVERY_S:
            write_index(run.knowledge, index_of(labelled, finished=False))
            written = time.monotonic()

    labelled = label(frames, oracle, store, progress, read, before.frames, save)
    index = index_of(labelled, finished=True)
    write_index(run.knowledge, index)
    return Labels(index, store, labelled.predicted)


def _chosen(
    plan: Plan, footage: Footage, progress: Progress
) -> tuple[Sequence[Frame], dict[str, SkippedFrame], list[Frame]]:
    """The frames to look at, those that cannot be learned from, and those that others are worth more than."""
    if plan.frames is None:
        return footage.frames, {}, []
    selections = [
        select_frames(footage.of_camera(camera), plan.frames, plan.holdout, progress, plan.test_days)
        for camera in footage.cameras
    ]
    by_name = {frame.name: frame for frame in footage.frames}
    skipped = {
        name: SkippedFrame(why=why, stamp=stamp_of(by_name[name]))
        for one in selections
        for name, why in one.skipped.items()
    }
    frames = [frame for one in selections for frame in one.labelled]
    if not frames:
        why = next(iter(skipped.values())).why
        raise InputError(f"none of {len(footage.frames)} frames can be learned from; the first: {why}")
    return frames, skipped, [by_name[name] for one in selections for name in sorted(one.unchosen)]
