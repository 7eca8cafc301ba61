"""A run folder: the plan of a job and what each camera has got so far."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.frames import site_dataset
from lotwise.cameras.site.mistakes import mistake_line
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.settings import ExportSettings
from lotwise.teacher.oracle import OracleSettings
from lotwise.teacher.store import unwritable

Record = TypeVar("Record", bound=BaseModel)


class Plan(BaseModel):
    """All that was asked of a run; written once, so that every later stage does the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: Annotated[str, Field(description="kind of dataset, or site for a site file")]
    root: Path
    cameras: tuple[str, ...] | None = None
    teacher: str
    oracle: OracleSettings = OracleSettings()
    student: str
    distill: DistillSettings = DistillSettings()
    export: ExportSettings = ExportSettings()
    holdout: Annotated[float, Field(ge=0, lt=1)] = 0.25
    frames: Annotated[
        int | None, Field(ge=1, description="most training frames of a camera to label; None for all")
    ] = None


class CameraRecord(BaseModel):
    """What a camera has got: its split and, as the stages go on, its student and its bundles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: str
    train: Annotated[tuple[str, ...], Field(description="names of the frames it learned from")]
    test: Annotated[tuple[str, ...], Field(description="names of the frames it is measured on")]
    unchosen: Annotated[tuple[str, ...], Field(description="names of training frames that were not labelled")] = ()
    held_out: Annotated[bool, Field(description="no day stands on both sides")]
    note: str
    size: Annotated[tuple[int, int], Field(description="width and height of the network's input")]
    training: dict[str, Any] = {}
    bundle: Annotated[str | None, Field(description="identity of the student's bundle")] = None
    baseline: Annotated[str | None, Field(description="identity of the untouched nano's bundle")] = None
    live: str | None = None
    gate: dict[str, Any] = {}


class Run:
    """Paths and records of one run folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.knowledge = folder / "knowledge"

    def camera(self, camera: str) -> Path:
        """Folder of a camera.

        Raises:
            InputError: its id, which came from somebody's file, would lead elsewhere.
        """
        if not camera or camera.startswith(".") or Path(camera).name != camera:
            raise InputError(f"camera {camera!r}: its id cannot name a folder; rename it in the dataset")
        return self.folder / "cameras" / camera

    def registry(self, camera: str) -> Registry:
        return Registry(self.camera(camera) / "bundles")

    def plan(self) -> Plan:
        """What was asked of this run.

        Raises:
            InputError: the folder holds no run.
        """
        path = self.folder / "run.json"
        if not path.is_file():
            raise InputError(f"{self.folder}: no run here (no run.json); run lotwise adapt or lotwise label first")
        return _read(path, Plan)

    def begin(self, plan: Plan) -> None:
        _write(self.folder / "run.json", plan)

    def record(self, camera: str) -> CameraRecord | None:
        """What a camera has got; None where training has not begun."""
        path = self.camera(camera) / "camera.json"
        return _read(path, CameraRecord) if path.is_file() else None

    def save(self, record: CameraRecord) -> None:
        _write(self.camera(record.camera) / "camera.json", record)

    def records(self) -> dict[str, CameraRecord]:
        """By camera id."""
        paths = sorted(self.folder.glob("cameras/*/camera.json"))
        return {record.camera: record for record in (_read(path, CameraRecord) for path in paths)}


def open_frames(kind: str, root: Path, cameras: tuple[str, ...] | None = None) -> Dataset:
    """A dataset of any kind, a site file included."""
    return site_dataset(root, cameras) if kind == "site" else open_dataset(kind, root, cameras)


def _read(path: Path, kind: type[Record]) -> Record:
    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError as error:
        why = mistake_line(error, kind)
        raise InputError(f"{path}: {why}; it was not written by this version of lotwise") from error


def _write(path: Path, record: BaseModel) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, record.model_dump_json(indent=1).encode() + b"\n")
    except OSError as error:
        raise unwritable(path, error) from error
