"""FedNova: moves counted by the step, so that cameras that make more do not count more (Wang et al. 2020)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lotwise.students.federation.method import Local, Parcel
from lotwise.students.federation.weights.arithmetic import in_order, scaled, weighted_mean
from lotwise.students.federation.weights.moves import Moves


@dataclass(frozen=True)
class FedNova(Moves):
    """x <- x + tau_eff sum_i p_i (y_i - x) / tau_i, with tau_eff = sum_i p_i tau_i and p_i by numbers of frames
    (arXiv 2007.07481).

    ||a_i||_1 of the paper is tau_i, the number of steps, as the steps are plain SGD at one rate.
    """

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        told = Parcel({"weights": state.group("weights")})
        return {node: told for node in nodes}

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        x = self.start(incoming, kept, local)
        made = local.train(self.work.steps_of(local), rate=self.work.rate * local.decay)
        reply, keep = self.ended(x, local, 1 / made)
        return Parcel(reply, {"examples": local.examples, "steps": made}), Parcel(keep)

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        given = in_order(replies)
        examples = [reply.number("examples") for reply in given]
        # Sums of p_i are 1: the official code and niid_bench do not divide by the sum of tau_eff p_i / tau_i.
        steps = sum(n * reply.number("steps") for n, reply in zip(examples, given, strict=True)) / sum(examples)
        move = scaled(weighted_mean([reply.group("move") for reply in given], examples), steps)
        return Parcel({"weights": self.moved(state, replies, move, examples)})
