"""Within each step of a training: a few reference pictures, and what the peers say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.frame import Image
from lotwise.students.distillation.step import StepHook
from lotwise.students.federation.listening import listen
from lotwise.students.federation.predictions.soft_loss import BOX_WEIGHT, PeersSay, soft_loss


@dataclass(frozen=True)
class PeersHook(StepHook):
    """Adds the distance from the peers' word on some reference pictures to the loss.

    Attributes:
        pictures: N of them, fitted to the input.
        peers: what is said of these N.
        weight: of the term.
        batch: pictures of each step.
        box_weight: of the boxes' IoU beside the scores.
        seed: draws the pictures.
    """

    pictures: Sequence[Image]
    peers: PeersSay
    weight: float = 1.0
    batch: int = 2
    box_weight: float = BOX_WEIGHT
    seed: tuple[int, ...] = (0,)

    def extra_loss(self, student: nn.Module, step: int) -> Mapping[str, torch.Tensor]:
        places = drawn(len(self.pictures), step, self.batch, self.seed)
        said = listen(detector(student), [self.pictures[place] for place in places])
        return {"peers": self.weight * soft_loss(said, self.peers.of(places), self.box_weight)}


def drawn(count: int, step: int, batch: int, seed: tuple[int, ...]) -> list[int]:
    """Places, of ``count``, of the pictures of a step: all in turn, each time in another order."""
    first = step * batch
    turns = range(first // count, (first + batch - 1) // count + 1)
    order = np.concatenate([np.random.default_rng([*seed, turn]).permutation(count) for turn in turns])
    start = first % count
    return [int(place) for place in order[start : start + batch]]


def detector(student: nn.Module) -> DetectionModel:
    """A camera's student as what it is.

    Raises:
        TypeError: it is no detector, whose predictions could be sent.
    """
    if not isinstance(student, DetectionModel):
        raise TypeError(
            f"a {type(student).__name__} has no Detect head; predictions can be exchanged of detectors only"
        )
    return student
