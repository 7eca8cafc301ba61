"""Student outputs made by hand: one level of anchors on a small grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.loss import BboxLoss

from lotwise.datasets.frame import Detections
from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.targets import DenseTargets, SampleTargets, Targets, make_targets
from lotwise.students.model.student import StudentOutput
from lotwise.teacher.knowledge import Distribution
from tests.models import tiny_yolo

STRIDE, SIDE, BINS = 8, 8, 8
NOTHING = np.zeros((0, 4), np.float32)
CAR = [8.0, 8.0, 40.0, 32.0]
TWO_CARS = ((CAR, 0.8), ([30, 30, 60, 62], 0.5))


def centres() -> torch.Tensor:
    """(64, 2) middles of the anchors, pixels of a 64 x 64 input."""
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    return (torch.stack([x.flatten(), y.flatten()], 1) + 0.5) * STRIDE


def inside(box: list[float]) -> torch.Tensor:
    """(64,) whether an anchor's middle lies in a box."""
    points = centres()
    low, high = torch.tensor(box[:2]), torch.tensor(box[2:])
    return ((points > low) & (points < high)).all(1)


def output(logits: torch.Tensor, distributions: torch.Tensor, latents: Sequence[torch.Tensor] = ()) -> StudentOutput:
    """From (B, 64) logits and (B, 64, 4 * bins) distributions; boxes follow from the distributions."""
    points = centres().to(logits) / STRIDE
    bins = distributions.shape[-1] // 4
    if bins > 1:
        weights = distributions.unflatten(-1, (4, bins)).softmax(-1)
        distances = weights @ torch.arange(bins).to(logits)
    else:
        distances = distributions
    boxes = torch.cat([points - distances[..., :2], points + distances[..., 2:]], -1) * STRIDE
    return StudentOutput(logits, boxes, distributions, points, torch.full((64, 1), STRIDE).to(logits), tuple(latents))


def untrained(batch: int = 1, seed: int = 0, bins: int = BINS, dtype: torch.dtype = torch.float32) -> StudentOutput:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(batch, 64, generator=generator, dtype=dtype)
    distributions = torch.randn(batch, 64, 4 * bins, generator=generator, dtype=dtype)
    distributions = distributions if bins > 1 else distributions.abs() + 0.5
    return output(logits.requires_grad_(), distributions.requires_grad_())


def taught(*scored: tuple[Sequence[float], float], ignore: Sequence[Sequence[float]] = ()) -> Targets:
    """Targets of one frame; scores are taught as they are."""
    taught = SampleTargets(
        Detections.of([box for box, _ in scored], [score for _, score in scored]),
        (),
        np.array(ignore, np.float32).reshape(-1, 4),
    )
    return make_targets([taught], positive_threshold=0.25, ignore_threshold=0.1, score_exponent=1.0)


def told_by(
    teacher: StudentOutput,
    known: Sequence[bool] | None = None,
    scores: torch.Tensor | None = None,
    stored: Sequence[int] = range(64),
) -> Targets:
    """Dense targets as if this output were the teacher's, with the distributions of the ``stored`` anchors.

    Scores (B, A) may be given; by default they are what the output says.
    """
    known = known or [True] * len(teacher.logits)
    there = torch.tensor(known)
    scores = teacher.logits.detach().sigmoid() if scores is None else scores
    bins = teacher.distributions.shape[-1] // 4
    anchors = np.array(stored, np.int32)
    kept = [Distribution(anchors, said.detach().numpy()[anchors].astype(np.float16)) for said in teacher.distributions]
    return replace(
        taught(),
        dense=DenseTargets(there, scores * there[:, None], teacher.boxes.detach() * there[:, None, None]),
        distributions=tuple(one if known[i] and bins > 1 else None for i, one in enumerate(kept)),
    )


def learning(*anchors: int) -> Assignment:
    """These anchors of one sample learn a box, each with score 1."""
    foreground = torch.zeros(1, 64, dtype=torch.bool)
    foreground[:, list(anchors)] = True
    return Assignment(foreground.float(), torch.zeros(1, 64, 4), foreground, torch.ones(1, 64))


@cache
def student(base: str = "yolov8n.yaml") -> DetectionModel:
    """A student that terms are made for; read only."""
    return tiny_yolo(base=base)


def ultralytics_losses(made: StudentOutput, target: Assignment, bins: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ultralytics' own losses of the same anchors: of the boxes, and of their distributions."""
    boxes, distributions = BboxLoss(bins)(
        made.distributions,
        made.boxes / made.strides,
        made.points,
        target.boxes / made.strides,
        target.scores.unsqueeze(-1),
        target.total,
        target.foreground,
        torch.tensor([64.0, 64.0]),
        made.strides,
    )
    return boxes, distributions
