"""What a batch of frames is to teach: the teacher's knowledge, moved to the student's input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from lotwise.datasets.frame import Detections
from lotwise.teacher.knowledge import Dense, Distribution, Latent

AS_SAID = -2
"""Label of a box that is taught with the teacher's own score, whatever ``score_exponent`` makes of the others."""


@dataclass(frozen=True)
class SampleTargets:
    """What one sample teaches, in pixels of the network's input.

    Attributes:
        detections: the teacher's soft detections.
        latents: the teacher's latents, or empty where the sample was moved and cells no longer correspond.
        ignore: (M, 4) xyxy regions in which nothing is taught.
        dense: what the teacher's head says at every anchor; None where the sample was changed.
    """

    detections: Detections
    latents: tuple[Latent, ...]
    ignore: NDArray[np.float32]
    dense: Dense | None = None


@dataclass(frozen=True)
class DenseTargets:
    """The teacher's head at every anchor of a batch.

    Attributes:
        known: (B,) bool; the other samples have zeros.
        scores: (B, A) vehicle probability.
        boxes: (B, A, 4) xyxy in input pixels.
    """

    known: torch.Tensor
    scores: torch.Tensor
    boxes: torch.Tensor


@dataclass(frozen=True)
class Targets:
    """What a batch teaches, padded to the sample with most boxes.

    Attributes:
        boxes: (B, N, 4) xyxy in input pixels; rows of zeros are padding.
        scores: (B, N) what the student should say of each; 0 for padding.
        ignore: (B, M, 4) regions in which nothing is taught; rows of zeros are padding.
        latents: per level, the latents of each sample; None for a sample without.
        dense: None where no sample of the batch has any.
        distributions: the teacher's distributions over distance bins; None for a sample without.
    """

    boxes: torch.Tensor
    scores: torch.Tensor
    ignore: torch.Tensor
    latents: tuple[tuple[Latent | None, ...], ...]
    dense: DenseTargets | None = None
    distributions: tuple[Distribution | None, ...] = ()

    def to(self, device: torch.device) -> Targets:
        dense = self.dense and DenseTargets(
            self.dense.known.to(device), self.dense.scores.to(device), self.dense.boxes.to(device)
        )
        return replace(
            self,
            boxes=self.boxes.to(device),
            scores=self.scores.to(device),
            ignore=self.ignore.to(device),
            dense=dense,
        )


def make_targets(
    samples: Sequence[SampleTargets], positive_threshold: float, ignore_threshold: float, score_exponent: float
) -> Targets:
    """Split soft detections into what is taught and what is left open.

    Args:
        samples: one a sample.
        positive_threshold: a box is taught from this score up.
        ignore_threshold: boxes between this score and ``positive_threshold`` are neither vehicle nor background.
        score_exponent: taught score = teacher's score to this power; 0 teaches hard labels. Boxes labelled
            ``AS_SAID`` are taught with their own score.
    """
    sure = [sample.detections[sample.detections.scores >= positive_threshold] for sample in samples]
    unsure = [
        np.concatenate(
            [sample.detections[_between(sample.detections, ignore_threshold, positive_threshold)].boxes, sample.ignore]
        )
        for sample in samples
    ]
    levels = max((len(sample.latents) for sample in samples), default=0)
    return Targets(
        boxes=_padded([found.boxes for found in sure]),
        scores=_padded([taught_scores(found, score_exponent) for found in sure]),
        ignore=_padded(unsure),
        latents=tuple(
            tuple(sample.latents[level] if sample.latents else None for sample in samples) for level in range(levels)
        ),
        dense=_dense([sample.dense for sample in samples]),
        distributions=tuple(sample.dense.distribution if sample.dense else None for sample in samples),
    )


def taught_scores(found: Detections, score_exponent: float) -> NDArray[np.float32]:
    """(N,) what a student should say of each of the teacher's boxes.

    >>> taught_scores(Detections.of([[0, 0, 9, 9], [9, 9, 19, 19]], [0.25, 0.25], [0, AS_SAID]), 0.5).tolist()
    [0.5, 0.25]
    """
    return np.where(found.labels == AS_SAID, found.scores, found.scores**score_exponent).astype(np.float32)


def _dense(said: Sequence[Dense | None]) -> DenseTargets | None:
    anchors = max((len(one.scores) for one in said if one), default=0)
    if not anchors:
        return None
    nothing = Dense(np.zeros(anchors, np.float16), np.zeros((anchors, 4), np.float16))
    return DenseTargets(
        known=torch.tensor([one is not None for one in said]),
        scores=torch.from_numpy(np.stack([(one or nothing).scores for one in said])).float(),
        boxes=torch.from_numpy(np.stack([(one or nothing).boxes for one in said])).float(),
    )


def _between(detections: Detections, low: float, high: float) -> NDArray[np.bool_]:
    return np.asarray((detections.scores >= low) & (detections.scores < high))


def _padded(arrays: Sequence[NDArray[np.float32]]) -> torch.Tensor:
    """Arrays (N_i, …) -> (B, max N, …), filled up with zeros."""
    return torch.nn.utils.rnn.pad_sequence(
        [torch.from_numpy(np.ascontiguousarray(a)) for a in arrays], batch_first=True
    )
