"""Reads slots from their patches: two linear readers, fitted to the teacher's word on the camera's own frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lotwise.cameras.site.mistakes import mistake_line
from lotwise.cameras.trust.patches.cut import slot_patches
from lotwise.cameras.trust.patches.features import edges, pattern
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image, Slot
from lotwise.datasets.whole_file import write_whole

PATCHES = "patches.json"
"""File in a bundle's folder that holds its patch reader."""
EDGE_WEIGHTS, PATTERN_WEIGHTS = 900, 144
"""Numbers that :func:`edges` and :func:`pattern` give of a patch."""


class Linear(BaseModel):
    """Above 0 where a car stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: tuple[float, ...]
    offset: float

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.bool_]:
        """(N, F) -> (N,) whether a car stands there."""
        return np.asarray(features @ np.array(self.weights, np.float32) + self.offset > 0)


class PatchReader(BaseModel):
    """What a slot's picture says of it, by its edges and by its pattern of light and dark.

    Neither is as good as the detector on a fine day. But they fail otherwise: where a fog hides all cars from the
    detector, they still see that the slots are not empty asphalt. How far such readings differ tells how often the
    detector is wrong (Platanios, Blum and Mitchell, UAI 2014).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    edges: Annotated[Linear, Field(description="of the histograms of oriented gradients")]
    pattern: Annotated[Linear, Field(description="of the means of small cells")]

    def __call__(
        self, image: Image, slots: Sequence[Slot], shift: tuple[float, float] = (0.0, 0.0)
    ) -> Mapping[str, tuple[bool, bool]]:
        """By slot: whether a car stands there by its edges, and by its pattern; slots out of the frame are left out.

        Args:
            image: (H, W, 3) BGR.
            slots: of the camera.
            shift: x, y by which the view has moved, in shares of the frame.
        """
        names, patches = slot_patches(image, slots, shift)
        by_edges, by_pattern = self.edges(edges(patches)).tolist(), self.pattern(pattern(patches)).tolist()
        return dict(zip(names, zip(by_edges, by_pattern, strict=True), strict=True))


def read_patch_reader(path: Path) -> PatchReader:
    """Read what :func:`write_patch_reader` wrote.

    Raises:
        InputError: the file is none, or cannot be read.
    """
    again = "export the bundle again"
    try:
        reader = PatchReader.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); copy the whole bundle again") from error
    except ValidationError as error:
        raise InputError(f"{path}: {mistake_line(error, PatchReader)}; {again}") from error
    found = len(reader.edges.weights), len(reader.pattern.weights)
    if found != (EDGE_WEIGHTS, PATTERN_WEIGHTS):
        raise InputError(
            f"{path}: {found[0]} and {found[1]} weights, {EDGE_WEIGHTS} and {PATTERN_WEIGHTS} are wanted; {again}"
        )
    return reader


def write_patch_reader(path: Path, reader: PatchReader) -> None:
    """Write a reader, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(path, reader.model_dump_json().encode() + b"\n")
