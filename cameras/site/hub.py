"""The hub that a node has: where it is, how it is known, and what may leave the node for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lotwise.cameras.site.address import service_address
from lotwise.cameras.site.secret import Secret
from lotwise.cameras.site.shared_slots import CameraId


def _address(url: str) -> str:
    return service_address(url, "the hub", "https://hub.example.org:8780", "frames and bundles")


class HubFrames(BaseModel):
    """Which frames may leave the node."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow: Annotated[
        bool, Field(description="Whether any frame may leave this node; privacy masks are painted on each.")
    ] = False
    mb_a_day: Annotated[
        float, Field(gt=0, le=1_000_000, description="Megabytes of frames that may leave the node in a day.")
    ] = 50.0
    cameras: Annotated[
        Literal["all"] | tuple[CameraId, ...], Field(description="Cameras whose frames may leave: all, or a list.")
    ] = "all"
    max_pixels: Annotated[
        int | None,
        Field(
            ge=64 * 64,
            description="Frames with more pixels (width times height) are made smaller before they are sent; none are "
            "where not given.",
        ),
    ] = None
    quality: Annotated[
        int, Field(ge=50, le=100, description="JPEG quality, of 100, of a frame that is painted or made smaller.")
    ] = 95
    every_s: Annotated[
        float,
        Field(
            ge=1,
            le=86400,
            description="Seconds between two frames that are considered of a camera which has no bundle yet, while the "
            "hub asks for its first ones; those that show something new are kept and sent.",
        ),
    ] = 60.0


class HubBundles(BaseModel):
    """Which bundles the node fetches."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow: Annotated[bool, Field(description="Whether bundles that the hub offers are fetched and tried.")] = True
    mb_a_day: Annotated[
        float, Field(gt=0, le=1_000_000, description="Megabytes of bundles that may be fetched in a day.")
    ] = 1000.0


class HubSlots(BaseModel):
    """What the hub may do with slots."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow: Annotated[
        bool,
        Field(
            description="Whether people at the hub may draw the slots of this node's cameras. The hub then gets all of "
            "the slot files, proposals too."
        ),
    ] = False


class HubSettings(BaseModel):
    """The hub of a node. The node only calls out: nothing listens for the hub."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[
        str,
        Field(max_length=500, description="Address of the hub; https://, or http:// to this machine."),
        AfterValidator(_address),
    ]
    name: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="What the hub calls this node; the site's name by default."),
    ] = None
    key: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z0-9_-]{43}$",
            description="The hub's public key. Where not given, the first key that the hub shows is kept and no other "
            "is taken from then on.",
        ),
    ] = None
    ca: Annotated[
        Path | None,
        Field(
            description="Certificates (PEM) to trust instead of the system's, such as the hub's own; relative to the "
            "site file."
        ),
    ] = None
    code: Annotated[
        Secret | None, Field(description="Code with which the hub accepts this node without asking anybody.")
    ] = None
    frames: Annotated[HubFrames, Field(description="Which frames may leave the node: none by default.")] = HubFrames()
    bundles: Annotated[HubBundles, Field(description="Which bundles the node fetches: those that it is offered.")] = (
        HubBundles()
    )
    slots: Annotated[HubSlots, Field(description="Whether the hub may change slots: not by default.")] = HubSlots()
    report_s: Annotated[
        float, Field(ge=1, le=86400, description="Seconds between two reports; the hub may ask for more.")
    ] = 10.0
