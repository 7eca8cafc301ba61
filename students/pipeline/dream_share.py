"""How far the student of dreams goes from the untouched nano: its camera says so, by its own frames, without labels."""

from __future__ import annotations

from pathlib import Path

from lotwise.datasets.frame import Frame
from lotwise.datasets.load import LoadFrame
from lotwise.students.export.quantize import spread
from lotwise.students.few_frames.blend import blend
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.expectation import expected_vehicles
from lotwise.students.pipeline.leave_out import counted_of
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.way_from_nano import Weighed, look_on_the_way, weigh
from lotwise.teacher.checkpoint import load_model, save_model
from lotwise.teacher.index import Labels

MOST_FRAMES = 24
"""Frames looked at by each model on the way, on the camera itself, which may be a small machine."""


def take_share(
    plan: Plan,
    learned: Path,
    frames: tuple[Frame, ...],
    size: tuple[int, int],
    labels: Labels,
    read: LoadFrame,
    target: Path,
) -> Weighed:
    """Write the camera's student: what lies on the way from nano to student and agrees best with the teacher.

    The student saw none of these frames, so that none flatters it, and the best one is taken however far it lies. On
    some cameras that is what has learned from dreams, on others what lies half-way (docs/dreams.md).

    Args:
        plan: of the run.
        learned: weights of what has learned from dreams.
        frames: of the camera, labelled, none of them held out.
        size: width and height of the student's input, px.
        labels: what the teacher says of them.
        read: gives the pixels of a frame.
        target: gets the weights.

    Raises:
        UnreadableImage: a frame cannot be read any more.
        InputError: weights that cannot be read or written.
    """
    nano, student = make_student(plan.student, plan.oracle.classes), load_model(learned)
    chosen = [frames[place] for place in spread(len(frames), MOST_FRAMES)]
    said = {
        share: {name: counted_of(labels, name, one) for name, one in found.items()}
        for share, found in look_on_the_way(nano, student, plan.few_frames.shares, chosen, size, read).items()
    }
    expected = expected_vehicles(frames, labels, plan.distill, read)
    weighed = weigh(said, expected, plan.export.tune, plan.few_frames.margin, enough=1.0)
    save_model(blend(nano, student, weighed.share), target)
    return weighed
