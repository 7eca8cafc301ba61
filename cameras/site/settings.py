"""The whole site file as a type: cameras, and the settings that all of them share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lotwise.cameras.site.camera import SiteCamera
from lotwise.cameras.site.change_detection import GateSettings
from lotwise.cameras.site.detector import DetectorSettings
from lotwise.cameras.site.hysteresis import StateSettings
from lotwise.cameras.site.publish import PublishSettings
from lotwise.cameras.site.schedule import Schedule
from lotwise.cameras.site.swap import SwapSettings
from lotwise.cameras.site.view import ViewSettings

CameraId = Annotated[str, Field(pattern=r"^[^./\\][^/\\]*$", description="also the name of the camera's folder")]
Section = TypeVar("Section", bound=BaseModel)


@dataclass(frozen=True)
class CameraSettings:
    """What holds for one camera: the site's settings with the camera's own over them."""

    schedule: Schedule
    view: ViewSettings
    gate: GateSettings
    states: StateSettings


class Site(BaseModel):
    """A site: its cameras by id, and how the node runs them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(min_length=1, max_length=200, description="how the site is called")]
    cameras: Annotated[dict[CameraId, SiteCamera], Field(min_length=1, description="the cameras by id")]
    schedule: Annotated[Schedule, Field(description="when cameras are looked at")] = Schedule()
    detector: Annotated[DetectorSettings, Field(description="how bundles are run")] = DetectorSettings()
    view: Annotated[ViewSettings, Field(description="view health: black, frozen, moved and the like")] = ViewSettings()
    gate: Annotated[GateSettings, Field(description="change gate: unchanged views are not detected")] = GateSettings()
    states: Annotated[StateSettings, Field(description="slot memory: when a change is told")] = StateSettings()
    swap: Annotated[SwapSettings, Field(description="how a new bundle is tried")] = SwapSettings()
    publish: Annotated[
        PublishSettings, Field(default_factory=PublishSettings, description="MQTT, HTTP API and history")
    ]
    run: Annotated[
        Path | None,
        Field(description="run folder that lotwise adapt wrote; its <run>/cameras/<id>/bundles are the registries"),
    ] = None
    state: Annotated[
        Path,
        Field(description="folder of the node's history and reference views; relative to the site file"),
    ] = Path("state")

    def settings_of(self, camera: str) -> CameraSettings:
        """The settings of a camera: what it says itself, the site's where it says nothing."""
        own = self.cameras[camera]
        return CameraSettings(
            _over(self.schedule, own.schedule),
            _over(self.view, own.view),
            _over(self.gate, own.gate),
            _over(self.states, own.states),
        )

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
    said = {name: getattr(own, name) for name in own.model_fields_set}
    return type(site).model_validate({name: getattr(site, name) for name in site.model_fields_set} | said)
