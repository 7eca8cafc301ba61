"""The cameras of the comparison: their frames with the teacher's knowledge, and the reference set."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.frame import Dataset, Frame
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.synthetic import render_site
from lotwise.students.distillation.samples import Samples
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.federation.local_training import LocalTraining
from lotwise.students.federation.reference_set import ReferenceSet, refuse_private, write_reference_set
from lotwise.students.model.student import make_student
from lotwise.students.pretrained import NANO, TEACHER
from lotwise.teacher.label import label
from lotwise.teacher.oracle import Oracle, OracleSettings
from lotwise.teacher.store import KnowledgeStore

SITE_SEED, REFERENCE_SEED = 7, 21
REFERENCE_CAMERAS = ("UFPR05", "PUCPR")
TEACHER_SIZES_PX = (448, 640)
"""Longer sides at which the teacher looks. Not at the students' 256 px, for which it was not trained: its boxes
alone are taught, neither its latents nor its output at every anchor."""
LEARNED_DAYS = 2
"""Of the four rendered days, those whose frames may be learned from; the others are measured on."""


@dataclass(frozen=True)
class World:
    """What all methods begin with.

    Attributes:
        name: as the tables show it.
        dataset: frames and truth; truth is for measuring only.
        learnable, tested: frames of each camera; no frame is in both.
        store, keys: what the teacher said of the learnable frames, and of the reference set.
        reference: public pictures.
        reference_frames: the same as frames, for whoever has the teacher look at them too.
        nano: weights of the student.
        settings: of the distillation.
    """

    name: str
    dataset: Dataset
    learnable: Mapping[str, tuple[Frame, ...]]
    tested: Mapping[str, tuple[Frame, ...]]
    store: KnowledgeStore
    keys: Mapping[str, str]
    reference: ReferenceSet
    reference_frames: tuple[Frame, ...]
    nano: Path
    settings: DistillSettings

    def student(self) -> DetectionModel:
        return make_student(self.nano)

    def local(self, frames: Sequence[Frame], seed: int) -> LocalTraining:
        """A camera that learns from these frames."""
        settings = self.settings.model_copy(update={"seed": seed})
        samples = Samples(frames, self.store, settings, self.keys)
        return LocalTraining(self.student(), samples, settings, where=frames[0].camera)


def rendered_world(work: Path, size: int = 256, frames: int = 4) -> World:
    """Nine cameras of a rendered site; the reference set is another lot through four other cameras.

    Args:
        work: gets the pictures and what the teacher says.
        size: longer side of the students' input.
        frames: of each camera on each of the four days.
    """
    site = render_site(work / "site", cameras=9, days=4, frames_per_day=frames, width=640, height=480, seed=SITE_SEED)
    other = render_site(
        work / "reference", cameras=4, days=2, frames_per_day=2, width=640, height=480, seed=REFERENCE_SEED
    )
    reference = write_reference_set(
        work / "reference", [frame.path for frame in other.frames], size, "rendered, anybody may look at it"
    )
    days = sorted({frame.taken.date() for frame in site.frames if frame.taken})
    early = {day for day in days[:LEARNED_DAYS]}
    of = {camera: site.of_camera(camera) for camera in site.cameras}
    learnable = {c: tuple(f for f in fs if f.taken and f.taken.date() in early) for c, fs in of.items()}
    tested = {c: tuple(f for f in fs if f.taken and f.taken.date() not in early) for c, fs in of.items()}
    settings = DistillSettings(size=size, batch=1, positive_threshold=0.45, ignore_threshold=0.2, consensus=False)
    oracle = Oracle(TEACHER, OracleSettings(scales=TEACHER_SIZES_PX, grid=0))
    store = KnowledgeStore.open(work / "knowledge", oracle.identity, oracle.description)
    # Both sites name their frames alike.
    public = tuple(replace(frame, name=f"reference/{frame.name}", camera="reference") for frame in other.frames)
    looked = [*(frame for fs in learnable.values() for frame in fs), *public]
    keys = label(looked, oracle, store).keys
    for fs in learnable.values():
        refuse_private(reference, fs[:1])
    return World("rendered", site, learnable, tested, store, keys, reference, public, NANO, settings)


def real_world(work: Path, shared: Path, size: int = 416) -> World:
    """CNR-EXT's cameras that have two real frames or more; the reference set is PKLot's, two other lots.

    Of a camera with two frames one is learned from. Three cameras of one frame are measured on only.

    Args:
        work: gets what the teacher says, and copies of the reference pictures.
        shared: folder of the real frames and weights.
        size: longer side of the students' input.
    """
    dataset = open_dataset("cnr-ext", shared / "data" / "cnr_ext", None)
    other = [f for f in open_dataset("pklot", shared / "data" / "pklot", None).frames if f.camera in REFERENCE_CAMERAS]
    folder = work / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    copies = [folder / f"{place:02}{frame.path.suffix}" for place, frame in enumerate(other)]
    for frame, copy in zip(other, copies, strict=True):
        shutil.copyfile(frame.path, copy)
    reference = write_reference_set(folder, copies, size, "PKLot, CC BY 4.0")
    of = {camera: dataset.of_camera(camera) for camera in dataset.cameras}
    learnable = {c: fs[: (len(fs) + 1) // 2] if len(fs) > 2 else fs[:1] for c, fs in of.items() if len(fs) > 1}
    tested = {c: tuple(f for f in fs if f not in learnable.get(c, ())) for c, fs in of.items()}
    settings = DistillSettings(size=size, batch=1, consensus=False)
    weights = shared / "weights"
    oracle = Oracle(weights / "yolov8m.pt", OracleSettings(scales=(640, 1280), grid=0))
    store = KnowledgeStore.open(work / "knowledge", oracle.identity, oracle.description)
    public = tuple(
        replace(frame, name=f"reference/{path.name}", camera="reference", path=path)
        for frame, path in zip(other, copies, strict=True)
    )
    keys = label([*(frame for fs in learnable.values() for frame in fs), *public], oracle, store).keys
    for fs in learnable.values():
        refuse_private(reference, fs)
    return World("real", dataset, learnable, tested, store, keys, reference, public, weights / "yolov8n.pt", settings)
