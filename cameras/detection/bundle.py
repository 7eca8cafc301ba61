"""What is deployed to a camera: a folder with the model file and a manifest that vouches for it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from lotwise.cameras.detection.bundle_file import Digest, FileName
from lotwise.cameras.detection.calibration import Calibration
from lotwise.cameras.detection.ensemble import EnsembleEntry
from lotwise.cameras.site.mistakes import mistake_line
from lotwise.cameras.site.slot_check import first_wrong_slot
from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.cameras.slots import SlotModel
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Crop
from lotwise.datasets.suppression import DEFAULT_NMS_IOU
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.datasets.whole_file import write_whole

BundleRole = Literal["student", "baseline"]
"""A distilled student, or the untouched nano that it started from."""

MANIFEST = "manifest.json"
MODEL = "model.onnx"
Precision = Literal["float", "int8"]
FLOAT_ONLY: dict[Precision, str] = {"float": MODEL}
IDENTITY = re.compile(r"[0-9a-f]{16}")


class Manifest(BaseModel):
    """All that is known of a bundle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    camera: str
    role: BundleRole
    input: Annotated[tuple[int, int], Field(description="width and height of the network's input, pixels")]
    classes: tuple[str, ...] = ("vehicle",)
    confidence: Annotated[
        float, Field(gt=0, lt=1, description="boxes under this calibrated score are not reported")
    ] = DEFAULT_CONFIDENCE
    overlap: Annotated[float, Field(gt=0, le=1, description="IoU of non-maximum suppression")] = DEFAULT_NMS_IOU
    reported_overlap: Annotated[
        float | None,
        Field(gt=0, le=1, description="of boxes with more IoU than this the surest is reported"),
    ] = None
    reported_nested: Annotated[
        float,
        Field(gt=0, le=1, description="and of boxes that share more than this part of the smaller one"),
    ] = 1.0
    files: Annotated[dict[FileName, Digest], Field(description="sha256 of each file of the bundle")]
    slots: tuple[SlotShape, ...] = ()
    slot_model: Annotated[
        SlotModel | None, Field(description="where parked cars' boxes lie; without it slots are read by half cover")
    ] = None
    teacher: dict[str, Any] = {}
    training: dict[str, Any] = {}
    measured: dict[str, Any] = {}
    slot_confidence: Annotated[
        float | None,
        Field(
            gt=0,
            lt=1,
            description="a slot is occupied by a box from this calibrated score up; null: from confidence up",
        ),
    ] = None
    calibration: Annotated[
        Calibration | None,
        Field(description="what raw scores mean, by the teacher's word; null leaves them as they are"),
    ] = None
    crop: Annotated[
        Crop | None,
        Field(description="the part of the frame that the network looks at, x1, y1, x2, y2 in 0..1; null: all of it"),
    ] = None
    models: Annotated[
        dict[Precision, FileName],
        Field(description="model file of each precision; an .xml has its .bin beside it; none where there are modules"),
    ] = FLOAT_ONLY
    ensemble: Annotated[
        EnsembleEntry | None, Field(description="the modules of a student for several boards; null: it is one model")
    ] = None

    @field_validator("slots")
    @classmethod
    def _slots_can_be_read(cls, slots: tuple[SlotShape, ...]) -> tuple[SlotShape, ...]:
        wrong = first_wrong_slot((slot.id, np.array(slot.polygon).reshape(-1, 2)) for slot in slots)
        if wrong is not None:
            raise ValueError(f"slot {wrong[0]}: {wrong[1]}")
        return slots

    @field_validator("crop")
    @classmethod
    def _crop_is_a_part(cls, crop: Crop | None) -> Crop | None:
        if crop is not None and not (0 <= crop[0] < crop[2] <= 1 and 0 <= crop[1] < crop[3] <= 1):
            raise ValueError("expected x1, y1, x2, y2 with 0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1")
        return crop

    @property
    def identity(self) -> str:
        """16 hex digits of the whole manifest, and so of every file it vouches for."""
        return hashlib.sha256(self.model_dump_json(exclude=self.unsaid).encode()).hexdigest()[:16]

    @property
    def unsaid(self) -> set[str]:
        """Fields younger than format 1 that say nothing new; unwritten, so that older bundles keep their identity."""
        silent = {"models"} if self.models == FLOAT_ONLY else set()
        younger = ("slot_confidence", "calibration", "crop", "reported_overlap", "ensemble")
        silent |= {"reported_nested"} if self.reported_overlap is None else set()
        return silent | {name for name in younger if getattr(self, name) is None}


def int8_refusal(measured: Mapping[str, Any]) -> str:
    """Why a bundle's INT8 model was refused at its export, in one line; "" where none was.

    Args:
        measured: of the bundle's manifest.
    """
    said = measured.get("int8")
    return str(said.get("refused", "")) if isinstance(said, dict) else ""


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
        raise InputError(
            f"{path}: {mistake_line(error, Manifest)}; update lotwise, or export the bundle again with this version"
        ) from error
    needed = [*manifest.models.values(), *(manifest.ensemble.files if manifest.ensemble else ())]
    needed += [f"{Path(name).stem}.bin" for name in needed if name.endswith(".xml")]
    missing = [name for name in needed if name not in manifest.files]
    if missing or ("float" in manifest.models) == (manifest.ensemble is not None):
        what = "models: names one beside the ensemble" if manifest.ensemble else "models: does not name a float model"
        what = f"files: does not list {missing[0]}" if missing else what
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
    """Write a bundle's manifest, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    content = manifest.model_dump(mode="json", exclude=manifest.unsaid)
    write_whole(folder / MANIFEST, json.dumps(content, indent=1).encode() + b"\n")


def sha256(path: Path) -> str:
    """Digest of a file, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
