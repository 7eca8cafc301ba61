"""A run folder: where a job's plan and what each camera has got so far are written and read."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.mistakes import mistake_line
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole
from lotwise.students.pipeline.folder_lock import locked_folder
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.records import CameraRecord
from lotwise.teacher.store import unwritable

Record = TypeVar("Record", bound=BaseModel)


class Run:
    """Paths and records of one run folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.knowledge = folder / "knowledge"

    @property
    def store(self) -> Path:
        """Folder of the knowledge itself, which several runs may share; each has an index of its own."""
        return self.knowledge

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

    def lock(self) -> AbstractContextManager[None]:
        """Keep other processes from working in this folder meanwhile; errors of :func:`locked_folder`."""
        return locked_folder(self.folder)

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
