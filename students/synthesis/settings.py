"""What leaves the camera instead of frames, and how dreams are made of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

BackgroundLevel = Literal["none", "channels", "picture"]
"""What metadata tell of a view beside its vehicles; each level holds the one before."""

Weight = Annotated[float, Field(ge=0)]


class MetadataSettings(BaseModel):
    """What of a camera's frames goes into the metadata that may leave it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    background: Annotated[
        BackgroundLevel,
        Field(
            description="What is told of the ground: none, nothing; channels, mean and deviation of each channel of "
            "the teacher's layers; picture, also a small blurred median picture without vehicles."
        ),
    ] = "channels"
    clusters: Annotated[
        int, Field(ge=1, le=64, description="Most clusters of vehicles' features, of each level and size.")
    ] = 4
    components: Annotated[
        int, Field(ge=0, le=64, description="Principal components of each cluster that are told beside its middle.")
    ] = 4
    sizes: Annotated[int, Field(ge=1, le=8, description="Into how many sizes vehicles are divided.")] = 2
    least_vehicles: Annotated[
        int,
        Field(ge=2, description="Fewest vehicles of a cluster: no vehicle's own features leave the camera."),
    ] = 6
    least_frames: Annotated[
        int,
        Field(ge=2, description="Fewest frames in which a vehicle stood at a place for the place to be told."),
    ] = 2
    picture_px: Annotated[
        int,
        Field(ge=8, le=160, description="Longer side of the blurred picture; no number plate or face is left in it."),
    ] = 64


class DreamWeights(BaseModel):
    """How much each thing counts that a dream is made to fit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    boxes: Annotated[
        Weight, Field(description="Weight of the teacher's loss on the boxes that it shall see, and on all others.")
    ] = 1.0
    features: Annotated[
        Weight, Field(description="Weight of the distance between vehicles' features and those that were drawn.")
    ] = 1.0
    norms: Annotated[
        Weight, Field(description="Weight of the distance between mean and deviation of channels and those expected.")
    ] = 2.0
    variation: Annotated[
        Weight, Field(description="Weight of the total variation, the difference between neighbouring pixels.")
    ] = 10.0
    contrast: Annotated[
        Weight, Field(description="Weight of the squared distance from middling grey, where no picture is known.")
    ] = 0.1
    ground: Annotated[
        Weight, Field(description="Weight of the distance from the blurred picture beside vehicles, blurred alike.")
    ] = 100.0


class DreamStage(BaseModel):
    """One stage of the making of a dream."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scale: Annotated[float, Field(gt=0, le=1, description="Size of the picture, as a share of the full one.")]
    steps: Annotated[int, Field(ge=1, description="Steps of the optimiser.")]
    rate: Annotated[float, Field(gt=0, description="Learning rate at which it begins; it falls to a tenth.")]


class DreamSettings(BaseModel):
    """How dreams are made of metadata."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: Annotated[int, Field(ge=1, description="Dreams of a camera.")] = 24
    batch: Annotated[int, Field(ge=1, description="Dreams that are made at a time.")] = 4
    stages: Annotated[
        tuple[DreamStage, ...],
        Field(min_length=1, description="From small to full size; the last one's scale has to be 1."),
    ] = (DreamStage(scale=0.5, steps=60, rate=0.04), DreamStage(scale=1.0, steps=60, rate=0.015))
    weights: DreamWeights = DreamWeights()
    shift: Annotated[
        int, Field(ge=0, le=64, description="Most pixels by which a dream is moved before the teacher looks at it.")
    ] = 8
    seed: Annotated[int, Field(ge=0, description="Seed of what is drawn; the same seed gives the same dreams.")] = 0


class SynthesisSettings(BaseModel):
    """Everything about students that learn without frames."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metadata: MetadataSettings = MetadataSettings()
    dream: DreamSettings = DreamSettings()
