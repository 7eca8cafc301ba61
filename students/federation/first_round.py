"""A first round of its own length: nobody has been heard yet, and what a student says should be worth hearing."""

from __future__ import annotations

from lotwise.students.federation.method import Local, Parcel
from lotwise.students.federation.work import Work


def steps_told(incoming: Parcel, work: Work, first: int, local: Local) -> int:
    """Steps on a camera's own frames in the round that the server has named.

    Args:
        incoming: what the server said.
        work: of every round.
        first: steps of the first one; 0 for as many as in the others.
        local: the camera.
    """
    return first if first and incoming.number("round") == 1 else work.steps_of(local)
