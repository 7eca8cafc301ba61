"""Where no frame of the camera ever is: from metadata and the teacher alone to dreams, and from dreams to a student."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lotwise.cameras.site.mistakes import mistake_line
from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.learn import STUDENT, learn
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.synthesis.drawn import dreams_taught
from lotwise.students.synthesis.dreams import DreamSet, make_dreams, read_dreams
from lotwise.students.synthesis.metadata import Metadata
from lotwise.students.synthesis.metadata_file import encode, metadata_key
from lotwise.students.synthesis.settings import BackgroundLevel, DreamSettings
from lotwise.teacher.checkpoint import fingerprint, load_model
from lotwise.teacher.index import LabelIndex, Labels, open_labels, read_index, write_index
from lotwise.teacher.label import label
from lotwise.teacher.oracle import Oracle, OracleSettings
from lotwise.teacher.store import KnowledgeStore, unwritable

NOTE = "dreams.json"
TRAIN = "train"
KNOWLEDGE = "knowledge"


class DreamtStudent(BaseModel):
    """A student that learned from dreams, and what these were made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: Annotated[str, Field(description="Id of the camera.")]
    metadata: Annotated[str, Field(description="Key of the metadata that the dreams were made of.")]
    nano: Annotated[str, Field(description="Fingerprint of the weights that it began with.")]
    bytes: Annotated[int, Field(ge=0, description="Size of these metadata: all that left the camera.")]
    background: Annotated[BackgroundLevel, Field(description="What they told of the ground.")]
    dreams: Annotated[int, Field(ge=1, description="How many dreams it learned from.")]
    size: Annotated[tuple[int, int], Field(description="Width and height of the student's input, px.")]
    weights: Annotated[str, Field(description="Fingerprint of the student.")]
    steps: Annotated[int, Field(ge=0, description="Steps of its training.")]
    loss: Annotated[float, Field(description="Mean loss of the last epoch.")]
    dreaming: Annotated[float, Field(ge=0, description="Seconds that the dreams took.")]
    seconds: Annotated[float, Field(ge=0, description="Seconds that its training took.")]
    settings: Annotated[DistillSettings, Field(description="Settings of its training.")]
    dreamt: Annotated[DreamSettings, Field(description="How the dreams were made.")]


@dataclass(frozen=True)
class LabelledDreams:
    """Dreams, and what the teacher says of them.

    Attributes:
        dreams: the pictures.
        labels: what the teacher says.
    """

    dreams: DreamSet
    labels: Labels


def student_of_dreams(
    metadata: Metadata,
    teacher: str,
    nano: str,
    dream: DreamSettings,
    distill: DistillSettings,
    folder: Path,
    progress: Progress = no_progress,
) -> DreamtStudent:
    """Dreams of a camera, and a student that learned from them; a killed run goes on.

    Args:
        metadata: of the camera.
        teacher: its weights, of the fingerprint that the metadata name.
        nano: weights that the student begins with.
        dream: how dreams are made.
        distill: how the student learns; at the input size of the metadata, and without consensus: dreams are of no
            one place at several times.
        folder: gets ``pictures/``, ``knowledge/``, ``train/student.safetensors`` and ``dreams.json``.
        progress: told of each step.

    Raises:
        InputError: another teacher, weights that cannot be loaded, or settings that cannot be worked with.
    """
    settings = distill_settings(metadata, distill)
    done = read_student(folder, metadata)
    before = fingerprint(load_model(nano))
    if done is not None and (done.settings, done.dreamt, done.nano) == (settings, dream, before):
        return done
    begun = time.monotonic()
    made = label_dreams(metadata, teacher, dream, folder, progress)
    dreaming = time.monotonic() - begun
    learned = learn(
        nano,
        metadata.header.classes,
        made.dreams.frames,
        made.labels.keys,
        made.labels.store,
        settings,
        folder / TRAIN,
        progress,
        stage=f"train {metadata.header.camera}",
        taught=dreams_taught(made.dreams, made.labels.keys, made.labels.store, settings.positive_threshold),
    )
    found = DreamtStudent(
        camera=metadata.header.camera,
        metadata=metadata_key(metadata),
        nano=before,
        bytes=len(encode(metadata)),
        background=metadata.header.background,
        dreams=len(made.dreams.frames),
        size=learned.size,
        weights=fingerprint(learned.trained.student),
        steps=learned.trained.steps,
        loss=learned.trained.loss,
        dreaming=round(dreaming, 1),
        seconds=round(learned.trained.seconds, 1),
        settings=settings,
        dreamt=dream,
    )
    try:
        write_whole(folder / NOTE, found.model_dump_json(indent=1).encode() + b"\n")
    except OSError as error:
        raise unwritable(folder / NOTE, error) from error
    return found


def label_dreams(
    metadata: Metadata, teacher: str, settings: DreamSettings, folder: Path, progress: Progress = no_progress
) -> LabelledDreams:
    """Dreams of a camera, and all that the teacher says of them, at the size of the network's input alone.

    Arguments and errors as of :func:`student_of_dreams`.
    """
    dreams = make_dreams(metadata, teacher, settings, folder, progress)
    size = max(metadata.header.input)
    oracle = Oracle(teacher, OracleSettings(scales=(size,), classes=metadata.header.classes, grid=size))
    root = folder / KNOWLEDGE
    store = KnowledgeStore.open(root, oracle.identity, oracle.description)
    found = label(dreams.frames, oracle, store, progress)
    index = LabelIndex(oracle=oracle.identity, description=oracle.description, frames=dict(found.frames))
    write_index(root, index)
    return LabelledDreams(dreams, Labels(index, store, found.predicted))


def known_dreams(metadata: Metadata, settings: DreamSettings, folder: Path) -> LabelledDreams | None:
    """What an earlier run has made and labelled, without the teacher; None where anything is missing."""
    dreams = read_dreams(metadata, settings, folder)
    if dreams is None or read_index(folder / KNOWLEDGE) is None:
        return None
    labels = open_labels(folder / KNOWLEDGE)
    whole = all(frame.name in labels.keys for frame in dreams.frames)
    return LabelledDreams(dreams, labels) if whole else None


def distill_settings(metadata: Metadata, distill: DistillSettings) -> DistillSettings:
    """How a student learns from dreams where it would learn so from frames."""
    changed = {"size": max(metadata.header.input), "consensus": False, "rounds": 1}
    return distill.model_copy(update=changed)


def read_student(folder: Path, metadata: Metadata | None = None) -> DreamtStudent | None:
    """The student of an earlier run; None where there is none, or where it is of other metadata than these.

    Raises:
        InputError: its note cannot be read.
    """
    path = folder / NOTE
    if not path.is_file() or not (folder / TRAIN / STUDENT).is_file():
        return None
    try:
        found = DreamtStudent.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(
            f"{path}: {mistake_line(error, DreamtStudent)}; delete it and run lotwise dream again"
        ) from error
    return found if metadata is None or found.metadata == metadata_key(metadata) else None
