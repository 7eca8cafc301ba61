"""How a bundle is to be run, and what is exported beside its float model."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lotwise.cameras.detection.model_comparison import MIN_AGREEMENT, MIN_SLOT_AGREEMENT


class ExportSettings(BaseModel):
    """How a bundle is to be run, what is exported beside its float model, and what that must reach to be deployed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tune: Annotated[
        bool,
        Field(
            description="Whether scores are calibrated and each camera's threshold is chosen on frames not learned "
            "from; else boxes are reported from the raw score of 0.25 up."
        ),
    ] = True
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
    ] = MIN_AGREEMENT
    slot_agreement: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="Least share of slots that both models read alike for the INT8 model to be kept.",
        ),
    ] = MIN_SLOT_AGREEMENT
    trust: Annotated[
        bool,
        Field(
            description="Whether a bundle is tried under fog, night, rain and snow done to frames not learned from, so "
            "that lotwise trust and the node can tell how well it reads its slots on days it has not seen."
        ),
    ] = True
    samples: Annotated[int, Field(ge=1, le=300, description="Pictures that the INT8 model is calibrated on.")] = 24
