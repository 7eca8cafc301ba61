"""What a node detects for weaker neighbours: of which cameras, by whose bundles, for whom, and how much at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lotwise.cameras.site.secret import Secret
from lotwise.cameras.site.shared_slots import CameraId


class ServeDetectionSettings(BaseModel):
    """Detection for other nodes: a frame comes in, boxes go out, nothing is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    cameras: Annotated[
        dict[CameraId, Path],
        Field(
            min_length=1,
            description="Registry of bundles, or one bundle, by the id that the camera has on the other node; relative "
            "to the site file.",
        ),
    ]
    tokens: Annotated[
        tuple[Secret, ...],
        Field(
            min_length=1,
            description="Tokens of the nodes that may ask, at least 16 characters each; they open nothing else, and "
            "publish.api.token does not open this.",
        ),
    ]
    max_in_flight: Annotated[
        int,
        Field(
            ge=1,
            le=64,
            description="Frames of others that are worked on at once; one more is refused at once, and its node reads "
            "it by itself.",
        ),
    ] = 2
    max_models: Annotated[
        int,
        Field(
            ge=1,
            le=64,
            description="Bundles of others that are kept loaded; the one that was asked for longest ago makes room.",
        ),
    ] = 4
