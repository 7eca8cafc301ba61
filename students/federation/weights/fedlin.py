"""FedLin: SCAFFOLD with exact gradients and rates by the number of steps (Mitra et al. 2021, arXiv 2102.07053)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lotwise.students.federation.method import Local, Parcel
from lotwise.students.federation.weights.arithmetic import difference, in_order, weighted_mean
from lotwise.students.federation.weights.moves import Moves
from lotwise.students.federation.weights.scaffold import AddsToGradients


@dataclass(frozen=True)
class FedLin(Moves):
    """Two exchanges a round: gradients at x, whose mean is g; then steps y <- y - eta_i (g_i(y) - g_i(x) + g).

    eta_i tau_i is the same for all cameras: the rate times ``work.steps``, however many steps one makes.

    Attributes:
        gradient_batches: batches that a gradient at x is the mean of; 0 takes all frames of the camera.
    """

    exchanges: int = 2
    gradient_batches: int = 0

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        groups = {"weights": state.group("weights")}
        if round % 2 == 0:
            groups["gradient"] = state.group("gradient")
        return {node: Parcel(groups) for node in nodes}

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        x = self.start(incoming, kept, local)
        if "gradient" not in incoming.arrays:
            gradient = local.gradient(self.gradient_batches or local.batches)
            told = {name: gradient[name] for name in x}
            norms = kept.group("norms") if kept else self.ended(x, local)[1]["norms"]
            return Parcel({"gradient": told}), Parcel({"norms": norms, "gradient": told})
        g = incoming.group("gradient")
        # A camera that missed the first exchange steps without a correction.
        own = kept.arrays.get("gradient", {}) if kept else {}
        hook = AddsToGradients(difference(g, own)) if own else None
        steps = self.work.steps_of(local)
        made = local.train(steps, hook, rate=self.work.rate * local.decay * self.work.steps / steps)
        reply, keep = self.ended(x, local)
        return Parcel(reply, {"examples": local.examples, "steps": made}), Parcel(keep)

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        given = in_order(replies)
        even = [1.0] * len(given)
        if round % 2:
            gradient = weighted_mean([reply.group("gradient") for reply in given], even)
            return Parcel({"weights": state.group("weights"), "gradient": gradient})
        move = weighted_mean([reply.group("move") for reply in given], even)
        return Parcel({"weights": self.moved(state, replies, move, even)})
