"""What a camera's own first good frames taught about its view, and the file in which that outlives a restart."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.view.edges import Edges
from lotwise.cameras.view.thumbnail import HEIGHT, WIDTH
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole

REFERENCE_FRAMES = 8
"""Good frames whose mean is the reference: what parked or passed on one of them fades."""
MAX_APPEARANCES = 8
"""Later appearances of the same view that are kept: night, snow, a full lot."""


@dataclass(frozen=True)
class ReferenceView:
    """A camera's view.

    Attributes:
        edges: mean edges of the first good frames. Fixed once ``frames`` is :data:`REFERENCE_FRAMES`: what is
            registered against them cannot drift away with them.
        frames: number of frames in that mean.
        sharpness: mean of these frames; None while they had too little contrast.
        appearances: edges of later frames that looked unlike all before, laid where the reference lies, oldest first.
        mask_share: share of the frame's height that a privacy mask over the lowest rows takes; 0 for no mask.
    """

    edges: Edges
    frames: int = 1
    sharpness: float | None = None
    appearances: tuple[Edges, ...] = ()
    mask_share: float = 0.0

    @cached_property
    def fingerprint(self) -> str:
        """Tells a view from another, also after a restart; "" until all of its first frames were seen."""
        return "" if self.frames < REFERENCE_FRAMES else f"{zlib.crc32(_stored(self.edges).tobytes()):08x}"

    def with_frame(self, field: Edges, sharpness: float | None) -> ReferenceView:
        """With one more frame in the reference, whose edges lie where the reference's lie."""
        share = 1 / (self.frames + 1)
        sharp = self.sharpness if sharpness is None else sharpness
        if sharpness is not None and self.sharpness is not None:
            sharp = self.sharpness + share * (sharpness - self.sharpness)
        mean = np.asarray(self.edges + share * (field - self.edges), np.complex64)
        return replace(self, edges=mean, frames=self.frames + 1, sharpness=sharp)

    def with_appearance(self, field: Edges) -> ReferenceView:
        """With one more appearance; the oldest gives way."""
        return replace(self, appearances=(*self.appearances, field)[-MAX_APPEARANCES:])


def read_reference(path: Path) -> ReferenceView | None:
    """The view kept in a file; None where there is no file yet.

    Raises:
        InputError: the file cannot be read, or is not what :func:`write_reference` writes.
    """
    try:
        with np.load(path, allow_pickle=False) as kept:
            fields, sharpness, frames = kept["fields"], float(kept["sharpness"]), int(kept["frames"])
            mask_share = float(kept["mask_share"]) if "mask_share" in kept else 0.0  # kept before masks were
    except FileNotFoundError:
        return None
    except Exception as error:  # a damaged archive or header raises whatever its bytes happen to mean to NumPy
        raise InputError(f"{path}: not a kept reference view") from error
    if fields.dtype != np.int8 or fields.ndim != 4 or not len(fields) or fields.shape[1:] != (HEIGHT, WIDTH, 2):
        raise InputError(f"{path}: a reference view of another version")
    first, *appearances = (fields.astype(np.float32) / 127).view(np.complex64)[..., 0]
    return ReferenceView(first, frames, None if np.isnan(sharpness) else sharpness, tuple(appearances), mask_share)


def write_reference(path: Path, reference: ReferenceView) -> None:
    """Keep a view in a file, whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    pairs = _stored(np.stack([reference.edges, *reference.appearances]))
    sharpness = np.nan if reference.sharpness is None else reference.sharpness
    file = io.BytesIO()
    np.savez_compressed(
        file, fields=pairs, sharpness=sharpness, frames=reference.frames, mask_share=reference.mask_share
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, file.getvalue())


def _stored(fields: Edges) -> NDArray[np.int8]:
    """Edges as they are in the file: pairs of 127ths."""
    return np.round(np.ascontiguousarray(fields)[..., None].view(np.float32) * 127).astype(np.int8)
