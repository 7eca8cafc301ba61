"""Everything that can be set about a distillation, in one small frozen object."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lotwise.students.losses.weights import LossWeights


class DistillSettings(BaseModel):
    """How a student learns.

    A frame's soft detections are taught from ``teach`` up. Between ``doubt`` and ``teach`` the teacher is
    unsure: those boxes are neither taught as vehicles nor as background. Below ``doubt`` is background.
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
    teach: Annotated[float, Field(gt=0, lt=1, description="boxes of this score and more are taught")] = 0.1
    doubt: Annotated[float, Field(gt=0, lt=1, description="boxes from here to teach are left open")] = 0.03
    sharpen: Annotated[float, Field(ge=0, le=1, description="target score = teacher score ** sharpen")] = 0.5
    geometry: Annotated[float, Field(ge=0, le=1, description="share of samples that are shifted and scaled")] = 0.5
    composites: Annotated[float, Field(ge=0, le=1, description="share of samples with places of other frames")] = 0.0
    weights: LossWeights = LossWeights()
    consensus: Annotated[bool, Field(description="a camera's other frames correct what is taught of each")] = True
    rounds: Annotated[int, Field(ge=1, le=2, description="2: the student's own word refines what is taught")] = 1
    width: Annotated[float, Field(gt=0, le=4, description="of latent and representation, in teacher's channels")] = 1.0
    seed: Annotated[int, Field(ge=0, description="the same seed gives the same student")] = 0

    @model_validator(mode="after")
    def _doubt_below_teach(self) -> DistillSettings:
        if self.doubt > self.teach:
            raise ValueError(f"doubt ({self.doubt}) must not be above teach ({self.teach})")
        return self
