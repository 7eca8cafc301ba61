"""Settings of change detection: which frames of an unchanged view are not detected again."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class ChangeDetectionSettings(BaseModel):
    """When an unchanged view is not detected again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: Annotated[
        bool, Field(description="Whether unchanged views are left out; if not, the detector runs on every frame.")
    ] = True
    heartbeat_s: Annotated[
        float,
        Field(gt=0, le=86400, description="Seconds after which the detector runs on an unchanged view all the same."),
    ] = 60.0
    threshold: Annotated[
        float,
        Field(
            gt=0,
            le=4,
            description="Change somewhere in a slot, in units of the contrast around it, above which the "
            "detector runs.",
        ),
    ] = 0.6
