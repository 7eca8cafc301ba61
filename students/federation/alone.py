"""No exchange at all: each camera trains for as many steps as it would in a federation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lotwise.students.federation.method import Arrays, Local, Parcel
from lotwise.students.federation.work import ADAMW, Work


@dataclass(frozen=True)
class Alone:
    """Nothing travels but how many steps were made.

    Attributes:
        work: of a round.
    """

    work: Work = ADAMW
    exchanges: int = 1

    def begin(self, nodes: Sequence[str], start: Arrays) -> Parcel:
        return Parcel()

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        return {node: Parcel() for node in nodes}

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        if kept is not None:
            local.load(kept.group("weights"))
        work = self.work
        made = local.train(work.steps_of(local), rate=work.rate * local.decay, optimizer=work.optimizer)
        return Parcel({}, {"steps": made}), Parcel({"weights": local.weights()})

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        return state

    def student(self, incoming: Parcel, kept: Parcel | None, local: Local) -> Arrays:
        return local.weights() if kept is None else kept.group("weights")
