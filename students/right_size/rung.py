"""A rung of the ladder: how large the input is, which part of the frame it shows, what of the network is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Crop

STRIDE = 32
"""Sides of the input are multiples of it: the stride of the coarsest level of YOLO's head."""

FULL = "full"
"""Name of the full-size student among the rungs."""


@dataclass(frozen=True)
class Rung:
    """One student that a camera could have.

    Attributes:
        size: longer side of the input that the whole frame would have at this scale, px.
        input: (width, height) of the network's input in pixels.
        crop: the part of the frame that is looked at; all of it where None.
        without: levels of the head that are left out, such as P5.
        thin: share of the inner channels that is left; all of them where None.
    """

    size: int
    input: tuple[int, int]
    crop: Crop | None = None
    without: tuple[str, ...] = ()
    thin: float | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What people call it, and the name of its folder.

        >>> Rung(416, (416, 320)).name, Rung(416, (256, 128), (0, 0, 0.5, 0.5), ("P5",)).name
        ('416', '416-crop-without-P5')
        """
        crop = "-crop" if self.crop else ""
        thin = "-thin" if self.thin else ""
        return f"{self.size}{crop}" + "".join(f"-without-{level}" for level in self.without) + thin

    @property
    def cost(self) -> tuple[int, float, int]:
        """What rungs are put in order by: pixels of the input, then channels, then levels of the head that are left."""
        return self.pixels, self.thin or 1.0, -len(self.without)

    @property
    def pixels(self) -> int:
        """Of the input: what a frame's time goes by."""
        return self.input[0] * self.input[1]


def rungs_of_sizes(frame: tuple[int, int], full: int, sizes: Sequence[int], crop: Crop | None = None) -> list[Rung]:
    """Rungs that differ in the size of their input only, the costliest first.

    Args:
        frame: (width, height) of the camera's frames.
        full: longer side of the full-size student's input.
        sizes: longer sides that are wanted; those above the full size are left out.
        crop: the part of the frame that all of them look at; with one, the full size is a rung too.

    >>> [rung.input for rung in rungs_of_sizes((1280, 720), 640, (512, 320, 800))]
    [(512, 288), (320, 192)]
    >>> [rung.input for rung in rungs_of_sizes((1000, 1000), 640, (320,), (0.0, 0.5, 1.0, 0.75))]
    [(640, 160), (320, 96)]
    """
    wanted = sorted({size for size in sizes if size < full} | ({full} if crop else set()), reverse=True)
    found = [Rung(size, input_of(frame, size, crop), crop) for size in wanted]
    return [rung for place, rung in enumerate(found) if rung.input not in [other.input for other in found[:place]]]


def input_of(frame: tuple[int, int], size: int, crop: Crop | None = None) -> tuple[int, int]:
    """(width, height) of the smallest input in which a frame, or a part of it, has the scale of ``size`` pixels."""
    if crop is None:
        return Letterbox.around(frame, size, STRIDE).input
    left, top, right, bottom = Letterbox(frame, frame, crop).window
    scale = size / max(frame)
    width, height = (max(STRIDE, -(-round(side * scale) // STRIDE) * STRIDE) for side in (right - left, bottom - top))
    return width, height
