"""The site file: one YAML file that names a site's cameras, their frames and their slots."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cameras.bundle import SlotShape
from datasets.cnr_ext import read_slots
from datasets.errors import InputError
from datasets.folder import read_folder
from datasets.frame import Dataset, Frame, Slot
from datasets.video import SUFFIXES, video_frames

CameraId = Annotated[str, Field(pattern=r"^[^./\\][^/\\]*$", description="also the name of the camera's folder")]


class SiteCamera(BaseModel):
    """One camera of a site."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Annotated[Path, Field(description="folder of images or a video file; relative to the site file")]
    slots: Annotated[
        Path | None,
        Field(description="its slots: JSON [{id, polygon: [[x, y], …]}] normalised to 0..1, or a CNR-EXT CSV"),
    ] = None
    every_s: Annotated[float, Field(gt=0, description="seconds between two frames taken of a video")] = 60.0


class Site(BaseModel):
    """A site: its name and its cameras by id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    cameras: Annotated[dict[CameraId, SiteCamera], Field(min_length=1)]


def read_site(path: Path) -> Site:
    """The site of a YAML file.

    Raises:
        InputError: no such file, no YAML, or a key that is unknown, missing or of the wrong kind.
    """
    try:
        content = yaml.safe_load(path.read_text())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a site file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not YAML ({' '.join(str(error).split())})") from error
    try:
        return Site.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {_explained(error)}") from error


def site_dataset(path: Path, cameras: tuple[str, ...] | None = None) -> Dataset:
    """The frames and slots of a site's cameras, without any truth.

    Args:
        path: the site file.
        cameras: ids; None for all.

    Raises:
        InputError: a broken site file, an unknown camera, or a source or slot file that cannot be read.
    """
    site = read_site(path)
    unknown = [camera for camera in cameras or () if camera not in site.cameras]
    if unknown:
        raise InputError(f"{path}: no camera {unknown[0]}; it names {', '.join(site.cameras)}")
    frames: list[Frame] = []
    slots: dict[str, tuple[Slot, ...]] = {}
    notes: list[str] = []
    for name, camera in site.cameras.items():
        if cameras is not None and name not in cameras:
            continue
        source = path.parent / camera.source
        if source.suffix.lower() in SUFFIXES:
            found = video_frames(source, name, camera.every_s)
        else:
            folder = read_folder(source, every_s=camera.every_s)
            found = folder.frames
            notes += folder.notes
        frames += [Frame(name, f"{name}/{f.name}", f.path, f.taken, f.index) for f in found]
        if camera.slots is not None:
            slots[name] = read_slot_file(path.parent / camera.slots)
    return Dataset("site", path, tuple(frames), slots, notes=tuple(notes))


def read_slot_file(path: Path) -> tuple[Slot, ...]:
    """Slots from JSON ``[{"id", "polygon": [[x, y], …]}, …]``, normalised to 0..1, or from a CNR-EXT CSV.

    Raises:
        InputError: no such file, or not of that form.
    """
    form = "[{id, polygon: [[x, y], …]}, …] with x, y in 0..1 of the frame"
    try:
        if path.suffix.lower() == ".csv":
            return read_slots(path)
        shapes = [SlotShape.model_validate(entry) for entry in json.loads(path.read_bytes())]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a slot file") from error
    except (ValueError, TypeError) as error:  # no UTF-8, no JSON, or JSON of another form
        raise InputError(f"{path}: not a list of slots {form}") from error
    for number, shape in enumerate(shapes):
        # A slot may reach a little out of the frame; one that reaches far is given in pixels.
        if len(shape.polygon) < 3 or not all(-1 <= side <= 2 for corner in shape.polygon for side in corner):
            raise InputError(f"{path}: slot {shape.id}: expected at least three corners {form}")
        if shape.id in {other.id for other in shapes[:number]}:
            raise InputError(f"{path}: slot {shape.id} is there twice; give each its own id")
    return tuple(shape.slot() for shape in shapes)


def _explained(error: ValidationError) -> str:
    """The first thing that is wrong, in one line; of an unknown key, the nearest known one too."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the file"
    if first["type"] != "extra_forbidden":
        return f"{where}: {first['msg'].lower()}"
    known = SiteCamera.model_fields if len(first["loc"]) > 1 else Site.model_fields
    near = difflib.get_close_matches(str(first["loc"][-1]), known, 1)
    return f"{where}: unknown key" + (f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}")
