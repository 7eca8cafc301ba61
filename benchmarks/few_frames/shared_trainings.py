"""Trainings that several cells have in common are done once: who leaves one of two frames out learns from one frame."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.distill import TrainedStudent
from lotwise.students.distillation.learn import STUDENT, Learned, learn
from lotwise.teacher.checkpoint import load_model

LOG = "log.jsonl"


@contextmanager
def shared_trainings(folder: Path) -> Iterator[None]:
    """Let a run's training stage find again, in this folder, whatever was trained of the same frames and settings."""
    again = known_or_learned(folder)
    with (
        patch("lotwise.students.pipeline.train.learn", again),
        patch("lotwise.students.pipeline.leave_out.learn", again),
    ):
        yield


def known_or_learned(kept: Path) -> Callable[..., Learned]:
    """``learn`` with a memory."""

    def again(
        nano: str,
        classes: Any,
        frames: Any,
        keys: Any,
        store: Any,
        settings: Any,
        folder: Path,
        *rest: Any,
        **options: Any,
    ) -> Learned:
        others = options.get("others", ())
        place = kept / identity(nano, [f.name for f in frames], [f.name for f in others], settings.model_dump_json())
        said = place / "training.json"
        if said.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            for name in (STUDENT, LOG):
                shutil.copy(place / name, folder / name)
            found = json.loads(said.read_text())
            size = found.pop("size")
            return Learned(TrainedStudent(load_model(place / STUDENT), **found), (size[0], size[1]))
        done = learn(nano, classes, frames, keys, store, settings, folder, *rest, **options)
        keep(place, folder, done)
        return done

    return again


def identity(nano: str, frames: list[str], others: list[str], settings: str) -> str:
    parts = json.dumps([Path(nano).name, frames, others, settings])
    return hashlib.blake2b(parts.encode(), digest_size=8).hexdigest()


def keep(place: Path, folder: Path, done: Learned) -> None:
    """Remember what was learned in a folder."""
    place.mkdir(parents=True, exist_ok=True)
    for name in (STUDENT, LOG):
        shutil.copy(folder / name, place / name)
    trained = done.trained
    found = {"steps": trained.steps, "seconds": trained.seconds, "loss": trained.loss, "size": done.size}
    write_whole(place / "training.json", json.dumps(found).encode())
