"""Settings of change detection: which frames of an unchanged view are not detected again."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class GateSettings(BaseModel):
    """When an unchanged view is not detected again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: Annotated[bool, Field(description="off: every frame is detected")] = True
    heartbeat_s: Annotated[
        float, Field(gt=0, le=86400, description="seconds after which an unchanged view is detected all the same")
    ] = 60.0
    threshold: Annotated[
        float,
        Field(gt=0, le=4, description="change somewhere in a slot, in units of local contrast, that is detected"),
    ] = 0.6
