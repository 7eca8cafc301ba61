"""The words of the whole project as types: frame, detections, slot, truth, dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SlotState = Literal["free", "occupied", "unknown"]
Image = NDArray[np.uint8]
"""(H, W, 3) BGR, as OpenCV decodes it."""
Masks = tuple[tuple[tuple[float, float], ...], ...]
"""Privacy masks: corners (x, y) of each polygon, normalised to 0..1 of the frame's width and height."""
Crop = tuple[float, float, float, float]
"""The part of a frame that a network looks at: left, top, right, bottom in 0..1 of the frame's width and height."""


@dataclass(frozen=True)
class Frame:
    """One image of one camera at one time; holds where the pixels are, not the pixels.

    Attributes:
        camera: camera id such as ``C1``.
        name: unique within its dataset and stable between runs (a POSIX path relative to the root).
        path: image or video file.
        taken: local time at which it was taken, where known.
        index: number of the frame within a video file; None for an image file.
        masks: what nobody may see of it; painted whenever its pixels are read (:func:`lotwise.datasets.load.load`).
    """

    camera: str
    name: str
    path: Path
    taken: datetime | None = None
    index: int | None = None
    masks: Masks = ()


@dataclass(frozen=True)
class Detections:
    """Boxes of one frame.

    Attributes:
        boxes: (N, 4) float32 xyxy in pixels of the original frame.
        scores: (N,) float32 in 0..1.
        labels: (N,) int64 class indices.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.boxes)
        if self.boxes.shape != (n, 4) or self.scores.shape != (n,) or self.labels.shape != (n,):
            raise ValueError(
                f"detections need boxes (N, 4), scores (N,), labels (N,); "
                f"got {self.boxes.shape}, {self.scores.shape}, {self.labels.shape}"
            )

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, keep: NDArray[np.bool_] | NDArray[np.integer] | slice) -> Detections:
        return Detections(self.boxes[keep], self.scores[keep], self.labels[keep])

    @staticmethod
    def of(boxes: object, scores: object, labels: object | None = None) -> Detections:
        """From anything array-like; labels default to class 0."""
        box = np.asarray(boxes, np.float32).reshape(-1, 4)
        label = np.zeros(len(box)) if labels is None else labels
        return Detections(box, np.asarray(scores, np.float32).reshape(-1), np.asarray(label, np.int64).reshape(-1))

    @staticmethod
    def empty() -> Detections:
        return Detections.of([], [])


@dataclass(frozen=True)
class Slot:
    """One parking place in a camera's view.

    Attributes:
        id: as the site names it; a CNR-EXT id is shared by all cameras that see the place.
        polygon: (K, 2) float32 x, y, normalised to 0..1 of frame width and height.
    """

    id: str
    polygon: NDArray[np.float32]

    def box(self, width: int, height: int) -> NDArray[np.float32]:
        """Bounding box (4,) xyxy in pixels of a frame of this size."""
        points = self.polygon * np.array([width, height], np.float32)
        return np.concatenate([points.min(0), points.max(0)]).astype(np.float32)


@dataclass(frozen=True)
class VehicleTruth:
    """Vehicle boxes of one frame.

    Attributes:
        boxes: (N, 4) float32 xyxy in pixels of the original frame.
        ignore: (N,) bool; True marks an ignore region (COCO ``iscrowd``), not a vehicle.
    """

    boxes: NDArray[np.float32]
    ignore: NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """What is known of one frame; None where that kind of truth does not exist for it.

    Attributes:
        vehicles: vehicle boxes.
        slots: state of each labelled slot, by slot id.
    """

    vehicles: VehicleTruth | None = None
    slots: Mapping[str, SlotState] | None = None


@dataclass(frozen=True)
class Footage:
    """The frames of one or more cameras without any truth: all that labelling and training are ever handed.

    Attributes:
        name: kind of dataset, such as ``cnr-ext``.
        root: folder it was read from.
        frames: in order of camera, then time.
        slots: per camera id, in file order; where they lie, not whether a car stands on them.
        notes: what was skipped while reading and why, one sentence each, for the user.
        ignored: per camera id, (R, 4) float32 xyxy in 0..1 of the frame: boxes of things that are no vehicles.
    """

    name: str
    root: Path
    frames: tuple[Frame, ...]
    slots: Mapping[str, tuple[Slot, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    ignored: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    @property
    def cameras(self) -> tuple[str, ...]:
        """Camera ids in the order of their first frame."""
        return tuple(dict.fromkeys(frame.camera for frame in self.frames))

    def of_camera(self, camera: str) -> tuple[Frame, ...]:
        return tuple(frame for frame in self.frames if frame.camera == camera)


@dataclass(frozen=True)
class Dataset:
    """The frames of one or more cameras with whatever truth there is.

    Attributes:
        name: kind of dataset, such as ``cnr-ext``.
        root: folder it was read from.
        frames: in order of camera, then time.
        slots: per camera id, in file order.
        truth: by frame name; only the evaluator looks at it.
        notes: what was skipped while reading and why, one sentence each, for the user.
        ignored: per camera id, (R, 4) float32 xyxy in 0..1 of the frame: boxes of things that are no vehicles.
    """

    name: str
    root: Path
    frames: tuple[Frame, ...]
    slots: Mapping[str, tuple[Slot, ...]] = field(default_factory=dict)
    truth: Mapping[str, Truth] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    ignored: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    @property
    def cameras(self) -> tuple[str, ...]:
        """Camera ids in the order of their first frame."""
        return tuple(dict.fromkeys(frame.camera for frame in self.frames))

    def of_camera(self, camera: str) -> tuple[Frame, ...]:
        return tuple(frame for frame in self.frames if frame.camera == camera)

    @property
    def footage(self) -> Footage:
        """The same frames and slots without the truth."""
        return Footage(self.name, self.root, self.frames, self.slots, self.notes, self.ignored)
