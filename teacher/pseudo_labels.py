"""The teacher's soft detections as label files that other tools read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.writers.coco import write_coco
from lotwise.datasets.writers.yolo import write_yolo
from lotwise.teacher.store import KnowledgeStore


def write_pseudo_labels(
    folder: Path, frames: Sequence[Frame], keys: Mapping[str, str], store: KnowledgeStore, confidence: float
) -> Path:
    """Write YOLO files (one text file a frame, score last) and ``pseudo_labels.json`` (COCO with scores).

    Args:
        folder: made where it does not exist.
        frames: those without a key could not be read and are left out.
        keys: content key by frame name.
        store: what the oracle knowledge.
        confidence: boxes under this score are left out.
    """
    known = [frame for frame in frames if frame.name in keys]
    sizes: list[tuple[int, int]] = []
    detections: list[Detections] = []
    for frame in known:
        knowledge = store.get(keys[frame.name])
        sizes.append(knowledge.size)
        detections.append(knowledge.detections[knowledge.detections.scores >= confidence])
    folder.mkdir(parents=True, exist_ok=True)
    write_yolo(folder, known, sizes, detections)
    write_coco(folder / "pseudo_labels.json", known, sizes, detections)
    return folder
