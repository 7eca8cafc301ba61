"""How much of CNR-EXT lies in a folder, against the whole of it: what is partial stands on the first line."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from lotwise.datasets.frame import Footage
from lotwise.datasets.readers.cnr_ext_extent import DAYS, FRAMES
from lotwise.datasets.rendered_cnr_ext import RENDERED


@dataclass(frozen=True)
class Extent:
    """How much is there.

    Attributes:
        cameras: that have frames.
        days: of CNR-EXT of which there are frames.
        frames: in all.
        complete: whether no camera lacks a frame or a day.
        rendered: whether the frames are those of a rendered site.
    """

    cameras: int
    days: int
    frames: int
    complete: bool
    rendered: bool = False

    @property
    def line(self) -> str:
        """What a reader must know before the first figure.

        >>> print(Extent(2, 23, 904, complete=False).line)
        partial: 2 of 9 cameras, 23 of 23 days, 904 of 4,081 frames
        """
        counts = f"{self.cameras} of {len(FRAMES)} cameras, {self.days} of {len(DAYS)} days"
        if self.rendered:
            return (
                f"rendered: {counts}, {self.frames:,} frames of a rendered site; "
                "its figures say nothing about the published ones"
            )
        if self.complete:
            return f"complete: {counts}, {self.frames:,} frames"
        return f"partial: {counts}, {self.frames:,} of {sum(FRAMES.values()):,} frames"

    def to_json(self) -> dict[str, Any]:
        return {"line": self.line, **asdict(self)}


def extent_of(footage: Footage) -> Extent:
    """Compare frames that lie in a folder with the whole set, whose frames are counted by its labels."""
    per_camera = Counter(frame.camera for frame in footage.frames)
    days: dict[str, set[object]] = {camera: set() for camera in per_camera}
    for frame in footage.frames:
        if frame.taken is not None and frame.taken.date() in DAYS:
            days[frame.camera].add(frame.taken.date())
    complete = all(
        per_camera[camera] >= count and len(days.get(camera, ())) == len(DAYS) for camera, count in FRAMES.items()
    )
    return Extent(
        cameras=len(set(per_camera) & set(FRAMES)),
        days=len(set().union(*days.values())),
        frames=len(footage.frames),
        complete=complete,
        rendered=(footage.root / RENDERED).is_file(),
    )
