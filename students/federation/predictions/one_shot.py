"""One-shot distillation: all train alone, say once what they see, and begin anew with that beside their own frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from lotwise.students.distillation.distill import moving_average, schedule
from lotwise.students.distillation.step import BatchLoss, StepHook
from lotwise.students.federation.method import Arrays, Local, Parcel, module_arrays
from lotwise.students.federation.predictions.peers_hook import PeersHook, detector
from lotwise.students.federation.predictions.reference_method import ReferenceMethod
from lotwise.students.federation.predictions.soft_detections import best, mean
from lotwise.students.federation.predictions.soft_loss import peers_say
from lotwise.students.federation.predictions.student_says import predict

WARMUP = 0.1
"""Share of a round's steps in which the rate rises, as in a training without rounds."""
STRETCHES = 20
"""Of a round, each at one learning rate."""


@dataclass(frozen=True, kw_only=True)
class OneShot(ReferenceMethod):
    """A star: node -> server the K best anchors of each picture, server -> node the K best of the others' mean.

    Each round is a whole training, from where the camera began (the untouched nano) and with warm-up, falling rate and
    averaged weights as without a federation: it is no continuation of the one before. In the first a camera has its own
    frames only; then, in the same step, what all others have said of the reference pictures. Two rounds are one
    exchange. Where nobody else has said anything a camera learns alone.

    Source: Guha, Talwalkar, Smith, "One-Shot Federated Learning", arXiv 1902.11175, where a server distils the ensemble
    of students that trained alone into one on public unlabelled data. Here each camera distils the ensemble of the
    others, into a student that also learns from its own frames. That weights of trainings from one start can be
    averaged: Wortsman et al., "Model soups", arXiv 2203.05482; towards the start: "Robust fine-tuning of zero-shot
    models", arXiv 2109.01903.

    Attributes:
        weight: of what the others say, beside the camera's own loss.
        speak_at: who speaks lies this far from where it began (0) to the trained student (1), weights interpolated: a
            student of few frames knows these by heart and reads other lots worse than before.
        share: the same of the student that is deployed.
        own: of that student, the part of the one that learned alone: the weights of both are averaged. The one that
            has heard the others knows more lights and lots, the other one knows its view best.
        average: decay of the moving average of the weights, the student that is kept.
        power: of the mean over cameras, as in FedMD: with more than 1 the surer ones count more.
        keep: anchors sent of each picture.
    """

    weight: float = 1.0
    speak_at: float = 0.5
    share: float = 0.6
    own: float = 0.5
    power: float = 1.0
    average: float = 0.98
    keep: int = 100

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        told = {}
        for node in nodes:
            said = [self.read(arrays).dense(self.anchors) for other, arrays in state.arrays.items() if other != node]
            arrays = {"mean": best(mean(said, self.power), self.keep).arrays()} if said else {}
            told[node] = Parcel(arrays, {"round": round})
        return told

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        start = local.weights() if kept is None else dict(kept.group("start"))
        local.load(start)
        local.forget()
        average = Average(local.student, self.average)
        steps = self.first if self.first and incoming.number("round") == 1 else self.work.steps_of(local)
        for stretch, (count, rate) in enumerate(stretches(steps)):
            average.peers = self._peers(incoming, stretch)
            local.train(count, average, rate=self.work.rate * rate, optimizer=self.work.optimizer)
        trained = average.arrays()
        local.load(between(start, trained, self.speak_at))
        said = best(predict(detector(local.student), self.reference.pictures), self.keep)
        local.load(trained)
        alone = trained if kept is None or "mean" not in incoming.arrays else dict(kept.group("alone"))
        keep = Parcel({"start": start, "weights": trained, "alone": alone})
        return Parcel({"soft": said.arrays()}, {"examples": local.examples}), keep

    def check(self, state: Parcel, reply: Parcel) -> None:
        self.read(reply.group("soft"))

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        return Parcel({node: self.read(reply.group("soft")).arrays() for node, reply in replies.items()})

    def student(self, incoming: Parcel, kept: Parcel | None, local: Local) -> Arrays:
        if kept is None:
            return local.weights()
        student = between(kept.group("weights"), kept.group("alone"), self.own)
        return between(kept.group("start"), student, self.share)

    def _peers(self, incoming: Parcel, stretch: int) -> StepHook:
        if "mean" not in incoming.arrays:
            return StepHook()
        told = self.read(incoming.group("mean"))
        peers = peers_say(told.dense(self.anchors), [told])
        seed = (self.seed, int(incoming.number("round")), stretch)
        return PeersHook(self.reference.pictures, peers, self.weight, self.batch, seed=seed)


@dataclass
class Average(StepHook):
    """Keeps the moving average of the student's weights and statistics, and lets the peers take part in each step."""

    student: nn.Module
    decay: float
    peers: StepHook = field(default_factory=StepHook)

    def __post_init__(self) -> None:
        self._average = AveragedModel(self.student, multi_avg_fn=moving_average(self.decay), use_buffers=True)

    def extra_loss(self, student: nn.Module, step: int) -> Mapping[str, torch.Tensor]:
        return self.peers.extra_loss(student, step)

    def before_step(self, student: nn.Module, step: int, again: BatchLoss) -> None:
        self.peers.before_step(student, step, again)

    def after_step(self, student: nn.Module, step: int, rate: float) -> None:
        self._average.update_parameters(student)

    def arrays(self) -> Arrays:
        """The average; where no step was made, what the student began with."""
        return module_arrays(self._average.module)


def stretches(steps: int) -> list[tuple[int, float]]:
    """A training in ``STRETCHES`` parts at most: how many steps each has, and the factor on its learning rate.

    >>> [count for count, _ in stretches(3)], sum(count for count, _ in stretches(205))
    ([1, 1, 1], 205)
    """
    count = min(STRETCHES, steps)
    ends = [round(steps * place / count) for place in range(count + 1)] if count else []
    return [(end - begin, schedule((begin + end) / 2 / steps, WARMUP)) for begin, end in pairwise(ends)]


def between(start: Arrays, end: Arrays, share: float) -> Arrays:
    """Weights and statistics on the way from ``start`` (0) to ``end`` (1); counters are those of the end."""
    found = dict(end)
    for name, array in end.items():
        if array.dtype.kind == "f":
            begin, last = np.asarray(start[name], np.float64), np.asarray(array, np.float64)
            found[name] = (begin + share * (last - begin)).astype(array.dtype)
    return found
