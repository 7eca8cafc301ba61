"""Frigate's configuration: the zones of one camera, relative (0..1) or in pixels of its ``detect`` size."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from lotwise.cameras.site.slot_formats.drawing import Drawing, Outline, Picture, SlotFormat
from lotwise.cameras.site.slot_formats.given_file import GivenFile
from lotwise.cameras.site.slot_formats.sizes import size_of
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def recognises(file: GivenFile) -> bool:
    """Whether a YAML or JSON mapping has zones, or cameras that may have them."""
    if file.start.startswith((b"<", b"[")):
        return False
    try:
        content = file.parsed_json or file.yaml
    except InputError:
        return False
    return isinstance(content, dict) and (isinstance(content.get("zones"), dict) or bool(_cameras(content)))


def read(file: GivenFile) -> Drawing:
    """Zones as slots, by their names; of one camera, which ``Hints.camera`` names where several have zones."""
    content = file.parsed_json or file.yaml
    if not isinstance(content, dict):
        raise InputError(f"{file.name}: not a Frigate configuration; expected cameras with zones, or zones")
    camera = content if isinstance(content.get("zones"), dict) else _chosen(_cameras(content), file)
    outlines = []
    absolute = set()
    for name, zone in camera["zones"].items():
        corners = _corners(zone, file, str(name))
        outlines.append(Outline(_id(str(name), zone), corners))
        # As Frigate does: one number above 1 makes all of the zone pixels.
        absolute.add(bool((corners > 1).any()))
    if absolute == {True, False}:
        raise InputError(
            f"{file.name}: some zones are in pixels and some in 0..1; save them once in Frigate, which writes 0..1"
        )
    detect: dict[str, Any] = {}
    for each in (content, camera):
        detect |= each["detect"] if isinstance(each.get("detect"), dict) else {}
    size = size_of(detect.get("width"), detect.get("height"))
    return Drawing(tuple(outlines), in_pixels=True in absolute, size=size, size_unsure=size is None)


def write(slots: Sequence[Slot], picture: Picture) -> bytes:
    """A camera's zones, relative, to be put below ``cameras`` of a configuration; the ids as friendly names."""
    zones = {
        _zone(slot.id): {
            "friendly_name": slot.id,
            "coordinates": ",".join(f"{min(max(float(value), 0.0), 1.0):.4f}" for value in slot.polygon.ravel()),
        }
        for slot in slots
    }
    if len(zones) < len(slots):
        raise InputError("two slots would be the same zone: their ids differ only in signs that Frigate does not take")
    text = yaml.safe_dump({"zones": zones}, sort_keys=False, allow_unicode=True)
    return f"# Zones for a camera of Frigate: put them below cameras.<name> of its configuration.\n{text}".encode()


def _cameras(content: Mapping[Any, Any]) -> dict[str, Mapping[Any, Any]]:
    """The cameras that have zones, by name."""
    cameras = content.get("cameras")
    if not isinstance(cameras, dict):
        return {}
    return {
        str(name): one
        for name, one in cameras.items()
        if isinstance(one, dict) and isinstance(one.get("zones"), dict) and one["zones"]
    }


def _chosen(cameras: Mapping[str, Mapping[Any, Any]], file: GivenFile) -> Mapping[Any, Any]:
    asked = file.hints.camera
    if not cameras:
        raise InputError(f"{file.name}: no camera has zones; draw them in Frigate first")
    if asked is None and len(cameras) == 1:
        return next(iter(cameras.values()))
    if asked is not None and asked in cameras:
        return cameras[asked]
    which = f"no camera {asked} has zones" if asked is not None else f"{len(cameras)} cameras have zones"
    raise InputError(f"{file.name}: {which}; name one with --camera: {', '.join(cameras)}")


def _zone(slot: str) -> str:
    """Name of the zone for a slot."""
    return f"slot_{_UNSAFE.sub('_', slot)}"


def _id(name: str, zone: Any) -> str:
    """The friendly name of a zone that was written here, else the zone's own."""
    friendly = zone.get("friendly_name") if isinstance(zone, dict) else None
    return str(friendly) if friendly is not None and _zone(str(friendly)) == name else name


def _corners(zone: Any, file: GivenFile, name: str) -> NDArray[np.float64]:
    given: Any = zone.get("coordinates") if isinstance(zone, dict) else None
    try:
        parts = given.split(",") if isinstance(given, str) else [part for one in given for part in str(one).split(",")]
        return np.array([float(part) for part in parts], np.float64).reshape(-1, 2)
    except (TypeError, ValueError):
        raise InputError(f"{file.name}: zone {name}: expected coordinates: x,y,x,y,… in 0..1 or in pixels") from None


FORMAT = SlotFormat("frigate", "Frigate's zones", recognises, read, write, in_pixels=False)
