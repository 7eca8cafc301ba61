"""Where a parked car's box lies on each slot of a camera, as it was learned and is stored in the camera's bundle."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from lotwise.cameras.slots.likelihood import ExpectedBoxes


class ExpectedBox(BaseModel):
    """The box that a parked car is expected to have at one place of this view.

    Attributes:
        slot: id of the slot; None where cars park outside of all slots.
        box: x1, y1, x2, y2 of the expected box, normalised to frame width and height; may reach beyond 0..1.
        size: root of width times height of a car's box there, as a share of the frame width.
        shift, stretch: doubt about the middle and about width and height of the box, in car sizes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slot: str | None
    box: tuple[float, float, float, float]
    size: Annotated[float, Field(gt=0)]
    shift: Annotated[float, Field(ge=0)] = 0.0
    stretch: Annotated[float, Field(ge=0)] = 0.0


class SlotModel(BaseModel):
    """What was learned without labels of where cars stand in one camera's view; plain JSON.

    Slots that it does not hold are read by the half-covered rule.

    Attributes:
        places: one for each slot that it knows, and those where cars park outside of all slots.
        frames: number of frames it was learned from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    places: tuple[ExpectedBox, ...] = ()
    frames: Annotated[int, Field(ge=0)] = 0

    def in_pixels(self, size: tuple[int, int]) -> ExpectedBoxes:
        """The places in a frame of (width, height) pixels."""
        width, height = size
        whole = self._normalised
        return ExpectedBoxes(
            whole.boxes * [width, height, width, height], whole.sizes * width, whole.shift, whole.stretch
        )

    @cached_property
    def _normalised(self) -> ExpectedBoxes:
        """In a frame of one by one."""
        return ExpectedBoxes(
            np.array([place.box for place in self.places], np.float64).reshape(-1, 4),
            np.array([place.size for place in self.places]),
            np.array([place.shift for place in self.places]),
            np.array([place.stretch for place in self.places]),
        )
