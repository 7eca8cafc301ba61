"""How much each loss term counts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Weight = Annotated[float, Field(ge=0)]


class LossWeights(BaseModel):
    """Weight of each loss term; 0 switches a term off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: Annotated[
        Weight, Field(description="Weight of the term that teaches the scores of vehicles (binary cross-entropy).")
    ] = 1.0
    box: Annotated[Weight, Field(description="Weight of the term that compares boxes by their IoU.")] = 7.5
    distribution: Annotated[
        Weight,
        Field(
            description="Weight of the term that compares boxes by the distribution of each distance over bins "
            "(DFL); by L1 for a student without bins."
        ),
    ] = 1.5
    latent: Annotated[
        Weight,
        Field(
            description="Weight of the term that matches the neck's feature maps with the teacher's through 1x1 "
            "layers (LKD)."
        ),
    ] = 1.0
    bckd: Annotated[
        Weight,
        Field(
            description="Weight of the term that teaches the teacher's probability at every anchor, background "
            "included."
        ),
    ] = 0.0
    iou: Annotated[
        Weight,
        Field(
            description="Weight of the term that compares each anchor's box by IoU with the teacher's box of the "
            "same anchor."
        ),
    ] = 0.0
    ld: Annotated[
        Weight,
        Field(
            description="Weight of the term that teaches the teacher's softened distributions of distances over bins."
        ),
    ] = 0.0
    hinton: Annotated[
        Weight,
        Field(description="Weight of the term that teaches the teacher's softened probabilities at every anchor."),
    ] = 0.0
    hinton_mse: Annotated[
        Weight,
        Field(
            description="Weight of the squared distance between the student's and the teacher's raw scores and boxes."
        ),
    ] = 0.0
    fedmax: Annotated[
        Weight,
        Field(
            description="Weight of the term that keeps the inputs of the last class layer spread evenly over its "
            "channels, so that students of different cameras stay alike."
        ),
    ] = 0.0
    representation: Annotated[
        Weight,
        Field(
            description="Weight of the term that matches a feature vector in front of the head, of the same size "
            "in student and teacher (LKD)."
        ),
    ] = 0.0
    cwd: Annotated[
        Weight,
        Field(description="Weight of the term that matches where in the picture each channel of the neck is active."),
    ] = 0.0
    pkd: Annotated[
        Weight, Field(description="Weight of the term that compares the neck's feature maps by their correlation.")
    ] = 0.0
    mgd: Annotated[
        Weight,
        Field(
            description="Weight of the term that has the teacher's feature maps rebuilt from the student's with "
            "parts masked out."
        ),
    ] = 0.0
    score_l2: Annotated[
        Weight,
        Field(
            description="Weight of the squared distance between the neck's feature maps, counted where the "
            "teacher sees vehicles."
        ),
    ] = 0.0
    crd: Annotated[
        Weight,
        Field(
            description="Weight of the term that makes each vehicle's features more like the teacher's of the "
            "same vehicle than of others."
        ),
    ] = 0.0
    lpd: Annotated[
        Weight,
        Field(
            description="Weight of the term that keeps distances between the features of neighbouring vehicles as "
            "in the teacher."
        ),
    ] = 0.0
