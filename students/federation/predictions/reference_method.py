"""What all methods that speak about a reference set begin with: their settings, and what a camera deploys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lotwise.students.distillation.step import StepHook
from lotwise.students.federation.first_round import steps_told
from lotwise.students.federation.method import Arrays, Local, Parcel
from lotwise.students.federation.predictions.soft_detections import SoftDetections, anchor_count
from lotwise.students.federation.reference_set import ReferenceSet
from lotwise.students.federation.work import ADAMW, Work


@dataclass(frozen=True, kw_only=True)
class ReferenceMethod:
    """A method whose cameras keep their own weights and tell each other what they see on reference pictures.

    Attributes:
        reference: the same on server and nodes.
        work: of a round on the camera's own frames.
        first: steps of the first round, in which nobody has been heard yet and what a student says should become worth
            hearing; 0 for as many as in the others.
        batch: reference pictures of a step.
        seed: draws the pictures of a step.
    """

    reference: ReferenceSet
    work: Work = ADAMW
    first: int = 0
    batch: int = 2
    seed: int = 0
    exchanges: int = 1

    def begin(self, nodes: Sequence[str], start: Arrays) -> Parcel:
        return Parcel()

    def student(self, incoming: Parcel, kept: Parcel | None, local: Local) -> Arrays:
        return local.weights() if kept is None else kept.group("weights")

    @property
    def anchors(self) -> int:
        """Of a reference picture."""
        return anchor_count(self.reference.input)

    def train_own(self, incoming: Parcel, local: Local, hook: StepHook | None = None) -> None:
        """A round's steps on the camera's own frames, at the round's rate."""
        steps = steps_told(incoming, self.work, self.first, local)
        local.train(steps, hook, rate=self.work.rate * local.decay, optimizer=self.work.optimizer)

    def read(self, arrays: Arrays) -> SoftDetections:
        """Soft detections of all reference pictures that somebody has sent.

        Raises:
            InputError: what is wrong with them.
        """
        return SoftDetections.of_arrays(arrays, len(self.reference), self.anchors)
