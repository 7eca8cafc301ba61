"""The whole site file as a type: cameras, and the settings that all of them share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lotwise.cameras.site.bays import BaySettings
from lotwise.cameras.site.camera import SiteCamera
from lotwise.cameras.site.change_detection import ChangeDetectionSettings
from lotwise.cameras.site.detector import DetectorSettings
from lotwise.cameras.site.hub import HubSettings
from lotwise.cameras.site.hysteresis import HysteresisSettings
from lotwise.cameras.site.publish import PublishSettings
from lotwise.cameras.site.schedule import Schedule
from lotwise.cameras.site.serve_detection import ServeDetectionSettings
from lotwise.cameras.site.shared_slots import CameraId, CheckedSharedSlots, shared_slot_mistake
from lotwise.cameras.site.swap import SwapSettings
from lotwise.cameras.site.trust import TrustSettings
from lotwise.cameras.site.view import ViewSettings

Section = TypeVar("Section", bound=BaseModel)


@dataclass(frozen=True)
class CameraSettings:
    """What holds for one camera: the site's settings with the camera's own over them."""

    schedule: Schedule
    view: ViewSettings
    change_detection: ChangeDetectionSettings
    hysteresis: HysteresisSettings


class Site(BaseModel):
    """A site: its cameras by id, and how the node runs them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(min_length=1, max_length=200, description="Name of the site.")]
    cameras: Annotated[dict[CameraId, SiteCamera], Field(min_length=1, description="Cameras of the site by id.")]
    schedule: Annotated[Schedule, Field(description="When frames are taken of the cameras.")] = Schedule()
    detector: Annotated[DetectorSettings, Field(description="How the cameras' models are run.")] = DetectorSettings()
    view: Annotated[
        ViewSettings,
        Field(
            description="When a view counts as black, frozen, blocked, blurred or moved, so that its slots "
            "become unknown."
        ),
    ] = ViewSettings()
    change_detection: Annotated[
        ChangeDetectionSettings,
        Field(description="When the detector does not run because nothing in the view has changed."),
    ] = ChangeDetectionSettings()
    hysteresis: Annotated[
        HysteresisSettings, Field(description="When a change of a slot is published, and what a hidden slot is.")
    ] = HysteresisSettings()
    shared_slots: Annotated[
        CheckedSharedSlots,
        Field(
            description="Which slots of several cameras are the same place: true where the same id means the same "
            "place at all cameras, lists of the cameras of which that holds, or each place with the slot that it is "
            "at each camera. By default each camera's slots are places of their own."
        ),
    ] = False
    bays: Annotated[
        BaySettings,
        Field(description="Rows of slots, bays for some cars only, and how long a car may stand where."),
    ] = BaySettings()
    swap: Annotated[
        SwapSettings,
        Field(description="How a new bundle is compared with the live one before and after it takes its place."),
    ] = SwapSettings()
    trust: Annotated[
        TrustSettings,
        Field(description="How often cameras are sampled, and from which estimated accuracy on they are good or bad."),
    ] = TrustSettings()
    publish: Annotated[
        PublishSettings,
        Field(
            default_factory=PublishSettings,
            description="Where the node publishes what it knows: MQTT, HTTP API, and the history on its own disk.",
        ),
    ]
    hub: Annotated[
        HubSettings | None,
        Field(description="The hub that makes this site's students; none by default."),
    ] = None
    serve_detection: Annotated[
        ServeDetectionSettings | None,
        Field(description="What this node detects for weaker neighbours over its HTTP server; nothing by default."),
    ] = None
    run: Annotated[
        Path | None,
        Field(
            description="Run folder that lotwise adapt wrote; the bundles of a camera are in its cameras/<id>/bundles."
        ),
    ] = None
    state: Annotated[
        Path,
        Field(description="Folder in which the node keeps its history and reference views; relative to the site file."),
    ] = Path("state")

    def settings_of(self, camera: str) -> CameraSettings:
        """The settings of a camera: its own, and the site's where it has none."""
        own = self.cameras[camera]
        return CameraSettings(
            _over(self.schedule, own.schedule),
            _over(self.view, own.view),
            _over(self.change_detection, own.change_detection),
            _over(self.hysteresis, own.hysteresis),
        )

    def ignore_file(self, camera: str) -> Path:
        """The file of a camera's ignore regions, which need not be there."""
        return self.cameras[camera].ignore_regions or self.state / "ignore_regions" / f"{camera}.json"

    def staying_file(self, camera: str) -> Path:
        """The file in which a node keeps what stays in a camera's view."""
        return self.state / "staying" / f"{camera}.json"

    def seen_boxes_file(self, camera: str) -> Path:
        """The file in which a node keeps where its student saw cars, to learn slots from."""
        return self.state / "seen_boxes" / f"{camera}.npz"

    @model_validator(mode="after")
    def _shared_slots_are_of_its_cameras(self) -> Site:
        if mistake := shared_slot_mistake(self.shared_slots, self.cameras):
            raise ValueError(mistake)
        return self

    @model_validator(mode="after")
    def _bays_name_cameras(self) -> Site:
        for name in (name for rule in self.bays.rules for name in rule.cameras):
            if name not in self.cameras:
                raise ValueError(f"bays names {name}, but the cameras are {', '.join(self.cameras)}")
        return self

    @model_validator(mode="after")
    def _hub_names_cameras(self) -> Site:
        named = self.hub.frames.cameras if self.hub is not None else "all"
        for name in () if named == "all" else named:
            if name not in self.cameras:
                raise ValueError(f"hub.frames names {name}, but the cameras are {', '.join(self.cameras)}")
        return self

    @model_validator(mode="after")
    def _offload_names_cameras(self) -> Site:
        offload = self.detector.offload
        named = offload.frames.cameras if offload is not None else "all"
        for name in () if named == "all" else named:
            if name not in self.cameras:
                raise ValueError(f"detector.offload.frames names {name}, but the cameras are {', '.join(self.cameras)}")
        return self

    @model_validator(mode="after")
    def _detection_is_served_over_http(self) -> Site:
        if self.serve_detection is not None and not self.publish.api.enabled:
            raise ValueError("serve_detection needs the HTTP server; take publish.api.enabled: false out")
        return self

    @model_validator(mode="after")
    def _cameras_fit_the_site(self) -> Site:
        # Each side alone may hold, and the two together not: a limit of the site under one of the camera.
        for camera in self.cameras:
            try:
                self.settings_of(camera)
            except ValidationError as error:
                why = error.errors(include_input=False)[0]["msg"].removeprefix("Value error, ")
                raise ValueError(f"camera {camera} with the site's settings: {why}") from None
        return self


def _over(site: Section, own: Section | None) -> Section:
    if own is None:
        return site
    own_values = {name: getattr(own, name) for name in own.model_fields_set}
    return type(site).model_validate({name: getattr(site, name) for name in site.model_fields_set} | own_values)
