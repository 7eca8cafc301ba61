"""What a smaller student loses against the full-size one."""

from __future__ import annotations

from dataclasses import dataclass

STRICT_WEIGHT = 1.5
"""A loose box costs less than a lost one. Chosen: with 0.02 allowed, strict agreement may fall by 0.03, the loss of
mAP50-95 that balanced stands for."""
SMALL_WEIGHT = 3.0
"""The small ones are a quarter of all: of them it takes more until a hundredth of all is lost. Chosen."""

SLOTS_WEIGHT = 0.25
"""A slot counts for four boxes: with 0.02 allowed, 0.5 points of the slots may be lost."""


@dataclass(frozen=True)
class Losses:
    """What a student loses against the full-size one; 0 for nothing, below 0 where it is better.

    Attributes:
        f1: of the agreement with the consensus, expected F1 at IoU 0.5.
        strict: of the mean of the same over IoU 0.5 to 0.95.
        small: of the smallest vehicles, as a share of them, beyond what may be chance.
        slots: of slots that are as the consensus has them, as a share, beyond what may be chance; None without slots.
        changed: share of slots that it reads otherwise than the full-size one; None where there are no slots. Told, but
            no reason: where the two differ, either may be right.
        boxes: one minus the F1 of both one's boxes; told likewise.
    """

    f1: float
    strict: float
    small: float
    slots: float | None
    changed: float | None
    boxes: float

    @property
    def worst(self) -> float:
        """The largest of the losses that count."""
        return max(self.f1, self.strict / STRICT_WEIGHT, self.small / SMALL_WEIGHT, (self.slots or 0.0) / SLOTS_WEIGHT)

    @property
    def most(self) -> str:
        """What the largest of them is of, for people."""
        weighed = {
            "agreement with the consensus": self.f1,
            "tightness of the boxes": self.strict / STRICT_WEIGHT,
            "small vehicles": self.small / SMALL_WEIGHT,
            "slot states": (self.slots or 0.0) / SLOTS_WEIGHT,
        }
        return max(weighed, key=lambda name: weighed[name])
