"""How far a student's soft detections are from what its peers say of the same pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from lotwise.students.federation.listening import Said
from lotwise.students.federation.predictions.soft_detections import DenseDetections, SoftDetections

MIN_BOX_SCORE = 0.05
"""Least score at which a box is taught: below it peers describe no vehicle. From the consensus of Distributed
Distillation, which divides by the score."""
BOX_WEIGHT = 4.0
"""Weight of the boxes' IoU beside the scores (BCKD, code TinyTigerPan/BCKD @121c9aa)."""


@dataclass(frozen=True)
class PeersSay:
    """What peers say of N pictures.

    Attributes:
        scores: (N, A) float32 in 0..1.
        distances: (N, A, 4) float32 in grid cells.
        floors: (N,) score below which an anchor of a picture was not worth sending: there it is left open.
    """

    scores: NDArray[np.float32]
    distances: NDArray[np.float32]
    floors: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def of(self, places: list[int]) -> PeersSay:
        return PeersSay(self.scores[places], self.distances[places], self.floors[places])


def peers_say(said: DenseDetections, sent: list[SoftDetections] | None = None) -> PeersSay:
    """What is to be learned from a consensus.

    Args:
        said: mean over peers, or a consensus of them.
        sent: the messages that it comes from; of none, nothing is left open.
    """
    floors = np.zeros(len(said.scores), np.float32)
    anchors = said.scores.shape[1]
    for one in sent or ():
        if one.index.shape[1] < anchors:
            floors = np.maximum(floors, np.abs(one.scores).min(1).astype(np.float32))
    return PeersSay(np.clip(said.scores, 0, 1), said.distances, floors)


def soft_loss(said: Said, peers: PeersSay, box_weight: float = BOX_WEIGHT) -> torch.Tensor:
    """Distance from peers' soft detections; 0, with no gradient, where a student says the same.

        L = (1/Z) sum_a [ KL(t_a || s_a) + box_weight m_a (1 - IoU(b_a, b'_a)) ],   Z = max(1, sum_a t_a)

    t_a and s_a are the peers' and the student's probability of a vehicle at anchor a, b their boxes, and m_a = t_a
    where t_a > ``MIN_BOX_SCORE``, else 0. The binary KL divergence has the gradient (s_a - t_a) / Z to the logit. An
    anchor that no peer sent (t_a = 0) is pulled down to the picture's floor only, as peers may have said so much.
    """
    told = torch.from_numpy(peers.scores).to(said.logits)
    floors = torch.from_numpy(peers.floors).to(said.logits)[:, None]
    own = said.logits.detach().sigmoid()
    target = torch.where(told > 0, told, torch.minimum(own, floors))
    wrong = F.binary_cross_entropy_with_logits(said.logits, target, reduction="none") - _entropy(target)
    weights = torch.where(told > MIN_BOX_SCORE, told, 0.0)
    apart = 1 - side_iou(said.distances, torch.from_numpy(peers.distances).to(said.logits))
    total: torch.Tensor = (wrong.sum() + box_weight * (weights * apart).sum()) / told.sum().clamp_min(1)
    return total


def side_iou(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """IoU (…,) of boxes around one point, given as distances (…, 4) to their left, top, right and bottom.

    >>> side_iou(torch.tensor([1.0, 1, 1, 1]), torch.tensor([1.0, 1, 1, 3])).item()
    0.5
    """
    a, b = a.clamp_min(0), b.clamp_min(0)
    least = torch.minimum(a, b)
    inside = _area(least)
    return inside / (_area(a) + _area(b) - inside).clamp_min(1e-6)


def _area(sides: torch.Tensor) -> torch.Tensor:
    return (sides[..., 0] + sides[..., 2]) * (sides[..., 1] + sides[..., 3])


def _entropy(shares: torch.Tensor) -> torch.Tensor:
    return -(torch.xlogy(shares, shares) + torch.xlogy(1 - shares, 1 - shares))
