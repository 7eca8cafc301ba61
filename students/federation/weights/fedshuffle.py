"""FedShuffle: cameras of few frames take longer steps, so that each goes as far (Horvath et al. 2022, 2204.13169)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lotwise.students.federation.method import Arrays, Local, Parcel
from lotwise.students.federation.weights.arithmetic import in_order, scaled, weighted_mean
from lotwise.students.federation.weights.moves import Moves
from lotwise.students.federation.work import EPOCH, Work


@dataclass(frozen=True)
class FedShuffle(Moves):
    """Local epochs with the rate eta K_max / K_i, where K_i is how many steps camera i makes in its epochs.

    In the first round nobody knows K_max yet: the server then lengthens the moves instead, to first order the same.

    Attributes:
        most: times the rate at which a camera of few frames may step at most.
    """

    work: Work = EPOCH
    most: float = 8.0

    def begin(self, nodes: Sequence[str], start: Arrays) -> Parcel:
        return Parcel(super().begin(nodes, start).arrays, {"most steps": 0})

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        told = Parcel({"weights": state.group("weights")}, {"most steps": state.number("most steps")})
        return {node: told for node in nodes}

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        x = self.start(incoming, kept, local)
        steps = self.work.steps_of(local)
        longer = self._longer(incoming.number("most steps"), steps)
        made = local.train(steps, rate=self.work.rate * longer * local.decay)
        reply, keep = self.ended(x, local)
        return Parcel(reply, {"examples": local.examples, "steps": made}), Parcel(keep)

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        given = in_order(replies)
        most = max(state.number("most steps"), *(reply.number("steps") for reply in given))
        moves = [reply.group("move") for reply in given]
        if not state.number("most steps"):
            longer = [self._longer(most, reply.number("steps")) for reply in given]
            moves = [scaled(move, factor) for factor, move in zip(longer, moves, strict=True)]
        examples = [reply.number("examples") for reply in given]
        move = weighted_mean(moves, examples)
        return Parcel({"weights": self.moved(state, replies, move, examples)}, {"most steps": most})

    def _longer(self, most_steps: float, steps: float) -> float:
        return min(most_steps / steps, self.most) if most_steps else 1.0
