"""One camera of a site: where its frames come from, its slots, and what it does otherwise than the site."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from lotwise.cameras.site.change_detection import ChangeDetectionSettings
from lotwise.cameras.site.hysteresis import HysteresisSettings
from lotwise.cameras.site.schedule import Schedule
from lotwise.cameras.site.sources import SourceSettings, source_from_text
from lotwise.cameras.site.view import ViewSettings
from lotwise.datasets.frame import Masks


def _listed(given: Any) -> Any:
    """One path as a list of it."""
    return [given] if isinstance(given, str | os.PathLike) else given


def _written_out(given: Any) -> Any:
    """A path or URL alone, or a mapping without its kind, as a mapping with it."""
    if isinstance(given, list):
        raise ValueError("is a list; a camera has one source: give further folders and videos as learn_from: [...]")
    if isinstance(given, str | os.PathLike):
        return source_from_text(os.fspath(given))
    if isinstance(given, dict) and "kind" not in given:
        named = next((given[key] for key in ("url", "path", "device") if isinstance(given.get(key), str)), None)
        if named is not None:
            return given | {"kind": source_from_text(named)["kind"]}
    return given


def _polygons(given: Any) -> Any:
    """Polygons as tuples of numbers; one polygon alone as a list of it, a path as it is."""
    if isinstance(given, str | os.PathLike):
        return Path(given)
    wrong = "expected a list of polygons, each [[x, y], …] in 0..1 of the frame, or a JSON file of them"
    try:
        polygons = [given] if given and isinstance(given[0][0], int | float) else given
        return tuple(tuple((float(x), float(y)) for x, y in polygon) for polygon in polygons)
    except (TypeError, ValueError, LookupError):
        raise ValueError(wrong) from None


class SiteCamera(BaseModel):
    """One camera of a site."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    source: Annotated[
        SourceSettings,
        BeforeValidator(_written_out, json_schema_input_type=str | SourceSettings),
        Field(
            description="Where the camera's frames come from: a folder of images, a video file, an rtsp:// or "
            "http:// URL, /dev/video0, or a mapping with more settings; files are relative to the "
            "site file."
        ),
    ]
    slots: Annotated[
        Path | None,
        Field(
            description="File of the camera's slots: JSON [{id, polygon: [[x, y], …]}] normalised to 0..1, or one of "
            "LabelMe, CVAT, COCO, Frigate, CNR-EXT or PKLot; without it the slots that its bundle carries."
        ),
    ] = None
    ignore_regions: Annotated[
        Path | None,
        Field(
            description="File of the camera's ignore regions, the boxes of things that are no vehicles; without it "
            "ignore_regions/<id>.json in the node's state folder. The node's page and lotwise ignore write it."
        ),
    ] = None
    learn_from: Annotated[
        tuple[Path, ...],
        BeforeValidator(_listed, json_schema_input_type=Path | tuple[Path, ...]),
        Field(
            description="Folder or video, or a list of them, whose frames lotwise adapt learns from instead of those "
            "of the source: recordings of a live camera, or several periods. All must show the same view."
        ),
    ] = ()
    privacy_masks: Annotated[
        Masks | Path,
        BeforeValidator(_polygons, json_schema_input_type=Masks | Path),
        Field(
            description="Polygons [[x, y], …] in 0..1 of the frame's width and height, or a JSON file of them. What "
            "they cover is painted over before a frame is stored, shown, sent, learned from or detected."
        ),
    ] = ()
    every_s: Annotated[
        float | None,
        Field(
            gt=0,
            le=86400,
            description="Seconds of the recording between two frames that lotwise adapt takes of a video; without it "
            "one a minute, and more of a video under an hour, as far as something changes in it.",
        ),
    ] = None
    bundles: Annotated[
        Path | None,
        Field(description="Registry of the camera's bundles, or one bundle, instead of those of the site's run."),
    ] = None
    schedule: Annotated[
        Schedule | None,
        Field(description="Settings of the schedule that differ for this camera from those of the site."),
    ] = None
    view: Annotated[
        ViewSettings | None,
        Field(description="Settings of view health that differ for this camera from those of the site."),
    ] = None
    change_detection: Annotated[
        ChangeDetectionSettings | None,
        Field(description="Settings of change detection that differ for this camera from those of the site."),
    ] = None
    hysteresis: Annotated[
        HysteresisSettings | None,
        Field(description="Settings of the hysteresis of slots that differ for this camera from those of the site."),
    ] = None
