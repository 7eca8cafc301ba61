"""FedAvg: the mean of all cameras' weights (McMahan et al. 2017, arXiv 1602.05629)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lotwise.students.distillation.step import StepHook
from lotwise.students.federation.method import Arrays, Local, Parcel
from lotwise.students.federation.weights.arithmetic import check_like, check_positive, in_order, weighted_mean
from lotwise.students.federation.weights.batch_norm import BatchNorm, staying, travelling
from lotwise.students.federation.work import ADAMW, Work


@dataclass(frozen=True)
class FedAvg:
    """x <- sum_i (n_i / n) y_i, where y_i is what camera i made of x in its own steps and n_i its number of frames.

    Attributes:
        work: of a round.
        batch_norm: whether normalisation layers travel.
    """

    work: Work = ADAMW
    batch_norm: BatchNorm = "local"
    exchanges: int = 1

    def begin(self, nodes: Sequence[str], start: Arrays) -> Parcel:
        return Parcel({"weights": travelling(start, self.batch_norm)})

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        told = Parcel({"weights": state.group("weights")})
        return {node: told for node in nodes}

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        local.load(self.student(incoming, kept, local))
        work, hook = self.work, self.hook(incoming)
        made = local.train(work.steps_of(local), hook, rate=work.rate * local.decay, optimizer=work.optimizer)
        weights = local.weights()
        reply = Parcel({"weights": travelling(weights, self.batch_norm)}, {"examples": local.examples, "steps": made})
        return reply, Parcel({"norms": staying(weights, self.batch_norm)})

    def hook(self, incoming: Parcel) -> StepHook | None:
        """What takes part in the camera's steps."""
        return None

    def check(self, state: Parcel, reply: Parcel) -> None:
        check_like("weights", reply.group("weights"), state.group("weights"))
        check_positive(reply, "examples")

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        given = in_order(replies)
        examples = [reply.number("examples") for reply in given]
        return Parcel({"weights": weighted_mean([reply.group("weights") for reply in given], examples)})

    def student(self, incoming: Parcel, kept: Parcel | None, local: Local) -> Arrays:
        return {**(kept.group("norms") if kept else {}), **incoming.group("weights")}
