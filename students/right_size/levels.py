"""A student without levels of its head on which its camera never sees a car."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.frame import Detections
from lotwise.teacher.checkpoint import PRUNED, build, fit_shapes

MAX_SHARE = 0.01
"""Share of a camera's boxes that a level may bring and still be tried without: one in a hundred. What it costs is then
measured. Chosen, not measured."""


def level_names(head: Any) -> list[str]:
    """Names of a head's levels, finest first: P3 has a stride of 8 pixels.

    >>> from types import SimpleNamespace
    >>> level_names(SimpleNamespace(stride=torch.tensor([8., 16., 32.])))
    ['P3', 'P4', 'P5']
    """
    return [f"P{round(float(np.log2(float(stride))))}" for stride in head.stride]


def unused_levels(
    head: Any, input_size: tuple[int, int], every: Sequence[Detections], kept: Sequence[Detections]
) -> list[str]:
    """Levels that bring next to none of a student's boxes; never all of them.

    Args:
        head: of the student.
        input_size: (width, height) of its input.
        every: of each frame the boxes of all anchors, in the head's order.
        kept: of each frame those that were reported, in the same pixels.
    """
    cells = [(input_size[1] // int(stride)) * (input_size[0] // int(stride)) for stride in head.stride]
    ends = np.cumsum(cells)
    counts = np.zeros(len(cells), int)
    for anchors, reported in zip(every, kept, strict=True):
        for box in reported.boxes:
            anchor = int(np.abs(anchors.boxes - box).sum(1).argmin())
            counts[int(np.searchsorted(ends, anchor, side="right"))] += 1
    if not counts.sum():
        return []
    return [name for name, count in zip(level_names(head), counts, strict=True) if count <= MAX_SHARE * counts.sum()]


def without_levels(student: DetectionModel, names: Sequence[str]) -> DetectionModel:
    """A copy of a student whose head lacks these levels, and whose neck lacks what only they needed.

    Args:
        student: of any architecture whose Detect head stands last.
        names: of levels, such as P5; others must be left.
    """
    head = student.model[-1]
    gone = [place for place, name in enumerate(level_names(head)) if name in names]
    left = [place for place in range(len(head.cv2)) if place not in gone]
    if not left:
        raise ValueError("a head needs a level; leave one")
    architecture = copy.deepcopy(dict(student.yaml))
    layers = [*architecture["backbone"], *architecture["head"]]
    origins, *rest = layers[-1]
    wanted = [origins[place] for place in left]
    # What stood before the head for the last levels alone is of no use any more.
    end = max(wanted) + 1
    backbone = len(architecture["backbone"])
    architecture["head"] = [*layers[backbone:end], [wanted, *rest]]
    architecture[PRUNED] = True
    made = build(architecture, student.names, Path(str(architecture.get("yaml_file", "student"))))
    tensors = _moved(student.state_dict(), len(layers) - 1, end, left)
    fit_shapes(made, tensors)
    made.load_state_dict(tensors)
    return made.eval()


def _moved(tensors: Mapping[str, torch.Tensor], head: int, to: int, left: Sequence[int]) -> dict[str, torch.Tensor]:
    """Tensors under their names in the smaller student."""
    found: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        layer = int(name.split(".")[1])
        if layer < to:
            found[name] = tensor
        elif layer == head:
            inner = name.split(".", 2)[2]
            branch = re.fullmatch(r"((?:one2one_)?cv[23])\.(\d+)\.(.*)", inner)
            if branch is None:
                found[f"model.{to}.{inner}"] = tensor
            elif int(branch[2]) in left:
                found[f"model.{to}.{branch[1]}.{left.index(int(branch[2]))}.{branch[3]}"] = tensor
    return found
