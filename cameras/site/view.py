"""Settings of view health: what a camera's own view may do before its slots become unknown."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class ViewSettings(BaseModel):
    """What a camera's view may do before its slots become unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: Annotated[
        bool,
        Field(description="Whether views are checked; if not, every frame is believed and no shift is compensated."),
    ] = True
    frozen_s: Annotated[
        float,
        Field(gt=0, le=86400, description="Seconds of one and the same picture after which the view counts as frozen."),
    ] = 120.0
    blocked_share: Annotated[
        float,
        Field(
            ge=0.1, le=1, description="Share of the view that something must hide before the view counts as blocked."
        ),
    ] = 0.25
    blurred_share: Annotated[
        float, Field(gt=0, lt=1, description="Share of its usual sharpness below which a view counts as blurred.")
    ] = 0.45
    max_shift: Annotated[
        float,
        Field(
            ge=0,
            le=0.08,
            description="Largest shift of the view, in shares of its width or height, that is compensated; "
            "beyond it the view counts as moved.",
        ),
    ] = 0.05
    max_warp: Annotated[
        float,
        Field(
            gt=0,
            le=0.1,
            description="How far rotation or zoom may carry a corner of the view, in shares of its width, before "
            "the view counts as moved.",
        ),
    ] = 0.02
    recover_frames: Annotated[
        int,
        Field(
            ge=1, le=100, description="Good frames in a row after which a view that was bad for long is believed again."
        ),
    ] = 2
    register_every: Annotated[
        int, Field(ge=1, le=1000, description="Frames after which the position of an unchanged view is measured again.")
    ] = 20
