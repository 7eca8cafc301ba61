"""The frames of one camera with the boxes that were found on them: what slots are proposed from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from lotwise.datasets.frame import Detections, Frame


@dataclass(frozen=True)
class SeenFrames:
    """Frames of one camera and size in order of time.

    Attributes:
        frames: at least one.
        detections: of each, in pixels.
        size: width and height of all of them, px.
        notes: what was left out.
    """

    frames: tuple[Frame, ...]
    detections: tuple[Detections, ...]
    size: tuple[int, int]
    notes: tuple[str, ...] = ()

    @staticmethod
    def of(found: Iterable[tuple[Frame, Detections, tuple[int, int]]]) -> SeenFrames:
        """In order of time, then of names; frames of another size than most are left out.

        Raises:
            ValueError: there are none.
        """
        ordered = sorted(
            found, key=lambda one: (one[0].taken is None, one[0].taken or 0, one[0].index or 0, one[0].name)
        )
        (size, count), *_ = Counter(size for _, _, size in ordered).most_common(1) or [((0, 0), 0)]
        if not count:
            raise ValueError("no frames")
        kept = [one for one in ordered if one[2] == size]
        others = len(ordered) - count
        note = f"{others} frames that are not of {size[0]}x{size[1]} pixels, as most are, were left out"
        return SeenFrames(
            tuple(frame for frame, _, _ in kept),
            tuple(boxes for _, boxes, _ in kept),
            size,
            (note,) if others else (),
        )

    @property
    def fullest(self) -> Frame:
        """The frame with most cars."""
        counts = [int((boxes.scores >= 0.25).sum()) for boxes in self.detections]
        return self.frames[counts.index(max(counts))]
