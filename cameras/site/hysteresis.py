"""Settings of a camera's slot memory: when a change is told, what a loss forgets, and what a hidden slot is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class StateSettings(BaseModel):
    """From readings per frame to told slot states."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confirm_frames: Annotated[
        int, Field(ge=1, le=100, description="A change is told once it was read on this many frames in a row,")
    ] = 3
    confirm_s: Annotated[
        float, Field(ge=0, le=3600, description="the first and the last of them at least this many seconds apart.")
    ] = 3.0
    leave: Annotated[
        float,
        Field(ge=0, le=1, description="An occupied slot reads as free only where a car is less likely than this."),
    ] = 0.1
    slow_s: Annotated[
        float,
        Field(gt=0, le=86400, description="Where frames come this many seconds apart or more, one reading is enough."),
    ] = 60.0
    bridge_s: Annotated[
        float,
        Field(
            ge=0,
            le=86400,
            description="After a loss or restart of at most this many seconds a slot that reads as "
            "before is what it was, since then.",
        ),
    ] = 900.0
    hidden: Annotated[
        Literal["keep", "unknown"],
        Field(description="A slot hidden behind a nearer vehicle keeps its state, or becomes unknown."),
    ] = "keep"
    hidden_share: Annotated[
        float, Field(gt=0, le=1, description="A slot is hidden from this covered share of a car's box there on.")
    ] = 0.7
