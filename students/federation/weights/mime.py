"""MIME and MimeLite: each camera's steps mimic the server's optimizer (Karimireddy et al. 2021, arXiv 2008.03606)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from lotwise.students.distillation.step import MAX_GRADIENT_NORM, BatchLoss, StepHook
from lotwise.students.federation.method import Arrays, Local, Parcel
from lotwise.students.federation.weights.arithmetic import added, in_order, scaled, weighted_mean, zeros_like
from lotwise.students.federation.weights.moves import Moves
from lotwise.students.federation.weights.tensors import add_to_gradients, as_tensors


@dataclass(frozen=True)
class MimeLite(Moves):
    """Cameras step by (1 - beta) g_i(y) + beta m, with the server's momentum m held still during a round.

    Each replies with its move and with its gradient at x; of these the server's momentum is made:
    m <- (1 - beta) c + beta m, with c their mean by numbers of frames.

    Attributes:
        momentum: beta.
        gradient_batches: batches that a gradient at x is the mean of; 0 takes all frames of the camera.
    """

    momentum: float = 0.9
    gradient_batches: int = 0

    def begin(self, nodes: Sequence[str], start: Arrays) -> Parcel:
        return Parcel({**super().begin(nodes, start).arrays, "momentum": {}})

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        told = Parcel({"weights": state.group("weights"), "momentum": state.group("momentum")})
        return {node: told for node in nodes}

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        x = self.start(incoming, kept, local)
        gradient = self.gradient_at(x, local)
        hook = Mimics(incoming.group("momentum"), self.momentum)
        made = local.train(self.work.steps_of(local), hook, rate=self.work.rate * local.decay)
        reply, keep = self.ended(x, local)
        reply["gradient"] = gradient
        return Parcel(reply, {"examples": local.examples, "steps": made}), Parcel(keep)

    def gradient_at(self, x: Arrays, local: Local) -> Arrays:
        """The camera's gradient at x, of its parameters that travel."""
        gradient = local.gradient(self.gradient_batches or local.batches)
        return {name: gradient[name] for name in x}

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        given = in_order(replies)
        examples = [reply.number("examples") for reply in given]
        c = weighted_mean([reply.group("gradient") for reply in given], examples)
        move = weighted_mean([reply.group("move") for reply in given], examples)
        weights = self.moved(state, replies, move, examples)
        return Parcel({"weights": weights, "momentum": self.next_momentum(state.group("momentum"), c)})

    def next_momentum(self, momentum: Arrays, c: Arrays) -> Arrays:
        before = momentum or zeros_like(c)
        return added(scaled(c, 1 - self.momentum), before, self.momentum)


@dataclass(frozen=True)
class Mime(MimeLite):
    """Two exchanges a round: gradients at x, whose mean is c; then steps by g_i(y; b) - g_i(x; b) + c in place of g_i.

    Both gradients of a step are of the same batch b, pictures augmented alike.
    """

    exchanges: int = 2

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        groups = {"weights": state.group("weights")}
        if round % 2 == 0:
            groups |= {"momentum": state.group("momentum"), "gradient": state.group("gradient")}
        return {node: Parcel(groups) for node in nodes}

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        x = self.start(incoming, kept, local)
        if "gradient" not in incoming.arrays:
            norms = kept.group("norms") if kept else self.ended(x, local)[1]["norms"]
            return Parcel({"gradient": self.gradient_at(x, local)}, {"examples": local.examples}), Parcel(
                {"norms": norms}
            )
        hook = Mimics(incoming.group("momentum"), self.momentum, x, incoming.group("gradient"))
        made = local.train(self.work.steps_of(local), hook, rate=self.work.rate * local.decay)
        reply, keep = self.ended(x, local)
        return Parcel(reply, {"examples": local.examples, "steps": made}), Parcel(keep)

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        given = in_order(replies)
        examples = [reply.number("examples") for reply in given]
        before = state.group("momentum")
        if round % 2:
            c = weighted_mean([reply.group("gradient") for reply in given], examples)
            return Parcel({"weights": state.group("weights"), "momentum": before, "gradient": c})
        move = weighted_mean([reply.group("move") for reply in given], examples)
        momentum = self.next_momentum(before, state.group("gradient"))
        return Parcel({"weights": self.moved(state, replies, move, examples), "momentum": momentum})


class Mimics(StepHook):
    """Makes plain SGD step as the server's optimizer would, with its momentum held still."""

    def __init__(self, momentum: Arrays, beta: float, x: Arrays | None = None, c: Arrays | None = None) -> None:
        """Of MimeLite without ``x`` and ``c``, of MIME with the server's weights and all cameras' gradient there."""
        self._momentum, self._beta, self._x, self._c = momentum, beta, x, c

    def before_step(self, student: nn.Module, step: int, again: BatchLoss) -> None:
        if self._x is not None and self._c is not None:
            add_to_gradients(student, self._gradient_at(self._x, student, again), -1.0)
            add_to_gradients(student, self._c)
        for parameter in student.parameters():
            if parameter.grad is not None:
                parameter.grad = (1 - self._beta) * parameter.grad
        add_to_gradients(student, self._momentum, self._beta)

    def _gradient_at(self, x: Arrays, student: nn.Module, again: BatchLoss) -> Arrays:
        """Gradient of the batch at x, cut as the other one; the student is left as it was."""
        held = {name: p for name, p in student.named_parameters() if name in x}
        y = {name: p.detach().clone() for name, p in held.items()}
        buffers = [buffer.clone() for buffer in student.buffers()]
        gradients = [p.grad for p in student.parameters()]
        student.zero_grad(set_to_none=True)
        with torch.no_grad():
            for name, there in as_tensors(x, y).items():
                held[name].copy_(there)
        again().backward()  # type: ignore[no-untyped-call, unused-ignore]  # it has no types
        nn.utils.clip_grad_norm_(student.parameters(), MAX_GRADIENT_NORM)
        found = {name: p.grad.cpu().numpy().copy() for name, p in held.items() if p.grad is not None}
        with torch.no_grad():
            for name, p in held.items():
                p.copy_(y[name])
            for buffer, before in zip(student.buffers(), buffers, strict=True):
                buffer.copy_(before)
        for p, gradient in zip(student.parameters(), gradients, strict=True):
            p.grad = gradient
        return found
