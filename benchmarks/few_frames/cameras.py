"""The cameras of the comparison, what their teacher says, and which frames are learned from and measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from lotwise.datasets.frame import Dataset, Frame
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.synthetic import render_site
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pretrained import NANO, TEACHER
from lotwise.teacher.index import LabelIndex, Labels
from lotwise.teacher.label import label
from lotwise.teacher.oracle import Oracle, OracleSettings
from lotwise.teacher.store import KnowledgeStore

SIZE = 416
"""Longer side of the students' input, px: below the usual 640, so that a training takes a third of the time."""
STEPS = 60
"""Steps of each training, instead of 100, for the same reason."""
RENDERED = {"R1": "C1", "R2": "C2"}
"""Cameras of the rendered site, by their name here."""
KINDS = {"C1": "cnr-ext", "C3": "cnr-ext", "PUCPR": "pklot", "UFPR05": "pklot", **dict.fromkeys(RENDERED, "synthetic")}
FOLDERS = {"cnr-ext": "cnr_ext", "pklot": "pklot"}
EMPTY_DAY = "UFPR05_empty"
"""Frames of another day of UFPR05 without slot labels: they are no other camera."""


@dataclass(frozen=True)
class Camera:
    """One camera of the comparison.

    Attributes:
        name: as the tables show it.
        dataset: its frames and truth, and those of its sister cameras.
        id: its id there.
        labels: what the teacher said of all of them.
        plan: how students of it learn.
    """

    name: str
    dataset: Dataset
    id: str
    labels: Labels
    plan: Plan

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        return self.dataset.of_camera(self.id)

    @cached_property
    def sizes(self) -> dict[str, tuple[int, int]]:
        return {frame.name: image_size(frame.path) for frame in self.frames}

    def sisters(self, most: int) -> tuple[Frame, ...]:
        """Frames of the other cameras, one of each in turn, ``most`` at most."""
        own = {camera: self.dataset.of_camera(camera) for camera in self.dataset.cameras}
        rows = [frames for camera, frames in own.items() if camera not in (self.id, EMPTY_DAY)]
        turns = [
            frames[turn] for turn in range(max(map(len, rows), default=0)) for frames in rows if turn < len(frames)
        ]
        return tuple(turns[:most])


@lru_cache(1)
def oracle_of(teacher: str, settings: OracleSettings) -> Oracle:
    return Oracle(teacher, settings)


def open_camera(name: str, shared: Path, work: Path) -> Camera:
    """A camera, its frames looked at by the teacher where they were not yet; each frame once for all students."""
    kind = KINDS[name]
    if kind == "synthetic":
        dataset = render_site(work / "site", cameras=3, days=6, frames_per_day=3, width=960, height=720, seed=7)
        teacher, student, scales, thresholds = TEACHER, NANO, (SIZE, 832), (0.45, 0.2)
    else:
        dataset = open_dataset(kind, shared / "data" / FOLDERS[kind], None)
        teacher, student = shared / "weights" / "yolov8m.pt", shared / "weights" / "yolov8n.pt"
        scales, thresholds = (640, 1280), (0.1, 0.03)
    settings = OracleSettings(scales=scales, grid=SIZE)
    oracle = oracle_of(str(teacher), settings)
    store = KnowledgeStore.open(work / "knowledge", oracle.identity, oracle.description)
    frames = [frame for frame in dataset.frames if frame.camera != EMPTY_DAY]
    labelled = label(frames, oracle, store)
    index = LabelIndex(oracle=oracle.identity, frames=dict(labelled.frames))
    plan = Plan(
        dataset=kind,
        root=dataset.root,
        teacher=str(teacher),
        oracle=settings,
        student=str(student),
        distill=DistillSettings(
            size=SIZE, epochs=1, min_steps=STEPS, positive_threshold=thresholds[0], ignore_threshold=thresholds[1]
        ),
    )
    return Camera(name, dataset, RENDERED.get(name, name), Labels(index, store), plan)


def draw(frames: Sequence[Frame], count: int, seed: int) -> tuple[tuple[Frame, ...], tuple[Frame, ...]]:
    """(learned from, measured on): frames of some days, and all those of the days that were not touched.

    Whole days are drawn one after the other, as a user's first few frames are of few days. A camera of one day is
    measured on the other frames of that day.
    """
    generator = np.random.default_rng([seed, 17])
    days: dict[date | None, list[Frame]] = {}
    for frame in frames:
        days.setdefault(frame.taken.date() if frame.taken else None, []).append(frame)
    if len(days) == 1:
        chosen = {frames[int(place)].name for place in generator.permutation(len(frames))[:count]}
        return _sides(frames, chosen, {frame.name for frame in frames} - chosen)
    for _ in range(100):
        chosen, left = set(), dict(days)
        for place in generator.permutation(len(days)):
            of_day = left.pop(list(days)[int(place)])
            for inner in generator.permutation(len(of_day))[: count - len(chosen)]:
                chosen.add(of_day[int(inner)].name)
            if len(chosen) == count:
                break
        measured = {frame.name for of_day in left.values() for frame in of_day}
        if len(measured) > 1:
            return _sides(frames, chosen, measured)
    raise ValueError(f"{frames[0].camera}: no {count} frames leave a day to measure on")


def _sides(
    frames: Sequence[Frame], chosen: set[str], measured: set[str]
) -> tuple[tuple[Frame, ...], tuple[Frame, ...]]:
    return tuple(f for f in frames if f.name in chosen), tuple(f for f in frames if f.name in measured)
