"""All dreams of a camera: batch by batch into a folder, so that none that is finished is made twice."""

from __future__ import annotations

import hashlib
import math
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.whole_file import write_whole
from lotwise.students.synthesis.dream import Dream, Task, dream_batch
from lotwise.students.synthesis.metadata import Metadata
from lotwise.students.synthesis.metadata_file import metadata_key
from lotwise.students.synthesis.objective import DreamTeacher
from lotwise.students.synthesis.settings import DreamSettings
from lotwise.teacher.store import unwritable

PICTURES = "pictures"
WORK = "work"


class DreamNote(BaseModel):
    """What one dream was to show, beside its picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    identity: Annotated[str, Field(description="Identity of metadata, teacher and settings that it was made of.")]
    boxes: Annotated[
        tuple[tuple[float, float, float, float], ...],
        Field(description="Vehicles that it was to show: left, top, right and bottom in 0..1 of the picture."),
    ]
    scores: Annotated[tuple[float, ...], Field(description="The teacher's score at these places of the camera.")]
    losses: Annotated[dict[str, float], Field(description="Each part of what its batch was fitted to, in the end.")]


@dataclass(frozen=True)
class DreamSet:
    """The dreams of a camera.

    Attributes:
        camera: its id.
        frames: the pictures, as frames of that camera.
        notes: what each was to show.
    """

    camera: str
    frames: tuple[Frame, ...]
    notes: tuple[DreamNote, ...]


def make_dreams(
    metadata: Metadata, weights: str, settings: DreamSettings, folder: Path, progress: Progress = no_progress
) -> DreamSet:
    """As many dreams as are asked for; those that an earlier run of the same made are kept.

    Pictures of a batch share their channels' statistics. So batches are always whole, and the first dreams of many are
    the same as those of few.

    Args:
        metadata: of the camera.
        weights: of the teacher that looked at its frames.
        settings: how dreams are made.
        folder: gets ``pictures/`` and, while they are made, ``work/``.
        progress: told of each step of each batch.

    Raises:
        InputError: another teacher, settings that no dream can be made with, or a disk that is full.
    """
    if settings.stages[-1].scale != 1:
        raise InputError(
            f"settings: synthesis.dream.stages: the last one's scale is {settings.stages[-1].scale}; students learn "
            "from whole pictures, so it has to be 1"
        )
    size, camera, identity = (
        min(settings.batch, settings.count),
        metadata.header.camera,
        identity_of(metadata, settings),
    )
    pictures, work = folder / PICTURES, folder / WORK
    batches = math.ceil(settings.count / size)
    teacher: DreamTeacher | None = None
    for number in range(batches):
        batch = range(number * size, (number + 1) * size)
        if all(_read(pictures, one, identity) for one in batch):
            continue
        teacher = teacher or DreamTeacher(weights, metadata)
        try:
            work.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(work, error) from error

        def tell(stage: str, done: int, total: int, note: str, number: int = number) -> None:
            progress(f"dream {camera}", number * total + done, batches * total, note)

        made = dream_batch(Task(metadata, teacher, settings, number, size, work), tell)
        for place, dream in zip(batch, made, strict=True):
            _write(pictures, place, identity, dream)
    shutil.rmtree(work, ignore_errors=True)
    found = read_dreams(metadata, settings, folder)
    assert found is not None  # all were written just now, or read
    return found


def read_dreams(metadata: Metadata, settings: DreamSettings, folder: Path) -> DreamSet | None:
    """The dreams that an earlier run has made; None where one of them is missing or of something else."""
    identity, camera = identity_of(metadata, settings), metadata.header.camera
    pictures = folder / PICTURES
    notes = [_read(pictures, number, identity) for number in range(settings.count)]
    if any(note is None for note in notes):
        return None
    frames = tuple(
        Frame(camera, f"dreams/{camera}/{number:04d}.png", pictures / f"{number:04d}.png")
        for number in range(settings.count)
    )
    return DreamSet(camera, frames, tuple(note for note in notes if note is not None))


def identity_of(metadata: Metadata, settings: DreamSettings) -> str:
    """Changes with whatever dreams are made of, but not with how many whole batches are made."""
    whole = settings.model_copy(update={"batch": min(settings.batch, settings.count)})
    digest = hashlib.blake2b(metadata_key(metadata).encode(), digest_size=8)
    digest.update(whole.model_dump_json(exclude={"count"}).encode())
    return digest.hexdigest()


def _read(folder: Path, number: int, identity: str) -> DreamNote | None:
    """What a dream was to show; None where it is not made yet, or was made of something else."""
    path = folder / f"{number:04d}.json"
    if not path.is_file() or not path.with_suffix(".png").is_file():
        return None
    try:
        note = DreamNote.model_validate_json(path.read_bytes())
    except ValidationError:
        return None
    return note if note.identity == identity else None


def _write(folder: Path, number: int, identity: str, dream: Dream) -> None:
    note = DreamNote(
        identity=identity,
        boxes=tuple(tuple(box) for box in dream.drawn.boxes.tolist()),
        scores=tuple(dream.drawn.scores.tolist()),
        losses={name: round(value, 5) for name, value in dream.losses.items()},
    )
    path = folder / f"{number:04d}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, cv2.imencode(".png", dream.image)[1].tobytes(), sync=False)
        # The note comes last: a picture without one is made anew.
        write_whole(path.with_suffix(".json"), note.model_dump_json(indent=1).encode() + b"\n", sync=False)
    except OSError as error:
        raise unwritable(path, error) from error
