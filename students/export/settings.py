"""What is exported beside the float model."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class ExportSettings(BaseModel):
    """What is exported beside the float model, and what it must reach to be deployed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    int8: Annotated[bool, Field(description="Whether an INT8 model for OpenVINO is exported beside the float one.")] = (
        True
    )
    agreement: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="Least F1 of the INT8 model's boxes against the float model's for the INT8 model to be kept.",
        ),
    ] = 0.98
    slot_agreement: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="Least share of slots that both models read alike for the INT8 model to be kept.",
        ),
    ] = 0.98
    samples: Annotated[int, Field(ge=1, le=300, description="Pictures that the INT8 model is calibrated on.")] = 24
