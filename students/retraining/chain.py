"""The retrainings of one camera of a run, one after the other, and where each is kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.mistakes import mistake_line
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.checkpoint import CHECKPOINT
from lotwise.students.distillation.learn import SECOND_ROUND, STUDENT
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.records import RetrainingRecord
from lotwise.teacher.checkpoint import fingerprint, load_model
from lotwise.teacher.store import unwritable

FOLDER = "retrainings"
"""Folder in a run folder: a folder for each camera."""
FRAMES = "frames"
"""Folder in a camera's folder: the new frames that were taken in, to be replayed later."""
ALONE = Path("train") / STUDENT
"""Below a camera's folder: the student that learned from its own frames only."""
START = "start.safetensors"
"""File, below a camera's folder, of a student that is blended from two, which a retraining goes on from."""
RECORD = "retraining.json"
PAGE = "what-changed.html"


class RetrainingRun(Run):
    """Run folder of one retraining of one camera. Knowledge and bundles go to the run that it belongs to."""

    def __init__(self, parent: Run, folder: Path) -> None:
        super().__init__(folder)
        self._parent = parent

    @property
    def store(self) -> Path:
        return self._parent.store

    def registry(self, camera: str) -> Registry:
        return self._parent.registry(camera)


class Retrainings:
    """All retrainings of a camera, ``<run>/retrainings/<camera>/0001/`` and so on.

    Raises:
        InputError: the camera's id cannot name a folder.
    """

    def __init__(self, run: Run, camera: str) -> None:
        self._run, self.camera = run, camera
        self.folder = run.folder / FOLDER / run.camera(camera).name
        self.frames = self.folder / FRAMES

    def place(self, number: int) -> Path:
        """Folder of one of them."""
        return self.folder / f"{number:04d}"

    def run(self, number: int) -> RetrainingRun:
        """One of them as a run folder."""
        return RetrainingRun(self._run, self.place(number))

    def records(self) -> list[RetrainingRecord]:
        """In their order; the last one may not be finished.

        Raises:
            InputError: one cannot be read.
        """
        return list(self._read())

    def _read(self) -> Iterator[RetrainingRecord]:
        for path in sorted(self.folder.glob(f"[0-9]*/{RECORD}")):
            try:
                yield RetrainingRecord.model_validate_json(path.read_bytes())
            except ValidationError as error:
                why = mistake_line(error, RetrainingRecord)
                raise InputError(f"{path}: {why}; delete the folder {path.parent} and run again") from error

    def save(self, record: RetrainingRecord) -> None:
        """Write a record, whole or not at all.

        Raises:
            InputError: it cannot be written.
        """
        path = self.place(record.number) / RECORD
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, record.model_dump_json(indent=1).encode() + b"\n")
        except OSError as error:
            raise unwritable(path, error) from error

    def weights_of(self, wanted: object) -> Path | None:
        """File of the student with these weights, of the run itself or of a retraining; None where it is gone.

        Args:
            wanted: fingerprint of the weights, as a bundle's manifest says it.
        """
        for run in (self._run, *(self.run(one.number) for one in reversed(self.records()))):
            record, folder = run.record(self.camera), run.camera(self.camera)
            if record is None:
                continue
            if record.training.get("weights") == wanted and (folder / record.student).is_file():
                return folder / record.student
            # Where a student of a federation or of dreams was refused, the one that is live lies beside it, and no
            # record names it.
            alone, other = folder / ALONE, record.federation is not None or record.dreams is not None
            if other and alone.is_file() and fingerprint(load_model(alone)) == wanted:
                return alone
        return None

    def tidy(self) -> None:
        """Delete what finished retrainings need no more: the optimiser's state, what they began from, their second
        round beside the student that was kept of both, and students that nobody runs.

        The last one's stays whatever became of it: somebody may promote it by hand.
        """
        registry = self._run.registry(self.camera)
        state = registry.state()
        used = {state.live, state.before, state.shadow}
        records = self.records()
        for record in records:
            if not record.finished:
                continue
            camera = self.run(record.number).camera(self.camera)
            (camera / "train" / CHECKPOINT).unlink(missing_ok=True)
            (camera / START).unlink(missing_ok=True)
            shutil.rmtree(camera / "train" / SECOND_ROUND, ignore_errors=True)
            if record.bundle not in used and record is not records[-1]:
                (camera / "train" / STUDENT).unlink(missing_ok=True)
                shutil.rmtree(camera / "right_size", ignore_errors=True)
