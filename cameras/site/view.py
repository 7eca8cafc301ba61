"""Settings of view health: what a camera's own view may do before its slots are no longer told."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class ViewSettings(BaseModel):
    """How one camera's view is watched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: Annotated[bool, Field(description="off: every frame is believed, nothing is compensated")] = True
    frozen_s: Annotated[
        float, Field(gt=0, le=86400, description="seconds of one and the same picture after which it is frozen")
    ] = 120.0
    blocked_share: Annotated[
        float, Field(ge=0.1, le=1, description="share of the view that may be hidden before it is blocked")
    ] = 0.25
    blurred_share: Annotated[
        float, Field(gt=0, lt=1, description="share of its usual sharpness below which a view is blurred")
    ] = 0.45
    max_shift: Annotated[
        float,
        Field(ge=0, le=0.08, description="shift, in shares of width or height, that is compensated; beyond: moved"),
    ] = 0.05
    max_warp: Annotated[
        float,
        Field(gt=0, le=0.1, description="how far rotation or zoom may move a corner of the view, in shares of width"),
    ] = 0.02
    recover_frames: Annotated[
        int, Field(ge=1, le=100, description="good frames after which a view that was bad for long is believed again")
    ] = 2
    register_every: Annotated[
        int, Field(ge=1, le=1000, description="frames after which an unchanged view is registered again")
    ] = 20
