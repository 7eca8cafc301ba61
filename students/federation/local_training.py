"""A camera's side of a federated round: some steps of its distillation, from its own stored knowledge."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property, partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.students.distillation.distill import LEAST_RATE, make_optimizer
from lotwise.students.distillation.samples import Sample, SampleStream
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.distillation.step import BatchLoss, StepHook, batch_loss, learn_step
from lotwise.students.federation.method import Arrays, Optimizer, Parcel, load_arrays, module_arrays
from lotwise.students.losses.all_terms import make_terms

MOMENTS = ("exp_avg", "exp_avg_sq", "step")
"""What AdamW keeps of each parameter."""


def decay_of(round: int, rounds: int) -> float:  # noqa: A002
    """Factor on the learning rate of a round, from 1: half a cosine from 1 to 0.02, as in a training without rounds.

    >>> decay_of(1, 10), decay_of(10, 10), decay_of(1, 1)
    (1.0, 0.02, 1.0)
    """
    if rounds < 2:
        return 1.0
    done = (round - 1) / (rounds - 1)
    return LEAST_RATE + (1 - LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * done))


class LocalTraining:
    """The :class:`~lotwise.students.federation.method.Local` of a real camera."""

    def __init__(
        self,
        student: DetectionModel,
        samples: SampleStream,
        settings: DistillSettings,
        decay: float = 1.0,
        where: str = "camera",
    ) -> None:
        """Stand before the first step of the first round.

        Args:
            student: that the camera has; changed in place.
            samples: the camera's frames with their knowledge.
            settings: of its distillation. Of these, the numbers of epochs and steps, the warm-up and the moving average
                have no meaning here.
            decay: factor on the learning rate of this round.
            where: what an error names, such as the camera's id.

        Raises:
            InputError: no frames, or a loss term that cannot work with them.
        """
        if not len(samples):
            raise InputError(f"{where}: no frames to learn from; label some first")
        if settings.weights.representation:
            raise InputError(f"{where}: layers of weights.representation do not travel; set it to 0 to federate")
        torch.manual_seed(settings.seed)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.samples, self.settings, self.decay, self._where = samples, settings, decay, where
        self._student = student.to(device, memory_format=torch.channels_last).train()
        self._terms = make_terms(student, samples.latent_channels(), settings.weights, settings.width).to(device)
        self._learner = nn.ModuleDict({"student": self._student, "terms": self._terms})
        self._adamw = make_optimizer(self._learner, settings)
        self._batches_done = 0

    @property
    def student(self) -> DetectionModel:
        return self._student

    @property
    def examples(self) -> int:
        return len(self.samples)

    @property
    def batches(self) -> int:
        return math.ceil(len(self.samples) / self.settings.batch)

    @cached_property
    def trainable(self) -> frozenset[str]:
        return frozenset(name for name, parameter in self._student.named_parameters() if parameter.requires_grad)

    def weights(self) -> dict[str, NDArray[np.generic]]:
        return module_arrays(self._student)

    def load(self, arrays: Arrays) -> None:
        load_arrays(self._student, arrays)

    def train(
        self, steps: int, hook: StepHook | None = None, *, rate: float, optimizer: Optimizer = "sgd", own: bool = True
    ) -> int:
        self._student.train()
        used: torch.optim.Optimizer = self._adamw
        for group in self._adamw.param_groups:
            group["lr"] = rate if optimizer == "adamw" else self.settings.learning_rate * self.decay
        if optimizer == "sgd":
            parameters = [p for p in self._student.parameters() if p.requires_grad]
            used = torch.optim.SGD(parameters, lr=rate)
            hook = _TermsLearn(self._terms, self._adamw, hook)
        for step in range(steps):
            loss = partial(self._loss, self._batch(self._batches_done) if own else ())
            mend = f"lower the learning rate (now {rate:.3g})"
            learn_step(self._learner, self._student, loss, used, step, self._where, mend, hook)
            self._batches_done += own
        self._learner.zero_grad(set_to_none=True)
        return steps

    def forget(self) -> None:
        self._adamw.state.clear()
        self._batches_done = 0

    def gradient(self, batches: int) -> dict[str, NDArray[np.generic]]:
        buffers = {name: buffer.clone() for name, buffer in self._student.named_buffers()}
        self._student.train()
        self._learner.zero_grad(set_to_none=True)
        for place in range(batches):
            parts = self._loss(self._batch(self._batches_done + place))
            (torch.stack(list(parts.values())).sum() / batches).backward()  # type: ignore[no-untyped-call, unused-ignore]
        found = {
            name: (torch.zeros_like(p) if p.grad is None else p.grad).detach().cpu().numpy().copy()
            for name, p in self._student.named_parameters()
            if p.requires_grad
        }
        with torch.no_grad():
            for name, buffer in self._student.named_buffers():
                buffer.copy_(buffers[name])
        self._learner.zero_grad(set_to_none=True)
        return found

    def state(self) -> Parcel:
        """What the camera keeps beside the method's own: parts of the loss, AdamW's moments, which batch is next."""
        moments: dict[str, dict[str, NDArray[np.generic]]] = {name: {} for name in MOMENTS}
        for name, parameter in self._learner.named_parameters():
            for moment, values in self._adamw.state.get(parameter, {}).items():
                moments[moment][name] = values.detach().cpu().numpy().copy()
        return Parcel({"terms": module_arrays(self._terms), **moments}, {"batches": self._batches_done})

    def restore(self, state: Parcel) -> None:
        """Go on from such a state.

        Raises:
            InputError: it is of another student or of other settings.
        """
        load_arrays(self._terms, state.group("terms"))
        for name, parameter in self._learner.named_parameters():
            if all(name in state.group(moment) for moment in MOMENTS):
                # The fused step reads memory as it lies, so each moment must lie as its parameter does.
                like = {moment: parameter.detach() for moment in MOMENTS} | {"step": torch.zeros(())}
                self._adamw.state[parameter] = {
                    moment: torch.empty_like(like[moment], device=parameter.device).copy_(
                        torch.from_numpy(np.array(state.group(moment)[name]))
                    )
                    for moment in MOMENTS
                }
        self._batches_done = int(state.number("batches"))

    def _loss(self, batch: Sequence[Sample]) -> Mapping[str, torch.Tensor]:
        return batch_loss(self._student, self._terms, batch, self.settings) if batch else {}

    def _batch(self, number: int) -> list[Sample]:
        """Batches run through all frames in an order of each epoch's own, as in a training without rounds."""
        epoch, place = divmod(number, self.batches)
        first = place * self.settings.batch
        last = min(first + self.settings.batch, len(self.samples))
        return [self.samples[epoch * len(self.samples) + index] for index in range(first, last)]


class _TermsLearn(StepHook):
    """Layers that belong to the loss, such as those that a latent is compared in, learn by AdamW all the same."""

    def __init__(self, terms: nn.Module, adamw: torch.optim.Optimizer, inner: StepHook | None) -> None:
        self._parameters = list(terms.parameters())
        self._adamw, self._inner = adamw, inner or StepHook()

    def extra_loss(self, student: nn.Module, step: int) -> Mapping[str, torch.Tensor]:
        for parameter in self._parameters:
            parameter.grad = None
        return self._inner.extra_loss(student, step)

    def before_step(self, student: nn.Module, step: int, again: BatchLoss) -> None:
        kept = [parameter.grad for parameter in self._parameters]
        self._inner.before_step(student, step, again)
        for parameter, gradient in zip(self._parameters, kept, strict=True):
            parameter.grad = gradient

    def after_step(self, student: nn.Module, step: int, rate: float) -> None:
        held = [(parameter, parameter.grad) for parameter in student.parameters()]
        for parameter, _ in held:
            parameter.grad = None
        self._adamw.step()
        for parameter, gradient in held:
            parameter.grad = gradient
        self._inner.after_step(student, step, rate)
