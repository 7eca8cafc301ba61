"""The distillation loop: stored knowledge in, student out. No labels, no teacher, no trainer but this page."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Progress, no_progress
from lotwise.students.distillation.checkpoint import TrainingState, append_log, resume, save_state
from lotwise.students.distillation.planned_steps import planned_epochs
from lotwise.students.distillation.samples import Sample, SampleStream
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.distillation.step import StepHook, batch_loss, learn_step
from lotwise.students.distillation.stopping import settled
from lotwise.students.losses.all_terms import make_terms
from lotwise.students.model.representation import fold
from lotwise.teacher.checkpoint import fingerprint

Check = Callable[[DetectionModel], float]
"""From a student in eval mode to its agreement with the teacher, 0..1."""
CHECK_EVERY = 50
"""Steps between checks; the first one is at ``min_steps``."""
COOL_DOWN = 0.2
"""Share of the steps made so far in which the rate falls once the student has settled: the cool-down of a fifth that
warmup-stable-decay schedules use (Hägele et al. 2024, arXiv 2405.18392)."""
LEAST_RATE = 0.02
"""Share of the highest learning rate at which a training ends; Ultralytics' ``lrf`` is 0.01."""


@dataclass(frozen=True)
class TrainedStudent:
    """What a distillation gave.

    Attributes:
        student: the averaged (EMA) student, in eval mode on the CPU.
        steps: how many steps were made.
        seconds: time spent training, resumed parts included.
        loss: mean loss of the last epoch.
    """

    student: DetectionModel
    steps: int
    seconds: float
    loss: float


def distill(
    student: DetectionModel,
    samples: SampleStream,
    settings: DistillSettings,
    folder: Path,
    progress: Progress = no_progress,
    check: Check | None = None,
    stage: str = "train",
    hook: StepHook | None = None,
    own_terms: Mapping[str, nn.Module] | None = None,
) -> TrainedStudent:
    """Teach a student what the teacher said of its camera's frames.

    Writes ``log.jsonl`` (one line an epoch) and ``last.pt`` into ``folder``; a run that finds a ``last.pt`` of
    the same nano, settings and frames goes on from there, and a finished one returns at once.

    Args:
        student: the pretrained, narrowed nano; changed in place.
        samples: the camera's frames with their knowledge.
        settings: everything that can be set.
        folder: where log and checkpoint go; made where it does not exist.
        progress: told after each step, with the loss as its note.
        check: tells how far the averaged student agrees with the teacher. Once it has settled, a last fifth of the
            steps made so far cools the rate down, and the rest of the epochs is left out.
        stage: what progress calls this work.
        hook: takes part in each step. It is no part of what a run is known by: whoever goes on from a ``last.pt`` has
            to bring the same.
        own_terms: of the loss, in place of those of the same name; they learn too.

    Raises:
        InputError: no frames, a loss term that cannot work with them, or a loss that is not finite.
    """
    if not len(samples):
        raise InputError(f"{folder}: no frames to learn from; label some first")
    begun_with = fingerprint(student)
    torch.manual_seed(settings.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    student = student.to(device, memory_format=torch.channels_last).train()
    terms = make_terms(student, samples.latent_channels(), settings.weights, settings.width)
    terms.update(own_terms or {})
    terms.to(device)
    learner = nn.ModuleDict({"student": student, "terms": terms})
    average = AveragedModel(student, multi_avg_fn=moving_average(settings.ema), use_buffers=True)
    optimizer = make_optimizer(learner, settings)

    epochs, batches = planned_epochs(len(samples), settings)
    steps = epochs * batches
    identity = f"{begun_with} {samples.identity} {settings.model_dump_json()}"
    state = resume(folder, identity, learner, average, optimizer)
    clock = time.monotonic() - state.seconds

    for epoch in range(state.epoch, epochs):
        if epoch * batches >= _end(state, steps, batches):
            break
        losses = []
        for place, batch in enumerate(_batches(samples, epoch, settings.batch)):
            step = epoch * batches + place
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * _rate(step, steps, batches, state, settings.warmup)
            loss = partial(batch_loss, student, terms, batch, settings)
            mend = f"lower learning_rate (now {settings.learning_rate})"
            parts = learn_step(learner, student, loss, optimizer, step, str(folder), mend, hook)
            average.update_parameters(student)
            losses.append(parts)
            progress(stage, step + 1, _end(state, steps, batches), f"loss {sum(parts.values()):.3f}")
        state = replace(state, epoch=epoch + 1, seconds=time.monotonic() - clock, losses=_means(losses))
        done = (epoch + 1) * batches
        if done < steps:
            state = _checked(state, done, settings.min_steps, average.module, check)
        append_log(folder, state)
        last = done >= _end(state, steps, batches)
        save_state(folder, identity, state, learner, average, optimizer, last)
    finished: DetectionModel = average.module.cpu().to(memory_format=torch.contiguous_format).eval()
    fold(finished)
    return TrainedStudent(finished, state.epoch * batches, state.seconds, sum(state.losses.values()))


def _batches(samples: SampleStream, epoch: int, size: int) -> Any:
    """The batches of an epoch, the next one prepared while the current one is learned."""
    first = epoch * len(samples)
    indices = list(range(first, first + len(samples)))
    with ThreadPoolExecutor(1) as ahead:

        def prepare(start: int) -> Any:
            return ahead.submit(lambda: [samples[i] for i in indices[start : start + size]])

        coming = prepare(0)
        for start in range(0, len(indices), size):
            batch: list[Sample] = coming.result()
            coming = prepare(start + size)
            yield batch


def make_optimizer(learner: nn.Module, settings: DistillSettings) -> torch.optim.AdamW:
    """AdamW; biases and norms are not decayed, as in every YOLO recipe."""
    decayed = [p for p in learner.parameters() if p.requires_grad and p.ndim > 1]
    plain = [p for p in learner.parameters() if p.requires_grad and p.ndim <= 1]
    return torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": settings.weight_decay, "initial_lr": settings.learning_rate},
            {"params": plain, "weight_decay": 0.0, "initial_lr": settings.learning_rate},
        ],
        lr=settings.learning_rate,
        fused=True,
    )


def schedule(done: float, warmup: float) -> float:
    """Factor on the learning rate: linear warm-up, then half a cosine down to 2 %."""
    if done < warmup:
        return max(done / warmup, 0.01)
    return LEAST_RATE + (1 - LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * (done - warmup) / (1 - warmup)))


def _rate(step: int, steps: int, batches: int, state: TrainingState, warmup: float) -> float:
    """Factor on the learning rate; from where the run settled it falls in a line to 2 % of what it was there."""
    if state.settled is None:
        return schedule(step / steps, warmup)
    end = _end(state, steps, batches)
    left = (end - step) / max(end - state.settled, 1)
    return schedule(state.settled / steps, warmup) * max(left, LEAST_RATE)


def _end(state: TrainingState, steps: int, batches: int) -> int:
    """Step after which the run is over: a fifth and what its epoch lacks beyond where it settled, or as planned."""
    if state.settled is None:
        return steps
    return min(steps, math.ceil(state.settled * (1 + COOL_DOWN) / batches) * batches)


def _checked(
    state: TrainingState, step: int, least: int, average: DetectionModel, check: Check | None
) -> TrainingState:
    """Ask now and then how the averaged student does, and note when it has settled."""
    if check is None or state.settled is not None or step < max(least, state.checked + CHECK_EVERY):
        return state
    agreements = (*state.agreements, check(average.eval()))
    return replace(state, agreements=agreements, checked=step, settled=step if settled(agreements) else None)


def moving_average(decay: float) -> Callable[..., None]:
    """Averaging whose memory grows with the steps made, so that the start is soon forgotten."""

    @torch.no_grad()
    def update(averages: Sequence[torch.Tensor], current: Sequence[torch.Tensor], count: torch.Tensor | int) -> None:
        keep = min(decay, (1 + float(count)) / (10 + float(count)))
        for average, value in zip(averages, current, strict=True):
            if average.is_floating_point():
                average.lerp_(value.to(average.dtype), 1 - keep)
            else:
                average.copy_(value)

    return update


def _means(losses: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: sum(step[name] for step in losses) / len(losses) for name in losses[0]}
