"""How much each loss term counts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class LossWeights(BaseModel):
    """Weight of each loss term; 0 switches a term off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: Annotated[float, Field(ge=0, description="soft scores of the head")] = 1.0
    box: Annotated[float, Field(ge=0, description="boxes by IoU")] = 7.5
    distribution: Annotated[float, Field(ge=0, description="boxes by their distribution over bins (DFL) or L1")] = 1.5
    latent: Annotated[float, Field(ge=0, description="latent matching through representation layers (LKD)")] = 1.0
    bckd: Annotated[float, Field(ge=0, description="teacher's probability at every anchor, background included")] = 0.0
    iou: Annotated[float, Field(ge=0, description="IoU with the teacher's box of the same anchor")] = 0.0
    ld: Annotated[float, Field(ge=0, description="teacher's softened distributions over distance bins")] = 0.0
    hinton: Annotated[float, Field(ge=0, description="teacher's softened probabilities at every anchor")] = 0.0
    hinton_mse: Annotated[float, Field(ge=0, description="squared distance of raw score and box outputs")] = 0.0
    fedmax: Annotated[float, Field(ge=0, description="even activations before the last class layer")] = 0.0
    representation: Annotated[
        float, Field(ge=0, description="shared representation layer in front of the head (LKD)")
    ] = 0.0
    cwd: Annotated[float, Field(ge=0, description="where in the map each channel of the neck is active")] = 0.0
    pkd: Annotated[float, Field(ge=0, description="correlation of neck maps")] = 0.0
    mgd: Annotated[float, Field(ge=0, description="teacher's neck maps generated from masked ones")] = 0.0
    score_l2: Annotated[float, Field(ge=0, description="neck maps by squared distance, weighted by score")] = 0.0
    crd: Annotated[float, Field(ge=0, description="contrast between vehicles in the neck's maps")] = 0.0
    lpd: Annotated[float, Field(ge=0, description="neighbourhoods of vehicles in the neck's maps")] = 0.0
