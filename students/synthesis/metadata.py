"""All that leaves a camera whose frames stay on it: what it is, and how many numbers of what kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lotwise.datasets.frame import Image
from lotwise.students.synthesis.features import Features
from lotwise.students.synthesis.layout import Layout
from lotwise.students.synthesis.norms import NormStatistics
from lotwise.students.synthesis.settings import BackgroundLevel

VERSION = 1


class MetadataHeader(BaseModel):
    """What metadata are of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[int, Field(description="Version of the format.")] = VERSION
    camera: Annotated[str, Field(min_length=1, max_length=200, description="Id of the camera.")]
    size: Annotated[tuple[int, int], Field(description="Width and height of its frames, px.")]
    input: Annotated[tuple[int, int], Field(description="Width and height of the network's input, px.")]
    teacher: Annotated[str, Field(max_length=64, description="Fingerprint of the teacher whose features these are.")]
    classes: Annotated[tuple[str, ...], Field(description="Names of the teacher's classes that are vehicles.")]
    background: Annotated[BackgroundLevel, Field(description="What is told of the ground.")]
    frames: Annotated[int, Field(ge=1, description="How many frames these are of.")]
    vehicles: Annotated[int, Field(ge=0, description="How many vehicles the teacher saw on them.")]
    mean: Annotated[float, Field(ge=0, description="Mean number of vehicles of a frame.")]
    deviation: Annotated[float, Field(ge=0, description="Standard deviation of that number.")]


@dataclass(frozen=True)
class Metadata:
    """What is known, elsewhere, of a camera's frames.

    Attributes:
        header: what it is of.
        layout: where vehicles stand.
        features: how the teacher's neck answers to them.
        norms: None at the background level ``none``.
        picture: (h, w, 3) BGR, small and blurred; None but at the level ``picture``.
    """

    header: MetadataHeader
    layout: Layout
    features: Features
    norms: NormStatistics | None = None
    picture: Image | None = None
