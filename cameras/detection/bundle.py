"""What is deployed to a camera: a folder with the model file and a manifest that vouches for it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.cameras.slots import SlotModel
from lotwise.datasets.errors import InputError

Role = Literal["student", "baseline"]
"""A distilled student, or the untouched nano that it started from."""

MANIFEST = "manifest.json"
CONFIDENCE = 0.25
"""The deployed threshold, where a bundle does not set its own."""
MODEL = "model.onnx"
Precision = Literal["float", "int8"]
FLOAT_ONLY: dict[Precision, str] = {"float": MODEL}
IDENTITY = re.compile(r"[0-9a-f]{16}")
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


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
    files: Annotated[dict[FileName, Digest], Field(description="sha256 of each file of the bundle")]
    slots: tuple[SlotShape, ...] = ()
    slot_model: Annotated[
        SlotModel | None, Field(description="where parked cars' boxes lie; without it slots are read by half cover")
    ] = None
    teacher: dict[str, Any] = {}
    training: dict[str, Any] = {}
    measured: dict[str, Any] = {}
    models: Annotated[
        dict[Precision, FileName], Field(description="model file of each precision; an .xml has its .bin beside it")
    ] = FLOAT_ONLY

    @field_validator("slots")
    @classmethod
    def _slots_are_places(cls, slots: tuple[SlotShape, ...]) -> tuple[SlotShape, ...]:
        ids = [slot.id for slot in slots]
        for slot in slots:
            # A slot may reach a little out of the frame; one that reaches far is given in pixels.
            if len(slot.polygon) < 3 or not all(-1 <= side <= 2 for corner in slot.polygon for side in corner):
                raise ValueError(f"slot {slot.id}: expected at least three corners x, y in 0..1 of the frame")
            if ids.count(slot.id) > 1:
                raise ValueError(f"slot {slot.id} is there twice")
        return slots

    @property
    def identity(self) -> str:
        """16 hex digits of the whole manifest, and so of every file it vouches for."""
        return hashlib.sha256(self.model_dump_json(exclude=self.unsaid).encode()).hexdigest()[:16]

    @property
    def unsaid(self) -> set[str]:
        """Fields younger than format 1 that say nothing new; unwritten, so that older bundles keep their identity."""
        return {"models"} if self.models == FLOAT_ONLY else set()


def parse_manifest(folder: Path) -> Manifest:
    """The manifest of a bundle, whatever its files are.

    Raises:
        InputError: no bundle, a manifest that does not hold what it should, or a folder that is named after another.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(f"{folder}: no bundle (no {MANIFEST}); give a folder that lotwise export wrote")
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); copy the whole bundle again") from error
    except ValidationError as error:
        raise InputError(f"{path}: {_explained(error)}") from error
    needed = list(manifest.models.values())
    needed += [f"{Path(name).stem}.bin" for name in needed if name.endswith(".xml")]
    missing = [name for name in needed if name not in manifest.files]
    if missing or "float" not in manifest.models:
        what = f"files: does not list {missing[0]}" if missing else "models: does not name a float model"
        raise InputError(f"{path}: {what}; export the bundle again")
    name = folder.resolve().name
    if IDENTITY.fullmatch(name) and name != manifest.identity:
        raise InputError(
            f"{folder}: holds bundle {manifest.identity}, so it was renamed or its {MANIFEST} was changed; "
            "copy the whole bundle again"
        )
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a bundle, after every file was found to be what it says.

    Raises:
        InputError: as of :func:`parse_manifest`, or a file that is missing or was changed.
    """
    manifest = parse_manifest(folder)
    for name, expected in manifest.files.items():
        file = folder / name
        if not file.is_file():
            raise InputError(f"{file}: missing, but the manifest lists it; copy the whole bundle again")
        try:
            found = sha256(file)
        except OSError as error:
            raise InputError(f"{file}: cannot be read ({error.strerror}); copy the whole bundle again") from error
        if found != expected:
            raise InputError(f"{file}: changed since it was exported (sha256 differs); copy the bundle again")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    content = manifest.model_dump(mode="json", exclude=manifest.unsaid)
    (folder / MANIFEST).write_text(json.dumps(content, indent=1) + "\n")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _explained(error: ValidationError) -> str:
    """The first thing that is wrong with a manifest and how to mend it, in one line."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "[key]") or "the file"
    if first["loc"] == ("format",):
        return f"format: {first['input']!r} is not known here; update lotwise, or export the bundle with this one"
    if first["type"] == "extra_forbidden":
        return f"{where}: no field of a manifest; update lotwise, or export the bundle with this one"
    if first["loc"][-1:] == ("[key]",):
        said = "expected float or int8" if first["loc"][0] == "models" else "expected the name of a file in the bundle"
    else:
        said = first["msg"].removeprefix("Value error, ")
    return f"{where}: {' '.join(said.split())}; export the bundle again"
