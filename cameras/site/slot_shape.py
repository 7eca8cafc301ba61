"""A slot as it is written in slot files and in the manifest of a bundle."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from lotwise.datasets.frame import Slot


class SlotShape(BaseModel):
    """A slot of the camera: id and polygon, normalised to 0..1 of frame width and height."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    polygon: tuple[tuple[float, float], ...]

    @staticmethod
    def of(slot: Slot) -> SlotShape:
        return SlotShape(id=slot.id, polygon=tuple((float(x), float(y)) for x, y in slot.polygon))

    def slot(self) -> Slot:
        return Slot(self.id, np.array(self.polygon, np.float32))
