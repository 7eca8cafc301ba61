"""Latent space distillation (LKD): student and teacher share a representation, and the student's head reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.cells import mean_of, of_levels, stored_cells
from lotwise.students.losses.targets import Targets
from lotwise.students.model.representation import RepresentationLayers, RepresentedDetect, insert
from lotwise.students.model.student import StudentOutput


class Representation(nn.Module):
    """Squared distance of the representations of student and teacher at the same cells.

        L = mean_l mean_k || z(r_S)_k - z(r_T)_k ||^2 / r_l,  r_S = W_l s,  r_T = E_l t,  r_l = round(width * C_l)
        z(x)_k = (x_k - mean_j x_j) / sqrt( mean_j || x_j - mean_i x_i ||^2 / r_l )

    s (K, C_student) and t (K, C_l) are the neck maps of student and teacher at the stored cells of all samples of
    level l. W is the representation layer that ``students/model/representation.py`` puts between the student's neck and
    head, which is why making this term changes the student (``fold`` takes the layers out again); it is learned
    together with neck and head (the joint form; the slides do not say whether the two phases are). z takes away the
    mean of each channel and one scale of all, since a squared distance is not scale-free.

    E (r_l, C_l) is the teacher's representation layer. There are no labels to train it with, so it is the best linear
    representation of what is stored: the first principal directions of the cells of the first batch that has any,
    all of them where width is 1 or more, turned into the basis in which the student's own representation of those
    cells is closest to it (orthogonal Procrustes). It has orthonormal rows, or columns where width > 1, and is kept
    from then on. Any basis is as good for the teacher; in this one the student needs not learn a rotation first, by
    which its pretrained head would lose what it reads.

    Source: the KIT slides on latent space distillation; no paper was found.
    """

    def __init__(self, student: DetectionModel, teacher: Sequence[int], width: float = 1.0) -> None:
        """Inserts the layers into the student, in place.

        Args:
            student: with a head that the layers can be folded into, or already with layers, of whatever width.
            teacher: channels of its latents.
            width: of the representation, relative to the teacher's channels.

        Raises:
            InputError: the layers could not be folded into this student's head.
        """
        super().__init__()
        if teacher and not isinstance(student.model[-1], RepresentedDetect):
            insert(student, [max(1, round(width * told)) for told in teacher])
        # In a list, so that they remain the student's alone in state_dict and optimiser.
        self.inserted: list[RepresentationLayers] = [student.model[-1].representation] if teacher else []
        widths = [width for inserted in self.inserted for width in inserted.widths]
        self.teacher = nn.ModuleList(TeacherLayer(told, wide) for told, wide in zip(teacher, widths, strict=True))

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar in 0..4; 0 where no sample of the batch carries latents.

        To be called after a forward of the student in training mode, whose representations it takes.
        """
        if not self.inserted:
            return mean_of([], output)
        losses = []
        for level, mine, told in of_levels(stored_cells(self.inserted[0].said, targets.latents)):
            layer = cast(TeacherLayer, self.teacher[level])
            if not layer.fitted:
                layer.fit(told, mine)
            losses.append((_scaled(mine) - _scaled(layer(told))).square().mean())
        return mean_of(losses, output)


class TeacherLayer(nn.Module):
    """The teacher's fixed representation layer of one level.

    Attributes:
        basis: (width, channels).
        fitted: whether the basis has been found.
    """

    basis: torch.Tensor
    fitted: torch.Tensor

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.register_buffer("basis", torch.zeros(width, channels))
        self.register_buffer("fitted", torch.zeros((), dtype=torch.bool))

    def forward(self, cells: torch.Tensor) -> torch.Tensor:
        """(K, channels) -> (K, width)."""
        return cells @ self.basis.T.to(cells)

    @torch.no_grad()
    def fit(self, teacher: torch.Tensor, student: torch.Tensor) -> None:
        """Find the basis from cells of the teacher (K, channels) and the student's representation (K, width)."""
        told, mine = (side.detach().cpu().double() for side in (teacher, student))
        told, mine = told - told.mean(0), mine - mine.mean(0)
        principal = torch.linalg.eigh(told.T @ told).eigenvectors.flip(1)[:, : mine.shape[1]]
        left, _, right = torch.linalg.svd(mine.T @ told @ principal, full_matrices=False)
        self.basis.copy_(left @ right @ principal.T)
        self.fitted.fill_(True)


def _scaled(vectors: torch.Tensor) -> torch.Tensor:
    """(K, r) with mean 0 in each channel and mean square 1 over all."""
    centred = vectors - vectors.mean(0)
    return centred / (centred.square().mean() + 1e-6).sqrt()
