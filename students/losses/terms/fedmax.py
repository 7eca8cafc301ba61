"""FedMAX: keep the class branch's last activations of high entropy, so that cameras stay alike."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Sequence

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class FedMax(nn.Module):
    """Distance of the penultimate class activations from the most even ones, summed over levels.

        R = sum_l mean_i [ log C_l - H(softmax(a_li)) ]  =  sum_l mean_i KL( softmax(a_li) || uniform )

    a_li (C_l,) is the output of ``cv3[l][-2]``, the input of the head's last class layer, averaged over the anchors
    of level l that learn a box of the teacher in sample i; samples without one on that level do not count. It needs
    nothing of the teacher but its boxes, so moved samples count too. 0 is all channels alike, log C_l one alone.

    Source: Chen, Bhardwaj, Marculescu, "FedMAX", ECML-PKDD 2020, arXiv 2004.03657; code weichennone/FedMAX @91fa2a8.
    The paper's direction: that code has KL(uniform || softmax), and a mean over batch and channels, hence beta 1000
    there and 0.1 to 2 here. With one class the benefit is doubtful, for it evens out the only features of a car.
    """

    def __init__(self, student: DetectionModel, teacher: Sequence[int]) -> None:
        super().__init__()
        # In a tuple they are no submodules: the student's weights are not this term's.
        self.tapped = tuple(branch[-2] for branch in student.model[-1].cv3)
        self.activations: dict[int, torch.Tensor] = {}
        for level, layer in enumerate(self.tapped):
            handle = layer.register_forward_hook(_tap(weakref.ref(self), level))
            weakref.finalize(self, handle.remove)

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar; 0 where nothing is taught. To be called once after each pass of the student."""
        maps = [self.activations.pop(level) for level in range(len(self.tapped))]
        sizes = [level.shape[2] * level.shape[3] for level in maps]
        regularity = output.logits.sum() * 0
        for level, foreground in zip(maps, torch.split(assignment.foreground, sizes, 1), strict=True):
            weights = foreground[foreground.any(1)].to(output.logits)
            if not len(weights):
                continue
            anchors = level.to(output.logits).flatten(2)[foreground.any(1)]
            pooled = torch.einsum("bca,ba->bc", anchors, weights) / weights.sum(1, keepdim=True)
            shares = pooled.log_softmax(-1)
            entropy = -(shares.exp() * shares).sum(-1)
            regularity = regularity + (math.log(pooled.shape[1]) - entropy).mean()
        return regularity


def _tap(term: weakref.ref[FedMax], level: int) -> Callable[[nn.Module, object, torch.Tensor], None]:
    """A hook that hands over what the layer said.

    It is a function that knows the term weakly: a deep copy of the student shares it without copying the term or a
    graph, and since the copy's layers are not the term's, what the copy says is not taken for the student's.
    """

    def hand_over(layer: nn.Module, _: object, said: torch.Tensor) -> None:
        owner = term()
        if owner is not None and owner.tapped[level] is layer:
            owner.activations[level] = said

    return hand_over
