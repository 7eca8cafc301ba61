"""What a dream is made to fit: boxes, features, channels, the ground, and what pictures are like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lotwise.datasets.errors import InputError
from lotwise.students.distillation.step import loss_terms
from lotwise.students.losses.all_terms import make_terms
from lotwise.students.losses.objects import cell_weights
from lotwise.students.losses.weights import LossWeights
from lotwise.students.model.student import StudentOutput, make_student, read_output
from lotwise.students.synthesis.aim import Aim, box_targets
from lotwise.students.synthesis.metadata import Metadata
from lotwise.students.synthesis.norms import (
    Statistics,
    apart,
    by_layer,
    norm_distance,
    statistics_length,
    statistics_of,
    trained_statistics,
    watched_norms,
)
from lotwise.students.synthesis.pyramid import blurred, total_variation
from lotwise.students.synthesis.settings import DreamWeights
from lotwise.teacher.checkpoint import fingerprint, load_model

BOX_LOSS = LossWeights(latent=0)
"""What the teacher's own loss on boxes is made of: that of a student, without the teacher's latents."""
MIDDLE_GREY = 0.45
"""Grey in 0..1 near which pictures stay where nothing is known of the view: the mean of many photographs."""


@dataclass(frozen=True)
class Ground:
    """What lies beside the vehicles: a blurred picture, known where no vehicle was drawn.

    Attributes:
        picture: (1, 3, h, w) in 0..1.
        free: (B, 1, h, w) share of each cell that no drawn vehicle covers.
    """

    picture: torch.Tensor
    free: torch.Tensor

    def distance(self, pictures: torch.Tensor) -> torch.Tensor:
        """Mean squared distance of pictures (B, 3, H, W), as blurred, over what is free."""
        apart = (
            (blurred(pictures, (self.picture.shape[2], self.picture.shape[3])) - self.picture)
            .square()
            .mean(1, keepdim=True)
        )
        return (apart * self.free).sum() / self.free.sum().clamp_min(1)


class DreamTeacher:
    """The teacher as dreams are made with it: its weights fixed, its norms watched."""

    def __init__(self, weights: str, metadata: Metadata) -> None:
        """Load the teacher of these metadata.

        Raises:
            InputError: it cannot be loaded, or is another one.
        """
        camera, found = metadata.header.camera, fingerprint(load_model(weights))
        if found != metadata.header.teacher:
            raise InputError(
                f"{weights}: not the teacher that looked at camera {camera} (its fingerprint is {found}, the metadata "
                f"are of {metadata.header.teacher}); give --teacher the weights that labelled its frames"
            )
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = make_student(weights, metadata.header.classes).eval()
        self.model.to(self.device, memory_format=torch.channels_last).requires_grad_(False)
        self.terms = make_terms(self.model, (), BOX_LOSS).to(self.device)
        length = statistics_length(self.model)
        if metadata.norms is not None and len(metadata.norms.means) != length:
            raise InputError(
                f"camera {camera}: metadata of {len(metadata.norms.means)} channels for a teacher of {length}; write "
                "them anew with lotwise metadata"
            )
        self.pixels: Statistics | None = None
        self.layers = trained_statistics(self.model)
        if metadata.norms is not None:
            self.pixels, self.layers = by_layer(metadata.norms, self.model)
        clusters = metadata.features.clusters
        self.spreads = {
            level: max(float(np.mean([one.spread for (at, _), one in clusters.items() if at == level])), 1e-6)
            for level in metadata.features.levels
        }
        """By level, mean squared distance of the camera's vehicles from the middles of their clusters."""

    def look(self, pixels: torch.Tensor) -> tuple[StudentOutput, torch.Tensor]:
        """What it says of pictures (B, 3, H, W) in 0..1, and how far their channels are from those expected.

        Expected are those of the camera, the pixels' own colours among them, where the camera has told them; else
        those of the pictures that the teacher was trained with.
        """
        with watched_norms(self.model) as found:
            _, raw = self.model(pixels)
        distance = norm_distance(found, self.layers)
        if self.pixels is not None:
            distance = distance + apart(statistics_of(pixels), self.pixels)
        return read_output(self.model, raw), distance


def seen_terms(
    shown: torch.Tensor, aims: Sequence[Aim], teacher: DreamTeacher, weights: DreamWeights
) -> dict[str, torch.Tensor]:
    """What the teacher has to say of pictures, each part weighted, by its name.

    Args:
        shown: (B, 3, H, W) in 0..1.
        aims: what each shall show.
        teacher: of the metadata.
        weights: of the parts.
    """
    output, distance = teacher.look(shown)
    parts = {}
    if weights.boxes:
        told = loss_terms(output, box_targets(aims, teacher.device), teacher.terms, BOX_LOSS)
        parts["boxes"] = weights.boxes * torch.stack(list(told.values())).sum()
    if weights.features:
        parts["features"] = weights.features * feature_distance(output, aims, teacher.spreads)
    if weights.norms:
        parts["norms"] = weights.norms * distance
    return parts


def picture_terms(pictures: torch.Tensor, weights: DreamWeights, ground: Ground | None) -> dict[str, torch.Tensor]:
    """What is asked of pictures themselves, each part weighted, by its name.

    Args:
        pictures: (B, 3, H, W) in 0..1.
        weights: of the parts.
        ground: what lies beside the vehicles; None where nothing is known of it.
    """
    parts = {"variation": weights.variation * total_variation(pictures)}
    if ground is None:
        parts["contrast"] = weights.contrast * (pictures - MIDDLE_GREY).square().mean()
    else:
        parts["ground"] = weights.ground * ground.distance(pictures)
    return parts


def feature_distance(output: StudentOutput, aims: Sequence[Aim], spreads: Mapping[int, float]) -> torch.Tensor:
    """Mean over pictures, levels and vehicles of ||f - t||^2 / s^2.

    f is the mean of a level's cells that a vehicle's box covers, t the point that was drawn for it, s^2 the mean
    squared distance of the camera's vehicles from the middles of their clusters.

    Args:
        output: of the teacher.
        aims: of each picture.
        spreads: s^2 by level.
    """
    strides = torch.unique_consecutive(output.strides)
    parts = []
    for picture, aim in enumerate(aims):
        for level, (wanted, known) in aim.features.items():
            if not known.any():
                continue
            cells = output.latents[level][picture].flatten(1).T
            places = torch.arange(len(cells), device=cells.device)
            boxes = torch.from_numpy(aim.boxes[known]).to(cells)
            covered = cell_weights(boxes, places, output.latents[level].shape[3], float(strides[level]))
            vectors = covered @ cells / covered.sum(1, keepdim=True).clamp_min(1)
            apart = (vectors - torch.from_numpy(wanted[known]).to(cells)).square().sum(1)
            parts.append(apart.mean() / spreads[level])
    return torch.stack(parts).mean() if parts else output.latents[0].sum() * 0
