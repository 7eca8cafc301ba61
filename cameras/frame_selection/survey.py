"""What all frames of one camera look like, and which of them nothing can be learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.frame_selection.appearance import HEIGHT, WIDTH, Appearance, describe, flat_rows, flaw
from lotwise.cameras.view.edges import Edges, edges
from lotwise.cameras.view.tearing import torn
from lotwise.cameras.view.thumbnail import thumbnail
from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.images import Reduction
from lotwise.datasets.load import load
from lotwise.datasets.progress import Progress, no_progress

REDUCTION: Reduction = 8
"""Frames are looked at at this fraction of their size."""
USUAL_VIEW_FRAMES = 64
"""Frames, evenly spread, whose mean edges are the camera's usual view: cars and shadows of single frames fade in it.
With it, on all frames of CNR-EXT and PKLot in hand (188 of six cameras), no good frame comes near to being torn."""


@dataclass(frozen=True)
class Survey:
    """What the frames of one camera look like; 13 kB a frame.

    Attributes:
        occupancy: (N, 3072) float32, a row for each frame; rows of frames that are not fit are zeros.
        light: (N, 98) float32.
        exposure: (N,) float32, 0..1.
        unreadable: why a frame cannot be decoded, by index.
        unfit: why a frame that can be decoded teaches nothing, by index.
    """

    occupancy: NDArray[np.float32]
    light: NDArray[np.float32]
    exposure: NDArray[np.float32]
    unreadable: Mapping[int, str]
    unfit: Mapping[int, str]

    def distances(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """How far all frames are from one in occupancy (0..1.4) and in light: (N,) each."""
        unlike = np.clip(1 - self.occupancy @ self.occupancy[index], 0, 2)
        # Rounded, so that another order of summation on another machine chooses the same frames.
        return np.sqrt(unlike).round(3), np.linalg.norm(self.light - self.light[index], axis=1).round(3)


def survey(frames: Sequence[Frame], progress: Progress = no_progress) -> Survey:
    """Look at all frames of one camera, one at a time and at a fraction of their size."""
    decoded: dict[int, Image] = {}
    usual, mask_rows = _usual_view(frames, decoded)
    occupancy = np.zeros((len(frames), WIDTH * HEIGHT), np.float32)
    light = np.zeros((len(frames), describe(np.zeros((HEIGHT, WIDTH, 3), np.uint8)).light.size), np.float32)
    exposure = np.zeros(len(frames), np.float32)
    unreadable: dict[int, str] = {}
    unfit: dict[int, str] = {}
    for index, frame in enumerate(frames):
        try:
            image = decoded.pop(index) if index in decoded else small(frame)
        except UnreadableImage as error:
            unreadable[index] = str(error)
        else:
            if why := flaw(image, mask_rows, frame.masks) or _tear(image, usual):
                number = "" if frame.index is None else f"frame {frame.index}: "
                unfit[index] = f"{frame.path}: {number}{why}"
            else:
                seen: Appearance = describe(image, frame.masks)
                occupancy[index], light[index], exposure[index] = seen.occupancy, seen.light, seen.exposure
        progress(f"survey {frame.camera}", index + 1, len(frames), f"{len(unreadable)} unreadable")
    return Survey(occupancy, light, exposure, unreadable, unfit)


def _usual_view(frames: Sequence[Frame], decoded: dict[int, Image]) -> tuple[Edges | None, int]:
    """Mean edges of some of the frames, None where none of those can be used, and how many rows of most are plain.

    The frames that were decoded for it, at a fraction of their size, are left in ``decoded`` by their index.
    """
    fields, plain = [], []
    for index in np.unique(np.linspace(0, len(frames) - 1, min(len(frames), USUAL_VIEW_FRAMES)).round().astype(int)):
        try:
            image = decoded[int(index)] = small(frames[index])
        except UnreadableImage:
            continue
        masks = frames[index].masks
        if flaw(image, mask_rows=HEIGHT, masks=masks) is None:
            plain.append(flat_rows(image, masks))
            fields.append(edges(thumbnail(image)))
    usual = np.asarray(np.mean(fields, axis=0), np.complex64) if fields else None
    return usual, int(np.median(plain)) if len(plain) > 1 else 0


def _tear(image: Image, usual: Edges | None) -> str | None:
    if usual is None or not torn(edges(thumbnail(image)), usual):
        return None
    return "torn, or of another view: some of its rows lie beside their place"


def small(frame: Frame) -> Image:
    """A frame at an eighth of its size, or whole where that is too little.

    Raises:
        UnreadableImage: it cannot be decoded.
    """
    return fitting(load(frame, REDUCTION), lambda: load(frame))


def fitting(image: Image, whole: Callable[[], Image]) -> Image:
    """A picture at a fraction of its size, or the whole one where the fraction is smaller than the thumbnail."""
    return image if image.shape[1] >= WIDTH and image.shape[0] >= HEIGHT else whole()
