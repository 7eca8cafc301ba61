"""Fits a camera's patch reader: patches of its own slots in all weathers, as the teacher has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.trust.patches.cut import slot_patches
from lotwise.cameras.trust.patches.features import edges, pattern
from lotwise.cameras.trust.patches.reader import Linear, PatchReader
from lotwise.datasets.disturbances import KINDS
from lotwise.datasets.frame import Detections, Frame, Image
from lotwise.students.trust.cases import DEGREES, UNDISTURBED, teacher_states

Floats = NDArray[np.float32]
EACH = 3
"""Disturbances of each frame."""
LEAST = 5
"""Patches of either state from which on a reader is fitted. Chosen: fewer are one car or one place."""
STIFF_EDGES, STIFF_PATTERN = 80.0, 5.0
"""Ridges: by so much are large weights held back. Chosen by docs/trust.md among 5, 20 and 80."""
DIGITS = 5
"""Digits after the point that are kept of a weight."""


@dataclass(frozen=True)
class PatchExamples:
    """Patches of slots and what the teacher says of them.

    Attributes:
        edges: (N, 900). pattern: (N, 144), as of :mod:`lotwise.cameras.trust.patches.features`.
        occupied: (N,) bool. kinds: (N,) of the disturbance. frames: (N,) names.
    """

    edges: Floats
    pattern: Floats
    occupied: NDArray[np.bool_]
    kinds: NDArray[np.str_]
    frames: NDArray[np.str_]

    def reader(self, kind: str = "", frame: str = "") -> PatchReader | None:
        """A reader that has seen neither this kind of disturbance nor this frame; None where there are too few patches.

        ``UNDISTURBED`` is no kind that could be left out.
        """
        rows = self.frames != frame
        if kind != UNDISTURBED:
            rows &= self.kinds != kind
        occupied = self.occupied[rows]
        if min(occupied.sum(), (~occupied).sum()) < LEAST:
            return None
        return PatchReader(
            edges=_ridge(self.edges[rows], occupied, STIFF_EDGES),
            pattern=_ridge(self.pattern[rows], occupied, STIFF_PATTERN),
        )


def unseen_readers(examples: PatchExamples) -> Callable[[str, str], PatchReader | None]:
    """From kind of disturbance and frame to a reader that has seen neither; each is fitted once."""
    fitted, known = cache(examples.reader), set(examples.frames.tolist())
    return lambda kind, frame: fitted("" if kind == UNDISTURBED else kind, frame if frame in known else "")


def patch_examples(
    frames: Iterable[tuple[Frame, Image, Detections]], detector: Detector, seed: int = 0
) -> PatchExamples:
    """Examples of frames as they are and under some disturbances.

    Args:
        frames: that the student learned from, with their pixels and what the teacher says of them.
        detector: of the bundle, whose slots are read.
        seed: of the disturbances.
    """
    rng = np.random.default_rng(seed)
    every = [(kind, degree) for kind in KINDS for degree in DEGREES]
    parts: list[tuple[Floats, Floats, list[bool], str, str]] = []
    for frame, image, said in frames:
        states = teacher_states(said, detector, detector.slots, (image.shape[1], image.shape[0]))
        told = [slot for slot in detector.slots if slot.id in states]
        drawn = [every[index] for index in rng.permutation(len(every))[:EACH].tolist()]
        for kind, degree in [(UNDISTURBED, 0.0), *drawn]:
            names, patches = slot_patches(image if kind == UNDISTURBED else KINDS[kind](degree)(image, rng), told)
            occupied = [states[name] == "occupied" for name in names]
            parts.append((edges(patches), pattern(patches), occupied, kind, frame.name))
    lengths = [len(part[2]) for part in parts]
    return PatchExamples(
        np.concatenate([part[0] for part in parts] or [np.empty((0, 0), np.float32)]),
        np.concatenate([part[1] for part in parts] or [np.empty((0, 0), np.float32)]),
        np.array([one for part in parts for one in part[2]], bool),
        np.repeat(np.array([part[3] for part in parts], str), lengths),
        np.repeat(np.array([part[4] for part in parts], str), lengths),
    )


def _ridge(features: Floats, occupied: NDArray[np.bool_], stiff: float) -> Linear:
    """Least squares to 1 and -1, both states of the same weight, weights held back by ``stiff``."""
    signs = np.where(occupied, 1.0, -1.0)
    shares = np.where(occupied, 0.5 / occupied.sum(), 0.5 / (~occupied).sum()) * len(signs)
    middle = shares @ features / len(signs)
    roots = np.sqrt(shares)
    rows = (features - middle) * roots[:, None]
    if len(rows) < rows.shape[1]:  # the same solution, by the smaller of both systems
        weights = rows.T @ np.linalg.solve(rows @ rows.T + stiff * np.eye(len(rows)), signs * roots)
    else:
        weights = np.linalg.solve(rows.T @ rows + stiff * np.eye(rows.shape[1]), rows.T @ (signs * roots))
    weights = np.round(weights, DIGITS)
    return Linear(weights=tuple(weights.tolist()), offset=round(float(-middle @ weights), DIGITS))
