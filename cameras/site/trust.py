"""Settings of trust: how often a camera is sampled, when its accuracy counts as bad, and what is kept of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator


class TrustSettings(BaseModel):
    """How a node watches, without any truth, how well its cameras are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: Annotated[bool, Field(description="Whether frames are sampled and judged.")] = True
    every_s: Annotated[
        float,
        Field(
            ge=1,
            le=86400,
            description="Seconds between two sampled frames of a camera; each costs two runs of its model.",
        ),
    ] = 1200.0
    min_frames: Annotated[int, Field(ge=1, description="Sampled frames of a day under which nothing is told.")] = 3
    good: Annotated[
        float, Field(gt=0, lt=1, description="Estimated accuracy of the slots from which a camera is good.")
    ] = 0.95
    bad: Annotated[
        float, Field(gt=0, lt=1, description="Estimated accuracy of the slots under which it wants retraining.")
    ] = 0.90
    keep_days: Annotated[int, Field(ge=1, le=3660, description="Days for which samples are kept.")] = 90
    new_frames_mb: Annotated[
        float,
        Field(
            ge=0,
            description="Megabytes on disk, for each camera, of frames that are new to it, kept to learn from; 0 keeps "
            "none. Privacy masks are painted on them.",
        ),
    ] = 100.0

    @model_validator(mode="after")
    def _bad_is_under_good(self) -> TrustSettings:
        if self.bad >= self.good:
            raise ValueError(f"bad: {self.bad:g} is not under good: {self.good:g}; lower it")
        return self
