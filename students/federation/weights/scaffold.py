"""SCAFFOLD: steps corrected by how a camera's gradient differs from all cameras' (Karimireddy 2020)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from lotwise.students.distillation.step import BatchLoss, StepHook
from lotwise.students.federation.method import Arrays, Local, Parcel
from lotwise.students.federation.weights.arithmetic import (
    added,
    difference,
    in_order,
    scaled,
    weighted_mean,
    zeros_like,
)
from lotwise.students.federation.weights.moves import Moves
from lotwise.students.federation.weights.tensors import add_to_gradients


@dataclass(frozen=True)
class Scaffold(Moves):
    """Algorithm 1 of arXiv 1910.06378, with option II.

    A camera steps y <- y - eta (g_i(y) - c_i + c); then c_i+ = c_i - c + (x - y) / (K eta). The server takes the plain
    means of moves and of changes of the variates; with all N cameras in a round, c stays the mean of all c_i.
    """

    def begin(self, nodes: Sequence[str], start: Arrays) -> Parcel:
        return Parcel({**super().begin(nodes, start).arrays, "control": {}}, {"nodes": len(nodes)})

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        told = Parcel({"weights": state.group("weights"), "control": state.group("control")})
        return {node: told for node in nodes}

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        x = self.start(incoming, kept, local)
        c = incoming.group("control") or zeros_like(x)
        own = kept.group("control") if kept else zeros_like(x)
        rate = self.work.rate * local.decay
        made = local.train(self.work.steps_of(local), AddsToGradients(difference(c, own)), rate=rate)
        reply, keep = self.ended(x, local)
        # (x - y) / (K eta) is the mean of all the gradients that were stepped by, corrections included.
        change = added(scaled(reply["move"], -1 / (made * rate)), c, -1.0)
        reply["control"], keep["control"] = change, added(own, change)
        return Parcel(reply, {"examples": local.examples, "steps": made}), Parcel(keep)

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        given = in_order(replies)
        even = [1.0] * len(given)
        move = weighted_mean([reply.group("move") for reply in given], even)
        nodes = max(state.number("nodes"), len(given))
        control = state.group("control") or zeros_like(move)
        change = weighted_mean([reply.group("control") for reply in given], even)
        groups = {
            "weights": self.moved(state, replies, move, even),
            "control": added(control, change, len(given) / nodes),
        }
        return Parcel(groups, {"nodes": nodes})


class AddsToGradients(StepHook):
    """The same correction in each step."""

    def __init__(self, correction: Arrays) -> None:
        self._correction = correction

    def before_step(self, student: nn.Module, step: int, again: BatchLoss) -> None:
        add_to_gradients(student, self._correction)
