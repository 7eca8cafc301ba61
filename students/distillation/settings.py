"""Everything that can be set about a distillation, in one small frozen object."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lotwise.students.losses.weights import LossWeights


class DistillSettings(BaseModel):
    """How a student learns.

    A frame's soft detections are taught from ``positive_threshold`` up. Between ``ignore_threshold`` and
    ``positive_threshold`` the teacher is unsure: those boxes are taught neither as vehicles nor as background.
    Below ``ignore_threshold`` is background.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Annotated[int, Field(ge=64, le=2048, multiple_of=32, description="longer side of the input, px")] = 640
    epochs: Annotated[int, Field(ge=1, description="rounds over the camera's frames")] = 20
    min_steps: Annotated[int, Field(ge=1, description="epochs are added until this many steps are made")] = 100
    max_steps: Annotated[int, Field(ge=1, description="epochs are left out beyond this many steps")] = 2000
    batch: Annotated[int, Field(ge=1, description="samples a step")] = 2
    learning_rate: Annotated[float, Field(gt=0, description="of AdamW, at its highest")] = 5e-4
    weight_decay: Annotated[float, Field(ge=0, description="of AdamW; norms and biases have none")] = 5e-4
    warmup: Annotated[float, Field(ge=0, lt=1, description="share of all steps in which the rate rises")] = 0.1
    ema: Annotated[float, Field(gt=0, lt=1, description="decay of the averaged weights")] = 0.98
    positive_threshold: Annotated[
        float, Field(gt=0, lt=1, description="teacher boxes of at least this score are taught as vehicles")
    ] = 0.1
    ignore_threshold: Annotated[
        float,
        Field(
            gt=0,
            lt=1,
            description="teacher boxes between this score and positive_threshold are taught neither as vehicle nor "
            "as background",
        ),
    ] = 0.03
    score_exponent: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="exponent that makes the taught score of a box from the teacher's: score ** score_exponent; "
            "0 teaches hard labels",
        ),
    ] = 0.5
    geometry: Annotated[float, Field(ge=0, le=1, description="share of samples that are shifted and scaled")] = 0.5
    composites: Annotated[float, Field(ge=0, le=1, description="share of samples with places of other frames")] = 0.0
    weights: LossWeights = LossWeights()
    consensus: Annotated[bool, Field(description="a camera's other frames correct what is taught of each")] = True
    rounds: Annotated[int, Field(ge=1, le=2, description="2: the student's own word refines what is taught")] = 1
    width: Annotated[float, Field(gt=0, le=4, description="of latent and representation, in teacher's channels")] = 1.0
    seed: Annotated[int, Field(ge=0, description="the same seed gives the same student")] = 0

    @model_validator(mode="after")
    def _doubt_below_teach(self) -> DistillSettings:
        if self.ignore_threshold > self.positive_threshold:
            raise ValueError(
                f"ignore_threshold ({self.ignore_threshold}) must not be above "
                f"positive_threshold ({self.positive_threshold})"
            )
        return self
