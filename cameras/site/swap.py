"""Settings of a swap: how a new bundle is compared with the live one before and after it takes its place."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class SwapSettings(BaseModel):
    """How a new bundle is compared with the live one before it takes its place, and for a while after.

    The old bundle is no truth: a student that was trained anew should differ from one that had grown bad. So what
    is refused is a bundle that is blind, sees vehicles where none are or was made for another view, and not the mere
    change for the better: from untouched nano to student, the nine cameras of CNR-EXT changed by an agreement of 0.71
    to 0.95, up to 1.6 times the vehicles and 17 % of the slot readings.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    auto: Annotated[
        bool,
        Field(
            description="Whether the node swaps bundles and rolls them back by itself; otherwise it only reports "
            "its verdict, and a person acts on it."
        ),
    ] = True
    shadow_share: Annotated[
        float,
        Field(gt=0, le=1, description="Share of the detected frames on which a new bundle runs beside the live one."),
    ] = 0.25
    shadow_frames: Annotated[
        int, Field(ge=1, description="Frames that both bundles must have detected before the new one may go live.")
    ] = 20
    shadow_s: Annotated[
        float,
        Field(ge=0, description="Seconds that must lie between the first and the last frame that both detected."),
    ] = 300.0
    shadow_hours: Annotated[
        float,
        Field(
            gt=0,
            description="Hours after which a new bundle is refused if too few frames or vehicles could be compared.",
        ),
    ] = 24.0
    probation_share: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="Share of the detected frames on which the old bundle runs beside the new one just after "
            "a swap.",
        ),
    ] = 0.5
    probation_frames: Annotated[
        int,
        Field(ge=1, description="Frames that both bundles must have detected after a swap before the new one stays."),
    ] = 5
    probation_s: Annotated[
        float, Field(ge=0, description="Seconds after a swap in which the old bundle may come back by itself.")
    ] = 300.0
    min_vehicles: Annotated[
        int,
        Field(
            ge=0,
            description="Vehicles that must have been seen before the detections of the two are compared; an "
            "empty lot proves nothing.",
        ),
    ] = 20
    min_agreement: Annotated[
        float,
        Field(ge=0, le=1, description="Smallest F1 of the new bundle's vehicles against the old one's, at IoU 0.5."),
    ] = 0.6
    max_slot_difference: Annotated[
        float, Field(ge=0, le=1, description="Largest share of slot readings in which the two bundles may differ.")
    ] = 0.25
    max_count_ratio: Annotated[
        float,
        Field(gt=1, description="Largest ratio between the numbers of vehicles that the two see, whichever sees more."),
    ] = 2.0
    max_slowdown: Annotated[
        float,
        Field(
            gt=1,
            description="Ratio of the new bundle's time for a frame to the old one's above which the new one is "
            "refused, if it also takes more than max_period_share of the camera's period.",
        ),
    ] = 2.0
    max_period_share: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="Share of the camera's period that a bundle may take for a frame, however fast the old "
            "one was.",
        ),
    ] = 0.1
