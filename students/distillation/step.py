"""One step of learning, and the one hook through which somebody else may take part in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.students.distillation.samples import Sample
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.losses.assignment import assign
from lotwise.students.losses.targets import Targets, make_targets
from lotwise.students.losses.weights import LossWeights
from lotwise.students.model.student import StudentOutput, read_output
from lotwise.teacher.oracle import fast_bfloat16
from lotwise.teacher.tensor import image_tensor

MAX_GRADIENT_NORM = 10.0
"""Gradients are cut to this norm, as in Ultralytics' trainer."""

BatchLoss = Callable[[], torch.Tensor]
"""Computes the loss of one batch anew, at the weights that the student has when it is called."""


class StepHook:
    """What may be done within a step. Each of these does nothing; override what is needed.

    In a step, in this order: the loss with :meth:`extra_loss`, its gradient, which is cut to ``MAX_GRADIENT_NORM``,
    :meth:`before_step`, the optimizer's step, :meth:`after_step`.
    """

    def extra_loss(self, student: nn.Module, step: int) -> Mapping[str, torch.Tensor]:
        """Further terms of the loss, by name, weighted.

        Args:
            student: in training mode.
            step: of this training, from 0.
        """
        return {}

    def before_step(self, student: nn.Module, step: int, again: BatchLoss) -> None:
        """The gradients are there and may be changed.

        Args:
            student: its parameters carry the gradients.
            step: of this training, from 0.
            again: the loss of this very batch anew, without :meth:`extra_loss`.
        """

    def after_step(self, student: nn.Module, step: int, rate: float) -> None:
        """The weights have been changed, and may be changed once more.

        Args:
            student: whose weights they are.
            step: of this training, from 0.
            rate: at which the optimizer stepped.
        """


def batch_loss(
    student: DetectionModel, terms: nn.ModuleDict, batch: Sequence[Sample], settings: DistillSettings
) -> dict[str, torch.Tensor]:
    """Each term of the loss of a batch by its name, weighted.

    Args:
        student: in training mode, on the device that is computed on.
        terms: of the loss, on the same device.
        batch: pictures and what they teach.
        settings: of the distillation.
    """
    device = next(student.parameters()).device
    pixels = image_tensor([sample.image for sample in batch], device, torch.channels_last)
    targets = make_targets(
        [sample.targets for sample in batch],
        settings.positive_threshold,
        settings.ignore_threshold,
        settings.score_exponent,
    ).to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=fast_bfloat16(device)):
        raw = student(pixels)
    return loss_terms(read_output(student, raw), targets, terms, settings.weights)


def loss_terms(
    output: StudentOutput, targets: Targets, terms: nn.ModuleDict, weights: LossWeights
) -> dict[str, torch.Tensor]:
    """Each term by its name, weighted."""
    assignment = assign(output, targets)
    return {name: getattr(weights, name) * term(output, targets, assignment) for name, term in terms.items()}


def learn_step(
    learner: nn.Module,
    student: nn.Module,
    loss: Callable[[], Mapping[str, torch.Tensor]],
    optimizer: torch.optim.Optimizer,
    step: int,
    where: str,
    mend: str,
    hook: StepHook | None = None,
) -> dict[str, float]:
    """One step of the optimizer on one batch.

    Args:
        learner: everything that learns.
        student: the part of it that the hook is handed.
        loss: gives each term of the batch's loss by its name, weighted.
        optimizer: over the learner; all its groups have one rate.
        step: of this training, from 0.
        where: what an error names.
        mend: what an error advises.
        hook: takes part in the step.

    Returns:
        Each term of the loss, the hook's among them.

    Raises:
        InputError: the loss is not finite.
    """
    parts = dict(loss())
    if hook is not None:
        parts |= hook.extra_loss(student, step)
    total = torch.stack(list(parts.values())).sum()
    rate = float(optimizer.param_groups[0]["lr"])
    if not torch.isfinite(total):
        said = ", ".join(f"{name} {float(part.detach()):.3g}" for name, part in parts.items())
        raise InputError(f"{where}: the loss is not finite at step {step} ({said}); {mend} and run again")
    optimizer.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call, unused-ignore]  # it has no types
    nn.utils.clip_grad_norm_(learner.parameters(), MAX_GRADIENT_NORM)
    if hook is not None:
        hook.before_step(student, step, lambda: torch.stack(list(loss().values())).sum())
    optimizer.step()
    if hook is not None:
        hook.after_step(student, step, rate)
    return {name: float(part.detach()) for name, part in parts.items()}
