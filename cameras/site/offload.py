"""The neighbour that a node hands frames to: where it is, how it is asked, and which frames may leave for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lotwise.cameras.site.address import service_address
from lotwise.cameras.site.secret import Secret
from lotwise.cameras.site.shared_slots import CameraId


def _address(url: str) -> str:
    return service_address(url, "the other node", "https://other-node:8770", "frames")


class OffloadFrames(BaseModel):
    """Which frames may leave the node for its neighbour, and how well they are kept on the way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow: Annotated[
        bool,
        Field(
            description="Whether any frame may leave this node for the other one; privacy masks are painted on each. "
            "Nothing is offloaded without it."
        ),
    ] = False
    cameras: Annotated[
        Literal["all"] | tuple[CameraId, ...], Field(description="Cameras whose frames may leave: all, or a list.")
    ] = "all"
    quality: Annotated[
        int,
        Field(
            ge=30,
            le=100,
            description="JPEG quality, of 100, of what leaves: the frame at the size of the other node's model, so "
            "that few bytes travel.",
        ),
    ] = 80


class OffloadSettings(BaseModel):
    """A stronger node that detects this one's frames as long as that pays."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[
        str,
        Field(
            max_length=500, description="Address of the other node's HTTP server; https://, or http:// to this machine."
        ),
        AfterValidator(_address),
    ]
    token: Annotated[
        Secret | None, Field(description="One of the tokens that the other node names in serve_detection.tokens.")
    ] = None
    ca: Annotated[
        Path | None,
        Field(
            description="Certificates (PEM) to trust instead of the system's, such as the other node's own; relative "
            "to the site file."
        ),
    ] = None
    frames: Annotated[OffloadFrames, Field(description="Which frames may leave: none by default.")] = OffloadFrames()

    def allows(self, camera: str) -> bool:
        """Whether frames of a camera may leave."""
        return self.frames.allow and (self.frames.cameras == "all" or camera in self.frames.cameras)
