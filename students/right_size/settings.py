"""How small a camera's student may become, and by what that is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Budget = Literal["full", "accuracy", "balanced", "speed"]
"""What a camera may spend: full keeps the full size, the others take the cheapest rung that loses no more than this."""
TOLERANCES: Mapping[Budget, float] = {"full": 0.0, "accuracy": 0.005, "balanced": 0.02, "speed": 0.05}
"""Largest loss of each budget: of what the full-size student finds, one box in 200, 50 or 20."""
Side = Annotated[int, Field(ge=64, le=2048, multiple_of=32)]


class RightSizeSettings(BaseModel):
    """Which smaller students are tried, and which of them is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    budget: Annotated[
        Budget,
        Field(
            description="Which student a camera gets: full, that of the full size; accuracy, balanced or speed, the "
            "cheapest one that loses next to nothing, little, or somewhat more against it."
        ),
    ] = "full"
    tolerance: Annotated[
        float | None,
        Field(
            ge=0,
            le=1,
            description="Largest loss against the full-size student: 0.005, 0.02 and 0.05 for accuracy, balanced and "
            "speed where null.",
        ),
    ] = None
    fps: Annotated[
        float | None,
        Field(
            gt=0,
            description="Frames a second of each camera that this machine must keep up with; the best student that "
            "does is taken. Null: the budget decides.",
        ),
    ] = None
    cameras: Annotated[
        int | None, Field(ge=1, description="Cameras that share the machine; those of the run where null.")
    ] = None
    sizes: Annotated[
        tuple[Side, ...], Field(min_length=1, description="Longer sides of the input that are tried, px.")
    ] = (512, 416, 320, 256)
    crop: Annotated[
        bool, Field(description="Whether students may look only at the part of the view where slots and cars are.")
    ] = True
    levels: Annotated[
        bool, Field(description="Whether levels of the head on which the camera never sees a car are tried without.")
    ] = True
    thin: Annotated[
        float | None,
        Field(
            gt=0,
            lt=1,
            description="Share of its inner channels with which the cheapest student that holds is tried once more; "
            "not tried where null.",
        ),
    ] = 0.5
    cost: Annotated[
        float,
        Field(
            ge=0,
            description="Most training of all smaller students together, as a multiple of the full-size student's.",
        ),
    ] = 1.5

    @property
    def asked(self) -> bool:
        """Whether smaller students are tried at all."""
        return self.budget != "full" or self.fps is not None

    @property
    def allowed(self) -> float:
        """The largest loss that is allowed."""
        return TOLERANCES[self.budget] if self.tolerance is None else self.tolerance

    @model_validator(mode="after")
    def _one_way(self) -> RightSizeSettings:
        if self.fps is not None and self.budget != "full":
            raise ValueError("fps and budget are two ways to choose; give one of them")
        if self.cameras is not None and self.fps is None:
            raise ValueError("cameras is for fps; give that too")
        return self
