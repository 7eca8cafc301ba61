"""What can be run on pictures, whatever it was loaded from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lotwise.cameras.slots.picture import SlotPicture
from lotwise.datasets.frame import Crop, Detections, Image, Slot


class Model(Protocol):
    """Anything that finds vehicles on frames: a bundle, an ONNX file, or a PyTorch model."""

    @property
    def confidence(self) -> float:
        """The deployed threshold."""
        ...

    @property
    def slot_confidence(self) -> float:
        """Score from which a box makes a slot occupied."""
        ...

    @property
    def identity(self) -> str:
        """Changes with whatever changes the detections."""
        ...

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Slots that the model carries, if any."""
        ...

    @property
    def picture(self) -> SlotPicture:
        """What is known of where cars park in its camera's view, for these and other slots."""
        ...

    @property
    def crop(self) -> Crop | None:
        """The part of the frame that the model looks at; all of it where None."""
        ...

    def __call__(self, frames: Sequence[Image], confidence: float | None = None) -> list[Detections]: ...
