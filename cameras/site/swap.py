"""Settings of a swap: how a new bundle is compared with the live one before and after it takes its place."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class SwapSettings(BaseModel):
    """How a new bundle is tried beside the live one, and watched once it is live.

    The old bundle is no truth: a student that was trained anew should differ from one that had grown bad. So what
    is refused is a bundle that is blind, sees ghosts or was made for another view, and not the mere change for the
    better: from untouched nano to student, the nine cameras of CNR-EXT changed by an agreement of 0.71 to 0.95, up
    to 1.6 times the vehicles and 17 % of the slot readings.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    auto: Annotated[
        bool, Field(description="swap and roll back by itself; otherwise verdicts are only reported, for a person")
    ] = True
    shadow_share: Annotated[float, Field(gt=0, le=1, description="share of detected frames that both look at")] = 0.25
    shadow_frames: Annotated[int, Field(ge=1, description="least frames before a shadow is decided")] = 20
    shadow_s: Annotated[float, Field(ge=0, description="least seconds from its first such frame to its last")] = 300.0
    shadow_hours: Annotated[
        float, Field(gt=0, description="most hours of a shadow; without enough frames and vehicles it is refused then")
    ] = 24.0
    watch_share: Annotated[float, Field(gt=0, le=1, description="the same share in the first minutes after")] = 0.5
    watch_frames: Annotated[int, Field(ge=1, description="least frames before those first minutes are decided")] = 5
    watch_s: Annotated[float, Field(ge=0, description="length of the first minutes after a swap, seconds")] = 300.0
    least_vehicles: Annotated[
        int,
        Field(ge=0, description="least vehicles seen before the two are held together: an empty lot proves nothing"),
    ] = 20
    agreement: Annotated[
        float, Field(ge=0, le=1, description="least F1 of the new one's vehicles against the old one's")
    ] = 0.6
    most_slots: Annotated[
        float, Field(ge=0, le=1, description="largest share of slot readings in which the two may differ")
    ] = 0.25
    most_count: Annotated[
        float, Field(gt=1, description="largest factor between how many vehicles the two see, either way")
    ] = 2.0
    max_slowdown: Annotated[float, Field(gt=1, description="largest factor of the old one's time a frame")] = 2.0
