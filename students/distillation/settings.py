"""Everything that can be set about a distillation, in one small frozen object."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lotwise.students.losses.weights import LossWeights
from lotwise.teacher.consensus.settings import (
    DEFAULT_IGNORE_THRESHOLD,
    DEFAULT_POSITIVE_THRESHOLD,
    FurnitureTaught,
    UntoldTaught,
)


class DistillSettings(BaseModel):
    """How a student learns.

    A frame's soft detections are taught from ``positive_threshold`` up. Between ``ignore_threshold`` and
    ``positive_threshold`` the teacher is unsure: those boxes are taught neither as vehicles nor as background.
    Below ``ignore_threshold`` is background.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Annotated[
        int, Field(ge=64, le=2048, multiple_of=32, description="Longer side of the student's input, px.")
    ] = 640
    epochs: Annotated[int, Field(ge=1, description="How often training goes through all frames of a camera.")] = 20
    min_steps: Annotated[
        int,
        Field(ge=1, description="Fewest training steps; a camera of few frames gets more epochs until it has so many."),
    ] = 100
    max_steps: Annotated[
        int,
        Field(
            ge=1,
            description="Most training steps; a camera of many frames gets fewer epochs, so that it needs no more.",
        ),
    ] = 2000
    batch: Annotated[int, Field(ge=1, description="Frames that are learned from in one training step.")] = 2
    learning_rate: Annotated[float, Field(gt=0, description="Highest learning rate of the AdamW optimiser.")] = 5e-4
    weight_decay: Annotated[
        float,
        Field(ge=0, description="Weight decay of the AdamW optimiser; biases and normalisation layers have none."),
    ] = 5e-4
    warmup: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="Share of all steps, at the start, over which the learning rate rises to its highest.",
        ),
    ] = 0.1
    ema: Annotated[
        float,
        Field(
            gt=0,
            lt=1,
            description="Decay of the exponential moving average of the weights; the average is the student that "
            "is kept.",
        ),
    ] = 0.98
    positive_threshold: Annotated[
        float, Field(gt=0, lt=1, description="Lowest score of a teacher's box that is taught as a vehicle.")
    ] = DEFAULT_POSITIVE_THRESHOLD
    ignore_threshold: Annotated[
        float,
        Field(
            gt=0,
            lt=1,
            description="Teacher's boxes from this score up to positive_threshold are taught neither as vehicle "
            "nor as background.",
        ),
    ] = DEFAULT_IGNORE_THRESHOLD
    score_exponent: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="The student is taught the teacher's score of a box to the power of this; 0 teaches 1 for "
            "every box.",
        ),
    ] = 0.5
    geometry: Annotated[
        float, Field(ge=0, le=1, description="Share of samples that are mirrored, shifted and zoomed.")
    ] = 0.5
    composites: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Share of samples in which parts of the frame are replaced by what another frame of the "
            "camera shows there.",
        ),
    ] = 0.0
    weights: LossWeights = LossWeights()
    consensus: Annotated[
        bool, Field(description="Whether the teacher's boxes of a frame are corrected by the camera's other frames.")
    ] = True
    furniture: Annotated[
        FurnitureTaught,
        UntoldTaught,
        Field(
            description="What is taught of things that never come or go and of which the teacher is never sure: "
            "vehicle, as the teacher says; doubt, nothing at all; background, that no vehicle is there."
        ),
    ] = "background"
    untold: Annotated[
        UntoldTaught,
        Field(
            description="What is taught of things of which the frames cannot tell whether they ever come or go: "
            "kept, raised by no other frame; as said, nor lifted by score_exponent; raised, as cars that come and go."
        ),
    ] = "kept"
    rounds: Annotated[
        int,
        Field(
            ge=1,
            le=2,
            description="How many students are trained, one after the other; a second one also learns from the "
            "boxes of the first, and is kept unless it agrees less with the teacher.",
        ),
    ] = 1
    width: Annotated[
        float,
        Field(
            gt=0,
            le=4,
            description="Channels of the layer in which the loss terms latent and representation compare student "
            "and teacher, as a multiple of the teacher's channels.",
        ),
    ] = 1.0
    seed: Annotated[int, Field(ge=0, description="Seed of all randomness; the same seed gives the same student.")] = 0

    @model_validator(mode="after")
    def _ignored_below_positive(self) -> DistillSettings:
        if self.ignore_threshold > self.positive_threshold:
            raise ValueError(
                f"ignore_threshold ({self.ignore_threshold}) must not be above "
                f"positive_threshold ({self.positive_threshold})"
            )
        return self
