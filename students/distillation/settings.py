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

    size: Annotated[
        int, Field(ge=64, le=2048, multiple_of=32, description="longer side of the student's input, px")
    ] = 640
    epochs: Annotated[int, Field(ge=1, description="how often training goes through all frames of a camera")] = 20
    min_steps: Annotated[
        int, Field(ge=1, description="least training steps; epochs are added for a camera of few frames")
    ] = 100
    max_steps: Annotated[
        int, Field(ge=1, description="most training steps; epochs are left out for a camera of many frames")
    ] = 2000
    batch: Annotated[int, Field(ge=1, description="frames that are learned from in one training step")] = 2
    learning_rate: Annotated[float, Field(gt=0, description="highest learning rate of the AdamW optimiser")] = 5e-4
    weight_decay: Annotated[
        float, Field(ge=0, description="weight decay of the AdamW optimiser; norms and biases have none")
    ] = 5e-4
    warmup: Annotated[
        float, Field(ge=0, lt=1, description="share of all steps, at the start, in which the learning rate rises")
    ] = 0.1
    ema: Annotated[
        float,
        Field(
            gt=0,
            lt=1,
            description="decay of the exponential moving average of the weights, which is the student that is kept",
        ),
    ] = 0.98
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
    geometry: Annotated[
        float, Field(ge=0, le=1, description="share of samples that are mirrored, shifted and zoomed")
    ] = 0.5
    composites: Annotated[
        float,
        Field(ge=0, le=1, description="share of samples in which some places show what stood there in another frame"),
    ] = 0.0
    weights: LossWeights = LossWeights()
    consensus: Annotated[
        bool, Field(description="whether the teacher's boxes of a frame are corrected by the camera's other frames")
    ] = True
    rounds: Annotated[
        int,
        Field(
            ge=1,
            le=2,
            description="rounds of training; in a second one the student's own boxes, beside the teacher's, are taught",
        ),
    ] = 1
    width: Annotated[
        float,
        Field(
            gt=0,
            le=4,
            description="channels of the layer in which the loss terms latent and representation compare student and "
            "teacher, as a multiple of the teacher's",
        ),
    ] = 1.0
    seed: Annotated[int, Field(ge=0, description="seed of all randomness; the same seed gives the same student")] = 0

    @model_validator(mode="after")
    def _ignored_below_positive(self) -> DistillSettings:
        if self.ignore_threshold > self.positive_threshold:
            raise ValueError(
                f"ignore_threshold ({self.ignore_threshold}) must not be above "
                f"positive_threshold ({self.positive_threshold})"
            )
        return self
