"""Every loss term by the name of its setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.students.losses.terms.bckd import Bckd
from lotwise.students.losses.terms.box import Box
from lotwise.students.losses.terms.crd import Crd
from lotwise.students.losses.terms.cwd import Cwd
from lotwise.students.losses.terms.distribution import Distribution
from lotwise.students.losses.terms.fedmax import FedMax
from lotwise.students.losses.terms.hinton import Hinton
from lotwise.students.losses.terms.hinton_mse import HintonMse
from lotwise.students.losses.terms.iou import Iou
from lotwise.students.losses.terms.latent import LatentMatching
from lotwise.students.losses.terms.ld import Ld
from lotwise.students.losses.terms.lpd import Lpd
from lotwise.students.losses.terms.mgd import Mgd
from lotwise.students.losses.terms.pkd import Pkd
from lotwise.students.losses.terms.representation import Representation
from lotwise.students.losses.terms.score import Score
from lotwise.students.losses.terms.score_l2 import ScoreL2
from lotwise.students.losses.weights import LossWeights

TERMS: Mapping[str, Callable[[DetectionModel, Sequence[int]], nn.Module]] = {
    "score": Score,
    "box": Box,
    "distribution": Distribution,
    "latent": LatentMatching,
    "bckd": Bckd,
    "iou": Iou,
    "ld": Ld,
    "hinton": Hinton,
    "hinton_mse": HintonMse,
    "fedmax": FedMax,
    "representation": Representation,
    "cwd": Cwd,
    "pkd": Pkd,
    "mgd": Mgd,
    "score_l2": ScoreL2,
    "crd": Crd,
    "lpd": Lpd,
}

WITH_WIDTH = {"latent": LatentMatching, "representation": Representation}
"""Terms whose representation may be narrower or wider than the teacher's neck."""
FROM_BOXES = ("score", "box", "distribution", "fedmax")
"""Terms that learn from the teacher's boxes alone; the others need its latents or its output at every anchor."""


def make_terms(
    student: DetectionModel, teacher: Sequence[int], weights: LossWeights, width: float = 1.0
) -> nn.ModuleDict:
    """The terms whose weight is above 0.

    Args:
        student: the detector that is taught; not part of what is returned.
        teacher: channels of the teacher's latents, finest level first; empty where the samples carry neither latents
            nor dense outputs.
        weights: of all terms. ``latent``, on by default, is left out where there is nothing to match.
        width: of the representation in ``WITH_WIDTH`` terms, as a share of the teacher's channels.

    Raises:
        InputError: a term that was switched on cannot work with these samples or this student.
    """
    wanted = [name for name in TERMS if getattr(weights, name)]
    if not teacher:
        wanted = [name for name in wanted if name != "latent"]
        for name in wanted:
            if name not in FROM_BOXES:
                raise InputError(
                    f"settings: weights.{name} needs what the teacher says at the student's input size, and nothing "
                    f"is stored of that; label with the student's size, or set weights.{name} to 0"
                )
    if not wanted:
        raise InputError("settings: no loss term is left; set one of the weights above 0")
    wide = {name: partial(term, width=width) for name, term in WITH_WIDTH.items()}
    makers: dict[str, Callable[[DetectionModel, Sequence[int]], nn.Module]] = {**TERMS, **wide}
    return nn.ModuleDict({name: makers[name](student, teacher) for name in wanted})


def from_boxes(weights: LossWeights) -> LossWeights:
    """Only the terms that need nothing but boxes: of another input the teacher's latents and outputs are not stored."""
    left = {name: value for name, value in weights.model_dump().items() if name in FROM_BOXES and value}
    return LossWeights(**{name: 0.0 for name in LossWeights.model_fields} | left) if left else LossWeights()
