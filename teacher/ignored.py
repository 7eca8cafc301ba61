"""What the teacher said, without what it said of things that are no vehicles."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.ignore.region import Boxes, is_ignored, without_ignored
from lotwise.datasets.frame import Detections, Footage
from lotwise.teacher.index import Labels
from lotwise.teacher.knowledge import Dense, Knowledge
from lotwise.teacher.store import KnowledgeStore


@dataclass(frozen=True)
class StoreWithoutIgnored(KnowledgeStore):
    """A store that gives knowledge without the boxes under ignore regions; on the disk all of it stays.

    Whatever a region covers is background to all who read through this: nobody is taught it, measured by it, or learns
    from it where cars park.

    Attributes:
        regions: (R, 4) xyxy in 0..1 of the frame, by content key; frames without regions are absent.
    """

    regions: Mapping[str, Boxes] = field(default_factory=dict)

    def get(self, key: str) -> Knowledge:
        knowledge = super().get(key)
        return without(knowledge, self.regions[key]) if key in self.regions else knowledge


def labels_without_ignored(labels: Labels, footage: Footage) -> Labels:
    """The same labels, read without what lies under the ignore regions of the footage's cameras."""
    regions = {
        labels.keys[frame.name]: footage.ignored[frame.camera]
        for frame in footage.frames
        if frame.name in labels.keys and len(footage.ignored.get(frame.camera, ()))
    }
    return replace(labels, store=StoreWithoutIgnored(labels.store.folder, regions)) if regions else labels


def taught_identity(labels: Labels, frame: str) -> str:
    """Changes with what a frame shows and with what is ignored in it."""
    key = labels.keys[frame]
    regions = labels.store.regions.get(key) if isinstance(labels.store, StoreWithoutIgnored) else None
    return key if regions is None else f"{key} {hashlib.blake2b(regions.tobytes(), digest_size=8).hexdigest()}"


def ignored_in(store: KnowledgeStore, key: str, detections: Detections, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(N,) which of the boxes that anybody has of a frame are those of ignored things.

    Args:
        store: that may leave out ignored things.
        key: of the frame.
        detections: in pixels of the frame.
        size: (width, height) of the frame.
    """
    regions = store.regions.get(key) if isinstance(store, StoreWithoutIgnored) else None
    return np.zeros(len(detections), bool) if regions is None else is_ignored(detections.boxes, regions, size)


def without(knowledge: Knowledge, regions: Boxes) -> Knowledge:
    """Knowledge of a frame without the boxes under regions, which also score nothing in the dense outputs.

    Args:
        knowledge: of the frame.
        regions: (R, 4) xyxy in 0..1 of the frame.
    """
    detections = without_ignored(knowledge.detections, regions, knowledge.size)
    dense = knowledge.dense
    if dense is not None and knowledge.input is not None:
        fitted = Letterbox(knowledge.size, knowledge.input)
        boxes = fitted.to_frame(dense.boxes.astype(np.float32))
        scores = dense.scores.copy()
        scores[is_ignored(boxes, regions, knowledge.size)] = 0
        dense = Dense(scores, dense.boxes, dense.distribution)
    return replace(knowledge, detections=detections, dense=dense)
