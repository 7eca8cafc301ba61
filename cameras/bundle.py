"""What is deployed to a camera: a folder with the model file and a manifest that vouches for it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cameras.slots import SlotModel
from datasets.errors import InputError
from datasets.frame import Slot

Role = Literal["student", "baseline"]
"""A distilled student, or the untouched nano that it started from."""

MANIFEST = "manifest.json"
CONFIDENCE = 0.25
"""The deployed threshold, where a bundle does not set its own."""
MODEL = "model.onnx"


class SlotShape(BaseModel):
    """A slot of the camera: id and polygon, normalised to 0..1 of frame width and height."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    polygon: tuple[tuple[float, float], ...]

    @staticmethod
    def of(slot: Slot) -> SlotShape:
        return SlotShape(id=slot.id, polygon=tuple((float(x), float(y)) for x, y in slot.polygon))

    def slot(self) -> Slot:
        return Slot(self.id, np.array(self.polygon, np.float32))


class Manifest(BaseModel):
    """All that is known of a bundle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    camera: str
    role: Role
    input: Annotated[tuple[int, int], Field(description="width and height of the network's input, pixels")]
    classes: tuple[str, ...] = ("vehicle",)
    confidence: Annotated[float, Field(gt=0, lt=1, description="boxes under this score are not reported")] = CONFIDENCE
    overlap: Annotated[float, Field(gt=0, le=1, description="IoU of non-maximum suppression")] = 0.7
    files: Annotated[dict[str, str], Field(description="sha256 of each file of the bundle")]
    slots: tuple[SlotShape, ...] = ()
    slot_model: Annotated[
        SlotModel | None, Field(description="where parked cars' boxes lie; without it slots are read by half cover")
    ] = None
    teacher: dict[str, Any] = {}
    training: dict[str, Any] = {}
    measured: dict[str, Any] = {}

    @property
    def identity(self) -> str:
        """16 hex digits of the whole manifest, and so of every file it vouches for."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a bundle, after every file was found to be what it says.

    Raises:
        InputError: no bundle, a manifest that does not hold what it should, or a file that was changed.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(f"{folder}: no bundle (no {MANIFEST}); give a folder that lotwise export wrote")
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(f"{path}: {where}: {first['msg']}; export the bundle again") from error
    if MODEL not in manifest.files:
        raise InputError(f"{path}: files: does not list {MODEL}; export the bundle again")
    for name, expected in manifest.files.items():
        file = folder / name
        if not file.is_file():
            raise InputError(f"{file}: missing, but the manifest lists it; copy the whole bundle again")
        if sha256(file) != expected:
            raise InputError(f"{file}: changed since it was exported (sha256 differs); copy the bundle again")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest.model_dump(mode="json"), indent=1) + "\n")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
