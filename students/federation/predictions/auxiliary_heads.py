"""Further Detect branches on a student's neck, which learn from others and are thrown away at the end."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.frame import Image
from lotwise.students.federation.listening import Said, norms_kept, said_by_head
from lotwise.students.federation.method import Arrays, load_arrays, module_arrays
from lotwise.teacher.tensor import image_tensor


class AuxiliaryHeads(nn.Module):
    """Copies of a student's one-to-many box and class branches; they are no part of the student.

    Attributes:
        heads: of each copy, its box and its class branches, one a level.
    """

    def __init__(self, student: DetectionModel, count: int) -> None:
        super().__init__()
        head = student.model[-1]
        pairs = (nn.ModuleList([copy.deepcopy(head.cv2), copy.deepcopy(head.cv3)]) for _ in range(count))
        # Their norms keep the statistics of the camera's own frames, as the student's do on reference pictures.
        self.heads = nn.ModuleList(pairs).eval()

    def say(self, student: DetectionModel, pictures: Sequence[Image]) -> list[Said]:
        """What the student's own head says, then each copy; gradients reach the neck through all of them."""
        head: Any = student.model[-1]
        device = next(student.parameters()).device
        with norms_kept(student):
            raw = student(image_tensor(pictures, device))
        raw = raw.get("one2many", raw)
        copies = [head.forward_head(list(raw["feats"]), *pair) for pair in self._pairs()]
        return [said_by_head(head, one) for one in (raw, *copies)]

    def arrays(self) -> dict[str, Arrays]:
        """Weights by group, ``auxiliary 1`` and on."""
        return {f"auxiliary {number}": module_arrays(pair) for number, pair in enumerate(self._pairs(), 1)}

    def load(self, groups: dict[str, Arrays]) -> None:
        """Go on with such weights.

        Raises:
            InputError: they are of another student.
        """
        for number, pair in enumerate(self._pairs(), 1):
            load_arrays(pair, groups[f"auxiliary {number}"])

    def _pairs(self) -> list[Any]:
        return list(self.heads)


def in_place_of_head(weights: Arrays, copy_of_head: Arrays) -> dict[str, Any]:
    """A student's weights with those of an auxiliary head where its own head's one-to-many branches were."""
    last = max(int(name.split(".")[1]) for name in weights if name.startswith("model."))
    names = {"0": "cv2", "1": "cv3"}
    moved = {
        f"model.{last}.{names[branch]}.{rest}": array
        for branch, _, rest, array in ((*name.partition("."), array) for name, array in copy_of_head.items())
    }
    return {**weights, **moved}
