"""How much each loss term counts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Weight = Annotated[float, Field(ge=0)]


class LossWeights(BaseModel):
    """Weight of each loss term; 0 switches a term off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: Annotated[Weight, Field(description="weight of the vehicle scores, taught softly")] = 1.0
    box: Annotated[Weight, Field(description="weight of the boxes, compared by IoU")] = 7.5
    distribution: Annotated[
        Weight, Field(description="weight of the boxes, compared by their distribution over bins (DFL), or by L1")
    ] = 1.5
    latent: Annotated[
        Weight, Field(description="weight of the neck's maps, matched with the teacher's through 1x1 layers (LKD)")
    ] = 1.0
    bckd: Annotated[
        Weight, Field(description="weight of the teacher's probability at every anchor, background included")
    ] = 0.0
    iou: Annotated[Weight, Field(description="weight of the IoU with the teacher's box of the same anchor")] = 0.0
    ld: Annotated[Weight, Field(description="weight of the teacher's softened distributions over distance bins")] = 0.0
    hinton: Annotated[Weight, Field(description="weight of the teacher's softened probabilities at every anchor")] = 0.0
    hinton_mse: Annotated[
        Weight, Field(description="weight of the squared distance between raw score and box outputs")
    ] = 0.0
    fedmax: Annotated[
        Weight, Field(description="weight of keeping the activations before the last class layer even")
    ] = 0.0
    representation: Annotated[
        Weight,
        Field(description="weight of a representation layer that student and teacher share, before the head (LKD)"),
    ] = 0.0
    cwd: Annotated[Weight, Field(description="weight of where in the picture each channel of the neck is active")] = 0.0
    pkd: Annotated[Weight, Field(description="weight of the correlation between the neck's maps")] = 0.0
    mgd: Annotated[
        Weight, Field(description="weight of generating the teacher's neck maps from the student's masked ones")
    ] = 0.0
    score_l2: Annotated[
        Weight, Field(description="weight of the squared distance between neck maps, where the teacher sees vehicles")
    ] = 0.0
    crd: Annotated[Weight, Field(description="weight of the contrast between vehicles in the neck's maps")] = 0.0
    lpd: Annotated[Weight, Field(description="weight of the neighbourhoods of vehicles in the neck's maps")] = 0.0
