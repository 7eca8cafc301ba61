"""Which frames of a camera's stream are worth the teacher's look, told without labels and without the teacher.

Greedy farthest-point selection (k-center: Gonzalez 1985; as active learning: Sener and Savarese 2018) over the
frames' appearances. The first frames of a choice are the choice of fewer frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.load import load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.teacher.frame_selection.appearance import HEIGHT, WIDTH, Appearance, describe, flaw
from lotwise.teacher.frame_selection.tearing import torn

ALIKE = 0.2  # distance up to which two frames teach the same

Why = Literal["first", "new light", "new occupancy"]


@dataclass(frozen=True)
class Survey:
    """What the frames of one camera look like; 13 kB a frame.

    Attributes:
        occupancy: (N, 3072) float32, a row for each frame; rows of frames that are not fit are noughts.
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


@dataclass(frozen=True)
class Chosen:
    """One frame of a choice.

    Attributes:
        index: of the frame.
        why: what is new in it, seen from the chosen frame that is most like it.
        distance: to that frame; None for the first.
    """

    index: int
    why: Why
    distance: float | None


@dataclass(frozen=True)
class Choice:
    """Frames in order of worth.

    Attributes:
        chosen: the best first.
        alike: how many others look like one of them.
    """

    chosen: tuple[Chosen, ...]
    alike: int

    @property
    def indices(self) -> tuple[int, ...]:
        return tuple(one.index for one in self.chosen)


def survey(frames: Sequence[Frame], progress: Progress = no_progress) -> Survey:
    """Look at all frames of one camera, one at a time and at a fraction of their size."""
    occupancy = np.zeros((len(frames), WIDTH * HEIGHT), np.float32)
    light = np.zeros((len(frames), describe(np.zeros((HEIGHT, WIDTH, 3), np.uint8)).light.size), np.float32)
    exposure = np.zeros(len(frames), np.float32)
    unreadable: dict[int, str] = {}
    unfit: dict[int, str] = {}
    for index, frame in enumerate(frames):
        try:
            image = _small(frame)
        except UnreadableImage as error:
            unreadable[index] = str(error)
        else:
            if why := flaw(image):
                unfit[index] = f"{frame.path}: {why}"
            else:
                seen: Appearance = describe(image)
                occupancy[index], light[index], exposure[index] = seen.occupancy, seen.light, seen.exposure
        progress(f"look {frame.camera}", index + 1, len(frames), f"{len(unreadable)} unreadable")
    fit = [i for i in range(len(frames)) if i not in unreadable and i not in unfit]
    for index in torn(occupancy, fit):
        unfit[index] = f"{frames[index].path}: torn, or of another view: some of its rows lie beside their place"
    return Survey(occupancy, light, exposure, unreadable, dict(sorted(unfit.items())))


def choose(seen: Survey, count: int, among: Sequence[int] | None = None) -> Choice:
    """The frames that together show most of what a camera sees.

    The first is the most usual one. Each other is the one least like all that were chosen before, in light or in
    occupancy, a badly exposed frame counting for less. It ends where what is left looks like a chosen frame.

    Args:
        seen: the camera's frames.
        count: how many to choose at most.
        among: indices to choose from; None for all. Those that are not fit are never chosen.
    """
    eligible = np.zeros(len(seen.exposure), bool)
    eligible[[*(range(len(eligible)) if among is None else among)]] = True
    eligible[[*seen.unreadable, *seen.unfit]] = False
    if not eligible.any() or count < 1:
        return Choice((), 0)
    best = _most_usual(seen, eligible)
    chosen = [Chosen(best, "first", None)]
    occupancy, light = seen.distances(best)
    while True:
        distance = np.hypot(occupancy, light)
        worth = np.where(eligible & (distance > ALIKE), distance * seen.exposure, 0)
        best = int(worth.argmax())
        if len(chosen) == count or not worth[best]:
            return Choice(tuple(chosen), int((eligible & (distance <= ALIKE)).sum()) - len(chosen))
        why: Why = "new light" if light[best] > occupancy[best] else "new occupancy"
        chosen.append(Chosen(best, why, round(float(distance[best]), 3)))
        others = seen.distances(best)
        nearer = np.hypot(*others) < distance
        occupancy, light = np.where(nearer, others[0], occupancy), np.where(nearer, others[1], light)


def _most_usual(seen: Survey, eligible: NDArray[np.bool_]) -> int:
    """The frame nearest to the middle of all; of a badly exposed one the distance counts for more."""
    shares = (eligible / eligible.sum()).astype(np.float32)  # in double precision the product would be a copy of all
    unlike = np.clip(1 - seen.occupancy @ (shares @ seen.occupancy), 0, 2)
    light = ((seen.light - np.median(seen.light[eligible], axis=0)) ** 2).sum(axis=1)
    far = np.sqrt(unlike + light).round(3) / np.maximum(seen.exposure, 0.01)
    return int(np.where(eligible, far, np.inf).argmin())


def _small(frame: Frame) -> Image:
    """A frame at an eighth of its size, or whole where that is too little."""
    image = load(frame, 8)
    return image if image.shape[1] >= WIDTH and image.shape[0] >= HEIGHT else load(frame)
