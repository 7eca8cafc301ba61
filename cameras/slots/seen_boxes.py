"""Boxes of cars on frames of one camera, small enough to be kept for months: no pixels, a kilobyte a frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.recurring_boxes import CAR_SIZE_MIN_SCORE, MIN_SCORE
from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections

MAX_FRAMES_KEPT = 200
"""Frames of a camera that are kept; as many as are learned from."""
MAX_BOXES_PER_FRAME = 300
"""Boxes that are kept of a frame, the best ones: more than the cars of the largest views. With ``MAX_FRAMES_KEPT`` a
camera never has more than 0.6 MB."""
SAME_CAR_IOU = 0.7
"""IoU from which on the boxes of two frames are those of one car that has not moved. Chosen: a detector's boxes of one
car differ by less from frame to frame, another car stands a little askew."""
ALIKE_FOR = timedelta(hours=6)
"""Time between two frames that show the same cars at which they are half as alike as at one moment: the light is
another one, and a car that is still there is known better. Chosen, not measured."""
_STEPS = 65535  # of a box's side over the view, and of a score


@dataclass(frozen=True)
class FrameBoxes:
    """The boxes of one frame.

    Attributes:
        boxes: (N, 4) uint16 xyxy, in 65535ths of the width and height of the view.
        scores: (N,) uint16, in 65535ths, falling.
        taken: when the frame was taken, with time zone, where that is kept.
        by: identity of the bundle that found them; "" for the teacher.
    """

    boxes: NDArray[np.uint16]
    scores: NDArray[np.uint16]
    taken: datetime | None = None
    by: str = ""

    @staticmethod
    def of(found: Detections, size: tuple[int, int], taken: datetime | None = None, by: str = "") -> FrameBoxes:
        """What is kept of detections in pixels of a frame of (width, height): those that slots are learned from."""
        kept = found[found.scores >= MIN_SCORE]
        kept = kept[np.argsort(-kept.scores, kind="stable")[:MAX_BOXES_PER_FRAME]]
        sides = np.clip(kept.boxes / np.array([*size, *size], np.float32), 0, 1).astype(np.float32)
        return FrameBoxes(_counted(sides), _counted(np.clip(kept.scores, 0, 1)), taken, by)

    @property
    def boxes_in_view(self) -> NDArray[np.float32]:
        """(N, 4) xyxy in 0..1 of the view."""
        return np.asarray(self.boxes / np.float32(_STEPS), np.float32)

    def detections(self, size: tuple[int, int]) -> Detections:
        """In pixels of a frame of (width, height)."""
        boxes = self.boxes_in_view * np.array([*size, *size], np.float32)
        return Detections.of(boxes, self.scores.astype(np.float32) / _STEPS)

    def __getitem__(self, keep: NDArray[np.bool_]) -> FrameBoxes:
        return replace(self, boxes=self.boxes[keep], scores=self.scores[keep])


@dataclass(frozen=True)
class SeenBoxes:
    """Boxes on frames of one camera.

    Attributes:
        size: (width, height) of the frames in pixels.
        frames: in the order in which they were added.
        view: fingerprint of the reference view in which the boxes lie; "" where that is not known.
        moved_under: identities of bundles that were in use before the camera was turned: their boxes lie elsewhere.
        alike: of each frame but the last, how much it is like the next one.
    """

    size: tuple[int, int] = (1, 1)
    frames: tuple[FrameBoxes, ...] = ()
    view: str = ""
    moved_under: tuple[str, ...] = ()
    alike: tuple[float, ...] = field(default=(), compare=False)

    @staticmethod
    def of(frames: tuple[FrameBoxes, ...], size: tuple[int, int]) -> SeenBoxes:
        """Of these frames, however many."""
        return SeenBoxes(size, frames, alike=tuple(likeness(one, other) for one, other in pairwise(frames)))

    @property
    def detections(self) -> list[Detections]:
        """Of each frame, in its pixels."""
        return [frame.detections(self.size) for frame in self.frames]

    def with_frame(self, frame: FrameBoxes, size: tuple[int, int], most: int = MAX_FRAMES_KEPT) -> SeenBoxes:
        """With one more frame; where there are too many, one gives way that shows what the next one shows.

        So frames of different days and with different cars stay, however old they are.
        """
        if self.frames and not _same_shape(self.size, size):
            return replace(self, size=size, frames=(frame,), alike=())
        alike = (*self.alike, likeness(self.frames[-1], frame)) if self.frames else ()
        frames = (*self.frames, frame)
        while len(frames) > most:
            drop = int(np.argmax(alike))
            if drop:
                joined = likeness(frames[drop - 1], frames[drop + 1])
                alike = (*alike[: drop - 1], joined, *alike[drop + 1 :])
            else:
                alike = alike[1:]
            frames = (*frames[:drop], *frames[drop + 1 :])
        return replace(self, size=size, frames=frames, alike=alike)

    def without(self, *, before: datetime | None = None, by: str | None = None) -> SeenBoxes:
        """Without frames that were taken before a moment, or whose boxes a bundle found."""
        kept = tuple(
            frame
            for frame in self.frames
            if not (before is not None and frame.taken is not None and frame.taken < before)
            and (by is None or frame.by != by)
        )
        if len(kept) == len(self.frames):
            return self
        return replace(SeenBoxes.of(kept, self.size), view=self.view, moved_under=self.moved_under)


NO_BOXES = SeenBoxes()
"""Where nothing was seen yet."""


def likeness(one: FrameBoxes, other: FrameBoxes) -> float:
    """How little a frame teaches beside another: 1 for the same cars at the same time, 0 for none in common."""
    sure = [frame.boxes_in_view[frame.scores >= CAR_SIZE_MIN_SCORE * _STEPS] for frame in (one, other)]
    most = max(len(boxes) for boxes in sure)
    same = int((iou(*sure).max(axis=1, initial=0) >= SAME_CAR_IOU).sum()) / most if most else 1.0
    apart = abs(other.taken - one.taken) if one.taken and other.taken else timedelta()
    return min(same, 1.0) / (1 + apart / ALIKE_FOR)


def _same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether frames of both sizes show the same: one may be a smaller picture of the same view."""
    return abs(one[0] * other[1] - one[1] * other[0]) <= 0.01 * one[0] * other[1]


def _counted(shares: NDArray[np.floating]) -> NDArray[np.uint16]:
    return np.round(shares.astype(np.float64) * _STEPS).astype(np.uint16)
