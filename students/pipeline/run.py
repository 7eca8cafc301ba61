"""A run folder: the plan of a job and what each camera has got so far."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lotwise.cameras.detection.bundle import Role
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.frames import site_dataset
from lotwise.cameras.site.mistakes import mistake_line
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Footage
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.settings import ExportSettings
from lotwise.teacher.oracle import OracleSettings
from lotwise.teacher.store import unwritable

Record = TypeVar("Record", bound=BaseModel)


Outcome = Literal["promoted", "shadow", "kept"]


class Plan(BaseModel):
    """All that was asked of a run; written once, so that every later stage does the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: Annotated[str, Field(description="kind of the dataset, or site for a site file")]
    root: Annotated[Path, Field(description="folder of the dataset, or the site file")]
    cameras: Annotated[tuple[str, ...] | None, Field(description="ids of the cameras; all of the dataset if null")] = (
        None
    )
    teacher: Annotated[str, Field(description="weights file of the teacher, or its name at Ultralytics")]
    oracle: OracleSettings = OracleSettings()
    student: Annotated[str, Field(description="weights file that students start from, or its name at Ultralytics")]
    distill: DistillSettings = DistillSettings()
    export: ExportSettings = ExportSettings()
    holdout: Annotated[
        float, Field(ge=0, lt=1, description="share of each camera's frames that is measured on, not learned from")
    ] = 0.25
    frames: Annotated[
        int | None, Field(ge=1, description="most training frames of a camera that the teacher labels; all if null")
    ] = None

    @property
    def labelling(self) -> str:
        """Identity of what is labelled and how frames are chosen: whatever of the plan the first stage depends on."""
        asked = self.model_dump(mode="json", include={"dataset", "root", "cameras", "teacher", "oracle", "frames"})
        if self.frames is not None:
            asked["holdout"] = self.holdout  # frames are chosen from those that are not held out
        return hashlib.blake2b(json.dumps(asked, sort_keys=True).encode(), digest_size=8).hexdigest()


class GateRecord(BaseModel):
    """How a camera's new bundle came through the promotion gate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agreement_with_teacher: Annotated[
        dict[str, float],
        Field(
            description="F1 of the boxes of student, baseline and, where there was one, of the live bundle against the "
            "teacher's, at each one's deployed confidence, on the camera's test frames"
        ),
    ]
    winner: Annotated[Role, Field(description="which of student and untouched baseline agrees better")]
    outcome: Annotated[
        Outcome,
        Field(
            description="promoted: the winner is live; shadow: it runs beside the live bundle; kept: the bundle stays "
            "live that was so before"
        ),
    ]
    why: Annotated[str, Field(description="the reason for the outcome, for people")]
    oracle: Annotated[dict[str, Any], Field(description="the teacher and how it looked")] = {}
    int8: Annotated[
        dict[str, Any] | None,
        Field(description="how well the winner's INT8 model agrees, or why it was refused; null if none was made"),
    ] = None


class CameraRecord(BaseModel):
    """What a camera has got: its split and, as the stages go on, its student and its bundles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: Annotated[str, Field(description="id of the camera")]
    train: Annotated[tuple[str, ...], Field(description="names of the frames that its student learned from")]
    test: Annotated[tuple[str, ...], Field(description="names of the frames that its student is measured on")]
    unchosen: Annotated[tuple[str, ...], Field(description="names of training frames that were not labelled")] = ()
    held_out: Annotated[bool, Field(description="whether no day has both training and test frames")]
    note: Annotated[str, Field(description="how the frames were divided and what that means, for people")]
    size: Annotated[tuple[int, int], Field(description="width and height of the network's input, px")]
    training: Annotated[dict[str, Any], Field(description="how the student was trained")] = {}
    bundle: Annotated[str | None, Field(description="identity of the student's bundle")] = None
    baseline: Annotated[str | None, Field(description="identity of the untouched nano's bundle")] = None
    live: Annotated[str | None, Field(description="identity of the bundle that was live after the export")] = None
    gate: Annotated[GateRecord | None, Field(description="how the bundle came through the promotion gate")] = None


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

    @property
    def begun(self) -> bool:
        """Whether the folder holds a run."""
        return (self.folder / "run.json").is_file()

    def plan(self) -> Plan:
        """What was asked of this run.

        Raises:
            InputError: the folder holds no run.
        """
        path = self.folder / "run.json"
        if not self.begun:
            raise InputError(f"{self.folder}: no run here (no run.json); run lotwise adapt or lotwise label first")
        return _read(path, Plan)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from working in this folder meanwhile; a process that dies lets go.

        Raises:
            InputError: another process works here.
        """
        path = self.folder / ".lock"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise unwritable(path, error) from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.pread(handle, 20, 0).decode(errors="replace").strip()
                raise InputError(
                    f"{self.folder}: another lotwise works in this run folder (process {holder or 'unknown'}); wait "
                    "until it is done, or give another folder with --out"
                ) from error
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
            yield
        finally:
            os.close(handle)

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


def open_footage(plan: Plan) -> Footage:
    """The frames and slots of a run, without any truth."""
    return open_frames(plan.dataset, plan.root, plan.cameras).footage


def open_frames(kind: str, root: Path, cameras: tuple[str, ...] | None = None) -> Dataset:
    """A dataset of any kind, a site file included."""
    return site_dataset(root, cameras) if kind == "site" else open_dataset(kind, root, cameras)


def _read(path: Path, kind: type[Record]) -> Record:
    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError as error:
        why = mistake_line(error, kind)
        raise InputError(f"{path}: {why}; it was not written by this version of lotwise; give another --out") from error


def _write(path: Path, record: BaseModel) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, record.model_dump_json(indent=1).encode() + b"\n")
    except OSError as error:
        raise unwritable(path, error) from error
