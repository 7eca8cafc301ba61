"""Settings of the hysteresis of slots: when a change is published, what a loss forgets, and what a hidden slot is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

HysteresisKind = Literal["consecutive"]
"""Names of what ``cameras/slots/hysteresis.py`` can make."""


class HysteresisSettings(BaseModel):
    """From readings of single frames to the slot states that are published."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Annotated[
        HysteresisKind,
        Field(
            description="How states are held steady: consecutive publishes a change once several readings in a row "
            "speak for it."
        ),
    ] = "consecutive"
    confirm_frames: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            description="Frames in a row that must read a slot's new state before the change is published.",
        ),
    ] = 3
    confirm_s: Annotated[
        float,
        Field(
            ge=0,
            le=3600,
            description="Seconds that must lie between the first and the last of the frames that confirm a change.",
        ),
    ] = 3.0
    free_below: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Score of a car on an occupied slot below which the slot reads as free; above it the "
            "slot stays occupied.",
        ),
    ] = 0.1
    slow_s: Annotated[
        float,
        Field(
            gt=0,
            le=86400,
            description="Seconds between two frames from which on a single reading is enough for a change to be "
            "published.",
        ),
    ] = 60.0
    bridge_s: Annotated[
        float,
        Field(
            ge=0,
            le=86400,
            description="Seconds of a loss of the view, or of a restart, after which a slot that reads as before "
            "still keeps the time since when it has been so.",
        ),
    ] = 900.0
    hidden: Annotated[
        Literal["keep", "unknown"],
        Field(description="Whether a slot that is hidden behind a nearer vehicle keeps its state or becomes unknown."),
    ] = "keep"
    hidden_share: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="Share of a parked car's box on a slot that a nearer vehicle must cover for the slot to "
            "be hidden.",
        ),
    ] = 0.7
