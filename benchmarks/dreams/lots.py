"""The cameras of the comparison: what they learn from, what they are measured on, and which other lot there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lotwise.cameras.slots import SlotRule, learn_slot_model, slot_rule
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Detections, Frame
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.split import split_by_day
from lotwise.datasets.synthetic import render_site
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.eval.evaluation import evaluate
from lotwise.eval.evidence import Evidence
from lotwise.eval.protocols import SLOTS, VEHICLES
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.pretrained import NANO, TEACHER
from lotwise.teacher.index import LabelIndex, Labels
from lotwise.teacher.label import label
from lotwise.teacher.oracle import Oracle, OracleSettings
from lotwise.teacher.store import KnowledgeStore

HOLDOUT = 0.34
OTHER_FRAMES = 12
"""Frames of the other lot at most, so that no row learns from more pictures than the others."""
REAL = {"C1": ("cnr-ext", "cnr_ext"), "C3": ("cnr-ext", "cnr_ext"), "UFPR05": ("pklot", "pklot")}
OTHER = {"C1": "UFPR05", "C3": "UFPR05", "UFPR05": "C3", "R1": "R1 of another site"}
SITES = {"R1": 7, "R1 of another site": 23}
"""Seeds of the rendered sites."""


@dataclass(frozen=True)
class Lot:
    """One camera.

    Attributes:
        name: as the tables show it.
        dataset: its frames and truth.
        train, test: its frames, no day on both sides where its days allow it.
        teacher, student: weights.
        classes: of the teacher that are vehicles.
        distill: how students learn.
        scales: longer sides at which the teacher looks at frames.
    """

    name: str
    dataset: Dataset
    train: tuple[Frame, ...]
    test: tuple[Frame, ...]
    teacher: str
    student: str
    classes: tuple[str, ...]
    distill: DistillSettings
    scales: tuple[int, ...]

    @property
    def frame_bytes(self) -> int:
        return sum(frame.path.stat().st_size for frame in self.train)


def open_lot(name: str, shared: Path, work: Path, size: int, steps: int, seed: int) -> Lot:
    """A camera by its name; rendered ones are rendered where they are not yet."""
    classes: tuple[str, ...]
    if name in REAL:
        kind, folder = REAL[name]
        dataset, camera = open_dataset(kind, shared / "data" / folder, None), name
        teacher, student = shared / "weights" / "yolov8m.pt", shared / "weights" / "yolov8n.pt"
        classes, scales, thresholds = ("car", "bus", "truck"), (640, 1280), (0.1, 0.03)
    elif name in SITES:
        place = work / f"site{SITES[name]}"
        dataset = render_site(place, cameras=1, days=3, frames_per_day=6, width=640, height=480, seed=SITES[name])
        camera, teacher, student = "C1", TEACHER, NANO
        classes, scales, thresholds = ("vehicle",), (size, 640), (0.45, 0.2)
    else:
        raise InputError(f"--cameras {name}: no such camera; one of {', '.join(OTHER)}")
    split = split_by_day(dataset.of_camera(camera), HOLDOUT)
    distill = DistillSettings(
        size=size,
        epochs=1,
        min_steps=steps,
        positive_threshold=thresholds[0],
        ignore_threshold=thresholds[1],
        seed=seed,
    )
    return Lot(name, dataset, split.train, split.test, str(teacher), str(student), classes, distill, scales)


def labelled(lot: Lot, frames: tuple[Frame, ...], work: Path, scales: tuple[int, ...]) -> Labels:
    """What the lot's teacher says of frames of whatever camera; each is looked at once."""
    oracle = oracle_of(lot.teacher, OracleSettings(scales=scales, classes=lot.classes, grid=lot.distill.size))
    store = KnowledgeStore.open(work / "knowledge", oracle.identity, oracle.description)
    found = label(frames, oracle, store)
    index = LabelIndex(oracle=oracle.identity, description=oracle.description, frames=dict(found.frames))
    return Labels(index, store, found.predicted)


@lru_cache(2)
def oracle_of(teacher: str, settings: OracleSettings) -> Oracle:
    return Oracle(teacher, settings)


def figures(
    lot: Lot, said: Mapping[str, Detections], known: Labels, score: float = DEFAULT_CONFIDENCE
) -> dict[str, float | None]:
    """Against the truth: here alone it enters.

    Args:
        lot: whose test frames these are.
        said: boxes by frame name.
        known: the teacher's word on its training frames, from which slots are learned, for all rows alike.
        score: from which a box counts, for slots too.
    """
    camera = lot.test[0].camera
    evidence = Evidence(
        lot.test,
        lot.dataset.truth,
        {"student": said},
        {"student": {camera: score}},
        lot.dataset.slots,
        {frame.name: image_size(frame.path) for frame in lot.test},
        {camera: _rule(lot, known)},
    )
    slots, vehicles = (evaluate(protocol, evidence).rows[0] for protocol in (SLOTS, VEHICLES))
    boxes = vehicles if vehicles.images else slots
    return {
        "slots": slots.slots,
        "accuracy": slots.accuracy,
        "map50": boxes.map50,
        "map50_95": boxes.map50_95,
        "precision": boxes.deployed_precision,
        "recall": boxes.deployed_recall,
    }


def _rule(lot: Lot, known: Labels) -> SlotRule:
    size = image_size(lot.train[0].path)
    told = [known.store.get(known.keys[frame.name]).detections for frame in lot.train]
    return slot_rule(learn_slot_model(told, lot.dataset.slots.get(lot.train[0].camera, ()), size))
